package verify

import (
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
)

// TestModulesOfNoFile: a look-up that has no importing file resolves nothing that is
// relative to one, in any language.
func TestModulesOfNoFile(t *testing.T) {
	repo := tree{
		"a/__init__.py": "", "a/b.py": "x = 1\n", "a.js": "export const x = 1\n", "a.ts": "export const x = 1\n", "a.go": "package a\n",
		"a.h": "int x;\n", "A.java": "class A {}\n", "A.cs": "class A {}\n", "src/lib.rs": "mod a;\n", "src/a.rs": "pub fn x() {}\n",
		"Cargo.toml": "[package]\nname = \"a\"\n", "go.mod": "module a\n",
	}.index(t)
	c := New()
	defer c.Close()
	for _, lang := range schemas.Languages {
		q, _ := c.query(repo, &schemas.Context{Language: lang})
		for _, p := range []string{"", ".", "..", "...", ".b", "..b", "./a", "../a", "./", "self", "self::x", "super", "super::x", "crate", "crate::a", "a", "a.b", "a::b", "a/b", "A", "<a>", "a.h", "::", "::a", "/a"} {
			if m := q.w.module(q, p, nil); m.state != external && (strings.HasPrefix(p, ".") || lang == schemas.Rust && slices.Contains(words("self super crate"), strings.Split(p, "::")[0])) {
				t.Errorf("%s: %q means something to no file: %+v", lang, p, m)
			}
		}
	}
}
