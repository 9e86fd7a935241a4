package curate

import (
	"cmp"
	"encoding/json"
	"maps"
	"math"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas/batch"
)

// Distance says how far a selection's goldens are from a benchmark's. A benchmark has no
// negatives, so only goldens are compared.
type Distance struct {
	Benchmark string `json:"benchmark"`
	Selected  int    `json:"selected"`
	Reference int    `json:"reference"`
	// AUC of a logistic model that sees all features and must tell the two sets apart, on held-out
	// folds: 0.5 where it cannot, 1 where it always can.
	AUC      float64           `json:"auc"`
	Features []FeatureDistance `json:"features"`
}

// FeatureDistance compares one feature.
type FeatureDistance struct {
	Feature string `json:"feature"`
	// JensenShannon is the divergence in bits, 0 to 1: of a number over the 20 quantile bins of
	// both sets together (equal values share a bin), of a class over its values.
	JensenShannon float64 `json:"jensen_shannon"`
	// KolmogorovSmirnov is the largest difference of the two distribution functions; null for
	// a class, which has no order.
	KolmogorovSmirnov *float64 `json:"kolmogorov_smirnov"`
	AUC               float64  `json:"auc"` // of a model that sees this feature only
}

// referenceFeatures are what is compared of a golden.
var referenceFeatures = []struct {
	name  string
	value func(Side) float64
	class bool
}{
	{"chars", func(s Side) float64 { return float64(s.Chars) }, false},
	{"blanks", func(s Side) float64 { return float64(s.Blanks) }, false},
	{"newlines", func(s Side) float64 { return float64(s.Newlines) }, false},
	{"last_character", func(s Side) float64 { return float64(s.Last) }, true},
}

// NewDistance compares goldens with those of a reference. Neither order matters. Of more than
// 20,000 of a set an even sample is shown to the models, in the order of the outlines.
func NewDistance(benchmark string, selected, reference []Side) Distance {
	a, b := sortedSides(selected), sortedSides(reference)
	d := Distance{Benchmark: benchmark, Selected: len(a), Reference: len(b), AUC: 0.5, Features: []FeatureDistance{}}
	ma, mb := thinned(a), thinned(b)
	var all [][]float64
	for _, s := range slices.Concat(ma, mb) {
		all = append(all, nil)
		for _, f := range referenceFeatures {
			all[len(all)-1] = append(all[len(all)-1], columns(f.value(s), f.class)...)
		}
	}
	d.AUC = heldOut(all, len(ma))
	for _, f := range referenceFeatures {
		x, y := values(a, f.value), values(b, f.value)
		fd := FeatureDistance{Feature: "golden_" + f.name, JensenShannon: jensenShannon(x, y, f.class)}
		if !f.class {
			ks := kolmogorovSmirnov(x, y)
			fd.KolmogorovSmirnov = &ks
		}
		var rows [][]float64
		for _, s := range slices.Concat(ma, mb) {
			rows = append(rows, columns(f.value(s), f.class))
		}
		fd.AUC = heldOut(rows, len(ma))
		d.Features = append(d.Features, fd)
	}
	return d
}

func sortedSides(in []Side) []Side {
	out := slices.Clone(in)
	slices.SortFunc(out, func(a, b Side) int {
		return cmp.Or(cmp.Compare(a.Chars, b.Chars), cmp.Compare(a.Blanks, b.Blanks),
			cmp.Compare(a.Newlines, b.Newlines), cmp.Compare(a.Last, b.Last))
	})
	return out
}

// thinned takes every n-th of sorted sides, at most probePairs.
func thinned(sides []Side) (out []Side) {
	step := (len(sides) + probePairs - 1) / probePairs
	for i := 0; i < len(sides); i += max(1, step) {
		out = append(out, sides[i])
	}
	return out
}

func values(sides []Side, of func(Side) float64) (out []float64) {
	for _, s := range sides {
		out = append(out, of(s))
	}
	slices.Sort(out)
	return out
}

// columns are what a model sees of a value: of a number its logarithm and the square of that, so
// that a wider set is told from a narrower one; of a class a column a value.
func columns(v float64, class bool) []float64 {
	if class {
		out := make([]float64, LastClasses)
		out[int(v)] = 1
		return out
	}
	l := math.Log1p(v)
	return []float64{l, float64(l * l)}
}

func kolmogorovSmirnov(a, b []float64) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	most := 0.0
	for i, j := 0, 0; i < len(a) && j < len(b); {
		v := min(a[i], b[j])
		for i < len(a) && a[i] == v {
			i++
		}
		for j < len(b) && b[j] == v {
			j++
		}
		most = max(most, math.Abs(float64(i)/float64(len(a))-float64(j)/float64(len(b))))
	}
	return round6(most)
}

const referenceBins = 20

func jensenShannon(a, b []float64, class bool) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0
	}
	all := slices.Concat(a, b)
	slices.Sort(all)
	var edges []float64 // upper ends
	if class {
		edges = slices.Compact(slices.Clone(all))
	} else {
		for i := 1; i <= referenceBins; i++ {
			edges = append(edges, all[(len(all)*i-1)/referenceBins])
		}
		edges = slices.Compact(edges)
	}
	shares := func(of []float64) []float64 {
		out := make([]float64, len(edges))
		for _, v := range of {
			i, _ := slices.BinarySearch(edges, v)
			out[i]++
		}
		for i := range out {
			out[i] /= float64(len(of))
		}
		return out
	}
	p, q := shares(a), shares(b)
	sum := 0.0
	for i := range p {
		m := (p[i] + q[i]) / 2
		for _, x := range []float64{p[i], q[i]} {
			if x > 0 {
				sum += float64(x*math.Log2(x/m)) / 2
			}
		}
	}
	return round6(max(0, sum))
}

