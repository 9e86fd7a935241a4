package extraction

import (
	"context"
	"fmt"

	"decoy/io/archives"
	"decoy/io/shard/flow"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/fim"
)

// Options is what shards of extract, and parts of large archives, need to know.
type Options struct {
	Out         string             `json:"out"`
	FIM         fim.Config         `json:"fim"`
	Languages   []schemas.Language `json:"languages"`
	Exclude     []string           `json:"exclude"`
	Origin      schemas.Origin     `json:"origin"`
	EditShare   float64            `json:"edit_share"`
	MaxCommits  int                `json:"max_commits"`
	MaxPerRepo  int                `json:"max_per_repo"`
	NgramTokens int                `json:"ngram_tokens"`
	Limits      archives.Limits    `json:"limits"`
	Licenses    string             `json:"licenses"`
	Shingles    bool               `json:"shingles"` // written for near duplicates
}

// Inputs are what one shard reads, its own of flow.Values.
type Inputs struct {
	Sources  []PartedSource   `json:"sources"`
	Rejected []schemas.Reject `json:"rejected"` // shard 0: archives that could not be read
}

// PartedSource is an archive with the numbers of the tasks that read its parts, none
// for one that its shard reads itself.
type PartedSource struct {
	archives.Source
	Tasks []int `json:"tasks,omitempty"`
}

// Reasons of extract's own rejects, beside those of archives, screen and fim.
const (
	RejectDuplicateFile schemas.Reason = "duplicate_file"
	RejectSecret        schemas.Reason = "secret"
	RejectExcludedRepo  schemas.Reason = "excluded_repo"
)

// Work extracts the repositories of a shard.
//
//	Inputs, Refs of all tasks before the shards → Ref: contexts, symbols, rejects, parts
type Work struct{ Options }

func init() { flow.Register[Work]() }

// Do extracts the repositories of one shard.
func (w Work) Do(ctx context.Context, ft flow.Task) (schemas.Done, error) {
	in, err := flow.Value[Inputs](ft)
	if err != nil {
		return schemas.Done{}, err
	}
	t := work.For(w.Out, ft)
	x, err := newExtraction(ctx, t, w.Options)
	if err != nil {
		return schemas.Done{}, err
	}
	if len(ft.All) > 0 {
		x.before = ft.All[0]
	}
	defer x.close(ctx)
	for _, r := range in.Rejected {
		x.reject(ctx, r)
	}
	groups, err := x.rows(ctx, t)
	if err != nil {
		return schemas.Done{}, err
	}
	defer groups.stop()
	for from := in.Sources; len(from) > 0 || groups.more; {
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
	return x.write(ctx, t)
}
