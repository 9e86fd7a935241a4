package panel

import (
	"context"
	"errors"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/internal/dirstore"
	"decoy/transforms/panel/ledger"
	"decoy/transforms/panel/limit"
)

// whole checks that each of n requests has an answer, that each was paid once, and
// that there is no dead letter.
func whole(t *testing.T, s *faultserver.Server, store ledger.Store, got map[string]Answer, err error, n int) {
	t.Helper()
	for id, a := range must(t, got, err) {
		if a.Reject != "" {
			t.Errorf("%s: %s: %s", id, a.Reject, a.Detail)
		}
	}
	if len(got) != n || len(recorded(t, store)) != n || rejected(t, store) != 0 {
		t.Errorf("%d answers and %d records, %d of them dead letters, for %d requests", len(got), len(recorded(t, store)), rejected(t, store), n)
	}
	if k := s.Count(200); k != n {
		t.Errorf("%d answers were paid for %d requests", k, n)
	}
}

// TestAStormLosesNothing: a provider that refuses nearly everything for a while. The
// waits are those of a real run, divided by 1000.
func TestAStormLosesNothing(t *testing.T) {
	const n, window = 600, 500 * time.Millisecond
	for name, c := range map[string]struct {
		after string
		pass  int // one in so many arrivals is answered during the storm, 0 for none
	}{
		"bare": {"", 10}, "all of them": {"", 0}, "at once": {"0", 10}, "short": {"20ms", 10}, "a second": {"1", 10},
	} {
		t.Run(name, func(t *testing.T) {
			var begun atomic.Int64
			s := serve(t, faultserver.Options{Latency: 2 * time.Millisecond, Plan: func(a faultserver.Arrival) faultserver.Step {
				begun.CompareAndSwap(0, a.At.UnixNano())
				if a.At.Sub(time.Unix(0, begun.Load())) > 700*time.Millisecond || c.pass > 0 && a.N%c.pass == 0 {
					return faultserver.OK(negative)
				}
				return faultserver.Throttle(c.after)
			}})
			m := member(s)
			m.Concurrency, m.RPM = 64, 300
			store := dirstore.Dir(t.TempDir())
			cfg := config(store, m)
			cfg.Window = window
			cfg.Retry = limit.Retry{Base: 500 * time.Microsecond, Max: 60 * time.Millisecond}
			p := openPanel(t, cfg)
			got, err := collect(t, p, 0, ask(t, p, []string{"a"}, numbered(n)...))
			whole(t, s, store, got, err, n)
			// The share of the limit after the storm, for a person: no test asserts a time.
			from := time.Unix(0, begun.Load()).Add(700*time.Millisecond + window)
			all := s.Arrivals()
			last := all[len(all)-1].At
			after := 0
			for _, a := range all {
				if a.At.After(from) {
					after++
				}
			}
			t.Logf("%d 429s; share of the limit one window after the storm: %.3f", s.Count(429), float64(after)/(float64(m.RPM)*float64(last.Sub(from))/float64(window)))
		})
	}
}

// TestAStormThatDoesNotEndKeepsTheRequestsForLater: 429 says nothing about a request.
// It is given up only where others are answered meanwhile.
func TestAStormThatDoesNotEndKeepsTheRequestsForLater(t *testing.T) {
	for name, after := range map[string]string{"bare": "", "short": "1ms", "hours": "7200", "a date": "Mon, 02 Jan 2096 15:04:05 GMT"} {
		t.Run(name, func(t *testing.T) {
			var over atomic.Bool
			s := serve(t, faultserver.Options{Plan: func(faultserver.Arrival) faultserver.Step {
				if over.Load() {
					return faultserver.OK(negative)
				}
				return faultserver.Throttle(after)
			}})
			store := dirstore.Dir(t.TempDir())
			c := config(store, member(s))
			c.Retry.Throttled = 5
			p := openPanel(t, c)
			reqs := ask(t, p, []string{"a"}, numbered(40)...)
			got, err := collect(t, p, 0, reqs)
			if !errors.Is(err, ErrStopped) || !strings.Contains(err.Error(), "run again") || len(got) != 40 {
				t.Fatalf("%d answers, error = %v", len(got), err)
			}
			if k := len(recorded(t, store)); k != 0 {
				t.Fatalf("%d requests are recorded as dead letters", k)
			}
			over.Store(true)
			got, err = collect(t, openPanel(t, c), 0, reqs)
			whole(t, s, store, got, err, 40)
		})
	}
}

