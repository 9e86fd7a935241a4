package rows

import (
	"bytes"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"unicode/utf16"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs"
	"github.com/google/go-cmp/cmp"
)

const oneRow = `{"repo": "o/r", "path": "a.go", "content": "package a\n"}` + "\n"

func utf16Text(text string, mark bool) []byte {
	var b []byte
	if mark {
		b = []byte{0xff, 0xfe}
	}
	for _, u := range utf16.Encode([]rune(text)) {
		b = append(b, byte(u), byte(u>>8))
	}
	return b
}

func utf32Text(text string, mark bool) []byte {
	var b []byte
	if mark {
		b = []byte{0xff, 0xfe, 0, 0}
	}
	for _, r := range text {
		b = append(b, byte(r), byte(r>>8), byte(r>>16), 0)
	}
	return b
}

// file reads a file; encrypted-columns.parquet was written by pyarrow 26 with its content
// column encrypted and a footer that is only signed.
func file(t *testing.T, name string) []byte {
	t.Helper()
	b, err := os.ReadFile(name)
	must(t, err)
	return b
}

func decoded(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	must(t, err)
	return b
}

// TestFormatsThatAreNotRead: a file is named by what it holds, whatever its suffix says,
// with what to do about it.
func TestFormatsThatAreNotRead(t *testing.T) {
	pretty := "{\n  \"repo\": \"o/r\",\n  \"path\": \"a\",\n  \"content\": \"x\"\n}\n"
	in, _ := stackRows(30)
	whole := parquetBytes(t, 10, in...)
	tarHead := make([]byte, 1024)
	copy(tarHead, "a.go")
	copy(tarHead[257:], "ustar\x0000")
	footless := bytes.Clone(whole)
	for i := len(whole) - 60; i < len(whole)-8; i++ {
		footless[i] = 0xff
	}
	for name, c := range map[string]struct {
		data []byte
		says []string
	}{
		"array":              {[]byte("[" + strings.TrimSpace(oneRow) + "]"), []string{"a JSON array", "jq -c '.[]' < rows.jsonl"}},
		"array, spread":      {[]byte("\ufeff\r\n [\n" + strings.TrimSpace(oneRow) + ",\n" + oneRow + "]\n"), []string{"a JSON array", "jq -c '.[]'"}},
		"array in gzip":      {gz(t, []byte("["+oneRow+"]")), []string{"a JSON array in gzip", "gzip -dc < rows.jsonl | jq -c '.[]'"}},
		"array in zstd":      {zst(t, []byte("["+oneRow+"]")), []string{"a JSON array in zstd", "zstd -dc < rows.jsonl | jq -c '.[]'"}},
		"large array in zst": {zst(t, []byte("["+strings.Repeat(strings.TrimSpace(oneRow)+",", 20000)+"1]")), []string{"a JSON array in zstd"}},
		"arrays":             {[]byte("[\"o/r\", \"a\"]\n[\"o/r\", \"b\"]\n"), []string{"a JSON array on each line", "names of the columns"}},
		"objects":            {[]byte(pretty), []string{"objects over several lines", "jq -c . < rows.jsonl"}},
		"objects with NaN":   {[]byte(strings.Replace(pretty, `"x"`, `"x", "n": NaN`, 1) + pretty), []string{"objects over several lines"}},
		"one large object":   {[]byte("{\n\"rows\": [" + strings.Repeat(strings.TrimSpace(oneRow)+",\n", 20000)), []string{"objects over several lines"}},
		"dicts":              {[]byte("{'repo': 'o/r', 'path': 'a', 'content': 'x'}\n"), []string{"Python dicts", "json.dumps"}},
		"utf-16":             {utf16Text(oneRow, true), []string{"UTF-16", "iconv -t UTF-8 -f UTF-16 < rows.jsonl"}},
		"utf-16, no mark":    {utf16Text(oneRow, false), []string{"UTF-16LE", "iconv"}},
		"utf-32":             {utf32Text(oneRow, true), []string{"UTF-32", "iconv"}},
		"utf-32, no mark":    {utf32Text(oneRow, false), []string{"UTF-32LE", "iconv"}},
		"csv":                {[]byte("repo,path,content\no/r,a,\"{\"\"x\"\": 1\n}\"\n"), []string{"separators (CSV, TSV)", "read_csv('rows.jsonl')"}},
		"tsv in gzip":        {gz(t, []byte("repo\tpath\tcontent\no/r\ta\tx\n")), []string{"separators (CSV, TSV) in gzip", "gzip -dc"}},
		"html":               {[]byte("\n<!DOCTYPE html>\n<html><body>404</body></html>"), []string{"an HTML page", "download it again"}},
		"xml":                {[]byte("<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>"), []string{"an XML text", "download it again"}},
		"lfs":                {[]byte("version https://git-lfs.github.com/spec/v1\noid sha256:aa\nsize 9\n"), []string{"Git LFS", "git lfs pull"}},
		"bzip2":              {decoded(t, "QlpoOTFBWSZTWd0AAAAAAA=="), []string{"a bzip2 file", "bzip2 -dc < rows.jsonl"}},
		"xz":                 {[]byte("\xfd7zXZ\x00\x00\x04\xe6\xd6"), []string{"an xz file", "xz -dc < rows.jsonl"}},
		"zip":                {[]byte("PK\x03\x04\x14\x00"), []string{"a zip archive", "unpack"}},
		"7z":                 {[]byte("7z\xbc\xaf\x27\x1c\x00"), []string{"a 7z archive"}},
		"lz4":                {[]byte("\x04\x22\x4d\x18\x64\x40"), []string{"an lz4 file", "lz4 -dc"}},
		"snappy":             {[]byte("\xff\x06\x00\x00sNaPpY"), []string{"a snappy file"}},
		"tar":                {tarHead, []string{"a tar archive", "under archives"}},
		"tar in gzip":        {gz(t, tarHead), []string{"a tar archive in gzip", "under archives"}},
		"gzip twice":         {gz(t, gz(t, []byte(oneRow))), []string{"a gzip file in gzip", "gzip -dc < rows.jsonl | gzip -dc"}},
		"arrow":              {[]byte("ARROW1\x00\x00\xff\xff\xff\xff"), []string{"an Arrow (Feather) file", "read_table('rows.jsonl')"}},
		"arrow stream":       {[]byte("\xff\xff\xff\xff\xb8\x01\x00\x00\x10\x00"), []string{"a stream of Arrow", "open_stream"}},
		"feather 1":          {[]byte("FEA1\x00\x00\x00\x00"), []string{"Feather"}},
		"orc":                {[]byte("ORC\x08\x03\x10"), []string{"an ORC file", "pyarrow.orc"}},
		"avro":               {[]byte("Obj\x01\x04\x14avro.codec"), []string{"an Avro file", "tojson"}},
		"pickle":             {[]byte("\x80\x04\x95\x10\x00\x00\x00\x00\x00\x00\x00]\x94."), []string{"a pickle"}},
		"sqlite":             {[]byte("SQLite format 3\x00\x10\x00"), []string{"an SQLite database", "sqlite_scan"}},
		"hdf5":               {[]byte("\x89HDF\r\n\x1a\n\x00"), []string{"HDF5"}},
		"tfrecord":           {decoded(t, "CgAAAAAAAACuo786Cg=="), []string{"a TFRecord file"}},
		"binary":             {[]byte("\x01\x02\x00\x00 nobody knows"), []string{"a binary file"}},
		"parquet, encrypted": {[]byte("PARE\x00\x00\x00\x00\x00\x00\x00\x00PARE"), []string{"an encrypted Parquet file", "without encryption"}},
		"parquet, columns":   {file(t, "testdata/encrypted-columns.parquet"), []string{"an encrypted Parquet file", "without encryption"}},
		"parquet, cut":       {whole[:len(whole)-100], []string{"a Parquet file with a broken end", "download it again", fmt.Sprint(len(whole)-100, " bytes")}},
		"parquet, no end":    {[]byte("PAR1"), []string{"a Parquet file with a broken end"}},
		"parquet, footer":    {footless, []string{"a Parquet file with a broken end"}},
		"parquet, length":    {append(bytes.Clone(whole[:len(whole)-8]), "\xff\xff\xff\x7fPAR1"...), []string{"a Parquet file with a broken end", "does not fit"}},
		"parquet in gzip":    {gz(t, whole), []string{"a Parquet file in gzip"}},
	} {
		memfs.Write("memfs://formats/rows.jsonl", c.data)
		for _, path := range []string{write(t, "rows.jsonl", c.data), "memfs://formats/rows.jsonl"} {
			got, err := Resolve(context.Background(), []string{path})
			if f := (*FormatError)(nil); !errors.As(err, &f) || f.Path != path {
				t.Errorf("%s: %v, %v", name, got, err)
				continue
			}
			for _, s := range append(c.says, path) {
				if !strings.Contains(err.Error(), s) {
					t.Errorf("%s: %q does not say %q", name, err, s)
				}
			}
		}
	}
}

