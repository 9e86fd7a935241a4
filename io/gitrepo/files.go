package gitrepo

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"syscall"
)

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
