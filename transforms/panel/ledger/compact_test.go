package ledger

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"decoy/schemas"
	"decoy/transforms/panel/internal/dirstore"
)

// history fills shard 7 with the segments of several attempts: answers, dead
// letters, requests that were paid twice, dead letters that were mended, and advances.
func history(t testing.TB, store Store, attempts int) []Record {
	t.Helper()
	random := rand.New(rand.NewPCG(1, 2))
	for a := range attempts {
		s, err := Open(t.Context(), store, 7)
		if err != nil {
			t.Fatal(err)
		}
		for range 1 + random.IntN(6) {
			var group []Record
			for range 1 + random.IntN(4) {
				key := fmt.Sprint("k", random.IntN(8*attempts))
				r := rec(key, fmt.Sprint("answer of attempt ", a, " to ", key, "\xff"[:random.IntN(2)]))
				if random.IntN(4) == 0 {
					r = dead(key, []schemas.Reason{"timeout", "http_error"}[random.IntN(2)])
				}
				group = append(group, r)
			}
			commit := func() error { return s.Commit(t.Context(), group) }
			if a%2 == 1 { // every second attempt ends, or is killed, with an advance
				commit = func() error {
					return s.CommitAdvanced(t.Context(), group[random.IntN(2):], []Advance{{Member: "a", Calls: 2, USD: 0.125}})
				}
			}
			if err := commit(); err != nil {
				t.Fatal(err)
			}
		}
	}
	return all(t, store)
}

func all(t testing.TB, store Store) []Record {
	t.Helper()
	s, err := Open(t.Context(), store, 7)
	if err != nil {
		t.Fatal(err)
	}
	return slices.Collect(s.All())
}

// same compares what readers see: every record, which one stands, and the money.
func same(t *testing.T, what string, store Store, want []Record) {
	t.Helper()
	got := all(t, store)
	if !reflect.DeepEqual(got, want) {
		t.Fatalf("%s: %d records, want %d, or others or in another order", what, len(got), len(want))
	}
}

func audit(t *testing.T, store Store) Audit {
	t.Helper()
	a, err := Verify(t.Context(), store, 7)
	if err != nil {
		t.Fatal(err)
	}
	return a
}

func TestCompactChangesNothing(t *testing.T) {
	for _, limit := range []int{1, 1000, compactedBytes} {
		t.Run(fmt.Sprint(limit), func(t *testing.T) {
			store := dirstore.Dir(t.TempDir())
			want := history(t, store, 12)
			before, stats := audit(t, store), open(t, store, 7).Stats()
			for round, attempts := range []int{0, 0, 3} {
				if attempts > 0 { // what is compacted can be written on
					want = history(t, store, attempts)
					before, stats = audit(t, store), open(t, store, 7).Stats()
				}
				c, err := compact(t.Context(), store, 7, limit)
				if err != nil {
					t.Fatal(err)
				}
				same(t, "after Compact", store, want)
				after := audit(t, store)
				if c.Records != len(want) || c.Segments != before.Segments || c.FilesAfter != after.Files || len(names(t, store)) != after.Files {
					t.Errorf("round %d: %+v, and %+v", round, c, after)
				}
				if limit == compactedBytes && c.FilesAfter != 1 {
					t.Errorf("%d files after Compact", c.FilesAfter)
				}
				if round == 1 && c.FilesBefore != c.FilesAfter {
					t.Errorf("compacting twice: %+v", c)
				}
				before.Files, before.Bytes, after.Files, after.Bytes = 0, 0, 0, 0
				if !reflect.DeepEqual(before, after) {
					t.Errorf("Verify: %+v, before %+v", after, before)
				}
				if now := open(t, store, 7).Stats(); !reflect.DeepEqual(now, stats) {
					t.Errorf("stats %+v, before %+v", now, stats)
				}
			}
		})
	}
}

// dying fails after a number of writes and deletions, as a process that is killed.
type dying struct {
	dirstore.Dir
	left *int
}

var errKilled = errors.New("killed")

func (d dying) step(do func() error) error {
	if *d.left--; *d.left < 0 {
		return errKilled
	}
	return do()
}

