package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"

	"decoy/schemas"
	"decoy/transforms/judge"
)

// heats is the number of shades of a cell.
const heats = 8

// grid is a table of languages × types with totals.
type grid struct {
	Types []schemas.Type
	Rows  []gridRow
	Total gridRow
	Notes []string // cells that are switched off, with their reasons
	Zero  int      // cells that are on and empty
	On    int
	Most  int64
}

type gridRow struct {
	Name  string
	Cells []gridCell
	Total int64
}

type gridCell struct {
	N    int64
	Heat int // 1 to heats, 0 for none
	Off  int // number of the note, 0 for a cell that is on
}

// newGrid pivots cells. A cell that is off is marked, with its count if it has one.
func newGrid(cells []Cell, off []Off) grid {
	type key struct {
		l schemas.Language
		t schemas.Type
	}
	n := map[key]int64{}
	for _, c := range cells {
		n[key{c.Language, c.Type}] += c.N
	}
	note := map[key]int{}
	g := grid{Types: schemas.Types, Total: gridRow{Name: "all", Cells: make([]gridCell, len(schemas.Types))}}
	for _, o := range off {
		g.Notes = append(g.Notes, fmt.Sprintf("%s × %s: %s", o.Language, o.Type, o.Reason))
		note[key{o.Language, o.Type}] = len(g.Notes)
	}
	for _, l := range schemas.Languages {
		for _, t := range schemas.Types {
			g.Most = max(g.Most, n[key{l, t}])
		}
	}
	for _, l := range schemas.Languages {
		row := gridRow{Name: string(l)}
		for i, t := range schemas.Types {
			c := gridCell{N: n[key{l, t}], Off: note[key{l, t}]}
			c.Heat = heat(float64(c.N), float64(g.Most))
			if c.Off == 0 {
				g.On++
				if c.N == 0 {
					g.Zero++
				}
			}
			row.Cells = append(row.Cells, c)
			row.Total += c.N
			g.Total.Cells[i].N += c.N
		}
		g.Rows = append(g.Rows, row)
		g.Total.Total += row.Total
	}
	return g
}

// atLeast counts the cells with n rows or more.
func (g grid) atLeast(n int64) int {
	count := 0
	for _, r := range g.Rows {
		for _, c := range r.Cells {
			if c.N >= n {
				count++
			}
		}
	}
	return count
}

// heat is the shade of v among values up to most. The root keeps small cells apart.
func heat(v, most float64) int {
	if v <= 0 || most <= 0 {
		return 0
	}
	return max(1, int(math.Ceil(math.Sqrt(v/most)*heats)))
}

// rate is a share with its number and 95 % Wilson interval.
type rate struct {
	N         int64
	Value     float64
	Low, High float64
	Heat      int
}

// newRate is k of n in verdicts, with the interval of independent observations.
func newRate(fooled, verdicts, independent int64) *rate {
	if verdicts == 0 {
		return nil
	}
	r := rate{N: independent, Value: float64(fooled) / float64(verdicts)}
	r.Low, r.High = judge.Wilson(r.Value*float64(independent), float64(independent))
	r.Heat = heat(r.Value, 1)
	return &r
}

// rateGrid is one generator's fool rates by language × type.
type rateGrid struct {
	Generator string
	Types     []schemas.Type
	Rows      []rateRow
	Total     rateRow
}

type rateRow struct {
	Name  string
	Cells []*rate
	Total *rate
}

// newRateGrids pivots the fool rates, one grid a generator. A rate over several cells
// counts each with its negatives and not with those that were judged: a cell that
// stopped early must not weigh less. Its interval has n = (ΣN)²/Σ(N²/n) (Kish 1965),
// which is the sum of n where all cells are judged to the same share.
func newRateGrids(cells []judge.CellRate) []rateGrid {
	sum := func(generator string, language schemas.Language, typ schemas.Type) *rate {
		var r rate
		var all, squares, fooled float64
		for _, c := range cells {
			if c.Generator != generator || language != "" && c.Language != language || typ != "" && c.Type != typ ||
				c.Verdicts == 0 {
				continue
			}
			n := float64(c.Negatives)
			all += n
			squares += n * n / float64(c.Judged)
			fooled += n * float64(c.Fooled) / float64(c.Verdicts)
			r.N += c.Judged
		}
		if r.N == 0 {
			return nil
		}
		effective := all * all / squares
		r.Value = fooled / all
		r.Low, r.High = judge.Wilson(r.Value*effective, effective)
		r.Heat = heat(r.Value, 1)
		return &r
	}
	row := func(generator string, language schemas.Language) rateRow {
		r := rateRow{Name: string(cmp.Or(language, "all")), Total: sum(generator, language, "")}
		for _, t := range schemas.Types {
			r.Cells = append(r.Cells, sum(generator, language, t))
		}
		return r
	}
	var names []string
	for _, c := range cells {
		names = append(names, c.Generator)
	}
	var out []rateGrid
	for _, g := range distinct(names) {
		rg := rateGrid{Generator: g, Types: schemas.Types, Total: row(g, "")}
		for _, l := range schemas.Languages {
			rg.Rows = append(rg.Rows, row(g, l))
		}
		out = append(out, rg)
	}
	return out
}

// distinct sorts names and removes repetitions.
func distinct(names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	return slices.Compact(names)
}

// stack is one stacked bar of statuses.
type stack struct {
	Name     string
	Total    int64
	Accepted float64 // share of certified and unseen
	Segments []segment
}

type segment struct {
	Status   schemas.Status
	N        int64
	From, To float64 // shares
}

// statusTable is one generator's statuses: by type, and by language and type.
type statusTable struct {
	Generator string
	Statuses  []schemas.Status
	Types     []stack
	Cells     []stack
}

// newStatusTables pivots the statuses, one table a generator. Cells without a
// certificate are left out.
func newStatusTables(cells []StatusCell) []statusTable {
	build := func(name, generator string, language schemas.Language, typ schemas.Type) stack {
		s := stack{Name: name}
		for _, st := range schemas.Statuses {
			g := segment{Status: st}
			for _, c := range cells {
				if c.Status == st && c.Generator == generator && (typ == "" || c.Type == typ) &&
					(language == "" || c.Language == language) {
					g.N += c.N
				}
			}
			s.Total += g.N
			s.Segments = append(s.Segments, g)
		}
		at := 0.0
		for i := range s.Segments {
			g := &s.Segments[i]
			g.From = at
			at += share(g.N, s.Total)
			g.To = at
			if g.Status == schemas.StatusCertified || g.Status == schemas.StatusUnseen {
				s.Accepted += share(g.N, s.Total)
			}
		}
		return s
	}
	var names []string
	for _, c := range cells {
		names = append(names, c.Generator)
	}
	var out []statusTable
	for _, g := range distinct(names) {
		t := statusTable{Generator: g, Statuses: schemas.Statuses}
		for _, typ := range schemas.Types {
			t.Types = append(t.Types, build(string(typ), g, "", typ))
		}
		t.Types = append(t.Types, build("all", g, "", ""))
		for _, l := range schemas.Languages {
			for _, typ := range schemas.Types {
				if s := build(string(l)+" × "+string(typ), g, l, typ); s.Total > 0 {
					t.Cells = append(t.Cells, s)
				}
			}
		}
		out = append(out, t)
	}
	return out
}

func share(n, of int64) float64 {
	if of == 0 {
		return 0
	}
	return float64(n) / float64(of)
}
