package pipelines

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"math"
	"slices"
	"strings"
	"time"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/judge"
	"decoy/transforms/panel"
	"decoy/transforms/panel/ledger"
)

// An estimate is made from a sample of the contexts: the first ones of shards that are
// evenly spread, whose files are sorted by id, a hash, so that the sample is uniform
// in a shard and the same at every run. The requests of the sample are rendered as
// they would be sent; everything is then weighted by the records of its shard.

// What an estimate supposes where nothing is measured yet.
const (
	// estimateContexts and estimateShards bound the sample.
	estimateContexts = 1600
	estimateShards   = 200
	// A token is 4.05 bytes of a request's JSON: measured over 1,000 generators' and
	// judges' prompts of real source in eight languages with o200k_base and
	// cl100k_base, 2.9 (JavaScript) to 5.0 (C#) by language. The range allows for
	// tokenizers with fewer words, and for a corpus of another mix.
	fewestBytesPerToken, mostBytesPerToken = 3.3, 4.6
	// goldenBytesPerToken is that of the goldens alone.
	goldenBytesPerToken = 3.3
	// An answer of a generator is the completion, a list of names and a reason; that of
	// a judge two fields. A model that thinks aloud is billed for it: up to max_tokens.
	fewestAnswerTokens, mostAnswerTokens   = 30, 200
	fewestVerdictTokens, mostVerdictTokens = 12, 60
	// The share of a generator's requests that give a valid negative.
	fewestValid, mostValid = 0.4, 1.0
	// measuredAnswers is from how many sampled answers in the ledger on tokens are
	// taken from them.
	measuredAnswers = 30
)

// EstimateLatency is the time of a call if nobody says otherwise.
const EstimateLatency = 4 * time.Second

// Range is what a figure may be.
type Range struct {
	Low  float64 `json:"low"`
	High float64 `json:"high"`
}

func (r Range) add(o Range) Range             { return Range{r.Low + o.Low, r.High + o.High} }
func (r Range) times(low, high float64) Range { return Range{r.Low * low, r.High * high} }

// MemberEstimate is what one paid member of a stage's panel will be asked, what is in
// the ledger included. USD is null where its price is unknown. Seconds is the time at
// the member's limits, LimitedBy the one that decides: rpm, tpm or concurrency.
type MemberEstimate struct {
	Stage          string  `json:"stage"`
	Member         string  `json:"member"`
	Provider       string  `json:"provider"`
	Model          string  `json:"model"`
	Calls          Range   `json:"calls"`
	Recorded       float64 `json:"recorded"` // of the calls: they are answered from the ledger
	InputTokens    Range   `json:"input_tokens"`
	OutputTokens   Range   `json:"output_tokens"`
	MeasuredTokens bool    `json:"measured_tokens"` // from answers in the ledger, not supposed
	USD            *Range  `json:"usd"`
	RecordedUSD    float64 `json:"recorded_usd"`
	// LargestCallUSD is the largest reservation of the sample: a shard whose share of
	// the budget is less than it sends nothing.
	LargestCallUSD *float64 `json:"largest_call_usd"`
	Seconds        Range    `json:"seconds"`
	LimitedBy      string   `json:"limited_by"`

	account string
}

// Estimate is what a build will ask and pay for, before it does.
type Estimate struct {
	Contexts        int64            `json:"contexts"`
	SampledContexts int              `json:"sampled_contexts"`
	LatencySeconds  float64          `json:"latency_seconds"`
	Members         []MemberEstimate `json:"members"`
	// USD is null if any price is unknown; KnownUSD leaves those members out.
	USD            *Range   `json:"usd"`
	KnownUSD       Range    `json:"known_usd"`
	PerSelectedUSD *Range   `json:"per_selected_usd"`
	BudgetUSD      *float64 `json:"budget_usd"`
	Seconds        Range    `json:"seconds"` // all accounts at once, one stage after the other
	Notes          []string `json:"notes"`
}

// sampled is a context with how many contexts it stands for.
type sampled struct {
	schemas.Context
	shard  int
	weight float64
}

// Estimate says what the paid stages will cost. Nothing is sent, and no API key is
// needed. latency is that of a call, EstimateLatency if it is zero.
func (b *Build) Estimate(ctx context.Context, latency time.Duration) (*Estimate, error) {
	if latency == 0 {
		latency = EstimateLatency
	}
	m, err := shard.ReadManifest(b.dir(schemas.StageExtract))
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s has no contexts yet, and without them nobody can say what a build costs; run decoy extract with the same --recipe and --out first: it sends nothing and costs nothing", b.Out)
	}
	if err != nil {
		return nil, err
	}
	e := &estimator{b: b, latency: latency, ledgers: map[string]*ledger.Shard{}}
	e.Contexts, e.LatencySeconds, e.BudgetUSD = m.Counts["contexts"], latency.Seconds(), b.Recipe.BudgetUSD
	if err := e.take(m); err != nil {
		return nil, err
	}
	e.SampledContexts = len(e.sample)
	negatives, err := e.generators(ctx)
	if err != nil {
		return nil, err
	}
	if err := e.judges(ctx, negatives); err != nil {
		return nil, err
	}
	e.sum()
	return &e.Estimate, nil
}

