package ledger

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"testing"

	"decoy/transforms/panel/internal/dirstore"
)

// counted is what a budget counts of shard 7, and what of it may have cost.
func counted(t *testing.T, store Store) (usd, may float64) {
	t.Helper()
	s := open(t, store, 7)
	for r := range s.All() {
		u, _ := r.Spent()
		usd += u
	}
	for _, a := range s.Advances() {
		may += a.USD
	}
	a := audit(t, store)
	stats := Stats{}
	for _, m := range s.Stats() {
		stats.Add(m)
	}
	if math.Abs(a.SpentUSD-usd-may) > 1e-9 || math.Abs(a.MayCost-may) > 1e-9 || math.Abs(stats.MayCostUSD-may) > 1e-9 || math.Abs(stats.CostUSD+stats.AssumedUSD-usd) > 1e-9 {
		t.Fatalf("readers see %v and %v, Verify %+v, statistics %+v", usd, may, a, stats)
	}
	return usd + may, may
}

// TestAnAdvanceStandsUntilTheNextReceipt: of a writer the last word counts, of several
// writers all last words.
func TestAnAdvanceStandsUntilTheNextReceipt(t *testing.T) {
	store := dirstore.Dir(t.TempDir())
	advance := func(s *Shard, usd float64, records ...Record) {
		t.Helper()
		var a []Advance
		if usd > 0 {
			a = []Advance{{Member: "a", Calls: 1, USD: usd}}
		}
		if err := s.CommitAdvanced(t.Context(), records, a); err != nil {
			t.Fatal(err)
		}
	}
	want := func(usd, may float64) {
		t.Helper()
		if gotUSD, gotMay := counted(t, store); gotUSD != usd || gotMay != may {
			t.Errorf("%v is counted, of it %v may have cost; want %v and %v", gotUSD, gotMay, usd, may)
		}
	}
	one, two := open(t, store, 7), open(t, store, 7)
	advance(one, 2)
	want(2, 2)
	if len(one.Advances()) != 0 || len(two.Advances()) != 0 {
		t.Error("a writer counts its own advance, or one that came after it read")
	}
	advance(two, 4) // at the same time
	want(6, 6)
	advance(one, 1, rec("k", "x"))
	want(5.25, 5)
	advance(two, 0, dead("d", "timeout"))
	want(1.75, 1)
	three := open(t, store, 7) // one was killed
	if a := three.Advances(); len(a) != 1 || a[0].USD != 1 || a[0].Calls != 1 || a[0].Member != "a" {
		t.Errorf("advances %+v", a)
	}
	advance(three, 0, rec("k", "again")) // the answer to the same request settles nothing
	want(2, 1)
	if _, err := Compact(t.Context(), store, 7); err != nil {
		t.Fatal(err)
	}
	want(2, 1)
	advance(open(t, store, 7), 8)
	want(10, 9)
}

// TestAnUnknownPriceStaysUnknown: the tokens that may have been taken are kept.
func TestAnUnknownPriceStaysUnknown(t *testing.T) {
	store := dirstore.Dir(t.TempDir())
	r := dead("k", Attempted)
	r.AssumedUSD, r.AssumedInput, r.AssumedOutput = 0, 100, 10
	s := open(t, store, 7)
	if err := s.CommitAdvanced(t.Context(), []Record{r}, []Advance{{Member: "a", Calls: 2, InputTokens: 50, OutputTokens: 5}}); err != nil {
		t.Fatal(err)
	}
	a := open(t, store, 7).Stats()["a"]
	if a.Unpriced != 3 || a.Attempts != 1 || a.DeadLetters != 0 || a.MayCostCalls != 2 || open(t, store, 7).Has("k") {
		t.Errorf("%+v", a)
	}
	if got := audit(t, store); got.Unpriced != 3 {
		t.Errorf("%+v", got)
	}
}

// late dies after its last write instead of before it: nobody hears that it is durable.
type late struct {
	dying
	after bool
}

func (l late) Put(ctx context.Context, name string, data []byte) error {
	if l.after && *l.left == 0 {
		if err := l.Dir.Put(ctx, name, data); err != nil {
			return err
		}
	}
	return l.dying.Put(ctx, name, data)
}

