package pipelines

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/join"
	"decoy/pipelines/judging"
	"decoy/pipelines/recipe"
	"decoy/schemas"
	"decoy/transforms/judge"
)

// openJudge asks the judges about negatives and about golden controls, in rounds: what is
// known after a round decides what the next one asks, and after the last one there is
// nothing to do.
//
//	contexts, negatives, ngrams → verdicts (by round and shard), rounds/; ledger
func openJudge(ctx context.Context, b *Build) (*stage, error) {
	r := b.Recipe.Judge
	r.Panel = recipe.OutputMembers(r.Panel)
	s, err := b.open(ctx, schemas.StageJudge, struct {
		Recipe  recipe.Judge `json:"recipe"`
		Prompts string       `json:"prompts"`
	}{r, judging.Protocols[r.Protocol].Version}, nil, schemas.StageExtract, schemas.StageGenerate)
	if err != nil {
		return nil, err
	}
	n, most := b.Recipe.Shards, len(b.Recipe.Judge.Rounds)
	for round := range most {
		s.notes = append(s.notes, join.RoundName(round))
	}
	s.total = join.FirstRecord(most, n)
	s.begin = func(ctx context.Context) error {
		todo, _, err := s.todo(ctx)
		b.Log("%s: up to %d rounds (%v of each cell), %d of %d shards to do of the next", s.name, most,
			b.Recipe.Judge.Rounds, len(todo), n)
		if err != nil {
			return err
		}
		return s.offlineScores(ctx)
	}
	s.graph = func(scope beam.Scope, in reads) steps {
		o := b.judgeOptions()
		o.Launch = b.launched()
		var rounds []beam.PCollection
		out := steps{rounds: func() []beam.PCollection { return rounds }}
		var known []beam.PCollection // what is known after the round before
		for ; o.Round < most; o.Round++ {
			first := join.FirstRecord(o.Round, n)
			round := s.step(fmt.Sprintf("round %d", o.Round+1), first, n)
			verdicts := flow.Run(scope, round, judging.Work{Options: o}, flow.Inputs{
				Each: append(in.each(schemas.StageExtract, schemas.StageGenerate), flow.Values(scope, round, s.shares)),
				All:  known,
			})
			closing := s.step(fmt.Sprintf("close %d", o.Round+1), first+n, 1)
			closed := flow.Once(scope, closing, judging.Close{Options: o},
				append([]beam.PCollection{verdicts}, known...)...)
			known = []beam.PCollection{closed}
			out.out = append(out.out, verdicts)
			rounds = append(rounds, closed)
			out.all = append(out.all, verdicts, closed)
		}
		return out
	}
	return s, nil
}

// judgeOptions are of the first round.
func (b *Build) judgeOptions() judging.Options {
	return judging.Options{
		Out: b.Out, Recipe: b.Recipe.Judge, Families: b.Recipe.Generate.Families(), Replay: b.Replay,
		Workers: b.Workers, Limiter: b.Recipe.Limiter, Plan: judge.Plan{Rounds: b.Recipe.Judge.Rounds},
	}
}

// present is the round that is to be run next, with what is known before it. ok is
// false where judging is over.
func (s *stage) present(ctx context.Context) (o judging.Options, ok bool, err error) {
	o = s.b.judgeOptions()
	done, err := s.records(ctx)
	if err != nil {
		return o, false, err
	}
	if o.Round = s.closed(done); o.Round == 0 {
		return o, true, nil
	}
	var last join.Round
	err = shard.ReadJSON(ctx, shard.Join(s.b.dir(s.name), join.RoundName(o.Round-1)), &last)
	o.Plan.Stopped = last.Stopped
	return o, err == nil && !last.Last, err
}
