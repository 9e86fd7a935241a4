package rules

import (
	"maps"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/valid"
)

// TestCases asks for each language and type about one place. some are texts of which
// at least one must be among the valid candidates, none are words that no candidate
// may hold, because they would be right here.
func TestCases(t *testing.T) {
	tests := []struct {
		name, path, window string
		typ                schemas.Type
		repo, corpus       map[string]string
		some, none         []string
	}{
		// goldens that are no calls
		{
			name: "a name alone", path: "a.go", typ: schemas.TypeMethod,
			window: "package a\n\ntype S struct{}\n\nfunc (s *S) loadRows(n int) {}\nfunc (s *S) run(o *T) {\n\ts.⟦loadRows⟧(1)\n\to.loadRow(2)\n}\n",
			some:   []string{"loadRow"}, none: []string{"("},
		},
		{
			name: "a keyword of one argument", path: "a.py", typ: schemas.TypeParameter,
			window: "def make(row_count=1, row_size=2):\n    pass\n\ndef other(row_limit=1):\n    pass\n\nmake(⟦row_count=3⟧, row_size=4)\nother(row_limit=5)\n",
			some:   []string{"row_limit=3"}, none: []string{"row_size"},
		},
		{
			name: "a variable of a statement outside of any call", path: "a.py", typ: schemas.TypeUndefinedVariable,
			window: "def f(row_count, n):\n    ⟦total = row_count + n⟧\n    return total\n\ndef g(row_counts):\n    return row_counts\n",
			some:   []string{"total = row_counts + n"}, none: []string{"totals"},
		},
		// method
		{
			name: "a real method of another receiver", path: "bot.go", typ: schemas.TypeMethod,
			window: "package bot\n\nfunc (ms *MessageStore) run(mi Info, other *Archive) {\n\tms.⟦StoreMessageInfo(mi)⟧\n\tother.StoreMessageData(mi)\n}\n",
			repo: map[string]string{
				"store.go":   "package bot\n\ntype MessageStore struct{}\n\nfunc (ms *MessageStore) StoreMessageInfo(mi Info) {}\nfunc (ms *MessageStore) StoreMessage(mi Info) {}\n",
				"archive.go": "package bot\n\ntype Archive struct{}\n\nfunc (a *Archive) StoreMessageData(mi Info) {}\n",
			},
			some: []string{"StoreMessageData(mi)"}, none: []string{"StoreMessage(", "run("},
		},
		{
			name: "self in Python, with a base", path: "a.py", typ: schemas.TypeMethod,
			window: "from base import Base\n\nclass A(Base):\n    def load_table(self, n):\n        return self.⟦load_rows(n)⟧\n\nclass B:\n    def load_columns(self, n):\n        pass\n\ndef load_all(n):\n    pass\n",
			repo:   map[string]string{"base.py": "class Base:\n    def load_rows(self, n): pass\n    def load_lines(self, n): pass\n"},
			some:   []string{"load_columns(n)"}, none: []string{"load_lines", "load_table"},
		},
		{
			name: "an unknown receiver may be of any type that has the method", path: "a.ts", typ: schemas.TypeMethod,
			window: "export function f(x) { x.⟦readBytes(1)⟧; y.readText(2); z.readLines(3); }\n",
			repo:   map[string]string{"r.ts": "export class R { readBytes(n: number) {} readText(n: number) {} }\n"},
			some:   []string{"readLines(1)"}, none: []string{"readText"},
		},
		{
			name: "a bare call in Java sees inherited methods", path: "p/A.java", typ: schemas.TypeMethod,
			window: "package p;\nclass A extends B {\n  void run(int n) { ⟦readBytes(n)⟧; }\n}\nclass C { void readWords(int n) {} }\n",
			repo:   map[string]string{"p/B.java": "package p;\nclass B { void readBytes(int n) {} void readText(int n) {} }\n"},
			some:   []string{"readWords(n)"}, none: []string{"readText"},
		},
		{
			name: "a type that is constructed", path: "a.cs", typ: schemas.TypeMethod,
			window: "class A { object F(int x) { return new ⟦EventRecord(x, 2)⟧; } }\nclass B { EventSource s; EventRecord r; }\n",
			repo:   map[string]string{"b.cs": "class EventRecord { public EventRecord(int a, int b) {} }\n"},
			corpus: map[string]string{"c.cs": "class EventRecorder { }\nclass EventRecords { }\n"},
			some:   []string{"EventSource(x, 2)", "EventRecorder(x, 2)", "EventRecords(x, 2)"},
		},
		{
			name: "C++ members of a typed pointer", path: "a.cpp", typ: schemas.TypeMethod,
			window: "#include \"s.h\"\nvoid f(Store* s, Cache* c) {\n  s->⟦find_item(1)⟧;\n  c->find_entry(2);\n}\n",
			repo:   map[string]string{"s.h": "class Store { public: int find_item(int k); int find_first(int k); };\nclass Cache { public: int find_entry(int k); };\n"},
			some:   []string{"find_entry(1)"}, none: []string{"find_first"},
		},
		{
			name: "Rust's own methods", path: "src/a.rs", typ: schemas.TypeMethod,
			window: "struct A;\nimpl A {\n    fn push_key(&self, k: u8) {}\n    fn run(&self) { self.⟦push_key(1 + 22)⟧; }\n}\nstruct B;\nimpl B { fn push_value(&self, k: u8) {} }\n",
			some:   []string{"push_value(1 + 22)"}, none: []string{"run("},
		},
		{
			name: "JavaScript's this", path: "a.js", typ: schemas.TypeMethod,
			window: "class A {\n  loadData(x) { return this.⟦parseData(x)⟧; }\n  parseData(x) {}\n}\nclass B { parseText(x) {} }\n",
			some:   []string{"parseText(x)"}, none: []string{"loadData"},
		},

		// parameter
		{
			name: "a keyword that the constructor lacks", path: "a.cs", typ: schemas.TypeParameter,
			window: "class A\n{\n    void F(Log l) { l.Write(1, logLevel: 2); Use(new ⟦EventId(3010, \"x\")⟧); }\n}\n",
			repo:   map[string]string{"e.cs": "public class EventId { public EventId(int id, string name) {} }\n"},
			some:   []string{`EventId(3010, "x", logLevel: null)`, `EventId(3010, "x", logLevel: true)`}, none: []string{"id:", "name:"},
		},
		{
			name: "more or fewer than Go's function takes", path: "a.go", typ: schemas.TypeParameter,
			window: "package p\n\nfunc f(name string, limit int) {\n\t⟦lookup(name, 7)⟧\n}\n",
			repo:   map[string]string{"b.go": "package p\n\nfunc lookup(n string, k int) {}\n"},
			some:   []string{"lookup(name, 7, limit)", "lookup(name)", "lookup(7)", "lookup(limit, name, 7)"},
		},
		{
			name: "a variadic function is left alone", path: "a.go", typ: schemas.TypeParameter,
			window: "package p\n\nimport \"fmt\"\n\nfunc f(name string, limit int) {\n\t⟦fmt.Println(name, join(name, \"7\"))⟧\n}\n",
			repo:   map[string]string{"b.go": "package p\n\nfunc join(parts ...string) string { return \"\" }\n"},
			some:   nil, none: []string{"limit", "Println(name)", "join(name)", "nil", "true"},
		},
		{
			name: "an optional parameter may stay away", path: "a.ts", typ: schemas.TypeParameter,
			window: "export function f(a: string, depth: number) { return ⟦resolvePath(a, depth)⟧; }\n",
			repo:   map[string]string{"b.ts": "export function resolvePath(a: string, d?: number): string { return a; }\n"},
			some:   []string{"resolvePath(a, depth, true)", "resolvePath(a, depth, null)", "resolvePath(a, depth, {})", "resolvePath(a, depth, false)", "resolvePath(a, depth, 0)"}, none: []string{"resolvePath(a)"},
		},
		{
			name: "Java's constructor", path: "A.java", typ: schemas.TypeParameter,
			window: "class A {\n  Object f(String reason, int code) { return new ⟦Failure(reason, 1)⟧; }\n}\n",
			repo:   map[string]string{"Failure.java": "class Failure { Failure(String r, int n) {} }\n"},
			some:   []string{"Failure(reason, 1, code)", "Failure(reason)", "Failure(1)", "Failure(code, reason, 1)"},
		},
		{
			name: "all overloads count", path: "A.java", typ: schemas.TypeParameter,
			window: "class A {\n  void f(Table t, int row, int column) { t.⟦select(row, 1)⟧; }\n}\n",
			repo:   map[string]string{"Table.java": "class Table { void select(int a) {} void select(int a, int b) {} void select(int a, int b, int c) {} }\n"},
			none:   []string{"select(row)", "select(1)", "column)"},
		},
		{
			name: "C++ with a default", path: "a.cpp", typ: schemas.TypeParameter,
			window: "#include \"s.h\"\nint f(int width, int height) { return ⟦area(width, 2)⟧; }\n",
			repo:   map[string]string{"s.h": "int area(int w, int h = 1);\n"},
			some:   []string{"area(width, 2, height)", "area(height, width, 2)", "area(width, 2, true)", "area(width, 2, 0)", "area(width, 2, nullptr)", "area(width, 2, false)", "area(width, 2, 1)"}, none: []string{"area(width)"},
		},
		{
			name: "Rust", path: "src/a.rs", typ: schemas.TypeParameter,
			window: "fn scale(a: u32, b: u32) -> u32 { a * b }\nfn f(width: u32, height: u32) -> u32 { ⟦scale(width, 22)⟧ }\n",
			some:   []string{"scale(width)", "scale(22)", "scale(width, 22, height)", "scale(height, width, 22)"},
		},
		{
			name: "Python, a keyword of a sibling", path: "a.py", typ: schemas.TypeParameter,
			window: "def open_table(name, mode):\n    pass\n\ndef f(name, schema):\n    read_table(name, table_mode=1)\n    return ⟦open_table(name, mode=2)⟧\n",
			some:   []string{"open_table(name, table_mode=2)"}, none: []string{"name="},
		},
		{
			name: "JavaScript leaves no argument out, and adds none where it is ignored", path: "a.js", typ: schemas.TypeParameter,
			window: "function scale(a, b) {}\nfunction f(width, height) { return ⟦scale(width, 22)⟧; }\n",
			some:   []string{"scale(height, width, 22)"}, none: []string{"scale(width)", "scale(22)", "scale(width, 22, "},
		},

		{
			name: "no name that the file binds already", path: "a.ts", typ: schemas.TypeImport,
			window: "import { runHelpers } from './helper';\n⟦import { runTests } from './runner';⟧\nrunHelpers();\nrunTest();\nfunction runTestSuite() {}\n",
			some:   []string{"import { runTest } from './runner';"},
			none:   []string{"runHelpers", "runTestSuite"},
		},

		// undefinedvariable
		{
			name: "a variable of another function", path: "a.py", typ: schemas.TypeUndefinedVariable,
			window: "def f(soup, tag_name):\n    return soup.⟦find_all(tag_name)⟧\n\ndef g(soup, tag_names):\n    for paragraph_class in tag_names:\n        soup.find_all(\"a\", attrs={\"class\": paragraph_class})\n",
			some:   []string{"find_all(tag_names)"}, none: []string{"(soup)", "self"},
		},
		{
			name: "a keyword that a sibling call has", path: "b.py", typ: schemas.TypeUndefinedVariable,
			window: "def f(soup):\n    return soup.⟦find_all(\"p\")⟧\n\ndef g(soup, attrs_class):\n    for paragraph_class in soup:\n        soup.find_all(\"a\", attrs={\"class\": paragraph_class})\n",
			some:   []string{`find_all("p", attrs=attrs_class)`, "find_all(paragraph_class)", "find_all(attrs_class)"}, none: []string{"(soup)", "=soup"},
		},
		{
			name: "another scope in Go", path: "a.go", typ: schemas.TypeUndefinedVariable,
			window: "package p\n\nfunc f(request int) {\n\tif true {\n\t\tresponse := 1\n\t\tuse(response)\n\t}\n\t⟦send(request, 1)⟧\n}\n\nvar requested = 1\n",
			repo:   map[string]string{"b.go": "package p\n\nvar requests int\n"},
			some:   []string{"send(response, 1)"}, none: []string{"requested", "requests"},
		},
		{
			name: "Java's inherited fields are visible", path: "p/A.java", typ: schemas.TypeUndefinedVariable,
			window: "package p;\nclass A extends B {\n  void f(int total) { ⟦report(total, 1)⟧; }\n  void g(int totals) {}\n}\n",
			repo:   map[string]string{"p/B.java": "package p;\nclass B { int totalCount; void report(int a, int b) {} }\n"},
			some:   []string{"report(totals, 1)"}, none: []string{"totalCount"},
		},
		{
			name: "this is missing in TypeScript", path: "a.ts", typ: schemas.TypeUndefinedVariable,
			window: "export class A {\n  private itemCount = 1;\n  f(count: number) { return ⟦report(count, 22)⟧; }\n}\n",
			some:   []string{"report(itemCount, 22)"},
		},
		{
			name: "C# members are visible", path: "a.cs", typ: schemas.TypeUndefinedVariable,
			window: "class A {\n  int itemCount;\n  int F(int count) { return ⟦Report(count, 22)⟧; }\n  void G(int counts) {}\n}\n",
			some:   []string{"Report(counts, 22)"}, none: []string{"itemCount"},
		},
		{
			name: "C++ sees any header's names", path: "a.cpp", typ: schemas.TypeUndefinedVariable,
			window: "#include \"s.h\"\nint f(int width) { return ⟦scale(width, 22)⟧; }\nint g(int widths) { return 1; }\n",
			repo:   map[string]string{"s.h": "extern int width_max;\n#define width_min 3\n"},
			corpus: map[string]string{"c.cpp": "void h(int width_max, int width_min) {}\n"},
			some:   []string{"scale(widths, 22)"}, none: []string{"width_max", "width_min"},
		},
		{
			name: "Rust", path: "src/a.rs", typ: schemas.TypeUndefinedVariable,
			window: "fn f(offset: u32) -> u32 { ⟦scale(offset, 22)⟧ }\nfn g(offsets: u32) -> u32 { 1 }\n",
			some:   []string{"scale(offsets, 22)"}, none: []string{"self"},
		},
		{
			name: "JavaScript", path: "a.js", typ: schemas.TypeUndefinedVariable,
			window: "function f(node) { return ⟦render(node, 22)⟧; }\nfunction g(nodes) { return nodes; }\n",
			some:   []string{"render(nodes, 22)"}, none: []string{"window", "document"},
		},

		// import
		{
			name: "a real package that does not export the name", path: "a.ts", typ: schemas.TypeImport,
			window: "⟦import { Knex } from 'knex'⟧\nimport { Model } from 'objection'\nexport const k: Knex = new Model()\n",
			corpus: map[string]string{"b.ts": "import { Knex, knex } from 'knex-client'\nimport { QueryBuilder } from 'knex-utils'\n"},
			some:   []string{"import { Knex } from 'knex-utils'", "import { Knex } from 'objection'"}, none: []string{"knex-client"},
		},
		{
			name: "a sibling file that lacks the name", path: "pkg/a.py", typ: schemas.TypeImport,
			window: "⟦from .table_reader import TableReader⟧\n\nx = TableReader()\n",
			repo: map[string]string{
				"pkg/table_reader.py": "class TableReader: pass\n", "pkg/table_writer.py": "class TableWriter: pass\n",
				"pkg/table_all.py": "from .table_reader import TableReader\n",
			},
			some: []string{"from .table_writer import TableReader"}, none: []string{"table_all"},
		},
		{
			name: "Go's standard library", path: "a.go", typ: schemas.TypeImport,
			window: "package p\n\nimport (\n⟦\t\"encoding/json\"⟧\n\t\"net/http\"\n\t\"encoding/hex\"\n)\n",
			some:   []string{"\t\"json\"", "\t\"net/json\"", "\t\"encoding/http\""}, none: []string{"encoding/hex"},
		},
		{
			name: "a package of the same root in Java", path: "A.java", typ: schemas.TypeImport,
			window: "⟦import java.util.List;⟧\nimport java.io.File;\nimport java.util.concurrent.Future;\nclass A { List x; File y; Future z; }\n",
			some:   []string{"import java.io.List;", "import java.util.concurrent.List;"},
		},
		{
			name: "a header that is not there", path: "src/a.cpp", typ: schemas.TypeImport,
			window: "⟦#include \"lib/reader.h\"⟧\n#include \"lib/writer.h\"\n",
			repo:   map[string]string{"include/lib/reader.h": "int a;\n", "include/lib/writer.h": "int b;\n", "other/file_reader.h": "int c;\n"},
			some:   []string{"#include \"lib/readers.h\"", "#include \"lib/file_reader.h\"", "#include \"reader.h\""}, none: []string{"writer"},
		},
		{
			name: "a namespace below the file's own", path: "a.cs", typ: schemas.TypeImport,
			window: "⟦using System.Text;⟧\nnamespace Acme.Shop { class A {} }\n",
			some:   []string{"using Acme.Text;", "using Acme.Shop.Text;"},
		},
		{
			name: "a module of the crate that lacks the name", path: "src/a.rs", typ: schemas.TypeImport,
			window: "⟦use crate::reader::Token;⟧\nuse crate::writer::Sink;\nfn f(t: Token, s: Sink) {}\n",
			repo:   map[string]string{"src/reader.rs": "pub struct Token;\n", "src/writer.rs": "pub struct Sink;\n"},
			some:   []string{"use crate::writer::Token;", "use crate::reader::Sink;"},
		},
		{
			name: "a relative module in JavaScript", path: "lib/a.js", typ: schemas.TypeImport,
			window: "⟦import { parse } from './parser.js';⟧\nimport { print } from './printer.js';\nparse(print);\n",
			repo:   map[string]string{"lib/parser.js": "export function parse() {}\n", "lib/printer.js": "export function print() {}\n"},
			some:   []string{"import { parse } from './printer.js';", "import { print } from './parser.js';"},
		},
	}
	g := New(Config{})
	defer g.Close()
	checker := valid.New()
	defer checker.Close()
	for _, tt := range tests {
		t.Run(string(tt.typ)+" "+tt.name, func(t *testing.T) {
			c, whole := at(t, tt.path, tt.window)
			repo := map[string]string{tt.path: whole}
			maps.Copy(repo, tt.repo)
			w := newWorld(t, repo, tt.corpus)
			var texts []string
			for _, k := range g.Generate(&c, tt.typ, w.repo, w.pools[c.Language]) {
				if _, reason, detail := checker.Check(&c, tt.typ, k.Text); reason != "" {
					t.Logf("%q: %s (%s)", k.Text, reason, detail)
					continue
				}
				texts = append(texts, k.Text)
			}
			if len(tt.some) > 0 && !slices.ContainsFunc(tt.some, func(s string) bool { return slices.Contains(texts, s) }) {
				t.Errorf("none of %q is among %q", tt.some, texts)
			}
			for _, text := range texts {
				for _, word := range tt.none {
					if strings.Contains(text, word) {
						t.Errorf("%q holds %q, which is right here", text, word)
					}
				}
			}
		})
	}
}
