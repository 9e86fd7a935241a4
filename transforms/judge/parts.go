package judge

import (
	"iter"
	"unicode"
	"unicode/utf8"

	"decoy/transforms/text"
)

const (
	// partOrder is the order of the model of a window's parts of words.
	partOrder = 4
	// partMu is the Dirichlet weight of each order under the next, baseMu that of the base under order 1.
	partMu = 1.0
	baseMu = 60.0
	// A part of a word is as likely as it is as a word in the counts of all files, or as its spelling.
	knownShare, spelledShare = 0.7, 0.05
	leastPart                = 1e-9
)

// partsOf are the parts of a token: of a word those between case changes, underscores and digits, of
// any other the whole. Last is true for the last one.
func partsOf(token string) iter.Seq2[string, bool] {
	return func(yield func(string, bool) bool) {
		if !text.IsWordByte(token[0]) {
			yield(token, true)
			return
		}
		start := 0
		var before, at rune
		for i, next := range token {
			if i > start && cuts(before, at, next) {
				from := i
				if unicode.IsUpper(at) && unicode.IsLower(next) { // the "P" of "HTTPServer" begins what follows
					from = i - utf8.RuneLen(at)
				}
				if from > start {
					if !yield(token[start:from], false) {
						return
					}
					start = from
				}
			}
			before, at = at, next
		}
		yield(token[start:], true)
	}
}

// cuts reports whether a part ends before next, or before at where that is the upper-case letter
// before a lower-case one.
func cuts(before, at, next rune) bool {
	switch {
	case at == 0:
		return false
	case (at == '_') != (next == '_'), unicode.IsDigit(at) != unicode.IsDigit(next):
		return true
	case unicode.IsUpper(next):
		return !unicode.IsUpper(at)
	}
	return unicode.IsUpper(at) && unicode.IsUpper(before)
}

// partKey is the key of a part as a 1-gram: the last of a word is another than the same within one.
func partKey(part string, last bool) uint64 {
	k := tokenKey(part)
	if last {
		return chain(k, 0x9e3779b97f4a7c15)
	}
	return k
}

// parts counts the n-grams of parts of a window's two texts up to partOrder, each closed by the end
// token like a file, so that each n-gram that is a context has as many continuations as occurrences.
type parts struct {
	grams table
	n     uint32
	keys  []uint64
}

func (c *parts) add(tokens []text.Token) {
	if len(tokens) == 0 {
		return
	}
	keys := c.keys[:0]
	for _, t := range tokens {
		for part, last := range partsOf(t.Text) {
			keys = append(keys, partKey(part, last))
		}
	}
	keys = append(keys, tokenKey(endToken))
	for i, key := range keys {
		c.grams.bump(key)
		for _, next := range keys[i+1 : min(len(keys), i+partOrder)] {
			key = chain(key, next)
			c.grams.bump(key)
		}
	}
	c.n += uint32(len(keys))
	c.keys = keys
}

// prob is the probability of the last of keys after the others, base where the window says nothing.
func (c *parts) prob(keys []uint64, base float64) float64 {
	keys = keys[max(0, len(keys)-partOrder):]
	last := keys[len(keys)-1]
	p := dirichlet(float64(c.grams.get(last)), float64(c.n), baseMu, base)
	for n := 2; n <= len(keys); n++ {
		left := gram(keys[len(keys)-n : len(keys)-1])
		seen := c.grams.get(left)
		if seen == 0 {
			break
		}
		p = dirichlet(float64(c.grams.get(chain(left, last))), float64(seen), partMu, p)
	}
	return p
}

// part is the probability of a part of a word anywhere.
func (s *Scorer) part(part string) float64 {
	if c := s.count(tokenKey(part)); c > 0 && s.tokens > 0 {
		return max(leastPart, float64(knownShare*c)/float64(s.tokens))
	}
	return max(leastPart, float64(spelledShare*s.spelling(part)))
}
