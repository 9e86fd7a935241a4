package archives

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/zeebo/xxh3"

	"decoy/io/archives/inputs"
	"decoy/schemas"
	"decoy/schemas/contain"
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
//
// Of a source that is one of several parts (see [Split]) only its own paths and
// rejects come, and rejects of the whole archive in part 0.
//
// An archive over which the reader itself, or a library that it uses, panics is a
// reject with [schemas.ReasonInternal]; what came before stands.
func Walk(ctx context.Context, src Source, lim Limits, want func(path string, size int64) bool, emit func(Entry) error,
	reject func(schemas.Reject)) error {
	return WalkLinks(ctx, src, lim, want, emit, nil, reject)
}

// WalkLinks is Walk that tells of links too: the path of each, and what it names as it
// stands there, relative to the folder of the link; a hard link of tar names a path from
// the root, behind a slash. They are rejects all the same. Nothing is followed.
func WalkLinks(ctx context.Context, src Source, lim Limits, want func(path string, size int64) bool,
	emit func(Entry) error, link func(path, target string), reject func(schemas.Reject)) error {
	if err := lim.Validate(); err != nil {
		return err
	}
	if err := src.validPart(); err != nil {
		return err
	}
	w := walker{src: src, lim: lim.withDefaults(), want: want, emit: emit, link: link, reject: reject, seen: newSeen()}
	c, p := (*contentError)(nil), (*contain.Panic)(nil)
	err := w.reader.Do(func() error {
		contain.At("read archive", src.ID())
		return w.walk(ctx)
	})
	if errors.As(err, &p) { // a fault of the reader's own, or of a library's
		if src.Part == 0 || w.inside {
			reject(newReject(src.ID(), schemas.ReasonInternal, p.Error()))
		}
		return nil
	}
	if errors.As(err, &c) {
		if src.Part == 0 {
			reject(newReject(src.ID(), c.reason, c.detail))
		}
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
	link   func(path, target string) // nil is not told
	reject func(schemas.Reject)
	seen   map[xxh3.Uint128]struct{} // hashes of paths: a million take 56 MB
	reader contain.Reader            // the caller's functions are outside of it
	inside bool                      // an entry of this part is being read
}

func newSeen() map[xxh3.Uint128]struct{} { return map[xxh3.Uint128]struct{}{} }

func (w *walker) walk(ctx context.Context) (err error) {
	var files inputs.Files
	a, err := openArchive(ctx, &files, w.src.Path)
	if err != nil {
		return errors.Join(err, files.Close())
	}
	defer func() { err = errors.Join(err, a.Close(), files.Close()) }()
	if a.Size() != w.src.Bytes {
		return fmt.Errorf("archive %q has %d bytes, and had %d when it was resolved; resolve it again",
			w.src.Path, a.Size(), w.src.Bytes)
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
	clean, reason, detail := CleanPath(it.name, w.lim.MaxPath)
	path := it.name
	if reason == "" {
		path = stripRoot(clean, w.src.Root)
	}
	if !w.src.owns(path) {
		return nil
	}
	if reason != "" {
		w.drop(path, reason, detail)
		return nil
	}
	if it.kind == kindOther {
		w.tell(path, it)
		w.drop(path, NotRegular, it.detail)
		return nil
	}
	key := xxh3.HashString128(path)
	if _, twice := w.seen[key]; twice {
		w.drop(path, DuplicatePath, "an earlier entry of the archive has this path")
		return nil
	}
	w.seen[key] = struct{}{}
	if w.want != nil {
		var wanted bool
		if w.reader.Outside(func() { wanted = w.want(path, it.size) }); !wanted {
			return nil
		}
	}
	if it.size > w.lim.MaxFileBytes {
		w.drop(path, TooLarge, fmt.Sprintf("%d bytes, at most %d are read", it.size, w.lim.MaxFileBytes))
		return nil
	}
	w.inside = true
	data, err := it.read()
	w.inside = false
	if e := (*entryError)(nil); errors.As(err, &e) {
		w.drop(path, e.reason, e.detail)
		return nil
	}
	if err != nil {
		return err
	}
	w.reader.Outside(func() { err = w.emit(Entry{Path: path, Data: data, Size: it.size}) })
	return err
}

// tell reports a link. The target of a hard one loses the root as all paths do.
func (w *walker) tell(path string, it item) {
	if w.link == nil || it.target == nil {
		return
	}
	target := it.target()
	if name, hard := strings.CutPrefix(target, "/"); hard && it.detail == hardLink {
		clean, reason, _ := CleanPath(name, w.lim.MaxPath)
		if reason != "" {
			return
		}
		target = "/" + stripRoot(clean, w.src.Root)
	} else if hard {
		target = "" // an absolute path is outside of the archive
	}
	w.reader.Outside(func() { w.link(path, target) })
}

func (w *walker) drop(path string, reason schemas.Reason, detail string) {
	w.reader.Outside(func() { w.reject(newReject(w.src.FileID(path), reason, detail)) })
}
