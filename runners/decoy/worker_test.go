package main

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"decoy/io/shard/flow"
	"decoy/pipelines"
)

// notTheSame is what may differ between two builds of the same input.
var notTheSame = regexp.MustCompile(`/ledger/|/_done/|^run\.json$|^report\.html$|^\.lock$`)

// hashes are those of the files that two builds have in common.
func hashes(t *testing.T, out string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(out, path)
		if err != nil || notTheSame.MatchString(rel) {
			return err
		}
		raw, err := os.ReadFile(path)
		sum := sha256.Sum256(raw)
		all[rel] = hex.EncodeToString(sum[:])
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// The worker binary does the graphs that this command submits, started by the runner
// itself, and ends with it.
func TestWorkerBinary(t *testing.T) {
	dir := t.TempDir()
	worker := filepath.Join(dir, "worker")
	if out, err := exec.CommandContext(t.Context(), "go", "build", "-o", worker,
		"../worker").CombinedOutput(); err != nil {
		t.Fatalf("build the worker: %v\n%s", err, out)
	}
	archive := repository(t, 3)
	here, there := filepath.Join(dir, "here"), filepath.Join(dir, "there")
	if said, err := process(t, nil, "build", "--quiet", "--shards=2", "--archives", archive, "--out",
		here).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	config, err := json.Marshal(map[string]string{"command": worker})
	if err != nil {
		t.Fatal(err)
	}
	if said, err := process(t, nil, "build", "--quiet", "--shards=2", "--archives", archive, "--out", there,
		"--", "--environment_type=PROCESS", "--environment_config="+string(config)).CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, said)
	}
	if a, b := hashes(t, here), hashes(t, there); len(a) < 20 || !maps.Equal(a, b) {
		t.Errorf("%d files by this process, %d by workers, not the same", len(a), len(b))
	}

	var info pipelines.RunInfo
	raw, err := os.ReadFile(filepath.Join(there, "run.json"))
	if err == nil {
		err = json.Unmarshal(raw, &info)
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range info.Stages {
		if s.Metrics.Counters[s.Stage+"/"+flow.ShardsMetric] < 2 ||
			s.Metrics.Distributions[s.Stage+"/shard_bytes"].Count < 2 {
			t.Errorf("%s: the runner tells %v", s.Stage, s.Metrics)
		}
	}

	for deadline := time.Now().Add(20 * time.Second); ; time.Sleep(50 * time.Millisecond) {
		left, err := exec.CommandContext(t.Context(), "pgrep", "-f", worker).Output()
		if _, none := err.(*exec.ExitError); none {
			break
		}
		if err != nil {
			t.Skipf("no pgrep: %v", err)
		}
		if time.Now().After(deadline) {
			t.Fatalf("workers are left: %s", strings.TrimSpace(string(left)))
		}
	}
}
