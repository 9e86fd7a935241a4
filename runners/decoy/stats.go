package main

import (
	"context"
	"fmt"
	"os"

	"decoy/io/warehouse"
)

type statsCmd struct {
	Out            string   `arg:"" help:"Folder of a build, or where decoy load put it: duckdb:FILE, parquet:FOLDER, bigquery://PROJECT/DATASET." default:"decoy-out"`
	Query          []string `help:"Queries to run, by name; all by default. --list names them." short:"q" sep:","`
	List           bool     `help:"List the queries."`
	SQL            string   `help:"Run this SQL instead, over contexts, negatives, unlabelled, certificates, verdicts, selection, rejects, export_rows and, with prefix and suffix, context_texts."`
	JSON           bool     `help:"Print JSON instead of tables."`
	MaxBytesBilled int64    `help:"Most bytes that one query may be billed by BigQuery; a larger one fails and costs nothing. 0 is no limit." default:"107374182400" placeholder:"BYTES"`
	Estimate       bool     `help:"Say how many bytes BigQuery would process, and run nothing."`
}

// Help is the example that --help shows.
func (statsCmd) Help() string {
	return "Example:\n  decoy stats OUT\n  decoy stats OUT -q negatives_by_cell,fool_rate\n  decoy stats " +
		"bigquery://my-project/decoy --estimate\n  decoy stats OUT --sql 'SELECT language, COUNT(*) FROM negatives " +
		"AS n JOIN contexts AS c ON c.id = n.context_id GROUP BY 1'"
}

// Run answers the queries.
func (c *statsCmd) Run(ctx context.Context) error {
	if c.List {
		for _, q := range warehouse.Queries() {
			fmt.Printf("%-22s %s\n", q.Name, q.About)
		}
		return nil
	}
	queries, err := warehouse.Choose(c.Query)
	if err != nil {
		return usageError{err}
	}
	if c.SQL != "" {
		if len(c.Query) > 0 {
			return usageError{fmt.Errorf("--sql and --query exclude each other")}
		}
		queries = []warehouse.Query{{Name: "--sql", SQL: c.SQL}}
	}
	e, err := warehouse.Open(ctx, c.Out, warehouse.Limits{BytesBilled: c.MaxBytesBilled})
	if err != nil {
		return err
	}
	defer e.Close()
	if c.Estimate {
		return c.estimate(ctx, e, queries)
	}
	if c.SQL != "" {
		r, err := e.Query(ctx, c.SQL)
		return c.show("", r, err)
	}
	for _, q := range queries {
		r, err := warehouse.Run(ctx, e, q.Name)
		if err := c.show(q.Name+": "+q.About, r, err); err != nil {
			return err
		}
	}
	return nil
}

func (c *statsCmd) show(title string, r warehouse.Result, err error) error {
	if err != nil {
		return err
	}
	if c.JSON {
		return r.WriteJSON(os.Stdout)
	}
	if title != "" {
		fmt.Printf("\n%s\n", title)
	}
	return r.WriteTable(os.Stdout)
}

// estimate prints the bytes of every query.
func (c *statsCmd) estimate(ctx context.Context, e warehouse.Engine, queries []warehouse.Query) error {
	b, ok := e.(*warehouse.BigQuery)
	if !ok {
		return usageError{fmt.Errorf("--estimate is for bigquery://PROJECT/DATASET: nothing else is billed by bytes")}
	}
	r := warehouse.Result{Columns: []string{"query", "bytes"}}
	sum := int64(0)
	for _, q := range queries {
		n, err := b.Estimate(ctx, q.SQL)
		if err != nil {
			return fmt.Errorf("%s: %w", q.Name, err)
		}
		sum += n
		r.Rows = append(r.Rows, []any{q.Name, n})
	}
	r.Rows = append(r.Rows, []any{"all", sum})
	return c.show("", r, nil)
}
