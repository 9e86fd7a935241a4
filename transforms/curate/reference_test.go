package curate_test

import (
	"fmt"
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"

	"decoy/schemas"
	"decoy/transforms/curate"
)

func sides(n int, seed uint64, chars func(r *rand.Rand) int) (out []curate.Side) {
	r := rand.New(rand.NewPCG(seed, 2))
	for range n {
		c := chars(r)
		out = append(out, curate.Side{Chars: c, Blanks: c / 6, Last: uint8(r.IntN(3))})
	}
	return out
}

func TestDistances(t *testing.T) {
	near := func(r *rand.Rand) int { return 20 + r.IntN(40) }
	far := func(r *rand.Rand) int { return 200 + r.IntN(40) }
	wide := func(r *rand.Rand) int { return []int{1, 2, 3, 400, 500}[r.IntN(5)] }
	for _, tt := range []struct {
		name       string
		a, b       func(*rand.Rand) int
		js, ks     [2]float64
		auc, whole [2]float64
	}{
		{"the same distribution", near, near, [2]float64{0, 0.03}, [2]float64{0, 0.08},
			[2]float64{0.45, 0.55}, [2]float64{0.45, 0.55}},
		{"no value in common", near, far, [2]float64{1, 1}, [2]float64{1, 1}, [2]float64{1, 1}, [2]float64{1, 1}},
		{"as large, and wider", near, wide, [2]float64{0.85, 1}, [2]float64{0.5, 0.7},
			[2]float64{0.95, 1}, [2]float64{0.95, 1}},
	} {
		a, b := sides(1500, 1, tt.a), sides(1500, 2, tt.b)
		d := curate.NewDistance("b", a, b)
		f := d.Features[0]
		in := func(what string, v float64, r [2]float64) {
			if v < r[0] || v > r[1] {
				t.Errorf("%s: %s is %v, want %v to %v", tt.name, what, v, r[0], r[1])
			}
		}
		in("JS", f.JensenShannon, tt.js)
		in("KS", *f.KolmogorovSmirnov, tt.ks)
		in("AUC", f.AUC, tt.auc)
		in("AUC of all", d.AUC, tt.whole)
		if again := curate.NewDistance("b", shuffled(a, 4), shuffled(b, 5)); !reflect.DeepEqual(d, again) {
			t.Errorf("%s: another order gives another result", tt.name)
		}
	}
	classes := curate.NewDistance("b", []curate.Side{{Last: 1}, {Last: 1}}, []curate.Side{{Last: 1}, {Last: 2}})
	last := classes.Features[3]
	// ½·1·log₂(1/.75) + ½·(½·log₂(.5/.75) + ½·log₂(.5/.25))
	want := 0.5*math.Log2(1/0.75) + 0.5*(0.5*math.Log2(0.5/0.75)+0.5)
	if math.Abs(last.JensenShannon-want) > 1e-6 || last.KolmogorovSmirnov != nil {
		t.Errorf("classes: %+v, want a divergence of %v", last, want)
	}
	if none := curate.NewDistance("b", nil, nil); none.AUC != 0.5 || none.Features[0].JensenShannon != 0 {
		t.Errorf("nothing: %+v", none)
	}
}

func distanceLine(d curate.Distance) string {
	return fmt.Sprint(d.Benchmark, " ", d.Selected, " ", d.Reference, " ", *d.Features[0].KolmogorovSmirnov)
}

func init() { beam.RegisterFunction(distanceLine) }

func TestDistancesOfASelection(t *testing.T) {
	cs := plain(40, schemas.Go, schemas.TypeMethod)
	for i := range cs {
		cs[i].Golden.Chars = len("abs(elem)")
	}
	items := []curate.BenchmarkItem{
		{Benchmark: "same", Item: curate.Item{Golden: "abs(elem)"}},
		{Benchmark: "longer", Item: curate.Item{Golden: "abs(elem - elem2)"}},
	}
	onEach(t, func(s beam.Scope) {
		d := curate.Distances(s, beam.CreateList(s, records(t, cs)), beam.CreateList(s, items))
		passert.Equals(s, beam.ParDo(s, distanceLine, d), "same 40 1 0", "longer 40 1 1")
	})
}
