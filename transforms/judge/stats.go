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
	Rate   *float64 // Fooled / Judges
	// Weighted is the fool rate in which each judge counts with its weight, Low its
	// lower Wilson bound with n = (Σw)²/Σw² verdicts (Kish 1965), which is Judges
	// where all weights are equal. Both are nil where Rate is.
	Weighted *float64
	Low      *float64
	Margin   *float64
	// GoldenScore is the mean of the golden's log-probabilities by the judges that say one, nil
	// where none does. It orders contexts of one build; it measures nothing.
	GoldenScore *float64
}

// Summarize summarises the verdicts on one negative, in any order. A judge without a
// weight has 1.
func Summarize(verdicts []schemas.Verdict, weights map[string]float64) Summary {
	vs := slices.Clone(verdicts)
	slices.SortFunc(vs, func(a, b schemas.Verdict) int {
		return cmp.Or(cmp.Compare(a.Judge, b.Judge), cmp.Compare(a.Protocol, b.Protocol))
	})
	var s Summary
	var goldens, scored float64
	var margins, n, fooled, sum, squares float64
	for _, v := range vs {
		if !valid(v) {
			continue
		}
		w, ok := weights[v.Judge]
		if !ok {
			w = 1
		}
		sum += w
		squares += float64(w * w)
		s.Judges++
		if v.Answer == schemas.AnswerFooled {
			s.Fooled++
			fooled += w
		}
		if v.Margin != nil {
			margins += *v.Margin
			n++
		}
		if v.GoldenLogProb != nil {
			goldens += *v.GoldenLogProb
			scored++
		}
	}
	if scored > 0 {
		g := round(goldens / scored)
		s.GoldenScore = &g
	}
	if s.Judges > 0 {
		r, w := float64(s.Fooled)/float64(s.Judges), fooled/sum
		effective := float64(sum*sum) / squares
		low, _ := Wilson(float64(w*effective), effective)
		w, low = round(w), round(low)
		s.Rate, s.Weighted, s.Low = &r, &w, &low
	}
	if n > 0 {
		m := round(margins / n)
		s.Margin = &m
	}
	return s
}

// valid reports whether a verdict on a negative counts.
func valid(v schemas.Verdict) bool {
	return v.Answer == schemas.AnswerFooled || v.Answer == schemas.AnswerCaught
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
	low, high = (centre-half)/(1+z2/n), (centre+half)/(1+z2/n)
	if k <= 0 {
		low = 0 // and not what rounding leaves of it
	}
	if k >= n {
		high = 1
	}
	return max(0, low), min(1, high)
}

// Cell is one cell of the hardness tables.
type Cell struct {
	Generator string           `json:"generator"`
	Type      schemas.Type     `json:"type"`
	Language  schemas.Language `json:"language"`
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

// fill computes the rate and its interval from the counts.
func (r *CellRate) fill() {
	r.Rate, r.Low, r.High = nil, 0, 1
	if r.Verdicts > 0 {
		rate := float64(r.Fooled) / float64(r.Verdicts)
		low, high := Wilson(float64(rate*float64(r.Judged)), float64(r.Judged))
		rate = round(rate)
		r.Rate, r.Low, r.High = &rate, round(low), round(high)
	}
}

// verdicts counts the valid verdicts on one negative.
func (r *CellRate) verdicts(judges, fooled int64) {
	r.Verdicts += judges
	r.Fooled += fooled
	if judges > 0 {
		r.Judged++
	}
	r.fill()
}
