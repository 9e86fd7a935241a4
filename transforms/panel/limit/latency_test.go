package limit

import (
	"context"
	"math"
	"math/rand/v2"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// simulate sends for d through a server that answers as latency says, which knows
// how many calls are under way. It returns the slots at each answer, and how many
// answers there were.
func simulate(a *Account, d time.Duration, latency func(inFlight int) time.Duration) (slots []int) {
	end := time.Now().Add(d)
	var mu sync.Mutex
	inFlight := 0
	var wg sync.WaitGroup
	ctx, cancel := contextUntil(end)
	defer cancel()
	for range a.limits.Concurrency {
		wg.Go(func() {
			for {
				leave, err := a.Enter(ctx, 1)
				if err != nil {
					return
				}
				mu.Lock()
				inFlight++
				took := latency(inFlight)
				mu.Unlock()
				sent := time.Now()
				time.Sleep(took)
				a.Succeeded("m", sent)
				mu.Lock()
				inFlight--
				slots = append(slots, a.Slots())
				mu.Unlock()
				leave()
			}
		})
	}
	wg.Wait()
	return slots
}

func least(v []int) int {
	m := math.MaxInt
	for _, x := range v {
		m = min(m, x)
	}
	return m
}

func TestConstantLatencyCutsNothing(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for name, c := range map[string]struct {
		latency func(int) time.Duration
		d       time.Duration
	}{
		"the same":   {func(int) time.Duration { return 2 * time.Second }, time.Hour},
		"log-normal": {func(int) time.Duration { return time.Duration(2e9 * math.Exp(0.6*random.NormFloat64())) }, 2 * time.Hour},
		"fast, with hiccups": {func(int) time.Duration {
			if random.IntN(10) == 0 {
				return 300 * time.Millisecond
			}
			return time.Millisecond
		}, time.Minute},
		"fast and noisy": {func(int) time.Duration { return time.Duration(random.ExpFloat64() * 10e6) }, time.Minute},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				slots := simulate(New(Limits{Concurrency: 64}), c.d, c.latency)
				if n := least(slots); n < 64 {
					t.Errorf("%d slots of 64 after %d answers", n, len(slots))
				}
			})
		})
	}
}

func TestRisingLatencyCutsToTheFloorAndBack(t *testing.T) {
	for _, c := range []struct {
		name   string
		limits Limits
		floor  int
	}{
		{"no stated rate", Limits{Concurrency: 64}, 8},
		// 300 a minute at 10 s are 50 calls under way, and a quarter more.
		{"a stated rate", Limits{Concurrency: 256, Requests: 300}, 62},
		{"a rate that needs all", Limits{Concurrency: 64, Requests: 600}, 64},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				a := New(c.limits)
				slow := false
				latency := func(int) time.Duration {
					if slow {
						return 10 * time.Second
					}
					return time.Second
				}
				if n := least(simulate(a, 5*time.Minute, latency)); n < c.limits.Concurrency {
					t.Fatalf("%d slots while nothing is slow", n)
				}
				slow = true
				slots := simulate(a, 10*time.Minute, latency)
				if n := least(slots); n != c.floor {
					t.Errorf("%d slots at the least, want the floor %d", n, c.floor)
				}
				// A model that stays slow is not held down for ever.
				simulate(a, 30*time.Minute, latency)
				if n := a.Slots(); n < min(c.limits.Concurrency, 2*c.floor) {
					t.Errorf("%d slots after the horizon", n)
				}
			})
		})
	}
}

func TestAQueueIsCutShort(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		// The server works on 40 calls at once, then on 10; the rest stand in its queue.
		capacity := 40
		a := New(Limits{Concurrency: 40})
		latency := func(inFlight int) time.Duration {
			return time.Duration(max(1, float64(inFlight)/float64(capacity)) * 1e9)
		}
		before := simulate(a, 5*time.Minute, latency)
		capacity = 10
		after := simulate(a, 10*time.Minute, latency)
		if least(before) != 40 || least(after) > 30 {
			t.Errorf("%d slots before, %d after", least(before), least(after))
		}
		// What the server can do is done: ten a second.
		if n := float64(len(after)) / 600; n < 9.5 {
			t.Errorf("%.1f answers a second of 10", n)
		}
	})
}

func TestASlowModelBesideAFastOneCutsNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := New(Limits{Concurrency: 32})
		for i := range 4000 {
			model, took := "fast", time.Second
			if i > 1000 && i%10 != 0 {
				model, took = "slow", 30*time.Second
			}
			sent := time.Now()
			time.Sleep(took)
			a.Succeeded(model, sent)
		}
		if a.Slots() != 32 {
			t.Errorf("%d slots of 32", a.Slots())
		}
	})
}

func contextUntil(end time.Time) (context.Context, context.CancelFunc) {
	return context.WithDeadline(context.Background(), end)
}
