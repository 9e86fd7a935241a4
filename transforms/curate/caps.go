package curate

import (
	"math"
	"slices"

	"github.com/zeebo/xxh3"

	"decoy/schemas"
)

// rows is what selection is made among, by number; numbers order by negative id. There are
// two: candidates, and records in the batches of [SelectRows].
type rows interface {
	cell(i int32) Cell
	shape(i int32) Shape
	low(i int32) *float64
	margin(i int32) *float64
	goldenScore(i int32) float32 // NaN for none
	id(i int32) string           // of the negative
	limits(i int32) limits
}

// limits is what caps count of a row.
type limits struct {
	context      [16]byte
	repo, golden uint64
	language     byte
	kind         byte
	callee, name uint32 // 0 for none, which no cap counts
	free         bool   // a sample that is no minimal pair
}

// capKey is one thing that a cap counts.
type capKey struct {
	what  byte // capContext and so on
	extra byte
	id    [16]byte
}

// caps counts chosen rows. A cap that is full stays so.
type caps struct {
	max     [capsEnd]int // by what; 0 is no cap
	kinds   []int
	free    int
	counts  map[capKey]int
	watched map[capKey][]*bin // whose next row has the key
}

// The caps in the order in which they are asked.
const (
	capContext = iota
	capGolden
	capRepo
	capKind
	capCallee
	capName
	capFree
	capsEnd
)

var capReasons = [capsEnd]schemas.Reason{
	capContext: ReasonOnePerCtx, capGolden: ReasonCapGolden, capRepo: ReasonCapRepo, capKind: ReasonCapKind,
	capCallee: ReasonCapCallee, capName: ReasonCapName,
	capFree: ReasonCapSamples,
}

func newCaps(c Config) caps {
	out := caps{counts: map[capKey]int{}, watched: map[capKey][]*bin{}}
	out.max = [capsEnd]int{
		capContext: c.PerContext, capGolden: c.MaxPerGolden, capRepo: c.MaxPerRepo,
		capCallee: c.MaxPerCallee, capName: c.MaxPerName,
	}
	out.free = int(c.freeShare()*float64(c.Rows) + 1e-9)
	if len(c.Kinds) > 0 {
		out.kinds = make([]int, len(kinds))
		for i, k := range kinds {
			out.kinds[i] = math.MaxInt
			if share, ok := c.Kinds[k]; ok {
				out.kinds[i] = int(math.Ceil(share*float64(c.Rows) - 1e-9))
			}
		}
	}
	return out
}

// each calls f with the caps that count a row, until f says no.
func (c *caps) each(l limits, f func(k capKey, most int) bool) {
	for what := range capReasons {
		k, most := capKey{what: byte(what)}, c.max[what]
		switch what {
		case capContext:
			k.id = l.context
		case capGolden:
			k.extra, k.id = l.language, id16(l.golden)
		case capRepo:
			k.id = id16(l.repo)
		case capKind:
			if int(l.kind) >= len(c.kinds) || c.kinds[l.kind] == math.MaxInt {
				continue
			}
			k.extra, most = l.kind, c.kinds[l.kind]
			if most == 0 { // a share of nothing is a cap, unlike a cap of 0
				f(k, 0)
				return
			}
		case capCallee:
			if l.callee == 0 {
				continue
			}
			k.id = id16(uint64(l.callee))
		case capName:
			if l.name == 0 {
				continue
			}
			k.id = id16(uint64(l.name))
		case capFree:
			if !l.free {
				continue
			}
			if most = c.free; most == 0 {
				f(k, 0)
				return
			}
		}
		if most > 0 && !f(k, most) {
			return
		}
	}
}

func id16(v uint64) (id [16]byte) {
	for i := range 8 {
		id[i] = byte(v >> (8 * i))
	}
	return id
}

// blocked says which cap keeps a row out at present.
func (c *caps) blocked(l limits) (reason schemas.Reason) {
	c.each(l, func(k capKey, most int) bool {
		if c.counts[k] >= most {
			reason = capReasons[k.what]
			return false
		}
		return true
	})
	return reason
}

// watch has a bin looked at again when a cap of its next row fills.
func (c *caps) watch(b *bin, l limits) {
	c.each(l, func(k capKey, _ int) bool {
		if w := c.watched[k]; len(w) == 0 || w[len(w)-1] != b {
			c.watched[k] = append(w, b)
		}
		return true
	})
}

// take counts a chosen row.
func (c *caps) take(l limits) {
	c.each(l, func(k capKey, most int) bool {
		c.counts[k]++
		if c.counts[k] >= most {
			for _, b := range c.watched[k] {
				b.mark()
			}
			delete(c.watched, k)
		}
		return true
	})
}

// candidateRows are candidates, sorted by id.
type candidateRows []Candidate

func (r candidateRows) cell(i int32) Cell           { return Cell{r[i].Language, r[i].Type} }
func (r candidateRows) shape(i int32) Shape         { return ShapeOf(&r[i]) }
func (r candidateRows) low(i int32) *float64        { return r[i].Low }
func (r candidateRows) margin(i int32) *float64     { return r[i].Margin }
func (r candidateRows) goldenScore(i int32) float32 { return score32(r[i].GoldenScore) }
func (r candidateRows) id(i int32) string           { return r[i].NegativeID }

func (r candidateRows) limits(i int32) limits {
	c := &r[i]
	return limits{
		context: xxh3.HashString128(c.ContextID).Bytes(), repo: schemas.Key64(c.Repo), golden: c.GoldenHash,
		// What is not among them gets 255, which is no number of any.
		language: byte(slices.Index(schemas.Languages, c.Language)), kind: byte(slices.Index(kinds, c.Kind)),
		callee: name32(c.Callee), name: name32(c.Introduced),
		free: c.Free,
	}
}
