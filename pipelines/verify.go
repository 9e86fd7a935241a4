package pipelines

import (
	"context"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard/flow"
	"decoy/pipelines/verification"
	"decoy/schemas"
)

// openVerify certifies every negative.
//
//	contexts, negatives, symbols → certificates (by shard)
func openVerify(ctx context.Context, b *Build) (*stage, error) {
	s, err := b.open(ctx, schemas.StageVerify, struct{}{}, nil, schemas.StageExtract, schemas.StageGenerate)
	if err != nil {
		return nil, err
	}
	s.begin = s.toDo
	s.graph = func(scope beam.Scope, in reads) steps {
		return one(flow.Run(scope, s.shards(), verification.Work{Out: b.Out}, flow.Inputs{
			Each: in.each(schemas.StageExtract, schemas.StageGenerate),
		}))
	}
	return s, nil
}
