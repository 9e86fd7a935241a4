package verify

import (
	"fmt"
	"slices"
	"testing"

	"decoy/schemas"
)

// TestOpenSetGivesWhatItsOpeningsGive: the look-up by parts finds what asking each
// opening finds, and a definite name before a guess.
func TestOpenSetGivesWhatItsOpeningsGive(t *testing.T) {
	for _, names := range [][]string{nil, {"a"}, {"a*"}, {"*a"}, {"a*b"}, {"*"}, {"ab*", "ab"},
		{"*", "ba"}, {"a*", "*b", "a*b", "b"}} {
		s := &openSet{}
		var all []opening
		for _, n := range names {
			s.add(opening{name: n})
			all = append(all, opening{name: n})
		}
		for _, name := range []string{"", "a", "b", "ab", "ba", "aab", "abb", "c"} {
			o, ok := s.gives(name)
			want := slices.ContainsFunc(all, func(x opening) bool { return x.gives(name) })
			named := slices.ContainsFunc(all, func(x opening) bool { return x.name == name && x.named() })
			if ok != want && name != "" || ok && (!o.gives(name) || named != o.named()) {
				t.Errorf("%v, %q: got %q %v, want %v", names, name, o.name, ok, want)
			}
		}
	}
}

// TestOpeningsAreKeptOnce: what macros and assignments to unknown objects make is not
// copied into each type and each file that it may reach: types times openings would
// fill the memory of a build over one large repository.
func TestOpeningsAreKeptOnce(t *testing.T) {
	const many = 3000
	var symbols []schemas.Symbol
	for i := range many {
		p := fmt.Sprintf("m%d.py", i)
		symbols = append(symbols,
			schemas.Symbol{Record: schemas.SymbolFile, Path: p, Role: string(schemas.Python)},
			schemas.Symbol{Record: schemas.SymbolDecl, Path: p, Name: fmt.Sprintf("C%d", i), Role: "class", Arity: -1},
			schemas.Symbol{Record: schemas.SymbolOpen, Path: p, Name: fmt.Sprintf("n%d", i),
				Role: "members", Owner: "**"})
	}
	repo := NewRepo(slices.Values(symbols))
	c := New()
	defer c.Close()
	q, _ := c.query(repo, &schemas.Context{Language: schemas.Python, Path: "m1.py"})
	kept := 0
	for i := range many {
		cl := q.closureOf(typ{decls: repo.byName[fmt.Sprintf("C%d", i)]})
		kept += len(cl.patterns)
		if o, ok := q.mayMake(cl, "n7"); !ok || o.name != "n7" {
			t.Fatalf("n7 set on an object of no known type is no member of C%d: %v", i, o)
		}
	}
	if kept > many {
		t.Errorf("%d types keep %d openings", many, kept)
	}
}
