package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"decoy/io/archives"
)

// Limits bounds what is read of a repository. A zero field takes its default.
type Limits struct {
	MaxFileBytes  int64 // of one file; larger ones are not read; default 1 MiB
	MaxEntries    int64 // of a commit's tree, folders too; default 2,000,000
	MaxTotalBytes int64 // of a snapshot, and of a bundle's objects; default 64 GiB
	MaxPath       int   // bytes of a path; default 4096
	CacheBytes    int64 // of objects kept in memory; default 64 MiB
}

func (l Limits) withDefaults() Limits {
	for _, f := range []struct {
		value *int64
		def   int64
	}{
		{&l.MaxFileBytes, 1 << 20}, {&l.MaxEntries, 2_000_000}, {&l.MaxTotalBytes, 64 << 30}, {&l.CacheBytes, 64 << 20},
	} {
		if *f.value == 0 {
			*f.value = f.def
		}
	}
	if l.MaxPath == 0 {
		l.MaxPath = 4096
	}
	return l
}

// Validate names the first field out of range.
func (l Limits) Validate() error {
	for _, f := range []struct {
		name  string
		value int64
	}{
		{"max_file_bytes", l.MaxFileBytes}, {"max_entries", l.MaxEntries}, {"max_total_bytes", l.MaxTotalBytes},
		{"max_path", int64(l.MaxPath)}, {"cache_bytes", l.CacheBytes},
	} {
		if f.value < 0 {
			return fmt.Errorf("git limits: %s is %d; give a positive number, or 0 for the default", f.name, f.value)
		}
	}
	return nil
}

// Repo is an open repository or bundle. It is for one goroutine. Name, where it is
// set, stands before the commit in the ids of rejects.
type Repo struct {
	Name string

	lim     Limits
	refs    refs
	objects *database
	shallow map[plumbing.Hash]bool // commits whose parents are not here
	closers []io.Closer
}

// Close releases the files.
func (r *Repo) Close() error {
	var errs []error
	for _, c := range r.closers {
		errs = append(errs, c.Close())
	}
	r.closers = nil
	return errors.Join(errs...)
}

// IsRepository reports whether path is a repository, bare or with a work tree, or
// a bundle. It goes by content, never by the name.
func IsRepository(path string) bool {
	if info, err := os.Stat(path); err != nil {
		return false
	} else if info.IsDir() {
		_, err := gitFolders(path)
		return err == nil
	}
	return isBundle(path)
}

// Open opens a repository or a bundle with the default limits.
func Open(ctx context.Context, path string) (*Repo, error) { return OpenLimits(ctx, path, Limits{}) }

// OpenLimits opens a repository, bare or with a work tree, or a git bundle. What
// its content forbids is a [*ContentError].
func OpenLimits(ctx context.Context, path string, lim Limits) (*Repo, error) {
	if err := lim.Validate(); err != nil {
		return nil, err
	}
	info, err := os.Stat(path)
	if err != nil {
		return nil, fmt.Errorf("open git repository: %w", err)
	}
	r := &Repo{lim: lim.withDefaults()}
	r.objects = newDatabase(r.lim.CacheBytes)
	r.closers = append(r.closers, r.objects)
	switch {
	case info.IsDir():
		err = r.openFolder(ctx, path)
	case info.Mode().IsRegular():
		err = r.openBundle(ctx, path)
	default:
		err = contentErrorf(archives.NotAnArchive, "neither a folder nor a regular file")
	}
	if err != nil {
		return nil, fmt.Errorf("open git repository %q: %w", path, errors.Join(err, r.Close()))
	}
	return r, nil
}

// folders are the two places of a repository; they differ in a linked work tree.
type folders struct {
	own    string // HEAD
	common string // objects and references
}

// gitFolders finds the git folder of path: path itself, path/.git, or the folder
// that the file path/.git or a commondir names.
func gitFolders(path string) (folders, error) {
	git := filepath.Join(path, ".git")
	switch info, err := os.Stat(git); {
	case err == nil && info.IsDir():
		path = git
	case err == nil:
		text, err := readSmall(git)
		if err != nil {
			return folders{}, err
		}
		target, ok := strings.CutPrefix(string(text), "gitdir:")
		if !ok {
			return folders{}, contentErrorf(archives.NotAnArchive, "the file %q does not begin with \"gitdir:\"", git)
		}
		path = absolute(path, strings.TrimSpace(target))
	case !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, fs.ErrPermission):
		return folders{}, fmt.Errorf("open git repository: %w", err)
	}
	f := folders{own: path, common: path}
	if text, err := readSmall(filepath.Join(path, "commondir")); err == nil {
		f.common = absolute(path, strings.TrimSpace(string(text)))
	} else if !errors.Is(err, fs.ErrNotExist) {
		return f, err
	}
	for _, part := range []string{filepath.Join(f.own, "HEAD"), filepath.Join(f.common, "objects")} {
		if _, err := os.Stat(part); errors.Is(err, fs.ErrNotExist) {
			return f, contentErrorf(archives.NotAnArchive, "no git repository: %q is missing", part)
		} else if err != nil {
			return f, fmt.Errorf("open git repository: %w", err)
		}
	}
	return f, nil
}

func absolute(base, path string) string {
	if filepath.IsAbs(path) {
		return path
	}
	return filepath.Join(base, path)
}

// foreignFormats finds the extensions of a repository's config under which its
// ids or references are not what is read here.
var foreignFormats = regexp.MustCompile(`(?im)^\s*(objectformat\s*=\s*sha256|refstorage\s*=\s*reftable)\b`)

func (r *Repo) openFolder(ctx context.Context, path string) error {
	f, err := gitFolders(path)
	if err != nil {
		return err
	}
	config, err := readSmall(filepath.Join(f.common, "config"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if found := foreignFormats.Find(config); found != nil {
		return contentErrorf(archives.EntryUnsupported, "the repository has %q; convert it to SHA-1 ids and files of "+
			"references", strings.TrimSpace(string(found)))
	}
	list, err := readSmall(filepath.Join(f.common, "shallow"))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	r.shallow = map[plumbing.Hash]bool{}
	for line := range strings.Lines(string(list)) {
		if id, ok := parseID(strings.TrimSpace(line)); ok {
			r.shallow[id] = true
		}
	}
	r.refs = folderRefs{f}
	return r.objects.openFolders(ctx, filepath.Join(f.common, "objects"))
}

// commit reads a commit.
func (r *Repo) commit(id plumbing.Hash) (c *object.Commit, err error) {
	data, err := r.objects.read(id, plumbing.CommitObject, maxMessageObject)
	if err != nil {
		return nil, err
	}
	defer guard("commit "+id.String(), &err)
	if c, err = object.DecodeCommit(nil, memoryObject(plumbing.CommitObject, data)); err != nil {
		return nil, corruptf("commit %s: %v; run git fsck", id, err)
	}
	c.Hash = id
	return c, nil
}

// maxMessageObject bounds commits and tags: some hold a book, none a library.
const maxMessageObject = 16 << 20

// memoryObject is an object as the library wants it.
func memoryObject(kind plumbing.ObjectType, data []byte) *plumbing.MemoryObject {
	o := &plumbing.MemoryObject{}
	o.SetType(kind)
	_, _ = o.Write(data) // into memory: it cannot fail
	return o
}

// sourceID names a commit in a reject as archives names a source: repo@commit.
func (r *Repo) sourceID(commit string) string {
	if r.Name == "" {
		return commit
	}
	return r.Name + "@" + commit
}
