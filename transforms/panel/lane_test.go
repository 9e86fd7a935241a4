package panel

import (
	"context"
	"errors"
	"iter"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/internal/dirstore"
	"decoy/transforms/panel/ledger"
)

// streams are the requests of each member, in a stream of its own.
func streams(t *testing.T, p *Panel, members []string, names ...string) []iter.Seq[Request] {
	t.Helper()
	var out []iter.Seq[Request]
	for _, m := range members {
		out = append(out, slices.Values(ask(t, p, []string{m}, names...)))
	}
	return out
}

// mortal serves model "m2" with fault after its first answers, until it is healed.
type mortal struct {
	fault  faultserver.Step
	left   atomic.Int64
	healed atomic.Bool
}

func (m *mortal) plan(a faultserver.Arrival) faultserver.Step {
	if a.Model != "m2" || m.healed.Load() || m.left.Add(-1) >= 0 {
		return faultserver.OK(negative)
	}
	return m.fault
}

func twoMembers(t *testing.T, s *faultserver.Server) (good, bad Member) {
	good, bad = member(s), member(s)
	bad.Name, bad.Model, bad.APIKeyEnv = "b", "m2", keyEnv+"_B"
	t.Setenv(bad.APIKeyEnv, apiKey)
	return good, bad
}

// rejected counts the records of a shard that are dead letters.
func rejected(t *testing.T, store ledger.Store) (n int) {
	t.Helper()
	led, err := ledger.Open(t.Context(), store, 0)
	if err != nil {
		t.Fatal(err)
	}
	for r := range led.All() {
		if r.Reject != "" && r.Final() {
			n++
		}
	}
	return n
}

func TestADeadMemberDisturbsNobodyAndLosesNothing(t *testing.T) {
	const n, alive, ahead = 200, 30, 8
	for name, c := range map[string]struct {
		fault       faultserver.Step
		concurrency int
	}{
		"500":             {faultserver.Status(500, "down"), 8},
		"cut":             {faultserver.Cut(), 8},
		"hang":            {faultserver.Hang(), 8},
		"200 error":       {faultserver.ErrorBody(), 8},
		"one at a time":   {faultserver.Status(502, "down"), 1},
		"more than a few": {faultserver.Status(503, "down"), 64},
	} {
		t.Run(name, func(t *testing.T) {
			m := &mortal{fault: c.fault}
			m.left.Store(alive)
			s := serve(t, faultserver.Options{Plan: m.plan})
			good, bad := twoMembers(t, s)
			bad.Concurrency = c.concurrency
			if name == "hang" {
				bad.Timeout = 200 * time.Millisecond
			}
			store := dirstore.Dir(t.TempDir())
			cfg := config(store, good, bad)
			cfg.LookAhead = max(ahead, c.concurrency)
			cfg.Breaker.Wait, cfg.Breaker.MaxWait, cfg.Breaker.Patience = 100*time.Millisecond, 100*time.Millisecond, time.Second
			p := openPanel(t, cfg)
			var order []Answer
			err := p.DoStreams(t.Context(), 0, streams(t, p, []string{"a", "b"}, numbered(n)...), func(a Answer) error {
				order = append(order, a)
				return nil
			})
			if !errors.Is(err, ErrStopped) || !strings.Contains(err.Error(), "member b is stopped") || !strings.Contains(err.Error(), "run again") {
				t.Fatalf("error = %v, want the member and what to do", err)
			}
			answered := map[string]int{}
			stopped := -1
			for i, a := range order {
				if a.Reject == "" {
					answered[a.Request.Member]++
				} else if stopped < 0 {
					stopped = i
				}
				if (a.Reject != "") != (a.Request.Member == "b" && strings.Contains(a.Detail, "is stopped")) && a.Reject != "" {
					t.Errorf("%s: reject %q: %s", a.Request.ContextID, a.Reject, a.Detail)
				}
			}
			if len(order) != 2*n || answered["a"] != n || answered["b"] != alive && name != "hang" || stopped < alive+5*ahead {
				t.Errorf("%d answers: %v; the first that was stopped is number %d, want it long after a's look-ahead", len(order), answered, stopped)
			}
			if k := rejected(t, store); k != 0 {
				t.Errorf("%d dead letters: rows are lost", k)
			}
			// Ten to open it, those on their way, probes for a second.
			if k := len(s.Arrivals()) - n - alive; k > 10+3*bad.Concurrency+20 {
				t.Errorf("the dead member was called %d times", k)
			}
			use := cfg.Meter.Usage()[1]
			if use.Member != "b" || use.InFlight != 0 || use.Waiting != 0 || use.DeadLetters != 0 || use.Done != n || use.DownFor == 0 {
				t.Errorf("the meter says %+v", use)
			}

			m.healed.Store(true)
			before := s.Count(200)
			p = openPanel(t, cfg)
			time.Sleep(100 * time.Millisecond) // until a probe is due
			left := 0
			if err := p.DoStreams(t.Context(), 0, streams(t, p, []string{"a", "b"}, numbered(n)...), func(a Answer) error {
				if a.Reject != "" {
					left++
				}
				return nil
			}); err != nil || left > 0 {
				t.Errorf("after it was mended: %v, %d rejects", err, left)
			}
			if c.fault.Name != "body" && name != "hang" { // the first answers 200 as well, the second may be slow alive
				if k := s.Count(200) - before; k != n-alive {
					t.Errorf("%d answers were paid for %d requests", k, n-alive)
				}
			}
		})
	}
}

