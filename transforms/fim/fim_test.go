package fim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

func blob(language schemas.Language, path, content string) *schemas.Blob {
	sum := sha256.Sum256([]byte(content))
	return &schemas.Blob{Repo: "o/r", Commit: "c1", Path: path, License: "MIT", Language: language, Size: int64(len(content)), SHA256: hex.EncodeToString(sum[:]), Content: []byte(content)}
}

// extract runs File with a new extractor.
func extract(t *testing.T, cfg Config, b *schemas.Blob) Result {
	t.Helper()
	cfg, err := cfg.Filled()
	if err != nil {
		t.Fatal(err)
	}
	x := New(cfg)
	defer x.Close()
	r, err := x.File(b, true)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

func TestWindow(t *testing.T) {
	lines := strings.Repeat("0123456\n", 20) // 160 bytes, 8 a line
	for _, c := range []struct {
		name           string
		src            string
		start, end     int
		prefix, suffix int
		want           extent
	}{
		{"whole file", lines, 80, 84, 100, 60, extent{0, 160}},
		{"whole file, one side unused", lines, 0, 4, 96, 60, extent{0, 160}},
		{"both cut, at line starts", lines, 80, 84, 20, 10, extent{64, 88}},
		{"prefix leaves to suffix", lines, 8, 12, 40, 16, extent{0, 56}},
		{"suffix leaves to prefix", lines, 152, 156, 20, 20, extent{120, 160}},
		{"cut exactly at a line start", lines, 80, 84, 24, 12, extent{56, 96}},
		{"no line start in reach", strings.Repeat("x", 100), 50, 60, 10, 10, extent{50, 60}},
		{"span of several lines", lines, 80, 100, 16, 12, extent{64, 112}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got := window([]byte(c.src), span{start: c.start, end: c.end}, c.prefix, c.suffix)
			if got != c.want {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}

func TestWindowKeepsItsBudget(t *testing.T) {
	src := []byte(strings.Repeat("some line of code\n", 200))
	for start := 0; start < len(src); start += 7 {
		s := span{start: start, end: min(len(src), start+23)}
		w := window(src, s, 500, 200)
		if w.start > s.start || w.end < s.end || s.start-w.start+w.end-s.end > 700 {
			t.Fatalf("span %d-%d has the window %v", s.start, s.end, w)
		}
		if w.start > 0 && src[w.start-1] != '\n' || w.end < len(src) && src[w.end-1] != '\n' {
			t.Fatalf("window %v is not cut at line starts", w)
		}
		if s.start-w.start < 450 && w.start > 0 && s.start > 500 {
			t.Fatalf("span at %d shows only %d bytes before it", s.start, s.start-w.start)
		}
	}
}

// asFound and atCursor take every candidate as it is found.
var (
	asFound  = CallForms{Name: 1, Statement: map[schemas.Language]float64{}}
	atCursor = Cuts{schemas.KindImport: {schemas.CutCursor: 1}, schemas.KindLine: {schemas.CutCursor: 1}, schemas.KindLines: {schemas.CutCursor: 1}}
)

// long is a Go file whose functions fill more than a window.
func long(functions, lines int) string {
	var b strings.Builder
	b.WriteString("package a\n\nimport \"fmt\"\n\n")
	for i := range functions {
		fmt.Fprintf(&b, "func f%d() {\n", i)
		for j := range lines {
			fmt.Fprintf(&b, "\tfmt.Println(\"line %d of function %d\", %d)\n", j, i, i*j)
		}
		b.WriteString("}\n\n")
	}
	return b.String()
}

func TestFileRejects(t *testing.T) {
	reasons := func(r Result) map[schemas.Reason]string {
		out := map[schemas.Reason]string{}
		for _, x := range r.Rejects {
			out[x.Reason] = x.Detail
		}
		return out
	}
	one := Config{Kinds: map[string]int{"import": 2, "call": 5}, CallForms: asFound}
	t.Run("a declaration that the window cannot hold", func(t *testing.T) {
		r := extract(t, one, blob(schemas.Go, "a.go", long(1, 800)))
		if got := reasons(r); got[RejectDeclCut] != "800 call spans" || len(r.Contexts) != 1 || r.Contexts[0].Kind != schemas.KindImport {
			t.Errorf("%d contexts, rejects %v", len(r.Contexts), got)
		}
	})
	t.Run("a declaration that the window holds in a long file", func(t *testing.T) {
		r := extract(t, one, blob(schemas.Go, "a.go", long(400, 2)))
		if len(r.Contexts) != 6 || len(r.Rejects) != 0 {
			t.Errorf("%d contexts, rejects %v", len(r.Contexts), r.Rejects)
		}
	})
	t.Run("an import far from the head", func(t *testing.T) {
		src := "x = 1\n" + strings.Repeat("# a line of comment, to fill the file with something\n", 400) + "import late_one\n"
		r := extract(t, one, blob(schemas.Python, "a.py", src))
		if got := reasons(r); got[RejectHeadCut] != "1 import spans" || len(r.Contexts) != 0 {
			t.Errorf("%d contexts, rejects %v", len(r.Contexts), got)
		}
	})
	t.Run("a declaration that a macro breaks", func(t *testing.T) {
		src := "#include \"a.h\"\n\nvoid good() {\n  store(first, second);\n}\n\nvoid bad() {\n  FOR_EACH(x, xs) { handle(x, ;;) } } ]\n  broken(first, second);\n}\n"
		r := extract(t, one, blob(schemas.Cpp, "a.cc", src))
		var goldens []string
		for _, c := range r.Contexts {
			goldens = append(goldens, c.Golden)
		}
		slices.Sort(goldens)
		if !slices.Contains(goldens, "store(first, second)") || slices.Contains(goldens, "broken(first, second)") {
			t.Errorf("goldens %q: the good function's call is to be taken, the broken one's not", goldens)
		}
		if got := reasons(r); got[RejectDeclBroken] == "" {
			t.Errorf("rejects %v", got)
		}
	})
	t.Run("nothing to take", func(t *testing.T) {
		r := extract(t, one, blob(schemas.Go, "a.go", "package a\n"))
		if got := reasons(r); got[RejectNoSpan] == "" || len(r.Contexts) != 0 {
			t.Errorf("%d contexts, rejects %v", len(r.Contexts), got)
		}
		if r := extract(t, one, blob(schemas.Cpp, "a.h", "#pragma once\n")); !r.Read || len(r.Symbols) != 0 {
			t.Errorf("a file that declares nothing: read %v, symbols %v", r.Read, r.Symbols)
		}
	})
	t.Run("too deep", func(t *testing.T) {
		r := extract(t, one, blob(schemas.Go, "a.go", "package a\n\nvar x = "+strings.Repeat("(", 5000)+"1"+strings.Repeat(")", 5000)+"\n"))
		if got := reasons(r); got[RejectTooDeep] == "" || r.Read {
			t.Errorf("rejects %v, read %v", got, r.Read)
		}
	})
}

func TestFileWithoutSpans(t *testing.T) {
	x := New(Config{Kinds: DefaultKinds, MaxPerFile: 16, PrefixBytes: 12288, SuffixBytes: 4096})
	defer x.Close()
	r, err := x.File(blob(schemas.Go, "a.go", long(2, 2)), false)
	if err != nil || len(r.Contexts) != 0 || len(r.Rejects) != 0 || len(r.Symbols) == 0 || len(r.Names) == 0 {
		t.Errorf("%d contexts, %d rejects, %d symbols, %d names, %v; want symbols and names alone", len(r.Contexts), len(r.Rejects), len(r.Symbols), len(r.Names), err)
	}
	if _, err := x.File(&schemas.Blob{Language: "cobol"}, true); err == nil {
		t.Error("an unknown language is no error")
	}
}

func TestQuotas(t *testing.T) {
	b := blob(schemas.Go, "a.go", long(40, 3))
	count := func(cfg Config) map[string]int {
		n := map[string]int{}
		for _, c := range extract(t, cfg, b).Contexts {
			k := string(c.Kind)
			if schemas.IsGeneral(c.Kind) {
				k = "general"
			}
			n[k]++
		}
		return n
	}
	for _, c := range []struct {
		cfg  Config
		want map[string]int
	}{
		{Config{}, map[string]int{"import": 1, "call": 8, "general": 3}},
		{Config{Kinds: map[string]int{"call": 2}}, map[string]int{"call": 2}},
		{Config{MaxPerFile: 4}, map[string]int{"import": 1, "call": 2, "general": 1}},
		{Config{MaxPerFile: 8, Kinds: map[string]int{"call": 8, "argument": 8, "identifier": 1, "statement": 8, "block": 8}}, map[string]int{"call": 3, "identifier": 1, "statement": 2, "block": 2}},
	} {
		if got := count(c.cfg); !reflect.DeepEqual(got, c.want) {
			t.Errorf("%+v: %v, want %v", c.cfg, got, c.want)
		}
	}
}

func TestSamplingIsSpreadAndRepeats(t *testing.T) {
	content := long(100, 4)
	b := blob(schemas.Go, "a.go", content)
	first := extract(t, Config{}, b)
	if again := extract(t, Config{}, b); !reflect.DeepEqual(first, again) {
		t.Error("the same file gives other results")
	}
	// The same content elsewhere gives the same spans: copies stay copies.
	moved := *b
	moved.Repo, moved.Path = "other/repo", "b/c.go"
	spans := func(r Result) (out []string) {
		for _, c := range r.Contexts {
			out = append(out, fmt.Sprint(c.Kind, c.StartByte, c.EndByte))
		}
		return out
	}
	other := extract(t, Config{}, &moved)
	if !slices.Equal(spans(first), spans(other)) {
		t.Error("the same content in another place gives other spans")
	}
	if first.Contexts[0].ID == other.Contexts[0].ID {
		t.Error("two places have one id")
	}
	// Over many files the starts of calls are even over the quarters of a file.
	var quarters [4]int
	for i := range 60 {
		content := strings.ReplaceAll(content, "line", fmt.Sprintf("row%d", i))
		for _, c := range extract(t, Config{Kinds: map[string]int{"call": 8}, PrefixBytes: 1 << 20}, blob(schemas.Go, "a.go", content)).Contexts {
			quarters[4*int(c.StartByte)/len(content)]++
		}
	}
	for i, n := range quarters {
		if n < 80 || n > 160 {
			t.Errorf("quarter %d of the files has %d of 480 spans", i, n)
		}
	}
}

func TestContextFields(t *testing.T) {
	src := "package a\n\nfunc f() {\n\tms.StoreMessage(mi)\n}\n"
	want := schemas.Context{
		Repo: "o/r", Commit: "c1", Path: "d/a.go", License: "MIT", Language: schemas.Go, Kind: schemas.KindCall,
		Types: []schemas.Type{schemas.TypeMethod, schemas.TypeParameter, schemas.TypeUndefinedVariable},
		Line:  4, DeclStart: 11, DeclEnd: 44, Suffix: "\n}\n", EndByte: 42, Cut: schemas.CutCursor, Origin: schemas.OriginSnapshot,
	}
	for _, c := range []struct {
		forms CallForms
		start int64
		form  schemas.CallForm
	}{
		{CallForms{Name: 1}, 26, "name call"}, {CallForms{Path: 1}, 26, "name call"}, {CallForms{Expression: 1}, 23, "expression call"},
	} {
		r := extract(t, Config{Kinds: map[string]int{"call": 1}, CallForms: c.forms}, blob(schemas.Go, "d/a.go", src))
		if len(r.Contexts) != 1 {
			t.Fatalf("%d contexts", len(r.Contexts))
		}
		got := r.Contexts[0]
		want.ID = schemas.ContextID("o/r", "c1", "d/a.go", c.start, 42, schemas.KindCall, schemas.OriginSnapshot, "")
		want.Prefix, want.Golden, want.StartByte, want.CallForm, want.SHA256 = src[:c.start], src[c.start:42], c.start, c.form, got.SHA256
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got  %+v\nwant %+v", got, want)
		}
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want string // part of the error, "" for none
	}{
		{Config{}, ""},
		{Config{Kinds: map[string]int{"blocks": 1}}, "extract.kinds.blocks: unknown kind; use import, call, argument, identifier, statement, block, general"},
		{Config{Kinds: map[string]int{"call": -1}}, "extract.kinds.call: -1"},
		{Config{MaxPerFile: -1}, "extract.max_per_file: -1 is not between 1 and 10000"},
		{Config{PrefixBytes: 100}, "extract.prefix_bytes: 100"},
		{Config{SuffixBytes: 2 << 20}, "extract.suffix_bytes: 2097152"},
	} {
		got, err := c.cfg.Filled()
		if c.want == "" && (err != nil || got.MaxPerFile != 16 || got.PrefixBytes != 12288 || got.SuffixBytes != 4096 || got.Kinds["call"] != 8) {
			t.Errorf("%+v: %+v, %v", c.cfg, got, err)
		}
		if c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
			t.Errorf("%+v: error %v, want %q", c.cfg, err, c.want)
		}
	}
}

func TestEdited(t *testing.T) {
	src := "package a\n\nimport \"fmt\"\n\nfunc f(x int) {\n\tstore.Before(x)\n\tif x > 1 {\n\t\tstore.AddedLine(x, 1)\n\t}\n\tstore.AfterThat(x, x)\n}\n"
	b := blob(schemas.Go, "a.go", src)
	line := func(text string) Range { // the whole line that holds text
		i := strings.Index(src, text)
		return Range{strings.LastIndexByte(src[:i], '\n') + 1, i + strings.IndexByte(src[i:], '\n') + 1}
	}
	cfg, err := Config{Kinds: map[string]int{"import": 9, "call": 9, "argument": 9, "identifier": 9, "statement": 9, "block": 9, "general": 9}, MaxPerFile: 100, Cuts: atCursor, CallForms: asFound}.Filled()
	if err != nil {
		t.Fatal(err)
	}
	x := New(cfg)
	defer x.Close()
	for _, c := range []struct {
		name      string
		added     []Range
		want, not []string // "kind golden"
	}{
		{"one line", []Range{line("Added")}, []string{"call AddedLine(x, 1)", "statement store.AddedLine(x, 1)", "argument x", "identifier AddedLine"}, []string{"call AfterThat(x, x)", "identifier Before", "block store.AddedLine(x, 1)"}},
		{"in any order", []Range{line("After"), line("\"fmt\"")}, []string{"import import \"fmt\"", "call AfterThat(x, x)"}, []string{"call AddedLine(x, 1)", "call Before(x)"}},
		{"lines apart hold nothing that spans them", []Range{line("if x"), line("\t}\n\tstore")}, nil, []string{"statement if x > 1 {\n\t\tstore.AddedLine(x, 1)\n\t}"}},
		{"several lines", []Range{{line("if x").Start, line("After").Start}}, []string{"line if x > 1 {", "call AddedLine(x, 1)"}, []string{"call AfterThat(x, x)"}},
		{"nothing", []Range{}, nil, []string{"call AddedLine(x, 1)", "call AfterThat(x, x)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			r, err := x.Edited(b, c.added)
			if err != nil {
				t.Fatal(err)
			}
			got := map[string]bool{}
			for _, k := range r.Contexts {
				got[string(k.Kind)+" "+k.Golden] = true
				if !slices.ContainsFunc(c.added, func(a Range) bool { return int64(a.Start) <= k.StartByte && k.EndByte <= int64(a.End) }) {
					t.Errorf("%s %q is not in the lines", k.Kind, k.Golden)
				}
				if k.Origin != schemas.OriginEdit || k.OriginCommit != b.Commit || k.ID != schemas.ContextID(k.Repo, k.Commit, k.Path, k.StartByte, k.EndByte, k.Kind, schemas.OriginEdit,
					k.WindowCut()) {
					t.Errorf("origin %q of commit %q, id %s", k.Origin, k.OriginCommit, k.ID)
				}
			}
			for _, w := range c.want {
				if !got[w] {
					t.Errorf("no %q among %v", w, got)
				}
			}
			for _, w := range c.not {
				if got[w] {
					t.Errorf("%q is there", w)
				}
			}
			if r.Symbols != nil || r.Names != nil {
				t.Error("symbols or names")
			}
		})
	}
}

// TestEditedForms: what a form or a cut takes in was added too, or the golden is as it was found.
func TestEditedForms(t *testing.T) {
	src := "package a\n\nimport \"fmt\"\n\nfunc f(x int) {\n\tstore.\n\t\tAddedLine(x, 1)\n\tstore.AfterThat(x, x)\n}\n"
	cfg, err := Config{Kinds: map[string]int{"import": 9, "call": 9}, Cuts: Cuts{schemas.KindImport: {schemas.CutLine: 1}}, CallForms: CallForms{Expression: 1}}.Filled()
	if err != nil {
		t.Fatal(err)
	}
	x := New(cfg)
	defer x.Close()
	added, after := strings.Index(src, "\t\tAdded"), strings.Index(src, "\tstore.After")
	r, err := x.Edited(blob(schemas.Go, "a.go", src), []Range{{strings.Index(src, "import"), strings.Index(src, "\nfunc")}, {added, after}, {after, len(src)}})
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]string{}
	for _, c := range r.Contexts {
		got[c.Golden] = string(c.Cut) + " " + string(c.CallForm)
	}
	want := map[string]string{"import \"fmt\"\n": "line ", "AddedLine(x, 1)": "cursor name call", "store.AfterThat(x, x)": "cursor expression call"}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %q\nwant %q", got, want)
	}
}

