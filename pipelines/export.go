package pipelines

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/export"
	"decoy/pipelines/recipe"
	"decoy/schemas"
	"decoy/transforms/report"
)

// runExport writes the training set.
//
//	selection, contexts, negatives → rows by split and format, trainers' folders
//	(by shard); card, attribution, report
func runExport(ctx context.Context, b *Build) error {
	options := struct {
		Name   string        `json:"name"` // the card shows it
		Recipe recipe.Export `json:"recipe"`
	}{b.Recipe.Name, b.Recipe.Export}
	s, err := b.open(schemas.StageExport, options, nil, schemas.StageExtract, schemas.StageGenerate, schemas.StageVerify, schemas.StageJudge, schemas.StageCurate)
	if err != nil {
		return err
	}
	if done, err := s.finished(); err != nil {
		return err
	} else if !done {
		todo, err := s.todo()
		if err != nil {
			return err
		}
		b.Log("export: %d of %d shards to do", len(todo), b.Recipe.Shards)
		weights, err := b.judgeWeights()
		if err != nil {
			return err
		}
		if len(todo) > 0 {
			err := s.run(ctx, b.Recipe.Shards, func(scope beam.Scope) beam.PCollection {
				return flow.Run(scope, s.shards(), export.Work{Out: b.Out, Recipe: b.Recipe.Export, Weights: weights},
					flow.Inputs{Each: s.refs(scope)})
			})
			if err != nil {
				return err
			}
		}
		if b.DryRun {
			return ErrOwnWork
		}
		if _, ok, err := shard.ReadDone(b.dir(s.name), b.Recipe.Shards, s.fingerprint); err != nil {
			return err
		} else if !ok {
			if err := export.WriteCard(b.Out, b.Recipe, s.fingerprint); err != nil {
				return err
			}
		}
		if err := s.finish(1); err != nil {
			return err
		}
	} else {
		b.Log("export: done before")
	}
	if b.DryRun {
		return ErrOwnWork
	}
	return s.writeReport(ctx)
}

// writeReport writes OUT/report.html. It shows times, so it is outside the bytes
// that repeat.
func (s *stage) writeReport(ctx context.Context) error {
	sum, err := export.Summarize(s.b.Out, s.b.Recipe)
	if err != nil {
		return err
	}
	unshown, err := sum.Renderable()
	if err != nil {
		return err
	}
	s.b.unshown = append(s.b.unshown, unshown...)
	data := sum.Report(s.b.RunInfo.report())
	if data.Spending, err = sum.Spending(ctx); err != nil {
		return err
	}
	if data.Warnings, err = s.b.reportWarnings(); err != nil {
		return err
	}
	page, err := report.Render(data)
	if err != nil {
		return err
	}
	if err := s.b.noteReport(); err != nil {
		return err
	}
	_, err = shard.WriteFile(shard.Join(s.b.Out, reportName), page)
	return err
}
