package fim

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
)

func TestSymbols(t *testing.T) {
	src := "package store\n\nimport (\n\t\"fmt\"\n\talias \"a/b\"\n)\n\ntype Store struct{ Items []string }\n\nfunc (s *Store) Put(key string, values ...int) error {\n\tlocal := 1\n\t_ = local\n\treturn fmt.Errorf(\"x\")\n}\n\nfunc Open() *Store { return nil }\n"
	var got []string
	for _, s := range extract(t, Config{}, blob(schemas.Go, "a.go", src)).Symbols {
		got = append(got, fmt.Sprint(s.Record, " ", s.Line, " ", s.Role, " ", s.Owner, ".", s.Name, " ", s.Arity, s.Params, s.Variadic, " ", s.Target, s.Flags))
	}
	want := []string{
		"decl 1 module .store -1 [] false []",
		"decl 8 class .Store -1 [] false []",
		"decl 8 field Store.Items -1 [] false []string[]",
		"decl 10 method Store.Put 2 [key *values] true error[]",
		"decl 16 function .Open 0 [] false *Store[]",
		"import 4  .fmt -1 [] false fmt[]",
		"import 5  .alias -1 [] false a/b[]",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestNames(t *testing.T) {
	src := "from pkg.mod import thing\nfrom .near import other\n\ndef f(first):\n    a.run(key=1)\n    b.run(key=2)\n    return first\n"
	got := extract(t, Config{}, blob(schemas.Python, "a.py", src)).Names
	want := []schemas.Name{
		{Name: "first", Role: "parameter", Count: 1},
		{Name: "thing", Role: NameImport, Owner: "pkg.mod", Count: 1},
		{Name: "pkg.mod", Role: NameModule, Count: 1},
		{Name: "key", Role: NameKeyword, Count: 2},
		{Name: "run", Role: NameCalled, Count: 2},
	}
	if !reflect.DeepEqual(got, want) { // f is too short to be a name; a relative module is no real name
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
}

// TestSymbolOrderIsTotal: files come from several goroutines and two versions of a
// repository share paths, so the order must not depend on that of arrival.
func TestSymbolOrderIsTotal(t *testing.T) {
	var all []schemas.Symbol
	for i := range 64 {
		bit := func(n int) string { return string(rune('a' + i>>n&1)) }
		all = append(all, schemas.Symbol{
			Repo: "r", Path: "p", Record: schemas.SymbolDecl, Line: 7, Name: "n", Role: bit(0), Owner: bit(1), Target: bit(2),
			Params: []string{bit(3)}, Arity: int64(i >> 4 & 1), Flags: []string{bit(5)},
		})
	}
	first := slices.Clone(all)
	slices.SortFunc(first, CompareSymbols)
	for seed := range uint64(20) {
		again := slices.Clone(all)
		rand.New(rand.NewPCG(seed, 1)).Shuffle(len(again), func(i, j int) { again[i], again[j] = again[j], again[i] })
		slices.SortFunc(again, CompareSymbols)
		if !reflect.DeepEqual(first, again) {
			t.Fatal("the order of equal paths, lines and names depends on that of arrival")
		}
	}
}

func TestLineIndex(t *testing.T) {
	src := "a\n\nbc\n"
	l := newLineIndex([]byte(src))
	for at := range len(src) + 1 {
		if got, want := l.line(at), int64(1+strings.Count(src[:at], "\n")); got != want {
			t.Errorf("line of byte %d is %d, want %d", at, got, want)
		}
	}
}
