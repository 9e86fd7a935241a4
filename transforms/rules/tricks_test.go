package rules

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/valid"
)

// TestTricks asks in each language for what a trick gives: some are candidates of the trick of
// which one at least must be there and valid, none are words that no candidate may hold.
func TestTricks(t *testing.T) {
	tests := []struct {
		name, path, window string
		typ                schemas.Type
		trick              Trick
		repo, corpus       map[string]string
		some, none         []string
	}{
		{
			name: "a method of another type with the same result", path: "a.go", typ: schemas.TypeMethod,
			trick: TrickSameResult, window: "package p\n\nfunc f(s *Store) Row {\n\treturn s.⟦loadRow(1)⟧\n}\n",
			repo: map[string]string{"b.go": "package p\n\ntype Row struct{}\ntype Store struct{}\ntype Cache struct{}\n\n" +
				"func (s *Store) loadRow(n int) Row { return Row{} }\nfunc (s *Store) fetchRow(n int) Row { return Row{} }\n" +
				"func (c *Cache) findRow(n int) Row { return Row{} }\nfunc (c *Cache) readRow() Row { return Row{} }\n"},
			some: []string{"findRow(1)"}, none: []string{"fetchRow"},
		},
		{
			name: "of the same result in Java", path: "A.java", typ: schemas.TypeMethod, trick: TrickSameResult,
			window: "class A {\n  Node f(Tree t, int k) { return t.⟦findNode(k)⟧; }\n}\n",
			repo: map[string]string{"Tree.java": "class Tree { Node findNode(int k) { return null; } }\n",
				"List.java": "class Chain { Node nextNode(int k) { return null; } }\nclass Node {}\n"},
			some: []string{"nextNode(k)"},
		},
		{
			name: "what is called most often and says the same", path: "a.py", typ: schemas.TypeMethod,
			trick:  TrickUsualMethod,
			window: "class Store:\n    def load_option(self, k):\n        pass\n\n    def run(self):\n        return self.⟦load_option('k')⟧\n",
			corpus: map[string]string{"c.py": "a.get(1)\nb.get(2)\nc.get(3)\nd.hold(1)\nd.hold(2)\n"},
			some:   []string{"get('k')"}, none: []string{"hold"},
		},
		{
			name: "called nearby on another receiver", path: "src/a.rs", typ: schemas.TypeMethod, trick: TrickNearMethod,
			window: "struct A;\nimpl A {\n    fn weigh_item(&self, k: u8) {}\n    fn run(&self, o: Other) {\n        o.examine_item(1);\n        o.leave(1);\n        self.⟦weigh_item(1)⟧;\n    }\n}\n",
			some:   []string{"examine_item(1)"}, none: []string{"leave"},
		},

		{
			name: "all arguments of a sibling", path: "a.py", typ: schemas.TypeParameter, trick: TrickSiblingList,
			window: "def open_table(name):\n    pass\n\ndef f(name, mode):\n    close_table(name, mode)\n    return ⟦open_table(name)⟧\n",
			some:   []string{"open_table(name, mode)"},
		},
		{
			name: "not those that are not visible here", path: "a.ts", typ: schemas.TypeParameter, trick: TrickSiblingList,
			window: "function g(name, mode) { closeTable(name, mode); }\nfunction openTable(name) {}\n" +
				"function f(name, extra) { readTable(name, extra); return ⟦openTable(name)⟧; }\n",
			some: []string{"openTable(name, extra)"}, none: []string{"mode"},
		},
		{
			name: "what the function around was given", path: "a.go", typ: schemas.TypeParameter, trick: TrickForwarded,
			window: "package p\n\nfunc save(name string) {}\n\nfunc f(name string, limit int) {\n\t⟦save(name)⟧\n}\n",
			some:   []string{"save(name, limit)"},
		},
		{
			name: "what follows the same argument elsewhere", path: "A.java", typ: schemas.TypeParameter, trick: TrickNextArgument,
			window: "class A {\n  void save(String name) {}\n  void f(Log log, String name, int size) {\n    log.note(1, name, size);\n    this.⟦save(name)⟧;\n  }\n}\n",
			some:   []string{"save(name, size)"},
		},
		{
			name: "as many as another of the name takes", path: "a.cpp", typ: schemas.TypeParameter, trick: TrickOverload,
			window: "#include \"s.h\"\nvoid f(Store* s, Cache* c, int k, int n) {\n  c->put(k, n);\n  s->⟦put(k)⟧;\n}\n",
			repo:   map[string]string{"s.h": "class Store { public: void put(int k); };\nclass Cache { public: void put(int k, int n); };\n"},
			some:   []string{"put(k, n)"},
		},
		{
			name: "a sibling's keyword with its value", path: "a.py", typ: schemas.TypeParameter, trick: TrickBorrowedKeyword,
			window: "def open_table(name, mode=1):\n    pass\n\ndef f(name):\n    read(name, encoding='utf-8')\n    return ⟦open_table(name)⟧\n",
			some:   []string{"open_table(name, encoding='utf-8')"}, none: []string{"mode="},
		},

		{
			name: "left its scope above", path: "a.go", typ: schemas.TypeUndefinedVariable, trick: TrickLeftScope,
			window: "package p\n\nfunc f(rows []int, total int) {\n\tfor _, row := range rows {\n\t\tuse(row)\n\t}\n\t⟦send(total)⟧\n}\n",
			some:   []string{"send(row)"}, none: []string{"(rows)", "(use)"},
		},
		{
			name: "left its scope in C#", path: "a.cs", typ: schemas.TypeUndefinedVariable, trick: TrickLeftScope,
			window: "class A {\n  int count;\n  void F(int total) {\n    if (total > 1) { int extra = 2; Use(extra); }\n    ⟦Send(total)⟧;\n  }\n}\n",
			some:   []string{"Send(extra)"}, none: []string{"count"},
		},
		{
			name: "begins below", path: "a.js", typ: schemas.TypeUndefinedVariable, trick: TrickLaterScope,
			window: "function f(node) { return ⟦render(node)⟧; }\nfunction g(leaf) { return leaf; }\nconst seen = 1;\n",
			some:   []string{"render(leaf)"}, none: []string{"seen"},
		},
		{
			name: "Python's block is no scope", path: "a.py", typ: schemas.TypeUndefinedVariable, trick: TrickLaterScope,
			window: "def f(rows, total):\n    for row in rows:\n        use(row)\n    ⟦send(total)⟧\n\ndef g(extra):\n    pass\n",
			some:   []string{"send(extra)"}, none: []string{"(row)"},
		},
		{
			name: "what the corpus calls it", path: "src/a.rs", typ: schemas.TypeUndefinedVariable, trick: TrickUsualVariable,
			window: "fn f(row_count: u32) { ⟦send(row_count)⟧ }\n",
			corpus: map[string]string{"src/b.rs": "fn a(size: u32) {}\nfn b(size: u32) {}\nfn c(words: u32) {}\nfn d(words: u32) {}\n"},
			some:   []string{"send(size)"}, none: []string{"words"},
		},
		{
			name: "named as its keyword", path: "a.py", typ: schemas.TypeUndefinedVariable, trick: TrickByParameter,
			window: "def f(client):\n    return client.⟦fetch(timeout=30)⟧\n",
			some:   []string{"fetch(timeout=timeout)"},
		},
		{
			name: "named as its parameter, unless there is one", path: "a.ts", typ: schemas.TypeUndefinedVariable,
			trick:  TrickByParameter,
			window: "function show(title: string, mode: number) {}\nfunction f(mode: number) { ⟦show('x', 12)⟧; }\n",
			some:   []string{"show(title, 12)"}, none: []string{"mode)"},
		},
		{
			name: "named as what the string says", path: "a.js", typ: schemas.TypeUndefinedVariable, trick: TrickByContent,
			window: "function f(row) { return row.⟦get('width')⟧; }\n",
			some:   []string{"get(width)"},
		},
		{
			name: "an object of another function", path: "a.go", typ: schemas.TypeUndefinedVariable, trick: TrickForeignObject,
			window: "package p\n\nfunc g(opts *Options) {\n\tuse(opts.limit)\n}\n\nfunc f(limit int, own *Own) {\n\tuse(own.limit)\n\t⟦send(limit)⟧\n}\n",
			some:   []string{"send(opts.limit)"}, none: []string{"own.limit"},
		},

		{
			name: "the module of the import beside it", path: "a.py", typ: schemas.TypeImport, trick: TrickWrongModule,
			window: "from shop.tax import rate\n⟦from stock.items import Item⟧\n\nItem(rate)\n",
			some:   []string{"from shop.tax import Item"},
		},
		{
			name: "not where the name is known to be", path: "A.java", typ: schemas.TypeImport, trick: TrickWrongModule,
			window: "import org.shop.Tax;\nimport org.stock.Bin;\n⟦import java.util.List;⟧\nclass A { Tax t; Bin b; List l; }\n",
			repo:   map[string]string{"org/stock/List.java": "package org.stock;\npublic class List {}\n"},
			some:   []string{"import org.shop.List;"}, none: []string{"org.stock"},
		},
	}
	g := New(Config{Aim: true})
	defer g.Close()
	checker := valid.New()
	defer checker.Close()
	for _, tt := range tests {
		t.Run(string(tt.trick)+" "+tt.name, func(t *testing.T) {
			c, whole := at(t, tt.path, tt.window)
			repo := map[string]string{tt.path: whole}
			maps.Copy(repo, tt.repo)
			w := newWorld(t, repo, tt.corpus)
			var texts, others []string
			for _, k := range g.Generate(&c, tt.typ, w.repo, w.pools[c.Language]) {
				if _, reason, _ := checker.Check(&c, tt.typ, k.Text); reason != "" || k.Trick != tt.trick {
					others = append(others, string(k.Trick)+" "+k.Text+" "+string(reason))
					continue
				}
				texts = append(texts, k.Text)
			}
			if !slices.ContainsFunc(tt.some, func(s string) bool { return slices.Contains(texts, s) }) {
				t.Errorf("none of %q is among %q (others: %q)", tt.some, texts, others)
			}
			for _, text := range texts {
				for _, word := range tt.none {
					if strings.Contains(text, word) {
						t.Errorf("%q holds %q", text, word)
					}
				}
			}
		})
	}
}

