package rows

import (
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/parquet-go/parquet-go"

	"decoy/io/archives/inputs"
)

// maxFooter is how much of a Parquet file's end is kept for its footer. A longer
// footer is left to the reading.
const maxFooter = 1 << 20

// ending passes a file's bytes to w and keeps the last maxFooter of them, while keep
// is set.
type ending struct {
	w    io.Writer
	keep bool
	last []byte
}

func (e *ending) Write(p []byte) (int, error) {
	if e.keep {
		e.last = append(e.last, p[max(0, len(p)-maxFooter):]...)
		if len(e.last) > 2*maxFooter {
			e.last = e.last[:copy(e.last, e.last[len(e.last)-maxFooter:])]
		}
	}
	return e.w.Write(p)
}

// errElsewhere is of a part of the file that is not at hand.
var errElsewhere = errors.New("not in the footer")

// footer is a Parquet file of which the end is at hand.
type footer struct {
	size int64
	last []byte
}

func (f footer) ReadAt(p []byte, off int64) (int, error) {
	if off == 0 && len(p) == 4 {
		return copy(p, "PAR1"), nil
	}
	from := f.size - int64(len(f.last))
	if off < from || off > f.size {
		return 0, errElsewhere
	}
	n := copy(p, f.last[off-from:])
	if n < len(p) {
		return n, io.EOF
	}
	return n, nil
}

// checkParquet names a file that begins as Parquet and has no footer that can be
// read (parquet-format, README: File format; Encryption.md).
func checkParquet(path string, size int64, last []byte) *FormatError {
	cut := func(format string, a ...any) *FormatError {
		return &FormatError{path, "a Parquet file with a broken end: " + fmt.Sprintf(format, a...),
			fmt.Sprintf("copy or download it again: %d bytes are here", size)}
	}
	end := last[max(0, len(last)-8):]
	switch {
	case size < 12 || len(end) < 8:
		return cut("it has %d bytes", size)
	case string(end[4:]) == "PARE":
		return &FormatError{path, "an encrypted Parquet file", foreign{remedy: decrypt}.remedyFor(inputs.Base(path))}
	case string(end[4:]) != "PAR1":
		return cut("its last bytes are not PAR1")
	}
	switch long := int64(binary.LittleEndian.Uint32(end)); {
	case long > size-12:
		return cut("a footer of %d bytes does not fit", long)
	case long+8 > int64(len(last)):
		return nil
	}
	var opened error
	encrypted := false
	err := guard(func() error {
		var file *parquet.File
		file, opened = parquet.OpenFile(footer{size, last}, size, parquet.SkipPageIndex(true),
			parquet.SkipBloomFilters(true))
		if opened == nil {
			encrypted = file.Metadata().EncryptionAlgorithm.Value != nil
		}
		return opened
	})
	switch {
	// A footer that is signed goes with columns that are encrypted; the library has no
	// error of its own for it.
	case encrypted, opened != nil && strings.Contains(opened.Error(), "DecryptionConfig"):
		return &FormatError{path, "an encrypted Parquet file", foreign{remedy: decrypt}.remedyFor(inputs.Base(path))}
	case err != nil && !errors.Is(opened, errElsewhere):
		return cut("%v", err)
	}
	return nil
}
