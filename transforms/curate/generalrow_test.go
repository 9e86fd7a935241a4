package curate_test

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas"
	"decoy/schemas/batch"
	"decoy/transforms/curate"
)

// generals are general rows with copies among them, in the repositories of pool.
func generals(n int) (out []curate.General) {
	r := rand.New(rand.NewPCG(4, 4))
	for i := range n {
		g := curate.General{
			ContextID: id("g", i), Repo: fmt.Sprintf("h.io/o%d/r%d", r.IntN(20), r.IntN(3)), Commit: "1",
			Path: fmt.Sprintf("d%d/f%d.go", i%9, i%50), Language: schemas.Languages[r.IntN(3)],
			Kind: schemas.KindLine, GoldenChars: 10 + r.IntN(40), GoldenHash: uint64(r.IntN(n / 3)),
			WindowHash: uint64(r.IntN(n * 2)),
		}
		if i%25 == 0 {
			g.Contaminated = "evidence"
		}
		out = append(out, g)
	}
	return out
}

// toLines writes rows of general contexts as the pure function does.
type toLines struct{ Groups []curate.Group }

func (f toLines) ProcessElement(b batch.Batch, emit func(string)) error {
	names, err := curate.NamesOf(f.Groups)
	if err != nil {
		return err
	}
	splits, err := curate.NewSplits(f.Groups, ratios)
	if err != nil {
		return err
	}
	for r := range b.Each(curate.GeneralBytes) {
		emit(pairLine(curate.GeneralRow(r).Selected(names, splits.Group)))
	}
	return nil
}

type toRejects struct{ Groups []curate.Group }

func (f toRejects) ProcessElement(b batch.Batch, emit func(string)) error {
	names, err := curate.NamesOf(f.Groups)
	if err != nil {
		return err
	}
	for r := range b.Each(curate.GeneralRejectBytes) {
		emit(rejectLine(curate.GeneralReject(r).Reject(names)))
	}
	return nil
}

// shifted compares counts with what is wanted.
type shifted struct {
	Groups []curate.Group
}

func (f shifted) ProcessElement(_ []byte, counts func(*batch.Batch) bool, emit func(string)) error {
	names, err := curate.NamesOf(f.Groups)
	if err != nil {
		return err
	}
	emit(fmt.Sprintf("%+v", words.ShiftOf(batch.All(counts), names, []string{"a note"})))
	return nil
}

func init() {
	beam.RegisterDoFn(&toLines{})
	beam.RegisterDoFn(&toRejects{})
	beam.RegisterDoFn(&shifted{})
}

func generalBatches(t *testing.T, rows []curate.General) (out []batch.Batch) {
	t.Helper()
	for part := range slices.Chunk(rows, 31) {
		var b []byte
		for i := range part {
			var err error
			if b, err = curate.AppendGeneral(b, &part[i]); err != nil {
				t.Fatal(err)
			}
		}
		out = append(out, batch.Batch{Rows: b})
	}
	return out
}

func TestSelectGeneralRowsIsSelectGeneralWithoutTheFilesThatWent(t *testing.T) {
	rows := generals(400)
	cs, _ := curate.DedupAll(pool(300, 5))
	groups := curate.Groups(alone(slices.Concat(cs, pool(900, 2))))
	splits, err := curate.NewSplits(groups, ratios)
	if err != nil {
		t.Fatal(err)
	}
	pairs := cs[:90]
	tokens, seen := 0, map[string]bool{}
	for _, c := range pairs {
		if !seen[c.ContextID] {
			tokens += curate.TargetTokens(c.Golden.Chars)
		}
		seen[c.ContextID] = true
	}
	wanted, err := curate.GeneralTokens(tokens, 0.7)
	if err != nil {
		t.Fatal(err)
	}
	// One file goes as a near duplicate of another.
	gone := curate.FileKeyOf(rows[3].Repo, "1", rows[3].Path)
	member := curate.AppendMember(nil, curate.Member{File: gone, Survivor: 7, Jaccard: 0.9})
	excluded := rows[5].Repo
	var stay []curate.General
	var want []schemas.Reject
	for _, g := range rows {
		if curate.FileKeyOf(g.Repo, "1", g.Path) == gone {
			want = append(want, schemas.Reject{Stage: schemas.StageCurate, ID: g.ContextID,
				Reason: curate.ReasonNearDuplicate, Detail: "its file is like file 0000000000000007",
				Language: g.Language})
			continue
		}
		g.Group = splits.Group(g.Repo)
		stay = append(stay, g)
	}
	selected, rejects := curate.SelectGeneral(stay, curate.GeneralConfig{
		Tokens: wanted, MaxPerRepo: 3, MaxPerGolden: 1, Excluded: []string{excluded}, Splits: splits,
	})
	for i := range rejects { // a row has no evidence
		if rejects[i].Reason == curate.ReasonContaminated {
			rejects[i].Detail = ""
		}
	}
	want = append(want, rejects...)
	reasons := map[schemas.Reason]int{}
	for _, r := range want {
		reasons[r.Reason]++
	}
	if len(selected) == 0 || len(reasons) < 6 {
		t.Fatalf("%d selected, rejects %v: the test shows too little", len(selected), reasons)
	}
	c := curate.GeneralSelect{
		Share: 0.7, MaxPerRepo: 3, MaxPerGolden: 1, Excluded: []string{excluded}, Ratios: ratios,
	}
	for _, seed := range []uint64{1, 2} {
		onEach(t, func(s beam.Scope) {
			k, r := curate.SelectGeneralRows(s, c, beam.CreateList(s, generalBatches(t, shuffled(rows, seed))),
				beam.CreateList(s, groups), beam.CreateList(s, records(t, shuffled(pairs, seed))),
				beam.Create(s, batch.Batch{Rows: member}))
			equal(s, beam.ParDo(s, &toLines{groups}, k), lines(selected))
			equal(s, beam.ParDo(s, &toRejects{groups}, r), lines(want))
		})
	}
}

