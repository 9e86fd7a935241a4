package pipelines

import (
	"cmp"
	"context"
	"slices"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/judge"
	"decoy/transforms/trainers"
)

// exportOptions is what a shard of export needs to know.
type exportOptions struct {
	Recipe  ExportRecipe       `json:"recipe"`
	Weights map[string]float64 `json:"weights"` // of judges
}

func init() { shardWorks[schemas.StageExport] = exportShard }

// runExport writes the training set.
//
//	selection, contexts, negatives → rows by split and format, trainers' folders
//	(by shard); card, attribution, report
func runExport(ctx context.Context, b *Build) error {
	options := struct {
		Name   string       `json:"name"` // the card shows it
		Recipe ExportRecipe `json:"recipe"`
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
		if err := s.run(ctx, todo, func(int) any { return exportOptions{b.Recipe.Export, weights} }); err != nil {
			return err
		}
		if b.DryRun {
			return ErrOwnWork
		}
		if _, ok, err := shard.ReadDone(b.dir(s.name), b.Recipe.Shards, s.fingerprint); err != nil {
			return err
		} else if !ok {
			if err := s.writeCard(); err != nil {
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

// outcome is what became of one negative: a row of the report's tables.
type outcome struct {
	NegativeID string   `json:"negative_id"`
	Language   string   `json:"language"`
	Type       string   `json:"type"`
	Generator  string   `json:"generator"`
	Invented   bool     `json:"invented"`
	Status     string   `json:"status"`
	Judges     int64    `json:"judges"`
	Fooled     int64    `json:"fooled"`
	Weighted   *float64 `json:"weighted"` // fool rate with the judges' weights
	Margin     *float64 `json:"margin"`
	Shorter    bool     `json:"shorter"` // the baseline judge that knows length alone is fooled
	Selected   bool     `json:"selected"`
}

// sample is a selected pair as the report shows it.
type sample struct {
	Context  schemas.Context  `json:"context"`
	Negative schemas.Negative `json:"negative"`
	Status   string           `json:"status"`
	Rule     string           `json:"rule"`
	Evidence string           `json:"evidence"`
	Selected schemas.Selected `json:"selected"`
}

// exportParts is what a shard leaves for the card and the report, beside its rows.
type exportParts struct {
	Attribution []schemas.Context `json:"attribution"` // repo, commit, path, licence; one a context
	Samples     []sample          `json:"samples"`
	Costs       []costCell        `json:"costs"`
	ControlsUSD float64           `json:"controls_usd"`
}

// samplesPerCell bounds the pairs that a shard offers to the report, by language and
// type.
const samplesPerCell = 2

func exportShard(ctx context.Context, t shardTask) (schemas.Done, error) {
	d := schemas.Done{Counts: map[string]int64{}, Rejects: map[string]int64{}}
	var o exportOptions
	if err := t.options(&o); err != nil {
		return d, err
	}
	var rows []schemas.Row
	var parts exportParts
	var outcomes []outcome
	costs := newCosts()
	var internal rejectList
	bugs := t.bugs(internal.add)
	selection := newCursor(shard.Read[schemas.Selected](t.path(schemas.StageCurate, "selection")), func(s schemas.Selected) string { return s.ContextID })
	defer selection.stop()
	err := joinShard(t, func(c *schemas.Context, negatives []judgedNegative) error {
		selected, err := selection.of(c.ID)
		if err != nil {
			return err
		}
		chosen := map[string]*schemas.Selected{}
		for i := range selected {
			chosen[orEmpty(selected[i].NegativeID)] = &selected[i]
		}
		if s := chosen[""]; s != nil {
			r, ok, err := contained(bugs, siteRow, ofContext(c),
				func() []rowInput { return []rowInput{newRowInput(c, nil, s, nil)} },
				func() (schemas.Row, error) { return row(c, nil, s), nil })
			if err != nil {
				return err
			}
			if ok {
				rows = append(rows, r)
			}
		}
		for i := range negatives {
			n := &negatives[i]
			s := chosen[n.ID]
			r, ok, err := contained(bugs, siteRow, ofNegative(c, &n.Negative),
				func() []rowInput { return []rowInput{newRowInput(c, n, s, o.Weights)} },
				func() (r schemas.Row, err error) {
					x := outcomeOf(c, n, s != nil, o.Weights)
					if s != nil {
						r = row(c, n, s)
					}
					outcomes = append(outcomes, x)
					return r, nil
				})
			if err != nil {
				return err
			}
			if s == nil || !ok {
				continue
			}
			rows = append(rows, r)
			parts.Samples = append(parts.Samples, sample{*c, n.Negative, n.status, n.rule, n.evidence, *s})
		}
		if len(selected) > 0 {
			parts.Attribution = append(parts.Attribution, schemas.Context{Repo: c.Repo, Commit: c.Commit, Path: c.Path, License: c.License})
		}
		parts.Samples = lowestSamples(parts.Samples)
		costs.see(c, negatives)
		return nil
	})
	if err != nil {
		return d, err
	}
	if parts.Costs, err = costs.paid(ctx, t); err != nil {
		return d, err
	}
	if parts.ControlsUSD, err = controlsUSD(t); err != nil {
		return d, err
	}
	slices.SortFunc(rows, func(a, b schemas.Row) int { return cmp.Compare(a.ID, b.ID) })
	for i := range rows {
		d.Counts["rows_"+rows[i].Split]++
	}
	if err := writeRows(t, o, rows, bugs, &d); err != nil {
		return d, err
	}
	if err := writeExportParts(t, parts, outcomes, &d); err != nil {
		return d, err
	}
	return d, internal.write(t.path(t.Stage, "rejects"), &d)
}

// row is one line of the export.
func row(c *schemas.Context, n *judgedNegative, s *schemas.Selected) schemas.Row {
	r := schemas.Row{
		ID: c.ID, ContextID: c.ID, Language: c.Language, Kind: c.Kind, Repo: c.Repo, Commit: c.Commit, Path: c.Path, License: c.License,
		Prefix: c.Prefix, Suffix: c.Suffix, Chosen: c.Golden, Split: s.Split, Origin: c.Origin,
	}
	if n != nil {
		r.ID, r.Type, r.Rejected, r.Generator = n.ID, &n.Type, &n.Text, &n.Generator
		r.Certificate, r.FoolRate, r.Margin, r.Judges = s.Status, s.FoolRate, s.Margin, s.Judges
	}
	return trainers.Normalize(r)
}

func outcomeOf(c *schemas.Context, n *judgedNegative, selected bool, weights map[string]float64) outcome {
	s := judge.Summarize(n.verdicts, weights)
	return outcome{
		NegativeID: n.ID, Language: c.Language, Type: n.Type, Generator: n.Generator, Invented: n.Invented, Status: n.status,
		Judges: s.Judges, Fooled: s.Fooled, Weighted: s.Weighted, Margin: s.Margin, Shorter: judge.ShorterWins(c.Golden, n.Text), Selected: selected,
	}
}

// lowestSamples keeps, of each language and type, the pairs with the lowest ids.
func lowestSamples(samples []sample) []sample {
	slices.SortFunc(samples, func(a, b sample) int {
		return cmp.Or(cmp.Compare(a.Context.Language, b.Context.Language), cmp.Compare(a.Negative.Type, b.Negative.Type), cmp.Compare(a.Negative.ID, b.Negative.ID))
	})
	cell := func(s sample) [2]string { return [2]string{s.Context.Language, s.Negative.Type} }
	out := samples[:0]
	for _, s := range samples {
		if k := len(out) - samplesPerCell; k >= 0 && cell(out[k]) == cell(s) {
			continue
		}
		out = append(out, s)
	}
	return out
}
