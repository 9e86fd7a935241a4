package flow

import (
	"context"
	"encoding/json"
	"fmt"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/schemas"
)

// Inputs are the collections that a step reads.
type Inputs struct {
	// Each are collections of shard numbers (int), of refs, or one of Values. A shard is worked
	// on if every one of them has it, with its own ref of each, and is else left out without an
	// error. All have as many shards as the step, and at most one is of Values.
	Each []beam.PCollection
	// All are collections of the refs of whole steps. Each shard gets all of them as a side
	// input, and none is done unless they are complete. Each shard decodes them: where this
	// step and another have thousands of shards, give it the one ref of what Once makes of them.
	All []beam.PCollection
}

// Numbers are the shards of a step, for one that reads no refs.
//
//	→ PCollection<int>
func Numbers(s beam.Scope, st Stage) beam.PCollection {
	all := make([]int, st.Of)
	for i := range all {
		all[i] = i
	}
	return beam.CreateList(s.Scope("Numbers"), all)
}

// Values gives each shard of a step what the launcher knows and no other shard needs: the
// archives that it reads, its share of a budget. What all shards have in common is a field
// of the work, which every worker decodes.
//
//	→ PCollection<order>, for Inputs.Each; Value reads it
func Values[T any](s beam.Scope, st Stage, values []T) beam.PCollection {
	if len(values) != st.Of {
		panic(fmt.Errorf("flow.Values of %s: %d values for %d shards", st.Name, len(values), st.Of))
	}
	all := make([]order, st.Of)
	for i, v := range values {
		raw, err := json.Marshal(v)
		if err != nil {
			panic(fmt.Errorf("flow.Values of %s: shard %d: %w", st.Name, i, err))
		}
		all[i] = order{Shard: i, Value: raw}
	}
	return beam.CreateList(s.Scope("Values"), all)
}

// Value decodes what Values gave the task's shard.
func Value[T any](t Task) (v T, err error) {
	if t.value == nil {
		return v, fmt.Errorf("flow.Value of %s shard %d: it has none: give its Inputs.Each one of flow.Values", t.Name,
			t.Shard)
	}
	if err = json.Unmarshal(t.value, &v); err != nil {
		err = fmt.Errorf("value of %s shard %d: %w", t.Name, t.Shard, err)
	}
	return v, err
}

// Run does the shards of a step that have no done record, and emits a ref of every shard that
// has one then; one whose work is ErrSkip has a ref that is Skipped, one that is ErrLater none.
// A worker or a ref of another CodeVersion is an error.
//
//	Each: PCollection<int> or PCollection<Ref> or Values…; All: PCollection<Ref>… → PCollection<Ref>
//
// Several collections are grouped by shard: a shard's refs must fit in memory, and those of
// whole steps in that of every worker. The work's type must be registered (Register).
func Run[W Work](s beam.Scope, st Stage, work W, in Inputs) beam.PCollection {
	s = st.scope(s)
	st = st.ready()
	orders := byShard(s, st, in.Each)
	var out beam.PCollection
	if len(in.All) == 0 {
		out = beam.ParDo(s, &runFn[W]{st, work}, orders)
	} else {
		known := numbered(s, in.All)
		out = beam.ParDo(s, &knowFn[W]{st, work, len(in.All)}, orders, beam.SideInput{Input: known})
	}
	return beam.Reshuffle(s, out)
}

// Register makes a work's type known to Beam, each type of its own. Call it in an init function
// of the file that defines the type, so that launcher and workers both do.
func Register[W Work]() {
	beam.RegisterDoFn(&runFn[W]{})
	beam.RegisterDoFn(&knowFn[W]{})
	beam.RegisterDoFn(&onceFn[W]{})
}

// byShard joins collections: an order has a shard's refs and its value, on the way to it.
//
//	PCollection<int> or PCollection<Ref> or Values… → PCollection<order>
func byShard(s beam.Scope, st Stage, each []beam.PCollection) beam.PCollection {
	var all []beam.PCollection
	valued := false
	for i, col := range each {
		switch col.Type().Type() {
		case reflect.TypeFor[int]():
			all = append(all, beam.ParDo(s, &numberFn{i, st.Of}, col))
		case reflect.TypeFor[Ref]():
			all = append(all, beam.ParDo(s, &refFn{i, st.Of}, col))
		case reflect.TypeFor[order]():
			if valued {
				panic(fmt.Errorf("flow.Run of %s: Each[%d] is a second one of flow.Values: make one of both",
					st.Name, i))
			}
			valued = true
			all = append(all, beam.ParDo(s, &valueFn{i}, col))
		default:
			panic(fmt.Errorf("flow.Run of %s: Each[%d] has elements %v: must be int, flow.Ref or of flow.Values",
				st.Name, i, col.Type()))
		}
	}
	switch {
	case len(all) == 0:
		panic(fmt.Errorf("flow.Run of %s: Each is empty", st.Name))
	case len(all) > 1:
		grouped := beam.GroupByKey(s, beam.ParDo(s, keyFn, beam.Flatten(s, all...)))
		all[0] = beam.ParDo(s, &joinFn{len(all)}, grouped)
	case each[0].Type().Type() == reflect.TypeFor[Ref]():
		return all[0] // what gives refs in this package ends in a Reshuffle
	}
	return beam.Reshuffle(s, all[0])
}

// numbered gives each ref the number of the collection that it is from.
//
//	PCollection<Ref>… → PCollection<order>
func numbered(s beam.Scope, cols []beam.PCollection) beam.PCollection {
	var all []beam.PCollection
	for i, col := range cols {
		all = append(all, beam.ParDo(s, &refFn{i, 0}, col))
	}
	return beam.Flatten(s, all...)
}

