package pipelines

import (
	"context"

	"decoy/pipelines/generation"
	"decoy/pipelines/recipe"
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
	return s.runPaid(ctx, schemas.StageExtract, "contexts", func(budget *float64) any {
		return generation.Options{Recipe: b.Recipe.Generate, BudgetUSD: budget, Replay: b.Replay, Workers: b.Workers,
			Limiter: b.Recipe.Limiter, Launch: b.launched()}
	})
}
