package boundary

import (
	"cmp"
	"slices"

	"decoy/schemas"
)

// At reports whether a context's golden begins and ends where tokens of its window do.
func (v *Vocabulary) At(c *schemas.Context) (start, end bool) {
	ends := v.Ends(c.Prefix + c.Golden + c.Suffix)
	is := func(at int) bool {
		_, found := slices.BinarySearch(ends, at)
		return at == 0 || found
	}
	return is(len(c.Prefix)), is(len(c.Prefix) + len(c.Golden))
}

// Cell is what contexts are counted apart by.
type Cell struct {
	Language schemas.Language
	Kind     schemas.Kind
	Cut      schemas.Cut
	CallForm schemas.CallForm
}

// Share says of how many contexts of a cell the golden begins and ends on a token boundary.
type Share struct {
	Cell
	Contexts, Starts, Ends int
}

// Count counts contexts by cell, in the order of cells.
type Count struct {
	of    *Vocabulary
	cells map[Cell]*Share
}

// NewCount counts by a vocabulary.
func NewCount(v *Vocabulary) *Count { return &Count{v, map[Cell]*Share{}} }

// Add counts a context.
func (n *Count) Add(c *schemas.Context) {
	cell := Cell{c.Language, c.Kind, c.Cut, c.CallForm}
	s := n.cells[cell]
	if s == nil {
		s = &Share{Cell: cell}
		n.cells[cell] = s
	}
	s.Contexts++
	start, end := n.of.At(c)
	if start {
		s.Starts++
	}
	if end {
		s.Ends++
	}
}

// Shares are the cells, sorted.
func (n *Count) Shares() []Share {
	out := make([]Share, 0, len(n.cells))
	for _, s := range n.cells {
		out = append(out, *s)
	}
	slices.SortFunc(out, func(a, b Share) int {
		return cmp.Or(cmp.Compare(a.Kind, b.Kind), cmp.Compare(a.Cut, b.Cut), cmp.Compare(a.CallForm, b.CallForm),
			cmp.Compare(a.Language, b.Language))
	})
	return out
}
