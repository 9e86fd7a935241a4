package pipelines

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/panel/ledger"
	"decoy/transforms/panel/prompts"
	"decoy/transforms/secrets"
	"decoy/transforms/valid"
)

// openPanel opens one paid member with the ledger of its stage.
func openPanel(t shardTask, m panel.Member, budget *float64, replay bool, workers int) (*panel.Panel, error) {
	scanner, err := secrets.New()
	if err != nil {
		return nil, err
	}
	c := panel.Config{
		Members: []panel.Member{m},
		Store:   shard.NewDir(filepath.Join(t.Out, t.Stage, "ledger")),
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

// inFlight holds the contexts of requests that are under way.
type inFlight[T any] struct {
	mu sync.Mutex
	m  map[string]T
}

func (f *inFlight[T]) put(key string, v T) {
	f.mu.Lock()
	f.m[key] = v
	f.mu.Unlock()
}

func (f *inFlight[T]) take(key string) T {
	f.mu.Lock()
	defer f.mu.Unlock()
	v := f.m[key]
	delete(f.m, key)
	return v
}

// ask makes negatives of the answers of one paid generator.
func (g *generation) ask(ctx context.Context, m panel.Member) error {
	p, err := openPanel(g.t, m, g.o.BudgetUSD, g.o.Replay, g.o.Workers)
	if err != nil {
		return err
	}
	defer p.Close()
	checker := valid.New()
	defer checker.Close()
	open := inFlight[schemas.Context]{m: map[string]schemas.Context{}}
	var failed error
	requests := func(yield func(panel.Request) bool) {
		for c, err := range shard.Read[schemas.Context](g.t.path(schemas.StageExtract, "contexts")) {
			if err != nil {
				failed = err
				return
			}
			for _, typ := range c.Types {
				r, err := p.GenerateRequest(m.Name, c, typ, 0)
				if err != nil {
					failed = err
					return
				}
				g.counts["requests"]++
				r.Tag = typ
				open.put(c.ID+typ, c)
				if !yield(r) {
					return
				}
			}
		}
	}
	err = p.Do(ctx, g.t.Shard, requests, func(a panel.Answer) error {
		c := open.take(a.Request.ContextID + a.Request.Tag)
		g.take(checker, &c, a)
		return nil
	})
	return errors.Join(failed, err)
}

// take turns one answer into a negative or a reject.
func (g *generation) take(checker *valid.Checker, c *schemas.Context, a panel.Answer) {
	typ, generator := a.Request.Type, a.Request.Member
	reject := func(reason, detail string) {
		g.rejects = append(g.rejects, schemas.Reject{Stage: schemas.StageGenerate, ID: c.ID, Reason: reason, Detail: detail, Language: c.Language, Type: typ, Generator: generator})
	}
	answer, reason, detail := a.Generated()
	if reason != "" {
		reject(reason, detail)
		return
	}
	v, reason, detail := checker.Check(c, typ, answer.Completion)
	if reason != "" {
		reject(reason, detail)
		return
	}
	g.negatives = append(g.negatives, schemas.Negative{
		ID: schemas.NegativeID(c.ID, typ, generator, a.Request.Sample), ContextID: c.ID, Type: typ, Generator: generator, Sample: a.Request.Sample,
		Text: v.Text, Introduced: v.Introduced, EditSimilarity: v.EditSimilarity,
		PromptVersion: prompts.GenerateVersion(typ), RequestKey: a.Request.Key,
		InputTokens: a.InputTokens, OutputTokens: a.OutputTokens, CostUSD: a.CostUSD,
	})
}
