package pipelines

import (
	"errors"
	"os"
	"path/filepath"
	"runtime"
	"testing"

	"decoy/pipelines/join"
	"decoy/pipelines/judging"
	"decoy/schemas"
	"decoy/transforms/judge"
	"decoy/transforms/panel/faultserver"
)

const inRounds = "extract: {kinds: {import: 2, call: 4, general: 1}, prefix_bytes: 1024, suffix_bytes: 1024}\n" +
	"judge: {rounds: [0.3, 0.6, 1.0], interval_width: 0.55, goldens: 0.3, panel: [{name: ngram, provider: ngram}]}\ncurate: {rows: 400}\n"

func TestRounds(t *testing.T) {
	c := ordinary(t, 3)
	r := parsed(t, inRounds)
	out := c.build(t, "direct", r)
	w := worldOf(t, out)

	// What each round asked follows from the verdicts of the rounds before it.
	verdicts := map[string]schemas.Verdict{}
	controls := map[string]int{}
	for _, v := range w.verdicts {
		if v.NegativeID == nil {
			controls[v.ContextID]++
			continue
		}
		if _, twice := verdicts[*v.NegativeID]; twice {
			t.Errorf("negative %s is judged twice", *v.NegativeID)
		}
		verdicts[*v.NegativeID] = v
	}
	byRound := make([]map[judge.Cell][]schemas.Negative, 3)
	for k := range byRound {
		byRound[k] = map[judge.Cell][]schemas.Negative{}
	}
	cells := map[judge.Cell]bool{}
	plan := judge.Plan{Rounds: r.Judge.Rounds}
	for _, n := range w.negatives {
		x := w.contexts[n.ContextID]
		cell := judging.CellOf(&n, &x)
		k, _ := plan.Round(n.ID, cell)
		byRound[k][cell] = append(byRound[k][cell], n)
		cells[cell] = true
	}
	stopped, saved := 0, 0
	for cell := range cells {
		fooled, judged, open := 0.0, 0.0, true
		for k := range byRound {
			for _, n := range byRound[k][cell] {
				v, ok := verdicts[n.ID]
				if ok != open {
					t.Fatalf("%v, round %d: negative %s is judged: %v, want %v", cell, k+1, n.ID, ok, open)
				}
				if !ok {
					saved++
					continue
				}
				judged++
				if v.Answer == schemas.AnswerFooled {
					fooled++
				}
			}
			if low, high := judge.Wilson(fooled, judged); open && judged > 0 && high-low < r.Judge.IntervalWidth {
				open = false
				stopped++
			}
		}
	}
	if stopped == 0 || saved == 0 || len(verdicts) == 0 {
		t.Fatalf("%d cells stopped, %d of %d negatives were not judged: the test shows nothing", stopped, saved, len(w.negatives))
	}
	if len(controls) == 0 {
		t.Error("no golden control")
	}
	for id, n := range controls {
		if n != 1 {
			t.Errorf("the golden of %s was shown %d times", id, n)
		}
	}
	rounds, err := join.Rounds(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	last := rounds[len(rounds)-1]
	total := judge.CellRate{}
	for _, x := range last.Tally.Cells {
		total.Negatives += x.Negatives
		total.Judged += x.Judged
	}
	if len(last.Stopped) != stopped || int(total.Negatives) != len(w.negatives) || int(total.Judged) != len(verdicts) {
		t.Errorf("the last round records %d cells that stopped, %d of %d negatives judged; want %d, %d of %d", len(last.Stopped), total.Judged, total.Negatives, stopped, len(verdicts), len(w.negatives))
	}
	checkManifests(t, out)
	unjudged := 0
	for _, x := range records[schemas.Selected](t, out, schemas.StageCurate, "selection") {
		if x.NegativeID == nil {
			continue
		}
		if _, ok := verdicts[*x.NegativeID]; ok != (x.FoolRate != nil) || ok != (x.Judges == 1) {
			t.Errorf("selected %+v, judged %v", x, ok)
		} else if !ok {
			unjudged++
		}
	}
	if unjudged == 0 {
		t.Error("no selected row is unjudged: the test shows too little")
	}

	t.Run("the same bytes with other processors and runners", func(t *testing.T) {
		old := runtime.GOMAXPROCS(4)
		defer runtime.GOMAXPROCS(old)
		sameBytes(t, "direct and prism", out, c.build(t, "prism", r))
	})

	t.Run("a build that was interrupted between and inside of rounds", func(t *testing.T) {
		again := t.TempDir()
		if err := os.CopyFS(again, os.DirFS(out)); err != nil {
			t.Fatal(err)
		}
		// As after a round and inside of it: two of its shards and what follows are not there.
		remove(t, again, "judge/manifest.json")
		for record := range touched(t, again, schemas.StageJudge) {
			if record == "00001.json" || record >= "00003.json" {
				remove(t, again, "judge/_done/"+record)
			}
		}
		done := touched(t, again, schemas.StageJudge)
		if len(done) != 2 {
			t.Fatalf("records %v of the first round", done)
		}
		if err := c.open(t, again, "direct", r).RunStages(t.Context(), schemas.Stages...); err != nil {
			t.Fatal(err)
		}
		sameBytes(t, "an undisturbed build and one that went on", out, again)
		now := touched(t, again, schemas.StageJudge)
		if now["00000.json"] != done["00000.json"] || now["00002.json"] != done["00002.json"] || now["00001.json"] == 0 {
			t.Error("what was done is done again, or what was lost is not")
		}
	})

	t.Run("another recipe leaves no round behind", func(t *testing.T) {
		one := r
		one.Judge.Rounds = []float64{1}
		if err := c.open(t, out, "direct", one).RunStages(t.Context(), schemas.Stages...); err != nil {
			t.Fatal(err)
		}
		sameBytes(t, "a build in one round and one after others", c.build(t, "direct", one), out)
		if n := len(worldOf(t, out).verdicts); n <= len(w.verdicts) {
			t.Errorf("%d verdicts in one round, %d in three", n, len(w.verdicts))
		}
	})
}

// Rounds ask a server for nothing twice, in whatever round a build stopped.
func TestRoundsAreNotPaidTwice(t *testing.T) {
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		if a.Judging() {
			return faultserver.OK(verdict)
		}
		return faultserver.OK(completion(renamed))
	})
	c := ordinary(t, 1)
	r := judgedBy(t, s, "rounds: [0.3, 0.6, 1.0], interval_width: 0.6", asker(s, "jud", "provider: openai"))
	out := c.build(t, "direct", r)
	sent := len(s.Arrivals())
	for _, lost := range []string{"manifest.json", "_done/00002.json", "_done/00004.json", "_done/00007.json"} {
		if err := os.Remove(filepath.Join(out, schemas.StageJudge, lost)); err != nil && !(errors.Is(err, os.ErrNotExist) && lost == "_done/00007.json") {
			t.Fatal(err)
		}
	}
	before := repeatable(t, out)
	if err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...); err != nil {
		t.Fatal(err)
	}
	if n := len(s.Arrivals()) - sent; n != 0 {
		t.Errorf("%d requests were sent again", n)
	}
	delete(before, schemas.StageJudge+"/manifest.json")
	after := repeatable(t, out)
	for name, sum := range before {
		if after[name] != sum {
			t.Errorf("%s differs", name)
		}
	}
}
