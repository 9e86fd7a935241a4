package pipelines

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard/flow"
	"decoy/pipelines/ask"
	"decoy/pipelines/generation"
	"decoy/pipelines/recipe"
	"decoy/schemas"
)

// openGenerate asks the panel for negatives.
//
//	contexts, symbols, names → negatives, rejects, unlabelled (by shard); ledger
//
// There are unlabelled files only where the panel has a FIM endpoint.
func openGenerate(ctx context.Context, b *Build) (*stage, error) {
	s, err := b.open(ctx, schemas.StageGenerate, recipe.OutputOptions(b.Recipe.Generate), nil, schemas.StageExtract)
	if err != nil {
		return nil, err
	}
	s.begin = s.toDo
	s.graph = func(scope beam.Scope, in reads) steps {
		negatives := flow.Run(scope, s.shards(), generation.Work{
			Out: b.Out, Recipe: b.Recipe.Generate, Replay: b.Replay, Workers: b.Workers, Limiter: b.Recipe.Limiter,
			Launch: b.launched(),
		}, flow.Inputs{Each: append(in.each(schemas.StageExtract), flow.Values(scope, s.shards(), s.shares))})
		out := one(negatives)
		if s.paid() {
			useful := s.step("useful", b.Recipe.Shards, 1)
			work := ask.Useful{Out: b.Out, Members: b.Recipe.Generate.Panel}
			out.all = append(out.all, flow.Once(scope, useful, work, negatives))
		}
		return out
	}
	return s, nil
}
