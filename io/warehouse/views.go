package warehouse

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"decoy/io/bucket"
	"decoy/io/shard"
	"decoy/schemas"
)

// Attach makes the views over a build's output folder, replacing those of another.
func (db *DB) Attach(ctx context.Context, out string) error {
	if bucket.In(out) {
		return fmt.Errorf("attach %q: DuckDB reads local folders only: load it with decoy load %s --to duckdb:FILE "+
			"(or bigquery://PROJECT/DATASET), and ask that", out, out)
	}
	out, err := filepath.Abs(out)
	if err != nil {
		return fmt.Errorf("attach %q: %w", out, err)
	}
	if err := isFolder(out, "the output folder of a build"); err != nil {
		return err
	}
	if err := isBuild(ctx, out); err != nil {
		return err
	}
	for _, t := range tables {
		found, err := t.sources(ctx, out)
		if err != nil {
			return fmt.Errorf("attach %q: %w", out, err)
		}
		if err := db.view(ctx, t, t.selects(found, t.parquet)); err != nil {
			return fmt.Errorf("attach %q: %w", out, err)
		}
	}
	return nil
}

// isBuild is a Refusal where a folder has files and neither decoy's marker nor a file of
// any table: tables without rows would be taken for those of an empty build.
func isBuild(ctx context.Context, out string) error {
	if marked, err := shard.Has(ctx, shard.Join(out, shard.MarkerName)); err != nil || marked {
		return err
	}
	for _, t := range tables { // an earlier version wrote no marker
		if found, err := t.sources(ctx, out); err != nil || len(found) > 0 {
			return err
		}
	}
	err := shard.Owner{Dir: out, Kind: shard.KindBuild}.Inspect(ctx)
	var refused *shard.Refusal
	if !errors.As(err, &refused) {
		return err
	}
	return shard.Refuse("%q holds no build of decoy: name the output folder of a build", out)
}

func isFolder(path, what string) error {
	if st, err := os.Stat(path); err != nil {
		return fmt.Errorf("attach %q: %w: name %s", path, err, what)
	} else if !st.IsDir() {
		return fmt.Errorf("attach %q: not a folder: name %s", path, what)
	}
	return nil
}

func (db *DB) view(ctx context.Context, t table, query string) error {
	if _, err := db.sql.ExecContext(ctx, "CREATE OR REPLACE VIEW "+t.name+" AS "+query); err != nil {
		return fmt.Errorf("view %s: %w", t.name, err)
	}
	return nil
}

// selects is the table's SELECT over files, Parquet or JSON Lines.
func (t table) selects(files []source, parquet bool) string {
	var values, nulls, types []string
	for _, f := range t.columns {
		name, typ := `"`+f.Name+`"`, duckType(f) // "group" and "order" are reserved
		value := name
		if f.Repeated {
			// BigQuery has no list that is null, nor has our Parquet.
			value = fmt.Sprintf("COALESCE(%s, []) AS %s", name, name)
		}
		values = append(values, value)
		nulls = append(nulls, fmt.Sprintf("CAST(NULL AS %s) AS %s", typ, name))
		types = append(types, fmt.Sprintf("%s: '%s'", name, typ))
	}
	if len(files) == 0 {
		return "SELECT " + strings.Join(nulls, ", ") + " WHERE FALSE"
	}
	var paths []string
	for _, f := range files {
		paths = append(paths, quote(literalGlob(f.path)))
	}
	list := "[" + strings.Join(paths, ", ") + "]"
	if parquet {
		return fmt.Sprintf("SELECT %s FROM read_parquet(%s, hive_partitioning = false)", strings.Join(values, ", "),
			list)
	}
	return fmt.Sprintf("SELECT %s FROM read_json(%s, columns = {%s}, format = 'newline_delimited', compression = "+
		"'zstd', hive_partitioning = false)",
		strings.Join(values, ", "), list, strings.Join(types, ", "))
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
