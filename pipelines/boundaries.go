package pipelines

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"decoy/io/shard"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/boundary"
	"decoy/transforms/report"
)

// boundaryContexts is how many contexts the report counts token boundaries of, from the first shard on:
// shards are by a hash of the repository, so the first ones are a sample.
const boundaryContexts = 20_000

// vocabularies are those of report.tokenizers, by name.
func (b *Build) vocabularies(ctx context.Context) (map[string]*boundary.Vocabulary, error) {
	out := map[string]*boundary.Vocabulary{}
	for name, path := range b.Recipe.Report.Tokenizers {
		data, err := shard.ReadFile(ctx, path)
		if err != nil {
			return nil, fmt.Errorf("report.tokenizers.%s: %w; name the tokenizer.json of a model", name, err)
		}
		if out[name], err = boundary.Read(data); err != nil {
			return nil, fmt.Errorf("report.tokenizers.%s: %s: %w; name that of a byte-level BPE, or leave it out", name,
				path, err)
		}
	}
	return out, nil
}

// boundaries counts for each tokenizer of the recipe where goldens begin and end.
func (b *Build) boundaries(ctx context.Context) (out []report.Boundaries, err error) {
	all, err := b.vocabularies(ctx)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	counts := map[string]*boundary.Count{}
	for name, v := range all {
		counts[name] = boundary.NewCount(v)
	}
	contexts := 0
	for i := 0; i < b.Recipe.Shards && contexts < boundaryContexts; i++ {
		t := work.Task{Stage: schemas.StageExport, Out: b.Out, Shard: i, Of: b.Recipe.Shards}
		for c, err := range shard.Read[schemas.Context](ctx, t.Path(schemas.StageExtract, "contexts")) {
			if err != nil {
				return nil, err
			}
			if contexts++; contexts > boundaryContexts {
				break
			}
			_ = contain.Do(func() error { // a context that a tokenizer fails over is not counted
				for _, n := range counts {
					n.Add(&c)
				}
				return nil
			})
		}
	}
	for _, name := range slices.Sorted(maps.Keys(counts)) {
		out = append(out, report.Boundaries{Tokenizer: name, Rows: boundaryRows(counts[name].Shares())})
	}
	return out, nil
}

// boundaryRows adds up the forms of calls.
func boundaryRows(shares []boundary.Share) []report.BoundaryRow {
	sums := map[report.BoundaryRow]*report.BoundaryRow{}
	for _, s := range shares {
		k := report.BoundaryRow{Kind: s.Kind, Language: s.Language, Cut: s.Cut}
		if sums[k] == nil {
			row := k
			sums[k] = &row
		}
		sums[k].Contexts += s.Contexts
		sums[k].Starts += s.Starts
		sums[k].Ends += s.Ends
	}
	var out []report.BoundaryRow
	for _, r := range sums {
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b report.BoundaryRow) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Cut, b.Cut), cmp.Compare(a.Language, b.Language))
	})
	return out
}
