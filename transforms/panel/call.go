package panel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"sync"
	"time"

	"decoy/transforms/panel/ledger"
	"decoy/transforms/panel/limit"
)

// task is a request that the ledger did not have, on its way to an outcome. It
// belongs to the run, or to its call while one is under way.
type task struct {
	request   Request
	lane      *lane
	from      *stream
	number    int // of the tasks of the run
	record    ledger.Record
	usd       float64 // reserved
	worst     amount  // that a call can cost
	owed      amount  // that calls have cost, or may have, and no durable record says
	noted     int     // so many attempts are in records of their own
	failures  int     // of the server's kind
	throttles int
	throttled time.Time // when the first of these was sent
	checked   bool      // it holds no secret
	probe     bool      // the next call is that of a half-open breaker
	wasProbe  bool      // it began as one
	suspect   time.Time // since when it has failed too often
	vain      int       // answers that could not be used
	denied    time.Time // when it was answered 403
	own       own       // the form that it is sent in
}

// ending is how a call ended.
type ending int

const (
	kept      ending = iota // the record belongs into the ledger
	unsent                  // it will not be asked: a secret, or the member is stopped
	suspect                 // it failed too often, and so may have the server
	parked                  // the breaker is open
	denied403               // 403: its own or the member's
	aborted                 // Do is ending: nothing is known and nothing is owed
	broken                  // the shared limiter cannot be asked
)

// outcome is what became of a task.
type outcome struct {
	*task
	end      ending
	leave    func() // gives the slot back, after the commit
	err      error  // why the member or the run is stopped
	wasProbe bool
}

// caller makes the calls of one Do.
type caller struct {
	config *Config
	budget *budget
	checks *checks
	till   sync.Mutex      // of the purses of all lanes
	wake   chan struct{}   // a call waits for an advance
	wait   context.Context // for limits and for waits between attempts
	calls  context.Context // for calls under way, which outlive wait by the grace period
}

// call asks until there is an outcome. ctx ends its waits, when the breaker opens or
// Do is interrupted.
func (w *caller) call(ctx context.Context, t *task) outcome {
	if !t.checked {
		if err := w.checks.request(t.request); err != nil {
			if t.probe {
				t.lane.breaker.Pass()
			}
			t.record.Reject, t.record.Detail = Secret, excerpt(err.Error())
			return w.end(t, unsent, nil)
		}
		t.checked = true
	}
	if t.lane.member.Offline {
		return w.stop(t, t.lane.stop(ErrOffline.Error()))
	}
	tokens, _ := t.lane.reservation(t.request)
	for {
		x, v, leave, err := w.attempt(ctx, t, tokens)
		if err != nil {
			return w.unasked(t, err)
		}
		if o, ended := w.judge(t, x, v, leave); ended {
			return o
		}
		leave()
		delay := w.config.Retry.Delay(t.failures+t.throttles, w.config.Random())
		if err := limit.Sleep(ctx, delay); err != nil {
			return w.unasked(t, err)
		}
	}
}

