package panel

import (
	"context"
	"errors"
	"sync"

	"decoy/transforms/panel/ledger"
)

// purse is what the ledger has advanced to a run for one member. A call draws the most
// that it can cost before it is sent, and waits for a larger advance where there is not
// enough of it. So whatever kills this process, what its calls may have cost is written
// down already.
//
// How much is advanced follows the pace: what was drawn between the last two segments
// and a quarter more, never more calls than there are slots. In a steady run the
// segments that are written for answers bring enough, and no call waits. What a kill
// leaves as spent although it was not is at most that.
type purse struct {
	turn chan struct{} // held by the one task that draws, until it is sent
	wake chan struct{} // tells the run that someone waits
	mu   *sync.Mutex   // of all purses of the run

	flying    amount // of calls under way
	owed      amount // of calls that have ended and have no durable record
	durable   amount // advanced for both together
	next      amount // advanced by the segment that is being written, once it stands
	recording amount // the part of owed that it has records of
	writing   bool
	broken    bool  // a segment could not be written: nothing more is drawn
	want      *wish // of the one that waits
	most      amount
	drawn     int64 // calls since the last segment
	guess     int64 // calls until the one after the next
}

// wish is an advance that someone waits for.
type wish struct {
	need    amount
	granted chan struct{}
}

var errNoAdvance = errors.New("the ledger cannot be written")

func newPurse(mu *sync.Mutex, wake chan struct{}) *purse {
	return &purse{turn: make(chan struct{}, 1), wake: wake, mu: mu, guess: 1}
}

// draw takes what a call may cost. Whoever calls it holds the turn.
func (p *purse) draw(ctx context.Context, need amount) error {
	p.mu.Lock()
	if p.broken {
		p.mu.Unlock()
		return errNoAdvance
	}
	p.most = need.above(p.most)
	if p.take(need) {
		p.mu.Unlock()
		return nil
	}
	w := &wish{need, make(chan struct{})}
	p.want = w
	p.mu.Unlock()
	select {
	case p.wake <- struct{}{}:
	default:
	}
	select {
	case <-w.granted:
		return nil
	case <-ctx.Done():
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.want != w { // granted meanwhile
		p.flying = p.flying.minus(need)
	}
	p.want = nil
	return ctx.Err()
}

// take draws what is covered, whether or not the segment that is being written comes
// to stand. p.mu is held.
func (p *purse) take(need amount) bool {
	all := p.flying.plus(p.owed).plus(need)
	if !all.within(p.durable) || p.writing && !all.minus(p.recording).within(p.next) {
		return false
	}
	p.flying = p.flying.plus(need)
	p.drawn++
	return true
}

// book ends a call that has drawn: spent is what it cost or may have cost.
func (p *purse) book(drawn, spent amount) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.flying = p.flying.minus(drawn)
	p.owed = p.owed.plus(spent)
}

// begin makes ready for a segment with records of the part of owed that is settled. It
// returns what is to be advanced: what calls may have cost, what someone waits for, and
// further calls if there are more to come, as many as have slots and room dollars.
// p.mu is held.
func (p *purse) begin(settled amount, more bool, slots int, room float64) amount {
	p.writing, p.recording = true, settled
	p.next = p.flying.plus(p.owed).minus(settled)
	if p.guess = max(p.drawn, p.guess-p.guess/4); p.want != nil {
		p.guess = 2*p.guess + 1
		p.next = p.next.plus(p.want.need)
	}
	p.guess = min(p.guess, int64(slots))
	p.drawn = 0
	if more {
		free := int64(slots) - p.flying.calls
		p.next = p.next.plus(p.most.times(p.most.fit(min(p.guess+p.guess/4+1, free), room)))
	}
	return p.next
}

// end takes whether the segment stands.
func (p *purse) end(stands bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.writing = false
	if !stands {
		p.broken = true
		return
	}
	p.durable, p.owed = p.next, p.owed.minus(p.recording)
	p.recording = amount{}
	if w := p.want; w != nil && p.take(w.need) {
		p.want = nil
		close(w.granted)
	}
}

// advance is what is to be advanced to all lanes with a segment that settles what it
// has records of.
func (r *run) advance(settled map[*lane]amount) []ledger.Advance {
	r.caller.till.Lock()
	defer r.caller.till.Unlock()
	room := r.caller.budget.room()
	more := r.more()
	for _, l := range r.order {
		room -= l.purse.flying.usd
		if w := l.purse.want; w != nil {
			room -= w.need.usd
		}
	}
	var out []ledger.Advance
	for _, l := range r.order {
		p := l.purse
		before := p.flying.plus(p.owed).minus(settled[l])
		if p.want != nil {
			before = before.plus(p.want.need)
		}
		a := p.begin(settled[l], more, l.account.Slots(), room)
		room -= a.minus(before).usd
		if a.calls > 0 {
			out = append(out, ledger.Advance{
				Member: l.member.Name, Calls: a.calls, USD: a.usd, InputTokens: a.in, OutputTokens: a.out,
			})
		}
	}
	return out
}

// more reports whether further calls may come.
func (r *run) more() bool {
	if r.err != nil || r.overdraw && r.open == 0 {
		return false
	}
	for _, l := range r.order {
		if len(l.parked)+len(l.suspects) > 0 {
			return true
		}
	}
	for _, s := range r.streams {
		if !s.drained {
			return true
		}
	}
	return r.open > 0 || len(r.waiting) > 0
}

// wanted reports whether someone waits for an advance.
func (r *run) wanted() bool {
	if r.err != nil {
		return false
	}
	r.caller.till.Lock()
	defer r.caller.till.Unlock()
	for _, l := range r.order {
		if l.purse.want != nil {
			return true
		}
	}
	return false
}

// attempted is a record of attempts at a request that has no outcome.
type attempted struct {
	lane   *lane
	record ledger.Record
	owed   amount
}

// note keeps for the next segment what attempts at a request may have cost, before the
// request is put aside or forgotten.
func (r *run) note(t *task) {
	if t.owed.calls == 0 {
		return
	}
	rec := t.record
	rec.Reject, rec.Attempts = ledger.Attempted, rec.Attempts-t.noted
	r.attempts = append(r.attempts, attempted{t.lane, rec, t.owed})
	t.noted, t.owed = t.record.Attempts, amount{}
	t.record.AssumedUSD, t.record.AssumedInput, t.record.AssumedOutput = 0, 0, 0
}

// close returns what is left of the advance and records the last attempts. What could
// not be recorded stays advanced: it was paid.
func (r *run) close(ctx context.Context) error {
	left := len(r.attempts) > 0
	r.caller.till.Lock()
	for _, l := range r.order {
		left = left || l.purse.durable != l.purse.flying.plus(l.purse.owed)
	}
	r.caller.till.Unlock()
	if !left {
		return nil
	}
	records, settled := r.gather()
	err := r.ledger.CommitAdvanced(context.WithoutCancel(ctx), records, r.advance(settled))
	for _, l := range r.order {
		l.purse.end(err == nil)
	}
	return err
}
