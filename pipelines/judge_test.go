package pipelines

import (
	"context"
	"errors"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/judge"
	"decoy/transforms/panel/faultserver"
)

// judging is a recipe with the generators rules and gen, and with these judges beside
// other fields.
func judging(t *testing.T, s *faultserver.Server, fields string, judges ...string) Recipe {
	t.Helper()
	t.Setenv(keyEnv, apiKey)
	return recipe(t, "extract: {kinds: {import: 1, call: 2, general: 1}, prefix_bytes: 1024, suffix_bytes: 1024}\n"+
		"generate: {panel: [{name: rules, provider: rules}, "+asker(s, "gen", "provider: openai")+"]}\n"+
		"judge: {goldens: 0.5, "+fields+", panel: ["+strings.Join(judges, ", ")+"]}\n")
}

// asker is a member that asks the server.
func asker(s *faultserver.Server, name, more string) string {
	return fmt.Sprintf("{name: %s, base_url: %s, model: m-%s, api_key_env: %s, concurrency: 48, max_tokens: 100, timeout: 5s, usd_per_mtok: {in: 1, out: 2}, %s}", name, s.URL(), name, keyEnv, more)
}

// world is what a finished build holds about its negatives.
type world struct {
	contexts  map[string]schemas.Context
	negatives map[string]schemas.Negative
	verdicts  []schemas.Verdict // of all rounds
}

func worldOf(t *testing.T, out string) world {
	t.Helper()
	w := world{map[string]schemas.Context{}, map[string]schemas.Negative{}, nil}
	for _, c := range records[schemas.Context](t, out, schemas.StageExtract, "contexts") {
		w.contexts[c.ID] = c
	}
	for _, n := range records[schemas.Negative](t, out, schemas.StageGenerate, "negatives") {
		w.negatives[n.ID] = n
	}
	for i := range 3 {
		for v, err := range readVerdicts(shardTask{Out: out, Shard: i, Of: 3}) {
			if err != nil {
				t.Fatal(err)
			}
			w.verdicts = append(w.verdicts, v)
		}
	}
	return w
}

// chooses is the server's answer to a pair, "" for one that cannot be read. What it
// goes by depends on the two texts and not on their order.
func chooses(a, b string) string {
	switch small := min(a, b); hashed(small+"\x00"+max(a, b)) % 6 {
	case 0:
		return "A" // whatever stands there
	case 1:
		return "B"
	case 2:
		if a == small {
			return ""
		}
		return "A"
	case 3:
		if a == small {
			return "B"
		}
		return "A"
	default:
		if a == small {
			return "A"
		}
		return "B"
	}
}

func TestPairwise(t *testing.T) {
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		if !a.Judging() {
			return faultserver.OK(completion(renamed))
		}
		choice := chooses(a.Section("A"), a.Section("B"))
		if choice == "" {
			return faultserver.Refusal()
		}
		return faultserver.Text(fmt.Sprintf(`{"choice": %q, "confidence": 0.8}`, choice))
	})
	r := judging(t, s, "protocol: pairwise", "{name: ngram, provider: ngram}", asker(s, "jud", "provider: openai"), asker(s, "kin", "provider: openai, family: m-gen"))
	w := worldOf(t, ordinary(t, 2).build(t, "direct", r))

	seen := map[string]int{}
	asked := map[string]int{}
	for _, v := range w.verdicts {
		if v.Judge == "ngram" {
			continue
		}
		c := w.contexts[v.ContextID]
		if v.Protocol != judge.ProtocolPairwise || v.InputTokens == 0 || v.CostUSD == nil || *v.CostUSD <= 0 {
			t.Fatalf("verdict %+v", v)
		}
		if v.NegativeID == nil {
			if v.Answer != schemas.AnswerAccepted && v.Answer != schemas.AnswerRejected && v.Answer != schemas.AnswerInvalid || (v.Answer == schemas.AnswerAccepted) != (v.Order == judge.OrderBoth) {
				t.Errorf("control %+v", v)
			}
			seen["control "+v.Answer]++
			continue
		}
		n := w.negatives[*v.NegativeID]
		asked[v.Judge+" of "+n.Generator]++
		first, second := chooses(n.Text, c.Golden), chooses(c.Golden, n.Text)
		want := map[[2]string][2]string{
			{"A", "B"}: {schemas.AnswerFooled, judge.OrderBoth}, {"A", "A"}: {schemas.AnswerCaught, judge.OrderFirst},
			{"B", "B"}: {schemas.AnswerCaught, judge.OrderSecond}, {"B", "A"}: {schemas.AnswerCaught, judge.OrderNeither},
		}[[2]string{first, second}]
		if first == "" || second == "" {
			want = [2]string{schemas.AnswerInvalid, ""}
		}
		if got := [2]string{v.Answer, v.Order}; got != want || (v.Margin == nil) != (v.Answer == schemas.AnswerInvalid) {
			t.Errorf("asked %q and %q: %v, margin %v, want %v", first, second, got, v.Margin, want)
		}
		seen[v.Answer+" "+v.Order]++
	}
	for _, kind := range []string{"fooled both", "caught first", "caught second", "caught neither", "invalid ", "control accepted", "control rejected"} {
		if seen[kind] == 0 {
			t.Errorf("no verdict is %s: the test shows too little (%v)", kind, seen)
		}
	}
	made := map[string]int{}
	for _, n := range w.negatives {
		made[n.Generator]++
	}
	want := map[string]int{"jud of rules": made["rules"], "jud of gen": made["gen"], "kin of rules": made["rules"]}
	if made["gen"] == 0 || fmt.Sprint(asked) != fmt.Sprint(want) {
		t.Errorf("asked %v, want %v: no judge judges its own family", asked, want)
	}
	r.Judge.OwnFamily = true
	if o := (judgeOptions{Recipe: r.Judge, Plan: judge.Plan{Rounds: r.Judge.Rounds}, Families: r.Generate.families()}); len(o.turn(r.Judge.Panel[2], contextNegatives{Right: []schemas.Negative{{ID: "n", Generator: "gen"}}}).negatives) != 1 {
		t.Error("own_family: true does not let kin judge gen")
	}
}

