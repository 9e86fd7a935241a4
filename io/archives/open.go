package archives

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strconv"
	"strings"
)

// kind of an item.
type kind int

const (
	kindFile   kind = iota // a regular file
	kindFolder             // a folder: carries nothing
	kindOther              // a link, a device, a pipe
)

// item is one entry of an archive before any judgement. read returns its content
// and may be called once, before the next item.
type item struct {
	name   string
	size   int64
	kind   kind
	detail string // of kindOther: what it is
	read   func() ([]byte, error)
}

// archive is an open archive file. After an error of a format's library failed
// tells a disk that did not read from bytes that make no sense.
type archive struct {
	path   string
	format string
	size   int64
	file   *os.File
	failed error
	commit string // of git archive, known after items
}

// openArchive opens a file. detect must follow before items.
func openArchive(name string) (*archive, error) {
	f, err := os.Open(name)
	if err != nil {
		return nil, fmt.Errorf("open archive: %w", err)
	}
	info, err := f.Stat()
	if err == nil && !info.Mode().IsRegular() {
		err = fmt.Errorf("archive %q is no regular file; name archives, or give a glob such as %q", name, name+"/*.tar.gz")
	}
	if err != nil {
		_ = f.Close()
		return nil, err
	}
	return &archive{path: name, size: info.Size(), file: f}, nil
}

func (a *archive) Close() error { return a.file.Close() }

// Read and ReadAt remember a failure of the disk.
func (a *archive) Read(p []byte) (int, error) {
	n, err := a.file.Read(p)
	return n, a.note(err)
}

func (a *archive) ReadAt(p []byte, off int64) (int, error) {
	if off < 0 {
		// A zip may claim any place for its parts: that is its fault, not the disk's.
		return 0, fmt.Errorf("offset %d is outside of the file", off)
	}
	n, err := a.file.ReadAt(p, off)
	return n, a.note(err)
}

func (a *archive) note(err error) error {
	if err != nil && err != io.EOF && a.failed == nil {
		a.failed = err
	}
	return err
}

// judge turns an error that a format's library returned into what it means: a
// failure of the environment as it is, all else a corrupt archive.
func (a *archive) judge(ctx context.Context, err error, where string) error {
	if a.failed != nil {
		return fmt.Errorf("read archive %q: %w", a.path, a.failed)
	}
	if ctx.Err() != nil {
		return fmt.Errorf("read archive %q: %w", a.path, ctx.Err())
	}
	if c := (*contentError)(nil); errors.As(err, &c) {
		return contentErrorf(c.reason, "%s; stopped at %s", c.detail, where)
	}
	return contentErrorf(ArchiveCorrupt, "%v; stopped at %s", err, where)
}

const blockBytes = 512 // of tar

// foreign are formats that people hand in by mistake, with the first bytes that
// tell them.
var foreign = []struct{ magic, name string }{
	{"BZh", "bzip2"}, {"\xfd7zXZ\x00", "xz"}, {"\x28\xb5\x2f\xfd", "zstd"}, {"7z\xbc\xaf\x27\x1c", "7z"}, {"Rar!", "rar"},
}

// detect finds the format. The error is a *contentError where the content is no
// archive.
func (a *archive) detect() error {
	head := make([]byte, blockBytes)
	n, _ := a.ReadAt(head, 0) // io.EOF: a file shorter than a block
	if a.failed != nil {
		return fmt.Errorf("read archive %q: %w", a.path, a.failed)
	}
	head = head[:n]
	switch {
	case n == 0:
		return contentErrorf(ArchiveEmpty, "the file has no bytes")
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		a.format = FormatTarGz
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		a.format = FormatZip
	case n == blockBytes && isTarHeader(head):
		a.format = FormatTar
	}
	if a.format != "" {
		return nil
	}
	for _, f := range foreign {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return contentErrorf(NotAnArchive, "a %s file; repack it as .tar.gz or .zip", f.name)
		}
	}
	return contentErrorf(NotAnArchive, "neither tar, gzip nor zip")
}

// isTarHeader checks the sum that every tar header carries (POSIX pax, "chksum"):
// of all bytes, its own field taken as blanks. A block of zeros ends a tar, so an
// empty tar begins with one.
func isTarHeader(b []byte) bool {
	if len(bytes.Trim(b, "\x00")) == 0 {
		return true
	}
	want, err := strconv.ParseInt(strings.Trim(string(b[148:156]), " \x00"), 8, 64)
	if err != nil {
		return false
	}
	var unsigned, signed int64
	for i, c := range b {
		if 148 <= i && i < 156 {
			c = ' '
		}
		unsigned += int64(c)
		signed += int64(int8(c))
	}
	return want == unsigned || want == signed
}

// items calls visit for every entry in archive order. It returns nil at the end of
// a sound archive, a *contentError where content ends it, what visit returned, or
// an error of the environment.
func (a *archive) items(ctx context.Context, lim Limits, visit func(item) error) error {
	if a.format == FormatZip {
		return a.zipItems(ctx, lim, visit)
	}
	return a.tarItems(ctx, lim, visit)
}

// readBody reads exactly size bytes. It allocates as bytes arrive, so that a
// header that lies costs nothing.
func readBody(r io.Reader, size int64) ([]byte, error) {
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
