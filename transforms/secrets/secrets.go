// Package secrets finds credentials in text before the text leaves the machine.
//
// # What
//
// A [Scanner] applies the default rules of gitleaks: about 220 regular expressions
// for keys of known services and one, generic-api-key, for assignments of
// random-looking strings to names such as "token", with their entropy limits and
// allow lists. It answers with the rule and the line and never with the secret, so
// that a finding can be logged and recorded.
//
// # How
//
// The rules are those of gitleaks' package config. Its detector is not linked: it
// brings archives, a WebAssembly runtime and templates, and runs a rule over the whole
// of a text in which one of the rule's keywords stands. Here the syntax tree of a
// rule's expression says which words every match holds and how long a match can be
// (reach.go), and one Aho-Corasick pass over the lower-cased text finds all keywords
// and words:
//
//   - a rule whose matches are bounded, as five of six are, runs around its words;
//   - one whose matches are not bounded runs over texts that have one of its words;
//   - one without words runs over texts that have one of its keywords.
//
// In all cases a keyword must stand somewhere in the text, as gitleaks demands. What is
// cut out around a word is so wide that no match that holds the word can see the cut,
// and a text without the word has no match: so the findings are the same.
//
// generic-api-key has the keywords "key", "api" and "token", which stand in most source
// files, and no bound. It is run where a keyword is followed by an operator and ten
// characters of a value, which its expression demands (assign.go).
//
// Tests hold the result equal to that of gitleaks' detector on the whole text.
//
// # Choices
//
// A comment "gitleaks:allow" is not obeyed: whoever wrote it spoke of their own
// repository, not of sending the text to somebody. Encoded text (base64, hex) is
// not decoded. Text has no path, so the allow lists by path do not apply, and rules for
// files of one kind find nothing.
//
// Findings are sorted, each once.
//
// # Limits
//
// Rules find the form of a secret, not whether it is one: both a missed password
// in prose and an invented example key are to be expected.
package secrets

import (
	"cmp"
	"slices"
	"strings"

	ahocorasick "github.com/BobuSumisu/aho-corasick"
)

// Finding is a place where a rule found a secret. Lines count from 1.
type Finding struct {
	Rule string
	Line int
}

// Scanner finds secrets. It is safe for concurrent use: a search writes nothing to it.
type Scanner struct {
	rules   []*rule
	generic *rule
	trie    *ahocorasick.Trie // of all keywords and words, in lower case
	lengths []int             // of each
	marks   []bool            // those whose places a rule asks for
}

// secret is what a rule found.
type secret struct {
	rule *rule
	line int // from 0
	text string
}

// Find returns where text holds secrets, by line and rule, each once.
func (s *Scanner) Find(text string) []Finding {
	found := s.search(text)
	var out []Finding
	for _, f := range found {
		// As gitleaks does: a special rule that holds the secret takes precedence.
		if f.rule == s.generic && slices.ContainsFunc(found, func(o secret) bool {
			return o.rule != s.generic && o.line == f.line && strings.Contains(o.text, f.text)
		}) {
			continue
		}
		out = append(out, Finding{Rule: f.rule.id, Line: f.line + 1})
	}
	slices.SortFunc(out, func(a, b Finding) int {
		return cmp.Or(cmp.Compare(a.Line, b.Line), cmp.Compare(a.Rule, b.Rule))
	})
	return slices.Compact(out)
}

// place is where a word stands.
type place struct{ word, start, end int }

func (s *Scanner) search(text string) (found []secret) {
	lower := asciiLower(text)
	whole := folds(text)
	if whole {
		lower = []byte(strings.ToLower(text))
	}
	seen := make([]bool, len(s.lengths))
	var places []place
	s.trie.Walk(lower, func(end, n, word int64) bool {
		seen[word] = true
		if s.marks[word] {
			places = append(places, place{int(word), int(end - n + 1), int(end + 1)})
		}
		return true
	})
	is := func(word int) bool { return seen[word] }
	for _, r := range s.rules {
		if !r.always && !slices.ContainsFunc(r.keywords, is) {
			continue
		}
		all := []window{{0, len(text)}}
		if !whole {
			switch {
			case r == s.generic:
				all = s.assignments(string(lower), places)
			case r.words != nil && !slices.ContainsFunc(r.words, is):
				continue
			case r.reach > 0:
				all = around(places, r, len(text))
			}
		}
		for _, w := range all {
			found = r.find(found, text, w)
		}
	}
	return found
}
