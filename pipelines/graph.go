package pipelines

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/panel"
)

// A shard stage is one graph: shard numbers → Reshuffle → the stage's work. The
// work itself is found by the stage's name in shardWorks, because a function does
// not travel to a remote worker, and its options travel as JSON.

// shardWork does one shard of a stage and returns what to record about it.
type shardWork func(ctx context.Context, t shardTask) (schemas.Done, error)

var shardWorks = map[string]shardWork{}

// shardTask is a shard's work order: all that a worker needs to know.
type shardTask struct {
	Code        int             `json:"code"` // version of the code that made it
	Stage       string          `json:"stage"`
	Out         string          `json:"out"`
	Shard       int             `json:"shard"`
	Of          int             `json:"of"`
	Fingerprint string          `json:"fingerprint"`
	Options     json.RawMessage `json:"options"`
}

// readTask reads a task, unless a launcher of another version made it: its worker
// would write files under that version's fingerprint.
func readTask(raw string) (t shardTask, err error) {
	if err := json.Unmarshal([]byte(raw), &t); err != nil {
		return t, err
	}
	if t.Code != schemas.CodeVersion {
		return t, fmt.Errorf("the launcher's code is of version %d, this worker's of %d: build both from one checkout", t.Code, schemas.CodeVersion)
	}
	return t, nil
}

func (t shardTask) path(stage, what string) string {
	return shardPath(t.Out, stage, what, t.Shard, t.Of)
}

func (t shardTask) options(into any) error {
	if err := json.Unmarshal(t.Options, into); err != nil {
		return fmt.Errorf("options of %s shard %d: %w", t.Stage, t.Shard, err)
	}
	return nil
}

// shardFn does shards and emits their numbers when they are done. Work is the name of
// what is done with them in shardWorks. Fingerprint makes graphs of different builds
// differ.
type shardFn struct{ Work, Fingerprint string }

// ProcessElement does the shard of one task, in JSON.
func (f *shardFn) ProcessElement(ctx context.Context, task string, emit func(int)) error {
	t, err := readTask(task)
	if err != nil {
		return fmt.Errorf("task of %s: %w", f.Work, err)
	}
	dir, began := shard.Join(t.Out, t.Stage), time.Now()
	// The launcher gives out no shard that is done: another attempt has done it since,
	// before the runner started this task again.
	if d, done, err := shard.ReadDone(dir, t.Shard, t.Fingerprint); err != nil || done {
		if done {
			countDone(ctx, d)
			emit(t.Shard)
		}
		return err
	}
	d, err := shardWorks[f.Work](ctx, t)
	switch {
	case errors.Is(err, panel.ErrBudget): // other shards may have room
		return recordStop(t, budgetFolder, err)
	case errors.Is(err, panel.ErrOthersGoOn): // and have work for the others
		return recordStop(t, stoppedFolder, err)
	case err != nil:
		return fmt.Errorf("shard %d: %w", t.Shard, err)
	}
	if ctx.Err() != nil { // a cancelled bundle runs on: its work is not to be trusted
		return ctx.Err()
	}
	d.Stage, d.Shard, d.Fingerprint = t.Stage, t.Shard, t.Fingerprint
	if err := recordDone(ctx, dir, d, began); err != nil {
		return err
	}
	emit(t.Shard)
	return nil
}

func init() {
	beam.RegisterDoFn(&shardFn{})
	beam.RegisterDoFn(&endFn{})
}

// tasks are the work orders of a stage's shards, in JSON.
func (s *stage) tasks(todo []int, options func(shard int) any) ([]string, error) {
	var tasks []string
	for _, i := range todo {
		raw, err := json.Marshal(options(i))
		if err != nil {
			return nil, err
		}
		task, err := json.Marshal(shardTask{Code: schemas.CodeVersion, Stage: s.name, Out: s.b.Out, Shard: i, Of: s.b.Recipe.Shards, Fingerprint: s.fingerprint, Options: raw})
		if err != nil {
			return nil, err
		}
		tasks = append(tasks, string(task))
	}
	return tasks, nil
}

func (s *stage) shardFn(work string) *shardFn {
	return &shardFn{Work: work, Fingerprint: s.fingerprint}
}

// work spreads tasks over the workers.
//
//	tasks → PCollection<int> (the shards done)
func (s *stage) work(scope beam.Scope, work string, tasks []string) beam.PCollection {
	in := beam.Reshuffle(scope, beam.CreateList(scope, tasks))
	return beam.ParDo(scope, s.shardFn(work), in)
}

// runShards runs a stage that is nothing but its shards.
func (s *stage) runShards(ctx context.Context, options func(shard int) any) error {
	done, err := s.finished()
	if err != nil || done {
		if done {
			s.b.Log("%s: done before", s.name)
		}
		return err
	}
	todo, err := s.todo()
	if err != nil {
		return err
	}
	s.b.Log("%s: %d of %d shards to do", s.name, len(todo), s.b.Recipe.Shards)
	if err := s.run(ctx, todo, options); err != nil {
		return err
	}
	return s.finish(0)
}

// run runs the shards that are to be done.
func (s *stage) run(ctx context.Context, todo []int, options func(shard int) any) error {
	if len(todo) == 0 {
		return nil
	}
	tasks, err := s.tasks(todo, options)
	if err != nil {
		return err
	}
	p, scope := beam.NewPipelineWithRoot()
	end(scope, s.work(scope.Scope(s.name), s.name, tasks))
	return s.submit(ctx, p, cmp.Or(s.units, s.b.Recipe.Shards))
}

// end consumes the last collection of a graph through a GroupByKey. Prism 2.77.0
// waits for a bundle without outputs in a loop that never sleeps, which takes a
// whole processor from the work: measured as 31 % of all samples on two.
func end(scope beam.Scope, done beam.PCollection) {
	scope = scope.Scope("end")
	beam.ParDo0(scope, &endFn{}, beam.GroupByKey(scope, beam.AddFixedKey(scope, done)))
}

// endFn drops what it gets.
type endFn struct{}

// ProcessElement does nothing.
func (endFn) ProcessElement(int, func(*int) bool) {}

// tally counts records and rejects of a shard.
type tally struct {
	Counts  map[string]int64
	Rejects map[string]int64
}

func newTally() tally { return tally{map[string]int64{}, map[string]int64{}} }

func (t tally) rejects(r []schemas.Reject) {
	for i := range r {
		t.Rejects[r[i].Reason]++
		countInternal(t.Counts, r[i])
	}
}

// writeAll writes a sorted slice as one shard file.
func writeAll[T any](path string, records []T) (schemas.File, error) {
	w, err := shard.Create[T](path)
	if err != nil {
		return schemas.File{}, err
	}
	defer w.Abort()
	for _, r := range records {
		if err := w.Write(r); err != nil {
			return schemas.File{}, err
		}
	}
	return w.Commit()
}

// compareRejects orders rejects as their files are ordered.
func compareRejects(a, b schemas.Reject) int {
	return cmp.Or(cmp.Compare(a.ID, b.ID), cmp.Compare(a.Reason, b.Reason), cmp.Compare(a.Type, b.Type), cmp.Compare(a.Generator, b.Generator), cmp.Compare(a.Detail, b.Detail))
}

func sortRejects(r []schemas.Reject) { slices.SortStableFunc(r, compareRejects) }
