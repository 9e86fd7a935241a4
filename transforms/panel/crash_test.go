package panel

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"decoy/schemas"
	"decoy/transforms/panel/faultserver"
	"decoy/transforms/panel/internal/dirstore"
	"decoy/transforms/panel/ledger"
)

// dyingStore takes a number of commits and then no more, as a full disk.
type dyingStore struct {
	ledger.Store
	left *atomic.Int64
}

var errDisk = errors.New("no space left on device")

func (s dyingStore) Put(ctx context.Context, name string, data []byte) error {
	if s.left.Add(-1) < 0 {
		return errDisk
	}
	return s.Store.Put(ctx, name, data)
}

// recorded is the set of keys that the ledger has an outcome of.
func recorded(t *testing.T, store ledger.Store) map[string]bool {
	t.Helper()
	led, err := ledger.Open(t.Context(), store, 0)
	if err != nil {
		t.Fatal(err)
	}
	keys := map[string]bool{}
	for r := range led.All() {
		if r.Final() {
			keys[r.Key] = true
		}
	}
	return keys
}

// tries counts arrivals by case.
func tries(s *faultserver.Server) map[string]int {
	n := map[string]int{}
	for _, a := range s.Arrivals() {
		n[caseOf(a)]++
	}
	return n
}

func TestWhatIsCommittedIsNotPaidAgain(t *testing.T) {
	s := serve(t, faultserver.Options{Latency: time.Millisecond})
	dir := dirstore.Dir(t.TempDir())
	store := dyingStore{dir, &atomic.Int64{}}
	m := member(s)
	var reqs []Request
	for run := 0; ; run++ {
		if run > 200 {
			t.Fatal("no end after 200 runs")
		}
		store.left.Store(int64(run % 4))
		before, known := tries(s), recorded(t, dir)
		p := openPanel(t, config(store, m)) // the one before is abandoned, never closed
		reqs = ask(t, p, []string{"a"}, numbered(60)...)
		got, err := collect(t, p, 0, reqs)
		after := tries(s)
		for _, r := range reqs {
			if known[r.Key] && after[r.ContextID] != before[r.ContextID] {
				t.Fatalf("run %d: %s is recorded and was asked again", run, r.ContextID)
			}
		}
		now := recorded(t, dir)
		for id, a := range got {
			if !now[a.Request.Key] {
				t.Fatalf("run %d: %s was emitted and is not recorded", run, id)
			}
		}
		// Summed over the runs: what a run cut off may reach the server in the next.
		if lost := len(s.Arrivals()) - len(now); lost > m.Concurrency*(run+1) {
			t.Errorf("%d answers lost in %d runs, concurrency is %d", lost, run+1, m.Concurrency)
		}
		if err == nil {
			if len(got) != 60 {
				t.Fatalf("%d answers", len(got))
			}
			return
		}
		if !errors.Is(err, errDisk) {
			t.Fatal(err)
		}
	}
}

func TestAnInterruptionKeepsWhatIsUnderWay(t *testing.T) {
	s := serve(t, faultserver.Options{Latency: 50 * time.Millisecond})
	store := dirstore.Dir(t.TempDir())
	c := config(store, member(s))
	c.CommitEvery = time.Hour
	p := openPanel(t, c)
	reqs := ask(t, p, []string{"a"}, numbered(100)...)
	ctx, cancel := context.WithCancel(t.Context())
	go func() {
		for len(s.Arrivals()) < 20 {
			time.Sleep(time.Millisecond)
		}
		cancel()
	}()
	err := p.Do(ctx, 0, slices.Values(reqs), func(Answer) error { return nil })
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("error = %v", err)
	}
	sent := len(s.Arrivals())
	if n := len(recorded(t, store)); n != sent || sent == 100 {
		t.Errorf("%d recorded of %d sent", n, sent)
	}
	got, err := collect(t, openPanel(t, config(store, member(s))), 0, reqs)
	must(t, got, err)
	if n := len(s.Arrivals()); n != 100 {
		t.Errorf("%d calls for 100 requests", n)
	}
}

