package extraction

import (
	"context"
	"fmt"

	"decoy/io/archives"
	"decoy/io/rows"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/fim"
)

// Options is what a shard of extract, or a part of a large archive, needs to
// know.
type Options struct {
	Sources     []PartedSource   `json:"sources"`
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

// PartedSource is an archive with the numbers of the tasks that read its parts, none
// for one that its shard reads itself.
type PartedSource struct {
	archives.Source
	Tasks []int `json:"tasks,omitempty"`
}

// Reasons of extract's own rejects, beside those of archives, screen and fim.
const (
	RejectDuplicateFile = "duplicate_file"
	RejectSecret        = "secret"
	RejectExcludedRepo  = "excluded_repo"
)

// Shard extracts the repositories of one shard.
func Shard(ctx context.Context, t work.Task) (schemas.Done, error) {
	var o Options
	if err := t.ReadOptions(&o); err != nil {
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
