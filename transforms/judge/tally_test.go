package judge

import (
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/google/go-cmp/cmp"

	"decoy/schemas"
)

// votes adds a negative with one verdict a judge: f for fooled, c for caught, x for
// invalid, a space for none.
func votes(t *Tally, cell Cell, answers string) {
	var vs []schemas.Verdict
	for i, a := range answers {
		if word, ok := map[rune]schemas.Answer{'f': schemas.AnswerFooled, 'c': schemas.AnswerCaught, 'x': schemas.AnswerInvalid}[a]; ok {
			vs = append(vs, schemas.Verdict{NegativeID: ptr("n"), Judge: string(rune('a' + i)), Protocol: ProtocolSingle, Answer: word})
		}
	}
	t.Negative(cell, vs)
}

func close6(got *float64, want float64) bool {
	return got != nil && *got-want < 1e-6 && want-*got < 1e-6
}

func TestCohen(t *testing.T) {
	// The table 20 yes/yes, 5 yes/no, 10 no/yes, 15 no/no: observed 0.7, expected
	// 0.5·0.6 + 0.5·0.4 = 0.5, kappa 0.4.
	var x Tally
	cell := Cell{"g", schemas.TypeMethod, schemas.Go}
	for answers, n := range map[string]int{"ff": 20, "fc": 5, "cf": 10, "cc": 15, "fx": 3, " f": 2, "c": 1} {
		for range n {
			votes(&x, cell, answers)
		}
	}
	got := x.Cohen()
	if len(got) != 1 || got[0].A != "a" || got[0].B != "b" || got[0].Negatives != 50 || !close6(got[0].Kappa, 0.4) {
		t.Errorf("Cohen: %+v", got)
	}
	// One judge takes all for right and the other none: worse than nothing is 0.
	var y Tally
	for range 5 {
		votes(&y, cell, "fc")
	}
	if got := y.Cohen(); !close6(got[0].Kappa, 0) {
		t.Errorf("constant judges: %+v", got)
	}
	var z Tally
	votes(&z, cell, "ff")
	if got := z.Cohen(); got[0].Kappa != nil || z.Fleiss().Kappa != nil || z.Fleiss().Negatives != 1 {
		t.Errorf("all alike: %+v, %+v", got, z.Fleiss())
	}
	if k := (&Tally{}).Fleiss(); k.Kappa != nil || k.Negatives != 0 {
		t.Errorf("nothing: %+v", k)
	}
}

func TestFleiss(t *testing.T) {
	cell := Cell{"g", schemas.TypeMethod, schemas.Go}
	// Three judges, four negatives with 3, 2, 0 and 1 fooled. P_i = 1, 1/3, 1, 1/3,
	// mean 2/3; p = 6/12, expected 1/2; kappa 1/3. What one judge alone saw is left out.
	var x Tally
	for _, answers := range []string{"fff", "ffc", "ccc", "cfc", "f", " xf", "xxx"} {
		votes(&x, cell, answers)
	}
	if k := x.Fleiss(); k.Negatives != 4 || !close6(k.Kappa, 1.0/3) {
		t.Errorf("Fleiss: %+v", k)
	}
	// Unequal numbers: 2 of 2, 1 of 3, 0 of 2. p = 3/7; Σ n p q = 0 + 2/3 + 0;
	// Σ (n-1) = 4; 1 − (2/3)/(4 · 12/49) = 1 − 98/144.
	var y Tally
	for _, answers := range []string{"ff", "fcc", "cxc"} {
		votes(&y, cell, answers)
	}
	if k := y.Fleiss(); k.Negatives != 3 || !close6(k.Kappa, 1-98.0/144) {
		t.Errorf("unequal: %+v", k)
	}
}

func TestTallyCounts(t *testing.T) {
	var x Tally
	a, b := Cell{"rules", schemas.TypeImport, schemas.Go}, Cell{"rules", schemas.TypeMethod, schemas.Go}
	for range 3 {
		x.Pool(b)
	}
	x.Pool(a)
	votes(&x, b, "ccc")
	votes(&x, b, "fff")
	votes(&x, b, "x")
	x.Control(schemas.Verdict{Judge: "a", Protocol: ProtocolPairwise, Answer: schemas.AnswerRejected, Order: OrderFirst})
	low, high := Wilson(1, 2) // two negatives judged, not six verdicts
	want := []CellRate{
		{Cell: a, Negatives: 1, High: 1},
		{Cell: b, Negatives: 3, Judged: 2, Verdicts: 6, Fooled: 3, Rate: ptr(0.5), Low: round(low), High: round(high)},
	}
	if diff := cmp.Diff(want, x.Cells); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(JudgeCount{Judge: "a", Protocol: ProtocolPairwise, Caught: 1, First: 1}, x.Judges[0]); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(JudgeCount{Judge: "a", Protocol: ProtocolSingle, Type: schemas.TypeMethod, Fooled: 1, Caught: 1, Invalid: 1}, x.Judges[1]); diff != "" {
		t.Error(diff)
	}
}

