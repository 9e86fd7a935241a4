package rows

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs"
	"github.com/google/go-cmp/cmp"
	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"decoy/io/archives"
	"decoy/schemas"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	must(t, os.WriteFile(path, data, 0o644))
	return path
}

func gz(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	must(t, err)
	must(t, w.Close())
	return b.Bytes()
}

func zst(t testing.TB, data []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1))
	must(t, err)
	return w.EncodeAll(data, nil)
}

func preset(t testing.TB, name string) Columns {
	t.Helper()
	c, err := Preset(name)
	must(t, err)
	return c
}

// plain is a column map by the fields' own names.
var plain = Columns{Repo: "repo", Commit: "commit", Path: "path", License: "license", Language: "language", Content: "content"}

// needed is one with what a row must have.
var needed = Columns{Repo: "repo", Path: "path", Content: "content"}

// all is what reading a file gave.
type all struct {
	Rows    []Row
	Rejects []schemas.Reject
}

func (a all) reasons() (out []string) {
	for _, r := range a.Rejects {
		out = append(out, r.ID+" "+string(r.Reason))
	}
	return out
}

func source(t testing.TB, path string) Source {
	t.Helper()
	got, err := Resolve(context.Background(), []string{path})
	must(t, err)
	if len(got) != 1 {
		t.Fatal(got)
	}
	return got[0]
}

func readAll(t testing.TB, path string, cfg Config) (out all, err error) {
	t.Helper()
	for row, rerr := range Read(context.Background(), source(t, path), cfg, func(r schemas.Reject) { out.Rejects = append(out.Rejects, r) }) {
		if rerr != nil {
			return out, rerr
		}
		out.Rows = append(out.Rows, row)
	}
	return out, nil
}

const stackV1 = `{"hexsha": "ab", "size": 9, "ext": "go", "lang": "Go", "max_stars_repo_path": "a/b.go", "max_stars_repo_name": "o/r", "max_stars_repo_head_hexsha": "c0ffee", "max_stars_repo_licenses": ["MIT", "Apache-2.0", "MIT"], "max_stars_count": null, "content": "package a\n"}
`

var stackV1Row = Row{Repo: "o/r", Commit: "c0ffee", Path: "a/b.go", License: "Apache-2.0 AND MIT", Language: "Go", Content: []byte("package a\n")}

