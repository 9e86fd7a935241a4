package limit

import "time"

// gcra is the generic cell rate algorithm in its virtual scheduling form (ITU-T
// I.371): each unit moves the theoretical arrival time on by 1/rate.
type gcra struct {
	perUnit time.Duration // 0: no limit
	burst   time.Duration
	tat     time.Time
	used    bool
}

func newGCRA(limit float64, window time.Duration, now time.Time) gcra {
	if limit <= 0 {
		return gcra{}
	}
	return gcra{
		perUnit: time.Duration(float64(window) / (limit * paceShare)),
		burst:   time.Duration(float64(window) * burstShare),
		tat:     now,
	}
}

func (g *gcra) cost(n float64) time.Duration { return time.Duration(n * float64(g.perUnit)) }

func (g *gcra) earliest(n float64) time.Time {
	if !g.used {
		return g.tat.Add(g.cost(n)) // the first one is earned too
	}
	return g.tat.Add(-g.burst)
}

func (g *gcra) take(now time.Time, n float64) {
	if g.perUnit == 0 {
		return
	}
	if !g.used {
		// The first was paid in advance; what follows is paid behind, with no
		// burst in hand.
		g.used = true
		g.tat = now.Add(g.burst)
	} else if g.tat.Before(now) {
		g.tat = now
	}
	g.tat = g.tat.Add(g.cost(n))
}
