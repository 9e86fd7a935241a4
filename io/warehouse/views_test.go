package warehouse

import (
	"bytes"
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"decoy/io/columnar"
	"decoy/io/shard"
	"decoy/schemas"
)

func query(t *testing.T, db *DB, text string) [][]any {
	t.Helper()
	r, err := db.Query(context.Background(), text)
	if err != nil {
		t.Fatal(err)
	}
	return r.Rows
}

func TestViewsKeepNullsListsAndText(t *testing.T) {
	out := filepath.Join(t.TempDir(), "it's [odd]*?", "year=2020")
	build(t, out)
	db := open(t, out)
	tests := []struct {
		sql  string
		want [][]any
	}{
		{"SELECT id, types FROM contexts ORDER BY id", [][]any{
			{"c1", []any{"method", "undefinedvariable"}}, {"c2", []any{"import"}}, {"c3", []any{"method", "parameter"}}, {"c4", []any{}}}},
		{"SELECT prefix, suffix, golden, end_byte, prefix_cut, suffix_cut FROM context_texts WHERE id = 'c2'", [][]any{
			{"it's", "", `"fmt"`, int64(1 << 40), true, false}}},
		{"SELECT golden FROM contexts WHERE id = 'c4'", [][]any{{"x = 1\n\ty"}}},
		{"SELECT id, cost_usd, introduced FROM negatives WHERE type = 'method' ORDER BY id", [][]any{
			{"n1", nil, []any{"fooBar"}}, {"n2", 0.5, []any{}}, {"n5", nil, []any{}}}},
		{"SELECT COUNT(*) FROM verdicts WHERE negative_id IS NULL AND margin = 9", [][]any{{int64(1)}}},
		{"SELECT negative_id, type, \"group\", fool_rate FROM selection WHERE context_id IN ('c3', 'c4') ORDER BY 3, context_id", [][]any{
			{"n6", "parameter", "h", nil}, {nil, nil, "h", nil}}},
		// Parquet: a null is not an empty string.
		{"SELECT id, type, rejected, fool_rate, judges FROM export_rows ORDER BY id", [][]any{
			{"c4", nil, nil, nil, int64(0)}, {"n1", "method", "fooBar()", 0.5, int64(2)}, {"n4", "import", "", nil, int64(0)}}},
		{"SELECT stage, COUNT(*) FROM rejects GROUP BY stage ORDER BY stage", [][]any{
			{"curate", int64(1)}, {"extract", int64(3)}, {"generate", int64(1)}}},
	}
	for _, tt := range tests {
		if diff := cmp.Diff(tt.want, query(t, db, tt.sql)); diff != "" {
			t.Errorf("%s:\n%s", tt.sql, diff)
		}
	}
	if _, err := db.Query(context.Background(), "SELECT prefix FROM contexts"); err == nil {
		t.Error("contexts has payload columns")
	}
}

