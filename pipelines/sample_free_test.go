package pipelines

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf8"

	"decoy/io/columnar"
	"decoy/pipelines/generation"
	"decoy/schemas"
	"decoy/transforms/curate"
	"decoy/transforms/panel/faultserver"
	"decoy/transforms/trainers"
)

// storeProject is a project whose calls are all known: methods of one class of the archive.
func storeProject(p int) string {
	var b strings.Builder
	fmt.Fprintf(&b, `class Store%[1]d:
    def __init__(self, owner%[1]d):
        self.items = {}

    def get%[1]d(self, key%[1]d):
        return key%[1]d

    def keys%[1]d(self, prefix%[1]d):
        return []

    def put%[1]d(self, key%[1]d, amount%[1]d):
        return None
`, p)
	for i := range 6 {
		fmt.Fprintf(&b, `
    def step%[1]d_%[2]d(self, part%[2]d, limit%[2]d):
        total%[2]d = self.keys%[1]d(part%[2]d)
        self.put%[1]d(part%[2]d, total%[2]d)
        return limit%[2]d
`, p, i)
	}
	return b.String()
}

// A way is what a sample of the student does at a call of a method of its own class, as it
// stands behind "self.", and what must become of it.
type way struct {
	name string
	text func(p int, name func(what string) string) string
	typ  schemas.Type   // of the negative, "" for none
	why  schemas.Reason // of the unlabelled; of a negative, why it makes no pair
}

var ways = []way{
	{"a method that is not there", func(p int, name func(string) string) string {
		return fmt.Sprintf("fetch%d(\n            self.get%d(%s)\n        )", p, p, name("limit"))
	}, schemas.TypeMethod, ""},
	{"a variable that is not there", func(p int, name func(string) string) string {
		return fmt.Sprintf("keys%d(\n            self.get%d(%sed)\n        )", p, p, name("limit"))
	}, schemas.TypeUndefinedVariable, ""},
	{"an argument too many", func(p int, name func(string) string) string {
		return fmt.Sprintf("keys%d(\n            self.get%d(%s), %[3]s\n        )", p, p, name("limit"))
	}, schemas.TypeParameter, ""},
	{"a variable that is not there, of which a member is read", func(p int, name func(string) string) string {
		return fmt.Sprintf("keys%d(\n            %sed.start%[1]d\n        )", p, name("limit"))
	}, schemas.TypeUndefinedVariable, curate.ReasonNoRepair},
	{"all of it is there", func(p int, name func(string) string) string {
		return fmt.Sprintf("keys%d(\n            self.get%d(%s)\n        )", p, p, name("limit"))
	}, "", generation.UnlabelledExists},
	{"two errors", func(p int, name func(string) string) string {
		return fmt.Sprintf("fetch%d(\n            self.get%d(%sed)\n        )", p, p, name("limit"))
	}, "", generation.UnlabelledUndecided},
	{"a member of what is not known", func(p int, name func(string) string) string {
		return fmt.Sprintf("items.pop(\n            self.get%d(%s)\n        )", p, name("limit"))
	}, "", generation.UnlabelledUndecided},
}

