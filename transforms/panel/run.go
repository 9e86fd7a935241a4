package panel

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"time"

	"decoy/transforms/panel/ledger"
)

// Answer is what became of a request. Either Raw holds the response's bytes or
// Reject says why there are none; a Raw beside a Reject is the last response of a
// dead letter. CostUSD is null if unknown.
type Answer struct {
	Request      Request
	Raw          []byte
	Reject       string
	Detail       string
	InputTokens  int64
	OutputTokens int64
	CostUSD      *float64
	FromLedger   bool
}

// Generated reads a generator's answer.
func (a Answer) Generated() (g GeneratedCompletion, reason, detail string) {
	text, reason, detail := a.Text()
	if reason != "" {
		return GeneratedCompletion{}, reason, detail
	}
	return ParseGenerate(text)
}

// Judged reads a judge's answer.
func (a Answer) Judged() (j JudgeAnswer, reason string) {
	text, reason, _ := a.Text()
	if reason != "" {
		return JudgeAnswer{}, reason
	}
	return ParseJudge(text)
}

// Text is what the model said, or why there is nothing to read.
func (a Answer) Text() (text, reason, detail string) {
	r, reason, detail := a.read()
	return r.text, reason, detail
}

// Tokens are those of a scored text, its end included, or why there are none.
func (a Answer) Tokens() (tokens []Token, reason, detail string) {
	r, reason, detail := a.read()
	if reason == "" && r.tokens == nil {
		return nil, AnswerNoLogProbs, "the server does not echo the prompt's tokens with their log-probabilities: " + excerpt(string(a.Raw))
	}
	return r.tokens, reason, detail
}

func (a Answer) read() (r reply, reason, detail string) {
	if a.Reject != "" {
		return reply{}, a.Reject, a.Detail
	}
	r = a.Request.protocol.read(a.Raw)
	if !r.ok {
		return reply{}, HTTPError, "not a completion: " + excerpt(string(a.Raw))
	}
	return r, r.reason, r.detail
}

// Do answers every request of a shard exactly once, in any order: from the
// ledger, by a call, or with a reject. reqs is read and emit called on the
// caller's goroutine only; an answer is emitted after it is durable.
//
// An error means that the shard is not complete: a cancelled ctx, an error of
// emit or of the Store (all end Do early), a member that was stopped, or
// ErrBudget. In every case what was paid and could be committed is in the ledger.
func (p *Panel) Do(ctx context.Context, shard int, reqs iter.Seq[Request], emit func(Answer) error) error {
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
	next, stop := iter.Pull(reqs)
	defer stop()
	r := &run{
		panel: p, ledger: led, emit: emit, next: next,
		caller: &caller{
			config: &p.config, wait: wait, calls: calls,
			budget: newBudget(p.config.BudgetUSD, shard, led.All(), p.clients),
		},
		stopWaiting: stopWaiting, stopCalls: stopCalls,
		outcomes: make(chan outcome), committed: make(chan error),
		twins: map[string][]Request{}, dead: map[string]ledger.Record{},
	}
	return r.loop(ctx)
}

// run is one Do. Its fields belong to the goroutine that called Do; calls and
// commits run in others and report over channels.
type run struct {
	panel       *Panel
	ledger      *ledger.Shard
	emit        func(Answer) error
	next        func() (Request, bool)
	caller      *caller
	stopWaiting context.CancelFunc
	stopCalls   context.CancelFunc

	outcomes   chan outcome
	committed  chan error
	drained    bool      // next has no more
	waiting    *Request  // has no room in the budget until a call ends
	open       int       // calls in other goroutines
	pending    []outcome // to be committed
	committing []outcome // being committed
	timer      *time.Timer
	due        bool // the oldest of pending has waited long enough

	twins map[string][]Request     // of an open key: further requests for it
	dead  map[string]ledger.Record // with Replay: dead letters of this run

	err      error // ends the run
	stopped  error // of a member; the others go on
	overdraw bool  // the budget is used up
}

func (r *run) loop(ctx context.Context) error {
	r.timer = time.NewTimer(time.Hour)
	defer r.timer.Stop()
	interrupted := ctx.Done()
	always := make(chan struct{})
	close(always)
	for !r.finished() {
		var ready <-chan struct{}
		if r.mayTake() {
			ready = always
		}
		select {
		case <-ready:
			r.take()
		case o := <-r.outcomes:
			r.settle(o)
		case err := <-r.committed:
			r.afterCommit(err)
		case <-r.timer.C:
			r.due = true
		case <-interrupted:
			interrupted = nil
			r.fail(ctx.Err())
		}
		r.commit(ctx)
	}
	switch {
	case r.err != nil:
		return r.err
	case r.stopped != nil:
		return r.stopped
	case r.overdraw:
		return ErrBudget
	}
	return nil
}

