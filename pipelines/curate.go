package pipelines

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/pipelines/curation"
	"decoy/pipelines/recipe"
	"decoy/schemas"
)

// openCurate selects pairs and general rows.
//
//	contexts, negatives, certificates, verdicts → selection, rejects (by shard), shift.json
func openCurate(ctx context.Context, b *Build) (*stage, error) {
	o := curation.OptionsOf(b.Out, b.Recipe)
	items, names, found, err := curation.ReadItems(ctx, o)
	if err != nil {
		return nil, err
	}
	o.Benchmarks = names
	if err := o.Validate(); err != nil {
		return nil, err
	}
	s, err := b.open(ctx, schemas.StageCurate, struct {
		Recipe       recipe.Curate `json:"recipe"`
		GeneralShare float64       `json:"general_share"`
		Exclude      []string      `json:"exclude"`
		Acceptance   float64       `json:"min_golden_acceptance"`
		Goldens      bool          `json:"pairs_with_goldens,omitempty"`
	}{o.Recipe, o.GeneralShare, o.Exclude, b.Recipe.Judge.MinGoldenAcceptance, o.PairsWithGoldens}, found,
		schemas.StageExtract, schemas.StageGenerate, schemas.StageVerify, schemas.StageJudge)
	if err != nil {
		return nil, err
	}
	s.total = 2*b.Recipe.Shards + 1
	s.begin = func(ctx context.Context) (err error) {
		if len(items) > 0 && !b.DryRun {
			o.Items, err = curation.WriteItems(ctx, s.shards(), items)
		}
		b.Log("curate: selecting up to %d pairs", o.Recipe.Rows)
		return err
	}
	n := b.Recipe.Shards
	s.graph = func(scope beam.Scope, in reads) steps {
		selection, report := curation.Graph(scope, s.shards(), s.temporary("candidates", n+1, n), o, curation.Inputs{
			Contexts: in[schemas.StageExtract].out[0], Negatives: in[schemas.StageGenerate].out[0],
			Certificates: in[schemas.StageVerify].out[0], Verdicts: in[schemas.StageJudge].out,
			Closed: in[schemas.StageJudge].rounds(),
		})
		return steps{out: []beam.PCollection{selection}, all: []beam.PCollection{selection, report}}
	}
	return s, nil
}
