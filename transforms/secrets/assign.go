package secrets

import (
	"slices"
	"strings"
)

// genericRule is the rule whose places assignments finds. Its expression in
// gitleaks 8.30, with the parts named as below:
//
//	name:     [\w.-]{0,50}? (access|auth|[Aa]pi|API|credential|creds|key|passw(or)?d|secret|token)
//	between:  [ \t\w.-]{0,20} [\s'"]{0,3}
//	operator: = > := || : => ?= ,
//	opening:  [`'"\s=]{0,5}
//	value:    [\w.=-]{10,150} or [a-z0-9][a-z0-9+/]{11,}={0,3}
//	end:      [`'"\s;] or \n or \r as written, or the end of the text
const genericRule = "generic-api-key"

var genericNames = []string{
	"access", "auth", "api", "credential", "creds", "key", "passwd", "password", "secret", "token",
}

const (
	maxBetween = 23
	minValue   = 10
)

// class is a set of bytes.
type class [256]bool

func newClass(parts ...string) *class {
	var c class
	for _, p := range parts {
		for i := range len(p) {
			c[p[i]] = true
		}
	}
	return &c
}

const (
	word   = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_"
	blanks = " \t\n\v\f\r"
)

var (
	nameBytes     = newClass(word, ".-")
	betweenBytes  = newClass(word, blanks, ".-'\"")
	operatorBytes = newClass("=>:|?,")
	openingBytes  = newClass("=>:|?,`'\"", blanks)
	valueBytes    = newClass(word, ".=-+/")
	endBytes      = newClass("`'\";\\", blanks)
)

// window is a part of a text.
type window struct{ start, end int }

// maxBefore is how many characters of a name the rule takes before a keyword.
const maxBefore = 50

// assignments returns the parts of a text, given in lower case, where the generic rule
// can match, in order and without overlap. A part begins with the name and ends with
// what has to follow the value, so a match in it is one in the text and the other way
// round. Places are those of all words of the scanner, by end.
func (s *Scanner) assignments(lower string, places []place) (out []window) {
	for _, p := range places {
		if !slices.Contains(s.generic.words, p.word) {
			continue
		}
		end, ok := assigned(lower, p.end)
		if !ok {
			continue
		}
		w := window{start: p.start, end: min(len(lower), end+2)}
		for w.start > 0 && p.start-w.start < maxBefore && nameBytes[lower[w.start-1]] {
			w.start--
		}
		// Where parts overlap, the later one can begin first: its keyword is longer.
		for n := len(out); n > 0 && w.start < out[n-1].end; n-- {
			w = window{min(w.start, out[n-1].start), max(w.end, out[n-1].end)}
			out = out[:n-1]
		}
		out = append(out, w)
	}
	return out
}

// assigned reports whether a value can follow a name that ends at i, and where
// that value ends. It takes all that the rule takes, and more.
func assigned(s string, i int) (end int, ok bool) {
	op := i
	for op < len(s) && betweenBytes[s[op]] {
		op++
	}
	if op-i > maxBetween || op == len(s) || !operatorBytes[s[op]] {
		return 0, false
	}
	first := op + 1
	for first < len(s) && openingBytes[s[first]] {
		first++
	}
	end = first
	for end < len(s) && valueBytes[s[end]] {
		end++
	}
	// '=' may open a value or belong to it.
	for first > op+1 && s[first-1] == '=' {
		first--
	}
	return end, end-first >= minValue && (end == len(s) || endBytes[s[end]])
}

// folds reports whether a text has letters outside of ASCII that are the same as one
// of ASCII where case is ignored.
func folds(text string) bool {
	return strings.Contains(text, "\u017f") || strings.Contains(text, "\u212a") || strings.Contains(text, "\u0130")
}

// asciiLower lowers A to Z and keeps every offset.
func asciiLower(s string) []byte {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return b
}
