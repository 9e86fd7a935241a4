package panel

import (
	"errors"
	"testing"
	"time"

	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/internal/dirstore"
)

// TestATrialDoesNotMakeARequestTheOnlyOne: on trial a member is sent no more than its
// concurrency at once, and what was put aside in doubt is not under way. Others are asked,
// and show whether the request or the server was at fault.
func TestATrialDoesNotMakeARequestTheOnlyOne(t *testing.T) {
	for name, c := range map[string]struct {
		step    faultserver.Step
		first   int // so many calls are answered so, 0 for all
		stopped bool
		dead    int
	}{
		"the first is forbidden": {faultserver.Reply(403, `<html>Access denied</html>`), 1, false, 1},
		"the server is down":     {faultserver.Status(500, "x"), 0, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step {
				if c.first == 0 || a.N < c.first {
					return c.step
				}
				return faultserver.OK(negative)
			}})
			m := member(s)
			m.Concurrency = 1
			trial, err := NewTrial(m, TrialConfig{})
			if err != nil {
				t.Fatal(err)
			}
			store := dirstore.Dir(t.TempDir())
			cfg := config(store, m)
			cfg.Breaker.Wait, cfg.Breaker.MaxWait, cfg.Breaker.Patience = time.Millisecond, time.Millisecond, 50*time.Millisecond
			cfg.Trials = map[string]*Trial{m.Name: trial}
			p := openPanel(t, cfg)
			got, err := collect(t, p, 0, ask(t, p, []string{"a"}, numbered(30)...))
			if errors.Is(err, ErrStopped) != c.stopped || err != nil && !c.stopped {
				t.Fatalf("error %v, stopped is to be %v", err, c.stopped)
			}
			if n := rejected(t, store); n != c.dead || len(got) != 30 {
				t.Errorf("%d dead letters and %d answers, want %d and 30", n, len(got), c.dead)
			}
		})
	}
}
