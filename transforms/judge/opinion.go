package judge

import (
	"math"

	"decoy/schemas"
)

// Opinion is what a judge's answers about one candidate say together, in the words of
// a negative: fooled where the judge takes the candidate for right. [ControlAnswer]
// turns it into a control's words.
type Opinion struct {
	Answer    schemas.Answer
	Margin    *float64
	Order     string      // of a pair, else ""
	Candidate *Likelihood // of judges that score, with the rival's; else nil
	Rival     *Likelihood
}

// Likelihood is the log-probability of a text at a place in nats: the sum over its tokens, and
// apart that of what ends it.
type Likelihood struct {
	LogProb float64
	Tokens  int64
	Stop    float64
}

// Sum is what scores are compared by.
func (s Likelihood) Sum() float64 { return s.LogProb + s.Stop }

// Fill writes an opinion into a verdict.
func (o Opinion) Fill(v *schemas.Verdict) {
	v.Answer, v.Margin, v.Order = o.Answer, o.Margin, o.Order
	v.LogProb, v.Tokens, v.Stop = o.Candidate.fields()
	v.GoldenLogProb, v.GoldenTokens, v.GoldenStop = o.Rival.fields()
}

func (s *Likelihood) fields() (logProb *float64, tokens *int64, stop *float64) {
	if s == nil {
		return nil, nil, nil
	}
	sum, n, end := round(s.LogProb), s.Tokens, round(s.Stop)
	return &sum, &n, &end
}

// Invalid is the opinion of a judge that gave no answer that could be read.
var Invalid = Opinion{Answer: schemas.AnswerInvalid}

// Orders of a pair's verdict: in which orders of the two passages the judge took the
// candidate for the developer's. First and second are ties, and say which place the
// judge leans to.
const (
	OrderBoth    = "both"
	OrderFirst   = "first"  // only when it came first
	OrderSecond  = "second" // only when it came second
	OrderNeither = "neither"
)

// FromAnswer is the opinion of a judge that says whether a candidate is right, and
// how sure it is of that (0.5 to 1; less counts as 0.5). The margin is the log-odds of
// "right" that this states, within ±4.6 (confidence 0.99): stated certainty is not
// evidence.
func FromAnswer(correct bool, confidence float64) Opinion {
	m := stated(correct, confidence)
	return Opinion{Answer: says(correct), Margin: &m}
}

// FromChoices is the opinion of a judge that was asked in both orders which of two
// passages the developer wrote, from whether it chose the candidate when that came
// first and second, and how sure it was. It is fooled only if the candidate wins
// both: a judge that goes by the place alone wins one each, which is a tie, and a tie
// is a catch. The margin is that of the order in which the candidate did worse, so
// that it is never below 0 for a candidate that won and never above 0 for one that
// did not.
func FromChoices(first, second bool, sureFirst, sureSecond float64) Opinion {
	m := min(stated(first, sureFirst), stated(second, sureSecond))
	o := Opinion{Answer: says(first && second), Margin: &m}
	switch {
	case first && second:
		o.Order = OrderBoth
	case first:
		o.Order = OrderFirst
	case second:
		o.Order = OrderSecond
	default:
		o.Order = OrderNeither
	}
	return o
}

// FromScores is the opinion of a model that scored the candidate and its rival at the
// same place, each with its end: fooled where the candidate is at least as
// likely. A score that is no number gives no opinion.
func FromScores(candidate, rival Likelihood) Opinion {
	m := candidate.Sum() - rival.Sum()
	if math.IsNaN(m) || math.IsInf(m, 0) {
		return Invalid
	}
	m = round(m)
	return Opinion{Answer: Answer(m), Margin: &m, Candidate: &candidate, Rival: &rival}
}

func says(fooled bool) schemas.Answer {
	if fooled {
		return schemas.AnswerFooled
	}
	return schemas.AnswerCaught
}

// stated is the log-odds that a judge's words give to a candidate.
func stated(yes bool, confidence float64) float64 {
	if math.IsNaN(confidence) {
		confidence = 0.5
	}
	confidence = min(max(confidence, 0.5), 0.99)
	m := round(ln(confidence / (1 - confidence)))
	if !yes {
		return round(-m)
	}
	return m
}
