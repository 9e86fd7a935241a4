package report

import (
	"cmp"
	"fmt"
	"html/template"
	"slices"

	"decoy/schemas"
	"decoy/transforms/curate"
)

const (
	// wantCell is how many valid negatives a cell needs before its rates mean
	// anything.
	wantCell = 20
	// probeGoal is the accuracy that the outline probe should not pass.
	probeGoal = 0.6
)

// view is what the template reads: the data and all that is derived from it.
type view struct {
	Data
	Style          template.CSS
	Checks         []check
	ValidGrid      grid
	SelectedGrid   grid
	Bars           []bar
	Losses         []losses
	StatusTables   []statusTable
	RateGrids      []rateGrid
	JudgeRows      []rateRow
	JudgeTypes     []schemas.Type
	MarginTables   []marginTable
	ControlRows    []rateRow
	KindRows       []shareRow
	LicenseRows    []shareRow
	SplitTotal     Split
	ProbeGoal      float64
	ShownPairs     []shownPair
	StageRows      []stageRow
	HasStageMemory bool
	CostTables     []costTable
	CostTotal      Cost
	Contents       []anchor
}

// check is one line of the summary. State is "good", "bad" or "note".
type check struct {
	State string
	Text  string
}

// anchor is one entry of the table of contents.
type anchor struct{ ID, Title string }

type shareRow struct {
	Name  string
	N     int64
	Share float64
}

type stageRow struct {
	Stage
	Share float64
}

type shownPair struct {
	Pair
	Lines []line
	Added int // characters by which the negative is longer
}

func newView(d Data) view {
	v := view{
		Data: d, ValidGrid: newGrid(d.Valid, d.Off), SelectedGrid: newGrid(d.Selected, d.Off),
		StatusTables: newStatusTables(d.Statuses), RateGrids: newRateGrids(d.FoolRates),
		JudgeTypes: schemas.Types, JudgeRows: judgeRows(d.Judges), MarginTables: newMarginTables(d.Margins),
		KindRows: shareRows(d.Kinds), LicenseRows: shareRows(d.Licenses), ProbeGoal: probeGoal,
		Contents: []anchor{
			{"cells", "Cells"}, {"funnel", "Funnel and losses"}, {"wrong", "Wrongness"}, {"hard", "Hardness"},
			{"bias", "Bias and shift"}, {"composition", "Composition"}, {"costs", "Costs"}, {"pairs", "Pairs"},
			{"run", "Run and recipe"},
		},
	}
	v.Bars, v.Losses = newFunnel(d.Funnel)
	v.CostTables, v.CostTotal = newCostTables(d.Costs)
	for _, c := range d.Controls {
		v.ControlRows = append(v.ControlRows, rateRow{Name: c.Judge, Total: newRate(c.Accepted, c.Valid, c.Valid)})
	}
	v.SplitTotal = Split{Name: "all"}
	for _, s := range d.Splits {
		v.SplitTotal.Groups += s.Groups
		v.SplitTotal.Repositories += s.Repositories
		v.SplitTotal.Pairs += s.Pairs
		v.SplitTotal.General += s.General
	}
	for _, p := range d.Pairs {
		v.ShownPairs = append(v.ShownPairs, shownPair{p, diffLines(p), len([]rune(p.Negative)) - len([]rune(p.Golden))})
	}
	total := 0.0
	for _, s := range d.Run.Stages {
		total += s.Seconds
		v.HasStageMemory = v.HasStageMemory || s.PeakRSSMiB > 0
	}
	for _, s := range d.Run.Stages {
		r := stageRow{Stage: s}
		if total > 0 {
			r.Share = s.Seconds / total
		}
		v.StageRows = append(v.StageRows, r)
	}
	v.Checks = v.check()
	return v
}

