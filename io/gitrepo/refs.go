package gitrepo

import (
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"decoy/io/archives"
)

// refs are the references of a repository or a bundle.
type refs interface {
	// ref is what a full name holds: an id, or the name of another reference after
	// "ref: "; ok is false where there is none.
	ref(name string) (value string, ok bool, err error)
	// names are a few of the references, sorted, and the number of all.
	names() ([]string, int, error)
}

const (
	maxSymbolic = 5 // references to references: git's own bound
	maxTags     = 10
	shownRefs   = 5
)

// Head is the commit that HEAD names. A bundle without a HEAD gives main, master
// or its only reference.
func (r *Repo) Head() (string, error) { return r.Resolve("") }

// Resolve finds a commit by the full id of a commit or tag, a full reference, or
// the short name of a tag or branch, in git's order. "" is HEAD.
func (r *Repo) Resolve(ref string) (string, error) {
	if id, ok := parseID(ref); ok {
		return r.peel(id, ref)
	}
	tries := []string{ref, "refs/" + ref, "refs/tags/" + ref, "refs/heads/" + ref, "refs/remotes/" + ref,
		"refs/remotes/" + ref + "/HEAD"}
	if ref == "" {
		tries = r.heads()
	}
	for _, name := range tries {
		id, ok, err := r.follow(name)
		if err != nil {
			return "", err
		}
		if ok {
			return r.peel(id, name)
		}
	}
	some, n, err := r.refs.names()
	switch {
	case err != nil:
		return "", err
	case n == 0:
		return "", contentErrorf(archives.ArchiveEmpty, "the repository has no commit")
	case ref == "":
		return "", contentErrorf(archives.ArchiveEmpty, "HEAD names no commit; name one of the %d references as ref: "+
			"%s", n, strings.Join(some, ", "))
	default:
		return "", fmt.Errorf("git reference %q does not exist; the repository has %d: %s", ref,
			n, strings.Join(some, ", "))
	}
}

// heads are the names that may stand for HEAD.
func (r *Repo) heads() []string {
	if b, ok := r.refs.(bundleRefs); ok {
		tries := []string{"HEAD", "refs/heads/main", "refs/heads/master"}
		if len(b) == 1 {
			for name := range b {
				tries = append(tries, name)
			}
		}
		return tries
	}
	return []string{"HEAD"}
}

// follow goes from reference to reference to an id.
func (r *Repo) follow(name string) (id plumbing.Hash, ok bool, err error) {
	for range maxSymbolic {
		value, ok, err := r.refs.ref(name)
		if err != nil || !ok {
			return id, false, err
		}
		if target, symbolic := strings.CutPrefix(value, "ref:"); symbolic {
			name = strings.TrimSpace(target)
			continue
		}
		id, ok := parseID(value)
		if !ok {
			return id, false, corruptf("the reference %q holds %q, which is no id", name, printable(value, 80))
		}
		return id, true, nil
	}
	return id, false, corruptf("the reference %q leads over more than %d others", name, maxSymbolic)
}

// peel goes from annotated tags to their commit.
func (r *Repo) peel(id plumbing.Hash, name string) (string, error) {
	for range maxTags {
		h, err := r.objects.header(id)
		if err != nil {
			return "", fmt.Errorf("git reference %q: %w", name, err)
		}
		switch h.kind {
		case plumbing.CommitObject:
			return id.String(), nil
		case plumbing.TagObject:
			if id, err = r.tagged(id); err != nil {
				return "", fmt.Errorf("git reference %q: %w", name, err)
			}
		default:
			return "", corruptf("the reference %q names a %s, no commit", name, h.kind)
		}
	}
	return "", corruptf("the reference %q leads over more than %d tags", name, maxTags)
}

func (r *Repo) tagged(id plumbing.Hash) (target plumbing.Hash, err error) {
	data, err := r.objects.read(id, plumbing.TagObject, maxMessageObject)
	if err != nil {
		return target, err
	}
	defer guard("tag "+id.String(), &err)
	tag, err := object.DecodeTag(nil, memoryObject(plumbing.TagObject, data))
	if err != nil {
		return target, corruptf("tag %s: %v; run git fsck", id, err)
	}
	return tag.Target, nil
}

// parseID reads 40 hexadecimal digits.
func parseID(s string) (id plumbing.Hash, ok bool) {
	if len(s) != 2*len(id) {
		return id, false
	}
	_, err := hex.Decode(id[:], []byte(s))
	return id, err == nil
}

// folderRefs are those of a repository on disk: a file each, or lines of
// packed-refs.
type folderRefs struct{ folders }

func (f folderRefs) ref(name string) (string, bool, error) {
	if !safeRef(name) {
		return "", false, nil
	}
	folder := f.common
	if !strings.Contains(name, "/") {
		folder = f.own // HEAD and its like belong to the work tree
	}
	path := filepath.Join(folder, filepath.FromSlash(name))
	if text, err := readSmall(path); err == nil {
		return strings.TrimSpace(string(text)), true, nil
	} else if _, isContent := asContent(err); isContent {
		// A folder of this name: refs/heads/a of refs/heads/a/b.
		return f.packed(name)
	} else if !isAbsent(err) {
		return "", false, fmt.Errorf("read git reference %q: %w", name, err)
	}
	return f.packed(name)
}

func (f folderRefs) packed(name string) (value string, ok bool, err error) {
	err = f.eachPacked(func(n, v string) {
		if n == name {
			value, ok = v, true
		}
	})
	return value, ok, err
}

func (f folderRefs) eachPacked(visit func(name, value string)) error {
	list, err := readSmall(filepath.Join(f.common, "packed-refs"))
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	for line := range strings.Lines(string(list)) {
		if line[0] == '#' || line[0] == '^' {
			continue
		}
		if value, name, ok := strings.Cut(strings.TrimRight(line, "\r\n"), " "); ok {
			visit(name, value)
		}
	}
	return nil
}

func (f folderRefs) names() ([]string, int, error) {
	seen := map[string]bool{}
	root := filepath.Join(f.common, "refs")
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			if errors.Is(err, fs.ErrNotExist) {
				return nil
			}
			return err
		}
		if rel, err := filepath.Rel(f.common, path); err == nil && !d.IsDir() {
			seen[filepath.ToSlash(rel)] = true
		}
		return nil
	})
	if err != nil {
		return nil, 0, fmt.Errorf("list git references: %w", err)
	}
	if err := f.eachPacked(func(name, _ string) { seen[name] = true }); err != nil {
		return nil, 0, err
	}
	some, n := first(seen)
	return some, n, nil
}

func first[V any](names map[string]V) ([]string, int) {
	var all []string
	for name := range names {
		all = append(all, printable(name, 80))
	}
	slices.Sort(all)
	return all[:min(len(all), shownRefs)], len(all)
}

// safeRef keeps a name inside of the git folder.
func safeRef(name string) bool {
	if name == "" || filepath.IsAbs(name) || strings.ContainsAny(name, "\\\x00") {
		return false
	}
	for part := range strings.SplitSeq(name, "/") {
		if part == "" || part == "." || part == ".." {
			return false
		}
	}
	return strings.HasPrefix(name, "refs/") || strings.ToUpper(name) == name
}
