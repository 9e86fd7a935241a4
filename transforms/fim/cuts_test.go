package fim

import (
	"fmt"
	"math"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// sourceOf parses a file.
func sourceOf(t *testing.T, language schemas.Language, path, src string) *source {
	t.Helper()
	p := syntax.NewParser()
	t.Cleanup(p.Close)
	f, err := p.ParseFacts(syntax.ByName(language), path, []byte(src))
	if err != nil {
		t.Fatal(err)
	}
	return newSource(blob(language, path, src), f, nil)
}

// forms are the forms that a file's calls have, as "form: golden"; each once, in the order of
// the calls and of [schemas.CallForms].
func forms(s *source) []string {
	out := []string{}
	for _, c := range calls(s) {
		for _, f := range schemas.CallForms {
			got, form := s.formed(c, f.Begin(), f.End())
			if line := fmt.Sprintf("%s: %s", form, s.Src[got.start:got.end]); !slices.Contains(out, line) {
				out = append(out, line)
			}
		}
	}
	return out
}

func TestCallForms(t *testing.T) {
	for _, c := range []struct {
		name     string
		language schemas.Language
		src      string
		want     []string
	}{
		{"a receiver", schemas.Go, "package a\n\nfunc f() {\n\tx := ms.Inner.StoreMessage(mi)\n}\n",
			[]string{"name call: StoreMessage(mi)", "expression call: ms.Inner.StoreMessage(mi)"}},
		{"no receiver", schemas.Go, "package a\n\nfunc f() {\n\tdoSomething(1, 2); g()\n}\n",
			[]string{"name call: doSomething(1, 2)"}},
		{"a chain", schemas.Go, "package a\n\nfunc f() {\n\ta.First(12345678).Second(12345678)\n}\n",
			[]string{"name call: Second(12345678)", "expression call: a.First(12345678).Second(12345678)",
				"name call: First(12345678)", "expression call: a.First(12345678)"}},

		{"a receiver, a decorator", schemas.Python, "@app.route(\"/long\")\ndef f():\n    return self.store.put_all(x, y); g()\n",
			[]string{"name call: route(\"/long\")", "expression call: app.route(\"/long\")",
				"name call: put_all(x, y)", "expression call: self.store.put_all(x, y)"}},

		{"statements", schemas.Cpp, "void f() {\n  p->Append(first, 2);\n  auto x = p->Reserve(first);\n  return q.Finish(first) ;\n}\n",
			[]string{"name call: Append(first, 2)", "name statement: Append(first, 2);",
				"expression call: p->Append(first, 2)", "expression statement: p->Append(first, 2);",
				"name call: Reserve(first)", "name statement: Reserve(first);",
				"expression call: p->Reserve(first)", "expression statement: p->Reserve(first);",
				"name call: Finish(first)", "expression call: q.Finish(first)"}},
		{"paths", schemas.Cpp, "void f() {\n  a::b<int, c::d>::max_element(x, y);\n  auto* w = new ns::Widget(1, 2, 3);\n  ::global_call(x, y);\n}\n",
			[]string{"name call: max_element(x, y)", "name statement: max_element(x, y);",
				"path call: a::b<int, c::d>::max_element(x, y)", "path statement: a::b<int, c::d>::max_element(x, y);",
				"name call: Widget(1, 2, 3)", "name statement: Widget(1, 2, 3);",
				"path call: ns::Widget(1, 2, 3)", "path statement: ns::Widget(1, 2, 3);",
				"expression call: new ns::Widget(1, 2, 3)", "expression statement: new ns::Widget(1, 2, 3);",
				"name call: global_call(x, y)", "name statement: global_call(x, y);",
				"path call: ::global_call(x, y)", "path statement: ::global_call(x, y);"}},
		{"a loop's head and a branch without braces", schemas.Cpp, "void f() {\n  for (auto i = start_of(list); i != end_of_all(x); ++i)\n    visit_one(i, x);\n  if (x) visit_two(i, x);\n  else visit_more(i, x);\n}\n",
			[]string{"name call: start_of(list)", "name call: end_of_all(x)",
				"name call: visit_one(i, x)", "name statement: visit_one(i, x);",
				"name call: visit_two(i, x)",
				"name call: visit_more(i, x)", "name statement: visit_more(i, x);"}},

		{"statements, new, a conditional access", schemas.CSharp, "class A {\n  int f = Table.Lookup(12345);\n  void F() {\n    a.Resolve<int>(3, 4);\n    var e = new EventId(3010, \"x\");\n    s?.SendAsync(1, 2);\n    for (var i = First(12345678); ok; Next(12345678)) { }\n  }\n}\n",
			[]string{"name call: Lookup(12345)", "expression call: Table.Lookup(12345)",
				"name call: Resolve<int>(3, 4)", "name statement: Resolve<int>(3, 4);",
				"expression call: a.Resolve<int>(3, 4)", "expression statement: a.Resolve<int>(3, 4);",
				"name call: EventId(3010, \"x\")", "name statement: EventId(3010, \"x\");",
				"expression call: new EventId(3010, \"x\")", "expression statement: new EventId(3010, \"x\");",
				"name call: SendAsync(1, 2)", "name statement: SendAsync(1, 2);",
				"expression call: s?.SendAsync(1, 2)", "expression statement: s?.SendAsync(1, 2);",
				"name call: First(12345678)", "name call: Next(12345678)"}},
		{"an attribute has one form", schemas.CSharp, "[Table(\"a long name\")]\nclass A { }\n", []string{"name call: Table(\"a long name\")"}},

		{"statements, new, super", schemas.Java, "class A {\n  A() { super(12345, 67890); }\n  void f() {\n    list.addAll(first, second);\n    return new HashMap<>(1, 2);\n  }\n}\n",
			[]string{"name statement: super(12345, 67890);",
				"name call: addAll(first, second)", "name statement: addAll(first, second);",
				"expression call: list.addAll(first, second)", "expression statement: list.addAll(first, second);",
				"name call: HashMap<>(1, 2)", "name statement: HashMap<>(1, 2);",
				"expression call: new HashMap<>(1, 2)", "expression statement: new HashMap<>(1, 2);"}},

		{"at file level, without a semicolon", schemas.JavaScript, "a?.listen(8080, () => {});\nnew Server(options)\nconst s = await make(1234567);\n",
			[]string{"name call: listen(8080, () => {})", "name statement: listen(8080, () => {});",
				"expression call: a?.listen(8080, () => {})", "expression statement: a?.listen(8080, () => {});",
				"name call: Server(options)", "expression call: new Server(options)",
				"name call: make(1234567)", "name statement: make(1234567);"}},

		{"statements, new, arrow functions", schemas.TypeScript, "function f() {\n  const s = new Map<string, number>([1, 2]);\n  this.items.forEach((x) => handle(x, 1234));\n  for (let i = first(12345678); i < length(12345678); i++) { }\n}\n",
			[]string{"name call: Map<string, number>([1, 2])", "name statement: Map<string, number>([1, 2]);",
				"expression call: new Map<string, number>([1, 2])", "expression statement: new Map<string, number>([1, 2]);",
				"name call: forEach((x) => handle(x, 1234))", "name statement: forEach((x) => handle(x, 1234));",
				"expression call: this.items.forEach((x) => handle(x, 1234))", "expression statement: this.items.forEach((x) => handle(x, 1234));",
				"name call: handle(x, 1234)", "name call: first(12345678)", "name call: length(12345678)"}},
		{"a tag has one form", schemas.TypeScript, "const a = <List items={load} of={x} />;\n", []string{"name call: List items={load} of={x} />"}},

		{"paths, receivers, macros", schemas.Rust, "fn f() {\n    let t = <Vec<u8> as a::B>::with_capacity(10);\n    a::b::GenericArgument::Type(text).push_str(&text);\n    log::info!(\"{} {}\", a, b);\n    self.done(1, 2, 3)\n}\n",
			[]string{"name call: with_capacity(10)", "name statement: with_capacity(10);",
				"path call: <Vec<u8> as a::B>::with_capacity(10)", "path statement: <Vec<u8> as a::B>::with_capacity(10);",
				"name call: push_str(&text)", "name statement: push_str(&text);",
				"expression call: a::b::GenericArgument::Type(text).push_str(&text)", "expression statement: a::b::GenericArgument::Type(text).push_str(&text);",
				"name call: info!(\"{} {}\", a, b)", "name statement: info!(\"{} {}\", a, b);",
				"path call: log::info!(\"{} {}\", a, b)", "path statement: log::info!(\"{} {}\", a, b);",
				"name call: done(1, 2, 3)", "expression call: self.done(1, 2, 3)"}},

		{"no longer than goldens are", schemas.Go, "package a\n\nfunc f() {\n\t" + strings.Repeat("x", 810) + ".Second(12345678)\n}\n",
			[]string{"name call: Second(12345678)"}},
	} {
		t.Run(string(c.language)+" "+c.name, func(t *testing.T) {
			path := "a" + syntax.ByName(c.language).Extensions[0]
			if c.language == schemas.TypeScript {
				path = "a.tsx"
			}
			if got := forms(sourceOf(t, c.language, path, c.src)); !slices.Equal(got, c.want) {
				t.Errorf("got  %s\nwant %s", strings.Join(got, "\n     "), strings.Join(c.want, "\n     "))
			}
		})
	}
}

// TestLineCuts: the whole lines of what a cursor begins at the first visible character.
func TestLineCuts(t *testing.T) {
	for _, c := range []struct {
		name      string
		language  schemas.Language
		path, src string
		want      []string // "prefix's last line|golden"
	}{
		{"an import", schemas.Go, "a.go", "package a\n\nimport \"fmt\"\n", []string{"|import \"fmt\"\n"}},
		{"lines of a block", schemas.Go, "a.go", "package a\n\nimport (\n\t\"os\"\n\n\tx \"a/b\" // why\n)\n", []string{"|\t\"os\"\n", "|\tx \"a/b\" // why\n"}},
		{"no newline at the end", schemas.Go, "a.go", "package a\nimport \"fmt\"", nil},
		{"indented, several lines, CRLF", schemas.Python, "a.py", "def f():\r\n    from a import (\r\n        b,\r\n    )\r\n", []string{"|    from a import (\r\n        b,\r\n    )\r\n"}},
		{"the newline is in the node", schemas.Cpp, "a.cc", "#include <a>\n#include \"b.h\" // c\n", []string{"|#include <a>\n", "|#include \"b.h\" // c\n"}},
		{"behind a BOM", schemas.CSharp, "a.cs", "\xef\xbb\xbfusing System;\nusing X = A.B;\n", []string{"\xef\xbb\xbf|using System;\n", "|using X = A.B;\n"}},
		{"static", schemas.Java, "A.java", "package a;\n  import static d.E.*;\n", []string{"|  import static d.E.*;\n"}},
		{"require", schemas.JavaScript, "a.js", "import a, {b} from 'c';\nconst f = require('g');\n", []string{"|import a, {b} from 'c';\n", "|const f = require('g');\n"}},
		{"types", schemas.TypeScript, "a.ts", "import {\n  c,\n} from \"./d\";\n", []string{"|import {\n  c,\n} from \"./d\";\n"}},
		{"in a module", schemas.Rust, "a.rs", "mod m {\n    use super::x;\n}\n", []string{"|    use super::x;\n"}},
		{"too long with its newline", schemas.Rust, "a.rs", "use a::" + strings.Repeat("b", 817-len("use a::;")) + ";\n", nil},
	} {
		t.Run(string(c.language)+" "+c.name, func(t *testing.T) {
			s := sourceOf(t, c.language, c.path, c.src)
			var got []string
			for _, i := range imports(s) {
				if whole, ok := s.wholeLines(i); ok {
					line := c.src[strings.LastIndexByte(c.src[:whole.start], '\n')+1 : whole.start]
					got = append(got, line+"|"+c.src[whole.start:whole.end])
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got  %q\nwant %q", got, c.want)
			}
		})
	}
}

// TestShares: over many spans each cut and form has the share that was asked for.
func TestShares(t *testing.T) {
	var b strings.Builder
	for i := range 4000 {
		fmt.Fprintf(&b, "    use a::b%d;\n", i)
	}
	b.WriteString("fn f() {\n")
	for i := range 4000 {
		fmt.Fprintf(&b, "    self.method_%d(x);\n    a::b::function_%d(x);\n", i, i)
	}
	b.WriteString("}\n")
	s := sourceOf(t, schemas.Rust, "a.rs", b.String())
	cfg, err := Config{
		Cuts:      Cuts{schemas.KindImport: {schemas.CutLine: 0.6, schemas.CutCursor: 0.4}},
		CallForms: CallForms{Name: 0.5, Path: 0.2, Expression: 0.3, Statement: map[schemas.Language]float64{schemas.Rust: 0.25}},
	}.Filled()
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]float64{}
	for _, c := range append(imports(s), calls(s)...) {
		_, cut, form := s.cut(c, &cfg)
		switch {
		case c.kind == schemas.KindImport:
			got[string(cut)] += 1. / 4000
		case s.callOf(c).Recv >= 0 && strings.HasPrefix(s.callOf(c).Name, "function"):
			got["path: "+string(form)] += 1. / 4000
		default:
			got["receiver: "+string(form)] += 1. / 4000
		}
	}
	for what, want := range map[string]float64{
		"line": 0.6, "cursor": 0.4,
		"path: name call": 0.8 * 0.75, "path: name statement": 0.8 * 0.25, "path: path call": 0.2 * 0.75, "path: path statement": 0.2 * 0.25,
		"receiver: name call": 0.7 * 0.75, "receiver: name statement": 0.7 * 0.25, "receiver: expression call": 0.3 * 0.75, "receiver: expression statement": 0.3 * 0.25,
	} {
		if math.Abs(got[what]-want) > 0.03 {
			t.Errorf("%s: %.3f, want %.3f", what, got[what], want)
		}
		delete(got, what)
	}
	if len(got) > 0 {
		t.Errorf("and %v", got)
	}
}

func TestSharesAreChecked(t *testing.T) {
	share := func(v float64) map[schemas.Language]float64 { return map[schemas.Language]float64{schemas.Cpp: v} }
	for _, c := range []struct {
		cfg  Config
		want string // part of the error, "" for none
	}{
		{Config{}, ""},
		{Config{Cuts: Cuts{schemas.KindLine: {schemas.CutLine: 1}}}, ""},
		{Config{Cuts: Cuts{schemas.KindCall: {schemas.CutCursor: 1}}}, "extract.cuts.call: only import, line, lines are cut in more than one way; leave call out"},
		{Config{Cuts: Cuts{schemas.KindImport: {schemas.CutCharacter: 1}}}, "extract.cuts.import.character: unknown cut; use cursor, line"},
		{Config{Cuts: Cuts{schemas.KindImport: {schemas.CutLine: 1.5}}}, "extract.cuts.import.line: 1.5 is not between 0 and 1"},
		{Config{Cuts: Cuts{schemas.KindImport: {schemas.CutLine: 0.5}}}, "extract.cuts.import: the shares sum to 0.5 and not to 1"},
		{Config{CallForms: CallForms{Name: 1}}, ""},
		{Config{CallForms: CallForms{Name: 0.5}}, "extract.call_forms: name, path and expression: the shares sum to 0.5 and not to 1"},
		{Config{CallForms: CallForms{Path: math.NaN()}}, "extract.call_forms.path: NaN is not between 0 and 1"},
		{Config{CallForms: CallForms{Statement: share(-1)}}, "extract.call_forms.statement.cpp: -1 is not between 0 and 1"},
		{Config{CallForms: CallForms{Statement: map[schemas.Language]float64{"c": 1}}}, "extract.call_forms.statement.c: unknown language; use cpp, csharp"},
	} {
		_, err := c.cfg.Filled()
		if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: error %v, want %q", c.cfg, err, c.want)
		}
	}
	got, err := Config{Cuts: Cuts{schemas.KindLine: {schemas.CutLine: 1}}, CallForms: CallForms{Statement: share(1)}}.Filled()
	if err != nil || got.Cuts[schemas.KindLine][schemas.CutCursor] != 0 || got.Cuts[schemas.KindImport][schemas.CutLine] != 0.7 ||
		got.CallForms.Name != 0.7 || len(got.CallForms.Statement) != 1 {
		t.Errorf("what is absent is not the default: %+v, %v", got, err)
	}
}