// check answers what a reader would look for first.
func (v *view) check() []check {
	var out []check
	add := func(ok bool, format string, a ...any) {
		state := "bad"
		if ok {
			state = "good"
		}
		out = append(out, check{state, fmt.Sprintf(format, a...)})
	}
	cells := len(schemas.Languages) * len(schemas.Types)
	full := v.ValidGrid.atLeast(wantCell)
	add(full == cells, "%d of %d cells have at least %d valid negatives", full, cells, wantCell)
	add(v.SelectedGrid.Zero == 0, "%d of the %d cells that are on are empty in the selection", v.SelectedGrid.Zero,
		v.SelectedGrid.On)
	var lost int64
	balanced := true
	for _, l := range v.Losses {
		lost += max(0, l.Mismatch)
		balanced = balanced && l.Mismatch == 0
	}
	switch {
	case balanced:
		add(true, "every loss has a recorded reason")
	case lost > 0:
		add(false, "%s records were lost without a recorded reason", Number(lost))
	default:
		add(false, "more reasons than losses were recorded")
	}
	for _, c := range v.Controls {
		add(c.Low > 0.5, "judge %s accepts %s of %s golden controls (%s would be chance)", c.Judge,
			Percent(share(c.Accepted, c.Valid)), Number(c.Valid), Percent(c.Chance))
	}
	if v.Probe.Pairs > 0 {
		add(v.Probe.Accuracy <= probeGoal, "the outline alone tells chosen from rejected in %s of pairs "+
			"(chance 50%s%%, goal at most %s)", Percent(v.Probe.Accuracy), nbsp, Percent(probeGoal))
	}
	for _, note := range v.Red {
		add(false, "%s", note)
	}
	if len(v.Decontaminated) == 0 {
		out = append(out, check{"note", "NOT decontaminated"})
	}
	return out
}

// IsRed tells the notes that must not be overlooked.
func (d Data) IsRed(note string) bool { return slices.Contains(d.Red, note) }

// judgeRows pivots the judges' rates by type, the baseline last.
func judgeRows(rates []JudgeRate) []rateRow {
	var names []string
	for _, r := range rates {
		names = append(names, r.Judge)
	}
	names = distinct(names)
	if i := slices.Index(names, ShorterWins); i >= 0 {
		names = append(slices.Delete(names, i, i+1), ShorterWins)
	}
	sum := func(name string, typ schemas.Type) *rate {
		var f, n int64
		for _, r := range rates {
			if r.Judge == name && (typ == "" || r.Type == typ) {
				f, n = f+r.Fooled, n+r.N
			}
		}
		return newRate(f, n, n)
	}
	var out []rateRow
	for _, name := range names {
		row := rateRow{Name: name, Total: sum(name, "")}
		for _, t := range schemas.Types {
			row.Cells = append(row.Cells, sum(name, t))
		}
		out = append(out, row)
	}
	return out
}

// shareRows adds shares, the largest first.
func shareRows(counts []Count) []shareRow {
	var sum int64
	for _, c := range counts {
		sum += c.N
	}
	var out []shareRow
	for _, c := range counts {
		out = append(out, shareRow{c.Name, c.N, share(c.N, sum)})
	}
	slices.SortStableFunc(out, func(a, b shareRow) int {
		return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Name, b.Name))
	})
	return out
}

// shownQuantiles are the quantiles of a margin's box: whiskers, box, median.
var shownQuantiles = [5]float64{0.05, 0.25, 0.5, 0.75, 0.95}

// marginTable is one judge's margins by type, on one scale with zero in it.
type marginTable struct {
	Judge string
	Low   float64
	High  float64
	Zero  float64 // where zero stands on the scale, as a share
	Rows  []marginRow
}

type marginRow struct {
	Type   schemas.Type
	N      int64
	Values [5]float64
	At     [5]float64 // the same as shares of the scale
}

func newMarginTables(margins []Margin) []marginTable {
	var names []string
	for _, m := range margins {
		names = append(names, m.Judge)
	}
	var out []marginTable
	for _, name := range distinct(names) {
		t := marginTable{Judge: name}
		for _, typ := range schemas.Types {
			for _, m := range margins {
				if m.Judge != name || m.Type != typ || len(m.Quantiles) == 0 {
					continue
				}
				r := marginRow{Type: typ, N: m.N}
				for i, q := range shownQuantiles {
					r.Values[i] = quantile(m.Quantiles, q)
				}
				t.Low, t.High = min(t.Low, r.Values[0]), max(t.High, r.Values[4])
				t.Rows = append(t.Rows, r)
			}
		}
		place := func(v float64) float64 {
			if t.High == t.Low {
				return 0.5
			}
			return (v - t.Low) / (t.High - t.Low)
		}
		t.Zero = place(0)
		for i := range t.Rows {
			for k, v := range t.Rows[i].Values {
				t.Rows[i].At[k] = place(v)
			}
		}
		out = append(out, t)
	}
	return out
}

// quantile is the listed quantile nearest to q.
func quantile(qs []curate.Quantile, q float64) float64 {
	best := qs[0]
	for _, x := range qs[1:] {
		if max(x.Q-q, q-x.Q) < max(best.Q-q, q-best.Q) {
			best = x
		}
	}
	return best.Value
}

// shownQuantile writes one quantile: a dash where there is none.
func shownQuantile(qs []curate.Quantile, q float64) string {
	if len(qs) == 0 {
		return "–"
	}
	return fmt.Sprintf("%.4g", quantile(qs, q))
}
