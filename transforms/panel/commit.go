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

// commit starts a group commit if one is due: the group is full, its oldest has
// waited long enough, it holds half of the slots of a member, or nothing else is
// going to happen.
func (r *run) commit(ctx context.Context) {
	if len(r.pending) == 0 || r.committing != nil {
		return
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
	if !due {
		return
	}
	r.committing, r.pending, r.due = r.pending, nil, false
	// In the order of the requests: those about one context follow one another, and
	// what the caller has parsed for one serves the next.
	slices.SortFunc(r.committing, func(a, b outcome) int { return a.number - b.number })
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
