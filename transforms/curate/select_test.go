package curate

import (
	"fmt"
	"math/rand/v2"
	"reflect"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/judge"
)

// synthetic makes a pool whose rejected side is longer in three of four rows, and
// whose margin falls with length, as a real judge's does.
func synthetic(n int, seed uint64) []Candidate {
	r := rand.New(rand.NewPCG(seed, 1))
	out := make([]Candidate, n)
	for i := range out {
		golden := 15 + r.IntN(40)
		d := 1 + r.IntN(12)
		switch r.IntN(8) {
		case 0:
			d = -d
		case 1:
			d = 0
		}
		g := Side{Chars: golden, Blanks: golden / 10, Last: 4}
		x := Side{Chars: golden + d, Blanks: golden/10 + d/6, Last: 4}
		if r.IntN(10) == 0 {
			x.Last = 1
		}
		margin := r.NormFloat64()*3 - float64(d)*0.8 - 3
		fooled := int64(0)
		if margin >= 0 {
			fooled = 1
		}
		status := []schemas.Status{schemas.StatusCertified, schemas.StatusUnseen}[r.IntN(2)]
		repo := fmt.Sprintf("h.io/o%d/r", r.IntN(60))
		out[i] = Candidate{
			ContextID: fmt.Sprintf("c%05d", i*2/3), NegativeID: fmt.Sprintf("n%05d", i), Repo: repo, Group: repo,
			Language: schemas.Languages[r.IntN(4)], Type: schemas.Types[r.IntN(4)], Kind: schemas.KindCall, Generator: "rules", Status: status,
			GoldenHash: uint64(r.IntN(n)), Golden: g, Text: x, Judges: 1, Fooled: fooled, FoolRate: ptr(float64(fooled)), Low: low(fooled, 1), Margin: ptr(margin),
		}
	}
	return out
}

func choose(t *testing.T, cs []Candidate, c Config) ([]schemas.Selected, []schemas.Reject) {
	t.Helper()
	if c.Splits == nil {
		c.Splits = &Splits{}
	}
	s, r, err := Select(cs, c)
	if err != nil {
		t.Fatal(err)
	}
	if len(s)+len(r) != len(cs) {
		t.Fatalf("%d selected and %d rejected of %d", len(s), len(r), len(cs))
	}
	return s, r
}

func reasons(rs []schemas.Reject) map[schemas.Reason]int {
	m := map[schemas.Reason]int{}
	for _, r := range rs {
		m[r.Reason]++
	}
	return m
}

func outlines(cs []Candidate, sel []schemas.Selected) (out []Pair) {
	by := map[string]*Candidate{}
	for i := range cs {
		by[cs[i].NegativeID] = &cs[i]
	}
	for _, s := range sel {
		c := by[*s.NegativeID]
		out = append(out, Pair{ID: c.NegativeID, Group: c.Group, Chosen: c.Golden, Rejected: c.Text})
	}
	return out
}

func TestSelectIgnoresOrder(t *testing.T) {
	cs := synthetic(2000, 1)
	c := Config{Rows: 300, MaxPerRepo: 12, MaxPerGolden: 1}
	s1, r1 := choose(t, cs, c)
	rand.New(rand.NewPCG(9, 9)).Shuffle(len(cs), func(i, j int) { cs[i], cs[j] = cs[j], cs[i] })
	s2, r2 := choose(t, cs, c)
	if !reflect.DeepEqual(s1, s2) || !reflect.DeepEqual(r1, r2) {
		t.Error("the order of candidates changes the selection")
	}
}

