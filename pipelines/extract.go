package pipelines

import (
	"context"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/archives"
	"decoy/io/shard/flow"
	"decoy/pipelines/extraction"
	"decoy/pipelines/recipe"
	"decoy/schemas"
)

// openExtract extracts all sources.
//
//	archives, repositories, rows → contexts, symbols, rejects (by shard); names-LANG, ngrams-LANG-FOLD
//
// Two things come before the shards: an archive above Build.PartBytes is read by
// several tasks, which its shard puts together, and files of rows, which mix
// repositories, are partitioned by shard. What comes out does not depend on how.
func openExtract(ctx context.Context, b *Build) (*stage, error) {
	cfg, err := b.Recipe.FIM()
	if err != nil {
		return nil, err
	}
	var inputs []schemas.Input
	for _, s := range b.Sources {
		inputs = append(inputs, s.Input())
	}
	var columns []recipe.Rows // of each file of rows
	for _, in := range b.Rows {
		inputs = append(inputs, in.Input())
		columns = append(columns, b.Recipe.Rows[in.Entry])
	}
	options := struct {
		recipe.Extract
		Rows       []recipe.Rows    `json:"rows,omitempty"`
		Own        []string         `json:"own_licenses,omitempty"`
		Unreadable []schemas.Reject `json:"unreadable,omitempty"` // they are among the rejects
		Shingles   bool             `json:"shingles,omitempty"`
	}{b.Recipe.Extract, columns, ownLicenses(b.Sources), b.Rejected, b.Recipe.Curate.NearDuplicates > 0}
	s, err := b.open(ctx, schemas.StageExtract, options, inputs)
	if err != nil {
		return nil, err
	}
	s.extraction(ctx, extraction.Options{
		Out: b.Out, FIM: cfg, Languages: b.Recipe.Extract.Languages, Exclude: b.Recipe.Extract.ExcludeRepos,
		Origin: b.Recipe.Extract.Origin, EditShare: b.Recipe.Extract.EditShare, MaxCommits: b.Recipe.Extract.MaxCommits,
		MaxPerRepo: b.Recipe.Extract.MaxPerRepo, NgramTokens: b.Recipe.Extract.NgramTokens / b.Recipe.Shards,
		Licenses: b.Recipe.Extract.Licenses, Shingles: b.Recipe.Curate.NearDuplicates > 0,
	})
	return s, nil
}

// ownLicenses are the sources with a licence that the recipe states, for the fingerprint.
func ownLicenses(all []archives.Source) []string {
	var out []string
	for _, s := range all {
		if s.License != "" {
			out = append(out, s.ID()+" "+s.SHA256+" "+s.License)
		}
	}
	slices.Sort(out)
	return out
}

func (b *Build) partBytes() int64 {
	if b.PartBytes > 0 {
		return b.PartBytes
	}
	return extraction.DefaultPartBytes
}

// extraction is what comes before the shards, then these, then the merge by language.
//
//	parts of large archives, files of rows → parts; archives, parts → contexts, symbols, rejects;
//	names and n-grams of all shards → names-LANG, ngrams-LANG-FOLD
func (s *stage) extraction(ctx context.Context, o extraction.Options) {
	b, n := s.b, s.b.Recipe.Shards
	before := extraction.Prepare(b.Sources, b.Rows, b.partBytes(), n+len(o.Languages))
	inputs := make([]extraction.Inputs, n)
	for _, src := range before.Sources {
		i := schemas.Shard(src.Repo, n)
		inputs[i].Sources = append(inputs[i].Sources, src)
	}
	inputs[0].Rejected = b.Rejected
	for i := range before.Tasks {
		if r := before.Tasks[i].Rows; r != nil {
			before.Tasks[i].Columns, _ = b.Recipe.Rows[r.Entry].Map() // Validate has seen its error
		}
	}
	s.begin = func(ctx context.Context) error {
		todo, err := s.shards().Undone(ctx)
		s.total = n + len(o.Languages) + before.Need(todo, n)
		b.Log("extract: %d archives and repositories, %d files of rows, %d of %d shards to do", len(b.Sources),
			len(b.Rows), len(todo), n)
		return err
	}
	s.graph = func(scope beam.Scope, _ reads) steps {
		in := flow.Inputs{Each: []beam.PCollection{flow.Values(scope, s.shards(), inputs)}}
		if len(before.Tasks) > 0 {
			tasks := s.temporary("before", before.First, len(before.Tasks))
			in.All = append(in.All, flow.Run(scope, tasks, extraction.Before{Options: o, Shards: n},
				flow.Inputs{Each: []beam.PCollection{flow.Values(scope, tasks, before.Tasks)}}))
		}
		shards := flow.Run(scope, s.shards(), extraction.Work{Options: o}, in)
		languages := s.step("merge", n, len(o.Languages))
		merged := flow.Run(scope, languages, extraction.Merge{Languages: o.Languages}, flow.Inputs{
			Each: []beam.PCollection{flow.Numbers(scope, languages)}, All: []beam.PCollection{shards},
		})
		return steps{out: []beam.PCollection{shards}, all: []beam.PCollection{shards, merged}}
	}
}
