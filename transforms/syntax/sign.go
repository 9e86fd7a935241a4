package syntax

import (
	"regexp"
	"slices"
	"strings"
)

// sign is a construct that is known by its text. One of words stands in every match:
// they are looked for first, since an expression that begins with a word's boundary is
// tried at every byte, and files that hold the construct are few.
type sign struct {
	words []string
	*regexp.Regexp
}

func signOf(words, expression string) sign {
	return sign{strings.Fields(words), regexp.MustCompile(expression)}
}

// in reports whether the text has a match.
func (s sign) in(src string) bool { return s.may(src) && s.MatchString(src) }

func (s sign) may(src string) bool {
	return slices.ContainsFunc(s.words, func(w string) bool { return strings.Contains(src, w) })
}

// all are the places of a text's matches with their groups.
func (s sign) all(src string) [][]int {
	if !s.may(src) {
		return nil
	}
	return s.FindAllStringSubmatchIndex(src, -1)
}

// groups joins what the groups of a match hold: of alternatives one.
func groups(src string, m []int) string {
	var out strings.Builder
	for i := 1; i < len(m)/2; i++ {
		out.WriteString(group(src, m, i))
	}
	return out.String()
}

func group(src string, m []int, i int) string {
	if m[2*i] < 0 {
		return ""
	}
	return src[m[2*i]:m[2*i+1]]
}

// written is a construct that is an opening wherever it stands. Its name is what its
// groups hold, Any where it has none or they hold nothing.
type written struct {
	sign
	reach Reach
	owner string
}

// writtenIn adds what a language's table finds in the file.
func (f *Facts) writtenIn(table []written, add func(Opening)) {
	src := string(f.Src)
	for _, w := range table {
		for _, m := range w.all(src) {
			add(Opening{At: m[0], Reach: w.reach, Owner: w.owner, Name: oneOr(groups(src, m)), What: src[m[0]:m[1]]})
		}
	}
}

// near are the matches of a construct that stands within a line, or begins on the line
// before its word: only such lines are looked through.
func (s sign) near(src string) [][]int {
	var out [][]int
	for from := 0; from < len(src); {
		at := s.first(src[from:])
		if at < 0 {
			break
		}
		at += from
		begin := strings.LastIndexByte(src[:at], '\n') + 1
		begin = max(from, strings.LastIndexByte(src[:max(begin-1, 0)], '\n')+1)
		end := len(src)
		if i := strings.IndexByte(src[at:], '\n'); i >= 0 {
			end = at + i + 1
		}
		for _, m := range s.FindAllStringSubmatchIndex(src[begin:end], -1) {
			for i := range m {
				if m[i] >= 0 {
					m[i] += begin
				}
			}
			out = append(out, m)
		}
		from = end
	}
	return out
}

// first is where the first of the words stands, -1 where none does.
func (s sign) first(src string) int {
	at := -1
	for _, w := range s.words {
		if i := strings.Index(src, w); i >= 0 {
			at, src = i, src[:i]
		}
	}
	return at
}