// judge says what an exchange means for its task, or that it is to be made again.
func (w *caller) judge(t *task, x *exchange, v verdict, leave func()) (o outcome, ended bool) {
	c := t.lane
	t.record.Attempts++
	t.record.Status, t.record.Raw, t.record.Time = x.status, x.body, time.Now().UTC()
	if t.record.Attempts == 1 {
		c.odds.first(v.class == failed)
	}
	if v.class == answered {
		c.breaker.Alive(x.sent)
		c.account.Succeeded(c.member.Model, x.sent)
		c.odds.answer(x.sent)
		w.bill(t, v.reply)
		return w.keep(t, leave), true
	}
	t.record.Reject, t.record.Detail = v.reason, v.detail
	c.gauge.count(func(u *Usage) { u.Problem = v.detail })
	w.unanswered(t, v)
	if x.err != nil && w.calls.Err() != nil {
		leave()
		if t.probe {
			c.breaker.Pass()
		}
		return w.end(t, aborted, nil), true
	}
	switch v.class {
	case stopping:
		leave()
		c.breaker.Alive(x.sent)
		return w.stop(t, c.stop(v.detail)), true
	case throttled:
		if t.throttles++; t.throttles == 1 {
			t.throttled = x.sent
		}
		c.breaker.Alive(x.sent)
		c.account.Throttled(x.sent)
	case refused:
		c.breaker.Alive(x.sent)
	case denied:
		leave()
		c.breaker.Alive(x.sent)
		t.denied = time.Now() // not when it was sent: others overtake one another on their way
		return w.end(t, denied403, nil), true
	case useless:
		t.vain++
		c.breaker.Alive(x.sent)
		c.account.Succeeded(c.member.Model, x.sent)
		c.odds.vain()
	default:
		t.failures++
		c.breaker.Failed(t.request.Key, x.sent, t.probe)
	}
	asked, hasAsked := retryAfter(x)
	if hasAsked && (v.class == throttled || x.status == http.StatusServiceUnavailable) {
		if asked > w.config.Retry.MaxRetryAfter {
			leave()
			return w.stop(t, c.stop(fmt.Sprintf("it asks to wait for %v, longer than %v", asked,
				w.config.Retry.MaxRetryAfter))), true
		}
		c.account.Pause(time.Now().Add(asked))
	}
	if v.class == throttled && t.throttles >= w.config.Retry.Throttled && !c.odds.answeredSince(t.throttled) {
		leave() // not this request: nothing passes
		return w.stop(t, c.stop(fmt.Sprintf("%d answers of 429 for a request and no other answer since the first of "+
			"them (%s)", t.throttles, v.detail))), true
	}
	last := v.class == refused || t.throttles >= w.config.Retry.Throttled ||
		v.class == useless && t.vain >= c.odds.vainEnough(w.config.Retry.Attempts)
	if v.billed && !last && !w.reserve(t, t.worst.usd) {
		last = true
		t.record.Reject, t.record.Detail = Budget, "no room for another attempt after: "+t.record.Detail
	}
	switch {
	case last:
		return w.keep(t, leave), true
	case c.breaker.Open():
		leave()
		return w.end(t, parked, nil), true
	case t.failures >= c.odds.enough(w.config.Retry.Attempts):
		leave()
		t.suspect = time.Now()
		return w.end(t, suspect, nil), true
	}
	t.probe = false
	return outcome{}, false
}

// retryAfter is when the provider wants to be asked again, from the header or, as
// Google has it, from the body.
func retryAfter(x *exchange) (time.Duration, bool) {
	if d, ok := limit.RetryAfter(x.header, time.Now()); ok {
		return d, true
	}
	return retryInfo(x.body)
}

// unasked ends a task whose wait was ended by err.
func (w *caller) unasked(t *task, err error) outcome {
	if t.probe {
		t.lane.breaker.Pass()
	}
	switch why := t.lane.stopped.Load(); {
	case why != nil:
		return w.stop(t, *why)
	case w.wait.Err() != nil:
		return w.end(t, aborted, nil)
	case errors.Is(err, context.Canceled):
		return w.end(t, parked, nil)
	}
	return w.end(t, broken, fmt.Errorf("panel member %s: %w", t.lane.member.Name, err))
}

// keep ends a task whose record is to be committed.
func (w *caller) keep(t *task, leave func()) outcome {
	o := w.end(t, kept, nil)
	o.leave = leave
	return o
}

// stop ends a task of a member that is asked no more. Nothing is recorded.
func (w *caller) stop(t *task, why error) outcome {
	t.record.Reject, t.record.Detail = HTTPError, why.Error()
	return w.end(t, unsent, why)
}

// end gives back what a task still holds.
func (w *caller) end(t *task, how ending, err error) outcome {
	w.settle(t, 0)
	o := outcome{task: t, end: how, leave: func() {}, err: err, wasProbe: t.wasProbe}
	t.probe, t.wasProbe = false, false
	return o
}

var errStopped = errors.New("panel member is stopped")

// attempt is one call within the account's limits; where the server refuses a parameter,
// further ones in the form that it takes.
func (w *caller) attempt(ctx context.Context, t *task, tokens int64) (x *exchange, v verdict, leave func(), err error) {
	c := t.lane
	if leave, err = w.enter(ctx, t, tokens); err != nil {
		return nil, v, nil, err
	}
	for {
		form := c.form(t)
		x, v = w.send(t, form)
		if c.took(t, form, v) {
			c.gauge.count(func(u *Usage) { u.Form = c.form(&task{}).notes() })
		}
		if !c.another(t, form, x, v) {
			return x, v, leave, nil
		}
		// The first answer settles it for all, so it does not queue behind the others.
		if err := c.account.Pace(ctx, tokens); err != nil {
			leave()
			w.unanswered(t, v)
			return nil, v, nil, err
		}
	}
}

