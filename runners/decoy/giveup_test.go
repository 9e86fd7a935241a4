package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"decoy/transforms/panel/faultserver"
)

// TestABuildOfAUselessMemberFails: a whole build against a model that gives nothing ends
// at a sample with the reason, and the next one pays nothing.
func TestABuildOfAUselessMemberFails(t *testing.T) {
	for name, c := range map[string]struct {
		step faultserver.Step
		want string
	}{
		"refuses": {faultserver.Refusal(), "answer_refused"},
		"one 400 for all": {faultserver.Status(400, "this deployment answers nothing"),
			"this deployment answers nothing"},
	} {
		t.Run(name, func(t *testing.T) {
			s := faultserver.New(faultserver.Options{Plan: func(faultserver.Arrival) faultserver.Step { return c.step }})
			defer s.Close()
			dir := t.TempDir()
			recipe := filepath.Join(dir, "r.yaml")
			text := fmt.Sprintf("name: useless\narchives: [%q]\nshards: 1\nextract: {kinds: {call: 4}}\ngenerate: {panel: [{name: gen, provider: openai, base_url: %q, model: m, concurrency: 4, usd_per_mtok: {in: 1, out: 2}, give_up: {after: 12}}]}\n",
				repository(t, 6), s.URL())
			if err := os.WriteFile(recipe, []byte(text), 0o600); err != nil {
				t.Fatal(err)
			}
			calls := 0
			for i := range 2 {
				cmd := process(t, nil, "build", "--recipe", recipe, "--out", filepath.Join(dir, "out"))
				raw, _ := cmd.CombinedOutput() // the exit code is looked at below
				if code := cmd.ProcessState.ExitCode(); code != exitFailed || !strings.Contains(string(raw), c.want) || !strings.Contains(string(raw), "give_up: {after: 12") {
					t.Fatalf("run %d: exit code %d, want %d and %q in\n%s", i, code, exitFailed, c.want, raw)
				}
				if n := len(s.Arrivals()); i == 0 && (n < 12 || n > 2*(12+8)) || i == 1 && n != calls {
					t.Errorf("run %d: %d calls, %d before", i, n, calls)
				}
				calls = len(s.Arrivals())
			}
		})
	}
}
