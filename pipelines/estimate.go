package pipelines

import (
	"context"
	"fmt"
	"math"
	"slices"
	"time"

	"decoy/pipelines/ask"
	"decoy/pipelines/money"
	"decoy/schemas"
	"decoy/transforms/panel"
)

// Estimate says what the paid stages will cost. Nothing is sent, and no API key is
// needed. latency is that of a call, EstimateLatency if it is zero.
func (b *Build) Estimate(ctx context.Context, latency time.Duration) (*money.Estimate, error) {
	return money.Expect(ctx, b.Out, b.Recipe, latency)
}

// logEstimate tells what a paid stage and those after it will cost, in a line a
// member, before it sends anything.
func (b *Build) logEstimate(ctx context.Context, stage string) error {
	e, err := b.Estimate(ctx, 0)
	if err != nil {
		return err
	}
	for _, m := range e.Members {
		if slices.Index(ask.PaidStages, m.Stage) < slices.Index(ask.PaidStages, stage) {
			continue
		}
		if m.LimitedBy == money.LimitedOffline {
			b.Log("%s needs %.0f to %.0f scores of %s, free of charge (%.0f are in the ledger): it is offline, see "+
				"decoy judge --help", m.Stage, m.Calls.Low, m.Calls.High, m.Member, m.Recorded)
			continue
		}
		panel.ProcessMeter.Expect(m.Stage, m.Member, int64(m.Calls.High-m.SecondAsks.High-m.Recorded))
		usd := "unknown dollars"
		if m.USD != nil {
			usd = panel.Dollars(m.USD.Low) + " to " + panel.Dollars(m.USD.High) + " dollars"
			panel.ProcessMeter.ExpectUSD(m.Stage, m.Member, max(0, m.USD.Low-m.RecordedUSD),
				max(0, m.USD.High-m.RecordedUSD))
		}
		valid := ""
		if m.Stage == schemas.StageGenerate && e.ValidShare != nil {
			valid = fmt.Sprintf("; %.0f to %.0f %% of its answers are supposed to be valid", 100*e.ValidShare.Low,
				100*e.ValidShare.High)
		}
		b.Log("%s will ask %s %.0f to %.0f times (%.0f are in the ledger, %.0f to %.0f are second asks "+
			"after an answer that is not JSON): %s, %v to %v at its %s%s", m.Stage, m.Member, m.Calls.Low, m.Calls.High,
			m.Recorded, m.SecondAsks.Low, m.SecondAsks.High, usd,
			wholeSeconds(m.Seconds.Low), wholeSeconds(m.Seconds.High), m.LimitedBy, valid)
	}
	return nil
}

func wholeSeconds(s float64) time.Duration {
	return time.Duration(math.Ceil(s)) * time.Second
}