// send makes one call and counts it.
func (w *caller) send(t *task, form Parameters) (*exchange, verdict) {
	c := t.lane
	c.gauge.count(func(u *Usage) { u.Sent++; u.InFlight++ })
	x := c.send(w.calls, t.request, form)
	v := c.read(x)
	what := outcomeOf(x, v)
	c.gauge.count(func(u *Usage) { u.InFlight--; u.Outcomes[what]++ })
	return x, v
}

// enter waits for a slot, for an advance of what the call may cost, and for the pace,
// unless the member is stopped by then. Only one task of a lane has drawn and waits for
// the pace: what is advanced is at most what is under way and one call.
func (w *caller) enter(ctx context.Context, t *task, tokens int64) (leave func(), err error) {
	c := t.lane
	if c.stopped.Load() != nil {
		return nil, errStopped
	}
	turn, drawn := false, false
	leave, err = c.account.EnterAfter(ctx, tokens, func() error {
		select {
		case c.purse.turn <- struct{}{}:
			turn = true
		case <-ctx.Done():
			return ctx.Err()
		}
		err := c.purse.draw(ctx, t.worst)
		drawn = err == nil
		return err
	})
	if turn {
		<-c.purse.turn
	}
	if err == nil && c.stopped.Load() != nil {
		leave()
		err = errStopped
	}
	if err != nil {
		if drawn {
			c.purse.book(t.worst, amount{})
		}
		return nil, err
	}
	return leave, nil
}

// reserve holds usd for a task if the budget has room for it.
func (w *caller) reserve(t *task, usd float64) bool {
	if !w.budget.reserve(usd) {
		return false
	}
	t.usd = usd
	t.lane.gauge.count(func(u *Usage) { u.HeldUSD += usd })
	return true
}

// settle turns a task's reservation into what was spent.
func (w *caller) settle(t *task, spent float64) {
	held := t.usd
	if held == 0 && spent == 0 {
		return
	}
	w.budget.settle(held, spent)
	t.usd = 0
	t.lane.gauge.count(func(u *Usage) { u.HeldUSD -= held; u.SpentUSD += spent })
}

// bill records what an answer cost.
func (w *caller) bill(t *task, r reply) {
	rec := &t.record
	rec.Reject, rec.Detail = "", ""
	if r.in == nil || r.out == nil || *r.in < 0 || *r.out < 0 {
		w.assume(t)
		return
	}
	rec.InputTokens, rec.OutputTokens = r.in, r.out
	spent := amount{calls: 1, in: *r.in, out: *r.out}
	if rec.CostUSD = t.lane.cost(*r.in, *r.out); rec.CostUSD != nil {
		spent = amount{calls: 1, usd: *rec.CostUSD}
	}
	t.lane.gauge.count(func(u *Usage) { u.InputTokens += *r.in; u.OutputTokens += *r.out })
	w.book(t, spent)
}

// unanswered books a call that brought no answer: by its tokens if the response states
// them, and else as the most that it can cost.
func (w *caller) unanswered(t *task, v verdict) {
	in, out := v.reply.in, v.reply.out
	switch {
	case !v.billed:
		t.lane.purse.book(t.worst, amount{}) // the reservation is that of the next attempt
		return
	case in == nil || out == nil || *in < 0 || *out < 0:
		w.assume(t)
		return
	}
	t.lane.gauge.count(func(u *Usage) { u.InputTokens += *in; u.OutputTokens += *out })
	spent := amount{calls: 1, in: *in, out: *out}
	if usd := t.lane.cost(*in, *out); usd != nil {
		spent = amount{calls: 1, usd: *usd}
	}
	t.record.AssumedUSD += spent.usd
	t.record.AssumedInput += spent.in
	t.record.AssumedOutput += spent.out
	w.book(t, spent)
}

// assume records that a call may have cost the most that it can.
func (w *caller) assume(t *task) {
	t.record.AssumedUSD += t.worst.usd
	t.record.AssumedInput += t.worst.in
	t.record.AssumedOutput += t.worst.out
	w.book(t, t.worst)
}

// book ends a call that cost something, or may have. The budget is told first: seen from
// the purse, too little is left in between, and never too much.
func (w *caller) book(t *task, spent amount) {
	w.settle(t, spent.usd)
	t.owed = t.owed.plus(spent)
	t.lane.purse.book(t.worst, spent)
}
