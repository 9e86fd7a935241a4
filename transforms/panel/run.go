package panel

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"slices"
	"time"

	"decoy/transforms/panel/ledger"
)

// Do answers every request of a shard exactly once, in any order: from the
// ledger, by a call, or with a reject. reqs is read and emit called on the
// caller's goroutine only; an answer is emitted after it is durable.
//
// An error means that the shard is not complete: a cancelled ctx, an error of
// emit or of the Store (all end Do early), a member that was stopped, or
// ErrBudget. In every case what was paid and could be committed is in the ledger.
func (p *Panel) Do(ctx context.Context, shard int, reqs iter.Seq[Request], emit func(Answer) error) error {
	return p.DoStreams(ctx, shard, []iter.Seq[Request]{reqs}, emit)
}

// DoStreams is Do of several streams at once. Each has a look-ahead of its own, so a
// member that stands still holds up no stream but its own: give each member one.
func (p *Panel) DoStreams(ctx context.Context, shard int, streams []iter.Seq[Request], emit func(Answer) error) error {
	if len(p.clients) == 0 {
		return errors.New("panel has no paid member to ask")
	}
	led, err := ledger.Open(ctx, p.config.Store, shard)
	if err != nil {
		return err
	}
	wait, stopWaiting := context.WithCancel(ctx)
	defer stopWaiting()
	calls, stopCalls := context.WithCancel(context.WithoutCancel(ctx))
	defer stopCalls()
	r := &run{
		panel: p, ledger: led, emit: emit,
		caller: &caller{
			config: &p.config, checks: &p.checks, wait: wait, calls: calls,
			budget: newBudget(p.config.BudgetUSD, shard, led, p.clients), wake: make(chan struct{}, 1),
		},
		stopWaiting: stopWaiting, stopCalls: stopCalls,
		outcomes: make(chan outcome), committed: make(chan error), gates: make(chan gate),
		twins: map[string][]Request{}, dead: map[string]ledger.Record{}, lanes: map[string]*lane{},
	}
	for _, reqs := range streams {
		next, stop := iter.Pull(reqs)
		defer stop()
		r.streams = append(r.streams, &stream{next: next})
	}
	r.second = &stream{drained: true, next: r.nextAgain}
	r.streams = append(r.streams, r.second)
	err = r.loop(ctx)
	if ctx.Err() == nil {
		within, stop := context.WithTimeout(ctx, sumsPatience)
		defer stop()
		led.SaveSums(within)
	}
	return err
}

// sumsPatience is how long a shard waits for its sums to be written, which only save time.
const sumsPatience = 10 * time.Second

// nextAgain is the next request that asks once more.
func (r *run) nextAgain() (Request, bool) {
	if len(r.again) == 0 {
		return Request{}, false
	}
	req := r.again[0]
	r.again = r.again[1:]
	return req, true
}

// stream is where requests come from.
type stream struct {
	next    func() (Request, bool)
	drained bool  // next has no more
	open    int   // requests that were taken and have no outcome
	lane    *lane // of the last one
}

// run is one Do. Its fields belong to the goroutine that called Do; calls, waits and
// commits run in others and report over channels.
type run struct {
	panel       *Panel
	ledger      *ledger.Shard
	emit        func(Answer) error
	caller      *caller
	stopWaiting context.CancelFunc
	stopCalls   context.CancelFunc

	streams    []*stream
	second     *stream   // requests that ask once more (reask.go)
	again      []Request // its requests
	turn       int       // the stream that is looked at first
	lanes      map[string]*lane
	order      []*lane
	outcomes   chan outcome
	committed  chan error
	gates      chan gate
	waiting    []*task     // have no room in the budget until a call ends
	tasks      int         // so many were taken
	open       int         // calls in other goroutines
	waiters    int         // goroutines that wait for a breaker
	pending    []outcome   // to be committed
	committing []outcome   // being committed
	attempts   []attempted // to be recorded with the next commit
	writing    bool        // a segment is being written
	timer      *time.Timer
	due        bool // the oldest of pending has waited long enough

	twins map[string][]Request     // of an open key: further requests for it
	dead  map[string]ledger.Record // with Replay: dead letters of this run

	err      error   // ends the run
	stopped  []error // of members; the others go on
	overdraw bool    // the budget is used up
}

func (r *run) loop(ctx context.Context) error {
	r.timer = time.NewTimer(time.Hour)
	defer r.timer.Stop()
	interrupted := ctx.Done()
	always := make(chan struct{})
	close(always)
	for !r.finished() {
		var ready <-chan struct{}
		from := r.mayTake()
		if from != nil {
			ready = always
		}
		select {
		case <-ready:
			r.take(from)
		case o := <-r.outcomes:
			r.ended(o)
		case g := <-r.gates:
			r.pass(g)
		case err := <-r.committed:
			r.afterCommit(err)
		case <-r.caller.wake: // a call waits for an advance
		case <-r.timer.C:
			r.due = true
		case <-interrupted:
			interrupted = nil
			r.fail(ctx.Err())
		}
		r.convict()
		r.commit(ctx)
	}
	if err := r.close(ctx); err != nil && r.err == nil {
		r.err = err
	}
	switch {
	case r.err != nil:
		return r.err
	case len(r.stopped) > 0:
		return stoppedError{r.stopped, len(r.stopped) == len(r.panel.clients)}
	case r.overdraw:
		return ErrBudget
	}
	return nil
}

