package archives

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"

	"decoy/io/archives/inputs"
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
	target func() string // of a link: what it names; "/PATH" from the archive's top for a hard one
}

// archive is an open archive file.
type archive struct {
	*inputs.File
	format string
	commit string // of git archive, known after items
}

// openArchive opens a file. detect must follow before items, and items may run once.
func openArchive(ctx context.Context, files *inputs.Files, name string) (*archive, error) {
	f, err := files.Open(ctx, name)
	if err != nil {
		return nil, fmt.Errorf("archive %q: %w", name, err)
	}
	return &archive{File: f}, nil
}

// judge turns an error that a format's library returned into what it means: a
// failure of the environment as it is, all else a corrupt archive.
func (a *archive) judge(ctx context.Context, err error, where string) error {
	if err := cmp.Or(a.Failed(), ctx.Err()); err != nil {
		return fmt.Errorf("read archive %q: %w", a.Name(), err)
	}
	if c := (*contentError)(nil); errors.As(err, &c) {
		return contentErrorf(c.reason, "%s; stopped at %s", c.detail, where)
	}
	if errors.Is(err, zstd.ErrWindowSizeExceeded) || errors.Is(err, zstd.ErrDecoderSizeExceeded) {
		return contentErrorf(ArchiveTooLarge, "a zstd window of more than %d bytes; repack without --long; stopped "+
			"at %s", maxZstdWindow, where)
	}
	return contentErrorf(ArchiveCorrupt, "%v; stopped at %s", err, where)
}

const blockBytes = 512 // of tar

// detect finds the format. The error is a *contentError where the content is no
// archive.
func (a *archive) detect() error {
	head, err := a.Peek(blockBytes)
	if err != nil {
		return fmt.Errorf("read archive %q: %w", a.Name(), err)
	}
	switch {
	case len(head) == 0:
		return contentErrorf(ArchiveEmpty, "the file has no bytes")
	case bytes.HasPrefix(head, []byte("\x1f\x8b")):
		a.format = FormatTarGz
	case isZstd(head):
		a.format = FormatTarZst
	case isBzip2(head):
		a.format = FormatTarBz2
	case bytes.HasPrefix(head, []byte("PK\x03\x04")), bytes.HasPrefix(head, []byte("PK\x05\x06")):
		a.format = FormatZip
	case len(head) == blockBytes && isTarHeader(head):
		a.format = FormatTar
	}
	if a.format != "" {
		return nil
	}
	return contentErrorf(NotAnArchive, "%s", cmp.Or(nameOf(head), "neither tar, gzip, zstd, bzip2 nor zip"))
}

// isBzip2 knows the header with the first block's mark, which is pi, or that of the
// end, the root of pi.
func isBzip2(b []byte) bool {
	return len(b) >= 10 && string(b[:3]) == "BZh" && (string(b[4:10]) == "1AY&SY" || string(b[4:10]) == "\x17rE8P\x90")
}

// isZstd knows a frame of data and the skippable frames that some writers put first
// (RFC 8878, 3.1.1 and 3.1.2).
func isZstd(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\x28\xb5\x2f\xfd")) ||
		len(b) >= 4 && b[0]&0xf0 == 0x50 && string(b[1:4]) == "\x2a\x4d\x18"
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
