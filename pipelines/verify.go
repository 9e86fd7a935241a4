package pipelines

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard/flow"
	"decoy/pipelines/verification"
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
	return s.runShards(ctx, func(scope beam.Scope) beam.PCollection {
		return flow.Run(scope, s.shards(), verification.Work{Out: b.Out}, flow.Inputs{Each: s.refs(scope)})
	})
}
