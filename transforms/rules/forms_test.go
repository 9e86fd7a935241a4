package rules

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/fim"
	"decoy/transforms/valid"
)

// TestFormsAreKept: whatever of the text around a call or an import a golden has, no candidate
// changes it, and there are valid candidates of every type.
func TestFormsAreKept(t *testing.T) {
	files := map[string]string{
		"python/plain.py": "def join_paths(first, second):\n    pass\n\nclass A:\n    def join(self, first, second):\n        pass\n    def f(self, first_path, other_path):\n        return self.join(first_path, join_paths(other_path, 'name'))\n",
		"go/plain.go":     "package plain\n\ntype Store struct{}\n\nfunc (s *Store) FindRows(row, size int) int { return row }\n\nfunc f(s *Store, first, second int) {\n\ts.FindRows(first, second)\n}\n",
		"rust/plain.rs":   "struct Store;\nimpl Store {\n    fn with_rows(row: u8, size: u8) -> Store { Store }\n    fn find_rows(&self, row: u8, size: u8) -> u8 { row }\n}\nfn f(store: Store, first: u8, second: u8) {\n    crate::Store::with_rows(first, second);\n    store.find_rows(first, second);\n}\n",
		"cpp/plain.cc":    "namespace ns {\nclass Store {\n public:\n  static int with_rows(int row, int size) { return row; }\n  int find_rows(int row, int size) { return row; }\n};\n}\nvoid f(ns::Store* store, int first, int second) {\n  ns::Store::with_rows(first, second);\n  store->find_rows(first, second);\n}\n",
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
	type place struct {
		path string
		end  int64
	}
	extracted := func(cuts fim.Cuts, forms fim.CallForms) []schemas.Context {
		cfg, err := fim.Config{Kinds: map[string]int{"import": 6, "call": 20}, MaxPerFile: 26, Cuts: cuts, CallForms: forms}.Filled()
		if err != nil {
			t.Fatal(err)
		}
		x := fim.New(cfg)
		defer x.Close()
		var all []schemas.Context
		for _, p := range slices.Sorted(maps.Keys(files)) {
			r, err := x.File(&schemas.Blob{Repo: "r", Path: p, Language: languageOf(p), Content: []byte(files[p])}, true)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, r.Contexts...)
		}
		return all
	}
	names := map[place]int64{} // where the called names of the goldens begin
	for _, c := range extracted(nil, fim.CallForms{Name: 1, Statement: map[schemas.Language]float64{}}) {
		names[place{c.Path, c.EndByte}] = c.StartByte
	}
	g := New(Config{InventedShare: 0.3})
	defer g.Close()
	checker := valid.New()
	defer checker.Close()
	type cell struct {
		language schemas.Language
		form     string
		typ      schemas.Type
	}
	valids := map[cell]int{}
	candidates, good := 0, 0
	check := func(c *schemas.Context) {
		head, tail, form := "", "", string(c.CallForm)
		switch {
		case c.Kind == schemas.KindImport:
			form = string(c.Cut)
			visible := strings.TrimLeft(c.Golden, " \t")
			head = strings.TrimSuffix(c.Golden, visible)
			tail = strings.TrimPrefix(visible, strings.TrimRight(visible, "\r\n"))
		default:
			at := place{c.Path, c.EndByte}
			if _, ok := names[at]; !ok && c.CallForm.End() == schemas.EndStatement {
				tail, at.end = ";", at.end-1
			}
			if start, ok := names[at]; ok {
				head = c.Golden[:start-c.StartByte]
			} else if c.CallForm.Begin() != schemas.BeginName {
				return // was not taken in the other form: of two that overlap
			}
		}
		for _, typ := range c.Types {
			for i, k := range g.Generate(c, typ, w.repo, w.pools[c.Language]) {
				if !strings.HasPrefix(k.Text, head) || !strings.HasSuffix(k.Text, tail) || len(k.Text) < len(head)+len(tail) {
					t.Errorf("%s, %s: %s of %q: %q changes %q or %q", c.Path, form, typ, c.Golden, k.Text, head, tail)
				}
				if i >= 6 {
					continue
				}
				candidates++
				if _, reason, _ := checker.Check(c, typ, k.Text); reason == "" {
					good++
					valids[cell{c.Language, form, typ}]++
				}
			}
		}
	}
	all := map[schemas.Language]float64{}
	for _, l := range schemas.Languages {
		all[l] = 1
	}
	for _, statement := range []map[schemas.Language]float64{{}, all} {
		for i, forms := range []fim.CallForms{{Name: 1}, {Path: 1}, {Expression: 1}} {
			forms.Statement = statement
			cut := []schemas.Cut{schemas.CutLine, schemas.CutCursor}[i%2]
			contexts := extracted(fim.Cuts{schemas.KindImport: {cut: 1}}, forms)
			for i := range contexts {
				check(&contexts[i])
			}
		}
	}
	if good*10 < candidates*9 {
		t.Errorf("%d of %d candidates are valid", good, candidates)
	}
	for _, l := range schemas.Languages {
		forms := []string{"name call", "expression call"}
		if l != schemas.Go && l != schemas.Python {
			forms = append(forms, "name statement", "expression statement")
		}
		if l == schemas.Cpp || l == schemas.Rust {
			forms = append(forms, "path call", "path statement")
		}
		for _, form := range forms {
			for _, typ := range []schemas.Type{schemas.TypeMethod, schemas.TypeParameter, schemas.TypeUndefinedVariable} {
				if valids[cell{l, form, typ}] == 0 {
					t.Errorf("%s: no valid negative of %s for %s", l, typ, form)
				}
			}
		}
		for _, cut := range []string{"line", "cursor"} {
			if valids[cell{l, cut, schemas.TypeImport}] == 0 {
				t.Errorf("%s: no valid negative of import for %s", l, cut)
			}
		}
	}
}
