package verify_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"

	"decoy/schemas"
	"decoy/transforms/beamtest"
	"decoy/transforms/fim"
	"decoy/transforms/verify"
)

func TestMain(m *testing.M) { beamtest.Main(m) }

const counter = `package count

type Counter struct{ n int }

func (c *Counter) Add(by int) { c.n += by }

func Show(c *Counter, names []string) {
	c.Add(len(names))
}
`

// wrong calls a method that the receiver lacks.
func wrong(c schemas.Context) schemas.Negative {
	return schemas.Negative{ID: "n of " + c.Path, ContextID: c.ID, Type: schemas.TypeMethod, Generator: "mine",
		Text: "Push(len(names))"}
}

func shortCertificate(c schemas.Certificate) string {
	return c.NegativeID + " " + string(c.Status) + " " + c.Rule
}

func shortReject(r schemas.Reject) string {
	return fmt.Sprintf("%s %s %s %s", r.Stage, r.ID, r.Reason, r.Detail)
}

// manySymbols gives a repository more symbols than one worker takes.
func manySymbols(repo string, emit func(schemas.Symbol)) {
	for i := range int64(fim.MaxSymbols + 1) {
		emit(schemas.Symbol{Repo: repo, Record: schemas.SymbolDecl, Line: i})
	}
}

func init() {
	beam.RegisterFunction(wrong)
	beam.RegisterFunction(shortCertificate)
	beam.RegisterFunction(shortReject)
	beam.RegisterFunction(manySymbols)
}

func extracted(s beam.Scope) fim.Extracted {
	return fim.Extract(s, fim.Config{Kinds: map[string]int{"call": 1}, CallForms: fim.CallForms{Name: 1}},
		beam.Create(s, schemas.Blob{Repo: "r", Commit: "c", Path: "count.go", Content: []byte(counter)}))
}

func TestCertifyRefusesAMemberThatTheTypeLacks(t *testing.T) {
	beamtest.OnEach(t, func(s beam.Scope) {
		got := extracted(s)
		lost := beam.Create(s, schemas.Negative{ID: "astray", ContextID: "nowhere"})
		certificates, rejects := verify.Certify(s, got.Contexts,
			beam.Flatten(s, beam.ParDo(s, wrong, got.Contexts), lost), got.Symbols)
		passert.Equals(s, beam.ParDo(s, shortCertificate, certificates), "n of count.go certified missing-member")
		passert.Equals(s, beam.ParDo(s, shortReject, rejects),
			"verify astray no_context no context has the id nowhere")
	})
}

func TestCertifyRefusesARepositoryWithTooManySymbols(t *testing.T) {
	beamtest.OnEach(t, func(s beam.Scope) {
		contexts := beam.Create(s, schemas.Context{ID: "1", Repo: "large", Path: "a.go", Language: schemas.Go})
		certificates, rejects := verify.Certify(s, contexts, beam.ParDo(s, wrong, contexts),
			beam.ParDo(s, manySymbols, beam.Create(s, "large")))
		passert.Empty(s, certificates)
		passert.Equals(s, beam.ParDo(s, shortReject, rejects),
			"verify n of a.go too_many_symbols large has more than 100000 symbols")
	})
}

// Negatives of one's own making, certified against the files of their repository.
func ExampleCertify() {
	p, s := beam.NewPipelineWithRoot()
	got := extracted(s)
	certificates, _ := verify.Certify(s, got.Contexts, beam.ParDo(s, wrong, got.Contexts), got.Symbols)
	passert.Equals(s, beam.ParDo(s, shortCertificate, certificates), "n of count.go certified missing-member")
	_, err := beam.Run(context.Background(), "direct", p)
	fmt.Println(err)
	// Output: <nil>
}
