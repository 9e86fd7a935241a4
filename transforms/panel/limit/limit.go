// Package limit keeps a process inside the limits of a provider account:
// requests and tokens a minute, calls in flight, and whatever the provider says
// when it answers 429.
//
// # Pacing
//
// A request is admitted at the later of two GCRA times (requests and tokens),
// and only if the trailing window still holds it, counted exactly. GCRA runs at
// 99.5 % of the limit with a burst of 1/240 of the window (a quarter of a second
// of a minute), so any window of a minute holds at most 0.995·60 + 0.25 = 59.95
// seconds' worth: under the limit however the provider counts, and above 99 % of
// it. The burst makes up for a goroutine that wakes late. Admission takes the
// time at which it really happens, not the one that was planned, so that a
// stalled process does not send what it missed in one go.
//
// An account starts empty: its first request is earned like every other, so a
// process that is restarted again and again is no faster than one that is not.
//
// # Concurrency
//
// Slots are granted in arrival order. A 429 halves their number, once for all
// calls that were already on their way; each success adds 1/n, up to the
// configured number (additive increase, multiplicative decrease). A slot is held
// until its answer is committed to the ledger, so what a crash can lose is at
// most the concurrency.
//
// # Limits of this package
//
// The limits are those of one process. Across processes they are divided
// (Limits.Share), which wastes what an idle worker does not use. A request that
// alone is larger than the token limit is sent when the window is empty: the
// provider decides.
package limit

import (
	"context"
	"fmt"
	"sync"
	"time"
)

const (
	paceShare   = 0.995
	burstShare  = 1.0 / 240
	minuteLimit = time.Minute
)

// Limits of an account. Requests and Tokens count in any Window; zero is no
// limit. Concurrency is at least 1. Window is a minute if zero.
type Limits struct {
	Requests    float64
	Tokens      float64
	Concurrency int
	Window      time.Duration
}

// Share is the part of l that one of n workers may use.
func (l Limits) Share(n int) Limits {
	if n <= 1 {
		return l
	}
	l.Requests /= float64(n)
	l.Tokens /= float64(n)
	l.Concurrency = max(1, l.Concurrency/n)
	return l
}

// Account is the state of one provider account in this process. Its methods may
// be called from any goroutine.
type Account struct {
	limits Limits
	turn   chan struct{} // held by the one caller that waits for its admission

	mu      sync.Mutex
	slots   float64 // present concurrency limit, 1 … limits.Concurrency
	held    int
	waiting []chan struct{}
	lastCut time.Time

	paused time.Time // nothing is admitted before
	reqs   gcra
	toks   gcra
	sent   []admission // of the trailing window, by time
	inSent float64     // tokens in sent
}

type admission struct {
	at     time.Time
	tokens float64
}

// New is an account that has sent nothing yet and has earned nothing yet.
func New(l Limits) *Account {
	if l.Window == 0 {
		l.Window = minuteLimit
	}
	l.Concurrency = max(1, l.Concurrency)
	now := time.Now()
	return &Account{
		limits: l,
		turn:   make(chan struct{}, 1),
		slots:  float64(l.Concurrency),
		reqs:   newGCRA(l.Requests, l.Window, now),
		toks:   newGCRA(l.Tokens, l.Window, now),
	}
}

// Enter waits for a slot and then for the account's pace, and returns the
// function that gives the slot back. tokens is the request's reservation.
func (a *Account) Enter(ctx context.Context, tokens int64) (leave func(), err error) {
	if err := a.acquire(ctx); err != nil {
		return nil, err
	}
	if err := a.Pace(ctx, tokens); err != nil {
		a.release()
		return nil, err
	}
	return sync.OnceFunc(a.release), nil
}

// Pace waits for the account's pace alone, for a further call in a slot that the
// caller holds.
func (a *Account) Pace(ctx context.Context, tokens int64) error {
	select {
	case a.turn <- struct{}{}:
		defer func() { <-a.turn }()
	case <-ctx.Done():
		return ctx.Err()
	}
	for {
		d := a.tryAdmit(time.Now(), float64(tokens))
		if d <= 0 {
			return ctx.Err()
		}
		if err := Sleep(ctx, d); err != nil {
			return err
		}
	}
}

// Slots is the present concurrency limit.
func (a *Account) Slots() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return int(a.slots)
}

// Succeeded reports an answer: the concurrency may grow.
func (a *Account) Succeeded() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.slots = min(float64(a.limits.Concurrency), a.slots+1/a.slots)
	a.grant()
}

// Throttled reports a 429 for a call that was sent at the given time. Calls that
// were sent before the last cut say nothing new.
func (a *Account) Throttled(sent time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if sent.Before(a.lastCut) {
		return
	}
	a.lastCut = time.Now()
	a.slots = max(1, a.slots/2)
}

// Pause admits nothing before the given time.
func (a *Account) Pause(until time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	if until.After(a.paused) {
		a.paused = until
	}
}

