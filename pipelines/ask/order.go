package ask

import (
	"cmp"
	"context"
	"iter"

	"decoy/io/shard"
	"decoy/pipelines/work"
	"decoy/schemas"
)

// Requests are sent in the order of a hash of their context's id, so that what is known
// of a member after its first answers is known of a sample of the shard and not of its
// first file. What is made of the answers is sorted when it is written.

// heldAsked is how many bytes of a shard's records are held while they are put into that
// order. What is over it lies in sorted runs and at the end in one (shard.Sorter), which
// each member's stream reads record by record, as it would read the shard's own file.
const heldAsked = 8 << 20

// Order puts records into the order in which they are asked about. The caller
// closes it.
func Order[T any](ctx context.Context,
	t work.Task, records iter.Seq2[T, error], context func(*T) *schemas.Context, size func(*T) int,
) (*shard.Sorter[T], error) {
	place := func(v *T) uint64 { return schemas.Key64("ask", context(v).ID) }
	s := shard.NewSorter(t.Path(t.Stage, "asked"), heldAsked, func(v T) int { return size(&v) }, func(a, b T) int {
		return cmp.Or(cmp.Compare(place(&a), place(&b)), cmp.Compare(context(&a).ID, context(&b).ID))
	})
	for v, err := range records {
		if err == nil {
			err = s.Add(ctx, v)
		}
		if err != nil {
			s.Close(ctx)
			return nil, err
		}
	}
	if err := s.Settle(ctx); err != nil {
		s.Close(ctx)
		return nil, err
	}
	return s, nil
}
