package syntax

import (
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
)

// parseText reads the facts of a text.
func parseText(t testing.TB, lang schemas.Language, src string) *Facts {
	t.Helper()
	p := NewParser()
	t.Cleanup(p.Close)
	f, err := p.ParseFacts(ByName(lang), "text", []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return f
}

// declared lists declarations as "role owner.name", in the order of the pass.
func declared(f *Facts) []string {
	var out []string
	for _, d := range f.Decls {
		out = append(out, string(d.Role)+" "+join(d.Owner, d.Name))
	}
	return out
}

// TestCppMisread: what macros make unreadable must still declare its names, and
// leave its class open.
func TestCppMisread(t *testing.T) {
	for _, c := range []struct {
		name, src string
		want      []string
		open      string // class that must be open
	}{
		{"export macro", "class EXPORT_API DB {\n public:\n  DB();\n  static int Open(int mode);\n};", []string{"class DB", "method DB.Open", "parameter DB.mode"}, "DB"},
		{"export macro and base", "class EXPORT_API Db : public Base {\n public:\n  Db();\n  int Put(int key);\n};", []string{"class Db", "method Db.Put"}, "Db"},
		{"macro after the name", "class Table FINAL_CLASS {\n public:\n  Table();\n  int size(int unit) const { return unit; }\n};", []string{"class Table", "method Table.size", "parameter Table.unit"}, "Table"},
		{"namespace after a macro", "FMT_BEGIN_NAMESPACE\nnamespace detail {\nint f(int a) { return a; }\n}\n", []string{"module detail", "function detail.f", "parameter detail.a"}, ""},
		{"macro in a class", "class Foo {\n  DISALLOW(Foo);\n  int y;\n};", []string{"class Foo", "field Foo.y"}, "Foo"},
		{"template base", "template <class T> class Foo : T { int y; };", []string{"class Foo", "field Foo.y"}, "Foo"},
		{"pointer to a member", "struct C {};\nvoid g(int C::*pf, int (C::*pm)(int)) { int C::*local = pf; }", []string{"parameter pf", "parameter pm", "variable local"}, ""},
		{"constructor read as a function", "void g(int a) { Lock lock(a); }", []string{"variable lock"}, ""},
		{"after an access specifier", "class EXPORT_API Db {\n public:\n  static int Open(int mode);\n private:\n  int x_;\n};", []string{"variable x_", "variable Open", "variable mode"}, "Db"},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := parseText(t, "cpp", c.src)
			got := declared(f)
			for _, w := range c.want {
				if !slices.Contains(got, w) {
					t.Errorf("no declaration %q in %q", w, got)
				}
			}
			for _, d := range f.Decls {
				if d.Name == c.open && d.Role == Class && !d.Open {
					t.Errorf("class %s is not open", d.Name)
				}
			}
		})
	}
}

// TestCppReopened: each block of a namespace sees the names of the others.
func TestCppReopened(t *testing.T) {
	f := parseText(t, "cpp", "namespace a { int x; }\nnamespace a { int y = x; }\nnamespace b { int z; }\n")
	for _, d := range f.Decls {
		if inFile := d.Scope == 0; d.Role == Variable && inFile != (d.Name != "z") {
			t.Errorf("%s is in scope %d", d.Name, d.Scope)
		}
	}
}

func TestCppForward(t *testing.T) {
	f := parseText(t, "cpp", "struct A;\nstruct B;\nstruct A { int x; };\n")
	for _, d := range f.Decls {
		if d.Role == Class && d.Open != (d.Name == "B") {
			t.Errorf("class %s: open is %v", d.Name, d.Open)
		}
	}
}

// TestCutTexts reads prefixes of the C++ and Rust testdata that end at a line, and
// the text with one line left out: broken code must not break the reading, and
// every range must lie in the text.
func TestCutTexts(t *testing.T) {
	for _, lang := range []schemas.Language{schemas.Cpp, schemas.Rust} {
		for path, src := range testdata(t, lang) {
			p := NewParser()
			t.Cleanup(p.Close)
			lines := strings.SplitAfter(string(src), "\n")
			for i := 0; i < len(lines); i += 3 {
				head := strings.Join(lines[:i], "")
				for _, text := range []string{head, head + strings.Join(lines[min(i+1, len(lines)):], "")} {
					f, err := p.ParseFacts(ByName(lang), path, []byte(text))
					if err != nil {
						t.Fatal(err)
					}
					checkRanges(t, f)
				}
			}
		}
	}
}

func checkRanges(t testing.TB, f *Facts) {
	t.Helper()
	in := func(what string, start, end int) {
		if start < 0 || end < start || end > len(f.Src) {
			t.Fatalf("%s has the range %d-%d in %d bytes", what, start, end, len(f.Src))
		}
	}
	for _, d := range f.Decls {
		in("declaration "+d.Name, d.NameStart, d.NameEnd)
		if d.Scope < 0 || d.Scope >= len(f.Scopes) || d.Inner >= len(f.Scopes) {
			t.Fatalf("declaration %s: scope %d, inner scope %d of %d", d.Name, d.Scope, d.Inner, len(f.Scopes))
		}
	}
	for _, im := range f.Imports {
		in("import", im.Start, im.End)
		for _, it := range im.Items {
			if in("module "+it.Module, it.ModStart, it.ModEnd); it.ModEnd > 0 && string(f.Src[it.ModStart:it.ModEnd]) != it.Module {
				t.Fatalf("module %q is %q in the text", it.Module, f.Src[it.ModStart:it.ModEnd])
			}
		}
	}
	for _, c := range f.Calls {
		if in("call "+c.Name, c.NameStart, c.NameEnd); string(f.Src[c.NameStart:c.NameEnd]) != c.Name {
			t.Fatalf("call %q is %q in the text", c.Name, f.Src[c.NameStart:c.NameEnd])
		}
	}
	for _, r := range f.Refs {
		if string(f.Src[r.Start:r.End]) != r.Name {
			t.Fatalf("reference %q is %q in the text", r.Name, f.Src[r.Start:r.End])
		}
	}
}
