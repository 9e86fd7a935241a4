package curate

import (
	"cmp"
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
	s := Shift{Pool: int64(len(pool)), Notes: append([]string{}, notes...)}
	for i := range pool {
		if chosen[pool[i].NegativeID] {
			s.Selected++
		}
	}
	for _, d := range []struct {
		name  string
		value func(*Candidate) string
		shown int
	}{
		{"language", func(c *Candidate) string { return c.Language }, 0},
		{"type", func(c *Candidate) string { return c.Type }, 0},
		{"language_type", func(c *Candidate) string { return c.Language + " " + c.Type }, 0},
		{"generator", func(c *Candidate) string { return c.Generator }, 0},
		{"kind", func(c *Candidate) string { return c.Kind }, 0},
		{"status", func(c *Candidate) string { return c.Status }, 0},
		{"invented", func(c *Candidate) string { return strconv.FormatBool(c.Invented) }, 0},
		{"repo", func(c *Candidate) string { return c.Repo }, shownRepos},
	} {
		s.Dimensions = append(s.Dimensions, dimension(d.name, pool, chosen, d.value, d.shown))
	}
	for _, n := range []struct {
		name  string
		value func(*Candidate) *float64
	}{
		{"golden_chars", func(c *Candidate) *float64 { return asFloat(c.Golden.Chars) }},
		{"length_difference", func(c *Candidate) *float64 { return asFloat(c.LenDiff()) }},
		{"fool_rate", func(c *Candidate) *float64 { return c.FoolRate }},
		{"weighted_fool_rate", func(c *Candidate) *float64 { return c.Weighted }},
		{"margin", func(c *Candidate) *float64 { return c.Margin }},
	} {
		s.Numbers = append(s.Numbers, number(n.name, pool, chosen, n.value))
	}
	return s
}

func asFloat(n int) *float64 {
	f := float64(n)
	return &f
}

func dimension(name string, pool []Candidate, chosen map[string]bool, value func(*Candidate) string,
	shown int) Dimension {
	by := map[string]*Value{}
	var total, selected int64
	for i := range pool {
		n := value(&pool[i])
		if by[n] == nil {
			by[n] = &Value{Name: n}
		}
		by[n].Pool++
		total++
		if chosen[pool[i].NegativeID] {
			by[n].Selected++
			selected++
		}
	}
	d := Dimension{Name: name, Values: []Value{}}
	for _, v := range by {
		v.PoolShare, v.SelectedShare = share(v.Pool, total), share(v.Selected, selected)
		d.Values = append(d.Values, *v)
	}
	slices.SortFunc(d.Values, func(a, b Value) int { return cmp.Compare(a.Name, b.Name) })
	if total > 0 && selected > 0 {
		sum := 0.0
		for _, v := range d.Values {
			sum += math.Abs(float64(v.Pool)/float64(total) - float64(v.Selected)/float64(selected))
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

func number(name string, pool []Candidate, chosen map[string]bool, value func(*Candidate) *float64) Number {
	var all, sel []float64
	for i := range pool {
		if v := value(&pool[i]); v != nil {
			all = append(all, *v)
			if chosen[pool[i].NegativeID] {
				sel = append(sel, *v)
			}
		}
	}
	return Number{Name: name, Pool: Quantiles(all), Selected: Quantiles(sel), InPool: int64(len(all)),
		InSelect: int64(len(sel))}
}

// Quantiles gives the 0, 5, 10, 25, 50, 75, 90, 95 and 100 % quantiles of values by
// nearest rank, none for no values. It sorts values.
func Quantiles(values []float64) []Quantile {
	out := []Quantile{}
	if len(values) == 0 {
		return out
	}
	slices.Sort(values)
	for _, q := range []float64{0, 0.05, 0.1, 0.25, 0.5, 0.75, 0.9, 0.95, 1} {
		i := max(0, int(math.Ceil(q*float64(len(values))))-1)
		out = append(out, Quantile{q, round6(values[i])})
	}
	return out
}
