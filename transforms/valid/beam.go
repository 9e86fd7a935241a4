package valid

import (
	"context"
	"reflect"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas"
	"decoy/schemas/contain"
)

func init() {
	for _, t := range []reflect.Type{reflect.TypeFor[Proposal](), reflect.TypeFor[schemas.Context](),
		reflect.TypeFor[schemas.Negative](), reflect.TypeFor[schemas.Reject]()} {
		beam.RegisterType(t)
	}
	beam.RegisterDoFn(&checkFn{})
}

// Proposal is a completion that somebody proposes as a negative of a context. Sample tells
// several of one context, type and generator apart.
type Proposal struct {
	Context   schemas.Context
	Type      schemas.Type
	Generator string
	Sample    int64
	Text      string
}

// Check repairs proposals and keeps those that are valid negatives.
//
//	PCollection<Proposal> → PCollection<schemas.Negative>, PCollection<schemas.Reject>
//
// Each proposal by itself: nothing is grouped, and the trees of two windows are in memory at
// a time. The window with the golden is parsed once for the proposals of one context that
// stand side by side. Introduced, EditSimilarity and the repaired Text are filled in; what a
// request cost is not known here. The verdict on each is that of the shard host, which calls
// the same [Checker]; it also takes out proposals of one context with the same text, whoever
// proposed them.
func Check(s beam.Scope, proposals beam.PCollection) (negatives, rejects beam.PCollection) {
	return beam.ParDo2(s.Scope("valid.Check"), &checkFn{}, proposals)
}

type checkFn struct{ checker *Checker }

func (f *checkFn) Setup() { f.checker = New() }

func (f *checkFn) Teardown() { f.checker.Close() }

func (f *checkFn) ProcessElement(ctx context.Context, p Proposal, negatives func(schemas.Negative),
	rejects func(schemas.Reject)) {
	var r Result
	var reason schemas.Reason
	var detail string
	err := contain.Do(func() error { r, reason, detail = f.checker.Check(&p.Context, p.Type, p.Text); return nil })
	if err != nil {
		_ = contain.Do(func() error { f.checker.Close(); return nil }) // what failed half-way may be broken
		f.checker = New()
		reason, detail = schemas.ReasonInternal, err.Error()
	}
	if reason != "" {
		beam.NewCounter("valid.Check", string(reason)).Inc(ctx, 1)
		rejects(schemas.Reject{Stage: schemas.StageGenerate, ID: p.Context.ID, Reason: reason, Detail: detail,
			Language: p.Context.Language, Type: p.Type, Generator: p.Generator})
		return
	}
	negatives(schemas.Negative{
		ID:        schemas.NegativeID(p.Context.ID, p.Type, p.Generator, p.Sample),
		ContextID: p.Context.ID, Type: p.Type, Generator: p.Generator, Sample: p.Sample,
		Text: r.Text, Introduced: r.Introduced, Minimal: true, EditSimilarity: r.EditSimilarity,
	})
}
