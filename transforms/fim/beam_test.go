package fim_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"

	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/beamtest"
	"decoy/transforms/fim"
)

const counter = `package count

import "fmt"

type Counter struct{ n int }

func (c *Counter) Add(by int) { c.n += by }

func Show(c *Counter, names []string) string {
	c.Add(len(names) + len(names[0]))
	return fmt.Sprintf("%d of %v", c.n, names)
}
`

func placeOf(c schemas.Context) string {
	return fmt.Sprintf("%s %s:%d %q %v", c.Repo, c.Path, c.Line, c.Golden, c.Types)
}

func shortSymbol(s schemas.Symbol) string {
	return fmt.Sprintf("%s %s %s %s", s.Record, s.Path, s.Name, s.Role)
}

func calledName(n fim.LanguageName, emit func(string)) {
	if n.Role == fim.NameCalled {
		emit(fmt.Sprintf("%s %s %d", n.Language, n.Name, n.Count))
	}
}

func shortReject(r schemas.Reject) string { return fmt.Sprintf("%s %s %s", r.Stage, r.ID, r.Reason) }

func init() {
	beam.RegisterFunction(placeOf)
	beam.RegisterFunction(shortSymbol)
	beam.RegisterFunction(calledName)
	beam.RegisterFunction(shortReject)
}

func TestMain(m *testing.M) { beamtest.Main(m) }

func TestExtractGivesPlacesSymbolsNamesAndRejects(t *testing.T) {
	files := []schemas.Blob{
		{Repo: "r", Commit: "c", Path: "count.go", Content: []byte(counter)},
		{Repo: "r", Commit: "c", Path: "go.mod", Content: []byte("module example.org/count\n")},
		{Repo: "r", Commit: "c", Path: "a.f90", Language: "fortran", Content: []byte("end\n")},
	}
	beamtest.OnEach(t, func(s beam.Scope) {
		got := fim.Extract(s, fim.Config{Kinds: map[string]int{"call": 9, "import": 1}}, beam.CreateList(s, files))
		passert.Equals(s, beam.ParDo(s, placeOf, got.Contexts),
			`r count.go:3 "import \"fmt\"\n" [import]`,
			`r count.go:10 "c.Add(len(names) + len(names[0]))" [method parameter undefinedvariable]`,
			`r count.go:11 "fmt.Sprintf(\"%d of %v\", c.n, names)" [method parameter undefinedvariable]`)
		passert.Equals(s, beam.ParDo(s, shortSymbol, got.Symbols),
			"file count.go  go", "file go.mod  ", "import count.go fmt ", "decl count.go Counter class",
			"decl count.go n field", "decl count.go Add method", "decl count.go count module",
			"decl count.go Show function")
		passert.Equals(s, beam.ParDo(s, calledName, got.Names), "go Add 1", "go Sprintf 1")
		passert.Equals(s, beam.ParDo(s, shortReject, got.Rejects), "extract r@c/a.f90 unknown_language")
	})
}

func TestFileThatFailsIsARejectAndCostsNoOther(t *testing.T) {
	contain.Fault(t, func(step, id string) {
		if step == "spans" && strings.HasSuffix(id, "/bad.go") {
			panic("scripted")
		}
	})
	var files []schemas.Blob
	for _, path := range []string{"bad.go", "good.go"} {
		files = append(files, schemas.Blob{Repo: "r", Commit: "c", Path: path, Content: []byte(counter)})
	}
	beamtest.OnEach(t, func(s beam.Scope) {
		got := fim.Extract(s, fim.Config{Kinds: map[string]int{"import": 1}}, beam.CreateList(s, files))
		passert.Equals(s, beam.ParDo(s, placeOf, got.Contexts), `r good.go:3 "import \"fmt\"\n" [import]`)
		passert.Equals(s, beam.ParDo(s, shortReject, got.Rejects), "extract r@c/bad.go internal_error")
	})
}

func TestExtractRefusesABadConfigWhileTheGraphIsBuilt(t *testing.T) {
	defer func() {
		if recover() == nil {
			t.Error("a limit below 0 is taken")
		}
	}()
	_, s := beam.NewPipelineWithRoot()
	fim.Extract(s, fim.Config{MaxPerFile: -1}, beam.CreateList(s, []schemas.Blob{}))
}

func TestReadSymbolsSortsAndRefusesTooMany(t *testing.T) {
	read := func(n int) ([]schemas.Symbol, bool) {
		return fim.ReadSymbols(func(s *schemas.Symbol) bool {
			s.Line = int64(n)
			n--
			return n >= 0
		})
	}
	if got, ok := read(fim.MaxSymbols); !ok || len(got) != fim.MaxSymbols || got[0].Line != 1 {
		t.Errorf("%d symbols, %v; %d are allowed", len(got), ok, fim.MaxSymbols)
	}
	if got, ok := read(fim.MaxSymbols + 1); ok || got != nil {
		t.Errorf("more than %d symbols are held", fim.MaxSymbols)
	}
}

// Places to complete in a file of one's own.
func ExampleExtract() {
	p, s := beam.NewPipelineWithRoot()
	files := beam.Create(s, schemas.Blob{Repo: "r", Commit: "c", Path: "count.go", Content: []byte(counter)})
	got := fim.Extract(s, fim.Config{Kinds: map[string]int{"import": 1}}, files)
	passert.Equals(s, beam.ParDo(s, placeOf, got.Contexts), `r count.go:3 "import \"fmt\"\n" [import]`)
	_, err := beam.Run(context.Background(), "direct", p)
	fmt.Println(err)
	// Output: <nil>
}
