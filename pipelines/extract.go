package pipelines

import (
	"context"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/archives"
	"decoy/io/shard"
	"decoy/pipelines/extraction"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
)

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
	base := extraction.Options{
		FIM: cfg, Languages: b.Recipe.Extract.Languages, Exclude: b.Recipe.Extract.ExcludeRepos,
		Origin: b.Recipe.Extract.Origin, EditShare: b.Recipe.Extract.EditShare, MaxCommits: b.Recipe.Extract.MaxCommits,
		MaxPerRepo: b.Recipe.Extract.MaxPerRepo, NgramTokens: b.Recipe.Extract.NgramTokens / n,
		Licenses: b.Recipe.Extract.Licenses,
	}
	byShard := make([][]extraction.PartedSource, n)
	before := extraction.Prepare(b.Sources, b.Rows, b.partBytes(), n+len(base.Languages))
	for _, src := range before.Sources {
		i := schemas.Shard(src.Repo, n)
		byShard[i] = append(byShard[i], src)
	}
	b.Log("extract: %d archives and repositories, %d files of rows, %d of %d shards to do", len(b.Sources), len(b.Rows), len(todo), n)
	err = s.runExtraction(ctx, todo, before, base, func(i int) any {
		o := base
		o.Sources, o.RowTasks = byShard[i], before.RowTasks()
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

// runExtraction runs what comes before the shards, then these, then the merge by
// language, in one graph. A GroupByKey on one key is the barrier between them; it
// carries numbers.
func (s *stage) runExtraction(ctx context.Context, todo []int, p extraction.Preparation, base extraction.Options, options func(int) any) error {
	n := s.b.Recipe.Shards
	graph, scope := beam.NewPipelineWithRoot()
	tasks, err := s.tasks(todo, options)
	if err != nil {
		return err
	}
	done, _, err := shard.Records(s.b.dir(s.name), s.fingerprint)
	if err != nil {
		return err
	}
	var before []int
	for _, task := range p.Needed(todo, n) {
		if _, ok := done[task]; !ok {
			before = append(before, task)
		}
	}
	ready := beam.Create(scope, -1)
	if len(before) > 0 {
		orders, err := s.tasks(before, func(number int) any {
			o := base
			o.Before = p.Tasks[number-p.First]
			if r := o.Before.Rows; r != nil {
				o.Columns, _ = s.b.Recipe.Rows[r.Entry].Map() // Validate has seen its error
			}
			return o
		})
		if err != nil {
			return err
		}
		ready = beam.Flatten(scope, ready, s.work(scope.Scope("before"), extraction.StageBefore, orders))
	}
	if len(todo) > 0 {
		ready = beam.Flatten(scope, ready, beam.ParDo(scope, s.shardFn(s.name), extraction.After(scope.Scope(s.name), ready, tasks)))
	}
	scope = scope.Scope("merge")
	langs := extraction.After(scope, ready, s.b.Recipe.Extract.Languages)
	work.End(scope, beam.ParDo(scope, &extraction.MergeFn{Dir: s.b.dir(s.name), Fingerprint: s.fingerprint, First: n, Languages: s.b.Recipe.Extract.Languages}, langs))
	return s.submit(ctx, graph, n+len(s.b.Recipe.Extract.Languages)+len(p.Needed(todo, n)))
}
