package curate

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"decoy/schemas"
)

// Pair is what the probe sees of a pair. Group keeps repositories that belong
// together in one fold.
type Pair struct {
	ID       string
	Group    string
	Chosen   Side
	Rejected Side
}

// ProbeResult is how well the outline alone tells chosen from rejected. Accuracy is
// over held-out folds; a tie counts one half; 0.5 is chance.
type ProbeResult struct {
	Pairs    int         `json:"pairs"`
	Folds    int         `json:"folds"`
	Accuracy float64     `json:"accuracy"`
	Low      float64     `json:"low"` // 95 % normal interval
	High     float64     `json:"high"`
	Ties     int         `json:"ties"`
	Signal   []Influence `json:"signal"` // of all pairs together, strongest first
}

// Influence is the weight of one standardised feature.
type Influence struct {
	Feature string  `json:"feature"`
	Weight  float64 `json:"weight"`
}

const (
	probeFolds = 5
	probePairs = 20000 // more are sampled, by a hash of the id
	probeSteps = 300
	probeRate  = 0.3 // below 2 over the largest curvature, 22 features / 4
	probeDecay = 1e-3
)

// Probe trains a classifier that is shown two texts and must say which is the
// chosen one, seeing only length, class of last character, and counts of blanks
// and line breaks on both sides. It is a logistic regression on the difference of
// the sides' features, without intercept, so exchanging the sides exchanges the
// answer and no order of presentation can help. Beside the plain differences it
// gets their signs and capped sizes: what a stump or a small tree would find.
//
// Folds are by group hash, by id where fewer than five groups exist. Gradient
// descent with fixed steps from zero: the same numbers everywhere, rounded to 1e-4.
func Probe(pairs []Pair) ProbeResult {
	ps := sampled(pairs, func(p *Pair) string { return p.ID })
	return probe(ps, featureNames, features, func(p *Pair) (id, group string) { return p.ID, p.Group })
}

// probe is Probe over pairs of any kind, of which it sees the features.
func probe[P any](ps []P, names []string, features func(P) []float64, keys func(*P) (id, group string)) ProbeResult {
	groups := map[string]bool{}
	for i := range ps {
		_, group := keys(&ps[i])
		groups[group] = true
	}
	byGroup := len(groups) >= probeFolds
	rows := make([][]float64, len(ps))
	fold := make([]int, len(ps))
	for i := range ps {
		rows[i] = features(ps[i])
		key, group := keys(&ps[i])
		if byGroup {
			key = group
		}
		fold[i] = int(schemas.Key64("probe", key) % probeFolds)
	}
	standardise(rows)
	r := ProbeResult{Pairs: len(ps), Folds: probeFolds, Accuracy: 0.5, High: 1, Signal: []Influence{}}
	if len(ps) == 0 {
		return r
	}
	right := 0.0
	for f := range probeFolds {
		var train [][]float64
		for i := range rows {
			if fold[i] != f {
				train = append(train, rows[i])
			}
		}
		w := fit(train, len(names))
		for i := range rows {
			if fold[i] != f {
				continue
			}
			switch s := dot(w, rows[i]); {
			case s > 1e-9:
				right++
			case s >= -1e-9:
				right += 0.5
				r.Ties++
			}
		}
	}
	n := float64(len(ps))
	a := right / n
	half := 1.96 * math.Sqrt(a*(1-a)/n)
	r.Accuracy, r.Low, r.High = round4(a), round4(max(0, a-half)), round4(min(1, a+half))
	for i, w := range fit(rows, len(names)) {
		if w = round4(w); w != 0 {
			r.Signal = append(r.Signal, Influence{names[i], w})
		}
	}
	slices.SortStableFunc(r.Signal, func(x, y Influence) int {
		return cmp.Compare(math.Abs(y.Weight), math.Abs(x.Weight))
	})
	return r
}

func round4(x float64) float64 { return math.Round(x*1e4) / 1e4 }

func sampled[P any](pairs []P, id func(*P) string) []P {
	ps := slices.Clone(pairs)
	slices.SortFunc(ps, func(p, q P) int {
		a, b := id(&p), id(&q)
		return cmp.Or(cmp.Compare(schemas.Key64("probe", a), schemas.Key64("probe", b)), cmp.Compare(a, b))
	})
	return ps[:min(len(ps), probePairs)]
}

// featureNames are the names of features' results.
var featureNames = func() []string {
	var out []string
	for _, what := range []string{"chars", "blanks", "newlines"} {
		out = append(out, what, what+" (sign)", what+" (to 3)", what+" (relative)")
	}
	for i := range LastClasses {
		out = append(out, fmt.Sprintf("last character of class %d", i))
	}
	return out
}()

// features are antisymmetric: exchanging the sides negates them.
func features(p Pair) []float64 {
	out := make([]float64, 0, len(featureNames))
	for _, v := range [][2]int{{p.Chosen.Chars, p.Rejected.Chars}, {p.Chosen.Blanks, p.Rejected.Blanks},
		{p.Chosen.Newlines, p.Rejected.Newlines}} {
		out = appendDifference(out, v[0], v[1])
	}
	last := make([]float64, LastClasses)
	last[p.Chosen.Last]++
	last[p.Rejected.Last]--
	return append(out, last...)
}

// appendDifference appends the features of a number of both sides.
func appendDifference(out []float64, chosen, rejected int) []float64 {
	d := chosen - rejected
	return append(out, float64(d), float64(sign(d)), float64(max(-3, min(3, d))),
		float64(d)/float64(1+max(chosen, rejected)))
}

// standardise scales each feature to a root mean square of 1 and caps it at ±5. It
// does not shift: a shift would break the antisymmetry.
func standardise(rows [][]float64) {
	if len(rows) == 0 {
		return
	}
	for j := range rows[0] {
		sum := 0.0
		for _, r := range rows {
			sum += float64(r[j] * r[j])
		}
		scale := math.Sqrt(sum / float64(len(rows)))
		if scale == 0 {
			continue
		}
		for _, r := range rows {
			r[j] = max(-5, min(5, r[j]/scale))
		}
	}
}

// fit minimises the mean of log(1 + exp(-w·x)): in every row x the chosen side
// comes first.
func fit(rows [][]float64, n int) []float64 {
	w := make([]float64, n)
	if len(rows) == 0 {
		return w
	}
	g := make([]float64, len(w))
	rate := probeRate / float64(len(rows))
	if n > len(featureNames) { // so that it stays below the same bound
		rate = rate * float64(len(featureNames)) / float64(n)
	}
	for range probeSteps {
		clear(g)
		for _, x := range rows {
			p := 1 / (1 + math.Exp(dot(w, x)))
			for j, v := range x {
				g[j] += float64(p * v)
			}
		}
		for j := range w {
			w[j] += float64(rate*g[j]) - float64(probeDecay*w[j])
		}
	}
	return w
}

func dot(a, b []float64) float64 {
	sum := 0.0
	for i, v := range a {
		sum += float64(v * b[i])
	}
	return sum
}
