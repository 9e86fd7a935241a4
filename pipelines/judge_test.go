package pipelines

import (
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/export"
	"decoy/pipelines/join"
	"decoy/pipelines/judging"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/judge"
	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/ledger"
)

// judgedBy is a recipe with the generators rules and gen, and with these judges beside
// other fields.
func judgedBy(t *testing.T, s *faultserver.Server, fields string, judges ...string) recipe.Recipe {
	t.Helper()
	t.Setenv(keyEnv, apiKey)
	return parsed(t, "extract: {kinds: {import: 1, call: 2, general: 1}, prefix_bytes: 1024, suffix_bytes: 1024}\n"+
		"generate: {panel: [{name: rules, provider: rules}, "+asker(s, "gen", "provider: openai")+"]}\n"+
		"judge: {goldens: 0.5, "+fields+", panel: ["+strings.Join(judges, ", ")+"]}\n")
}

// asker is a member that asks the server.
func asker(s *faultserver.Server, name, more string) string {
	return fmt.Sprintf("{name: %s, base_url: %s, model: m-%s, api_key_env: %s, concurrency: 48, max_tokens: 100, "+
		"timeout: 5s, usd_per_mtok: {in: 1, out: 2}, %s}", name, s.URL(), name, keyEnv, more)
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
	m, err := shard.ReadManifest(t.Context(), filepath.Join(out, schemas.StageJudge))
	if err != nil {
		t.Fatal(err)
	}
	judged := &stage{b: &Build{Out: out, Recipe: recipe.Recipe{Shards: 3}}}
	refs, _ := judged.refsOf(m)
	for _, ref := range refs {
		for v, err := range join.Verdicts(t.Context(), work.Task{From: []flow.Ref{ref}}) {
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
	r := judgedBy(t, s, "protocol: pairwise", "{name: ngram, provider: ngram}", asker(s, "jud", "provider: openai"),
		asker(s, "kin", "provider: openai, family: m-gen"))
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
			seen["control "+string(v.Answer)]++
			continue
		}
		n := w.negatives[*v.NegativeID]
		asked[v.Judge+" of "+n.Generator]++
		first, second := chooses(n.Text, c.Golden), chooses(c.Golden, n.Text)
		type outcome struct {
			answer schemas.Answer
			order  string
		}
		want := map[[2]string]outcome{
			{"A", "B"}: {schemas.AnswerFooled, judge.OrderBoth}, {"A", "A"}: {schemas.AnswerCaught, judge.OrderFirst},
			{"B", "B"}: {schemas.AnswerCaught, judge.OrderSecond},
			{"B", "A"}: {schemas.AnswerCaught, judge.OrderNeither},
		}[[2]string{first, second}]
		if first == "" || second == "" {
			want = outcome{answer: schemas.AnswerInvalid}
		}
		if got := (outcome{v.Answer, v.Order}); got != want ||
			(v.Margin == nil) != (v.Answer == schemas.AnswerInvalid) {
			t.Errorf("asked %q and %q: %v, margin %v, want %v", first, second, got, v.Margin, want)
		}
		seen[string(v.Answer)+" "+v.Order]++
	}
	for _, kind := range []string{"fooled both", "caught first", "caught second", "caught neither", "invalid ",
		"control accepted", "control rejected"} {
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
	if o := (judging.Options{Recipe: r.Judge, Plan: judge.Plan{Rounds: r.Judge.Rounds},
		Families: r.Generate.Families()}); len(o.Turn(r.Judge.Panel[2],
		join.ContextNegatives{Right: []schemas.Negative{{ID: "n", Generator: "gen"}}}).Negatives) != 1 {
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
	r := judgedBy(t, s, "protocol: logprob, rounds: [0.5, 1.0], interval_width: 0",
		asker(s, "student", "provider: fim, fim_model: qwen2.5-coder"))
	out := ordinary(t, 2).build(t, "direct", r)
	w := worldOf(t, out)
	seen, controls := map[schemas.Answer]int{}, 0
	booked := int64(0)
	for _, v := range w.verdicts {
		seen[v.Answer]++
		booked += v.InputTokens
		if v.NegativeID == nil {
			controls++
			continue
		}
		if v.Answer == schemas.AnswerInvalid {
			continue
		}
		want := 0.5 * float64(len(w.contexts[v.ContextID].Golden)-len(w.negatives[*v.NegativeID].Text))
		if v.Margin == nil || math.Abs(*v.Margin-want) > 1e-6 || (v.Answer == schemas.AnswerFooled) != (want >= 0) ||
			v.Order != "" {
			t.Errorf("verdict %+v, want margin %v", v, want)
		}
	}
	for _, a := range []schemas.Answer{schemas.AnswerFooled, schemas.AnswerCaught, schemas.AnswerInvalid,
		schemas.AnswerAccepted, schemas.AnswerRejected} {
		if seen[a] == 0 {
			t.Errorf("no verdict is %s (%v)", a, seen)
		}
	}
	if len(w.verdicts) != len(w.negatives)+controls {
		t.Errorf("%d verdicts on %d negatives and %d controls", len(w.verdicts), len(w.negatives), controls)
	}
	billed := int64(0)
	for i := range r.Shards {
		l, err := ledger.Open(t.Context(), shard.NewDir(filepath.Join(out, schemas.StageJudge, "ledger")), i)
		if err != nil {
			t.Fatal(err)
		}
		for x := range l.All() {
			if x.InputTokens != nil {
				billed += *x.InputTokens
			}
		}
	}
	if booked != billed || billed == 0 {
		t.Errorf("verdicts bear %d tokens, %d were billed", booked, billed)
	}
	// The golden of a context is scored once, whatever it is set against, in all rounds.
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
	r := judgedBy(t, s, "min_golden_acceptance: 0.9", asker(s, "no", "provider: openai"),
		asker(s, "yes", "provider: openai"))
	out := c.build(t, "direct", r)
	rounds, err := join.Rounds(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	tally := rounds[0].Tally
	controls := tally.Controls()
	if len(controls) != 2 || controls[0].Judge != "no" || controls[0].Accepted != 0 ||
		controls[1].Accepted != controls[1].Valid || controls[1].Valid == 0 {
		t.Fatalf("controls %+v", controls)
	}
	if k := tally.Cohen(); len(k) != 1 || k[0].Negatives == 0 || *k[0].Kappa != 0 {
		t.Errorf("kappa of judges that never agree: %+v", k)
	}
	w := controls[0].High / 0.9
	for _, o := range outcomes(t, out) {
		if o.Judges != 2*o.N || o.Fooled != o.N || o.Weighed != o.N ||
			math.Abs(float64(o.Weighted)/1e9/float64(o.N)-1/(1+w)) > 1e-5 {
			t.Fatalf("outcomes %+v, want the weighted fool rate %v", o, 1/(1+w))
		}
	}
	page, err := os.ReadFile(filepath.Join(out, "report.html"))
	if err != nil || !strings.Contains(string(page), fmt.Sprintf("%.2f</td>", w)) {
		t.Errorf("the report does not show the weight %.2f; %v", w, err)
	}
	before, sent := touched(t, out, schemas.StageJudge), len(s.Arrivals())
	m, err := shard.ReadManifest(t.Context(), filepath.Join(out, schemas.StageCurate))
	if err != nil {
		t.Fatal(err)
	}
	r.Judge.MinGoldenAcceptance = 0
	if err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...); err != nil {
		t.Fatal(err)
	}
	after := touched(t, out, schemas.StageJudge)
	again, err := shard.ReadManifest(t.Context(), filepath.Join(out, schemas.StageCurate))
	if err != nil || again.Fingerprint == m.Fingerprint || fmt.Sprint(after) != fmt.Sprint(before) ||
		len(s.Arrivals()) != sent {
		t.Errorf("another weight: curate is the same, or judge is done again; %v", err)
	}
	for _, o := range outcomes(t, out) {
		if o.Weighted != 5e8*o.N {
			t.Fatalf("outcomes %+v without weights", o)
		}
	}
	if slices.ContainsFunc(records[schemas.Selected](t, out, schemas.StageCurate, "selection"),
		func(x schemas.Selected) bool {
			return x.NegativeID != nil && (x.Judges != 2 || *x.FoolRate != 0.5)
		}) {
		t.Error("a selected row does not keep its raw fool rate and its number of judges")
	}
}

// outcomes are what the shards of an export counted.
func outcomes(t *testing.T, out string) (all []export.OutcomeSum) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(out, schemas.StageExport, "parts", "card-*.json"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("%v, %v", paths, err)
	}
	for _, path := range paths {
		var parts struct {
			Outcomes []export.OutcomeSum `json:"outcomes"`
		}
		if err := shard.ReadJSON(t.Context(), path, &parts); err != nil {
			t.Fatal(err)
		}
		all = append(all, parts.Outcomes...)
	}
	if len(all) == 0 {
		t.Fatal("no outcome was counted")
	}
	return all
}
