package syntax

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"decoy/schemas"
)

// TestEcmaFinish checks what only the whole file tells: which types are open,
// whose parameters do not tell what they take, what assignments declare.
func TestEcmaFinish(t *testing.T) {
	for _, c := range []struct{ path, src, want string }{
		{"a.js", "class A { m() {} }", `class "A" scope=0` + "\n"},
		{"a.js", "class A { [name]() {} }", `class "A" scope=0 open`},
		{"a.js", "class A { [Symbol.iterator]() {} }", `class "A" scope=0` + "\n"},
		{"a.js", "class A extends mixin(B) {}", `class "A" scope=0 open`},
		{"a.js", "class A { m(k) { this[k] = 1; } }", `class "A" scope=0 open`},
		{"a.js", "class A { m(o) { Object.assign(this, o); } }", `class "A" scope=0 open`},
		{"a.js", "class A {} Object.defineProperty(A.prototype, 'x', {});", `class "A" scope=0 open`},
		{"a.js", "class A { m() { const self = this; } }", `class "A" scope=0 open`},
		{"a.js", "class A { m() { f(function () { return this.x; }); } }", `class "A" scope=0 open`},
		{"a.js", "class A { m() { f(() => this.x); } }", `class "A" scope=0` + "\n"},
		{"a.js", "class A {} A.prototype.run = function (x) {};", `method "run" scope=0 owner="A" (x)`},
		{"a.js", "class A { constructor() { this.x = new B(); } }", `field "x" scope=1 owner="A" constructed="B"`},
		{"a.js", "class A { constructor() { this.x = new B(); this.x = new C(); } }", `field "x" scope=1 owner="A"` + "\n"},
		{"a.js", "const A = class { m() {} };", `class "A" scope=0`},
		{"a.js", "function f(a) { return arguments[1]; }", `function "f" scope=0 (a) decorated`},
		{"a.js", "function f(a) {} f = g;", `function "f" scope=0 (a) decorated`},
		{"a.js", "let x = new A(); x = new B();", `variable "x" scope=0` + "\n"},
		{"a.js", "function f() { x = 1; }", `variable "x" scope=0`},
		{"a.js", "function f() { let x; { x = 1; } }", `variable "x" scope=2` + "\n"},
		{"a.js", "if (a) { var x = 1; let y = 2; }", `variable "x" scope=0`},
		{"a.js", "if (a) { var x = 1; let y = 2; }", `variable "y" scope=1`},
		{"a.js", "{ using x = open(); }", `variable "x" scope=1 init="open"`},
		{"a.js", "using = 1;", `variable "using" scope=0`},
		{"a.js", "if (a) { var b = require('./b'); }", `import 1 module="./b" name="" local="b" relative`},
		{"a.js", "const b = require('b').c;", `import 1 module="b" name="c" local="b"`},
		{"a.js", "const {b = 1} = require('b');", `variable "b" scope=0`},
		{"a.js", "const b = require('b'), c = 1;", `variable "b" scope=0 init="require"`},
		{"a.js", "const b = await import('b');", `variable "b" scope=0 init="import"`},
		{"a.ts", "interface A {} export {};", `interface "A" scope=0` + "\n"},
		{"a.ts", "interface A {}", `interface "A" scope=0 open`},
		{"a.ts", "export interface A { [k: string]: B }", `interface "A" scope=0 open`},
		{"a.ts", "export class A {} export interface A {}", `class "A" scope=0 open`},
		{"a.ts", "export const f: Handler = (a) => {};", `variable "f" scope=0 type="Handler"` + "\n"},
		{"a.ts", "export const f = (a: A, ...b): C => {};", `function "f" scope=0 type="C" (a, *b)`},
		{"a.ts", "type A = B extends (x: infer C) => void ? C : D;", `type_parameter "C" scope=2`},
	} {
		t.Run(c.src, func(t *testing.T) {
			l := ByName("javascript")
			if strings.HasSuffix(c.path, ".ts") {
				l = ByName("typescript")
			}
			f, err := NewParser().ParseFacts(l, c.path, []byte(c.src))
			if err != nil {
				t.Fatal(err)
			}
			if got := Describe(f); !strings.Contains(got, c.want) {
				t.Errorf("facts lack %q:\n%s", c.want, got)
			}
		})
	}
}

// TestEcmaBroken reads the facts of every beginning of the testdata files, which
// are broken in as many ways, and checks that they stay inside the text.
func TestEcmaBroken(t *testing.T) {
	p := NewParser()
	defer p.Close()
	for _, name := range []string{"javascript", "typescript"} {
		files, err := filepath.Glob(filepath.Join("testdata", name, "*"))
		if err != nil || len(files) == 0 {
			t.Fatal("no testdata", err)
		}
		for _, path := range files {
			if strings.HasSuffix(path, ".facts") {
				continue
			}
			src, err := os.ReadFile(path)
			if err != nil {
				t.Fatal(err)
			}
			for end := 0; end <= len(src); end += 17 {
				f, err := p.ParseFacts(ByName(schemas.Language(name)), path, src[:end])
				if err != nil {
					t.Fatal(err)
				}
				for _, d := range f.Decls {
					if d.Start > d.NameStart || d.NameEnd > d.End || d.End > end || d.Scope < 0 || d.Scope >= len(f.Scopes) || d.Inner >= len(f.Scopes) || d.Name == "" && d.NameEnd > d.NameStart {
						t.Fatalf("%s cut at %d: declaration %+v", path, end, d)
					}
				}
				for _, im := range f.Imports {
					for _, it := range im.Items {
						if string(src[it.ModStart:it.ModEnd]) != it.Module || it.NameEnd > it.NameStart && string(src[it.NameStart:it.NameEnd]) != it.Name {
							t.Fatalf("%s cut at %d: import %+v", path, end, it)
						}
					}
				}
				for _, c := range f.Calls {
					if c.NameStart < c.Start || c.NameEnd > c.End || string(src[c.NameStart:c.NameEnd]) != c.Name {
						t.Fatalf("%s cut at %d: call %+v", path, end, c)
					}
				}
				for _, r := range f.Refs {
					if string(src[r.Start:r.End]) != r.Name || r.Scope < 0 || r.Scope >= len(f.Scopes) {
						t.Fatalf("%s cut at %d: reference %+v", path, end, r)
					}
				}
			}
		}
	}
}
