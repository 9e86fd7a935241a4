package report

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// part is a stretch of a line: unchanged text around the golden (""), text inside
// of it ("mid"), or a change ("del", "ins").
type part struct {
	Class string
	Text  string
}

// line is one line of a shown pair. Mark is "−", "+" or "" as in a diff. Number is
// the line's number in the file, 0 where it has none (negatives are in no file).
type line struct {
	Mark   string
	Class  string // "ctx", "old", "new"
	Number int64
	Parts  []part
}

const (
	prefixLines = 8 // whole lines of prefix before the golden's own
	suffixLines = 4
	lineBytes   = 2000
	// alignCells bounds the table of the alignment. Both sides have at most 817
	// characters in our rows; past this the middle is one change.
	alignCells = 4 << 20
)

// diffLines lays a pair out as the diff of its lines.
func diffLines(p Pair) []line {
	prefix, suffix := p.Prefix, p.Suffix
	head := prefix[strings.LastIndexByte(prefix, '\n')+1:]
	before := lastLines(prefix[:len(prefix)-len(head)], prefixLines)
	tail, after, _ := strings.Cut(suffix, "\n")
	gold, neg := diff(p.Golden, p.Negative)
	frame := func(mid []part) []part {
		return append(append([]part{{"", head}}, mid...), part{"", tail})
	}
	var out []line
	for i, s := range before {
		out = append(out, line{Class: "ctx", Number: p.Line - int64(len(before)-i), Parts: shown([]part{{"", s}})})
	}
	n := p.Line
	for _, ps := range splitLines(frame(gold)) {
		out = append(out, line{Mark: "−", Class: "old", Number: n, Parts: shown(ps)})
		n++
	}
	for _, ps := range splitLines(frame(neg)) {
		out = append(out, line{Mark: "+", Class: "new", Parts: shown(ps)})
	}
	after = strings.TrimSuffix(after, "\n") // the end of the file is no line
	for i, s := range strings.Split(after, "\n") {
		if i == suffixLines || after == "" {
			break
		}
		out = append(out, line{Class: "ctx", Number: n, Parts: shown([]part{{"", s}})})
		n++
	}
	return out
}

// lastLines gives the last n lines of s, which ends in a line break or is empty.
func lastLines(s string, n int) []string {
	if s == "" {
		return nil
	}
	all := strings.Split(strings.TrimSuffix(s, "\n"), "\n")
	return all[max(0, len(all)-n):]
}

// splitLines cuts parts at line breaks.
func splitLines(parts []part) [][]part {
	out := [][]part{nil}
	for _, p := range parts {
		for i, s := range strings.Split(p.Text, "\n") {
			if i > 0 {
				out = append(out, nil)
			}
			if s != "" {
				out[len(out)-1] = append(out[len(out)-1], part{p.Class, s})
			}
		}
	}
	return out
}

// shown makes the parts of one line short enough to show.
func shown(parts []part) []part {
	room := lineBytes
	out := make([]part, 0, len(parts))
	for _, p := range parts {
		s := strings.TrimSuffix(p.Text, "\r")
		if len(s) > room {
			for room > 0 && !utf8.RuneStart(s[room]) {
				room--
			}
			return append(out, part{p.Class, s[:room]}, part{"cut", " … cut"})
		}
		room -= len(s)
		out = append(out, part{p.Class, s})
	}
	return out
}

// diff marks what was deleted from golden and what was inserted in negative.
func diff(golden, negative string) (gold, neg []part) {
	g, n := tokens(golden), tokens(negative)
	head := 0
	for head < len(g) && head < len(n) && g[head] == n[head] {
		head++
	}
	tail := 0
	for tail < len(g)-head && tail < len(n)-head && g[len(g)-1-tail] == n[len(n)-1-tail] {
		tail++
	}
	keepG, keepN := align(g[head:len(g)-tail], n[head:len(n)-tail])
	return mark(g, head, keepG, "del"), mark(n, head, keepN, "ins")
}

// mark joins tokens to parts. keep says which of those from head on are unchanged;
// those after keep are too.
func mark(toks []string, head int, keep []bool, class string) []part {
	var out []part
	for i, t := range toks {
		c := "mid"
		if i >= head && i < head+len(keep) && !keep[i-head] {
			c = class
		}
		if len(out) > 0 && out[len(out)-1].Class == c {
			out[len(out)-1].Text += t
		} else {
			out = append(out, part{c, t})
		}
	}
	return out
}

// align finds the tokens of a longest common subsequence. White space that stands
// between two changes counts as changed: marks in crumbs are hard to read.
func align(a, b []string) (keepA, keepB []bool) {
	keepA, keepB = make([]bool, len(a)), make([]bool, len(b))
	if len(a)*len(b) > alignCells {
		return keepA, keepB
	}
	w := len(b) + 1
	best := make([]int32, (len(a)+1)*w)
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i] == b[j] {
				best[i*w+j] = best[(i+1)*w+j+1] + 1
			} else {
				best[i*w+j] = max(best[(i+1)*w+j], best[i*w+j+1])
			}
		}
	}
	type match struct{ i, j int }
	var matches []match
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i] == b[j]:
			matches = append(matches, match{i, j})
			i, j = i+1, j+1
		case best[(i+1)*w+j] >= best[i*w+j+1]:
			i++
		default:
			j++
		}
	}
	for k, m := range matches {
		alone := (k == 0 || matches[k-1].i < m.i-1 || matches[k-1].j < m.j-1) &&
			(k == len(matches)-1 || matches[k+1].i > m.i+1 || matches[k+1].j > m.j+1)
		if alone && strings.TrimSpace(a[m.i]) == "" {
			continue
		}
		keepA[m.i], keepB[m.j] = true, true
	}
	return keepA, keepB
}

// tokens cuts text into words, runs of white space and single characters.
func tokens(s string) []string {
	var out []string
	for s != "" {
		r, n := utf8.DecodeRuneInString(s)
		if c := class(r); c != 0 {
			for n < len(s) {
				next, size := utf8.DecodeRuneInString(s[n:])
				if class(next) != c {
					break
				}
				n += size
			}
		}
		out = append(out, s[:n])
		s = s[n:]
	}
	return out
}

func class(r rune) int {
	switch {
	case r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r):
		return 1
	case unicode.IsSpace(r):
		return 2
	}
	return 0
}
