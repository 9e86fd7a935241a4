package secrets

import (
	"cmp"
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

var genericNames = []string{"access", "auth", "api", "credential", "creds", "key", "passwd", "password", "secret", "token"}

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
	betweenBytes  = newClass(word, blanks, ".-'\"")
	operatorBytes = newClass("=>:|?,")
	openingBytes  = newClass("=>:|?,`'\"", blanks)
	valueBytes    = newClass(word, ".=-+/")
	endBytes      = newClass("`'\";\\", blanks)
)

// window is a part of a text that begins and ends with a line.
type window struct{ start, end int }

// assignments returns the lines where the generic rule can match, in order and
// without overlap.
func assignments(text string) []window {
	// Folding case, the rule also takes two letters outside of ASCII for s and k.
	if strings.Contains(text, "\u017f") || strings.Contains(text, "\u212a") {
		return []window{{0, len(text)}}
	}
	lower := asciiLower(text)
	var all []window
	for _, name := range genericNames {
		for at := 0; ; {
			i := strings.Index(lower[at:], name)
			if i < 0 {
				break
			}
			start := at + i
			at = start + len(name)
			if end, ok := assigned(lower, at); ok {
				all = append(all, lines(text, start, end))
			}
		}
	}
	slices.SortFunc(all, func(a, b window) int { return cmp.Or(cmp.Compare(a.start, b.start), cmp.Compare(a.end, b.end)) })
	var out []window
	for _, w := range all {
		if n := len(out); n > 0 && w.start < out[n-1].end {
			out[n-1].end = max(out[n-1].end, w.end)
		} else {
			out = append(out, w)
		}
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

// lines widens a part to whole lines, the last line's end included.
func lines(text string, start, end int) window {
	w := window{start: strings.LastIndexByte(text[:start], '\n') + 1, end: len(text)}
	if i := strings.IndexByte(text[end:], '\n'); i >= 0 {
		w.end = end + i + 1
	}
	return w
}

// asciiLower lowers A to Z and keeps every offset.
func asciiLower(s string) string {
	b := []byte(s)
	for i, c := range b {
		if 'A' <= c && c <= 'Z' {
			b[i] = c + 'a' - 'A'
		}
	}
	return string(b)
}
