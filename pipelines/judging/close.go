package judging

import (
	"context"
	"encoding/json"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/ask"
	"decoy/pipelines/join"
	"decoy/schemas"
	"decoy/transforms/judge"
)

// Close merges the tallies of a round's shards and decides which cells stop. If a paid member
// of the panel gave nothing (ask.Useless) the round stays open: there is no ref, and later
// rounds wait; the launcher says which member it is.
//
//	Refs of the round's shards, Ref of the round before (but for the first) → Ref: rounds/K.json
//
// K and the file's "round" count from 1; Options.Round and the "after" of its stopped cells
// from 0.
type Close struct{ Options }

func init() { flow.Register[Close]() }

// Do closes one round.
func (c Close) Do(ctx context.Context, t flow.Task) (d schemas.Done, err error) {
	shards, before := t.All[0], t.All[1:]
	sum, err := c.resume(ctx, before)
	if err != nil {
		return d, err
	}
	bad, err := ask.Useless(ctx, t.Stage, c.Out, c.Recipe.Panel)
	if err != nil {
		return d, err
	}
	if len(bad) > 0 {
		return d, flow.ErrLater
	}
	for _, ref := range shards {
		path, err := ref.Path(tallyPrefix(c.Round))
		if err != nil {
			return d, err
		}
		var part judge.Tally
		if err := shard.ReadJSON(ctx, path, &part); err != nil {
			return d, err
		}
		sum.Merge(part)
	}
	// The cells that stop are added to Plan.Stopped; behind the last planned round none goes on.
	more := c.Plan.Close(c.Round, sum, c.Recipe.IntervalWidth)
	raw, err := json.MarshalIndent(join.Round{
		Round: c.Round + 1, Share: c.Recipe.Rounds[c.Round], Last: !more,
		Stopped: append([]judge.Stop{}, c.Plan.Stopped...), Tally: sum,
	}, "", "  ")
	if err != nil {
		return d, err
	}
	name := join.RoundName(c.Round)
	f, err := shard.WriteFile(ctx, shard.Join(t.Dir, name), append(raw, '\n'))
	if err != nil {
		return d, err
	}
	f.Name = name // with its folder
	d.Files = append(d.Files, f)
	return d, nil
}

// resume reads what is known after the round before: it sets Plan.Stopped and returns the tally
// so far, an empty one for the first round. It is flow.ErrSkip where judging had ended.
func (o *Options) resume(ctx context.Context, before [][]flow.Ref) (sum judge.Tally, err error) {
	if o.Round == 0 {
		return sum, nil
	}
	ref := before[0][0]
	if ref.Skipped {
		return sum, flow.ErrSkip
	}
	path, err := ref.Path(join.RoundName(o.Round - 1))
	if err != nil {
		return sum, err
	}
	var r join.Round
	if err := shard.ReadJSON(ctx, path, &r); err != nil {
		return sum, err
	}
	if r.Last {
		return sum, flow.ErrSkip
	}
	o.Plan.Stopped = r.Stopped
	return r.Tally, nil
}
