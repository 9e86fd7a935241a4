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
func ShapeOf(c *Candidate) Shape { return shapeOf(c.Golden, c.Text) }

func shapeOf(golden, text Side) Shape {
	d := text.Chars - golden.Chars
	bin := 0
	for bin < len(lenBins) && abs(d) > lenBins[bin] {
		bin++
	}
	return Shape{
		Len:      int8(sign(d) * bin),
		Blanks:   int8(sign(text.Blanks - golden.Blanks)),
		Newlines: int8(sign(text.Newlines - golden.Newlines)),
		From:     golden.Last, To: text.Last,
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
	skew  int    // longer minus shorter among the drawn
	dirty []*bin // bins whose next row may be blocked
}

type bin struct {
	pool   *pool
	shape  Shape
	number int          // of the shape, in balance
	side   int          // 1 where the rejected side is longer, -1 where it is shorter
	mirror *bin         // in the same pool, nil without one
	rows   []int32      // numbers of rows
	next   int          // rows before it are drawn or blocked
	out    map[int]bool // indexes of drawn rows
	dirty  bool
	// What cost needs of the next row and of the drawn ones, kept so that a draw only compares.
	unjudged bool
	progress float64
}

func newPool(c Cell) *pool { return &pool{cell: c, index: map[Shape]*bin{}} }

func (p *pool) add(i int32, k Shape) {
	if p.index[k] == nil {
		p.index[k] = &bin{pool: p, shape: k, side: sign(int(k.Len)), out: map[int]bool{}}
		p.bins = append(p.bins, p.index[k])
	}
	p.index[k].rows = append(p.index[k].rows, i)
	p.size++
}

// rank sorts the bins and the rows in them, see [bin.rank].
func (p *pool) rank(r rows, all *balance) {
	fifth := p.fifths(r)
	slices.SortFunc(p.bins, func(a, b *bin) int { return compareShape(a.shape, b.shape) })
	for _, b := range p.bins {
		b.mirror = p.index[b.shape.Mirror()]
		b.number = all.numbers[b.shape]
		b.rank(r, fifth)
		b.mark()
	}
}

// mark says that the bin's next row must be looked at before the next draw.
func (b *bin) mark() {
	if !b.dirty {
		b.dirty = true
		b.pool.dirty = append(b.pool.dirty, b)
	}
}

// harder orders by the lower Wilson bound of the weighted fool rate (3 of 3 says more
// than 1 of 1), then margin, then id. Unjudged rows come last.
func harder(r rows, i, j int32) int {
	return cmp.Or(cmp.Compare(hardness(r.low(j)), hardness(r.low(i))), compareMargin(r.margin(j), r.margin(i)),
		cmp.Compare(i, j))
}

func hardness(low *float64) float64 {
	if low == nil {
		return -1
	}
	return *low
}

func compareMargin(a, b *float64) int {
	switch {
	case a != nil && b != nil:
		return cmp.Compare(*a, *b)
	case a != nil:
		return 1
	case b != nil:
		return -1
	}
	return 0
}

// balance counts shapes over all cells, by the number of a shape.
type balance struct {
	numbers          map[Shape]int
	mirror           []int
	drawn, remaining []int
}

func newBalance(pools []*pool) balance {
	all := balance{numbers: map[Shape]int{}}
	number := func(s Shape) int {
		n, ok := all.numbers[s]
		if !ok {
			n = len(all.mirror)
			all.numbers[s] = n
			all.mirror = append(all.mirror, n)
		}
		return n
	}
	for _, p := range pools {
		for _, b := range p.bins {
			n, m := number(b.shape), number(b.shape.Mirror())
			all.mirror[n], all.mirror[m] = m, n
		}
	}
	all.drawn, all.remaining = make([]int, len(all.mirror)), make([]int, len(all.mirror))
	for _, p := range pools {
		for _, b := range p.bins {
			all.remaining[all.numbers[b.shape]] += len(b.rows)
		}
	}
	return all
}

// ahead is how many rows a shape is ahead of its mirror. One whose mirror has run
// out counts one more: what is drawn of it now stays unanswered.
func (b *balance) ahead(s int) int {
	m := b.mirror[s]
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

func compareCost(a, b *cost) int {
	if a.unjudged != b.unjudged {
		if a.unjudged {
			return 1
		}
		return -1
	}
	return cmp.Or(cmp.Compare(a.leaning, b.leaning), cmp.Compare(a.ahead, b.ahead), cmp.Compare(a.progress, b.progress))
}

// draw takes the pool's next row, -1 when none is left. After a row of one shape
// the mirror shape is the cheapest, wherever it is found, so rows come in pairs,
// and cells that can choose make up for those that have one side only. For that a
// cell may lean to one side by an eighth of its rows.
func (p *pool) draw(r rows, all *balance, c *caps) int32 {
	for _, b := range p.dirty {
		b.advance(r, all, c)
	}
	p.dirty = p.dirty[:0]
	var best *bin
	var least cost
	for _, b := range p.bins {
		if b.next == len(b.rows) {
			continue
		}
		if x := p.cost(b, all); best == nil || compareCost(&x, &least) < 0 {
			best, least = b, x
		}
	}
	if best == nil {
		return -1
	}
	i := best.rows[best.next]
	best.out[best.next] = true
	best.next++
	best.progress = float64(len(best.out)) / float64(best.available())
	best.mark()
	all.remaining[best.number]--
	all.drawn[best.number]++
	p.drawn++
	p.skew += best.side
	return i
}

// advance goes to the next row that no cap keeps out. Caps only fill up, so the rows that
// it passes stay blocked, and the one that it finds is looked at again only when a cap of
// its own has filled.
func (b *bin) advance(r rows, all *balance, c *caps) {
	b.dirty = false
	for ; b.next < len(b.rows); b.next++ {
		l := r.limits(b.rows[b.next])
		if c.blocked(l) == "" {
			c.watch(b, l)
			b.unjudged = r.low(b.rows[b.next]) == nil
			return
		}
		all.remaining[b.number]--
	}
}

// available is what the cell can draw of the shape in balance.
func (b *bin) available() int {
	if b.mirror != nil {
		return min(len(b.rows), len(b.mirror.rows))
	}
	return len(b.rows)
}

func (p *pool) cost(b *bin, all *balance) cost {
	c := cost{ahead: all.ahead(b.number), unjudged: b.unjudged, progress: b.progress}
	if b.side*p.skew > p.drawn/8 {
		c.leaning = b.side * p.skew
	}
	return c
}

// left lists the rows that were not drawn.
func (p *pool) left() (out []int32) {
	for _, b := range p.bins {
		for n, i := range b.rows {
			if !b.out[n] {
				out = append(out, i)
			}
		}
	}
	return out
}
