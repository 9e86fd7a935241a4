package main

import (
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"decoy/transforms/credential/credentialtest"
)

func TestDoctor(t *testing.T) {
	const key = "sk-proj-K3Y/of+doctor&0001"
	cloud := credentialtest.New(t)
	flink := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Write([]byte(`{"taskmanagers":2,"slots-total":4,"flink-version":"1.19.3"}`))
	}))
	t.Cleanup(flink.Close)
	recipe := filepath.Join(t.TempDir(), "paid.yaml")
	err := os.WriteFile(recipe, []byte(`generate:
  panel:
    - {name: a, provider: openai, base_url: 'http://127.0.0.1:1', model: m, api_key_env: DOCTOR_A}
    - {name: b, provider: openai, base_url: 'http://127.0.0.1:1', model: m, api_key_env: DOCTOR_B}
    - {name: c, provider: openai, base_url: 'http://127.0.0.1:1', model: m, api_key_secret: projects/proj-1/secrets/s/versions/1}
limiter: {redis: 'redis://127.0.0.1:1/0'}
`), 0o666)
	if err != nil {
		t.Fatal(err)
	}
	worker, err := exec.LookPath("go")
	if err != nil {
		t.Skip(err)
	}
	args := []string{"doctor", "--json", "--recipe", recipe, "--flink-rest", flink.URL, "--job-service", strings.TrimPrefix(flink.URL, "http://"), "--dataset", "bigquery://p/d",
		"--python", "no-such-python", "--out", t.TempDir()}
	beam := []string{"--", "--project=proj-1", "--region=europe-west4", "--staging_location=gs://b/s", "--worker_binary=" + worker}
	cmd := process(t, []string{"DOCTOR_A=" + key, "DOCTOR_B="}, append(args, beam...)...)
	raw, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v: %s", err, raw)
	}
	var all []finding
	if err := json.Unmarshal(raw, &all); err != nil {
		t.Fatal(err)
	}
	states := map[string]finding{}
	for _, f := range all {
		states[f.Part+"/"+f.Name] = f
		if (f.State == isMissing) != (f.Remedy != "") || f.Fact == "" {
			t.Errorf("%+v", f)
		}
	}
	for name, want := range map[string]string{
		"local/decoy": isOK, "local/Go": isOK, "local/cgo": isOK, "recipe/key of a": isOK, "recipe/key of b": isMissing, "recipe/key of c": isOK,
		"recipe/limiter": isMissing, "flink/cluster": isOK, "flink/job service": isOK, "dataflow/credentials": isOK, "dataflow/project": isOK,
		"dataflow/image": isMissing, "dataflow/worker": isOK, "bigquery/dataset": isOK, "train/Python": isMissing,
	} {
		if states[name].State != want {
			t.Errorf("%s: %+v, want %s", name, states[name], want)
		}
	}
	if !strings.Contains(states["dataflow/credentials"].Fact, credentialtest.Account) || !strings.Contains(states["flink/cluster"].Fact, "2 task managers") {
		t.Errorf("%+v", states)
	}
	for _, secret := range []string{key, "PRIVATE KEY", credentialtest.Token} {
		if strings.Contains(string(raw), secret) {
			t.Errorf("the page shows %s", secret)
		}
	}
	if asked := cloud.Asked(); len(asked) > 0 {
		t.Errorf("asked for %v", asked)
	}
	for part, exit := range map[string]int{"local": exitDone, "bigquery": exitDone, "dataflow": exitFailed, "train": exitFailed, "recipe": exitFailed, "mars": exitUsage} {
		cmd := process(t, nil, append(append([]string{}, append(args[:1:1], append([]string{"--for", part}, args[2:]...)...)...), beam...)...)
		said, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != exit {
			t.Errorf("--for %s: exit %d: %s", part, cmd.ProcessState.ExitCode(), said)
		}
	}
}
