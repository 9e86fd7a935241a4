package fim

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// found writes a file's spans of one kind as "prefix's last line|golden".
func found(t *testing.T, language schemas.Language, path, src string, find func(*source) []span) []string {
	t.Helper()
	p := syntax.NewParser()
	defer p.Close()
	f, err := p.ParseFacts(syntax.ByName(language), path, []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	out := []string{}
	for _, s := range find(newSource(blob(language, path, src), f, nil)) {
		line := src[strings.LastIndexByte(src[:s.start], '\n')+1 : s.start]
		out = append(out, line+"|"+src[s.start:s.end])
	}
	return out
}

func TestImportSpans(t *testing.T) {
	for _, c := range []struct {
		name      string
		language  schemas.Language
		path, src string
		want      []string
	}{
		{"one import", schemas.Go, "a.go", "package a\n\nimport \"fmt\"\n", []string{"|import \"fmt\""}},
		{"lines of a block", schemas.Go, "a.go", "package a\n\nimport (\n\t\"os\"\n\n\tx \"a/b\" // why\n)\n", []string{"\t|\"os\"", "\t|x \"a/b\" // why"}},
		{"a block on one line", schemas.Go, "a.go", "package a\n\nimport (\"q\"; \"r\")\n", []string{"|import (\"q\"; \"r\")"}},
		{"no newline at the end", schemas.Go, "a.go", "package a\nimport \"fmt\"", []string{"|import \"fmt\""}},

		{"indented", schemas.Python, "a.py", "def f():\n\timport json  # late\n", []string{"\t|import json  # late"}},
		{"several lines", schemas.Python, "a.py", "from a import (\n    b,\n    c,\n)\n", []string{"|from a import (\n    b,\n    c,\n)"}},
		{"several lines, CRLF", schemas.Python, "a.py", "from a import (\r\n    b,\r\n)\r\nx = 1\r\n", []string{"|from a import (\r\n    b,\r\n)"}},
		{"two on a line", schemas.Python, "a.py", "import os; import sys\nimport re\n", []string{"|import os; import sys", "|import re"}},
		{"something else on the line", schemas.Python, "a.py", "import os; x = 1\ny = 2; import re\n", nil},
		{"inside another statement", schemas.Python, "a.py", "if 1: import os\ntry: import re\nexcept E: pass\n", nil},
		{"behind a continued one", schemas.Python, "a.py", "import os; from a import (\n    b)\n", nil},

		{"newline in the node, CRLF", schemas.Cpp, "a.cc", "#include <a>\r\n#include \"b.h\" // c\r\nint x;\r\n", []string{"|#include <a>", "|#include \"b.h\" // c"}},
		{"using namespace", schemas.Cpp, "a.cc", "using namespace std;\n", []string{"|using namespace std;"}},

		{"BOM", schemas.CSharp, "a.cs", "\xef\xbb\xbfusing System;\nusing X = A.B;\n", []string{"\xef\xbb\xbf|using System;", "|using X = A.B;"}},
		{"in a namespace's line", schemas.CSharp, "a.cs", "namespace N { using D; class A { } }\n", nil},
		{"static", schemas.Java, "A.java", "package a;\nimport a.b.C; // x\nimport static d.E.*;\n", []string{"|import a.b.C; // x", "|import static d.E.*;"}},
		{"re-export, require", schemas.JavaScript, "a.js", "import a, {b} from 'c';\nexport {q} from './q';\nconst f = require('g');\n", []string{"|import a, {b} from 'c';", "|export {q} from './q';", "|const f = require('g');"}},
		{"types", schemas.TypeScript, "a.ts", "import type { A } from 'b';\nimport {\n  c,\n} from \"./d\";\n", []string{"|import type { A } from 'b';", "|import {\n  c,\n} from \"./d\";"}},
		{"public", schemas.Rust, "a.rs", "use a::b;\npub use c::{\n    d, e};\nmod m {\n    use super::x;\n}\n", []string{"|use a::b;", "|pub use c::{\n    d, e};", "    |use super::x;"}},

		{"too long", schemas.Rust, "a.rs", "use a::" + strings.Repeat("b", 817-len("use a::;")+1) + ";\n", nil},
		{"long enough in characters", schemas.Python, "a.py", "import " + strings.Repeat("é", 810) + "\n", []string{"|import " + strings.Repeat("é", 810)}},
		{"broken", schemas.Java, "A.java", "import a.;\nimport a.b;\n", []string{"|import a.b;"}},
	} {
		t.Run(string(c.language)+" "+c.name, func(t *testing.T) {
			if got := found(t, c.language, c.path, c.src, imports); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

func TestCallSpans(t *testing.T) {
	for _, c := range []struct {
		name      string
		language  schemas.Language
		path, src string
		want      []string
	}{
		{"method, function", schemas.Go, "a.go", "package a\n\nfunc f() {\n\tms.StoreMessage(mi)\n\tdoSomething(1, 2)\n}\n", []string{"\tms.|StoreMessage(mi)", "\t|doSomething(1, 2)"}},
		{"chained, inner ones", schemas.Go, "a.go", "package a\n\nfunc f() {\n\ta.First(12345).Second(outer(67890))\n}\n",
			[]string{"\ta.First(12345).|Second(outer(67890))"}},
		{"several lines", schemas.Go, "a.go", "package a\n\nfunc f() {\n\tms.Store(\n\t\tone,\n\t\ttwo,\n\t)\n}\n", []string{"\tms.|Store(\n\t\tone,\n\t\ttwo,\n\t)"}},
		{"too short", schemas.Go, "a.go", "package a\n\nfunc f() { abc(12345678) }\nfunc g() { abc(123456) }\n", []string{"func f() { |abc(12345678)"}},
		{"keyword arguments", schemas.Python, "a.py", "p = soup.find_all(\"p\", attrs={\"class\": c})\n", []string{"p = soup.|find_all(\"p\", attrs={\"class\": c})"}},
		{"annotation", schemas.Java, "A.java", "@Service(\"a long name\")\nclass A { }\n", []string{"@|Service(\"a long name\")"}},
		{"attribute", schemas.CSharp, "a.cs", "[Table(\"a long name\")]\nclass A { }\n", []string{"[|Table(\"a long name\")"}},
		{"arrow, qualified, new", schemas.Cpp, "a.cc", "void f() {\n  p->Append(first, 2);\n  std::max_element(a, b);\n  auto* x = new Widget(1, 2, 3);\n}\n",
			[]string{"  p->|Append(first, 2)", "  std::|max_element(a, b)", "  auto* x = new |Widget(1, 2, 3)"}},
		{"new, generic", schemas.CSharp, "a.cs", "class A {\n  void F() {\n    var e = new EventId(3010, \"x\");\n    a.Resolve<int>(3, 4);\n  }\n}\n",
			[]string{"    var e = new |EventId(3010, \"x\")", "    a.|Resolve<int>(3, 4)"}},
		{"new, generic", schemas.Java, "A.java", "class A {\n  void f() {\n    x = new HashMap<>(1, 2);\n    list.addAll(first, second);\n  }\n}\n",
			[]string{"    x = new |HashMap<>(1, 2)", "    list.|addAll(first, second)"}},
		{"optional, new", schemas.JavaScript, "a.js", "a?.listen(8080, () => {});\nnew Server(options);\n", []string{"a?.|listen(8080, () => {})", "new |Server(options)"}},
		{"type arguments", schemas.TypeScript, "a.ts", "const s = new Map<string, number>([1, 2]);\n", []string{"const s = new |Map<string, number>([1, 2])"}},
		{"path, method, macro", schemas.Rust, "a.rs", "fn f() {\n    Vec::<u8>::with_capacity(10);\n    a.push_str(&text);\n    println!(\"{} {}\", a, b);\n}\n",
			[]string{"    Vec::<u8>::|with_capacity(10)", "    a.|push_str(&text)", "    |println!(\"{} {}\", a, b)"}},
	} {
		t.Run(string(c.language)+" "+c.name, func(t *testing.T) {
			if got := found(t, c.language, c.path, c.src, calls); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// typed writes a file's spans of one kind that carry a type as "golden [types]".
func typed(t *testing.T, language schemas.Language, path, src string, kind schemas.Kind) []string {
	t.Helper()
	p := syntax.NewParser()
	defer p.Close()
	f, err := p.ParseFacts(syntax.ByName(language), path, []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	s := newSource(blob(language, path, src), f, nil)
	out := []string{}
	for _, k := range finders {
		if k.key != string(kind) {
			continue
		}
		for _, c := range k.find(s) {
			if types := s.types(c); len(types) > 0 {
				out = append(out, fmt.Sprint(src[c.start:c.end], " ", types))
			}
		}
	}
	slices.Sort(out)
	return out
}

func TestTypes(t *testing.T) {
	const mpu, mp, m, p, u = " [method parameter undefinedvariable]", " [method parameter]", " [method]", " [parameter]", " [undefinedvariable]"
	for _, c := range []struct {
		name     string
		language schemas.Language
		kind     schemas.Kind
		src      string
		want     []string
	}{
		{"a call without arguments has no place for a variable", schemas.Go, schemas.KindCall, "package a\n\nfunc f() { withoutArguments(); withArguments(1) }\n",
			[]string{"withArguments(1)" + mpu, "withoutArguments()" + mp}},
		{"only calls in an annotation can be checked", schemas.Java, schemas.KindCall, "@Service(\"a long name\")\nclass A { @Timeout(value = limit) void f() { } }\n",
			[]string{"Timeout(value = limit)" + u}},
		{"of a macro only what its tokens read", schemas.Rust, schemas.KindCall, "fn f(a: u8) { println!(\"{} {}\", a, 5); panic!(\"without any\"); my_macro!(a => b, c); }\n",
			[]string{`println!("{} {}", a, 5)` + u}},
		{"components, not the host's elements", schemas.TypeScript, schemas.KindCall, "const a = <div><Button.Big kind={kind} /><List items={load(all)}>x</List><Empty why=\"x\" /></div>;\n",
			[]string{`Button.Big kind={kind} />` + u, `List items={load(all)}>` + mpu}},

		{"arguments", schemas.Go, schemas.KindArgument, "package a\n\nimport \"fmt\"\n\nfunc f(x int) { g(x, 1, h(), k(2), fmt.Foo) }\n",
			[]string{"h()" + mp, "k(2)" + mp, "x" + u}},
		{"keywords", schemas.Python, schemas.KindArgument, "f(a, key=1, other=b, *c, **d)\n",
			[]string{"**d" + u, "*c" + u, "a" + u, "key=1" + p, "other=b [parameter undefinedvariable]"}},
		{"functions", schemas.JavaScript, schemas.KindArgument, "on('x', () => { save(y); });\n", []string{"() => { save(y); }" + mpu, "y" + u}},

		{"identifiers", schemas.Python, schemas.KindIdentifier, "import os\nval = os.path.join(abc, self.name, len(xs), Foo, None)\n",
			[]string{"abc" + u, "join" + m, "len" + m, "xs" + u}},
		{"types and targets are none", schemas.Java, schemas.KindIdentifier, "class A { void f(int ab) { Foo bc = new Bar(ab); cd = bc.field; Baz.run(); } }\n",
			[]string{"Bar" + m, "ab" + u, "bc" + u, "run" + m}},

		{"statements", schemas.Go, schemas.KindStatement, "package a\n\nfunc f(x int) {\n\t// c\n\ty := g(x)\n\tif y {\n\t\treturn\n\t}\n\treturn x\n}\n",
			[]string{"if y {\n\t\treturn\n\t}" + u, "return x" + u, "y := g(x)" + mpu}},
		{"of functions, not of classes", schemas.Python, schemas.KindStatement, "class A:\n    x = f(y)\n    def g(self):\n        a = b; c(d)\n        # e\n        pass\n",
			[]string{"a = b" + u, "c(d)" + mpu}},
		{"between preprocessor lines", schemas.Cpp, schemas.KindStatement, "void f() {\n#ifdef A\n  g(x);\n#endif\n  h(y);\n  switch (z) { case 1: k(); }\n}\n",
			[]string{"h(y);" + mpu, "switch (z) { case 1: k(); }" + mpu}},

		{"blocks", schemas.Rust, schemas.KindBlock, "fn f(x: u8) -> u8 {\n    // c\n    #[a]\n    let y = x;\n    if y { 1 } else { g(y) }\n    // d\n}\n",
			[]string{"g(y)" + mpu, "let y = x;\n    if y { 1 } else { g(y) }" + mpu}},
		{"of functions, not of name spaces", schemas.TypeScript, schemas.KindBlock, "namespace A { let x = f(); function g() { return x; } }\n", []string{"return x;" + u}},
		{"constructors and accessors", schemas.CSharp, schemas.KindBlock, "class A { A(int b) { c = b; } int P { get { return d; } } }\n", []string{"c = b;" + u, "return d;" + u}},
	} {
		t.Run(string(c.language)+" "+string(c.kind)+" "+c.name, func(t *testing.T) {
			path := "a" + syntax.ByName(c.language).Extensions[0]
			if c.language == schemas.TypeScript {
				path = "a.tsx"
			}
			if got := typed(t, c.language, path, c.src, c.kind); !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestKeys: the order of candidates is part of what a build writes.
func TestKeys(t *testing.T) {
	k := keys{seed: "s"}
	for _, s := range []span{{start: 1, end: 2, kind: "call"}, {start: 1 << 20, end: 1<<20 + 9, kind: "call"}, {start: 3, end: 4, kind: "import"}, {start: 1, end: 2, kind: "call"}} {
		if got, want := k.of(s), schemas.Key64("span", "s", string(s.kind), string(int64Bytes(s.start)), string(int64Bytes(s.end))); got != want {
			t.Errorf("%v: %x, want %x", s, got, want)
		}
	}
}

func TestQueue(t *testing.T) {
	var all []span
	for i := range 500 {
		all = append(all, span{start: i, end: i + 1 + i%3, kind: schemas.KindCall})
	}
	q := newQueue(all, "seed")
	var got []span
	for len(q) > 0 {
		got = append(got, q.next())
	}
	if len(got) != 500 || !slices.IsSortedFunc(got, func(a, b span) int { return cmp.Compare(a.key, b.key) }) {
		t.Errorf("%d spans, not in the order of their keys", len(got))
	}
}

func TestGeneralSpans(t *testing.T) {
	var src strings.Builder
	src.WriteString("\xef\xbb\xbf// head\r\n")
	for i := range 200 {
		fmt.Fprintf(&src, "\tvalue%d := compute(first, \"naïve text %d\") + 1\r\n\r\n", i, i)
	}
	text := src.String()
	seen := map[schemas.Kind]int{}
	withSpace, afterSpace := 0, 0
	for seed := range 200 {
		for _, s := range generals(&source{Facts: &syntax.Facts{Src: []byte(text)}, blob: &schemas.Blob{SHA256: fmt.Sprint(seed)}}) {
			golden, before := text[s.start:s.end], text[:s.start]
			line := before[strings.LastIndexByte(before, '\n')+1:]
			seen[s.kind]++
			if strings.HasSuffix(golden, "\r") || strings.HasSuffix(golden, "\n") || strings.HasPrefix(golden, "\t") || strings.ToValidUTF8(golden, "") != golden {
				t.Fatalf("%s golden %q", s.kind, golden)
			}
			switch s.kind {
			case schemas.KindLine, schemas.KindLines:
				if strings.Trim(line, "\t\xef\xbb\xbf") != "" || !strings.HasPrefix(text[s.end:], "\r\n") || strings.Contains(golden, "\n") != (s.kind == schemas.KindLines) {
					t.Fatalf("%s %q after %q", s.kind, golden, line)
				}
			case schemas.KindRandom:
				if strings.Contains(golden, "\n") || strings.Trim(line, "\t") == "" {
					t.Fatalf("random %q after %q is not in the middle of a line", golden, line)
				}
				if strings.HasPrefix(golden, " ") {
					withSpace++
				} else if strings.HasSuffix(line, " ") {
					afterSpace++
				}
			}
		}
	}
	for _, k := range schemas.GeneralKinds {
		if seen[k] < 100 {
			t.Errorf("%d spans of kind %s", seen[k], k)
		}
	}
	if share := float64(withSpace) / float64(withSpace+afterSpace); share < 0.4 || share > 0.6 {
		t.Errorf("of the spans at a space %.2f take it into the middle, want half", share)
	}
}
