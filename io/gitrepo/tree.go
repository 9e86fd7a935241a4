package gitrepo

import (
	"bytes"
	"cmp"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/go-git/go-git/v5/plumbing"

	"decoy/io/archives"
	"decoy/schemas"
)

// maxTreeBytes bounds one folder: two million entries.
const maxTreeBytes = 64 << 20

// fileKind is what an entry of a tree is.
type fileKind int

const (
	regular fileKind = iota
	folder
	symlink
	submodule
)

var kindNames = map[fileKind]string{symlink: "symbolic link", submodule: "submodule"}

// treeEntry is one name in a folder.
type treeEntry struct {
	name string
	id   plumbing.Hash
	kind fileKind
}

// sortName is what git orders by: a folder's name ends in a slash, so that the
// order of a walk is the order of the paths.
func (e treeEntry) sortName() string {
	if e.kind == folder {
		return e.name + "/"
	}
	return e.name
}

func compareEntries(a, b treeEntry) int { return cmp.Compare(a.sortName(), b.sortName()) }

var emptyTree = objectID(plumbing.TreeObject, nil)

// tree reads a folder, in git's order whatever the object's order is.
func (r *Repo) tree(id plumbing.Hash) ([]treeEntry, error) {
	if id == emptyTree {
		return nil, nil // git knows it without having it
	}
	data, err := r.objects.read(id, plumbing.TreeObject, maxTreeBytes)
	if err != nil {
		return nil, err
	}
	entries, err := parseTree(data)
	if err != nil {
		return nil, corruptf("tree %s: %v; run git fsck", id, err)
	}
	return entries, nil
}

// parseTree reads entries of "MODE NAME\0ID".
func parseTree(data []byte) ([]treeEntry, error) {
	var out []treeEntry
	for len(data) > 0 {
		mode, rest, ok := bytes.Cut(data, []byte{' '})
		name, rest, ok2 := bytes.Cut(rest, []byte{0})
		e := treeEntry{name: string(name)}
		if !ok || !ok2 || len(rest) < len(e.id) {
			return nil, fmt.Errorf("entry %d is cut short", len(out)+1)
		}
		bits, err := strconv.ParseUint(string(mode), 8, 32)
		if err != nil {
			return nil, fmt.Errorf("entry %d has the mode %q", len(out)+1, mode)
		}
		switch bits & 0o170000 {
		case 0o100000:
			e.kind = regular
		case 0o040000:
			e.kind = folder
		case 0o120000:
			e.kind = symlink
		default:
			e.kind = submodule // as git does
		}
		copy(e.id[:], rest)
		data = rest[len(e.id):]
		out = append(out, e)
	}
	if !slices.IsSortedFunc(out, compareEntries) {
		slices.SortStableFunc(out, compareEntries)
	}
	return out, nil
}

// badName is the reason why an entry cannot be part of a path. The names that git
// keeps for itself are refused as git refuses them.
func badName(parent, name string, maxPath int) (reason schemas.Reason, detail string) {
	path := parent + name
	switch {
	case len(path) > maxPath:
		return archives.PathTooLong, fmt.Sprintf("%d bytes, at most %d are allowed", len(path), maxPath)
	case name == "..":
		return archives.PathEscapes, fmt.Sprintf("%q steps out of a folder", path)
	case strings.HasPrefix(name, "/"), parent == "" && len(name) > 1 && name[1] == ':' && 'a' <= name[0]|0x20 &&
		name[0]|0x20 <= 'z':
		return archives.PathAbsolute, fmt.Sprintf("%q is absolute", path)
	case name == "" || name == "." || strings.Contains(name, "/"):
		return archives.PathInvalid, fmt.Sprintf("%q is no name in a folder", name)
	case strings.EqualFold(name, ".git"):
		return archives.PathInvalid, fmt.Sprintf("%q is git's own", path)
	case !utf8.ValidString(name):
		return archives.PathInvalid, fmt.Sprintf("%q is not UTF-8", path)
	case strings.ContainsFunc(name, func(r rune) bool { return r < ' ' || r == 0x7f || r == '\\' }):
		return archives.PathInvalid, fmt.Sprintf("%q holds a control character or a backslash", path)
	}
	return "", ""
}
