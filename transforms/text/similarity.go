package text

import (
	"unicode/utf8"

	"github.com/agnivade/levenshtein"
)

// Similarity is the edit similarity of two texts: 1 − Levenshtein distance ÷ the longer
// length, in characters; 1 for two empty texts. Neither may differ in 65,536 characters
// or more: the library counts in 16 bits. Time is the product of the two lengths.
func Similarity(a, b string) float64 {
	n := max(utf8.RuneCountInString(a), utf8.RuneCountInString(b))
	if n == 0 {
		return 1
	}
	return 1 - float64(levenshtein.ComputeDistance(a, b))/float64(n)
}
