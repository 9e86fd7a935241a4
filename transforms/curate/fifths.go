package curate

import (
	"cmp"
	"slices"
)

// parts is into how many equal parts a cell's rows fall by the score of their golden.
const parts = 5

// fifths says in which part of its cell a row is by the score of its golden, 0 for the goldens
// that the judges find least likely; parts for a row without a score.
func (p *pool) fifths(r rows) func(i int32) int {
	var scores []float32
	for _, b := range p.bins {
		for _, i := range b.rows {
			if s := r.goldenScore(i); s == s {
				scores = append(scores, s)
			}
		}
	}
	slices.Sort(scores)
	return func(i int32) int {
		s := r.goldenScore(i)
		if s != s {
			return parts
		}
		below, _ := slices.BinarySearch(scores, s)
		return below * parts / len(scores)
	}
}

// rank orders the rows of a bin: unjudged ones last, and the others such that however many are
// taken from the front, each fifth of the golden's score gives the same share of its rows, its
// hardest. Ranked as one list the rows with the least likely goldens would come first: any text
// is likelier than these, and a negative is not harder for it.
func (b *bin) rank(r rows, fifth func(i int32) int) {
	slices.SortFunc(b.rows, func(i, j int32) int { return harder(r, i, j) })
	judged, _ := slices.BinarySearchFunc(b.rows, 0, func(i int32, _ int) int {
		if r.low(i) == nil {
			return 1
		}
		return -1
	})
	type place struct {
		row   int32
		of, n int // the n-th of a fifth
	}
	var sizes [parts + 1]int
	places := make([]place, judged)
	for at, i := range b.rows[:judged] {
		f := fifth(i)
		places[at] = place{i, f, sizes[f]}
		sizes[f]++
	}
	slices.SortStableFunc(places, func(a, b place) int { // (n + 1/2) / size, compared without division
		return cmp.Compare((2*a.n+1)*sizes[b.of], (2*b.n+1)*sizes[a.of])
	})
	for at, p := range places {
		b.rows[at] = p.row
	}
}
