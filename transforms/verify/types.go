package verify

import (
	"fmt"
	"slices"
	"strings"

	"decoy/transforms/text"
)

// typ is a resolved type: its declarations in the repository (several for a
// partial class or a merged interface), or a type of the library.
type typ struct {
	decls []*decl
	lib   *libType
}

func (t typ) known() bool { return len(t.decls) > 0 || t.lib != nil }

// String names the type with its place, for evidence.
func (t typ) String() string {
	if t.lib != nil {
		return t.lib.name
	}
	if len(t.decls) == 0 {
		return "?"
	}
	return fmt.Sprintf("%s (%s)", t.decls[0].full(), t.decls[0].at())
}

func (t typ) same(u typ) bool {
	if t.lib != nil || u.lib != nil {
		return t.lib == u.lib
	}
	return len(t.decls) > 0 && len(u.decls) > 0 && t.decls[0] == u.decls[0]
}

// bare takes a written type apart: what stands around the name that has no say in
// its members goes. "" means that the type has no such name (an array, a union).
func (q *query) bare(text string) string {
	text = strings.TrimSpace(text)
	for again := true; again; {
		again = false
		for _, t := range q.w.trim {
			for _, cut := range []func(string) (string, bool){
				func(s string) (string, bool) {
					rest, ok := strings.CutPrefix(s, t)
					return rest, ok && (!isWord(t) || rest != "" && !isWordByte(rest[0]))
				},
				func(s string) (string, bool) {
					rest, ok := strings.CutSuffix(s, t)
					return rest, ok && (!isWord(t) || rest != "" && !isWordByte(rest[len(rest)-1]))
				},
			} {
				if rest, ok := cut(text); ok {
					text, again = strings.TrimSpace(rest), true
				}
			}
		}
		if q.w.lifetime != nil {
			if rest, ok := q.w.lifetime(text); ok {
				text, again = rest, true
			}
		}
	}
	if q.w.written != nil {
		text = q.w.written(text)
	}
	if g := q.w.generics; g != "" {
		if i := strings.IndexByte(text, g[0]); i > 0 {
			if !strings.HasSuffix(text, g[1:]) {
				return ""
			}
			head, inner := strings.TrimSpace(strings.TrimSuffix(text[:i], "::")), text[i+1:len(text)-1]
			if slices.Contains(q.w.through, head) {
				return q.bare(splitTop(inner)[0])
			}
			if strings.Count(text[:i], g[:1]) == 0 && balanced(inner, g) {
				text = head
			}
		}
	}
	for _, part := range q.parts(text) {
		if !isName(part) {
			return ""
		}
	}
	return text
}

// parts splits a qualified name.
func (q *query) parts(text string) []string {
	return strings.Split(strings.ReplaceAll(strings.ReplaceAll(text, "::", "."), "->", "."), ".")
}

func isWordByte(c byte) bool { return text.IsWordByte(c) }

func isWord(s string) bool { return s != "" && isWordByte(s[len(s)-1]) }

func isName(s string) bool {
	if s == "" || s[0] >= '0' && s[0] <= '9' {
		return false
	}
	for i := range len(s) {
		if !isWordByte(s[i]) {
			return false
		}
	}
	return true
}

// balanced reports whether brackets close in order: a<b>.c<d> is not one argument
// list.
func balanced(s, brackets string) bool {
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case brackets[0]:
			depth++
		case brackets[1]:
			if depth--; depth < 0 {
				return false
			}
		}
	}
	return depth == 0
}

// splitTop splits at the commas that no bracket encloses.
func splitTop(s string) []string {
	var out []string
	depth, from := 0, 0
	for i := range len(s) {
		switch s[i] {
		case '<', '[', '(', '{':
			depth++
		case '>', ']', ')', '}':
			depth--
		case ',':
			if depth <= 0 {
				out = append(out, strings.TrimSpace(s[from:i]))
				from = i + 1
			}
		}
	}
	return append(out, strings.TrimSpace(s[from:]))
}
