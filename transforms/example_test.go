package transforms_test

import (
	"context"
	"fmt"
	"log"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/textio"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"decoy/schemas"
	"decoy/transforms/fim"
	"decoy/transforms/rules"
	"decoy/transforms/verify"
)

// sourceFile is what the stranger's files are: anything with a repository, a path and a text.
type sourceFile struct{ Project, Path, Text string }

func blobOf(f sourceFile) schemas.Blob {
	return schemas.Blob{Repo: f.Project, Commit: "v1", Path: f.Path, Content: []byte(f.Text)}
}

func byContext(c schemas.Context) (string, schemas.Context)             { return c.ID, c }
func negativeOf(n schemas.Negative) (string, schemas.Negative)          { return n.ContextID, n }
func certificateOf(c schemas.Certificate) (string, schemas.Certificate) { return c.ContextID, c }

// certifiedPairs writes a line for every negative that is certified.
func certifiedPairs(_ string, contexts func(*schemas.Context) bool, negatives func(*schemas.Negative) bool,
	certificates func(*schemas.Certificate) bool, emit func(string)) {
	var c schemas.Context
	contexts(&c)
	certified := map[string]bool{}
	for x := (schemas.Certificate{}); certificates(&x); x = (schemas.Certificate{}) {
		certified[x.NegativeID] = x.Status == schemas.StatusCertified
	}
	for n := (schemas.Negative{}); negatives(&n); n = (schemas.Negative{}) {
		if certified[n.ID] {
			emit(fmt.Sprintf("%s:%d %s: %q, not %q", c.Path, c.Line, n.Type, c.Golden, n.Text))
		}
	}
}

func init() {
	beam.RegisterType(reflect.TypeFor[sourceFile]())
	beam.RegisterFunction(blobOf)
	beam.RegisterFunction(byContext)
	beam.RegisterFunction(negativeOf)
	beam.RegisterFunction(certificateOf)
	beam.RegisterFunction(certifiedPairs)
}

// A stranger's whole pipeline: files of their own in, certified pairs to a sink of their own
// out.
func Example() {
	dir, err := os.MkdirTemp("", "pairs-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	sink := filepath.Join(dir, "pairs.txt")

	p, s := beam.NewPipelineWithRoot()
	files := beam.ParDo(s, blobOf, beam.CreateList(s, project))
	got := fim.Extract(s, fim.Config{Kinds: map[string]int{"call": 2}}, files)
	negatives, _ := rules.Generate(s, rules.Config{}, got.Contexts, got.Symbols, got.Names)
	certificates, _ := verify.Certify(s, got.Contexts, negatives, got.Symbols)
	pairs := beam.ParDo(s, certifiedPairs, beam.CoGroupByKey(s, beam.ParDo(s, byContext, got.Contexts),
		beam.ParDo(s, negativeOf, negatives), beam.ParDo(s, certificateOf, certificates)))
	textio.Write(s, sink, pairs)
	if _, err := beam.Run(context.Background(), "prism", p); err != nil {
		log.Fatal(err)
	}

	text, err := os.ReadFile(sink)
	if err != nil {
		log.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(string(text)), "\n")
	slices.Sort(lines)
	fmt.Println(strings.Join(lines, "\n"))
	// Output:
	// store/store.go:19 method: "Put(\"all\", len(names))", not "Join(\"all\", len(names))"
	// store/store.go:19 parameter: "Put(\"all\", len(names))", not "Put(\"all\", len(names), names)"
	// store/store.go:19 undefinedvariable: "Put(\"all\", len(names))", not "Put(\"all\", len(name))"
	// store/store.go:21 method: "fmt.Sprintf(\"%s: %d\", joined, s.Count(\"all\"))", not "fmt.Sprintf(\"%s: %d\", joined, s.Render(\"all\"))"
	// store/store.go:21 parameter: "fmt.Sprintf(\"%s: %d\", joined, s.Count(\"all\"))", not "fmt.Sprintf(\"%s: %d\", joined, s.Count(\"all\", true))"
	// store/store.go:21 undefinedvariable: "fmt.Sprintf(\"%s: %d\", joined, s.Count(\"all\"))", not "fmt.Sprintf(\"%s: %d\", counts, s.Count(\"all\"))"
}
