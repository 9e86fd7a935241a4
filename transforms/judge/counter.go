package judge

import (
	"cmp"
	"iter"
	"slices"

	"github.com/zeebo/xxh3"

	"decoy/schemas"
	"decoy/transforms/text"
)

// Counter counts the n-grams of files of one language and fold. The zero value is
// empty. The order of Add does not matter.
type Counter struct {
	tables [sections]table
	tokens uint64 // events of the token model: tokens and ends of files
	bytes  uint64 // events of the spelling model: bytes and stops
	keys   []uint64
	seen   map[uint64]bool
	err    error
}

// Add counts one file. Each distinct token of the file is spelled once: the
// spelling model is to know what names look like, not how often "(" stands.
func (c *Counter) Add(tokens []text.Token) {
	if len(tokens) == 0 {
		return
	}
	if c.seen == nil {
		c.seen = map[uint64]bool{}
	}
	clear(c.seen)
	keys := c.keys[:0]
	var spelling []uint64
	for _, t := range tokens {
		k := tokenKey(t.Text)
		keys = append(keys, k)
		if !c.seen[k] {
			c.seen[k] = true
			spelling = spellingKeys(t.Text, spelling)
			c.count(spelling[:1], Order) // the start is a context only
			for i := 2; i <= len(spelling); i++ {
				c.count(spelling[:i], Order)
			}
			c.bytes += uint64(len(spelling) - 1)
		}
	}
	keys = append(keys, tokenKey(endToken))
	for i := 1; i <= len(keys); i++ {
		c.count(keys[:i], 0)
	}
	c.tokens += uint64(len(keys))
	c.keys = keys
}

// count counts the n-grams that end at the last of keys in the sections from base.
func (c *Counter) count(keys []uint64, base int) {
	keys = keys[max(0, len(keys)-Order):]
	endings(keys, func(order int, key uint64) {
		if err := c.tables[base+order-1].add(key, 1); err != nil {
			c.err = err
		}
	})
}

// Tokens is the number of tokens counted, ends of files included.
func (c *Counter) Tokens() int64 { return int64(c.tokens) }

// Sample holds the files that a shard counts in one language: those with the
// smallest content hashes, just enough of them to reach the quota of tokens. Which
// ones these are does not depend on the order in which they are offered. It keeps
// the texts of these files: about 4 bytes a token.
//
// Volume: a laptop build counts 4 M tokens a language; a shard's quota is that
// divided by the number of shards.
type Sample struct {
	quota  int64
	tokens int64
	files  []sampled // sorted by (content, fold)
}

type sampled struct {
	content uint64
	fold    int
	src     string
	tokens  int64
}

func compareSampled(a, b sampled) int {
	return cmp.Or(cmp.Compare(a.content, b.content), cmp.Compare(a.fold, b.fold))
}

// NewSample is a sample of at least quota tokens where so many are offered.
func NewSample(quota int64) *Sample { return &Sample{quota: quota} }

// Offer offers a file of a fold and keeps src while it is in the sample. The same
// content in the same fold counts once.
func (s *Sample) Offer(fold int, src string) {
	f := sampled{content: xxh3.HashString(src), fold: fold}
	if n := len(s.files); s.tokens >= s.quota && (n == 0 || compareSampled(f, s.files[n-1]) > 0) {
		return
	}
	i, found := slices.BinarySearchFunc(s.files, f, compareSampled)
	if found {
		return
	}
	f.src, f.tokens = src, int64(len(text.Tokens(src)))
	s.files = slices.Insert(s.files, i, f)
	s.tokens += f.tokens
	for n := len(s.files); n > 0 && s.tokens-s.files[n-1].tokens >= s.quota; n-- {
		s.tokens -= s.files[n-1].tokens
		s.files[n-1] = sampled{}
		s.files = s.files[:n-1]
	}
}

// Files yields the fold and the text of each file in the sample.
func (s *Sample) Files() iter.Seq2[int, string] {
	return func(yield func(int, string) bool) {
		for _, f := range s.files {
			if !yield(f.fold, f.src) {
				return
			}
		}
	}
}

// Counters counts the sample by fold; a fold without files has nil.
func (s *Sample) Counters() (out [schemas.Folds]*Counter) {
	for _, f := range s.files {
		if out[f.fold] == nil {
			out[f.fold] = &Counter{}
		}
		out[f.fold].Add(text.Tokens(f.src))
	}
	return out
}
