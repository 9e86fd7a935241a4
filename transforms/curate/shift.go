package curate

import (
	"cmp"
	"maps"
	"math"
	"slices"
	"strconv"

	"decoy/schemas"
)

// Shift says how the selection differs from the pool of valid negatives: the
// content of shift.json. The paper does not publish how its subset was chosen; this
// is what a reader needs to judge ours.
type Shift struct {
	Pool     int64 `json:"pool"`
	Selected int64 `json:"selected"`
	// Dimensions in a fixed order: language, type, language × type, generator, kind,
	// status, invented, repo.
	Dimensions []Dimension `json:"dimensions"`
	// Quantiles of numbers: golden length, length difference, fool rate, margin.
	Numbers []Number `json:"numbers"`
	Notes   []string `json:"notes"`
}

// Dimension compares one property. TotalVariation is half the sum of the absolute
// differences of shares: 0 for equal distributions, 1 for disjoint ones.
type Dimension struct {
	Name           string  `json:"name"`
	TotalVariation float64 `json:"total_variation"`
	Values         []Value `json:"values"` // by name; of repo the largest of the selection
	Omitted        int     `json:"omitted"`
}

// Value is one value of a property with its counts.
type Value struct {
	Name          string  `json:"name"`
	Pool          int64   `json:"pool"`
	Selected      int64   `json:"selected"`
	PoolShare     float64 `json:"pool_share"`
	SelectedShare float64 `json:"selected_share"`
}

// Number compares the quantiles of one number, and how many rows have it.
type Number struct {
	Name     string     `json:"name"`
	Pool     []Quantile `json:"pool"`
	Selected []Quantile `json:"selected"`
	InPool   int64      `json:"in_pool"`
	InSelect int64      `json:"in_selected"`
}

// Quantile is one quantile (nearest rank).
type Quantile struct {
	Q     float64 `json:"q"`
	Value float64 `json:"value"`
}

// shownRepos bounds the repositories that are listed; all count for the distance.
const shownRepos = 50

// The properties and numbers that are compared, in the order of the report.
var (
	shiftDimensions = []struct {
		name  string
		value func(*Candidate) string
		shown int
	}{
		{"language", func(c *Candidate) string { return string(c.Language) }, 0},
		{"type", func(c *Candidate) string { return string(c.Type) }, 0},
		{"language_type", func(c *Candidate) string { return string(c.Language) + " " + string(c.Type) }, 0},
		{"generator", func(c *Candidate) string { return c.Generator }, 0},
		{"kind", func(c *Candidate) string { return string(c.Kind) }, 0},
		{"status", func(c *Candidate) string { return string(c.Status) }, 0},
		{"invented", func(c *Candidate) string { return strconv.FormatBool(c.Invented) }, 0},
		{"repo", func(c *Candidate) string { return c.Repo }, shownRepos},
	}
	shiftNumbers = []struct {
		name  string
		value func(*Candidate) *float64
	}{
		{"golden_chars", func(c *Candidate) *float64 { return asFloat(c.Golden.Chars) }},
		{"length_difference", func(c *Candidate) *float64 { return asFloat(c.LenDiff()) }},
		{"fool_rate", func(c *Candidate) *float64 { return c.FoolRate }},
		{"weighted_fool_rate", func(c *Candidate) *float64 { return c.Weighted }},
		{"margin", func(c *Candidate) *float64 { return c.Margin }},
	}
)

// NewShift compares the pool with the selection, whose pairs are found in the pool
// by negative id. General rows are not compared. Notes are for the reader: those of
// the splits, cells that are switched off.
func NewShift(pool []Candidate, selected []schemas.Selected, notes []string) Shift {
	chosen := map[string]bool{}
	for _, s := range selected {
		if s.NegativeID != nil {
			chosen[*s.NegativeID] = true
		}
	}
	y := newShiftTally()
	for i := range pool {
		n := pooled{pool: 1}
		if chosen[pool[i].NegativeID] {
			n.selected = 1
		}
		y.all.add(n)
		for d, of := range shiftDimensions {
			y.value(d, of.value(&pool[i]), n)
		}
		for d, of := range shiftNumbers {
			if v := of.value(&pool[i]); v != nil {
				y.number(d, *v, n)
			}
		}
	}
	return y.shift(notes)
}

func asFloat(n int) *float64 {
	f := float64(n)
	return &f
}