func TestReadJSONL(t *testing.T) {
	data := []byte("\ufeff" + stackV1 + "\r\n\n" + strings.TrimSpace(strings.ReplaceAll(stackV1, "b.go", "c.go")))
	second := stackV1Row
	second.Path = "a/c.go"
	for name, data := range map[string][]byte{"x.jsonl": data, "x.jsonl.gz": gz(t, data), "x": zst(t, data)} {
		got, err := readAll(t, write(t, name, data), Config{Columns: preset(t, "the-stack-v1")})
		must(t, err)
		if d := cmp.Diff(all{Rows: []Row{stackV1Row, second}}, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		url := "memfs://rows/" + name
		memfs.Write(url, data)
		remote, err := readAll(t, url, Config{Columns: preset(t, "the-stack-v1")})
		must(t, err)
		if d := cmp.Diff(got, remote); d != "" {
			t.Errorf("remote %s: %s", name, d)
		}
	}
}

func TestPresets(t *testing.T) {
	for name, c := range map[string]struct {
		line string
		want Row
	}{
		"the-stack-v1": {stackV1, stackV1Row},
		"the-stack-v2": {`{"blob_id": "1", "path": "/src/a.cpp", "detected_licenses": ["BSD-3-Clause"], "license_type": "permissive", "repo_name": "o/r", "revision_id": "f00", "branch_name": "refs/heads/master", "language": "C++", "content": "int a;"}`,
			Row{Repo: "o/r", Commit: "f00", Path: "src/a.cpp", License: "BSD-3-Clause", Language: "C++", Content: []byte("int a;")}},
		"github-repos": {`{"repo_name": "o/r", "ref": "refs/heads/master", "path": "a.py", "id": "1", "license": "apache-2.0", "content": "a = 1"}`,
			Row{Repo: "o/r", Commit: "refs/heads/master", Path: "a.py", License: "Apache-2.0", Content: []byte("a = 1")}},
	} {
		got, err := readAll(t, write(t, "x", []byte(c.line)), Config{Columns: preset(t, name)})
		must(t, err)
		if d := cmp.Diff(all{Rows: []Row{c.want}}, got); d != "" {
			t.Errorf("%s: %s", name, d)
		}
	}
	if _, err := Preset("the-stack"); err == nil || !strings.Contains(err.Error(), "the-stack-v1, the-stack-v2") {
		t.Error(err)
	}
}

func TestNestedColumns(t *testing.T) {
	c := Columns{Repo: "meta.repo.name", Path: "meta.path", License: "meta.repo.license", Content: "text.v1"}
	got, err := readAll(t, write(t, "x", []byte(`{"text.v1": "x", "text": 1, "meta": {"repo": {"name": "o/r", "license": "isc"}, "path": "a"}}`)), Config{Columns: c})
	must(t, err)
	if d := cmp.Diff(all{Rows: []Row{{Repo: "o/r", Path: "a", License: "ISC", Content: []byte("x")}}}, got); d != "" {
		t.Error(d)
	}
}

func TestRejects(t *testing.T) {
	row := func(r, p, c string) string {
		return fmt.Sprintf(`{"repo": %s, "path": %s, "content": %s}`, r, p, c)
	}
	lines := []struct{ line, want string }{
		{row(`"o/r"`, `"a"`, `""`), ""},
		{`{"repo": "o/r"`, "x.jsonl:2 row_corrupt"},
		{`[1]`, "x.jsonl:3 row_corrupt"},
		{`null`, "x.jsonl:4 row_corrupt"},
		{"{\"repo\": \"\xff\"}", "x.jsonl:5 row_corrupt"},
		{row(`"o/r"`, `"a"`, `null`), "o/r/a row_incomplete"},
		{`{"repo": "o/r", "path": "a"}`, "o/r/a row_incomplete"},
		{row(`null`, `"a"`, `"x"`), "x.jsonl:8 row_incomplete"},
		{row(`""`, `"a"`, `"x"`), "x.jsonl:9 row_incomplete"},
		{row(`7`, `"a"`, `"x"`), "x.jsonl:10 row_type"},
		{row(`"a\nb"`, `"a"`, `"x"`), "x.jsonl:11 row_type"},
		{row(`"o/r"`, `{}`, `"x"`), "x.jsonl:12 row_type"},
		{row(`"o/r"`, `"a"`, `["x"]`), "o/r/a row_type"},
		{row(`"o/r"`, `"a"`, `true`), "o/r/a row_type"},
		{row(`"o/r"`, `"a"`, `"\ud800x"`), "o/r/a row_type"},
		{row(`"o/r"`, `"a"`, `"\ud83d\ude00 \\ud800 \ufffd �"`), ""},
		{row(`"o/r"`, `"../a"`, `"x"`), "x.jsonl:17 path_escapes"},
		{row(`"o/r"`, `""`, `"x"`), "x.jsonl:18 path_invalid"},
		{row(`"o/r"`, `"a"`, `"`+strings.Repeat("x", 101)+`"`), "o/r/a too_large"},
		{row(`"o/r"`, `"a"`, `"`+strings.Repeat(`\u0078`, 100)+`"`), ""},
		{row(`"o/r"`, `"a"`, `"`+strings.Repeat("x", 2<<20)+`"`), "x.jsonl:21 too_large"},
		{row(`"`+strings.Repeat("r", 600)+`"`, `"a"`, `"x"`), "x.jsonl:22 row_type"},
		{row(`"o/r"`, `"/b//c"`, `"x"`), ""},
	}
	var text strings.Builder
	var want []string
	for _, l := range lines {
		text.WriteString(l.line + "\n")
		if l.want != "" {
			want = append(want, l.want)
		}
	}
	got, err := readAll(t, write(t, "x.jsonl", []byte(text.String())), Config{Columns: needed, MaxFileBytes: 100})
	must(t, err)
	if d := cmp.Diff(want, got.reasons()); d != "" {
		t.Errorf("%s", d)
	}
	if len(got.Rows) != 4 || string(got.Rows[1].Content) != "😀 \\ud800 � �" || len(got.Rows[2].Content) != 100 || got.Rows[3].Path != "b/c" {
		t.Errorf("%q", got.Rows)
	}
	for _, r := range got.Rejects {
		if r.Stage != schemas.StageExtract || r.Detail == "" {
			t.Errorf("%+v", r)
		}
	}
	wrong := `{"repo": "o/r", "path": "a", "content": "x", "commit": 1, "license": {"key": "mit"}, "language": null}`
	got, err = readAll(t, write(t, "x.jsonl", []byte(wrong+"\n"+strings.Replace(wrong, `"commit": 1`, `"commit": "c"`, 1))), Config{Columns: plain})
	must(t, err)
	if d := cmp.Diff([]string{"x.jsonl:1 row_type", "o/r@c/a row_type"}, got.reasons()); d != "" {
		t.Error(d)
	}
}

func TestMissingColumns(t *testing.T) {
	full := `{"repo": "o/r", "path": "a", "content": "x"}` + "\n"
	noContent := `{"repo": "o/r", "path": "a", "text": "x"}` + "\n"
	for name, c := range map[string]struct {
		data    string
		columns Columns
		says    []string
		rejects int
	}{
		"none has it":           {noContent, needed, []string{`"content"`, "path, repo, text", "correct the column map"}, 1},
		"not in 100 rows":       {strings.Repeat(noContent, 500), needed, []string{`"content"`}, 100 - 1},
		"in the second row":     {noContent + full, needed, nil, 1},
		"an optional one":       {full, plain, []string{`"commit"`, "leave commit empty"}, 0},
		"an optional one, late": {strings.Repeat(full, 300) + strings.Replace(full, "{", `{"commit": "c", "license": null, "language": "x", `, 1), plain, nil, 0},
		"no row at all":         {"", plain, nil, 0},
		"only broken rows":      {"x\n", plain, nil, 1},
		"no map":                {full, Columns{Repo: "repo", Path: "path"}, []string{"content is empty"}, 0},
	} {
		got, err := readAll(t, write(t, "rows.jsonl", []byte(c.data)), Config{Columns: c.columns})
		if (err == nil) != (c.says == nil) {
			t.Errorf("%s: %v", name, err)
			continue
		}
		for _, s := range append(c.says, "rows") {
			if err != nil && !strings.Contains(err.Error(), s) {
				t.Errorf("%s: %q does not say %q", name, err, s)
			}
		}
		if len(got.Rejects) != c.rejects {
			t.Errorf("%s: %d rejects", name, len(got.Rejects))
		}
	}
}

func TestBrokenFiles(t *testing.T) {
	data := gz(t, []byte(strings.Repeat(stackV1, 3)))
	cut := zst(t, []byte(stackV1))
	for name, c := range map[string]struct {
		data []byte
		rows int
	}{
		"gzip cut": {data[:len(data)-4], 3}, "gzip header": {data[:5], 0}, "zstd cut": {cut[:len(cut)-3], 0},
		"zstd window": {[]byte("\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00"), 0}, "parquet cut": {[]byte("PAR1 and no more"), 0},
	} {
		// Resolve names a Parquet file that is cut. One that is cut afterwards, or whose
		// footer is too long to be looked at, is found here.
		src := Source{Path: write(t, "x", c.data), Bytes: int64(len(c.data))}
		var got all
		for row, err := range Read(context.Background(), src, Config{Columns: preset(t, "the-stack-v1")}, func(r schemas.Reject) { got.Rejects = append(got.Rejects, r) }) {
			must(t, err)
			got.Rows = append(got.Rows, row)
		}
		if d := cmp.Diff([]string{"x " + string(RowsCorrupt)}, got.reasons()); d != "" || len(got.Rows) != c.rows {
			t.Errorf("%s: %d rows, %v", name, len(got.Rows), got.Rejects)
		}
	}
}

func TestReadStops(t *testing.T) {
	src := source(t, write(t, "x", []byte(strings.Repeat(stackV1, 3))))
	cfg := Config{Columns: preset(t, "the-stack-v1")}
	fail := func(r schemas.Reject) { t.Error(r) }
	n := 0
	for _, err := range Read(context.Background(), src, cfg, fail) {
		must(t, err)
		n++
		break
	}
	if n != 1 {
		t.Error(n)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	var last error
	for _, err := range Read(ctx, src, cfg, fail) {
		last = err
		cancel()
	}
	if !errors.Is(last, context.Canceled) {
		t.Error(last)
	}
	must(t, os.Truncate(src.Path, src.Bytes-1))
	for _, err := range Read(context.Background(), src, cfg, fail) {
		if err == nil || !strings.Contains(err.Error(), "resolve it again") {
			t.Error(err)
		}
	}
	for _, bad := range []Config{{Columns: needed, MaxFileBytes: -1}, {Columns: needed, MaxPath: -1}, {}} {
		for _, err := range Read(context.Background(), src, bad, fail) {
			if err == nil {
				t.Errorf("%+v: no error", bad)
			}
		}
	}
}

func TestResolve(t *testing.T) {
	dir := t.TempDir()
	for name, data := range map[string]string{"b.jsonl": "1", "a.jsonl": "2", "sub/a.jsonl": "3"} {
		must(t, os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o755))
		must(t, os.WriteFile(filepath.Join(dir, name), []byte(data), 0o644))
	}
	list := write(t, "list", []byte(dir+"/*.jsonl\n"+dir+"/b.jsonl\nmemfs://resolve/c.jsonl\n"))
	memfs.Write("memfs://resolve/c.jsonl", []byte("4"))
	got, err := Resolve(context.Background(), []string{"@" + list, filepath.Join(dir, "sub", "a.jsonl")})
	must(t, err)
	var names []string
	for _, s := range got {
		in := s.Input()
		names = append(names, fmt.Sprint(in.Name, " ", in.SHA256[:4], " ", in.Bytes))
	}
	if d := cmp.Diff([]string{"a.jsonl 4e07 1", "a.jsonl d473 1", "b.jsonl 6b86 1", "c.jsonl 4b22 1"}, names); d != "" {
		t.Error(d)
	}
	for _, specs := range [][]string{nil, {dir + "/none"}, {"memfs://resolve/none"}, {dir}, {"@" + list, "memfs://none/*"}} {
		if got, err := Resolve(context.Background(), specs); err == nil {
			t.Errorf("%v: %v", specs, got)
		}
	}
}

func TestExpression(t *testing.T) {
	for _, c := range []struct {
		found []string
		want  string
	}{
		{nil, ""}, {[]string{""}, ""}, {[]string{"mit"}, "MIT"}, {[]string{"gpl-2.0"}, "GPL-2.0"}, {[]string{"cc0-1.0"}, "CC0-1.0"},
		{[]string{"MIT", "Apache-2.0"}, "Apache-2.0 AND MIT"}, {[]string{"MIT", "mit"}, "MIT"},
		{[]string{"MIT OR Apache-2.0"}, "MIT OR Apache-2.0"}, {[]string{"MIT or Apache-2.0", "ISC"}, "(MIT OR Apache-2.0) AND ISC"},
		{[]string{"GPL-2.0+ WITH Classpath-exception-2.0"}, "GPL-2.0+ WITH Classpath-exception-2.0"},
		{[]string{"( MIT OR (ISC AND BSD-2-Clause))"}, "MIT OR ISC AND BSD-2-Clause"},
		{[]string{"LicenseRef-scancode-proprietary-license", "MIT"}, "LicenseRef-scancode-proprietary-license AND MIT"},
		{[]string{"no_license"}, ""}, {[]string{"None", "NaN", "[]"}, ""},
		// What is not understood is kept as it stands: it is not the same as nothing.
		{[]string{"MIT", "unknown"}, "unknown\nMIT"}, {[]string{"other"}, "other"}, {[]string{"MIT OR"}, "MIT OR"},
		{[]string{"MIT Apache-2.0"}, "MIT Apache-2.0"}, {[]string{"(MIT"}, "(MIT"}, {[]string{"MIT)"}, "MIT)"}, {[]string{"MIT WITH ;"}, "MIT WITH ;"},
		{[]string{strings.Repeat("(", 90) + "MIT" + strings.Repeat(")", 90)}, "MIT"},
		{[]string{strings.Repeat("x", 300)}, strings.Repeat("x", 200) + "…"},
		// Names, as GitHub, BigQuery, PyPI and manifests have them.
		{[]string{"MIT License"}, "MIT"}, {[]string{"The MIT License"}, "MIT"}, {[]string{"The MIT License (MIT)"}, "MIT"},
		{[]string{"License :: OSI Approved :: MIT License"}, "MIT"}, {[]string{"License :: OSI Approved :: BSD License"}, "BSD License"},
		{[]string{"Apache License 2.0"}, "Apache-2.0"}, {[]string{"Apache License, Version 2.0"}, "Apache-2.0"}, {[]string{"Apache 2"}, "Apache-2.0"},
		{[]string{"Apache-2"}, "Apache-2.0"}, {[]string{"Apache2.0"}, "Apache-2.0"}, {[]string{"Apache License"}, "Apache License"},
		{[]string{"BSD 3-Clause"}, "BSD-3-Clause"}, {[]string{`BSD 3-Clause "New" or "Revised" License`}, "BSD-3-Clause"}, {[]string{`BSD 2-Clause "Simplified" License`}, "BSD-2-Clause"},
		{[]string{"ISC License"}, "ISC"}, {[]string{"The Unlicense"}, "Unlicense"}, {[]string{"zlib License"}, "Zlib"}, {[]string{"Boost Software License 1.0"}, "BSL-1.0"},
		{[]string{"GNU General Public License v3.0"}, "GPL-3.0"}, {[]string{"GPLv3"}, "GPL-3.0"}, {[]string{"GNU Lesser General Public License v2.1"}, "LGPL-2.1"},
		{[]string{"GNU Affero General Public License v3.0"}, "AGPL-3.0"}, {[]string{"Mozilla Public License 2.0"}, "MPL-2.0"}, {[]string{"Creative Commons Zero v1.0 Universal"}, "CC0-1.0"},
		{[]string{"MIT License with Commons Clause"}, "MIT License with Commons Clause"}, {[]string{"GPL v2 or later"}, "GPL v2 or later"},
		// Lists that were printed into a text.
		{[]string{"['MIT']"}, "MIT"}, {[]string{`["MIT License", "Apache-2.0"]`}, "Apache-2.0 AND MIT"}, {[]string{"['MIT' 'ISC']"}, "ISC AND MIT"},
		{[]string{"MIT, Apache 2.0"}, "Apache-2.0 AND MIT"}, {[]string{"['MIT', 'My own']"}, "My own\nMIT"},
	} {
		if got := expression(c.found); got != c.want {
			t.Errorf("%q: %q, want %q", c.found, got, c.want)
		}
	}
	// The fifteen keys of the public table.
	for _, key := range strings.Fields("agpl-3.0 apache-2.0 artistic-2.0 bsd-2-clause bsd-3-clause cc0-1.0 epl-1.0 gpl-2.0 gpl-3.0 isc lgpl-2.1 lgpl-3.0 mit mpl-2.0 unlicense") {
		if got := parseLicense(key); !strings.EqualFold(got, key) {
			t.Errorf("%s: %q", key, got)
		}
	}
}

func FuzzJSONL(f *testing.F) {
	f.Add([]byte(stackV1), uint8(0))
	f.Add([]byte(`{"repo": "o/r", "path": "/a", "content": "\ud800", "license": ["mit", null, "x"]}`), uint8(1))
	f.Add([]byte("{\"repo\": {\"name\": \"r\"}, \"path\": \"a\",\"content\": 1}\n\n[]\nnull\n{"), uint8(2))
	f.Add(zst(f, []byte(`{"repo": "o/r", "path": "a", "content": "x", "license": "(MIT OR ISC)"}`)), uint8(0))
	f.Fuzz(func(t *testing.T, data []byte, how uint8) {
		if bytes.HasPrefix(data, []byte("PAR1")) {
			return
		}
		switch how % 3 {
		case 1:
			data = gz(t, data)
		case 2:
			data = zst(t, data)
		}
		cfg := Config{Columns: plain, MaxFileBytes: 1000}
		path := write(t, "x", data)
		if _, err := Resolve(context.Background(), []string{path}); errors.As(err, new(*FormatError)) {
			return
		}
		got, err := readAll(t, path, cfg)
		if err != nil && !strings.Contains(err.Error(), "no column") {
			t.Fatal(err)
		}
		for _, r := range got.Rows {
			clean, bad, _ := archives.CleanPath(r.Path, 4096)
			if r.Repo == "" || bad != "" || clean != r.Path || len(r.Content) > 1000 || strings.Count(r.License, "\n") > maxUnclear {
				t.Errorf("%+v", r)
			}
		}
		again, _ := readAll(t, path, cfg)
		if d := cmp.Diff(got, again); d != "" {
			t.Error(d)
		}
	})
}
