package panel

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"decoy/transforms/panel/ledger"
)

// A provider's batch takes a file of requests and answers within a day, at a lower
// price and outside of the limits of an account. Batches keeps what was handed over
// so that no request is paid twice: below batches/ of the ledger's Store,
//
//	000003-MEMBER.intent   the requests' keys and a name, before anything is sent
//	000003-MEMBER.sent     the provider's id, once it is known
//	000003-MEMBER.done     what came of it, once its answers are in the ledger
//
// are files that are created and never changed. A submission that broke off between
// the first and the second is looked up at the provider by its name; one that is not
// there is given up, and its requests are free again. Until a batch is done, its
// requests are neither submitted again nor, by whoever asks Open first, sent singly.

// Limits of one batch: OpenAI's are 50,000 requests and 200 MB.
const (
	batchRequests = 50_000
	batchBytes    = 100 << 20
)

// batcher is a protocol whose provider takes batches.
type batcher interface {
	protocol
	// line is a request as a line of the file, with id.
	line(id string, r Request) ([]byte, error)
	// submit hands lines over under a name.
	submit(ctx context.Context, name string, lines []byte) (id string, err error)
	// find looks for a batch of that name, "" for none.
	find(ctx context.Context, name string) (id string, err error)
	status(ctx context.Context, id string) (BatchStatus, error)
	// results are the lines of the answer, those of requests that failed included.
	results(ctx context.Context, id string) ([]byte, error)
	// result reads such a line: the response of the request id. Status 0 is none.
	result(line []byte) (id string, status int, body []byte, err error)
}

// BatchStatus is how far a batch is. An ended one has its results, which may lack
// some: of those that failed and, where it expired or was cancelled, those that were
// not reached.
type BatchStatus struct {
	State string `json:"state"` // the provider's word
	Ended bool   `json:"ended"`
}

// Batch is one batch of one member.
type Batch struct {
	Number   int          `json:"number"`
	Member   string       `json:"member"`
	Name     string       `json:"name"` // at the provider
	Requests []BatchEntry `json:"requests"`
	ID       string       `json:"-"` // the provider's, "" before it is sent
	Done     *BatchResult `json:"-"` // nil before it is done
	Status   *BatchStatus `json:"-"`
}

// BatchEntry is a request of a batch.
type BatchEntry struct {
	Key           string  `json:"key"`
	Shard         int     `json:"shard"`
	RequestSHA256 string  `json:"request_sha256"`
	Sample        int64   `json:"sample"`
	USD           float64 `json:"usd"` // reserved
}

// BatchResult is what came of a batch: answers and dead letters in the ledger, and
// requests that can be submitted again.
type BatchResult struct {
	State    string `json:"state"`
	Answers  int    `json:"answers"`
	Rejected int    `json:"rejected"`
	Left     int    `json:"left"`
}

// ErrOpenBatches says that requests are with a provider's batch.
var ErrOpenBatches = errors.New("batches are open")

// batchFile is one of the files of a batch.
func batchFile(number int, member, what string) string {
	return fmt.Sprintf("batches/%06d-%s.%s", number, member, what)
}

// ReadBatches lists all batches of a Store by number.
func ReadBatches(ctx context.Context, store ledger.Store) ([]Batch, error) {
	names, err := store.List(ctx, "batches/")
	if err != nil {
		return nil, fmt.Errorf("list batches: %w", err)
	}
	slices.Sort(names)
	read := func(name string, v any) error {
		raw, err := store.Get(ctx, name)
		if err == nil {
			err = json.Unmarshal(raw, v)
		}
		if err != nil {
			return fmt.Errorf("read %s: %w", name, err)
		}
		return nil
	}
	var out []Batch
	for _, name := range names {
		base, ok := strings.CutSuffix(name, ".intent")
		if !ok {
			continue
		}
		var b Batch
		if err := read(name, &b); err != nil {
			return nil, err
		}
		if slices.Contains(names, base+".sent") {
			if err := read(base+".sent", &b.ID); err != nil {
				return nil, err
			}
		}
		if slices.Contains(names, base+".done") {
			if err := read(base+".done", &b.Done); err != nil {
				return nil, err
			}
		}
		out = append(out, b)
	}
	return out, nil
}

// CheckNoOpenBatches is an error that is ErrOpenBatches if a member's requests are
// with its provider.
func CheckNoOpenBatches(ctx context.Context, store ledger.Store, member string) error {
	all, err := ReadBatches(ctx, store)
	if err != nil {
		return err
	}
	for _, b := range all {
		if b.Member == member && b.Done == nil {
			return fmt.Errorf("%w: batch %d of panel member %s has %d requests; run decoy batch collect before they are asked for again", ErrOpenBatches, b.Number, member, len(b.Requests))
		}
	}
	return nil
}

