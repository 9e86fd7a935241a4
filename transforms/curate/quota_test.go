package curate_test

import (
	"context"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/testing/passert"

	"decoy/schemas"
	"decoy/schemas/batch"
	"decoy/transforms/curate"
)

// plain makes so many eligible rows of a cell, each of its own repository and context.
func plain(n int, language schemas.Language, typ schemas.Type) (out []curate.Candidate) {
	for i := range n {
		out = append(out, curate.Candidate{
			ContextID: id("c", language, typ, i), NegativeID: id("n", language, typ, i),
			Repo: fmt.Sprintf("h.io/o%d/r", i), Language: language, Type: typ,
			Kind: []schemas.Kind{schemas.KindCall, schemas.KindStatement}[i%2], Generator: "rules",
			Status: schemas.StatusCertified, GoldenHash: uint64(i), Low: ptr(float64(i) / float64(n)),
			Callee: fmt.Sprint("f", i%4), Introduced: fmt.Sprint("x", i%3),
		})
	}
	return out
}

var (
	small = curate.Cell{Language: schemas.Go, Type: schemas.TypeImport}
	large = curate.Cell{Language: schemas.Java, Type: schemas.TypeMethod}
)

func TestQuotasAndWhatIsLeftOfThem(t *testing.T) {
	cs := slices.Concat(plain(10, small.Language, small.Type), plain(90, large.Language, large.Type))
	table := map[curate.Cell]int{small: 30, large: 10}
	for _, tt := range []struct {
		name         string
		c            curate.Config
		small, large int
	}{
		{"equal", curate.Config{Rows: 40}, 10, 30},
		{"equal, to nobody", curate.Config{Rows: 40, Redistribute: curate.None}, 10, 20},
		{"proportional", curate.Config{Rows: 40, Quota: curate.Proportional}, 4, 36},
		{"table", curate.Config{Rows: 40, Quota: curate.Table, Table: table}, 10, 30},
		{"table, to nobody", curate.Config{
			Rows: 40, Quota: curate.Table, Table: table, Redistribute: curate.None,
		}, 10, 10},
		{"table, more rows than it has", curate.Config{
			Rows: 70, Quota: curate.Table, Table: table, Redistribute: curate.Proportional,
		}, 10, 60},
		{"table without a cell", curate.Config{
			Rows: 40, Quota: curate.Table, Table: map[curate.Cell]int{large: 20}, Redistribute: curate.Proportional,
		}, 0, 40},
		{"kinds", curate.Config{Rows: 40, Kinds: map[schemas.Kind]float64{schemas.KindCall: 0.25}}, 10, 30},
		{"a kind not at all", curate.Config{Rows: 60, Kinds: map[schemas.Kind]float64{schemas.KindCall: 0}}, 5, 45},
		{"one callee", curate.Config{Rows: 100, MaxPerCallee: 3}, 6, 6},
		{"one name", curate.Config{Rows: 100, MaxPerName: 2}, 3, 3},
	} {
		t.Run(tt.name, func(t *testing.T) {
			tt.c.Splits = &curate.Splits{}
			selected, rejects, err := curate.Select(cs, tt.c)
			if err != nil || len(selected)+len(rejects) != len(cs) {
				t.Fatalf("%d selected and %d rejected of %d: %v", len(selected), len(rejects), len(cs), err)
			}
			n := map[curate.Cell]int{}
			kinds := map[schemas.Kind]int{}
			for _, s := range selected {
				n[curate.Cell{Language: s.Language, Type: *s.Type}]++
				kinds[s.Kind]++
			}
			if tt.name == "kinds" && kinds[schemas.KindCall] != 10 {
				t.Errorf("%d calls of 40 rows at a share of a quarter", kinds[schemas.KindCall])
			}
			if n[small] != tt.small || n[large] != tt.large {
				t.Errorf("%d rows of the small cell and %d of the large one, want %d and %d", n[small], n[large],
					tt.small, tt.large)
			}
		})
	}
}

