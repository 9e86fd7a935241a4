package money

import (
	"fmt"
	"math"
)

// A Plan is what a build takes on a fleet of workers. It is arithmetic over measured
// rates (PlanRates), so that a person can check every figure:
//
//	shards       = repositories / repositories a shard
//	core seconds = Σ over stages of units / (units a core second)
//	workers      = ⌈core seconds / (hours · 3600 · cores a worker · use)⌉
//	requests/min = paid requests / (60 · hours)
//	shuffle      = graphs · shards · bytes of a task (nothing else goes through one)
//	dollars      = core hours · (core price + GB a core · memory price) / use
//	             + worker hours · GB of disk · disk price + shuffle · shuffle price
//
// What models cost is Estimate's business; here it is requests · a price, if one is
// given.
type Plan struct {
	Repositories  float64     `json:"repositories"`
	UnpackedBytes float64     `json:"unpacked_bytes"`
	Shards        float64     `json:"shards"`
	Stages        []PlanStage `json:"stages"`
	CoreHours     float64     `json:"core_hours"`
	ShuffleBytes  float64     `json:"shuffle_bytes"`
	WrittenBytes  float64     `json:"written_bytes"`
	PaidRequests  float64     `json:"paid_requests"`
	PerMinute     float64     `json:"paid_requests_per_minute"`
	Workers       float64     `json:"workers"`
	USD           float64     `json:"usd"` // of the workers
	PanelUSD      *float64    `json:"panel_usd"`
	Notes         []string    `json:"notes"`
}

// PlanStage is one stage of a plan.
type PlanStage struct {
	Stage        string  `json:"stage"`
	Unit         string  `json:"unit"`
	Units        float64 `json:"units"`
	UnitsPerCore float64 `json:"units_per_core_second"`
	CoreHours    float64 `json:"core_hours"`
	ShuffleBytes float64 `json:"shuffle_bytes"`
	WrittenBytes float64 `json:"written_bytes"`
}

// PlanInput is the size of a build and its fleet.
type PlanInput struct {
	Repositories   float64
	UnpackedBytes  float64
	SourceShare    float64 // of the unpacked bytes, in files of the eight languages
	Pool           float64 // valid negatives
	PaidGenerators bool    // else the built-in rules
	PaidJudges     float64 // a negative
	Hours          float64 // in which it is to be done
	Cores          float64 // a worker
	USDPerRequest  *float64
	Rates          PlanRates
	Prices         PlanPrices
}

// PlanRates are what one core does in a second, and what a unit leaves.
type PlanRates struct {
	RepositoriesPerShard float64
	SourceBytes          float64 // extracted
	OtherBytes           float64 // of archives, walked over
	Rules                float64 // requests answered by the built-in rules
	PaidRequests         float64 // sent, recorded and checked
	Verified             float64 // negatives
	NgramVerdicts        float64
	Curated              float64 // negatives
	Exported             float64 // negatives of the pool, by their summary
	ValidShare           float64 // of the generators' requests
	ContextBytes         float64 // written by extract for each byte of source
	NegativeBytes        float64 // written by all later stages for each negative
	TaskBytes            float64 // of a shard's work order
	Use                  float64 // share of a worker's time in which its cores work
}

// MeasuredRates are of a demo build (22 archives, 78.5 MB of source, then 13,982
// negatives; CPU time of one stage's process) and of scripts/bench/panel, on two
// cores; SourceShare 0.4 is that of fourteen repositories (24.8 of 63.6 MB).
var MeasuredRates = PlanRates{
	RepositoriesPerShard: 50,
	SourceBytes:          1.3e6, OtherBytes: 41e6,
	Rules: 290, PaidRequests: 960, Verified: 245, NgramVerdicts: 1000, Curated: 1700, Exported: 2500,
	ValidShare: 0.89, ContextBytes: 1.0, NegativeBytes: 180, TaskBytes: 2 << 10, Use: 0.7,
}

// PlanPrices are in US dollars.
type PlanPrices struct {
	CoreHour, MemoryGBHour, DiskGBHour, ShuffleGB float64
	MemoryGBPerCore, DiskGB                       float64
}

// DataflowPrices are the list prices of batch workers in us-central1 with standard
// persistent disks (cloud.google.com/dataflow/pricing; look before you rely on them),
// and of a machine with 4 GB a core and a disk of 50 GB.
var DataflowPrices = PlanPrices{CoreHour: 0.056, MemoryGBHour: 0.003557, DiskGBHour: 0.000054, ShuffleGB: 0.011,
	MemoryGBPerCore: 4, DiskGB: 50}

