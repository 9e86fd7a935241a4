package pipelines

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/judge"
	"decoy/transforms/panel"
	"decoy/transforms/panel/ledger"
)

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