func TestSelectConfigNamesWhatIsWrong(t *testing.T) {
	for want, c := range map[string]curate.Config{
		`curate.Config.Quota is "half"`: {Quota: "half"},
		"Table has 0 cells":             {Quota: curate.Table},
		"curate.Config.Table has 3 rows of go × nothing": {
			Quota: curate.Table, Table: map[curate.Cell]int{{Language: "go", Type: "nothing"}: 3},
		},
		`curate.Config.Redistribute is "all"`: {Redistribute: "all"},
		"curate.Config.Kinds has 2 of":        {Kinds: map[schemas.Kind]float64{schemas.KindCall: 2}},
		"curate.Config.MaxPerName is -1":      {MaxPerName: -1},
	} {
		c.Splits = &curate.Splits{}
		if err := c.Validate(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want one with %q", err, want)
		}
	}
}

func countRows(b batch.Batch) int { return len(b.Rows) / curate.RecordBytes }

func reasonOf(r schemas.Reject) string { return string(r.Reason) }

func init() {
	beam.RegisterFunction(countRows)
	beam.RegisterFunction(reasonOf)
}

// Above MaxCandidates each cell keeps its hardest rows, at least 20 times its quota.
func TestSelectRowsTrims(t *testing.T) {
	cs := slices.Concat(plain(30, small.Language, small.Type), plain(400, large.Language, large.Type))
	for _, c := range plain(50, large.Language, large.Type) { // harder than all, and not eligible
		c.NegativeID, c.Status, c.Low = id("abstains", c.NegativeID), schemas.StatusAbstain, ptr(2.0)
		cs = append(cs, c)
	}
	for _, c := range plain(60, large.Language, large.Type) { // the same, of a repository that is left out
		c.NegativeID, c.Repo, c.Low = id("excluded", c.NegativeID), "h.io/out/r", ptr(3.0)
		cs = append(cs, c)
	}
	groups := curate.Groups(alone(cs))
	selected := 10
	onEach(t, func(s beam.Scope) {
		gs := beam.CreateList(s, groups)
		c := curate.SelectConfig{
			Config: curate.Config{Rows: selected, Excluded: []string{"h.io/out/r"}},
			Words:  words, Ratios: ratios, MaxCandidates: 100,
		}
		k, _, r := curate.SelectRows(s, c, beam.CreateList(s, records(t, cs)), gs)
		passert.Sum(s, beam.ParDo(s, countRows, k), "selected", 1, selected)
		eachOnce(s, cs, k, r)
		// 430 rows are above 100: the small cell keeps its 30, the large one 20 × 6 of 400.
		var want []any
		for range 280 {
			want = append(want, string(curate.ReasonTrimmed))
		}
		for range 50 {
			want = append(want, string(curate.ReasonAbstain))
		}
		for range 60 {
			want = append(want, string(curate.ReasonExcludedRepo))
		}
		for range 30 + 120 - selected {
			want = append(want, string(curate.ReasonNotRanked))
		}
		passert.Equals(s, beam.ParDo(s, reasonOf, curate.Rejects(s, words, r, gs)), want...)
	})
}

// A row of a repository that is in no group has no split: the build stops and says so.
func TestSelectRowsWantsTheGroupsOfAllRows(t *testing.T) {
	cs := plain(3, small.Language, small.Type)
	p, s := beam.NewPipelineWithRoot()
	gs := beam.CreateList(s, curate.Groups(alone(cs[:2])))
	curate.SelectRows(s, curate.SelectConfig{Words: words, Ratios: ratios}, beam.CreateList(s, records(t, cs)), gs)
	_, err := beam.Run(context.Background(), "direct", p)
	if err == nil || !strings.Contains(err.Error(), "which is in no group") {
		t.Errorf("error %v", err)
	}
}

