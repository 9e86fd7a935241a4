package gitrepo

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"

	"decoy/io/archives"
)

// First lines of a bundle (gitformat-bundle).
const (
	bundleV2 = "# v2 git bundle\n"
	bundleV3 = "# v3 git bundle\n"
)

const (
	maxBundleLine = 64 << 10 // of the header
	maxBundleRefs = 1_000_000
)

// bundleRefs are the references of a bundle's header.
type bundleRefs map[string]string

func (b bundleRefs) ref(name string) (string, bool, error) { v, ok := b[name]; return v, ok, nil }

func (b bundleRefs) names() ([]string, int, error) {
	some, n := first(b)
	return some, n, nil
}

// bundleHeader is what stands before the pack.
type bundleHeader struct {
	refs          bundleRefs
	prerequisites []string // ids of commits that the bundle builds on and lacks
	size          int64    // bytes up to the pack
}

// readBundleHeader reads the header of a bundle of version 2 or 3.
func readBundleHeader(r io.Reader) (h bundleHeader, err error) {
	br := bufio.NewReaderSize(r, maxBundleLine)
	h.refs = bundleRefs{}
	for n := 0; ; n++ {
		line, err := br.ReadSlice('\n')
		h.size += int64(len(line))
		switch {
		case err == io.EOF:
			return h, corruptf("the bundle's header is cut short at line %d", n+1)
		case errors.Is(err, bufio.ErrBufferFull):
			return h, corruptf("line %d of the bundle's header has more than %d bytes", n+1, maxBundleLine)
		case err != nil:
			return h, fmt.Errorf("read git bundle: %w", err)
		case n > maxBundleRefs:
			return h, corruptf("the bundle's header has more than %d lines", maxBundleRefs)
		case n == 0:
			if s := string(line); s != bundleV2 && s != bundleV3 {
				return h, contentErrorf(archives.NotAnArchive, "neither a git repository nor a git bundle")
			}
			continue
		}
		text := string(line[:len(line)-1])
		if text == "" {
			return h, nil
		}
		if err := h.line(text); err != nil {
			return h, err
		}
	}
}

func (h *bundleHeader) line(text string) error {
	switch text[0] {
	case '@': // capabilities of version 3; an unknown one must be refused
		name, value, _ := strings.Cut(text[1:], "=")
		if name == "filter" || name == "object-format" && value == "sha1" {
			return nil
		}
		return contentErrorf(archives.EntryUnsupported, "the bundle asks for %q; write it anew with SHA-1 ids",
			printable(text[1:], 80))
	case '-':
		id, _, _ := strings.Cut(text[1:], " ")
		if _, ok := parseID(id); !ok {
			return corruptf("the bundle's header has the prerequisite %q, which is no id", printable(id, 80))
		}
		h.prerequisites = append(h.prerequisites, id)
		return nil
	}
	id, name, ok := strings.Cut(text, " ")
	if _, isID := parseID(id); !ok || !isID || name == "" {
		return corruptf("the bundle's header has the line %q, which is no reference", printable(text, 80))
	}
	if before, twice := h.refs[name]; twice && before != id {
		return corruptf("the bundle's header names %q twice", printable(name, 80))
	}
	h.refs[name] = id
	return nil
}

func isBundle(path string) bool {
	f, _, err := openRegular(path)
	if err != nil {
		return false
	}
	defer f.Close()
	head := make([]byte, len(bundleV2))
	_, err = io.ReadFull(f, head)
	return err == nil && (string(head) == bundleV2 || string(head) == bundleV3)
}

// openBundle reads a bundle in its place: the pack stays in the file, only its
// index, about 30 bytes an object, is made in memory.
func (r *Repo) openBundle(ctx context.Context, path string) error {
	f, size, err := openRegular(path)
	if err != nil {
		return err
	}
	r.closers = append(r.closers, f)
	h, err := readBundleHeader(contextReader{ctx, f})
	if err != nil {
		return err
	}
	if len(h.prerequisites) > 0 {
		return corruptf("the bundle builds on %d commits that it does not hold, the first is %s; make one of the "+
			"whole history with git bundle create FILE --all", len(h.prerequisites), h.prerequisites[0])
	}
	size -= h.size
	section := io.NewSectionReader(f, h.size, size)
	if err := checkPack(ctx, section, r.lim); err != nil {
		return err
	}
	index, err := indexPack(ctx, section)
	if err != nil {
		return err
	}
	r.refs = h.refs
	r.objects.packs = []*pack{{name: path, file: section, size: size, index: index, close: func() error { return nil }}}
	for _, name := range slices.Sorted(maps.Keys(h.refs)) {
		id := h.refs[name]
		hash, _ := parseID(id)
		if _, ok, err := r.objects.packs[0].offset(hash); err != nil || !ok {
			return errors.Join(err, corruptf("the bundle's header says that %q is %s, which its pack does not hold",
				printable(name, 80), id))
		}
	}
	return nil
}