// However negatives are spread over tallies and in whatever order, the sum is the same.
func TestTalliesMerge(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	type negative struct {
		cell    Cell
		answers string
	}
	var all []negative
	for range 300 {
		n := negative{cell: Cell{[]string{"g", "h"}[r.IntN(2)], schemas.Types[r.IntN(4)], schemas.Go}}
		for range 4 {
			n.answers += string("fcx "[r.IntN(4)])
		}
		all = append(all, n)
	}
	var whole Tally
	for _, n := range all {
		whole.Pool(n.cell)
		votes(&whole, n.cell, n.answers)
	}
	for range 5 {
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		parts := make([]Tally, 3)
		for i, n := range all {
			parts[i%3].Pool(n.cell)
			votes(&parts[i%3], n.cell, n.answers)
		}
		var sum Tally
		for _, p := range parts {
			sum.Merge(p)
		}
		if diff := cmp.Diff(whole, sum); diff != "" {
			t.Fatal(diff)
		}
	}
}

func TestControlsAndWeights(t *testing.T) {
	var x Tally
	control := func(judge, protocol string, accepted, rejected int) {
		for i := range accepted + rejected {
			answer := schemas.AnswerAccepted
			if i >= accepted {
				answer = schemas.AnswerRejected
			}
			x.Control(schemas.Verdict{Judge: judge, Protocol: protocol, Answer: answer})
		}
	}
	control("good", ProtocolSingle, 9, 1)
	control("bad", ProtocolSingle, 1, 9)
	control("few", ProtocolPairwise, 0, 2)
	x.Control(schemas.Verdict{Judge: "mute", Protocol: ProtocolSingle, Answer: schemas.AnswerInvalid})
	got := x.Controls()
	if len(got) != 3 || got[0].Judge != "bad" || got[0].Valid != 10 || got[0].Accepted != 1 || got[0].Chance != 0.5 || got[1].Chance != 0.25 {
		t.Errorf("controls %+v", got)
	}
	_, high := Wilson(1, 10) // 0.4042
	want := map[string]float64{"good": 1, "bad": round(round(high) / 0.8), "few": round(0.65762 / 0.8)}
	w := Weights(got, 0.8)
	if diff := cmp.Diff(want, w, cmp.Comparer(func(a, b float64) bool { return a-b < 1e-5 && b-a < 1e-5 })); diff != "" {
		t.Error(diff)
	}
	for j, v := range Weights(got, 0) {
		if v != 1 {
			t.Errorf("without a bound judge %s has weight %v", j, v)
		}
	}
}

func TestPlan(t *testing.T) {
	a, b := Cell{"g", schemas.TypeImport, schemas.Go}, Cell{"g", schemas.TypeMethod, schemas.Go}
	p := Plan{Rounds: []float64{0.04, 0.16, 1}, Stopped: []Stop{{a, 0}}}
	counts := [2][3]int{}
	for i := range 10000 {
		id := fmt.Sprint(i)
		ka, inA := p.Round(id, a)
		kb, inB := p.Round(id, b)
		if ka != kb || !inB || inA != (ka == 0) {
			t.Fatalf("%s: round %d %v of a stopped cell, %d %v of an open one", id, ka, inA, kb, inB)
		}
		counts[1][kb]++
		if inA {
			counts[0][ka]++
		}
	}
	if n := counts[1]; n[0] < 330 || n[0] > 470 || n[1] < 1100 || n[1] > 1300 || counts[0][0] != n[0] {
		t.Errorf("rounds of 4, 12 and 84 %% hold %v of 10000", counts)
	}
	part := Plan{Rounds: []float64{0.5}}
	asked := 0
	for i := range 1000 {
		if k, ok := part.Round(fmt.Sprint(i), a); ok != (k == 0) {
			t.Fatal("a round beyond the last")
		} else if ok {
			asked++
		}
	}
	if asked < 450 || asked > 550 {
		t.Errorf("half of 1000 is %d", asked)
	}
}

func TestPlanClose(t *testing.T) {
	a, b, c := Cell{"g", schemas.TypeImport, schemas.Go}, Cell{"g", schemas.TypeMethod, schemas.Go}, Cell{"g", schemas.TypeParameter, schemas.Go}
	var x Tally
	for range 400 {
		votes(&x, a, "c") // 0 to 0.0095
	}
	for i := range 20 {
		votes(&x, b, "fc"[i%2:i%2+1])
	}
	x.Pool(c) // nothing known
	p := Plan{Rounds: []float64{0.1, 0.2, 1}}
	if !p.Close(0, x, 0.1) || !cmp.Equal(p.Stopped, []Stop{{a, 0}}) {
		t.Errorf("after round 0: %+v", p.Stopped)
	}
	for range 2000 {
		votes(&x, b, "c")
		votes(&x, c, "c")
	}
	if p.Close(1, x, 0.1) || !cmp.Equal(p.Stopped, []Stop{{a, 0}, {b, 1}, {c, 1}}) {
		t.Errorf("after round 1: %+v", p.Stopped)
	}
	last := Plan{Rounds: []float64{1}}
	if last.Close(0, x, 0) {
		t.Error("a round after the last one")
	}
	if len(last.Stopped) != 0 {
		t.Error("a cell stops at width 0")
	}
}