// TestOneRequestThatIsAlwaysThrottledIsADeadLetter: it is larger than the limit, say.
func TestOneRequestThatIsAlwaysThrottledIsADeadLetter(t *testing.T) {
	s := serve(t, faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step {
		if caseOf(a) == "large" {
			return faultserver.Throttle("")
		}
		return faultserver.OK(negative)
	}})
	store := dirstore.Dir(t.TempDir())
	c := config(store, member(s))
	c.Retry.Throttled = 5
	p := openPanel(t, c)
	got, err := collect(t, p, 0, ask(t, p, []string{"a"}, append([]string{"large"}, numbered(300)...)...))
	for id, a := range must(t, got, err) {
		if large := id == "a large "; large != (a.Reject == HTTPError) {
			t.Errorf("%s: reject %q: %s", id, a.Reject, a.Detail)
		}
	}
}

// TestAPoorProviderLosesNothing: one that fails often is asked more often.
func TestAPoorProviderLosesNothing(t *testing.T) {
	const n = 1500
	ok := faultserver.OK(negative)
	for name, plan := range map[string]func(faultserver.Arrival) faultserver.Step{
		"cuts every second connection": func(a faultserver.Arrival) faultserver.Step { return []faultserver.Step{faultserver.Cut(), ok}[a.N%2] },
		"cuts half of them": func(a faultserver.Arrival) faultserver.Step {
			return []faultserver.Step{faultserver.Cut(), ok}[coin(a)]
		},
		"fails in half": func(a faultserver.Arrival) faultserver.Step {
			return []faultserver.Step{faultserver.Status(502, "x"), ok}[coin(a)]
		},
		"errors with 200 in half": func(a faultserver.Arrival) faultserver.Step {
			return []faultserver.Step{faultserver.ErrorBody(), ok}[coin(a)]
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, faultserver.Options{Plan: plan})
			store := dirstore.Dir(t.TempDir())
			m := member(s)
			m.Concurrency = 32
			c := config(store, m)
			c.Retry.Attempts = 6
			p := openPanel(t, c)
			got, err := collect(t, p, 0, ask(t, p, []string{"a"}, numbered(n)...))
			for id, a := range must(t, got, err) {
				if a.Reject != "" {
					t.Errorf("%s: %s: %s", id, a.Reject, a.Detail)
				}
			}
			if len(got) != n || rejected(t, store) != 0 {
				t.Errorf("%d answers, %d dead letters", len(got), rejected(t, store))
			}
		})
	}
}

// coin is 0 or 1, by chance and the same in every run.
func coin(a faultserver.Arrival) int {
	x := uint64(a.N+1) * 0x9e3779b97f4a7c15
	x ^= x >> 29
	x *= 0xbf58476d1ce4e5b9
	return int(x >> 63)
}

