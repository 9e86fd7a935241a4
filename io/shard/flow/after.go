package flow

import (
	"context"
	"fmt"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
)

// After lets refs through when each of the gates has let one through, as Seal does when a
// stage is whole: what reads these refs begins when that is done.
//
//	PCollection<Ref>, PCollection<Ref>… (gates) → PCollection<Ref>
func After(s beam.Scope, refs beam.PCollection, gates ...beam.PCollection) beam.PCollection {
	s = s.Scope("After")
	for _, gate := range gates {
		refs = beam.ParDo(s, &afterFn{}, refs, beam.SideInput{Input: gate})
	}
	return beam.Reshuffle(s, refs)
}

// Filled lets the manifest of a stage through that counts something under one of the names:
// behind it nothing begins for a stage that gave nothing.
//
//	PCollection<Ref> (of Seal) → PCollection<Ref> (the same, or none)
func Filled(s beam.Scope, sealed beam.PCollection, names ...string) beam.PCollection {
	return beam.ParDo(s.Scope("Filled"), &filledFn{names}, sealed)
}

func init() {
	beam.RegisterDoFn(&afterFn{})
	beam.RegisterDoFn(&filledFn{})
}

type afterFn struct{}

// ProcessElement takes a ref and what the gate has let through.
func (afterFn) ProcessElement(r Ref, gate func(*Ref) bool, emit func(Ref)) {
	var through Ref
	if gate(&through) {
		emit(r)
	}
}

type filledFn struct{ Names []string }

// ProcessElement takes the ref of a manifest.
func (f *filledFn) ProcessElement(ctx context.Context, r Ref, emit func(Ref)) error {
	m, err := shard.ReadManifest(ctx, r.Dir)
	if err != nil {
		return fmt.Errorf("flow.Filled of %s: %w", r.Stage, err)
	}
	for _, name := range f.Names {
		if m.Counts[name] > 0 {
			emit(r)
			return nil
		}
	}
	return nil
}