// TestTricksKeepTheRules: whatever a trick gives for the languages' test sources differs from the
// golden, changes nothing before the place where the golden may change, and an undeclared variable
// is none that is visible there.
func TestTricksKeepTheRules(t *testing.T) {
	w, contexts := sources(t)
	g := New(Config{Aim: true})
	defer g.Close()
	of := map[Trick]int{}
	for i := range contexts {
		c := &contexts[i]
		for _, typ := range c.Types {
			texts := map[string]bool{c.Golden: true}
			for _, k := range g.Generate(c, typ, w.repo, w.pools[c.Language]) {
				of[k.Trick]++
				if texts[k.Text] {
					t.Errorf("%s of %q: %q is the golden, or came twice", k.Trick, c.Golden, k.Text)
				}
				texts[k.Text] = true
				s := g.scene
				if k.start < s.from || k.end > s.end {
					t.Errorf("%s of %q: %q changes what lies outside", k.Trick, c.Golden, k.Text)
				}
				was, is := s.text(k.start, k.end), k.Text[k.start-s.start:len(k.Text)-(s.end-k.end)]
				added := onlyIn(is, was)
				switch k.Trick {
				case TrickLeftScope, TrickLaterScope, TrickUsualVariable, TrickByParameter, TrickForeignObject:
					if len(added) == 0 || s.visible(added[0], k.start) {
						t.Errorf("%s of %q: %q is visible in %s", k.Trick, c.Golden, is, c.Path)
					}
				case TrickSiblingList, TrickForwarded, TrickNextArgument, TrickOverload:
					for _, n := range added {
						if s.binding(n, k.start) == nil && !s.visible(n, k.start) && s.sight.count[n] == 0 {
							t.Errorf("%s of %q: %q is seen nowhere", k.Trick, c.Golden, n)
						}
					}
				case TrickUsualMethod, TrickNearMethod, TrickSameResult:
					if s.reserved(is) || !s.h.fitsStyle(was, is) {
						t.Errorf("%s of %q: %q does not look like %q", k.Trick, c.Golden, is, was)
					}
				}
			}
		}
	}
	for _, trick := range []Trick{TrickUsualMethod, TrickNearMethod, TrickLeftScope, TrickLaterScope, TrickUsualVariable,
		TrickByParameter, TrickWrongModule, TrickForwarded} {
		if of[trick] == 0 {
			t.Errorf("none of %s: %v", trick, of)
		}
	}
}
