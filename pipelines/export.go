package pipelines

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"

	"decoy/io/columnar"
	"decoy/io/shard"
	"decoy/io/tfrecord"
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
			r, ok, err := contained(bugs, siteRow, ofContext(c), func() []rowInput { return []rowInput{newRowInput(c, nil, s, nil)} },
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
			r, ok, err := contained(bugs, siteRow, ofNegative(c, &n.Negative), func() []rowInput { return []rowInput{newRowInput(c, n, s, o.Weights)} },
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

// writeRows writes a shard's rows in every format, and the trainers' folders. A
// split without rows in this shard has no file.
func writeRows(t shardTask, o exportOptions, rows []schemas.Row, b *bugs, d *schemas.Done) error {
	for _, split := range schemas.Splits {
		var part []schemas.Row
		for _, r := range rows {
			if r.Split == split {
				part = append(part, r)
			}
		}
		if len(part) == 0 {
			continue
		}
		for _, f := range o.Recipe.Formats {
			if err := formats[f](t, split, part, d); err != nil {
				return fmt.Errorf("write %s of %s: %w", f, split, err)
			}
		}
		for _, name := range o.Recipe.Models {
			if err := writeTrainers(t, name, split, part, b, d); err != nil {
				return err
			}
		}
	}
	return nil
}

var formats = map[string]func(t shardTask, split string, rows []schemas.Row, d *schemas.Done) error{
	"jsonl": func(t shardTask, split string, rows []schemas.Row, d *schemas.Done) error {
		f, err := writeAll(t.path(t.Stage, split), rows)
		d.Files = append(d.Files, f)
		return err
	},
	"tfrecord": func(t shardTask, split string, rows []schemas.Row, d *schemas.Done) error {
		raw, err := shard.CreateRaw(shard.Join(t.Out, t.Stage, schemas.ShardName(split, t.Shard, t.Of, "tfrecord.gz")))
		if err != nil {
			return err
		}
		defer raw.Abort()
		w := tfrecord.NewWriter[schemas.Row](raw)
		for _, r := range rows {
			if err := w.Write(r); err != nil {
				return err
			}
		}
		if err := w.Close(); err != nil {
			return err
		}
		f, err := raw.Commit(int64(len(rows)))
		d.Files = append(d.Files, f)
		return err
	},
	"parquet": func(t shardTask, split string, rows []schemas.Row, d *schemas.Done) error {
		return writeParquet(t, "", split, rows, d)
	},
}

// writeParquet writes one Parquet file below a folder of the export.
func writeParquet[T any](t shardTask, folder, split string, rows []T, d *schemas.Done) error {
	name := folder + schemas.ShardName(split, t.Shard, t.Of, "parquet")
	raw, err := shard.CreateRaw(shard.Join(t.Out, t.Stage, name))
	if err != nil {
		return err
	}
	defer raw.Abort()
	w, err := columnar.NewWriter[T](raw)
	if err != nil {
		return err
	}
	for _, r := range rows {
		if err := w.Write(r); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	f, err := raw.Commit(int64(len(rows)))
	f.Name = name
	d.Files = append(d.Files, f)
	return err
}

// writeTrainers writes the supervised and the preference rows of a split.
func writeTrainers(t shardTask, model, split string, rows []schemas.Row, b *bugs, d *schemas.Done) error {
	var sft []trainers.SFTRow
	var pairs []trainers.PairRow
	for _, group := range trainers.Contexts(rows) {
		r, ok, err := contained(b, siteTrainerRows, record{id: group[0].ContextID, language: group[0].Language, generator: model},
			func() []trainerInput { return []trainerInput{{model, group}} },
			func() (trainerRows, error) { return trainerRowsOf(model, group) })
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		sft = append(sft, r.sft)
		if r.pair != nil {
			pairs = append(pairs, *r.pair)
		}
	}
	d.Counts["sft_"+split] += int64(len(sft))
	d.Counts["pairs_"+split] += int64(len(pairs))
	for _, trainer := range []string{trainers.TRL, trainers.LLaMAFactory} {
		if trainer == trainers.LLaMAFactory && split != schemas.SplitTrain {
			continue // it reads every file of a folder
		}
		if err := writeParquet(t, trainers.Folder(trainer, trainers.SetSFT)+"/", split, sft, d); err != nil {
			return err
		}
		if len(pairs) == 0 {
			continue
		}
		if err := writeParquet(t, trainers.Folder(trainer, trainers.SetPairs)+"/", split, pairs, d); err != nil {
			return err
		}
	}
	return nil
}

// trainerRows are a context's rows for one model: a supervised one, and its best pair.
type trainerRows struct {
	sft  trainers.SFTRow
	pair *trainers.PairRow
}

func trainerRowsOf(model string, group []schemas.Row) (out trainerRows, err error) {
	m, err := trainers.ByName(model)
	if err != nil {
		return out, err
	}
	if out.sft, err = trainers.SFT(group[0], m); err != nil {
		return out, err
	}
	if best, ok := trainers.Pick(group); ok {
		p, err := trainers.Pair(best, m)
		if err != nil {
			return out, err
		}
		out.pair = &p
	}
	return out, nil
}

func partsPath(t shardTask) string {
	return shard.Join(t.Out, t.Stage, partsFolder+schemas.ShardName("card", t.Shard, t.Of, "json"))
}

func writeExportParts(t shardTask, parts exportParts, outcomes []outcome, d *schemas.Done) error {
	raw, err := json.Marshal(parts)
	if err != nil {
		return err
	}
	f, err := shard.WriteFile(partsPath(t), raw)
	if err != nil {
		return err
	}
	f.Name = partsFolder + f.Name
	d.Files = append(d.Files, f)
	slices.SortFunc(outcomes, func(a, b outcome) int { return cmp.Compare(a.NegativeID, b.NegativeID) })
	if f, err = writeAll(t.path(t.Stage, partsFolder+"outcomes"), outcomes); err != nil {
		return err
	}
	f.Name = partsFolder + f.Name
	d.Files = append(d.Files, f)
	return nil
}
