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
		case word(r):
			for i < len(s) {
				if r, n = utf8.DecodeRuneInString(s[i:]); !word(r) {
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

func word(r rune) bool { return r == '_' || unicode.IsLetter(r) || unicode.IsDigit(r) }

// run is one run of changed tokens: [goldStart, goldEnd) of the golden became
// [start, end) of the text. An insertion has an empty golden range.
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

// difference is a text repaired from its golden, and its changed runs.
type difference struct {
	text string
	runs []run
}

// introduced are the changed words of the text, without repetition.
func (d difference) introduced() []string {
	out := []string{}
	for _, r := range d.runs {
		for _, t := range r.text {
			if first, _ := utf8.DecodeRuneInString(t); word(first) && !unicode.IsDigit(first) && !slices.Contains(out, t) && !slices.Contains(r.gold, t) {
				out = append(out, t)
			}
		}
	}
	return out
}

// compare aligns the tokens of golden and text by their longest common
// subsequence and rebuilds the text with the golden's white space wherever both
// neighbours are common.
func compare(golden, text string) difference {
	g, t := lex(golden), lex(text)
	pairs := align(g, t)
	var d difference
	var w strings.Builder
	gi, ti := 0, 0 // next tokens
	flush := func(gEnd, tEnd int) {
		if gi == gEnd && ti == tEnd {
			return
		}
		r := run{}
		// White space around the run comes from the text where the run adds
		// tokens, from the golden where it only takes some away.
		if ti < tEnd {
			w.WriteString(space(text, t, ti))
			r.start = w.Len()
			w.WriteString(text[t[ti].start:t[tEnd-1].end])
			r.end = w.Len()
			for _, x := range t[ti:tEnd] {
				r.text = append(r.text, x.text)
			}
		} else {
			r.start, r.end = w.Len(), w.Len()
		}
		if gi < gEnd {
			r.goldStart, r.goldEnd = g[gi].start, g[gEnd-1].end
			for _, x := range g[gi:gEnd] {
				r.gold = append(r.gold, x.text)
			}
		} else {
			at := len(golden)
			if gi < len(g) {
				at = g[gi].start
			}
			if gi > 0 {
				at = g[gi-1].end
			}
			r.goldStart, r.goldEnd = at, at
		}
		d.runs = append(d.runs, r)
	}
	for _, p := range append(pairs, [2]int{len(g), len(t)}) {
		changed := gi < p[0] || ti < p[1]
		flush(p[0], p[1])
		gi, ti = p[0], p[1]
		if gi == len(g) && ti == len(t) {
			// The end: trailing white space is the golden's.
			end := 0
			if len(g) > 0 {
				end = g[len(g)-1].end
			}
			w.WriteString(golden[end:])
			break
		}
		if gi == len(g) || ti == len(t) {
			continue
		}
		if changed && ti > 0 {
			w.WriteString(space(text, t, ti))
		} else {
			w.WriteString(space(golden, g, gi))
		}
		w.WriteString(g[gi].text)
		gi++
		ti++
	}
	d.text = w.String()
	return d
}

// space is the white space before token i.
func space(s string, tokens []token, i int) string {
	start := 0
	if i > 0 {
		start = tokens[i-1].end
	}
	return s[start:tokens[i].start]
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
	length := make([][]int16, len(a)+1)
	for i := range length {
		length[i] = make([]int16, len(b)+1)
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
