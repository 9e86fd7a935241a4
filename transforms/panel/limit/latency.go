package limit

import (
	"slices"
	"time"
)

// Latency counts as risen if the median of a group of answers is above both.
const (
	latencyFactor = 3
	latencySlack  = 250 * time.Millisecond
)

const (
	latencyGroup   = 32 // answers of a group, or as many as there are slots
	latencyHorizon = 15 * time.Minute
	latencyCut     = 0.7
	floorShare     = 1.0 / 8
	floorRoom      = 1.25
)

// latency is what the answers of one model have taken. Groups do not overlap, and
// begin anew at every cut.
type latency struct {
	group   []time.Duration
	medians []median // of the horizon, by time and by value
}

type median struct {
	at    time.Time
	value time.Duration
}

// add takes one answer. When its group is full it returns the group's median and the
// best of the groups before.
func (l *latency) add(now time.Time, d time.Duration, size int) (present, best time.Duration, full bool) {
	l.group = append(l.group, d)
	if len(l.group) < size {
		return 0, 0, false
	}
	slices.Sort(l.group)
	present = l.group[len(l.group)/2]
	l.group = l.group[:0]
	for len(l.medians) > 0 && now.Sub(l.medians[0].at) > latencyHorizon {
		l.medians = l.medians[1:]
	}
	// A median that is followed by a better one is never the best again.
	for n := len(l.medians); n > 0 && l.medians[n-1].value >= present; n-- {
		l.medians = l.medians[:n-1]
	}
	l.medians = append(l.medians, median{now, present})
	return present, l.medians[0].value, true
}

// slowed takes an answer's latency and cuts the slots where it has risen. a.mu is
// held.
func (a *Account) slowed(model string, sent time.Time) {
	if sent.Before(a.lastCut) {
		return
	}
	l := a.latency[model]
	if l == nil {
		if a.latency == nil {
			a.latency = map[string]*latency{}
		}
		l = &latency{}
		a.latency[model] = l
	}
	now := time.Now()
	present, best, full := l.add(now, now.Sub(sent), max(latencyGroup, int(a.slots)))
	if !full || present <= latencyFactor*best || present <= best+latencySlack {
		return
	}
	if to := max(a.floor(present), a.slots*latencyCut); to < a.slots {
		a.slots, a.lastCut = to, now
	}
}

// holds takes how long a slot was held, its answer's commit included. a.mu is held.
func (a *Account) holds(d time.Duration) {
	if a.hold == 0 {
		a.hold = d
	}
	a.hold += (d - a.hold) / 16
}

// floor is the number of slots below which latency cuts nothing: an eighth of the
// concurrency, or what the stated rate needs if slots are held for so long (Little's
// law), with room to spare.
func (a *Account) floor(present time.Duration) float64 {
	floor := float64(a.limits.Concurrency) * floorShare
	if a.limits.Requests > 0 {
		floor = max(floor, floorRoom*a.limits.Requests*max(present, a.hold).Seconds()/a.limits.Window.Seconds())
	}
	return min(float64(a.limits.Concurrency), max(1, floor))
}
