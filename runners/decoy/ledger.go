package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
	"text/tabwriter"

	"decoy/pipelines"
	"decoy/pipelines/money"
	"decoy/runners/jobs"
	"decoy/transforms/panel/ledger"
)

type ledgerCmd struct {
	Stats   ledgerStatsCmd   `cmd:"" help:"Count records, tokens and dollars by stage and member."`
	Verify  ledgerVerifyCmd  `cmd:"" help:"Read every file and name the damaged and missing ones."`
	Compact ledgerCompactCmd `cmd:"" help:"Put the segments of each shard into one file."`
	Export  ledgerExportCmd  `cmd:"" help:"Write all records to one file."`
}

// ledgerOut are what all commands about a ledger take.
type ledgerOut struct {
	Out  string `arg:"" help:"Folder of a build, or gs://BUCKET/FOLDER." default:"decoy-out" type:"out"`
	JSON bool   `help:"Print JSON instead of a table." name:"json"`
}

// printJSON writes a value as indented JSON on standard output.
func printJSON(v any) error {
	enc := json.NewEncoder(os.Stdout)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

// printTable writes rows of cells, aligned, under a head.
func printTable(w io.Writer, head []string, rows [][]string) error {
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', 0)
	for _, row := range append([][]string{head}, rows...) {
		for i, cell := range row {
			row[i] = strings.NewReplacer("\t", `\t`, "\n", `\n`, "\r", `\r`).Replace(cell)
		}
		fmt.Fprintln(tw, strings.Join(row, "\t"))
	}
	return tw.Flush()
}

// dollars shows an amount, or that it is not known.
func dollars(usd *float64) string {
	if usd == nil {
		return "unknown"
	}
	return fmt.Sprintf("%.4f", *usd)
}

type ledgerStatsCmd struct{ ledgerOut }

// Help is the example that --help shows.
func (ledgerStatsCmd) Help() string {
	return "Example:\n  decoy ledger stats OUT\n\nassumed is what calls without a bill may have cost at most. may " +
		"have cost is what at most so many calls may have cost that were under way when a run was killed: nobody " +
		"knows whether they were billed, and it stays if their requests are answered later. Both count against " +
		"the budget. attempts are records of calls at requests that were put aside or given up before they " +
		"had an outcome. unpriced are answers and attempts whose price is unknown; no column of dollars " +
		"has them."
}

// Run prints the counts.
func (c *ledgerStatsCmd) Run(ctx context.Context) error {
	list, err := money.LedgerStats(ctx, c.Out)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(list)
	}
	var sum ledger.Stats
	var rows [][]string
	row := func(stage, member string, s ledger.Stats) {
		var reasons []string
		for _, r := range slices.Sorted(maps.Keys(s.Reasons)) {
			reasons = append(reasons, fmt.Sprintf("%s %d", r, s.Reasons[r]))
		}
		rows = append(rows, []string{stage, member, fmt.Sprint(s.Records), fmt.Sprint(s.Answers), fmt.Sprint(s.Calls),
			fmt.Sprint(s.InputTokens), fmt.Sprint(s.OutputTokens),
			fmt.Sprintf("%.4f", s.CostUSD), fmt.Sprintf("%.4f", s.AssumedUSD), fmt.Sprintf("%.4f", s.MayCostUSD),
			fmt.Sprint(s.MayCostCalls), fmt.Sprint(s.Attempts), fmt.Sprint(s.Unpriced), fmt.Sprint(s.Duplicates),
			fmt.Sprintf("%.4f", s.DuplicateUSD),
			fmt.Sprint(s.DeadLetters), fmt.Sprint(s.Replaced), strings.Join(reasons, ", ")})
	}
	for _, m := range list {
		row(m.Stage, m.Member, m.Stats)
		sum.Add(m.Stats)
	}
	row("all", "", sum)
	return printTable(os.Stdout, []string{"stage", "member", "records", "answers", "calls", "tokens in", "out",
		"dollars", "assumed", "may have cost", "calls", "attempts", "unpriced", "paid twice", "dollars", "dead letters",
		"answered since", "reasons"}, rows)
}

type ledgerVerifyCmd struct{ ledgerOut }

// Help is the example that --help shows.
func (ledgerVerifyCmd) Help() string {
	return "Example:\n  decoy ledger verify OUT\n\nExits with 1 if a file is damaged or missing."
}

// Run prints what is wrong.
func (c *ledgerVerifyCmd) Run(ctx context.Context) error {
	list, err := money.VerifyLedgers(ctx, c.Out)
	if err != nil {
		return err
	}
	if c.JSON {
		err = printJSON(list)
	}
	var damaged []error
	var sum ledger.Audit
	for _, a := range list {
		for _, d := range a.Damaged {
			damaged = append(damaged, fmt.Errorf("%s/ledger/%s: %s: %s", a.Stage, d.Name, d.Problem, d.Remedy))
		}
		sum.Files += a.Files
		sum.Segments += a.Segments
		sum.Records += a.Records
		sum.Bytes += a.Bytes
		sum.SpentUSD += a.SpentUSD
		sum.MayCost += a.MayCost
		sum.Unpriced += a.Unpriced
	}
	if !c.JSON {
		fmt.Printf("%d shards, %d files with %d segments, %d bytes, %d records; the budget counts %.4f US dollars",
			len(list), sum.Files, sum.Segments, sum.Bytes, sum.Records, sum.SpentUSD)
		if sum.MayCost > 0 {
			fmt.Printf(", of which %.4f may have been spent by runs that were killed", sum.MayCost)
		}
		if sum.Unpriced > 0 {
			fmt.Printf(", and %d answers and attempts whose price is unknown", sum.Unpriced)
		}
		fmt.Println()
	}
	return errors.Join(append(damaged, err)...)
}

type ledgerCompactCmd struct{ ledgerOut }

// Help is the example that --help shows.
func (ledgerCompactCmd) Help() string {
	return "Example:\n  decoy ledger compact OUT\n\nNothing is left out, and a build goes on as before. It may be " +
		"interrupted at any moment."
}

// Run compacts.
func (c *ledgerCompactCmd) Run(ctx context.Context) error {
	list, err := pipelines.CompactLedgers(ctx, c.Out, jobs.EndPrevious)
	if c.JSON {
		return errors.Join(err, printJSON(list))
	}
	if err != nil && len(list) == 0 {
		return err
	}
	var sum ledger.Compacted
	for _, s := range list {
		sum.FilesBefore += s.FilesBefore
		sum.FilesAfter += s.FilesAfter
		sum.Segments += s.Segments
		sum.Records += s.Records
	}
	fmt.Printf("%d shards, %d segments with %d records: %d files are now %d\n", len(list), sum.Segments, sum.Records,
		sum.FilesBefore, sum.FilesAfter)
	return err
}

type ledgerExportCmd struct {
	Out       string `arg:"" help:"Folder of a build, or gs://BUCKET/FOLDER." type:"out"`
	File      string `arg:"" help:"File to write: .jsonl, .jsonl.zst or .parquet." type:"path"`
	Responses bool   `help:"With the bytes of the responses."`
}

// Help is the example that --help shows.
func (ledgerExportCmd) Help() string {
	return "Example:\n  decoy ledger export OUT paid.parquet\n  decoy ledger export OUT paid.jsonl.zst --responses"
}

// Run exports.
func (c *ledgerExportCmd) Run(ctx context.Context) error {
	n, err := money.ExportLedgers(ctx, c.Out, c.File, c.Responses)
	if err != nil {
		return err
	}
	fmt.Printf("%d records in %s\n", n, c.File)
	return nil
}
