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

// Close adds up a round and decides which cells go on. With a useless member judging is left
// for a later run, there.
//
//	Refs of the round's shards, Ref of the round before → Ref: rounds/K
type Close struct{ Options }

func init() { flow.Register[Close]() }

// Do closes one round.
func (c Close) Do(_ context.Context, t flow.Task) (d schemas.Done, err error) {
	sum, err := c.known(t.All[1:])
	if err != nil {
		return d, err
	}
	bad, err := ask.Useless(t.Stage, c.Out, c.Recipe.Panel)
	if err != nil {
		return d, err
	}
	if len(bad) > 0 {
		return d, flow.ErrLater
	}
	for _, ref := range t.All[0] {
		path, err := ref.Path(tallyPrefix(c.Round))
		if err != nil {
			return d, err
		}
		var part judge.Tally
		if err := shard.ReadJSON(path, &part); err != nil {
			return d, err
		}
		sum.Merge(part)
	}
	more := c.Plan.Close(c.Round, sum, c.Recipe.IntervalWidth)
	raw, err := json.MarshalIndent(join.Round{
		Round: c.Round + 1, Share: c.Recipe.Rounds[c.Round], Last: !more,
		Stopped: append([]judge.Stop{}, c.Plan.Stopped...), Tally: sum,
	}, "", "  ")
	if err != nil {
		return d, err
	}
	name := join.RoundName(c.Round)
	f, err := shard.WriteFile(shard.Join(t.Dir, name), append(raw, '\n'))
	f.Name = name
	d.Files = append(d.Files, f)
	return d, err
}

// known takes over which cells go on after the round before, if there is one, and returns
// what it adds up to. It is flow.ErrSkip where that was the last one.
func (o *Options) known(before [][]flow.Ref) (sum judge.Tally, err error) {
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
	if err := shard.ReadJSON(path, &r); err != nil {
		return sum, err
	}
	if r.Last {
		return sum, flow.ErrSkip
	}
	o.Plan.Stopped = r.Stopped
	return r.Tally, nil
}
