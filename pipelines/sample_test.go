package pipelines

import (
	"fmt"
	"path/filepath"
	"testing"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/panel/faultserver"
	"decoy/transforms/trainers"
)

// TestSamplesOfTheStudent: what a FIM endpoint gives is a negative where it is
// certainly wrong, and unlabelled otherwise; nothing is lost and nothing else is
// selected.
func TestSamplesOfTheStudent(t *testing.T) {
	goldens := map[string]string{} // by the prompt that asks for them
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		golden, ok := goldens[a.User]
		if !ok {
			return faultserver.Status(400, "unknown prompt")
		}
		return []faultserver.Step{
			faultserver.Text(renamed(golden)), faultserver.Text(golden), faultserver.Text(golden + "; more()"), faultserver.Truncated(func(faultserver.Arrival) string { return golden }),
		}[(hashed(a.User)+a.Try)%4]
	})
	t.Setenv(keyEnv, apiKey)
	r := parsed(t, fmt.Sprintf(`extract: {kinds: {import: 1, call: 2, general: 1}, call_forms: {name: 1}} # renamed changes the first name
generate: {panel: [{name: rules, provider: rules}, {name: student, provider: fim, fim_model: qwen2.5-coder, base_url: %q, model: s-1b, revision: abc, api_key_env: %s, samples: 3, seed: 7, temperature: 1, max_tokens: 200}]}
curate: {rows: 10000, max_per_golden: 1000}
`, s.URL(), keyEnv))
	c := ordinary(t, 2)
	out := filepath.Join(t.TempDir(), "out")
	b := c.open(t, out, "direct", r)
	if err := b.RunStages(t.Context(), schemas.StageExtract); err != nil {
		t.Fatal(err)
	}
	model, err := trainers.ByName("qwen2.5-coder")
	if err != nil {
		t.Fatal(err)
	}
	places := 0
	for _, x := range records[schemas.Context](t, out, schemas.StageExtract, "contexts") {
		if len(x.Types) > 0 {
			goldens[model.Prompt(x.Prefix, x.Suffix)] = x.Golden
			places++
		}
	}
	if err := b.RunStages(t.Context(), schemas.Stages...); err != nil {
		t.Fatal(err)
	}

	sampled, total := map[string]bool{}, 0
	for _, n := range records[schemas.Negative](t, out, schemas.StageGenerate, "negatives") {
		if n.Sampled != (n.Generator == "student") {
			t.Errorf("negative of %s: sampled is %v", n.Generator, n.Sampled)
		}
		if n.Sampled {
			total++
			sampled[n.ID] = true
		}
	}
	reasons := map[schemas.Reason]int{}
	for _, u := range records[schemas.Unlabelled](t, out, schemas.StageGenerate, "unlabelled") {
		total++
		reasons[u.Reason]++
		if u.Generator != "student" || u.Reason == "" || u.RequestKey == "" {
			t.Errorf("unlabelled %+v", u)
		}
	}
	for _, x := range records[schemas.Reject](t, out, schemas.StageGenerate, "rejects") {
		if x.Generator == "student" {
			total++
			reasons[x.Reason]++
		}
	}
	if total != 3*places || len(sampled) == 0 || len(reasons) < 3 {
		t.Errorf("%d samples of %d places ended as %d negatives, the rest %v", total, places, len(sampled), reasons)
	}
	m, err := shard.ReadManifest(t.Context(), filepath.Join(out, schemas.StageGenerate))
	if err != nil || m.Counts["unlabelled"] == 0 {
		t.Errorf("manifest counts %d unlabelled, %v", m.Counts["unlabelled"], err)
	}

	status := map[string]schemas.Status{}
	for _, x := range records[schemas.Certificate](t, out, schemas.StageVerify, "certificates") {
		status[x.NegativeID] = x.Status
	}
	selected := 0
	for _, x := range records[schemas.Selected](t, out, schemas.StageCurate, "selection") {
		if x.NegativeID == nil || !sampled[*x.NegativeID] {
			continue
		}
		selected++
		if status[*x.NegativeID] != schemas.StatusCertified {
			t.Errorf("selected a sample whose status is %s", status[*x.NegativeID])
		}
	}
	unlabelled := 0
	for _, x := range records[schemas.Reject](t, out, schemas.StageCurate, "rejects") {
		if x.Reason == "unlabelled" {
			unlabelled++
		}
	}
	if selected == 0 || unlabelled == 0 {
		t.Errorf("%d samples selected, %d rejected as unlabelled: the test shows too little", selected, unlabelled)
	}
}
