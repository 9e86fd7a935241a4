package pipelines

import (
	"context"
	"errors"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/ledger"
)

// till counts what a server asks for its answers, at the prices of asked, and how
// often it has answered each request.
type till struct {
	mu       sync.Mutex
	usd, cap float64
	over     float64 // the most by which usd was above cap
	answers  map[string]int
}

func (p *till) take(a faultserver.Arrival, content string, whole bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.usd += (float64(a.Reserved-a.MaxTokens)*1 + float64(len(content)/3+1)*2) / 1e6
	p.over = max(p.over, p.usd-p.cap)
	if whole {
		if p.answers == nil {
			p.answers = map[string]int{}
		}
		p.answers[a.Model+"\x00"+a.User]++
	}
}

func (p *till) limit(usd float64) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.cap = usd
}

// serve answers after random times, so that calls of several shards and members end
// in any order; calls that it cuts it bills all the same.
func (p *till) serve(t *testing.T, seed uint64, faults bool) *faultserver.Server {
	var mu sync.Mutex
	random := rand.New(rand.NewPCG(seed, 0))
	draw := func(n int) int {
		mu.Lock()
		defer mu.Unlock()
		return random.IntN(n)
	}
	return serve(t, func(a faultserver.Arrival) faultserver.Step {
		content := completion(renamed)
		if a.Judging() {
			content = verdict
		}
		if faults && a.Try == 0 {
			switch draw(12) {
			case 0:
				p.take(a, content(a), false)
				return faultserver.Cut()
			case 1:
				return faultserver.Status(500, "busy")
			}
		}
		return faultserver.OK(func(a faultserver.Arrival) string {
			time.Sleep(time.Duration(draw(3000)) * time.Microsecond)
			text := content(a)
			p.take(a, text, true)
			return text
		})
	})
}

const cent = 1e-12 // what adding floats may be off by, and far less than a call

func TestBudget(t *testing.T) {
	var bill till
	bill.limit(math.Inf(1))
	s := bill.serve(t, 1, false)
	c := ordinary(t, 1)
	r := asked(t, s)
	free := c.build(t, "direct", r)
	whole := paid(t, free, r.Shards)
	first := len(s.Arrivals())
	if math.Abs(bill.usd-whole) > cent {
		t.Fatalf("the server billed %v, the ledgers hold %v", bill.usd, whole)
	}

	out := t.TempDir()
	run := func(ctx context.Context, usd float64) error {
		bill.limit(whole + usd)
		capped := r
		capped.BudgetUSD = &usd
		return c.open(t, out, "direct", capped).RunStages(ctx, schemas.Stages...)
	}
	if err := run(t.Context(), whole/4); !errors.Is(err, panel.ErrBudget) {
		t.Fatalf("error %v, want ErrBudget", err)
	}
	if got := paid(t, out, r.Shards); got > whole/4 || got == 0 {
		t.Errorf("paid %v of %v", got, whole/4)
	}
	// Enough for the generators and not for the judges.
	if err := run(t.Context(), whole*0.9); !errors.Is(err, panel.ErrBudget) {
		t.Fatalf("error %v, want ErrBudget", err)
	}
	if got := paid(t, out, r.Shards); got > whole*0.9 {
		t.Errorf("paid %v of %v", got, whole*0.9)
	}
	if err := run(t.Context(), 10*whole); err != nil {
		t.Fatal(err)
	}
	if got := paid(t, out, r.Shards); math.Abs(got-whole) > 1e-9 {
		t.Errorf("paid %v, and %v without a budget", got, whole)
	}
	if n := len(s.Arrivals()) - first; n != first {
		t.Errorf("%d requests with a budget, %d without: some were paid twice or never", n, first)
	}
	sameBytes(t, "a build and one that its budget stopped twice", free, out)
}

// TestTheServerNeverBillsMoreThanTheBudget raises the budget step by step, on two
// runners, against a server that cuts calls and bills them.
func TestTheServerNeverBillsMoreThanTheBudget(t *testing.T) {
	c := ordinary(t, 2)
	for seed, runner := range []string{"direct", "prism"} {
		t.Run(runner, func(t *testing.T) {
			var bill till
			s := bill.serve(t, uint64(seed), true)
			r := asked(t, s)
			out := t.TempDir()
			stopped := 0
			for usd := 0.03; ; usd *= 4 {
				bill.limit(usd)
				r.BudgetUSD = &usd
				err := c.open(t, out, runner, r).RunStages(t.Context(), schemas.StageExtract, schemas.StageGenerate, schemas.StageVerify, schemas.StageJudge)
				if bill.over > cent {
					t.Fatalf("budget %v: the server billed %v more", usd, bill.over)
				}
				if got := paid(t, out, r.Shards); got > usd+cent {
					t.Errorf("budget %v: the ledgers hold %v", usd, got)
				}
				if err == nil {
					break
				}
				if !errors.Is(err, panel.ErrBudget) {
					t.Fatal(err)
				}
				stopped++
			}
			for key, n := range bill.answers {
				if n > 1 {
					t.Errorf("%d answers to one request: %.200s", n, key)
				}
			}
			if stopped < 2 {
				t.Errorf("the budget stopped %d runs: the test shows too little", stopped)
			}
		})
	}
}

