package archives

import (
	"context"
	"errors"
	"fmt"

	"github.com/zeebo/xxh3"

	"decoy/schemas"
)

// Entry is one regular file. Path is relative to the source's root. Data belongs
// to whom it is given.
type Entry struct {
	Path string
	Data []byte
	Size int64
}

// Walk streams the regular files of an archive in archive order.
//
// want decides by path and size whether a file's content is read; nil wants all.
// A wanted file over MaxFileBytes is rejected too_large without reading it. emit
// and reject are called in archive order from the calling goroutine; an error of
// emit ends the walk and is returned. Every other error is of the environment.
func Walk(ctx context.Context, src Source, lim Limits, want func(path string, size int64) bool, emit func(Entry) error, reject func(schemas.Reject)) error {
	if err := lim.Validate(); err != nil {
		return err
	}
	w := walker{src: src, lim: lim.withDefaults(), want: want, emit: emit, reject: reject, seen: map[xxh3.Uint128]struct{}{}}
	c := (*contentError)(nil)
	if err := w.walk(ctx); errors.As(err, &c) {
		reject(newReject(src.ID(), c.reason, c.detail))
	} else if err != nil {
		return err
	}
	return nil
}

type walker struct {
	src    Source
	lim    Limits
	want   func(string, int64) bool
	emit   func(Entry) error
	reject func(schemas.Reject)
	seen   map[xxh3.Uint128]struct{} // hashes of paths: two million take 60 MB
}

func (w *walker) walk(ctx context.Context) (err error) {
	a, err := openArchive(w.src.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, a.Close()) }()
	if a.size != w.src.Bytes {
		return fmt.Errorf("archive %q has %d bytes, and had %d when it was resolved; resolve it again", w.src.Path, a.size, w.src.Bytes)
	}
	if err := a.detect(); err != nil {
		return err
	}
	return a.items(ctx, w.lim, w.visit)
}

func (w *walker) visit(it item) error {
	if it.kind == kindFolder {
		return nil
	}
	clean, reason, detail := cleanPath(it.name, w.lim.MaxPath)
	if reason != "" {
		w.drop(it.name, reason, detail)
		return nil
	}
	path := stripRoot(clean, w.src.Root)
	if it.kind == kindOther {
		w.drop(path, NotRegular, it.detail)
		return nil
	}
	key := xxh3.HashString128(path)
	if _, twice := w.seen[key]; twice {
		w.drop(path, DuplicatePath, "an earlier entry of the archive has this path")
		return nil
	}
	w.seen[key] = struct{}{}
	if w.want != nil && !w.want(path, it.size) {
		return nil
	}
	if it.size > w.lim.MaxFileBytes {
		w.drop(path, TooLarge, fmt.Sprintf("%d bytes, at most %d are read", it.size, w.lim.MaxFileBytes))
		return nil
	}
	data, err := it.read()
	if e := (*entryError)(nil); errors.As(err, &e) {
		w.drop(path, e.reason, e.detail)
		return nil
	}
	if err != nil {
		return err
	}
	return w.emit(Entry{Path: path, Data: data, Size: it.size})
}

func (w *walker) drop(path, reason, detail string) {
	w.reject(newReject(w.src.FileID(path), reason, detail))
}