// stores builds projects of which a student completes the calls in some of the ways. It gives
// the way of each context that was completed so, and the build's error. beside are the members
// of the panel beside the student.
func stores(t *testing.T, projects int, among []way, beside, yaml string) (out string, by map[string]way, err error) {
	t.Helper()
	model, err := trainers.ByName("qwen2.5-coder")
	if err != nil {
		t.Fatal(err)
	}
	type asked struct {
		way  way
		text string
	}
	plan := map[string]asked{} // by prompt
	s := serve(t, func(a faultserver.Arrival) faultserver.Step { return faultserver.Text(plan[a.User].text) })
	t.Setenv(keyEnv, apiKey)
	r := parsed(t, fmt.Sprintf(`extract: {kinds: {call: 12}, max_per_file: 20, call_forms: {name: 1}}
generate: {panel: [%s{name: student, provider: fim, fim_model: qwen2.5-coder, base_url: %q, model: s-1b, revision: abc, api_key_env: %s, samples: 1, seed: 7, temperature: 1, max_tokens: 200}]}
%s`, beside, s.URL(), keyEnv, yaml))
	c := newCorpus(t)
	for p := range projects {
		c.add(t, fmt.Sprintf("p%d.tar.gz", p), fmt.Sprintf("example.org/owner%d/store%d", p, p), "v1.0.0",
			[]entry{license(t, "MIT"), {path: fmt.Sprintf("store%d.py", p), content: storeProject(p)}})
	}
	out = filepath.Join(t.TempDir(), "out")
	b := c.open(t, out, "direct", r)
	if err := b.RunStages(t.Context(), schemas.StageExtract); err != nil {
		t.Fatal(err)
	}
	by = map[string]way{}
	n := 0
	for _, x := range records[schemas.Context](t, out, schemas.StageExtract, "contexts") {
		if len(x.Types) == 0 {
			continue
		}
		var p int
		if _, err := fmt.Sscanf(x.Path, "store%d.py", &p); err != nil {
			t.Fatal(err)
		}
		prompt := model.Prompt(x.Prefix, x.Suffix)
		if !strings.HasSuffix(x.Prefix, "self.") || !strings.Contains(x.Prefix, "def step") {
			plan[prompt] = asked{way{}, x.Golden}
			continue
		}
		def := x.Prefix[strings.LastIndex(x.Prefix, "def step"):]
		i := def[strings.IndexByte(def, '_')+1 : strings.IndexByte(def, '(')]
		w := among[n%len(among)]
		n++
		plan[prompt] = asked{w, w.text(p, func(what string) string { return what + i })}
		by[x.ID] = w
	}
	return out, by, b.RunStages(t.Context(), schemas.Stages...)
}

// TestSamplesThatDifferWidely: a sample with exactly one certified error is a negative however
// it differs from the golden, paired with its repair; what is right, has two errors or is not
// decided is unlabelled.
func TestSamplesThatDifferWidely(t *testing.T) {
	out, by, err := stores(t, 6, ways, "{name: rules, provider: rules}, ", "curate: {rows: 10000, max_per_golden: 1000, samples_share: 0.1}\n")
	if err != nil {
		t.Fatal(err)
	}
	free := map[string]schemas.Negative{}
	came := map[string]int{}
	for _, n := range records[schemas.Negative](t, out, schemas.StageGenerate, "negatives") {
		switch {
		case n.Generator == "rules" && (!n.Minimal || n.Sampled || n.Repair != ""):
			t.Errorf("a negative of the rules is %+v", n)
		case n.Generator != "student":
		case by[n.ContextID].typ != n.Type || n.Minimal || !n.Sampled:
			t.Errorf("%s is a negative of type %s, minimal %v: %q", by[n.ContextID].name, n.Type, n.Minimal, n.Text)
		case (n.Repair == "") != (by[n.ContextID].why != "") || n.Repair == n.Text:
			t.Errorf("%s has the repair %q: %q", by[n.ContextID].name, n.Repair, n.Text)
		default:
			free[n.ID] = n
			came[by[n.ContextID].name]++
		}
	}
	rejected := map[string]schemas.Reason{}
	for _, x := range records[schemas.Reject](t, out, schemas.StageCurate, "rejects") {
		rejected[x.ID] = x.Reason
	}
	for id, n := range free {
		if (rejected[id] == curate.ReasonNoRepair) != (n.Repair == "") {
			t.Errorf("%q with the repair %q is rejected as %q", n.Text, n.Repair, rejected[id])
		}
	}
	for _, u := range records[schemas.Unlabelled](t, out, schemas.StageGenerate, "unlabelled") {
		w, ok := by[u.ContextID]
		if ok && (w.typ != "" || w.why != u.Reason) {
			t.Errorf("%s is unlabelled as %s: %s: %q", w.name, u.Reason, u.Detail, u.Text)
		}
		came[w.name]++
	}
	for _, w := range ways {
		if came[w.name] < 5 {
			t.Errorf("%s came %d times: the test shows too little", w.name, came[w.name])
		}
	}
	for _, x := range records[schemas.Certificate](t, out, schemas.StageVerify, "certificates") {
		if n, ok := free[x.NegativeID]; ok && x.Status != schemas.StatusCertified {
			t.Errorf("%q is %s by %s: %s", n.Text, x.Status, x.Rule, x.Evidence)
		}
	}

	pairs, chosen := 0, 0
	for _, x := range records[schemas.Selected](t, out, schemas.StageCurate, "selection") {
		if x.NegativeID != nil {
			pairs++
			if _, ok := free[*x.NegativeID]; ok {
				chosen++
			}
		}
	}
	if chosen == 0 || float64(chosen) > 0.1*float64(pairs) {
		t.Errorf("%d of %d pairs are of samples", chosen, pairs)
	}

	contexts := map[string]schemas.Context{}
	for _, c := range records[schemas.Context](t, out, schemas.StageExtract, "contexts") {
		contexts[c.ID] = c
	}
	rows := map[string]schemas.Row{}
	for _, split := range schemas.Splits {
		for _, r := range records[schemas.Row](t, out, schemas.StageExport, string(split)) {
			n, ok := free[r.ID]
			switch {
			case r.Rejected == nil && r.Minimal != nil, r.Rejected != nil && r.Minimal == nil:
				t.Errorf("row %s: minimal is %v", r.ID, r.Minimal)
			case r.Rejected != nil && *r.Minimal == ok:
				t.Errorf("row %s: minimal is %v", r.ID, *r.Minimal)
			}
			if !ok {
				continue
			}
			rows[r.ID] = r
			c := contexts[r.ContextID]
			head, found := strings.CutPrefix(r.Prefix, c.Prefix)
			if !found || head+r.Chosen != n.Repair || head+*r.Rejected != n.Text || r.Chosen == "" || *r.Rejected == "" ||
				!utf8.ValidString(r.Chosen) || r.Suffix != c.Suffix {
				t.Errorf("row of %q and %q: prefix ends in %q, chosen %q, rejected %q", n.Repair, n.Text, head, r.Chosen, *r.Rejected)
			}
		}
	}
	if len(rows) != chosen {
		t.Errorf("%d rows of samples, %d are selected", len(rows), chosen)
	}
	seen := 0
	for _, r := range parquetOf[trainers.PairRow](t, out, trainers.SetPairs) {
		if x, ok := rows[r.ID]; ok {
			seen++
			if !strings.HasPrefix(r.Chosen, x.Chosen) || !strings.HasPrefix(r.Rejected, *x.Rejected) || !strings.Contains(r.Prompt, x.Prefix) {
				t.Errorf("the pair of %s is %+v", r.ID, r)
			}
		}
	}
	if seen != chosen {
		t.Errorf("%d pairs of samples for trainers, %d are selected", seen, chosen)
	}
	for _, r := range parquetOf[trainers.SFTRow](t, out, trainers.SetSFT) {
		if c := contexts[r.ContextID]; !strings.HasPrefix(r.Completion, c.Golden) {
			t.Errorf("supervised row of %q completes %q", c.Golden, r.Completion)
		}
	}
	card, err := os.ReadFile(filepath.Join(out, schemas.StageExport, "README.md"))
	if err != nil || !strings.Contains(string(card), fmt.Sprintf("%d pairs have a sample of a model", chosen)) {
		t.Errorf("the card does not tell of the samples, %v", err)
	}
}