// TestACrashAtEveryWriteForgetsNoMoney: a writer spends as it is allowed to, and dies
// before or after any of its writes. Whatever was spent is counted, and never more than
// the cap; sums outlive Compact, which dies as well.
func TestACrashAtEveryWriteForgetsNoMoney(t *testing.T) {
	const limit, price = 40.0, 0.25 // what rec costs
	for seed := range uint64(20) {
		random := rand.New(rand.NewPCG(seed, 0))
		store := dirstore.Dir(t.TempDir())
		billed := 0.0
		for range 12 {
			left := random.IntN(9)
			writer, err := Open(t.Context(), late{dying{store, &left}, random.IntN(2) == 0}, 7)
			if err != nil {
				t.Fatal(err)
			}
			before, _ := counted(t, store)
			own, calls, allowed := 0.0, 0, 0 // own receipts, calls without one, calls that are covered
			for err == nil {
				k := random.IntN(calls + 1)
				group := make([]Record, k)
				for i := range group {
					group[i] = rec(string(rune('a'+random.IntN(20))), "x")
				}
				room := int((limit - before - own - price*float64(calls)) / price)
				next := calls - k + random.IntN(max(0, min(room, 5))+1)
				if err = writer.CommitAdvanced(t.Context(), group, []Advance{{Member: "a", Calls: int64(next), USD: price * float64(next)}}); err != nil {
					break
				}
				own, calls, allowed = own+price*float64(k), calls-k, next
				for calls < allowed && random.IntN(4) > 0 {
					calls++ // sent: the server bills it, whatever becomes of us
					billed += price
				}
			}
			if !errors.Is(err, errKilled) {
				t.Fatal(err)
			}
			if random.IntN(3) == 0 {
				steps := random.IntN(4)
				if _, err := compact(t.Context(), dying{store, &steps}, 7, 1500); err != nil && !errors.Is(err, errKilled) {
					t.Fatal(err)
				}
			}
			total, _ := counted(t, store)
			if billed > total+1e-9 || total > limit+1e-9 {
				t.Fatalf("seed %d: the server billed %v, the ledger counts %v of %v", seed, billed, total, limit)
			}
		}
		if billed == 0 {
			t.Errorf("seed %d: nothing was spent, so the test shows nothing", seed)
		}
	}
}

// TestTodaysFormatIsReadForEver: a segment as it was written before there were advances.
func TestTodaysFormatIsReadForEver(t *testing.T) {
	store := dirstore.Dir(t.TempDir())
	z, err := encoder()
	if err != nil {
		t.Fatal(err)
	}
	old := z.EncodeAll([]byte(`{"decoy_ledger":1,"shard":7,"attempt":1,"seq":0,"records":2}
{"key":"k","member":"a","model":"m","request_sha256":"00","sample":0,"status":200,"attempts":1,"input_tokens":10,"output_tokens":2,"cost_usd":0.25,"time":"2024-05-01T12:00:00Z","raw":"{}"}
{"key":"b","member":"a","model":"m","request_sha256":"00","sample":0,"status":0,"reject":"budget","detail":"no room","attempts":2,"input_tokens":null,"output_tokens":null,"cost_usd":null,"assumed_usd":0.5,"time":"2024-05-01T12:00:00Z"}
`), nil)
	if err := store.Put(t.Context(), "00007/000001-000000.zst", old); err != nil {
		t.Fatal(err)
	}
	s := open(t, store, 7)
	if !s.Has("k") || s.Has("b") {
		t.Error("the answer is not read, or what is unfinished is taken for an outcome")
	}
	if err := s.CommitAdvanced(t.Context(), nil, []Advance{{Member: "a", Calls: 1, USD: 1}}); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if usd, may := counted(t, store); usd != 1.75 || may != 1 {
			t.Errorf("%v, of it %v may have cost", usd, may)
		}
		if _, err := Compact(t.Context(), store, 7); err != nil {
			t.Fatal(err)
		}
	}
}
