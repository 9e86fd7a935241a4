package valid

import (
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/text"
)

// at cuts a window at ⟦golden⟧.
func at(t testing.TB, language schemas.Language, path, window string) *schemas.Context {
	t.Helper()
	prefix, rest, ok := strings.Cut(window, "⟦")
	golden, suffix, ok2 := strings.Cut(rest, "⟧")
	if !ok || !ok2 {
		t.Fatalf("no ⟦golden⟧ in %q", window)
	}
	return &schemas.Context{ID: schemas.ContextID(string(language), path, prefix, 0, 0, schemas.Kind(golden), schemas.Origin(suffix), ""),
		Language: language, Path: path, Prefix: prefix, Golden: golden, Suffix: suffix}
}

const pythonWindow = `from bs4 import BeautifulSoup
import logging as log

def parse(soup, other):
    for paragraph_class in other:
        use(paragraph_class)
    x = soup.⟦find_all("p", attrs={"id": other})⟧
    return x
`

const goWindow = "package p\n\nimport (\n\t\"fmt\"\n\t\"os\"\n)\n\nfunc f(ms *Store, mi Info, extra int) error {\n\tx := other(extra)\n\treturn ms.⟦StoreInfo(mi, x)⟧\n}\n"

const csharpWindow = `using Microsoft.Extensions.Logging;

class A
{
    static readonly EventId E = new ⟦EventId(3010, "x")⟧;
}
`

const tsWindow = `import { readFile } from 'fs';
⟦import { Knex, other as o } from 'knex';⟧

export function f(k: Knex) { return o(k, readFile); }
`

