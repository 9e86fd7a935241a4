package judge

import (
	"fmt"
	"io"
)

// Weights by order, chosen by the log-probability of six held-out folds of Go
// modules. They are part of the code version.
var (
	tokenMu = [Order + 1]float64{2: 8, 3: 4, 4: 2}
	byteMu  = [Order + 1]float64{1: 1, 2: 4, 3: 8, 4: 12}
)

const (
	// trust is the weight of a context's own counts in the limit. Without it a
	// context as frequent as "." would leave next to nothing for names that never
	// stood behind it: 4.93 nats a token, against 4.59 with it.
	trust = 0.6
	// unseenShare is what order 1 keeps for tokens without a count.
	unseenShare = 0.05
)

// Model is the counts of all folds of one language. It is read-only: any number of
// scorers may share it.
type Model struct {
	grams         table
	tokens, bytes uint64
}

// Load sums the count files of a language, one a fold (or any other parts whose
// sum is the whole).
func Load(folds []io.Reader) (*Model, error) {
	m := &Model{}
	for i, r := range folds {
		if err := m.read(r); err != nil {
			return nil, fmt.Errorf("fold %d: %w", i, err)
		}
	}
	return m, nil
}

func (m *Model) read(r io.Reader) error {
	c, err := newCountsReader(r)
	if err != nil {
		return err
	}
	m.tokens += c.tokens
	m.bytes += c.bytes
	for c.section < sections {
		key, count, ok, err := c.next()
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		if err := m.grams.add(key, count); err != nil {
			return err
		}
	}
	return nil
}

// Entries is the number of distinct n-grams.
func (m *Model) Entries() int { return m.grams.n }

// Without is the scorer for repositories of one fold: the model less the counts of
// that fold, which must be one of the files that the model was loaded from. With a
// nil reader nothing is subtracted (a fold that counted no file). Score the
// repositories of a fold together: a scorer holds its fold's table.
func (m *Model) Without(fold io.Reader) (*Scorer, error) {
	s := &Scorer{total: m, tokens: m.tokens, bytes: m.bytes}
	if fold == nil {
		return s, nil
	}
	if err := s.fold.read(fold); err != nil {
		return nil, fmt.Errorf("leave out a fold: %w", err)
	}
	for i, k := range s.fold.grams.keys {
		if k != 0 && s.fold.grams.vals[i] > m.grams.get(k) {
			return nil, fmt.Errorf("leave out a fold: it counts %d of n-gram %x, all folds together %d: it is not "+
				"one of the model's files", s.fold.grams.vals[i], k, m.grams.get(k))
		}
	}
	if s.fold.tokens > m.tokens || s.fold.bytes > m.bytes {
		return nil, fmt.Errorf("leave out a fold: it has %d tokens, all folds together %d: it is not one of the "+
			"model's files", s.fold.tokens, m.tokens)
	}
	s.tokens -= s.fold.tokens
	s.bytes -= s.fold.bytes
	return s, nil
}

// Scorer scores the repositories of one fold. It is read-only.
type Scorer struct {
	total         *Model
	fold          Model
	tokens, bytes uint64
}

// count is a key's count in all folds but the scorer's own.
func (s *Scorer) count(key uint64) float64 {
	n := s.total.grams.get(key)
	if n != 0 {
		n -= s.fold.grams.get(key)
	}
	return float64(n)
}

// dirichlet is (count + mu·lower) / (context + mu), with the product rounded before
// it is added.
func dirichlet(count, context, mu, lower float64) float64 {
	return (count + float64(mu*lower)) / (context + mu)
}

// prob is the probability of the last of keys after the others, at most Order-1 of
// them. text is the last token's text.
func (s *Scorer) prob(keys []uint64, text string) float64 {
	keys = keys[max(0, len(keys)-Order):]
	last := keys[len(keys)-1]
	p := s.unigram(last, text)
	for n := 2; n <= len(keys); n++ {
		left := gram(keys[len(keys)-n : len(keys)-1])
		seen := s.count(left)
		if seen == 0 {
			break // and so has every longer context
		}
		w := trust * seen / (seen + tokenMu[n])
		p = float64(w*s.count(chain(left, last))/seen) + float64((1-w)*p)
	}
	return p
}

func (s *Scorer) unigram(key uint64, text string) float64 {
	if c := s.count(key); c > 0 {
		return (1 - unseenShare) * c / float64(s.tokens)
	}
	p := s.spelling(text)
	if s.tokens > 0 {
		p *= unseenShare
	}
	return p
}

// spelling is the probability of a token's bytes and their end.
func (s *Scorer) spelling(text string) float64 {
	keys := spellingKeys(text, make([]uint64, 0, 40))
	p := 1.0
	for i := 2; i <= len(keys); i++ {
		p = float64(p * s.symbol(keys[:i]))
	}
	return max(p, smallest)
}

// symbol is the probability of the last of keys, a byte or the stop, after the
// others. Below order 1 all 257 outcomes are alike.
func (s *Scorer) symbol(keys []uint64) float64 {
	keys = keys[max(0, len(keys)-Order):]
	last := keys[len(keys)-1]
	p := dirichlet(s.count(last), float64(s.bytes), byteMu[1], 1.0/257)
	for n := 2; n <= len(keys); n++ {
		left := gram(keys[len(keys)-n : len(keys)-1])
		seen := s.count(left)
		if seen == 0 {
			break
		}
		p = dirichlet(s.count(chain(left, last)), seen, byteMu[n], p)
	}
	return p
}

// smallest keeps a token of text.LongWord strange bytes from underflowing.
const smallest = 1e-300
