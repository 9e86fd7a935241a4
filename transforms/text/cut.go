package text

import (
	"unicode"
	"unicode/utf8"
)

// Grain says how [Cut] cuts. The zero value gives words of letters, digits and "_", and
// single characters, without white space.
type Grain struct {
	Dollar bool // "$" belongs to words, as in names of JavaScript, PHP and Perl
	Spaces bool // a run of white space is a token: together the tokens are the text
}

// Cut cuts text into words, numbers and single characters. It is total; a byte that is no
// UTF-8 is a character of its own.
func Cut(s string, g Grain) []Token {
	var out []Token
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		start := i
		i += n
		switch c := g.class(r); c {
		case blank:
			i = g.end(s, i, c)
			if !g.Spaces {
				continue
			}
		case word:
			i = g.end(s, i, c)
		}
		out = append(out, Token{s[start:i], start, i})
	}
	return out
}

// end is where the run of characters of a class that goes on at i ends.
func (g Grain) end(s string, i, class int) int {
	for i < len(s) {
		r, n := utf8.DecodeRuneInString(s[i:])
		if g.class(r) != class {
			break
		}
		i += n
	}
	return i
}

func (g Grain) class(r rune) int {
	switch {
	case r == '_' || r == '$' && g.Dollar || unicode.IsLetter(r) || unicode.IsDigit(r):
		return word
	case unicode.IsSpace(r):
		return blank
	}
	return punctuation
}

// IsWord reports whether a token of [Cut] at this grain is a word or a number.
func (g Grain) IsWord(token string) bool {
	r, _ := utf8.DecodeRuneInString(token)
	return g.class(r) == word
}

// IsName reports whether a token of [Cut] at this grain is a word that begins with no digit.
func (g Grain) IsName(token string) bool {
	r, _ := utf8.DecodeRuneInString(token)
	return g.class(r) == word && !unicode.IsDigit(r)
}
