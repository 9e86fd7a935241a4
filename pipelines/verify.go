package pipelines

import (
	"context"

	"decoy/schemas"
)

// runVerify certifies every negative.
//
//	contexts, negatives, symbols → certificates (by shard)
func runVerify(ctx context.Context, b *Build) error {
	s, err := b.open(schemas.StageVerify, struct{}{}, nil, schemas.StageExtract, schemas.StageGenerate)
	if err != nil {
		return err
	}
	return s.runShards(ctx, func(int) any { return struct{}{} })
}
