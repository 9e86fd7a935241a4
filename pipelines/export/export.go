package export

import (
	"cmp"
	"context"
	"iter"
	"slices"
	"unicode/utf8"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/bug"
	"decoy/pipelines/join"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/card"
	"decoy/transforms/judge"
	"decoy/transforms/trainers"
)

// Work writes the rows of a shard.
//
//	Refs of extract, generate, verify, judge's rounds and curate → Ref: rows, trainers' folders, parts
type Work struct {
	Out    string        `json:"out"`
	Recipe recipe.Export `json:"recipe"`
	// Control says that curate drew a random arm, whose rows go below control/.
	Control bool `json:"control"`
	// Accept are the statuses of negatives that pairs are made of.
	Accept []schemas.Status `json:"accept"`
	// MinGoldenAcceptance decides what the judges weigh.
	MinGoldenAcceptance float64 `json:"min_golden_acceptance"`
}

// Outcome is what became of one negative.
type Outcome struct {
	Language  schemas.Language
	Type      schemas.Type
	Generator string
	Invented  bool
	Status    schemas.Status
	Judges    int64
	Fooled    int64
	Weighted  *float64 // fool rate with the judges' weights
	Margin    *float64 // nats
	Shorter   bool     // the baseline judge that knows length alone is fooled
	Selected  bool
}

// Sample is a selected pair as the report shows it.
type Sample struct {
	Context  schemas.Context  `json:"context"`
	Negative schemas.Negative `json:"negative"`
	Status   schemas.Status   `json:"status"`
	Rule     string           `json:"rule"`
	Evidence string           `json:"evidence"`
	Selected schemas.Selected `json:"selected"`
}

// exportParts is what a shard leaves for the card and the report, beside its rows.
type exportParts struct {
	Attribution  []card.AttributionRow `json:"attribution"` // a row a file
	Samples      []Sample              `json:"samples"`
	Outcomes     []OutcomeSum          `json:"outcomes"`
	Costs        []costCell            `json:"costs"`
	ControlsNano int64                 `json:"controls_nano_usd"`
	Hardness     judge.Hardness        `json:"hardness"`
}

// SamplesPerCell bounds the pairs that a shard offers to the report, by language and
// type.
const SamplesPerCell = 2

func init() { flow.Register[Work]() }

// Do writes the rows of one shard.
func (o Work) Do(ctx context.Context, ft flow.Task) (schemas.Done, error) {
	t := work.For(o.Out, ft)
	d := schemas.Done{Counts: map[string]int64{}, Rejects: map[schemas.Reason]int64{}}
	weights, err := join.Weights(ctx, o.Out, o.MinGoldenAcceptance)
	if err != nil {
		return d, err
	}
	var rows, control []schemas.Row
	goldens := map[string]schemas.Row{} // by context, of pairs whose chosen side is none
	var parts exportParts
	sums, hardness := outcomes{}, judge.NewHardnessCounter()
	files := map[card.AttributionRow]int64{}
	costs := newCosts()
	var internal work.Rejects
	bugs := t.Bugs(internal.Add)
	selection := shard.NewCursor(shard.Read[schemas.Selected](ctx, t.Path(schemas.StageCurate, "selection")),
		func(s schemas.Selected) string { return s.ContextID })
	defer selection.Stop()
	drawn := shard.NewCursor(o.control(ctx, t), func(s schemas.Selected) string { return s.ContextID })
	defer drawn.Stop()
	err = join.Shard(ctx, t, func(c *schemas.Context, negatives []join.Judged) error {
		selected, err := selection.Of(c.ID)
		if err != nil {
			return err
		}
		chosen := map[string]*schemas.Selected{}
		for i := range selected {
			chosen[schemas.OrEmpty(selected[i].NegativeID)] = &selected[i]
		}
		random, err := drawn.Of(c.ID)
		if err != nil {
			return err
		}
		arm := map[string]*schemas.Selected{}
		for i := range random {
			arm[schemas.OrEmpty(random[i].NegativeID)] = &random[i]
		}
		if s := chosen[""]; s != nil {
			r, ok, err := bug.Contain(ctx, bugs, siteRow, bug.OfContext(c),
				func() []join.Row { return []join.Row{join.NewRow(c, nil, s, nil)} },
				func() (schemas.Row, error) { return row(c, nil, s, false), nil })
			if err != nil {
				return err
			}
			if ok {
				rows = append(rows, r)
				if o.Control {
					control = append(control, r)
				}
			}
		}
		var traits []judge.Trait // of the context, made where they are needed
		for i := range negatives {
			n := &negatives[i]
			s := chosen[n.ID]
			of := cmp.Or(s, arm[n.ID]) // the line of either says the same
			r, ok, err := bug.Contain(ctx, bugs, siteRow, bug.OfNegative(c, &n.Negative),
				func() []join.Row { return []join.Row{join.NewRow(c, n, of, weights)} },
				func() (r schemas.Row, err error) {
					x := outcomeOf(c, n, s != nil, weights)
					if of != nil {
						r = row(c, n, of, o.Recipe.PairsWithGoldens())
					}
					sums.count(x)
					if of != nil && n.Free() {
						goldens[c.ID] = row(c, nil, of, false)
					}
					if !slices.Contains(o.Accept, n.Status) {
						hardness.CountLeft(c.Repo, n.Status, n.Verdicts)
						return r, nil
					}
					if traits == nil {
						traits = judge.ContextTraits(c)
					}
					longer := utf8.RuneCountInString(n.Text) - utf8.RuneCountInString(c.Golden)
					hardness.Count(c.Repo, judge.TraitsOf(c, traits, &n.Negative, n.Status), longer, n.Verdicts)
					return r, nil
				})
			if err != nil {
				return err
			}
			if ok && arm[n.ID] != nil {
				control = append(control, r)
			}
			if s == nil || !ok {
				continue
			}
			rows = append(rows, r)
			parts.Samples = append(parts.Samples, Sample{*c, n.Negative, n.Status, n.Rule, n.Evidence, *s})
		}
		if len(selected)+len(random) > 0 {
			files[card.AttributionRow{Repo: c.Repo, Commit: c.Commit, Path: c.Path, License: c.License}]++
		}
		parts.Samples = LowestSamples(parts.Samples)
		costs.see(c, negatives)
		return nil
	})
	if err != nil {
		return d, err
	}
	if parts.Costs, err = costs.paid(ctx, t); err != nil {
		return d, err
	}
	if parts.ControlsNano, err = controlsNano(ctx, t); err != nil {
		return d, err
	}
	parts.Outcomes, parts.Hardness = sums.list(), hardness.Sum()
	for f, n := range files {
		f.Contexts = n
		parts.Attribution = append(parts.Attribution, f)
	}
	slices.SortFunc(parts.Attribution, func(a, b card.AttributionRow) int {
		return cmp.Or(cmp.Compare(a.Repo, b.Repo), cmp.Compare(a.Commit, b.Commit), cmp.Compare(a.Path, b.Path),
			cmp.Compare(a.License, b.License))
	})
	slices.SortFunc(rows, compareRows)
	slices.SortFunc(control, compareRows)
	for i := range rows {
		d.Counts[work.CountRows(rows[i].Split)]++
	}
	if err := writeRows(ctx, t, o, "", rows, goldens, bugs, &d); err != nil {
		return d, err
	}
	if err := writeRows(ctx, t, o, work.ControlName+"/", control, goldens, bugs, &d); err != nil {
		return d, err
	}
	if err := writeExportParts(ctx, t, parts, &d); err != nil {
		return d, err
	}
	return d, internal.Write(ctx, t.Path(t.Stage, "rejects"), &d)
}

