package pipelines

import (
	"context"
	"encoding/json"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/join"
	"decoy/pipelines/judging"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/judge"
)

// runJudge asks the judges about negatives and about golden controls, in rounds.
//
//	contexts, negatives, ngrams → verdicts (by round and shard), rounds/; ledger
func runJudge(ctx context.Context, b *Build) error {
	s, o, err := b.openJudge()
	if err != nil {
		return err
	}
	return s.runRounds(ctx, o)
}

// openJudge opens the stage before its first round.
func (b *Build) openJudge() (*stage, judging.Options, error) {
	r := b.Recipe.Judge
	r.Panel = recipe.OutputMembers(r.Panel)
	s, err := b.open(schemas.StageJudge, struct {
		Recipe  recipe.Judge `json:"recipe"`
		Prompts string       `json:"prompts"`
	}{r, judging.Protocols[r.Protocol].Version}, nil, schemas.StageExtract, schemas.StageGenerate)
	return s, judging.Options{
		Out: b.Out, Recipe: b.Recipe.Judge, Families: b.Recipe.Generate.Families(), Replay: b.Replay,
		Workers: b.Workers,
		Limiter: b.Recipe.Limiter, Launch: b.launched(),
		Plan: judge.Plan{Rounds: b.Recipe.Judge.Rounds},
	}, err
}

// runRounds runs the rounds until no cell goes on.
func (s *stage) runRounds(ctx context.Context, o judging.Options) error {
	if done, err := s.doneBefore(ctx); err != nil || done {
		return err
	}
	n := s.b.Recipe.Shards
	var tally judge.Tally
	for more := true; more; o.Round++ {
		first := join.FirstRecord(o.Round, n)
		s.notes = append(s.notes, join.RoundName(o.Round))
		err := s.pay(ctx, schemas.StageGenerate, "negatives", func() ([]int, error) {
			done, err := s.done()
			var todo []int
			for i := range n {
				if !done[first+i] {
					todo = append(todo, i)
				}
			}
			return todo, err
		}, func(todo []int, shares []work.Share) error {
			s.b.Log("%s: round %d of at most %d (%v of each cell): %d of %d shards to do", s.name, o.Round+1,
				len(o.Recipe.Rounds), o.Recipe.Rounds[o.Round], len(todo), n)
			return s.run(ctx, first+n, func(scope beam.Scope) beam.PCollection {
				round := s.step(first, n)
				return flow.Run(scope, round, judging.Work{Options: o},
					flow.Inputs{Each: append(s.refs(scope), flow.Values(scope, round, shares))})
			})
		})
		if err != nil {
			return err
		}
		if more, err = s.closeRound(&o, &tally); err != nil {
			return err
		}
	}
	return s.finish(join.FirstRecord(o.Round, n) - n)
}

// present is the round that is to be run next, with what is known before it. ok is
// false where judging is over.
func (s *stage) present(o judging.Options) (_ judging.Options, ok bool, err error) {
	done, err := s.done()
	if err != nil {
		return o, false, err
	}
	n := s.b.Recipe.Shards
	for ; done[join.FirstRecord(o.Round, n)+n]; o.Round++ {
		var r join.Round
		if err := shard.ReadJSON(shard.Join(s.b.dir(s.name), join.RoundName(o.Round)), &r); err != nil || r.Last {
			return o, false, err
		}
		o.Plan.Stopped = r.Stopped
	}
	return o, true, nil
}

// closeRound adds up a round, decides which cells go on, and records it.
func (s *stage) closeRound(o *judging.Options, sum *judge.Tally) (more bool, err error) {
	if s.b.DryRun {
		return false, ErrOwnWork
	}
	n := s.b.Recipe.Shards
	for i := range n {
		t := work.Task{Stage: s.name, Out: s.b.Out, Shard: i, Of: n}
		var part judge.Tally
		if err := shard.ReadJSON(shard.Join(s.b.dir(s.name), judging.TallyName(t, o.Round)), &part); err != nil {
			return false, err
		}
		sum.Merge(part)
	}
	more = o.Plan.Close(o.Round, *sum, o.Recipe.IntervalWidth)
	raw, err := json.MarshalIndent(join.Round{
		Round: o.Round + 1, Share: o.Recipe.Rounds[o.Round], Last: !more,
		Stopped: append([]judge.Stop{}, o.Plan.Stopped...), Tally: *sum,
	}, "", "  ")
	if err != nil {
		return false, err
	}
	name := join.RoundName(o.Round)
	f, err := shard.WriteFile(shard.Join(s.b.dir(s.name), name), append(raw, '\n'))
	if err != nil {
		return false, err
	}
	f.Name = name
	return more, shard.WriteDone(s.b.dir(s.name), schemas.Done{Stage: s.name, Shard: join.FirstRecord(o.Round, n) + n,
		Fingerprint: s.fingerprint, Files: []schemas.File{f}})
}

// judgeWeights are the weights of judges by their golden controls.
func (b *Build) judgeWeights() (map[string]float64, error) {
	rounds, err := join.Rounds(b.Out)
	if err != nil {
		return nil, err
	}
	return judge.Weights(rounds[len(rounds)-1].Tally.Controls(), b.Recipe.Judge.MinGoldenAcceptance), nil
}
