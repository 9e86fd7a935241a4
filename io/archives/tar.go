package archives

import (
	"archive/tar"
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/klauspost/compress/gzip"
)

// readAhead is the buffer between the disk and the decompressor.
const readAhead = 256 << 10

func (a *archive) tarItems(ctx context.Context, lim Limits, visit func(item) error) error {
	if _, err := a.file.Seek(0, io.SeekStart); err != nil {
		return fmt.Errorf("read archive %q: %w", a.path, err)
	}
	var src io.Reader = bufio.NewReaderSize(a, readAhead)
	if a.format == FormatTarGz {
		zr, err := gzip.NewReader(src)
		if err != nil {
			return a.judge(ctx, err, "the gzip header")
		}
		defer zr.Close()
		src = zr
	}
	packed := a.size
	if a.format == FormatTar {
		packed = lim.MaxTotalBytes // a bare tar unpacks to itself: no ratio
	}
	left, over := lim.budget(packed)
	m := &meter{ctx: ctx, r: src, left: left, over: over}
	tr := tar.NewReader(m)
	for n := int64(1); ; n++ {
		where := fmt.Sprintf("entry %d", n)
		hdr, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			if n == 1 && a.format == FormatTarGz && (errors.Is(err, tar.ErrHeader) || m.end && m.read < blockBytes) {
				return contentErrorf(NotAnArchive, "a gzip file that holds no tar")
			}
			return a.judge(ctx, err, where)
		}
		if n > lim.MaxEntries {
			return contentErrorf(ArchiveTooLarge, "more than %d entries", lim.MaxEntries)
		}
		if hdr.Typeflag == tar.TypeXGlobalHeader {
			a.setCommit(hdr.PAXRecords["comment"])
			continue
		}
		if hdr.Size > m.left {
			return a.judge(ctx, over, where)
		}
		it := item{name: hdr.Name, size: hdr.Size}
		it.kind, it.detail = tarKind(hdr.Typeflag)
		it.read = func() ([]byte, error) {
			b, err := readBody(tr, hdr.Size)
			if err != nil {
				return nil, a.judge(ctx, err, where)
			}
			return b, nil
		}
		if err := visit(it); err != nil {
			return err
		}
	}
	// A tar ends before its gzip does: only reading on shows that the sum of the
	// stream is right.
	if _, err := io.Copy(io.Discard, m); err != nil {
		return a.judge(ctx, err, "the end of the stream")
	}
	return nil
}

func tarKind(flag byte) (kind, string) {
	switch flag {
	case tar.TypeReg, tar.TypeGNUSparse:
		return kindFile, ""
	case tar.TypeDir:
		return kindFolder, ""
	case tar.TypeSymlink:
		return kindOther, "a symbolic link"
	case tar.TypeLink:
		return kindOther, "a hard link"
	case tar.TypeChar, tar.TypeBlock:
		return kindOther, "a device"
	case tar.TypeFifo:
		return kindOther, "a pipe"
	}
	return kindOther, fmt.Sprintf("a tar entry of type %q", flag)
}

// setCommit takes the comment that git archive writes: the hash of the commit,
// SHA-1 or SHA-256, and nothing else.
func (a *archive) setCommit(comment string) {
	if len(comment) != 40 && len(comment) != 64 {
		return
	}
	for i := range len(comment) {
		c := comment[i]
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return
		}
	}
	a.commit = comment
}
