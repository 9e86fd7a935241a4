package curate

import "math"

// turns says which cell draws next.
//
// A cell's quota is filled first, cells taking turns in proportion to their quotas; then what
// others could not fill goes round, in equal parts or in proportion. With equal quotas and
// equal redistribution that is one row a turn from beginning to end.
type turns struct {
	active []*turn // in the order of pools
	by     map[*pool]*turn
	spread string
}

type turn struct {
	pool          *pool
	quota, weight int // weight is what the quota came from
	drawn, beyond int // within the quota, and behind it
	over          bool
}

func newTurns(c Config, pools []*pool) *turns {
	t := &turns{by: map[*pool]*turn{}, spread: c.Redistribute}
	total := 0
	for _, p := range pools {
		total += p.size
	}
	for i, p := range pools {
		x := &turn{pool: p, weight: 1, quota: math.MaxInt}
		switch c.Quota {
		case Proportional:
			x.weight = p.size
			x.quota = int(float64(c.Rows) * float64(p.size) / float64(max(1, total)))
		case Table:
			x.quota = c.Table[p.cell]
			x.weight = x.quota
		default:
			if c.Redistribute == None || c.Redistribute == Proportional {
				x.quota = c.Rows / len(pools)
				if i < c.Rows%len(pools) {
					x.quota++
				}
			}
		}
		t.active = append(t.active, x)
		t.by[p] = x
	}
	return t
}

// next is the cell with the smallest share of its quota, the first of equals; nil when no
// cell may draw.
func (t *turns) next() *pool {
	var best *turn
	for _, x := range t.active {
		if x.over || x.drawn >= x.quota {
			continue
		}
		// (drawn+1) / weight, compared without division
		if best == nil || (x.drawn+1)*best.weight < (best.drawn+1)*x.weight {
			best = x
		}
	}
	if best != nil {
		return best.pool
	}
	if t.spread == None {
		return nil
	}
	for _, x := range t.active {
		if x.over {
			continue
		}
		w, bw := 1, 1
		if t.spread == Proportional {
			if w = x.weight; w == 0 {
				continue // a quota of nothing has no part of what is left
			}
			if best != nil {
				bw = best.weight
			}
		}
		if best == nil || (x.beyond+1)*bw < (best.beyond+1)*w {
			best = x
		}
	}
	if best == nil {
		return nil
	}
	return best.pool
}

// took counts a draw, or that the cell has nothing more to give.
func (t *turns) took(p *pool, ok bool) {
	x := t.by[p]
	switch {
	case !ok:
		x.over = true
	case x.drawn < x.quota:
		x.drawn++
	default:
		x.beyond++
	}
}
