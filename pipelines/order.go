package pipelines

import (
	"cmp"
	"iter"

	"decoy/io/shard"
	"decoy/schemas"
)

// Requests are sent in the order of a hash of their context's id, so that what is known
// of a member after its first answers is known of a sample of the shard and not of its
// first file. What is made of the answers is sorted when it is written.

// heldAsked is how many bytes of a shard's records are held while they are put into that
// order. What is over it lies in sorted runs and at the end in one (shard.Sorter), which
// each member's stream reads record by record, as it would read the shard's own file.
const heldAsked = 8 << 20

// askingOrder puts records into the order in which they are asked about. The caller
// closes it.
func askingOrder[T any](
	t shardTask, records iter.Seq2[T, error], context func(*T) *schemas.Context, size func(*T) int,
) (*shard.Sorter[T], error) {
	place := func(v *T) uint64 { return schemas.Key64("ask", context(v).ID) }
	s := shard.NewSorter(t.path(t.Stage, "asked"), heldAsked, func(v T) int { return size(&v) }, func(a, b T) int {
		return cmp.Or(cmp.Compare(place(&a), place(&b)), cmp.Compare(context(&a).ID, context(&b).ID))
	})
	for v, err := range records {
		if err == nil {
			err = s.Add(v)
		}
		if err != nil {
			s.Close()
			return nil, err
		}
	}
	if err := s.Settle(); err != nil {
		s.Close()
		return nil, err
	}
	return s, nil
}

// askedContexts are the contexts that generators are asked about.
func askedContexts(t shardTask) (*shard.Sorter[schemas.Context], error) {
	return askingOrder(t, func(yield func(schemas.Context, error) bool) {
		for c, err := range shard.Read[schemas.Context](t.path(schemas.StageExtract, "contexts")) {
			if err == nil && len(c.Types) == 0 {
				continue
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	},
		func(c *schemas.Context) *schemas.Context { return c },
		func(c *schemas.Context) int { return contextSize(*c) })
}

// askedNegatives are the contexts with the negatives that judges are asked about.
func askedNegatives(t shardTask, o judgeOptions) (*shard.Sorter[rivalled], error) {
	return askingOrder(t, withRivals(t, o), func(r *rivalled) *schemas.Context { return &r.Left },
		func(r *rivalled) int {
			size := contextSize(r.Left) + len(r.Rival)
			for i := range r.Right {
				size += len(r.Right[i].Text) + 512 // and what else it has
			}
			return size
		})
}
