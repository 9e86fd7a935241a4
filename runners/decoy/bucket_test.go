package main

import (
	"bytes"
	"crypto/sha256"
	"fmt"
	"io/fs"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"decoy/io/bucket/buckettest"
	"decoy/transforms/panel/faultserver"
)

// repeatable are the hashes of what the design calls the same, of a build on a disk or
// in a bucket.
func repeatable(t *testing.T, out string) map[string]string {
	t.Helper()
	sums := map[string]string{}
	for name, data := range contents(t, out) {
		if name == ".lock" || name == "run.json" || name == "report.html" ||
			strings.Contains(name, "/_done/") || strings.Contains(name, "/ledger/") {
			continue
		}
		sums[name] = fmt.Sprintf("%x", sha256.Sum256([]byte(data)))
	}
	return sums
}

// TestABuildInABucket runs the command as a user does, once on a disk and once with
// archives and output on gs://, where requests fail and a signal stops it on the way.
func TestABuildInABucket(t *testing.T) {
	b := buckettest.New(t)
	archive, err := os.ReadFile(repository(t, 4))
	if err != nil {
		t.Fatal(err)
	}
	b.Create("in/repo.zip", archive, time.Time{})
	dir, env := t.TempDir(), []string{"DECOY_TEST_KEY=k"}
	local, remote := filepath.Join(dir, "out"), b.Address("out")
	recipe := filepath.Join(dir, "recipe.yaml")
	paid := faultserver.New(faultserver.Options{Plan: func(faultserver.Arrival) faultserver.Step { return faultserver.OK(answered) }})
	defer paid.Close()
	yaml := fmt.Sprintf("name: place\narchives: [%q]\nshards: 3\nextract: {kinds: {import: 1, call: 2, general: 1}, prefix_bytes: 1024, suffix_bytes: 512}\ngenerate: {panel: [{name: a, provider: openai, base_url: %q, model: m, api_key_env: DECOY_TEST_KEY, concurrency: 8, usd_per_mtok: {in: 1, out: 2}}]}\ncurate: {rows: 50}\n",
		b.Address("in/*.zip"), paid.URL())
	if err := os.WriteFile(recipe, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	do := func(want int, args ...string) string {
		t.Helper()
		cmd := process(t, env, args...)
		cmd.Dir = dir // where a mangled gs:// would appear
		var shown bytes.Buffer
		cmd.Stdout, cmd.Stderr = &shown, &shown
		if cmd.Run(); cmd.ProcessState.ExitCode() != want {
			t.Errorf("decoy %s: exit %d, want %d\n%s", strings.Join(args, " "), cmd.ProcessState.ExitCode(), want, shown.Bytes())
		}
		return shown.String()
	}
	do(exitDone, "build", "--recipe", recipe, "--out", local)
	asked := len(paid.Arrivals())

	random := buckettest.Random(11, 0.05, buckettest.Status(503), buckettest.Cut, buckettest.Lost, buckettest.Halfway)
	gate := make(chan struct{})
	b.Always(func(r *http.Request) buckettest.Fault {
		if strings.Contains(r.URL.RawQuery, "name=out%2Fverify%2F_done") {
			return func(http.ResponseWriter, *http.Request, http.Handler) bool { <-gate; return false }
		}
		return random(r)
	})
	build := process(t, env, "build", "--recipe", recipe, "--out", remote)
	var shown lockedBuffer
	build.Dir, build.Stdout, build.Stderr = dir, &shown, &shown
	if err := build.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan struct{})
	go func() { build.Wait(); close(ended) }()
	waitFor := func(what string) {
		t.Helper()
		for !strings.Contains(shown.String(), what) {
			select {
			case <-ended:
				t.Fatalf("no %q in\n%s", what, shown.String())
			case <-time.After(5 * time.Millisecond):
			}
		}
	}
	waitFor("verify: 3 of 3")
	if said := do(exitFailed, "build", "--recipe", recipe, "--out", remote); !strings.Contains(said, fmt.Sprintf("in use by pid %d on", build.Process.Pid)) {
		t.Errorf("a second process says %s", said)
	}
	if err := build.Process.Signal(syscall.SIGINT); err != nil {
		t.Error(err)
	}
	time.AfterFunc(50*time.Millisecond, func() { close(gate) }) // an upload under way ends
	if <-ended; build.ProcessState.ExitCode() != exitInterrupted {
		t.Errorf("exit %d\n%s", build.ProcessState.ExitCode(), shown.String())
	}
	said := do(exitDone, "build", "--recipe", recipe, "--out", remote)
	if !strings.Contains(said, "extract: done before") || !strings.Contains(said, remote+"/report.html") {
		t.Errorf("it did not go on:\n%s", said)
	}
	b.Always(nil)
	if n := len(paid.Arrivals()) - asked; n != asked || asked == 0 {
		t.Errorf("%d answers were paid for, on a disk %d", n, asked)
	}
	x, y := repeatable(t, local), repeatable(t, remote)
	names := maps.Clone(x)
	maps.Copy(names, y)
	for _, n := range slices.Sorted(maps.Keys(names)) {
		if x[n] != y[n] {
			t.Errorf("%s differs (%.8s and %.8s)", n, x[n], y[n])
		}
	}
	if len(names) < 20 {
		t.Errorf("only %d files were compared", len(names))
	}

	do(exitDone, "estimate", "--recipe", recipe, "--out", remote)
	if said := do(exitDone, "ledger", "verify", remote); !strings.Contains(said, fmt.Sprintf("%d records", asked)) {
		t.Errorf("of %d answers: %s", asked, said)
	}
	do(exitDone, "ledger", "stats", remote)
	do(exitDone, "ledger", "compact", remote)
	do(exitDone, "ledger", "export", remote, filepath.Join(dir, "paid.jsonl"))
	do(exitDone, "deadletters", remote)
	if said := do(exitFailed, "ledger", "stats", remote+"x"); !strings.Contains(said, "is not there") {
		t.Errorf("no build there: %s", said)
	}
	if said := do(exitUsage, "train", remote, "--method", "sft", "--model", dir, "--run-dir", filepath.Join(dir, "run")); !strings.Contains(said, "copy its folder export") {
		t.Errorf("train: %s", said)
	}
	err = filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if d != nil && strings.HasPrefix(d.Name(), "gs:") {
			t.Errorf("%s was made of the address", path)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}
