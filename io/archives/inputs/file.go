package inputs

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
)

// readAhead is the buffer between disk or network and what decodes.
const readAhead = 256 << 10

// IsURL reports whether a name belongs to a Beam file system.
func IsURL(name string) bool { return strings.Index(name, "://") > 0 }

// Files opens files. It keeps one client a scheme until Close. The zero value is
// ready, and methods may be called from several goroutines.
type Files struct {
	mu      sync.Mutex
	clients map[string]filesystem.Interface
}

// client is the file system of a URL's scheme. It lives longer than the call, so it
// does not end with the call's context.
func (f *Files) client(ctx context.Context, name string) (filesystem.Interface, error) {
	scheme, _, _ := strings.Cut(name, "://")
	f.mu.Lock()
	defer f.mu.Unlock()
	if c := f.clients[scheme]; c != nil {
		return c, nil
	}
	c, err := filesystem.New(context.WithoutCancel(ctx), name)
	if err != nil {
		return nil, err
	}
	if f.clients == nil {
		f.clients = map[string]filesystem.Interface{}
	}
	f.clients[scheme] = c
	return c, nil
}

// Close ends the clients. Open files must be closed before.
func (f *Files) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	var err error
	for _, c := range f.clients {
		err = errors.Join(err, c.Close())
	}
	f.clients = nil
	return err
}

// Open opens a file for one reading in sequence and, through At, at offsets.
func (f *Files) Open(ctx context.Context, name string) (*File, error) {
	if !IsURL(name) {
		return openLocal(name)
	}
	c, err := f.client(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", name, err)
	}
	size, err := c.Size(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", name, err)
	}
	r, err := c.OpenRead(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("open %q: %w", name, err)
	}
	return newFile(name, size, r), nil
}

func openLocal(name string) (*File, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("%q is no regular file; name files, or give a glob such as %q", name, name+"/*")
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	out := newFile(name, info.Size(), f)
	out.local = f
	return out, nil
}

// ReadSmall returns a file whole, or fs.ErrNotExist where there is none. A URL is
// looked up in its folder first: file systems say in different ways that an object
// is missing. One with glob characters in its name is taken to be missing.
func (f *Files) ReadSmall(ctx context.Context, name string) ([]byte, error) {
	if !IsURL(name) {
		return os.ReadFile(name)
	}
	if hasGlob(name) {
		return nil, fs.ErrNotExist
	}
	found, err := f.Glob(ctx, name)
	if err != nil {
		return nil, err
	}
	if !slices.Contains(found, name) {
		return nil, fs.ErrNotExist
	}
	file, err := f.Open(ctx, name)
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(file)
	return data, errors.Join(err, file.Close())
}

// Glob lists the URLs that a pattern matches, sorted. Names that end in "/" stand
// for folders and are left out.
func (f *Files) Glob(ctx context.Context, pattern string) ([]string, error) {
	c, err := f.client(ctx, pattern)
	if err != nil {
		return nil, fmt.Errorf("list %q: %w", pattern, err)
	}
	found, err := c.List(ctx, pattern)
	if err != nil {
		return nil, fmt.Errorf("list %q: %w", pattern, err)
	}
	found = slices.DeleteFunc(slices.Clone(found), func(n string) bool { return strings.HasSuffix(n, "/") })
	slices.Sort(found)
	return found, nil
}

func hasGlob(name string) bool { return strings.ContainsAny(name, `*?[`) }

// Base is the last part of a name.
func Base(name string) string {
	return path.Base(strings.ReplaceAll(name, string(os.PathSeparator), "/"))
}

// File is an open input.
type File struct {
	name   string
	size   int64
	src    io.ReadCloser
	buf    *bufio.Reader
	tee    io.Writer
	local  *os.File
	spool  *os.File
	read   int64
	failed error
}

func newFile(name string, size int64, r io.ReadCloser) *File {
	f := &File{name: name, size: size, src: r}
	f.buf = bufio.NewReaderSize(source{f}, readAhead)
	return f
}

// source is what stands below the buffer.
type source struct{ f *File }

func (s source) Read(p []byte) (int, error) {
	f := s.f
	n, err := f.src.Read(p)
	f.read += int64(n)
	if f.tee != nil && n > 0 {
		if _, err := f.tee.Write(p[:n]); err != nil {
			return n, f.fail(err)
		}
	}
	if f.read > f.size || err == io.EOF && f.read != f.size {
		return n, f.fail(fmt.Errorf("%q gave %d bytes and has a size of %d: it changed while it was read, or is "+
			"stored with a content encoding that the server undoes; store it without one", f.name, f.read, f.size))
	}
	if err != nil && err != io.EOF {
		return n, f.fail(err)
	}
	return n, err
}

func (f *File) fail(err error) error {
	if f.failed == nil {
		f.failed = err
	}
	return err
}

// Name is the name that it was opened by.
func (f *File) Name() string { return f.name }

// Size is its size in bytes.
func (f *File) Size() int64 { return f.size }

// Failed is the first error of the disk or network, nil while there was none.
func (f *File) Failed() error { return f.failed }

// Tee gives w every byte from here on that is read in sequence, those that are read
// ahead too. After Drain w has had the whole file.
func (f *File) Tee(w io.Writer) { f.tee = w }

// Read reads in sequence.
func (f *File) Read(p []byte) (int, error) { return f.buf.Read(p) }

// ReadByte makes decoders take the file's buffer for their own.
func (f *File) ReadByte() (byte, error) { return f.buf.ReadByte() }

// Peek returns the next n bytes, fewer at the end, without reading on.
func (f *File) Peek(n int) ([]byte, error) {
	b, err := f.buf.Peek(n)
	if err == io.EOF {
		err = nil
	}
	return b, err
}

// Drain reads what is left.
func (f *File) Drain(ctx context.Context) error { return f.copyTo(ctx, io.Discard) }

func (f *File) copyTo(ctx context.Context, w io.Writer) error {
	buf := make([]byte, readAhead)
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := f.buf.Read(buf)
		if _, err := w.Write(buf[:n]); err != nil {
			return f.fail(err)
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// At gives random access. Of a remote file nothing but Peek may have been read
// before; it is copied to a temporary file.
func (f *File) At(ctx context.Context) (io.ReaderAt, error) {
	if f.local == nil && f.spool == nil {
		spool, err := os.CreateTemp("", "decoy-spool-*")
		if err != nil {
			return nil, fmt.Errorf("spool %q: %w; set TMPDIR to a folder with %d bytes free", f.name, err, f.size)
		}
		f.spool = spool
		// An open file needs no name on Unix. Elsewhere this fails, and Close removes it.
		_ = os.Remove(spool.Name())
		if err := f.copyTo(ctx, spool); err != nil {
			return nil, fmt.Errorf("spool %q: %w", f.name, err)
		}
	}
	return at{f}, nil
}

type at struct{ f *File }

func (a at) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		// A table of contents may claim any place for its parts: that is its fault,
		// not the disk's.
		return 0, fmt.Errorf("offset %d is outside of the file", off)
	}
	r := a.f.local
	if r == nil {
		r = a.f.spool
	}
	n, err := r.ReadAt(p, off)
	if err != nil && err != io.EOF {
		a.f.fail(err)
	}
	return n, err
}

// Close closes the file and removes what it spooled.
func (f *File) Close() error {
	err := f.src.Close()
	if f.spool != nil {
		err = errors.Join(err, f.spool.Close())
		if rerr := os.Remove(f.spool.Name()); !errors.Is(rerr, fs.ErrNotExist) {
			err = errors.Join(err, rerr)
		}
		f.spool = nil
	}
	return err
}
