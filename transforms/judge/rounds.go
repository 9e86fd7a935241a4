package judge

import "decoy/schemas"

// Plan says which negatives are asked about in which round. Rounds are ascending
// shares of a cell, in the order of a hash of the negatives' ids: round k takes those
// up to share k that the rounds before it did not. A cell that has stopped is asked
// about no more.
type Plan struct {
	Rounds  []float64 `json:"rounds"`
	Stopped []Stop    `json:"stopped"`
}

// Stop says that a cell is asked about no more after a round, counted from 0.
type Stop struct {
	Cell
	After int `json:"after"`
}

// Round is the round in which a negative's turn comes, ok = false where it comes in
// none: its share is beyond the last round's, or its cell has stopped before.
func (p Plan) Round(negativeID string, cell Cell) (round int, ok bool) {
	place := float64(schemas.Key64("judge round", negativeID) >> 11)
	for round < len(p.Rounds) && place >= p.Rounds[round]*(1<<53) {
		round++
	}
	if round == len(p.Rounds) {
		return round, false
	}
	for _, s := range p.Stopped {
		if s.Cell == cell && s.After < round {
			return round, false
		}
	}
	return round, true
}

// Close ends a round: cells whose Wilson interval is narrower than width, by all
// verdicts so far, stop. It reports whether a cell of the tally goes on.
func (p *Plan) Close(round int, t Tally, width float64) (more bool) {
	stopped := map[Cell]bool{}
	for _, s := range p.Stopped {
		stopped[s.Cell] = true
	}
	for _, c := range t.Cells {
		switch {
		case stopped[c.Cell]:
		case c.Judged > 0 && c.High-c.Low < width:
			p.Stopped = append(p.Stopped, Stop{c.Cell, round})
		default:
			more = true
		}
	}
	return more && round+1 < len(p.Rounds)
}