// TestDeclarations compares with a search of all declarations.
func TestDeclarations(t *testing.T) {
	p := syntax.NewParser()
	defer p.Close()
	paths, err := filepath.Glob("../syntax/testdata/*/*")
	if err != nil || len(paths) == 0 {
		t.Fatal(paths, err)
	}
	for _, path := range paths {
		language := languageOf(path)
		if language == "" {
			continue
		}
		src, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		f, err := p.ParseFacts(syntax.ByName(language), path, src)
		if err != nil {
			t.Fatal(err)
		}
		d, local := newDeclarations(f), inFunctions(f)
		for at := 0; at < len(src); at += 7 {
			s := span{start: at, end: min(at+1+at%90, len(src))}
			best := -1
			for i := range f.Decls {
				k := &f.Decls[i]
				if k.Role != syntax.TypeParam && k.Role != syntax.Label && !local[k.Scope] && k.End-k.Start > k.NameEnd-k.NameStart && k.Start <= s.start && s.end <= k.End && (best < 0 || k.End-k.Start < f.Decls[best].End-f.Decls[best].Start) {
					best = i
				}
			}
			if got := d.enclosing(s); best >= 0 && (got.start != f.Decls[best].Start || got.end != f.Decls[best].End) || best < 0 && (got.start > s.start || got.end < s.end) {
				t.Fatalf("%s: around %d-%d is %v, want declaration %d", path, s.start, s.end, got, best)
			}
		}
	}
}

