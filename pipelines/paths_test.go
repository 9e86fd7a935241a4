package pipelines

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestPathsBelowOut keeps package shard the only one that knows where a path below OUT
// lies: on a gs:// address path/filepath and package os do something else.
func TestPathsBelowOut(t *testing.T) {
	allowed := []string{
		"filepath.Base", "filepath.Ext", // of names
		"os.Getenv", "os.Stdout", "os.Stderr", "os.Args", "os.Exit", "os.Interrupt",
		"recipe.go: os.ReadFile",                                       // a recipe lies on the machine that launches
		"bugs_bundle.go: filepath.Abs", "bugs_bundle.go: filepath.Dir", // of a bundle that the command line names
	}
	// What reads and writes on this machine alone.
	local := []string{"../runners/decoy/train.go", "../runners/decoy/doctor_probes.go"}
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	commands, err := filepath.Glob("../runners/decoy/*.go")
	if err != nil || len(commands) == 0 {
		t.Fatal(commands, err)
	}
	looked := 0
	for _, name := range append(files, commands...) {
		if strings.HasSuffix(name, "_test.go") || slices.Contains(local, name) {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		set := token.NewFileSet()
		file, err := parser.ParseFile(set, name, text, 0)
		if err != nil {
			t.Fatal(err)
		}
		looked++
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok {
				return true
			}
			x, ok := s.X.(*ast.Ident)
			if !ok || x.Name != "os" && x.Name != "filepath" {
				return true
			}
			use := x.Name + "." + s.Sel.Name
			if !slices.Contains(allowed, use) && !slices.Contains(allowed, name+": "+use) {
				t.Errorf("%s: %s: use package shard for a path below OUT, or name the use in this test", set.Position(n.Pos()), use)
			}
			return true
		})
	}
	if looked < 40 {
		t.Errorf("only %d files were looked at", looked)
	}
}