func TestCheck(t *testing.T) {
	tests := []struct {
		name         string
		language     schemas.Language
		path, window string
		typ          schemas.Type
		text         string
		reason       schemas.Reason
		want         string // the repaired text, where not as given
		introduced   string
	}{
		// method
		{"method", schemas.Go, "a.go", goWindow, schemas.TypeMethod, "StoreMessageInfo(mi, x)", "", "", "StoreMessageInfo"},
		{"method, reformatted", schemas.Go, "a.go", goWindow, schemas.TypeMethod, "StoreMessageInfo( mi,\n\t\tx )", "", "StoreMessageInfo(mi, x)", "StoreMessageInfo"},
		{"method with another argument", schemas.Go, "a.go", goWindow, schemas.TypeMethod, "StoreMessageInfo(mi, extra)", RejectCollateral, "", ""},
		{"method that changes an argument only", schemas.Go, "a.go", goWindow, schemas.TypeMethod, "StoreInfo(mi, extra)", RejectWrongType, "", ""},
		{"method that becomes a chain", schemas.Go, "a.go", goWindow, schemas.TypeMethod, "StoreInfo.Get(mi, x)", RejectWrongType, "", ""},
		{"constructed type", schemas.CSharp, "a.cs", csharpWindow, schemas.TypeMethod, `EventKey(3010, "x")`, "", "", "EventKey"},

		// parameter
		{"argument more", schemas.Go, "a.go", goWindow, schemas.TypeParameter, "StoreInfo(mi, x, extra)", "", "", "extra"},
		{"argument less", schemas.Go, "a.go", goWindow, schemas.TypeParameter, "StoreInfo(mi)", "", "", ""},
		{"no argument", schemas.Go, "a.go", goWindow, schemas.TypeParameter, "StoreInfo()", "", "", ""},
		{"another order", schemas.Go, "a.go", goWindow, schemas.TypeParameter, "StoreInfo(x, mi)", "", "", ""},
		{"another value", schemas.Go, "a.go", goWindow, schemas.TypeParameter, "StoreInfo(mi, extra)", RejectWrongType, "", ""},
		{"an undeclared argument", schemas.Go, "a.go", goWindow, schemas.TypeParameter, "StoreInfo(mi, x, options)", RejectWrongType, "", ""},
		{"argument more and another value", schemas.Go, "a.go", goWindow, schemas.TypeParameter, "StoreInfo(extra, x, true)", RejectCollateral, "", ""},
		{"argument more and another name", schemas.Go, "a.go", goWindow, schemas.TypeParameter, "StoreAll(mi, x, extra)", RejectWrongType, "", ""},
		{"keyword", schemas.CSharp, "a.cs", csharpWindow, schemas.TypeParameter, `EventId(3010, "x", logLevel: LogLevel.Debug)`, "", "", "logLevel LogLevel Debug"},
		{"keyword of an undeclared name", schemas.CSharp, "a.cs", csharpWindow, schemas.TypeParameter, `EventId(3010, "x", logLevel: level)`, RejectWrongType, "", ""},
		{"keyword renamed", schemas.Python, "a.py", pythonWindow, schemas.TypeParameter, `find_all("p", class_={"id": other})`, "", "", "class_"},
		{"keyword with its value changed", schemas.Python, "a.py", pythonWindow, schemas.TypeParameter, `find_all("p", class_={"id": soup})`, RejectCollateral, "", ""},

		// undefinedvariable
		{"undeclared in a new argument", schemas.Python, "a.py", pythonWindow, schemas.TypeUndefinedVariable, `find_all("p", attrs={"id": other}, limit=max_items)`, "", "", "limit max_items"},
		{"undeclared value", schemas.Python, "a.py", pythonWindow, schemas.TypeUndefinedVariable, `find_all("p", attrs={"id": others})`, "", "", "others"},
		{"undeclared for a literal", schemas.Python, "a.py", pythonWindow, schemas.TypeUndefinedVariable, `find_all(tag, attrs={"id": other})`, "", "", "tag"},
		{"undeclared for a literal of several words", schemas.Go, "a.go", strings.Replace(goWindow, "mi, x", `mi, "a b"`, 1), schemas.TypeUndefinedVariable, "StoreInfo(mi, a)", "", "", ""},
		{"member of an undeclared name", schemas.Go, "a.go", goWindow, schemas.TypeUndefinedVariable, "StoreInfo(mi, opts.x)", "", "", "opts"},
		{"undeclared in two arguments", schemas.Go, "a.go", goWindow, schemas.TypeUndefinedVariable, "StoreInfo(me, y)", RejectCollateral, "", ""},
		{"undeclared function", schemas.Go, "a.go", goWindow, schemas.TypeUndefinedVariable, "StoreInfo(mi, convert(y))", RejectWrongType, "", ""},
		{"no new name", schemas.Go, "a.go", goWindow, schemas.TypeUndefinedVariable, "StoreInfo(mi, 1)", RejectWrongType, "", ""},
		{"a lambda's own name", schemas.Python, "a.py", pythonWindow, schemas.TypeUndefinedVariable, `find_all("p", attrs=lambda tag: tag)`, RejectWrongType, "", ""},
		{"the callee's name", schemas.Go, "a.go", goWindow, schemas.TypeUndefinedVariable, "StoreAll(mi, x)", RejectWrongType, "", ""},

		// import
		{"module", schemas.TypeScript, "a.ts", tsWindow, schemas.TypeImport, "import { Knex, other as o } from 'objection';", "", "", "objection"},
		{"imported name", schemas.TypeScript, "a.ts", tsWindow, schemas.TypeImport, "import { Model, other as o } from 'knex';", "", "", "Model"},
		{"one more name", schemas.TypeScript, "a.ts", tsWindow, schemas.TypeImport, "import { Knex, Model, other as o } from 'knex';", "", "", "Model"},
		{"one name less", schemas.TypeScript, "a.ts", tsWindow, schemas.TypeImport, "import { Knex } from 'knex';", RejectWrongType, "", ""},
		{"alias", schemas.TypeScript, "a.ts", tsWindow, schemas.TypeImport, "import { Knex, other as p } from 'knex';", RejectWrongType, "", ""},
		{"name and alias", schemas.TypeScript, "a.ts", tsWindow, schemas.TypeImport, "import { Knex, another as p } from 'knex';", RejectCollateral, "", ""},
		{"module and name", schemas.TypeScript, "a.ts", tsWindow, schemas.TypeImport, "import { Model, other as o } from 'objection';", RejectCollateral, "", ""},
		{"two statements", schemas.TypeScript, "a.ts", tsWindow, schemas.TypeImport, "import { Knex, other as o } from 'knex';\nimport x from 'y';", RejectWrongType, "", ""},
		{"another quote", schemas.TypeScript, "a.ts", tsWindow, schemas.TypeImport, "import { Knex, other as o } from \"knex\";", RejectWrongType, "", ""},
		{"not in an import", schemas.Go, "a.go", goWindow, schemas.TypeImport, "StoreAll(mi, x)", RejectWrongType, "", ""},
		{"one line of a block", schemas.Go, "a.go", "package p\n\nimport (\n\t\"fmt\"\n⟦\t\"encoding/json\"⟧\n)\n", schemas.TypeImport, "\"encoding/yaml\"", "", "\t\"encoding/yaml\"", "yaml"},

		// the surface
		{"golden", schemas.Go, "a.go", goWindow, schemas.TypeMethod, "StoreInfo(mi, x)", RejectSame, "", ""},
		{"golden in other lines", schemas.Go, "a.go", goWindow, schemas.TypeMethod, " StoreInfo(\n mi,x)\n", RejectSame, "", ""},
		{"nothing", schemas.Go, "a.go", goWindow, schemas.TypeMethod, " \n", RejectEmpty, "", ""},
		{"NUL", schemas.Go, "a.go", goWindow, schemas.TypeMethod, "Store\x00(mi, x)", RejectEncoding, "", ""},
		{"not UTF-8", schemas.Go, "a.go", goWindow, schemas.TypeMethod, "Store\xff(mi, x)", RejectEncoding, "", ""},
		{"fence", schemas.Go, "a.go", goWindow, schemas.TypeMethod, "```go\nStoreAll(mi, x)\n```", RejectFence, "", ""},
		{"the golden's own fence", schemas.Go, "a.go", strings.Replace(goWindow, "mi, x", "mi, \"```\"", 1), schemas.TypeMethod, "StoreAll(mi, \"```\")", "", "", "StoreAll"},
		{"prose", schemas.Go, "a.go", goWindow, schemas.TypeMethod, "Here is the completion: StoreAll(mi, x)", RejectProse, "", ""},
		{"special token", schemas.Go, "a.go", goWindow, schemas.TypeMethod, "StoreAll(mi, x)<|endoftext|>", RejectToken, "", ""},
		{"too long", schemas.Go, "a.go", goWindow, schemas.TypeParameter, "StoreInfo(mi, x" + strings.Repeat(", x", 500) + ")", RejectLength, "", ""},
		{"far too long", schemas.Go, "a.go", goWindow, schemas.TypeParameter, strings.Repeat("StoreInfo(mi, x) ", 500), RejectLength, "", ""},
		{"too different", schemas.Go, "a.go", goWindow, schemas.TypeMethod, "completelyAnotherNameThatIsVeryVeryVeryVeryLong(mi, x)", RejectSimilarity, "", ""},
		{"no code", schemas.Go, "a.go", goWindow, schemas.TypeMethod, "StoreInfo(mi, x", RejectSyntax, "", ""},
		{"unknown type", schemas.Go, "a.go", goWindow, "typo", "StoreAll(mi, x)", RejectWrongType, "", ""},
		{"unknown language", "cobol", "a.cob", goWindow, schemas.TypeMethod, "StoreAll(mi, x)", RejectUnparseable, "", ""},
	}
	c := New()
	defer c.Close()
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			ctx := at(t, tt.language, tt.path, tt.window)
			r, reason, detail := c.Check(ctx, tt.typ, tt.text)
			if reason != tt.reason {
				t.Fatalf("reason %q (%s), want %q", reason, detail, tt.reason)
			}
			if reason != "" {
				if detail == "" {
					t.Error("a reject without detail")
				}
				return
			}
			want := tt.want
			if want == "" {
				want = tt.text
			}
			if r.Text != want {
				t.Errorf("text %q, want %q", r.Text, want)
			}
			if got := strings.Join(r.Introduced, " "); got != tt.introduced {
				t.Errorf("introduced %q, want %q", got, tt.introduced)
			}
			if r.EditSimilarity != text.Similarity(ctx.Golden, r.Text) {
				t.Errorf("edit similarity %v", r.EditSimilarity)
			}
		})
	}
}

