package rules

import (
	"slices"
	"strings"
	"unicode/utf8"

	"decoy/schemas"
)

// weights are what a candidate gains and loses by what it is beside its golden. They were fitted
// to which candidates a model of 30 M parameters prefers to the golden (logistic regression
// by type on 9,606 of the candidates of 719 contexts in eight languages; the model had seen
// permissive code of other repositories, extracted by decoy; the weights of rules-2, fitted to
// 45,016 others in the same way, were what it was drawn to), plus .15 of the weights by which
// verify certifies them. No judge of decoy's has a part in them. Negatives that are
// shorter are preferred more often for that alone, which is no merit: a character less costs half
// of what a character more does.
type weights struct {
	traits
	tricks map[Trick]float64
}

var aims = map[schemas.Type]weights{
	schemas.TypeImport: {
		traits: traits{
			longer: -0.6, shorter: -0.3, words: -0.38, inWindow: -0.48, count: -0.04, far: -0.37,
			wasInWindow: -0.47, near: -0.46, head: 0.51, invented: -1.09, shared: 0.4, extends: -0.82,
			shortens: 0.24, called: -0.45, declared: 0.32, often: 0.26, wasOften: -0.7, follows: 0.36,
			leads: 0.62, wasFollows: -0.56, wasLeads: 0.19,
		},
		tricks: map[Trick]float64{
			TrickImportedName: 0.5, TrickModulePart: -0.1, TrickModule: -0.48, TrickWrongModule: -0.26,
			TrickModulePath: -0.48,
		},
	},
	schemas.TypeMethod: {
		traits: traits{
			longer: -0.35, shorter: -0.17, words: -0.92, inWindow: 0.31, count: -0.11, far: 0.07,
			wasInWindow: -0.07, wasCount: -0.49, near: 0.07, head: 0.39, invented: -0.3, shared: 0.33,
			extends: -0.98, shortens: 0.32, called: 0.2, declared: -0.12, rank: 1.21, often: 0.66,
			wasOften: -1.04, follows: 0.13, wasFollows: -0.02, wasLeads: 0.14,
		},
		tricks: map[Trick]float64{
			TrickNearMethod: -0.11, TrickMethod: 0.19, TrickSameResult: -0.04, TrickUsualMethod: -0.04,
		},
	},
	schemas.TypeParameter: {
		traits: traits{
			longer: -0.36, words: -0.28, inWindow: 0.13, count: 0.02, far: -0.44, wasInWindow: -0.39,
			wasCount: -0.11, near: -0.19, head: 0.85, invented: 0.21, shared: 0.46, extends: -0.75,
			shortens: -0.53, called: -0.37, declared: -0.1, rank: 0.69, often: -0.07, wasOften: -0.12,
			follows: -0.24, leads: 0.19, wasFollows: -0.17, wasLeads: -0.3,
		},
		tricks: map[Trick]float64{
			TrickArgumentAdded: -0.7, TrickArgumentDropped: 0.69, TrickArgumentSplit: -0.46,
			TrickBorrowedKeyword: -1.03, TrickForwarded: 0.22, TrickKeywordAdded: -1.05,
			TrickKeywordRenamed: 0.48, TrickNextArgument: -0.53, TrickSiblingList: -0.17,
		},
	},
	schemas.TypeUndefinedVariable: {
		traits: traits{
			longer: -0.67, shorter: -0.34, words: -0.39, inWindow: -0.12, count: 0.08, far: -0.1,
			wasInWindow: 0.05, wasCount: -0.26, near: -0.44, head: -0.04, invented: -0.19, shared: 0.46,
			extends: -0.45, shortens: 0.28, called: -0.18, declared: 0.14, rank: 0.12, often: 0.07,
			wasOften: -0.4, leads: -0.09, wasFollows: -0.29, wasLeads: -0.45,
		},
		tricks: map[Trick]float64{
			TrickByContent: 0.1, TrickByParameter: 0.63, TrickLaterScope: -0.28, TrickLeftScope: 0.39,
			TrickVariable: -0.16, TrickSiblingKeyword: -0.38, TrickUsualVariable: 0.38, TrickForLiteral: 0.17,
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