func TestSelectKeepsCapsAndQuotas(t *testing.T) {
	cs := synthetic(4000, 2)
	sel, rej := choose(t, cs, Config{Rows: 320, MaxPerRepo: 8, MaxPerGolden: 1})
	repo, ctx, golden, cell := map[string]int{}, map[string]int{}, map[goldenKey]int{}, map[Cell]int{}
	by := map[string]Candidate{}
	for _, c := range cs {
		by[c.NegativeID] = c
	}
	for i, s := range sel {
		c := by[*s.NegativeID]
		repo[c.Repo]++
		ctx[c.ContextID]++
		golden[goldenKey{c.Language, c.GoldenHash}]++
		cell[Cell{c.Language, c.Type}]++
		if i > 0 && sel[i-1].ContextID >= s.ContextID {
			t.Fatal("the selection is not sorted by context")
		}
	}
	for k, n := range repo {
		if n > 8 {
			t.Errorf("repository %s has %d rows", k, n)
		}
	}
	for k, n := range ctx {
		if n > 1 {
			t.Errorf("context %s has %d rows", k, n)
		}
	}
	for k, n := range golden {
		if n > 1 {
			t.Errorf("golden %v has %d rows", k, n)
		}
	}
	if len(sel) != 320 || len(cell) != 16 {
		t.Fatalf("%d rows in %d cells", len(sel), len(cell))
	}
	for k, n := range cell {
		if n != 20 {
			t.Errorf("cell %v has %d rows, want 20", k, n)
		}
	}
	if m := reasons(rej); m[ReasonNotRanked] == 0 || m[ReasonOnePerCtx] == 0 || m[ReasonCapGolden] == 0 {
		t.Errorf("reasons %v", m)
	}
	if _, rej := choose(t, cs, Config{Rows: 4000, MaxPerRepo: 2}); reasons(rej)[ReasonCapRepo] == 0 || reasons(rej)[ReasonNotRanked] != 0 {
		t.Errorf("with room for all: %v", reasons(rej))
	}
}

func TestUnusedQuotaFlows(t *testing.T) {
	var cs []Candidate
	add := func(lang schemas.Language, n int) {
		for i := range n {
			id := fmt.Sprintf("%s%03d", lang, i)
			cs = append(cs, Candidate{ContextID: id, NegativeID: id, Language: lang, Type: schemas.TypeMethod, Status: schemas.StatusUnseen})
		}
	}
	add(schemas.Go, 5)
	add(schemas.Java, 100)
	add(schemas.Rust, 100)
	sel, _ := choose(t, cs, Config{Rows: 65})
	n := map[schemas.Language]int{}
	for _, s := range sel {
		n[s.Language]++
	}
	if want := map[schemas.Language]int{schemas.Go: 5, schemas.Java: 30,
		schemas.Rust: 30}; !reflect.DeepEqual(n, want) {
		t.Errorf("rows %v, want %v", n, want)
	}
}

func TestIneligibleReasons(t *testing.T) {
	base := Candidate{Language: schemas.Go, Type: schemas.TypeMethod, Status: schemas.StatusUnseen, Repo: "r", Judges: 3, Fooled: 2}
	with := func(f func(*Candidate)) Candidate {
		c := base
		f(&c)
		return c
	}
	c := Config{Rows: 10, Off: []Cell{{schemas.Java, schemas.TypeImport}}, Excluded: []string{"bad"}}
	for name, tt := range map[string]struct {
		c    Candidate
		want schemas.Reason
	}{
		"good":              {base, ""},
		"abstain":           {with(func(c *Candidate) { c.Status = schemas.StatusAbstain }), ReasonAbstain},
		"exists":            {with(func(c *Candidate) { c.Status = schemas.StatusExists }), ReasonExists},
		"no certificate":    {with(func(c *Candidate) { c.Status = "" }), ReasonNoStatus},
		"contaminated":      {with(func(c *Candidate) { c.Contaminated = "evidence" }), ReasonContaminated},
		"excluded":          {with(func(c *Candidate) { c.Repo = "bad" }), ReasonExcludedRepo},
		"off":               {with(func(c *Candidate) { c.Language, c.Type = schemas.Java, schemas.TypeImport }), ReasonCellOff},
		"fools all":         {with(func(c *Candidate) { c.Fooled = 3 }), ReasonFoolsAll},
		"fools all of two":  {with(func(c *Candidate) { c.Fooled, c.Judges = 2, 2 }), ""},
		"certified fooling": {with(func(c *Candidate) { c.Fooled, c.Status = 3, schemas.StatusCertified }), ""},
	} {
		sel, rej := choose(t, []Candidate{tt.c}, c)
		if tt.want == "" && len(sel) != 1 || tt.want != "" && (len(rej) != 1 || rej[0].Reason != tt.want) {
			t.Errorf("%s: selected %v, rejects %+v", name, sel, rej)
		}
	}
	for status, want := range map[schemas.Status]schemas.Reason{schemas.StatusUnseen: ReasonUnseen, schemas.StatusCertified: ReasonCertified, schemas.StatusAbstain: ReasonAbstain} {
		if !slices.Contains(Reasons, want) || want != schemas.Reason("status_"+string(status)) {
			t.Errorf("reason of status %s is %s", status, want)
		}
	}
	c.Accept = []schemas.Status{schemas.StatusCertified}
	if _, rej := choose(t, []Candidate{base}, c); len(rej) != 1 || rej[0].Reason != ReasonUnseen {
		t.Errorf("unseen where only certified is accepted: %+v", rej)
	}
}

