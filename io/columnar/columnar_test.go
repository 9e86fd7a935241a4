package columnar

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"
	"github.com/parquet-go/parquet-go"

	"decoy/schemas"
)

func ptr[T any](v T) *T { return &v }

func encode[T any](t testing.TB, records []T) []byte {
	t.Helper()
	var b bytes.Buffer
	w, err := NewWriter[T](&b)
	if err != nil {
		t.Fatal(err)
	}
	for _, v := range records {
		if err := w.Write(v); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	return b.Bytes()
}

func decode[T any](ctx context.Context, path string) ([]T, error) {
	var out []T
	for v, err := range Read[T](ctx, path) {
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	return out, nil
}

func save(t testing.TB, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "x.parquet")
	if err := os.WriteFile(path, data, 0o644); err != nil {
		t.Fatal(err)
	}
	return path
}

func roundTrip[T any](t *testing.T, records []T) {
	t.Helper()
	got, err := decode[T](t.Context(), save(t, encode(t, records)))
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(records, got, cmpopts.EquateEmpty()); diff != "" {
		t.Error(diff)
	}
}

func TestRoundTrip(t *testing.T) {
	roundTrip(t, []schemas.Row(nil))
	roundTrip(t, []schemas.Row{
		{ID: "a", Prefix: "p\x00\nq", Suffix: "", Chosen: "é", Judges: -1},
		{ID: "b", Type: ptr(schemas.TypeMethod), Rejected: ptr(""), FoolRate: ptr(0.1), Margin: ptr(-1e300), Judges: 1 << 62},
		{ID: "c", Type: ptr(schemas.Type("")), Generator: ptr("rules")},
	})
	roundTrip(t, []schemas.Context{
		{ID: "a", Types: []schemas.Type{"method", "", "import"}, PrefixCut: true, EndByte: 9},
		{ID: "b", Types: nil, SuffixCut: true},
		{ID: "c", Types: []schemas.Type{"parameter"}},
	})
	roundTrip(t, []schemas.Blob{{Path: "a", Content: []byte{0xff, 0, 1}}, {Path: "b", Content: []byte{}}})
	roundTrip(t, []schemas.Verdict{{NegativeID: nil, Margin: ptr(0.0)}, {NegativeID: ptr("n"), CostUSD: ptr(0.25)}})
}

// A list and its absence differ from a list of one empty string.
func TestListsKeepTheirLength(t *testing.T) {
	want := []schemas.Symbol{{Params: []string{""}}, {Params: []string{}}, {Params: []string{"", ""}}}
	got, err := decode[schemas.Symbol](t.Context(), save(t, encode(t, want)))
	if err != nil {
		t.Fatal(err)
	}
	for i := range want {
		if len(got[i].Params) != len(want[i].Params) {
			t.Errorf("record %d has %d params, want %d", i, len(got[i].Params), len(want[i].Params))
		}
	}
}

// Rows of several groups and pages, held to the end: no string may share memory
// that the reader uses again.
func TestRowGroups(t *testing.T) {
	var want []schemas.Name
	for i := range 2*groupRows + 1 {
		want = append(want, schemas.Name{Name: fmt.Sprintf("name %d", i), Role: strings.Repeat("r", i%7), Count: int64(i)})
	}
	path := save(t, encode(t, want))
	if got := groups(t, path); !cmp.Equal(got, []int64{groupRows, groupRows, 1}) {
		t.Errorf("row groups of %v rows", got)
	}
	got, err := decode[schemas.Name](t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestRowGroupsOfLargeRows(t *testing.T) {
	var b bytes.Buffer
	w, err := NewWriter[schemas.Row](&b)
	if err != nil {
		t.Fatal(err)
	}
	w.most.bytes = 2000
	for i, size := range []int{900, 900, 900, 5000, 100, 100} {
		if err := w.Write(schemas.Row{ID: fmt.Sprint(i), Prefix: strings.Repeat("x", size), Rejected: ptr("12345678")}); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if got := groups(t, save(t, b.Bytes())); !cmp.Equal(got, []int64{2, 1, 1, 2}) {
		t.Errorf("row groups of %v rows", got)
	}
}

func groups(t *testing.T, path string) []int64 {
	t.Helper()
	f, err := os.Open(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	st, err := f.Stat()
	if err != nil {
		t.Fatal(err)
	}
	file, err := parquet.OpenFile(f, st.Size())
	if err != nil {
		t.Fatal(err)
	}
	var out []int64
	for _, g := range file.RowGroups() {
		out = append(out, g.NumRows())
	}
	return out
}

func TestColumns(t *testing.T) {
	data := encode(t, []schemas.Context{{ID: "a", Types: []schemas.Type{"x"}}})
	file, err := parquet.OpenFile(bytes.NewReader(data), int64(len(data)))
	if err != nil {
		t.Fatal(err)
	}
	var got []string
	for _, f := range file.Schema().Fields() {
		got = append(got, f.Name())
	}
	var want []string
	for _, f := range schemas.Fields[schemas.Context]() {
		want = append(want, f.Name)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("columns: %s", diff)
	}
	if _, ok := file.Schema().Lookup("types", "list", "element"); !ok {
		t.Errorf("no three-level list in %s", file.Schema())
	}
	if by := file.Metadata().CreatedBy; by != fmt.Sprintf("decoy version %d(build 0)", schemas.SchemaVersion) {
		t.Errorf("created by %q", by)
	}
}

func TestColumnsLeftOut(t *testing.T) {
	var b bytes.Buffer
	w, err := NewWriter[schemas.Verdict](&b, "judge", "cost_usd")
	if err != nil {
		t.Fatal(err)
	}
	want := schemas.Verdict{NegativeID: ptr("n"), Judge: "j", Answer: "fooled", Margin: ptr(0.5), Tokens: ptr(int64(0)), GoldenStop: ptr(-1.5), InputTokens: 3, CostUSD: ptr(1.0)}
	if err := w.Write(want); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	type left struct {
		NegativeID    *string  `json:"negative_id"`
		ContextID     string   `json:"context_id"`
		Protocol      string   `json:"protocol"`
		Answer        string   `json:"answer"`
		Margin        *float64 `json:"margin"`
		LogProb       *float64 `json:"logprob"`
		Tokens        *int64   `json:"tokens"`
		Stop          *float64 `json:"stop"`
		GoldenLogProb *float64 `json:"golden_logprob"`
		GoldenTokens  *int64   `json:"golden_tokens"`
		GoldenStop    *float64 `json:"golden_stop"`
		Order         string   `json:"order"`
		InputTokens   int64    `json:"input_tokens"`
		OutputTokens  int64    `json:"output_tokens"`
	}
	got, err := decode[left](t.Context(), save(t, b.Bytes()))
	if diff := cmp.Diff([]left{{NegativeID: ptr("n"), Answer: "fooled", Margin: ptr(0.5), Tokens: ptr(int64(0)), GoldenStop: ptr(-1.5), InputTokens: 3}}, got); err != nil || diff != "" {
		t.Errorf("%v %s", err, diff)
	}
}

func TestSameBytes(t *testing.T) {
	records := []schemas.Row{{ID: "a", Prefix: strings.Repeat("x = 1\n", 1e5)}, {ID: "b", Type: ptr(schemas.TypeImport)}}
	if !bytes.Equal(encode(t, records), encode(t, records)) {
		t.Error("the same records gave other bytes")
	}
}

func TestReadRefuses(t *testing.T) {
	good := encode(t, []schemas.Name{{Name: "a"}})
	for name, data := range map[string][]byte{
		"empty":         nil,
		"no parquet":    []byte("hello, no parquet here"),
		"cut":           good[:len(good)-9],
		"other columns": encode(t, []schemas.Reject{{ID: "a"}}),
	} {
		path := save(t, data)
		if _, err := decode[schemas.Name](t.Context(), path); err == nil || !strings.Contains(err.Error(), path) {
			t.Errorf("%s: error %v", name, err)
		}
	}
	if _, err := decode[schemas.Name](t.Context(), filepath.Join(t.TempDir(), "absent")); !errors.Is(err,
		fs.ErrNotExist) {
		t.Errorf("absent: %v", err)
	}
}

func TestWriteAfterClose(t *testing.T) {
	w, err := NewWriter[schemas.Name](&bytes.Buffer{})
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if err := w.Write(schemas.Name{}); err == nil {
		t.Error("Write after Close succeeded")
	}
}

func TestErrorsOfTheDiskAreKept(t *testing.T) {
	w, err := NewWriter[schemas.Row](full{})
	if err != nil {
		t.Fatal(err)
	}
	w.Write(schemas.Row{ID: "a"})
	if err := w.Close(); !errors.Is(err, errFull) {
		t.Errorf("Close: %v", err)
	}
}

var errFull = errors.New("disk full")

type full struct{}

func (full) Write([]byte) (int, error) { return 0, errFull }

func rows(n int) (out []schemas.Row, size int64) {
	text := strings.Repeat("	for i := range xs {\n		total += xs[i].value(ctx)\n	}\n", 220)
	for i := range n {
		r := schemas.Row{ID: fmt.Sprintf("%032d", i), Language: "go", Prefix: text[i%40:], Suffix: text[:4096], Chosen: "x", Rejected: ptr("y")}
		size += int64(len(r.Prefix) + len(r.Suffix))
		out = append(out, r)
	}
	return out, size
}

func BenchmarkWrite(b *testing.B) {
	records, n := rows(2000)
	b.SetBytes(n)
	b.ReportAllocs()
	for b.Loop() {
		encode(b, records)
	}
}

func BenchmarkRead(b *testing.B) {
	records, n := rows(2000)
	path := save(b, encode(b, records))
	b.SetBytes(n)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := decode[schemas.Row](b.Context(), path); err != nil {
			b.Fatal(err)
		}
	}
}
