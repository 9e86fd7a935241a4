package valid

import (
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// token is one word, number or punctuation character.
type token struct {
	text       string
	start, end int
}

// lex splits code into words and single characters. A string is many tokens, so
// that a change inside one is a small change.
func lex(s string) []token {
	var out []token
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		start := i
		switch {
		case unicode.IsSpace(r):
			i += n
			continue
		case wordRune(r):
			for i < len(s) {
				if r, n = utf8.DecodeRuneInString(s[i:]); !wordRune(r) {
					break
				}
				i += n
			}
		default:
			i += n
		}
		out = append(out, token{s[start:i], start, i})
	}
	return out
}

func wordRune(r rune) bool {
	return r == '_' || r == '$' || unicode.IsLetter(r) || unicode.IsDigit(r)
}

// isWord reports whether a token is a word or a number.
func isWord(t string) bool {
	r, _ := utf8.DecodeRuneInString(t)
	return wordRune(r)
}

// equal reports whether two token lists hold the same tokens.
func equal(a, b []token) bool {
	return slices.EqualFunc(a, b, func(x, y token) bool { return x.text == y.text })
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
			if first, _ := utf8.DecodeRuneInString(t); wordRune(first) && !unicode.IsDigit(first) &&
				!slices.Contains(out, t) && !gone[t] {
				out = append(out, t)
			}
		}
	}
	return out
}

// compare aligns the tokens of golden and text and rebuilds the text: the golden's
// bytes wherever tokens agree, and between them the changed tokens of the text.
func compare(golden, text string) difference {
	g, t := lex(golden), lex(text)
	var d difference
	var w strings.Builder
	copied := 0 // bytes of the golden that are written or replaced
	gi, ti := 0, 0
	for _, p := range append(align(g, t), [2]int{len(g), len(t)}) {
		if gi < p[0] || ti < p[1] {
			r, with := gap{golden, text, g, t, gi, p[0], ti, p[1]}.fill()
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
	g, t           []token
	gi, gj, ti, tj int
}

// fill says which bytes of the golden the gap replaces and with what. White space
// is the golden's; where tokens come or go one of the spaces around them comes or
// goes with them, so that what stays keeps its own.
func (x gap) fill() (r run, with string) {
	for _, t := range x.g[x.gi:x.gj] {
		r.gold = append(r.gold, t.text)
	}
	for _, t := range x.t[x.ti:x.tj] {
		r.text = append(r.text, t.text)
	}
	from, to := bounds(x.golden, x.g, x.gi, x.gj)
	textFrom, textTo := bounds(x.text, x.t, x.ti, x.tj)
	first, last := x.gi == 0, x.gj == len(x.g)
	switch {
	case len(r.text) > 0 && len(r.gold) > 0:
		r.goldStart, r.goldEnd = x.g[x.gi].start, x.g[x.gj-1].end
		start, end := x.t[x.ti].start, x.t[x.tj-1].end
		if r.text[0] == "," && r.gold[0] != "," { // the space before a comma is the comma's
			r.goldStart, start = from, textFrom
		}
		// Where the golden has no space, words must not run together.
		if !first && from == r.goldStart && isWord(x.g[x.gi-1].text) && isWord(r.text[0]) {
			start = textFrom
		}
		if !last && to == r.goldEnd && isWord(x.g[x.gj].text) && isWord(r.text[len(r.text)-1]) {
			end = textTo
		}
		return r, x.text[start:end]
	case len(r.text) > 0: // tokens come
		start, end := x.t[x.ti].start, x.t[x.tj-1].end
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
		start, end := x.g[x.gi].start, x.g[x.gj-1].end
		lead, trail := x.golden[from:start], x.golden[end:to]
		keepTrail := r.gold[0] == "," && r.gold[len(r.gold)-1] != "," || !last &&
			strings.Contains(")]}", x.g[x.gj].text)
		if first || last {
			keepTrail = last && !first
		} else if isWord(x.g[x.gi-1].text) && isWord(x.g[x.gj].text) {
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
func bounds(s string, tokens []token, i, j int) (from, to int) {
	to = len(s)
	if i > 0 {
		from = tokens[i-1].end
	}
	if j < len(tokens) {
		to = tokens[j].start
	}
	return from, to
}

// align is the longest common subsequence of two token lists, as pairs of indices.
// Common ends are taken first: they make the change one run where it can be one.
func align(g, t []token) [][2]int {
	head := 0
	for head < len(g) && head < len(t) && g[head].text == t[head].text {
		head++
	}
	tail := 0
	for tail < len(g)-head && tail < len(t)-head && g[len(g)-1-tail].text == t[len(t)-1-tail].text {
		tail++
	}
	var out [][2]int
	for i := range head {
		out = append(out, [2]int{i, i})
	}
	a, b := g[head:len(g)-tail], t[head:len(t)-tail]
	length := make([][]int32, len(a)+1)
	for i := range length {
		length[i] = make([]int32, len(b)+1)
	}
	for i := len(a) - 1; i >= 0; i-- {
		for j := len(b) - 1; j >= 0; j-- {
			if a[i].text == b[j].text {
				length[i][j] = length[i+1][j+1] + 1
			} else {
				length[i][j] = max(length[i+1][j], length[i][j+1])
			}
		}
	}
	for i, j := 0, 0; i < len(a) && j < len(b); {
		switch {
		case a[i].text == b[j].text:
			out = append(out, [2]int{head + i, head + j})
			i++
			j++
		case length[i+1][j] >= length[i][j+1]:
			i++
		default:
			j++
		}
	}
	for k := tail; k > 0; k-- {
		out = append(out, [2]int{len(g) - k, len(t) - k})
	}
	return out
}
