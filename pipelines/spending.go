package pipelines

import (
	"context"
	"errors"
	"slices"

	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/pipelines/money"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/panel/ledger"
)

// The budget of a build is a cap over everything that its ledgers hold, of all
// stages, shards and earlier runs, and over what is reserved for calls under way. What
// was advanced to a run that was killed counts, since its calls may have been billed:
// however often a build is killed, it never costs more than its budget. A
// shard cannot see what the others spend, so what is left is divided among the
// shards that are to be done; each stops at its share and lets the others go on
// (stops.go). What they leave over is divided again.

// payOf says by which files of which stage a paid stage's budget is divided.
var payOf = map[string]struct{ from, what string }{
	schemas.StageGenerate: {schemas.StageExtract, "contexts"},
	schemas.StageJudge:    {schemas.StageGenerate, "negatives"},
}

// paid tells whether the stage has paid members.
func (s *stage) paid() bool { return s.b.Recipe.Pays(s.name) }

// pay runs shards that are to be done with shares of the budget, in proportion to the
// records that they ask about. What they leave over is divided again among those that
// reached their share, until all are done or nothing is left over.
func (s *stage) pay(ctx context.Context, run func() error) error {
	if err := s.b.logEstimate(ctx, s.name); err != nil {
		return err
	}
	for before := -1; ; {
		todo, done, err := s.todo(ctx)
		if err != nil {
			return err
		}
		if done == before {
			return s.budgetStops(ctx)
		}
		before = done
		if s.shares, err = s.divide(ctx, todo); err != nil {
			return err
		}
		err = run()
		if err == nil {
			err = s.useless(ctx)
		}
		if !errors.Is(err, panel.ErrBudget) {
			return err
		}
	}
}

// divide divides the budget, null where there is none. A shard's share is what its ledger
// holds already and a part of what nobody has spent, so that all of them and what is paid
// elsewhere are never more than the budget, whatever the shares of earlier runs were.
func (s *stage) divide(ctx context.Context, todo []int) ([]work.Share, error) {
	shares := make([]work.Share, s.b.Recipe.Shards)
	if s.b.Recipe.BudgetUSD == nil {
		return shares, nil
	}
	m, err := shard.ReadManifest(ctx, s.b.dir(payOf[s.name].from))
	if err != nil {
		return nil, err
	}
	records := map[string]int64{}
	for _, f := range m.Shards {
		records[f.Name] = f.Records
	}
	estimates := make([]float64, len(shares))
	for _, i := range todo {
		estimates[i] = float64(records[schemas.ShardName(payOf[s.name].what, i, len(shares), "jsonl.zst")])
	}
	spent, own, err := s.b.spent(ctx, s.name)
	if err != nil {
		return nil, err
	}
	split := panel.SplitBudget(max(0, *s.b.Recipe.BudgetUSD-spent), estimates)
	for i := range shares { // one that has done this round stops in the next, and has its turn then
		usd := own[i]
		if slices.Contains(todo, i) {
			usd += split(i)
		}
		shares[i].BudgetUSD = &usd
	}
	return shares, nil
}

// writeRunInfo writes run.json, with the sums of the ledgers if one of the stages pays.
func (b *Build) writeRunInfo(ctx context.Context, names []string) error {
	var unread error
	if b.Recipe.Pays(names...) {
		unread = b.RunInfo.spent(ctx, b.Out)
	}
	return errors.Join(unread, b.RunInfo.write(ctx, b.Out))
}

// spent sums what a build's ledgers and its open batches count against a budget, and
// by shard those of one stage.
func (b *Build) spent(ctx context.Context, stage string) (sum float64, own map[int]float64, err error) {
	prices := map[[2]string]*panel.Price{}
	for _, of := range ask.PaidStages {
		for _, m := range b.Recipe.Members(of) {
			prices[[2]string{of, m.Name}] = m.USDPerMTok
		}
	}
	own = map[int]float64{}
	err = money.EachSum(ctx, b.Out, !b.DryRun, func(of string, i int, sums map[string]ledger.Sum) error {
		usd := panel.Counted(sums, func(member string) *panel.Price { return prices[[2]string{of, member}] })
		sum += usd
		if of == stage {
			own[i] = usd
		}
		return ctx.Err()
	})
	if err != nil {
		return 0, nil, err
	}
	for _, of := range ask.PaidStages {
		batches, err := panel.ReadBatches(ctx, ask.Store(b.Out, of))
		if err != nil {
			return 0, nil, err
		}
		for _, o := range batches {
			for _, e := range o.Reserved() {
				sum += e.USD
				if of == stage {
					own[e.Shard] += e.USD
				}
			}
		}
	}
	return sum, own, nil
}
