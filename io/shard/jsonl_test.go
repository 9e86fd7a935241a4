package shard

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/zstd"

	"decoy/schemas"
)

func contexts(n int) []schemas.Context {
	r := rand.New(rand.NewPCG(1, 2))
	words := []string{"func ", "return ", "<b>&amp;</b>", "\t", "\n", "\"q\"", "\\", "é", "\u2028", "x := y[i]", "\x00", "名前"}
	text := func(n int) string {
		var b strings.Builder
		for b.Len() < n {
			b.WriteString(words[r.IntN(len(words))])
		}
		return b.String()
	}
	out := make([]schemas.Context, n)
	for i := range out {
		out[i] = schemas.Context{
			ID: fmt.Sprintf("%032x", i), Repo: "example.org/r", Types: []schemas.Type{"method"},
			Prefix: text(r.IntN(12288)), Golden: text(r.IntN(800)), Suffix: text(r.IntN(4096)), EndByte: math.MaxInt64,
		}
	}
	return out
}

func write[T any](t testing.TB, path string, records []T) schemas.File {
	t.Helper()
	w, err := Create[T](t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer w.Abort()
	for _, v := range records {
		if err := w.Write(v); err != nil {
			t.Fatal(err)
		}
	}
	f, err := w.Commit()
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestRoundTrip(t *testing.T) {
	for _, n := range []int{0, 1, 200} {
		path := filepath.Join(t.TempDir(), "new", "contexts-00000-of-00001.jsonl.zst")
		want := contexts(n)
		f := write(t, path, want)
		got, err := ReadAll[schemas.Context](t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); n > 0 && diff != "" {
			t.Fatal(diff)
		}
		if n == 0 && len(got) != 0 {
			t.Fatalf("empty shard gave %d records", len(got))
		}
		sum, size, err := hashFile(t.Context(), path)
		if err != nil {
			t.Fatal(err)
		}
		wantFile := schemas.File{Name: "contexts-00000-of-00001.jsonl.zst", Records: int64(n), Bytes: size, SHA256: sum}
		if f != wantFile {
			t.Errorf("n=%d: file %+v, on disk %+v", n, f, wantFile)
		}
	}
}

// The bytes are those of the records, whatever the number of processors.
func TestSameBytes(t *testing.T) {
	dir := t.TempDir()
	records := contexts(300)
	var sums []string
	for i, procs := range []int{1, 2, 1} {
		old := runtime.GOMAXPROCS(procs)
		sums = append(sums, write(t, filepath.Join(dir, fmt.Sprint(i)), records).SHA256)
		runtime.GOMAXPROCS(old)
	}
	if sums[0] != sums[1] || sums[0] != sums[2] {
		t.Errorf("sha256 differ: %v", sums)
	}
}

func TestHTMLStaysReadable(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.jsonl.zst")
	write(t, path, []schemas.Name{{Name: "a<b>&c"}})
	if got, want := decompress(t, path), `{"name":"a<b>&c","role":"","owner":"","count":0}`+"\n"; got != want {
		t.Errorf("line %q, want %q", got, want)
	}
}

func TestNothingBeforeCommitAndAfterAbort(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "a-00000-of-00001.jsonl.zst")
	w, err := Create[schemas.Name](t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(schemas.Name{Name: "x"}); err != nil {
		t.Fatal(err)
	}
	if names := entries(t, dir); len(names) != 1 || !temporary.MatchString(names[0]) {
		t.Fatalf("while writing: %v, want one temporary file", names)
	}
	if m, _ := filepath.Glob(filepath.Join(dir, "*.jsonl.zst")); len(m) != 0 {
		t.Fatalf("a temporary name matches the pattern for finished files: %v", m)
	}
	if l, err := List(t.Context(), dir, "*"); err != nil || len(l) != 0 {
		t.Fatalf("List shows %v, %v while writing", l, err)
	}
	w.Abort()
	if names := entries(t, dir); len(names) != 0 {
		t.Errorf("after Abort: %v", names)
	}
	if err := w.Write(schemas.Name{}); err == nil {
		t.Error("Write after Abort succeeded")
	}
	if _, err := w.Commit(); err == nil {
		t.Error("Commit after Abort succeeded")
	}
}

func TestAbortAfterCommitKeepsTheFile(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.html")
	r, err := CreateRaw(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(r, "<p>")
	f, err := r.Commit(7)
	if err != nil {
		t.Fatal(err)
	}
	r.Abort()
	if f.Records != 7 || f.Bytes != 3 {
		t.Errorf("file %+v", f)
	}
	if _, err := os.Stat(path); err != nil {
		t.Error(err)
	}
	if _, err := r.Commit(7); err == nil {
		t.Error("second Commit succeeded")
	}
}

func TestUnencodableRecordFailsTheFile(t *testing.T) {
	dir := t.TempDir()
	w, err := Create[schemas.Negative](t.Context(), filepath.Join(dir, "n.jsonl.zst"))
	if err != nil {
		t.Fatal(err)
	}
	if err := w.Write(schemas.Negative{EditSimilarity: math.NaN()}); err == nil || !strings.Contains(err.Error(), "n.jsonl.zst") || !strings.Contains(err.Error(), "record 1") {
		t.Errorf("error %v does not name file and record", err)
	}
	if _, err := w.Commit(); err == nil {
		t.Error("Commit after a failed record succeeded")
	}
	if names := entries(t, dir); len(names) != 0 {
		t.Errorf("left behind: %v", names)
	}
}

func TestReadErrors(t *testing.T) {
	dir := t.TempDir()
	good := filepath.Join(dir, "good")
	write(t, good, contexts(50))
	whole, err := os.ReadFile(good)
	if err != nil {
		t.Fatal(err)
	}
	flipped := append([]byte(nil), whole...)
	flipped[len(flipped)-1] ^= 1 // the frame's checksum
	tests := []struct {
		name string
		data []byte
		want string
	}{
		{"empty", nil, "empty"},
		{"cut", whole[:len(whole)/2], "line "},
		{"checksum", flipped, "line "},
		{"not zstd", []byte("hello, this is no zstd"), "line 1"},
		{"second line", compress(t, "{\"name\":\"a\"}\n{\"name\":1}\n"), "line 2"},
		{"blank line", compress(t, "{\"name\":\"a\"}\n\n{}\n"), "line 2"},
		{"no last newline", compress(t, "{\"name\":\"a\"}\n{\"name\":\"b\"}"), "line 2"},
		{"two values", compress(t, "{} {}\n"), "line 1"},
		{"endless line", compress(t, strings.Repeat("x", maxLine+1<<20)), "longer than"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			path := filepath.Join(dir, "bad.jsonl.zst")
			if err := os.WriteFile(path, tt.data, 0o644); err != nil {
				t.Fatal(err)
			}
			_, err := ReadAll[schemas.Name](t.Context(), path)
			if err == nil || !strings.Contains(err.Error(), tt.want) || !strings.Contains(err.Error(), path) {
				t.Errorf("error %v, want one with %q and the path", err, tt.want)
			}
		})
	}
	if _, err := ReadAll[schemas.Name](t.Context(), filepath.Join(dir, "absent")); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("absent file: %v", err)
	}
}

// Lines around the buffer's size take both ways through readLine.
func TestLongLines(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.jsonl.zst")
	var want []schemas.Name
	for _, n := range []int{256<<10 - 60, 256<<10 - 49, 256<<10 - 48, 256 << 10, 3 << 20, 1} {
		want = append(want, schemas.Name{Name: strings.Repeat("a", n), Count: int64(n)})
	}
	write(t, path, want)
	got, err := ReadAll[schemas.Name](t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error("long lines changed")
	}
}

func TestReadStopsEarly(t *testing.T) {
	path := filepath.Join(t.TempDir(), "l.jsonl.zst")
	write(t, path, contexts(100))
	n := 0
	for range Read[schemas.Context](t.Context(), path) {
		if n++; n == 3 {
			break
		}
	}
	if n != 3 {
		t.Errorf("read %d", n)
	}
}

func FuzzRead(f *testing.F) {
	f.Add([]byte{})
	f.Add([]byte("{\"name\":\"a\"}\n"))
	f.Add([]byte{0x28, 0xb5, 0x2f, 0xfd, 0, 0, 1, 0, 0})
	f.Fuzz(func(t *testing.T, data []byte) {
		dir := t.TempDir()
		for i, content := range [][]byte{data, compress(t, string(data))} {
			path := filepath.Join(dir, fmt.Sprint(i))
			if err := os.WriteFile(path, content, 0o644); err != nil {
				t.Fatal(err)
			}
			records, err := ReadAll[schemas.Name](t.Context(), path)
			if lines := strings.Count(string(data), "\n"); i == 1 && err == nil && len(records) != lines {
				t.Errorf("%d records of %d lines", len(records), lines)
			}
		}
	})
}

// sources are contexts of Go's own source code: what real records look like.
func sources(b *testing.B) (records []schemas.Context, bytes int64) {
	for _, pattern := range []string{"src/go/types/*.go", "src/net/http/*.go"} {
		//lint:ignore SA1019 Tests run where Go is.
		files, err := filepath.Glob(filepath.Join(runtime.GOROOT(), pattern))
		if err != nil {
			b.Fatal(err)
		}
		for _, f := range files {
			text, err := os.ReadFile(f)
			if err != nil {
				b.Fatal(err)
			}
			for s := string(text); len(s) > 16<<10; s = s[16<<10:] {
				records = append(records, schemas.Context{
					ID: schemas.ContextID(f, "", "", int64(len(s)), 0, "", "", ""), Types: []schemas.Type{"method"},
					Prefix: s[:12<<10], Golden: s[12<<10 : 12<<10+100], Suffix: s[12<<10+100 : 16<<10],
				})
				bytes += 16 << 10
			}
		}
	}
	if len(records) == 0 {
		b.Skip("Go's sources are not here")
	}
	return records, bytes
}

func BenchmarkWrite(b *testing.B) {
	records, n := sources(b)
	path := filepath.Join(b.TempDir(), "x")
	b.SetBytes(n)
	b.ReportAllocs()
	for b.Loop() {
		write(b, path, records)
	}
}

func BenchmarkRead(b *testing.B) {
	records, n := sources(b)
	path := filepath.Join(b.TempDir(), "x")
	write(b, path, records)
	b.SetBytes(n)
	b.ReportAllocs()
	for b.Loop() {
		for _, err := range Read[schemas.Context](b.Context(), path) {
			if err != nil {
				b.Fatal(err)
			}
		}
	}
}

func compress(t testing.TB, s string) []byte {
	t.Helper()
	enc, err := zstd.NewWriter(nil, zstd.WithZeroFrames(true))
	if err != nil {
		t.Fatal(err)
	}
	defer enc.Close()
	return enc.EncodeAll([]byte(s), nil)
}

func decompress(t testing.TB, path string) string {
	t.Helper()
	data, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	dec, err := zstd.NewReader(nil)
	if err != nil {
		t.Fatal(err)
	}
	defer dec.Close()
	out, err := dec.DecodeAll(data, nil)
	if err != nil {
		t.Fatal(err)
	}
	return string(out)
}

func entries(t testing.TB, dir string) []string {
	t.Helper()
	list, err := os.ReadDir(dir)
	if err != nil {
		t.Fatal(err)
	}
	var names []string
	for _, e := range list {
		names = append(names, e.Name())
	}
	return names
}
