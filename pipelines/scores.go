package pipelines

import (
	"context"
	"fmt"

	"decoy/pipelines/ask"
	"decoy/pipelines/judging"
	"decoy/pipelines/work"
	"decoy/transforms/judge"
	"decoy/transforms/panel"
	"decoy/transforms/panel/ledger"
	"decoy/transforms/secrets"
	"decoy/transforms/trainers"
)

// What members with FIM tokens would score goes to a folder and comes back as records of
// judge's ledger, where the stage finds them when it is run (package scorefiles). Both are
// done by the launcher, as batches are: nothing is sent and nothing costs. The requests are
// those of the round that comes next.

// scoreFileRequests is how many requests a file holds: what a process is given at a time,
// and what it does again if it is killed.
const scoreFileRequests = 2000

// Unscored counts the requests of a member: all of the round, those that the ledger answers,
// and those whose text holds a secret, which leave for nowhere. The rest is missing.
type Unscored struct {
	Member                      string
	Requests, Recorded, Secrets int64
}

// Missing is how many have no answer.
func (u Unscored) Missing() int64 { return u.Requests - u.Recorded - u.Secrets }

// unscored visits the requests of members that the ledger does not answer, by member and
// shard.
func (s *stage) unscored(ctx context.Context, members []panel.Member,
	visit func(m panel.Member, i int, r panel.Request) error) ([]Unscored, error) {
	d, err := panel.OpenDrafts(members)
	if err != nil {
		return nil, err
	}
	scanner, err := secrets.New()
	if err != nil {
		return nil, err
	}
	d.Check(ask.CheckSecrets(scanner))
	o, more, err := s.present(ctx)
	if err != nil {
		return nil, err
	}
	var all []Unscored
	for _, m := range members {
		u := Unscored{Member: m.Name}
		for i := 0; more && i < s.b.Recipe.Shards; i++ {
			if err := s.unscoredOf(ctx, d, o, m, i, &u, visit); err != nil {
				return nil, err
			}
		}
		all = append(all, u)
	}
	return all, nil
}

// unscoredOf does a member and a shard.
func (s *stage) unscoredOf(ctx context.Context, d *panel.Drafts, o judging.Options, m panel.Member, i int, u *Unscored,
	visit func(panel.Member, int, panel.Request) error) error {
	led, err := ledger.Open(ctx, ask.Store(s.b.Out, s.name), i)
	if err != nil {
		return err
	}
	t := work.Task{Stage: s.name, Out: s.b.Out, Shard: i, Of: s.b.Recipe.Shards}
	seen := map[string]bool{} // keys: another context may ask the same
	asking := judging.NewAsking(d.Panel(), o, m, work.Silent(t))
	for r, err := range asking.Requests(ctx, judging.WithRivals(ctx, t, o), o, m) {
		if err != nil {
			return err
		}
		if seen[r.Key] {
			continue
		}
		seen[r.Key] = true
		u.Requests++
		old, answered := led.Get(r.Key)
		switch {
		case answered && old.Final() && (old.Reject == "" || !s.b.Replay):
			u.Recorded++
		case d.Unsendable(r) != nil:
			u.Secrets++
		default:
			if err := visit(m, i, r); err != nil {
				return err
			}
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
	return nil
}

// offlineScores is an error where scores are missing that no server gives.
func (s *stage) offlineScores(ctx context.Context) error {
	var members []panel.Member
	for _, m := range s.b.Recipe.Judge.Panel {
		if m.Offline {
			members = append(members, m)
		}
	}
	if len(members) == 0 {
		return nil
	}
	all, err := s.unscored(ctx, members, func(panel.Member, int, panel.Request) error { return nil })
	if err != nil {
		return err
	}
	for _, u := range all {
		if n := u.Missing(); n > 0 {
			return fmt.Errorf("panel member %s: %w: %d of the %d that this round needs; with the same --recipe and "+
				"--out run decoy judge --export FOLDER, python3 FOLDER/score.py FOLDER, decoy judge --import FOLDER",
				u.Member, panel.ErrOffline, n, u.Requests)
		}
		s.b.Log("%s: all %d scores of %s are in the ledger", s.name, u.Requests-u.Secrets, u.Member)
	}
	return nil
}

// scorers are the members of judge's panel whose requests a folder can hold.
func (b *Build) scorers() ([]panel.Member, error) {
	var members []panel.Member
	for _, m := range b.Recipe.Judge.Panel {
		if m.Provider == panel.ProviderFIM {
			members = append(members, m)
		}
	}
	if b.Recipe.Judge.Protocol != judge.ProtocolLogProb || len(members) == 0 {
		return nil, fmt.Errorf("judge.panel has nobody who scores: set judge.protocol to %s and add a member like "+
			"{name: scorer, provider: %s, offline: true, model: NAME, fim_model: %s}", judge.ProtocolLogProb,
			panel.ProviderFIM, trainers.Models[0].Name)
	}
	return members, nil
}

// openScores opens judge for the commands about a folder, holding OUT.
func (b *Build) openScores(ctx context.Context) (_ context.Context, _ *stage, release func(*error), err error) {
	if err := checkBuild(ctx, b.Out); err != nil {
		return nil, nil, nil, err
	}
	ctx, release, err = hold(ctx, b.Out, b.EndPrevious)
	if err != nil {
		return nil, nil, nil, err
	}
	s, err := openJudge(ctx, b)
	if err != nil {
		release(&err)
		return nil, nil, nil, err
	}
	return ctx, s, release, nil
}
