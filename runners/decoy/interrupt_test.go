package main

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"

	"decoy/pipelines"
	"decoy/transforms/panel/faultserver"
)

// TestAnInterruptLeavesNothingThatMayHaveCost: an interrupted build ends by itself, so
// every call that reached the provider has its record, and nothing stays advanced as
// after a kill. The answers are paid and nobody can read them; some are under way when
// the signal comes, and some of those never end.
func TestAnInterruptLeavesNothingThatMayHaveCost(t *testing.T) {
	for name, step := range map[string]faultserver.Step{
		"answers that nobody can read": faultserver.Body(`{"unheard": 1}`),
		"calls that never end":         faultserver.Hang(),
		"answers":                      faultserver.OK(func(faultserver.Arrival) string { return `{"completion": "x"}` }),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			s := faultserver.New(faultserver.Options{Latency: 200 * time.Millisecond, Plan: func(faultserver.Arrival) faultserver.Step { return step }})
			defer s.Close()
			dir := t.TempDir()
			recipe, out := filepath.Join(dir, "r.yaml"), filepath.Join(dir, "out")
			text := fmt.Sprintf("name: interrupted\narchives: [%q]\nshards: 2\nbudget_usd: 0.5\nextract: {kinds: {call: 4}}\ngenerate: {panel: [{name: gen, provider: openai, base_url: %q, model: m, concurrency: 2, usd_per_mtok: {in: 1, out: 2}}]}\n",
				repository(t, 6), s.URL())
			if err := os.WriteFile(recipe, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			var said bytes.Buffer
			cmd := process(t, nil, "build", "--recipe", recipe, "--out", out)
			cmd.Stdout, cmd.Stderr = &said, &said
			if err := cmd.Start(); err != nil {
				t.Fatal(err)
			}
			ended := make(chan error, 1)
			go func() { ended <- cmd.Wait() }()
			for len(s.Arrivals()) < 2 {
				select {
				case err := <-ended:
					t.Fatalf("it ended before it asked: %v\n%s", err, &said)
				case <-time.After(10 * time.Millisecond):
				}
			}
			if err := cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			<-ended
			if code := cmd.ProcessState.ExitCode(); code != exitInterrupted {
				t.Fatalf("exit code %d, want %d\n%s", code, exitInterrupted, &said)
			}
			raw, err := process(t, nil, "ledger", "stats", out, "--json").Output()
			if err != nil {
				t.Fatal(err)
			}
			var stats []pipelines.MemberStats
			if err := json.Unmarshal(raw, &stats); err != nil || len(stats) != 1 {
				t.Fatalf("%v: %s", err, raw)
			}
			if m, n := stats[0], len(s.Arrivals()); m.MayCostCalls != 0 || m.MayCostUSD != 0 || m.Calls != int64(n) {
				t.Errorf("the server saw %d calls; the ledger has %d, and %d that may have cost %v", n, m.Calls, m.MayCostCalls, m.MayCostUSD)
			}
		})
	}
}