// Parquet as columnar writes it reads the same through DuckDB as through columnar:
// lists of every length, nulls, extreme numbers.
func TestDuckDBReadsColumnarLists(t *testing.T) {
	path := filepath.Join(t.TempDir(), "c.parquet")
	var b bytes.Buffer
	w, err := columnar.NewWriter[schemas.Negative](&b)
	if err != nil {
		t.Fatal(err)
	}
	for _, n := range []schemas.Negative{
		{ID: "a", Introduced: []string{"x", "", "é"}, Sample: 1 << 62, CostUSD: ptr(1e-300)},
		{ID: "b", Introduced: []string{}},
		{ID: "c", Introduced: []string{""}, Invented: true, Text: "a\x00b"},
	} {
		if err := w.Write(n); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := shard.WriteFile(t.Context(), path, b.Bytes()); err != nil {
		t.Fatal(err)
	}
	db := open(t, t.TempDir())
	got := query(t, db, "SELECT id, introduced, sample, cost_usd, invented, text FROM read_parquet("+quote(path)+")")
	want := [][]any{
		{"a", []any{"x", "", "é"}, int64(1 << 62), 1e-300, false, ""},
		{"b", []any{}, int64(0), nil, false, ""},
		{"c", []any{""}, int64(0), nil, true, "a\x00b"},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

// The columns of a view are those of its record, with files and without.
func TestColumns(t *testing.T) {
	full, empty := t.TempDir(), t.TempDir()
	build(t, full)
	for _, out := range []string{full, empty} {
		db := open(t, out)
		for _, v := range tables {
			var want []string
			for _, f := range v.columns {
				want = append(want, f.Name+" "+duckType(f))
			}
			var got []string
			for _, row := range query(t, db, "SELECT column_name || ' ' || column_type FROM (DESCRIBE "+v.name+")") {
				got = append(got, row[0].(string))
			}
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", v.name, diff)
			}
		}
	}
}

func TestEmptyBuildAnswersEverything(t *testing.T) {
	db := open(t, t.TempDir())
	for _, q := range Queries() {
		r, err := Run(context.Background(), db, q.Name)
		if err != nil {
			t.Errorf("%s: %v", q.Name, err)
			continue
		}
		if q.Name == "funnel" || q.Name == "integrity" {
			for _, row := range r.Rows {
				if row[2] != int64(0) {
					t.Errorf("%s of nothing: %v", q.Name, row)
				}
			}
		} else if len(r.Rows) != 0 {
			t.Errorf("%s of nothing: %v", q.Name, r.Rows)
		}
	}
}

// After a recipe with another number of shards the files of the last one may still
// be there; those of the manifest count, and a temporary file never does.
func TestManifestDecides(t *testing.T) {
	out := t.TempDir()
	write(t, out, "extract", "contexts-00000-of-00001.jsonl.zst", schemas.Context{ID: "new"})
	write(t, out, "extract", "contexts-00000-of-00002.jsonl.zst", schemas.Context{ID: "old"})
	if _, err := shard.Create[schemas.Context](t.Context(), filepath.Join(out, "extract",
		"contexts-00001-of-00002.jsonl.zst")); err != nil {
		t.Fatal(err)
	}
	ids := func(db *DB) [][]any { return query(t, db, "SELECT id FROM contexts ORDER BY id") }
	if diff := cmp.Diff([][]any{{"new"}, {"old"}}, ids(open(t, out))); diff != "" {
		t.Errorf("without a manifest: %s", diff)
	}
	m := schemas.Manifest{Stage: "extract", Shards: []schemas.File{{Name: "contexts-00000-of-00001.jsonl.zst"}, {Name: "names-go.jsonl.zst"}}}
	if err := shard.WriteManifest(t.Context(), filepath.Join(out, "extract"), m); err != nil {
		t.Fatal(err)
	}
	db := open(t, out)
	if diff := cmp.Diff([][]any{{"new"}}, ids(db)); diff != "" {
		t.Errorf("with a manifest: %s", diff)
	}
	m.Shards = append(m.Shards, schemas.File{Name: "contexts-00009-of-00010.jsonl.zst"})
	if err := shard.WriteManifest(t.Context(), filepath.Join(out, "extract"), m); err != nil {
		t.Fatal(err)
	}
	if err := db.Attach(t.Context(), out); !errors.Is(err, fs.ErrNotExist) ||
		!strings.Contains(err.Error(), "contexts-00009-of-00010") {
		t.Errorf("manifest naming an absent file: %v", err)
	}
}

func TestAttachAgain(t *testing.T) {
	first, second := t.TempDir(), t.TempDir()
	build(t, first)
	db := open(t, first)
	if err := db.Attach(t.Context(), second); err != nil {
		t.Fatal(err)
	}
	if got := query(t, db, "SELECT COUNT(*) FROM contexts"); got[0][0] != int64(0) {
		t.Errorf("contexts of the first build: %v", got)
	}
}

func TestAttachRefuses(t *testing.T) {
	db, err := OpenDuckDB()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	absent := filepath.Join(t.TempDir(), "absent")
	if err := db.Attach(t.Context(), absent); !errors.Is(err, fs.ErrNotExist) ||
		!strings.Contains(err.Error(), absent) {
		t.Errorf("absent folder: %v", err)
	}
	file := filepath.Join(t.TempDir(), "file")
	os.WriteFile(file, nil, 0o644)
	if err := db.Attach(t.Context(), file); err == nil || !strings.Contains(err.Error(), "not a folder") {
		t.Errorf("a file: %v", err)
	}
}

// A damaged line is an error that names the file, not a row of nulls.
func TestDamagedFileIsAnError(t *testing.T) {
	out := t.TempDir()
	write(t, out, "judge", "verdicts-00000-of-00001.jsonl.zst", "no object")
	db := open(t, out)
	_, err := db.Query(context.Background(), "SELECT * FROM verdicts")
	if err == nil || !strings.Contains(err.Error(), "verdicts-00000-of-00001.jsonl.zst") {
		t.Errorf("error %v", err)
	}
}

func TestNothingIsLeftBehind(t *testing.T) {
	db, err := OpenDuckDB()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(db.scratch); err != nil {
		t.Fatal(err)
	}
	if err := db.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(db.scratch); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("scratch folder: %v", err)
	}
}
