package pipelines

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

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

// runPaid runs a stage whose shards pay for answers: it is runShards with a share of
// the budget for each shard, null where there is no budget.
func (s *stage) runPaid(ctx context.Context, from, what string,
	graph func(scope beam.Scope, shares []work.Share) beam.PCollection) error {
	if done, err := s.doneBefore(ctx); err != nil || done {
		return err
	}
	n := s.b.Recipe.Shards
	err := s.pay(ctx, from, what, s.todo, func(todo []int, shares []work.Share) error {
		s.b.Log("%s: %d of %d shards to do", s.name, len(todo), n)
		return s.run(ctx, n, func(scope beam.Scope) beam.PCollection { return graph(scope, shares) })
	})
	if err != nil {
		return err
	}
	return s.finish(0)
}

// doneBefore reports whether a paid stage has nothing to do. With Replay it has, where
// there are dead letters.
func (s *stage) doneBefore(ctx context.Context) (bool, error) {
	if s.b.Replay {
		if err := cmp.Or(s.reopen(ctx), s.retry()); err != nil {
			return false, err
		}
	}
	done, err := s.finished()
	if done {
		s.b.Log("%s: done before", s.name)
	}
	return done, err
}

// pay runs shards that are to be done with shares of the budget, in proportion to the
// records that they ask about, the files called what of the stage from. What they
// leave over is divided again among those that reached their share, until all are done
// or nothing is left over.
func (s *stage) pay(ctx context.Context, from, what string, todo func() ([]int, error),
	run func(todo []int, shares []work.Share) error) error {
	if err := s.announce(ctx); err != nil {
		return err
	}
	for before := -1; ; {
		left, err := todo()
		if err == nil && len(left) == 0 {
			err = s.useless(ctx)
		}
		if err != nil || len(left) == 0 {
			return err
		}
		if len(left) == before {
			return s.budgetStops()
		}
		before = len(left)
		shares := make([]work.Share, s.b.Recipe.Shards)
		if s.b.Recipe.BudgetUSD != nil {
			of, err := s.shares(ctx, left, from, what)
			if err != nil {
				return err
			}
			for _, i := range left {
				usd := of[i]
				shares[i].BudgetUSD = &usd
			}
		}
		err = run(left, shares)
		if err == nil {
			err = s.useless(ctx)
		}
		if !errors.Is(err, panel.ErrBudget) {
			return err
		}
	}
}

// announce shows the estimate if the stage is about to pay.
func (s *stage) announce(ctx context.Context) error {
	members := s.b.Recipe.Generate.Panel
	if s.name == schemas.StageJudge {
		members = s.b.Recipe.Judge.Panel
	}
	if !slices.ContainsFunc(members, panel.Member.Paid) {
		return nil
	}
	return s.b.logEstimate(ctx, s.name)
}

// shares divides the budget. A shard's share is what its ledger holds already and a
// part of what nobody has spent, so that all of them and what is paid elsewhere are
// never more than the budget, whatever the shares of earlier runs were.
func (s *stage) shares(ctx context.Context, todo []int, from, what string) (map[int]float64, error) {
	m, err := shard.ReadManifest(s.b.dir(from))
	if err != nil {
		return nil, err
	}
	records := map[string]int64{}
	for _, f := range m.Shards {
		records[f.Name] = f.Records
	}
	estimates := make([]float64, s.b.Recipe.Shards)
	for _, i := range todo {
		estimates[i] = float64(records[schemas.ShardName(what, i, len(estimates), "jsonl.zst")])
	}
	spent, own, err := s.b.spent(ctx, s.name)
	if err != nil {
		return nil, err
	}
	split := panel.SplitBudget(max(0, *s.b.Recipe.BudgetUSD-spent), estimates)
	shares := map[int]float64{}
	for _, i := range todo {
		shares[i] = own[i] + split(i)
	}
	return shares, nil
}

// writeRunInfo writes run.json, with the sums of the ledgers if one of the stages pays.
func (b *Build) writeRunInfo(ctx context.Context, names []string) error {
	pays := func(stage string, members []panel.Member) bool {
		return slices.Contains(names, stage) && slices.ContainsFunc(members, panel.Member.Paid)
	}
	var unread error
	if pays(schemas.StageGenerate, b.Recipe.Generate.Panel) || pays(schemas.StageJudge, b.Recipe.Judge.Panel) {
		unread = b.RunInfo.spent(ctx, b.Out)
	}
	return errors.Join(unread, b.RunInfo.write(b.Out))
}

// spent sums what a build's ledgers and its open batches count against a budget, and
// by shard those of one stage.
func (b *Build) spent(ctx context.Context, stage string) (sum float64, own map[int]float64, err error) {
	prices := map[[2]string]*panel.Price{}
	for _, m := range b.Recipe.Generate.Panel {
		prices[[2]string{schemas.StageGenerate, m.Name}] = m.USDPerMTok
	}
	for _, m := range b.Recipe.Judge.Panel {
		prices[[2]string{schemas.StageJudge, m.Name}] = m.USDPerMTok
	}
	own = map[int]float64{}
	err = money.EachPaid(ctx, b.Out, func(of string, i int, l *ledger.Shard) error {
		usd := panel.Counted(l, func(member string) *panel.Price { return prices[[2]string{of, member}] })
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
