package pipelines

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"slices"
	"strings"

	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/pipelines/money"
	"decoy/transforms/panel"
)

// launched tells this run of the launcher from others, in whose workers' processes trials
// may still be known.
func (b *Build) launched() string {
	if b.launch == "" {
		b.launch = rand.Text()
	}
	return b.launch
}

// retry lifts what was written about members, and nothing else that lies there: they are
// to be asked again.
func (s *stage) retry(ctx context.Context) error {
	if s.b.DryRun {
		return nil
	}
	folder := shard.Join(s.b.dir(s.name), ask.GaveUpFolder)
	paths, err := shard.List(ctx, folder, "*.json")
	for _, path := range paths {
		var one ask.GaveUp
		if shard.ReadJSON(ctx, path, &one) == nil && one.Entry != "" {
			err = errors.Join(err, shard.Remove(ctx, path))
		}
	}
	if err != nil {
		return fmt.Errorf("remove what is known of members that were given up: %w", err)
	}
	shard.RemoveEmpty(folder)
	return nil
}

// useless is panel.ErrStopped with the members that gave nothing although all shards are
// done: those that were given up by the last answers, and those of which every request
// failed, however few they were.
func (s *stage) useless(ctx context.Context) error {
	all, err := ask.Useless(ctx, s.shards(), s.b.Out, s.b.Recipe.Members(s.name))
	if err != nil {
		return err
	}
	var reasons []string
	for _, u := range all {
		if u.GaveUp != nil {
			reasons = append(reasons, u.GaveUp.Error())
			continue
		}
		letter, err := s.deadLetter(ctx, u.Member)
		if err != nil {
			return err
		}
		reasons = append(reasons, fmt.Sprintf("panel member %s: all %d requests failed, for example: %s; "+
			"mend or remove the member in the recipe and run again, with --replay to send these once more",
			u.Member, u.Failed, letter))
	}
	if len(reasons) == 0 {
		return nil
	}
	return fmt.Errorf("%w: %s", panel.ErrStopped, strings.Join(reasons, "; "))
}

// deadLetter is why a request of a member failed.
func (s *stage) deadLetter(ctx context.Context, member string) (string, error) {
	letters, err := money.DeadLetters(ctx, s.b.Out)
	i := slices.IndexFunc(letters, func(l money.DeadLetter) bool { return l.Stage == s.name && l.Member == member })
	if err != nil || i < 0 {
		return "", err
	}
	return string(letters[i].Reason) + ": " + letters[i].Detail, nil
}
