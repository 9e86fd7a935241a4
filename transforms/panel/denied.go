package panel

import (
	"fmt"
	"slices"
)

// A 403 is a request's own (a filter in front of the model, say) or the member's (its
// key may not use the model). Where the server does not say which, the others do: one
// that comes before another answer is the request's, and is recorded as a dead letter
// then. So many in a row as open a breaker (limit.BreakerConfig.Failures), or all that
// was asked, are the member's: it stops, and nothing is recorded.

// deny decides about the requests of a lane that were answered 403. alone says that
// nothing else is under way or to come that could be answered.
func (r *run) deny(l *lane, alone bool) {
	if len(l.denied) == 0 || r.err != nil || l.stopped.Load() != nil {
		return
	}
	own := func(t *task) bool { return l.odds.answeredSince(t.denied) }
	if alone && l.odds.answeredEver() && len(l.denied) < r.panel.config.Breaker.Failures {
		own = func(*task) bool { return true }
	}
	var left []*task
	for _, t := range l.denied {
		if own(t) {
			r.keep(outcome{task: t, leave: func() {}})
		} else {
			left = append(left, t)
		}
	}
	l.denied = left
	if n := len(left); n >= r.panel.config.Breaker.Failures || n > 0 && alone {
		_ = l.stop(fmt.Sprintf("%d requests were refused and none was answered after them, the last with %s",
			n, left[n-1].record.Detail))
		r.mind(l)
	}
}

// aloneOf reports whether nothing of a lane is under way or to come.
func (r *run) aloneOf(l *lane) bool {
	// What is being committed takes room of the look-ahead, in which others could show it.
	committing := func(o outcome) bool { return o.lane == l }
	return l.open == 0 && len(l.parked) == 0 && len(r.waiting) == 0 && r.mayTake() == nil &&
		!slices.ContainsFunc(r.pending, committing) && !slices.ContainsFunc(r.committing, committing)
}
