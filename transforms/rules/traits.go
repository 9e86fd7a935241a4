package rules

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"decoy/schemas"
)

// traits are what a candidate is beside its golden, or what each of that is worth.
type traits struct {
	longer      float64 // root of the characters that it is longer
	shorter     float64 // of those that it is shorter; half of longer's, so that a size tells little
	words       float64 // how many sub-tokens more the new text has
	inWindow    float64 // the new name stands in the window
	count       float64 // how often, as log(1+n)
	far         float64 // tenths of log2 of the bytes to the nearest place; 2 where there is none
	wasInWindow float64 // the replaced name stands in the window beside the golden
	wasCount    float64 // how often, as log(1+n)
	near        float64 // how alike the two names are, 0 to 1
	head        float64 // the share of the replaced text that both begin with
	invented    float64
	shared      float64 // the share of the new name's sub-tokens that stand near the golden
	extends     float64 // the new name begins with the replaced one
	shortens    float64 // the replaced one begins or ends with the new name
	called      float64 // calls of the new name in the window, as log(1+n)
	declared    float64 // the repository declares the new name
	rank        float64 // of the place, in quarters
	often       float64 // how often the corpus has the new name, as log(1+n)/10
	wasOften    float64 // how often it has the replaced one
	follows     float64 // the window has the new text behind what stands before it
	leads       float64 // the window has it before what stands behind it
	wasFollows  float64 // the same of the replaced text
	wasLeads    float64
}

// dot is the sum of the traits, each times its weight.
func (t *traits) dot(w *traits) float64 {
	return t.longer*w.longer + t.shorter*w.shorter + t.words*w.words + t.inWindow*w.inWindow + t.count*w.count +
		t.far*w.far +
		t.wasInWindow*w.wasInWindow + t.wasCount*w.wasCount + t.near*w.near + t.head*w.head +
		t.invented*w.invented + t.shared*w.shared + t.extends*w.extends + t.shortens*w.shortens +
		t.called*w.called + t.declared*w.declared + t.rank*w.rank + t.often*w.often + t.wasOften*w.wasOften +
		t.follows*w.follows + t.leads*w.leads + t.wasFollows*w.wasFollows + t.wasLeads*w.wasLeads
}

// traits are those of a candidate, and how alike the two names are.
func (s *scene) traits(k *Candidate) (t traits, alike float64) {
	was := s.text(k.start, k.end)
	is := k.Text[k.start-s.start : len(k.Text)-(s.end-k.end)]
	added, taken := onlyIn(is, was), onlyIn(was, is)
	t.rank = float64(k.rank) / 4
	if n := utf8.RuneCountInString(is) - utf8.RuneCountInString(was); n > 0 {
		t.longer = math.Sqrt(float64(n))
	} else {
		t.shorter = math.Sqrt(float64(-n))
	}
	t.words = float64(len(subTokens(is))-len(subTokens(was))) / 4
	if k.Invented {
		t.invented = 1
	}
	head := 0
	for head < min(len(is), len(was)) && is[head] == was[head] {
		head++
	}
	t.head = float64(head) / float64(max(1, len(was)))
	if seen := most(taken, s.sight.count); seen > 0 {
		t.wasInWindow, t.wasCount = 1, math.Log1p(float64(seen))
	}
	t.follows, t.leads = s.stands(k, is)
	t.wasFollows, t.wasLeads = s.stands(k, was)
	often := s.pool.usual[groupFor[s.typ]].often
	if len(taken) > 0 {
		t.wasOften = often[taken[0]] / 10
	}
	if len(added) == 0 {
		return t, 0
	}
	name := added[0]
	t.often = often[name] / 10
	if seen := least(added, s.sight.count); seen > 0 {
		t.inWindow, t.count = 1, math.Log1p(float64(seen))
	}
	for _, n := range added {
		if at, ok := s.sight.near[n]; ok {
			t.far = max(t.far, math.Log2(float64(at+16))/10)
		} else {
			t.far = 2
		}
	}
	beside := map[string]bool{}
	addSubTokens(beside, s.c.Golden[:k.start-s.start])
	addSubTokens(beside, s.c.Golden[k.end-s.start:])
	t.shared = s.sharedNearby(subTokens(name), beside)
	t.called = math.Log1p(float64(s.sight.called[name]))
	if len(s.index.declared[name]) > 0 {
		t.declared = 1
	}
	if len(taken) > 0 {
		alike = nearness(taken[0], subTokens(taken[0]), name)
		t.near = alike
		if strings.HasPrefix(name, taken[0]) {
			t.extends = 1
		}
		if strings.HasPrefix(taken[0], name) || strings.HasSuffix(taken[0], name) {
			t.shortens = 1
		}
	}
	return t, alike
}

// groupFor are the names that say how usual one is, by the type of error.
var groupFor = map[schemas.Type]group{
	schemas.TypeImport: imported, schemas.TypeMethod: callables, schemas.TypeParameter: values,
	schemas.TypeUndefinedVariable: values,
}

// stands reports whether the window has a text behind the last word before a candidate's place,
// and before the first one behind it.
func (s *scene) stands(k *Candidate, text string) (follows, leads float64) {
	before, behind := s.f.Src[:k.start], s.f.Src[k.end:]
	i := wordsBack(before)
	j := wordsOn(behind)
	has := func(t string) bool { return strings.Contains(s.c.Prefix, t) || strings.Contains(s.c.Suffix, t) }
	if has(string(before[i:]) + text) {
		follows = 1
	}
	if has(text + string(behind[:j])) {
		leads = 1
	}
	return follows, leads
}

// sharedNearby is the share of sub-tokens that stand near the golden, or in it beside.
func (s *scene) sharedNearby(tokens []string, beside map[string]bool) float64 {
	n := 0
	for _, t := range tokens {
		if s.sight.around[t] || beside[t] {
			n++
		}
	}
	return float64(n) / float64(max(1, len(tokens)))
}

func least(names []string, count map[string]int) int {
	out := count[names[0]]
	for _, n := range names {
		out = min(out, count[n])
	}
	return out
}

func most(names []string, count map[string]int) (out int) {
	for _, n := range names {
		out = max(out, count[n])
	}
	return out
}

// onlyIn are the identifiers of a text that another has not.
func onlyIn(text, other string) (out []string) {
	var all []string
	each(other, func(_ int, n string) { all = append(all, n) })
	each(text, func(_ int, n string) {
		if !slices.Contains(all, n) {
			all, out = append(all, n), append(out, n)
		}
	})
	return out
}
