package pipelines

import (
	"context"
	"fmt"
	"iter"

	"decoy/transforms/panel"
	"decoy/transforms/secrets"
)

// openPanel opens paid members with the ledger of their stage.
// Requests that lie with the provider as batches are not sent singly: that is an error.
func openPanel(ctx context.Context, t shardTask, members []panel.Member, budget *float64, replay bool, workers int,
	limiter LimiterRecipe, launch string) (*panel.Panel, error) {
	scanner, err := secrets.New()
	if err != nil {
		return nil, err
	}
	store := openStore(t.Out, t.Stage)
	for _, m := range members {
		if err := panel.CheckNoOpenBatches(ctx, store, m.Name); err != nil {
			return nil, err
		}
	}
	tried, err := openTrials(t, members, launch, replay)
	if err != nil {
		return nil, err
	}
	shared, err := limiter.open()
	if err != nil {
		return nil, err
	}
	c := panel.Config{
		Members: members,
		Trials:  tried,
		Stage:   t.Stage,
		Store:   store,
		Check:   checkSecrets(scanner),
		Workers: workers, Replay: replay, Limiter: shared,
	}
	if budget != nil {
		c.BudgetUSD = func(int) float64 { return *budget }
	}
	return panel.Open(c)
}

// askStreams asks for a shard, until all is answered or the job has ended.
func askStreams(
	ctx context.Context, p *panel.Panel, t shardTask, streams []iter.Seq[panel.Request], emit func(panel.Answer) error,
) error {
	return askUnderWay(ctx, t.Out, func(ctx context.Context) error { return p.DoStreams(ctx, t.Shard, streams, emit) })
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
