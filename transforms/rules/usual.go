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
	by    map[string][]int32 // sub-token → names that hold it, of the first maxRelated
	all   []counted
}

type counted struct {
	name  string
	count int64
}

// maxUsual bounds the names whose count is kept, maxRelated those that are found by their words.
const maxUsual, maxRelated = 4096, 1024

func newUsual() *usual { return &usual{often: map[string]float64{}, by: map[string][]int32{}} }

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
	for i, name := range u.names[:min(maxRelated, len(u.names))] {
		for _, t := range subTokens(name) {
			u.by[t] = append(u.by[t], int32(i))
		}
	}
	u.all = nil
}

// related are the names that are related to one of these sub-tokens, the most frequent first.
func (u *usual) related(tokens []string) (out []string) {
	var list []int32
	for _, t := range tokens {
		if len(t) > 2 {
			list = append(list, u.by[t]...)
		}
		for _, g := range synonyms[t] {
			for _, w := range groupsOfWords[g] {
				list = append(list, u.by[w]...)
			}
		}
	}
	slices.Sort(list)
	for _, i := range slices.Compact(list) {
		out = append(out, u.names[i])
	}
	return out
}

var groupsOfWords = slices.Concat(verbs, nouns)

// synonyms are the groups of verbs and nouns that hold a word.
var synonyms = func() map[string][]int {
	m := map[string][]int{}
	for i, group := range groupsOfWords {
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
			if t == o && len(t) > 2 || slices.ContainsFunc(synonyms[t], func(g int) bool {
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