func init() {
	beam.RegisterDoFn(&numberFn{})
	beam.RegisterDoFn(&valueFn{})
	beam.RegisterDoFn(&refFn{})
	beam.RegisterDoFn(&joinFn{})
	beam.RegisterFunction(keyFn)
}

// numberFn makes the order of a shard that reads no refs.
type numberFn struct{ Input, Of int }

// ProcessElement takes a shard's number.
func (f *numberFn) ProcessElement(number int) (order, error) {
	if number < 0 || number >= f.Of {
		return order{}, fmt.Errorf("the number %d is read by a step of %d shards: give it those of flow.Numbers",
			number, f.Of)
	}
	return order{Shard: number, Input: f.Input}, nil
}

// valueFn numbers an order of Values.
type valueFn struct{ Input int }

// ProcessElement takes an order.
func (f *valueFn) ProcessElement(o order) order {
	o.Input = f.Input
	return o
}

// refFn makes an order of a ref. Of is the number of shards that there must be, 0 for any.
type refFn struct{ Input, Of int }

// ProcessElement takes a ref.
func (f *refFn) ProcessElement(r Ref) (order, error) {
	if err := r.check(); err != nil {
		return order{}, err
	}
	if f.Of > 0 && r.Of != f.Of {
		return order{}, fmt.Errorf("a ref of %s is of %d shards and is read by a step of %d: read whole steps by "+
			"Inputs.All", r.Stage, r.Of, f.Of)
	}
	return order{Shard: r.Shard, Input: f.Input, Refs: []Ref{r}}, nil
}

func keyFn(o order) (int, order) { return o.Shard, o }

// joinFn makes one order of those of a shard, if all inputs have one.
type joinFn struct{ Inputs int }

// ProcessElement takes the orders of a shard.
func (f *joinFn) ProcessElement(number int, orders func(*order) bool, emit func(order)) {
	seen := map[int]order{} // a runner may deliver an element twice
	for o := (order{}); orders(&o); o = (order{}) {
		seen[o.Input] = o
	}
	if len(seen) < f.Inputs {
		return
	}
	all := order{Shard: number}
	for i := range f.Inputs {
		all.Refs = append(all.Refs, seen[i].Refs...)
		if v := seen[i].Value; v != nil {
			all.Value = v
		}
	}
	emit(all)
}

// gather sorts refs by input, then by shard. ok is false unless those of every input are
// complete; an error says that one collection holds refs of two steps or builds.
func gather(inputs int, orders func(*order) bool) (all [][]Ref, ok bool, err error) {
	byShard := make([]map[int]Ref, inputs)
	for o := (order{}); orders(&o); o = (order{}) {
		for _, r := range o.Refs {
			if byShard[o.Input] == nil {
				byShard[o.Input] = map[int]Ref{}
			}
			byShard[o.Input][r.Shard] = r
		}
	}
	for _, refs := range byShard {
		var sorted []Ref
		for _, r := range refs {
			sorted = append(sorted, r)
		}
		slices.SortFunc(sorted, func(a, b Ref) int { return a.Shard - b.Shard })
		for i, r := range sorted {
			if r.Of != sorted[0].Of || r.Stage != sorted[0].Stage || r.Fingerprint != sorted[0].Fingerprint {
				return nil, false, fmt.Errorf("refs of two steps or builds in one collection (%s, %d shards, %.8s; "+
					"%s, %d shards, %.8s): give those of each step as a collection of their own",
					sorted[0].Stage, sorted[0].Of, sorted[0].Fingerprint, r.Stage, r.Of, r.Fingerprint)
			}
			if r.Shard != i { // one is missing
				return nil, false, nil
			}
		}
		if len(sorted) == 0 || len(sorted) != sorted[0].Of {
			return nil, false, nil
		}
		all = append(all, sorted)
	}
	return all, true, nil
}

// runFn does shards that read nothing of whole steps.
type runFn[W Work] struct {
	Stage Stage
	Work  W
}

// ProcessElement does one shard.
func (f *runFn[W]) ProcessElement(ctx context.Context, o order, emit func(Ref)) error {
	return f.Stage.do(ctx, Task{Shard: o.Shard, From: o.Refs, value: o.Value}, f.Work.Do, emit)
}

// knowFn does shards that read whole steps too.
type knowFn[W Work] struct {
	Stage Stage
	Work  W
	Whole int // steps
}

// ProcessElement does one shard, if the steps are whole.
func (f *knowFn[W]) ProcessElement(ctx context.Context, o order, known func(*order) bool, emit func(Ref)) error {
	all, ok, err := gather(f.Whole, known)
	if err != nil || !ok {
		return err
	}
	return f.Stage.do(ctx, Task{Shard: o.Shard, From: o.Refs, All: all, value: o.Value}, f.Work.Do, emit)
}

// Recorded is Run of a work that always fails: it emits the refs of a step whose records are
// there, once the steps that it comes after are whole, and a record that is missing then is an
// error.
//
//	PCollection<Ref>… → PCollection<Ref>
func Recorded(s beam.Scope, st Stage, after ...beam.PCollection) beam.PCollection {
	return Run(s, st, recorded{}, Inputs{Each: []beam.PCollection{Numbers(s, st)}, All: after})
}

type recorded struct{}

// Do is called where there is no record.
func (recorded) Do(_ context.Context, t Task) (schemas.Done, error) {
	return schemas.Done{}, fmt.Errorf("its done record %q or a file of it is not there: run the same command again",
		shard.DonePath(t.Dir, t.First+t.Shard))
}

func init() { Register[recorded]() }
