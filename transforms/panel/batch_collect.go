package panel

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"decoy/transforms/panel/ledger"
)

// Status asks the provider how far the open batches are.
func (b *Batches) Status(ctx context.Context) ([]Batch, error) {
	all, err := ReadBatches(ctx, b.panel.config.Store)
	if err != nil {
		return nil, err
	}
	all = slices.DeleteFunc(all, func(o Batch) bool { return o.Member != b.client.member.Name })
	for i := range all {
		o := &all[i]
		if o.Done != nil || o.ID == "" {
			continue
		}
		s, err := b.status(ctx, o.ID)
		if err != nil {
			return nil, b.failed(fmt.Sprintf("status of batch %d (%s)", o.Number, o.ID), err)
		}
		o.Status = &s
	}
	return all, nil
}

// Collect moves the answers of ended batches to the ledger. It returns all batches of
// the member.
func (b *Batches) Collect(ctx context.Context) ([]Batch, error) {
	all, err := b.Status(ctx)
	if err != nil {
		return nil, err
	}
	for i := range all {
		o := &all[i]
		if o.Status == nil || !o.Status.Ended {
			continue
		}
		lines, err := b.results(ctx, o.ID)
		if err != nil {
			return nil, b.failed(fmt.Sprintf("results of batch %d (%s)", o.Number, o.ID), err)
		}
		done, err := b.keep(ctx, o, lines)
		if err != nil {
			return nil, err
		}
		if err := b.put(ctx, batchFile(o.Number, o.Member, "done"), done); err != nil {
			return nil, err
		}
		o.Done = &done
	}
	return all, nil
}

// keep commits the answers of a batch, shard by shard. What is in the ledger already
// (a collection that broke off) is not committed again.
func (b *Batches) keep(ctx context.Context, o *Batch, lines []byte) (BatchResult, error) {
	done := BatchResult{State: o.Status.State}
	entries := map[string]BatchEntry{}
	for _, e := range o.Requests {
		entries[e.Key] = e
	}
	byShard, seen := map[int][]ledger.Record{}, map[string]bool{}
	n := 0
	for line := range bytes.Lines(lines) {
		n++
		if len(bytes.TrimSpace(line)) == 0 {
			continue
		}
		id, status, body, err := b.result(line)
		if err != nil {
			return done, b.failed(fmt.Sprintf("line %d of the results of batch %d", n, o.Number), err)
		}
		if seen[id] {
			continue // the first line stands
		}
		e, ok := entries[id]
		if !ok {
			return done, b.failed(fmt.Sprintf("line %d of the results of batch %d", n, o.Number),
				fmt.Errorf("it answers no request of this batch: %s", excerpt(string(line))))
		}
		delete(entries, id)
		seen[id] = true
		rec, ok := b.record(e, status, b.client.redact(body))
		switch {
		case !ok:
			done.Left++
			if rec.Key == "" {
				continue
			}
			rec.Detail = "batch " + o.Name + ": " + rec.Detail
		case rec.Reject == "":
			done.Answers++
		default:
			done.Rejected++
		}
		byShard[e.Shard] = append(byShard[e.Shard], rec)
	}
	done.Left += len(entries)
	for shard, records := range byShard {
		led, err := ledger.Open(ctx, b.panel.config.Store, shard)
		if err != nil {
			return done, err
		}
		there := map[string][]ledger.Record{}
		for r := range led.All() {
			there[r.Key] = append(there[r.Key], r)
		}
		records = slices.DeleteFunc(records, func(r ledger.Record) bool { return collected(there[r.Key], r) })
		if err := led.Commit(ctx, records); err != nil {
			return done, err
		}
	}
	return done, nil
}

// collected reports whether a collection that broke off has committed a result: the same
// response to the same request. Another answer was paid too, and is committed.
func collected(there []ledger.Record, r ledger.Record) bool {
	return slices.ContainsFunc(there, func(of ledger.Record) bool {
		return of.Reject == r.Reject && of.Detail == r.Detail && bytes.Equal(of.Raw, r.Raw)
	})
}

// record is a result as the ledger keeps it. ok is false where it may work the next
// time; then there is a record only if it may have cost.
func (b *Batches) record(e BatchEntry, status int, body []byte) (rec ledger.Record, ok bool) {
	v := b.client.read(&exchange{status: status, body: body})
	ok = v.class == answered || v.class == refused || v.class == useless
	if status == 0 || !ok && !v.billed {
		return rec, false
	}
	rec = ledger.Record{
		Key: e.Key, Member: b.client.member.Name, Model: b.client.member.Model, RequestSHA256: e.RequestSHA256,
		Sample: e.Sample,
		Status: status, Attempts: 1, Time: time.Now().UTC(), Raw: body, Reject: v.reason, Detail: v.detail,
	}
	if !ok {
		rec.Reject, rec.AssumedUSD = ledger.Attempted, e.USD
	}
	if v.class != answered && v.class != useless {
		return rec, ok
	}
	rec.InputTokens, rec.OutputTokens = v.reply.in, v.reply.out
	switch price := b.client.member.BatchUSDPerMTok; {
	case rec.InputTokens == nil || rec.OutputTokens == nil:
		rec.AssumedUSD = e.USD
	case price != nil: // else a budget counts the tokens at the price of single calls
		usd := price.of(*rec.InputTokens, *rec.OutputTokens)
		rec.CostUSD = &usd
	}
	return rec, true
}
