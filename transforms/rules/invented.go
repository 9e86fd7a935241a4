package rules

import "strings"

// role is what an invented name is to name.
type role uint8

const (
	ofFunction role = iota
	ofValue
	ofPath // a part of a module's path
)

// inventions are the first few invented names for a name: a word replaced by a near
// one first, then a word left out, then one added.
func (s *scene) inventions(name string, r role) []string {
	list := map[string]float64{}
	s.h.invented(name, r, func(n string, worth float64) {
		if identifier(n) && len(n) > 1 && n != name && !s.known(n) {
			list[n] = max(list[n], worth+float64(s.hash("invention", n)%1000)*3e-4)
		}
	})
	return s.best(name, list, 3)
}

// invented gives add the names that might have been written for a name.
func (h *habits) invented(name string, r role, add func(name string, worth float64)) {
	tokens := subTokens(name)
	if len(tokens) == 0 {
		return
	}
	groups := nouns
	if r == ofFunction {
		groups = append(append([][]string{}, verbs...), nouns...)
	}
	for _, group := range groups {
		for i, t := range tokens {
			for _, v := range group {
				if t != v {
					continue
				}
				for _, w := range group {
					if w != v {
						parts := append([]string{}, tokens...)
						parts[i] = w
						add(h.joinLike(name, parts), 1)
					}
				}
			}
		}
	}
	for i := range tokens {
		if len(tokens) > 2 || len(tokens) == 2 && len(tokens[1-i]) > 3 {
			add(h.joinLike(name, append(append([]string{}, tokens[:i]...), tokens[i+1:]...)), 0.7)
		}
	}
	last := tokens[len(tokens)-1]
	switch r {
	case ofFunction:
		if len(tokens) > 1 {
			for _, w := range functionSuffixes {
				add(h.joinLike(name, append(append([]string{}, tokens...), w)), 0.2)
			}
		}
	case ofValue:
		for _, w := range valueSuffixes {
			if last != w && len(name) > 1 {
				add(h.joinLike(name, append(append([]string{}, tokens...), w)), 0.3)
			}
		}
		for _, w := range valuePrefixes {
			add(h.joinLike(name, append([]string{w}, tokens...)), 0.3)
		}
	case ofPath:
		for _, n := range pluralOrSingular(name) {
			add(n, 0.6)
		}
		for _, w := range pathSuffixes {
			if last != w && len(tokens) > 1 {
				add(h.joinLike(name, append(append([]string{}, tokens...), w)), 0.3)
			} else if last != w && style(name) == "lower" {
				add(name+w, 0.3)
			}
		}
	}
}

// pluralOrSingular are the usual slips with a word, spelled as English is: a plural
// like "portabilitys" would tell the rejected side.
func pluralOrSingular(word string) []string {
	n := len(word)
	switch {
	case n > 3 && strings.HasSuffix(word, "ies"):
		return []string{word[:n-3] + "y"}
	case n > 3 && strings.HasSuffix(word, "s") && !strings.HasSuffix(word, "ss") && !strings.HasSuffix(word, "us") &&
		!strings.HasSuffix(word, "is"):
		return []string{word[:n-1]}
	case n > 3 && strings.HasSuffix(word, "y") && !strings.ContainsAny(word[n-2:n-1], "aeou"):
		return []string{word[:n-1] + "ies"}
	case n > 3 && word[n-1] >= 'a' && word[n-1] <= 'z' && !strings.ContainsAny(word[n-1:], "sxzhy"):
		return []string{word + "s"}
	}
	return nil
}
