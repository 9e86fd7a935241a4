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
// process that is restarted again and again is no faster than one that is not. Those who
// use an account at a time state the same limits; when all have left it others may be
// stated, and what the trailing window holds still counts.
//
// # Concurrency
//
// Slots are granted in arrival order. A 429 halves their number, once for all
// calls that were already on their way; each success adds 1/n, up to the
// configured number (additive increase, multiplicative decrease). A slot is held
// until its answer is committed to the ledger, so what a crash can lose is at
// most the concurrency.
//
// Latency cuts the slots too, by three tenths, when the floor of a group of answers has
// risen: a server that queues what it is sent gains nothing from more of it. A queue
// delays every answer, the fastest included, while hiccups, long texts and rare retries
// within a server delay some. So the floor, which a tenth of a group's answers are faster
// than, counts as risen when it is above three times the lowest floor of the last quarter
// of an hour and 250 ms above the lowest median. The second condition keeps mixtures of
// fast and slow answers apart, whose floor is one or the other by chance: it is passed
// only if nine tenths of a group are slower than half of another one were. A group is 128
// answers, or four times the slots: slow answers that were sent together come back
// together, and of a group so large they fill a quarter. Groups are of one model each,
// since a slow model beside a fast one is no sign of load.
//
// In simulations (the tests) of 120,000 answers at 16 to 512 slots nothing is cut where
// answers take the same, log-normal, exponential or Pareto times, a time by their
// length, or one of two times 250-fold apart, in any mixture. Where a server's capacity
// falls to an eighth, the first cut comes within two groups, and in the end the slots
// are what the server answers within three times its best; when it can do more, each
// round of answers brings one slot back. What takes threefold time within a quarter of
// an hour for another reason is cut too, and an overload that less than triples the
// latency, that grows more slowly, or that was there from the first answer on, is not
// noticed.
//
// After a cut only calls that were sent since then count, so one event is one cut, and
// the slots grow again when a group has shown that the latency is down, by a quarter
// until the next group at the most. The floor of the slots is an eighth of the
// concurrency, and never below what the stated requests a minute need at the
// present latency, or while slots are held for a slow commit (Little's law, with a
// quarter to spare): a provider that answers
// slowly but keeps to its limits is used up to them, and what latency may take away
// is only what would stand in a queue. A model that stays slow is what others are
// compared with after the quarter of an hour, and the slots come back one by one.
//
// # Circuit breaker
//
// A Breaker stands for one model of an account. It opens after ten failures in a row
// of the server's kind (5xx, timeouts, cut connections) that come from at least three
// requests, so that a request that brings any server down does not speak for the
// server. Then one probe is made after 5 s, 10 s, 20 s, 40 s and every minute; any
// response that is no such failure closes it. After five minutes nobody waits any
// more (ErrDown), and whoever comes later gets an answer at once: down, or a probe
// if one is due.
//
// # Several processes
//
// Across processes the limits are divided (Limits.Share), which wastes what an idle
// worker does not use, or paced by one Redis server (Shared): GCRA of redis_rate with
// the same share and burst as here, by the server's clock. For requests a window
// never holds more than the limit. For tokens one request's reservation comes on
// top, since GCRA counts no window: the pace is chosen such that limit and a second's
// worth are never passed, 99.5 % for requests of up to 1.7 % of the limit and less
// for larger ones. Each process waits for its own turn and asks the server for one
// request at a time, right before it sends it. Slots, latency and pauses stay each
// process's own. While the server is away nothing is sent, and after five minutes
// that is an error. An account that the server does not know starts empty.
//
// # Limits of this package
//
// A request that
// alone is larger than the token limit is sent when the window is empty: the
// provider decides.
package limit

import (
	"context"
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
	name   string
	shared *Shared       // paces it together with other processes, or nil
	turn   chan struct{} // held by the one caller that waits for its admission
	users  int           // who joined and have not left; of the registry, under its lock

	mu      sync.Mutex
	slots   float64 // present concurrency limit, 1 … limits.Concurrency
	held    int
	waiting []chan struct{}
	lastCut time.Time
	latency map[string]*latency // by model
	slow    string              // the model whose latency cut last
	slowAt  time.Time           // when a group of its answers was last full
	most    float64             // slots to which that group lets them grow
	hold    time.Duration       // how long a slot is held, on an average

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

// restate gives an account that nobody uses the limits of a fresh one. What it has sent,
// its pause and what is known of its latency stay.
func (a *Account) restate(fresh *Account) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.limits, a.shared = fresh.limits, fresh.shared
	a.slots, a.reqs, a.toks = fresh.slots, fresh.reqs, fresh.toks
}

// Enter waits for a slot and then for the account's pace, and returns the
// function that gives the slot back. tokens is the request's reservation.
func (a *Account) Enter(ctx context.Context, tokens int64) (leave func(), err error) {
	return a.EnterAfter(ctx, tokens, func() error { return nil })
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
	if a.shared != nil {
		if err := a.resume(ctx); err != nil {
			return err
		}
		if err := a.shared.wait(ctx, a.name, a.limits, float64(tokens)); err != nil {
			return err
		}
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

// resume waits for the end of a pause.
func (a *Account) resume(ctx context.Context) error {
	a.mu.Lock()
	until := a.paused
	a.mu.Unlock()
	return Sleep(ctx, time.Until(until))
}

// Slots is the present concurrency limit.
func (a *Account) Slots() int {
	a.mu.Lock()
	defer a.mu.Unlock()
	return int(a.slots)
}

// Used is the share of the stated limits that the calls of the trailing window have
// taken, null for a limit that is not stated.
func (a *Account) Used() (requests, tokens *float64) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.expire(time.Now())
	share := func(n, of float64) *float64 {
		if of <= 0 {
			return nil
		}
		n /= of
		return &n
	}
	return share(float64(len(a.sent)), a.limits.Requests), share(a.inSent, a.limits.Tokens)
}

// Succeeded reports an answer of a model to a call that was sent at the given time:
// the concurrency may grow, or shrink if the model has become slow.
func (a *Account) Succeeded(model string, sent time.Time) {
	a.mu.Lock()
	defer a.mu.Unlock()
	a.slowed(model, sent)
	a.grow()
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

// expire forgets what has left the trailing window. a.mu is held.
func (a *Account) expire(now time.Time) {
	for len(a.sent) > 0 && now.Sub(a.sent[0].at) >= a.limits.Window {
		a.inSent -= a.sent[0].tokens
		a.sent = a.sent[1:]
	}
}

// room is the time at which the trailing window holds one more request.
func (a *Account) room(now time.Time, tokens float64) time.Time {
	a.expire(now)
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