// control are the lines of the random arm of a shard, none where curate drew none.
func (o Work) control(ctx context.Context, t work.Task) iter.Seq2[schemas.Selected, error] {
	if !o.Control {
		return func(func(schemas.Selected, error) bool) {}
	}
	return shard.Read[schemas.Selected](ctx, t.Path(schemas.StageCurate, work.ControlName))
}

// compareRows orders rows by a hash of their ids.
func compareRows(a, b schemas.Row) int {
	return cmp.Or(cmp.Compare(schemas.Key64("row", a.ID), schemas.Key64("row", b.ID)), cmp.Compare(a.ID, b.ID))
}

// row is one line of the export. Against a sample that is no minimal pair stands its repair,
// or the golden where the recipe says so, and what both begin with is the prompt's.
func row(c *schemas.Context, n *join.Judged, s *schemas.Selected, withGoldens bool) schemas.Row {
	r := schemas.Row{
		ID: c.ID, ContextID: c.ID, Language: c.Language, Kind: c.Kind, Cut: c.Cut, CallForm: c.CallForm,
		Repo: c.Repo, Commit: c.Commit, Path: c.Path, License: c.License,
		Prefix: c.Prefix, Suffix: c.Suffix, Chosen: c.Golden, Split: s.Split, Origin: c.Origin,
	}
	if n != nil {
		r.ID, r.Type, r.Rejected, r.Generator = n.ID, &n.Type, &n.Text, &n.Generator
		r.Certificate, r.FoolRate, r.Margin, r.Judges = s.Status, s.FoolRate, s.Margin, s.Judges
		minimal := !n.Free()
		r.Minimal = &minimal
		if !minimal {
			if !withGoldens {
				r.Chosen = n.Repair
			}
			return trainers.MoveHead(trainers.Normalize(r))
		}
	}
	return trainers.Normalize(r)
}

func outcomeOf(c *schemas.Context, n *join.Judged, selected bool, weights map[string]float64) Outcome {
	s := judge.Summarize(n.Verdicts, weights)
	return Outcome{
		Language: c.Language, Type: n.Type, Generator: n.Generator, Invented: n.Invented,
		Status: n.Status,
		Judges: s.Judges, Fooled: s.Fooled, Weighted: s.Weighted, Margin: s.Margin,
		Shorter: judge.ShorterWins(c.Golden, n.Text), Selected: selected,
	}
}

// compareSamples orders pairs that are shown by a hash of their ids, or they would all be of one
// file.
func compareSamples(a, b Sample) int {
	key := func(s Sample) uint64 { return schemas.Key64("sample", s.Negative.ID) }
	return cmp.Or(cmp.Compare(key(a), key(b)), cmp.Compare(a.Negative.ID, b.Negative.ID))
}

// LowestSamples keeps, of each language and type, the first pairs by compareSamples.
func LowestSamples(samples []Sample) []Sample {
	slices.SortFunc(samples, func(a, b Sample) int {
		return cmp.Or(cmp.Compare(a.Context.Language, b.Context.Language),
			cmp.Compare(a.Negative.Type, b.Negative.Type), compareSamples(a, b))
	})
	sameCell := func(a, b Sample) bool {
		return a.Context.Language == b.Context.Language && a.Negative.Type == b.Negative.Type
	}
	out := samples[:0]
	for _, s := range samples {
		if k := len(out) - SamplesPerCell; k >= 0 && sameCell(out[k], s) {
			continue
		}
		out = append(out, s)
	}
	return out
}
