package main

import (
	"encoding/json"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"decoy/io/bucket/buckettest"
	"decoy/runners/dataflow/dataflowtest"
	"decoy/transforms/credential/credentialtest"
)

// TestADryRun runs the command as a user does.
func TestADryRun(t *testing.T) {
	b, api := buckettest.New(t), dataflowtest.New(t)
	credentialtest.New(t)
	repo, err := os.ReadFile(repository(t, 2))
	if err != nil {
		t.Fatal(err)
	}
	b.Create("repo.zip", repo, time.Now())
	worker, err := exec.LookPath("go") // a program that needs nothing but the C library, as the worker
	if err != nil {
		t.Skip("no program to take for the worker: ", err)
	}
	beam := []string{"--", "--runner=dataflow", "--dataflow_endpoint=" + api.URL, "--project=proj-1", "--region=europe-west4",
		"--staging_location=" + b.Address("staging"), "--worker_binary=" + worker, "--sdk_container_image=gcr.io/p/beam-go:2.77.0", "--worker_machine_type=n2-standard-4"}
	args := append([]string{"build", "--archives", b.Address("repo.zip"), "--out", b.Address("out"), "--dry-run"}, beam...)
	var errs strings.Builder
	cmd := process(t, nil, append(args, "--max_num_workers=3")...)
	cmd.Stderr = &errs
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("%v\n%s", err, errs.String())
	}
	var job struct {
		Name        string `json:"name"`
		Environment struct {
			WorkerPools []struct{ MachineType string }
		}
	}
	if err := json.Unmarshal(out, &job); err != nil || !strings.HasPrefix(job.Name, "decoy-extract-") || job.Environment.WorkerPools[0].MachineType != "n2-standard-4" {
		t.Errorf("%v: %s", err, out)
	}
	if !strings.Contains(errs.String(), "ok      Dataflow: answers") {
		t.Errorf("checks: %s", errs.String())
	}
	for _, r := range b.Seen() {
		if !strings.HasPrefix(r, "GET ") && !strings.Contains(r, ".decoy-check-") && !strings.HasPrefix(r, "POST /upload") {
			t.Errorf("a dry run asked for %s", r)
		}
	}

	// All that is missing is told at once, and nothing is submitted.
	cmd = process(t, nil, "build", "--recipe", "demo", "--out", filepath.Join(t.TempDir(), "out"), "--", "--runner=dataflow", "--dataflow_endpoint="+api.URL)
	said, err := cmd.CombinedOutput()
	if err == nil || cmd.ProcessState.ExitCode() != exitFailed {
		t.Errorf("%v: %s", err, said)
	}
	for _, name := range []string{"project", "region", "output", "staging", "Dataflow", "worker", "image", "machine type", "workers", "archives"} {
		if !strings.Contains(string(said), "missing "+name+": ") {
			t.Errorf("nothing of %s in %s", name, said)
		}
	}
	if len(api.Jobs()) != 0 {
		t.Error("a job was submitted")
	}
}

// TestWorkersOfARemoteRunner: a panel's limits are not divided by a guess.
func TestWorkersOfARemoteRunner(t *testing.T) {
	recipe := filepath.Join(t.TempDir(), "paid.yaml")
	if err := os.WriteFile(recipe, []byte("generate:\n  panel: [{name: a, provider: openai, base_url: 'http://127.0.0.1:1', model: m}]\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for why, c := range map[string]struct {
		args []string
		says string
		exit int
	}{
		"build":    {[]string{"build", "--recipe", recipe, "--paid-on-workers"}, "--workers is missing", exitUsage},
		"generate": {[]string{"generate", "--recipe", recipe, "--paid-on-workers"}, "--workers is missing", exitUsage},
		"dry run":  {[]string{"build", "--dry-run"}, "give --runner=dataflow", exitUsage},
	} {
		cmd := process(t, nil, append(c.args, "--out", t.TempDir(), "--", "--runner=flink", "--endpoint=127.0.0.1:1", "--environment_type=PROCESS")...)
		said, _ := cmd.CombinedOutput()
		if cmd.ProcessState.ExitCode() != c.exit || !strings.Contains(string(said), c.says) {
			t.Errorf("%s: exit %d: %s", why, cmd.ProcessState.ExitCode(), said)
		}
	}
}