func TestAppendGeneralNamesTheFieldThatDoesNotFit(t *testing.T) {
	for field, change := range map[string]func(*curate.General){
		"id":           func(g *curate.General) { g.ContextID = "g1" },
		"language":     func(g *curate.General) { g.Language = "cobol" },
		"kind":         func(g *curate.General) { g.Kind = "poem" },
		"golden_chars": func(g *curate.General) { g.GoldenChars = -1 },
	} {
		g := generals(3)[1]
		change(&g)
		if rows, err := curate.AppendGeneral(nil, &g); err == nil || !strings.Contains(err.Error(), field) ||
			len(rows) != 0 {
			t.Errorf("%s: %d bytes, %v", field, len(rows), err)
		}
	}
}

// A shift that was counted is the shift of the pool itself, to the last digit.
func TestShiftOfCountsIsNewShift(t *testing.T) {
	cs := pool(700, 6)
	groups := curate.Groups(alone(cs))
	var chosen []curate.Candidate
	var selected []schemas.Selected
	for i := range cs {
		if i%5 == 0 {
			chosen = append(chosen, cs[i])
			selected = append(selected, schemas.Selected{NegativeID: &cs[i].NegativeID})
		}
	}
	want := fmt.Sprintf("%+v", curate.NewShift(cs, selected, []string{"a note"}))
	if !strings.Contains(want, "Omitted:10") { // 60 repositories, of which 50 are listed
		t.Fatalf("the pool has too few repositories: %s", want)
	}
	onEach(t, func(s beam.Scope) {
		counts := curate.ShiftCounts(s, beam.CreateList(s, records(t, shuffled(cs, 3))),
			beam.CreateList(s, records(t, shuffled(chosen, 3))))
		got := beam.ParDo(s, &shifted{groups}, beam.Impulse(s), beam.SideInput{Input: counts})
		equal(s, got, []any{want})
	})
}

func TestFileShinglesAreThoseOfTheText(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 9))
	a := program(r, 900)
	b := edited(r, a, 0.03)
	sets := map[bool][][]uint64{}
	for _, words := range [][]string{a, b, nil} {
		text := strings.Join(words, " ")
		f := curate.FileShinglesOf("r", "c", "p.go", text)
		set, err := f.Shingles()
		if err != nil || !slices.IsSorted(set) || f.File() != curate.FileKeyOf("r", "c", "p.go") {
			t.Fatalf("%d shingles of file %x: %v", len(set), f.File(), err)
		}
		sets[true] = append(sets[true], set)
		sets[false] = append(sets[false], curate.Shingles(text))
		if len(f.Set) > 0 {
			f.Set = append(f.Set, 0x80)
			if _, err := f.Shingles(); err == nil || !strings.Contains(err.Error(), "p.go") {
				t.Errorf("a set that is cut: %v", err)
			}
		}
	}
	for _, p := range [][2]int{{0, 1}, {0, 0}, {0, 2}} {
		x, y := curate.Jaccard(sets[true][p[0]], sets[true][p[1]]), curate.Jaccard(sets[false][p[0]], sets[false][p[1]])
		if x != y {
			t.Errorf("similarity %v of what is written, %v of the texts", x, y)
		}
	}
}
