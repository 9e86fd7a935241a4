package warehouse

import (
	"context"
	"database/sql"
	"fmt"
	"math/big"
	"os"
	"strings"
	"time"

	"github.com/duckdb/duckdb-go/v2"
)

// preamble makes DuckDB run the common subset as BigQuery does, and keeps it away
// from the network.
var preamble = []string{
	"SET autoinstall_known_extensions = false",
	"SET autoload_known_extensions = false",
	"SET default_null_order = 'NULLS_FIRST_ON_ASC_LAST_ON_DESC'",
	"CREATE TYPE FLOAT64 AS DOUBLE",
	"CREATE MACRO div(a, b) AS a // b",
}

// DB is an in-memory DuckDB with the views of a build.
type DB struct {
	sql     *sql.DB
	scratch string
}

// OpenDuckDB starts an empty database; Attach gives it a build.
func OpenDuckDB() (*DB, error) {
	// Without a folder of its own DuckDB would spill into the present one.
	scratch, err := os.MkdirTemp("", "decoy-duckdb-")
	if err != nil {
		return nil, fmt.Errorf("open DuckDB: %w", err)
	}
	conn, err := sql.Open("duckdb", "")
	if err != nil {
		os.RemoveAll(scratch)
		return nil, fmt.Errorf("open DuckDB: %w", err)
	}
	conn.SetMaxOpenConns(1) // settings belong to a connection
	db := &DB{sql: conn, scratch: scratch}
	for _, statement := range append([]string{"SET temp_directory = " + quote(scratch)}, preamble...) {
		if _, err := conn.Exec(statement); err != nil {
			db.Close()
			return nil, fmt.Errorf("open DuckDB: %s: %w", statement, err)
		}
	}
	return db, nil
}

// Close ends the database and removes what it spilled.
func (db *DB) Close() error {
	err := db.sql.Close()
	if removed := os.RemoveAll(db.scratch); err == nil {
		err = removed
	}
	if err != nil {
		return fmt.Errorf("close DuckDB: %w", err)
	}
	return nil
}

// Query runs a statement of the caller's.
func (db *DB) Query(ctx context.Context, text string) (Result, error) {
	rows, err := db.sql.QueryContext(ctx, text)
	if err != nil {
		return Result{}, err
	}
	defer rows.Close()
	var r Result
	if r.Columns, err = rows.Columns(); err != nil {
		return Result{}, err
	}
	types, err := rows.ColumnTypes()
	if err != nil {
		return Result{}, err
	}
	for rows.Next() {
		row := make([]any, len(r.Columns))
		into := make([]any, len(row))
		for i := range row {
			into[i] = &row[i]
		}
		if err := rows.Scan(into...); err != nil {
			return Result{}, err
		}
		for i := range row {
			row[i] = plain(row[i], types[i].DatabaseTypeName())
		}
		r.Rows = append(r.Rows, row)
	}
	return r, rows.Err()
}

// plain turns DuckDB's own values into those of a Result: a SUM of integers is a
// 128-bit HUGEINT, a literal like 0.5 a DECIMAL.
func plain(v any, typ string) any {
	switch v := v.(type) {
	case *big.Int:
		if v.IsInt64() {
			return v.Int64()
		}
		f, _ := new(big.Float).SetInt(v).Float64()
		return f
	case duckdb.Decimal:
		return v.Float64()
	case int32:
		return int64(v)
	case float32:
		return float64(v)
	case time.Time:
		switch typ {
		case "DATE":
			return v.Format(time.DateOnly)
		case "TIMESTAMP":
			return v.Format("2006-01-02T15:04:05.999999")
		}
		return v.UTC().Format(time.RFC3339Nano)
	case []any:
		for i := range v {
			v[i] = plain(v[i], strings.TrimSuffix(typ, "[]"))
		}
	case map[string]any:
		for k := range v {
			v[k] = plain(v[k], "")
		}
	}
	return v
}