func TestLogProb(t *testing.T) {
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		if a.Protocol == faultserver.Completions {
			if hashed(a.User)%9 == 0 {
				return faultserver.Status(400, "no")
			}
			return faultserver.Text("-0.5") // of each byte, and of the stop
		}
		return faultserver.OK(completion(renamed))
	})
	r := judging(t, s, "protocol: logprob", asker(s, "student", "provider: fim, fim_model: qwen2.5-coder"))
	w := worldOf(t, ordinary(t, 2).build(t, "direct", r))
	seen, controls := map[string]int{}, 0
	for _, v := range w.verdicts {
		seen[v.Answer]++
		if v.NegativeID == nil {
			controls++
			continue
		}
		if v.Answer == schemas.AnswerInvalid {
			continue
		}
		want := 0.5 * float64(len(w.contexts[v.ContextID].Golden)-len(w.negatives[*v.NegativeID].Text))
		if v.Margin == nil || math.Abs(*v.Margin-want) > 1e-6 || (v.Answer == schemas.AnswerFooled) != (want >= 0) || v.Order != "" {
			t.Errorf("verdict %+v, want margin %v", v, want)
		}
	}
	for _, a := range []string{schemas.AnswerFooled, schemas.AnswerCaught, schemas.AnswerInvalid, schemas.AnswerAccepted, schemas.AnswerRejected} {
		if seen[a] == 0 {
			t.Errorf("no verdict is %s (%v)", a, seen)
		}
	}
	if len(w.verdicts) != len(w.negatives)+controls {
		t.Errorf("%d verdicts on %d negatives and %d controls", len(w.verdicts), len(w.negatives), controls)
	}
	// The golden of a context is scored once, whatever it is set against.
	twice, places := map[string]int{}, map[string]bool{}
	for _, a := range s.Arrivals() {
		if a.Protocol == faultserver.Completions && a.Status == 200 {
			twice[a.User]++
		}
	}
	for _, n := range w.negatives {
		places[n.ContextID] = true
	}
	for _, n := range twice {
		if n > 1 {
			t.Errorf("a text at a place was scored %d times", n)
		}
	}
	if most := len(w.negatives) + len(places) + controls; len(twice) > most {
		t.Errorf("%d requests, want at most %d", len(twice), most)
	}
}

const inRounds = "extract: {kinds: {import: 2, call: 4, general: 1}, prefix_bytes: 1024, suffix_bytes: 1024}\n" +
	"judge: {rounds: [0.3, 0.6, 1.0], interval_width: 0.55, goldens: 0.3, panel: [{name: ngram, provider: ngram}]}\ncurate: {rows: 400}\n"

