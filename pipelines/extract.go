package pipelines

import (
	"context"
	"fmt"

	"decoy/io/archives"
	"decoy/io/rows"
	"decoy/schemas"
	"decoy/transforms/fim"
)

// extractOptions is what a shard of extract, or a part of a large archive, needs to
// know.
type extractOptions struct {
	Sources     []partedSource   `json:"sources"`
	Before      beforeTask       `json:"before"`    // of a task before the shards
	Columns     rows.Columns     `json:"columns"`   // of its rows
	RowTasks    []int            `json:"row_tasks"` // that partitioned rows by shard
	Rejected    []schemas.Reject `json:"rejected"`  // shard 0: archives that could not be read
	FIM         fim.Config       `json:"fim"`
	Languages   []string         `json:"languages"`
	Exclude     []string         `json:"exclude"`
	Origin      string           `json:"origin"`
	EditShare   float64          `json:"edit_share"`
	MaxCommits  int              `json:"max_commits"`
	MaxPerRepo  int              `json:"max_per_repo"`
	NgramTokens int              `json:"ngram_tokens"`
	Limits      archives.Limits  `json:"limits"`
	Licenses    string           `json:"licenses"`
}

// partedSource is an archive with the numbers of the tasks that read its parts, none
// for one that its shard reads itself.
type partedSource struct {
	archives.Source
	Tasks []int `json:"tasks,omitempty"`
}

// Reasons of extract's own rejects, beside those of archives, screen and fim.
const (
	rejectDuplicateFile = "duplicate_file"
	rejectSecret        = "secret"
	rejectExcludedRepo  = "excluded_repo"
)

func init() { shardWorks[schemas.StageExtract] = extractShard }

// runExtract extracts all sources.
//
//	archives, repositories, rows → contexts, symbols, rejects (by shard); names-LANG, ngrams-LANG-FOLD
//
// Two things come before the shards: an archive above Build.PartBytes is read by
// several tasks, which its shard puts together, and files of rows, which mix
// repositories, are partitioned by shard. What comes out does not depend on how.
func runExtract(ctx context.Context, b *Build) error {
	cfg, err := b.Recipe.FIM()
	if err != nil {
		return err
	}
	var inputs []schemas.Input
	for _, s := range b.Sources {
		inputs = append(inputs, s.Input())
	}
	var columns []RowsRecipe // of each file of rows
	for _, in := range b.Rows {
		inputs = append(inputs, in.Input())
		columns = append(columns, b.Recipe.Rows[in.Entry])
	}
	options := struct {
		ExtractRecipe
		Rows       []RowsRecipe     `json:"rows,omitempty"`
		Own        []string         `json:"own_licenses,omitempty"`
		Unreadable []schemas.Reject `json:"unreadable,omitempty"` // they are among the rejects
	}{b.Recipe.Extract, columns, ownLicenses(b.Sources), b.Rejected}
	s, err := b.open(schemas.StageExtract, options, inputs)
	if err != nil {
		return err
	}
	if done, err := s.finished(); err != nil || done {
		if done {
			b.Log("extract: done before")
		}
		return err
	}
	todo, err := s.todo()
	if err != nil {
		return err
	}
	n := b.Recipe.Shards
	base := extractOptions{
		FIM: cfg, Languages: b.Recipe.Extract.Languages, Exclude: b.Recipe.Extract.ExcludeRepos,
		Origin: b.Recipe.Extract.Origin, EditShare: b.Recipe.Extract.EditShare, MaxCommits: b.Recipe.Extract.MaxCommits,
		MaxPerRepo: b.Recipe.Extract.MaxPerRepo, NgramTokens: b.Recipe.Extract.NgramTokens / n,
		Licenses: b.Recipe.Extract.Licenses,
	}
	byShard := make([][]partedSource, n)
	before := prepare(b.Sources, b.Rows, b.partBytes(), n+len(base.Languages))
	for _, src := range before.sources {
		i := schemas.Shard(src.Repo, n)
		byShard[i] = append(byShard[i], src)
	}
	b.Log("extract: %d archives and repositories, %d files of rows, %d of %d shards to do", len(b.Sources), len(b.Rows), len(todo), n)
	err = s.runExtraction(ctx, todo, before, base, func(i int) any {
		o := base
		o.Sources, o.RowTasks = byShard[i], before.rowTasks()
		if i == 0 {
			o.Rejected = b.Rejected
		}
		return o
	})
	if err != nil {
		return err
	}
	return s.finish(len(base.Languages))
}

// extractShard extracts the repositories of one shard.
func extractShard(ctx context.Context, t shardTask) (schemas.Done, error) {
	var o extractOptions
	if err := t.options(&o); err != nil {
		return schemas.Done{}, err
	}
	x, err := newExtraction(t, o)
	if err != nil {
		return schemas.Done{}, err
	}
	defer x.close()
	for _, r := range o.Rejected {
		x.reject(r)
	}
	groups, err := x.rows(t)
	if err != nil {
		return schemas.Done{}, err
	}
	defer groups.stop()
	for from := o.Sources; len(from) > 0 || groups.more; {
		repo := groups.head.Repo
		if !groups.more || len(from) > 0 && from[0].Repo < repo {
			repo = from[0].Repo
		}
		n := 0
		for n < len(from) && from[n].Repo == repo {
			n++
		}
		if err := x.repo(ctx, repo, from[:n], groups); err != nil {
			return schemas.Done{}, fmt.Errorf("repository %s: %w", repo, err)
		}
		from = from[n:]
	}
	return x.write(t)
}
