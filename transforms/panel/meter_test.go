package panel

import (
	"testing"
	"time"
)

func TestTheMeterKnowsHowLongItWillTake(t *testing.T) {
	var m Meter
	m.Expect("generate", "a", 100)
	g := m.gauge("generate", "a")
	start := time.Unix(1_700_000_000, 0)
	if u := g.usage(start); u.ETA != nil || u.PerSecond != 0 {
		t.Errorf("before anything is done: %+v", u)
	}
	for i := range 40 {
		g.done(start.Add(time.Duration(i)*100*time.Millisecond), false) // ten a second
		g.done(start, true)
	}
	u := g.usage(start.Add(4 * time.Second))
	if u.PerSecond != 10 || u.ETA == nil || *u.ETA != 6*time.Second || u.Done != 80 || u.FromLedger != 40 {
		t.Errorf("%+v, ETA %v, want 6 s at 10 a second", u, u.ETA)
	}
	// A minute later nothing of it counts, and nobody knows.
	if u := g.usage(start.Add(2 * time.Minute)); u.PerSecond != 0 || u.ETA != nil {
		t.Errorf("after a quiet minute: %+v", u)
	}
	for i := range 60 {
		g.done(start.Add(2*time.Minute+time.Duration(i)*time.Second), false)
	}
	if u := g.usage(start.Add(3 * time.Minute)); u.ETA == nil || *u.ETA != 0 {
		t.Errorf("when all is done: ETA %v", u.ETA)
	}
	if all := m.Usage(); len(all) != 1 || all[0].Member != "a" || all[0].Outcomes[OutcomeAnswered] != 0 || len(all[0].Outcomes) != len(Outcomes) {
		t.Errorf("%+v", all)
	}
}

func TestMeasuredSharesAndCosts(t *testing.T) {
	u := Usage{Read: 199, Valid: 100, Done: 199, Expected: 1000, SpentUSD: 2, ExpectedUSD: &[2]float64{4, 5}}
	if u.ValidShare() != nil || u.CorrectedUSD() != nil {
		t.Error("199 answers are taken for a measure")
	}
	u.Read, u.Done, u.SpentUSD = 200, 200, 2
	if share, usd := u.ValidShare(), u.CorrectedUSD(); share == nil || *share != 0.5 || usd == nil || *usd != 10 {
		t.Errorf("share %v, corrected to %v, want 0.5 and 10", share, usd)
	}
	if u.SpentUSD = 1; u.CorrectedUSD() != nil {
		t.Error("what was estimated is corrected")
	}
	if u.FromLedger, u.SpentUSD = 100, 2; u.CorrectedUSD() != nil {
		t.Error("answers from the ledger are taken for a measure of what one costs")
	}
}
