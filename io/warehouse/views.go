package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"decoy/io/shard"
	"decoy/schemas"
)

// view is one kind of record and where its files are.
type view struct {
	name    string
	columns []schemas.Field
	stages  []string
	files   []string // patterns of base names
	parquet bool
}

var views = []view{
	{name: "contexts", columns: columns[schemas.Context]("prefix", "suffix"), stages: []string{schemas.StageExtract}, files: []string{"contexts-*.jsonl.zst"}},
	{name: "context_texts", columns: columns[schemas.Context](), stages: []string{schemas.StageExtract}, files: []string{"contexts-*.jsonl.zst"}},
	{name: "negatives", columns: columns[schemas.Negative](), stages: []string{schemas.StageGenerate}, files: []string{"negatives-*.jsonl.zst"}},
	{name: "certificates", columns: columns[schemas.Certificate](), stages: []string{schemas.StageVerify}, files: []string{"certificates-*.jsonl.zst"}},
	{name: "verdicts", columns: columns[schemas.Verdict](), stages: []string{schemas.StageJudge}, files: []string{"verdicts-*.jsonl.zst"}},
	{name: "selection", columns: columns[schemas.Selected](), stages: []string{schemas.StageCurate}, files: []string{"selection-*.jsonl.zst"}},
	{name: "rejects", columns: columns[schemas.Reject](), stages: schemas.Stages, files: []string{"rejects-*.jsonl.zst"}},
	{name: "export_rows", columns: columns[schemas.Row](), stages: []string{schemas.StageExport}, files: splitFiles(), parquet: true},
}

// columns are those of T without some.
func columns[T any](without ...string) []schemas.Field {
	return slices.DeleteFunc(schemas.Fields[T](), func(f schemas.Field) bool { return slices.Contains(without, f.Name) })
}

func splitFiles() (patterns []string) {
	for _, s := range schemas.Splits {
		patterns = append(patterns, s+"-*.parquet")
	}
	return patterns
}

// Attach makes the views over a build's output folder, replacing those of another.
func (db *DB) Attach(out string) error {
	out, err := filepath.Abs(out)
	if err != nil {
		return fmt.Errorf("attach %q: %w", out, err)
	}
	if st, err := os.Stat(out); err != nil {
		return fmt.Errorf("attach %q: %w: name the output folder of a build", out, err)
	} else if !st.IsDir() {
		return fmt.Errorf("attach %q: not a folder: name the output folder of a build", out)
	}
	for _, v := range views {
		var files []string
		for _, stage := range v.stages {
			found, err := stageFiles(filepath.Join(out, stage), v.files)
			if err != nil {
				return fmt.Errorf("attach %q: %w", out, err)
			}
			files = append(files, found...)
		}
		text := "CREATE OR REPLACE VIEW " + v.name + " AS " + v.selects(files)
		if _, err := db.sql.ExecContext(context.Background(), text); err != nil {
			return fmt.Errorf("attach %q: view %s: %w", out, v.name, err)
		}
	}
	return nil
}

// stageFiles are the files of a stage that match a pattern: those that its
// manifest names, else those that are there.
func stageFiles(dir string, patterns []string) (files []string, err error) {
	manifest, err := shard.ReadManifest(dir)
	if errors.Is(err, fs.ErrNotExist) {
		for _, p := range patterns {
			found, err := shard.List(dir, p)
			if err != nil {
				return nil, err
			}
			files = append(files, found...)
		}
		return files, nil
	}
	if err != nil {
		return nil, err
	}
	for _, f := range manifest.Shards {
		for _, p := range patterns {
			ok, err := filepath.Match(p, f.Name)
			if err != nil {
				return nil, fmt.Errorf("pattern %q: %w", p, err)
			}
			if !ok {
				continue
			}
			path := filepath.Join(dir, f.Name)
			if _, err := os.Stat(path); err != nil {
				return nil, fmt.Errorf("the manifest of %q names a file that is not there: %w: run build again", dir, err)
			}
			files = append(files, path)
		}
	}
	return files, nil
}

// selects is the view's SELECT over files.
func (v view) selects(files []string) string {
	var names, nulls, types []string
	for _, f := range v.columns {
		name := `"` + f.Name + `"` // "group" and "order" are reserved
		names = append(names, name)
		nulls = append(nulls, fmt.Sprintf("CAST(NULL AS %s) AS %s", duckType(f), name))
		types = append(types, fmt.Sprintf("%s: '%s'", name, duckType(f)))
	}
	if len(files) == 0 {
		return "SELECT " + strings.Join(nulls, ", ") + " WHERE FALSE"
	}
	var paths []string
	for _, f := range files {
		paths = append(paths, quote(literalGlob(f)))
	}
	list := "[" + strings.Join(paths, ", ") + "]"
	if v.parquet {
		return fmt.Sprintf("SELECT %s FROM read_parquet(%s, hive_partitioning = false)", strings.Join(names, ", "), list)
	}
	return fmt.Sprintf("SELECT %s FROM read_json(%s, columns = {%s}, format = 'newline_delimited', compression = 'zstd', hive_partitioning = false)",
		strings.Join(names, ", "), list, strings.Join(types, ", "))
}

func duckType(f schemas.Field) string {
	t := map[schemas.FieldKind]string{
		schemas.String: "VARCHAR", schemas.Bytes: "BLOB", schemas.Int64: "BIGINT",
		schemas.Float64: "DOUBLE", schemas.Bool: "BOOLEAN",
	}[f.Kind]
	if f.Repeated {
		t += "[]"
	}
	return t
}

func quote(s string) string { return "'" + strings.ReplaceAll(s, "'", "''") + "'" }

// literalGlob makes DuckDB, which takes every path for a pattern, match a path
// that has pattern characters.
func literalGlob(path string) string {
	return strings.NewReplacer("[", "[[]", "*", "[*]", "?", "[?]").Replace(path)
}
