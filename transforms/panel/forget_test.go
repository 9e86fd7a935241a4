package panel

import (
	"bufio"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/internal/dirstore"
	"decoy/transforms/panel/ledger"
)

// till counts what a server bills for responses that say so: at the prices of member,
// a third of the prompt's bytes and of the answer's.
type till struct {
	mu  sync.Mutex
	usd float64
}

func (b *till) take(a faultserver.Arrival, text string) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.usd += (float64(a.Reserved-a.MaxTokens) + 2*float64(len(text)/3+1)) / 1e6
}

func (b *till) billed() float64 {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.usd
}

// unreadable bills an answer in a form that nobody knows, which is paid whether or not
// somebody can read it.
func (b *till) unreadable(a faultserver.Arrival) faultserver.Step {
	b.take(a, negative(a))
	raw, err := json.Marshal(negative(a))
	if err != nil {
		panic(err) // a string
	}
	return faultserver.Body(`{"unheard":[{"of":` + string(raw) + `}]}`)
}

const cent = 1e-12 // what sums of floats may be off by, and far less than a call

// TestInterruptedRunsForgetNoMoney: a provider whose answers cannot be read is asked
// again and again and its tasks end suspected, parked, stopped and aborted; the runs are
// interrupted. Each run's bills are in the ledger, and all together stay in the budget.
func TestInterruptedRunsForgetNoMoney(t *testing.T) {
	for name, plan := range map[string]func(b *till, a faultserver.Arrival) faultserver.Step{
		"unreadable": func(b *till, a faultserver.Arrival) faultserver.Step { return b.unreadable(a) },
		"cut": func(b *till, a faultserver.Arrival) faultserver.Step {
			b.take(a, negative(a))
			return faultserver.Cut()
		},
		"hang": func(b *till, a faultserver.Arrival) faultserver.Step {
			b.take(a, negative(a))
			return faultserver.Hang()
		},
		"gateway": func(b *till, a faultserver.Arrival) faultserver.Step {
			b.take(a, negative(a))
			return faultserver.Status(504, "x")
		},
	} {
		t.Run(name, func(t *testing.T) {
			var bill till
			s := serve(t, faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step { return plan(&bill, a) }})
			store := dirstore.Dir(t.TempDir())
			m := member(s)
			m.Timeout = 50 * time.Millisecond
			c := config(store, m)
			c.Grace = 10 * time.Millisecond
			c.Breaker.Wait, c.Breaker.MaxWait, c.Breaker.Patience = 20*time.Millisecond, 20*time.Millisecond, time.Hour
			p := openPanel(t, c)
			_, worst := p.Reservation(ask(t, p, []string{"a"}, "n0000")[0])
			limit := 60 * *worst
			c.BudgetUSD = upTo(limit)
			stopped := false
			for run := 0; !stopped; run++ {
				if run == 40 {
					t.Fatal("the budget never ends it")
				}
				p := openPanel(t, c)
				ctx, cancel := context.WithCancel(t.Context())
				before := s.Served()
				over := make(chan struct{})
				go func() {
					defer cancel()
					for s.Served() < before+2+5*run%17 {
						select {
						case <-over:
							return
						case <-time.After(time.Millisecond):
						}
					}
				}()
				err := p.Do(ctx, 0, slices.Values(ask(t, p, []string{"a"}, numbered(30)...)), func(Answer) error { return nil })
				close(over)
				stopped = errors.Is(err, ErrBudget)
				if !stopped && !errors.Is(err, context.Canceled) {
					t.Fatalf("run %d: %v", run, err)
				}
				time.Sleep(10 * time.Millisecond) // what was sent has reached the server
				if got, usd := spent(t, store), bill.billed(); usd > got+cent || got > limit+cent {
					t.Fatalf("run %d: the server billed %v, the ledger says %v of %v", run, usd, got, limit)
				}
				led, err := ledger.Open(t.Context(), store, 0)
				if err != nil || len(led.Advances()) > 0 {
					t.Errorf("run %d ended well, and leaves an advance: %+v, %v", run, led.Advances(), err)
				}
				if dead := rejected(t, store); dead > 0 {
					t.Errorf("%d dead letters: what was interrupted is asked again", dead)
				}
			}
			if bill.billed() < limit/20 {
				t.Errorf("the server billed %v: the test shows nothing", bill.billed())
			}
		})
	}
}

