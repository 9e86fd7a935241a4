package gitrepo

import (
	"bytes"
	"context"
	"fmt"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/object"

	"decoy/io/archives"
	"decoy/schemas"
)

// Config says what to read of a history. The zero value of a field is its default.
type Config struct {
	Ref        string                 // where the history ends, as Resolve reads it; default HEAD
	MaxCommits int                    // the newest of this number; default all
	MaxFiles   int                    // a commit that changes more has their paths only; default 200
	Want       func(path string) bool // whose content is read; default all
}

const defaultMaxFiles = 200

// Reasons for which a change has no content, beside those of package archives.
const (
	NotText      = "not_text"
	NotWanted    = "not_wanted"
	TooManyFiles = "too_many_files"
)

// Commit is one commit against its first parent. Changes are sorted by path. Date
// is the author's, in UTC, and zero where it makes no sense. Lost says why the
// changes are not known: the history is cut there, or a tree is broken.
type Commit struct {
	ID      string
	Parents int
	Author  string
	Email   string
	Date    time.Time
	Message string
	Changes []Change
	Lost    string
}

// Change is one regular file that a commit changed. OldPath is "" for a file that
// is new and another than Path for one that was renamed. Skipped says why Before,
// After and Hunks are not filled in; a deletion has none of them either.
type Change struct {
	Path, OldPath string
	Deleted       bool
	Before, After []byte
	Hunks         []Hunk
	Skipped       schemas.Reason
	Detail        string
}

// maxMessage and maxName bound the text that a hostile commit brings along.
const (
	maxMessage = 64 << 10
	maxName    = 256
)

// History walks from a reference along first parents and gives the commits, the
// oldest first. In memory are 20 bytes a commit, the changes of one commit and the
// object cache. The bytes in a Commit are shared: emit must not change them, and
// copies what it keeps. An error of emit ends the walk and is returned. A commit
// that cannot be read ends the history there: the one after it is Lost.
func (r *Repo) History(ctx context.Context, cfg Config, emit func(Commit) error) error {
	if cfg.MaxCommits < 0 || cfg.MaxFiles < 0 {
		return fmt.Errorf("git history: max_commits %d and max_files %d must not be negative",
			cfg.MaxCommits, cfg.MaxFiles)
	}
	if cfg.MaxFiles == 0 {
		cfg.MaxFiles = defaultMaxFiles
	}
	tip, err := r.Resolve(cfg.Ref)
	if err != nil {
		return err
	}
	ids, lost, err := r.firstParents(ctx, tip, cfg.MaxCommits)
	if err != nil {
		return err
	}
	h := history{Repo: r, cfg: cfg, emit: emit}
	for i := len(ids) - 1; i >= 0; i-- {
		c, err := r.commit(ids[i])
		if err != nil {
			return err
		}
		if err := h.one(ctx, c, lost); err != nil {
			return err
		}
		lost, h.before = "", c.TreeHash
	}
	return nil
}

// firstParents lists the history from its tip. lost is set where the parent of the
// last is not to be had; it is the parent's tree that the walk begins with.
func (r *Repo) firstParents(ctx context.Context, tip string, most int) (ids []plumbing.Hash, lost string, err error) {
	id, _ := parseID(tip)
	for {
		if err := ctx.Err(); err != nil {
			return nil, "", err
		}
		c, err := r.commit(id)
		if err != nil {
			content, ok := asContent(err)
			if !ok || len(ids) == 0 {
				return nil, "", err
			}
			return ids, "the history ends here: " + content.Detail, nil
		}
		ids = append(ids, id)
		switch {
		case len(c.ParentHashes) == 0:
			return ids, "", nil
		case r.shallow[id]:
			return ids, "the history ends here: the clone is shallow", nil
		case len(ids) == most:
			return ids, "", nil
		}
		id = c.ParentHashes[0]
	}
}

type history struct {
	*Repo
	cfg    Config
	emit   func(Commit) error
	before plumbing.Hash // tree of the commit before
}

