package rules

import (
	"slices"
	"strings"
	"unicode/utf8"

	"decoy/schemas"
)

// weights are what a candidate gains and loses by what it is beside its golden. They were fitted
// to how near a model of 30 M parameters takes candidates to the golden (logistic regression by type on
// 53,775 of the candidates of 1,766 contexts in eight languages, on the margin above -3 nats, with the
// golden's own score as a nuisance; the model had seen permissive code of other repositories,
// extracted by decoy), plus half of the weights by which verify certifies or finds them unseen. No
// judge of decoy's has a part in them. Negatives that are shorter are preferred more often for that
// alone, which is no merit: a character less costs half of what a character more does.
type weights struct {
	traits
	tricks map[Trick]float64
}

var aims = map[schemas.Type]weights{
	schemas.TypeImport: {
		traits: traits{
			longer: -0.41, shorter: -0.21, words: -1.3, inWindow: -0.14, count: 0.14, far: -0.31,
			wasInWindow: -0.22, wasCount: 0.04, near: 0.34, head: 0.63, invented: -1.32, shared: 0.21,
			extends: -0.4, shortens: 0.03, called: -0.17, declared: 0.01, often: 0.67, wasOften: -0.44,
			follows: 0.13, leads: 0.82, wasFollows: -0.47, wasLeads: -0.21,
		},
		tricks: map[Trick]float64{
			TrickImportedName: 0.38, TrickModule: -0.38, TrickModulePart: 0.19, TrickModulePath: -0.28,
			TrickWrongModule: 0.08,
		},
	},
	schemas.TypeMethod: {
		traits: traits{
			longer: -0.2, shorter: -0.1, words: -1.31, inWindow: 0.08, count: -0.22, far: -0.24,
			wasInWindow: -0.29, wasCount: -0.09, near: 1.2, head: -0.04, invented: -0.23, shared: 0.16,
			extends: -0.16, shortens: 0.29, called: 0.16, declared: -0.07, rank: 1.12, often: 1.03,
			wasOften: -1.77, follows: 0.2, leads: 0.15, wasFollows: -0.21, wasLeads: -0.25,
		},
		tricks: map[Trick]float64{
			TrickMethod: -0.07, TrickNearMethod: -0.13, TrickSameResult: 0.17, TrickUsualMethod: 0.03,
		},
	},
	schemas.TypeParameter: {
		traits: traits{
			longer: -0.52, shorter: -0.26, words: -0.68, inWindow: -0.22, count: 0.05, far: -0.26,
			wasInWindow: -0.39, wasCount: -0.05, near: -0.2, head: 0.1, invented: -0.05, shared: 0.34,
			extends: -0.14, shortens: 0.07, called: -0.26, declared: 0.08, rank: 0.98, often: -0.08,
			wasOften: -0.1, follows: -0.03, leads: 0.36, wasFollows: -0.17, wasLeads: -0.03,
		},
		tricks: map[Trick]float64{
			TrickArgumentAdded: -0.11, TrickArgumentDropped: -0.02, TrickArgumentSplit: -0.34,
			TrickBorrowedKeyword: 0.06, TrickForwarded: 0.71, TrickKeywordAdded: -0.62,
			TrickKeywordRenamed: -0.18, TrickNextArgument: 0.15, TrickOverload: -0.02, TrickSiblingList: 0.38,
		},
	},
	schemas.TypeUndefinedVariable: {
		traits: traits{
			longer: -0.45, shorter: -0.23, words: -0.81, inWindow: 0.06, count: 0.01, far: -0.19,
			wasInWindow: -0.17, wasCount: -0.18, near: -0.09, head: -0.12, invented: 0.15, shared: 0.19,
			extends: 0.02, shortens: 0.38, called: -0.08, declared: 0.06, often: 0.79, wasOften: 0.02,
			follows: 0.32, leads: 0.05, wasFollows: -0.58, wasLeads: -0.31,
		},
		tricks: map[Trick]float64{
			TrickByContent: -0.15, TrickByParameter: 0.57, TrickForLiteral: -0.07, TrickForeignObject: -0.1,
			TrickLaterScope: -0.07, TrickLeftScope: 0.18, TrickSiblingKeyword: -0.16, TrickUsualVariable: 0.03,
			TrickVariable: -0.23,
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