type estimator struct {
	Estimate
	b       *Build
	latency time.Duration
	sample  []sampled
	ledgers map[string]*ledger.Shard // by stage and shard
}

// take draws the sample.
func (e *estimator) take(m schemas.Manifest) error {
	records := map[string]int64{}
	for _, f := range m.Shards {
		records[f.Name] = f.Records
	}
	var names []string
	var shards []int
	n := 0 // shards of the extraction, whatever the recipe says now
	for name := range records {
		if strings.HasPrefix(name, "contexts-") {
			n++
		}
	}
	all, chosen := int64(0), int64(0)
	step := max(1, (n+estimateShards-1)/estimateShards)
	for i := range n {
		name := schemas.ShardName("contexts", i, n, "jsonl.zst")
		all += records[name]
		if i%step == 0 && records[name] > 0 {
			names, shards, chosen = append(names, name), append(shards, i), chosen+records[name]
		}
	}
	for at, name := range names {
		path := e.b.dir(schemas.StageExtract) + "/" + name
		of := min(records[name], int64((estimateContexts+len(names)-1)/len(names)))
		weight := float64(records[name]) / float64(of) * float64(all) / float64(chosen)
		for c, err := range shard.Read[schemas.Context](path) {
			if err != nil {
				return err
			}
			e.sample = append(e.sample, sampled{c, shards[at], weight})
			if of--; of == 0 {
				break
			}
		}
	}
	return nil
}

// ask is one request of the sample, standing for weight requests.
type ask struct {
	panel.Request
	weight Range
	shard  int
	out    Range // tokens of its answer, where none is recorded
}

// member adds the estimate of what one member is asked.
func (e *estimator) member(ctx context.Context, stage string, m panel.Member, d *panel.Drafts, asks []ask) error {
	m = m.Defaults()
	row := MemberEstimate{Stage: stage, Member: m.Name, Provider: m.Provider, Model: m.Model, account: m.BaseURL + " " + m.APIKeyEnv}
	var bytes, reserved, out Range // weighted
	var billed struct{ bytes, in, out, n float64 }
	for _, a := range asks {
		size := float64(a.Size())
		tokens, usd := d.Reservation(a.Request)
		row.Calls = row.Calls.add(a.weight)
		bytes = bytes.add(a.weight.times(size, size))
		reserved = reserved.add(a.weight.times(float64(tokens), float64(tokens)))
		out = out.add(a.weight.times(min(a.out.Low, float64(m.MaxTokens)), min(a.out.High, float64(m.MaxTokens))))
		if usd != nil && (row.LargestCallUSD == nil || *usd > *row.LargestCallUSD) {
			row.LargestCallUSD = usd
		}
		rec, ok, err := e.recorded(ctx, stage, a)
		if err != nil {
			return err
		}
		if !ok {
			continue
		}
		row.Recorded += a.weight.High
		usdSpent, _ := rec.Spent()
		row.RecordedUSD += a.weight.High * usdSpent
		if rec.InputTokens != nil && rec.OutputTokens != nil {
			billed.bytes, billed.n = billed.bytes+size, billed.n+1
			billed.in, billed.out = billed.in+float64(*rec.InputTokens), billed.out+float64(*rec.OutputTokens)
		}
	}
	row.InputTokens = bytes.times(1/mostBytesPerToken, 1/fewestBytesPerToken)
	row.OutputTokens = out
	if row.MeasuredTokens = billed.n >= measuredAnswers && billed.in > 0; row.MeasuredTokens {
		row.InputTokens = bytes.times(billed.in/billed.bytes, billed.in/billed.bytes)
		row.OutputTokens = row.Calls.times(billed.out/billed.n, billed.out/billed.n)
	}
	if p := m.USDPerMTok; p != nil {
		row.USD = &Range{
			(row.InputTokens.Low**p.In + row.OutputTokens.Low**p.Out) / 1e6,
			(row.InputTokens.High**p.In + row.OutputTokens.High**p.Out) / 1e6,
		}
	}
	row.Seconds, row.LimitedBy = atLimits(m, row.Calls, reserved, e.latency)
	e.Members = append(e.Members, row)
	return nil
}

