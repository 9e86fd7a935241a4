package extraction

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"time"

	"decoy/io/archives"
	"decoy/io/gitrepo"
	"decoy/io/sources"
	"decoy/pipelines/bug"
	"decoy/pipelines/recipe"
	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/edits"
	"decoy/transforms/fim"
	"decoy/transforms/screen"
)

// Reasons of rejects of edits, beside those of package edits.
const (
	RejectNoHistory     schemas.Reason = "no_history"
	RejectHistoryBroken schemas.Reason = "history_broken"
)

// edits takes contexts from what the commits of a repository added. The licence files
// are those of the source's own commit: they say what may be used today.
func (x *extraction) edits(ctx context.Context, src archives.Source) (err error) {
	if src.Format != sources.FormatGit {
		x.reject(ctx, schemas.Reject{Stage: schemas.StageExtract, ID: src.ID(), Reason: RejectNoHistory,
			Detail: "an archive has no commits; name a git repository or bundle"})
		return nil
	}
	licenses, _, err := x.survey(ctx, src)
	if err != nil {
		return err
	}
	h := history{x: x, src: src, licenses: licenses, lineage: edits.NewLineage()}
	config := gitrepo.Config{Ref: src.Commit, MaxCommits: x.o.MaxCommits, MaxFiles: edits.MaxFiles,
		Want: screen.MaybeSource}
	var reader contain.Reader
	err = reader.Do(func() (err error) {
		repo, err := gitrepo.Open(ctx, src.Path)
		if err != nil {
			return err
		}
		defer func() { err = errors.Join(err, repo.Close()) }()
		return repo.History(ctx, config, func(c gitrepo.Commit) (err error) {
			reader.Outside(func() { err = h.commit(ctx, c) })
			return err
		})
	})
	if p := (*contain.Panic)(nil); errors.As(err, &p) {
		r := schemas.Reject{Stage: schemas.StageExtract, ID: src.ID(), Reason: schemas.ReasonInternal,
			Detail: p.Error()}
		x.reject(ctx, r)
		x.readerFailed(ctx, archiveInput{Source: &src, History: true, Commits: x.o.MaxCommits}, r)
		return x.err
	}
	return x.broken(ctx, src, err)
}

// broken makes a reject of what a repository's content forbids.
func (x *extraction) broken(ctx context.Context, src archives.Source, err error) error {
	if c := (*gitrepo.ContentError)(nil); errors.As(err, &c) {
		x.reject(ctx, schemas.Reject{Stage: schemas.StageExtract, ID: src.ID(), Reason: RejectHistoryBroken,
			Detail: c.Error()})
		return nil
	}
	return err
}

// history is the walk over one repository's commits.
type history struct {
	x        *extraction
	src      archives.Source
	licenses *screen.Licenses
	lineage  *edits.Lineage
}

// commit takes what one commit wrote.
func (h *history) commit(ctx context.Context, c gitrepo.Commit) error {
	commit := asCommit(c)
	r := bug.Record{ID: h.src.Repo + "@" + c.ID}
	_, ok, err := bug.Contain(ctx, h.x.bugs, siteCommit, r, func() []edits.Commit { return []edits.Commit{commit} },
		func() (struct{}, error) {
			h.lineage.Advance(commit)
			return struct{}{}, nil
		})
	h.x.counts["commits"]++
	if err != nil || !ok {
		return err
	}
	if reason, detail := edits.Reject(commit); reason != "" {
		h.x.reject(ctx, schemas.Reject{Stage: schemas.StageExtract, ID: h.src.Repo + "@" + c.ID,
			Reason: reason, Detail: detail})
		return nil
	}
	before := h.x.got.Sorted.Len()
	for i := range c.Changes {
		if err := h.change(ctx, c, &c.Changes[i]); err != nil {
			return err
		}
	}
	if h.x.got.Sorted.Len() > before {
		h.x.counts["commits_with_contexts"]++
	}
	return h.x.err
}

