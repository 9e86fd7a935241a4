package archives

import (
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"strings"
	"sync"

	"github.com/klauspost/compress/flate"

	"decoy/io/archives/inputs"
)

// maxDirectoryBytes bounds a zip's table of contents, which is read at once and
// takes three to six times as much memory: 128 MiB are 1.3 million entries with paths
// of 50 bytes.
const maxDirectoryBytes = 128 << 20

// inflaters reuses the 40 KB of state that every entry needs.
var inflaters = sync.Pool{New: func() any { return flate.NewReader(nil) }}

type inflater struct{ io.ReadCloser }

func newInflater(r io.Reader) io.ReadCloser {
	f := inflaters.Get().(io.ReadCloser)
	if err := f.(flate.Resetter).Reset(r, nil); err != nil {
		return io.NopCloser(errReader{err})
	}
	return &inflater{f}
}

func (i *inflater) Close() error {
	if i.ReadCloser == nil {
		return nil
	}
	err := i.ReadCloser.Close()
	inflaters.Put(i.ReadCloser)
	i.ReadCloser = nil
	return err
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// directoryReader fails once the table of contents is longer than left.
type directoryReader struct {
	r    io.ReaderAt
	left int64
}

var errDirectory = contentErrorf(ArchiveTooLarge, "a table of contents of more than %d bytes", int64(maxDirectoryBytes))

func (d *directoryReader) ReadAt(p []byte, off int64) (int, error) {
	if d.left -= int64(len(p)); d.left < 0 {
		return 0, errDirectory
	}
	return d.r.ReadAt(p, off)
}

func (a *archive) zipItems(ctx context.Context, lim Limits, visit func(item) error) error {
	r, err := a.At(ctx)
	if err != nil {
		return fmt.Errorf("read archive %q: %w", a.Name(), err)
	}
	directory := &directoryReader{r: r, left: maxDirectoryBytes}
	zr, err := zip.NewReader(directory, a.Size())
	if err != nil && !errors.Is(err, zip.ErrInsecurePath) {
		return a.judge(ctx, err, "the table of contents")
	}
	directory.left = math.MaxInt64 // from here on content is read, under its own limits
	zr.RegisterDecompressor(zip.Deflate, newInflater)
	a.setCommit(zr.Comment)
	left, over := lim.budget(a.Size())
	for i, f := range zr.File {
		if err := ctx.Err(); err != nil {
			return fmt.Errorf("read archive %q: %w", a.Name(), err)
		}
		if int64(i) >= lim.MaxEntries {
			return contentErrorf(ArchiveTooLarge, "more than %d entries", lim.MaxEntries)
		}
		// Claimed sizes are what counts: no entry is read beyond its claim, and the
		// sum does not depend on which entries are wanted.
		if f.UncompressedSize64 > uint64(left) {
			return a.judge(ctx, over, fmt.Sprintf("entry %d", i+1))
		}
		left -= int64(f.UncompressedSize64)
		if err := visit(a.zipItem(ctx, f)); err != nil {
			return err
		}
	}
	return nil
}

// maxTarget bounds what a link names, as PATH_MAX does.
const maxTarget = 4096

// encrypted is the bit of a zip entry's flags that says so (APPNOTE 4.4.4).
const encrypted = 1

func (a *archive) zipItem(ctx context.Context, f *zip.File) item {
	it := item{name: f.Name, size: int64(f.UncompressedSize64)}
	switch mode := f.Mode(); {
	case strings.HasSuffix(f.Name, "/") || mode.IsDir():
		it.kind = kindFolder
	case !mode.IsRegular():
		it.kind, it.detail = kindOther, fmt.Sprintf("a zip entry of mode %s", mode.Type())
		if mode&fs.ModeSymlink != 0 && f.UncompressedSize64 <= maxTarget {
			it.target = func() string { // what cannot be read names nothing
				b, err := readZip(f)
				if err != nil {
					return ""
				}
				return string(b)
			}
		}
	}
	it.read = func() ([]byte, error) {
		if f.Flags&encrypted != 0 {
			return nil, &entryError{EntryUnsupported, "encrypted"}
		}
		b, err := readZip(f)
		switch {
		case err == nil:
			return b, nil
		case a.Failed() != nil || ctx.Err() != nil:
			return nil, a.judge(ctx, err, f.Name)
		case errors.Is(err, zip.ErrAlgorithm):
			return nil, &entryError{EntryUnsupported, fmt.Sprintf("compression method %d", f.Method)}
		}
		return nil, &entryError{EntryCorrupt, err.Error()}
	}
	return it
}

func readZip(f *zip.File) ([]byte, error) {
	r, err := f.Open()
	if err != nil {
		return nil, err
	}
	b, err := inputs.ReadExactly(r, int64(f.UncompressedSize64))
	return b, errors.Join(err, r.Close())
}
