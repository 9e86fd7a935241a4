package verify

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/fim"
)

func init() {
	for _, t := range []reflect.Type{reflect.TypeFor[question](), reflect.TypeFor[schemas.Certificate]()} {
		beam.RegisterType(t)
	}
	beam.RegisterFunction(contextByID)
	beam.RegisterFunction(negativeByContext)
	beam.RegisterFunction(symbolByRepo)
	beam.RegisterDoFn(&questionFn{})
	beam.RegisterDoFn(&certifyFn{})
}

// question is a context with its negatives.
type question struct {
	Context   schemas.Context
	Negatives []schemas.Negative
}

// Certify says of each negative what can be shown about it without running anything.
//
//	PCollection<schemas.Context>, PCollection<schemas.Negative>, PCollection<schemas.Symbol>
//	  → PCollection<schemas.Certificate>, PCollection<schemas.Reject>
//
// Negatives meet their context by its id, then all of a repository meet its symbols: the
// symbols of one repository, at most fim.MaxSymbols, with their index, and the negatives of
// one context are in memory at a time. The negatives of a repository with more symbols are
// rejects ([fim.RejectManySymbols]), as are those without a context ([schemas.ReasonNoContext]); the
// shard host takes repositories of any size.
//
// The certificates are those of the shard host for the same contexts, negatives and symbols.
// Symbols that lack files of the repository make a certificate wrong, not only weaker:
// certified means that nothing in the symbols supplies the name.
func Certify(s beam.Scope, contexts, negatives, symbols beam.PCollection) (certificates, rejects beam.PCollection) {
	s = s.Scope("verify.Certify")
	questions, lost := beam.ParDo2(s, &questionFn{}, beam.CoGroupByKey(s,
		beam.ParDo(s, contextByID, contexts), beam.ParDo(s, negativeByContext, negatives)))
	certificates, large := beam.ParDo2(s, &certifyFn{},
		beam.CoGroupByKey(s, questions, beam.ParDo(s, symbolByRepo, symbols)))
	return certificates, beam.Flatten(s, lost, large)
}

func contextByID(c schemas.Context) (string, schemas.Context) { return c.ID, c }

func negativeByContext(n schemas.Negative) (string, schemas.Negative) { return n.ContextID, n }

func symbolByRepo(s schemas.Symbol) (string, schemas.Symbol) { return s.Repo, s }

// questionFn joins negatives with their context, under its repository.
type questionFn struct{}

func (*questionFn) ProcessElement(ctx context.Context, id string, contexts func(*schemas.Context) bool,
	negatives func(*schemas.Negative) bool, questions func(string, question), rejects func(schemas.Reject)) {
	var q question
	found := contexts(&q.Context)
	for n := (schemas.Negative{}); negatives(&n); n = (schemas.Negative{}) {
		if !found {
			dropped(ctx, rejects, &n, "", schemas.ReasonNoContext, "no context has the id "+id)
			continue
		}
		q.Negatives = append(q.Negatives, n)
	}
	if len(q.Negatives) > 0 {
		questions(q.Context.Repo, q)
	}
}

func dropped(ctx context.Context, emit func(schemas.Reject), n *schemas.Negative, language schemas.Language,
	reason schemas.Reason, detail string) {
	beam.NewCounter("verify.Certify", string(reason)).Inc(ctx, 1)
	emit(schemas.Reject{Stage: schemas.StageVerify, ID: n.ID, Reason: reason, Detail: detail, Language: language,
		Type: n.Type, Generator: n.Generator})
}

type certifyFn struct{ checker *Checker }

func (f *certifyFn) Setup() { f.checker = New() }

func (f *certifyFn) Teardown() { f.checker.Close() }

func (f *certifyFn) ProcessElement(ctx context.Context, repo string, questions func(*question) bool,
	symbols func(*schemas.Symbol) bool, certificates func(schemas.Certificate), rejects func(schemas.Reject)) {
	all, ok := fim.ReadSymbols(symbols)
	var index *Repo
	if ok {
		index = NewRepo(slices.Values(all))
	}
	for q := (question{}); questions(&q); q = (question{}) {
		for i := range q.Negatives {
			n := &q.Negatives[i]
			if !ok {
				dropped(ctx, rejects, n, q.Context.Language, fim.RejectManySymbols,
					fmt.Sprintf("%s has more than %d symbols", repo, fim.MaxSymbols))
				continue
			}
			var cert schemas.Certificate
			err := contain.Do(func() (err error) { cert, err = f.checker.Certify(index, &q.Context, n); return err })
			if err != nil {
				_ = contain.Do(func() error { f.checker.Close(); return nil }) // what failed half-way may be broken
				f.checker = New()
				dropped(ctx, rejects, n, q.Context.Language, schemas.ReasonInternal, err.Error())
				continue
			}
			certificates(cert)
		}
	}
}