func TestRounds(t *testing.T) {
	c := ordinary(t, 3)
	r := recipe(t, inRounds)
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
		cell := judgeCell(&n, &x)
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
	rounds, err := readRounds(out)
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
		broken := errors.New("pulled the plug")
		again := t.TempDir()
		if err := os.CopyFS(again, os.DirFS(out)); err != nil {
			t.Fatal(err)
		}
		if err := os.RemoveAll(filepath.Join(again, schemas.StageJudge)); err != nil {
			t.Fatal(err)
		}
		jobs := 0
		b := c.open(t, again, "direct", r)
		run := b.Run
		b.Run = func(ctx context.Context, p *beam.Pipeline) error {
			if jobs++; jobs > 1 {
				return broken
			}
			return run(ctx, p)
		}
		if err := b.RunStages(t.Context(), schemas.StageJudge); !errors.Is(err, broken) {
			t.Fatalf("error %v", err)
		}
		done := touched(t, again, schemas.StageJudge)
		if len(done) != r.Shards+1 {
			t.Fatalf("records %v after the first round", done)
		}
		// Inside of the first round: a shard of it and what follows is not there.
		for _, lost := range []string{"_done/00001.json", "_done/00003.json"} {
			if err := os.Remove(filepath.Join(again, schemas.StageJudge, lost)); err != nil {
				t.Fatal(err)
			}
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
	r := judging(t, s, "rounds: [0.3, 0.6, 1.0], interval_width: 0.6", asker(s, "jud", "provider: openai"))
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

// A judge that takes goldens for wrong counts less, in curate and in the report, and no
// verdict is asked for again when the recipe changes by how much.
func TestWeights(t *testing.T) {
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		switch {
		case !a.Judging():
			return faultserver.OK(completion(renamed))
		case a.Model == "m-no":
			return faultserver.Text(`{"correct": false, "confidence": 0.9}`)
		}
		return faultserver.Text(`{"correct": true, "confidence": 0.9}`)
	})
	c := ordinary(t, 1)
	r := judging(t, s, "min_golden_acceptance: 0.9", asker(s, "no", "provider: openai"), asker(s, "yes", "provider: openai"))
	out := c.build(t, "direct", r)
	rounds, err := readRounds(out)
	if err != nil {
		t.Fatal(err)
	}
	tally := rounds[0].Tally
	controls := tally.Controls()
	if len(controls) != 2 || controls[0].Judge != "no" || controls[0].Accepted != 0 || controls[1].Accepted != controls[1].Valid || controls[1].Valid == 0 {
		t.Fatalf("controls %+v", controls)
	}
	if k := tally.Cohen(); len(k) != 1 || k[0].Negatives == 0 || *k[0].Kappa != 0 {
		t.Errorf("kappa of judges that never agree: %+v", k)
	}
	w := controls[0].High / 0.9
	for _, o := range records[outcome](t, out, schemas.StageExport+"/parts", "outcomes") {
		if o.Judges != 2 || o.Fooled != 1 || o.Weighted == nil || math.Abs(*o.Weighted-1/(1+w)) > 1e-5 {
			t.Fatalf("outcome %+v, want the weighted fool rate %v", o, 1/(1+w))
		}
	}
	page, err := os.ReadFile(filepath.Join(out, "report.html"))
	if err != nil || !strings.Contains(string(page), fmt.Sprintf("%.2f</td>", w)) {
		t.Errorf("the report does not show the weight %.2f; %v", w, err)
	}
	before, sent := touched(t, out, schemas.StageJudge), len(s.Arrivals())
	m, err := shard.ReadManifest(filepath.Join(out, schemas.StageCurate))
	if err != nil {
		t.Fatal(err)
	}
	r.Judge.MinGoldenAcceptance = 0
	if err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...); err != nil {
		t.Fatal(err)
	}
	after := touched(t, out, schemas.StageJudge)
	again, err := shard.ReadManifest(filepath.Join(out, schemas.StageCurate))
	if err != nil || again.Fingerprint == m.Fingerprint || fmt.Sprint(after) != fmt.Sprint(before) || len(s.Arrivals()) != sent {
		t.Errorf("another weight: curate is the same, or judge is done again; %v", err)
	}
	for _, o := range records[outcome](t, out, schemas.StageExport+"/parts", "outcomes") {
		if *o.Weighted != 0.5 {
			t.Fatalf("outcome %+v without weights", o)
		}
	}
	if slices.ContainsFunc(records[schemas.Selected](t, out, schemas.StageCurate, "selection"), func(x schemas.Selected) bool {
		return x.NegativeID != nil && (x.Judges != 2 || *x.FoolRate != 0.5)
	}) {
		t.Error("a selected row does not keep its raw fool rate and its number of judges")
	}
}