// TestFormatsThatAreRead: the suffix does not matter, nor what rows look like.
func TestFormatsThatAreRead(t *testing.T) {
	in, _ := stackRows(3)
	long := `{"repo": "o/r", "path": "a.go", "content": "` + strings.Repeat("x", 2*sniffed) + "\"}\n"
	for name, data := range map[string][]byte{
		"rows.json": []byte(oneRow), "a.csv": []byte(oneRow), "b.jsonl": gz(t, []byte(oneRow)), "c.jsonl.gz": zst(t, []byte(oneRow)),
		"mark": []byte("\ufeff" + oneRow), "crlf": []byte("\r\n" + strings.ReplaceAll(oneRow, "\n", "\r\n")), "long": []byte(long), "long.gz": gz(t, []byte(long)),
		"no end of line": []byte(strings.TrimSpace(oneRow)), "empty": nil, "blank": []byte("\n\n"), "empty.gz": gz(t, nil),
		"broken first": []byte("{\"repo\": \"o/r\"\n" + oneRow), "garbage first": []byte("a, b\n" + oneRow), "latin": []byte("{\"repo\": \"\xe9\"}\n"),
		"x.jsonl": parquetBytes(t, 2, in...),
	} {
		if _, err := Resolve(context.Background(), []string{write(t, name, data)}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// TestAllBadFilesAreNamed: one call names the files that are of a wrong format, and
// nothing is hashed before.
func TestAllBadFilesAreNamed(t *testing.T) {
	dir := t.TempDir()
	for i := range 13 {
		must(t, os.WriteFile(filepath.Join(dir, fmt.Sprintf("part %02d.jsonl", i)), []byte("["+oneRow+"]"), 0o644))
	}
	must(t, os.WriteFile(filepath.Join(dir, "good.jsonl"), []byte(oneRow), 0o644))
	_, err := Resolve(context.Background(), []string{filepath.Join(dir, "*.jsonl")})
	if err == nil || strings.Count(err.Error(), "a JSON array") != 10 || !strings.Contains(err.Error(), "and 3 more files") || !strings.Contains(err.Error(), "'part 00.jsonl'") || strings.Contains(err.Error(), "good") {
		t.Error(err)
	}
}

func TestNumbersThatJSONLacks(t *testing.T) {
	line := `{"repo": "o/r", "path": "a.go", "content": "x = NaN; y = \"-Infinity\" \\", "avg": NaN, "most": Infinity, "list": [-Infinity, {"n":NaN}], "license": NaN}`
	got, err := readAll(t, write(t, "x.jsonl", []byte("\ufeff"+line+"\r\n\ufeff"+strings.Replace(line, "a.go", "b.go", 1))), Config{Columns: Columns{Repo: "repo", Path: "path", License: "license", Content: "content"}})
	must(t, err)
	content := []byte(`x = NaN; y = "-Infinity" \`)
	if d := cmp.Diff(all{Rows: []Row{{Repo: "o/r", Path: "a.go", Content: content}, {Repo: "o/r", Path: "b.go", Content: content}}}, got); d != "" {
		t.Error(d)
	}
	for in, want := range map[string]string{
		`{"a": NaN}`: `{"a": null}`, `{"a":"NaN","b":[-Infinity,Infinity]}`: `{"a":"NaN","b":[null,null]}`, `{"a\"NaN": "\\", "b": NaN}`: `{"a\"NaN": "\\", "b": null}`,
	} {
		if got := string(finite([]byte(in))); got != want {
			t.Errorf("%s: %s, want %s", in, got, want)
		}
	}
	for _, bad := range []string{`{"repo": "o/r", "path": "a", "content": "x", "n": Nan}`, `{"repo": "o/r", "path": "a", "content": "x", "n": 1NaN}`} {
		if got, err := readAll(t, write(t, "x.jsonl", []byte(bad)), Config{Columns: needed}); err != nil || len(got.Rejects) != 1 {
			t.Errorf("%s: %+v, %v", bad, got, err)
		}
	}
}
