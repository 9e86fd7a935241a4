package pipelines

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/pipelines/generation"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/panel/faultserver"
)

// useless are the ways in which a member gives nothing, with what a person is told.
var useless = map[string]struct {
	step  faultserver.Step
	cause string
}{
	"refuses everything":    {faultserver.Refusal(), "answer_refused"},
	"the provider's filter": {faultserver.Filtered(), "answer_refused"},
	"prose alone":           {faultserver.Text("I would rather talk about the weather."), "weather"},
	"the same 400":          {faultserver.Status(400, "this deployment answers nothing"), "this deployment answers nothing"},
	"all cut off":           {faultserver.Truncated(completion(renamed)), "answer_truncated"},
	"the golden itself":     {faultserver.OK(completion(func(g string) string { return g })), "same"},
}

// withUseless has a second generator and a second judge, which ask the model "bad".
func withUseless(t *testing.T, s *faultserver.Server, stage string) recipe.Recipe {
	t.Helper()
	r := asked(t, s)
	of := &r.Generate.Panel
	if stage == schemas.StageJudge {
		of = &r.Judge.Panel
	}
	bad := (*of)[1]
	bad.Name, bad.Model, bad.APIKeyEnv, bad.Concurrency = "bad", "bad", keyEnv+"_BAD", 4
	bad.GiveUp = &panel.GiveUp{After: 10}
	t.Setenv(bad.APIKeyEnv, apiKey)
	*of = append(*of, bad)
	return r
}

// served counts what the model "bad" was asked, and the others.
func served(s *faultserver.Server) (bad, others int) {
	for _, a := range s.Arrivals() {
		if a.Model == "bad" {
			bad++
		} else {
			others++
		}
	}
	return bad, others
}

// besideUseless answers the model "bad" with a step, and all others well.
func besideUseless(step faultserver.Step) func(faultserver.Arrival) faultserver.Step {
	return func(a faultserver.Arrival) faultserver.Step {
		switch {
		case a.Model == "bad":
			return step
		case a.Judging():
			return faultserver.OK(verdict)
		}
		return faultserver.OK(completion(renamed))
	}
}

// TestAUselessGeneratorIsGivenUp: the others do all their work, the useless one is asked
// for a sample, a second run asks it nothing, and removing it makes the build whole.
func TestAUselessGeneratorIsGivenUp(t *testing.T) {
	c := ordinary(t, 1)
	for name, u := range useless {
		t.Run(name, func(t *testing.T) {
			s := serve(t, besideUseless(u.step))
			r := withUseless(t, s, schemas.StageGenerate)
			out := t.TempDir()
			err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...)
			if !errors.Is(err, panel.ErrStopped) || !strings.Contains(err.Error(), "member bad is stopped") || !strings.Contains(err.Error(), u.cause) || !strings.Contains(err.Error(), "give_up") {
				t.Fatalf("error = %v, want the member, why (%s) and what to do", err, u.cause)
			}
			requests := 0
			for _, x := range records[schemas.Context](t, out, schemas.StageExtract, "contexts") {
				requests += len(x.Types)
			}
			bad, others := served(s)
			// Those under way when the tenth outcome is known are sent too, and each takes two
			// calls: it is asked once more, or without the schema that a server may not take.
			if most := 2 * (10 + 2*4); bad < 10 || bad > most || requests < 2*most || others != requests {
				t.Errorf("%d calls of the useless member, want 10 to %d, and %d of the other one of %d requests", bad, most, others, requests)
			}
			if _, err := os.Stat(filepath.Join(out, "generate", "_gaveup", "bad.json")); err != nil {
				t.Error(err)
			}
			again := func(r recipe.Recipe, replay bool) error {
				b := c.open(t, out, "direct", r)
				b.Replay = replay
				return b.RunStages(t.Context(), schemas.Stages...)
			}
			if err := again(r, false); !errors.Is(err, panel.ErrStopped) || !strings.Contains(err.Error(), u.cause) {
				t.Errorf("a second run: %v", err)
			}
			if b, o := served(s); b != bad || o != others {
				t.Errorf("a second run made %d and %d calls", b-bad, o-others)
			}
			if name != "refuses everything" {
				return
			}
			changed := r
			changed.Generate.Panel = slices.Clone(r.Generate.Panel)
			changed.Generate.Panel[2].MaxTokens++
			if err := again(changed, false); !errors.Is(err, panel.ErrStopped) {
				t.Errorf("with another entry: %v", err)
			}
			b, _ := served(s)
			if b < bad+10 {
				t.Errorf("with another entry the member was asked %d times", b-bad)
			}
			if err := again(changed, true); !errors.Is(err, panel.ErrStopped) {
				t.Errorf("with replay: %v", err)
			}
			if bb, _ := served(s); bb < b+10 {
				t.Errorf("with replay the member was asked %d times", bb-b)
			}
			whole := r
			whole.Generate.Panel = r.Generate.Panel[:2]
			if err := again(whole, false); err != nil {
				t.Error(err)
			}
			if _, o := served(s); o < others {
				t.Errorf("%d calls of the others", o)
			}
			// The card and the report say what was paid, to the useless member too.
			other := c.build(t, "direct", whole)
			for _, dir := range []string{out, other} {
				for _, what := range []string{"export", "report.html", "generate/_gaveup"} {
					if err := os.RemoveAll(filepath.Join(dir, what)); err != nil {
						t.Fatal(err)
					}
				}
			}
			sameBytes(t, "a build and one of which a member was given up", other, out)
		})
	}
}

