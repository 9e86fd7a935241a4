package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"

	"decoy/pipelines/money"

	"decoy/transforms/panel/faultserver"
)

// askingBuild is a build in a process of its own that has calls under way.
type askingBuild struct {
	server *faultserver.Server
	out    string
	cmd    *exec.Cmd
	said   bytes.Buffer
	ended  chan error
}

func startAsking(t *testing.T, step faultserver.Step) *askingBuild {
	dir := t.TempDir()
	b := &askingBuild{out: filepath.Join(dir, "out"), ended: make(chan error, 1)}
	b.server = faultserver.New(faultserver.Options{Latency: 200 * time.Millisecond,
		Plan: func(faultserver.Arrival) faultserver.Step { return step }})
	t.Cleanup(b.server.Close)
	recipe := filepath.Join(dir, "r.yaml")
	text := fmt.Sprintf("name: interrupted\narchives: [%q]\nshards: 2\nbudget_usd: 0.5\n"+
		"extract: {kinds: {call: 4}}\ngenerate: {panel: [{name: gen, provider: openai, base_url: %q, model: m, "+
		"concurrency: 2, usd_per_mtok: {in: 1, out: 2}}]}\n",
		repository(t, 6), b.server.URL())
	if err := os.WriteFile(recipe, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	b.cmd = process(t, nil, "build", "--recipe", recipe, "--out", b.out)
	b.cmd.Stdout, b.cmd.Stderr = &b.said, &b.said
	if err := b.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { b.ended <- b.cmd.Wait() }()
	for len(b.server.Arrivals()) < 2 {
		select {
		case err := <-b.ended:
			t.Fatalf("it ended before it asked: %v\n%s", err, &b.said)
		case <-time.After(10 * time.Millisecond):
		}
	}
	return b
}

// TestAnInterruptLeavesNothingThatMayHaveCost: an interrupted build ends by itself, so
// every call that reached the provider has its record, and nothing stays advanced as
// after a kill. The answers are paid and nobody can read them; some are under way when
// the signal comes, and some of those never end.
func TestAnInterruptLeavesNothingThatMayHaveCost(t *testing.T) {
	for name, step := range map[string]faultserver.Step{
		"answers that nobody can read": faultserver.Body(`{"unheard": 1}`),
		"calls that never end":         faultserver.Hang(),
		"answers": faultserver.OK(func(faultserver.Arrival) string {
			return `{"completion": ` +
				`"x"}`
		}),
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			b := startAsking(t, step)
			if err := b.cmd.Process.Signal(os.Interrupt); err != nil {
				t.Fatal(err)
			}
			<-b.ended
			if code := b.cmd.ProcessState.ExitCode(); code != exitInterrupted {
				t.Fatalf("exit code %d, want %d\n%s", code, exitInterrupted, &b.said)
			}
			raw, err := process(t, nil, "ledger", "stats", b.out, "--json").Output()
			if err != nil {
				t.Fatal(err)
			}
			var stats []money.MemberStats
			if err := json.Unmarshal(raw, &stats); err != nil || len(stats) != 1 {
				t.Fatalf("%v: %s", err, raw)
			}
			if m, n := stats[0], len(b.server.Arrivals()); m.MayCostCalls != 0 || m.MayCostUSD != 0 ||
				m.Calls != int64(n) {
				t.Errorf("the server saw %d calls; the ledger has %d, and %d that may have cost %v", n, m.Calls,
					m.MayCostCalls, m.MayCostUSD)
			}
		})
	}
}

// TestASecondInterruptEndsAtOnce: a build that waits for its calls is ended by the next
// signal, and not by itself.
func TestASecondInterruptEndsAtOnce(t *testing.T) {
	t.Parallel()
	b := startAsking(t, faultserver.Hang())
	for {
		// One that has ended is not signalled any more; two that come together are one.
		if err := b.cmd.Process.Signal(os.Interrupt); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		select {
		case <-b.ended:
			if code := b.cmd.ProcessState.ExitCode(); code != -1 {
				t.Errorf("exit code %d, and it is to die of the signal\n%s", code, &b.said)
			}
			return
		case <-time.After(100 * time.Millisecond):
		}
	}
}
