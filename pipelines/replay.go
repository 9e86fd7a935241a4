package pipelines

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/schemas"
	"decoy/transforms/panel/ledger"
)

// reopen makes a paid stage do those shards again in whose ledger dead letters stand,
// so that they can be sent once more; everything else is answered from the ledger.
// What later stages made of these shards goes first: a fingerprint does not know that
// the same requests now have other answers.
func (s *stage) reopen(ctx context.Context) error {
	store := ask.Store(s.b.Out, s.name)
	shards, err := ledger.Shards(ctx, store)
	if err != nil {
		return err
	}
	var again []int
	for _, i := range shards {
		l, err := ledger.Open(ctx, store, i)
		if err != nil {
			return err
		}
		for r, stands := range l.Ranked() {
			if stands && r.Reject != "" && r.Final() && i < s.b.Recipe.Shards {
				again = append(again, i)
				break
			}
		}
	}
	if len(again) == 0 {
		return nil
	}
	s.b.Log("%s: dead letters in %d shards are sent again", s.name, len(again))
	if s.b.DryRun {
		return errors.New("a dry run does not undo what was made of dead letters: leave out --replay")
	}
	for _, later := range slices.Backward(schemas.Stages[slices.Index(schemas.Stages, s.name):]) {
		dir := s.b.dir(later)
		var records []string
		var err error
		switch later {
		case schemas.StageJudge, schemas.StageCurate, schemas.StageExport: // of judge, since other answers may mean other rounds
			records, err = shard.DoneRecords(ctx, dir)
		default:
			for _, i := range again {
				records = append(records, shard.DonePath(dir, i))
			}
		}
		if err == nil {
			err = shard.Outdate(ctx, dir, later, records)
		}
		if err != nil {
			return fmt.Errorf("%s: undo what was made of dead letters: %w", later, err)
		}
	}
	return nil
}
