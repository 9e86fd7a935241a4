package judge

import (
	"math"
	"slices"
	"unicode/utf8"

	"decoy/schemas"
)

// Controls picks the golden controls of judges that compare: the n-gram judge, and
// the protocols pairwise and logprob. Such a judge cannot be shown the golden against itself
// (margin 0, always), and the golden
// against a negative of its own context repeats that negative's verdict. What it
// can be asked is whether it prefers the right text, by the very same rule, to real
// code that is certainly wrong here: the golden of another context of the same kind
// in the shard, of the last 64 the one nearest in length, since a sum of
// log-probabilities favours the shorter text. The share that it accepts says how
// much the judge is worth; about one half would mean that its fool rates say
// nothing.
//
// Feed it the contexts that have a negative, in the shard's order (by id). Judges of
// one passage need no such rule: their control shows the golden in a negative's place.
type Controls struct {
	share float64
	last  map[[2]string][]string // goldens by language and kind, oldest first
}

// remembered goldens of a language and kind.
const remembered = 64

// NewControls picks about share (0 to 1) of the contexts, by a hash of their ids.
func NewControls(share float64) *Controls {
	return &Controls{share: share, last: map[[2]string][]string{}}
}

// Sampled reports whether a context is among the share that has a golden control,
// for any judge.
func Sampled(contextID string, share float64) bool {
	return float64(schemas.Key64("golden control", contextID)>>11) < share*(1<<53)
}

// Pick returns the foreign golden to set against c's own, ok = false where c has
// no control: it is not sampled, or nothing but its own text came before it.
func (s *Controls) Pick(c *schemas.Context) (foreign string, ok bool) {
	k := [2]string{c.Language, c.Kind}
	nearest := math.MaxInt
	for _, g := range s.last[k] {
		d := utf8.RuneCountInString(g) - utf8.RuneCountInString(c.Golden)
		if d = max(d, -d); g != c.Golden && d < nearest {
			foreign, nearest = g, d
		}
	}
	if len(s.last[k]) == remembered {
		s.last[k] = slices.Delete(s.last[k], 0, 1)
	}
	s.last[k] = append(s.last[k], c.Golden)
	return foreign, nearest < math.MaxInt && Sampled(c.ID, s.share)
}

// Control scores the golden against a foreign one: accepted at margin ≥ 0, where
// the margin is the golden's.
func (w *Window) Control(foreign string) (answer string, margin float64) {
	margin = logRatio(w.golden, w.score(foreign))
	return ControlAnswer(Answer(margin)), margin
}

// ControlAnswer is the answer on a control that corresponds to one on a negative:
// a judge that takes what it sees for right is fooled by a negative and accepts a
// golden.
func ControlAnswer(answer string) string {
	switch answer {
	case schemas.AnswerFooled:
		return schemas.AnswerAccepted
	case schemas.AnswerCaught:
		return schemas.AnswerRejected
	}
	return answer
}
