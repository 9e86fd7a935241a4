package valid

import (
	"slices"
	"strings"

	"decoy/transforms/text"
)

// grain of the comparison: a string is many tokens, so that a change inside one is a small
// change.
var grain = text.Grain{Dollar: true}

func lex(code string) []text.Token { return text.Cut(code, grain) }

// isWord reports whether a token is a word or a number.
func isWord(token string) bool { return grain.IsWord(token) }

// equal reports whether two token lists hold the same tokens.
func equal(a, b []text.Token) bool {
	return slices.EqualFunc(a, b, func(x, y text.Token) bool { return x.Text == y.Text })
}

// run is one change: [goldStart, goldEnd) of the golden became [start, end) of the
// text. Outside of the runs the two are the same bytes. gold and text are the
// changed tokens of each; an insertion has no gold, a deletion no text.
type run struct {
	goldStart, goldEnd int
	start, end         int
	gold, text         []string
}

func (r run) shift(by int) run {
	r.goldStart += by
	r.goldEnd += by
	r.start += by
	r.end += by
	return r
}

// difference is a text repaired from its golden, and what it changes.
type difference struct {
	text string
	runs []run
}

// introduced are the words that the changes bring and do not take away elsewhere,
// without repetition.
func (d difference) introduced() []string {
	out, gone := []string{}, map[string]bool{}
	for _, r := range d.runs {
		for _, t := range r.gold {
			gone[t] = true
		}
	}
	for _, r := range d.runs {
		for _, t := range r.text {
			if grain.IsName(t) && !slices.Contains(out, t) && !gone[t] {
				out = append(out, t)
			}
		}
	}
	return out
}

// compare aligns the tokens of golden and changed and rebuilds the changed text: the golden's
// bytes wherever tokens agree, and between them what changed has instead.
func compare(golden, changed string) difference {
	g, t := lex(golden), lex(changed)
	var d difference
	var w strings.Builder
	copied := 0 // bytes of the golden that are written or replaced
	gi, ti := 0, 0
	for _, p := range append(align(g, t), [2]int{len(g), len(t)}) {
		if gi < p[0] || ti < p[1] {
			r, with := gap{golden, changed, g, t, gi, p[0], ti, p[1]}.fill()
			w.WriteString(golden[copied:r.goldStart])
			r.start = w.Len()
			w.WriteString(with)
			r.end = w.Len()
			copied = r.goldEnd
			d.runs = append(d.runs, r)
		}
		gi, ti = p[0]+1, p[1]+1
	}
	w.WriteString(golden[copied:])
	d.text = w.String()
	return d
}

// gap is what lies between two common tokens: tokens [gi, gj) of the golden and
// [ti, tj) of the text.
type gap struct {
	golden, text   string
	g, t           []text.Token
	gi, gj, ti, tj int
}

// fill says which bytes of the golden the gap replaces and with what. White space
// is the golden's; where tokens come or go one of the spaces around them comes or
// goes with them, so that what stays keeps its own.
func (x gap) fill() (r run, with string) {
	for _, t := range x.g[x.gi:x.gj] {
		r.gold = append(r.gold, t.Text)
	}
	for _, t := range x.t[x.ti:x.tj] {
		r.text = append(r.text, t.Text)
	}
	from, to := bounds(x.golden, x.g, x.gi, x.gj)
	textFrom, textTo := bounds(x.text, x.t, x.ti, x.tj)
	first, last := x.gi == 0, x.gj == len(x.g)
	switch {
	case len(r.text) > 0 && len(r.gold) > 0:
		r.goldStart, r.goldEnd = x.g[x.gi].Start, x.g[x.gj-1].End
		start, end := x.t[x.ti].Start, x.t[x.tj-1].End
		if r.text[0] == "," && r.gold[0] != "," { // the space before a comma is the comma's
			r.goldStart, start = from, textFrom
		}
		// Where the golden has no space, words must not run together.
		if !first && from == r.goldStart && isWord(x.g[x.gi-1].Text) && isWord(r.text[0]) {
			start = textFrom
		}
		if !last && to == r.goldEnd && isWord(x.g[x.gj].Text) && isWord(r.text[len(r.text)-1]) {
			end = textTo
		}
		return r, x.text[start:end]
	case len(r.text) > 0: // tokens come
		start, end := x.t[x.ti].Start, x.t[x.tj-1].End
		lead, trail, space := x.text[textFrom:start], x.text[end:textTo], x.golden[from:to]
		with = x.text[start:end]
		after := first || lead == space || trail != space && r.text[len(r.text)-1] == "," && r.text[0] != ","
		if last && !first {
			after = false
		}
		// The new tokens take over one neighbour's space and bring the other.
		if space == "" && !first && !last {
			return run{goldStart: from, goldEnd: from, gold: r.gold, text: r.text}, lead + with + trail
		}
		if after {
			r.goldStart, r.goldEnd = to, to
			if last {
				trail = ""
			}
			return r, with + trail
		}
		r.goldStart, r.goldEnd = from, from
		return r, lead + with
	default: // tokens go
		start, end := x.g[x.gi].Start, x.g[x.gj-1].End
		lead, trail := x.golden[from:start], x.golden[end:to]
		keepTrail := r.gold[0] == "," && r.gold[len(r.gold)-1] != "," || !last &&
			strings.Contains(")]}", x.g[x.gj].Text)
		if first || last {
			keepTrail = last && !first
		} else if isWord(x.g[x.gi-1].Text) && isWord(x.g[x.gj].Text) {
			if lead+trail == "" {
				r.goldStart, r.goldEnd = from, to
				return r, " "
			}
			keepTrail = lead == "" || keepTrail && trail != ""
		}
		if keepTrail {
			r.goldStart, r.goldEnd = from, end
		} else {
			r.goldStart, r.goldEnd = start, to
		}
		return r, ""
	}
}

// bounds is the range between the tokens around tokens [i, j), white space
// included.
func bounds(s string, tokens []text.Token, i, j int) (from, to int) {
	to = len(s)
	if i > 0 {
		from = tokens[i-1].End
	}
	if j < len(tokens) {
		to = tokens[j].Start
	}
	return from, to
}

// align is the longest common subsequence of two token lists, as pairs of indices.
// Common ends are taken first: they make the change one run where it can be one.
func align(g, t []text.Token) [][2]int {
	head, tail := text.Ends(g, t)
	out := make([][2]int, 0, len(g)+1)
	for i := range head {
		out = append(out, [2]int{i, i})
	}
	for _, p := range text.Align(g[head:len(g)-tail], t[head:len(t)-tail]) {
		out = append(out, [2]int{head + p[0], head + p[1]})
	}
	for k := tail; k > 0; k-- {
		out = append(out, [2]int{len(g) - k, len(t) - k})
	}
	return out
}
