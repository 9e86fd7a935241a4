package syntax

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"decoy/schemas"
)

// TestDump prints tree and facts of the file in DECOY_DUMP=LANG:PATH, for writing
// rules.
func TestDump(t *testing.T) {
	lang, path, ok := strings.Cut(os.Getenv("DECOY_DUMP"), ":")
	if !ok {
		t.Skip("set DECOY_DUMP=LANG:PATH to see a file's tree and facts")
	}
	src, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	f, err := NewParser().ParseFacts(ByName(schemas.Language(lang)), path, src)
	if err != nil {
		t.Fatal(err)
	}
	depth := make([]int, f.Tree.Len())
	for n := range f.Tree.Len() {
		if p := f.Tree.Parent(n); p >= 0 {
			depth[n] = depth[p] + 1
		}
		text := ""
		if f.Tree.Leaf(n) {
			text = f.Tree.Text(n)
		}
		fmt.Printf("%s%s [%s] %q\n", strings.Repeat("  ", depth[n]), f.Tree.Kind(n), f.Tree.Field(n), text)
	}
	fmt.Print(Describe(f))
}