// Batches submits and collects the batches of one member.
type Batches struct {
	panel  *Panel
	client *client
	batcher
}

// Batches returns the batches of a member, or an error if its provider takes none.
func (p *Panel) Batches(member string) (*Batches, error) {
	c := p.clients[member]
	if c == nil {
		return nil, fmt.Errorf("panel has no paid member %q", member)
	}
	m := c.member
	over := &http.Client{Transport: &http.Transport{
		Proxy: http.ProxyFromEnvironment, DialContext: (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		TLSHandshakeTimeout: 10 * time.Second, ResponseHeaderTimeout: 5 * time.Minute,
	}, CheckRedirect: c.http.CheckRedirect}
	made, err := newProtocol(m, keyOf(m), over)
	if err != nil {
		return nil, err
	}
	b, ok := made.(batcher)
	if !ok {
		return nil, fmt.Errorf("panel member %s: provider %s takes no batches", member, m.Provider)
	}
	return &Batches{p, c, b}, nil
}

// Submit hands the requests over that the ledger does not answer and that no open
// batch has. It returns the batches that it made, those of an earlier submission that
// broke off included, and ErrBudget if the budget held requests back.
func (b *Batches) Submit(ctx context.Context, shards int, requests func(shard int) iter.Seq2[Request, error]) ([]Batch, error) {
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
			continue
		}
		if o.ID == "" {
			if err := b.recover(ctx, &o); err != nil {
				return made, err
			}
			made = append(made, o)
		}
		if o.Done != nil {
			continue
		}
		for _, e := range o.Requests {
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
		money := newBudget(b.panel.config.BudgetUSD, shard, led.All(), b.panel.clients)
		if !money.reserve(held[shard]) {
			short = true
			continue
		}
		for r, err := range requests(shard) {
			if err != nil {
				return made, err
			}
			if _, ok := led.Get(r.Key); ok || busy[r.Key] {
				continue
			}
			busy[r.Key] = true
			if b.panel.config.Check(r.source()) != nil {
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
	o := Batch{Number: p.number, Member: p.b.client.member.Name, Name: "decoy-" + strings.ToLower(rand.Text()), Requests: p.entries}
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

func (b *Batches) put(ctx context.Context, name string, v any) error {
	raw, err := json.Marshal(v)
	if err == nil {
		err = b.panel.config.Store.Put(ctx, name, raw)
	}
	if errors.Is(err, fs.ErrExist) {
		return fmt.Errorf("write %s: it exists: is another process at work on these batches?", name)
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", name, err)
	}
	return nil
}

func (b *Batches) failed(what string, err error) error {
	return fmt.Errorf("panel member %s: %s: %s; run the command again: nothing is paid twice", b.client.member.Name, what, b.client.redact([]byte(err.Error())))
}

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
	byShard := map[int][]ledger.Record{}
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
		e, ok := entries[id]
		if !ok {
			return done, b.failed(fmt.Sprintf("line %d of the results of batch %d", n, o.Number), fmt.Errorf("it answers no request of this batch: %s", excerpt(string(line))))
		}
		delete(entries, id)
		rec, ok := b.record(e, status, b.client.redact(body))
		switch {
		case !ok:
			done.Left++
			continue
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
		records = slices.DeleteFunc(records, func(r ledger.Record) bool { _, ok := led.Get(r.Key); return ok })
		if err := led.Commit(ctx, records); err != nil {
			return done, err
		}
	}
	return done, nil
}

// record is a result as the ledger keeps it. ok is false where it may work the next
// time.
func (b *Batches) record(e BatchEntry, status int, body []byte) (rec ledger.Record, ok bool) {
	v := b.client.read(&exchange{status: status, body: body})
	if status == 0 || v.class != answered && v.class != refused {
		return rec, false
	}
	rec = ledger.Record{
		Key: e.Key, Member: b.client.member.Name, Model: b.client.member.Model, RequestSHA256: e.RequestSHA256, Sample: e.Sample,
		Status: status, Attempts: 1, Time: time.Now().UTC(), Raw: body, Reject: v.reason, Detail: v.detail,
	}
	if v.class != answered {
		return rec, true
	}
	rec.InputTokens, rec.OutputTokens = v.reply.in, v.reply.out
	if price := b.client.member.BatchUSDPerMTok; price != nil && rec.InputTokens != nil && rec.OutputTokens != nil {
		rec.CostUSD = price.of(*rec.InputTokens, *rec.OutputTokens)
	} else {
		rec.AssumedUSD = e.USD
	}
	return rec, true
}