// selectBytes is what a candidate takes in the one worker that selects (package
// curate).
const selectBytes = 500

// NewPlan computes a plan.
func NewPlan(in PlanInput) (Plan, error) {
	for name, v := range map[string]float64{
		"repositories": in.Repositories, "unpacked bytes": in.UnpackedBytes, "pool": in.Pool, "hours": in.Hours,
		"cores": in.Cores,
	} {
		if !(v > 0) {
			return Plan{}, fmt.Errorf("%s are %v: must be more than 0", name, v)
		}
	}
	if !(in.SourceShare >= 0 && in.SourceShare <= 1) {
		return Plan{}, fmt.Errorf("source share is %v: must be from 0 to 1", in.SourceShare)
	}
	r := in.Rates
	p := Plan{Repositories: in.Repositories, UnpackedBytes: in.UnpackedBytes,
		Shards: math.Max(1, math.Ceil(in.Repositories/r.RepositoriesPerShard))}
	source := in.UnpackedBytes * in.SourceShare
	requests := in.Pool / r.ValidShare
	add := func(stage, unit string, units, rate, written, graphs float64) {
		s := PlanStage{Stage: stage, Unit: unit, Units: units, UnitsPerCore: rate, CoreHours: units / rate / 3600,
			WrittenBytes: written, ShuffleBytes: graphs * p.Shards * r.TaskBytes}
		p.Stages = append(p.Stages, s)
		p.CoreHours += s.CoreHours
		p.ShuffleBytes += s.ShuffleBytes
		p.WrittenBytes += s.WrittenBytes
	}
	add("extract", "bytes of source", source, r.SourceBytes, source*r.ContextBytes, 2)
	add("", "other bytes", in.UnpackedBytes-source, r.OtherBytes, 0, 0)
	if in.PaidGenerators {
		add("generate", "paid requests", requests, r.PaidRequests, in.Pool*r.NegativeBytes/3, 1)
		p.PaidRequests += requests
	} else {
		add("generate", "requests to rules", requests, r.Rules, in.Pool*r.NegativeBytes/3, 1)
	}
	add("verify", "negatives", in.Pool, r.Verified, in.Pool*r.NegativeBytes/3, 1)
	if in.PaidJudges > 0 {
		add("judge", "paid requests", in.Pool*in.PaidJudges, r.PaidRequests, in.Pool*in.PaidJudges*r.NegativeBytes/3, 1)
		p.PaidRequests += in.Pool * in.PaidJudges
	} else {
		add("judge", "n-gram verdicts", in.Pool, r.NgramVerdicts, in.Pool*r.NegativeBytes/3, 1)
	}
	add("curate", "negatives", in.Pool, r.Curated, in.Pool*r.NegativeBytes/3, 2)
	add("export", "negatives", in.Pool, r.Exported, 0, 1)

	p.Workers = math.Ceil(p.CoreHours / (in.Hours * in.Cores * r.Use))
	p.PerMinute = p.PaidRequests / (60 * in.Hours)
	workerHours := p.CoreHours / (in.Cores * r.Use)
	p.USD = workerHours*in.Cores*(in.Prices.CoreHour+in.Prices.MemoryGBPerCore*in.Prices.MemoryGBHour) +
		workerHours*in.Prices.DiskGB*in.Prices.DiskGBHour + p.ShuffleBytes/1e9*in.Prices.ShuffleGB
	if in.USDPerRequest != nil {
		usd := p.PaidRequests * *in.USDPerRequest
		p.PanelUSD = &usd
	}
	p.notes(in)
	return p, nil
}

// notes say what bounds the plan beside the sums.
func (p *Plan) notes(in PlanInput) {
	note := func(format string, a ...any) { p.Notes = append(p.Notes, fmt.Sprintf(format, a...)) }
	note("a shard has %.0f repositories and %.1f GB of source: recipe shards: %.0f", in.Repositories/p.Shards,
		in.UnpackedBytes*in.SourceShare/p.Shards/1e9, p.Shards)
	if p.Workers > p.Shards {
		note("more workers than shards: %.0f of them have nothing to do; take more shards", p.Workers-p.Shards)
	}
	note("the worker that selects holds %.1f GB of candidates", in.Pool*selectBytes/1e9)
	if p.PaidRequests > 0 {
		note("the panel's providers must allow %.0f requests a minute together; with a limit of L a minute the paid "+
			"stages take %.0f / L hours", p.PerMinute, p.PaidRequests/60)
		note("each of %.0f workers gets limit / %.0f of every provider, or all share one in Redis", p.Workers,
			p.Workers)
	}
}
