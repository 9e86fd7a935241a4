package panel

import (
	"context"
	"errors"
	"iter"
	"strings"
	"testing"

	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/internal/dirstore"
	"decoy/transforms/panel/ledger"
)

// inShards deals requests out to two shards.
func inShards(reqs []Request) func(int) iter.Seq2[Request, error] {
	return func(shard int) iter.Seq2[Request, error] {
		return func(yield func(Request, error) bool) {
			for i, r := range reqs {
				if i%2 == shard && !yield(r, nil) {
					return
				}
			}
		}
	}
}

func batchesOf(t *testing.T, p *Panel) *Batches {
	t.Helper()
	b, err := p.Batches("a")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestBatches: answers, refusals of the model, requests that a server refuses, errors
// of the server, and requests that were not reached before the batch expired.
func TestBatches(t *testing.T) {
	for _, provider := range []string{ProviderOpenAI, ProviderGemini} {
		t.Run(provider, func(t *testing.T) { wholeBatch(t, provider) })
	}
}

func wholeBatch(t *testing.T, provider string) {
	kinds := map[string]faultserver.Step{
		"good": faultserver.OK(negative), "refused": faultserver.Refusal(), "bad": faultserver.Status(400, "too long"),
		"broken": faultserver.Status(500, "oops"), "late": faultserver.Cut(),
	}
	s := serve(t, faultserver.Options{Unready: 1, Plan: func(a faultserver.Arrival) faultserver.Step {
		kind, _, _ := strings.Cut(caseOf(a), "-")
		if a.Try > 0 {
			return kinds["good"]
		}
		return kinds[kind]
	}})
	m := memberOf(s, provider)
	m.BatchUSDPerMTok = &Price{In: ptr(0.5), Out: ptr(1.0)}
	store := dirstore.Dir(t.TempDir())
	p := openPanel(t, config(store, m))
	reqs := ask(t, p, []string{"a"}, "good-1", "refused-1", "bad-1", "broken-1", "late-1", "good-2", "late-2", "good-3")
	b := batchesOf(t, p)
	made, err := b.Submit(t.Context(), 2, inShards(reqs))
	if err != nil || len(made) != 1 || len(made[0].Requests) != 8 {
		t.Fatalf("%d batches, %v", len(made), err)
	}
	if err := CheckNoOpenBatches(t.Context(), store, "a"); !errors.Is(err, ErrOpenBatches) {
		t.Errorf("an open batch: %v", err)
	}
	if made, err = b.Submit(t.Context(), 2, inShards(reqs)); err != nil || len(made) != 0 {
		t.Errorf("submitted again: %d batches, %v", len(made), err)
	}

	all, err := b.Collect(t.Context())
	if err != nil || len(all) != 1 || all[0].Done != nil || all[0].Status == nil || all[0].Status.Ended {
		t.Fatalf("not ready: %+v, %v", all, err)
	}
	all, err = b.Collect(t.Context())
	if err != nil || all[0].Done == nil {
		t.Fatalf("ready: %+v, %v", all, err)
	}
	if d := *all[0].Done; d.Answers != 4 || d.Rejected != 1 || d.Left != 3 || !strings.Contains(strings.ToLower(d.State), "expired") {
		t.Errorf("%+v: want 4 answers (a refusal is one), 1 that the server refused, 3 left", d)
	}
	if err := CheckNoOpenBatches(t.Context(), store, "a"); err != nil {
		t.Error(err)
	}
	records := 0
	for shard := range 2 {
		led, err := ledger.Open(t.Context(), store, shard)
		if err != nil {
			t.Fatal(err)
		}
		for r := range led.All() {
			records++
			if r.Reject == "" && (r.CostUSD == nil || *r.CostUSD != (float64(*r.InputTokens)*0.5+float64(*r.OutputTokens))/1e6) {
				t.Errorf("cost %v of %d and %d tokens", r.CostUSD, *r.InputTokens, *r.OutputTokens)
			}
		}
	}
	if records != 5 {
		t.Errorf("%d records, want 5", records)
	}

	// What is left is sent singly: nothing that has an answer is.
	before := len(s.Arrivals())
	for shard := range 2 {
		var part []Request
		for r := range inShards(reqs)(shard) {
			part = append(part, r)
		}
		got, err := collect(t, p, shard, part)
		for id, a := range must(t, got, err) {
			if _, reason, _ := a.Generated(); reason != "" && !strings.Contains(id, "refused") && !strings.Contains(id, "bad") {
				t.Errorf("%s: %s", id, reason)
			}
		}
	}
	if n := len(s.Arrivals()) - before; n != 3 {
		t.Errorf("%d requests were sent after the batch, want the 3 that were left", n)
	}
}

// TestABatchThatNobodyHeardOf: the provider made it and the answer was lost.
func TestABatchThatNobodyHeardOf(t *testing.T) {
	s := serve(t, faultserver.Options{LostBatches: true})
	m := member(s)
	store := dirstore.Dir(t.TempDir())
	p := openPanel(t, config(store, m))
	reqs := ask(t, p, []string{"a"}, numbered(20)...)
	b := batchesOf(t, p)
	if _, err := b.Submit(t.Context(), 2, inShards(reqs)); err == nil || !strings.Contains(err.Error(), "run the command again") {
		t.Fatalf("a lost answer: %v", err)
	}
	made, err := b.Submit(t.Context(), 2, inShards(reqs))
	if err != nil || len(made) != 1 || made[0].ID == "" || s.Batches() != 1 {
		t.Fatalf("%+v, %v; the provider has %d batches", made, err, s.Batches())
	}
	all, err := b.Collect(t.Context())
	if err != nil || all[0].Done == nil || all[0].Done.Answers != 20 || len(s.Arrivals()) != 20 {
		t.Errorf("%+v, %v, %d arrivals", all, err, len(s.Arrivals()))
	}
}

// TestABatchThatWasNeverSent: the process died before the provider was asked.
func TestABatchThatWasNeverSent(t *testing.T) {
	s := serve(t, faultserver.Options{})
	store := dirstore.Dir(t.TempDir())
	p := openPanel(t, config(store, member(s)))
	reqs := ask(t, p, []string{"a"}, numbered(4)...)
	b := batchesOf(t, p)
	broken := *b
	broken.batcher = unable{b.batcher}
	if _, err := broken.Submit(t.Context(), 2, inShards(reqs)); err == nil {
		t.Fatal("no error")
	}
	made, err := b.Submit(t.Context(), 2, inShards(reqs))
	if err != nil || len(made) != 2 || made[0].Done == nil || made[0].Done.Left != 4 || len(made[1].Requests) != 4 || s.Batches() != 1 {
		t.Errorf("%+v, %v", made, err)
	}
}

type unable struct{ batcher }

func (unable) submit(context.Context, string, []byte) (string, error) {
	return "", errors.New("no network")
}

// TestACollectionThatBrokeOff: the answers are in the ledger, and nobody says so.
func TestACollectionThatBrokeOff(t *testing.T) {
	s := serve(t, faultserver.Options{})
	store := &refusing{Dir: dirstore.Dir(t.TempDir())}
	p := openPanel(t, config(store, member(s)))
	b := batchesOf(t, p)
	if _, err := b.Submit(t.Context(), 2, inShards(ask(t, p, []string{"a"}, numbered(6)...))); err != nil {
		t.Fatal(err)
	}
	store.suffix = ".done"
	if _, err := b.Collect(t.Context()); err == nil {
		t.Fatal("no error")
	}
	store.suffix = ""
	if _, err := b.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	n := 0
	for shard := range 2 {
		led, err := ledger.Open(t.Context(), store, shard)
		if err != nil {
			t.Fatal(err)
		}
		for range led.All() {
			n++
		}
	}
	if n != 6 {
		t.Errorf("%d records: an answer was committed twice, and counts twice", n)
	}
}

// refusing is a full disk for names with an ending.
type refusing struct {
	dirstore.Dir
	suffix string
}

func (r *refusing) Put(ctx context.Context, name string, data []byte) error {
	if r.suffix != "" && strings.HasSuffix(name, r.suffix) {
		return errors.New("no space left on device")
	}
	return r.Dir.Put(ctx, name, data)
}

func TestBatchesKeepTheBudget(t *testing.T) {
	s := serve(t, faultserver.Options{})
	c := config(dirstore.Dir(t.TempDir()), member(s))
	reqs := ask(t, openPanel(t, c), []string{"a"}, numbered(10)...)
	_, worst := openPanel(t, c).Reservation(reqs[0])
	c.BudgetUSD = func(int) float64 { return 2.5 * *worst }
	b := batchesOf(t, openPanel(t, c))
	made, err := b.Submit(t.Context(), 2, inShards(reqs))
	if !errors.Is(err, ErrBudget) || len(made) != 1 || len(made[0].Requests) != 4 {
		t.Fatalf("%d batches, %v; want one of 2 requests a shard", len(made), err)
	}
	if made, err = b.Submit(t.Context(), 2, inShards(reqs)); !errors.Is(err, ErrBudget) || len(made) != 0 {
		t.Errorf("an open batch holds its money: %d more batches, %v", len(made), err)
	}
}

func TestAFIMEndpointTakesNoBatches(t *testing.T) {
	s := serve(t, faultserver.Options{})
	if _, err := openPanel(t, config(dirstore.Dir(t.TempDir()), memberOf(s, ProviderFIM))).Batches("a"); err == nil {
		t.Error("no error")
	}
}

// results that a test changes on their way.
type changed struct {
	batcher
	change func([]byte) []byte
}

func (c changed) results(ctx context.Context, id string) ([]byte, error) {
	lines, err := c.batcher.results(ctx, id)
	return c.change(lines), err
}

// TestResultsThatAreNotQuiteTheBatch: a line that stands twice is one answer, and a
// line of another batch is an error, since what came instead of an answer is lost.
func TestResultsThatAreNotQuiteTheBatch(t *testing.T) {
	s := serve(t, faultserver.Options{})
	p := openPanel(t, config(dirstore.Dir(t.TempDir()), member(s)))
	b := batchesOf(t, p)
	if _, err := b.Submit(t.Context(), 2, inShards(ask(t, p, []string{"a"}, numbered(4)...))); err != nil {
		t.Fatal(err)
	}
	other := *b
	other.batcher = changed{b.batcher, func(lines []byte) []byte {
		return append(lines, `{"custom_id":"another","response":{"status_code":200,"body":{}}}`...)
	}}
	if _, err := other.Collect(t.Context()); err == nil || !strings.Contains(err.Error(), "line 6") {
		t.Errorf("a line of another batch: %v", err)
	}
	other.batcher = changed{b.batcher, func(lines []byte) []byte { return append(lines, lines...) }}
	all, err := other.Collect(t.Context())
	if err != nil || all[0].Done == nil || all[0].Done.Answers != 4 || all[0].Done.Left != 0 {
		t.Errorf("lines that stand twice: %+v, %v", all, err)
	}
}

// TestNoLineOfABatchIsForgotten: a response that cannot be read was billed, and so was
// the answer to a request that had one. A collection that broke off commits nothing twice.
func TestNoLineOfABatchIsForgotten(t *testing.T) {
	s := serve(t, faultserver.Options{Plan: func(a faultserver.Arrival) faultserver.Step {
		if caseOf(a) == "odd" {
			return faultserver.Body(`{"choices": 7}`)
		}
		return faultserver.OK(negative)
	}})
	store := &refusing{Dir: dirstore.Dir(t.TempDir())}
	m := member(s)
	m.BatchUSDPerMTok = m.USDPerMTok
	p := openPanel(t, config(store, m))
	reqs := ask(t, p, []string{"a"}, "odd", "good", "both")
	b := batchesOf(t, p)
	all := func(shard int) iter.Seq2[Request, error] {
		return func(yield func(Request, error) bool) {
			for _, r := range reqs {
				if shard == 0 && !yield(r, nil) {
					return
				}
			}
		}
	}
	if _, err := b.Submit(t.Context(), 1, all); err != nil {
		t.Fatal(err)
	}
	got, err := collect(t, p, 0, reqs[2:]) // by somebody who did not ask about open batches
	answer := *must(t, got, err)["a both "].CostUSD
	store.suffix = ".done"
	if _, err := b.Collect(t.Context()); err == nil {
		t.Fatal("no error")
	}
	store.suffix = ""
	if _, err := b.Collect(t.Context()); err != nil {
		t.Fatal(err)
	}
	_, worst := p.Reservation(reqs[0])
	want, records := *worst, 0
	led, err := ledger.Open(t.Context(), store, 0)
	if err != nil {
		t.Fatal(err)
	}
	for r := range led.All() {
		records++
		if r.Key != reqs[0].Key {
			want += *r.CostUSD
		} else if r.Final() || r.AssumedUSD != *worst {
			t.Errorf("%+v, want attempts that may have cost %v", r, *worst)
		}
	}
	if usd := spent(t, store); records != 4 || usd != want || usd < *worst+3*answer*0.9 {
		t.Errorf("%d records of %v, want the odd one, the good one and two answers to the third: %v", records, usd, want)
	}
}
