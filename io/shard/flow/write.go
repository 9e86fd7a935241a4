package flow

import (
	"context"
	"fmt"
	"iter"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas"
	"decoy/schemas/batch"
)

// Writer writes one shard of a step from batches.
type Writer interface {
	// Write is as Work.Do. The batches come in no order, so the writer sorts the rows.
	Write(ctx context.Context, t Task, batches iter.Seq[batch.Batch]) (schemas.Done, error)
}

// Write writes batches by shard. The shards that are to be written come from the gate
// behind which the batches were made: a shard without batches gets its files, and nothing
// is written where the gate is shut.
//
//	PCollection<Joined>, PCollection<KV<int, batch.Batch>> (by shard) → PCollection<Ref>
//
// Groups by shard: the batches of one shard stream. The writer's type must be registered
// (RegisterWriter).
func Write[W Writer](s beam.Scope, st Stage, writer W, shards, batches beam.PCollection) beam.PCollection {
	s = st.scope(s)
	st = st.ready()
	keyed := beam.ParDo(s, shardFn, shards)
	out := beam.ParDo(s, &writeFn[W]{st, writer}, beam.CoGroupByKey(s, keyed, batches))
	return beam.Reshuffle(s, out)
}

// RegisterWriter makes a writer's type known to Beam, as Register does of a work's.
func RegisterWriter[W Writer]() { beam.RegisterDoFn(&writeFn[W]{}) }

func shardFn(j Joined) (int, Joined) { return j.Shard, j }

func init() { beam.RegisterFunction(shardFn) }

type writeFn[W Writer] struct {
	Stage  Stage
	Writer W
}

// ProcessElement takes the batches of a shard.
func (f *writeFn[W]) ProcessElement(ctx context.Context, number int, shards func(*Joined) bool,
	batches func(*batch.Batch) bool, emit func(Ref)) error {
	var j Joined
	if !shards(&j) {
		return fmt.Errorf("%s has rows of shard %d, which is none of those that it is to write: key batches by the "+
			"shards that Join gives", f.Stage.Name, number)
	}
	if number < 0 || number >= f.Stage.Of {
		return fmt.Errorf("%s is to write shard %d of %d: Join as many shards as the step has", f.Stage.Name, number,
			f.Stage.Of)
	}
	work := func(ctx context.Context, t Task) (schemas.Done, error) {
		return f.Writer.Write(ctx, t, batch.All(batches))
	}
	return f.Stage.do(ctx, Task{Shard: number, From: j.Refs}, work, emit)
}
