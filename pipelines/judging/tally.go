package judging

import (
	"context"
	"encoding/json"
	"fmt"

	"decoy/io/shard"
	"decoy/pipelines/join"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/judge"
)

// A round of judging is a step over all shards and one that closes it. Its done records are
// those of its shards and one more for the round as a whole, so that a build that was
// interrupted goes on inside of the round that it was in. Round k's records are
//
//	FirstRecord(k) … +shards-1   verdicts-rK-00007-of-00128, rounds/K-00007-of-00128.json
//	FirstRecord(k) + shards      rounds/K.json
//
// with K = k+1; the first round's verdicts have no -r1, for most builds have one round.

// tallyPrefix begins the names of the files of the shards' tallies of a round, below the stage.
func tallyPrefix(round int) string { return fmt.Sprint(join.RoundsFolder, round+1) }

func tallyName(t work.Task, round int) string {
	return schemas.ShardName(tallyPrefix(round), t.Shard, t.Of, "json")
}

// writeTally counts a shard's round: its verdicts and, in the first round, the whole
// pool.
func writeTally(ctx context.Context, t work.Task, o Options, verdicts []schemas.Verdict) (schemas.File, error) {
	var tally judge.Tally
	at := shard.NewCursor(func(yield func(schemas.Verdict, error) bool) {
		for _, v := range verdicts {
			if !yield(v, nil) {
				return
			}
		}
	}, func(v schemas.Verdict) string { return v.ContextID })
	defer at.Stop()
	for g, err := range join.WithNegatives(ctx, t) {
		if err != nil {
			return schemas.File{}, err
		}
		vs, err := at.Of(g.Left.ID)
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
			cell := CellOf(n, &g.Left)
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
	f, err := shard.WriteFile(ctx, shard.Join(t.Out, t.Stage, name), raw)
	f.Name = name
	return f, err
}
