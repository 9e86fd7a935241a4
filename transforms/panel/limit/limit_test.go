package limit

import (
	"context"
	"math/rand/v2"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

type arrival struct {
	at     time.Time
	tokens int64
}

// drive sends as fast as the account lets it, for d of fake time.
func drive(t *testing.T, a *Account, d time.Duration, senders int, tokens func(i int) int64) []arrival {
	t.Helper()
	ctx, cancel := context.WithTimeout(t.Context(), d)
	defer cancel()
	var mu sync.Mutex
	var got []arrival
	var wg sync.WaitGroup
	for range senders {
		wg.Go(func() {
			for {
				mu.Lock()
				n := tokens(len(got))
				mu.Unlock()
				leave, err := a.Enter(ctx, n)
				if err != nil {
					return
				}
				mu.Lock()
				got = append(got, arrival{time.Now(), n})
				mu.Unlock()
				time.Sleep(20 * time.Millisecond)
				a.Succeeded("m", time.Now())
				leave()
			}
		})
	}
	wg.Wait()
	return got
}

// worst is the largest number of requests and tokens in any window.
func worst(got []arrival, window time.Duration) (requests, tokens int64) {
	lo, sum := 0, int64(0)
	for i, g := range got {
		sum += g.tokens
		for g.at.Sub(got[lo].at) >= window {
			sum -= got[lo].tokens
			lo++
		}
		requests = max(requests, int64(i-lo+1))
		tokens = max(tokens, sum)
	}
	return requests, tokens
}

func TestEveryWindowHoldsTheLimitAndUsesIt(t *testing.T) {
	for _, c := range []struct {
		name            string
		limits          Limits
		tokens          func(int) int64
		requests, spent float64 // least share of each limit that is used
	}{
		{"3000 requests", Limits{Requests: 3000, Concurrency: 256}, func(int) int64 { return 1 }, 0.99, 0},
		{"60 requests", Limits{Requests: 60, Concurrency: 4}, func(int) int64 { return 1 }, 0.98, 0},
		{"7 requests", Limits{Requests: 7, Concurrency: 4}, func(int) int64 { return 1 }, 0.98, 0},
		{"tokens, uneven", Limits{Tokens: 100_000, Concurrency: 64}, func(i int) int64 { return int64(100 + i*7919%900) }, 0, 0.98},
		{"both", Limits{Requests: 600, Tokens: 60_000, Concurrency: 64}, func(i int) int64 { return int64(50 + i*7919%100) }, 0.95, 0.95},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				const minutes = 10
				got := drive(t, New(c.limits), minutes*time.Minute, 300, c.tokens)
				r, k := worst(got, time.Minute)
				if c.limits.Requests > 0 && float64(r) > c.limits.Requests {
					t.Errorf("%d requests in one window, limit %v", r, c.limits.Requests)
				}
				if c.limits.Tokens > 0 && float64(k) > c.limits.Tokens {
					t.Errorf("%d tokens in one window, limit %v", k, c.limits.Tokens)
				}
				sum := int64(0)
				for _, g := range got {
					sum += g.tokens
				}
				if c.requests > 0 && float64(len(got)) < c.requests*minutes*c.limits.Requests {
					t.Errorf("%d requests in %d minutes, limit %v a minute", len(got), minutes, c.limits.Requests)
				}
				if c.spent > 0 && float64(sum) < c.spent*minutes*c.limits.Tokens {
					t.Errorf("%d tokens in %d minutes, limit %v a minute", sum, minutes, c.limits.Tokens)
				}
			})
		})
	}
}

func TestRestartsGainNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var got []arrival
		for i := range 100 {
			d := time.Duration(1+i*37%900) * time.Millisecond
			got = append(got, drive(t, New(Limits{Requests: 600, Concurrency: 64}), d, 64, func(int) int64 { return 1 })...)
		}
		if r, _ := worst(got, time.Minute); r > 600 {
			t.Errorf("%d requests in one window over 100 restarts, limit 600", r)
		}
	})
}

func TestIdleAccountSavesUpNoMoreThanTheBurst(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Limits{Requests: 6000, Concurrency: 1000})
		time.Sleep(time.Hour)
		got := drive(t, a, time.Second, 1000, func(int) int64 { return 1 })
		if n, _ := worst(got, 10*time.Millisecond); n > 30 {
			t.Errorf("%d requests at once after an idle hour, a quarter of a second is 25", n)
		}
	})
}

func TestPauseHoldsTheWholeAccount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Limits{Concurrency: 8})
		until := time.Now().Add(5 * time.Second)
		a.Pause(until)
		a.Pause(until.Add(-time.Second)) // never shortens
		for _, g := range drive(t, a, 6*time.Second, 8, func(int) int64 { return 1 }) {
			if g.at.Before(until) {
				t.Fatalf("sent %v before the pause ended", until.Sub(g.at))
			}
		}
	})
}

func TestConcurrencyFallsAndRises(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Limits{Concurrency: 16})
		sent := time.Now()
		time.Sleep(time.Second)
		a.Throttled(sent)
		a.Throttled(sent) // the same event
		if a.Slots() != 8 {
			t.Fatalf("slots after one 429 event = %d, want 8", a.Slots())
		}
		for range 10 {
			time.Sleep(time.Second)
			a.Throttled(time.Now())
		}
		if a.Slots() != 1 {
			t.Fatalf("slots after a storm = %d, want 1", a.Slots())
		}
		var mu sync.Mutex
		in, most := 0, 0
		var wg sync.WaitGroup
		for range 500 {
			wg.Go(func() {
				leave, err := a.Enter(t.Context(), 1)
				if err != nil {
					t.Error(err)
					return
				}
				mu.Lock()
				in++
				most = max(most, in)
				mu.Unlock()
				time.Sleep(time.Second)
				mu.Lock()
				in--
				mu.Unlock()
				a.Succeeded("m", time.Now())
				leave()
				leave() // a second call changes nothing
			})
		}
		wg.Wait()
		if most != 16 || a.Slots() != 16 {
			t.Fatalf("most in flight %d, slots %d, want 16 and 16", most, a.Slots())
		}
	})
}

func TestEnterGivesUpWithoutLosingASlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Limits{Concurrency: 2})
		var wg sync.WaitGroup
		for i := range 200 {
			wg.Go(func() {
				ctx, cancel := context.WithTimeout(t.Context(), time.Duration(i%13)*time.Millisecond)
				defer cancel()
				if leave, err := a.Enter(ctx, 1); err == nil {
					time.Sleep(time.Duration(i%5) * time.Millisecond)
					leave()
				}
			})
		}
		wg.Wait()
		for range 2 {
			if _, err := a.Enter(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
		}
		if a.held != 2 || len(a.waiting) != 0 {
			t.Fatalf("held %d, waiting %d", a.held, len(a.waiting))
		}
	})
}

func TestAccountsAreShared(t *testing.T) {
	var r Accounts
	l := Limits{Requests: 10, Concurrency: 2}
	a, err := r.Join("x", l, nil)
	if err != nil {
		t.Fatal(err)
	}
	if b, err := r.Join("x", l, nil); err != nil || a != b {
		t.Fatalf("second Join = %p, %v, want the first, %p", b, err, a)
	}
	other := Limits{Requests: 11, Concurrency: 3}
	r.Leave(a)
	if _, err := r.Join("x", other, nil); err == nil {
		t.Fatal("other limits were taken from one who joins while another is there")
	}
	if got := (Limits{Requests: 10, Tokens: 100, Concurrency: 3}).Share(4); got != (Limits{Requests: 2.5, Tokens: 25, Concurrency: 1}) {
		t.Fatalf("share = %+v", got)
	}
}

// TestLimitsChangeWhenNobodyIsThere: a process that builds again with other limits is
// served, and what it sent before still counts.
func TestLimitsChangeWhenNobodyIsThere(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var r Accounts
		a, err := r.Join("x", Limits{Requests: 60, Concurrency: 2}, nil)
		if err != nil {
			t.Fatal(err)
		}
		for range 50 {
			leave, err := a.Enter(t.Context(), 1)
			if err != nil {
				t.Fatal(err)
			}
			leave()
		}
		r.Leave(a)
		b, err := r.Join("x", Limits{Requests: 40, Concurrency: 3}, nil)
		if err != nil {
			t.Fatal(err)
		}
		if n := b.Slots(); n != 3 {
			t.Errorf("%d slots of 3", n)
		}
		at := time.Now()
		if _, err := b.Enter(t.Context(), 1); err != nil {
			t.Fatal(err)
		}
		if d := time.Since(at); d < 15*time.Second {
			t.Errorf("sent after %v: 50 were sent in the minute before, and 40 are the limit", d)
		}
	})
}

func TestRetry(t *testing.T) {
	r := Retry{Base: time.Second, Max: 5 * time.Second}.Defaults()
	if err := r.Validate(); err != nil {
		t.Fatal(err)
	}
	for n, want := range map[int]time.Duration{1: time.Second, 2: 2 * time.Second, 3: 4 * time.Second, 4: 5 * time.Second, 400: 5 * time.Second} {
		if d := r.Delay(n, 0); d != want {
			t.Errorf("Delay(%d) = %v, want %v", n, d, want)
		}
		if d := r.Delay(n, rand.Float64()); d > want || d < want/2 {
			t.Errorf("Delay(%d) with jitter = %v, want %v to %v", n, d, want/2, want)
		}
	}
	for _, bad := range []Retry{{Attempts: -1}, {Factor: 0.5}, {Jitter: 2}, {Base: time.Hour}, {Throttled: -1}, {MaxRetryAfter: -1}} {
		if bad.Defaults().Validate() == nil {
			t.Errorf("%+v passed", bad)
		}
	}
}

func TestRetryAfter(t *testing.T) {
	now := time.Date(2024, 5, 1, 12, 0, 0, 0, time.UTC)
	for _, c := range []struct {
		name, value string
		want        time.Duration
		ok          bool
	}{
		{"Retry-After", "7", 7 * time.Second, true},
		{"Retry-After", "0.25", 250 * time.Millisecond, true},
		{"Retry-After", now.Add(90 * time.Second).Format(http.TimeFormat), 90 * time.Second, true},
		{"Retry-After", now.Add(-time.Hour).Format(http.TimeFormat), 0, true},
		{"retry-after-ms", "1500", 1500 * time.Millisecond, true},
		{"Retry-After", "1e300", 365 * 24 * time.Hour, true},
		{"Retry-After", "-1", 0, false},
		{"Retry-After", "soon", 0, false},
		{"Retry-After", "NaN", 0, false},
		{"X", "1", 0, false},
	} {
		h := http.Header{}
		h.Set(c.name, c.value)
		if d, ok := RetryAfter(h, now); d != c.want || ok != c.ok {
			t.Errorf("%s: %s = %v, %v, want %v, %v", c.name, c.value, d, ok, c.want, c.ok)
		}
	}
}
