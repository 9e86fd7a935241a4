package report

import (
	"strings"
	"unicode/utf8"

	"decoy/transforms/text"
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

// grain of a shown diff: white space is shown, so it is tokens too.
var grain = text.Grain{Spaces: true}

// diff marks what was deleted from golden and what was inserted in negative.
func diff(golden, negative string) (gold, neg []part) {
	g, n := text.Cut(golden, grain), text.Cut(negative, grain)
	head, tail := text.Ends(g, n)
	keepG, keepN := keep(g[head:len(g)-tail], n[head:len(n)-tail])
	return mark(g, head, keepG, "del"), mark(n, head, keepN, "ins")
}

// mark joins tokens to parts. keep says which of those from head on are unchanged;
// those after keep are too.
func mark(toks []text.Token, head int, keep []bool, class string) []part {
	var out []part
	for i, t := range toks {
		c := "mid"
		if i >= head && i < head+len(keep) && !keep[i-head] {
			c = class
		}
		if len(out) > 0 && out[len(out)-1].Class == c {
			out[len(out)-1].Text += t.Text
		} else {
			out = append(out, part{c, t.Text})
		}
	}
	return out
}

// keep says which tokens of each side belong to a longest common subsequence. White space
// that stands between two changes counts as changed: marks in crumbs are hard to read.
func keep(a, b []text.Token) (keepA, keepB []bool) {
	keepA, keepB = make([]bool, len(a)), make([]bool, len(b))
	if len(a)*len(b) > alignCells {
		return keepA, keepB
	}
	matches := text.Align(a, b)
	for k, m := range matches {
		alone := (k == 0 || matches[k-1][0] < m[0]-1 || matches[k-1][1] < m[1]-1) &&
			(k == len(matches)-1 || matches[k+1][0] > m[0]+1 || matches[k+1][1] > m[1]+1)
		if alone && strings.TrimSpace(a[m[0]].Text) == "" {
			continue
		}
		keepA[m[0]], keepB[m[1]] = true, true
	}
	return keepA, keepB
}
