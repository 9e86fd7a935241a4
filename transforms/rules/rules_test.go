package rules

import (
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/fim"
	"decoy/transforms/syntax"
	"decoy/transforms/valid"
)

// world is a repository and the names of a corpus, made of source files.
type world struct {
	repo  *Repo
	pools map[schemas.Language]*Pool
}

// newWorld extracts symbols from the repository's files, and names from these and
// the corpus's.
func newWorld(t testing.TB, repo, corpus map[string]string) world {
	t.Helper()
	cfg, err := fim.Config{}.Filled()
	if err != nil {
		t.Fatal(err)
	}
	x := fim.New(cfg)
	defer x.Close()
	var symbols []schemas.Symbol
	names := map[schemas.Language]map[schemas.Name]int64{}
	for _, files := range []map[string]string{repo, corpus} {
		for _, p := range slices.Sorted(maps.Keys(files)) {
			l := languageOf(p)
			if l == "" {
				t.Fatalf("no language for %s", p)
			}
			r, err := x.File(&schemas.Blob{Repo: "r", Path: p, Language: l, Content: []byte(files[p])}, false)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := repo[p]; ok {
				symbols = append(append(symbols, r.Symbols...), schemas.Symbol{Repo: "r",
					Record: schemas.SymbolFile, Path: p, Role: string(l), Arity: -1})
			}
			if names[l] == nil {
				names[l] = map[schemas.Name]int64{}
			}
			for _, n := range r.Names {
				count := n.Count
				n.Count = 0
				names[l][n] += count
			}
		}
	}
	w := world{NewRepo(slices.Values(symbols)), map[schemas.Language]*Pool{}}
	for _, l := range schemas.Languages {
		var list []schemas.Name
		for n, count := range names[l] {
			n.Count = count
			list = append(list, n)
		}
		fim.SortNames(list)
		w.pools[l], err = NewPool(func(yield func(schemas.Name, error) bool) {
			for _, n := range list {
				if !yield(n, nil) {
					return
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	return w
}

func languageOf(p string) schemas.Language {
	for _, l := range syntax.All() {
		if slices.Contains(l.Extensions, path.Ext(p)) {
			return l.Name
		}
	}
	return ""
}

// at cuts a window at ⟦golden⟧.
func at(t testing.TB, p, window string) (c schemas.Context, whole string) {
	t.Helper()
	prefix, rest, ok := strings.Cut(window, "⟦")
	golden, suffix, ok2 := strings.Cut(rest, "⟧")
	if !ok || !ok2 {
		t.Fatalf("no ⟦golden⟧ in %q", window)
	}
	return schemas.Context{ID: schemas.ContextID("r", "", p, int64(len(prefix)), 0, schemas.Kind(golden), schemas.Origin(suffix), ""), Repo: "r", Language: languageOf(p), Path: p, Prefix: prefix, Golden: golden, Suffix: suffix}, prefix + golden + suffix
}

// sources are the contexts of the languages' test sources, and the world of these.
func sources(t *testing.T) (world, []schemas.Context) {
	t.Helper()
	files := map[string]string{ // the test source calls only what takes anything
		"python/plain.py": "def join_paths(first, second):\n    pass\n\ndef f(first_path, other_path):\n    return join_paths(first_path, join_paths(other_path, 'name'))\n",
	}
	paths, err := filepath.Glob("../syntax/testdata/*/*")
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range paths {
		if languageOf(p) == "" {
			continue
		}
		data, err := os.ReadFile(p)
		if err != nil {
			t.Fatal(err)
		}
		files[strings.TrimPrefix(p, "../syntax/testdata/")] = string(data)
	}
	w := newWorld(t, files, nil)
	cfg, err := fim.Config{Kinds: map[string]int{"import": 10, "call": 24}, MaxPerFile: 34}.Filled()
	if err != nil {
		t.Fatal(err)
	}
	x := fim.New(cfg)
	defer x.Close()
	var contexts []schemas.Context
	for _, p := range slices.Sorted(maps.Keys(files)) {
		r, err := x.File(&schemas.Blob{Repo: "r", Path: p, Language: languageOf(p), Content: []byte(files[p])}, true)
		if err != nil {
			t.Fatal(err)
		}
		contexts = append(contexts, r.Contexts...)
	}
	return w, contexts
}

// Every candidate for the contexts of the languages' test sources either is valid
// or has a typed reason why it is not; the same request gives the same candidates
// whatever was asked before.
func TestCandidatesOfSources(t *testing.T) {
	w, contexts := sources(t)
	type request struct {
		context int
		typ     schemas.Type
	}
	var requests []request
	for i := range contexts {
		for _, typ := range contexts[i].Types {
			requests = append(requests, request{i, typ})
		}
	}
	if len(requests) < 200 {
		t.Fatalf("%d requests", len(requests))
	}
	generate := func(order []request) map[request][]Candidate {
		g := New(Config{InventedShare: 0.3})
		defer g.Close()
		out := map[request][]Candidate{}
		for _, r := range order {
			c := &contexts[r.context]
			out[r] = slices.Clone(g.Generate(c, r.typ, w.repo, w.pools[c.Language]))
		}
		return out
	}
	first := generate(requests)
	back := slices.Clone(requests)
	slices.Reverse(back)
	second := generate(back)
	checker := valid.New()
	defer checker.Close()
	reasons := []schemas.Reason{valid.RejectCollateral, valid.RejectLength, valid.RejectSame, valid.RejectSimilarity, valid.RejectSyntax, valid.RejectWrongType}
	type cell struct {
		language schemas.Language
		typ      schemas.Type
	}
	answered, candidates, good := map[cell]int{}, 0, 0
	for _, r := range requests {
		c := &contexts[r.context]
		if !slices.Equal(first[r], second[r]) {
			t.Fatalf("%s in %q: %v, and in another order %v", r.typ, c.Golden, first[r], second[r])
		}
		if len(first[r]) > maxCandidates {
			t.Errorf("%d candidates", len(first[r]))
		}
		for _, k := range first[r][:min(len(first[r]), 6)] {
			candidates++
			v, reason, detail := checker.Check(c, r.typ, k.Text)
			if reason == "" {
				good++
				answered[cell{c.Language, r.typ}]++
				if v.Text != k.Text {
					t.Errorf("%s of %q: %q was repaired to %q", r.typ, c.Golden, k.Text, v.Text)
				}
			} else if !slices.Contains(reasons, reason) {
				t.Errorf("%s of %q: %q: %s (%s)", r.typ, c.Golden, k.Text, reason, detail)
			}
		}
	}
	if good*10 < candidates*9 {
		t.Errorf("%d of %d candidates are valid", good, candidates)
	}
	for _, l := range schemas.Languages {
		for _, typ := range schemas.Types {
			if answered[cell{l, typ}] == 0 {
				t.Errorf("no valid negative of %s in %s", typ, l)
			}
		}
	}
}

func TestGenerateNothing(t *testing.T) {
	w := newWorld(t, nil, nil)
	g := New(Config{})
	defer g.Close()
	c, _ := at(t, "a.go", "package p\n\nfunc f() { ⟦call(1, 2)⟧ }\n")
	if got := g.Generate(&c, "typo", w.repo, w.pools[schemas.Go]); got != nil {
		t.Errorf("unknown type: %v", got)
	}
	c.Language = "cobol"
	if got := g.Generate(&c, schemas.TypeMethod, w.repo, w.pools[schemas.Go]); got != nil {
		t.Errorf("unknown language: %v", got)
	}
}

// The invented share is answered with invented names, and says so.
func TestInventedShare(t *testing.T) {
	w := newWorld(t, map[string]string{"a.go": "package p\n\nfunc readValue() {}\nfunc readOther() {}\n"}, nil)
	for _, share := range []float64{0, 1} {
		g := New(Config{InventedShare: share})
		for _, typ := range []schemas.Type{schemas.TypeMethod, schemas.TypeUndefinedVariable} {
			c, _ := at(t, "a.go", "package p\n\nfunc readValue(n int) {}\nfunc writeValue(count int) {}\nfunc f(number int) { ⟦readValue(number)⟧ }\nfunc g(numbers, m int) { h.ReadAllValues(m); h.readValues(numbers) }\n")
			got := g.Generate(&c, typ, w.repo, w.pools[schemas.Go])
			if len(got) == 0 {
				t.Errorf("%s, share %v: none", typ, share)
			}
			for _, k := range got {
				if k.Invented != (share == 1) {
					t.Errorf("%s, share %v: %+v", typ, share, k)
				}
			}
		}
		g.Close()
	}
}

// Over many places neither side of the pairs is the longer one.
func TestLengthTellsLittle(t *testing.T) {
	w := newWorld(t, map[string]string{"b.py": "def load_table(name, path):\n    pass\n\ndef load_tables(names, root):\n    pass\n"}, nil)
	g := New(Config{})
	defer g.Close()
	longer, shorter := 0, 0
	for i := range 200 {
		name := "load_" + strings.Repeat("x", i%9+1) + "_file"
		c, _ := at(t, "b.py", "def "+name+"(first, second):\n    pass\n\ndef f(source_path, other_name, target):\n    return ⟦"+name+"(source_path, other_name)⟧ # "+strings.Repeat("y", i)+"\n")
		w := newWorldOf(t, w, name)
		got := g.Generate(&c, schemas.TypeParameter, w.repo, w.pools[schemas.Python])
		if len(got) == 0 {
			t.Fatal("no candidate")
		}
		switch d := len(got[0].Text) - len(c.Golden); {
		case d > 0:
			longer++
		case d < 0:
			shorter++
		}
	}
	if longer < 40 || shorter < 40 {
		t.Errorf("%d longer, %d shorter", longer, shorter)
	}
}

// newWorldOf is a world whose repository declares one function of two parameters.
func newWorldOf(t testing.TB, w world, name string) world {
	t.Helper()
	return world{NewRepo(slices.Values([]schemas.Symbol{
		{Repo: "r", Record: schemas.SymbolFile, Path: "b.py", Arity: -1},
		{Repo: "r", Record: schemas.SymbolDecl, Path: "b.py", Name: name, Role: string(syntax.Function), Arity: 2, Params: []string{"first", "second"}},
	})), w.pools}
}
