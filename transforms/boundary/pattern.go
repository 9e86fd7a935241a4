package boundary

import (
	"fmt"
	"regexp"
	"strings"
	"unicode/utf8"
)

// alternative is one of a pattern's: the first that matches at a place is taken.
type alternative struct {
	at    *regexp.Regexp // anchored at the start
	whole *regexp.Regexp // at both ends, for what a look-ahead makes shorter
	ahead *regexp.Regexp // nil for none
	not   bool           // ahead must not match
}

type alternatives []alternative

// compile reads a pattern as Oniguruma does, as far as vocabularies use it.
func compile(expr string) (alternatives, error) {
	var out alternatives
	for _, part := range topLevel(expr) {
		var a alternative
		body, ahead := part, ""
		for _, sign := range []string{"(?!", "(?="} {
			if i := strings.LastIndex(part, sign); i >= 0 && closes(part, i) == len(part)-1 {
				body, ahead, a.not = part[:i], part[i+len(sign):len(part)-1], sign == "(?!"
			}
		}
		if strings.Contains(body, "(?=") || strings.Contains(body, "(?!") || strings.Contains(body, "(?<") {
			return nil, fmt.Errorf("a look-around that does not end %q", part)
		}
		var err error
		if a.at, err = regexp.Compile(`\A(?:` + spaces(body) + `)`); err != nil {
			return nil, err
		}
		a.whole = regexp.MustCompile(`\A(?:` + spaces(body) + `)\z`)
		if ahead != "" {
			if a.ahead, err = regexp.Compile(`\A(?:` + spaces(ahead) + `)`); err != nil {
				return nil, err
			}
		}
		out = append(out, a)
	}
	return out, nil
}

// topLevel are the alternatives of a pattern.
func topLevel(expr string) []string {
	var out []string
	depth, class, from := 0, false, 0
	for i := 0; i < len(expr); i++ {
		switch c := expr[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')':
			depth--
		case c == '|' && depth == 0:
			out, from = append(out, expr[from:i]), i+1
		}
	}
	return append(out, expr[from:])
}

// closes is where the group that opens at a place ends.
func closes(expr string, open int) int {
	depth, class := 0, false
	for i := open; i < len(expr); i++ {
		switch c := expr[i]; {
		case c == '\\':
			i++
		case class:
			class = c != ']'
		case c == '[':
			class = true
		case c == '(':
			depth++
		case c == ')':
			if depth--; depth == 0 {
				return i
			}
		}
	}
	return -1
}

// spaces writes \s and \S with all of Unicode's white space, which Go's mean in ASCII alone.
func spaces(expr string) string {
	const all = `\s\v\x{85}\p{Z}`
	var w strings.Builder
	class := false
	for i := 0; i < len(expr); i++ {
		c := expr[i]
		switch {
		case c == '\\' && i+1 < len(expr):
			i++
			switch {
			case expr[i] == 's' && class:
				w.WriteString(all)
			case expr[i] == 's':
				w.WriteString("[" + all + "]")
			case expr[i] == 'S' && !class:
				w.WriteString("[^" + all + "]")
			default:
				w.WriteByte(c)
				w.WriteByte(expr[i])
			}
			continue
		case class:
			class = c != ']'
		case c == '[':
			class = true
		}
		w.WriteByte(c)
	}
	return w.String()
}

// split isolates what the pattern matches.
func (p alternatives) split(part string) []int {
	var out []int
	open := false // what no alternative matches is a piece of its own
	for at := 0; at < len(part); {
		n := p.match(part[at:])
		if n > 0 {
			if open {
				out, open = append(out, at), false
			}
			at += n
			out = append(out, at)
			continue
		}
		_, size := utf8.DecodeRuneInString(part[at:])
		at, open = at+size, true
	}
	if open {
		out = append(out, len(part))
	}
	return out
}

// match is the length of what the first alternative that matches at the start takes.
func (p alternatives) match(text string) int {
	for i := range p {
		if n := p[i].match(text); n > 0 {
			return n
		}
	}
	return 0
}

func (a *alternative) match(text string) int {
	m := a.at.FindStringIndex(text)
	if m == nil {
		return 0
	}
	n := m[1]
	if a.ahead == nil {
		return n
	}
	for n > 0 && (a.ahead.MatchString(text[n:]) == a.not || n < m[1] && !a.whole.MatchString(text[:n])) {
		_, size := utf8.DecodeLastRuneInString(text[:n])
		n -= size
	}
	return n
}