// TestAStuckProviderLosesNothing: bytes come, and never enough of them.
func TestAStuckProviderLosesNothing(t *testing.T) {
	for name, fault := range map[string]faultserver.Step{
		"headers and then a byte now and then": faultserver.Drip(20*time.Millisecond, negative),
		"no headers":                           faultserver.Hang(),
	} {
		t.Run(name, func(t *testing.T) {
			const n, alive = 60, 20
			m := &mortal{fault: fault}
			m.left.Store(alive)
			s := serve(t, faultserver.Options{Plan: m.plan})
			good, bad := twoMembers(t, s)
			bad.Timeout = 150 * time.Millisecond
			store := dirstore.Dir(t.TempDir())
			c := config(store, good, bad)
			c.Breaker.Wait, c.Breaker.MaxWait, c.Breaker.Patience = 50*time.Millisecond, 50*time.Millisecond, 500*time.Millisecond
			p := openPanel(t, c)
			count := map[string]int{}
			err := p.DoStreams(t.Context(), 0, streams(t, p, []string{"a", "b"}, numbered(n)...), func(a Answer) error {
				if a.Reject == "" {
					count[a.Request.Member]++
				}
				return nil
			})
			if !errors.Is(err, ErrStopped) || count["a"] != n || count["b"] > alive || rejected(t, store) != 0 {
				t.Fatalf("answers %v, %d dead letters, %v", count, rejected(t, store), err)
			}
			m.healed.Store(true)
			time.Sleep(50 * time.Millisecond) // until a probe is due
			p = openPanel(t, c)
			got, err := collect(t, p, 0, ask(t, p, []string{"a", "b"}, numbered(n)...))
			if len(must(t, got, err)) != 2*n || rejected(t, store) != 0 {
				t.Errorf("%d answers, %d dead letters", len(got), rejected(t, store))
			}
		})
	}
}

// fullDisk fails as a disk without space, after a number of commits.
type fullDisk struct {
	ledger.Store
	left *atomic.Int64
}

func (d fullDisk) Put(ctx context.Context, name string, data []byte) error {
	if d.left.Add(-1) < 0 {
		return fmt.Errorf("write %q: %w", name, syscall.ENOSPC)
	}
	return d.Store.Put(ctx, name, data)
}

func TestAFullDiskLosesNothingThatIsRecorded(t *testing.T) {
	s := serve(t, faultserver.Options{Latency: time.Millisecond})
	dir := dirstore.Dir(t.TempDir())
	disk := fullDisk{dir, &atomic.Int64{}}
	m := member(s)
	const n = 300
	for run := range 20 {
		disk.left.Store(int64(run % 5))
		if run == 19 {
			disk.left.Store(1 << 30)
		}
		known, before := recorded(t, dir), tries(s)
		p := openPanel(t, config(disk, m))
		reqs := ask(t, p, []string{"a"}, numbered(n)...)
		got, err := collect(t, p, 0, reqs)
		for _, r := range reqs {
			if known[r.Key] && tries(s)[r.ContextID] != before[r.ContextID] {
				t.Fatalf("run %d: %s is recorded and was paid again", run, r.ContextID)
			}
		}
		if err == nil {
			if len(got) != n {
				t.Fatalf("%d answers", len(got))
			}
			return
		}
		if !errors.Is(err, syscall.ENOSPC) || !strings.Contains(err.Error(), "00000/") || strings.Contains(err.Error(), "\n") {
			t.Fatalf("run %d: error = %v, want one line that names the file", run, err)
		}
	}
	t.Error("the runs never came to an end")
}

// TestDoLeavesNothingBehind: whatever ends it, its goroutines end with it.
func TestDoLeavesNothingBehind(t *testing.T) {
	for name, step := range map[string]faultserver.Step{
		"answers": faultserver.OK(negative), "401": faultserver.Status(401, "no"), "500": faultserver.Status(500, "no"),
		"429": faultserver.Throttle(""), "hang": faultserver.Hang(), "hours": faultserver.Throttle("86400"), "prose": faultserver.Text("no object"),
	} {
		for _, how := range []string{"to the end", "cancelled", "emit fails"} {
			t.Run(name+", "+how, func(t *testing.T) {
				s := serve(t, faultserver.Options{Plan: faultserver.Each(step)})
				m := member(s)
				m.Timeout = 100 * time.Millisecond
				c := config(dirstore.Dir(t.TempDir()), m)
				c.Retry.Throttled, c.Grace = 5, 10*time.Millisecond
				c.Breaker.Patience = 50 * time.Millisecond
				p := openPanel(t, c)
				reqs := ask(t, p, []string{"a"}, numbered(50)...)
				ctx, cancel := context.WithCancel(t.Context())
				if how == "cancelled" {
					time.AfterFunc(20*time.Millisecond, cancel)
				}
				_ = p.Do(ctx, 0, slices.Values(reqs), func(Answer) error {
					if how == "emit fails" {
						return errors.New("enough")
					}
					return nil
				})
				cancel()
				p.Close()
				var left []string
				for range 100 {
					if left = ours(); len(left) == 0 {
						return
					}
					time.Sleep(10 * time.Millisecond)
				}
				t.Errorf("%d goroutines are left:\n%s", len(left), left[0])
			})
		}
	}
}

