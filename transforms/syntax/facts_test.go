package syntax

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var update = flag.Bool("update", false, "rewrite the goldens under testdata")

// TestFacts compares the facts of every file under testdata/LANG with its golden,
// FILE.facts. The sources are ours, written to cover a language's constructs.
func TestFacts(t *testing.T) {
	for _, l := range All() {
		files, err := filepath.Glob(filepath.Join("testdata", string(l.Name), "*"))
		if err != nil {
			t.Fatal(err)
		}
		seen := 0
		for _, path := range files {
			if strings.HasSuffix(path, ".facts") {
				continue
			}
			seen++
			t.Run(string(l.Name)+"/"+filepath.Base(path), func(t *testing.T) {
				src, err := os.ReadFile(path)
				if err != nil {
					t.Fatal(err)
				}
				p := NewParser()
				defer p.Close()
				f, err := p.ParseFacts(l, path, src)
				if err != nil {
					t.Fatal(err)
				}
				if n := f.Tree.Errors(); n > 0 {
					t.Errorf("%d syntax errors in a testdata file", n)
				}
				got := Describe(f)
				golden := path + ".facts"
				if *update {
					if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
						t.Fatal(err)
					}
					return
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatalf("%v (run with -update and read the result)", err)
				}
				if d := cmp.Diff(string(want), got); d != "" {
					t.Errorf("facts differ from %s (-want +got):\n%s", golden, d)
				}
			})
		}
		if seen == 0 {
			t.Errorf("testdata/%s has no file", l.Name)
		}
	}
}
