package pipelines

import (
	"context"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/curation"
	"decoy/pipelines/join"
	"decoy/pipelines/recipe"
	"decoy/schemas"
)

// runCurate selects pairs and general rows.
//
//	contexts, negatives, certificates, verdicts → selection, rejects (by shard), shift.json
func runCurate(ctx context.Context, b *Build) error {
	o := curation.OptionsOf(b.Out, b.Recipe)
	items, names, inputs, err := curation.ReadItems(o)
	if err != nil {
		return err
	}
	o.Benchmarks = names
	if err := o.Validate(); err != nil {
		return err
	}
	s, err := b.open(schemas.StageCurate, struct {
		Recipe       recipe.Curate `json:"recipe"`
		GeneralShare float64       `json:"general_share"`
		Exclude      []string      `json:"exclude"`
		Acceptance   float64       `json:"min_golden_acceptance"`
	}{o.Recipe, o.GeneralShare, o.Exclude, b.Recipe.Judge.MinGoldenAcceptance}, inputs, schemas.StageExtract,
		schemas.StageGenerate, schemas.StageVerify, schemas.StageJudge)
	if err != nil {
		return err
	}
	if done, err := s.finished(); err != nil || done {
		if done {
			b.Log("curate: done before")
		}
		return err
	}
	if _, err := s.todo(); err != nil { // makes the folder
		return err
	}
	closed, err := s.closedRounds()
	if err != nil {
		return err
	}
	st := s.shards()
	if len(items) > 0 && !b.DryRun {
		if o.Items, err = curation.WriteItems(st, items); err != nil {
			return err
		}
	}
	b.Log("curate: selecting up to %d pairs", o.Recipe.Rows)
	err = s.run(ctx, st.Of+1, func(scope beam.Scope) beam.PCollection {
		refs := s.refs(scope)
		selection, report := curation.Graph(scope, st, o, curation.Inputs{
			Contexts: refs[0], Negatives: refs[1], Certificates: refs[2], Verdicts: refs[3:],
			Closed: []beam.PCollection{beam.Create(scope.Scope("read"), closed)},
		})
		return beam.Flatten(scope, selection, report)
	})
	if err != nil {
		return err
	}
	return s.finish(1) // it removes the parts too
}

// closedRounds names the records of the rounds that judge went through.
func (s *stage) closedRounds() (flow.Ref, error) {
	m, err := shard.ReadManifest(s.b.dir(schemas.StageJudge))
	if err != nil {
		return flow.Ref{}, err
	}
	r := flow.Ref{
		Stage: m.Stage, Dir: s.b.dir(m.Stage), Fingerprint: m.Fingerprint, CodeVersion: m.CodeVersion, Record: -1,
		Of: 1,
	}
	for _, f := range m.Shards {
		if _, _, numbered := schemas.ShardOf(f.Name); !numbered && strings.HasPrefix(f.Name, join.RoundsFolder) {
			r.Files = append(r.Files, schemas.File{Name: f.Name, Records: f.Records})
		}
	}
	return r, nil
}
