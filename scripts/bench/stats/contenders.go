package main

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"syscall"
	"time"

	_ "github.com/duckdb/duckdb-go/v2" // the bare connection

	"decoy/io/warehouse"
)

// opening is the time before the first query, reported like one.
const opening = "(open)"

// contender opens the tables and gives what answers a query and counts its rows.
type contender func(ctx context.Context, dir string) (ask func(warehouse.Query) (int, error),
	end func() error, err error)

// answer times every query and prints the samples.
func answer(ctx context.Context, dir string, open contender) error {
	var samples []sample
	took := func(name string, f func() (int, error)) error {
		wall, cpu := time.Now(), cpuSeconds()
		n, err := f()
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		samples = append(samples, sample{Query: name, Wall: time.Since(wall).Seconds(), CPU: cpuSeconds() - cpu,
			Rows: n})
		return nil
	}
	var ask func(warehouse.Query) (int, error)
	var end func() error
	err := took(opening, func() (n int, err error) {
		ask, end, err = open(ctx, dir)
		return 0, err
	})
	if err != nil {
		return err
	}
	for _, q := range warehouse.Queries() {
		if err := took(q.Name, func() (int, error) { return ask(q) }); err != nil {
			return err
		}
	}
	if err := end(); err != nil {
		return err
	}
	return json.NewEncoder(os.Stdout).Encode(samples)
}

func throughDecoy(ctx context.Context, dir string) (func(warehouse.Query) (int, error), func() error, error) {
	e, err := warehouse.Open(ctx, "parquet:"+dir, warehouse.Limits{})
	if err != nil {
		return nil, nil, err
	}
	return func(q warehouse.Query) (int, error) {
		r, err := warehouse.Run(ctx, e, q.Name)
		if err == nil {
			err = r.WriteTable(io.Discard)
		}
		return len(r.Rows), err
	}, e.Close, nil
}

func throughBare(ctx context.Context, dir string) (func(warehouse.Query) (int, error), func() error, error) {
	db, err := sql.Open("duckdb", "")
	if err != nil {
		return nil, nil, err
	}
	db.SetMaxOpenConns(1)
	statements := []string{"SET default_null_order = 'NULLS_FIRST_ON_ASC_LAST_ON_DESC'", "CREATE TYPE FLOAT64 AS " +
		"DOUBLE", "CREATE MACRO div(a, b) AS a // b"}
	for _, t := range tables {
		statements = append(statements, fmt.Sprintf("CREATE VIEW %s AS SELECT * FROM read_parquet('%s/%s-*.parquet')",
			t.name, dir, t.name))
	}
	for _, s := range statements {
		if _, err := db.ExecContext(ctx, s); err != nil {
			return nil, nil, fmt.Errorf("%s: %w", s, err)
		}
	}
	return func(q warehouse.Query) (n int, err error) {
		rows, err := db.QueryContext(ctx, q.SQL)
		if err != nil {
			return 0, err
		}
		defer rows.Close()
		columns, err := rows.Columns()
		if err != nil {
			return 0, err
		}
		values, into := make([]any, len(columns)), make([]any, len(columns))
		for i := range values {
			into[i] = &values[i]
		}
		for ; rows.Next(); n++ {
			if err := rows.Scan(into...); err != nil {
				return 0, err
			}
		}
		return n, rows.Err()
	}, db.Close, nil
}

// cpuSeconds is what this process has used.
func cpuSeconds() float64 {
	var u syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &u); err != nil {
		return 0
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano()).Seconds()
}