func TestAUselessJudgeIsGivenUp(t *testing.T) {
	c := ordinary(t, 1)
	for _, name := range []string{"refuses everything", "prose alone", "the same 400"} {
		u := useless[name]
		t.Run(name, func(t *testing.T) {
			s := serve(t, besideUseless(u.step))
			r := withUseless(t, s, schemas.StageJudge)
			out := t.TempDir()
			err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...)
			if !errors.Is(err, panel.ErrStopped) || !strings.Contains(err.Error(), "member bad is stopped") || !strings.Contains(err.Error(), u.cause) {
				t.Fatalf("error = %v, want the member and %s", err, u.cause)
			}
			if bad, _ := served(s); bad < 10 || bad > 2*(10+3*4) {
				t.Errorf("%d calls of the useless member", bad)
			}
			if n := len(records[schemas.Negative](t, out, schemas.StageGenerate, "negatives")); n < 100 {
				t.Errorf("%d negatives: the test shows too little", n)
			}
		})
	}
}

// TestAllRequestsFailed: too few requests for a sample, and every one of them fails.
func TestAllRequestsFailed(t *testing.T) {
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		return faultserver.Status(400, "this deployment answers nothing")
	})
	c := ordinary(t, 1)
	r := asked(t, s)
	r.Generate.Panel[1].GiveUp = &panel.GiveUp{After: 100_000}
	out := t.TempDir()
	err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...)
	if !errors.Is(err, panel.ErrStopped) || !strings.Contains(err.Error(), "member gen: all ") || !strings.Contains(err.Error(), "this deployment answers nothing") || !strings.Contains(err.Error(), "--replay") {
		t.Fatalf("error = %v", err)
	}
	sent := len(s.Arrivals())
	if err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...); !errors.Is(err, panel.ErrStopped) {
		t.Errorf("a second run: %v", err)
	}
	if n := len(s.Arrivals()); n != sent {
		t.Errorf("a second run made %d calls", n-sent)
	}
}

// TestAGoodMemberIsNotGivenUp: the sample is small, the refusals many.
func TestAGoodMemberIsNotGivenUp(t *testing.T) {
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		switch {
		case a.Judging():
			return faultserver.OK(verdict)
		case hashed(a.User)%2 == 0:
			return faultserver.Refusal()
		}
		return faultserver.OK(completion(renamed))
	})
	c := ordinary(t, 1)
	c.build(t, "direct", asked(t, s))
}

// TestRequestsAreASample: they come in the order of a hash of their contexts' ids, each
// once, and the first of a shard are of many files.
func TestRequestsAreASample(t *testing.T) {
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		if a.Judging() {
			return faultserver.OK(verdict)
		}
		return faultserver.OK(completion(renamed))
	})
	c := ordinary(t, 2)
	r := asked(t, s)
	r.Shards = 1
	r.Generate.Panel[1].Concurrency, r.Judge.Panel[1].Concurrency = 1, 1 // of one account
	out := c.build(t, "direct", r)
	task := work.Task{Out: out, Stage: schemas.StageGenerate, Of: 1}
	sorted, err := generation.AskedContexts(t.Context(), task)
	if err != nil {
		t.Fatal(err)
	}
	defer sorted.Close(t.Context())
	var order, want []string
	paths := map[string]bool{}
	for x, err := range sorted.All(t.Context()) {
		if err != nil {
			t.Fatal(err)
		}
		order = append(order, x.ID)
		if len(order) <= 40 {
			paths[x.Path] = true
		}
	}
	for _, x := range records[schemas.Context](t, out, schemas.StageExtract, "contexts") {
		if len(x.Types) > 0 {
			want = append(want, x.ID)
		}
	}
	if slices.IsSorted(order) || len(order) != len(want) || len(paths) < 10 {
		t.Errorf("%d contexts of %d, the first of %d files", len(order), len(want), len(paths))
	}
	slices.Sort(want)
	if got := slices.Sorted(slices.Values(order)); !slices.Equal(got, want) {
		t.Error("other contexts than those of the shard")
	}
	goldens := map[string]string{}
	for _, x := range records[schemas.Context](t, out, schemas.StageExtract, "contexts") {
		goldens[x.ID] = x.Golden
	}
	want = nil
	for _, id := range order {
		want = append(want, goldens[id])
	}
	var asked []string
	for _, a := range s.Arrivals() {
		if !a.Judging() {
			asked = append(asked, a.Section("DEVELOPER"))
		}
	}
	// While a member is on trial no more is sent at once than it can take, here one; later
	// calls overtake each other.
	asked, want = slices.Compact(asked)[:15], slices.Compact(want)[:15]
	if !slices.Equal(asked, want) {
		t.Errorf("asked about\n%q\nwant\n%q", asked, want)
	}
}

// To ask members again removes what was written about them, and nothing of a user's.
func TestRetryRemovesItsRecordsAlone(t *testing.T) {
	out := t.TempDir()
	b := &Build{Out: out}
	s := &stage{b: b, name: schemas.StageGenerate}
	m := panel.Member{Name: "bad"}
	if err := ask.WriteGaveUp(t.Context(), out, s.name, m, panel.GivenUp{}); err != nil {
		t.Fatal(err)
	}
	folder := filepath.Join(out, s.name, ask.GaveUpFolder)
	put(t, filepath.Join(folder, "notes.txt"), "mine")
	put(t, filepath.Join(folder, "notes.json"), `{"mine": true}`)
	if err := s.retry(t.Context()); err != nil {
		t.Fatal(err)
	}
	names, err := shard.List(t.Context(), folder, "*")
	if err != nil || len(names) != 2 {
		t.Errorf("%v, %v", names, err)
	}
	if g, err := ask.ReadGaveUp(t.Context(), out, s.name, m); err != nil || g != nil {
		t.Errorf("%v, %v", g, err)
	}
}
