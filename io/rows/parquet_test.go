package rows

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs"
	"github.com/google/go-cmp/cmp"
	"github.com/parquet-go/parquet-go"

	"decoy/schemas"
)

// stackRow is laid out as pyarrow writes the data set.
type stackRow struct {
	Hexsha   *string  `parquet:"hexsha,optional"`
	Size     *int64   `parquet:"size,optional"`
	Lang     *string  `parquet:"lang,optional,dict"`
	Path     *string  `parquet:"max_stars_repo_path,optional"`
	Name     *string  `parquet:"max_stars_repo_name,optional,dict"`
	Head     *string  `parquet:"max_stars_repo_head_hexsha,optional"`
	Licenses []string `parquet:"max_stars_repo_licenses,list"`
	Content  *string  `parquet:"content,optional,zstd"`
}

func parquetBytes[T any](t testing.TB, perGroup int, rows ...T) []byte {
	t.Helper()
	var b bytes.Buffer
	w := parquet.NewGenericWriter[T](&b, parquet.PageBufferSize(512))
	for i, r := range rows {
		if i > 0 && i%perGroup == 0 {
			must(t, w.Flush())
		}
		_, err := w.Write([]T{r})
		must(t, err)
	}
	must(t, w.Close())
	return b.Bytes()
}

func ptr[T any](v T) *T { return &v }

// stackRows are n rows with what they should give.
func stackRows(n int) (in []stackRow, want []Row) {
	for i := range n {
		r := stackRow{Lang: ptr("Go"), Path: ptr(fmt.Sprintf("p/%d.go", i)), Name: ptr(fmt.Sprint("o/r", i/10)), Head: ptr("c"), Content: ptr(strings.Repeat(fmt.Sprint(i), i))}
		w := Row{Repo: *r.Name, Commit: "c", Path: *r.Path, Language: "Go", Content: []byte(*r.Content)}
		switch i % 3 {
		case 1:
			r.Licenses, w.License = []string{"MIT"}, "MIT"
		case 2:
			r.Licenses, w.License = []string{"MIT", "BSD-3-Clause", "ISC"}, "BSD-3-Clause AND ISC AND MIT"
		}
		in, want = append(in, r), append(want, w)
	}
	return in, want
}

