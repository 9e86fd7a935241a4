package rules

import (
	"cmp"
	"math"
	"slices"
)

// usual is how often the names of a group are written, for those that are written most: what
// a model writes where it knows nothing closer.
type usual struct {
	names []string // the most frequent first
	often map[string]float64
	all   []counted
}

type counted struct {
	name  string
	count int64
}

// maxUsual bounds the names whose count is kept.
const maxUsual = 4096

func newUsual() *usual { return &usual{often: map[string]float64{}} }

func (u *usual) add(name string, count int64) {
	if count > 1 {
		u.all = append(u.all, counted{name, count})
	}
}

func (u *usual) finish() {
	slices.SortFunc(u.all, func(a, b counted) int {
		return cmp.Or(cmp.Compare(b.count, a.count), cmp.Compare(a.name, b.name))
	})
	for _, c := range u.all[:min(maxUsual, len(u.all))] {
		u.names = append(u.names, c.name)
		u.often[c.name] = math.Log1p(float64(c.count))
	}
	u.all = nil
}

// synonyms are the groups of verbs and nouns that hold a word.
var synonyms = func() map[string][]int {
	m := map[string][]int{}
	for i, group := range slices.Concat(verbs, nouns) {
		for _, w := range group {
			m[w] = append(m[w], i)
		}
	}
	return m
}()

// related reports whether two names have a word in common, or words that stand for one another:
// a reader takes one for the other.
func related(tokens []string, name string) bool {
	for _, t := range subTokens(name) {
		for _, o := range tokens {
			if t == o && len(t) > 1 || slices.ContainsFunc(synonyms[t], func(g int) bool {
				return slices.Contains(synonyms[o], g)
			}) {
				return true
			}
		}
	}
	return false
}

// bySign takes the first n names each that are shorter than another, as long, and longer: of
// a length that is wanted there should be some.
func bySign(was string, names []string, n int) (out []string) {
	var taken [3]int
	for _, name := range names {
		k := sign(len(name)-len(was)) + 1
		if taken[k] < n {
			taken[k]++
			out = append(out, name)
		}
	}
	return out
}
