package rules

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// subTokens splits a name at underscores and case changes, in lower case.
func subTokens(name string) []string {
	var out []string
	start := -1 // of the present part
	flush := func(end int) {
		if start >= 0 && end > start {
			out = append(out, strings.ToLower(name[start:end]))
		}
		start = -1
	}
	var prev rune
	for i, r := range name {
		switch {
		case !unicode.IsLetter(r) && !unicode.IsDigit(r):
			flush(i)
		case start < 0:
			start = i
		case unicode.IsUpper(r) && (unicode.IsLower(prev) || unicode.IsDigit(prev) || lowerNext(name, i, r)):
			flush(i)
			start = i
		}
		prev = r
	}
	flush(len(name))
	return out
}

// lowerNext reports whether a lower-case letter follows the rune at i.
func lowerNext(name string, i int, r rune) bool {
	next, _ := utf8.DecodeRuneInString(name[i+utf8.RuneLen(r):])
	return unicode.IsLower(next)
}

// nearness is how alike two names are, 0 to 1: mostly the share of sub-tokens that
// they have in common, then their common beginning and end.
func nearness(a string, tokens []string, b string) float64 {
	other := subTokens(b)
	shared := 0
	for _, t := range tokens {
		for _, u := range other {
			if t == u || len(t) > 3 && len(u) > 3 && (strings.HasPrefix(t, u) || strings.HasPrefix(u, t)) {
				shared++
				break
			}
		}
	}
	union := len(tokens) + len(other) - shared
	if union <= 0 {
		return 0
	}
	head, tail, n := 0, 0, min(len(a), len(b))
	for head < n && a[head]|0x20 == b[head]|0x20 {
		head++
	}
	for tail < n-head && a[len(a)-1-tail]|0x20 == b[len(b)-1-tail]|0x20 {
		tail++
	}
	return 0.6*float64(shared)/float64(union) + 0.4*float64(head+tail)/float64(max(len(a), len(b)))
}

// upper reports whether a name is as strings.ToUpper writes it.
func upper(name string) bool {
	for i, r := range name {
		if r == utf8.RuneError && !strings.HasPrefix(name[i:], string(utf8.RuneError)) || unicode.ToUpper(r) != r {
			return false
		}
	}
	return true
}

// style is how a name is written: a replacement in another style gives itself away.
func style(name string) string {
	plain := strings.Trim(name, "_$")
	first, _ := utf8.DecodeRuneInString(plain)
	switch {
	case upper(plain) && strings.ToLower(plain) != plain:
		return "UPPER"
	case unicode.IsUpper(first):
		return "Pascal"
	case strings.Contains(plain, "_"):
		return "snake"
	case plain == strings.ToLower(plain):
		return "lower"
	}
	return "camel"
}

// fitsStyle reports whether b can stand for a without giving itself away by its
// case, its underscores or its digits.
func (h *habits) fitsStyle(a, b string) bool {
	lead := func(s string) int { return len(s) - len(strings.TrimLeft(s, "_$#@")) }
	if lead(a) != lead(b) || strings.HasSuffix(a, "_") != strings.HasSuffix(b, "_") || lead(b) == len(b) {
		return false
	}
	x, y := style(a), style(b)
	if x == "UPPER" && len(strings.Trim(a, "_")) == 1 { // one capital letter says little
		x = "Pascal"
	}
	if y == "UPPER" && len(strings.Trim(b, "_")) == 1 {
		y = "Pascal"
	}
	if x == y {
		return true
	}
	low := func(s string) bool { return s == "lower" || s == h.words }
	if h.words == "" {
		low = func(s string) bool { return s == "lower" || s == "snake" || s == "camel" }
	}
	return (x == "lower" || y == "lower") && low(x) && low(y)
}

// identifier reports whether name is one plain identifier.
func identifier(name string) bool {
	for i, r := range name {
		if r != '_' && r != '$' && !unicode.IsLetter(r) && (i == 0 || !unicode.IsDigit(r)) {
			return false
		}
	}
	return name != "" && strings.Trim(name, "_$") != ""
}

// joinLike writes sub-tokens in the style of name.
func (h *habits) joinLike(name string, tokens []string) string {
	lead := name[:len(name)-len(strings.TrimLeft(name, "_$"))]
	how := style(name)
	if how == "lower" && len(tokens) > 1 {
		how = h.words
		if how == "" {
			how = "snake"
		}
	}
	switch how {
	case "UPPER":
		return lead + strings.ToUpper(strings.Join(tokens, "_"))
	case "snake", "lower":
		return lead + strings.Join(tokens, "_")
	}
	var b strings.Builder
	for i, t := range tokens {
		if i == 0 && how == "camel" {
			b.WriteString(t)
			continue
		}
		r, n := utf8.DecodeRuneInString(t)
		b.WriteRune(unicode.ToUpper(r))
		b.WriteString(t[n:])
	}
	return lead + b.String()
}
