package inputs

import (
	"bytes"
	"fmt"
	"io"
)

// ReadExactly reads size bytes and the end. It allocates as bytes arrive, so that
// a header that lies costs nothing.
func ReadExactly(r io.Reader, size int64) ([]byte, error) {
	var b bytes.Buffer
	b.Grow(int(min(size, 64<<10)) + bytes.MinRead)
	n, err := b.ReadFrom(io.LimitReader(r, size+1))
	switch {
	case err != nil:
		return nil, err
	case n < size:
		return nil, io.ErrUnexpectedEOF
	case n > size:
		return nil, fmt.Errorf("more than the %d bytes of its header", size)
	}
	return b.Bytes(), nil
}
