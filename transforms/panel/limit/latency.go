package limit

import (
	"slices"
	"time"
)

// Latency counts as risen if the floor of a group of answers is above both: so many
// times the lowest floor before, and the lowest median before with some slack.
const (
	latencyFactor = 3
	latencySlack  = 250 * time.Millisecond
)

const (
	latencyGroup   = 128 // answers of a group at the least
	latencyRounds  = 4   // and so many times the slots
	latencyHorizon = 15 * time.Minute
	latencyCut     = 0.7
	latencyGrowth  = 1.25 // at most, after a cut, within a group
	floorShare     = 1.0 / 8
	floorRoom      = 1.25
)

// latency is what the answers of one model have taken. Groups do not overlap. A group
// in which latency has risen is none that later ones are compared with.
type latency struct {
	group   []time.Duration
	floors  lowest // the tenth part of a group is faster
	medians lowest
}

// add takes one answer. When its group is full it returns the group's floor, and
// whether it has risen.
func (l *latency) add(now time.Time, d time.Duration, slots int) (floor time.Duration, full, risen bool) {
	l.group = append(l.group, d)
	if len(l.group) < max(latencyGroup, latencyRounds*slots) {
		return 0, false, false
	}
	slices.Sort(l.group)
	n := len(l.group)
	floor, median := l.group[n/10], l.group[n/2]
	l.group = l.group[:0]
	lowestFloor, known := l.floors.since(now.Add(-latencyHorizon))
	lowestMedian, _ := l.medians.since(now.Add(-latencyHorizon))
	if known && floor > latencyFactor*lowestFloor && floor > lowestMedian+latencySlack {
		return floor, true, true
	}
	l.floors.add(now, floor)
	l.medians.add(now, median)
	return floor, true, false
}

// lowest holds what can still be the lowest of the latest values: rising values.
type lowest []measured

type measured struct {
	at    time.Time
	value time.Duration
}

func (l *lowest) add(at time.Time, value time.Duration) {
	for n := len(*l); n > 0 && (*l)[n-1].value >= value; n-- {
		*l = (*l)[:n-1]
	}
	*l = append(*l, measured{at, value})
}

// since is the lowest value since a time, and forgets those before.
func (l *lowest) since(begin time.Time) (value time.Duration, ok bool) {
	for len(*l) > 0 && (*l)[0].at.Before(begin) {
		*l = (*l)[1:]
	}
	if len(*l) == 0 {
		return 0, false
	}
	return (*l)[0].value, true
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
	present, full, risen := l.add(now, now.Sub(sent), int(a.slots))
	switch {
	case !full:
		return
	case risen:
		if to := max(a.floor(present), a.slots*latencyCut); to < a.slots {
			a.slots, a.lastCut = to, now
		}
		a.slow, a.slowAt, a.most = model, now, a.slots
	case a.slow == model:
		a.slowAt, a.most = now, max(a.slots+1, a.slots*latencyGrowth)
	}
}

// grow takes an answer's part of one more slot. After a cut the slots grow no further
// than the next group of answers is to show that latency bears, for as long as anything
// is known of that model. a.mu is held.
func (a *Account) grow() {
	most := float64(a.limits.Concurrency)
	if a.slow != "" && time.Since(a.slowAt) <= latencyHorizon {
		most = min(most, max(a.most, a.slots))
	}
	a.slots = min(most, a.slots+1/a.slots)
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
