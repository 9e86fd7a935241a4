package fim

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

var update = flag.Bool("update", false, "write the goldens anew")

// TestGoldens compares every candidate span of every kind of the files under
// testdata with what their .spans files list: kind, line, types, text. General
// kinds are left out: their places are a hash's.
func TestGoldens(t *testing.T) {
	var paths []string
	for _, l := range schemas.Languages {
		files, err := filepath.Glob("testdata/" + string(l) + "/*")
		if err != nil {
			t.Fatal(err)
		}
		paths = append(paths, files...)
	}
	p := syntax.NewParser()
	defer p.Close()
	seen := map[string]bool{}
	for _, path := range paths {
		if strings.HasSuffix(path, ".spans") {
			continue
		}
		language := filepath.Base(filepath.Dir(path))
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := p.ParseFacts(syntax.ByName(schemas.Language(language)), path, src)
		if err != nil {
			t.Fatal(err)
		}
		if n := f.Tree.Errors(); n > 0 {
			t.Errorf("%s has %d syntax errors", path, n)
		}
		got := listing(newSource(blob(schemas.Language(language), path, string(src)), f, nil))
		for _, k := range []schemas.Kind{schemas.KindImport, schemas.KindCall, schemas.KindArgument, schemas.KindIdentifier, schemas.KindStatement, schemas.KindBlock} {
			seen[language+" "+string(k)] = seen[language+" "+string(k)] || strings.Contains(got, string(k)+" ")
		}
		golden := path + ".spans"
		if *update {
			if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(golden)
		if err != nil {
			t.Fatal(err)
		}
		if got != string(want) {
			g, w := strings.Split(got, "\n"), strings.Split(string(want), "\n")
			i := 0
			for i < min(len(g), len(w)) && g[i] == w[i] {
				i++
			}
			t.Errorf("%s: line %d is\n%s\nand not\n%s\n(-update writes it anew)", golden, i+1, strings.Join(g[i:min(i+1, len(g))], ""), strings.Join(w[i:min(i+1, len(w))], ""))
		}
	}
	for _, l := range schemas.Languages {
		for _, k := range []schemas.Kind{schemas.KindImport, schemas.KindCall, schemas.KindArgument, schemas.KindIdentifier, schemas.KindStatement, schemas.KindBlock} {
			if !seen[string(l)+" "+string(k)] {
				t.Errorf("testdata of %s has no %s", l, k)
			}
		}
	}
}

// listing writes a file's candidates, one a line. Those without a type are never
// taken.
func listing(s *source) string {
	var w strings.Builder
	for _, k := range finders {
		if k.key == "general" {
			continue
		}
		spans := k.find(s)
		slices.SortStableFunc(spans, func(a, b span) int { return a.start - b.start })
		for _, c := range spans {
			if types := s.types(c); len(types) > 0 {
				fmt.Fprintf(&w, "%s %d %s %q\n", c.kind, 1+strings.Count(string(s.Src[:c.start]), "\n"), schemas.Join(types, ","), s.Src[c.start:c.end])
			}
		}
	}
	return w.String()
}