func TestReadParquet(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	in, want := stackRows(300)
	cfg := Config{Columns: preset(t, "the-stack-v1")}
	data := parquetBytes(t, 70, in...)
	got, err := readAll(t, write(t, "x.parquet", data), cfg)
	must(t, err)
	if d := cmp.Diff(all{Rows: want}, got); d != "" {
		t.Fatal(d)
	}
	memfs.Write("memfs://rows/x.parquet", data)
	remote, err := readAll(t, "memfs://rows/x.parquet", cfg)
	must(t, err)
	if d := cmp.Diff(got, remote); d != "" {
		t.Error(d)
	}
	n := 0
	for _, err := range Read(context.Background(), source(t, "memfs://rows/x.parquet"), cfg, nil) {
		must(t, err)
		if n++; n == 100 {
			break
		}
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var last error
	for _, err := range Read(ctx, source(t, "memfs://rows/x.parquet"), cfg, nil) {
		last = err
		cancel()
	}
	if !errors.Is(last, context.Canceled) {
		t.Error(last)
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
	none, err := readAll(t, write(t, "x.parquet", parquetBytes[stackRow](t, 1)), cfg)
	must(t, err)
	if len(none.Rows)+len(none.Rejects) != 0 {
		t.Error(none)
	}
}

func TestParquetRejects(t *testing.T) {
	in, _ := stackRows(8)
	in[1].Content = nil
	in[2].Name = nil
	in[3].Path = nil
	in[4].Path = ptr("/../x")
	in[5].Content = ptr(strings.Repeat("x", 101))
	in[6].Licenses = make([]string, 2000)
	in[7].Name = ptr(strings.Repeat("r", 70_000))
	got, err := readAll(t, write(t, "x.parquet", parquetBytes(t, 3, in...)), Config{Columns: preset(t, "the-stack-v1"), MaxFileBytes: 100})
	must(t, err)
	want := []string{"o/r0@c/p/1.go row_incomplete", "x.parquet:3 row_incomplete", "x.parquet:4 row_incomplete", "x.parquet:5 path_escapes",
		"o/r0@c/p/5.go too_large", "o/r0@c/p/6.go too_large", "x.parquet:8 too_large"}
	if d := cmp.Diff(want, got.reasons()); d != "" || len(got.Rows) != 1 {
		t.Error(d)
	}
}

func TestParquetColumns(t *testing.T) {
	type repository struct {
		Name    string `parquet:"name"`
		License string `parquet:"license.key"`
	}
	type nested struct {
		Meta struct {
			Repo repository `parquet:"repo"`
			Path string     `parquet:"path"`
		} `parquet:"meta"`
		Text  []byte   `parquet:"content"`
		Size  int64    `parquet:"size"`
		Parts []string `parquet:"parts"`
	}
	row := nested{Text: []byte("x"), Size: 1}
	row.Meta.Repo, row.Meta.Path = repository{"o/r", "apache-2.0"}, "a"
	path := write(t, "x.parquet", parquetBytes(t, 9, row))
	c := Columns{Repo: "meta.repo.name", Path: "meta.path", License: "meta.repo.license.key", Content: "content"}
	got, err := readAll(t, path, Config{Columns: c})
	must(t, err)
	if d := cmp.Diff(all{Rows: []Row{{Repo: "o/r", Path: "a", License: "Apache-2.0", Content: []byte("x")}}}, got); d != "" {
		t.Error(d)
	}
	for name, f := range map[string]struct {
		change func(*Columns)
		says   []string
	}{
		"missing":  {func(c *Columns) { c.Content = "text" }, []string{path, `"text"`, "content, meta, parts, size", "column map"}},
		"optional": {func(c *Columns) { c.Language = "lang" }, []string{`"lang"`, "leave language empty"}},
		"type":     {func(c *Columns) { c.Content = "size" }, []string{`"size"`, "INT", "not text"}},
		"group":    {func(c *Columns) { c.Repo = "meta" }, []string{`"meta"`, "meta.path, meta.repo"}},
		"list":     {func(c *Columns) { c.Content = "parts" }, []string{`"parts"`, "a list"}},
	} {
		c := c
		f.change(&c)
		_, err := readAll(t, path, Config{Columns: c})
		for _, s := range f.says {
			if err == nil || !strings.Contains(err.Error(), s) {
				t.Errorf("%s: %v does not say %q", name, err, s)
			}
		}
	}
}

func TestParquetCorrupt(t *testing.T) {
	// Bytes flipped anywhere give rows, rejects or an error about columns, never a
	// panic.
	in, _ := stackRows(20)
	data := parquetBytes(t, 7, in...)
	broken := 0
	for at := 4; at < len(data); at += 7 {
		b := bytes.Clone(data)
		b[at] ^= 0x55
		src := Source{Path: write(t, "x.parquet", b), Bytes: int64(len(b))}
		for _, err := range Read(context.Background(), src, Config{Columns: preset(t, "the-stack-v1")}, func(r schemas.Reject) {
			if r.Reason == RowsCorrupt {
				broken++
			}
		}) {
			if err != nil && !strings.Contains(err.Error(), "column") {
				t.Fatalf("byte %d: %v", at, err)
			}
		}
	}
	if broken == 0 {
		t.Error("nothing was found corrupt")
	}
}

func TestParquetClaimsTooManyRows(t *testing.T) {
	type file struct {
		Repo    string `parquet:"repo,dict"`
		Path    string `parquet:"path,dict"`
		Content string `parquet:"content,dict"`
	}
	var data bytes.Buffer
	w := parquet.NewGenericWriter[file](&data)
	_, err := w.Write(make([]file, 100_000))
	must(t, err)
	must(t, w.Close())
	got, err := readAll(t, write(t, "x", data.Bytes()), Config{Columns: needed})
	must(t, err)
	if d := cmp.Diff([]string{"x " + string(RowsCorrupt)}, got.reasons()); d != "" {
		t.Errorf("%d bytes: %d rejects", data.Len(), len(got.Rejects))
	}
}
