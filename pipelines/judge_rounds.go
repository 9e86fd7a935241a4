package pipelines

import (
	"context"
	"encoding/json"
	"fmt"
	"iter"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/judge"
)

// A round of judging is a pipeline of its own over all shards. Its done records are
// those of its shards and one more for the round as a whole, so that a build that was
// interrupted goes on inside of the round that it was in. Round k's records are
//
//	firstRecord(k) … +shards-1   verdicts-rK-00007-of-00128, rounds/K-00007-of-00128.json
//	firstRecord(k) + shards      rounds/K.json
//
// with K = k+1; the first round's verdicts have no -r1, for most builds have one round.

// roundsFolder holds what rounds add up to.
const roundsFolder = "rounds/"

func firstRecord(round, shards int) int { return round * (shards + 1) }

func verdictsName(round int) string {
	if round == 0 {
		return "verdicts"
	}
	return fmt.Sprintf("verdicts-r%d", round+1)
}

func rejectsName(round int) string {
	if round == 0 {
		return "rejects"
	}
	return fmt.Sprintf("rejects-r%d", round+1)
}

func tallyName(t shardTask, round int) string {
	return roundsFolder + schemas.ShardName(fmt.Sprint(round+1), t.Shard, t.Of, "json")
}

// roundName has no number of shards, so a user's file may bear it: see stage.notes.
func roundName(round int) string { return fmt.Sprintf("%s%d.json", roundsFolder, round+1) }

// JudgeRound is the content of a round's file: everything that was known after it,
// and which cells are asked about no more.
type JudgeRound struct {
	Round   int          `json:"round"` // from 1
	Share   float64      `json:"share"`
	Last    bool         `json:"last"`
	Stopped []judge.Stop `json:"stopped"`
	Tally   judge.Tally  `json:"tally"` // of this round and those before
}

// runRounds runs the rounds until no cell goes on.
func (s *stage) runRounds(ctx context.Context, o judgeOptions) error {
	if done, err := s.doneBefore(ctx); err != nil || done {
		return err
	}
	n := s.b.Recipe.Shards
	var tally judge.Tally
	for more := true; more; o.Round++ {
		first := firstRecord(o.Round, n)
		s.units, s.notes = first+n, append(s.notes, roundName(o.Round))
		err := s.pay(ctx, schemas.StageGenerate, "negatives", func() ([]int, error) {
			done, err := s.done()
			var todo []int
			for i := range n {
				if !done[first+i] {
					todo = append(todo, i)
				}
			}
			return todo, err
		}, func(todo []int, share func(int) *float64) error {
			s.b.Log("%s: round %d of at most %d (%v of each cell): %d of %d shards to do", s.name, o.Round+1, len(o.Recipe.Rounds), o.Recipe.Rounds[o.Round], len(todo), n)
			records := make([]int, len(todo))
			for i := range todo {
				records[i] = first + todo[i]
			}
			return s.run(ctx, records, func(record int) any {
				o := o
				o.BudgetUSD = share(record - first)
				return o
			})
		})
		if err != nil {
			return err
		}
		if more, err = s.closeRound(&o, &tally); err != nil {
			return err
		}
	}
	return s.finish(firstRecord(o.Round, n) - n)
}

// present is the round that is to be run next, with what is known before it. ok is
// false where judging is over.
func (s *stage) present(o judgeOptions) (_ judgeOptions, ok bool, err error) {
	done, err := s.done()
	if err != nil {
		return o, false, err
	}
	n := s.b.Recipe.Shards
	for ; done[firstRecord(o.Round, n)+n]; o.Round++ {
		var r JudgeRound
		if err := readJSON(shard.Join(s.b.dir(s.name), roundName(o.Round)), &r); err != nil || r.Last {
			return o, false, err
		}
		o.Plan.Stopped = r.Stopped
	}
	return o, true, nil
}