func (d dying) Put(ctx context.Context, name string, data []byte) error {
	return d.step(func() error { return d.Dir.Put(ctx, name, data) })
}

func (d dying) Delete(ctx context.Context, name string) error {
	return d.step(func() error { return d.Dir.Delete(ctx, name) })
}

func TestCompactMayEndAtEveryStep(t *testing.T) {
	for n := 0; ; n++ {
		store := dirstore.Dir(t.TempDir())
		want := history(t, store, 6)
		spent := audit(t, store).SpentUSD
		left := n
		_, err := compact(t.Context(), dying{store, &left}, 7, 1500)
		same(t, fmt.Sprintf("ended after %d steps", n), store, want)
		if a := audit(t, store); a.SpentUSD != spent || len(a.Damaged) > 0 {
			t.Fatalf("ended after %d steps: %+v, spent before %v", n, a, spent)
		}
		// The next build writes on, and the next Compact ends it with another limit.
		want = history(t, store, 2)
		if _, err := Compact(t.Context(), store, 7); err != nil {
			t.Fatal(err)
		}
		same(t, "after the second Compact", store, want)
		if got := len(names(t, store)); got != 1 {
			t.Fatalf("%d files are left", got)
		}
		if err == nil {
			return
		}
		if !errors.Is(err, errKilled) {
			t.Fatal(err)
		}
	}
}

// TestReadersDuringCompact: a listing may be overtaken between any two of its files.
func TestReadersDuringCompact(t *testing.T) {
	store := dirstore.Dir(t.TempDir())
	want := history(t, store, 8)
	for limit := range 40 {
		done := make(chan error)
		go func() {
			_, err := compact(t.Context(), store, 7, 200+100*(limit%13))
			done <- err
		}()
		for running := true; running; {
			select {
			case err := <-done:
				if err != nil {
					t.Fatal(err)
				}
				running = false
			default:
			}
			same(t, "while Compact runs", store, want)
		}
	}
}

// overtaken shows a reader the listing of before a compaction and, as readdir may,
// without one of the files.
type overtaken struct {
	dirstore.Dir
	lists *int
	hide  int
}

func (o overtaken) List(ctx context.Context, prefix string) ([]string, error) {
	names, err := o.Dir.List(ctx, prefix)
	if *o.lists++; *o.lists == 1 && err == nil {
		names = slices.Delete(slices.Clone(names), o.hide, o.hide+1)
		_, err = Compact(ctx, o.Dir, 7)
	}
	return names, err
}

func TestAnOvertakenListing(t *testing.T) {
	for hide := range 5 {
		store := dirstore.Dir(t.TempDir())
		want := history(t, store, 6)
		lists := 0
		same(t, "a listing that was overtaken", overtaken{store, &lists, hide}, want)
	}
}

// phantom lists a file that it does not have.
type phantom struct{ dirstore.Dir }

func (p phantom) List(ctx context.Context, prefix string) ([]string, error) {
	names, err := p.Dir.List(ctx, prefix)
	return append(names, segment{7, 9, 0}.String()), err
}

func TestAFileThatIsListedAndNotThere(t *testing.T) {
	store := dirstore.Dir(t.TempDir())
	history(t, store, 2)
	if _, err := Open(t.Context(), phantom{store}, 7); err == nil || !strings.Contains(err.Error(), "000009-000000") {
		t.Errorf("error %v: its answers would be paid again", err)
	}
	if a := audit(t, phantom{store}); len(a.Damaged) != 1 {
		t.Errorf("%+v", a)
	}
}

func TestSegmentsOfOneNameAreBothKept(t *testing.T) {
	store := dirstore.Dir(t.TempDir())
	old := open(t, store, 7) // a writer that Compact should not have met
	commit(t, open(t, store, 7), rec("a", "1"))
	commit(t, open(t, store, 7), rec("b", "1"))
	if _, err := Compact(t.Context(), store, 7); err != nil {
		t.Fatal(err)
	}
	commit(t, old, rec("c", "1"))
	s := open(t, store, 7)
	for _, key := range []string{"a", "b", "c"} {
		if _, ok := s.Get(key); !ok {
			t.Errorf("%s is lost", key)
		}
	}
}

