package export

import (
	"context"
	"fmt"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/join"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/curate"
	"decoy/transforms/judge"
)

// Style asks, before anything is exported, whether style alone tells the sides of the pairs
// apart whose negative is a sample and no minimal pair. A preference loss would learn that, and
// nothing of errors: above the recipe's bound it fails, and no row is written.
//
//	Refs of all shards of extract, generate and curate → Ref without files
//
// It reads the contexts shard by shard and holds two outlines for each such pair.
type Style struct {
	Out    string        `json:"out"`
	Shards int           `json:"shards"`
	Recipe recipe.Export `json:"recipe"`
}

// StylePairs is how many pairs the probe needs before it can refuse; and the lower end of the
// 95 % Wilson interval of its accuracy must be above the bound.
const StylePairs = 50

// Counts of the style probe: its pairs, and its accuracy in units of 1e-4.
const (
	CountStylePairs    = "style_probe_pairs"
	CountStyleAccuracy = "style_probe_accuracy_e4"
)

func init() { flow.Register[Style]() }

// Do probes the selected pairs.
func (s Style) Do(ctx context.Context, _ flow.Task) (schemas.Done, error) {
	d := schemas.Done{Counts: map[string]int64{}, Rejects: map[schemas.Reason]int64{}}
	var pairs []curate.StylePair
	for i := range s.Shards {
		t := work.Task{Stage: schemas.StageExport, Out: s.Out, Shard: i, Of: s.Shards}
		of, err := stylePairs(ctx, t, s.Recipe.PairsWithGoldens())
		if err != nil {
			return d, fmt.Errorf("style probe: %w", err)
		}
		pairs = append(pairs, of...)
	}
	probe := curate.StyleProbe(pairs)
	d.Counts[CountStylePairs] = int64(probe.Pairs)
	d.Counts[CountStyleAccuracy] = int64(probe.Accuracy*1e4 + 0.5)
	return d, refuse(probe, s.Recipe)
}

// refuse is the error of a probe that tells the sides apart.
func refuse(probe curate.ProbeResult, r recipe.Export) error {
	n := float64(probe.Pairs)
	low, high := judge.Wilson(float64(probe.Accuracy*n), n)
	if probe.Pairs < StylePairs || low <= r.StyleBound() {
		return nil
	}
	by := "nothing"
	if len(probe.Signal) > 0 {
		by = probe.Signal[0].Feature
	}
	remedy := "leave such pairs out (curate.samples_share: 0) or take another model for the samples"
	if r.PairsWithGoldens() {
		remedy = "pair samples with their repairs (export.sample_pairs: repair), or " + remedy
	}
	return fmt.Errorf("style alone, most of all %s, tells chosen from rejected in %.3f [%.3f, %.3f] of the %d pairs "+
		"whose negative is a sample and no minimal pair, above export.style_probe: %v; a model would learn the style: "+
		"%s; export.style_probe: 1 exports them as they are", by, probe.Accuracy, low, high, probe.Pairs,
		r.StyleBound(), remedy)
}

// stylePairs are a shard's selected pairs whose negative is a sample and no minimal pair.
func stylePairs(ctx context.Context, t work.Task, withGoldens bool) (out []curate.StylePair, err error) {
	selection := shard.NewCursor(shard.Read[schemas.Selected](ctx, t.Path(schemas.StageCurate, "selection")),
		func(s schemas.Selected) string { return s.ContextID })
	defer selection.Stop()
	for g, err := range join.WithNegatives(ctx, t) {
		if err != nil {
			return nil, err
		}
		selected, err := selection.Of(g.Left.ID)
		if err != nil {
			return nil, err
		}
		for i := range g.Right {
			n := &g.Right[i]
			for k := range selected {
				s := &selected[k]
				if !n.Free() || schemas.OrEmpty(s.NegativeID) != n.ID {
					continue
				}
				// A row that cannot be made is an internal error of the step that writes it.
				_ = contain.Do(func() error {
					r := row(&g.Left, &join.Judged{Negative: *n}, s, withGoldens)
					out = append(out, curate.StylePair{ID: n.ID, Group: s.Group, Chosen: curate.StyleOf(r.Chosen),
						Rejected: curate.StyleOf(*r.Rejected)})
					return nil
				})
			}
		}
	}
	return out, nil
}
