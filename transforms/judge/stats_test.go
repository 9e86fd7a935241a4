package judge

import (
	"fmt"
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"decoy/schemas"
)

func ptr[T any](v T) *T { return &v }

func TestWilson(t *testing.T) {
	// Values of the closed form, as tables of the interval give them.
	for _, tt := range []struct{ k, n, low, high float64 }{
		{0, 0, 0, 1}, {0, 10, 0, 0.2775}, {10, 10, 0.7225, 1}, {5, 10, 0.2366, 0.7634}, {1, 2, 0.0945, 0.9055}, {300, 1000, 0.2724, 0.3291},
	} {
		low, high := Wilson(tt.k, tt.n)
		if math.Abs(low-tt.low) > 5e-5 || math.Abs(high-tt.high) > 5e-5 {
			t.Errorf("Wilson(%v, %v) = %.4f, %.4f, want %.4f, %.4f", tt.k, tt.n, low, high, tt.low, tt.high)
		}
	}
}

func TestSummarize(t *testing.T) {
	v := func(judge string, answer schemas.Answer, margin *float64) schemas.Verdict {
		return schemas.Verdict{NegativeID: ptr("n"), Judge: judge, Answer: answer, Margin: margin}
	}
	vs := []schemas.Verdict{v("c", schemas.AnswerCaught, ptr(-0.3)), v("a", schemas.AnswerFooled, ptr(0.1)), v("b", schemas.AnswerInvalid, ptr(9.0)), v("d", schemas.AnswerFooled, nil)}
	low, _ := Wilson(2, 3)
	want := Summary{Judges: 3, Fooled: 2, Rate: ptr(2.0 / 3), Weighted: ptr(round(2.0 / 3)), Low: ptr(round(low)), Margin: ptr(-0.1)}
	if diff := cmp.Diff(want, Summarize(vs, nil)); diff != "" {
		t.Error(diff)
	}
	// a and d fooled with 1 + 0.25 of 1 + 1 + 0.25; (2.25)²/(1 + 1 + 0.0625) verdicts.
	w := 1.25 / 2.25
	n := 2.25 * 2.25 / 2.0625
	low, _ = Wilson(w*n, n)
	want.Weighted, want.Low = ptr(round(w)), ptr(round(low))
	if diff := cmp.Diff(want, Summarize(vs, map[string]float64{"d": 0.25, "b": 0.1})); diff != "" {
		t.Error(diff)
	}
	if vs[0].Judge != "c" {
		t.Error("Summarize reordered its input")
	}
	if got := Summarize(vs[2:3], nil); got != (Summary{}) {
		t.Errorf("without a valid verdict: %+v", got)
	}
}

func TestControls(t *testing.T) {
	s := without(t, load(t, counts(t, corpus(50)...)), nil)
	c := NewControls(0.25)
	picked, accepted := 0, 0
	contexts := make([]schemas.Context, 400)
	for i := range contexts {
		contexts[i] = schemas.Context{ID: fmt.Sprint(i), Language: schemas.Go, Kind: schemas.KindCall,
			Golden: fmt.Sprintf("Load(%d)", i%2)}
		if i%2 == 1 {
			contexts[i].Golden = "qqq.Zork(jj)"
		}
		c.Add(&contexts[i])
	}
	for _, ctx := range contexts {
		foreign, ok := c.Pick(&ctx)
		if !ok {
			continue
		}
		if picked++; foreign == ctx.Golden {
			t.Fatal("a golden is set against itself")
		}
		w := s.Window("if err := user.", "Load(3)", "; err != nil {\n")
		o := w.Control("qqq.Zork(jj)")
		answer, margin := o.Answer, *o.Margin
		if answer == schemas.AnswerAccepted != (margin >= 0) {
			t.Fatalf("answer %q at margin %v", answer, margin)
		}
		if answer == schemas.AnswerAccepted {
			accepted++
		}
	}
	if picked < 60 || picked > 140 || accepted != picked {
		t.Errorf("%d of 400 picked at a share of 0.25, %d accepted", picked, accepted)
	}
	near := NewControls(1)
	for i, g := range []string{"aaaaaaaa", "bb", "cccc", "dddddddddddd"} {
		near.Add(&schemas.Context{ID: fmt.Sprint(i), Golden: g})
	}
	if g, ok := near.Pick(&schemas.Context{ID: "x", Golden: "eeeee"}); !ok || g != "cccc" {
		t.Errorf("the golden of the nearest length is cccc, got %q, %v", g, ok)
	}
	if g, ok := near.Pick(&schemas.Context{ID: "2", Golden: "cccc"}); !ok || g != "bb" {
		t.Errorf("a golden is set against bb, not itself; got %q, %v", g, ok)
	}
	if _, ok := NewControls(1).Pick(&schemas.Context{ID: "x", Golden: "a"}); ok {
		t.Error("the only context of a kind has nothing to be set against")
	}
	of := func(path string, at int64, golden string) *schemas.Context {
		return &schemas.Context{ID: schemas.ContextID("r", "c", path, at, at+9, "call", "snapshot", ""), Golden: golden}
	}
	one := NewControls(1)
	for i := range int64(50) {
		one.Add(of("a.go", i, "near"))
	}
	if g, ok := one.Pick(of("a.go", 1000, "aaaa")); ok {
		t.Errorf("a golden is set against %q of its own file", g)
	}
	one.Add(of("b.go", 0, "far away"))
	if g, ok := one.Pick(of("a.go", 1000, "aaaa")); !ok || g != "far away" {
		t.Errorf("a golden is set against that of the other file, got %q, %v", g, ok)
	}
	formed := NewControls(1)
	formed.Add(&schemas.Context{ID: "1", Golden: "a.f(x);", CallForm: "expression statement"})
	formed.Add(&schemas.Context{ID: "2", Golden: "longer_name(x, y)", CallForm: "name call"})
	if g, ok := formed.Pick(&schemas.Context{ID: "x", Golden: "g(x, y)", CallForm: "name call"}); !ok || g != "longer_name(x, y)" {
		t.Errorf("a golden is set against one of its own form, got %q, %v", g, ok)
	}
	orders := [2]*Controls{NewControls(1), NewControls(1)}
	for i := range 1000 {
		for k, o := range orders {
			if k == 1 {
				i = 999 - i
			}
			o.Add(&schemas.Context{ID: fmt.Sprint(i), Golden: fmt.Sprintf("%0*d", i%97+1, i)})
		}
	}
	for i := range 50 {
		ctx := schemas.Context{ID: fmt.Sprint("x", i), Golden: fmt.Sprintf("%0*d", i+1, 7)}
		a, _ := orders[0].Pick(&ctx)
		if b, _ := orders[1].Pick(&ctx); a != b || a == "" {
			t.Fatalf("the order of the goldens decides: %q and %q", a, b)
		}
	}
	if n := len(orders[0].kept[likeness{}]); n != maxRivals {
		t.Errorf("%d of 1000 goldens are kept", n)
	}
	if Sampled("x", 0) || !Sampled("x", 1) {
		t.Error("shares 0 and 1 are not none and all")
	}
}