func TestCompactRefusesDamage(t *testing.T) {
	dir := t.TempDir()
	store := dirstore.Dir(dir)
	history(t, store, 4)
	before := names(t, store)
	if err := os.WriteFile(filepath.Join(dir, before[1]), []byte("x"), 0o666); err != nil {
		t.Fatal(err)
	}
	if _, err := Compact(t.Context(), store, 7); err == nil || !strings.Contains(err.Error(), before[1]) {
		t.Errorf("error %v, want the name of %s", err, before[1])
	}
	if !slices.Equal(names(t, store), before) {
		t.Error("files have changed")
	}
}

func TestVerifyNamesWhatIsWrong(t *testing.T) {
	dir := t.TempDir()
	store := dirstore.Dir(dir)
	s := open(t, store, 7)
	for i := range 5 {
		commit(t, s, rec(fmt.Sprint(i), "x"))
	}
	unpriced := rec("unpriced", "x")
	unpriced.CostUSD = nil
	commit(t, s, unpriced, dead("d", "timeout"))
	if a := audit(t, store); len(a.Damaged) > 0 || a.Records != 7 || a.SpentUSD != 5*0.25+0.5 || a.Unpriced != 1 || a.Segments != 6 {
		t.Fatalf("a good ledger: %+v", a)
	}
	path := func(seq int) string { return filepath.Join(dir, segment{7, 1, seq}.String()) }
	if err := os.Remove(path(1)); err != nil {
		t.Fatal(err)
	}
	if err := os.Truncate(path(3), 20); err != nil {
		t.Fatal(err)
	}
	a := audit(t, store)
	var bad []string
	for _, d := range a.Damaged {
		bad = append(bad, d.Name)
		if d.Problem == "" || !strings.Contains(d.Remedy, "restore it from a copy") {
			t.Errorf("%+v", d)
		}
	}
	slices.Sort(bad)
	if want := []string{segment{7, 1, 1}.String(), segment{7, 1, 3}.String()}; !slices.Equal(bad, want) || a.Records != 5 {
		t.Errorf("damaged %v, want %v; %+v", bad, want, a)
	}
}

func TestStats(t *testing.T) {
	store := dirstore.Dir(t.TempDir())
	s := open(t, store, 7)
	other := rec("o", "x")
	other.Member, other.CostUSD, other.InputTokens, other.OutputTokens = "b", nil, nil, nil
	commit(t, s, rec("twice", "1"), dead("mended", "timeout"), dead("dead", "http_error"), other)
	commit(t, s, rec("twice", "2"), rec("mended", "1"))
	got := open(t, store, 7).Stats()
	a, b := got["a"], got["b"]
	if a.Records != 5 || a.Answers != 3 || a.DeadLetters != 2 || a.Replaced != 1 || a.Duplicates != 1 || a.DuplicateUSD != 0.25 ||
		a.Reasons["timeout"] != 1 || a.Reasons["http_error"] != 1 || a.CostUSD != 0.75 || a.AssumedUSD != 1 || a.Unpriced != 0 || a.OutputTokens != 10 {
		t.Errorf("a: %+v", a)
	}
	if b.Records != 1 || b.Unpriced != 1 || b.CostUSD != 0 || b.InputTokens != 0 {
		t.Errorf("b: %+v", b)
	}
	n := 0
	for r, stands := range open(t, store, 7).Ranked() {
		if !stands {
			continue
		}
		n++
		if r.Key == "mended" && r.Reject != "" || r.Key == "twice" && string(r.Raw) != "1" {
			t.Errorf("stands: %+v", r)
		}
	}
	if n != 4 {
		t.Errorf("%d records stand, want 4", n)
	}
	if shards, err := Shards(t.Context(), store); err != nil || !slices.Equal(shards, []int{7}) {
		t.Errorf("shards %v, %v", shards, err)
	}
}

const victimEnv = "DECOY_TEST_LEDGER_VICTIM"

// TestVictim is no test: TestKillDuringCompact runs it as a process of its own.
func TestVictim(t *testing.T) {
	dir := os.Getenv(victimEnv)
	if dir == "" {
		t.Skip("runs only as a child of TestKillDuringCompact")
	}
	fmt.Println("ready")
	if _, err := compact(t.Context(), slow{dirstore.Dir(dir)}, 7, 3000); err != nil {
		t.Fatal(err)
	}
}

