package main

import (
	"context"
	"fmt"
	"os"

	"decoy/io/warehouse"
)

type statsCmd struct {
	Out   string   `arg:"" help:"Folder of a build." default:"decoy-out" type:"path"`
	Query []string `help:"Queries to run, by name; all by default. --list names them." short:"q" sep:","`
	List  bool     `help:"List the queries."`
	SQL   string   `help:"Run this SQL instead, over the views contexts, negatives, certificates, verdicts, selection, rejects, export_rows."`
	JSON  bool     `help:"Print JSON instead of tables."`
}

// Help is the example that --help shows.
func (statsCmd) Help() string {
	return "Example:\n  decoy stats OUT\n  decoy stats OUT -q negatives_by_cell,fool_rate\n  decoy stats OUT --sql 'SELECT language, COUNT(*) FROM negatives AS n JOIN contexts AS c ON c.id = n.context_id GROUP BY 1'"
}

// Run answers the queries.
func (c *statsCmd) Run(ctx context.Context) error {
	if c.List {
		for _, q := range warehouse.Queries() {
			fmt.Printf("%-22s %s\n", q.Name, q.About)
		}
		return nil
	}
	db, err := warehouse.OpenDuckDB()
	if err != nil {
		return err
	}
	defer db.Close()
	if err := db.Attach(c.Out); err != nil {
		return err
	}
	show := func(title string, r warehouse.Result, err error) error {
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
	if c.SQL != "" {
		r, err := db.Query(ctx, c.SQL)
		return show("", r, err)
	}
	about := map[string]string{}
	names := c.Query
	for _, q := range warehouse.Queries() {
		about[q.Name] = q.About
		if len(c.Query) == 0 {
			names = append(names, q.Name)
		}
	}
	for _, name := range names {
		r, err := db.Run(ctx, name)
		if err := show(name+": "+about[name], r, err); err != nil {
			return err
		}
	}
	return nil
}
