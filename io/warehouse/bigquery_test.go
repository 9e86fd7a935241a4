package warehouse

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"decoy/io/warehouse/bigqueryfake"
)

func openDataset(t *testing.T, c *cloud, limits Limits) *BigQuery {
	t.Helper()
	must(t, c.load(builtOut(t), "contexts", "negatives"))
	e, err := Open(t.Context(), "bigquery://p-1/d", limits)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { e.Close() })
	return e.(*BigQuery)
}

// Values come out of BigQuery as they come out of DuckDB, over several pages.
func TestValues(t *testing.T) {
	c := startCloud(t)
	db, err := OpenDuckDB()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	if err := db.Attach(t.Context(), builtOut(t)); err != nil {
		t.Fatal(err)
	}
	b := openDataset(t, c, Limits{})
	for _, text := range []string{
		"SELECT id, types, end_byte, prefix_cut, golden FROM contexts ORDER BY id",
		"SELECT id, introduced, cost_usd, edit_similarity FROM negatives ORDER BY id", // two pages
		"SELECT 1 AS i, 0.25 AS f, -1e300 AS g, TRUE AS b, NULL AS n, DATE '2026-01-02' AS d, TIMESTAMP '2026-01-02 03:04:05.5' AS t, CAST('2026-01-02 03:04:05+00' AS TIMESTAMPTZ) AS z",
		"SELECT {'repo': 'r', 'stars': 3, 'names': ['a', 'b'], 'none': NULL} AS src, [{'a': 1, 'b': 'x'}, {'a': 2, 'b': NULL}] AS spans",
		"SELECT CAST('x' AS BLOB) AS raw",
		"SELECT id FROM contexts WHERE id = 'absent'",
	} {
		want, err := db.Query(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		got, err := b.Query(t.Context(), text)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: %s", text, diff)
		}
		var x, y bytes.Buffer
		if want.WriteJSON(&x) != nil || got.WriteJSON(&y) != nil || want.WriteTable(&x) != nil || got.WriteTable(&y) != nil || x.String() != y.String() {
			t.Errorf("%s: printed\n%s\n%s", text, &x, &y)
		}
	}
}

func TestQueryFaults(t *testing.T) {
	c := startCloud(t)
	b := openDataset(t, c, Limits{BytesBilled: 2000})
	query := func(text string) error {
		_, err := b.Query(t.Context(), text)
		return err
	}
	if n, err := b.Estimate(t.Context(), "SELECT id FROM contexts"); n != 1000 || err != nil {
		t.Errorf("estimate %d, %v", n, err)
	}
	if err := query("SELECT id FROM contexts"); err != nil {
		t.Error(err)
	}
	c.Break(bigqueryfake.Once("POST", "/jobs", bigqueryfake.Refuse(503, "backendError", "try again")))
	if err := query("SELECT id FROM contexts"); err != nil {
		t.Errorf("503 once: %v", err)
	}
	c.Break(bigqueryfake.Once("POST", "/jobs", bigqueryfake.Refuse(403, "accessDenied", "no")))
	if err := query("SELECT id FROM contexts"); err == nil || !strings.Contains(err.Error(), "permission bigquery.jobs.create or") {
		t.Errorf("403: %v", err)
	}
	c.Break(bigqueryfake.Once("POST", "/jobs", bigqueryfake.Refuse(401, "authError", "Invalid Credentials")))
	if err := query("SELECT id FROM contexts"); err == nil || !strings.Contains(err.Error(), "Invalid Credentials: log in with") {
		t.Errorf("401: %v", err)
	}
	c.Break(nil)
	c.Bytes = 3000
	for text, want := range map[string]string{
		"SELECT id FROM contexts": "3000 or higher required.: raise --max-bytes-billed",
		"SELECT FROM":             "query: Query exceeded",
	} {
		if err := query(text); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: error %v, want %q", text, err, want)
		}
	}
	c.Bytes = 1
	if err := query("SELECT absent FROM contexts"); err == nil || !strings.Contains(err.Error(), "absent") || strings.Contains(err.Error(), "\n") {
		t.Errorf("a bad query: %v", err)
	}
}

// A query whose caller stops is cancelled, for it is paid for.
func TestQueryIsCancelled(t *testing.T) {
	c := startCloud(t)
	b := openDataset(t, c, Limits{})
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	c.Polls = 1000
	c.Break(bigqueryfake.Once("GET", "", func(http.ResponseWriter, *http.Request, http.Handler) bool {
		cancel()
		return false
	}))
	if _, err := b.Query(ctx, "SELECT id FROM contexts"); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	seen := c.Seen()
	if last := seen[len(seen)-1]; !strings.HasPrefix(last, "POST /projects/p-1/jobs/decoy-stats-") || !strings.HasSuffix(last, "/cancel") {
		t.Errorf("the last request is %s", last)
	}
}
