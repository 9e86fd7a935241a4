package pipelines

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strings"

	"decoy/io/shard"
	"decoy/pipelines/join"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/report"
)

// What a stage gave may be usable and yet not what was asked for: a split that is
// empty, a language that validation does not know, a member that gave nothing. Such a
// build goes on, and says so at the terminal and in the first lines of its report. All
// is found from OUT, so that a stage that was done before is told about too.

var lopsidedOf = map[string]func(ctx context.Context, b *Build, m schemas.Manifest) ([]report.Warning, error){
	schemas.StageGenerate: lopsidedGenerate,
	schemas.StageJudge:    lopsidedJudge,
	schemas.StageCurate:   lopsidedCurate,
}

// lopsided are the warnings about a stage that was run.
func (b *Build) lopsided(ctx context.Context, stage string) ([]report.Warning, error) {
	find := lopsidedOf[stage]
	if find == nil || b.DryRun {
		return nil, nil
	}
	m, err := shard.ReadManifest(ctx, b.dir(stage))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return find(ctx, b, m)
}

// warnAbout warns about a stage that was run.
func (b *Build) warnAbout(ctx context.Context, stage string) error {
	found, err := b.lopsided(ctx, stage)
	for _, w := range found {
		b.Warn(w.Level, "%s", w.Text)
	}
	return err
}

// reportWarnings are those about all stages, the internal errors, and what else this run
// warned of.
func (b *Build) reportWarnings(ctx context.Context) ([]report.Warning, error) {
	out, err := b.internalWarnings(ctx)
	if err != nil {
		return nil, err
	}
	out = append(out, b.warnings...)
	for _, stage := range schemas.Stages {
		found, err := b.lopsided(ctx, stage)
		if err != nil {
			return nil, err
		}
		for _, w := range found {
			if !slices.Contains(out, w) {
				out = append(out, w)
			}
		}
	}
	slices.SortStableFunc(out, func(a, b report.Warning) int { return cmp.Compare(a.Level, b.Level) }) // errors first
	return out, nil
}

func warning(format string, a ...any) report.Warning {
	return report.Warning{Level: LevelWarning, Text: fmt.Sprintf(format, a...)}
}

// lopsidedGenerate names generators that gave nothing.
func lopsidedGenerate(ctx context.Context, b *Build, m schemas.Manifest) ([]report.Warning, error) {
	var out []report.Warning
	for _, g := range b.Recipe.Generate.Panel {
		if m.Counts["negatives"] == 0 || m.Counts[work.CountNegativesBy(g.Name)] > 0 {
			continue
		}
		n := m.Counts[work.CountRejectsBy(g.Name)]
		if n == 0 {
			out = append(out, warning("generator %s gave no negative", g.Name))
			continue
		}
		reasons, err := b.reasonsOf(ctx, g.Name)
		if err != nil {
			return nil, err
		}
		text := fmt.Sprintf("generator %s gave no negative", g.Name)
		if !slices.ContainsFunc(reasons, func(r EmptyReason) bool {
			return !slices.Contains(panel.Reasons, r.Reason)
		}) {
			text = fmt.Sprintf("generator %s is unusable: none of its requests had an answer that could be used",
				g.Name)
		}
		for _, r := range reasons[:min(len(reasons), shownReasons)] {
			text += fmt.Sprintf("; %s: %d (%s)", r.Reason, r.N, r.Remedy)
		}
		out = append(out, warning("%s", text))
	}
	return out, nil
}

// reasonsOf are the reasons of one generator's rejects, the largest first.
func (b *Build) reasonsOf(ctx context.Context, generator string) ([]EmptyReason, error) {
	m := schemas.Manifest{Rejects: map[schemas.Reason]int64{}}
	for i := range b.Recipe.Shards {
		for r, err := range shard.Read[schemas.Reject](ctx, shard.Path(b.Out, schemas.StageGenerate,
			"rejects", i, b.Recipe.Shards)) {
			if err != nil {
				return nil, err
			}
			if r.Generator == generator {
				m.Rejects[r.Reason]++
			}
		}
	}
	return rankedReasons(schemas.StageGenerate, m), nil
}

// lopsidedJudge names judges without a valid verdict.
func lopsidedJudge(ctx context.Context, b *Build, _ schemas.Manifest) ([]report.Warning, error) {
	rounds, err := join.Rounds(ctx, b.Out)
	if err != nil {
		return nil, err
	}
	var out []report.Warning
	for _, j := range b.Recipe.Judge.Panel {
		valid, invalid := int64(0), int64(0)
		for _, c := range rounds[len(rounds)-1].Tally.Judges {
			if c.Judge == j.Name {
				valid, invalid = valid+c.Valid(), invalid+c.Invalid
			}
		}
		if valid == 0 && invalid > 0 {
			out = append(out, warning("judge %s is unusable: none of its %d verdicts is valid; see decoy deadletters "+
				"OUT, mend the member, and run again with --replay", j.Name, invalid))
		}
	}
	return out, nil
}

// lopsidedCurate names splits, languages and types that the selection lacks.
func lopsidedCurate(ctx context.Context, b *Build, m schemas.Manifest) ([]report.Warning, error) {
	if m.Counts["pairs"] == 0 {
		return nil, nil // which says more
	}
	const remedy = "splits go by groups of related repositories: give more repositories that are not related, or " +
		"change curate.split"
	var out []report.Warning
	for _, split := range schemas.Splits {
		if b.Recipe.Curate.Split[split] > 0 && m.Counts[work.CountRows(split)] == 0 {
			out = append(out, warning("the split %s is empty; %s", split, remedy))
		}
	}
	if b.Recipe.Curate.Split[schemas.SplitValidation] > 0 && m.Counts[work.CountRows(schemas.SplitValidation)] > 0 {
		without := languagesWhere(func(l schemas.Language) bool {
			return m.Counts[work.CountRowsOf(schemas.SplitTrain, l)] > 0 &&
				m.Counts[work.CountRowsOf(schemas.SplitValidation, l)] == 0
		})
		if len(without) > 0 {
			out = append(out, warning("no validation rows of %s; %s", schemas.Join(without, ", "), remedy))
		}
	}
	var types []schemas.Type
	for _, t := range schemas.Types {
		off := 0
		for _, cell := range b.Recipe.Curate.Off {
			if strings.HasSuffix(cell, "/"+string(t)) {
				off++
			}
		}
		if m.Counts[work.CountPairs(t)] == 0 && off < len(schemas.Languages) {
			types = append(types, t)
		}
	}
	if len(types) > 0 {
		out = append(out, warning("no rows of the type %s; see the funnel in the report: add a generator under "+
			"generate.panel, or repositories that have such places", schemas.Join(types, ", ")))
	}
	extract, err := shard.ReadManifest(ctx, b.dir(schemas.StageExtract))
	if err != nil {
		return out, err
	}
	none := languagesWhere(func(l schemas.Language) bool {
		return extract.Counts["files_"+string(l)] > 0 && !slices.ContainsFunc(schemas.Splits,
			func(s schemas.Split) bool { return m.Counts[work.CountRowsOf(s, l)] > 0 })
	})
	if len(none) > 0 {
		out = append(out, warning("no rows at all of %s, although files of it were read; see the cells in the report",
			schemas.Join(none, ", ")))
	}
	return out, nil
}

func languagesWhere(is func(schemas.Language) bool) (out []schemas.Language) {
	for _, l := range schemas.Languages {
		if is(l) {
			out = append(out, l)
		}
	}
	return out
}
