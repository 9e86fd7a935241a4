package export

import (
	"cmp"
	"context"
	"fmt"
	"maps"
	"slices"

	"decoy/pipelines/ask"
	"decoy/pipelines/join"
	"decoy/pipelines/money"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/panel/ledger"
	"decoy/transforms/report"
)

// costCell is what one generator's negatives of a type and language have cost in one
// shard: the requests that became rejects included, and the verdicts on those that
// became negatives. It holds what was billed for the records that stand in the
// ledger, so that the same answers give the same bytes; what an interrupted build
// paid beside that is in the ledger's statistics. Type is empty for samples that
// became no negative. Unpriced counts answers whose price is unknown.
type costCell struct {
	Generator        string           `json:"generator"`
	Type             schemas.Type     `json:"type"`
	Language         schemas.Language `json:"language"`
	GenerateNano     int64            `json:"generate_nano_usd"`
	GenerateUnpriced int64            `json:"generate_unpriced"`
	JudgeNano        int64            `json:"judge_nano_usd"`
	JudgeUnpriced    int64            `json:"judge_unpriced"`
}

type costKey struct {
	generator string
	typ       schemas.Type
	language  schemas.Language
}

// costs gathers the cells of a shard.
type costs struct {
	cells    map[costKey]*costCell
	language map[string]schemas.Language // of a context
	typ      map[string]schemas.Type     // of the negative that a request became
}

func newCosts() *costs {
	return &costs{map[costKey]*costCell{}, map[string]schemas.Language{}, map[string]schemas.Type{}}
}

func (c *costs) cell(generator string, typ schemas.Type, language schemas.Language) *costCell {
	k := costKey{generator, typ, language}
	if c.cells[k] == nil {
		c.cells[k] = &costCell{Generator: generator, Type: typ, Language: language}
	}
	return c.cells[k]
}

// see takes the verdicts on a context's negatives.
func (c *costs) see(x *schemas.Context, negatives []join.Judged) {
	c.language[x.ID] = x.Language
	for i := range negatives {
		n := &negatives[i]
		if n.RequestKey != "" {
			c.typ[n.RequestKey] = n.Type
		}
		for _, v := range n.Verdicts {
			switch {
			case v.CostUSD != nil:
				c.cell(n.Generator, n.Type, x.Language).JudgeNano += toNano(*v.CostUSD)
			case v.InputTokens+v.OutputTokens > 0:
				c.cell(n.Generator, n.Type, x.Language).JudgeUnpriced++
			}
		}
	}
}

// controlsNano is what a shard's golden controls cost.
func controlsNano(ctx context.Context, t work.Task) (usd int64, err error) {
	for v, err := range join.Verdicts(ctx, t) {
		if err != nil {
			return 0, err
		}
		if v.NegativeID == nil && v.CostUSD != nil {
			usd += toNano(*v.CostUSD)
		}
	}
	return usd, nil
}

// paid takes the ledger of the generators.
func (c *costs) paid(ctx context.Context, t work.Task) ([]costCell, error) {
	l, err := ledger.Open(ctx, ask.Store(t.Out, schemas.StageGenerate), t.Shard)
	if err != nil {
		return nil, err
	}
	for r, stands := range l.Ranked() {
		if !stands || r.Reject != "" || c.language[r.ContextID] == "" {
			continue
		}
		cell := c.cell(r.Member, cmp.Or(r.Type, c.typ[r.Key]), c.language[r.ContextID])
		if r.CostUSD != nil {
			cell.GenerateNano += toNano(*r.CostUSD)
		} else {
			cell.GenerateUnpriced++
		}
	}
	var out []costCell
	for _, cell := range c.cells {
		out = append(out, *cell)
	}
	slices.SortFunc(out, compareCosts)
	return out, nil
}

func compareCosts(a, b costCell) int {
	return cmp.Or(cmp.Compare(a.Generator, b.Generator), cmp.Compare(a.Type, b.Type),
		cmp.Compare(a.Language, b.Language))
}

// costs are the cells of all shards for the report, with the pairs that were selected
// of each.
func (sum *Summary) ReportCosts() []report.Cost {
	all := newCosts()
	for _, c := range sum.costs {
		cell := all.cell(c.Generator, c.Type, c.Language)
		cell.GenerateNano += c.GenerateNano
		cell.GenerateUnpriced += c.GenerateUnpriced
		cell.JudgeNano += c.JudgeNano
		cell.JudgeUnpriced += c.JudgeUnpriced
	}
	if len(all.cells) == 0 {
		return nil
	}
	selected := map[costKey]int64{}
	for _, o := range sum.outcomes {
		if o.Selected {
			selected[costKey{o.Generator, o.Type, o.Language}] += o.N
			all.cell(o.Generator, o.Type, o.Language) // that of a built-in generator costs nothing
		}
	}
	var out []report.Cost
	for _, k := range slices.SortedFunc(maps.Keys(all.cells), func(a, b costKey) int {
		return compareCosts(*all.cells[a], *all.cells[b])
	}) {
		c := all.cells[k]
		r := report.Cost{Generator: c.Generator, Type: c.Type, Language: c.Language, Selected: selected[k]}
		if c.GenerateUnpriced == 0 {
			r.GenerateUSD = usd(c.GenerateNano)
		}
		if c.JudgeUnpriced == 0 {
			r.JudgeUSD = usd(c.JudgeNano)
		}
		out = append(out, r)
	}
	return out
}

func usd(nanos int64) *float64 {
	x := float64(nanos) / nano
	return &x
}

// byType adds costs up over languages; they are sorted by generator and type.
func byType(costs []report.Cost) []report.Cost {
	var out []report.Cost
	for _, c := range costs {
		c.Language = ""
		last := len(out) - 1
		if last < 0 || out[last].Generator != c.Generator || out[last].Type != c.Type {
			out = append(out, c)
			continue
		}
		out[last] = out[last].Add(c)
	}
	return out
}

// Spending is what the ledgers hold, null where no member was paid.
func (sum *Summary) Spending(ctx context.Context) (*report.Spending, error) {
	stats, err := money.LedgerStats(ctx, sum.Out)
	if err != nil {
		return nil, fmt.Errorf("sum up the ledgers: %w", err)
	}
	if len(stats) == 0 {
		return nil, nil
	}
	var s report.Spending
	for _, m := range stats {
		s.BilledUSD += m.CostUSD
		s.AssumedUSD += m.AssumedUSD
		s.MayCostUSD += m.MayCostUSD
		s.MayCostCalls += m.MayCostCalls
		s.Attempts += m.Attempts
		s.TwiceUSD += m.DuplicateUSD
		s.Unpriced += m.Unpriced
		s.DeadLetters += m.DeadLetters - m.Replaced
	}
	s.ControlsUSD = *usd(sum.controlsNano)
	return &s, nil
}
