package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"decoy/transforms/valid"
)

// wordsOf lists the identifiers of a text.
func wordsOf(s string) []string {
	return strings.FieldsFunc(s, func(r rune) bool {
		return r != '_' && r != '$' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
	})
}

// subTokens splits a name at underscores and case changes, in lower case.
func subTokens(name string) []string {
	var out []string
	var cur []rune
	flush := func() {
		if len(cur) > 0 {
			out = append(out, strings.ToLower(string(cur)))
			cur = cur[:0]
		}
	}
	runes := []rune(name)
	for i, r := range runes {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush()
			continue
		case unicode.IsUpper(r) && i > 0 && (unicode.IsLower(runes[i-1]) || i+1 < len(runes) && unicode.IsLower(runes[i+1])):
			flush()
		}
		cur = append(cur, r)
	}
	flush()
	return out
}

// nearness is how alike two names are, 0 to 1: shared sub-tokens and edit
// similarity, in equal parts.
func nearness(a, b string) float64 {
	x, y := subTokens(a), subTokens(b)
	shared := 0
	for _, t := range x {
		for _, u := range y {
			if t == u {
				shared++
				break
			}
		}
	}
	union := len(x) + len(y) - shared
	if union == 0 {
		return 0
	}
	return 0.5*float64(shared)/float64(union) + 0.5*valid.Similarity(a, b)
}

// style is how a name is written: a replacement in another style gives itself away.
func style(name string) string {
	first, _ := utf8.DecodeRuneInString(strings.TrimLeft(name, "_$"))
	switch {
	case name == strings.ToUpper(name) && strings.ToLower(name) != name:
		return "UPPER"
	case unicode.IsUpper(first):
		return "Pascal"
	case strings.Contains(strings.Trim(name, "_"), "_"):
		return "snake"
	case name == strings.ToLower(name):
		return "lower"
	}
	return "camel"
}

// fitsStyle reports whether b can stand for a without giving itself away by its
// case.
func fitsStyle(a, b string) bool {
	x, y := style(a), style(b)
	if x == y {
		return strings.HasPrefix(a, "_") == strings.HasPrefix(b, "_")
	}
	plain := func(s string) bool { return s == "lower" || s == "snake" || s == "camel" }
	return (x == "lower" || y == "lower") && plain(x) && plain(y) && strings.HasPrefix(a, "_") == strings.HasPrefix(b, "_")
}

// identifier reports whether name is one plain identifier of at least two
// characters.
func identifier(name string) bool {
	if len(name) < 2 {
		return false
	}
	for i, r := range name {
		if r != '_' && r != '$' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return true
}

// verbs are words that stand for one another in names of functions.
var verbs = [][]string{
	{"get", "fetch", "load", "read", "find", "lookup"},
	{"set", "update", "assign", "apply", "put"},
	{"add", "append", "insert", "push", "register"},
	{"remove", "delete", "drop", "clear", "discard"},
	{"create", "make", "build", "new", "init"},
	{"write", "store", "save", "emit", "put"},
	{"parse", "decode", "read", "scan"},
	{"format", "encode", "render", "print"},
	{"check", "validate", "verify", "ensure"},
	{"start", "begin", "open", "launch"},
	{"stop", "end", "close", "shutdown"},
	{"is", "has", "can"},
	{"count", "size", "len", "num"},
	{"to", "as", "into"},
}

// suffixes make a plausible new name of an old one, by kind of name.
var (
	functionSuffixes = []string{"all", "async", "by_name", "with_options", "if_needed", "safe", "or_default", "from"}
	valueSuffixes    = []string{"value", "list", "info", "data", "name", "id", "map", "result"}
	valuePrefixes    = []string{"current", "default", "new", "target", "base"}
)

// invented lists names that nobody wrote: a verb replaced by a near one, or a
// suffix. known says which names exist.
func invented(name string, function bool, known func(string) bool) []string {
	tokens := subTokens(name)
	if len(tokens) == 0 {
		return nil
	}
	var out []string
	add := func(parts []string) {
		n := joinLike(name, parts)
		if identifier(n) && n != name && !known(n) {
			out = append(out, n)
		}
	}
	suffixes := valueSuffixes
	if function {
		suffixes = functionSuffixes
		for _, group := range verbs {
			for i, t := range tokens {
				for _, v := range group {
					if t != v {
						continue
					}
					for _, w := range group {
						if w != v {
							parts := append([]string{}, tokens...)
							parts[i] = w
							add(parts)
						}
					}
				}
			}
		}
	} else {
		for _, p := range valuePrefixes {
			add(append([]string{p}, tokens...))
		}
	}
	for _, s := range suffixes {
		add(append(append([]string{}, tokens...), strings.Split(s, "_")...))
	}
	return out
}

// joinLike writes sub-tokens in the style of name.
func joinLike(name string, tokens []string) string {
	lead := name[:len(name)-len(strings.TrimLeft(name, "_$"))]
	switch style(name) {
	case "UPPER":
		return lead + strings.ToUpper(strings.Join(tokens, "_"))
	case "snake":
		return lead + strings.Join(tokens, "_")
	case "lower":
		if len(tokens) > 1 && len(subTokens(name)) == 1 {
			return lead + strings.Join(tokens, "_")
		}
		return lead + strings.Join(tokens, "")
	}
	var b strings.Builder
	for i, t := range tokens {
		if i == 0 && style(name) == "camel" {
			b.WriteString(t)
			continue
		}
		r, n := utf8.DecodeRuneInString(t)
		b.WriteRune(unicode.ToUpper(r))
		b.WriteString(t[n:])
	}
	return lead + b.String()
}
