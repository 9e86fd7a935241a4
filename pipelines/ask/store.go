package ask

import (
	"context"
	"fmt"

	"decoy/io/bucket"
	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/panel/ledger"
)

// PaidStages are those that keep a ledger.
var PaidStages = []string{schemas.StageGenerate, schemas.StageJudge}

// Store is where the answers of a stage are kept: a folder, or one in a bucket.
func Store(out, stage string) ledger.CompactStore {
	dir := shard.Join(out, stage, "ledger")
	if bucket.In(out) {
		return bucket.New(dir)
	}
	return shard.NewDir(dir)
}

// IsThere is an error where no build is.
func IsThere(ctx context.Context, out string) error {
	there, err := shard.Exists(ctx, out)
	if err == nil && !there {
		err = fmt.Errorf("%s is not there; name the folder of a build", out)
	}
	return err
}
