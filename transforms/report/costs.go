package report

import (
	"fmt"

	"decoy/schemas"
)

// Cost is what the negatives of one cell have cost: the requests that became rejects
// included, and the judging. Dollars are null where a price is unknown. Type is empty
// for samples of a FIM endpoint that became no negative.
type Cost struct {
	Generator   string
	Type        schemas.Type
	Language    schemas.Language
	GenerateUSD *float64
	JudgeUSD    *float64
	Selected    int64 // pairs
}

// USD is both together.
func (c Cost) USD() *float64 {
	if c.GenerateUSD == nil || c.JudgeUSD == nil {
		return nil
	}
	usd := *c.GenerateUSD + *c.JudgeUSD
	return &usd
}

// PerSelected is the cost of one selected pair, null where none was selected or a
// price is unknown.
func (c Cost) PerSelected() *float64 {
	usd := c.USD()
	if usd == nil || c.Selected == 0 {
		return nil
	}
	per := *usd / float64(c.Selected)
	return &per
}

// Add adds the dollars and pairs of another cell; what is unknown stays so.
func (c Cost) Add(o Cost) Cost {
	c.Selected += o.Selected
	c.GenerateUSD, c.JudgeUSD = sumOf(c.GenerateUSD, o.GenerateUSD), sumOf(c.JudgeUSD, o.JudgeUSD)
	return c
}

// Spending is what a build's ledgers hold in all, of interrupted and earlier runs too.
type Spending struct {
	BilledUSD   float64 // for answers, those of the next two lines included
	ControlsUSD float64 // for golden controls
	TwiceUSD    float64 // for answers to requests that had one
	AssumedUSD  float64 // what calls without a bill may have cost at most
	// MayCostUSD is what calls may have cost that were under way when a run was killed,
	// MayCostCalls at most.
	MayCostUSD   float64
	MayCostCalls int64
	Attempts     int64 // at requests that were put aside or given up
	Unpriced     int64 // answers and attempts whose price is unknown
	DeadLetters  int64
}

// costTable is the costs of one generator with their sum.
type costTable struct {
	Generator string
	Rows      []Cost
	Total     Cost
}

func newCostTables(costs []Cost) (tables []costTable, all Cost) {
	nothing := Cost{GenerateUSD: new(float64), JudgeUSD: new(float64)}
	all = nothing
	var names []string
	for _, c := range costs {
		names = append(names, c.Generator)
	}
	for _, g := range distinct(names) {
		t := costTable{Generator: g, Total: nothing}
		for _, c := range costs {
			if c.Generator == g {
				t.Rows = append(t.Rows, c)
				t.Total, all = t.Total.Add(c), all.Add(c)
			}
		}
		tables = append(tables, t)
	}
	return tables, all
}

func sumOf(a, b *float64) *float64 {
	if a == nil || b == nil {
		return nil
	}
	s := *a + *b
	return &s
}

// Dollars writes an amount, or that it is unknown.
func Dollars(usd *float64) string {
	if usd == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.4f", *usd)
}

// PerRow writes the cost of a selected pair, with more digits.
func PerRow(c Cost) string {
	switch usd := c.PerSelected(); {
	case usd != nil:
		return fmt.Sprintf("%.6f", *usd)
	case c.USD() == nil:
		return "unknown"
	}
	return "–"
}
