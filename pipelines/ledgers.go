package pipelines

import (
	"context"

	"decoy/pipelines/money"
	"decoy/transforms/panel/ledger"
)

// CompactLedgers compacts a build's ledgers, holding OUT: nobody may write to them
// meanwhile. It may be interrupted and run again.
func CompactLedgers(ctx context.Context, out string,
	endPrevious func(context.Context, string) error) (list []money.StageCompacted, err error) {
	if err := checkBuild(ctx, out); err != nil {
		return nil, err
	}
	ctx, release, err := hold(ctx, out, endPrevious)
	if err != nil {
		return nil, err
	}
	defer release(&err)
	list = []money.StageCompacted{}
	err = money.EachLedger(ctx, out, func(stage string, i int, store ledger.CompactStore) error {
		c, err := ledger.Compact(ctx, store, i)
		list = append(list, money.StageCompacted{Stage: stage, Shard: i, Compacted: c})
		return err
	})
	return list, err
}
