package syntax

import (
	"bytes"
	"iter"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"decoy/schemas"
)

// TestParseAfter changes words of every testdata file and compares the facts of the
// incremental parse with those of a fresh one.
func TestParseAfter(t *testing.T) {
	base, after, fresh := NewParser(), NewParser(), NewParser()
	defer base.Close()
	defer after.Close()
	defer fresh.Close()
	r := rand.New(rand.NewPCG(1, 2))
	for _, l := range All() {
		for path, src := range testdata(t, l.Name) {
			if _, err := base.ParseFacts(l, path, src); err != nil {
				t.Fatal(err)
			}
			for range 60 {
				at := r.IntN(len(src))
				cut := min(len(src), at+r.IntN(12))
				changed := bytes.Join([][]byte{src[:at], []byte([]string{"", "x", "(y, z)", "other_name", " + 1", "{", "\n"}[r.IntN(7)]), src[cut:]}, nil)
				got, err := after.ParseFactsAfter(base, l, path, changed)
				if err != nil {
					t.Fatal(err)
				}
				want, err := fresh.ParseFacts(l, path, changed)
				if err != nil {
					t.Fatal(err)
				}
				if want.Tree.Errors() > 0 && got.Tree.Errors() > 0 {
					continue // how a broken text is repaired may depend on the way there
				}
				if Describe(got) != Describe(want) {
					t.Fatalf("%s: bytes %d to %d changed: the incremental parse differs", path, at, cut)
				}
			}
		}
	}
}

// testdata are the source files of a language in testdata, with their paths.
func testdata(t testing.TB, language schemas.Language) iter.Seq2[string, []byte] {
	return func(yield func(string, []byte) bool) {
		t.Helper()
		files, err := filepath.Glob(filepath.Join("testdata", string(language), "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, ".facts") {
				continue
			}
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			if !yield(path, src) {
				return
			}
		}
	}
}
