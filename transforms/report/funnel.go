package report

import (
	"cmp"
	"fmt"
	"slices"
)

// unexplained is the reason of losses that no reject accounts for.
const unexplained = "(no reason recorded)"

// bar is one step of the funnel as it is drawn.
type bar struct {
	Name   string
	Unit   string
	N      int64
	Width  float64 // share of the longest bar
	Versus string  // the step before, compared
}

// losses is the table of what one step lost.
type losses struct {
	Step     string
	Unit     string
	N        int64
	Arrived  int64 // 0 where the unit changes
	Reasons  []loss
	Mismatch int64 // lost without a reason; negative: more reasons than losses
}

type loss struct {
	Reason  string
	N       int64
	Share   float64 // of the losses of the step
	Arrived float64 // of what arrived, 0 where that is unknown
}

// newFunnel lays out the steps and their losses, the largest first.
func newFunnel(steps []Step) (bars []bar, lost []losses) {
	var most int64
	for _, s := range steps {
		most = max(most, s.N)
	}
	for i, s := range steps {
		b := bar{Name: s.Name, Unit: s.Unit, N: s.N, Width: share(s.N, most)}
		l := losses{Step: s.Name, Unit: cmp.Or(s.LostUnit, s.Unit)}
		for _, r := range s.Lost {
			if r.N != 0 {
				l.N += r.N
				l.Reasons = append(l.Reasons, loss{Reason: r.Name, N: r.N})
			}
		}
		if i > 0 {
			before := steps[i-1]
			b.Versus = versus(before, s)
			if before.Unit == s.Unit && l.Unit == s.Unit {
				l.Arrived = before.N
				if l.Mismatch = before.N - s.N - l.N; l.Mismatch > 0 {
					l.Reasons = append(l.Reasons, loss{Reason: unexplained, N: l.Mismatch})
					l.N += l.Mismatch
				}
			}
		}
		bars = append(bars, b)
		if len(l.Reasons) == 0 && l.Mismatch == 0 {
			continue
		}
		slices.SortStableFunc(l.Reasons, func(a, b loss) int {
			return cmp.Or(cmp.Compare(b.N, a.N), cmp.Compare(a.Reason, b.Reason))
		})
		for k := range l.Reasons {
			l.Reasons[k].Share = share(l.Reasons[k].N, l.N)
			l.Reasons[k].Arrived = share(l.Reasons[k].N, l.Arrived)
		}
		lost = append(lost, l)
	}
	return bars, lost
}

func versus(before, now Step) string {
	switch {
	case before.N == 0:
		return ""
	case before.Unit == now.Unit:
		return Percent(share(now.N, before.N)) + " of " + before.Name
	}
	return fmt.Sprintf("%.3g × %s", share(now.N, before.N), before.Name)
}
