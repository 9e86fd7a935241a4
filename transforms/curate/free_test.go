package curate

import (
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"

	"decoy/schemas"
)

// pool is n minimal pairs and free samples, each of a context of its own, of two languages.
func freePool(minimal, free int) []Candidate {
	r := rand.New(rand.NewPCG(7, uint64(minimal<<16+free)))
	var out []Candidate
	for i := range minimal + free {
		m := float64(r.IntN(1000)) / 100
		c := Candidate{
			ContextID: fmt.Sprintf("%032x", i), NegativeID: fmt.Sprintf("%032x", r.Uint64()), Repo: "r", Path: "p",
			Language: schemas.Languages[i%2], Type: schemas.TypeMethod, Kind: schemas.KindCall, Generator: "g",
			Status: schemas.StatusCertified, GoldenHash: uint64(i), Margin: &m,
			Golden: Side{Chars: 20}, Text: Side{Chars: 15 + r.IntN(10)},
		}
		if i >= minimal {
			c.Free, c.Sampled = true, true
		}
		out = append(out, c)
	}
	return out
}

// TestFreeSamplesHaveAShareOfWhatIsChosen: at most their share of the chosen, whole numbers
// below it, as many as that allows, and all others are rejected for it.
func TestFreeSamplesHaveAShareOfWhatIsChosen(t *testing.T) {
	share := func(x float64) *float64 { return &x }
	for _, c := range []struct {
		minimal, free, rows int
		share               *float64
		chosen, chosenFree  int
	}{
		{100, 100, 50, nil, 50, 15},
		{7, 100, 50, nil, 10, 3}, // few rows in all: the share is of these
		{0, 100, 50, nil, 0, 0},
		{0, 100, 50, share(1), 50, 50},
		{100, 100, 50, share(0), 50, 0},
		{10, 100, 1000, share(0.5), 20, 10},
		{100, 3, 1000, nil, 103, 3},
	} {
		selected, rejects, err := Select(freePool(c.minimal, c.free), Config{Rows: c.rows, FreeShare: c.share, Splits: &Splits{}})
		if err != nil {
			t.Fatal(err)
		}
		isFree := map[string]bool{}
		for _, x := range freePool(c.minimal, c.free) {
			isFree[x.NegativeID] = x.Free
		}
		free, capped := 0, 0
		for _, s := range selected {
			if isFree[*s.NegativeID] {
				free++
			}
		}
		for _, r := range rejects {
			if r.Reason == ReasonCapSamples {
				capped++
			}
		}
		// Where the minimal pairs are fewer than the free samples' share leaves room for, a bin may
		// prefer them: the share is a bound and no quota.
		if len(selected) > c.chosen || free > c.chosenFree || c.minimal+c.free != len(selected)+len(rejects) ||
			len(selected) < c.chosen-c.chosenFree {
			t.Errorf("%d minimal, %d free, %d rows: %d chosen, %d of them free, %d rejected; want %d, %d", c.minimal, c.free, c.rows,
				len(selected), free, len(rejects), c.chosen, c.chosenFree)
		}
		if free < c.free && len(selected) < c.rows && capped == 0 {
			t.Errorf("%d minimal, %d free: none is rejected as too many", c.minimal, c.free)
		}
	}
}

// TestFreeShareIsTheSameOverRecords: records choose what candidates do.
func TestFreeShareIsTheSameOverRecords(t *testing.T) {
	for _, rows := range []int{20, 60, 1000} {
		cs := freePool(40, 60)
		c := Config{Rows: rows, Splits: &Splits{}}
		want, wantRejects, err := Select(cs, c)
		if err != nil {
			t.Fatal(err)
		}
		w := Words{Generators: []string{"g"}}
		slices.SortFunc(cs, byID)
		var records recordRows
		for i := range cs {
			r, err := w.Append(nil, &cs[i])
			if err != nil {
				t.Fatal(err)
			}
			if got := w.Candidate(r, nil); got.Free != cs[i].Free || got.Sampled != cs[i].Sampled {
				t.Fatalf("a record of %+v is %+v", cs[i], got)
			}
			records = append(records, r)
		}
		s := newSelection(c, records)
		for i := range records {
			s.add(int32(i))
		}
		var got []string
		for _, i := range s.run() {
			got = append(got, records[i].NegativeID())
		}
		var ids []string
		for _, x := range want {
			ids = append(ids, *x.NegativeID)
		}
		slices.Sort(got)
		slices.Sort(ids)
		if !slices.Equal(got, ids) {
			t.Errorf("%d rows: records choose %d, candidates %d", rows, len(got), len(ids))
		}
		reasons := map[string]schemas.Reason{}
		for _, r := range wantRejects {
			reasons[r.ID] = r.Reason
		}
		s.left(func(i int32, reason schemas.Reason) {
			if id := records[i].NegativeID(); reasons[id] != reason {
				t.Errorf("%d rows: %s is %s among records, %s among candidates", rows, id, reason, reasons[id])
			}
		})
	}
}

// TestStyleProbe: what is written in another style is told apart, what differs in names is not.
func TestStyleProbe(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	name := func() string { return "abcdefghijklmnopqrstuvwxyz"[:5+r.IntN(10)] }
	var names, quoted []StylePair
	for i := range 400 {
		pair := func(chosen, rejected string) StylePair {
			return StylePair{ID: fmt.Sprint(i), Group: fmt.Sprint(i % 20), Chosen: StyleOf(chosen), Rejected: StyleOf(rejected)}
		}
		names = append(names, pair("get("+name()+")", "get("+name()+")"))
		quoted = append(quoted, pair("get('"+name()+"')", `get("`+name()+`")`))
	}
	if p := StyleProbe(names); p.Pairs != 400 || p.Accuracy > 0.56 {
		t.Errorf("names of one distribution: %+v", p)
	}
	if p := StyleProbe(quoted); p.Accuracy < 0.99 || len(p.Signal) == 0 {
		t.Errorf("other quotes: %+v", p)
	}
	exchanged := slices.Clone(quoted)
	for i := range exchanged {
		exchanged[i].Chosen, exchanged[i].Rejected = quoted[i].Rejected, quoted[i].Chosen
	}
	if a, b := StyleProbe(quoted), StyleProbe(exchanged); a.Accuracy != b.Accuracy {
		t.Errorf("the order of sides counts: %v, %v", a.Accuracy, b.Accuracy)
	}
	if p := StyleProbe(nil); p.Pairs != 0 || p.Accuracy != 0.5 {
		t.Errorf("no pairs: %+v", p)
	}
}