func (r *run) finished() bool {
	return (r.drained || r.err != nil) && r.waiting == nil && r.open == 0 && len(r.pending) == 0 && r.committing == nil
}

func (r *run) mayTake() bool {
	room := r.open+len(r.pending)+len(r.committing) < r.panel.config.LookAhead
	return r.err == nil && !r.drained && r.waiting == nil && room
}

// fail ends the run: nothing more is sent, calls under way may end.
func (r *run) fail(err error) {
	if r.err != nil {
		return
	}
	r.err = err
	r.waiting = nil
	r.stopWaiting()
	time.AfterFunc(r.panel.config.Grace, r.stopCalls)
}

// take serves the next request from the ledger or starts its call.
func (r *run) take() {
	req, ok := r.next()
	if !ok {
		r.drained = true
		return
	}
	c := r.panel.clients[req.Member]
	if c == nil || req.Key == "" {
		r.fail(fmt.Errorf("panel: request of context %s to member %q was not built by this panel", req.ContextID, req.Member))
		return
	}
	if twins, ok := r.twins[req.Key]; ok {
		r.twins[req.Key] = append(twins, req)
		return
	}
	rec, ok := r.ledger.Get(req.Key)
	if ok && rec.Reject != "" && r.panel.config.Replay {
		rec, ok = r.dead[req.Key]
	}
	if ok {
		r.give(req, rec, true)
		return
	}
	r.start(req)
}

func (r *run) start(req Request) {
	c := r.panel.clients[req.Member]
	_, worst := c.reservation(req)
	usd := 0.0
	if worst != nil {
		usd = *worst
	}
	switch {
	case r.overdraw || !r.caller.budget.reserve(usd):
		if r.open > 0 && !r.overdraw {
			r.waiting = &req // calls under way cost less than they hold
			return
		}
		r.overdraw = true
		r.give(req, ledger.Record{Reject: Budget, Detail: ErrBudget.Error()}, false)
	default:
		r.twins[req.Key] = nil
		r.open++
		go func() { r.outcomes <- r.caller.call(c, req, usd) }()
	}
}

// settle takes what became of a call.
func (r *run) settle(o outcome) {
	r.open--
	switch {
	case o.aborted:
		delete(r.twins, o.request.Key)
	case o.keep:
		if len(r.pending) == 0 {
			r.timer.Reset(r.panel.config.CommitEvery)
			r.due = false
		}
		r.pending = append(r.pending, o)
	default:
		if r.stopped == nil {
			r.stopped = o.stopped
		}
		r.deliver(o)
	}
	if req := r.waiting; req != nil {
		r.waiting = nil
		r.start(*req)
	}
}

// commit starts a group commit if one is due: the group is full, its oldest has
// waited long enough, it holds half of the slots of a member, or nothing else is
// going to happen.
func (r *run) commit(ctx context.Context) {
	if len(r.pending) == 0 || r.committing != nil {
		return
	}
	due := r.due || len(r.pending) >= r.panel.config.CommitRecords || (r.open == 0 && !r.mayTake())
	if !due {
		held := map[*client]int{}
		for _, o := range r.pending {
			held[o.client]++
		}
		for c, n := range held {
			due = due || 2*n >= c.account.Slots()
		}
	}
	if !due {
		return
	}
	r.committing, r.pending, r.due = r.pending, nil, false
	records := make([]ledger.Record, len(r.committing))
	for i, o := range r.committing {
		records[i] = o.record
	}
	// An interruption must not lose what is paid.
	go func() { r.committed <- r.ledger.Commit(context.WithoutCancel(ctx), records) }()
}

func (r *run) afterCommit(err error) {
	group := r.committing
	r.committing = nil
	if err != nil {
		r.fail(err)
		r.stopCalls() // what they bring could not be kept
	}
	for _, o := range group {
		o.leave() // after fail, or the freed slots would be used once more
	}
	if err != nil {
		return
	}
	for _, o := range group {
		if o.record.Reject != "" {
			r.dead[o.record.Key] = o.record
		}
		r.deliver(o)
	}
}

// deliver gives an outcome to its request and to those that asked the same.
func (r *run) deliver(o outcome) {
	twins := r.twins[o.request.Key]
	delete(r.twins, o.request.Key)
	r.give(o.request, o.record, false)
	for _, t := range twins {
		r.give(t, o.record, o.keep)
	}
}

func (r *run) give(req Request, rec ledger.Record, fromLedger bool) {
	if r.err != nil {
		return
	}
	a := Answer{
		Request: req, Raw: rec.Raw, Reject: rec.Reject, Detail: rec.Detail,
		CostUSD: rec.CostUSD, FromLedger: fromLedger,
	}
	if rec.InputTokens != nil && rec.OutputTokens != nil {
		a.InputTokens, a.OutputTokens = *rec.InputTokens, *rec.OutputTokens
	}
	if err := r.emit(a); err != nil {
		r.fail(err)
	}
}
