package pipelines

import (
	"context"
	"encoding/json"
	"errors"
	"io/fs"
	"runtime"
	"slices"
	"time"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/bug"
	"decoy/pipelines/money"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/report"
)

// RunInfo is what run.json holds: times and memory of this run. It is outside of
// the bytes that repeat.
type RunInfo struct {
	Runner     string      `json:"runner"`
	GOMAXPROCS int         `json:"gomaxprocs"`
	Started    string      `json:"started"`
	Seconds    float64     `json:"seconds"`
	PeakRSSMiB int64       `json:"peak_rss_mib"`
	Stages     []StageInfo `json:"stages"`
	// Spending is what the build's ledgers hold at the end of this run, of earlier and
	// interrupted runs too; it is left out where no stage of this run could pay.
	Spending *RunSpending `json:"spending,omitempty"`
	// InternalErrors are those of all stages of OUT, by place.
	InternalErrors []bug.InternalErrors `json:"internal_errors,omitempty"`
	// Worked is how many seconds a stage has taken over all runs since it was begun with
	// its present options.
	Worked map[string]float64 `json:"worked_seconds,omitempty"`

	start   time.Time
	working map[string]bool // stages that were not done before
}

// works notes that a stage has something to do; afresh, that what was there is of no use.
func (r *RunInfo) works(stage string, afresh bool) {
	if r.working == nil {
		r.working = map[string]bool{}
	}
	r.working[stage] = true
	if afresh {
		delete(r.Worked, stage)
	}
}

// StageInfo is one stage of a run.
type StageInfo struct {
	Stage   string                   `json:"stage"`
	Seconds float64                  `json:"seconds"`
	Counts  map[string]int64         `json:"counts,omitempty"`
	Rejects map[schemas.Reason]int64 `json:"rejects,omitempty"`
	// Metrics are the runner's own, of this run's attempts.
	Metrics work.Metrics `json:"metrics,omitzero"`
}

// RunSpending sums up the ledgers in US dollars, as decoy ledger stats does.
type RunSpending struct {
	BilledUSD    float64 `json:"billed_usd"`
	AssumedUSD   float64 `json:"assumed_usd"`       // calls without a bill, at most
	MayCostUSD   float64 `json:"may_have_cost_usd"` // calls of killed runs, at most
	MayCostCalls int64   `json:"may_have_cost_calls"`
	Calls        int64   `json:"calls"`
	Attempts     int64   `json:"attempts"`
	Unpriced     int64   `json:"unpriced"`
}

// spentWithin bounds how long an interrupted run reads its ledgers.
const spentWithin = 10 * time.Second

// spent sums up the ledgers, also of a run that was interrupted.
func (r *RunInfo) spent(ctx context.Context, out string) error {
	interrupted := ctx.Err() != nil
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	defer cancel()
	if interrupted {
		defer time.AfterFunc(spentWithin, cancel).Stop()
	}
	stats, err := money.LedgerStats(ctx, out)
	if err != nil || len(stats) == 0 {
		return err
	}
	r.Spending = &RunSpending{}
	for _, m := range stats {
		r.Spending.BilledUSD += m.CostUSD
		r.Spending.AssumedUSD += m.AssumedUSD
		r.Spending.MayCostUSD += m.MayCostUSD
		r.Spending.MayCostCalls += m.MayCostCalls
		r.Spending.Calls += m.Calls
		r.Spending.Attempts += m.Attempts
		r.Spending.Unpriced += m.Unpriced
	}
	return nil
}

// goOn takes over from an earlier run what its stages have taken.
func (r *RunInfo) goOn(ctx context.Context, out string) error {
	old, ok, err := readRunInfo(ctx, out)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	r.Worked = map[string]float64{}
	if !ok {
		return nil
	}
	for _, s := range old.Stages { // of a version that did not add up
		if len(s.Counts) > 0 {
			r.Worked[s.Stage] = s.Seconds
		}
	}
	if old.Worked != nil {
		r.Worked = old.Worked
	}
	return nil
}

// elapsed is the run's time so far.
func (r *RunInfo) elapsed() float64 { return time.Since(r.start).Seconds() }

// begin notes the stages of a job. When it ends, the time that the runner's clocks do not
// account for is that of the first stage that was worked on, has none and is not sealed: the
// job has failed in it.
func (r *RunInfo) begin(stages []string) (end func(sealed func(stage string) bool)) {
	if r.start.IsZero() {
		r.start = time.Now()
		r.Started = r.start.UTC().Format(time.RFC3339)
		r.GOMAXPROCS = runtime.GOMAXPROCS(0)
	}
	t, first := time.Now(), len(r.Stages)
	for _, stage := range stages {
		r.Stages = append(r.Stages, StageInfo{Stage: stage})
	}
	return func(sealed func(stage string) bool) {
		all := r.Stages[first:]
		rest := time.Since(t).Seconds()
		for _, s := range all {
			rest -= s.Seconds
		}
		i := slices.IndexFunc(all, func(s StageInfo) bool {
			return s.Seconds == 0 && r.working[s.Stage] && !sealed(s.Stage)
		})
		if i < 0 { // or it only wrote what was left to write
			i = slices.IndexFunc(all, func(s StageInfo) bool { return s.Seconds == 0 && r.working[s.Stage] })
		}
		all[max(i, 0)].Seconds += max(rest, 0)
		for _, s := range all {
			if r.Worked != nil && r.working[s.Stage] {
				r.Worked[s.Stage] += s.Seconds
			}
		}
		r.Seconds = time.Since(r.start).Seconds()
	}
}

func (r *RunInfo) counts(stage string, counts map[string]int64, rejects map[schemas.Reason]int64) {
	for i := range r.Stages {
		if r.Stages[i].Stage == stage {
			r.Stages[i].Counts, r.Stages[i].Rejects = counts, rejects
		}
	}
}

// metrics adds what one graph counted of a stage.
func (r *RunInfo) metrics(stage string, m work.Metrics) {
	for i := range r.Stages {
		if r.Stages[i].Stage == stage {
			of := m.Of(stage)
			r.Stages[i].Metrics.Add(of)
			if at := of.Distributions[stage+"/"+flow.ClockMetric]; at.Count > 0 {
				r.Stages[i].Seconds += time.Duration((at.Max - at.Min) * int64(time.Millisecond)).Seconds()
			}
		}
	}
}

func (r *RunInfo) write(ctx context.Context, out string) error {
	r.PeakRSSMiB = peakRSS()
	raw, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	ctx, end := shard.Lasting(ctx) // an interrupted run says what it was too
	defer end()
	_, err = shard.WriteFile(ctx, shard.Join(out, "run.json"), append(raw, '\n'))
	return err
}

// report is what the report shows of a run.
func (r *RunInfo) report() report.Run {
	out := report.Run{Runner: r.Runner, GOMAXPROCS: r.GOMAXPROCS, Started: r.Started, Seconds: r.elapsed(),
		PeakRSSMiB: peakRSS()}
	for _, s := range r.Stages {
		out.Stages = append(out.Stages, report.Stage{Name: s.Stage, Seconds: s.Seconds})
	}
	return out
}
