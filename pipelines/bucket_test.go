package pipelines

import (
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"decoy/io/bucket/buckettest"
	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/pipelines/money"
	"decoy/schemas"
	"decoy/transforms/panel/ledger"
)

// TestALedgerInABucket writes a ledger through the bucket's store, as two writers, and
// reads it with what the commands use.
func TestALedgerInABucket(t *testing.T) {
	out := buckettest.New(t).Address("builds/one")
	store := ask.Store(out, schemas.StageGenerate)
	a, err := ledger.Open(t.Context(), store, 7)
	if err != nil {
		t.Fatal(err)
	}
	b, err := ledger.Open(t.Context(), store, 7)
	if err != nil {
		t.Fatal(err)
	}
	cost := 0.25
	for i := range 3 {
		for name, l := range map[string]*ledger.Shard{"a": a, "b": b} {
			if err := l.Commit(t.Context(), []ledger.Record{{Key: fmt.Sprint(name, i), Member: name,
				CostUSD: &cost, Raw: []byte("{}")}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := func(files int) {
		t.Helper()
		stats, err := money.LedgerStats(t.Context(), out)
		if err != nil || len(stats) != 2 || stats[0].Answers != 3 || stats[1].CostUSD != 0.75 {
			t.Errorf("%+v, %v", stats, err)
		}
		audits, err := money.VerifyLedgers(t.Context(), out)
		if err != nil || len(audits) != 1 || audits[0].Files != files || audits[0].Records != 6 ||
			len(audits[0].Damaged) > 0 {
			t.Errorf("%+v, %v", audits, err)
		}
	}
	check(6)
	held, err := shard.Lock(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := CompactLedgers(t.Context(), out, nil); err == nil || !strings.Contains(err.Error(), "in use by pid") {
		t.Errorf("error %v", err)
	}
	if err := held.Release(t.Context()); err != nil {
		t.Error(err)
	}
	if done, err := CompactLedgers(t.Context(), out, nil); err != nil || len(done) != 1 || done[0].FilesAfter != 1 {
		t.Errorf("%+v, %v", done, err)
	}
	check(1)
	if n, err := money.ExportLedgers(t.Context(), out, filepath.Join(t.TempDir(), "paid.jsonl"), true); err != nil ||
		n != 6 {
		t.Errorf("%d records, %v", n, err)
	}
	if _, err := money.LedgerStats(t.Context(), out+"x"); err == nil || !strings.Contains(err.Error(), "is not there") {
		t.Errorf("error %v", err)
	}
}

// download copies a build to a disk, but for its lock.
func download(t *testing.T, out string) string {
	t.Helper()
	dir := t.TempDir()
	files, err := shard.Walk(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range files {
		data, err := shard.ReadFile(t.Context(), shard.Join(out, f.Name))
		if err == nil {
			_, err = shard.WriteFile(t.Context(), shard.Join(dir, f.Name), data)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

// uploads are the names below out that requests wrote.
func uploads(requests []string) []string {
	var names []string
	for _, r := range requests {
		if _, name, ok := strings.Cut(r, "&name=out%2F"); ok && strings.HasPrefix(r, "POST /upload/") {
			name, _, _ = strings.Cut(name, "&")
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

func TestABuildInABucket(t *testing.T) {
	c := ordinary(t, 2)
	r := parsed(t, narrow)
	local := c.build(t, "prism", r)
	all := func(t *testing.T, b *buckettest.Bucket) error {
		return c.open(t, b.Address("out"), "prism", r).RunStages(t.Context(), schemas.Stages...)
	}
	whole := func(t *testing.T, b *buckettest.Bucket) {
		t.Helper()
		b.Next()
		b.Always(nil)
		files, err := shard.Walk(t.Context(), b.Address("out"))
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range files {
			if strings.HasPrefix(f.Name, ".lock") {
				t.Errorf("%s was left", f.Name)
			}
		}
		sameBytes(t, "a build on a disk and one in a bucket", local, download(t, b.Address("out")))
	}
	t.Run("undisturbed", func(t *testing.T) {
		t.Setenv("TMPDIR", t.TempDir())
		b := buckettest.New(t)
		if err := all(t, b); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d requests", len(b.Seen()))
		whole(t, b)
		if err := all(t, b); err != nil {
			t.Fatal(err)
		}
		if got := uploads(b.Seen()); !slices.Equal(got, []string{".lock", "report.html", "run.json"}) {
			t.Errorf("the same command wrote %q again", got)
		}
		whole(t, b)
		if left, err := filepath.Glob(filepath.Join(os.TempDir(), "decoy-*")); err != nil || len(left) > 0 {
			t.Errorf("scratch files were left: %v, %v", left, err)
		}
	})
	t.Run("faults", func(t *testing.T) {
		b := buckettest.New(t)
		b.Always(buckettest.Random(7, 0.08, buckettest.Status(503), buckettest.Status(429), buckettest.Cut,
			buckettest.Lost, buckettest.Halfway, buckettest.Slow(20*time.Millisecond)))
		if err := all(t, b); err != nil {
			t.Fatal(err)
		}
		t.Logf("%d requests", len(b.Seen()))
		whole(t, b)
	})
	t.Run("the lock is lost", func(t *testing.T) {
		terms := shard.LockTerms
		defer func() { shard.LockTerms = terms }()
		shard.LockTerms.Renew = 10 * time.Millisecond
		b := buckettest.New(t)
		b.Always(func(r *http.Request) buckettest.Fault {
			if strings.Contains(r.URL.RawQuery, "name=out%2Fgenerate%2F_done") {
				b.Create("out/.lock", []byte(`{"pid": 4711, "host": "elsewhere"}`), time.Time{})
			}
			return nil
		})
		if err := all(t, b); !errors.Is(err, shard.ErrLost) || !strings.Contains(err.Error(), "pid 4711 on elsewhere") {
			t.Errorf("error %v, want one that names the new holder", err)
		}
		b.Always(nil)
		if err := all(t, b); err == nil || !strings.Contains(err.Error(), "is in use by pid 4711") {
			t.Errorf("error %v, want one that names the holder", err)
		}
		if err := shard.Remove(t.Context(), b.Address("out/.lock")); err != nil {
			t.Fatal(err)
		}
		b.Next()
		if err := all(t, b); err != nil {
			t.Fatal(err)
		}
		if got := uploads(b.Seen()); slices.ContainsFunc(got,
			func(name string) bool { return strings.HasPrefix(name, "extract") }) {
			t.Errorf("what was done before is done again: %q", got)
		}
		whole(t, b)
	})
}
