package pipelines

import (
	"context"
	"fmt"
	"iter"

	"decoy/pipelines/ask"
	"decoy/pipelines/generation"
	"decoy/pipelines/judging"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/secrets"
)

// Batches of a stage's paid members go to the providers from the launcher: it takes
// no worker to hand over a file. Their answers lie in the stage's ledger, where the
// stage finds them when it is run. Of judge they are those of the round that comes
// next.

// batchStage is a stage whose requests can go in batches.
type batchStage struct {
	// open says what the stage would ask a member in a shard.
	open func(ctx context.Context, b *Build) (*stage, batchRequests, error)
}

type batchRequests func(t work.Task, p *panel.Panel, m panel.Member) iter.Seq2[panel.Request, error]

var batchStages = map[string]batchStage{
	schemas.StageGenerate: {
		open: func(ctx context.Context, b *Build) (*stage, batchRequests, error) {
			s, err := b.open(ctx, schemas.StageGenerate, nil, nil, schemas.StageExtract)
			return s, func(t work.Task, p *panel.Panel, m panel.Member) iter.Seq2[panel.Request, error] {
				return func(yield func(panel.Request, error) bool) {
					contexts := generation.Asked(ctx, t)
					for x, err := range generation.GeneratorRequests(ctx, contexts, p, m, work.Silent(t)) {
						if !yield(x.Request, err) {
							return
						}
					}
				}
			}, err
		},
	},
	schemas.StageJudge: {
		open: func(ctx context.Context, b *Build) (*stage, batchRequests, error) {
			s, err := openJudge(ctx, b)
			if err != nil {
				return nil, nil, err
			}
			o, ok, err := s.present(ctx)
			return s, func(t work.Task, p *panel.Panel, m panel.Member) iter.Seq2[panel.Request, error] {
				if !ok {
					return func(func(panel.Request, error) bool) {}
				}
				return judging.NewAsking(p, o, m, work.Silent(t)).Requests(ctx, judging.WithRivals(ctx, t, o), o, m)
			}, err
		},
	},
}

// Batches does one thing with the batches of a stage's members, or of the one that is
// named, while it holds OUT.
func (b *Build) Batches(ctx context.Context, stage, member string,
	do func(ctx context.Context, x MemberBatches) error) (err error) {
	kind, ok := batchStages[stage]
	if !ok {
		return fmt.Errorf("stage %q sends no requests; use %s or %s", stage, schemas.StageGenerate, schemas.StageJudge)
	}
	if err := checkBuild(ctx, b.Out); err != nil {
		return err
	}
	ctx, release, err := hold(ctx, b.Out, b.EndPrevious)
	if err != nil {
		return err
	}
	defer release(&err)
	s, requests, err := kind.open(ctx, b)
	if err != nil {
		return err
	}
	found := false
	for _, m := range b.Recipe.Members(stage) {
		if m.Provider != panel.ProviderOpenAI && m.Provider != panel.ProviderGemini || member != "" &&
			m.Name != member {
			continue
		}
		found = true
		if err := s.memberBatches(ctx, requests, m, do); err != nil {
			return err
		}
	}
	if !found {
		return fmt.Errorf("the panel of %s has no member %q whose provider takes batches; they are %s and %s", stage,
			member, panel.ProviderOpenAI, panel.ProviderGemini)
	}
	return nil
}

func (s *stage) memberBatches(ctx context.Context, requests batchRequests, m panel.Member,
	do func(context.Context, MemberBatches) error) error {
	scanner, err := secrets.New()
	if err != nil {
		return err
	}
	c := panel.Config{
		Members: []panel.Member{m}, Check: ask.CheckSecrets(scanner), Workers: s.b.Workers,
		Store: ask.Store(s.b.Out, s.name),
	}
	n := s.b.Recipe.Shards
	if s.b.Recipe.BudgetUSD != nil {
		all := make([]int, n)
		for i := range all {
			all[i] = i
		}
		shares, err := s.divide(ctx, all)
		if err != nil {
			return err
		}
		c.BudgetUSD = func(i int) float64 { return *shares[i].BudgetUSD }
	}
	p, err := panel.Open(c)
	if err != nil {
		return err
	}
	defer p.Close()
	batches, err := p.Batches(m.Name)
	if err != nil {
		return err
	}
	return do(ctx, MemberBatches{Batches: batches, Submit: func(ctx context.Context) ([]panel.Batch, error) {
		return batches.Submit(ctx, n, func(i int) iter.Seq2[panel.Request, error] {
			return requests(work.Task{Stage: s.name, Out: s.b.Out, Shard: i, Of: n}, p, m)
		})
	}})
}

// MemberBatches are the batches of one member. Submit hands over what the stage would
// ask it and no open batch has.
type MemberBatches struct {
	*panel.Batches
	Submit func(ctx context.Context) ([]panel.Batch, error)
}