// atLimits is the time of calls whose reservations are tokens in all.
func atLimits(m panel.Member, calls, tokens Range, latency time.Duration) (Range, string) {
	seconds, by := calls.times(latency.Seconds()/float64(m.Concurrency), latency.Seconds()/float64(m.Concurrency)), "concurrency"
	if m.RPM > 0 {
		if r := calls.times(60/float64(m.RPM), 60/float64(m.RPM)); r.High > seconds.High {
			seconds, by = r, "rpm"
		}
	}
	if m.TPM > 0 {
		if r := tokens.times(60/float64(m.TPM), 60/float64(m.TPM)); r.High > seconds.High {
			seconds, by = r, "tpm"
		}
	}
	return seconds, by
}

// recorded is the record that answers a request already.
func (e *estimator) recorded(ctx context.Context, stage string, a ask) (ledger.Record, bool, error) {
	key := fmt.Sprint(stage, a.shard)
	l := e.ledgers[key]
	if l == nil {
		var err error
		if l, err = ledger.Open(ctx, openStore(e.b.Out, stage), a.shard); err != nil {
			return ledger.Record{}, false, err
		}
		e.ledgers[key] = l
	}
	r, ok := l.Get(a.Key)
	return r, ok, nil
}

// generators adds the members of generate's panel and returns how many negatives all
// of its members, the built-in one too, will make of each sampled context.
func (e *estimator) generators(ctx context.Context) (negatives []Range, err error) {
	negatives = make([]Range, len(e.sample))
	members := e.b.Recipe.Generate.Panel
	d, err := panel.OpenDrafts(members)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		var asks []ask
		for i, c := range e.sample {
			if len(c.Types) == 0 {
				continue
			}
			requests, err := draftGenerate(d, m, c.Context)
			if err != nil {
				return nil, err
			}
			n := float64(len(c.Types))
			if m.Paid() {
				n = float64(len(requests))
			}
			negatives[i] = negatives[i].add(Range{n * fewestValid, n * mostValid})
			golden := float64(len(c.Golden)) / goldenBytesPerToken
			for _, r := range requests {
				answer := Range{golden + fewestAnswerTokens, 2*golden + mostAnswerTokens}
				if m.Provider == panel.ProviderFIM {
					answer = Range{golden, float64(m.Defaults().MaxTokens)}
				}
				asks = append(asks, ask{r, Range{c.weight, c.weight}, c.shard, answer})
			}
		}
		if m.Paid() {
			if err := e.member(ctx, schemas.StageGenerate, m, d, asks); err != nil {
				return nil, err
			}
		}
	}
	made, err := shard.ReadManifest(e.b.dir(schemas.StageGenerate))
	if errors.Is(err, fs.ErrNotExist) {
		e.note("generate is not done: of the requests, %v to %v are supposed to give a valid negative", fewestValid, mostValid)
		return negatives, nil
	}
	if err != nil {
		return nil, err
	}
	// The number is known; which contexts have them is not.
	expected := 0.0
	for i, c := range e.sample {
		expected += c.weight * negatives[i].High
	}
	for i := range negatives {
		n := negatives[i].High * float64(made.Counts["negatives"]) / max(expected, 1)
		negatives[i] = Range{n, n}
	}
	return negatives, nil
}

// draftGenerate are the requests of one generator about one context.
func draftGenerate(d *panel.Drafts, m panel.Member, c schemas.Context) (list []panel.Request, err error) {
	add := func(r panel.Request, e error) {
		list, err = append(list, r), errors.Join(err, e)
	}
	switch {
	case !m.Paid():
	case m.Provider == panel.ProviderFIM:
		for sample := range m.Defaults().Samples {
			add(d.SampleRequest(m.Name, c, int64(sample)))
		}
	default:
		for _, typ := range c.Types {
			add(d.GenerateRequest(m.Name, c, typ, 0))
		}
	}
	return list, err
}

// draftJudge is how one judge is asked about one completion.
func draftJudge(d *panel.Drafts, m panel.Member, c schemas.Context, candidate string) (panel.Request, error) {
	if m.Provider == panel.ProviderFIM {
		return d.ScoreRequest(m.Name, c, candidate)
	}
	return d.JudgeRequest(m.Name, c, candidate)
}

// protocolCalls is how many calls one verdict takes: both orders of a pair.
func protocolCalls(protocol string) float64 {
	if protocol == "pairwise" {
		return 2
	}
	return 1
}

