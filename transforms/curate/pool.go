package curate

import (
	"cmp"
	"slices"
)

// Shape is the outline of a pair as a probe sees it: by how much the rejected side
// is longer (in bins), which side has more blanks and line breaks, and the classes
// of the last characters.
type Shape struct {
	Len      int8 // signed bin of the length difference
	Blanks   int8 // -1, 0, 1
	Newlines int8 // -1, 0, 1
	From, To uint8
}

// lenBins are the upper ends of the bins of length difference, in characters.
// Small ones are exact: a probe that gets numbers sees 3 longer against 5 shorter.
var lenBins = []int{0, 1, 2, 3, 4, 5, 6, 7, 8, 10, 13, 17, 23, 32, 48}

// ShapeOf is the shape of a pair.
func ShapeOf(c *Candidate) Shape {
	d := c.LenDiff()
	bin := 0
	for bin < len(lenBins) && abs(d) > lenBins[bin] {
		bin++
	}
	return Shape{
		Len:      int8(sign(d) * bin),
		Blanks:   int8(sign(c.Text.Blanks - c.Golden.Blanks)),
		Newlines: int8(sign(c.Text.Newlines - c.Golden.Newlines)),
		From:     c.Golden.Last, To: c.Text.Last,
	}
}

// Mirror is the shape with chosen and rejected exchanged. Equally many pairs of a
// shape and of its mirror tell a probe nothing.
func (s Shape) Mirror() Shape {
	return Shape{-s.Len, -s.Blanks, -s.Newlines, s.To, s.From}
}

func sign(x int) int { return cmp.Compare(x, 0) }

func abs(x int) int { return max(x, -x) }

func compareShape(a, b Shape) int {
	return cmp.Or(cmp.Compare(a.Len, b.Len), cmp.Compare(a.Blanks, b.Blanks), cmp.Compare(a.Newlines, b.Newlines),
		cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
}

// pool is the eligible rows of one cell, in bins by shape, each bin ranked by
// hardness. Bins are drawn from in proportion to what they hold, as far as balance
// lets them.
type pool struct {
	cell  Cell
	size  int
	bins  []*bin
	index map[Shape]*bin
	drawn int
	skew  int // longer minus shorter among the drawn
}

type bin struct {
	shape  Shape
	mirror *bin // in the same pool, nil without one
	rows   []*Candidate
	next   int // rows before it are drawn or blocked
	drawn  int
	out    map[int]bool // indexes of drawn rows
}

func newPool(c Cell) *pool { return &pool{cell: c, index: map[Shape]*bin{}} }

func (p *pool) add(c *Candidate) {
	k := ShapeOf(c)
	if p.index[k] == nil {
		p.index[k] = &bin{shape: k, out: map[int]bool{}}
		p.bins = append(p.bins, p.index[k])
	}
	p.index[k].rows = append(p.index[k].rows, c)
	p.size++
}

// rank sorts the bins and the rows in them.
func (p *pool) rank() {
	slices.SortFunc(p.bins, func(a, b *bin) int { return compareShape(a.shape, b.shape) })
	for _, b := range p.bins {
		b.mirror = p.index[b.shape.Mirror()]
		slices.SortFunc(b.rows, harder)
	}
}

// harder orders by the lower Wilson bound of the weighted fool rate (3 of 3 says more
// than 1 of 1), then margin, then id. Unjudged rows come last.
func harder(a, b *Candidate) int {
	return cmp.Or(cmp.Compare(hardness(b), hardness(a)), compareMargin(b, a), byID(*a, *b))
}

func hardness(c *Candidate) float64 {
	if c.Low == nil {
		return -1
	}
	return *c.Low
}

func compareMargin(a, b *Candidate) int {
	switch {
	case a.Margin != nil && b.Margin != nil:
		return cmp.Compare(*a.Margin, *b.Margin)
	case a.Margin != nil:
		return 1
	case b.Margin != nil:
		return -1
	}
	return 0
}

// balance counts shapes over all cells.
type balance struct {
	drawn, remaining map[Shape]int
}

// ahead is how many rows a shape is ahead of its mirror. One whose mirror has run
// out counts one more: what is drawn of it now stays unanswered.
func (b *balance) ahead(s Shape) int {
	m := s.Mirror()
	if m == s {
		return 0
	}
	n := b.drawn[s] - b.drawn[m]
	if b.remaining[m] == 0 {
		n++
	}
	return n
}

// cost orders bins for a draw; smaller is better, the first difference decides.
type cost struct {
	unjudged bool    // a row that nobody judged comes after all that somebody did
	leaning  int     // this row would tilt the cell further than it may lean
	ahead    int     // how far its shape is ahead of its mirror in all cells
	progress float64 // share drawn of what the cell can draw in balance
}

func compareCost(a, b cost) int {
	if a.unjudged != b.unjudged {
		if a.unjudged {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(a.leaning, b.leaning), cmp.Compare(a.ahead, b.ahead), cmp.Compare(a.progress, b.progress))
}

// draw takes the pool's next row, nil when none is left. After a row of one shape
// the mirror shape is the cheapest, wherever it is found, so rows come in pairs,
// and cells that can choose make up for those that have one side only. For that a
// cell may lean to one side by an eighth of its rows.
func (p *pool) draw(all *balance, blocked func(*Candidate) bool) *Candidate {
	var best *bin
	var least cost
	for _, b := range p.bins {
		for b.next < len(b.rows) && blocked(b.rows[b.next]) {
			b.next++
			all.remaining[b.shape]--
		}
		if b.next == len(b.rows) {
			continue
		}
		if c := p.cost(b, all); best == nil || compareCost(c, least) < 0 {
			best, least = b, c
		}
	}
	if best == nil {
		return nil
	}
	c := best.rows[best.next]
	best.out[best.next] = true
	best.next++
	best.drawn++
	all.remaining[best.shape]--
	all.drawn[best.shape]++
	p.drawn++
	p.skew += sign(c.LenDiff())
	return c
}

func (p *pool) cost(b *bin, all *balance) cost {
	c := cost{ahead: all.ahead(b.shape), unjudged: b.rows[b.next].Low == nil}
	if side := sign(int(b.shape.Len)); side*p.skew > p.drawn/8 {
		c.leaning = side * p.skew
	}
	available := len(b.rows)
	if b.mirror != nil {
		available = min(available, len(b.mirror.rows))
	}
	c.progress = float64(b.drawn) / float64(available)
	return c
}

// left lists the rows that were not drawn.
func (p *pool) left() (out []*Candidate) {
	for _, b := range p.bins {
		for i, c := range b.rows {
			if !b.out[i] {
				out = append(out, c)
			}
		}
	}
	return out
}
