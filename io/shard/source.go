package shard

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"decoy/io/bucket"
)

// Source is a finished file opened for reading, in sequence or at offsets.
type Source struct {
	path   string
	size   int64
	file   *os.File       // on a disk
	remote *bucket.Reader // in a bucket
	whole  func() (*os.File, error)
}

// Open opens a finished file.
func Open(ctx context.Context, path string) (*Source, error) {
	if bucket.In(path) {
		s, name := bucket.At(path)
		r, err := s.Open(ctx, name)
		if err != nil {
			return nil, err
		}
		src := &Source{path: path, remote: r, size: r.Size()}
		src.whole = sync.OnceValues(func() (*os.File, error) { return src.fetch(ctx) })
		return src, nil
	}
	f, err := os.Open(path)
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", path, err)
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("open %q: %w", path, err)
	}
	return &Source{path: path, file: f, size: st.Size()}, nil
}

// Size is the file's size in bytes.
func (s *Source) Size() int64 { return s.size }

// Read reads on in sequence.
func (s *Source) Read(p []byte) (int, error) {
	if s.remote != nil {
		return s.remote.Read(p)
	}
	return s.file.Read(p)
}

// ReadAt reads at an offset. The first call for a file in a bucket fetches it whole, for
// a reader that jumps about (Parquet's) would make a request of every page.
func (s *Source) ReadAt(p []byte, off int64) (int, error) {
	if s.remote != nil {
		f, err := s.whole()
		if err != nil {
			return 0, err
		}
		return f.ReadAt(p, off)
	}
	return s.file.ReadAt(p, off)
}

// fetch copies the file to the disk.
func (s *Source) fetch(ctx context.Context) (*os.File, error) {
	src, err := Open(ctx, s.path)
	if err != nil {
		return nil, err
	}
	defer src.Close()
	f, err := scratch()
	if err != nil {
		return nil, fmt.Errorf("read %q: %w", s.path, err)
	}
	n, err := io.Copy(f, src)
	if err == nil && n != s.size {
		err = fmt.Errorf("it had %d bytes and now has %d", s.size, n)
	}
	if err != nil {
		f.Close()
		return nil, fmt.Errorf("read %q: %w", s.path, withRemedy(err))
	}
	s.file = f
	return f, nil
}

// Close closes the file.
func (s *Source) Close() error {
	if s.file != nil {
		defer s.file.Close() // only read: nothing can be lost
	}
	if s.remote != nil {
		return s.remote.Close()
	}
	return nil
}

// ReadFile returns a finished file whole, for small files.
func ReadFile(ctx context.Context, path string) ([]byte, error) {
	s, err := Open(ctx, path)
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