func TestSplitsFallBack(t *testing.T) {
	var groups []curate.Group
	for i := range 40 {
		groups = append(groups, curate.Group{ID: fmt.Sprintf("h.io/o%d/r", i), OwnerKey: fmt.Sprintf("h.io/o%d", i),
			Repos: []string{fmt.Sprintf("h.io/o%d/r", i)}, Languages: []schemas.Language{schemas.Go}})
	}
	one := curate.Group{ID: "h.io/one/a", OwnerKey: "h.io/one", Languages: []schemas.Language{schemas.CSharp}}
	for i := range 30 {
		one.Repos = append(one.Repos, fmt.Sprintf("h.io/one/%c%d", 'a'+i%26, i))
	}
	x := curate.Group{ID: "x", OwnerKey: "x", Repos: []string{"x"}, Languages: []schemas.Language{schemas.Rust}}
	groups = append(groups, one, x)
	at := func(s *curate.Splits, language schemas.Language, f func(i int) (repo, path string)) []schemas.Split {
		n := map[schemas.Split]bool{}
		for i := range 30 {
			repo, path := f(i)
			n[s.OfRow(repo, path, language)] = true
		}
		return slices.Sorted(maps.Keys(n))
	}
	repos := func(i int) (string, string) { return one.Repos[i], "f" }
	folders := func(i int) (string, string) { return "x", fmt.Sprintf("d%d/f.rs", i) }
	train, all := []schemas.Split{"train"}, []schemas.Split{"test", "train", "validation"}
	for _, tt := range []struct {
		fallback     curate.Fallback
		csharp, rust []schemas.Split
		note         string
	}{
		{curate.ToTrain, train, train, "rust: all rows are in train"},
		{curate.ByRepository, all, train, "csharp: split by repository and not by group"},
		{curate.ByFolder, all, all, "rust: split by folder and not by group"},
	} {
		s, err := curate.NewSplitsWith(groups, ratios, tt.fallback)
		if err != nil {
			t.Fatal(err)
		}
		c, r := at(s, schemas.CSharp, repos), at(s, schemas.Rust, folders)
		if !slices.Equal(c, tt.csharp) || !slices.Equal(r, tt.rust) {
			t.Errorf("%q: C# in %v, Rust in %v", tt.fallback, c, r)
		}
		if !strings.Contains(strings.Join(s.Notes, "\n"), tt.note) {
			t.Errorf("%q: notes %q, want %q", tt.fallback, s.Notes, tt.note)
		}
		if s.OfRow("h.io/o7/r", "f", schemas.Go) != s.Of("h.io/o7/r") {
			t.Error("a language of many groups falls back")
		}
	}
	if err := curate.Fallback("file").Validate(); err == nil {
		t.Error("a fallback to files was accepted")
	}
}

func TestPackRejectsWhatDoesNotFit(t *testing.T) {
	cs := plain(3, small.Language, small.Type)
	cs[1].Judges = 1 << 20
	onEach(t, func(s beam.Scope) {
		kept, out := curate.Pack(s, words, beam.CreateList(s, cs))
		passert.Equals(s, beam.ParDo(s, idsOf, kept), cs[0].NegativeID, cs[2].NegativeID)
		passert.Equals(s, beam.ParDo(s, rejected, out),
			cs[1].NegativeID+" no_record candidate "+cs[1].NegativeID+": judges is 1048576: a record holds 0 to 65535")
	})
}

func TestAppendNamesTheFieldThatDoesNotFit(t *testing.T) {
	good := plain(1, schemas.Go, schemas.TypeImport)[0]
	for want, change := range map[string]func(*curate.Candidate){
		"an id must be 32 hex digits":  func(c *curate.Candidate) { c.ContextID = "c1" },
		"generator is \"x\"":           func(c *curate.Candidate) { c.Generator = "x" },
		"text.blanks is 70000":         func(c *curate.Candidate) { c.Text.Blanks = 70000 },
		"status is \"good\"":           func(c *curate.Candidate) { c.Status = "good" },
		"class of a last character":    func(c *curate.Candidate) { c.Golden.Last = 99 },
		"fool_rate is 0.5 of 0 judges": func(c *curate.Candidate) { c.FoolRate = ptr(0.5) },
	} {
		c := good
		change(&c)
		rows, err := words.Append([]byte{1}, &c)
		if err == nil || !strings.Contains(err.Error(), want) || len(rows) != 1 {
			t.Errorf("error %v with %d bytes, want one with %q", err, len(rows), want)
		}
	}
}