// judges adds the members of judge's panel. A negative is as long as its golden, which
// stands for it.
func (e *estimator) judges(ctx context.Context, negatives []Range) error {
	r := e.b.Recipe.Judge
	d, err := panel.OpenDrafts(r.Panel)
	if err != nil {
		return err
	}
	for _, m := range r.Panel {
		if !m.Paid() {
			continue
		}
		calls := protocolCalls(r.Protocol)
		rounds := Range{slices.Min(r.Rounds), slices.Max(r.Rounds)}
		var asks []ask
		for i, c := range e.sample {
			n := negatives[i].times(rounds.Low, rounds.High)
			if m.Provider == panel.ProviderFIM {
				calls = 1
				n = n.add(Range{min(1, n.Low), min(1, n.High)}) // its golden, once
			}
			if judge.Sampled(c.ID, r.Goldens) && n.High > 0 {
				n = n.add(Range{min(1, n.Low), min(1, n.High)})
			}
			if n.High == 0 {
				continue
			}
			request, err := draftJudge(d, m, c.Context, c.Golden)
			if err != nil {
				return err
			}
			asks = append(asks, ask{request, n.times(c.weight*calls, c.weight*calls), c.shard, Range{fewestVerdictTokens, mostVerdictTokens}})
		}
		if err := e.member(ctx, schemas.StageJudge, m, d, asks); err != nil {
			return err
		}
	}
	return nil
}

func (e *estimator) note(format string, a ...any) {
	e.Notes = append(e.Notes, fmt.Sprintf(format, a...))
}

// sum adds the members up and says what the figures rest on.
func (e *estimator) sum() {
	unknown, measured := []string{}, len(e.Members) > 0
	type place struct{ stage, account string }
	accounts := map[place]Range{}
	e.USD = &Range{}
	for _, m := range e.Members {
		measured = measured && m.MeasuredTokens
		at := place{m.Stage, m.account}
		accounts[at] = accounts[at].add(m.Seconds)
		if m.USD == nil {
			unknown = append(unknown, m.Member)
			e.USD = nil
			continue
		}
		e.KnownUSD = e.KnownUSD.add(*m.USD)
	}
	for _, stage := range paidStages {
		var longest Range
		for at, r := range accounts {
			if at.stage == stage {
				longest = Range{math.Max(longest.Low, r.Low), math.Max(longest.High, r.High)}
			}
		}
		e.Seconds = e.Seconds.add(longest)
	}
	if e.USD != nil {
		usd := e.KnownUSD
		e.USD = &usd
		rows := float64(e.b.Recipe.Curate.Rows)
		e.PerSelectedUSD = &Range{usd.Low / rows, usd.High / rows}
		e.note("per selected row: if curate selects all of its %d rows", e.b.Recipe.Curate.Rows)
	}
	if len(unknown) > 0 {
		e.note("the price of %s is unknown: set usd_per_mtok", strings.Join(unknown, ", "))
	}
	if !measured {
		e.note("tokens are supposed where the ledger has no answers yet: %v to %v bytes of a request a token; an answer of a generator %d to %d tokens beside the completion, of a judge %d to %d; a model that thinks aloud takes up to max_tokens",
			fewestBytesPerToken, mostBytesPerToken, fewestAnswerTokens, mostAnswerTokens, fewestVerdictTokens, mostVerdictTokens)
	}
	e.note("time: every call takes %v, all accounts work at once, no limit is met by others; failed calls are not counted", e.latency)
	if e.BudgetUSD == nil {
		return
	}
	if e.KnownUSD.High > *e.BudgetUSD {
		e.note("budget_usd is %.2f: the build may stop before its end", *e.BudgetUSD)
	}
	for _, m := range e.Members {
		if share := *e.BudgetUSD / float64(e.b.Recipe.Shards); m.LargestCallUSD != nil && *m.LargestCallUSD > share {
			e.note("budget_usd gives each of %d shards %.4f, and a call of %s reserves up to %.4f: use fewer shards or a higher budget", e.b.Recipe.Shards, share, m.Member, *m.LargestCallUSD)
		}
	}
}

// logEstimate tells what a paid stage and those after it will cost, in a line a
// member, before it sends anything.
func (b *Build) logEstimate(ctx context.Context, stage string) error {
	e, err := b.Estimate(ctx, 0)
	if err != nil {
		return err
	}
	for _, m := range e.Members {
		if slices.Index(paidStages, m.Stage) < slices.Index(paidStages, stage) {
			continue
		}
		usd := "unknown dollars"
		if m.USD != nil {
			usd = fmt.Sprintf("%.2f to %.2f dollars", m.USD.Low, m.USD.High)
		}
		b.Log("%s will ask %s %.0f to %.0f times (%.0f are in the ledger): %s, %v to %v at its %s", m.Stage, m.Member, m.Calls.Low, m.Calls.High, m.Recorded, usd,
			wholeSeconds(m.Seconds.Low), wholeSeconds(m.Seconds.High), m.LimitedBy)
	}
	return nil
}

func wholeSeconds(s float64) time.Duration {
	return time.Duration(math.Ceil(s)) * time.Second
}