// A window that is cut out of a file has errors of its own: they are no reason, a
// new one is.
func TestBrokenWindows(t *testing.T) {
	c := New()
	defer c.Close()
	window := "        return 1\n    }\n\n    void f(int a) {\n        ⟦store(a, 2)⟧;\n    }\n}\n}\n\nvoid g( {\n"
	ctx := at(t, schemas.Java, "A.java", window)
	if _, reason, detail := c.Check(ctx, schemas.TypeMethod, "keep(a, 2)"); reason != "" {
		t.Errorf("rejected for the window's own errors: %s (%s)", reason, detail)
	}
	for _, text := range []string{"keep(a, 2", "keep(a 2)", "ke ep(a, 2)", "store(a, 2) }"} {
		if _, reason, _ := c.Check(ctx, schemas.TypeMethod, text); reason != RejectSyntax {
			t.Errorf("%q: reason %q", text, reason)
		}
	}
}

// Line ends inside a change are those of the window.
func TestLineEnds(t *testing.T) {
	c := New()
	defer c.Close()
	ctx := at(t, schemas.Python, "a.py", "def f(a, b, c):\r\n    g(⟦h(a,\r\n      b)⟧)\r\n")
	r, reason, detail := c.Check(ctx, schemas.TypeParameter, "h(a,\n      b,\n      c)")
	if want := "h(a,\r\n      b,\r\n      c)"; reason != "" || r.Text != want {
		t.Errorf("%q %s %s, want %q", r.Text, reason, detail, want)
	}
	ctx = at(t, schemas.Python, "a.py", "def f(a, b, c):\n    g(⟦h(a,\n      b)⟧)\n")
	if r, reason, _ = c.Check(ctx, schemas.TypeParameter, "h(a,\r\n      b,\r\n      c)"); reason != "" || strings.Contains(r.Text, "\r") {
		t.Errorf("%q %s", r.Text, reason)
	}
}

// The answer for a context does not depend on what was asked before.
func TestContextsDoNotMix(t *testing.T) {
	c := New()
	defer c.Close()
	a, b := at(t, schemas.Go, "a.go", goWindow), at(t, schemas.Python, "a.py", pythonWindow)
	for range 2 {
		if _, reason, _ := c.Check(a, schemas.TypeMethod, "StoreAll(mi, x)"); reason != "" {
			t.Fatal(reason)
		}
		if _, reason, _ := c.Check(b, schemas.TypeParameter, `find_all("p", class_={"id": other})`); reason != "" {
			t.Fatal(reason)
		}
	}
	a.ID, b.ID = "", "" // without an id nothing is remembered
	if _, reason, _ := c.Check(a, schemas.TypeMethod, "StoreAll(mi, x)"); reason != "" {
		t.Fatal(reason)
	}
	if _, reason, _ := c.Check(b, schemas.TypeParameter, `find_all("p", class_={"id": other})`); reason != "" {
		t.Fatal(reason)
	}
}
