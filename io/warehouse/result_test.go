package warehouse

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestWriteTable(t *testing.T) {
	r := Result{Columns: []string{"a", "bb"}, Rows: [][]any{{int64(1), nil}, {"x\ty\n", 0.5}, {true, []any{"p", "q"}}}}
	var b bytes.Buffer
	if err := r.WriteTable(&b); err != nil {
		t.Fatal(err)
	}
	want := "a       bb\n1       -\nx\\ty\\n  0.5000\ntrue    [\"p\",\"q\"]\n"
	if b.String() != want {
		t.Errorf("got\n%s\nwant\n%s", b.String(), want)
	}
	b.Reset()
	odd := Result{Columns: []string{"z", "large", "small", "record"}, Rows: [][]any{{-1e-17, 1e300, 1e-9, map[string]any{"b": nil, "a": 0.5}}}}
	if err := odd.WriteTable(&b); err != nil || b.String() != "z       large   small   record\n0.0000  1e+300  0.0000  {\"a\":0.5,\"b\":null}\n" {
		t.Errorf("odd values: %q, %v", b.String(), err)
	}
	b.Reset()
	if err := (Result{Columns: []string{"a"}}).WriteTable(&b); err != nil || b.String() != "a\n(no rows)\n" {
		t.Errorf("no rows: %q, %v", b.String(), err)
	}
	if err := r.WriteTable(full{}); !errors.Is(err, errFull) {
		t.Errorf("full disk: %v", err)
	}
}

func TestWriteJSON(t *testing.T) {
	r := Result{Columns: []string{"z", "a"}, Rows: [][]any{{int64(1), nil}, {"<x>\n", 0.5}, {true, []any{"p"}}}}
	var b bytes.Buffer
	if err := r.WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	want := "[\n {\"z\": 1, \"a\": null},\n {\"z\": \"<x>\\n\", \"a\": 0.5},\n {\"z\": true, \"a\": [\"p\"]}\n]\n"
	if b.String() != want {
		t.Errorf("got %s", b.String())
	}
	b.Reset()
	if err := (Result{}).WriteJSON(&b); err != nil {
		t.Fatal(err)
	}
	var none []any
	if err := json.Unmarshal(b.Bytes(), &none); err != nil || len(none) != 0 {
		t.Errorf("no rows: %q, %v", b.String(), err)
	}
	if err := r.WriteJSON(full{}); !errors.Is(err, errFull) {
		t.Errorf("full disk: %v", err)
	}
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

// DuckDB's own number types come out as int64 and float64.
func TestNumbers(t *testing.T) {
	db, err := OpenDuckDB()
	if err != nil {
		t.Fatal(err)
	}
	defer db.Close()
	r, err := db.Query(context.Background(), "SELECT SUM(x) AS s, 0.25 AS d, CAST(7 AS INTEGER) AS i, 7 / 2 AS q, DIV(7, 2) AS v, 1e0 AS f FROM (SELECT 3 AS x UNION ALL SELECT 4)")
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([][]any{{int64(7), 0.25, int64(7), 3.5, int64(3), 1.0}}, r.Rows); diff != "" {
		t.Error(diff)
	}
}
