package rules

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// aimScene is the scene of a Python function whose golden is between ⟦ and ⟧.
func aimScene(t *testing.T, window, path string) *scene {
	t.Helper()
	prefix, rest, _ := strings.Cut(window, "⟦")
	golden, suffix, ok := strings.Cut(rest, "⟧")
	if !ok {
		t.Fatal("no golden")
	}
	c := &schemas.Context{ID: fmt.Sprintf("%032x", len(window)), Repo: "r", Path: path, Language: schemas.Python,
		Prefix: prefix, Golden: golden, Suffix: suffix}
	w := newWorld(t, map[string]string{path: prefix + golden + suffix}, nil)
	p := syntax.NewParser()
	t.Cleanup(p.Close)
	f, err := p.ParseFacts(syntax.ByName(c.Language), c.Path, syntax.Window(c.Prefix, c.Golden, c.Suffix))
	if err != nil {
		t.Fatal(err)
	}
	s := newScene(c, f, habitsOf[c.Language], w.repo, w.pools[c.Language])
	s.cache, s.sight = map[siblingKey]map[string]bool{}, newSight(c, f)
	return s
}

const aimed = "def load(store, limit):\n    width = limit\n    rows = store.fetch_rows(limit)\n    return rows\n\n\n" +
	"def save(store, size):\n    store.⟦write_rows(size, 10)⟧\n    return size\n"

// TestAimPrefers: of two candidates that differ in one thing only, the one that a model more
// often takes for right is worth more.
func TestAimPrefers(t *testing.T) {
	s := aimScene(t, aimed, "a.py")
	at := func(old string) (int, int) {
		i := strings.Index(s.c.Golden, old)
		return s.start + i, s.start + i + len(old)
	}
	made := func(trick Trick, old, text string, invented bool) *Candidate {
		start, end := at(old)
		k := s.real(trick, start, end, text)
		k.Invented = invented
		return &k
	}
	for _, tt := range []struct {
		name          string
		typ           schemas.Type
		better, worse *Candidate
	}{
		{"a name of the window", schemas.TypeUndefinedVariable,
			made(TrickVariable, "size", "rows", false), made(TrickVariable, "size", "pegs", false)},
		{"a shorter name of the same words", schemas.TypeMethod,
			made(TrickMethod, "write_rows", "write_row", false), made(TrickMethod, "write_rows", "write_rows_all", false)},
		{"less that is longer", schemas.TypeMethod,
			made(TrickMethod, "write_rows", "paint_cells", false), made(TrickMethod, "write_rows", "paint_all_cells_now", false)},
		{"a real name", schemas.TypeImport,
			made(TrickImportedName, "write_rows", "make_cells", false), made(TrickImportedName, "write_rows", "make_cells", true)},
		{"an argument dropped", schemas.TypeParameter,
			made(TrickArgumentDropped, ", 10", "", false), made(TrickArgumentAdded, "10", "10, True", false)},
	} {
		s.typ = tt.typ
		if b, w := s.worth(tt.better), s.worth(tt.worse); b <= w {
			t.Errorf("%s: %q is worth %.2f, %q %.2f", tt.name, tt.better.Text, b, tt.worse.Text, w)
		}
	}
}

// TestAimBalances: where candidates of all lengths are to be had, a third of the contexts each
// gets one that is shorter, as long and longer, and easy tricks come first in one of twenty.
func TestAimBalances(t *testing.T) {
	s := aimScene(t, aimed, "a.py")
	s.typ = schemas.TypeUndefinedVariable
	start := s.start + strings.Index(s.c.Golden, "size")
	first, easy := map[int]int{}, 0
	const n = 3000
	for i := range n {
		s.c.ID = fmt.Sprintf("%032x", i)
		var all []Candidate
		for _, name := range []string{"row", "rows", "width"} {
			all = append(all, s.real(TrickVariable, start, start+4, name))
		}
		invented := s.real(TrickVariable, start, start+4, "sizes")
		invented.Invented = true
		best := s.aimed(append(all, invented))[0]
		first[sign(utf8.RuneCountInString(best.Text)-utf8.RuneCountInString(s.c.Golden))]++
		if best.easy() {
			easy++
		}
	}
	for _, by := range slices.Sorted(maps.Keys(first)) {
		if share := float64(first[by]) / n; share < 0.28 || share > 0.39 {
			t.Errorf("length %+d: a share of %.2f", by, share)
		}
	}
	if len(first) != 3 || easy > n/20 {
		t.Errorf("lengths %v, %d of %d easy", first, easy, n)
	}
}

// TestAimIsAChoice: an aim sorts, and neither adds nor loses a candidate.
func TestAimIsAChoice(t *testing.T) {
	s := aimScene(t, aimed, "a.py")
	for typ, mutate := range mutations {
		s.typ, s.rank = typ, 0
		all := mutate(s)
		texts := func(list []Candidate) (out []string) {
			for _, k := range list {
				out = append(out, k.Text)
			}
			slices.Sort(out)
			return out
		}
		before := texts(all)
		if after := texts(s.aimed(slices.Clone(all))); !slices.Equal(before, after) {
			t.Errorf("%s: %q became %q", typ, before, after)
		}
	}
}