// TestStyleOfSamplesIsProbed: samples in a style of their own against goldens can be told by
// style alone, and are not exported; against their repairs they cannot.
func TestStyleOfSamplesIsProbed(t *testing.T) {
	all := "curate: {rows: 10000, max_per_golden: 1000, samples_share: 1}\n"
	out, _, err := stores(t, 14, ways[:1], "", all+"export: {sample_pairs: golden}\n")
	if err == nil {
		t.Fatal("goldens were exported against samples of another style")
	}
	for _, want := range []string{"1.000 [0.9", "export.style_probe: 0.58", "export.sample_pairs: repair", "curate.samples_share"} {
		if !strings.Contains(err.Error(), want) {
			t.Errorf("the error lacks %q: %v", want, err)
		}
	}
	if found, _ := filepath.Glob(filepath.Join(out, schemas.StageExport, "*.jsonl.zst")); len(found) > 0 {
		t.Errorf("rows were written: %v", found)
	}
	if _, _, err := stores(t, 14, ways[:1], "", all+"export: {sample_pairs: golden, style_probe: 1}\n"); err != nil {
		t.Errorf("a probe that lets everything pass: %v", err)
	}
}

// parquetOf reads a set of TRL's rows.
func parquetOf[T any](t *testing.T, out, set string) (all []T) {
	t.Helper()
	paths, err := filepath.Glob(filepath.Join(out, schemas.StageExport, trainers.Folder(trainers.TRL, set), "*.parquet"))
	if err != nil || len(paths) == 0 {
		t.Fatalf("no files of %s: %v", set, err)
	}
	for _, p := range paths {
		for r, err := range columnar.Read[T](t.Context(), p) {
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, r)
		}
	}
	return all
}
