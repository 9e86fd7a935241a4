package curate

import (
	"cmp"
	"slices"

	"decoy/schemas"
)

// Control draws a random arm beside a selection: of each cell as many candidates as were
// selected, by a hash of the id, whatever their hardness and outline, as far as the same caps let it. What
// training on the selection gains over training on it is what ranking is worth. A candidate may be
// in both. Candidates are those that [Select] chose among; selected is sorted as Select sorts.
func Control(candidates []Candidate, selected []schemas.Selected, c Config) ([]schemas.Selected, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	cs := slices.Clone(candidates)
	slices.SortFunc(cs, byID)
	s := newSelection(c, candidateRows(cs))
	for i := range cs {
		if reason, _ := s.ineligible(&cs[i]); reason == "" {
			s.add(int32(i))
		}
	}
	sizes := map[Cell]int{}
	for _, x := range selected {
		if x.NegativeID != nil {
			sizes[Cell{x.Language, schemas.OrEmpty(x.Type)}]++
		}
	}
	var out []schemas.Selected
	for _, i := range s.control(sizes) {
		out = append(out, cs[i].selected(c.Splits.OfRow(cs[i].Repo, cs[i].Path, cs[i].Language)))
	}
	slices.SortFunc(out, schemas.CompareSelected)
	return out, nil
}

// control draws so many rows of each cell. Cells with the least to spare draw first, since a cap may
// keep a row out for what another cell has drawn: what a cell then lacks, it lacks.
func (s *selection) control(sizes map[Cell]int) (drawn []int32) {
	spare := func(p *pool) int { return p.size - sizes[p.cell] }
	pools := slices.SortedFunc(slices.Values(s.pools), func(a, b *pool) int {
		return cmp.Or(cmp.Compare(spare(a), spare(b)), compareCells(a.cell, b.cell))
	})
	caps := newCaps(s.Config)
	all := 0
	for _, n := range sizes {
		all += n
	}
	caps.free = int(s.freeShare()*float64(all) + 1e-9)
	for _, p := range pools {
		left := sizes[p.cell]
		for _, i := range s.lots(p) {
			if left == 0 {
				break
			}
			if l := s.rows.limits(i); caps.blocked(l) == "" {
				caps.take(l)
				left--
				drawn = append(drawn, i)
			}
		}
	}
	return drawn
}

// lots are the rows of a pool in a random order that is always the same.
func (s *selection) lots(p *pool) []int32 {
	type lot struct {
		hash uint64
		row  int32
	}
	var lots []lot
	for _, b := range p.bins {
		for _, i := range b.rows {
			lots = append(lots, lot{controlHash(s.rows.id(i)), i})
		}
	}
	slices.SortFunc(lots, func(a, b lot) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.row, b.row)) })
	out := make([]int32, len(lots))
	for n, l := range lots {
		out[n] = l.row
	}
	return out
}

// controlHash orders rows for the random arm.
func controlHash(negativeID string) uint64 { return schemas.Key64("control", negativeID) }
