package export

import (
	"cmp"
	"slices"
	"strings"

	"decoy/pipelines/judging"
	"decoy/schemas"
	"decoy/transforms/curate"
	"decoy/transforms/judge"
	"decoy/transforms/panel"
	"decoy/transforms/report"
)

// tally is what all verdicts add up to.
func (sum *Summary) tally() *judge.Tally { return &sum.rounds[len(sum.rounds)-1].Tally }

// judgePrompt is the version of the prompt that a judge was asked with, "" without one.
func (sum *Summary) judgePrompt(m panel.Member) string {
	if !m.Paid() {
		return ""
	}
	return judging.Protocols[sum.recipe.Judge.Protocol].Version
}

// worth is one judge's verdicts on negatives of all types.
func (sum *Summary) worth(name string) report.JudgeWorth {
	w := report.JudgeWorth{Judge: name}
	for _, c := range sum.tally().Judges {
		if c.Judge != name || c.Type == "" {
			continue
		}
		w.Protocol = c.Protocol
		w.Valid += c.Valid()
		w.Invalid += c.Invalid
		w.First += c.First
		w.Second += c.Second
	}
	return w
}

// judges sets each judge beside the baseline that knows length alone. The margins are
// the panel's, taken together.
func (sum *Summary) judges() (rates []report.JudgeRate, margins []report.Margin) {
	for _, c := range sum.tally().Judges {
		if c.Type != "" {
			rates = append(rates, report.JudgeRate{Judge: c.Judge, Type: c.Type, N: c.Valid(), Fooled: c.Fooled})
		}
	}
	var names []string
	for _, m := range sum.recipe.Judge.Panel {
		names = append(names, m.Name)
	}
	panel := strings.Join(names, " + ")
	byType := by(sum.outcomes, func(o OutcomeSum) schemas.Type { return o.Type })
	for _, typ := range schemas.Types {
		o := byType[typ]
		rates = append(rates, report.JudgeRate{Judge: report.ShorterWins, Type: typ, N: o.N, Fooled: o.Shorter})
		values := o.margins()
		margins = append(margins, report.Margin{Judge: panel, Type: typ, N: int64(len(values)),
			Quantiles: curate.Quantiles(values)})
	}
	return rates, margins
}

// hardFor is how hard the negatives are for each judge that gave verdicts.
func (sum *Summary) hardFor() (out []report.HardFor) {
	for _, m := range sum.recipe.Judge.Panel {
		rates := sum.hard.Rates(m.Name)
		if len(rates) == 0 {
			continue
		}
		h := report.HardFor{Judge: m.Name, Model: m.Model, Size: m.Size, Counts: !m.Paid(), Rates: rates}
		h.GoldenOnly, h.ShorterWins = sum.hard.Without(m.Name)
		out = append(out, h)
	}
	return out
}

// judging is what the report shows of judges and rounds.
func (sum *Summary) judging() report.Judging {
	t := sum.tally()
	weights := judge.Weights(t.Controls(), sum.recipe.Judge.MinGoldenAcceptance)
	var out report.Judging
	for _, m := range sum.recipe.Judge.Panel {
		w := sum.worth(m.Name)
		w.Weight = 1
		if x, ok := weights[m.Name]; ok {
			w.Weight = x
		}
		out.Judges = append(out.Judges, w)
	}
	if len(out.Judges) > 1 {
		all := t.Fleiss()
		out.Kappas, out.Fleiss = t.Cohen(), &all
	}
	out.Weighted = sum.weighted()
	for _, r := range sum.rounds {
		x := report.Round{Round: r.Round, Share: r.Share, Cells: len(r.Tally.Cells), Stopped: len(r.Stopped)}
		for _, c := range r.Tally.Cells {
			x.Negatives += c.Negatives
			x.Judged += c.Judged
			x.Verdicts += c.Verdicts
		}
		out.Rounds = append(out.Rounds, x)
	}
	return out
}

// weighted sets raw fool rates beside those that rank.
func (sum *Summary) weighted() []report.WeightedRate {
	type key struct {
		generator string
		typ       schemas.Type
	}
	var out []report.WeightedRate
	for k, o := range by(sum.outcomes, func(o OutcomeSum) key { return key{o.Generator, o.Type} }) {
		r := report.WeightedRate{Generator: k.generator, Type: k.typ, N: o.Weighed}
		if o.Weighed > 0 {
			raw, weighted := float64(o.Fooled)/float64(o.Judges), float64(o.Weighted)/nano/float64(o.Weighed)
			r.Raw, r.Weighted = &raw, &weighted
		}
		out = append(out, r)
	}
	slices.SortFunc(out, func(a, b report.WeightedRate) int {
		return cmp.Or(cmp.Compare(a.Generator, b.Generator), cmp.Compare(a.Type, b.Type))
	})
	return out
}
