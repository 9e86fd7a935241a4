package curate

import (
	"math/rand/v2"
	"slices"
	"testing"

	"decoy/schemas"
)

// Where unlikely goldens have the high margins, ranking as one list would take those alone; a
// selection has each fifth of the goldens' scores as often as the pool has, and of each the hardest.
func TestSelectTakesTheHardestOfEachFifth(t *testing.T) {
	r := rand.New(rand.NewPCG(4, 4))
	cs := synthetic(3000, 4)
	for i := range cs {
		golden := -r.ExpFloat64() * 20
		margin := r.NormFloat64() - golden - 20
		cs[i].Language, cs[i].Type, cs[i].ContextID = schemas.Go, schemas.TypeMethod, cs[i].NegativeID
		cs[i].Golden, cs[i].Text = Side{Chars: 9}, Side{Chars: 9}
		cs[i].GoldenScore, cs[i].Margin, cs[i].Fooled, cs[i].Low = &golden, &margin, 0, low(0, 1)
	}
	slices.SortFunc(cs, byID)
	sorted := make([]float64, len(cs))
	for i := range cs {
		sorted[i] = *cs[i].GoldenScore
	}
	slices.Sort(sorted)
	fifth := func(c Candidate) int {
		n, _ := slices.BinarySearch(sorted, *c.GoldenScore)
		return n * 5 / len(sorted)
	}
	excess := func(c Candidate) float64 { return *c.Margin + *c.GoldenScore } // without the golden's part
	selected, _ := choose(t, cs, Config{Rows: 500})
	var counts [5]int
	var chosen, all float64
	by := map[string]Candidate{}
	for _, c := range cs {
		by[c.NegativeID] = c
		all += excess(c) / float64(len(cs))
	}
	for _, s := range selected {
		c := by[*s.NegativeID]
		counts[fifth(c)]++
		chosen += excess(c) / float64(len(selected))
	}
	for f, n := range counts {
		if n < 90 || n > 110 {
			t.Errorf("fifth %d has %d of 500 rows: %v", f, n, counts)
		}
	}
	if chosen < all+.3 {
		t.Errorf("the selection is no harder than the pool within fifths: %.2f and %.2f", chosen, all)
	}
}
