package flow

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"regexp"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/schemas"
)

// Work does one shard of a step. It is a struct: its exported fields travel as JSON.
type Work interface {
	// Do writes the shard's files, all with their final names, and returns what is to be
	// recorded: files, counts and rejects. The same task gives the same bytes. An error that
	// is ErrLater or ErrSkip is none for the job.
	Do(ctx context.Context, t Task) (schemas.Done, error)
}

// Task is one shard of a step with what it reads.
type Task struct {
	Stage         // where it writes
	Shard int     // of Stage.Of
	From  []Ref   // the shard's own ref of each collection of Inputs.Each that has refs
	All   [][]Ref // of each collection of Inputs.All the refs of all shards, by shard

	value json.RawMessage // see Value
}

// Path is the path of a file of the task's shard: "contexts" and "jsonl.zst" make
// contexts-00007-of-00128.jsonl.zst.
func (t Task) Path(what, ext string) string {
	return shard.Join(t.Dir, schemas.ShardName(what, t.Shard, t.Of, ext))
}

// Create starts a file of records of the task's shard. Where what has a folder, as in
// "parts/names", the committed File's Name lacks it and the work adds it.
func Create[T any](ctx context.Context, t Task, what string) (*shard.Writer[T], error) {
	return shard.Create[T](ctx, t.Path(what, "jsonl.zst"))
}

// ErrLater ends a shard well and without a ref: it reached its share of the budget, or who
// is to be asked is down. Why is for the work to record.
var ErrLater = errors.New("left for a later run")

// ErrSkip ends a shard of which there is nothing to do, as of a round after the last one,
// with a ref that is Skipped and without a record.
var ErrSkip = errors.New("nothing to do")

// do does a shard unless a record says that it is done, and emits its ref.
func (st Stage) do(ctx context.Context, t Task, work func(context.Context, Task) (schemas.Done, error),
	emit func(Ref)) error {
	if err := st.check(); err != nil {
		return err
	}
	number, began := st.First+t.Shard, time.Now()
	d, done, err := shard.ReadDone(ctx, st.Dir, number, st.Fingerprint)
	if err != nil {
		return err
	}
	if done {
		Count(ctx, d)
		emit(st.ref(t.Shard, d))
		return nil
	}
	if st.Temporary {
		// Whether its files are whole Begin has looked: it removes the manifest else.
		_, sealed, err := st.manifest(ctx)
		if err != nil {
			return err
		}
		if sealed {
			emit(st.skipped(t.Shard))
			return nil
		}
	}
	t.Stage = st
	st.clock(ctx)
	d, err = work(ctx, t)
	switch {
	case errors.Is(err, ErrLater):
		return nil
	case errors.Is(err, ErrSkip):
		emit(st.skipped(t.Shard))
		return nil
	case err != nil:
		return fmt.Errorf("%s: shard %d: %w", st.Name, t.Shard, err)
	}
	if ctx.Err() != nil { // a cancelled bundle runs on: its work is not to be trusted
		return ctx.Err()
	}
	d.Stage, d.Shard, d.Fingerprint = st.Name, number, st.Fingerprint
	recorded, stop := shard.Lasting(ctx) // the work is done, and so is its record
	defer stop()
	if err := shard.WriteDone(recorded, st.Dir, d); err != nil {
		return err
	}
	Count(ctx, d)
	beam.NewDistribution(MetricsPrefix+st.Name, "shard_ms").Update(ctx, time.Since(began).Milliseconds())
	st.clock(ctx)
	emit(st.ref(t.Shard, d))
	return nil
}

// ClockMetric is the distribution of the times, in milliseconds since 1970, at which work of
// a stage began and ended: its ends say when a job was at the stage.
const ClockMetric = "clock_ms"

func (st Stage) clock(ctx context.Context) {
	beam.NewDistribution(MetricsPrefix+st.Name, ClockMetric).Update(ctx, time.Now().UnixMilli())
}

// MetricsPrefix begins the namespace of a stage's metrics.
const MetricsPrefix = "decoy/"

// ShardsMetric is the counter of the units of work that a stage has done.
const ShardsMetric = "shards"

// metricName is what a metric may be named. Counts of other names stay in the records.
var metricName = regexp.MustCompile(`^[A-Za-z0-9_.-]+$`)

// Count counts a shard in the runner's metrics, also one that an attempt did whose metrics
// the runner has dropped with it: counters shards, what the record counts and
// reject_REASON, and the distribution shard_bytes.
func Count(ctx context.Context, d schemas.Done) {
	namespace := MetricsPrefix + d.Stage
	beam.NewCounter(namespace, ShardsMetric).Inc(ctx, 1)
	for name, n := range d.Counts {
		if metricName.MatchString(name) {
			beam.NewCounter(namespace, name).Inc(ctx, n)
		}
	}
	for reason, n := range d.Rejects {
		beam.NewCounter(namespace, "reject_"+string(reason)).Inc(ctx, n)
	}
	var bytes int64
	for _, f := range d.Files {
		bytes += f.Bytes
	}
	beam.NewDistribution(namespace, "shard_bytes").Update(ctx, bytes)
}
