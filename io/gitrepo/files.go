package gitrepo

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

// readExactly reads size bytes and the end. It allocates as bytes arrive, so that
// a header that lies costs nothing.
func readExactly(r io.Reader, size int64) ([]byte, error) {
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

// maxSmallFile bounds the files of a repository that are lists: references,
// alternates, shallow commits.
const maxSmallFile = 64 << 20

func readSmall(path string) (data []byte, err error) {
	f, size, err := openRegular(path)
	if err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, f.Close()) }()
	if size > maxSmallFile {
		return nil, corruptf("%q has %d bytes, at most %d are read", path, size, int64(maxSmallFile))
	}
	if data, err = io.ReadAll(io.LimitReader(f, maxSmallFile)); err != nil {
		return nil, fmt.Errorf("read git repository: %w", err)
	}
	return data, nil
}

// openRegular opens a regular file. A pipe in its place does not hold up: that is
// what the flag is for.
func openRegular(path string) (*os.File, int64, error) {
	f, err := os.OpenFile(path, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	if err != nil {
		return nil, 0, fmt.Errorf("read git repository: %w", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = corruptf("%q is no regular file", path)
	}
	if err != nil {
		return nil, 0, errors.Join(err, f.Close())
	}
	return f, info.Size(), nil
}

// isAbsent: a file, or one of its folders, does not exist.
func isAbsent(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) || errors.Is(err, syscall.ENAMETOOLONG)
}