func TestAnotherRecipeHasNoOtherBudget(t *testing.T) {
	var bill till
	s := bill.serve(t, 3, false)
	c := ordinary(t, 2)
	r := asked(t, s)
	r.Shards = 6
	usd := 0.06
	bill.limit(usd)
	r.BudgetUSD = &usd
	out := t.TempDir()
	if err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.StageExtract, schemas.StageGenerate); !errors.Is(err, panel.ErrBudget) {
		t.Fatalf("error %v, want ErrBudget", err)
	}
	before := paid(t, out, 20)
	if before < usd/2 {
		t.Fatalf("paid %v of %v", before, usd)
	}
	// Other shards and other requests: what was paid for the old ones still counts.
	r.Shards = 1
	hot := 1.5
	r.Generate.Panel[1].Temperature = &hot
	if err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.StageExtract, schemas.StageGenerate); !errors.Is(err, panel.ErrBudget) {
		t.Fatalf("error %v, want ErrBudget", err)
	}
	if got := paid(t, out, 20); got > usd+cent || bill.over > cent {
		t.Errorf("paid %v, with the old recipe %v, of %v", got, before, usd)
	}
}

// TestAShardWithoutRoomStopsAlone: the others end, and what they leave over goes to
// it.
func TestAShardWithoutRoomStopsAlone(t *testing.T) {
	var bill till
	bill.limit(math.Inf(1))
	s := bill.serve(t, 4, false)
	c := ordinary(t, 3)
	r := asked(t, s)
	stages := []string{schemas.StageExtract, schemas.StageGenerate}
	free := t.TempDir()
	if err := c.open(t, free, "direct", r).RunStages(t.Context(), stages...); err != nil {
		t.Fatal(err)
	}
	whole := paid(t, free, r.Shards)

	out := t.TempDir()
	low := whole * 0.97
	r.BudgetUSD = &low
	if err := c.open(t, out, "direct", r).RunStages(t.Context(), stages...); !errors.Is(err, panel.ErrBudget) {
		t.Fatalf("error %v, want ErrBudget", err)
	}
	done, err := shard.List(t.Context(), filepath.Join(out, schemas.StageGenerate, "_done"), "*.json")
	if err != nil || len(done) == 0 || len(done) == r.Shards {
		t.Errorf("%d of %d shards are done, want some and not all; %v", len(done), r.Shards, err)
	}
	// Only the reservations of the last calls are left.
	if got := paid(t, out, r.Shards); got < whole*0.9 || got > low {
		t.Errorf("paid %v of %v", got, low)
	}
	enough := whole * 1.2
	r.BudgetUSD = &enough
	if err := c.open(t, out, "direct", r).RunStages(t.Context(), stages...); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(filepath.Join(out, schemas.StageGenerate, work.BudgetFolder)); !os.IsNotExist(err) {
		t.Errorf("the record of a stop is left: %v", err)
	}
	sameBytes(t, "a build and one whose shards stopped", free, out)
}

func TestBudgetShares(t *testing.T) {
	b := &Build{Out: t.TempDir(), Recipe: recipe.Recipe{Shards: 3}}
	usd := 10.0
	b.Recipe.BudgetUSD = &usd
	in, out := 1e6, 0.0
	b.Recipe.Judge.Panel = []panel.Member{{Name: "j", USDPerMTok: &panel.Price{In: &in, Out: &out}}}
	m := schemas.Manifest{}
	for i, n := range []int64{30, 0, 10} {
		m.Shards = append(m.Shards, schemas.File{Name: schemas.ShardName("negatives", i, 3, "jsonl.zst"), Records: n}, schemas.File{Name: schemas.ShardName("rejects", i, 3, "jsonl.zst"), Records: 99})
	}
	if err := shard.WriteManifest(t.Context(), b.dir(schemas.StageGenerate), m); err != nil {
		t.Fatal(err)
	}
	pay := func(stage string, shard int, records ...ledger.Record) {
		l, err := ledger.Open(t.Context(), ask.Store(b.Out, stage), shard)
		if err == nil {
			err = l.Commit(t.Context(), records)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	one, cost := int64(1), 1.5
	pay(schemas.StageGenerate, 2, ledger.Record{Key: "a", CostUSD: &cost}, ledger.Record{Key: "b", AssumedUSD: 0.5})
	pay(schemas.StageJudge, 0, ledger.Record{Key: "c", CostUSD: &cost}, ledger.Record{Key: "d", Member: "j", InputTokens: &one, OutputTokens: &one}) // paid without a price
	pay(schemas.StageJudge, 7, ledger.Record{Key: "e", CostUSD: &cost})                                                                              // of more shards than there are now
	s := &stage{b: b, name: schemas.StageJudge}
	for _, x := range []struct {
		todo []int
		want map[int]float64 // of the 4 that are left, and what is in the shard's own ledger
	}{
		{[]int{0, 1, 2}, map[int]float64{0: 2.5 + 3, 1: 0, 2: 1}},
		{[]int{2}, map[int]float64{2: 4}},
	} {
		got, err := s.divide(t.Context(), x.todo)
		if err != nil || len(got) != b.Recipe.Shards {
			t.Fatalf("%v, %v", got, err)
		}
		for i := range got {
			want, ok := x.want[i]
			if !ok { // one that has done this round has what it has spent
				want = map[int]float64{0: 2.5}[i]
			}
			if math.Abs(*got[i].BudgetUSD-want) > 1e-12 {
				t.Errorf("shards %v: share of %d is %v, want %v", x.todo, i, *got[i].BudgetUSD, want)
			}
		}
	}
	usd = 1 // less than what is spent
	got, err := s.divide(t.Context(), []int{0, 2})
	if err != nil || *got[0].BudgetUSD != 2.5 || *got[2].BudgetUSD != 0 {
		t.Errorf("an overdrawn budget: %v, %v", got, err)
	}
}
