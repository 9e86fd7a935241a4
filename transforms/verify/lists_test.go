package verify

import (
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// TestLists reads every embedded list and looks for a few names that it must and
// must not have.
func TestLists(t *testing.T) {
	for _, c := range []struct{ list, module, has, lacks string }{
		{"go", "fmt", "Println", "Printline"},
		{"go", "strings", "Builder", "Builders"},
		{"python", "json", "loads", "parse"},
		{"python", "concurrent", "futures", "future"},
		{"python", "math", "fma", "fmas"},                           // 3.13
		{"python", "heapq", "heappush_max", "heappushes"},           // 3.14
		{"python", "profiling.sampling", "Collector", "Collectors"}, // 3.15
		{"python", "string", "letters", "letterz"},                  // 2.7
		{"python", "winreg", "OpenKey", "OpenKeys"},                 // Windows alone
		{"go", "strings", "CutLast", "CutMiddle"},
		{"java", "java.util", "Map.Entry", "Maps"},
		{"java", "java.lang", "ScopedValue", "ScopedValues"},
		{"javascript", "fs", "readFileSync", "readFileSyncs"},
		{"cpp", "headers", "vector", "vectors"},
		{"cpp", "posix", "arpa/inet.h", "windows.h"},
		{"rust", "std::collections", "HashMap", "HashMaps"},
		{"csharp", "namespaces", "System.Text", "System.Texts"},
	} {
		names := libraryOf(c.list).modules[c.module]
		if _, ok := names[c.has]; !ok {
			t.Errorf("%s: %s lacks %s", c.list, c.module, c.has)
		}
		if _, ok := names[c.lacks]; ok {
			t.Errorf("%s: %s has %s", c.list, c.module, c.lacks)
		}
	}
	if a := libraryOf("go").modules["strings"]["Join"]; a != (arity{n: 2}) {
		t.Errorf("strings.Join takes %+v", a)
	}
	if a := libraryOf("go").modules["fmt"]["Printf"]; a != (arity{n: 1, variadic: true}) {
		t.Errorf("fmt.Printf takes %+v", a)
	}
	if s := libraryOf("java").types["java.util.ArrayList"].supers; len(s) == 0 || s[0] != "java.util.AbstractList" {
		t.Errorf("java.util.ArrayList has supertypes %q", s)
	}
}

// TestWorlds holds the table to its form: a row for every language, none beside.
func TestWorlds(t *testing.T) {
	if len(worlds) != len(schemas.Languages) {
		t.Errorf("%d worlds for %d languages", len(worlds), len(schemas.Languages))
	}
	for _, l := range schemas.Languages {
		w := worlds[l]
		if w == nil || w.module == nil || len(w.family) == 0 || w.family[0] != l || w.separator != syntax.ByName(l).Rules.Separator {
			t.Errorf("the world of %s is not whole", l)
		}
	}
	seen := map[string]bool{}
	for _, r := range Rules {
		if seen[r.ID] || r.Description == "" || !strings.HasSuffix(r.Description, ".") && !strings.HasSuffix(r.Description, "abstain.") {
			t.Errorf("rule %q is there twice or has no sentence", r.ID)
		}
		seen[r.ID] = true
	}
}

// TestParam reads back what syntax writes.
func TestParam(t *testing.T) {
	for _, p := range []syntax.Param{
		{Name: "a"}, {Name: "a", Optional: true}, {Name: "a", Variadic: true}, {Name: "a", KeywordRest: true},
		{Name: "a", KeywordOnly: true}, {Name: "a", KeywordOnly: true, Optional: true}, {Name: "a", PosOnly: true}, {Name: "a", PosOnly: true, Optional: true},
	} {
		got := readParam(p.String())
		want := param{name: p.Name, optional: p.Optional, variadic: p.Variadic, keywordOnly: p.KeywordOnly, keywordRest: p.KeywordRest, pos: p.PosOnly}
		if got != want {
			t.Errorf("%q reads as %+v", p.String(), got)
		}
	}
}

func TestBareType(t *testing.T) {
	for _, c := range []struct {
		lang          schemas.Language
		written, want string
	}{
		{"go", "*store.Store[K, V]", "store.Store"}, {"go", "[]Store", ""}, {"go", "map[string]Store", ""}, {"go", "func()", ""},
		{"python", "Optional[Store]", "Store"}, {"python", "'Store'", "Store"}, {"python", "Store | None", "Store"}, {"python", "Store | Cart", ""},
		{"java", "final Map.Entry<K, List<V>>", "Map.Entry"}, {"java", "Store[]", ""}, {"java", "A<B>.C<D>", ""},
		{"csharp", "Store?", "Store"}, {"csharp", "Store[]", ""},
		{"cpp", "const shop::Store<int>* const&", "shop::Store"}, {"cpp", "constant", "constant"},
		{"rust", "&'a mut Store<'b>", "Store"}, {"rust", "Box<dyn Closing>", "Closing"}, {"rust", "(A, B)", ""},
		{"typescript", "Store<T> | undefined", "Store"}, {"typescript", "Store[]", ""}, {"typescript", "A | B", ""},
	} {
		q := &query{w: worlds[c.lang]}
		if got := q.bare(c.written); got != c.want {
			t.Errorf("%s: %q is %q, want %q", c.lang, c.written, got, c.want)
		}
	}
}

// FuzzCertify: no completion makes the check fail or panic, and one that equals the
// golden is never refused.
func FuzzCertify(f *testing.F) {
	repo := tree{
		"a.py": "class Base:\n    def get(self, key):\n        return key\n",
		"b.py": "from a import Base\n\n\nclass Store(Base):\n    def put(self, key):\n        return «self.get(key)»\n",
	}
	for _, s := range []string{"self.get(key)", "self.fetch(key)", "x", "self.get(key, 1)", "self.get(*[", "lambda a: a.b(c)", "\xff(", "self.get(f'{x}')"} {
		f.Add(s, uint8(0))
		f.Add(s, uint8(2))
	}
	index, ctx := repo.index(f), repo.context(f)
	c := New()
	defer c.Close()
	f.Fuzz(func(t *testing.T, text string, typ uint8) {
		neg := &schemas.Negative{ID: "n", ContextID: ctx.ID, Type: schemas.Types[int(typ)%len(schemas.Types)], Text: text}
		cert, err := c.Certify(index, ctx, neg)
		if err != nil {
			t.Fatal(err)
		}
		if cert.Status == "" || cert.Rule == "" || cert.Evidence == "" {
			t.Errorf("%q: a part is missing: %+v", text, cert)
		}
		if text == ctx.Golden && (cert.Status == certified || cert.Status == unseen) {
			t.Errorf("the golden is %s", cert.Status)
		}
		again, err := c.Certify(index, ctx, neg)
		if err != nil || again != cert {
			t.Errorf("%q: a second time %+v, the first %+v", text, again, cert)
		}
		sample, err := c.Sample(index, ctx, text)
		if err != nil || sample.Status == "" || sample.Rule == "" || sample.Evidence == "" {
			t.Errorf("%q as a sample: %+v, %v", text, sample, err)
		}
	})
}

// TestCheckerKeepsApart asks one checker about two repositories in turn: what it
// has concluded about one must not show in the other.
func TestCheckerKeepsApart(t *testing.T) {
	with := tree{"a.py": "class Store:\n    def get(self):\n        return «self.get()»\n\n    def fetch(self):\n        pass\n"}
	without := tree{"a.py": "class Store:\n    def get(self):\n        return «self.get()»\n"}
	a, b := with.index(t), without.index(t)
	ca, cb := with.context(t), without.context(t)
	c := New()
	defer c.Close()
	for range 2 {
		for _, x := range []struct {
			repo *Repo
			ctx  *schemas.Context
			want schemas.Status
		}{{a, ca, existing}, {b, cb, certified}} {
			got, err := c.Certify(x.repo, x.ctx, &schemas.Negative{Type: method, Text: "self.fetch()"})
			if err != nil || got.Status != x.want {
				t.Errorf("%+v (%v), want %s", got, err, x.want)
			}
		}
	}
}
