package pipelines

import (
	"math"
	"strings"
	"testing"
	"time"

	"decoy/pipelines/money"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/panel/faultserver"
)

func near(got money.Range, low, high, share float64) bool {
	return math.Abs(got.Low-low) <= share*low && math.Abs(got.High-high) <= share*high
}

// TestEstimateAgainstABuild compares what is said before with what a server counts.
func TestEstimateAgainstABuild(t *testing.T) {
	var bill till
	bill.limit(math.Inf(1))
	s := bill.serve(t, 5, false)
	c := ordinary(t, 2)
	r := asked(t, s)
	b := c.open(t, t.TempDir(), "direct", r)
	t.Setenv(keyEnv, "") // an estimate needs no key
	if _, err := b.Estimate(t.Context(), 0); err == nil || !strings.Contains(err.Error(), "run decoy extract") {
		t.Errorf("error %v, want what to run first", err)
	}
	if err := b.RunStages(t.Context(), schemas.StageExtract); err != nil {
		t.Fatal(err)
	}
	estimate := func() (*money.Estimate, money.MemberEstimate, money.MemberEstimate) {
		e, err := b.Estimate(t.Context(), 2*time.Second)
		if err != nil {
			t.Fatal(err)
		}
		if len(e.Members) != 2 || e.Members[0].Member != "gen" || e.Members[1].Member != "jud" {
			t.Fatalf("%+v", e.Members)
		}
		return e, e.Members[0], e.Members[1]
	}
	before, gen, jud := estimate()
	if len(s.Arrivals()) > 0 {
		t.Fatal("an estimate sends requests")
	}
	requests := 0.0
	for _, x := range records[schemas.Context](t, b.Out, schemas.StageExtract, "contexts") {
		requests += float64(len(x.Types))
	}
	if int(before.Contexts) != before.SampledContexts || !near(gen.Calls, requests, 1.1*requests, 0.001) ||
		!near(gen.SecondAsks, 0, 0.1*requests, 0.001) || gen.Recorded != 0 || gen.LimitedBy != "concurrency" {
		t.Errorf("%d of %d contexts, calls %v of %v", before.SampledContexts, before.Contexts, gen.Calls, requests)
	}
	if want := requests * 2 / 48; !near(gen.Seconds, want, 1.1*want, 0.001) {
		t.Errorf("time %v, want %v", gen.Seconds, want)
	}
	if again, _, _ := estimate(); *again.USD != *before.USD {
		t.Errorf("two estimates: %v and %v", *again.USD, *before.USD)
	}

	t.Setenv(keyEnv, apiKey)
	if err := b.RunStages(t.Context(), schemas.StageGenerate); err != nil {
		t.Fatal(err)
	}
	if n := float64(len(s.Arrivals())); !near(gen.Calls, n, 1.1*n, 0.001) {
		t.Errorf("generate was asked %v times, estimated %v", n, gen.Calls)
	}
	generated := bill.usd
	_, gen, jud2 := estimate()
	if !gen.MeasuredTokens || !near(*gen.USD, generated, generated, 0.01) ||
		math.Abs(gen.RecordedUSD-generated) > 0.001*generated || gen.Recorded != gen.Calls.High {
		t.Errorf("after the stage: %+v %v, paid %v", gen, *gen.USD, generated)
	}
	if err := b.RunStages(t.Context(), schemas.StageVerify, schemas.StageJudge); err != nil {
		t.Fatal(err)
	}
	last, _, jud3 := estimate()
	if math.Abs(jud3.Recorded-jud3.Calls.High) > 0.05*jud3.Recorded || !near(*last.USD, bill.usd, bill.usd, 0.02) ||
		math.Abs(jud3.RecordedUSD-(bill.usd-generated)) > 0.02*bill.usd {
		t.Errorf("when all is done: %+v, %v of %v", jud3, last.USD, bill.usd)
	}
	cells, negatives := money.Range{}, 0.0
	for _, x := range last.Cells {
		cells = cells.Add(*x.USD)
		negatives += x.Negatives.High
	}
	if !near(cells, last.USD.Low, last.USD.High, 0.001) ||
		math.Abs(negatives-float64(len(records[schemas.Negative](t, b.Out, schemas.StageGenerate,
			"negatives")))) > 0.5 {
		t.Errorf("cells cost %v of %v, %v negatives", cells, last.USD, negatives)
	}
	judged := float64(len(s.Arrivals())) - gen.Calls.High
	if judged < jud.Calls.Low || judged > jud.Calls.High || !near(jud2.Calls, judged, 1.1*judged, 0.01) {
		t.Errorf("judge was asked %v times, estimated %v, then %v", judged, jud.Calls, jud2.Calls)
	}
}

func TestEstimateOfUnknownPrices(t *testing.T) {
	s := serve(t, faultserver.Each(faultserver.OK(completion(renamed))))
	c := ordinary(t, 1)
	r := asked(t, s)
	r.Generate.Panel[1].USDPerMTok = nil
	b := c.open(t, t.TempDir(), "direct", r)
	if err := b.RunStages(t.Context(), schemas.StageExtract); err != nil {
		t.Fatal(err)
	}
	e, err := b.Estimate(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if e.USD != nil || e.PerSelectedUSD != nil || e.Members[0].USD != nil || e.Members[0].LargestCallUSD != nil ||
		e.KnownUSD.Low <= 0 {
		t.Errorf("an unknown price: %+v", e)
	}
	if text := strings.Join(e.Notes, "\n"); !strings.Contains(text, "price of gen is unknown") {
		t.Errorf("notes %s", text)
	}
	budget := 0.001
	b.Recipe.BudgetUSD = &budget
	if e, err = b.Estimate(t.Context(), 0); err != nil {
		t.Fatal(err)
	}
	if text := strings.Join(e.Notes, "\n"); !strings.Contains(text, "may stop before its end") ||
		!strings.Contains(text, "use fewer shards") {
		t.Errorf("notes %s", text)
	}
}

func TestAtLimits(t *testing.T) {
	m := panel.Member{Concurrency: 10}
	calls, tokens := money.Range{Low: 100, High: 200}, money.Range{Low: 1000, High: 3000}
	for _, x := range []struct {
		rpm, tpm  int
		low, high float64
		by        string
	}{
		{0, 0, 20, 40, "concurrency"},
		{100, 0, 60, 120, "rpm"},
		{100, 60, 1000, 3000, "tpm"},
		{1000, 10_000, 20, 40, "concurrency"},
	} {
		m.RPM, m.TPM = x.rpm, x.tpm
		if got, by := money.AtLimits(m, calls, tokens, 2*time.Second); got != (money.Range{Low: x.low, High: x.high}) ||
			by != x.by {
			t.Errorf("rpm %d, tpm %d: %v by %s, want %v", x.rpm, x.tpm, got, by, x)
		}
	}
}
