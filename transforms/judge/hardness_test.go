package judge

import (
	"math"
	"math/rand/v2"
	"reflect"
	"testing"

	"decoy/schemas"
)

// However repositories lie in shards, and in whatever order these are added, the sums are the same.
func TestHardnessAddsUp(t *testing.T) {
	r := rand.New(rand.NewPCG(1, 2))
	type one struct {
		repo     string
		traits   []Trait
		longer   int
		verdicts []schemas.Verdict
	}
	var all []one
	repos := []string{"a", "b", "c", "d", "e"}
	for range 800 {
		o := one{repo: repos[r.IntN(5)], longer: r.IntN(300) - 150,
			traits: []Trait{{ByAll, ""}, {ByType, string(schemas.Types[r.IntN(4)])}}}
		for _, judge := range []string{"n", "m"} {
			answer := []schemas.Answer{schemas.AnswerFooled, schemas.AnswerCaught, schemas.AnswerInvalid}[r.IntN(3)]
			margin, golden := r.NormFloat64()*9, -r.ExpFloat64()*300
			v := schemas.Verdict{Judge: judge, Answer: answer, Margin: &margin}
			if judge == "m" {
				v.GoldenLogProb = &golden
			}
			o.verdicts = append(o.verdicts, v)
		}
		all = append(all, o)
	}
	whole := NewHardnessCounter()
	for _, o := range all {
		whole.Count(o.repo, o.traits, o.longer, o.verdicts)
	}
	want := whole.Sum()
	if len(want.Judges()) != 2 || len(want.Slices) != 10 || len(want.Goldens) < 100 {
		t.Fatalf("%v judges, %d slices, %d goldens", want.Judges(), len(want.Slices), len(want.Goldens))
	}
	for range 10 {
		var shards [3]*HardnessCounter
		of := map[string]int{}
		for i := range shards {
			shards[i] = NewHardnessCounter()
		}
		for _, repo := range repos {
			of[repo] = r.IntN(3)
		}
		for _, o := range all {
			shards[of[o.repo]].Count(o.repo, o.traits, o.longer, o.verdicts)
		}
		var got Hardness
		for _, i := range r.Perm(3) {
			got.Add(shards[i].Sum())
		}
		if !reflect.DeepEqual(got, want) {
			t.Fatal("the sums of shards differ from the whole")
		}
	}
	fifths := 0
	for _, x := range want.Rates("m") {
		if x.By == ByFifth {
			fifths++
			if n := float64(x.N) / float64(want.Slices[0].N); n < .1 || n > .3 {
				t.Errorf("fifth %s holds %v of all", x.Value, n)
			}
		}
		if !(x.Low <= x.Rate && x.Rate <= x.High) {
			t.Errorf("%+v", x)
		}
	}
	if fifths != 5 || want.Rates("n")[0].By != ByAll {
		t.Errorf("%d fifths; first %+v", fifths, want.Rates("n")[0])
	}
}

// Negatives of one repository that are all alike are worth little more than one.
func TestHardnessCountsRepositories(t *testing.T) {
	alike, mixed := NewHardnessCounter(), NewHardnessCounter()
	for repo := range 20 {
		for i := range 50 {
			v := func(fooled bool) []schemas.Verdict {
				return []schemas.Verdict{{Judge: "j", Answer: says(fooled)}}
			}
			name := string(rune('a' + repo))
			alike.Count(name, []Trait{{ByAll, ""}}, 0, v(repo%2 == 0))
			mixed.Count(name, []Trait{{ByAll, ""}}, 0, v(i%2 == 0))
		}
	}
	a, m := alike.Sum(), mixed.Sum()
	wide, narrow := a.Rates("j")[0], m.Rates("j")[0]
	if wide.Rate != .5 || narrow.Rate != .5 || wide.High-wide.Low < .35 || narrow.High-narrow.Low > .07 {
		t.Errorf("%+v and %+v", wide, narrow)
	}
	if wide.Near != nil {
		t.Error("a judge without margins has a share near its goldens")
	}
}

// What length or the golden alone decides has an area of 1, what neither knows one of .5.
func TestWithoutTheNegative(t *testing.T) {
	h := NewHardnessCounter()
	for i := range 100 {
		golden := -float64(i)
		h.Count("r", []Trait{{ByAll, ""}}, i%2, []schemas.Verdict{{Judge: "j", Answer: says(i >= 50), GoldenLogProb: &golden}})
	}
	sum := h.Sum()
	golden, length := sum.Without("j")
	if golden == nil || *golden != 1 || length == nil || math.Abs(*length-.5) > 1e-12 {
		t.Errorf("golden only %v, shorter wins %v", golden, length)
	}
	if g, l := sum.Without("nobody"); g != nil || l != nil {
		t.Error("a judge without verdicts has areas")
	}
}

func TestTraits(t *testing.T) {
	c := &schemas.Context{Language: schemas.Go, Kind: schemas.KindCall, Prefix: "user.Load(x)\n", Golden: "Load(x, 3)",
		Suffix: "\nother()"}
	if !Determined(c) {
		t.Error("all names of the golden stand in the prefix, and it is not determined")
	}
	of := map[string]string{}
	for _, x := range TraitsOf(c, ContextTraits(c), &schemas.Negative{Type: schemas.TypeMethod, Text: "other(x, 3)",
		Introduced: []string{"other"}, Generator: "rules"}, schemas.StatusUnseen) {
		of[x.By] = x.Value
	}
	for by, want := range map[string]string{ByNames: "in the window", ByLength: Longer, ByGolden: "determined",
		ByTypeLength: "method, longer", ByStatus: "unseen", ByTrick: "none", ByCut: "none"} {
		if of[by] != want {
			t.Errorf("%s is %q, want %q", by, of[by], want)
		}
	}
	c.Golden = "Loads(x)"
	if Determined(c) {
		t.Error("a name that is part of another counts as written")
	}
}
