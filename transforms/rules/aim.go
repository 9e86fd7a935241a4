package rules

import (
	"math"
	"slices"
	"strings"
	"unicode/utf8"

	"decoy/schemas"
)

// weights are what a candidate gains and loses by what it is beside its golden. They were fitted
// to which candidates a model of 30 M parameters prefers to the golden (logistic regression
// by type on 45,016 of all candidates of 3,568 contexts in eight languages; the model had seen
// permissive code of other repositories, extracted by decoy), plus .3 of the weights by which
// verify certifies them. No judge of decoy's has a part in them. Negatives that are
// shorter are preferred more often for that alone: shortness has no weight, so that only
// what is longer loses by its length.
type weights struct {
	traits
	tricks map[Trick]float64
}

// traits are what a candidate is beside its golden, or what each of that is worth.
type traits struct {
	longer      float64 // root of the characters that it is longer
	shorter     float64 // of those that it is shorter; as much as longer, so that a size tells no side
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
	return t.longer*w.longer + t.shorter*w.shorter + t.words*w.words + t.inWindow*w.inWindow + t.count*w.count + t.far*w.far +
		t.wasInWindow*w.wasInWindow + t.wasCount*w.wasCount + t.near*w.near + t.head*w.head +
		t.invented*w.invented + t.shared*w.shared + t.extends*w.extends + t.shortens*w.shortens +
		t.called*w.called + t.declared*w.declared + t.rank*w.rank + t.often*w.often + t.wasOften*w.wasOften +
		t.follows*w.follows + t.leads*w.leads + t.wasFollows*w.wasFollows + t.wasLeads*w.wasLeads
}

var aims = map[schemas.Type]weights{
	schemas.TypeImport: {
		traits: traits{
			longer: -0.58, shorter: -0.58, words: -0.36, inWindow: -0.4, far: -0.3, wasInWindow: -0.44,
			wasCount: -0.03, near: -0.36, head: 0.37, invented: -1.09, shared: 0.34, extends: -0.74,
			shortens: -0.04, called: -0.45, declared: 0.31, often: 0.28, wasOften: -0.47, follows: 0.19,
			leads: 0.71, wasFollows: -0.49, wasLeads: 0.14,
		},
		tricks: map[Trick]float64{
			TrickImportedName: 0.54, TrickModulePart: -0.07, TrickModule: -0.48, TrickModulePath: -0.48,
		},
	},
	schemas.TypeMethod: {
		traits: traits{
			longer: -0.36, shorter: -0.36, words: -0.92, inWindow: 0.08, count: -0.07, far: -0.06,
			wasInWindow: -0.05, wasCount: -0.45, near: 0.19, head: -0.02, invented: -0.3, shared: 0.26,
			extends: -0.14, shortens: 0.24, called: 0.18, declared: -0.11, rank: 1.02, often: 0.73,
			wasOften: -1.23, follows: 0.21, leads: 0.02, wasLeads: 0.11,
		},
		tricks: map[Trick]float64{
			TrickNearMethod: -0.2, TrickMethod: 0.15, TrickSameResult: 0.05,
		},
	},
	schemas.TypeParameter: {
		traits: traits{
			longer: -0.35, words: -0.25, inWindow: -0.05, count: 0.11, far: -0.41, wasInWindow: -0.21,
			wasCount: -0.12, head: 0.52, invented: 0.21, shared: 0.02, extends: -0.06, shortens: -0.12,
			called: -0.18, declared: -0.07, rank: 0.87, often: -0.03, follows: -0.12, leads: 0.25,
			wasFollows: -0.13, wasLeads: -0.33,
		},
		tricks: map[Trick]float64{
			TrickArgumentAdded: -0.36, TrickArgumentDropped: 0.13, TrickArgumentSplit: -0.23,
			TrickForwarded: 0.62, TrickKeywordRenamed: -0.06, TrickNextArgument: -0.1,
		},
	},
	schemas.TypeUndefinedVariable: {
		traits: traits{
			longer: -0.61, shorter: -0.61, words: -0.34, inWindow: -0.02, count: 0.06, far: -0.05,
			wasInWindow: 0.11, wasCount: -0.25, near: -0.28, head: -0.08, invented: -0.19, shared: 0.41,
			extends: -0.16, shortens: -0.02, called: -0.08, declared: 0.04, often: 0.19, wasOften: -0.31,
			follows: -0.02, leads: -0.09, wasFollows: -0.29, wasLeads: -0.54,
		},
		tricks: map[Trick]float64{
			TrickByContent: -0.13, TrickByParameter: 0.38, TrickForeignObject: -0.12, TrickLaterScope: -0.37,
			TrickLeftScope: 0.31, TrickVariable: -0.32, TrickSiblingKeyword: -0.07, TrickUsualVariable: 0.25,
			TrickForLiteral: 0.06,
		},
	},
}

// easyShare is the share of requests in percent that an easy trick may answer though another
// could, beside Config.InventedShare. Imports that name nothing (import os, #include) have only
// easy ones, so no other import gets one.
const easyShare = 5

// easy reports whether a reader sees through a candidate without knowing the code: its name or
// module is made, or its keyword is one that the callee has nowhere.
func (k *Candidate) easy() bool { return k.Invented || easyTricks[k.Trick] }

var easyTricks = map[Trick]bool{TrickKeywordAdded: true, TrickSiblingKeyword: true, TrickModulePart: true,
	TrickModulePath: true}

// lengths are the shares of requests in percent that ask for a shorter candidate and for one as
// long; the others ask for a longer one. A third each is to come of it, and as many arguments less
// as more: where only longer ones are to be had, or only one more, it is that anyway.
var lengths = map[schemas.Type][2]uint64{
	schemas.TypeImport: {46, 36}, schemas.TypeMethod: {36, 36}, schemas.TypeParameter: {76, 0},
	schemas.TypeUndefinedVariable: {33, 33},
}

// aimed sorts candidates by how likely they are to be taken for right, those of the wanted
// length first.
func (s *scene) aimed(all []Candidate) []Candidate {
	want, at, of := 1, s.hash("length")%100, lengths[s.typ]
	if at < of[0] {
		want = -1
	} else if at < of[0]+of[1] {
		want = 0
	}
	hard := s.hash("easy")%100 >= easyShare || s.typ == schemas.TypeImport
	type scored struct {
		Candidate
		worth float64
	}
	list := make([]scored, len(all))
	for i, k := range all {
		by := sign(utf8.RuneCountInString(k.Text) - utf8.RuneCountInString(s.c.Golden))
		list[i] = scored{k, s.worth(&k) + float64(s.hash("tie", k.Text)%1000)*1e-4}
		if by == want {
			list[i].worth += 100
		}
		if hard && k.easy() {
			list[i].worth -= 1000
		}
	}
	slices.SortStableFunc(list, func(a, b scored) int {
		switch {
		case a.worth > b.worth:
			return -1
		case a.worth < b.worth:
			return 1
		}
		return strings.Compare(a.Text, b.Text)
	})
	for i := range list {
		all[i] = list[i].Candidate
	}
	return all
}

func sign(n int) int {
	switch {
	case n < 0:
		return -1
	case n > 0:
		return 1
	}
	return 0
}

// worth is larger for a candidate that is harder to see through.
func (s *scene) worth(k *Candidate) float64 {
	w := aims[s.typ]
	t, alike := s.traits(k)
	sum := t.dot(&w.traits) + w.tricks[k.Trick]
	if k.Trick == TrickModulePart { // "crypto/sync" takes in a model, and no reader
		sum += 4 * alike
	}
	return sum
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
