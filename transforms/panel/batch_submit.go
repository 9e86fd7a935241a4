package panel

import (
	"bytes"
	"context"
	"crypto/rand"
	"fmt"
	"iter"
	"strings"

	"decoy/transforms/panel/ledger"
)

// Submit hands the requests over that the ledger does not answer and that no open
// batch has. It returns the batches that it made, those of an earlier submission that
// broke off included, and ErrBudget if the budget held requests back.
func (b *Batches) Submit(ctx context.Context, shards int, requests func(shard int) iter.Seq2[Request,
	error]) ([]Batch, error) {
	store := b.panel.config.Store
	all, err := ReadBatches(ctx, store)
	if err != nil {
		return nil, err
	}
	var made []Batch
	busy, held := map[string]bool{}, map[int]float64{}
	number := 0
	for _, o := range all {
		number = max(number, o.Number+1)
		if o.Member != b.client.member.Name || o.Done != nil {
			for _, e := range o.Reserved() {
				held[e.Shard] += e.USD
			}
			continue
		}
		if o.ID == "" {
			if err := b.recover(ctx, &o); err != nil {
				return made, err
			}
			made = append(made, o)
		}
		for _, e := range o.Reserved() {
			busy[e.Key] = true
			held[e.Shard] += e.USD
		}
	}
	next := pending{b: b, number: number}
	short := false
	for shard := range shards {
		led, err := ledger.Open(ctx, store, shard)
		if err != nil {
			return made, err
		}
		money := newBudget(b.panel.config.BudgetUSD, shard, led, b.panel.clients)
		if !money.reserve(held[shard]) {
			short = true
			continue
		}
		for r, err := range requests(shard) {
			if err != nil {
				return made, err
			}
			if led.Has(r.Key) || busy[r.Key] {
				continue
			}
			busy[r.Key] = true
			if b.panel.checks.request(r) != nil {
				continue // a single run makes it a reject
			}
			usd := 0.0
			if _, worst := b.client.reservation(r); worst != nil {
				usd = *worst
			}
			if !money.reserve(usd) {
				short = true
				break
			}
			if err := next.add(ctx, shard, r, usd, &made); err != nil {
				return made, err
			}
		}
	}
	if err := next.flush(ctx, &made); err != nil {
		return made, err
	}
	if short {
		return made, ErrBudget
	}
	return made, nil
}

// recover finds out whether a submission that broke off had reached the provider.
func (b *Batches) recover(ctx context.Context, o *Batch) error {
	id, err := b.find(ctx, o.Name)
	if err != nil {
		return b.failed("look for batch "+o.Name, err)
	}
	if id == "" {
		o.Done = &BatchResult{State: "never sent", Left: len(o.Requests)}
		return b.put(ctx, batchFile(o.Number, o.Member, "done"), o.Done)
	}
	o.ID = id
	return b.put(ctx, batchFile(o.Number, o.Member, "sent"), id)
}

// pending is the batch under construction.
type pending struct {
	b       *Batches
	number  int
	entries []BatchEntry
	lines   bytes.Buffer
}

func (p *pending) add(ctx context.Context, shard int, r Request, usd float64, made *[]Batch) error {
	line, err := p.b.line(r.Key, r)
	if err != nil {
		return err
	}
	if len(p.entries) > 0 && p.lines.Len()+len(line) > batchBytes {
		if err := p.flush(ctx, made); err != nil {
			return err
		}
	}
	p.entries = append(p.entries, BatchEntry{r.Key, shard, r.hash, r.Sample, usd})
	p.lines.Write(line)
	p.lines.WriteByte('\n')
	if len(p.entries) == batchRequests {
		return p.flush(ctx, made)
	}
	return nil
}

func (p *pending) flush(ctx context.Context, made *[]Batch) error {
	if len(p.entries) == 0 {
		return nil
	}
	o := Batch{Number: p.number, Member: p.b.client.member.Name, Name: "decoy-" + strings.ToLower(rand.Text()),
		Requests: p.entries}
	p.number, p.entries = p.number+1, nil
	if err := p.b.put(ctx, batchFile(o.Number, o.Member, "intent"), o); err != nil {
		return err
	}
	id, err := p.b.submit(ctx, o.Name, p.lines.Bytes())
	p.lines.Reset()
	if err != nil {
		return p.b.failed(fmt.Sprintf("submit batch %d", o.Number), err)
	}
	o.ID = id
	*made = append(*made, o)
	return p.b.put(ctx, batchFile(o.Number, o.Member, "sent"), id)
}
