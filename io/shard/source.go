package shard

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
)

// Source is a finished file opened for reading, in sequence or at offsets.
type Source struct {
	file *os.File
	size int64
}

// Open opens a finished file.
func Open(path string) (*Source, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", path, err)
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open %q: %w", path, err)
	}
	return &Source{file: f, size: st.Size()}, nil
}

// Size is the file's size in bytes.
func (s *Source) Size() int64 { return s.size }

// Read reads on in sequence.
func (s *Source) Read(p []byte) (int, error) { return s.file.Read(p) }

// ReadAt reads at an offset.
func (s *Source) ReadAt(p []byte, off int64) (int, error) { return s.file.ReadAt(p, off) }

// Close closes the file.
func (s *Source) Close() error { return s.file.Close() }

// ReadFile returns a finished file whole, for small files.
func ReadFile(path string) ([]byte, error) {
	s, err := Open(path)
	if err != nil {
		return nil, err
	}
	defer s.Close()
	data, err := io.ReadAll(s)
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", path, err)
	}
	return data, nil
}

// Remove removes a file. One that is not there is no error.
func Remove(path string) error {
	if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("remove %q: %w", path, withRemedy(err))
	}
	return nil
}