func (a *Account) acquire(ctx context.Context) error {
	a.mu.Lock()
	if err := ctx.Err(); err != nil {
		a.mu.Unlock()
		return err
	}
	if len(a.waiting) == 0 && a.held < int(a.slots) {
		a.held++
		a.mu.Unlock()
		return nil
	}
	granted := make(chan struct{})
	a.waiting = append(a.waiting, granted)
	a.mu.Unlock()
	select {
	case <-granted:
		return nil
	case <-ctx.Done():
	}
	a.mu.Lock()
	defer a.mu.Unlock()
	for i, w := range a.waiting {
		if w == granted {
			a.waiting = append(a.waiting[:i], a.waiting[i+1:]...)
			return ctx.Err()
		}
	}
	a.held-- // granted while giving up
	a.grant()
	return ctx.Err()
}

func (a *Account) release() {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.held--
	a.grant()
}

// grant hands free slots to those who wait. a.mu is held.
func (a *Account) grant() {
	for len(a.waiting) > 0 && a.held < int(a.slots) {
		a.held++
		close(a.waiting[0])
		a.waiting = a.waiting[1:]
	}
}

// tryAdmit admits a request at now and returns zero, or says how long to wait
// before asking again.
func (a *Account) tryAdmit(now time.Time, tokens float64) time.Duration {
	a.mu.Lock()
	defer a.mu.Unlock()
	at := a.paused
	for _, t := range []time.Time{a.reqs.earliest(1), a.toks.earliest(tokens), a.room(now, tokens)} {
		if t.After(at) {
			at = t
		}
	}
	if d := at.Sub(now); d > 0 {
		return d
	}
	a.reqs.take(now, 1)
	a.toks.take(now, tokens)
	if a.limits.Requests > 0 || a.limits.Tokens > 0 {
		a.sent = append(a.sent, admission{now, tokens})
		a.inSent += tokens
	}
	return 0
}

// room is the time at which the trailing window holds one more request.
func (a *Account) room(now time.Time, tokens float64) time.Time {
	for len(a.sent) > 0 && now.Sub(a.sent[0].at) >= a.limits.Window {
		a.inSent -= a.sent[0].tokens
		a.sent = a.sent[1:]
	}
	n, sum := len(a.sent), a.inSent
	at := now
	for _, s := range a.sent {
		fits := a.limits.Requests <= 0 || float64(n+1) <= max(1, a.limits.Requests)
		fits = fits && (a.limits.Tokens <= 0 || sum+tokens <= a.limits.Tokens)
		if fits {
			break
		}
		n--
		sum -= s.tokens
		at = s.at.Add(a.limits.Window)
	}
	return at
}

// gcra is the generic cell rate algorithm in its virtual scheduling form (ITU-T
// I.371): each unit moves the theoretical arrival time on by 1/rate.
type gcra struct {
	perUnit time.Duration // 0: no limit
	burst   time.Duration
	tat     time.Time
	used    bool
}

func newGCRA(limit float64, window time.Duration, now time.Time) gcra {
	if limit <= 0 {
		return gcra{}
	}
	return gcra{
		perUnit: time.Duration(float64(window) / (limit * paceShare)),
		burst:   time.Duration(float64(window) * burstShare),
		tat:     now,
	}
}

func (g *gcra) cost(n float64) time.Duration { return time.Duration(n * float64(g.perUnit)) }

func (g *gcra) earliest(n float64) time.Time {
	if !g.used {
		return g.tat.Add(g.cost(n)) // the first one is earned too
	}
	return g.tat.Add(-g.burst)
}

func (g *gcra) take(now time.Time, n float64) {
	if g.perUnit == 0 {
		return
	}
	if !g.used {
		// The first was paid in advance; what follows is paid behind, with no
		// burst in hand.
		g.used = true
		g.tat = now.Add(g.burst)
	} else if g.tat.Before(now) {
		g.tat = now
	}
	g.tat = g.tat.Add(g.cost(n))
}

// Sleep waits for d or until ctx is done.
func Sleep(ctx context.Context, d time.Duration) error {
	if d <= 0 {
		return ctx.Err()
	}
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// Accounts are the accounts that a process uses, by name. The zero value is
// ready.
type Accounts struct {
	mu sync.Mutex
	m  map[string]*Account
}

// Process is the registry of this process. It is the one piece of shared state:
// a provider counts the calls of a process, whoever makes them.
var Process Accounts

// Get is the account of that name, made at the first call. Two users of one
// account must state the same limits.
func (r *Accounts) Get(name string, l Limits) (*Account, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := New(l)
	if have, ok := r.m[name]; ok {
		if have.limits != a.limits {
			return nil, fmt.Errorf("account %s is in use with other limits (%+v, now %+v): state the same rpm, tpm and concurrency wherever it is used", name, have.limits, a.limits)
		}
		return have, nil
	}
	if r.m == nil {
		r.m = map[string]*Account{}
	}
	r.m[name] = a
	return a, nil
}