func TestHarderRowsComeFirst(t *testing.T) {
	var cs []Candidate
	for i := range 40 {
		id := fmt.Sprintf("n%02d", i)
		cs = append(cs, Candidate{ContextID: id, NegativeID: id, Language: schemas.Go, Type: schemas.TypeMethod, Status: schemas.StatusUnseen,
			Golden: Side{Chars: 10}, Text: Side{Chars: 10}, Judges: 1, Margin: ptr(float64((i*17)%40) - 30)})
		if *cs[i].Margin >= 0 {
			cs[i].Fooled = 1
		}
		cs[i].Low = low(cs[i].Fooled, 1)
	}
	sel, _ := choose(t, cs, Config{Rows: 10})
	for _, s := range sel {
		if *s.Margin < 0 {
			t.Errorf("row %s with margin %v is among the ten hardest", *s.NegativeID, *s.Margin)
		}
	}
	// Four of four outweigh two of two, and these one of one.
	order := []Candidate{
		{NegativeID: "many", Low: low(4, 4)}, {NegativeID: "two", Low: low(2, 2)}, {NegativeID: "one", Low: low(1, 1), Margin: ptr(5.0)},
		{NegativeID: "half", Low: low(1, 2), Margin: ptr(9.0)}, {NegativeID: "caught", Low: low(0, 3), Margin: ptr(1.0)},
		{NegativeID: "caught too", Low: low(0, 1), Margin: ptr(-1.0)}, {NegativeID: "none", Margin: ptr(9.0)},
	}
	if !slices.IsSorted(hardest(order)) {
		t.Error("order of hardness")
	}
}

// hardest are the numbers of rows, hardest first.
func hardest(cs []Candidate) []int32 {
	var out []int32
	for i := range cs {
		out = append(out, int32(i))
	}
	slices.SortFunc(out, func(i, j int32) int { return harder(candidateRows(cs), i, j) })
	return out
}

// low is the lower Wilson bound of a fool rate.
func low(fooled, judges int64) *float64 {
	l, _ := judge.Wilson(float64(fooled), float64(judges))
	return &l
}

// However much of a pool is judged, in no cell is a row that nobody judged selected
// while one that somebody did could have been.
func TestUnjudgedRowsComeLast(t *testing.T) {
	for seed := range uint64(20) {
		cs := synthetic(1500, seed)
		r := rand.New(rand.NewPCG(seed, 7))
		part := r.Float64()
		by := map[string]*Candidate{}
		for i := range cs {
			if c := &cs[i]; r.Float64() > part {
				c.Judges, c.Fooled, c.FoolRate, c.Low, c.Margin = 0, 0, nil, nil, nil
			}
			by[cs[i].NegativeID] = &cs[i]
		}
		sel, rej := choose(t, cs, Config{Rows: 50 + r.IntN(900), MaxPerRepo: 20 + r.IntN(30)})
		unjudged := map[Cell]int{}
		for _, s := range sel {
			c := by[*s.NegativeID]
			if (s.FoolRate == nil) != (s.Judges == 0) || s.Judges != c.Judges {
				t.Fatalf("seed %d: row %s has %d judges and fool rate %v", seed, c.NegativeID, s.Judges, s.FoolRate)
			}
			if s.Judges == 0 {
				unjudged[Cell{c.Language, c.Type}]++
			}
		}
		for _, x := range rej {
			if c := by[x.ID]; x.Reason == ReasonNotRanked && c.Judges > 0 && unjudged[Cell{c.Language, c.Type}] > 0 {
				t.Fatalf("seed %d: %s was judged and not ranked, beside %d selected rows of its cell that were not", seed, x.ID, unjudged[Cell{c.Language, c.Type}])
			}
		}
	}
}

