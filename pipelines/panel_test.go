package pipelines

import (
	"encoding/json"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/pipelines/recipe"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/ledger"
	"decoy/transforms/valid"
)

const (
	keyEnv = "DECOY_TEST_PIPELINES_KEY"
	apiKey = "sk-test-0815-never-to-be-written"
)

// asked is a recipe whose panels ask a server beside the built-in members.
func asked(t *testing.T, s *faultserver.Server) recipe.Recipe {
	t.Helper()
	t.Setenv(keyEnv, apiKey)
	member := func(name string) string {
		return fmt.Sprintf("{name: %s, provider: openai, base_url: %s, model: m-%s, api_key_env: %s, concurrency: 48, max_tokens: 100, timeout: 2s, usd_per_mtok: {in: 1, out: 2}}", name, s.URL(), name, keyEnv)
	}
	return parsed(t, "extract: {kinds: {import: 1, call: 2, general: 1}, prefix_bytes: 1024, suffix_bytes: 1024}\n"+
		"generate: {panel: [{name: rules, provider: rules}, "+member("gen")+"]}\njudge: {goldens: 0.5, panel: [{name: ngram, provider: ngram}, "+member("jud")+"]}\n")
}

var firstName = regexp.MustCompile(`[A-Za-z_][A-Za-z0-9_]*`)

// completion answers with the golden after an edit.
func completion(edit func(golden string) string) func(faultserver.Arrival) string {
	return func(a faultserver.Arrival) string {
		raw, err := json.Marshal(map[string]any{"completion": edit(a.Section("DEVELOPER")), "introduced": []string{"x"}, "why_wrong": "no such name"})
		if err != nil {
			panic(err)
		}
		return string(raw)
	}
}

// renamed gives the first name of a golden another end: a method negative, where the
// golden is a call.
func renamed(golden string) string {
	at := firstName.FindStringIndex(golden)
	return golden[:at[1]] + "Quick" + golden[at[1]:]
}

func verdict(a faultserver.Arrival) string {
	return fmt.Sprintf(`{"correct": %v, "confidence": 0.8}`, hashed(a.User)%2 == 0)
}

func hashed(s string) int {
	h := fnv.New32a()
	h.Write([]byte(s))
	return int(h.Sum32() >> 1)
}

// faults are the ways in which the server treats its requests, by a hash of what is
// asked: a good answer may come late, but the same request always ends the same way.
var faults = []struct {
	name   string
	steps  []faultserver.Step
	reject schemas.Reason // of a generator's request, "" where the answer itself decides
}{
	{"429", []faultserver.Step{faultserver.Throttle("20ms"), faultserver.OK(completion(renamed))}, ""},
	{"500", []faultserver.Step{faultserver.Status(500, "busy"), faultserver.OK(completion(renamed))}, ""},
	{"cut", []faultserver.Step{faultserver.Cut(), faultserver.OK(completion(renamed))}, ""},
	{"refusal", []faultserver.Step{faultserver.Refusal()}, panel.AnswerRefused},
	{"prose", []faultserver.Step{faultserver.Prose(completion(renamed))}, ""},
	{"fence", []faultserver.Step{faultserver.Fence(completion(renamed))}, ""},
	{"golden", []faultserver.Step{faultserver.OK(completion(func(g string) string { return g }))}, valid.RejectSame},
	{"white space", []faultserver.Step{faultserver.OK(completion(func(g string) string { return renamed(g) + "  \n" }))}, ""},
	{"elsewhere", []faultserver.Step{faultserver.OK(completion(func(g string) string { return renamed(strings.ReplaceAll(g, "(", "(/* here */ ")) }))}, ""},
	{"no JSON", []faultserver.Step{faultserver.WrongJSON()}, panel.AnswerNotJSON},
	{"truncated", []faultserver.Step{faultserver.Truncated(completion(renamed))}, panel.AnswerTruncated},
	{"400", []faultserver.Step{faultserver.Status(400, "no")}, panel.HTTPError},
	{"good", []faultserver.Step{faultserver.OK(completion(renamed))}, ""},
}

func serve(t *testing.T, plan func(faultserver.Arrival) faultserver.Step) *faultserver.Server {
	s := faultserver.New(faultserver.Options{Plan: plan})
	t.Cleanup(s.Close)
	return s
}