// change takes contexts from the lines that one file got.
func (h *history) change(ctx context.Context, c gitrepo.Commit, f *gitrepo.Change) error {
	if f.Deleted || f.Skipped == "" && f.After == nil {
		return nil
	}
	rejected := func(reason schemas.Reason, detail string, lang schemas.Language) {
		h.x.reject(ctx, schemas.Reject{Stage: schemas.StageExtract, ID: h.src.Repo + "@" + c.ID + "/" + f.Path,
			Reason: reason, Detail: detail, Language: lang})
	}
	if f.Skipped != "" {
		if screen.MaybeSource(f.Path) {
			rejected(f.Skipped, f.Detail, "")
		}
		return nil
	}
	x := h.x
	in := file{src: archives.Source{Repo: h.src.Repo, Commit: c.ID, Path: h.src.Path, Format: h.src.Format},
		license: h.licenses, path: f.Path, data: f.After}
	look, ok, err := bug.Contain(ctx, x.bugs, siteScreen, in.record(""), in.input, func() (look, error) {
		return in.screened(), nil
	})
	if err != nil || !ok {
		return err
	}
	lang := look.language
	if !x.langs[lang] {
		return nil
	}
	free, ok, err := bug.Contain(ctx, x.bugs, siteAdded, in.record(lang),
		func() []addedInput { return []addedInput{{f.Before, f.After, hunks(f)}} },
		func() ([]fim.Range, error) { return h.free(f), nil })
	if err != nil || !ok || len(free) == 0 {
		return err
	}
	if look.reason != "" {
		rejected(look.reason, look.detail, lang)
		return nil
	}
	terms, ok, err := x.licensed(ctx, in, lang)
	if err != nil || !ok {
		return err
	}
	if terms.reason != "" {
		rejected(terms.reason, terms.detail, lang)
		return nil
	}
	sum := sha256.Sum256(f.After)
	blob := schemas.Blob{Repo: h.src.Repo, Commit: c.ID, Path: f.Path, License: terms.license, Language: lang,
		Size: int64(len(f.After)), SHA256: hex.EncodeToString(sum[:]), Content: f.After}
	r, ok, err := x.look(ctx, &x.workers[0], spansInput{Blob: blob, Added: free}, in.record(lang),
		func(w *fim.Extractor) (fim.Result, error) { return w.Edited(&blob, free) })
	if err != nil || !ok {
		return err
	}
	for _, reject := range r.Rejects {
		h.x.reject(ctx, reject)
	}
	if len(r.Contexts) == 0 {
		return nil
	}
	found, ok, err := x.find(ctx, in, lang)
	if err != nil || !ok {
		return err
	}
	if len(found) > 0 {
		rejected(RejectSecret, fmt.Sprintf("%s in line %d", found[0].Rule, found[0].Line), lang)
		return nil
	}
	return h.take(ctx, c, f, r.Contexts)
}

// take keeps the contexts whose lines no context of this commit has taken before:
// spans of several kinds may lie in one line.
func (h *history) take(ctx context.Context, c gitrepo.Commit, f *gitrepo.Change, contexts []schemas.Context) error {
	for _, x := range contexts {
		lines := edits.LinesOf(f.After, edits.Range{Start: int(x.StartByte), End: int(x.EndByte)})
		if !h.lineage.Free(f.Path, lines) {
			h.x.counts["contexts_of_taken_lines"]++
			continue
		}
		h.lineage.Use(f.Path, lines)
		x.OriginDate, x.OriginKind = c.Date.UTC().Format(time.RFC3339), edits.Kind(c.Message)
		h.x.mu.Lock()
		h.x.keep(h.x.got.Add(ctx, x))
		h.x.mu.Unlock()
	}
	return h.x.err
}

// free are the added lines of a file from which a context may be taken, in bytes.
func (h *history) free(f *gitrepo.Change) []fim.Range {
	lines := h.lineage.FreeLines(f.Path, edits.AddedLines(f.Before, f.After, hunks(f)))
	if len(lines) == 0 {
		return nil
	}
	starts := []int{0}
	for i, b := range f.After {
		if b == '\n' {
			starts = append(starts, i+1)
		}
	}
	starts = append(starts, len(f.After))
	var out []fim.Range
	for _, l := range lines {
		out = append(out, fim.Range{Start: starts[l.Start], End: starts[min(l.End, len(starts)-1)]})
	}
	return out
}

// asCommit is a commit as package edits sees it.
func asCommit(c gitrepo.Commit) edits.Commit {
	out := edits.Commit{Parents: c.Parents, Author: c.Author, Email: c.Email, Message: c.Message, Lost: c.Lost != ""}
	for i := range c.Changes {
		f := &c.Changes[i]
		out.Files = append(out.Files, edits.File{
			Path: f.Path, OldPath: f.OldPath, Deleted: f.Deleted, Unread: f.Skipped != "", Before: f.Before,
			After: f.After, Hunks: hunks(f),
		})
	}
	return out
}

func hunks(f *gitrepo.Change) []edits.Hunk {
	out := make([]edits.Hunk, len(f.Hunks))
	for i, h := range f.Hunks {
		out[i] = edits.Hunk(h)
	}
	return out
}

// editLimit is how many of max_per_repo may be edits.
func (o Options) editLimit() int {
	switch o.Origin {
	case schemas.OriginEdit:
		return o.MaxPerRepo
	case recipe.OriginMixed:
		return int(o.EditShare * float64(o.MaxPerRepo))
	}
	return 0
}
