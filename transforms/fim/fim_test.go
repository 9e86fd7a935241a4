package fim

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
)

func blob(language, path, content string) *schemas.Blob {
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
	reasons := func(r Result) map[string]string {
		out := map[string]string{}
		for _, x := range r.Rejects {
			out[x.Reason] = x.Detail
		}
		return out
	}
	one := Config{Kinds: map[string]int{"import": 2, "call": 5}}
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
	})
	t.Run("too deep", func(t *testing.T) {
		r := extract(t, one, blob(schemas.Go, "a.go", "package a\n\nvar x = "+strings.Repeat("(", 5000)+"1"+strings.Repeat(")", 5000)+"\n"))
		if got := reasons(r); got[RejectTooDeep] == "" {
			t.Errorf("rejects %v", got)
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
			k := c.Kind
			if schemas.IsGeneral(k) {
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
		{Config{MaxPerFile: 4}, map[string]int{"import": 1, "call": 3}},
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
	r := extract(t, Config{Kinds: map[string]int{"call": 1}}, blob(schemas.Go, "d/a.go", src))
	if len(r.Contexts) != 1 {
		t.Fatalf("%d contexts", len(r.Contexts))
	}
	got := r.Contexts[0]
	want := schemas.Context{
		ID:   schemas.ContextID("o/r", "c1", "d/a.go", 26, 42, schemas.KindCall, schemas.OriginSnapshot),
		Repo: "o/r", Commit: "c1", Path: "d/a.go", License: "MIT", Language: schemas.Go, Kind: schemas.KindCall,
		Types:  []string{schemas.TypeMethod, schemas.TypeParameter, schemas.TypeUndefinedVariable},
		Prefix: "package a\n\nfunc f() {\n\tms.", Golden: "StoreMessage(mi)", Suffix: "\n}\n",
		StartByte: 26, EndByte: 42, Line: 4, DeclStart: 11, DeclEnd: 44, Origin: schemas.OriginSnapshot, SHA256: got.SHA256,
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

func TestConfig(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		want string // part of the error, "" for none
	}{
		{Config{}, ""},
		{Config{Kinds: map[string]int{"block": 1}}, "extract.kinds.block: unknown kind; use import, call, general"},
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
