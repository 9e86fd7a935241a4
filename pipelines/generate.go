package pipelines

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard/flow"
	"decoy/pipelines/generation"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
)

// runGenerate asks the panel for negatives.
//
//	contexts, symbols, names → negatives, rejects, unlabelled (by shard); ledger
//
// There are unlabelled files only where the panel has a FIM endpoint.
func runGenerate(ctx context.Context, b *Build) error {
	s, err := b.open(schemas.StageGenerate, recipe.OutputOptions(b.Recipe.Generate), nil, schemas.StageExtract)
	if err != nil {
		return err
	}
	return s.runPaid(ctx, schemas.StageExtract, "contexts",
		func(scope beam.Scope, shares []work.Share) beam.PCollection {
			return flow.Run(scope, s.shards(), generation.Work{
				Out: b.Out, Recipe: b.Recipe.Generate, Replay: b.Replay, Workers: b.Workers, Limiter: b.Recipe.Limiter,
				Launch: b.launched(),
			}, flow.Inputs{Each: append(s.refs(scope), flow.Values(scope, s.shards(), shares))})
		})
}
