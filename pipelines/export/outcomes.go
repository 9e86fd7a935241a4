package export

import (
	"cmp"
	"maps"
	"math"
	"slices"

	"decoy/schemas"
	"decoy/transforms/curate"
	"decoy/transforms/report"
)

// Outcomes are counted in integers, so that those of shards add up to the same in any order
// and a card over millions of negatives holds some thousands of numbers.

// outcomeCell is whose outcomes are counted together.
type outcomeCell struct {
	Language  schemas.Language `json:"language"`
	Type      schemas.Type     `json:"type"`
	Generator string           `json:"generator"`
	Invented  bool             `json:"invented"`
	Status    schemas.Status   `json:"status"`
	Selected  bool             `json:"selected"`
}

// OutcomeSum counts what became of the negatives of a cell.
type OutcomeSum struct {
	outcomeCell
	N       int64 `json:"n"`
	Shorter int64 `json:"shorter"` // the baseline judge that knows length alone is fooled
	Judged  int64 `json:"judged"`  // by one judge at least
	Judges  int64 `json:"judges"`  // verdicts on them
	Fooled  int64 `json:"fooled"`  // of these
	// Fool rates of the judged, in billionths: by verdicts alone, and with the judges'
	// weights, which Weighed of them have.
	Rate     int64 `json:"fool_rate_nano"`
	Weighed  int64 `json:"weighed"`
	Weighted int64 `json:"weighted_fool_rate_nano"`
	// Margins are numbers of negatives by their margin in 64ths of a nat, rounded.
	Margins map[int64]int64 `json:"margins"`
}

// Units of the integers.
const (
	nano        = 1e9
	marginUnits = 64
)

func toNano(x float64) int64 { return int64(math.Round(x * nano)) }

// outcomes are the sums of some negatives.
type outcomes map[outcomeCell]*OutcomeSum

func (s outcomes) cell(c outcomeCell) *OutcomeSum {
	if s[c] == nil {
		s[c] = &OutcomeSum{outcomeCell: c, Margins: map[int64]int64{}}
	}
	return s[c]
}

// count takes a negative.
func (s outcomes) count(o Outcome) {
	c := s.cell(outcomeCell{o.Language, o.Type, o.Generator, o.Invented, o.Status, o.Selected})
	c.N++
	if o.Shorter {
		c.Shorter++
	}
	if o.Judges > 0 {
		c.Judged++
		c.Judges += o.Judges
		c.Fooled += o.Fooled
		c.Rate += toNano(float64(o.Fooled) / float64(o.Judges))
	}
	if o.Weighted != nil {
		c.Weighed++
		c.Weighted += toNano(*o.Weighted)
	}
	if o.Margin != nil {
		c.Margins[int64(math.Round(*o.Margin*marginUnits))]++
	}
}

// add takes the sums of others.
func (s outcomes) add(o OutcomeSum) {
	c := s.cell(o.outcomeCell)
	c.N += o.N
	c.Shorter += o.Shorter
	c.Judged += o.Judged
	c.Judges += o.Judges
	c.Fooled += o.Fooled
	c.Rate += o.Rate
	c.Weighed += o.Weighed
	c.Weighted += o.Weighted
	for margin, n := range o.Margins {
		c.Margins[margin] += n
	}
}

// list are the sums in order.
func (s outcomes) list() []OutcomeSum {
	out := []OutcomeSum{}
	for _, c := range s {
		out = append(out, *c)
	}
	flag := func(b bool) int {
		if b {
			return 1
		}
		return 0
	}
	slices.SortFunc(out, func(a, b OutcomeSum) int {
		return cmp.Or(cmp.Compare(a.Language, b.Language), cmp.Compare(a.Type, b.Type),
			cmp.Compare(a.Generator, b.Generator), cmp.Compare(a.Status, b.Status),
			flag(a.Invented)-flag(b.Invented), flag(a.Selected)-flag(b.Selected))
	})
	return out
}

// by adds up the cells that have the same key.
func by[K comparable](all []OutcomeSum, key func(OutcomeSum) K) map[K]OutcomeSum {
	sums := map[K]outcomes{}
	for _, c := range all {
		k := key(c)
		if sums[k] == nil {
			sums[k] = outcomes{}
		}
		c.outcomeCell = outcomeCell{}
		sums[k].add(c)
	}
	out := map[K]OutcomeSum{}
	for k, s := range sums {
		out[k] = *s[outcomeCell{}]
	}
	return out
}

// margins are those of the sum, one a negative, in order.
func (c OutcomeSum) margins() []float64 {
	var out []float64
	for _, m := range slices.Sorted(maps.Keys(c.Margins)) {
		for range c.Margins[m] {
			out = append(out, float64(m)/marginUnits)
		}
	}
	return out
}

// hardness sets negatives with real names beside those with invented ones.
func (sum *Summary) hardness() []report.Hardness {
	type key struct {
		generator string
		typ       schemas.Type
		invented  bool
	}
	sides := by(sum.outcomes, func(o OutcomeSum) key { return key{o.Generator, o.Type, o.Invented} })
	seen := map[key]bool{}
	var out []report.Hardness
	for k := range sides {
		k.invented = false
		of, made := sides[k], sides[key{k.generator, k.typ, true}]
		if seen[k] || of.Judged+made.Judged == 0 {
			continue
		}
		seen[k] = true
		h := report.Hardness{Generator: k.generator, Type: k.typ, Real: of.Judged, Invented: made.Judged}
		h.RealRate, h.RealMargin = rateAndMedian(of)
		h.InventedRate, h.InventedMargin = rateAndMedian(made)
		out = append(out, h)
	}
	slices.SortFunc(out, func(a, b report.Hardness) int {
		return cmp.Or(cmp.Compare(a.Generator, b.Generator), cmp.Compare(a.Type, b.Type))
	})
	return out
}

func rateAndMedian(o OutcomeSum) (rate, median *float64) {
	if o.Judged > 0 {
		r := float64(o.Rate) / nano / float64(o.Judged)
		rate = &r
	}
	for _, q := range curate.Quantiles(o.margins()) {
		if q.Q == 0.5 {
			median = &q.Value
		}
	}
	return rate, median
}