func (h *history) one(ctx context.Context, c *object.Commit, lost string) error {
	out := Commit{
		ID: c.Hash.String(), Parents: len(c.ParentHashes),
		Author: printable(c.Author.Name, maxName), Email: printable(c.Author.Email, maxName),
		Date: date(c.Author.When), Message: printable(c.Message, maxMessage), Lost: lost,
	}
	if lost == "" {
		err := h.changes(ctx, c, &out)
		if content, ok := asContent(err); ok {
			out.Changes, out.Lost = nil, content.Detail
		} else if err != nil {
			return err
		}
	}
	return h.emit(out)
}

// date drops what no calendar has, which a commit may well claim.
func date(t time.Time) time.Time {
	if t = t.UTC(); t.Year() < 1970 || t.Year() > 9999 {
		return time.Time{}
	}
	return t
}

func (h *history) changes(ctx context.Context, c *object.Commit, out *Commit) error {
	if h.before.IsZero() && len(c.ParentHashes) > 0 { // the walk was cut at MaxCommits
		parent, err := h.commit(c.ParentHashes[0])
		if err != nil {
			return err
		}
		h.before = parent.TreeHash
	}
	files, err := h.Repo.changes(ctx, h.before, c.TreeHash)
	if err != nil {
		return err
	}
	small := len(files) <= h.cfg.MaxFiles
	if small {
		if files, err = h.similarRenames(ctx, files); err != nil {
			return err
		}
	}
	out.Changes = make([]Change, 0, len(files))
	for _, f := range files {
		if err := ctx.Err(); err != nil {
			return err
		}
		ch := Change{Path: f.path, OldPath: f.oldPath, Skipped: f.reason, Detail: f.detail}
		switch {
		case f.reason != "":
		case f.path == "":
			ch.Path, ch.Deleted = f.oldPath, true
		case !small:
			ch.Skipped, ch.Detail = TooManyFiles, fmt.Sprintf("the commit changes %d files, of at most %d the "+
				"content is read", len(files), h.cfg.MaxFiles)
		case h.cfg.Want != nil && !h.cfg.Want(f.path):
			ch.Skipped = NotWanted
		default:
			if err := h.content(f, &ch); err != nil {
				return err
			}
		}
		out.Changes = append(out.Changes, ch)
	}
	return nil
}

// content reads both sides of a change and compares them.
func (h *history) content(f fileChange, ch *Change) (err error) {
	if ch.After, ch.Skipped, ch.Detail, err = h.text(f.id); err != nil || ch.Skipped != "" {
		return err
	}
	if !f.oldID.IsZero() && f.oldID != f.id {
		if ch.Before, ch.Skipped, ch.Detail, err = h.text(f.oldID); err != nil || ch.Skipped != "" {
			ch.After, ch.Before = nil, nil
			return err
		}
	}
	if f.oldID == f.id {
		ch.Before = ch.After
		return nil
	}
	ch.Hunks = diffLines(ch.Before, ch.After)
	return nil
}

// text reads a blob, or says why it is not one to read.
func (h *history) text(id plumbing.Hash) (data []byte, skipped schemas.Reason, detail string, err error) {
	head, err := h.objects.header(id)
	if err == nil && head.size > h.lim.MaxFileBytes {
		return nil, archives.TooLarge, fmt.Sprintf("%d bytes, at most %d are read", head.size, h.lim.MaxFileBytes), nil
	}
	if err == nil {
		data, err = h.objects.read(id, plumbing.BlobObject, h.lim.MaxFileBytes)
	}
	if content, ok := asContent(err); ok {
		return nil, archives.EntryCorrupt, content.Detail, nil
	}
	if err != nil {
		return nil, "", "", err
	}
	if bytes.IndexByte(data, 0) >= 0 {
		return nil, NotText, "holds a zero byte", nil
	}
	return data, "", "", nil
}
