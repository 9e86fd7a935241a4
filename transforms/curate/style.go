package curate

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// Style is what the style probe sees of one side of a pair: its outline and how it is
// written, no name of it.
type Style struct {
	Chars, Newlines, Blanks    int
	Single, Double, Back       int // quotes
	Semicolons, Commas         int
	Brackets, Comments, Digits int
	First, Last                uint8 // classes of the first and the last character
}

// StylePair is a pair as the style probe takes it.
type StylePair struct {
	ID               string
	Group            string
	Chosen, Rejected Style
}

// StyleOf measures one side.
func StyleOf(text string) Style {
	s := Style{Chars: utf8.RuneCountInString(text), Comments: strings.Count(text, "//") + strings.Count(text, "#")}
	for i := range len(text) {
		switch c := text[i]; {
		case c == '\n':
			s.Newlines++
		case c == ' ' || c == '\t':
			s.Blanks++
		case c == '\'':
			s.Single++
		case c == '"':
			s.Double++
		case c == '`':
			s.Back++
		case c == ';':
			s.Semicolons++
		case c == ',':
			s.Commas++
		case strings.IndexByte("()[]{}", c) >= 0:
			s.Brackets++
		case c >= '0' && c <= '9':
			s.Digits++
		}
	}
	if text != "" {
		s.First, s.Last = lastClass(text[0]), lastClass(text[len(text)-1])
	}
	return s
}

func (s Style) numbers() []int {
	return []int{s.Chars, s.Newlines, s.Blanks, s.Single, s.Double, s.Back, s.Semicolons, s.Commas, s.Brackets,
		s.Comments, s.Digits}
}

// styleNames are the names of styleFeatures' results.
var styleNames = func() []string {
	var out []string
	for _, what := range []string{"chars", "newlines", "blanks", "single quotes", "double quotes", "back quotes",
		"semicolons", "commas", "brackets", "comments", "digits"} {
		out = append(out, what, what+" (sign)", what+" (to 3)", what+" (relative)")
	}
	for _, where := range []string{"first", "last"} {
		for i := range LastClasses {
			out = append(out, fmt.Sprintf("%s character of class %d", where, i))
		}
	}
	return out
}()

// styleFeatures are antisymmetric, as features are.
func styleFeatures(p StylePair) []float64 {
	out := make([]float64, 0, len(styleNames))
	rejected := p.Rejected.numbers()
	for i, n := range p.Chosen.numbers() {
		out = appendDifference(out, n, rejected[i])
	}
	classes := make([]float64, 2*LastClasses)
	classes[p.Chosen.First]++
	classes[p.Rejected.First]--
	classes[LastClasses+p.Chosen.Last]++
	classes[LastClasses+p.Rejected.Last]--
	return append(out, classes...)
}

// StyleProbe is [Probe] of pairs whose sides may differ in more than one name: it sees length,
// lines, blanks, quoting, punctuation, the classes of the first and last character, and the
// like of both sides, no names. Folds, fit and interval are Probe's; who decides by it may
// take a better interval of Accuracy over Pairs.
func StyleProbe(pairs []StylePair) ProbeResult {
	ps := sampled(pairs, func(p *StylePair) string { return p.ID })
	return probe(ps, styleNames, styleFeatures, func(p *StylePair) (id, group string) { return p.ID, p.Group })
}
