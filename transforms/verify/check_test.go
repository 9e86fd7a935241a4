package verify

import (
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/fim"
)

// tree is a small repository: text by path.
type tree map[string]string

// index reads a tree's symbols as the extract stage does.
func (t tree) index(tb testing.TB) *Repo {
	tb.Helper()
	var files []schemas.Blob
	for _, p := range sortedKeys(t) {
		files = append(files, schemas.Blob{Repo: "r", Path: p, Language: languageOf(p), Content: []byte(strings.NewReplacer("«", "", "»", "").Replace(t[p]))})
	}
	cfg, err := fim.Config{}.Filled()
	if err != nil {
		tb.Fatal(err)
	}
	symbols, _ := symbolize(tb, files, cfg)
	return NewRepo(slices.Values(symbols))
}

// context is the context of the golden that stands between « and » in a file.
func (t tree) context(tb testing.TB) *schemas.Context {
	tb.Helper()
	for _, p := range sortedKeys(t) {
		prefix, rest, ok := strings.Cut(t[p], "«")
		if !ok {
			continue
		}
		golden, suffix, ok := strings.Cut(rest, "»")
		if !ok {
			tb.Fatalf("%s: no » after «", p)
		}
		return &schemas.Context{
			ID: "c", Path: p, Language: languageOf(p), Prefix: prefix, Golden: golden, Suffix: suffix, Line: int64(1 + strings.Count(prefix, "\n")),
			StartByte: int64(len(prefix)), EndByte: int64(len(prefix) + len(golden)), DeclStart: 0, DeclEnd: int64(len(prefix) + len(golden) + len(suffix)),
		}
	}
	tb.Fatal("no file has a golden")
	return nil
}

// certify is the certificate of one negative.
func (t tree) certify(tb testing.TB, typ schemas.Type, text string) schemas.Certificate {
	tb.Helper()
	c := New()
	defer c.Close()
	cert, err := c.Certify(t.index(tb), t.context(tb), &schemas.Negative{ID: "n", ContextID: "c", Type: typ, Text: text})
	if err != nil {
		tb.Fatal(err)
	}
	return cert
}

// want is one negative with the status and rule that it must get.
type want struct {
	name   string
	typ    schemas.Type
	text   string
	status schemas.Status
	rule   string
}

func run(t *testing.T, repo tree, wants []want) {
	t.Helper()
	for _, w := range wants {
		t.Run(w.name, func(t *testing.T) {
			got := repo.certify(t, w.typ, w.text)
			if got.Status != w.status || w.rule != "" && got.Rule != w.rule {
				t.Errorf("%q is %s by %s, want %s %s: %s", w.text, got.Status, got.Rule, w.status, w.rule, got.Evidence)
			}
			if got.Evidence == "" {
				t.Error("no evidence")
			}
		})
	}
	t.Run("golden", func(t *testing.T) {
		ctx := repo.context(t)
		for _, typ := range schemas.Types {
			if got := repo.certify(t, typ, ctx.Golden); got.Status == schemas.StatusCertified || got.Status == schemas.StatusUnseen {
				t.Errorf("the golden itself is %s as %s by %s: %s", got.Status, typ, got.Rule, got.Evidence)
			}
		}
	})
}

const (
	certified = schemas.StatusCertified
	unseen    = schemas.StatusUnseen
	abstained = schemas.StatusAbstain
	existing  = schemas.StatusExists

	undefinedvariable = schemas.TypeUndefinedVariable
	method            = schemas.TypeMethod
	parameter         = schemas.TypeParameter
	importing         = schemas.TypeImport
)