// heldOut is the AUC of a logistic model that must tell the first n rows from the others, on
// rows that it was not fitted to: five folds by place, fixed steps from zero.
func heldOut(rows [][]float64, n int) float64 {
	if n < probeFolds || len(rows)-n < probeFolds {
		return 0.5
	}
	centre(rows)
	scores := make([]float64, len(rows))
	for fold := range probeFolds {
		w := fitLabels(rows, n, fold)
		for i, x := range rows {
			if i%probeFolds == fold {
				scores[i] = dot(w, x)
			}
		}
	}
	// Folds have models of their own, so scores are ranked inside of a fold.
	sum, weight := 0.0, 0.0
	for fold := range probeFolds {
		var a, b []float64
		for i, s := range scores {
			if i%probeFolds != fold {
				continue
			}
			if i < n {
				a = append(a, s)
			} else {
				b = append(b, s)
			}
		}
		pairs := float64(len(a)) * float64(len(b))
		sum += float64(auc(a, b) * pairs)
		weight += pairs
	}
	return round4(sum / weight)
}

// centre standardises columns and appends a constant one.
func centre(rows [][]float64) {
	for j := range rows[0] {
		mean, square := 0.0, 0.0
		for _, r := range rows {
			mean += r[j]
		}
		mean /= float64(len(rows))
		for _, r := range rows {
			d := r[j] - mean
			square += float64(d * d)
		}
		scale := math.Sqrt(square / float64(len(rows)))
		for _, r := range rows {
			if r[j] -= mean; scale > 0 {
				r[j] = max(-5, min(5, r[j]/scale))
			}
		}
	}
	for i := range rows {
		rows[i] = append(rows[i], 1)
	}
}

// fitLabels fits to the rows outside of a fold; both classes weigh the same.
func fitLabels(rows [][]float64, n, fold int) []float64 {
	w, g := make([]float64, len(rows[0])), make([]float64, len(rows[0]))
	na, nb := float64(n), float64(len(rows)-n)
	for range probeSteps {
		clear(g)
		for i, x := range rows {
			if i%probeFolds == fold {
				continue
			}
			p := 1 / (1 + math.Exp(-dot(w, x)))
			e := (1 - p) / (2 * na)
			if i >= n {
				e = -p / (2 * nb)
			}
			for j, v := range x {
				g[j] += float64(e * v)
			}
		}
		for j := range w {
			w[j] += float64(probeRate*g[j]) - float64(probeDecay*w[j])
		}
	}
	return w
}

// auc is the share of pairs in which a's score is the higher one; a tie counts one half.
func auc(a, b []float64) float64 {
	if len(a) == 0 || len(b) == 0 {
		return 0.5
	}
	slices.Sort(a)
	slices.Sort(b)
	right := 0.0
	below, upto := 0, 0
	for _, v := range a {
		for below < len(b) && b[below] < v {
			below++
		}
		for upto < len(b) && b[upto] <= v {
			upto++
		}
		right += float64(below) + float64(upto-below)/2
	}
	return right / (float64(len(a)) * float64(len(b)))
}

func init() {
	beam.RegisterCoder(reflect.TypeFor[Distance](), encodeDistance, decodeDistance)
	beam.RegisterDoFn(&distanceFn{})
}

func encodeDistance(d Distance) ([]byte, error) { return json.Marshal(d) }

func decodeDistance(data []byte) (d Distance, err error) {
	err = json.Unmarshal(data, &d)
	return d, err
}

// Distances compares a selection with each benchmark.
//
//	PCollection<batch.Batch> of Record, PCollection<BenchmarkItem> → PCollection<Distance>, one a benchmark
//
// Where nothing is selected there is nothing to compare, and no Distance.
//
// Groups by one key: the outlines of all selected rows (32 bytes each) must fit in memory, and the
// benchmarks as a side input.
func Distances(s beam.Scope, selected, items beam.PCollection) beam.PCollection {
	s = s.Scope("curate.Distances")
	one := beam.GroupByKey(s, beam.AddFixedKey(s, selected))
	return beam.ParDo(s, &distanceFn{}, one, beam.SideInput{Input: items})
}

type distanceFn struct{}

// ProcessElement compares all selected rows.
func (distanceFn) ProcessElement(_ int, batches func(*batch.Batch) bool, items func(*BenchmarkItem) bool,
	emit func(Distance)) {
	var goldens []Side
	for b := range batch.All(batches) {
		for r := range b.Each(RecordBytes) {
			golden, _ := Record(r).sides()
			goldens = append(goldens, golden)
		}
	}
	of := map[string][]Side{}
	for i := (BenchmarkItem{}); items(&i); i = (BenchmarkItem{}) {
		of[i.Benchmark] = append(of[i.Benchmark], Outline(i.Item.Golden))
	}
	for _, name := range slices.Sorted(maps.Keys(of)) {
		emit(NewDistance(name, goldens, of[name]))
	}
}
