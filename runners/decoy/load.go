package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"

	"decoy/io/warehouse"
)

type loadCmd struct {
	Out      string   `arg:"" help:"Folder of a build, local or gs://." default:"decoy-out"`
	To       string   `help:"Where to: bigquery://PROJECT/DATASET, duckdb:FILE or parquet:FOLDER." required:"" placeholder:"TARGET"`
	Tables   []string `help:"Tables to load; all by default." sep:","`
	Staging  string   `help:"Folder for Parquet files on their way to BigQuery; by default OUT/staging where OUT is in a bucket." placeholder:"gs://BUCKET/PREFIX"`
	Location string   `help:"Of a dataset that is not there yet; US by default." placeholder:"LOCATION"`
	Keep     bool     `help:"Leave the staged files."`
	DryRun   bool     `help:"List the tables, and ask and load nothing."`
	JSON     bool     `help:"Print JSON instead of a table; with --dry-run it has the schemas."`
}

// Help is the example that --help shows.
func (loadCmd) Help() string {
	return "Example:\n  decoy load OUT --to bigquery://my-project/decoy --staging gs://my-bucket/decoy --location " +
		"EU\n  decoy load OUT --to duckdb:build.db\n  decoy stats duckdb:build.db\n\nRun it again after a build or a " +
		"failure: a table that has the build's rows is left alone, and a load that runs already is waited for."
}

// Run loads the tables.
func (c *loadCmd) Run(ctx context.Context) error {
	l := warehouse.Load{Out: c.Out, To: c.To, Tables: c.Tables, Staging: c.Staging, Location: c.Location, Keep: c.Keep}
	if err := l.Check(ctx); err != nil {
		return usageError{err}
	}
	if c.DryRun {
		return c.list(ctx, l)
	}
	var mu sync.Mutex
	done := []warehouse.Loaded{}
	l.Report = func(t warehouse.Loaded) {
		mu.Lock()
		defer mu.Unlock()
		done = append(done, t)
		if !c.JSON {
			fmt.Printf("%-14s %-9s %d rows\n", t.Table, t.State, t.Rows)
		}
	}
	err := l.Run(ctx)
	if c.JSON {
		err = errors.Join(err, printJSON(done))
	}
	return err
}

func (c *loadCmd) list(ctx context.Context, l warehouse.Load) error {
	plan, err := l.Plan(ctx)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(plan)
	}
	var rows [][]string
	for _, p := range plan {
		n := "unknown"
		if p.Rows != nil {
			n = fmt.Sprint(*p.Rows)
		}
		rows = append(rows, []string{p.Table, fmt.Sprint(p.Files), n, fmt.Sprint(p.Bytes),
			strings.Join(p.Clustering, ", "), p.Key})
	}
	return printTable(os.Stdout, []string{"table", "files", "rows", "bytes", "clustered by", "key"}, rows)
}