func TestCounts(t *testing.T) {
	for _, c := range []struct {
		language    schemas.Language
		src         string
		all, broken int
		errors      bool
	}{
		{schemas.Cpp, "#include \"a.h\"\n\nvoid good() {\n  store(first, second);\n}\n\nvoid bad() {\n  FOR_EACH(x, xs) { handle(x, ;;) }\n  broken(first, second);\n}\n", 2, 1, true},
		{schemas.Cpp, "class EXPORT Table {\n public:\n  static Status Open(const Options& options, Table** table);\n};\n\nvoid f() { g(1); }\n", 2, 1, true},
		{schemas.Java, "class A { int x, y; void f() { } class B { } }\n", 2, 0, false}, // A holds others, x and y are names
		{schemas.Go, "package a\n\nfunc f(x int) { y := 1 }\n", 2, 0, false},            // the package too
	} {
		r := extract(t, Config{}, blob(c.language, "a"+syntax.ByName(c.language).Extensions[0], c.src))
		if r.Declarations != c.all || r.Broken != c.broken || r.Errors != c.errors {
			t.Errorf("%s: %d declarations, %d broken, errors %v; want %d, %d, %v", c.language, r.Declarations, r.Broken, r.Errors, c.all, c.broken, c.errors)
		}
	}
}

// TestMisread: a class with a macro before its name reads as a function, its members
// as statements, without an error; a member with a macro behind it leaves its name
// in one.
func TestMisread(t *testing.T) {
	src := "class EXPORT Table {\n public:\n  static Status Open(const Options& options, Table** table);\n};\n\nclass Impl {\n  MemTable* imm_ GUARDED_BY(mutex_);\n  int f() { return good_; }\n};\n"
	r := extract(t, Config{Kinds: map[string]int{"identifier": 20, "statement": 20, "argument": 20}, MaxPerFile: 100}, blob(schemas.Cpp, "a.h", src))
	for _, c := range r.Contexts {
		if c.Golden != "good_" && c.Golden != "return good_;" {
			t.Errorf("%s %q", c.Kind, c.Golden)
		}
	}
	if len(r.Contexts) != 2 {
		t.Errorf("%d contexts", len(r.Contexts))
	}
}
