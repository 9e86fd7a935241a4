package warehouse

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"decoy/io/shard"
	"decoy/schemas"
)

// A load into a folder of tables removes the files of loads and nothing else, and writes
// over nothing that no load has written.
func TestParquetFolderWithFilesOfOthers(t *testing.T) {
	out, dir := builtOut(t), filepath.Join(t.TempDir(), "tables")
	l := Load{Out: out, To: "parquet:" + dir, Tables: []string{"negatives"}}
	must(t, l)
	mine := []string{"customers.csv", "negatives-00000-of-00009.parquet", "negatives-notes.parquet"}
	for _, name := range mine {
		if err := os.WriteFile(filepath.Join(dir, name), []byte("mine"), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	write(t, out, "generate", "negatives-00002-of-00003.jsonl.zst", schemas.Negative{ID: "n7"})
	must(t, l)
	for _, name := range mine {
		if got, err := os.ReadFile(filepath.Join(dir, name)); err != nil || string(got) != "mine" {
			t.Errorf("%s: %q, %v", name, got, err)
		}
	}
	verdicts := filepath.Join(dir, "verdicts-00000-of-00001.parquet")
	if err := os.WriteFile(verdicts, []byte("mine"), 0o644); err != nil {
		t.Fatal(err)
	}
	l.Tables = []string{"verdicts"}
	var refused *shard.Refusal
	if _, err := l.run(t); !errors.As(err, &refused) || !strings.Contains(err.Error(), verdicts) {
		t.Errorf("error %v", err)
	}
	if got, err := os.ReadFile(verdicts); err != nil || string(got) != "mine" {
		t.Errorf("verdicts are now %q, %v", got, err)
	}
}

func TestPlacesThatAreNotForTables(t *testing.T) {
	out, dir := builtOut(t), t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "data.parquet"), nil, 0o644); err != nil {
		t.Fatal(err)
	}
	for to, want := range map[string]string{
		"parquet:" + dir:                       "1 file (data.parquet)",
		"parquet:" + dir + "/a/b":              "mkdir -p " + dir + "/a",
		"duckdb:" + dir + "/a/x.db":            "mkdir -p " + dir + "/a",
		"duckdb:" + dir + "/data.parquet/x.db": "is not a folder",
	} {
		l := Load{Out: out, To: to}
		var refused *shard.Refusal
		if err := l.Check(t.Context()); !errors.As(err, &refused) || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: %v", to, err)
		}
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("%v was made, %v", left, err)
	}
}

// What is neither a build nor a file of a load is said to be so, and gives no tables.
func TestFoldersAndFilesOfOthers(t *testing.T) {
	dir, out := t.TempDir(), builtOut(t)
	mine := filepath.Join(dir, "mine")
	text := filepath.Join(mine, "mine.txt")
	if err := errors.Join(os.MkdirAll(filepath.Join(mine, "export"), 0o755), os.WriteFile(text, []byte("a text of mine"), 0o644)); err != nil {
		t.Fatal(err)
	}
	var refused *shard.Refusal
	for to, l := range map[string]Load{
		"holds no build of decoy":                            {Out: mine, To: "duckdb:" + filepath.Join(dir, "x.db")},
		"mine.txt\" is not a DuckDB file, and is left alone": {Out: out, To: "duckdb:" + text},
		"mine\" is not a DuckDB file, and is left alone":     {Out: out, To: "duckdb:" + mine},
	} {
		if err := l.Run(t.Context()); !errors.As(err, &refused) || !strings.Contains(err.Error(), to) {
			t.Errorf("%s: error %v", to, err)
		}
	}
	if _, err := Open(t.Context(), mine, Limits{}); !errors.As(err, &refused) || !strings.Contains(err.Error(), "holds no build of decoy") {
		t.Errorf("error %v", err)
	}
	if got, err := os.ReadFile(text); err != nil || string(got) != "a text of mine" {
		t.Errorf("it holds %q, %v", got, err)
	}
	if left, err := os.ReadDir(dir); err != nil || len(left) != 1 {
		t.Errorf("left %v, %v", left, err)
	}
}
