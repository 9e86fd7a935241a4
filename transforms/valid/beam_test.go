package valid_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"

	"decoy/schemas"
	"decoy/transforms/beamtest"
	"decoy/transforms/valid"
)

func TestMain(m *testing.M) { beamtest.Main(m) }

func place() schemas.Context {
	return schemas.Context{
		ID: "1", Language: schemas.Go, Path: "a.go", Kind: "call", Types: []schemas.Type{schemas.TypeMethod},
		Prefix: "package a\n\nfunc f(s []string) {\n\ts.", Golden: "Join(s,  1)", Suffix: "\n}\n",
	}
}

func shortNegative(n schemas.Negative) string {
	return fmt.Sprintf("%s %d %q %v", n.Generator, n.Sample, n.Text, n.Introduced)
}

func shortReject(r schemas.Reject) string {
	return fmt.Sprintf("%s %s %s %s %s", r.Stage, r.ID, r.Generator, r.Type, r.Reason)
}

func init() {
	beam.RegisterFunction(shortNegative)
	beam.RegisterFunction(shortReject)
}

func TestCheckRepairsOrRejects(t *testing.T) {
	c := place()
	proposals := []valid.Proposal{
		{Context: c, Type: schemas.TypeMethod, Generator: "mine", Sample: 2, Text: "Split(s, 1)"},
		{Context: c, Type: schemas.TypeMethod, Generator: "mine", Text: "Join(s, 1)"},
		{Context: c, Type: schemas.TypeMethod, Generator: "mine", Text: "```Split(s, 1)```"},
	}
	beamtest.OnEach(t, func(s beam.Scope) {
		negatives, rejects := valid.Check(s, beam.CreateList(s, proposals))
		passert.Equals(s, beam.ParDo(s, shortNegative, negatives), `mine 2 "Split(s,  1)" [Split]`)
		passert.Equals(s, beam.ParDo(s, shortReject, rejects),
			"generate 1 mine method same_as_golden", "generate 1 mine method fence")
	})
}

// A model's completion as a negative: its white space becomes the golden's.
func ExampleCheck() {
	p, s := beam.NewPipelineWithRoot()
	negatives, _ := valid.Check(s, beam.Create(s,
		valid.Proposal{Context: place(), Type: schemas.TypeMethod, Generator: "mine", Text: "Split(s, 1)"}))
	passert.Equals(s, beam.ParDo(s, shortNegative, negatives), `mine 0 "Split(s,  1)" [Split]`)
	_, err := beam.Run(context.Background(), "direct", p)
	fmt.Println(err)
	// Output: <nil>
}
