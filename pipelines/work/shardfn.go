package work

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/transforms/panel"
)

// ShardFn does shards and emits their numbers when they are done. Work is the name of
// what is done with them in Funcs. Fingerprint makes graphs of different builds
// differ.
type ShardFn struct{ Work, Fingerprint string }

// ProcessElement does the shard of one task, in JSON.
func (f *ShardFn) ProcessElement(ctx context.Context, task string, emit func(int)) error {
	t, err := ReadTask(task)
	if err != nil {
		return fmt.Errorf("task of %s: %w", f.Work, err)
	}
	dir, began := shard.Join(t.Out, t.Stage), time.Now()
	// The launcher gives out no shard that is done: another attempt has done it since,
	// before the runner started this task again.
	if d, done, err := shard.ReadDone(dir, t.Shard, t.Fingerprint); err != nil || done {
		if done {
			CountDone(ctx, d)
			emit(t.Shard)
		}
		return err
	}
	d, err := Funcs[f.Work](ctx, t)
	switch {
	case errors.Is(err, panel.ErrBudget): // other shards may have room
		return recordStop(t, BudgetFolder, err)
	case errors.Is(err, panel.ErrOthersGoOn): // and have work for the others
		return recordStop(t, StoppedFolder, err)
	case err != nil:
		return fmt.Errorf("shard %d: %w", t.Shard, err)
	}
	if ctx.Err() != nil { // a cancelled bundle runs on: its work is not to be trusted
		return ctx.Err()
	}
	d.Stage, d.Shard, d.Fingerprint = t.Stage, t.Shard, t.Fingerprint
	if err := RecordDone(ctx, dir, d, began); err != nil {
		return err
	}
	emit(t.Shard)
	return nil
}

func init() {
	beam.RegisterDoFn(&ShardFn{})
	beam.RegisterDoFn(&EndFn{})
}

// End consumes the last collection of a graph through a GroupByKey. Prism 2.77.0
// waits for a bundle without outputs in a loop that never sleeps, which takes a
// whole processor from the work: measured as 31 % of all samples on two.
func End(scope beam.Scope, done beam.PCollection) {
	scope = scope.Scope("end")
	beam.ParDo0(scope, &EndFn{}, beam.GroupByKey(scope, beam.AddFixedKey(scope, done)))
}

// EndFn drops what it gets.
type EndFn struct{}

// ProcessElement does nothing.
func (EndFn) ProcessElement(int, func(*int) bool) {}