func TestPanelFaults(t *testing.T) {
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		if a.Judging() {
			return []faultserver.Step{
				faultserver.OK(verdict), faultserver.Prose(verdict), faultserver.Fence(verdict), faultserver.Refusal(), faultserver.WrongJSON(),
				faultserver.Each(faultserver.Throttle("10ms"), faultserver.OK(verdict))(a), faultserver.Each(faultserver.Cut(), faultserver.OK(verdict))(a),
			}[hashed(a.User)%7]
		}
		return faultserver.Each(faults[hashed(a.User)%len(faults)].steps...)(a)
	})
	c := ordinary(t, 2)
	r := asked(t, s)
	out := c.build(t, "direct", r)

	contexts := map[string]schemas.Context{}
	requests := 0
	for _, x := range records[schemas.Context](t, out, schemas.StageExtract, "contexts") {
		contexts[x.ID] = x
		requests += len(x.Types)
	}
	negatives := records[schemas.Negative](t, out, schemas.StageGenerate, "negatives")
	rejects := records[schemas.Reject](t, out, schemas.StageGenerate, "rejects")
	byGenerator := map[string]int{}
	good, white := 0, 0
	for _, n := range negatives {
		byGenerator[n.Generator]++
		if n.Generator != "gen" {
			continue
		}
		good++
		if n.RequestKey == "" || n.CostUSD == nil || n.InputTokens == 0 || n.PromptVersion == "" {
			t.Errorf("negative %+v", n)
		}
		if want := renamed(contexts[n.ContextID].Golden); n.Text != want {
			t.Errorf("negative %q, want %q: white space is the golden's", n.Text, want)
		}
	}
	reasons := map[schemas.Reason]int{}
	for _, x := range rejects {
		byGenerator[x.Generator]++
		if x.Generator == "gen" {
			reasons[x.Reason]++
		}
		if x.Reason == "" || x.Detail == "" {
			t.Errorf("reject %+v", x)
		}
	}
	for _, g := range []string{"rules", "gen"} {
		if byGenerator[g] != requests {
			t.Errorf("%s: %d negatives and rejects for %d requests", g, byGenerator[g], requests)
		}
	}
	m, err := shard.ReadManifest(t.Context(), filepath.Join(out, schemas.StageGenerate))
	if err != nil || m.Counts["requests"] != int64(2*requests) {
		t.Errorf("manifest counts %d requests, want %d; %v", m.Counts["requests"], 2*requests, err)
	}

	// What the server did to each request is what came of it.
	want := map[schemas.Reason]int{}
	seen := map[string]bool{}
	served := map[string]int{}
	for _, a := range s.Arrivals() {
		if a.Judging() || seen[a.User] {
			continue
		}
		seen[a.User] = true
		f := faults[hashed(a.User)%len(faults)]
		served[f.name]++
		if f.reject != "" {
			want[f.reject]++
		}
		if f.name == "white space" {
			white++
		}
	}
	for _, f := range faults {
		if served[f.name] == 0 {
			t.Errorf("no request met %s: the test shows too little", f.name)
		}
		if f.reject != "" && reasons[f.reject] != want[f.reject] {
			t.Errorf("%d rejects %s, want %d", reasons[f.reject], f.reject, want[f.reject])
		}
	}
	if good < 20 || white == 0 {
		t.Errorf("%d negatives of the server", good)
	}

	answers := map[schemas.Answer]int{}
	for _, v := range records[schemas.Verdict](t, out, schemas.StageJudge, "verdicts") {
		if v.Judge != "jud" {
			continue
		}
		answers[v.Answer]++
		if v.NegativeID == nil {
			answers["controls"]++
		}
	}
	judged := answers["fooled"] + answers["caught"] + answers["accepted"] + answers["rejected"] + answers["invalid"]
	if judged != len(negatives)+answers["controls"] || answers["controls"] == 0 || answers["invalid"] == 0 || answers["fooled"] == 0 || answers["caught"] == 0 {
		t.Errorf("%d negatives, verdicts %v", len(negatives), answers)
	}

	t.Run("the same bytes from the ledger, and nothing is asked again", func(t *testing.T) {
		sent := len(s.Arrivals())
		again := t.TempDir()
		for _, stage := range []string{schemas.StageGenerate, schemas.StageJudge} {
			if err := os.CopyFS(filepath.Join(again, stage, "ledger"), os.DirFS(filepath.Join(out, stage, "ledger"))); err != nil {
				t.Fatal(err)
			}
		}
		if err := c.open(t, again, "direct", r).RunStages(t.Context(), schemas.Stages...); err != nil {
			t.Fatal(err)
		}
		sameBytes(t, "a build and one from its ledger", out, again)
		if n := len(s.Arrivals()) - sent; n != 0 {
			t.Errorf("%d requests were sent again", n)
		}
	})

	t.Run("the key is in no file", func(t *testing.T) {
		err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			raw, err := os.ReadFile(path)
			if strings.Contains(string(raw), apiKey) {
				t.Errorf("%s holds the key", path)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// paid sums what the ledgers of a build hold.
func paid(t *testing.T, out string, shards int) float64 {
	t.Helper()
	sum := 0.0
	for _, stage := range ask.PaidStages {
		for i := range shards {
			l, err := ledger.Open(t.Context(), ask.Store(out, stage), i)
			if err != nil {
				t.Fatal(err)
			}
			for r := range l.All() {
				sum += r.AssumedUSD
				if r.CostUSD != nil {
					sum += *r.CostUSD
				}
			}
		}
	}
	return sum
}
