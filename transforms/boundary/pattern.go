package boundary

import (
	"unicode/utf8"

	"github.com/dlclark/regexp2"
)

// byPattern isolates what a pattern matches; what stands between two matches is a piece too.
// Vocabularies are written with look-aheads, which Go's own expressions do not have.
func byPattern(expr string) (split, error) {
	p, err := regexp2.Compile(expr, regexp2.None)
	if err != nil {
		return nil, err
	}
	return func(part string) (ends []int) {
		at, runes := 0, 0 // one place in bytes and in characters, by which matches count
		end := func(n int) {
			from := at
			for ; runes < n; runes++ {
				_, size := utf8.DecodeRuneInString(part[at:])
				at += size
			}
			if at > from {
				ends = append(ends, at)
			}
		}
		// The one error of a match is that it takes longer than allowed, and no time is set.
		for m, _ := p.FindStringMatch(part); m != nil; m, _ = p.FindNextMatch(m) {
			end(m.Index)
			end(m.Index + m.Length)
		}
		end(utf8.RuneCountInString(part))
		return ends
	}, nil
}
