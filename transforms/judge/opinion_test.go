package judge

import (
	"math"
	"testing"

	"github.com/google/go-cmp/cmp"

	"decoy/schemas"
)

func TestFromAnswer(t *testing.T) {
	for _, tt := range []struct {
		correct    bool
		confidence float64
		answer     schemas.Answer
		margin     float64
	}{
		{true, 0.5, schemas.AnswerFooled, 0}, {true, 0.9, schemas.AnswerFooled, 2.197225}, {false, 0.9, schemas.AnswerCaught, -2.197225},
		{false, 1, schemas.AnswerCaught, -4.59512}, {true, 0, schemas.AnswerFooled, 0}, {false, math.NaN(), schemas.AnswerCaught, 0},
	} {
		o := FromAnswer(tt.correct, tt.confidence)
		if o.Answer != tt.answer || *o.Margin != tt.margin || math.Signbit(*o.Margin) && *o.Margin == 0 || o.Order != "" {
			t.Errorf("FromAnswer(%v, %v) = %q, %v, want %q, %v", tt.correct, tt.confidence, o.Answer, *o.Margin, tt.answer, tt.margin)
		}
	}
	if ControlAnswer(schemas.AnswerFooled) != schemas.AnswerAccepted || ControlAnswer(schemas.AnswerCaught) != schemas.AnswerRejected || ControlAnswer(schemas.AnswerInvalid) != schemas.AnswerInvalid {
		t.Error("answers of controls")
	}
}

func TestFromChoices(t *testing.T) {
	for _, tt := range []struct {
		first, second         bool
		sureFirst, sureSecond float64
		want                  Opinion
	}{
		{true, true, 0.9, 0.6, Opinion{Answer: schemas.AnswerFooled, Margin: ptr(0.405465), Order: OrderBoth}},
		{true, true, 0.5, 1, Opinion{Answer: schemas.AnswerFooled, Margin: ptr(0.0), Order: OrderBoth}},
		{true, false, 0.9, 0.6, Opinion{Answer: schemas.AnswerCaught, Margin: ptr(-0.405465), Order: OrderFirst}},
		{false, true, 0.9, 0.6, Opinion{Answer: schemas.AnswerCaught, Margin: ptr(-2.197225), Order: OrderSecond}},
		{false, false, 0.5, 0.5, Opinion{Answer: schemas.AnswerCaught, Margin: ptr(0.0), Order: OrderNeither}},
		{false, false, 1, 0.1, Opinion{Answer: schemas.AnswerCaught, Margin: ptr(-4.59512), Order: OrderNeither}},
	} {
		if diff := cmp.Diff(tt.want, FromChoices(tt.first, tt.second, tt.sureFirst, tt.sureSecond)); diff != "" {
			t.Errorf("%+v: %s", tt, diff)
		}
	}
}

func TestFromScores(t *testing.T) {
	for _, tt := range []struct {
		candidate, rival float64
		answer           schemas.Answer
	}{
		{-3, -5, schemas.AnswerFooled}, {-5, -5, schemas.AnswerFooled}, {-5.1, -5, schemas.AnswerCaught},
		{math.Inf(-1), -5, schemas.AnswerInvalid}, {math.NaN(), -5, schemas.AnswerInvalid},
	} {
		o := FromScores(Likelihood{LogProb: tt.candidate + 1, Tokens: 2, Stop: -1},
			Likelihood{LogProb: tt.rival + 2, Tokens: 3, Stop: -2})
		var v schemas.Verdict
		o.Fill(&v)
		want := schemas.Verdict{Answer: tt.answer}
		if tt.answer != schemas.AnswerInvalid {
			want.Margin = ptr(round(tt.candidate - tt.rival))
			want.LogProb, want.Tokens, want.Stop = ptr(tt.candidate+1), ptr(int64(2)), ptr(-1.0)
			want.GoldenLogProb, want.GoldenTokens, want.GoldenStop = ptr(tt.rival+2), ptr(int64(3)), ptr(-2.0)
		}
		if diff := cmp.Diff(want, v, cmp.Comparer(func(a, b float64) bool { return round(a) == round(b) })); diff != "" {
			t.Errorf("a verdict of FromScores(%v, %v): %s", tt.candidate, tt.rival, diff)
		}
		if o.Answer != tt.answer || (o.Margin == nil) != (tt.answer == schemas.AnswerInvalid) || o.Margin != nil && *o.Margin != round(tt.candidate-tt.rival) {
			t.Errorf("FromScores(%v, %v) = %+v", tt.candidate, tt.rival, o)
		}
	}
}
