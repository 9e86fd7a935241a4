package rules_test

import (
	"context"
	"fmt"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"

	"decoy/schemas"
	"decoy/transforms/beamtest"
	"decoy/transforms/fim"
	"decoy/transforms/rules"
)

func TestMain(m *testing.M) { beamtest.Main(m) }

const counter = `package count

type Counter struct{ n int }

func (c *Counter) Add(by int) { c.n += by }

func (c *Counter) Reset() { c.n = 0 }

func Show(c *Counter, names []string, size int) {
	c.Add(len(names))
}
`

func shortNegative(n schemas.Negative) string {
	return fmt.Sprintf("%s %s %q %v", n.Generator, n.Type, n.Text, n.Introduced)
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
	beam.RegisterFunction(shortNegative)
	beam.RegisterFunction(shortReject)
	beam.RegisterFunction(manySymbols)
}

func TestGenerateMakesANegativeForEachType(t *testing.T) {
	beamtest.OnEach(t, func(s beam.Scope) {
		got := fim.Extract(s, fim.Config{Kinds: map[string]int{"call": 1}},
			beam.Create(s, schemas.Blob{Repo: "r", Commit: "c", Path: "count.go", Content: []byte(counter)}))
		negatives, rejects := rules.Generate(s, rules.Config{}, got.Contexts, got.Symbols, got.Names)
		passert.Equals(s, beam.ParDo(s, shortNegative, negatives), `rules method "Show(len(names))" [Show]`,
			`rules parameter "Add(len())" []`, `rules undefinedvariable "Add(len(by))" [by]`)
		passert.Empty(s, rejects)
	})
}

// Negatives for the places of a file, from the names of its repository alone.
func ExampleGenerate() {
	p, s := beam.NewPipelineWithRoot()
	got := fim.Extract(s, fim.Config{Kinds: map[string]int{"call": 1}},
		beam.Create(s, schemas.Blob{Repo: "r", Commit: "c", Path: "count.go", Content: []byte(counter)}))
	negatives, _ := rules.Generate(s, rules.Config{}, got.Contexts, got.Symbols, got.Names)
	passert.Count(s, negatives, "negatives", 3)
	_, err := beam.Run(context.Background(), "direct", p)
	fmt.Println(err)
	// Output: <nil>
}

func TestGenerateRefusesARepositoryWithTooManySymbols(t *testing.T) {
	beamtest.OnEach(t, func(s beam.Scope) {
		contexts := beam.Create(s, schemas.Context{ID: "1", Repo: "large", Language: schemas.Go, Types: schemas.Types})
		symbols := beam.ParDo(s, manySymbols, beam.Create(s, "large"))
		negatives, rejects := rules.Generate(s, rules.Config{}, contexts, symbols,
			beam.CreateList(s, []fim.LanguageName{}))
		passert.Empty(s, negatives)
		passert.Equals(s, beam.ParDo(s, shortReject, rejects),
			"generate 1 too_many_symbols large has more than 100000 symbols")
	})
}

func TestDistinctKeepsTheSmallestId(t *testing.T) {
	kept, rejects := rules.Distinct([]schemas.Negative{
		{ID: "3", ContextID: "a", Text: "x"}, {ID: "1", ContextID: "b", Text: "x"},
		{ID: "2", ContextID: "a", Text: "x"}, {ID: "4", ContextID: "a", Text: "y"},
	})
	if len(kept) != 3 || kept[0].ID != "2" || kept[1].ID != "4" || kept[2].ID != "1" {
		t.Errorf("kept %v", kept)
	}
	if len(rejects) != 1 || rejects[0].ID != "3" || rejects[0].Reason != rules.RejectDuplicate ||
		rejects[0].Detail != "same text as 2" {
		t.Errorf("rejects %v", rejects)
	}
}
