package pipelines

import (
	"context"
	"errors"
	"io/fs"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"go.yaml.in/yaml/v3"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/export"
	"decoy/pipelines/generation"
	"decoy/pipelines/recipe"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/report"
)

// openExport writes the training set.
//
//	selection, contexts, negatives → rows by split and format, trainers' folders
//	(by shard); card, attribution
func openExport(ctx context.Context, b *Build) (*stage, error) {
	s, err := b.open(ctx, schemas.StageExport, struct {
		Name   string        `json:"name"` // the card shows it
		Recipe recipe.Export `json:"recipe"`
		// Terms and sizes are in the card too, and left out where there are none.
		Terms map[string]string `json:"terms,omitempty"`
		Sizes map[string]string `json:"sizes,omitempty"`
	}{b.Recipe.Name, b.Recipe.Export, recipe.Terms(b.Recipe), recipe.Sizes(b.Recipe)}, nil, schemas.StageExtract,
		schemas.StageGenerate, schemas.StageVerify, schemas.StageJudge, schemas.StageCurate)
	if err != nil {
		return nil, err
	}
	text, err := yaml.Marshal(b.Recipe)
	if err != nil {
		return nil, err
	}
	n := b.Recipe.Shards
	samples := slices.ContainsFunc(b.Recipe.Generate.Panel,
		func(m panel.Member) bool { return m.Provider == panel.ProviderFIM })
	s.total = n + 1
	if samples {
		s.total++
	}
	s.begin = s.toDo
	if samples {
		s.begin = func(ctx context.Context) error {
			if err := b.logSamples(ctx); err != nil {
				return err
			}
			return s.toDo(ctx)
		}
	}
	s.graph = func(scope beam.Scope, in reads) steps {
		reads := flow.Inputs{Each: in.each(schemas.Stages...)}
		var all []beam.PCollection
		if samples { // no row is written unless their style passes
			style := flow.Once(scope, s.step("style", n+1, 1),
				export.Style{Out: b.Out, Shards: n, Recipe: b.Recipe.Export},
				in.each(schemas.StageExtract, schemas.StageGenerate, schemas.StageCurate)...)
			reads.All = append(reads.All, style)
			all = append(all, style)
		}
		rows := flow.Run(scope, s.shards(), export.Work{
			Out: b.Out, Recipe: b.Recipe.Export, MinGoldenAcceptance: b.Recipe.Judge.MinGoldenAcceptance,
			Control: b.Recipe.Curate.Control, Accept: b.Recipe.Curate.Accept,
		}, reads)
		card := flow.Once(scope, s.step("card", n, 1), export.Card{Out: b.Out, Recipe: string(text)}, rows)
		return steps{all: append(all, rows, card)}
	}
	return s, nil
}

// logSamples says by which way the samples of FIM endpoints came.
func (b *Build) logSamples(ctx context.Context) error {
	m, err := shard.ReadManifest(ctx, b.dir(schemas.StageGenerate))
	if errors.Is(err, fs.ErrNotExist) { // it is of the same job
		return nil
	}
	if err != nil {
		return err
	}
	n := m.Counts
	b.Log("samples: %d are minimal pairs with the golden, %d others have one certified error (%d of them a repair), "+
		"%d are unlabelled: %d right as far as is known, %d not decided", n[generation.CountSamplesMinimal],
		n[generation.CountSamplesFree], n[generation.CountSamplesRepaired], n[generation.CountUnlabelled],
		n[generation.CountUnlabelledFor(generation.UnlabelledExists)],
		n[generation.CountUnlabelledFor(generation.UnlabelledUndecided)])
	return nil
}

// writeReport writes OUT/report.html. It shows times, so it is outside the bytes
// that repeat.
func (b *Build) writeReport(ctx context.Context) error {
	sum, err := export.Summarize(ctx, b.Out, b.Recipe)
	if err != nil {
		return err
	}
	unshown, err := sum.Renderable(ctx)
	if err != nil {
		return err
	}
	b.unshown = append(b.unshown, unshown...)
	data := sum.Report(b.RunInfo.report())
	if data.Spending, err = sum.Spending(ctx); err != nil {
		return err
	}
	if data.Warnings, err = b.reportWarnings(ctx); err != nil {
		return err
	}
	if data.Boundaries, err = b.boundaries(ctx); err != nil {
		return err
	}
	page, err := report.Render(data)
	if err != nil {
		return err
	}
	if err := b.noteReport(ctx); err != nil {
		return err
	}
	_, err = shard.WriteFile(ctx, shard.Join(b.Out, reportName), page)
	return err
}
