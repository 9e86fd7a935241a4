package pipelines

import (
	"context"
	"fmt"
	"path/filepath"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/panel/ledger"
	"decoy/transforms/secrets"
)

// openPanel opens paid members with the ledger of their stage.
// Requests that lie with the provider as batches are not sent singly: that is an error.
func openPanel(ctx context.Context, t shardTask, members []panel.Member, budget *float64, replay bool, workers int) (*panel.Panel, error) {
	scanner, err := secrets.New()
	if err != nil {
		return nil, err
	}
	store := shard.NewDir(filepath.Join(t.Out, t.Stage, "ledger"))
	for _, m := range members {
		if err := panel.CheckNoOpenBatches(ctx, store, m.Name); err != nil {
			return nil, err
		}
	}
	c := panel.Config{
		Members: members,
		Stage:   t.Stage,
		Store:   store,
		Check:   checkSecrets(scanner),
		Workers: workers, Replay: replay,
	}
	if budget != nil {
		c.BudgetUSD = func(int) float64 { return *budget }
	}
	return panel.Open(c)
}

// budget divides what the earlier stages left of the budget among the shards, in
// proportion to the records that a shard asks about: files called what of the stage
// from. A share is nil where there is no budget.
func (b *Build) budget(ctx context.Context, from, what string, earlier ...string) (func(i int) *float64, error) {
	if b.Recipe.BudgetUSD == nil {
		return func(int) *float64 { return nil }, nil
	}
	left, n := *b.Recipe.BudgetUSD, b.Recipe.Shards
	for _, stage := range earlier {
		for i := range n {
			l, err := ledger.Open(ctx, shard.NewDir(filepath.Join(b.dir(stage), "ledger")), i)
			if err != nil {
				return nil, err
			}
			for r := range l.All() {
				left -= r.AssumedUSD
				if r.CostUSD != nil {
					left -= *r.CostUSD
				}
			}
		}
	}
	m, err := shard.ReadManifest(b.dir(from))
	if err != nil {
		return nil, err
	}
	records := map[string]int64{}
	for _, f := range m.Shards {
		records[f.Name] = f.Records
	}
	estimates := make([]float64, n)
	for i := range estimates {
		estimates[i] = float64(records[schemas.ShardName(what, i, n, "jsonl.zst")])
	}
	split := panel.SplitBudget(max(0, left), estimates)
	return func(i int) *float64 {
		share := split(i)
		return &share
	}, nil
}

// checkSecrets refuses a text that holds a secret. The error names the rule and
// never the secret.
func checkSecrets(s *secrets.Scanner) func(string) error {
	return func(text string) error {
		if found := s.Find(text); len(found) > 0 {
			return fmt.Errorf("the text holds what gitleaks rule %s calls a secret, in line %d", found[0].Rule, found[0].Line)
		}
		return nil
	}
}
