package pipelines

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"decoy/io/shard"
	"decoy/pipelines/work"
	"decoy/transforms/panel"
)

// A shard that cannot be done now says so in a record below OUT, since an error crosses
// a runner as text and ends the stage, and lets the other shards go on: their share of
// the budget may have room, and they have work for the members that are not stopped.

// clearStops removes the records of an earlier run, and nothing else that lies there.
func (s *stage) clearStops(ctx context.Context) error {
	for _, folder := range []string{work.BudgetFolder, work.StoppedFolder} {
		paths, err := shard.List(ctx, shard.Join(s.b.dir(s.name), folder), "[0-9]*.json")
		for _, path := range paths {
			var one work.StopRecord
			if shard.ReadJSON(ctx, path, &one) == nil && filepath.Base(path) == work.StopName(one.Shard) {
				err = errors.Join(err, shard.Remove(ctx, path))
			}
		}
		if err != nil {
			return fmt.Errorf("remove what an earlier run left: %w", err)
		}
		shard.RemoveEmpty(shard.Join(s.b.dir(s.name), folder))
	}
	return nil
}

// stops lists the records of a folder of shards that did not get done in another
// attempt.
func (s *stage) stops(ctx context.Context, folder string) ([]string, error) {
	paths, err := shard.List(ctx, shard.Join(s.b.dir(s.name), folder), "[0-9]*.json")
	if err != nil || len(paths) == 0 {
		return nil, err
	}
	var left []string
	for _, path := range paths {
		var one work.StopRecord
		if err := shard.ReadJSON(ctx, path, &one); err != nil {
			return nil, err
		}
		if _, done, err := shard.ReadDone(ctx, s.b.dir(s.name), one.Shard, s.fingerprint); err != nil {
			return nil, err
		} else if !done {
			left = append(left, path)
		}
	}
	return left, nil
}

// budgetStops is panel.ErrBudget with the number of shards that reached their share,
// nil if none did.
func (s *stage) budgetStops(ctx context.Context) error {
	paths, err := s.stops(ctx, work.BudgetFolder)
	if err != nil || len(paths) == 0 {
		return err
	}
	return fmt.Errorf("%w in %d of %d shards; what is paid is kept (decoy ledger stats shows what counts, also of "+
		"killed runs), run again with a higher --budget or budget_usd to go on", panel.ErrBudget, len(paths),
		s.b.Recipe.Shards)
}

// memberStops is panel.ErrStopped with the reasons of the shards for which a member was
// stopped while others went on, nil if there is none.
func (s *stage) memberStops(ctx context.Context) error {
	paths, err := s.stops(ctx, work.StoppedFolder)
	if err != nil || len(paths) == 0 {
		return err
	}
	var reasons []string
	for _, path := range paths {
		var one work.StopRecord
		if err := shard.ReadJSON(ctx, path, &one); err != nil {
			return err
		}
		reasons = append(reasons, one.Reason)
	}
	slices.Sort(reasons)
	reasons = slices.Compact(reasons)
	return fmt.Errorf("%w in %d of %d shards, where the others have done their part: %s", panel.ErrStopped, len(paths), s.b.Recipe.Shards, strings.Join(reasons[:min(len(reasons), 3)], "; "))
}
