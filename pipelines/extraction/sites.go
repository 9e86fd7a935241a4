package extraction

import (
	"context"
	"errors"

	"decoy/io/archives"
	"decoy/io/gitrepo"
	"decoy/io/rows"
	"decoy/io/sources"
	"decoy/pipelines/bug"
	"decoy/schemas"
	"decoy/transforms/edits"
	"decoy/transforms/fim"
	"decoy/transforms/judge"
	"decoy/transforms/screen"
	"decoy/transforms/secrets"
)

// The sites of the stages: what a bundle holds for each, and how it is run again. Here are
// those of extract.

// File is a file of an archive, or its beginning.
type File struct {
	Path     string        `json:"path"`
	Content  []byte        `json:"content"`
	Stated   string        `json:"stated,omitempty"`   // the licence of a row
	Licenses []licenseFile `json:"licenses,omitempty"` // of the archive
	Terms    screen.Terms  `json:"terms,omitzero"`

	Attributes screen.FileAttributes `json:"attributes,omitzero"`
}

type licenseFile struct {
	Path    string `json:"path"`
	Content []byte `json:"content"`
}

// spansInput is a file that is looked through for spans and symbols, with Added for
// those of an edit.
type spansInput struct {
	Blob   schemas.Blob `json:"blob"`
	Config fim.Config   `json:"config"`
	Spans  bool         `json:"spans"`
	Added  []fim.Range  `json:"added,omitempty"`
}

var (
	siteManifest = bug.NewSite("package manifest", func(in File, _ string) error {
		fim.Project("", in.Path, in.Content)
		return nil
	})
	siteLicenseFile = bug.NewSite("licence file", func(in File, _ string) error {
		screen.NewLicenses().AddEvidence(in.Path, in.Content)
		screen.NewLicenses().Refer(in.Path, in.Content)
		return nil
	})
	siteScreen = bug.NewSite("screen", func(in File, _ string) error {
		screened(in.Attributes, in.Path, in.Content)
		return nil
	})
	siteLicense = bug.NewSite("licence of a file", func(in File, _ string) error {
		l := screen.NewLicenses()
		if in.Stated != "" {
			l = screen.Stated(in.Stated)
		}
		for _, f := range in.Licenses {
			l.AddEvidence(f.Path, f.Content)
		}
		l.Under(in.Terms).For(in.Path, in.Content)
		return nil
	})
	siteSpans = bug.NewSite("spans and symbols", func(in spansInput, _ string) error {
		x := fim.New(in.Config)
		defer x.Close()
		if in.Added != nil {
			_, err := x.Edited(&in.Blob, in.Added)
			return err
		}
		_, err := x.File(&in.Blob, in.Spans)
		return err
	})
	siteSecrets = bug.NewSite("search for secrets", func(in File, _ string) error {
		s, err := secrets.Shared()
		if err == nil {
			s.Find(string(in.Content))
		}
		return err
	})
	siteSample = bug.NewSite("tokens of the n-gram sample", func(in File, _ string) error {
		judge.NewSample(1).Offer(0, string(in.Content))
		return nil
	})
)

// archiveInput names an archive or a file of rows: its content lies where it was.
type archiveInput struct {
	Source  *archives.Source `json:"source,omitempty"`
	Rows    *rows.Source     `json:"rows,omitempty"`
	Columns rows.Columns     `json:"columns,omitzero"`
	History bool             `json:"history,omitempty"` // its commits, and not its files
	Commits int              `json:"commits,omitempty"` // at most so many
}

var siteArchive = bug.NewSite("reader", func(in archiveInput, _ string) error {
	ctx := context.Background()
	var failed error
	reject := func(r schemas.Reject) {
		if r.Reason == schemas.ReasonInternal {
			failed = errors.Join(failed, errors.New(r.Detail))
		}
	}
	if in.Rows != nil {
		for _, err := range rows.Read(ctx, *in.Rows, rows.Config{Columns: in.Columns}, reject) {
			if err != nil {
				return err
			}
		}
		return failed
	}
	if in.Source == nil {
		return errors.New("the bundle names no archive")
	}
	if in.History {
		return walkHistory(ctx, in)
	}
	err := sources.Walk(ctx, *in.Source, archives.Limits{}, nil, func(archives.Entry) error { return nil }, reject)
	return errors.Join(failed, err)
})

func walkHistory(ctx context.Context, in archiveInput) (err error) {
	repo, err := gitrepo.Open(ctx, in.Source.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, repo.Close()) }()
	config := gitrepo.Config{Ref: in.Source.Commit, MaxCommits: in.Commits, MaxFiles: edits.MaxFiles,
		Want: screen.MaybeSource}
	return repo.History(ctx, config, func(gitrepo.Commit) error { return nil })
}

// addedInput is a file before and after a commit.
type addedInput struct {
	Before []byte       `json:"before"`
	After  []byte       `json:"after"`
	Hunks  []edits.Hunk `json:"hunks"`
}

var (
	siteCommit = bug.NewSite("lines of a commit", func(in edits.Commit, _ string) error {
		edits.NewLineage().Advance(in)
		return nil
	})
	siteAdded = bug.NewSite("added lines of a file", func(in addedInput, _ string) error {
		edits.AddedLines(in.Before, in.After, in.Hunks)
		return nil
	})
)