// TestAStoppedMembersAttemptsAreRecorded: its breaker opened, then it was down for too
// long, and its requests are kept for later.
func TestAStoppedMembersAttemptsAreRecorded(t *testing.T) {
	var bill till
	s := serve(t, faultserver.Options{Plan: bill.unreadable})
	store := dirstore.Dir(t.TempDir())
	c := config(store, member(s))
	c.Breaker.Wait, c.Breaker.MaxWait, c.Breaker.Patience = time.Millisecond, time.Millisecond, 50*time.Millisecond
	p := openPanel(t, c)
	reqs := ask(t, p, []string{"a"}, numbered(30)...)
	_, err := collect(t, p, 0, reqs)
	if !errors.Is(err, ErrStopped) {
		t.Fatal(err)
	}
	led, err := ledger.Open(t.Context(), store, 0)
	if err != nil {
		t.Fatal(err)
	}
	stats := led.Stats()["a"]
	_, worst := p.Reservation(reqs[0])
	if n := int64(len(s.Arrivals())); stats.Calls != n || stats.AssumedUSD < bill.billed() || stats.AssumedUSD > 1.1*float64(n)**worst || stats.DeadLetters > 0 || stats.MayCostUSD != 0 {
		t.Errorf("%d calls, the server billed %v; %+v", n, bill.billed(), stats)
	}
	for r := range led.All() {
		if r.Reject != ledger.Attempted || r.Detail == "" || r.Key == "" || led.Has(r.Key) {
			t.Errorf("%+v", r)
		}
	}
}

// TestAnUnknownPriceIsNotForgottenEither: once it is known, the attempts count.
func TestAnUnknownPriceIsNotForgottenEither(t *testing.T) {
	s := serve(t, faultserver.Options{Plan: faultserver.Each(faultserver.Cut())})
	store := dirstore.Dir(t.TempDir())
	m := member(s)
	price := m.USDPerMTok
	m.USDPerMTok = nil
	c := config(store, m)
	c.Breaker.Wait, c.Breaker.MaxWait, c.Breaker.Patience = time.Millisecond, time.Millisecond, 50*time.Millisecond
	if _, err := collect(t, openPanel(t, c), 0, ask(t, openPanel(t, c), []string{"a"}, numbered(30)...)); !errors.Is(err, ErrStopped) {
		t.Fatal(err)
	}
	led, err := ledger.Open(t.Context(), store, 0)
	if err != nil {
		t.Fatal(err)
	}
	m.USDPerMTok = price
	p := openPanel(t, config(store, m))
	_, worst := p.Reservation(ask(t, p, []string{"a"}, "n0000")[0])
	got := Counted(led.Sums(), func(string) *Price { return price })
	if n := float64(len(s.Arrivals())); got < 0.99*n**worst || got > 1.01*n**worst || led.Stats()["a"].Unpriced == 0 {
		t.Errorf("%v is counted for %v calls of %v", got, n, *worst)
	}
}

const spenderEnv = "DECOY_TEST_PANEL_SPENDER"

// TestSpender is no test: TestKillWithABudget runs it as a process of its own.
func TestSpender(t *testing.T) {
	var c struct {
		URL, Dir string
		Budget   float64
	}
	if err := json.Unmarshal([]byte(cmp.Or(os.Getenv(spenderEnv), "{}")), &c); err != nil || c.URL == "" {
		t.Skip("runs only as a child of TestKillWithABudget")
	}
	m := Member{
		Name: "a", Provider: ProviderOpenAI, BaseURL: c.URL, Model: "m1", APIKeyEnv: keyEnv, Concurrency: 8, MaxTokens: 100, Timeout: 5 * time.Second,
		USDPerMTok: &Price{In: ptr(1.0), Out: ptr(2.0)},
	}
	cfg := config(dirstore.Dir(c.Dir), m)
	cfg.BudgetUSD = upTo(c.Budget)
	p := openPanel(t, cfg)
	fmt.Println("ready")
	err := p.Do(t.Context(), 0, slices.Values(ask(t, p, []string{"a"}, numbered(400)...)), func(Answer) error { return nil })
	fmt.Println("ended", errors.Is(err, ErrBudget), err)
}