func TestAMemberThatComesBackGoesOn(t *testing.T) {
	s := serve(t, faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step {
		if a.N >= 20 && a.N < 45 {
			return faultserver.Status(500, "down")
		}
		return faultserver.OK(negative)
	}})
	store := dirstore.Dir(t.TempDir())
	c := config(store, member(s))
	c.Breaker.MaxWait = c.Breaker.Wait
	p := openPanel(t, c)
	got, err := collect(t, p, 0, ask(t, p, []string{"a"}, numbered(200)...))
	for id, a := range must(t, got, err) {
		if a.Reject != "" {
			t.Errorf("%s: %s %s", id, a.Reject, a.Detail)
		}
	}
	if len(got) != 200 || s.Count(200) != 200 || rejected(t, store) != 0 {
		t.Errorf("%d answers, %d paid", len(got), s.Count(200))
	}
}

// TestFewFaultyRequestsSpeakForThemselves: a request that always fails is a dead
// letter beside others that do not, and where there are no others.
func TestFewFaultyRequestsSpeakForThemselves(t *testing.T) {
	s := serve(t, faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step {
		if strings.HasPrefix(caseOf(a), "bad") {
			return faultserver.Status(500, "this one kills me")
		}
		return faultserver.OK(negative)
	}})
	for name, reqs := range map[string][]string{
		"beside others": append([]string{"bad1", "bad2", "bad3", "bad4"}, numbered(300)...),
		"alone":         {"bad1", "bad2"},
	} {
		t.Run(name, func(t *testing.T) {
			store := dirstore.Dir(t.TempDir())
			p := openPanel(t, config(store, member(s)))
			got, err := collect(t, p, 0, ask(t, p, []string{"a"}, reqs...))
			for id, a := range must(t, got, err) {
				if bad := strings.Contains(id, "bad"); bad != (a.Reject == HTTPError) {
					t.Errorf("%s: reject %q", id, a.Reject)
				}
			}
			if len(got) != len(reqs) {
				t.Errorf("%d answers of %d", len(got), len(reqs))
			}
		})
	}
}

func TestAnInterruptionEndsAWaitForABreaker(t *testing.T) {
	s := serve(t, faultserver.Options{Plan: faultserver.Each(faultserver.Status(500, "down"))})
	c := config(dirstore.Dir(t.TempDir()), member(s))
	c.Breaker.Wait, c.Breaker.MaxWait, c.Breaker.Patience = time.Hour, time.Hour, time.Hour
	p := openPanel(t, c)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for c.Meter.Usage()[0].Waiting == 0 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	err := p.Do(ctx, 0, slices.Values(ask(t, p, []string{"a"}, numbered(1000)...)), func(Answer) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Errorf("error = %v", err)
	}
}

// TestABudgetIsNotHeldByADeadMember: what waits for a breaker reserves nothing.
func TestABudgetIsNotHeldByADeadMember(t *testing.T) {
	m := &mortal{fault: faultserver.Status(500, "down")}
	s := serve(t, faultserver.Options{Plan: m.plan})
	good, bad := twoMembers(t, s)
	c := config(dirstore.Dir(t.TempDir()), good, bad)
	c.Breaker.Wait, c.Breaker.MaxWait = time.Hour, time.Hour
	p := openPanel(t, c)
	both := streams(t, p, []string{"a", "b"}, numbered(100)...)
	_, worst := p.Reservation(ask(t, p, []string{"a"}, "n0000")[0])
	c.BudgetUSD = upTo(100 * *worst)
	p = openPanel(t, c)
	n := 0
	err := p.DoStreams(t.Context(), 0, both, func(a Answer) error {
		if a.Request.Member == "a" && a.Reject == "" {
			n++
		}
		return nil
	})
	if n != 100 || err == nil || errors.Is(err, ErrBudget) {
		t.Errorf("%d answers, error %v", n, err)
	}
}