// The pool tells chosen from rejected by length three times of four; a selection
// that takes the hardest rows does so too; ours must not, as long as there is
// enough to choose from.
func TestSelectionHidesTheOutline(t *testing.T) {
	cs := synthetic(6000, 3)
	var all []schemas.Selected
	for i := range cs {
		all = append(all, cs[i].selected(""))
	}
	pool := Probe(outlines(cs, all))
	sel, _ := choose(t, cs, Config{Rows: 800})
	if len(sel) != 800 {
		t.Fatalf("%d rows", len(sel))
	}
	got := Probe(outlines(cs, sel))
	t.Logf("probe: pool %.3f, selection %.3f", pool.Accuracy, got.Accuracy)
	if pool.Accuracy < 0.7 {
		t.Errorf("the pool is no test: accuracy %v", pool.Accuracy)
	}
	if got.Accuracy > 0.58 {
		t.Errorf("accuracy %v on the selection, signal %v", got.Accuracy, got.Signal)
	}
}

// Cells that have longer rejected sides only are made up for by the others.
func TestRichCellsMakeUpForSkewedOnes(t *testing.T) {
	cs := synthetic(6000, 4)
	for i := range cs {
		cs[i].ContextID = cs[i].NegativeID
		if c := &cs[i]; c.Type == schemas.TypeParameter && c.Language == schemas.Go && c.LenDiff() <= 0 {
			c.Text.Chars = c.Golden.Chars + 3
		}
	}
	sel, _ := choose(t, cs, Config{Rows: 800})
	skew := 0
	for _, p := range outlines(cs, sel) {
		skew += sign(p.Rejected.Chars - p.Chosen.Chars)
	}
	if abs(skew) > 8 {
		t.Errorf("%d more rejected sides are longer than shorter, of %d", skew, len(sel))
	}
}

func TestShapeMirror(t *testing.T) {
	for _, c := range synthetic(500, 5) {
		x := c
		x.Golden, x.Text = c.Text, c.Golden
		if ShapeOf(&x) != ShapeOf(&c).Mirror() || ShapeOf(&c).Mirror().Mirror() != ShapeOf(&c) {
			t.Fatalf("shape %+v, exchanged %+v", ShapeOf(&c), ShapeOf(&x))
		}
	}
}

func TestConfigValidate(t *testing.T) {
	for want, c := range map[string]Config{
		"curate.rows":         {Rows: -1, Splits: &Splits{}},
		"curate.max_per_repo": {MaxPerRepo: -1, Splits: &Splits{}},
		"curate.accept":       {Accept: []schemas.Status{schemas.StatusAbstain}, Splits: &Splits{}},
		"curate.off":          {Off: []Cell{{"cobol", schemas.TypeImport}}, Splits: &Splits{}},
		"no splits":           {},
	} {
		if _, _, err := Select(nil, c); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v, want %q", err, want)
		}
	}
}

func TestSplitOfSelected(t *testing.T) {
	s := &Splits{group: map[string]string{"r": "r"}, split: map[string]schemas.Split{"r": schemas.SplitTest}}
	sel, _ := choose(t, []Candidate{{NegativeID: "n", Repo: "r", Status: schemas.StatusCertified, Language: schemas.Go, Type: schemas.TypeImport}}, Config{Rows: 1, Splits: s})
	if len(sel) != 1 || sel[0].Split != schemas.SplitTest || *sel[0].Status != schemas.StatusCertified {
		t.Errorf("selected %+v", sel)
	}
}

func BenchmarkSelect(b *testing.B) {
	cs := synthetic(300000, 6)
	for b.Loop() {
		if _, _, err := Select(cs, Config{Rows: 50000, Splits: &Splits{}}); err != nil {
			b.Fatal(err)
		}
	}
}
