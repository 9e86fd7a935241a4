package limit

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"testing/synctest"
	"time"
)

func fail(b *Breaker, n int) {
	for i := range n {
		b.Failed(fmt.Sprint(i), time.Now(), false)
	}
}

func TestABreakerOpensOnFailuresInARow(t *testing.T) {
	for name, c := range map[string]struct {
		do   func(*Breaker)
		open bool
	}{
		"nine":     {func(b *Breaker) { fail(b, 9) }, false},
		"ten":      {func(b *Breaker) { fail(b, 10) }, true},
		"two rows": {func(b *Breaker) { fail(b, 9); b.Alive(time.Now()); fail(b, 9) }, false},
		"one fault": {func(b *Breaker) {
			for range 50 {
				b.Failed("x", time.Now(), false)
			}
		}, false},
		"old calls": {func(b *Breaker) {
			sent := time.Now()
			time.Sleep(time.Second)
			b.Alive(time.Now())
			for i := range 50 {
				b.Failed(fmt.Sprint(i), sent, false)
			}
		}, false},
		"an answer from before": {func(b *Breaker) {
			sent := time.Now()
			time.Sleep(time.Second)
			fail(b, 9)
			b.Alive(sent)
			fail(b, 1)
		}, true},
		"a late answer": {func(b *Breaker) { fail(b, 10); b.Alive(time.Now()) }, false},
	} {
		synctest.Test(t, func(t *testing.T) {
			b := NewBreaker(BreakerConfig{})
			c.do(b)
			if b.Open() != c.open {
				t.Errorf("%s: open is %v", name, b.Open())
			}
		})
	}
}

func TestProbesOfABreaker(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBreaker(BreakerConfig{})
		fail(b, 10)
		start := time.Now()
		others := make(chan error, 3)
		for range 3 {
			go func() {
				for {
					probe, err := b.Wait(t.Context())
					if !probe {
						others <- err
						return
					}
					b.Pass()
					b.Pass() // as often as one likes
					time.Sleep(time.Hour)
				}
			}()
		}
		time.Sleep(time.Second)
		var waits []time.Duration
		last := start
		for {
			probe, err := b.Wait(t.Context())
			if errors.Is(err, ErrDown) {
				break
			}
			if err != nil || !probe {
				t.Fatal(probe, err)
			}
			waits = append(waits, time.Since(last))
			last = time.Now()
			b.Failed("x", time.Now(), true)
		}
		if got := fmt.Sprint(waits); got != "[5s 10s 20s 40s 1m0s 1m0s 1m0s]" {
			t.Errorf("probes after %s", got)
		}
		if d := time.Since(start); d != 5*time.Minute {
			t.Errorf("down after %v", d)
		}
		if _, err := b.Wait(t.Context()); !errors.Is(err, ErrDown) {
			t.Errorf("a late comer waits: %v", err)
		}
		time.Sleep(time.Minute)
		if probe, err := b.Wait(t.Context()); !probe || err != nil {
			t.Errorf("a probe is due: %v, %v", probe, err)
		}
		b.Alive(time.Now())
		if probe, err := b.Wait(t.Context()); probe || err != nil {
			t.Errorf("after a sign of life: %v, %v", probe, err)
		}
		time.Sleep(2 * time.Hour)
		for range 3 {
			<-others
		}
	})
}

func TestWaitingForABreakerEnds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		b := NewBreaker(BreakerConfig{})
		fail(b, 10)
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := b.Wait(ctx); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error = %v", err)
		}
		closed := make(chan error)
		go func() {
			probe, err := b.Wait(t.Context())
			if probe {
				err = errors.New("a probe of a closed breaker")
			}
			closed <- err
		}()
		time.Sleep(time.Second)
		b.Alive(time.Now())
		if err := <-closed; err != nil {
			t.Error(err)
		}
	})
}

func TestBreakerConfigNamesTheField(t *testing.T) {
	if err := (BreakerConfig{}).Defaults().Validate(); err != nil {
		t.Fatal(err)
	}
	for _, c := range []BreakerConfig{{Failures: -1}, {Requests: -1}, {Wait: -1}, {Wait: 2, MaxWait: 1}, {Patience: -1}} {
		if c.Defaults().Validate() == nil {
			t.Errorf("%+v passed", c)
		}
	}
}
