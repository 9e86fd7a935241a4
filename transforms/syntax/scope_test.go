package syntax

import (
	"os"
	"path/filepath"
	"testing"
)

// TestScopeAt compares the search with a walk over all scopes, at every byte of every
// file under testdata.
func TestScopeAt(t *testing.T) {
	for _, l := range All() {
		files, err := filepath.Glob(filepath.Join("testdata", string(l.Name), "*"))
		if err != nil {
			t.Fatal(err)
		}
		for _, path := range files {
			if filepath.Ext(path) == ".facts" {
				continue
			}
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			p := NewParser()
			for _, part := range [][]byte{src, src[:len(src)/2], src[len(src)/3:]} { // parts do not parse
				f, err := p.ParseFacts(l, path, part)
				if err != nil {
					t.Fatal(err)
				}
				for at := range part {
					want := 0
					for i, sc := range f.Scopes {
						if b := f.Scopes[want]; sc.Start <= at && at < sc.End && sc.Start >= b.Start &&
							sc.End <= b.End {
							want = i
						}
					}
					if got := f.ScopeAt(at); got != want {
						t.Fatalf("%s: byte %d is in scope %d, not in %d", path, at, want, got)
					}
				}
			}
			p.Close()
		}
	}
}