// ours are the stacks of goroutines that a panel or its transport started.
func ours() (stacks []string) {
	buf := make([]byte, 4<<20)
	for _, g := range strings.Split(string(buf[:runtime.Stack(buf, true)]), "\n\n") {
		if strings.Contains(g, "panel.(*") || strings.Contains(g, "panel/limit.") || strings.Contains(g, "http.(*persistConn)") {
			stacks = append(stacks, g)
		}
	}
	return stacks
}

// TestNobodyIsConvictedWhileACommitIsUnderWay: the look-ahead is full of requests that
// failed and of answers that are not committed yet. The ones after them would show
// that it is the server that died.
func TestNobodyIsConvictedWhileACommitIsUnderWay(t *testing.T) {
	s := serve(t, faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step {
		if caseOf(a) == "n0000" {
			return faultserver.OK(negative)
		}
		return faultserver.Status(500, "down")
	}})
	dir := dirstore.Dir(t.TempDir())
	store := slowStore{dir, make(chan struct{})}
	c := config(store, member(s))
	c.LookAhead = 4
	c.Breaker.Patience = 2 * time.Second // a machine with other work may sleep for long between the failures
	p := openPanel(t, c)
	go func() {
		for len(s.Arrivals()) < 10 { // one answer and three times three failures
			time.Sleep(time.Millisecond)
		}
		time.Sleep(50 * time.Millisecond) // time in which they could be convicted
		close(store.open)
	}()
	_, err := collect(t, p, 0, ask(t, p, []string{"a"}, numbered(20)...))
	if !errors.Is(err, ErrStopped) || rejected(t, dir) != 0 {
		t.Errorf("%d dead letters, error = %v", rejected(t, dir), err)
	}
}

// TestABudgetThatEndsBetweenTwoAttemptsIsNoDeadLetter: what the attempts may have cost
// is kept, and a higher budget goes on with them.
func TestABudgetThatEndsBetweenTwoAttemptsIsNoDeadLetter(t *testing.T) {
	s := serve(t, faultserver.Options{Plan: faultserver.Each(faultserver.Cut(), faultserver.OK(negative))})
	store := dirstore.Dir(t.TempDir())
	c := config(store, member(s))
	reqs := ask(t, openPanel(t, c), []string{"a"}, numbered(5)...)
	_, worst := openPanel(t, c).Reservation(reqs[0])
	for _, room := range []float64{1.5, 3.5} {
		c.BudgetUSD = upTo(room * *worst)
		if _, err := collect(t, openPanel(t, c), 0, reqs); !errors.Is(err, ErrBudget) {
			t.Fatalf("error = %v, want ErrBudget", err)
		}
		if usd := spent(t, store); usd > room**worst || usd == 0 {
			t.Errorf("%v of %v is spent", usd, room**worst)
		}
	}
	c.BudgetUSD = upTo(100 * *worst)
	got, err := collect(t, openPanel(t, c), 0, reqs)
	for id, a := range must(t, got, err) {
		if a.Reject != "" {
			t.Errorf("%s: %s: %s", id, a.Reject, a.Detail)
		}
	}
	if n := s.Count(200); n != 5 || len(got) != 5 {
		t.Errorf("%d answers, %d paid", len(got), n)
	}
	// The cut attempts count once each, and no more than that.
	want := 0.0
	for _, a := range got {
		want += *worst + *a.CostUSD
	}
	if usd := spent(t, store); usd < want*0.999 || usd > want*1.001 {
		t.Errorf("%v is booked, want %v", usd, want)
	}
}
