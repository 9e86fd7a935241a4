package rules

import (
	"math"
	"unicode"
	"unicode/utf8"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// sight is what a reader of a context's window has before the eyes: how often each name
// stands there, beside the golden, and how near.
type sight struct {
	count  map[string]int
	near   map[string]int  // bytes from the golden to the nearest place
	called map[string]int  // calls outside of the golden
	around map[string]bool // sub-tokens within aroundBytes of the golden
}

const aroundBytes = 160

func newSight(c *schemas.Context, f *syntax.Facts) *sight {
	s := &sight{map[string]int{}, map[string]int{}, map[string]int{}, map[string]bool{}}
	addSubTokens(s.around, c.Prefix[max(0, len(c.Prefix)-aroundBytes):])
	addSubTokens(s.around, c.Suffix[:min(len(c.Suffix), aroundBytes)])
	for i := range f.Calls {
		if o := &f.Calls[i]; o.NameEnd <= len(c.Prefix) || o.NameStart >= len(c.Prefix)+len(c.Golden) {
			s.called[o.Name]++
		}
	}
	each(c.Prefix, func(start int, name string) { s.add(name, len(c.Prefix)-start-len(name)) })
	each(c.Suffix, func(start int, name string) { s.add(name, start) })
	return s
}

func (s *sight) add(name string, far int) {
	s.count[name]++
	if old, ok := s.near[name]; !ok || far < old {
		s.near[name] = far
	}
}

// worth is larger for a name that stands there more often and nearer, 0 where it does not.
func (s *sight) worth(name string) float64 {
	n := s.count[name]
	if n == 0 {
		return 0
	}
	return math.Log1p(float64(n)) + 8/math.Log2(float64(s.near[name]+16))
}

func addSubTokens(set map[string]bool, text string) {
	each(text, func(_ int, n string) {
		for _, x := range subTokens(n) {
			set[x] = true
		}
	})
}

// each gives the identifiers of a text.
func each(text string, give func(start int, name string)) {
	start := -1
	for i := 0; i < len(text); {
		r, n := rune(text[i]), 1
		if r >= utf8.RuneSelf {
			r, n = utf8.DecodeRuneInString(text[i:])
		}
		word := r == '_' || r == '$' || unicode.IsLetter(r) || start >= 0 && unicode.IsDigit(r)
		switch {
		case word && start < 0:
			start = i
		case !word && start >= 0:
			give(start, text[start:i])
			start = -1
		}
		i += n
	}
	if start >= 0 {
		give(start, text[start:])
	}
}

// maxBeside bounds the text of a line that stands beside a place.
const maxBeside = 24

// wordsBack is where the last word of a text begins, with what follows it.
func wordsBack(text []byte) int {
	i := len(text)
	word := false
	for i > 0 && len(text)-i < maxBeside && text[i-1] != '\n' {
		if in := wordByte(text[i-1]); word && !in {
			break
		} else if in {
			word = true
		}
		i--
	}
	return i
}

// wordsOn is where the first word of a text ends, with what stands before it.
func wordsOn(text []byte) int {
	i := 0
	word := false
	for i < len(text) && i < maxBeside && text[i] != '\n' {
		if in := wordByte(text[i]); word && !in {
			break
		} else if in {
			word = true
		}
		i++
	}
	return i
}

func wordByte(b byte) bool {
	return b == '_' || b == '$' || b >= utf8.RuneSelf || b|0x20 >= 'a' && b|0x20 <= 'z' || b >= '0' && b <= '9'
}
