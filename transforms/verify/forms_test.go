package verify

import (
	"strings"
	"testing"
)

// forms are a tree's ways to cut the place that ⟨head⟩«golden»⟨tail⟩ marks: as it is, and with
// what stands in ⟨⟩.
func (t tree) forms(each func(t tree, head, tail string)) {
	plain := strings.NewReplacer("⟨", "", "⟩", "")
	for p, text := range t {
		if !strings.Contains(text, "«") {
			continue
		}
		before, rest, _ := strings.Cut(text, "⟨")
		head, rest, _ := strings.Cut(rest, "⟩«")
		golden, rest, _ := strings.Cut(rest, "»⟨")
		tail, after, _ := strings.Cut(rest, "⟩")
		for _, f := range []struct{ text, head, tail string }{
			{before + head + "«" + golden + "»" + tail + after, "", ""}, {before + "«" + head + golden + "»" + tail + after, head, ""},
			{before + head + "«" + golden + tail + "»" + after, "", tail}, {before + "«" + head + golden + tail + "»" + after, head, tail},
		} {
			other := tree{}
			for q, text := range t {
				other[q] = plain.Replace(text)
			}
			other[p] = f.text
			each(other, f.head, f.tail)
		}
	}
}

// TestForms: a certificate does not depend on what of the text around a call or an import the
// golden has.
func TestForms(t *testing.T) {
	for _, c := range []struct {
		name  string
		repo  tree
		wants []want
	}{
		{"Go", tree{"go.mod": "module example.com/a\n", "a.go": "package a\n\ntype S struct{}\n\nfunc (s *S) Get(key string) int { return 0 }\n\nfunc f(s *S, key string) {\n\t_ = ⟨s.⟩«Get(key)»⟨⟩\n}\n"}, []want{
			{"a method of nothing", method, "Fetch(key)", certified, "missing-member"}, {"too many", parameter, "Get(key, 1)", certified, "argument-count"}, {"an undeclared name", undefinedvariable, "Get(keys)", certified, "unbound-name"},
		}},
		{"Python", tree{"a.py": "class A:\n    def load(self, n):\n        return 1\n\n    def run(self, n):\n        return ⟨self.⟩«load(n)»⟨⟩\n"}, []want{
			{"a method of nothing", method, "fetch(n)", certified, "missing-member"}, {"too many", parameter, "load(n, 1)", certified, "argument-count"}, {"an undeclared name", undefinedvariable, "load(ns)", certified, "unbound-name"},
		}},
		{"C++", tree{"a.cc": "namespace ns {\nclass S {\n public:\n  int find(int k) { return k; }\n};\nint g(int k) { return k; }\nvoid f(S* s, int n) {\n  ⟨s->⟩«find(n)»⟨;⟩\n}\n}\n"}, []want{
			{"a method of nothing", method, "fetch(n)", certified, "missing-member"}, {"too many", parameter, "find(n, 1)", certified, "argument-count"}, {"an undeclared name", undefinedvariable, "find(ns1)", certified, "unbound-name"},
		}},
		{"C#", tree{"A.cs": "class S {\n  public int Find(int k) { return k; }\n}\nclass A {\n  void F(S s, int n) {\n    ⟨s.⟩«Find(n)»⟨;⟩\n  }\n}\n"}, []want{
			{"a method of nothing", method, "Fetch(n)", unseen, "missing-member"}, {"too many", parameter, "Find(n, 1)", certified, "argument-count"}, {"an undeclared name", undefinedvariable, "Find(ns)", certified, "unbound-name"},
		}},
		{"Java", tree{"A.java": "class S {\n  int find(int k) { return k; }\n}\nclass A {\n  void f(S s, int n) {\n    int x = ⟨s.⟩«find(n)»⟨;⟩\n  }\n}\n"}, []want{
			{"a method of nothing", method, "fetch(n)", certified, "missing-member"}, {"too many", parameter, "find(n, 1)", certified, "argument-count"}, {"an undeclared name", undefinedvariable, "find(ns)", certified, "unbound-name"},
		}},
		{"JavaScript", tree{"a.js": "export class A {\n  find(k) { return k; }\n  run(n) {\n    ⟨this.⟩«find(n)»⟨;⟩\n  }\n}\n"}, []want{
			{"a method of nothing", method, "fetch(n)", certified, "missing-member"}, {"an undeclared name", undefinedvariable, "find(ns)", certified, "unbound-name"},
		}},
		{"TypeScript", tree{"a.ts": "export class A {\n  find(k: number): number { return k; }\n  run(n: number) {\n    return ⟨this.⟩«find(n)»⟨;⟩\n  }\n}\n"}, []want{
			{"a method of nothing", method, "fetch(n)", certified, "missing-member"}, {"too many", parameter, "find(n, 1)", certified, "argument-count"}, {"an undeclared name", undefinedvariable, "find(ns)", certified, "unbound-name"},
		}},
		{"Rust", tree{"Cargo.toml": "[package]\nname = \"a\"\n", "src/lib.rs": "struct S;\nimpl S {\n    fn with_rows(n: u8) -> S { S }\n}\nfn f(n: u8) {\n    ⟨S::⟩«with_rows(n)»⟨;⟩\n}\n"}, []want{
			{"a function of nothing", method, "with_lines(n)", unseen, "missing-member"}, {"too many", parameter, "with_rows(n, 1)", certified, "argument-count"}, {"an undeclared name", undefinedvariable, "with_rows(ns)", certified, "unbound-name"},
		}},

		{"a line of Go", tree{"go.mod": "module example.com/a\n", "a.go": "package a\n\nimport (\n⟨\t⟩«\"encoding/json\"»⟨\n⟩)\n\nvar x = json.Marshal\n"}, []want{
			{"not in the library", importing, "\"encoding/yaml\"", certified, "missing-module"}, {"in the library", importing, "\"encoding/xml\"", existing, ""},
		}},
		{"a line of Python", tree{"pkg/__init__.py": "", "pkg/a.py": "def f():\n⟨    ⟩«from .b import c»⟨\n⟩    return c\n", "pkg/b.py": "c = 1\n"}, []want{
			{"not in the module", importing, "from .b import d", certified, "missing-import-name"}, {"no module", importing, "from .bb import c", certified, "missing-module"},
		}},
		{"a line of TypeScript", tree{"a.ts": "⟨⟩«import {\n  b,\n} from './b';»⟨\n⟩b();\n", "b.ts": "export function b() { }\n"}, []want{
			{"not in the module", importing, "import {\n  c,\n} from './b';", certified, "missing-import-name"}, {"no module", importing, "import {\n  b,\n} from './bb';", certified, "missing-module"},
		}},
		{"a line of Rust", tree{"Cargo.toml": "[package]\nname = \"a\"\n", "src/lib.rs": "mod b {\n    pub fn c() { }\n}\nmod m {\n⟨    ⟩«use crate::b::c;»⟨\n⟩}\n"}, []want{
			{"not in the module", importing, "use crate::b::d;", certified, ""},
		}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.repo.forms(func(repo tree, head, tail string) {
				wants := []want{}
				for _, w := range c.wants {
					w.name, w.text = w.name+" "+head+tail, head+w.text+tail
					wants = append(wants, w)
				}
				run(t, repo, wants)
			})
		})
	}
}