func TestGo(t *testing.T) {
	repo := tree{
		"go.mod":        "module example.com/shop\n",
		"store/base.go": "package store\n\nimport \"sync\"\n\ntype Base struct {\n\tsync.Mutex\n\tName string\n}\n\nfunc (b *Base) Close() error { return nil }\n\nvar shared = 1\n\nfunc helper(a int, rest ...string) {}\n",
		"store/store.go": `package store

import (
	"fmt"
	"strings"

	"example.com/shop/price"
	"github.com/other/go-queue"
)

type Store struct {
	*Base
	items map[string]int
	inner *Cart
}

type Cart struct{ queue.Queue }

func New(name string, size int) (*Store, error) { return nil, nil }

func (s *Store) Get(key string) int { return s.items[key] }

func (s *Store) Put(key string, n int) {
	block := true
	if block {
		hidden := 3
		_ = hidden
	}
	other, err := New(key, n)
	fmt.Println(strings.ToUpper(key), price.Of(n), err)
	_ = other
	«s.Get(key)»
	_ = func(later int) {}
}

func sibling(elsewhere int) {}
`,
		"price/price.go":      "package price\n\nfunc Of(n int) int { return n }\n\ntype List struct{}\n",
		"price/price_test.go": "package price_test\n\nfunc inTest() {}\n",
	}
	run(t, repo, []want{
		{"name of no scope", undefinedvariable, "s.Get(skey)", certified, "unbound-name"},
		{"parameter of another function", undefinedvariable, "s.Get(elsewhere)", certified, ""},
		{"name of a block that has ended", undefinedvariable, "s.Get(hidden)", certified, ""},
		{"parameter of a closure", undefinedvariable, "s.Get(later)", certified, ""},
		{"package variable of another file", undefinedvariable, "s.Get(shared)", existing, ""},
		{"local", undefinedvariable, "s.Get(block)", existing, ""},
		{"predeclared", undefinedvariable, "s.Get(string)", existing, ""},
		{"no package of that name", undefinedvariable, "s.Get(goqueue.Name)", certified, ""},
		{"method of nothing", method, "s.Fetch(key)", certified, "missing-member"},
		{"promoted method", method, "s.Close(key)", existing, ""},
		{"promoted method of the library", method, "s.Lock(key)", existing, ""},
		{"field", method, "s.items(key)", existing, ""},
		{"function instead of a method", method, "s.New(key)", certified, ""},
		{"too many", parameter, "s.Get(key, 1)", certified, "argument-count"},
		{"too few", parameter, "s.Get()", certified, "argument-count"},
		{"results of a call", parameter, "s.Get(New(key, 1))", abstained, ""},
		{"does not parse", method, "s.Fet ch(key)", abstained, "syntax"},
	})
	odd := tree{}
	for p, text := range repo {
		odd[p] = strings.Replace(text, "\"fmt\"\n\t", "\"fmt\"\n\t\"example.org/odd-name\"\n\t", 1)
	}
	run(t, odd, []want{
		{"the package of a path is a guess", undefinedvariable, "s.Get(weird.Name)", abstained, ""},
	})
	repo["store/store.go"] = strings.Replace(repo["store/store.go"], "«s.Get(key)»", "«helper(n, key)»", 1)
	run(t, repo, []want{
		{"unbound function", method, "helpers(n, key)", certified, "unbound-callee"},
		{"function of another file", method, "sibling(n, key)", existing, ""},
		{"method as a function", method, "Put(n, key)", certified, ""},
		{"variadic", parameter, "helper(n, key, key)", existing, ""},
		{"none for a variadic", parameter, "helper()", certified, "argument-count"},
	})
	repo["store/store.go"] = strings.Replace(repo["store/store.go"], "«helper(n, key)»", "«price.Of(n)»", 1)
	run(t, repo, []want{
		{"missing from the package", method, "price.Off(n)", certified, "missing-export"},
		{"in the package", method, "price.List(n)", existing, ""},
		{"count across packages", parameter, "price.Of(n, n)", certified, ""},
	})
	repo["store/store.go"] = strings.Replace(repo["store/store.go"], "«price.Of(n)»", "«strings.Join(nil, key)»", 1)
	run(t, repo, []want{
		{"missing from the library", method, "strings.Concat(nil, key)", certified, "missing-export"},
		{"in the library", method, "strings.Fields(nil, key)", existing, ""},
		{"count in the library", parameter, "strings.Join(nil)", certified, "argument-count"},
	})
	repo["store/store.go"] = strings.Replace(repo["store/store.go"], "«strings.Join(nil, key)»", "«s.inner.Push(key)»", 1)
	run(t, repo, []want{
		{"embedded type of another module, golden unknown", method, "s.inner.Pull(key)", abstained, "control"},
	})
}

func TestGoImports(t *testing.T) {
	repo := tree{
		"go.mod":         "module example.com/shop\n",
		"tools/go.mod":   "module example.com/shop/tools\n",
		"price/price.go": "package price\n",
		"main.go":        "package main\n\nimport (\n«\t\"encoding/json\"»\n\t\"example.com/shop/price\"\n)\n\nfunc main() { json.Marshal(price.X) }\n",
	}
	run(t, repo, []want{
		{"not in the library", importing, "\t\"encoding/yaml\"", certified, "missing-module"},
		{"in the library", importing, "\t\"encoding/xml\"", existing, ""},
		{"not in the module", importing, "\t\"example.com/shop/prices\"", certified, "missing-module"},
		{"in the module", importing, "\t\"example.com/shop/price\"", existing, ""},
		{"another module", importing, "\t\"github.com/x/y\"", abstained, ""},
	})
	delete(repo, "tools/go.mod")
	run(t, repo, []want{
		{"a module archive leaves nested modules out", importing, "\t\"example.com/shop/prices\"", unseen, "missing-module"},
	})
}

func negative(w want) *schemas.Negative {
	return &schemas.Negative{ID: "n", ContextID: "c", Type: w.typ, Text: w.text}
}
