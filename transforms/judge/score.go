package judge

import (
	"strings"
	"unicode/utf8"

	"decoy/schemas"
	"decoy/transforms/text"
)

const (
	// suffixTokens of the suffix are scored behind a completion.
	suffixTokens = 32
	// tailBytes of the prefix are lexed with a completion, from a line start where
	// there is one: the model looks at 3 tokens.
	tailBytes = 1024
)

// The weights of a score, and what they weigh. They are fitted: over pairs of completions of one
// place, such that the score orders them as a FIM model of 30 M parameters does (a logistic
// regression), then scaled to its nats. Nothing else of that model is here.
const (
	wordWeight  = 0.25  // of ln P in the counts of all files but the fold's
	stopWeight  = 0.79  // of the same, of the tokens behind the completion
	partWeight  = 0.31  // of ln P in the window's own parts of words
	tokenWeight = 0.76  // of a token: a model's price is by what must be guessed, of which a token has one
	byteWeight  = -0.55 // of a byte
)

// Window is a context made ready for scoring: the counts of its parts and its golden's score.
// Scoring changes nothing in it.
type Window struct {
	s          *Scorer
	parts      parts
	tail, head string
	golden     Likelihood
}

// Window prepares the context prefix + golden + suffix.
func (s *Scorer) Window(prefix, golden, suffix string) *Window {
	after := text.Tokens(suffix)
	head := suffix
	if len(after) > suffixTokens {
		head = suffix[:after[suffixTokens-1].End]
	}
	w := &Window{s: s, tail: tail(prefix), head: head}
	before := text.Tokens(prefix)
	w.parts.grams.reserve(2 * partOrder * (len(before) + len(after) + 2))
	w.parts.add(before)
	w.parts.add(after)
	w.golden = w.score(golden)
	return w
}

// tail is the end of prefix that is lexed with a completion.
func tail(prefix string) string {
	if len(prefix) <= tailBytes {
		return prefix
	}
	t := prefix[len(prefix)-tailBytes:]
	if i := strings.IndexByte(t, '\n'); i >= 0 {
		return t[i+1:]
	}
	return t
}

// Margin is by how much the candidate's score is above the golden's: positive where the judge
// prefers the candidate.
func (w *Window) Margin(candidate string) float64 { return *w.Opinion(candidate).Margin }

// Opinion is the judge's on a candidate beside the golden, with both scores.
func (w *Window) Opinion(candidate string) Opinion { return FromScores(w.score(candidate), w.golden) }

// Score is [Window.Margin] for one candidate. Several candidates of a context
// should share a Window: its counts cost as much as many scores.
func (s *Scorer) Score(prefix, golden, candidate, suffix string) float64 {
	return s.Window(prefix, golden, suffix).Margin(candidate)
}

// score is that of completion + head behind tail: every token that ends after the tail counts.
// Those that begin before the completion ends are its own; what follows is its stop.
func (w *Window) score(completion string) Likelihood {
	words, inner, after := one, one, one
	tokens := int64(0)
	end := len(w.tail) + len(completion)
	var keys, partKeys []uint64
	for _, t := range text.Tokens(w.tail + completion + w.head) {
		keys = append(keys, tokenKey(t.Text))
		if t.Start >= end {
			after.mul(w.s.prob(keys, t.Text))
			continue
		}
		own := t.End > len(w.tail)
		for part, last := range partsOf(t.Text) {
			partKeys = append(partKeys, partKey(part, last))
			if own {
				inner.mul(w.parts.prob(partKeys, w.s.part(part)))
			}
		}
		if own {
			words.mul(w.s.prob(keys, t.Text))
			tokens++
		}
	}
	score := float64(wordWeight*words.ln()) + float64(partWeight*inner.ln()) + float64(tokenWeight*float64(tokens)) +
		float64(byteWeight*float64(len(completion)))
	return Likelihood{LogProb: round(score), Tokens: tokens, Stop: round(float64(stopWeight * after.ln()))}
}

// Answer is the verdict that a margin means: fooled at 0 and above.
func Answer(margin float64) schemas.Answer {
	if margin >= 0 {
		return schemas.AnswerFooled
	}
	return schemas.AnswerCaught
}

// ShorterWins is the bare baseline judge: it knows length in characters and
// nothing else, and is fooled by what is not longer than the golden. What another
// judge's fool rate is worth shows beside this one's.
func ShorterWins(golden, candidate string) bool {
	return utf8.RuneCountInString(candidate) <= utf8.RuneCountInString(golden)
}
