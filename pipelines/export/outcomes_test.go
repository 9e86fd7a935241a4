package export

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"decoy/schemas"
)

// TestOutcomesAddUp: however negatives lie in shards, and in whatever order shards are
// added, the sums are the same.
func TestOutcomesAddUp(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	of := func(words ...string) string { return words[random.IntN(len(words))] }
	var all []Outcome
	for range 500 {
		o := Outcome{Language: schemas.Language(of("go", "rust")), Type: schemas.Type(of("method", "import")),
			Generator: of("rules", "m"), Status: schemas.Status(of("certified", "abstain")),
			Invented: random.IntN(2) == 0, Shorter: random.IntN(2) == 0,
			Selected: random.IntN(3) == 0}
		if o.Judges = random.Int64N(4); o.Judges > 0 {
			o.Fooled = random.Int64N(o.Judges + 1)
			rate, margin := float64(o.Fooled)/float64(o.Judges)*0.9, random.NormFloat64()*20
			o.Weighted, o.Margin = &rate, &margin
		}
		all = append(all, o)
	}
	whole := outcomes{}
	for _, o := range all {
		whole.count(o)
	}
	for range 20 {
		shards := make([]outcomes, 1+random.IntN(6))
		for i := range shards {
			shards[i] = outcomes{}
		}
		for _, o := range all {
			shards[random.IntN(len(shards))].count(o)
		}
		sum := outcomes{}
		for _, i := range random.Perm(len(shards)) {
			for _, c := range shards[i].list() {
				sum.add(c)
			}
		}
		if !reflect.DeepEqual(sum.list(), whole.list()) {
			t.Fatalf("%d shards: the sums differ", len(shards))
		}
	}
	byType := by(whole.list(), func(o OutcomeSum) schemas.Type { return o.Type })
	want := map[schemas.Type]OutcomeSum{}
	for _, o := range all {
		s := want[o.Type]
		s.N++
		if o.Judges > 0 {
			s.Judged++
			s.Fooled += o.Fooled
		}
		want[o.Type] = s
	}
	for typ, w := range want {
		got := byType[typ]
		if got.N != w.N || got.Judged != w.Judged || got.Fooled != w.Fooled || len(got.margins()) != int(w.Judged) {
			t.Errorf("%s: %+v, want %+v", typ, got, w)
		}
	}
}

// A margin is kept to the 128th of a nat.
func TestMarginsAreRounded(t *testing.T) {
	for _, m := range []float64{0, 0.4, -13.4, 250.01, -1e-9} {
		s := outcomes{}
		s.count(Outcome{Judges: 1, Margin: &m})
		got := s.list()[0].margins()
		if len(got) != 1 || math.Abs(got[0]-m) > 1.0/128 {
			t.Errorf("%v became %v", m, got)
		}
	}
}
