package valid

import (
	"strings"
	"testing"

	"decoy/schemas"
)

// formed are the contexts of one place: ⟦golden⟧ as a cursor cuts it, with the text in ⟨⟩ before
// it, behind it, both and neither. each is what the golden has beside the text that was cut out.
func formed(t *testing.T, language schemas.Language, path, window string, each func(c *schemas.Context, head, tail string)) {
	t.Helper()
	text := strings.NewReplacer("⟨", "", "⟩", "", "⟦", "", "⟧", "")
	before, rest, _ := strings.Cut(window, "⟦")
	golden, after, ok := strings.Cut(rest, "⟧")
	before, head, _ := strings.Cut(before, "⟨")
	tail, after, ok2 := strings.Cut(strings.TrimPrefix(after, "⟨"), "⟩")
	if !ok || !ok2 {
		t.Fatalf("no ⟨head⟩⟦golden⟧⟨tail⟩ in %q", window)
	}
	head = text.Replace(head)
	for _, f := range [][4]string{{before + head, "", "", tail + after}, {before, head, "", tail + after}, {before + head, "", tail, after}, {before, head, tail, after}} {
		c := &schemas.Context{Language: language, Path: path, Prefix: f[0], Golden: f[1] + golden + f[2], Suffix: f[3]}
		c.ID = schemas.ContextID(string(language), path, c.Golden, int64(len(c.Prefix)), 0, "", "", "")
		each(c, f[1], f[2])
	}
}