// contextReader ends reading with its context.
type contextReader struct {
	ctx context.Context
	io.ReadSeeker
}

func (c contextReader) Read(b []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.ReadSeeker.Read(b)
}

// checkPack goes over a pack once before the library indexes it: the library
// trusts the sizes, and holds each object in memory.
func checkPack(ctx context.Context, section *io.SectionReader, lim Limits) (err error) {
	defer guard("the bundle's pack", &err)
	s := packfile.NewScanner(contextReader{ctx, io.NewSectionReader(section, 0, section.Size())})
	_, count, err := s.Header()
	if err != nil {
		return packError(ctx, "header", err)
	}
	var total int64
	for i := range count {
		h, err := s.NextObjectHeader()
		if err != nil {
			return packError(ctx, fmt.Sprintf("object %d of %d", i+1, count), err)
		}
		if h.Length > maxObjectBytes {
			return corruptf("object %d of the bundle's pack has %d bytes, at most %d are read", i+1,
				h.Length, int64(maxObjectBytes))
		}
		head := headWriter{most: 20}
		n, _, err := s.NextObject(&head)
		if err == nil && n != h.Length {
			err = fmt.Errorf("%d bytes instead of %d", n, h.Length)
		}
		if err == nil && h.Type.IsDelta() {
			_, n, err = deltaSizes(head.head)
		}
		if err != nil {
			return packError(ctx, fmt.Sprintf("object %d of %d", i+1, count), err)
		}
		if n > maxObjectBytes {
			return corruptf("object %d of the bundle's pack has %d bytes, at most %d are read",
				i+1, n, int64(maxObjectBytes))
		}
		if total += n; total > lim.MaxTotalBytes {
			return contentErrorf(archives.ArchiveTooLarge, "the bundle's objects have more than %d bytes; unpack it "+
				"with git clone and name the folder", lim.MaxTotalBytes)
		}
	}
	if _, err := s.Checksum(); err != nil {
		return packError(ctx, "checksum", err)
	}
	if end, err := s.SeekFromStart(0); err != nil {
		return packError(ctx, "end", err)
	} else if end != section.Size() {
		return corruptf("%d bytes follow the bundle's pack", section.Size()-end)
	}
	return nil
}

func packError(ctx context.Context, where string, err error) error {
	if ctx.Err() != nil {
		return ctx.Err()
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		return corruptf("the bundle's pack is cut short (%s); copy it again", where)
	}
	return corruptf("the bundle's pack: %s: %v", where, err)
}

// headWriter keeps the first bytes and drops the rest.
type headWriter struct {
	head []byte
	most int
}

func (h *headWriter) Write(p []byte) (int, error) {
	h.head = append(h.head, p[:min(len(p), h.most-len(h.head))]...)
	return len(p), nil
}

// indexPack makes the index of a pack. The library resolves every delta for it.
func indexPack(ctx context.Context, section *io.SectionReader) (idx *idxfile.MemoryIndex, err error) {
	defer guard("the bundle's pack", &err)
	var w idxfile.Writer
	parser, err := packfile.NewParser(packfile.NewScanner(contextReader{ctx,
		io.NewSectionReader(section, 0, section.Size())}), &w)
	if err != nil {
		return nil, packError(ctx, "index", err)
	}
	if _, err := parser.Parse(); err != nil {
		if errors.Is(err, packfile.ErrReferenceDeltaNotFound) || errors.Is(err, plumbing.ErrObjectNotFound) {
			return nil, corruptf("the bundle's pack has deltas of objects that it does not hold; make one of the " +
				"whole history with git bundle create FILE --all")
		}
		return nil, packError(ctx, "index", err)
	}
	if idx, err = w.Index(); err != nil {
		return nil, packError(ctx, "index", err)
	}
	return idx, nil
}
