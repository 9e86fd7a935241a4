package judge

import (
	"cmp"
	"math"
	"slices"

	"decoy/schemas"
)

// Summary is what the verdicts on one negative say together. Rate is nil where no
// verdict is valid; Margin is the mean of the valid verdicts' margins, nil where
// there is none. Margins of different judges have different scales (an n-gram's
// nats, an LLM's stated odds): the mean ranks, it does not measure.
type Summary struct {
	Judges int64 // valid verdicts
	Fooled int64
	Rate   *float64
	Margin *float64
}

// Summarize summarises the verdicts on one negative, in any order.
func Summarize(verdicts []schemas.Verdict) Summary {
	vs := slices.Clone(verdicts)
	slices.SortFunc(vs, func(a, b schemas.Verdict) int {
		return cmp.Or(cmp.Compare(a.Judge, b.Judge), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.Order, b.Order))
	})
	var s Summary
	var sum, n float64
	for _, v := range vs {
		if v.Answer != schemas.AnswerFooled && v.Answer != schemas.AnswerCaught {
			continue
		}
		s.Judges++
		if v.Answer == schemas.AnswerFooled {
			s.Fooled++
		}
		if v.Margin != nil {
			sum += *v.Margin
			n++
		}
	}
	if s.Judges > 0 {
		r := float64(s.Fooled) / float64(s.Judges)
		s.Rate = &r
	}
	if n > 0 {
		m := round(sum / n)
		s.Margin = &m
	}
	return s
}

// Wilson is the 95 % Wilson score interval of k successes in n (Wilson 1927). With
// n = 0 it is [0, 1]: nothing is known.
func Wilson(k, n float64) (low, high float64) {
	if n <= 0 {
		return 0, 1
	}
	const z = 1.959963984540054
	const z2 = z * z
	p := k / n
	centre := p + z2/(2*n)
	half := float64(z * math.Sqrt(float64(p*(1-p)/n)+z2/(4*n*n)))
	return max(0, (centre-half)/(1+z2/n)), min(1, (centre+half)/(1+z2/n))
}

// Cell is one cell of the hardness tables.
type Cell struct {
	Generator string `json:"generator"`
	Type      string `json:"type"`
	Language  string `json:"language"`
}

// CellRate is the hardness of a cell. Rate is fooled over valid verdicts. The
// interval's n is the number of negatives with a valid verdict, not of verdicts:
// judges agree with each other, so verdicts on one negative are one observation,
// not several.
type CellRate struct {
	Cell
	Negatives int64    `json:"negatives"`
	Judged    int64    `json:"judged"` // negatives with a valid verdict
	Verdicts  int64    `json:"verdicts"`
	Fooled    int64    `json:"fooled"`
	Rate      *float64 `json:"rate"`
	Low       float64  `json:"low"`
	High      float64  `json:"high"`
}

// Cells aggregates summaries by cell. The zero value is empty; the order of Add
// does not matter.
type Cells struct{ m map[Cell]*CellRate }

// Add adds one negative of a cell.
func (c *Cells) Add(cell Cell, s Summary) {
	if c.m == nil {
		c.m = map[Cell]*CellRate{}
	}
	r := c.m[cell]
	if r == nil {
		r = &CellRate{Cell: cell}
		c.m[cell] = r
	}
	r.Negatives++
	r.Verdicts += s.Judges
	r.Fooled += s.Fooled
	if s.Judges > 0 {
		r.Judged++
	}
}

// Rates lists the cells by generator, type and language.
func (c *Cells) Rates() []CellRate {
	out := make([]CellRate, 0, len(c.m))
	for _, r := range c.m {
		x := *r
		x.Low, x.High = 0, 1
		if r.Verdicts > 0 {
			rate := float64(r.Fooled) / float64(r.Verdicts)
			x.Rate = &rate
			low, high := Wilson(float64(rate*float64(r.Judged)), float64(r.Judged))
			x.Low, x.High = round(low), round(high)
		}
		out = append(out, x)
	}
	slices.SortFunc(out, func(a, b CellRate) int {
		return cmp.Or(cmp.Compare(a.Generator, b.Generator), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Language, b.Language))
	})
	return out
}

// ControlRate is a judge's share of accepted golden controls.
type ControlRate struct {
	Judge    string  `json:"judge"`
	Valid    int64   `json:"valid"`
	Accepted int64   `json:"accepted"`
	Low      float64 `json:"low"`
	High     float64 `json:"high"`
}

// ControlRates counts the golden controls among verdicts, by judge.
func ControlRates(verdicts []schemas.Verdict) []ControlRate {
	m := map[string]*ControlRate{}
	for _, v := range verdicts {
		if v.NegativeID != nil || v.Answer != schemas.AnswerAccepted && v.Answer != schemas.AnswerRejected {
			continue
		}
		if m[v.Judge] == nil {
			m[v.Judge] = &ControlRate{Judge: v.Judge}
		}
		m[v.Judge].Valid++
		if v.Answer == schemas.AnswerAccepted {
			m[v.Judge].Accepted++
		}
	}
	out := make([]ControlRate, 0, len(m))
	for _, r := range m {
		low, high := Wilson(float64(r.Accepted), float64(r.Valid))
		r.Low, r.High = round(low), round(high)
		out = append(out, *r)
	}
	slices.SortFunc(out, func(a, b ControlRate) int { return cmp.Compare(a.Judge, b.Judge) })
	return out
}
