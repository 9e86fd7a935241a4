package screen

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// What a match of a regular expression must hold, derived from the expression.

const (
	maxExact = 48 // texts that are written out
	minWord  = 2  // bytes below which a word is in nearly every text
)

// need is what a text must have: of each group one word. An empty one is no need.
type need []group

// group is met by one of its words, by their ids, or by one of its needs.
type group struct {
	words []int
	needs []need
}

func (n need) met(words wordSet) bool {
	for _, g := range n {
		if !slices.ContainsFunc(g.words, words.has) &&
			!slices.ContainsFunc(g.needs, func(n need) bool { return n.met(words) }) {
			return false
		}
	}
	return true
}

// wordSet tells of each id whether its word is there.
type wordSet []bool

func (s wordSet) has(id int) bool { return s[id] }

// wordIDs numbers the words that are asked for.
type wordIDs map[string]int

func (w wordIDs) id(word string) int {
	id, ok := w[word]
	if !ok {
		id = len(w)
		w[word] = id
	}
	return id
}

// list has the words at the places of their ids.
func (w wordIDs) list() []string {
	all := make([]string, len(w))
	for word, id := range w {
		all[id] = word
	}
	return all
}

// needed is what every match of an expression holds.
func (w wordIDs) needed(e *syntax.Regexp) need {
	if texts := exact(e); texts != nil {
		return w.oneOf(texts)
	}
	switch e.Op {
	case syntax.OpCapture, syntax.OpPlus:
		return w.needed(e.Sub[0])
	case syntax.OpRepeat:
		if e.Min > 0 {
			return w.needed(e.Sub[0])
		}
	case syntax.OpAlternate:
		var any group
		for _, part := range e.Sub {
			n := w.needed(part)
			if n == nil {
				return nil
			}
			any.needs = append(any.needs, n)
		}
		return need{any}
	case syntax.OpConcat:
		return w.neededOfAll(e.Sub)
	}
	return nil
}

// neededOfAll joins what neighbours must hold: those of which all texts are known make
// longer words.
func (w wordIDs) neededOfAll(parts []*syntax.Regexp) (all need) {
	texts := []string{""}
	for _, part := range parts {
		more := product(texts, exact(part))
		if more == nil {
			all = append(all, w.oneOf(texts)...)
			if more = exact(part); more == nil {
				all = append(all, w.needed(part)...)
				more = []string{""}
			}
		}
		texts = more
	}
	return append(all, w.oneOf(texts)...)
}

// oneOf is the need of any of the texts.
func (w wordIDs) oneOf(texts []string) need {
	ids := w.shortest(texts, strings.Contains)
	if ids == nil {
		return nil
	}
	return need{{words: ids}}
}

// shortest are the ids of texts without those that hold another one, which say no more
// than it does; nil where one is below minWord.
func (w wordIDs) shortest(texts []string, holds func(text, part string) bool) (ids []int) {
	for i, text := range texts {
		if len(text) < minWord {
			return nil
		}
		told := false
		for j, other := range texts {
			told = told || holds(text, other) && (text != other || j < i)
		}
		if !told {
			ids = append(ids, w.id(text))
		}
	}
	return ids
}

// beginning is the words of which any match begins with one, nil for expressions that
// do not begin with words, and whether these are bounded.
func (w wordIDs) beginning(e *syntax.Regexp) (ids []int, bounded bool) {
	parts := []*syntax.Regexp{e}
	if e.Op == syntax.OpConcat {
		parts = e.Sub
	}
	if bounded = parts[0].Op == syntax.OpWordBoundary; bounded {
		parts = parts[1:]
	}
	words := []string{""}
	for _, part := range parts {
		more := product(words, exact(part))
		if more == nil || looksBehind(part) {
			break
		}
		words = more
	}
	noWord := func(word string) bool { return word == "" || !isWordByte(word[0]) }
	if bounded && slices.ContainsFunc(words, noWord) {
		return nil, false
	}
	return w.shortest(words, strings.HasPrefix), bounded
}

// looksBehind reports whether a match depends on what stands before it.
func looksBehind(e *syntax.Regexp) bool {
	switch e.Op {
	case syntax.OpBeginText, syntax.OpBeginLine, syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return true
	}
	return slices.ContainsFunc(e.Sub, looksBehind)
}

// exact is all folded texts that an expression can match, where they are few.
func exact(e *syntax.Regexp) (texts []string) {
	switch e.Op {
	case syntax.OpLiteral:
		same, _ := folded(string(e.Rune))
		return []string{string(same)}
	case syntax.OpCharClass:
		return few(e.Rune)
	case syntax.OpEmptyMatch, syntax.OpBeginText, syntax.OpEndText, syntax.OpBeginLine, syntax.OpEndLine,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return []string{""}
	case syntax.OpCapture:
		return exact(e.Sub[0])
	case syntax.OpQuest:
		if texts = exact(e.Sub[0]); texts != nil {
			texts = append(texts, "")
		}
		return texts
	case syntax.OpAlternate:
		for _, part := range e.Sub {
			one := exact(part)
			if one == nil || len(texts)+len(one) > maxExact {
				return nil
			}
			texts = append(texts, one...)
		}
		return texts
	case syntax.OpConcat:
		texts = []string{""}
		for _, part := range e.Sub {
			if texts = product(texts, exact(part)); texts == nil {
				return nil
			}
		}
		return texts
	}
	return nil
}

// product joins each of a with each of b; nil where they are too many or b is not known.
func product(a, b []string) (all []string) {
	if len(a)*len(b) > maxExact {
		return nil
	}
	for _, x := range a {
		for _, y := range b {
			all = append(all, x+y)
		}
	}
	return all
}

// few are the texts of a class of few characters, given in pairs of bounds.
func few(bounds []rune) (texts []string) {
	for i := 0; i < len(bounds); i += 2 {
		if bounds[i+1]-bounds[i] > 8 {
			return nil
		}
		for r := bounds[i]; r <= bounds[i+1]; r++ {
			if same := string(fold(r)); !slices.Contains(texts, same) {
				texts = append(texts, same)
			}
		}
	}
	if len(texts) > 4 {
		return nil
	}
	return texts
}

// folded is a text in which letters that (?i) takes for the same are the same: 's' for
// the long s too. moved is set where that changes places.
func folded(text string) (out []byte, moved bool) {
	out = make([]byte, 0, len(text))
	for i := 0; i < len(text); {
		r, n := utf8.DecodeRuneInString(text[i:])
		if r == utf8.RuneError && n == 1 {
			out = append(out, text[i]) // no letter
		} else {
			same := fold(r)
			moved = moved || utf8.RuneLen(same) != n
			out = utf8.AppendRune(out, same)
		}
		i += n
	}
	return out, moved
}

// fold is the smallest of the runes that are the same in any case, a small letter where
// it is of ASCII.
func fold(r rune) rune {
	if r < utf8.RuneSelf {
		return unicode.ToLower(r)
	}
	least := r
	for other := unicode.SimpleFold(r); other != r; other = unicode.SimpleFold(other) {
		least = min(least, other)
	}
	return unicode.ToLower(least)
}
