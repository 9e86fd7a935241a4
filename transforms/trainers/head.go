package trainers

import (
	"unicode/utf8"

	"decoy/schemas"
	"decoy/transforms/text"
)

// MoveHead moves what both sides of a pair begin with from the sides to the end of the prefix:
// a preference is over where they part, and what stands before that is the same prompt for
// both. What is left of either side is not empty and does not begin inside of a word, which a
// tokenizer would not cut there. A row without a pair stays as it is.
func MoveHead(r schemas.Row) schemas.Row {
	if r.Rejected == nil {
		return r
	}
	n := commonHead(r.Chosen, *r.Rejected)
	rejected := (*r.Rejected)[n:]
	r.Prefix, r.Chosen, r.Rejected = r.Prefix+r.Chosen[:n], r.Chosen[n:], &rejected
	return r
}

// commonHead is the length of what two texts begin with, as MoveHead cuts it.
func commonHead(a, b string) int {
	most := min(len(a), len(b))
	n := 0
	for n < most && a[n] == b[n] {
		n++
	}
	if n == most {
		n-- // one is the other's head: something of it stays
	}
	word := func(s string, i int) bool { return i < len(s) && text.IsWordByte(s[i]) }
	for n > 0 && (!utf8.RuneStart(a[n]) || !utf8.RuneStart(b[n]) || word(a, n-1) && (word(a, n) || word(b, n))) {
		n--
	}
	return max(n, 0)
}
