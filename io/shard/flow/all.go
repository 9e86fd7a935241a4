package flow

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
)

// All lets the refs of a step through when those of all n shards are there, and else none:
// a shard that was left for later has no ref.
//
//	PCollection<Ref> → PCollection<Ref>
//
// Groups on one key: n refs must fit in memory.
func All(s beam.Scope, refs beam.PCollection, n int) beam.PCollection {
	s = s.Scope("All")
	out := beam.ParDo(s, &allFn{n}, onOneKey(s, []beam.PCollection{refs}))
	return beam.Reshuffle(s, out)
}

// Joined is a shard with its own ref of each of several steps, in their order.
type Joined struct {
	Shard int   `json:"shard"`
	Refs  []Ref `json:"refs"`
}

// Join is All over several steps of n shards each: it brings the refs of each shard
// together when those of all shards of all steps are there, and else emits nothing. It is
// where steps begin that emit rows in batches.
//
//	PCollection<Ref>… → PCollection<Joined>
//
// Groups on one key: all refs must fit in memory.
func Join(s beam.Scope, n int, steps ...beam.PCollection) beam.PCollection {
	s = s.Scope("Join")
	out := beam.ParDo(s, &joinAllFn{n, len(steps)}, onOneKey(s, steps))
	return beam.Reshuffle(s, out)
}

// Once does a step that takes all shards of others as one, with one done record, if all of
// them are there. The work finds their refs in Task.All.
//
//	PCollection<Ref>… → PCollection<Ref> (one)
//
// Groups on one key: all refs must fit in memory.
func Once[W Work](s beam.Scope, st Stage, work W, ins ...beam.PCollection) beam.PCollection {
	s = st.scope(s)
	st.Of = max(st.Of, 1)
	st = st.ready()
	if st.Of != 1 {
		panic(fmt.Errorf("flow.Once of %s: Of is %d: must be 1", st.Name, st.Of))
	}
	out := beam.ParDo(s, &onceFn[W]{st, work, len(ins)}, onOneKey(s, ins))
	return beam.Reshuffle(s, out)
}

// onOneKey brings refs together.
//
//	PCollection<Ref>… → PCollection<KV<int, order…>>
func onOneKey(s beam.Scope, ins []beam.PCollection) beam.PCollection {
	return beam.GroupByKey(s, beam.AddFixedKey(s, numbered(s, ins)))
}

func init() {
	beam.RegisterDoFn(&allFn{})
	beam.RegisterDoFn(&joinAllFn{})
	beam.RegisterDoFn(&EndFn{})
}

// allFn is the gate.
type allFn struct{ Of int }

// ProcessElement takes the refs of a step.
func (f *allFn) ProcessElement(_ int, orders func(*order) bool, emit func(Ref)) error {
	all, ok, err := gatherOf(f.Of, 1, orders)
	if err != nil || !ok {
		return err
	}
	for _, r := range all[0] {
		emit(r)
	}
	return nil
}

// joinAllFn is the gate before several steps.
type joinAllFn struct{ Of, Steps int }

// ProcessElement takes the refs of all steps.
func (f *joinAllFn) ProcessElement(_ int, orders func(*order) bool, emit func(Joined)) error {
	all, ok, err := gatherOf(f.Of, f.Steps, orders)
	if err != nil || !ok {
		return err
	}
	for number := range f.Of {
		j := Joined{Shard: number}
		for _, refs := range all {
			j.Refs = append(j.Refs, refs[number])
		}
		emit(j)
	}
	return nil
}

// gatherOf is gather of steps that have to be of n shards.
func gatherOf(n, inputs int, orders func(*order) bool) (all [][]Ref, ok bool, err error) {
	all, ok, err = gather(inputs, orders)
	for _, refs := range all {
		if len(refs) != n {
			return nil, false, fmt.Errorf("a gate of %d shards: %s has %d: give All or Join the number that it has",
				n, refs[0].Stage, len(refs))
		}
	}
	return all, ok, err
}

// onceFn does the one shard of a step.
type onceFn[W Work] struct {
	Stage  Stage
	Work   W
	Inputs int
}

// ProcessElement takes the refs of all steps.
func (f *onceFn[W]) ProcessElement(ctx context.Context, _ int, orders func(*order) bool, emit func(Ref)) error {
	all, ok, err := gather(f.Inputs, orders)
	if err != nil || !ok {
		return err
	}
	return f.Stage.do(ctx, Task{All: all}, f.Work.Do, emit)
}

// End consumes the last refs of a graph through a GroupByKey. Prism 2.77.0 waits for a
// bundle without outputs in a loop that never sleeps, which takes a whole processor from
// the work: measured as 31 % of all samples on two. Every leaf of a graph ends here.
//
//	PCollection<Ref> →
func End(s beam.Scope, refs beam.PCollection) {
	s = s.Scope("End")
	beam.ParDo0(s, &EndFn{}, beam.GroupByKey(s, beam.AddFixedKey(s, refs)))
}

// EndFn drops what it gets.
type EndFn struct{}

// ProcessElement does nothing.
func (EndFn) ProcessElement(int, func(*Ref) bool) {}
