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

// Window is a context made ready for scoring: its cache and its golden's score.
// Scoring changes nothing in it.
type Window struct {
	s          *Scorer
	cache      cache
	tail, head string
	golden     scored
}

// scored is what the model makes of a completion: the probability of all that is scored,
// which decides, and of the completion's own tokens and what follows them apart.
type scored struct {
	all, own, after product
	tokens          int64 // of its own
}

// likelihood says it in nats.
func (s scored) likelihood() Likelihood {
	return Likelihood{LogProb: logRatio(s.own, one), Tokens: s.tokens, Stop: logRatio(s.after, one)}
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
	w.cache.grams.reserve(cacheOrder * (len(before) + len(after) + 2))
	w.cache.add(before)
	w.cache.add(after)
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

// Margin is the candidate's log-odds against the golden in nats: positive where
// the model prefers the candidate.
func (w *Window) Margin(candidate string) float64 {
	return logRatio(w.score(candidate).all, w.golden.all)
}

// Opinion is the model's on a candidate beside the golden, with both scores.
func (w *Window) Opinion(candidate string) Opinion {
	return opinionOf(w.score(candidate), w.golden)
}

func opinionOf(candidate, rival scored) Opinion {
	margin, a, b := logRatio(candidate.all, rival.all), candidate.likelihood(), rival.likelihood()
	return Opinion{Answer: Answer(margin), Margin: &margin, Candidate: &a, Rival: &b}
}

// Score is [Window.Margin] for one candidate. Several candidates of a context
// should share a Window: the cache costs as much as many scores.
func (s *Scorer) Score(prefix, golden, candidate, suffix string) float64 {
	return s.Window(prefix, golden, suffix).Margin(candidate)
}

// score is P(completion + head | tail): every token that ends after the tail counts. Those
// that begin before the completion ends are its own.
func (w *Window) score(completion string) scored {
	s := scored{all: one, own: one, after: one}
	end := len(w.tail) + len(completion)
	var keys []uint64
	for _, t := range text.Tokens(w.tail + completion + w.head) {
		keys = append(keys, tokenKey(t.Text))
		if t.End <= len(w.tail) {
			continue
		}
		q := w.s.prob(keys, t.Text)
		if w.cache.n > 0 {
			q = float64((1-cacheShare)*q) + float64(cacheShare*w.cache.prob(keys))
		}
		s.all.mul(q)
		if t.Start < end {
			s.own.mul(q)
			s.tokens++
		} else {
			s.after.mul(q)
		}
	}
	return s
}

// cache counts the n-grams of a window's two texts up to cacheOrder, each closed by
// the end token like a file. Its end tokens are contexts' continuations that no
// completion has: they take a little mass, and keep the counts consistent.
type cache struct {
	grams table
	n     uint32
	keys  []uint64
}

func (c *cache) add(tokens []text.Token) {
	if len(tokens) == 0 {
		return
	}
	keys := c.keys[:0]
	for _, t := range tokens {
		keys = append(keys, tokenKey(t.Text))
	}
	keys = append(keys, tokenKey(endToken))
	for i := range keys {
		for n := 1; n <= min(cacheOrder, i+1); n++ {
			c.grams.bump(gram(keys[i+1-n : i+1]))
		}
	}
	c.n += uint32(len(keys))
	c.keys = keys
}

func (c *cache) prob(keys []uint64) float64 {
	keys = keys[max(0, len(keys)-cacheOrder):]
	last := keys[len(keys)-1]
	p := float64(c.grams.get(last)) / float64(c.n)
	for n := 2; n <= len(keys); n++ {
		left := gram(keys[len(keys)-n : len(keys)-1])
		seen := c.grams.get(left)
		if seen == 0 {
			break
		}
		p = dirichlet(float64(c.grams.get(chain(left, last))), float64(seen), cacheMu, p)
	}
	return p
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
