package ask

import (
	"context"
	"fmt"
	"iter"

	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/transforms/panel"
	"decoy/transforms/secrets"
)

// Open opens paid members with the ledger of their stage.
// Requests that lie with the provider as batches are not sent singly: that is an error.
func Open(ctx context.Context, t work.Task, members []panel.Member, budget *float64, replay bool, workers int,
	limiter recipe.Limiter, launch string) (*panel.Panel, error) {
	scanner, err := secrets.New()
	if err != nil {
		return nil, err
	}
	store := Store(t.Out, t.Stage)
	for _, m := range members {
		if err := panel.CheckNoOpenBatches(ctx, store, m.Name); err != nil {
			return nil, err
		}
	}
	tried, err := openTrials(ctx, t, members, launch, replay)
	if err != nil {
		return nil, err
	}
	shared, err := OpenLimiter(limiter)
	if err != nil {
		return nil, err
	}
	c := panel.Config{
		Members: members,
		Trials:  tried,
		Stage:   t.Stage,
		Store:   store,
		Check:   CheckSecrets(scanner),
		Workers: workers, Replay: replay, Limiter: shared,
	}
	if budget != nil {
		c.BudgetUSD = func(int) float64 { return *budget }
	}
	return panel.Open(c)
}

// Streams asks for a shard, until all is answered or the job has ended.
func Streams(
	ctx context.Context, p *panel.Panel, t work.Task, streams []iter.Seq[panel.Request], emit func(panel.Answer) error,
) error {
	return UnderWay(ctx, t.Out, func(ctx context.Context) error { return p.DoStreams(ctx, t.Shard, streams, emit) })
}

// CheckSecrets refuses a text that holds a secret. The error names the rule and
// never the secret.
func CheckSecrets(s *secrets.Scanner) func(string) error {
	return func(text string) error {
		if found := s.Find(text); len(found) > 0 {
			return fmt.Errorf("the text holds what gitleaks rule %s calls a secret, in line %d",
				found[0].Rule, found[0].Line)
		}
		return nil
	}
}
