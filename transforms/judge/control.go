package judge

import (
	"cmp"
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
// code that is certainly wrong here: the golden of another context of the same kind in
// the shard, of another file, of those it keeps the one nearest in length, since a sum
// of log-probabilities favours the shorter text, and rather one of the same cut and form: a
// receiver, a ";" or a newline that does not fit would tell. The share that it accepts says how
// much the judge is worth; about one half would mean that its fool rates say nothing.
//
// Feed it with Add the contexts that have a negative, in any order; then Pick. It keeps
// at most 256 goldens of a language and kind, by a hash of their contexts' ids. Judges
// of one passage need no such rule: their control shows the golden in a negative's place.
type Controls struct {
	share float64
	kept  map[likeness][]rival // in the order of their keys
}

// likeness is what a golden and its rival have in common.
type likeness struct {
	language schemas.Language
	kind     schemas.Kind
}

// rival is a golden that others may be set against.
type rival struct {
	key    uint64
	id     string
	golden string
	chars  int
	cut    schemas.Cut
	form   schemas.CallForm
}

// maxRivals of a language and kind.
const maxRivals = 256

// otherForm is farther than any length.
const otherForm = 1 << 20

// NewControls picks about share (0 to 1) of the contexts, by a hash of their ids.
func NewControls(share float64) *Controls {
	return &Controls{share: share, kept: map[likeness][]rival{}}
}

// Sampled reports whether a context is among the share that has a golden control,
// for any judge.
func Sampled(contextID string, share float64) bool {
	return float64(schemas.Key64("golden control", contextID)>>11) < share*(1<<53)
}

// Add takes a context whose golden others may be set against.
func (s *Controls) Add(c *schemas.Context) {
	k := likeness{c.Language, c.Kind}
	r := rival{schemas.Key64("rival", c.ID), c.ID, c.Golden, utf8.RuneCountInString(c.Golden), c.Cut, c.CallForm}
	kept := s.kept[k]
	at, _ := slices.BinarySearchFunc(kept, r, func(a, b rival) int {
		return cmp.Or(cmp.Compare(a.key, b.key), cmp.Compare(a.id, b.id))
	})
	if at == maxRivals {
		return
	}
	kept = slices.Insert(kept, at, r)
	s.kept[k] = kept[:min(len(kept), maxRivals)]
}

// Pick returns the foreign golden to set against c's own, ok = false where c has
// no control: it is not sampled, or there is nothing but its own text and its own file.
func (s *Controls) Pick(c *schemas.Context) (foreign string, ok bool) {
	if !Sampled(c.ID, s.share) {
		return "", false
	}
	chars, nearest := utf8.RuneCountInString(c.Golden), math.MaxInt
	for _, r := range s.kept[likeness{c.Language, c.Kind}] {
		d := max(r.chars-chars, chars-r.chars)
		if r.cut != c.Cut || r.form != c.CallForm {
			d += otherForm
		}
		if d < nearest && r.golden != c.Golden && r.id != c.ID && !schemas.SameFile(r.id, c.ID) {
			foreign, nearest = r.golden, d
		}
	}
	return foreign, nearest < math.MaxInt
}

// Control scores the golden against a foreign one: accepted at margin ≥ 0, where
// the margin is the golden's.
func (w *Window) Control(foreign string) Opinion {
	o := FromScores(w.golden, w.score(foreign))
	o.Answer = ControlAnswer(o.Answer)
	return o
}

// ControlAnswer is the answer on a control that corresponds to one on a negative:
// a judge that takes what it sees for right is fooled by a negative and accepts a
// golden.
func ControlAnswer(answer schemas.Answer) schemas.Answer {
	switch answer {
	case schemas.AnswerFooled:
		return schemas.AnswerAccepted
	case schemas.AnswerCaught:
		return schemas.AnswerRejected
	}
	return answer
}
