package verify

import (
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// openSet holds openings by the names that they may make, so that a look-up costs the
// length of a name: the macros of one large C++ repository make millions of openings.
// Of those that may make the same names the first stands for all.
type openSet struct {
	named, begin, end map[string]opening // by the one name, by the text before or after "*"
	rest              []opening          // text on both sides
	any               []opening          // at most one
}

func (s *openSet) add(o opening) {
	before, after, pattern := strings.Cut(o.name, "*")
	switch {
	case !pattern:
		s.named = first(s.named, o.name, o)
	case o.name == syntax.Any:
		if s.any == nil {
			s.any = []opening{o}
		}
	case after == "":
		s.begin = first(s.begin, before, o)
	case before == "":
		s.end = first(s.end, after, o)
	default:
		s.rest = append(s.rest, o)
	}
}

// first keeps what a map has under a key.
func first(m map[string]opening, key string, o opening) map[string]opening {
	if m == nil {
		m = map[string]opening{}
	}
	if _, ok := m[key]; !ok {
		m[key] = o
	}
	return m
}

// gives is an opening that may make a name: one that makes it and no other, if there is.
func (s *openSet) gives(name string) (opening, bool) {
	if s == nil {
		return opening{}, false
	}
	if o, ok := s.named[name]; ok {
		return o, true
	}
	for i := 1; i < len(name); i++ { // "*" stands for at least one byte
		if o, ok := s.begin[name[:i]]; ok {
			return o, true
		}
		if o, ok := s.end[name[i:]]; ok {
			return o, true
		}
	}
	for _, o := range append(s.rest[:len(s.rest):len(s.rest)], s.any...) {
		if o.gives(name) {
			return o, true
		}
	}
	return opening{}, false
}

// setOf is the set of a language in a map of them, made where there is none.
func setOf(sets map[schemas.Language]*openSet, language schemas.Language) *openSet {
	if sets[language] == nil {
		sets[language] = &openSet{}
	}
	return sets[language]
}

// fromFamily asks the sets of the languages whose declarations this one sees.
func (q *query) fromFamily(sets map[schemas.Language]*openSet, name string) (opening, bool) {
	for _, l := range q.w.family {
		if o, ok := sets[l].gives(name); ok {
			return o, true
		}
	}
	return opening{}, false
}