func (r *run) finished() bool {
	for _, l := range r.order {
		if len(l.parked)+len(l.suspects)+len(l.denied) > 0 {
			return false
		}
	}
	for _, s := range r.streams {
		if !s.drained && r.err == nil {
			return false
		}
	}
	return len(r.waiting) == 0 && r.open == 0 && r.waiters == 0 && len(r.pending) == 0 && !r.writing
}

// mayTake is the next stream that a request may be taken from, in turn.
func (r *run) mayTake() *stream {
	if r.err != nil || len(r.waiting) > 0 {
		return nil
	}
	for i := range r.streams {
		s := r.streams[(r.turn+i)%len(r.streams)]
		if !s.drained && s.open < r.panel.config.LookAhead && !s.lane.full(r.panel) {
			return s
		}
	}
	return nil
}

// fail ends the run: nothing more is sent, calls under way may end.
func (r *run) fail(err error) {
	if r.err != nil {
		return
	}
	r.err = err
	for _, t := range r.waiting {
		r.drop(t)
	}
	r.waiting = nil
	r.stopWaiting()
	for _, l := range r.order {
		r.mind(l)
	}
	time.AfterFunc(r.panel.config.Grace, r.stopCalls)
}

// take serves the next request of a stream from the ledger or starts its call.
func (r *run) take(from *stream) {
	r.turn++
	req, ok := from.next()
	if !ok {
		from.drained = true
		return
	}
	if r.panel.clients[req.Member] == nil || req.Key == "" {
		r.fail(fmt.Errorf("panel: request of context %s to member %q was not built by this panel", req.ContextID,
			req.Member))
		return
	}
	if twins, ok := r.twins[req.Key]; ok {
		r.twins[req.Key] = append(twins, req)
		return
	}
	rec, ok := r.ledger.Get(req.Key)
	rec = req.reread(rec)
	if ok && (!rec.Final() || rec.Reject != "" && r.panel.config.Replay) {
		rec, ok = r.dead[req.Key]
	}
	if ok {
		if req.said != nil && req.said.fresh {
			r.lane(req.Member).unread--
		}
		r.give(req, rec, true)
		return
	}
	l := r.lane(req.Member)
	if req.said == nil {
		from.lane = l
		l.unread++
	}
	from.open++
	r.twins[req.Key] = nil
	r.tasks++
	r.start(&task{request: req, lane: l, from: from, number: r.tasks, worst: l.worst(req), record: ledger.Record{
		Key: req.Key, Member: req.Member, ContextID: req.ContextID, Type: req.Type, Model: l.member.Model,
		RequestSHA256: req.hash, Sample: req.Sample,
	}})
}

// start begins a task's call, or lets it wait.
func (r *run) start(t *task) {
	l := t.lane
	if r.err != nil {
		r.drop(t)
		return
	}
	if !t.probe && l.stopped.Load() == nil && l.breaker.Open() {
		r.park(t)
		r.mind(l)
		return
	}
	if r.overdraw || !r.caller.reserve(t, t.worst.usd) {
		if r.open > 0 && !r.overdraw {
			r.waiting = append(r.waiting, t) // calls under way cost less than they hold
			return
		}
		r.overdraw = true
		if t.probe {
			l.breaker.Pass()
			l.probing = false
		}
		t.record.Reject, t.record.Detail = Budget, ErrBudget.Error()
		r.settle(r.caller.end(t, unsent, nil))
		return
	}
	l.open++
	r.open++
	ctx := l.ctx
	if t.probe {
		ctx = r.caller.wait
	}
	go func() { r.outcomes <- r.caller.call(ctx, t) }()
}

// ended takes what became of a call.
func (r *run) ended(o outcome) {
	r.open--
	o.lane.open--
	if o.wasProbe {
		o.lane.probing = false
	}
	r.settle(o)
	r.mind(o.lane)
	waiting := r.waiting
	r.waiting = nil
	for i, t := range waiting {
		if len(r.waiting) > 0 {
			r.waiting = append(r.waiting, waiting[i:]...)
			break
		}
		r.start(t)
	}
}

// settle takes an outcome.
func (r *run) settle(o outcome) {
	switch o.end {
	case kept:
		r.keep(o)
	case unsent:
		if o.err != nil && !slices.Contains(r.stopped, o.err) {
			r.stopped = append(r.stopped, o.err)
		}
		r.deliver(o)
	case suspect, parked:
		if r.err != nil {
			r.drop(o.task)
		} else if o.end == suspect {
			o.lane.suspects = append(o.lane.suspects, o.task)
		} else {
			r.park(o.task)
		}
	case denied403:
		if r.err != nil {
			r.drop(o.task)
		} else {
			o.lane.denied = append(o.lane.denied, o.task)
		}
	case broken:
		r.drop(o.task)
		r.fail(o.err)
	default:
		r.drop(o.task)
		r.fail(r.caller.wait.Err())
	}
}

// drop forgets a task, and not what it may have cost: a later run asks again.
func (r *run) drop(t *task) {
	r.note(t)
	if t.probe {
		t.lane.breaker.Pass()
	}
	t.from.open--
	delete(r.twins, t.request.Key)
}