// TestKillWithABudget: however often it is killed, the server bills no more than the
// budget, and the ledger counts all that was billed.
func TestKillWithABudget(t *testing.T) {
	var bill till
	s := serve(t, faultserver.Options{Latency: 3 * time.Millisecond, Plan: func(a faultserver.Arrival) faultserver.Step {
		bill.take(a, negative(a)) // also where it breaks off
		switch a.N % 5 {
		case 1:
			return faultserver.Cut()
		case 3:
			return faultserver.Body("<html>")
		}
		return faultserver.OK(negative)
	}})
	dir := t.TempDir()
	store := dirstore.Dir(dir)
	p := openPanel(t, config(store, member(s)))
	_, worst := p.Reservation(ask(t, p, []string{"a"}, "n0000")[0])
	limit := 250 * *worst
	env, err := json.Marshal(map[string]any{"URL": s.URL(), "Dir": dir, "Budget": limit})
	if err != nil {
		t.Fatal(err)
	}
	kills, last, advanced, calls := 0, "", 0.0, int64(0)
	for run := 0; last == ""; run++ {
		if run > 60 {
			t.Fatal("the budget never ends it")
		}
		cmd := exec.Command(os.Args[0], "-test.run=^TestSpender$", "-test.v")
		cmd.Env = append(os.Environ(), spenderEnv+"="+string(env))
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		lines := bufio.NewScanner(out)
		for lines.Scan() && lines.Text() != "ready" {
		}
		before := s.Served()
		over := make(chan struct{})
		go func() {
			for s.Served() < before+3+run%19 {
				select {
				case <-over:
					return
				case <-time.After(time.Millisecond):
				}
			}
			_ = cmd.Process.Kill() // or it has ended
		}()
		for lines.Scan() {
			if end, ok := strings.CutPrefix(lines.Text(), "ended "); ok {
				last = end
			}
		}
		close(over)
		if cmd.Wait() != nil {
			kills++
			last = ""
		}
		time.Sleep(20 * time.Millisecond) // calls of the dead process reach the server
		got, usd := spent(t, store), bill.billed()
		if usd > got+cent || got > limit+cent {
			t.Fatalf("after %d kills the server has billed %v, the ledger says %v of %v", kills, usd, got, limit)
		}
		led, err := ledger.Open(t.Context(), store, 0)
		if err != nil {
			t.Fatal(err)
		}
		may := led.Stats()["a"]
		// Those that were sent and have no record, and what there are slots for.
		if n := int64(s.Served()-before) + 8; may.MayCostCalls-calls > n || may.MayCostUSD-advanced > 1.01*float64(n)**worst {
			t.Errorf("one kill may have cost %v in %d calls, %d were sent", may.MayCostUSD-advanced, may.MayCostCalls-calls, n-8)
		}
		advanced, calls = may.MayCostUSD, may.MayCostCalls
	}
	if !strings.HasPrefix(last, "true") || kills < 5 || advanced == 0 {
		t.Errorf("%d kills, %v may have cost, it ended with %s", kills, advanced, last)
	}
	t.Logf("%d kills; billed %.6f, counted %.6f (%.6f may have cost) of %.6f", kills, bill.billed(), spent(t, store), advanced, limit)
}

// TestTwoWorkersOfOneShardForgetNothing: both pay, both are counted, and what one of
// them does not live to record is counted too.
func TestTwoWorkersOfOneShardForgetNothing(t *testing.T) {
	var bill till
	s := serve(t, faultserver.Options{Latency: time.Millisecond, Plan: func(a faultserver.Arrival) faultserver.Step {
		bill.take(a, negative(a))
		return faultserver.OK(negative)
	}})
	store := dirstore.Dir(t.TempDir())
	var wait sync.WaitGroup
	for range 2 {
		p := openPanel(t, config(store, member(s)))
		reqs := ask(t, p, []string{"a"}, numbered(100)...)
		wait.Go(func() {
			if err := p.Do(t.Context(), 0, slices.Values(reqs), func(Answer) error { return nil }); err != nil {
				t.Error(err)
			}
		})
	}
	wait.Wait()
	led, err := ledger.Open(t.Context(), store, 0)
	if err != nil {
		t.Fatal(err)
	}
	if got := spent(t, store); got < bill.billed()-cent || got > bill.billed()+cent || len(led.Advances()) > 0 {
		t.Errorf("the server billed %v, the ledger says %v, with %+v advanced", bill.billed(), got, led.Advances())
	}
}