// slow gives a kill time to fall between two steps.
type slow struct{ dirstore.Dir }

func (s slow) Put(ctx context.Context, name string, data []byte) error {
	time.Sleep(time.Millisecond)
	return s.Dir.Put(ctx, name, data)
}

func (s slow) Delete(ctx context.Context, name string) error {
	time.Sleep(time.Millisecond)
	return s.Dir.Delete(ctx, name)
}

func TestKillDuringCompact(t *testing.T) {
	dir := t.TempDir()
	store := dirstore.Dir(dir)
	halfway := 0
	for run := range 12 {
		want := history(t, store, 8)
		cmd := exec.Command(os.Args[0], "-test.run=^TestVictim$", "-test.v")
		cmd.Env = append(os.Environ(), victimEnv+"="+dir)
		out, err := cmd.StdoutPipe()
		if err != nil {
			t.Fatal(err)
		}
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "ready"; {
		}
		time.Sleep(time.Duration(run) * 3 * time.Millisecond)
		if err := cmd.Process.Kill(); err != nil && !errors.Is(err, os.ErrProcessDone) {
			t.Fatal(err)
		}
		cmd.Wait() // killed, or done before
		same(t, fmt.Sprintf("kill %d", run), store, want)
		a := audit(t, store)
		if len(a.Damaged) > 0 {
			t.Fatalf("kill %d: %+v", run, a.Damaged)
		}
		if a.Twice > 0 {
			halfway++
		}
	}
	if _, err := Compact(t.Context(), store, 7); err != nil {
		t.Fatal(err)
	}
	if halfway == 0 {
		t.Log("no kill fell between a copy and its deletion")
	}
}

func FuzzDecodeCompacted(f *testing.F) {
	store := dirstore.Dir(f.TempDir())
	history(f, store, 3)
	pieces, _, err := load(f.Context(), store, 7)
	if err != nil {
		f.Fatal(err)
	}
	good, err := joined(7, pieces)
	if err != nil {
		f.Fatal(err)
	}
	f.Add(good)
	f.Add([]byte("{}\n"))
	f.Fuzz(func(t *testing.T, plain []byte) {
		pieces, err := decodeCompacted(7, plain)
		if err != nil {
			return
		}
		// What is read is all that is there, byte for byte.
		_, rest, _ := strings.Cut(string(plain), "\n")
		for _, p := range pieces {
			if !strings.HasPrefix(rest, string(p.plain)) || len(p.records) == 0 && p.Writer == "" {
				t.Fatalf("segment %s is not what lies there", p.segment)
			}
			rest = rest[len(p.plain):]
		}
		if rest != "" {
			t.Fatalf("%d bytes were passed over", len(rest))
		}
	})
}

// BenchmarkOpen opens a shard of 20,000 answers in commits of 10, as it was written
// and compacted.
func BenchmarkOpen(b *testing.B) {
	store := dirstore.Dir(b.TempDir())
	s, err := Open(b.Context(), store, 7)
	if err != nil {
		b.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	for i := range 2000 {
		group := make([]Record, 10)
		for k := range group {
			text := make([]byte, 0, 900)
			for range 80 {
				text = fmt.Appendf(text, "word%d ", random.IntN(3000))
			}
			group[k] = rec(fmt.Sprintf("%064x", i*10+k), string(text))
		}
		if err := s.Commit(b.Context(), group); err != nil {
			b.Fatal(err)
		}
	}
	run := func(name string) {
		b.Run(name, func(b *testing.B) {
			for b.Loop() {
				if _, err := Open(b.Context(), store, 7); err != nil {
					b.Fatal(err)
				}
			}
			a, err := Verify(b.Context(), store, 7)
			if err != nil {
				b.Fatal(err)
			}
			b.ReportMetric(float64(a.Files), "files")
			b.ReportMetric(float64(a.Bytes), "bytes")
		})
	}
	run("segments")
	start := time.Now()
	if _, err := Compact(b.Context(), store, 7); err != nil {
		b.Fatal(err)
	}
	b.Logf("Compact takes %v", time.Since(start))
	run("compacted")
}