func TestAnErrorOfEmitEndsDo(t *testing.T) {
	s := serve(t, faultserver.Options{})
	store := dirstore.Dir(t.TempDir())
	p := openPanel(t, config(store, member(s)))
	stop := errors.New("enough")
	emitted := 0
	err := p.Do(t.Context(), 0, slices.Values(ask(t, p, []string{"a"}, numbered(100)...)), func(Answer) error {
		emitted++
		return stop
	})
	if !errors.Is(err, stop) || emitted != 1 {
		t.Fatalf("error %v after %d answers, want the first's", err, emitted)
	}
	if n := len(recorded(t, store)); n != len(s.Arrivals()) {
		t.Errorf("%d recorded of %d paid", n, len(s.Arrivals()))
	}
}

func TestForeignRequests(t *testing.T) {
	s := serve(t, faultserver.Options{})
	p := openPanel(t, config(dirstore.Dir(t.TempDir()), member(s)))
	for _, r := range []Request{{}, {Member: "a"}, {Member: "nobody", Key: "k"}} {
		if err := p.Do(t.Context(), 0, slices.Values([]Request{r}), func(Answer) error { return nil }); err == nil {
			t.Errorf("%+v was taken", r)
		}
	}
	if _, err := p.GenerateRequest("nobody", place("x"), schemas.TypeMethod, 0); err == nil {
		t.Error("a request to nobody was built")
	}
}

const victimEnv = "DECOY_TEST_PANEL_VICTIM"

// TestVictim is no test: TestKill runs it as a process of its own.
func TestVictim(t *testing.T) {
	url, dir, ok := strings.Cut(os.Getenv(victimEnv), " ")
	if !ok {
		t.Skip("runs only as a child of TestKill")
	}
	c := config(dirstore.Dir(dir), Member{
		Name: "a", Provider: ProviderOpenAI, BaseURL: url, Model: "m1", APIKeyEnv: keyEnv, Concurrency: 8, Timeout: 5 * time.Second,
	})
	p := openPanel(t, c)
	reqs := ask(t, p, []string{"a"}, numbered(400)...)
	if err := p.Do(t.Context(), 0, slices.Values(reqs), func(a Answer) error {
		fmt.Println("emitted", a.Request.Key)
		return nil
	}); err != nil {
		t.Fatal(err)
	}
}

func TestKill(t *testing.T) {
	s := serve(t, faultserver.Options{Latency: 3 * time.Millisecond})
	dir := t.TempDir()
	store := dirstore.Dir(dir)
	emitted := map[string]bool{}
	const kills = 8
	for run := 0; run <= kills; run++ {
		before, known := tries(s), recorded(t, store)
		cmd := exec.Command(os.Args[0], "-test.run=^TestVictim$", "-test.v")
		cmd.Env = append(os.Environ(), victimEnv+"="+s.URL()+" "+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		killed := false
		lines := bufio.NewScanner(out)
		seen := 0
		for lines.Scan() {
			if key, ok := strings.CutPrefix(lines.Text(), "emitted "); ok {
				emitted[key] = true
				seen++
			}
			// Kill in the middle of new work, each time a little further.
			if run < kills && !killed && seen >= len(known)+17+run {
				killed = true
				if err := cmd.Process.Kill(); err != nil {
					t.Fatal(err)
				}
			}
		}
		if err := cmd.Wait(); (err != nil) != killed {
			t.Fatalf("run %d: killed %v, ended with %v", run, killed, err)
		}
		time.Sleep(20 * time.Millisecond) // calls of the dead process reach the server
		now := recorded(t, store)
		for key := range emitted {
			if !now[key] {
				t.Fatalf("run %d: %s was emitted and is not recorded", run, key)
			}
		}
		p := openPanel(t, config(store, member(s)))
		for _, r := range ask(t, p, []string{"a"}, numbered(400)...) {
			if known[r.Key] && tries(s)[r.ContextID] != before[r.ContextID] {
				t.Fatalf("run %d: %s is recorded and was asked again", run, r.ContextID)
			}
		}
		if lost := len(s.Arrivals()) - len(now); lost > 8*(run+1) {
			t.Errorf("%d answers lost by %d kills, concurrency is 8", lost, run+1)
		}
	}
	if n := len(emitted); n != 400 {
		t.Errorf("%d requests answered, want 400", n)
	}
}
