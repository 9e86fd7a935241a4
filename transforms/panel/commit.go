package panel

import (
	"context"
	"slices"

	"decoy/transforms/panel/ledger"
)

// keep puts an outcome into the next group commit.
func (r *run) keep(o outcome) {
	if len(r.pending) == 0 {
		r.timer.Reset(r.panel.config.CommitEvery)
		r.due = false
	}
	r.pending = append(r.pending, o)
}

// commit starts a group commit if one is due, or if a call waits for an advance: then
// what there is goes along. A group is due if it is full, its oldest has waited long
// enough, it holds half of the slots of a member, or nothing else is going to happen.
func (r *run) commit(ctx context.Context) {
	if r.writing {
		return
	}
	if r.isDue() || r.wanted() {
		r.write(ctx)
	}
}

func (r *run) isDue() bool {
	if len(r.pending) == 0 {
		return false
	}
	due := r.due || len(r.pending) >= r.panel.config.CommitRecords || (r.open == 0 && r.mayTake() == nil)
	if !due {
		held := map[*lane]int{}
		for _, o := range r.pending {
			held[o.lane]++
		}
		for l, n := range held {
			due = due || 2*n >= l.account.Slots()
		}
	}
	return due
}

// write starts a segment with all that is to be recorded, and with a new advance.
func (r *run) write(ctx context.Context) {
	r.committing, r.pending, r.due, r.writing = r.pending, nil, false, true
	// In the order of the requests: those about one context follow one another, and
	// what the caller has parsed for one serves the next.
	slices.SortFunc(r.committing, func(a, b outcome) int { return a.number - b.number })
	records, settled := r.gather()
	advances := r.advance(settled)
	// An interruption must not lose what is paid.
	go func() { r.committed <- r.ledger.CommitAdvanced(context.WithoutCancel(ctx), records, advances) }()
}

// gather is all that the next segment records, and what that settles.
func (r *run) gather() (records []ledger.Record, settled map[*lane]amount) {
	settled = map[*lane]amount{}
	for _, o := range r.committing {
		rec := o.record
		rec.Attempts -= o.noted
		records = append(records, rec)
		settled[o.lane] = settled[o.lane].plus(o.owed)
	}
	for _, a := range r.attempts {
		records = append(records, a.record)
		settled[a.lane] = settled[a.lane].plus(a.owed)
	}
	r.attempts = nil
	return records, settled
}

func (r *run) afterCommit(err error) {
	group := r.committing
	r.committing, r.writing = nil, false
	for _, l := range r.order {
		l.purse.end(err == nil)
	}
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
		o.owed = amount{}
		if o.record.Reject != "" {
			r.dead[o.record.Key] = o.record
		}
		switch o.record.Reject {
		case "":
		case Budget: // the record says what its attempts may have cost; a later run asks again
			r.overdraw = true
		default:
			o.lane.gauge.count(func(u *Usage) { u.DeadLetters++ })
		}
		r.deliver(o)
	}
}

// deliver gives an outcome to its request and to those that asked the same.
func (r *run) deliver(o outcome) {
	twins := r.twins[o.request.Key]
	r.drop(o.task)
	again := r.give(o.request, o.record, false)
	if !again && (o.request.said == nil || o.request.said.fresh) {
		o.lane.unread--
	}
	for _, t := range twins {
		r.give(t, o.record, o.end == kept)
	}
}
