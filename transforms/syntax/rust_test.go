package syntax

import (
	"slices"
	"testing"
)

// TestRustOwner: the functions of an impl block belong to its type, by the path of
// the module that declares it in this file.
func TestRustOwner(t *testing.T) {
	for _, c := range []struct{ name, src, want string }{
		{"type of this file", "struct A; impl A { fn f() {} }", "method A.f"},
		{"generic", "impl<'a, T: X> A<'a, T> { fn f() {} }", "method A.f"},
		{"trait for a reference", "impl X for &mut A { fn f(&self) {} }", "method A.f"},
		{"trait object", "impl dyn X { fn f(&self) {} }", "method X.f"},
		{"in its module", "mod m { struct A; impl A { fn f() {} } }", "method m.A.f"},
		{"type of the outer module", "struct A; mod m { use super::*; impl A { fn f() {} } }", "method A.f"},
		{"by super", "struct A; mod m { impl super::A { fn f() {} } }", "method A.f"},
		{"by a module's path", "mod m { pub struct A; } impl m::A { fn f() {} }", "method m.A.f"},
		{"type of another file", "mod m { impl crate::rows::A { fn f() {} } }", "method A.f"},
		{"primitive", "impl X for u8 { fn f() {} }", "method u8.f"},
	} {
		t.Run(c.name, func(t *testing.T) {
			if got := declared(parseText(t, "rust", c.src)); !slices.Contains(got, c.want) {
				t.Errorf("no %q in %q", c.want, got)
			}
		})
	}
}

// TestRustMacro: the tokens of known macros are references, those of others may
// declare.
func TestRustMacro(t *testing.T) {
	for _, c := range []struct {
		name, src   string
		refs, decls []string
	}{
		{"format", `println!("{} {w}", a.b, w = c)`, []string{"a", "c"}, nil},
		{"path and call", `vec![m::f(x), g(y)]`, []string{"m", "x", "g", "y"}, nil},
		{"struct", `dbg!(P { x: a, y })`, []string{"P", "a", "y"}, nil},
		{"range", `vec![a..b]`, []string{"a", "b"}, nil},
		{"nested", `assert!(ok, "{}", format!("{}", a))`, []string{"ok", "a"}, nil},
		{"closure", `vec![xs.map(|c| c + a)]`, nil, []string{"xs", "c", "a"}},
		{"nested in an unknown one", `assert!(square!(n))`, nil, []string{"n"}},
		{"unknown", `select! { v = rx.recv() => v, Some(n) = s => n }`, nil, []string{"v", "rx", "n", "s"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := parseText(t, "rust", "fn main() { "+c.src+"; }")
			var refs, decls []string
			for _, r := range f.Refs {
				refs = append(refs, r.Name)
			}
			for _, d := range f.Decls[1:] {
				decls = append(decls, d.Name)
			}
			if !slices.Equal(refs, c.refs) {
				t.Errorf("references %q, want %q", refs, c.refs)
			}
			if !slices.Equal(decls, c.decls) {
				t.Errorf("declarations %q, want %q", decls, c.decls)
			}
		})
	}
}

func TestRustSupers(t *testing.T) {
	f := parseText(t, "rust", "impl Show for A {} #[derive(Debug, serde::Serialize)] struct A; #[builder] struct B; struct C; impl C { members!(); } struct D;")
	want := map[string][]string{"A": {"Debug", "serde::Serialize", "Show"}}
	for _, d := range f.Decls {
		if d.Role != Class {
			continue
		}
		if !slices.Equal(d.Supers, want[d.Name]) {
			t.Errorf("%s: supers %q", d.Name, d.Supers)
		}
		if d.Open != (d.Name != "D") || d.Decorated != (d.Name == "B") {
			t.Errorf("%s: open %v, decorated %v", d.Name, d.Open, d.Decorated)
		}
	}
}
