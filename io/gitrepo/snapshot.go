package gitrepo

import (
	"bytes"
	"context"
	"fmt"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"

	"decoy/io/archives"
	"decoy/schemas"
)

// Snapshot streams the regular files of a commit in path order.
//
// want decides by path and size whether a file's content is read; nil wants all.
// A wanted file over MaxFileBytes is rejected too_large without reading it. emit
// and reject are called in path order from the calling goroutine, and the bytes
// are emit's to keep; an error of emit ends the walk and is returned. A commit or
// root folder that is broken is a [*ContentError], a broken file or folder below it
// a reject.
func (r *Repo) Snapshot(ctx context.Context, commit string, want func(path string, size int64) bool,
	emit func(path string, data []byte) error, reject func(schemas.Reject)) error {
	return r.SnapshotLinks(ctx, commit, want, emit, nil, reject)
}

// SnapshotLinks is Snapshot that tells of symbolic links too: the path of each, and what
// it names, relative to its folder. They are rejects all the same. Nothing is followed.
func (r *Repo) SnapshotLinks(ctx context.Context, commit string, want func(path string, size int64) bool,
	emit func(path string, data []byte) error, link func(path, target string), reject func(schemas.Reject)) error {
	id, ok := parseID(commit)
	if !ok {
		return fmt.Errorf("snapshot: commit %q is no id; Resolve gives the id of a reference", commit)
	}
	c, err := r.commit(id)
	if err != nil {
		return fmt.Errorf("snapshot: %w", err)
	}
	root, err := r.tree(c.TreeHash)
	if err != nil {
		return fmt.Errorf("snapshot of %s: %w", commit, err)
	}
	s := snapshot{Repo: r, source: r.sourceID(commit), want: want, emit: emit, link: link, reject: reject}
	err = s.walk(ctx, "", root)
	if s.stopped != nil {
		reject(s.stopped.Reject(s.source))
		return nil
	}
	return err
}

// maxTarget bounds what a link names, as PATH_MAX does.
const maxTarget = 4096

type snapshot struct {
	*Repo
	source  string
	want    func(string, int64) bool
	emit    func(string, []byte) error
	link    func(path, target string) // nil is not told
	reject  func(schemas.Reject)
	entries int64
	bytes   int64
	stopped *ContentError // a limit of the snapshot as a whole
}

func (s *snapshot) walk(ctx context.Context, parent string, entries []treeEntry) error {
	for i, e := range entries {
		if err := ctx.Err(); err != nil {
			return err
		}
		path := parent + e.name
		if s.entries++; s.entries > s.lim.MaxEntries {
			return s.stop(path, "more than %d entries", s.lim.MaxEntries)
		}
		if reason, detail := badName(parent, e.name, s.lim.MaxPath); reason != "" {
			s.drop(path, reason, detail)
			continue
		}
		if i > 0 && entries[i-1].name == e.name {
			s.drop(path, archives.DuplicatePath, "an earlier entry of the folder has this name")
			continue
		}
		if err := s.one(ctx, path, e); err != nil {
			return err
		}
	}
	return nil
}

func (s *snapshot) one(ctx context.Context, path string, e treeEntry) error {
	switch e.kind {
	case folder:
		below, err := s.tree(e.id)
		if err != nil {
			return s.broken(path, "the folder is lost: ", err)
		}
		return s.walk(ctx, path+"/", below)
	case symlink, submodule:
		if e.kind == symlink && s.link != nil {
			target, err := s.objects.read(e.id, plumbing.BlobObject, maxTarget)
			if err != nil {
				if _, content := asContent(err); !content {
					return err
				}
			}
			if strings.HasPrefix(string(target), "/") {
				target = nil // an absolute path is outside of the repository
			}
			s.link(path, string(target))
		}
		s.drop(path, archives.NotRegular, kindNames[e.kind])
		return nil
	}
	h, err := s.objects.header(e.id)
	if err == nil && h.kind != plumbing.BlobObject {
		err = corruptf("object %s is a %s", e.id, h.kind)
	}
	if err != nil {
		return s.broken(path, "", err)
	}
	if s.want != nil && !s.want(path, h.size) {
		return nil
	}
	if h.size > s.lim.MaxFileBytes {
		s.drop(path, archives.TooLarge, fmt.Sprintf("%d bytes, at most %d are read", h.size, s.lim.MaxFileBytes))
		return nil
	}
	if s.bytes += h.size; s.bytes > s.lim.MaxTotalBytes {
		return s.stop(path, "more than %d bytes of files", s.lim.MaxTotalBytes)
	}
	data, err := s.objects.read(e.id, plumbing.BlobObject, s.lim.MaxFileBytes)
	if err != nil {
		return s.broken(path, "", err)
	}
	return s.emit(path, bytes.Clone(data))
}

func (s *snapshot) stop(path, format string, most int64) error {
	s.stopped = contentErrorf(archives.ArchiveTooLarge, format+"; stopped at %s", most, path)
	return s.stopped
}

// broken drops a path whose object cannot be read. A disk that does not read is
// returned.
func (s *snapshot) broken(path, what string, err error) error {
	c, ok := asContent(err)
	if !ok {
		return err
	}
	s.drop(path, archives.EntryCorrupt, what+c.Detail)
	return nil
}

func (s *snapshot) drop(path string, reason schemas.Reason, detail string) {
	s.reject(newReject(s.source+"/"+path, reason, detail))
}
