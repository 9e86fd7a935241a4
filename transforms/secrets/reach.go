package secrets

import (
	"regexp/syntax"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"
)

// maxReach is the longest match for which a rule is run around its words alone.
const maxReach = 4096

// plan says where a rule can match.
type plan struct {
	// words, in lower case: every match holds one, in whatever case. None where none is
	// known: then the rule can match anywhere.
	words []string
	// reach is how many bytes a match has at most, 0 where that is not bounded.
	reach int
}

func planOf(expr string) (plan, error) {
	re, err := syntax.Parse(expr, syntax.Perl)
	if err != nil {
		return plan{}, err
	}
	need, _ := words(re)
	p := plan{words: slices.Compact(slices.Sorted(slices.Values(need))), reach: longest(re)}
	if shortest(need) < 2 { // a letter is everywhere
		p.words = nil
	}
	if p.reach > maxReach || p.words == nil {
		p.reach = 0
	}
	return p, nil
}

// longest is how many bytes a match of re has at most; more than maxReach stands for
// any number.
func longest(re *syntax.Regexp) int {
	n := 0
	switch re.Op {
	case syntax.OpLiteral:
		for _, r := range re.Rune {
			n += widest(re.Flags, r)
		}
	case syntax.OpCharClass:
		if len(re.Rune) > 0 {
			n = width(re.Rune[len(re.Rune)-1])
		}
	case syntax.OpAnyChar, syntax.OpAnyCharNotNL:
		n = utf8.UTFMax
	case syntax.OpCapture, syntax.OpQuest:
		n = longest(re.Sub[0])
	case syntax.OpStar, syntax.OpPlus:
		if longest(re.Sub[0]) > 0 {
			n = maxReach + 1
		}
	case syntax.OpRepeat:
		if n = longest(re.Sub[0]); n > 0 {
			if re.Max < 0 {
				return maxReach + 1
			}
			n *= re.Max
		}
	case syntax.OpConcat:
		for _, s := range re.Sub {
			n += longest(s)
		}
	case syntax.OpAlternate:
		for _, s := range re.Sub {
			n = max(n, longest(s))
		}
	}
	return min(n, maxReach+1)
}

// widest is the length of the longest character that a literal one matches.
func widest(flags syntax.Flags, r rune) int {
	n := width(r)
	if flags&syntax.FoldCase != 0 {
		for f := unicode.SimpleFold(r); f != r; f = unicode.SimpleFold(f) {
			n = max(n, width(f))
		}
	}
	return n
}

func width(r rune) int {
	if n := utf8.RuneLen(r); n > 0 {
		return n
	}
	return utf8.UTFMax
}

// maxWords bounds the words of an expression.
const maxWords = 64

// words returns words of which every match of re holds at least one, and all texts that
// re can match if these are few; nil where it does not know. Both are in lower case. Two
// letters outside of ASCII that fold to s and k do not count: [Scanner.Find] takes texts
// that have them as a whole.
func words(re *syntax.Regexp) (need, exact []string) {
	switch re.Op {
	case syntax.OpEmptyMatch, syntax.OpBeginLine, syntax.OpEndLine, syntax.OpBeginText, syntax.OpEndText,
		syntax.OpWordBoundary, syntax.OpNoWordBoundary:
		return nil, []string{""}
	case syntax.OpLiteral:
		exact = []string{strings.ToLower(string(re.Rune))}
		return exact, exact
	case syntax.OpCharClass:
		for i := 0; i < len(re.Rune); i += 2 {
			for r := re.Rune[i]; r <= re.Rune[i+1]; r++ {
				if r < utf8.RuneSelf {
					exact = append(exact, strings.ToLower(string(r)))
				} else if r != '\u017f' && r != '\u212a' {
					return nil, nil
				}
				if len(exact) > 4 {
					return nil, nil
				}
			}
		}
		slices.Sort(exact)
		exact = slices.Compact(exact)
		return exact, exact
	case syntax.OpCapture:
		return words(re.Sub[0])
	case syntax.OpPlus:
		need, _ = words(re.Sub[0])
		return need, nil
	case syntax.OpQuest:
		if _, exact = words(re.Sub[0]); exact != nil {
			exact = append(slices.Clone(exact), "")
		}
		return nil, exact
	case syntax.OpRepeat:
		sub, one := words(re.Sub[0])
		if re.Min > 0 {
			need = sub
		}
		if re.Min == re.Max && one != nil {
			exact = []string{""}
			for range re.Min {
				exact = product(exact, one)
			}
		}
		return stronger(need, exact), exact
	case syntax.OpConcat:
		run := []string{""} // what the parts since the last unknown one can match
		exact = run
		for _, s := range re.Sub {
			sub, one := words(s)
			need = stronger(need, sub)
			exact = product(exact, one)
			if joined := product(run, one); joined != nil {
				run = joined
			} else if run = one; run == nil {
				run = []string{""}
			}
			need = stronger(need, run)
		}
		return need, exact
	case syntax.OpAlternate:
		exact = []string{}
		known := true
		for _, s := range re.Sub {
			sub, one := words(s)
			if known = known && len(sub) > 0 && len(need)+len(sub) <= maxWords; known {
				need = append(need, sub...)
			}
			if exact != nil && one != nil && len(exact)+len(one) <= maxWords {
				exact = append(exact, one...)
			} else {
				exact = nil
			}
		}
		if !known {
			need = nil
		}
		return need, exact
	}
	return nil, nil
}

// product joins each of a to each of b; nil where either is unknown or they are many.
func product(a, b []string) []string {
	if a == nil || b == nil || len(a)*len(b) > maxWords {
		return nil
	}
	var out []string
	for _, x := range a {
		for _, y := range b {
			out = append(out, x+y)
		}
	}
	return out
}

// stronger is the set whose shortest word is longer.
func stronger(a, b []string) []string {
	if shortest(b) > shortest(a) {
		return b
	}
	return a
}

func shortest(words []string) int {
	if len(words) == 0 {
		return 0
	}
	n := len(words[0])
	for _, w := range words {
		n = min(n, len(w))
	}
	return n
}
