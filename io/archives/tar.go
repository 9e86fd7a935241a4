package archives

import (
	"archive/tar"
	"bytes"
	"compress/bzip2"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"decoy/io/archives/inputs"
)

// maxZstdWindow is the largest window that zstd itself uses without --long: 128 MiB.
// A decoder holds one window.
const maxZstdWindow = 128 << 20

// unpacked is the tar stream of the archive.
func (a *archive) unpacked(ctx context.Context) (io.ReadCloser, error) {
	switch a.format {
	case FormatTarGz:
		zr, err := gzip.NewReader(a.File)
		if err != nil {
			return nil, a.judge(ctx, err, "the gzip header")
		}
		return zr, nil
	case FormatTarZst:
		zr, err := zstd.NewReader(a.File, zstd.WithDecoderConcurrency(1), zstd.WithDecoderLowmem(true),
			zstd.WithDecoderMaxWindow(maxZstdWindow))
		if err != nil {
			return nil, a.judge(ctx, err, "the zstd header")
		}
		return zr.IOReadCloser(), nil
	case FormatTarBz2:
		return io.NopCloser(bzip2.NewReader(a.File)), nil
	}
	return io.NopCloser(a.File), nil
}

func (a *archive) tarItems(ctx context.Context, lim Limits, visit func(item) error) error {
	src, err := a.unpacked(ctx)
	if err != nil {
		return err
	}
	defer src.Close()
	packed := a.Size()
	if a.format == FormatTar {
		packed = lim.MaxTotalBytes // a bare tar unpacks to itself: no ratio
	}
	left, over := lim.budget(packed)
	m := &meter{ctx: ctx, r: src, left: left, over: over}
	head := make([]byte, blockBytes)
	n, err := io.ReadFull(m, head)
	head = head[:n]
	rest := io.Reader(m)
	if err != nil && err != io.EOF && err != io.ErrUnexpectedEOF {
		rest = errReader{err} // a decoder may give what it should not, if it is asked again
	}
	tr := tar.NewReader(io.MultiReader(bytes.NewReader(head), rest))
	for n := int64(1); ; n++ {
		where := fmt.Sprintf("entry %d", n)
		hdr, err := tr.Next()
		if err == io.EOF {
			break
		}
		if err != nil && !errors.Is(err, tar.ErrInsecurePath) {
			if n == 1 && a.format != FormatTar && (errors.Is(err, tar.ErrHeader) || m.end && m.read < blockBytes) {
				if holds := nameOf(head); holds != "" {
					return contentErrorf(NotAnArchive, "a compressed file that holds no tar but %s", holds)
				}
				return contentErrorf(NotAnArchive, "a compressed file that holds no tar")
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
		if !charge(m, hdr, lim) {
			return a.judge(ctx, over, where)
		}
		it := item{name: hdr.Name, size: hdr.Size}
		it.kind, it.detail = tarKind(hdr.Typeflag)
		switch hdr.Typeflag {
		case tar.TypeSymlink:
			it.target = func() string { return hdr.Linkname }
		case tar.TypeLink:
			it.target = func() string { return "/" + hdr.Linkname }
		}
		it.read = func() ([]byte, error) {
			b, err := inputs.ReadExactly(tr, hdr.Size)
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

// charge reports whether an entry fits what is left of the budget. A sparse file
// claims bytes that the archive does not hold: they are paid for where the file may
// be read, and a larger one is too_large, which costs nothing.
func charge(m *meter, hdr *tar.Header, lim Limits) bool {
	switch {
	case !isSparse(hdr):
		return hdr.Size <= m.left
	case hdr.Size > lim.MaxFileBytes:
		return true
	case hdr.Size > m.left:
		return false
	}
	m.left -= hdr.Size
	return true
}

// isSparse knows the old GNU form and the three that pax records describe.
func isSparse(hdr *tar.Header) bool {
	if hdr.Typeflag == tar.TypeGNUSparse {
		return true
	}
	for k := range hdr.PAXRecords {
		if strings.HasPrefix(k, "GNU.sparse.") {
			return true
		}
	}
	return false
}

// hardLink is what a second name of an entry is called.
const hardLink = "a hard link"

func tarKind(flag byte) (kind, string) {
	switch flag {
	case tar.TypeReg, tar.TypeGNUSparse:
		return kindFile, ""
	case tar.TypeDir:
		return kindFolder, ""
	case tar.TypeSymlink:
		return kindOther, "a symbolic link"
	case tar.TypeLink:
		return kindOther, hardLink
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
	if isCommit(comment) {
		a.commit = comment
	}
}

func isCommit(s string) bool {
	if len(s) != 40 && len(s) != 64 {
		return false
	}
	for i := range len(s) {
		if c := s[i]; (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}
