package money

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"time"

	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/schemas"
	"decoy/transforms/judge"
	"decoy/transforms/panel"
	"decoy/transforms/panel/ledger"
)

// sampledAsk is one request of the sample, standing for weight requests.
type sampledAsk struct {
	panel.Request
	weight Range
	from   *sampled
	types  []schemas.Type // of the negatives that it is about
	out    Range          // tokens of its answer, where none is recorded
}

// judgeable is a completion that judges will be asked about, standing for n of them.
type judgeable struct {
	text string
	typ  schemas.Type
	n    Range
}

// member adds the estimate of what one member is asked.
func (e *estimator) member(ctx context.Context, stage string, m panel.Member,
	d *panel.Drafts, asks []sampledAsk) error {
	m = m.Defaults()
	row := MemberEstimate{Stage: stage, Member: m.Name, Provider: m.Provider, Model: m.Model, account: m.BaseURL + " " +
		m.Key().String()}
	var bytes, reserved, out Range // weighted
	cells := map[cellKey]float64{} // bytes
	var billed struct{ bytes, in, out, n float64 }
	var answers struct{ read, again float64 } // in the ledger, of requests that may be asked twice
	asksAgain := false
	for _, a := range asks {
		size := float64(a.Size())
		tokens, usd := d.Reservation(a.Request)
		asksAgain = asksAgain || a.AsksAgain()
		row.Calls = row.Calls.Add(a.weight)
		bytes = bytes.Add(a.weight.times(size, size))
		for _, typ := range a.types {
			cells[cellKey{typ, a.from.Language}] += a.weight.High * size / float64(len(a.types))
		}
		reserved = reserved.Add(a.weight.times(float64(tokens), float64(tokens)))
		out = out.Add(a.weight.times(min(a.out.Low, float64(m.MaxTokens)), min(a.out.High, float64(m.MaxTokens))))
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
		if rec.Reject == "" && a.AsksAgain() {
			answers.read++
			if second, ok := d.Again(a.Request, rec.Raw); ok {
				answers.again++
				twice := a
				twice.Request = second
				if rec, ok, err := e.recorded(ctx, stage, twice); err != nil {
					return err
				} else if ok {
					usdSpent, _ := rec.Spent()
					row.RecordedUSD += a.weight.High * usdSpent
				}
			}
		}
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
	if asksAgain {
		again := Range{fewestAgain, mostAgain}
		if row.MeasuredAsks = answers.read >= measuredAnswers; row.MeasuredAsks {
			again = Range{answers.again / answers.read, answers.again / answers.read}
		}
		reserved = reserved.Add(reserved.times(again.Low, again.High))
		row.askAgain(again)
	}
	if p := m.USDPerMTok; p != nil {
		row.USD = &Range{
			(row.InputTokens.Low**p.In + row.OutputTokens.Low**p.Out) / 1e6,
			(row.InputTokens.High**p.In + row.OutputTokens.High**p.Out) / 1e6,
		}
	}
	for cell, n := range cells {
		c := e.cell(cell.typ, cell.language)
		if row.USD == nil {
			c.USD = nil
		} else if c.USD != nil {
			usd := c.USD.Add(row.USD.times(n/bytes.High, n/bytes.High))
			c.USD = &usd
		}
	}
	row.Seconds, row.LimitedBy = AtLimits(m, row.Calls, reserved, e.latency)
	e.Members = append(e.Members, row)
	return nil
}

// askAgain adds the second asks of a share of the requests, which show the model its
// answer.
func (row *MemberEstimate) askAgain(share Range) {
	row.SecondAsks = row.Calls.times(share.Low, share.High)
	row.Calls = row.Calls.Add(row.SecondAsks)
	row.InputTokens = row.InputTokens.Add(row.InputTokens.Add(row.OutputTokens).times(share.Low, share.High))
	row.OutputTokens = row.OutputTokens.Add(row.OutputTokens.times(share.Low, share.High))
}

// LimitedOffline is what limits a member that is offline: it makes no call, and what its
// scores take elsewhere nobody here knows.
const LimitedOffline = "offline"

// AtLimits is the time of calls whose reservations are tokens in all.
func AtLimits(m panel.Member, calls, tokens Range, latency time.Duration) (Range, string) {
	if m.Offline {
		return Range{}, LimitedOffline
	}
	seconds, by := calls.times(latency.Seconds()/float64(m.Concurrency), latency.Seconds()/float64(m.Concurrency)),
		"concurrency"
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
func (e *estimator) recorded(ctx context.Context, stage string, a sampledAsk) (ledger.Record, bool, error) {
	key := fmt.Sprint(stage, a.from.shard)
	l := e.ledgers[key]
	if l == nil {
		var err error
		if l, err = ledger.Open(ctx, ask.Store(e.out, stage), a.from.shard); err != nil {
			return ledger.Record{}, false, err
		}
		e.ledgers[key] = l
	}
	r, ok := l.Get(a.Key)
	return r, ok && r.Final(), nil
}

// generators adds the members of generate's panel and returns, for each sampled
// context, the negatives that judges will be asked about.
func (e *estimator) generators(ctx context.Context) ([][]judgeable, error) {
	candidates := make([][]judgeable, len(e.sample))
	members := e.recipe.Generate.Panel
	d, err := panel.OpenDrafts(members)
	if err != nil {
		return nil, err
	}
	for _, m := range members {
		var asks []sampledAsk
		for i := range e.sample {
			c := &e.sample[i]
			if len(c.Types) == 0 {
				continue
			}
			requests, err := draftGenerate(d, m, c.Context)
			if err != nil {
				return nil, err
			}
			of := 1.0 // requests a type
			if m.Provider == panel.ProviderFIM {
				of = float64(len(requests)) / float64(len(c.Types))
			}
			for _, typ := range c.Types {
				candidates[i] = append(candidates[i], judgeable{c.Golden, typ, Range{of * fewestValid, of * mostValid}})
			}
			golden := float64(len(c.Golden)) / goldenBytesPerToken
			for _, r := range requests {
				x := sampledAsk{r, Range{c.weight, c.weight}, c, []schemas.Type{r.Type},
					Range{golden + fewestAnswerTokens, 2*golden + mostAnswerTokens}}
				if m.Provider == panel.ProviderFIM {
					x.types, x.out = c.Types, Range{golden, float64(m.Defaults().MaxTokens)}
				}
				asks = append(asks, x)
			}
		}
		if m.Paid() {
			if err := e.member(ctx, schemas.StageGenerate, m, d, asks); err != nil {
				return nil, err
			}
		}
	}
	made, err := shard.ReadManifest(ctx, shard.Join(e.out, schemas.StageGenerate))
	if errors.Is(err, fs.ErrNotExist) {
		e.ValidShare = &Range{fewestValid, mostValid}
		e.note("generate is not done: of the requests, %v to %v are supposed to give a valid negative; a golden "+
			"stands for one, being as long", fewestValid, mostValid)
		return candidates, nil
	}
	if err != nil {
		return nil, err
	}
	return e.made(ctx, made)
}

// made are the negatives of the sampled contexts where generate is done.
func (e *estimator) made(ctx context.Context, m schemas.Manifest) ([][]judgeable, error) {
	at := map[string]int{} // of a context in the sample
	shards := map[int]bool{}
	for i, c := range e.sample {
		at[c.ID], shards[c.shard] = i, true
	}
	candidates := make([][]judgeable, len(e.sample))
	sum := 0.0
	for _, f := range m.Shards {
		var i, of int
		if n, _ := fmt.Sscanf(f.Name, "negatives-%d-of-%d.", &i, &of); n != 2 || !shards[i] {
			continue
		}
		for n, err := range shard.Read[schemas.Negative](ctx, shard.Join(shard.Join(e.out,
			schemas.StageGenerate), f.Name)) {
			if err != nil {
				return nil, err
			}
			if k, ok := at[n.ContextID]; ok {
				candidates[k] = append(candidates[k], judgeable{n.Text, n.Type, Range{1, 1}})
				sum += e.sample[k].weight
			}
		}
	}
	// Their number is known.
	for _, list := range candidates {
		for k := range list {
			list[k].n = list[k].n.times(float64(m.Counts["negatives"])/sum, float64(m.Counts["negatives"])/sum)
		}
	}
	return candidates, nil
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

// DraftJudge is how one judge is asked about one completion.
func DraftJudge(d *panel.Drafts, m panel.Member, c schemas.Context, candidate string) (panel.Request, error) {
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

// judges adds the members of judge's panel.
func (e *estimator) judges(ctx context.Context, candidates [][]judgeable) error {
	r := e.recipe.Judge
	d, err := panel.OpenDrafts(r.Panel)
	if err != nil {
		return err
	}
	rounds := Range{slices.Min(r.Rounds), slices.Max(r.Rounds)}
	for _, m := range r.Panel {
		if !m.Paid() {
			continue
		}
		calls := protocolCalls(r.Protocol)
		if m.Provider == panel.ProviderFIM {
			calls = 1
		}
		var asks []sampledAsk
		for i, list := range candidates {
			c := &e.sample[i]
			add := func(text string, n Range, types ...schemas.Type) error {
				request, err := DraftJudge(d, m, c.Context, text)
				asks = append(asks, sampledAsk{request, n.times(c.weight*calls, c.weight*calls), c, types,
					Range{fewestVerdictTokens, mostVerdictTokens}})
				return err
			}
			var all Range
			for _, x := range list {
				n := x.n.times(rounds.Low, rounds.High)
				all = all.Add(n)
				if err := add(x.text, n, x.typ); err != nil {
					return err
				}
			}
			any := Range{min(1, all.Low), min(1, all.High)} // the context has a negative
			if all.High > 0 && m.Provider == panel.ProviderFIM {
				if err := add(c.Golden, any, c.Types...); err != nil {
					return err
				}
			}
			if all.High > 0 && judge.Sampled(c.ID, r.Goldens) {
				if err := add(c.Golden, any, c.Types...); err != nil {
					return err
				}
			}
		}
		if err := e.member(ctx, schemas.StageJudge, m, d, asks); err != nil {
			return err
		}
	}
	e.expect(candidates)
	return nil
}
