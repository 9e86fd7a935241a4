package ask

import (
	"context"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/schemas"
	"decoy/transforms/panel"
)

// UselessMember is a paid member that gave nothing.
type UselessMember struct {
	Member string
	GaveUp *panel.GivenUp // null where every request failed, however few they were
	Failed int64
}

// Useless are the members that gave nothing to the shards of a stage that are done.
func Useless(ctx context.Context, st flow.Stage, out string, members []panel.Member) ([]UselessMember, error) {
	valid, _, err := shard.Records(ctx, st.Dir, st.Fingerprint)
	if err != nil {
		return nil, err
	}
	counts := map[string]int64{}
	for _, d := range valid {
		for k, n := range d.Counts {
			counts[k] += n
		}
	}
	var all []UselessMember
	for _, m := range members {
		if !m.Paid() {
			continue
		}
		gone, err := ReadGaveUp(ctx, out, st.Name, m)
		if err != nil {
			return nil, err
		}
		failed := counts[CountDeadLetters+m.Name]
		if gone != nil || failed > 0 && counts[CountAnswers+m.Name] == 0 {
			all = append(all, UselessMember{m.Name, gone, failed})
		}
	}
	return all, nil
}

// Useful ends a paid stage: with a useless member it leaves the stage for a later run,
// without a manifest.
//
//	Refs of all shards → Ref (skipped), or none
type Useful struct {
	Out     string         `json:"out"`
	Members []panel.Member `json:"members"`
}

func init() { flow.Register[Useful]() }

// Do looks at what the members gave.
func (u Useful) Do(ctx context.Context, t flow.Task) (schemas.Done, error) {
	bad, err := Useless(ctx, t.Stage, u.Out, u.Members)
	if err != nil {
		return schemas.Done{}, err
	}
	if len(bad) > 0 {
		return schemas.Done{}, flow.ErrLater
	}
	return schemas.Done{}, flow.ErrSkip
}
