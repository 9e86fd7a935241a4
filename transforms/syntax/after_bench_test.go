package syntax

import (
	"bytes"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// BenchmarkParseFactsAfter is what the parse of a negative costs: a name in the middle of a file is
// another one.
func BenchmarkParseFactsAfter(b *testing.B) {
	for _, l := range All() {
		files, err := filepath.Glob(filepath.Join("testdata", string(l.Name), "*[a-z]"))
		if err != nil || len(files) == 0 {
			b.Fatal(l.Name, err)
		}
		files = slices.DeleteFunc(files, func(p string) bool { return strings.HasSuffix(p, ".facts") })
		src, err := os.ReadFile(files[0])
		if err != nil {
			b.Fatal(err)
		}
		src = src[:min(len(src), 16<<10)]
		src = src[:bytes.LastIndexByte(src, '\n')+1]
		at := len(src) / 2
		for !strings.ContainsRune("abcdefghijklmnopqrstuvwxyz", rune(src[at])) {
			at++
		}
		changed := bytes.Join([][]byte{src[:at], src[at:]}, []byte("x"))
		b.Run(string(l.Name), func(b *testing.B) {
			base, after := NewParser(), NewParser()
			defer base.Close()
			defer after.Close()
			for b.Loop() {
				if base.facts == nil || after.taken == 0 {
					base.facts = nil
					if _, err := base.ParseFacts(l, files[0], src); err != nil {
						b.Fatal(err)
					}
				}
				if _, err := after.ParseFactsAfter(base, l, files[0], changed); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