// pooled counts rows of the pool, and those of them that are selected.
type pooled struct{ pool, selected int64 }

func (p *pooled) add(n pooled) {
	p.pool += n.pool
	p.selected += n.selected
}

// shiftTally is what a shift is made of: integers, so that parts of a pool add up.
type shiftTally struct {
	all     pooled
	values  []map[string]*pooled  // by dimension
	numbers []map[float64]*pooled // by number
}

func newShiftTally() *shiftTally {
	y := &shiftTally{}
	for range shiftDimensions {
		y.values = append(y.values, map[string]*pooled{})
	}
	for range shiftNumbers {
		y.numbers = append(y.numbers, map[float64]*pooled{})
	}
	return y
}

func (y *shiftTally) value(d int, v string, n pooled) {
	if y.values[d][v] == nil {
		y.values[d][v] = &pooled{}
	}
	y.values[d][v].add(n)
}

func (y *shiftTally) number(d int, v float64, n pooled) {
	if y.numbers[d][v] == nil {
		y.numbers[d][v] = &pooled{}
	}
	y.numbers[d][v].add(n)
}

func (y *shiftTally) shift(notes []string) Shift {
	s := Shift{Pool: y.all.pool, Selected: y.all.selected, Notes: append([]string{}, notes...)}
	for d, of := range shiftDimensions {
		s.Dimensions = append(s.Dimensions, dimension(of.name, y.values[d], of.shown))
	}
	for d, of := range shiftNumbers {
		s.Numbers = append(s.Numbers, number(of.name, y.numbers[d]))
	}
	return s
}

func dimension(name string, counts map[string]*pooled, shown int) Dimension {
	var total pooled
	for _, n := range counts {
		total.add(*n)
	}
	d := Dimension{Name: name, Values: []Value{}}
	for v, n := range counts {
		d.Values = append(d.Values, Value{
			Name: v, Pool: n.pool, Selected: n.selected,
			PoolShare: share(n.pool, total.pool), SelectedShare: share(n.selected, total.selected),
		})
	}
	slices.SortFunc(d.Values, func(a, b Value) int { return cmp.Compare(a.Name, b.Name) })
	if total.pool > 0 && total.selected > 0 {
		sum := 0.0
		for _, v := range d.Values {
			sum += math.Abs(float64(v.Pool)/float64(total.pool) - float64(v.Selected)/float64(total.selected))
		}
		d.TotalVariation = round6(sum / 2)
	}
	if shown > 0 && len(d.Values) > shown {
		slices.SortStableFunc(d.Values, func(a, b Value) int {
			return cmp.Or(cmp.Compare(b.Selected, a.Selected), cmp.Compare(b.Pool, a.Pool))
		})
		d.Omitted = len(d.Values) - shown
		d.Values = d.Values[:shown]
	}
	return d
}

func share(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return round6(float64(n) / float64(of))
}

func round6(x float64) float64 { return math.Round(x*1e6) / 1e6 }

func number(name string, counts map[float64]*pooled) Number {
	values := slices.Sorted(maps.Keys(counts))
	of := func(count func(*pooled) int64) (q []Quantile, n int64) {
		all := make([]int64, len(values))
		for i, v := range values {
			all[i] = count(counts[v])
			n += all[i]
		}
		return quantiles(n, func(rank int64) float64 {
			i := 0
			for ; rank >= all[i]; i++ {
				rank -= all[i]
			}
			return values[i]
		}), n
	}
	n := Number{Name: name}
	n.Pool, n.InPool = of(func(p *pooled) int64 { return p.pool })
	n.Selected, n.InSelect = of(func(p *pooled) int64 { return p.selected })
	return n
}

// Quantiles gives the 0, 5, 10, 25, 50, 75, 90, 95 and 100 % quantiles of values by
// nearest rank, none for no values. It sorts values.
func Quantiles(values []float64) []Quantile {
	slices.Sort(values)
	return quantiles(int64(len(values)), func(rank int64) float64 { return values[rank] })
}

// quantiles are those of n values, which at gives by rank.
func quantiles(n int64, at func(rank int64) float64) []Quantile {
	out := []Quantile{}
	if n == 0 {
		return out
	}
	for _, q := range []float64{0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1} {
		out = append(out, Quantile{q, round6(at(max(0, int64(math.Ceil(q*float64(n)))-1)))})
	}
	return out
}
