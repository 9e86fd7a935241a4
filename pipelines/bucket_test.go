package pipelines

import (
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"

	"github.com/fsouza/fake-gcs-server/fakestorage"

	"decoy/schemas"
	"decoy/transforms/panel/ledger"
)

// TestALedgerInABucket writes a ledger through the bucket's store, as two writers, and
// reads it with what the commands use.
func TestALedgerInABucket(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := l.Addr().String()
	s, err := fakestorage.NewServerWithOptions(fakestorage.Options{NoListener: true, PublicHost: host, ExternalURL: "http://" + host})
	if err != nil {
		t.Fatal(err)
	}
	web := &httptest.Server{Listener: l, Config: &http.Server{Handler: s.HTTPHandler()}}
	web.Start()
	t.Cleanup(func() { web.Close(); s.Stop() })
	t.Setenv("STORAGE_EMULATOR_HOST", web.URL)
	s.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "b"})
	const out = "gs://b/builds/one"
	store := openStore(out, schemas.StageGenerate)
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
			if err := l.Commit(t.Context(), []ledger.Record{{Key: fmt.Sprint(name, i), Member: name, CostUSD: &cost, Raw: []byte("{}")}}); err != nil {
				t.Fatal(err)
			}
		}
	}
	check := func(files int) {
		t.Helper()
		stats, err := LedgerStats(t.Context(), out)
		if err != nil || len(stats) != 2 || stats[0].Answers != 3 || stats[1].CostUSD != 0.75 {
			t.Errorf("%+v, %v", stats, err)
		}
		audits, err := VerifyLedgers(t.Context(), out)
		if err != nil || len(audits) != 1 || audits[0].Files != files || audits[0].Records != 6 || len(audits[0].Damaged) > 0 {
			t.Errorf("%+v, %v", audits, err)
		}
	}
	check(6)
	if _, err := ledger.Compact(t.Context(), store, 7); err != nil {
		t.Fatal(err)
	}
	check(1)
	if n, err := ExportLedgers(t.Context(), out, filepath.Join(t.TempDir(), "paid.jsonl"), true); err != nil || n != 6 {
		t.Errorf("%d records, %v", n, err)
	}
	if _, err := CompactLedgers(t.Context(), out); err == nil || !strings.Contains(err.Error(), "no lock") {
		t.Errorf("error %v", err)
	}
}
