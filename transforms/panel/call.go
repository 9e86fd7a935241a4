package panel

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"decoy/transforms/panel/ledger"
	"decoy/transforms/panel/limit"
)

// outcome is what became of a request that the ledger did not have.
type outcome struct {
	request Request
	client  *client
	record  ledger.Record
	keep    bool   // the record belongs into the ledger
	leave   func() // gives the slot back, after the commit
	stopped error  // the member cannot be asked
	aborted bool   // Do is ending: nothing is known and nothing is owed
}

// caller makes the calls of one Do.
type caller struct {
	config *Config
	budget *budget
	wait   context.Context // for limits and for waits between attempts
	calls  context.Context // for calls under way, which outlive wait by the grace period
}

// call asks until there is an outcome. usd is reserved already.
func (w *caller) call(c *client, r Request, usd float64) outcome {
	o := outcome{request: r, client: c, leave: func() {}, record: ledger.Record{
		Key: r.Key, Member: r.Member, ContextID: r.ContextID, Type: r.Type, Model: c.member.Model, RequestSHA256: r.hash, Sample: r.Sample,
	}}
	if err := w.config.Check(r.source()); err != nil {
		w.budget.settle(usd, 0)
		o.record.Reject, o.record.Detail = Secret, excerpt(err.Error())
		return o
	}
	tokens, _ := c.reservation(r)
	policy := w.config.Retry
	for failures, throttles := 0, 0; ; {
		x, leave, err := w.attempt(c, r, tokens)
		if err != nil {
			w.budget.settle(usd, 0)
			return o.abort(c)
		}
		o.record.Attempts++
		o.record.Status, o.record.Raw, o.record.Time = x.status, x.body, time.Now().UTC()
		v := c.read(x)
		if v.class == answered {
			c.account.Succeeded()
			w.bill(c, &o.record, v.reply, usd)
			o.keep, o.leave = true, leave
			return o
		}
		o.record.Reject, o.record.Detail = v.reason, v.detail
		if x.err != nil && w.calls.Err() != nil {
			leave()
			w.budget.settle(usd, usd)
			return o.abort(c)
		}
		if v.class == stopping {
			leave()
			w.budget.settle(usd, 0)
			o.stopped = c.stop(v.detail)
			o.record.Detail = o.stopped.Error()
			return o
		}
		if v.class == throttled {
			throttles++
			c.account.Throttled(x.sent)
		} else {
			failures++
		}
		asked, hasAsked := retryAfter(x)
		if hasAsked && (v.class == throttled || x.status == http.StatusServiceUnavailable) {
			if asked > policy.MaxRetryAfter {
				leave()
				w.budget.settle(usd, 0)
				o.stopped = c.stop(fmt.Sprintf("it asks to wait for %v, longer than %v", asked, policy.MaxRetryAfter))
				o.record.Detail = o.stopped.Error()
				return o
			}
			c.account.Pause(time.Now().Add(asked))
		}
		last := v.class == refused || failures >= policy.Attempts || throttles >= policy.Throttled
		if v.billed {
			o.record.AssumedUSD += usd
			w.budget.settle(usd, usd)
			if last {
				usd = 0
			} else if !w.budget.reserve(usd) {
				usd, last = 0, true
				o.record.Detail += "; the budget has no room for another attempt"
			}
		}
		if last {
			w.budget.settle(usd, 0)
			o.keep, o.leave = true, leave
			return o
		}
		leave()
		if err := limit.Sleep(w.wait, policy.Delay(failures+throttles, w.config.Random())); err != nil {
			w.budget.settle(usd, 0)
			return o.abort(c)
		}
	}
}

// retryAfter is when the provider wants to be asked again, from the header or, as
// Google has it, from the body.
func retryAfter(x *exchange) (time.Duration, bool) {
	if d, ok := limit.RetryAfter(x.header, time.Now()); ok {
		return d, true
	}
	return retryInfo(x.body)
}

// abort ends a request that was not answered. If that is because the member was
// stopped, the request gets the reason; otherwise Do is ending.
func (o outcome) abort(c *client) outcome {
	if why := c.stopped.Load(); why != nil {
		o.stopped = *why
		o.record.Reject, o.record.Detail = HTTPError, o.stopped.Error()
		return o
	}
	o.aborted = true
	return o
}

var errStopped = errors.New("panel member is stopped")

// attempt is one call within the account's limits; where the server refuses the
// response format, a second one without it.
func (w *caller) attempt(c *client, r Request, tokens int64) (x *exchange, leave func(), err error) {
	if leave, err = w.enter(c, tokens); err != nil {
		return nil, nil, err
	}
	withSchema := !c.noSchema.Load()
	x = c.send(w.calls, r, withSchema)
	if !withSchema || x.err != nil || (x.status != http.StatusBadRequest && x.status != http.StatusUnprocessableEntity) {
		return x, leave, nil
	}
	// Perhaps the format, perhaps the request: asked without the format it shows.
	// The first answer settles it for all, so it does not queue behind the others.
	if err := c.account.Pace(w.wait, tokens); err != nil {
		leave()
		return nil, nil, err
	}
	x = c.send(w.calls, r, false)
	if c.read(x).class == answered {
		c.noSchema.Store(true)
	}
	return x, leave, nil
}

// enter waits for the account, unless the member is stopped by then.
func (w *caller) enter(c *client, tokens int64) (leave func(), err error) {
	if c.stopped.Load() != nil {
		return nil, errStopped
	}
	if leave, err = c.account.Enter(w.wait, tokens); err != nil {
		return nil, err
	}
	if c.stopped.Load() != nil {
		leave()
		return nil, errStopped
	}
	return leave, nil
}

// bill records what an answer cost.
func (w *caller) bill(c *client, rec *ledger.Record, r reply, usd float64) {
	rec.Reject, rec.Detail = "", ""
	spent := usd
	if r.in != nil && r.out != nil {
		rec.InputTokens, rec.OutputTokens = r.in, r.out
		if rec.CostUSD = c.cost(*r.in, *r.out); rec.CostUSD != nil {
			spent = *rec.CostUSD
		}
	} else {
		rec.AssumedUSD += usd
	}
	w.budget.settle(usd, spent)
}