// closeRound adds up a round, decides which cells go on, and records it.
func (s *stage) closeRound(o *judgeOptions, sum *judge.Tally) (more bool, err error) {
	if s.b.DryRun {
		return false, ErrOwnWork
	}
	n := s.b.Recipe.Shards
	for i := range n {
		t := shardTask{Stage: s.name, Out: s.b.Out, Shard: i, Of: n}
		var part judge.Tally
		if err := readJSON(shard.Join(s.b.dir(s.name), tallyName(t, o.Round)), &part); err != nil {
			return false, err
		}
		sum.Merge(part)
	}
	more = o.Plan.Close(o.Round, *sum, o.Recipe.IntervalWidth)
	raw, err := json.MarshalIndent(JudgeRound{
		Round: o.Round + 1, Share: o.Recipe.Rounds[o.Round], Last: !more, Stopped: append([]judge.Stop{}, o.Plan.Stopped...), Tally: *sum,
	}, "", "  ")
	if err != nil {
		return false, err
	}
	name := roundName(o.Round)
	f, err := shard.WriteFile(shard.Join(s.b.dir(s.name), name), append(raw, '\n'))
	if err != nil {
		return false, err
	}
	f.Name = name
	return more, shard.WriteDone(s.b.dir(s.name), schemas.Done{Stage: s.name, Shard: firstRecord(o.Round, n) + n, Fingerprint: s.fingerprint, Files: []schemas.File{f}})
}

// writeTally counts a shard's round: its verdicts and, in the first round, the whole
// pool.
func writeTally(t shardTask, o judgeOptions, verdicts []schemas.Verdict) (schemas.File, error) {
	var tally judge.Tally
	at := newCursor(func(yield func(schemas.Verdict, error) bool) {
		for _, v := range verdicts {
			if !yield(v, nil) {
				return
			}
		}
	}, func(v schemas.Verdict) string { return v.ContextID })
	defer at.stop()
	for g, err := range withNegatives(t) {
		if err != nil {
			return schemas.File{}, err
		}
		vs, err := at.of(g.Left.ID)
		if err != nil {
			return schemas.File{}, err
		}
		byNegative := map[string][]schemas.Verdict{}
		for _, v := range vs {
			if v.NegativeID == nil {
				tally.Control(v)
			} else {
				byNegative[*v.NegativeID] = append(byNegative[*v.NegativeID], v)
			}
		}
		for i := range g.Right {
			n := &g.Right[i]
			cell := judgeCell(n, &g.Left)
			if o.Round == 0 {
				tally.Pool(cell)
			}
			if vs := byNegative[n.ID]; len(vs) > 0 {
				tally.Negative(cell, vs)
			}
		}
	}
	raw, err := json.Marshal(tally)
	if err != nil {
		return schemas.File{}, err
	}
	name := tallyName(t, o.Round)
	f, err := shard.WriteFile(shard.Join(t.Out, t.Stage, name), raw)
	f.Name = name
	return f, err
}

// readVerdicts are a shard's verdicts of all rounds, in the order of context ids. The
// folder may hold those of more rounds, of a build with other options.
func readVerdicts(t shardTask) iter.Seq2[schemas.Verdict, error] {
	past, err := readRounds(t.Out)
	if err != nil {
		return func(yield func(schemas.Verdict, error) bool) { yield(schemas.Verdict{}, err) }
	}
	var rounds []iter.Seq2[schemas.Verdict, error]
	for round := range past {
		rounds = append(rounds, shard.Read[schemas.Verdict](t.path(schemas.StageJudge, verdictsName(round))))
	}
	return shard.MergeSorted(rounds, compareVerdicts)
}

// readRounds are the rounds that judging went through, the first one first.
func readRounds(out string) ([]JudgeRound, error) {
	var rounds []JudgeRound
	for {
		var r JudgeRound
		err := readJSON(shard.Join(out, schemas.StageJudge, roundName(len(rounds))), &r)
		if err != nil {
			return nil, err
		}
		if rounds = append(rounds, r); r.Last {
			return rounds, nil
		}
	}
}

func readJSON(path string, into any) error { return shard.ReadJSON(path, into) }

// judgeWeights are the weights of judges by their golden controls.
func (b *Build) judgeWeights() (map[string]float64, error) {
	rounds, err := readRounds(b.Out)
	if err != nil {
		return nil, err
	}
	return judge.Weights(rounds[len(rounds)-1].Tally.Controls(), b.Recipe.Judge.MinGoldenAcceptance), nil
}
