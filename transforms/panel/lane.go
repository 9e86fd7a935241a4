package panel

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"decoy/transforms/panel/limit"
)

// lane is what a run knows of one member: requests that wait for its breaker stand
// here and hold up nobody else.
type lane struct {
	*client
	watch
	odds     odds
	purse    *purse
	ctx      context.Context // of waits for this member; ends when its breaker opens
	cancel   context.CancelFunc
	open     int     // tasks in other goroutines
	parked   []*task // until the breaker closes
	suspects []*task // failed too often, and nothing has shown yet that the server works
	denied   []*task // answered 403, and nothing has shown yet whose fault it is
	waiting  bool    // a goroutine waits for the breaker
	probing  bool    // one of open is the probe
	unread   int     // requests that were taken from streams and whose answer was not emitted
}

// full reports whether a member that is on trial has as much under way as it can be sent
// at once: a look-ahead of first asks would stand before the second ones, on which its
// answers wait. What was put aside in doubt is not under way: the next ones show whose
// fault it was.
func (l *lane) full(p *Panel) bool {
	return l != nil && l.unread-len(l.suspects)-len(l.denied) >= l.member.Concurrency && p.OnTrial(l.member.Name)
}

// gate says that a lane's breaker has closed, takes a probe, or has stayed open.
type gate struct {
	lane  *lane
	probe bool
	err   error
}

func (r *run) lane(member string) *lane {
	l := r.lanes[member]
	if l == nil {
		l = &lane{client: r.panel.clients[member], watch: r.panel.watches[member],
			purse: newPurse(&r.caller.till, r.caller.wake)}
		l.ctx, l.cancel = context.WithCancel(r.caller.wait)
		r.lanes[member] = l
		r.order = append(r.order, l)
	}
	return l
}

// park puts a task aside until the breaker closes. What failed so far was the
// server's fault.
func (r *run) park(t *task) {
	r.note(t)
	t.failures, t.suspect = 0, time.Time{}
	t.lane.parked = append(t.lane.parked, t)
	t.lane.gauge.count(func(u *Usage) { u.Waiting++ })
}

// unpark takes the first n tasks back.
func (l *lane) unpark(n int) []*task {
	tasks := slices.Clone(l.parked[:n])
	l.parked = l.parked[n:]
	l.gauge.count(func(u *Usage) { u.Waiting -= int64(n) })
	return tasks
}

// aside takes all tasks back that have no call.
func (l *lane) aside() []*task {
	tasks := slices.Concat(l.unpark(len(l.parked)), l.suspects, l.denied)
	l.suspects, l.denied = nil, nil
	return tasks
}

// mind does what the state of a lane's breaker asks for.
func (r *run) mind(l *lane) {
	why := l.stopped.Load()
	switch {
	case r.err != nil:
		for _, t := range l.aside() {
			r.drop(t)
		}
	case why != nil:
		for _, t := range l.aside() {
			r.settle(r.caller.stop(t, *why))
		}
	case l.breaker.Open():
		l.cancel()
		suspects := l.suspects
		l.suspects = nil
		for _, t := range suspects {
			r.park(t)
		}
		if len(l.parked) > 0 && !l.waiting && !l.probing {
			l.waiting = true
			r.waiters++
			go func() {
				probe, err := l.breaker.Wait(r.caller.wait)
				r.gates <- gate{l, probe, err}
			}()
		}
	case !l.waiting:
		if l.ctx.Err() != nil {
			l.ctx, l.cancel = context.WithCancel(r.caller.wait)
		}
		for _, t := range l.unpark(len(l.parked)) {
			r.start(t)
		}
		r.acquit(l, false)
	}
}

// acquit records the suspects that failed by themselves: those after whose last
// failure the server showed life, or all of them.
func (r *run) acquit(l *lane, all bool) {
	left := l.suspects[:0]
	for _, t := range l.suspects {
		if all || l.breaker.AliveSince(t.suspect) {
			r.keep(outcome{task: t, leave: func() {}})
		} else {
			left = append(left, t)
		}
	}
	l.suspects = left
}

// convict records what failed too often where nothing else is asked that could show
// whether the server works: so few requests (limit.BreakerConfig) speak for
// themselves.
func (r *run) convict() {
	for _, l := range r.order {
		if len(l.suspects)+len(l.denied) == 0 {
			continue
		}
		alone := r.aloneOf(l)
		r.deny(l, alone && len(l.suspects) == 0)
		if alone && r.err == nil {
			r.acquit(l, true)
		}
	}
}

// pass takes what came of a wait for a breaker.
func (r *run) pass(g gate) {
	l := g.lane
	l.waiting = false
	r.waiters--
	switch {
	case errors.Is(g.err, limit.ErrDown):
		l.down()
	case g.probe && (len(l.parked) == 0 || r.err != nil):
		l.breaker.Pass()
	case g.probe:
		l.probing = true
		t := l.unpark(1)[0] // a failed probe goes behind the others
		t.probe, t.wasProbe = true, true
		r.start(t)
	}
	r.mind(l)
}

// down stops a member whose breaker has been open for too long.
func (l *lane) down() {
	m := l.member
	err := fmt.Errorf("panel member %s is stopped: %s has failed for %v%s; its requests are kept for later: run "+
		"again when %s and model %s work, what is paid is kept",
		m.Name, m.BaseURL, l.breaker.OpenFor().Round(time.Second), l.gauge.problem(), m.BaseURL, m.Model)
	l.stopped.CompareAndSwap(nil, &err)
}
