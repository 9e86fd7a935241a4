package gitrepo

import (
	"cmp"
	"context"
	"path"
	"slices"

	"github.com/go-git/go-git/v5/plumbing"

	"decoy/io/archives"
	"decoy/schemas"
)

// fileChange is a regular file that differs between two trees. A zero id stands
// for a file that is not there. reason is set where the path is none.
type fileChange struct {
	oldPath, path string
	oldID, id     plumbing.Hash
	reason        schemas.Reason
	detail        string
}

// compareTrees finds the regular files that differ. It goes down both trees at
// once and never into two folders of one id.
type compareTrees struct {
	*Repo
	entries int64
	out     []fileChange
}

// changes lists what differs between two trees, sorted by path, renames found. A
// zero id is the empty tree.
func (r *Repo) changes(ctx context.Context, old, new plumbing.Hash) ([]fileChange, error) {
	c := compareTrees{Repo: r}
	if err := c.folders(ctx, "", old, new); err != nil {
		return nil, err
	}
	out := exactRenames(c.out)
	slices.SortFunc(out, func(a, b fileChange) int { return cmp.Compare(a.key(), b.key()) })
	return out, nil
}

// key is what a change sorts by: the new path, or the old one of a deletion.
func (f fileChange) key() string {
	if f.path != "" {
		return f.path
	}
	return f.oldPath
}

func (c *compareTrees) folders(ctx context.Context, parent string, old, new plumbing.Hash) error {
	if old == new {
		return nil
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	a, err := c.entriesOf(old)
	if err != nil {
		return err
	}
	b, err := c.entriesOf(new)
	if err != nil {
		return err
	}
	if c.entries += int64(len(a) + len(b)); c.entries > 2*c.lim.MaxEntries {
		return contentErrorf(archives.ArchiveTooLarge, "the commit changes folders with more than %d entries",
			2*c.lim.MaxEntries)
	}
	for len(a) > 0 || len(b) > 0 {
		var x, y treeEntry
		switch order := compareHeads(a, b); {
		case order < 0:
			x, a = a[0], a[1:]
		case order > 0:
			y, b = b[0], b[1:]
		default:
			x, a = a[0], a[1:]
			y, b = b[0], b[1:]
		}
		if err := c.entry(ctx, parent, x, y); err != nil {
			return err
		}
	}
	return nil
}

func (c *compareTrees) entriesOf(id plumbing.Hash) ([]treeEntry, error) {
	if id.IsZero() {
		return nil, nil
	}
	return c.tree(id)
}

// compareHeads says which list goes on: the first, the second, or both.
func compareHeads(a, b []treeEntry) int {
	switch {
	case len(a) == 0:
		return 1
	case len(b) == 0:
		return -1
	}
	return compareEntries(a[0], b[0])
}

// entry compares two entries of one name; one of them may be absent.
func (c *compareTrees) entry(ctx context.Context, parent string, old, new treeEntry) error {
	name := cmp.Or(new.name, old.name)
	if old.kind == new.kind && old.id == new.id {
		return nil
	}
	if reason, detail := badName(parent, name, c.lim.MaxPath); reason != "" {
		c.out = append(c.out, fileChange{path: parent + name, reason: reason, detail: detail})
		return nil
	}
	if old.kind == folder || new.kind == folder {
		return c.folders(ctx, parent+name+"/", old.id, new.id)
	}
	f := fileChange{}
	if old.kind == regular && !old.id.IsZero() {
		f.oldPath, f.oldID = parent+name, old.id
	}
	if new.kind == regular && !new.id.IsZero() {
		f.path, f.id = parent+name, new.id
	}
	if f.id != f.oldID {
		c.out = append(c.out, f)
	}
	return nil
}

// exactRenames joins a file that went with one that came and has the same
// content. Of several the one with the same name goes first, then the first by
// path.
func exactRenames(in []fileChange) []fileChange {
	gone := map[plumbing.Hash][]int{}
	for i, f := range in {
		if f.path == "" {
			gone[f.oldID] = append(gone[f.oldID], i)
		}
	}
	joined := map[int]bool{}
	for pass := range 2 {
		for i, f := range in {
			if f.oldPath != "" || f.path == "" || f.reason != "" {
				continue
			}
			for _, g := range gone[f.id] {
				if joined[g] || pass == 0 && path.Base(in[g].oldPath) != path.Base(f.path) {
					continue
				}
				in[i].oldPath, in[i].oldID = in[g].oldPath, f.id
				joined[g] = true
				break
			}
		}
	}
	out := make([]fileChange, 0, len(in))
	for i, f := range in {
		if !joined[i] {
			out = append(out, f)
		}
	}
	return out
}