// TestForms: the same change is as valid whatever of the text around a call or an import its
// golden has. What models leave out of it where it is white space is repaired.
func TestForms(t *testing.T) {
	type change struct {
		typ    schemas.Type
		text   string // instead of ⟦golden⟧
		reason schemas.Reason
	}
	calls := func(golden, method, more, undeclared string) []change {
		return []change{
			{schemas.TypeMethod, method, ""}, {schemas.TypeParameter, more, ""}, {schemas.TypeUndefinedVariable, undeclared, ""},
			{schemas.TypeParameter, method, RejectWrongType}, {schemas.TypeMethod, golden, RejectSame},
			{schemas.TypeMethod, strings.TrimSuffix(method, ")"), RejectSyntax},
		}
	}
	checker := New()
	defer checker.Close()
	for _, tt := range []struct {
		name     string
		language schemas.Language
		path     string
		window   string
		changes  []change
	}{
		{"a receiver", schemas.Go, "a.go", "package p\n\nfunc f(ms *Store, mi Info, extra int) {\n\tgo ⟨ms.First(extra).⟩⟦StoreInfo(mi, extra)⟧⟨⟩\n}\n",
			calls("StoreInfo(mi, extra)", "StoreAll(mi, extra)", "StoreInfo(mi)", "StoreInfo(mi, extras)")},
		{"a receiver", schemas.Python, "a.py", "def f(soup, other):\n    return ⟨soup.head.⟩⟦find_all(other, attrs=1)⟧⟨⟩\n",
			calls("find_all(other, attrs=1)", "find_each(other, attrs=1)", "find_all(other, attr=1)", "find_all(others, attrs=1)")},
		{"a statement of a receiver", schemas.Cpp, "a.cc", "void f(Store* s, int n) {\n  ⟨s->⟩⟦find_item(n, 1)⟧⟨;⟩\n}\n",
			calls("find_item(n, 1)", "find_entry(n, 1)", "find_item(n)", "find_item(m, 1)")},
		{"a statement of a path", schemas.Cpp, "a.cc", "void f(int n) {\n  auto x = ⟨ns::Store<int>::⟩⟦find_item(n, 1)⟧⟨;⟩\n}\n",
			calls("find_item(n, 1)", "find_entry(n, 1)", "find_item(n)", "find_item(m, 1)")},
		{"a statement", schemas.CSharp, "a.cs", "class A { void F(Log l, int n) { ⟨l?.⟩⟦WriteEvent(n, 1)⟧⟨;⟩ } }\n",
			calls("WriteEvent(n, 1)", "WriteEvents(n, 1)", "WriteEvent(n)", "WriteEvent(m, 1)")},
		{"new", schemas.CSharp, "a.cs", "class A { void F(int n) { var e = ⟨new ⟩⟦EventId(n, 1)⟧⟨;⟩ } }\n",
			calls("EventId(n, 1)", "EventKey(n, 1)", "EventId(n)", "EventId(m, 1)")},
		{"a statement", schemas.Java, "A.java", "class A { void f(List list, int n) { ⟨list.sub(1).⟩⟦addAll(n, 1)⟧⟨;⟩ } }\n",
			calls("addAll(n, 1)", "addEach(n, 1)", "addAll(n)", "addAll(m, 1)")},
		{"a statement", schemas.JavaScript, "a.js", "function f(app, n) {\n  ⟨app?.server.⟩⟦listenOn(n, 1)⟧⟨;⟩\n}\n",
			calls("listenOn(n, 1)", "listenTo(n, 1)", "listenOn(n)", "listenOn(m, 1)")},
		{"a statement", schemas.TypeScript, "a.ts", "function f(n: number) {\n  const m = ⟨new ⟩⟦Map<string, number>(n, 1)⟧⟨;⟩\n}\n",
			calls("Map<string, number>(n, 1)", "Mapping<string, number>(n, 1)", "Map<string, number>(n)", "Map<string, number>(k, 1)")},
		{"a statement of a path", schemas.Rust, "a.rs", "fn f(n: u8) {\n    ⟨a::b::Store::⟩⟦with_rows(n, 1)⟧⟨;⟩\n}\n",
			calls("with_rows(n, 1)", "with_row(n, 1)", "with_rows(n)", "with_rows(m, 1)")},
		{"a receiver of several lines", schemas.Rust, "a.rs", "fn f(s: S, n: u8) {\n    ⟨s.first()\n        .⟩⟦with_rows(n, 1)⟧⟨;⟩\n}\n",
			calls("with_rows(n, 1)", "with_row(n, 1)", "with_rows(n)", "with_rows(m, 1)")},

		{"lines", schemas.Go, "a.go", "package p\n\nimport (\n⟨\t⟩⟦\"encoding/json\"⟧⟨\n⟩)\n", []change{{schemas.TypeImport, "\"encoding/yaml\"", ""}}},
		{"lines", schemas.Python, "a.py", "def f():\n⟨    ⟩⟦from os.path import join⟧⟨\n⟩    return join\n", []change{
			{schemas.TypeImport, "from os.paths import join", ""}, {schemas.TypeImport, "from os.path import joined", ""}, {schemas.TypeImport, "from os.paths import joined", RejectCollateral}}},
		{"lines, CRLF", schemas.Python, "a.py", "⟨⟩⟦from os import (\r\n    path,\r\n)⟧⟨\r\n⟩x = 1\r\n", []change{{schemas.TypeImport, "from os import (\r\n    paths,\r\n)", ""}}},
		{"lines", schemas.Cpp, "a.cc", "⟨⟩⟦#include <vector>⟧⟨\n⟩int x;\n", []change{{schemas.TypeImport, "#include <vectors>", ""}}},
		{"lines", schemas.CSharp, "a.cs", "namespace A {\n⟨  ⟩⟦using System.Linq;⟧⟨\n⟩}\n", []change{{schemas.TypeImport, "using System.Links;", ""}}},
		{"lines", schemas.Java, "A.java", "package a;\n⟨⟩⟦import java.util.List;⟧⟨\n⟩class A { }\n", []change{{schemas.TypeImport, "import java.utils.List;", ""}}},
		{"lines", schemas.JavaScript, "a.js", "⟨⟩⟦import { a } from './b';⟧⟨\n⟩a();\n", []change{{schemas.TypeImport, "import { a } from './c';", ""}}},
		{"lines", schemas.TypeScript, "a.ts", "⟨⟩⟦import {\n  a,\n} from './b';⟧⟨\n⟩a();\n", []change{{schemas.TypeImport, "import {\n  aa,\n} from './b';", ""}}},
		{"lines", schemas.Rust, "a.rs", "mod m {\n⟨    ⟩⟦use super::x;⟧⟨\n⟩}\n", []change{{schemas.TypeImport, "use super::y;", ""}}},
	} {
		t.Run(string(tt.language)+" "+tt.name, func(t *testing.T) {
			formed(t, tt.language, tt.path, tt.window, func(ctx *schemas.Context, head, tail string) {
				for _, change := range tt.changes {
					want := head + change.text + tail
					r, reason, detail := checker.Check(ctx, change.typ, want)
					if reason != change.reason || reason == "" && r.Text != want {
						t.Errorf("golden %q: %s %q became %q, %s (%s), want %s", ctx.Golden, change.typ, want, r.Text, reason, detail, change.reason)
					}
					if bare := strings.TrimSpace(want); bare != want && change.reason == "" {
						if r, reason, detail = checker.Check(ctx, change.typ, bare); reason != "" || r.Text != want {
							t.Errorf("golden %q: %s %q became %q, %s (%s), want %q", ctx.Golden, change.typ, bare, r.Text, reason, detail, want)
						}
					}
				}
				if golden := strings.TrimSuffix(ctx.Golden, ";"); golden != ctx.Golden { // no change of the tail, nor of the head, is a method's
					for _, text := range []string{golden, golden + ";;", "x" + ctx.Golden} {
						if head == "" && text[0] == 'x' {
							continue
						}
						if _, reason, _ := checker.Check(ctx, schemas.TypeMethod, text); reason == "" {
							t.Errorf("golden %q: %q is taken", ctx.Golden, text)
						}
					}
				}
			})
		})
	}
}
