package limit

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"
)

// BreakerConfig says when a member counts as down and how it is tried again. The
// zero value is the default in brackets.
type BreakerConfig struct {
	Failures int           // failures in a row that open it [10]
	Requests int           // different requests that these must come from [3]
	Wait     time.Duration // before the first probe [5s]; each failed one doubles it
	MaxWait  time.Duration // longest wait between probes [60s]
	Patience time.Duration // open for so long, nobody waits any more [5m]
}

// Defaults fills what is zero.
func (c BreakerConfig) Defaults() BreakerConfig {
	if c.Failures == 0 {
		c.Failures = 10
	}
	if c.Requests == 0 {
		c.Requests = 3
	}
	if c.Wait == 0 {
		c.Wait = 5 * time.Second
	}
	if c.MaxWait == 0 {
		c.MaxWait = max(time.Minute, c.Wait)
	}
	if c.Patience == 0 {
		c.Patience = 5 * time.Minute
	}
	return c
}

// Validate names the field that is out of range.
func (c BreakerConfig) Validate() error {
	switch {
	case c.Failures < 1 || c.Requests < 1:
		return fmt.Errorf("breaker: failures is %d and requests %d, allowed is 1 or more", c.Failures, c.Requests)
	case c.Wait <= 0 || c.MaxWait < c.Wait:
		return fmt.Errorf("breaker: wait is %v and max_wait %v, allowed is 0 < wait <= max_wait", c.Wait, c.MaxWait)
	case c.Patience < 0:
		return fmt.Errorf("breaker: patience is %v, allowed is 0 or more", c.Patience)
	}
	return nil
}

// ErrDown says that a breaker has been open for longer than anybody waits.
var ErrDown = errors.New("the server has failed for too long")

// Breaker keeps requests from a server that is down. It is closed (calls are made),
// open (none are) or half open (one is: the probe). Its methods may be called from
// any goroutine.
type Breaker struct {
	config BreakerConfig

	mu       sync.Mutex
	failures int                 // since the last sign of life
	failing  map[string]struct{} // requests of these, at most config.Requests
	first    time.Time           // when the first of these was sent
	alive    time.Time           // when the last call was sent that showed life
	opened   time.Time           // zero while it is closed
	wait     time.Duration
	probeAt  time.Time
	probing  bool
	changed  chan struct{} // closed at every change of state
}

// NewBreaker is a closed breaker.
func NewBreaker(c BreakerConfig) *Breaker {
	return &Breaker{config: c.Defaults(), failing: map[string]struct{}{}, changed: make(chan struct{})}
}

// Alive reports a response that shows that the server works, if only to refuse, to a
// call that was sent at the given time. What was sent before the failures began does
// not undo them: the server may have died since.
func (b *Breaker) Alive(sent time.Time) {
	b.mu.Lock()
	defer b.mu.Unlock()
	if sent.After(b.alive) {
		b.alive = sent
	}
	if b.failures > 0 && sent.Before(b.first) {
		return
	}
	b.failures = 0
	clear(b.failing)
	if !b.opened.IsZero() {
		b.opened, b.probing = time.Time{}, false
		b.notify()
	}
}

// Failed reports a failure of the server's kind of a call that was sent at the given
// time. Calls that were sent before the last sign of life say nothing new.
func (b *Breaker) Failed(request string, sent time.Time, probe bool) {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := time.Now()
	switch {
	case probe && !b.opened.IsZero():
		b.wait = min(2*b.wait, b.config.MaxWait)
		b.probeAt, b.probing = now.Add(b.wait), false
		b.notify()
		return
	case !b.opened.IsZero() || sent.Before(b.alive):
		return
	}
	if b.failures == 0 || sent.Before(b.first) {
		b.first = sent
	}
	b.failures++
	if len(b.failing) < b.config.Requests {
		b.failing[request] = struct{}{}
	}
	if b.failures >= b.config.Failures && len(b.failing) >= b.config.Requests {
		b.opened, b.wait = now, b.config.Wait
		b.probeAt = now.Add(b.wait)
		b.notify()
	}
}

// Pass gives the probe back: no call was made.
func (b *Breaker) Pass() {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.probing = false
	b.notify()
}

// Open reports whether calls are to wait.
func (b *Breaker) Open() bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return !b.opened.IsZero()
}

// OpenFor is how long it has been open, zero while it is closed.
func (b *Breaker) OpenFor() time.Duration {
	b.mu.Lock()
	defer b.mu.Unlock()
	if b.opened.IsZero() {
		return 0
	}
	return time.Since(b.opened)
}

// AliveSince reports whether a call that was sent after t has shown life.
func (b *Breaker) AliveSince(t time.Time) bool {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.alive.After(t)
}

// Wait returns when calls may be made: all of them, or with probe one, whose outcome
// the caller reports (Alive, Failed or Pass). After the patience it is ErrDown,
// unless a probe is due.
func (b *Breaker) Wait(ctx context.Context) (probe bool, err error) {
	for {
		b.mu.Lock()
		now := time.Now()
		down := b.opened.Add(b.config.Patience)
		switch {
		case b.opened.IsZero():
			b.mu.Unlock()
			return false, nil
		case !b.probing && !now.Before(b.probeAt):
			b.probing = true
			b.mu.Unlock()
			return true, nil
		case !now.Before(down):
			b.mu.Unlock()
			return false, ErrDown
		}
		until := down
		if !b.probing && b.probeAt.Before(down) {
			until = b.probeAt
		}
		changed := b.changed
		b.mu.Unlock()
		timer := time.NewTimer(until.Sub(now))
		select {
		case <-timer.C:
		case <-changed:
		case <-ctx.Done():
		}
		timer.Stop()
		if err := ctx.Err(); err != nil {
			return false, err
		}
	}
}

// notify wakes those who wait. b.mu is held.
func (b *Breaker) notify() {
	close(b.changed)
	b.changed = make(chan struct{})
}
