package verify

import (
	"regexp"
	"strings"
)

// dynamic is an expression for what adds names at run time, with the words of which
// each of its matches begins with one: it is matched at these only, as most windows
// have none, and an expression over a whole window costs as much as its parse.
type dynamic struct {
	expression *regexp.Regexp
	words      []string
}

func newDynamic(begins, expression string) *dynamic {
	return &dynamic{regexp.MustCompile(expression), words(begins)}
}

// find is the first match in a text, "" for none.
func (d *dynamic) find(text string) string {
	first, found := len(text), ""
	for _, word := range d.words {
		for from := 0; ; {
			i := strings.Index(text[from:first], word)
			if i < 0 {
				break
			}
			i += from
			if m := d.at(text, i, len(word)); m != "" {
				first, found = i, m
				break
			}
			from = i + 1
		}
	}
	return found
}

// at is the match that begins at a place of the text. Beside the word it takes what a
// match can have after it: the rest of a longer word, white space, a bracket.
func (d *dynamic) at(text string, i, n int) string {
	const rest = 16
	from, end := max(0, i-1), min(len(text), i+n+rest)
	for end < len(text) && strings.IndexByte(" \t\n\f\r", text[end-1]) >= 0 {
		end++
	}
	m := d.expression.FindStringIndex(text[from:end])
	if m == nil || from+m[0] != i {
		return ""
	}
	return text[from+m[0] : from+m[1]]
}
