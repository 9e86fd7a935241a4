package judge

import (
	"fmt"
	"math"
	"reflect"
	"testing"

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
	v := func(judge, answer string, margin *float64) schemas.Verdict {
		return schemas.Verdict{NegativeID: ptr("n"), Judge: judge, Answer: answer, Margin: margin}
	}
	vs := []schemas.Verdict{v("c", schemas.AnswerCaught, ptr(-0.3)), v("a", schemas.AnswerFooled, ptr(0.1)), v("b", schemas.AnswerInvalid, ptr(9.0)), v("d", schemas.AnswerFooled, nil)}
	want := Summary{Judges: 3, Fooled: 2, Rate: ptr(2.0 / 3), Margin: ptr(-0.1)}
	if got := Summarize(vs); !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if vs[0].Judge != "c" {
		t.Error("Summarize reordered its input")
	}
	if got := Summarize(vs[2:3]); got.Rate != nil || got.Margin != nil || got.Judges != 0 {
		t.Errorf("without a valid verdict: %+v", got)
	}
}

func TestCells(t *testing.T) {
	var c Cells
	easy := Summary{Judges: 3, Fooled: 0, Rate: ptr(0.0)}
	hard := Summary{Judges: 3, Fooled: 3, Rate: ptr(1.0)}
	b := Cell{"rules", schemas.TypeMethod, schemas.Go}
	a := Cell{"rules", schemas.TypeImport, schemas.Go}
	c.Add(b, easy)
	c.Add(b, hard)
	c.Add(b, Summary{})
	c.Add(a, Summary{})
	got := c.Rates()
	if len(got) != 2 || got[0].Cell != a || got[0].Rate != nil || got[0].High != 1 {
		t.Fatalf("rates %+v", got)
	}
	r := got[1]
	low, high := Wilson(1, 2) // two negatives judged, not six verdicts
	if r.Negatives != 3 || r.Judged != 2 || r.Verdicts != 6 || *r.Rate != 0.5 || r.Low != round(low) || r.High != round(high) {
		t.Errorf("cell %+v", r)
	}
}

func TestControls(t *testing.T) {
	s := without(t, load(t, counts(t, corpus(50)...)), nil)
	c := NewControls(0.25)
	picked, accepted := 0, 0
	for i := range 400 {
		ctx := schemas.Context{ID: fmt.Sprint(i), Language: schemas.Go, Kind: schemas.KindCall, Golden: fmt.Sprintf("Load(%d)", i%2)}
		if i%2 == 1 {
			ctx.Golden = "qqq.Zork(jj)"
		}
		foreign, ok := c.Pick(&ctx)
		if !ok {
			continue
		}
		if picked++; foreign == ctx.Golden {
			t.Fatal("a golden is set against itself")
		}
		w := s.Window("if err := user.", "Load(3)", "; err != nil {\n")
		answer, margin := w.Control("qqq.Zork(jj)")
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
	for i, g := range []string{"aaaaaaaa", "bb", "cccc", "dddd"} {
		near.Pick(&schemas.Context{ID: fmt.Sprint(i), Golden: g})
	}
	if g, ok := near.Pick(&schemas.Context{ID: "x", Golden: "eeeee"}); !ok || g != "cccc" {
		t.Errorf("the golden of the nearest length is cccc, got %q, %v", g, ok)
	}
	for i := range 200 {
		near.Pick(&schemas.Context{ID: fmt.Sprint(i), Golden: "yy"})
	}
	if g, ok := near.Pick(&schemas.Context{ID: "x", Golden: "yy"}); ok {
		t.Errorf("after 200 equal goldens an older one is remembered: %q", g)
	}
	if _, ok := NewControls(1).Pick(&schemas.Context{ID: "x", Golden: "a"}); ok {
		t.Error("the first context of a kind has nothing to be set against")
	}
	if Sampled("x", 0) || !Sampled("x", 1) {
		t.Error("shares 0 and 1 are not none and all")
	}
}

func TestFromAnswer(t *testing.T) {
	for _, tt := range []struct {
		correct    bool
		confidence float64
		answer     string
		margin     float64
	}{
		{true, 0.5, schemas.AnswerFooled, 0}, {true, 0.9, schemas.AnswerFooled, 2.197225}, {false, 0.9, schemas.AnswerCaught, -2.197225},
		{false, 1, schemas.AnswerCaught, -4.59512}, {true, 0, schemas.AnswerFooled, -4.59512}, {false, math.NaN(), schemas.AnswerCaught, 0},
	} {
		answer, margin := FromAnswer(tt.correct, tt.confidence)
		if answer != tt.answer || margin != tt.margin || math.Signbit(margin) && margin == 0 {
			t.Errorf("FromAnswer(%v, %v) = %q, %v, want %q, %v", tt.correct, tt.confidence, answer, margin, tt.answer, tt.margin)
		}
	}
	if ControlAnswer(schemas.AnswerFooled) != schemas.AnswerAccepted || ControlAnswer(schemas.AnswerCaught) != schemas.AnswerRejected || ControlAnswer(schemas.AnswerInvalid) != schemas.AnswerInvalid {
		t.Error("answers of controls")
	}
}

func TestControlRates(t *testing.T) {
	vs := []schemas.Verdict{
		{Judge: "b", Answer: schemas.AnswerAccepted}, {Judge: "a", Answer: schemas.AnswerRejected}, {Judge: "b", Answer: schemas.AnswerInvalid},
		{Judge: "b", Answer: schemas.AnswerAccepted}, {Judge: "b", NegativeID: ptr("n"), Answer: schemas.AnswerFooled},
	}
	got := ControlRates(vs)
	if len(got) != 2 || got[0].Judge != "a" || got[0].Accepted != 0 || got[1].Valid != 2 || got[1].Accepted != 2 {
		t.Errorf("rates %+v", got)
	}
}
