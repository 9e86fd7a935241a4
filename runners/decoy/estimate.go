package main

import (
	"context"
	"fmt"
	"math"
	"os"
	"time"

	"decoy/pipelines/money"

	"decoy/runners/jobs"
	"decoy/transforms/panel"
)

type estimateCmd struct {
	Recipe  string        `help:"The built-in recipe demo, or a file." default:"demo"`
	Out     string        `help:"Folder of the build, where extract is done; a path or gs://BUCKET/FOLDER." default:"decoy-out" type:"out"`
	Budget  *float64      `help:"US dollars, instead of the recipe's budget_usd."`
	Latency time.Duration `help:"How long a call is supposed to take." default:"4s"`
	Cells   bool          `help:"With a table by type and language."`
	JSON    bool          `help:"Print JSON instead of a table." name:"json"`
	Runner  string        `help:"Instead, plan a whole build on workers of this runner: shards, workers, requests a minute, dollars." enum:",flink,dataflow" default:""`
	Plan    planFlags     `embed:"" prefix:"plan-"`
}

// Help is the example that --help shows.
func (estimateCmd) Help() string {
	return "Example:\n  decoy extract --recipe my.yaml --out OUT\n  decoy estimate --recipe my.yaml --out OUT\n  " +
		"decoy estimate --recipe my.yaml --runner dataflow --plan-repositories 100000 --plan-hours 24\n\nNothing is " +
		"sent and no API key is needed. Figures are for the whole build, with what is in the ledger already."
}

// Run prints the estimate.
func (c *estimateCmd) Run(ctx context.Context) error {
	if jobs.Remote() { // --runner=NAME, which Beam's flags have taken
		c.Runner = jobs.Name()
	}
	if c.Runner != "" {
		return c.plan()
	}
	b, err := common{Recipe: c.Recipe, Out: c.Out}.open(inputs{}, spending{Budget: c.Budget})
	if err != nil {
		return err
	}
	e, err := b.Estimate(ctx, c.Latency)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(e)
	}
	var rows [][]string
	for _, m := range e.Members {
		rows = append(rows, []string{m.Stage, m.Member, m.Provider, m.Model, span(m.Calls, count), count(m.Recorded),
			span(m.InputTokens, count), span(m.OutputTokens, count),
			dollarSpan(m.USD), fmt.Sprintf("%.4f", m.RecordedUSD), span(m.Seconds, duration), m.LimitedBy})
	}
	rows = append(rows, []string{"all", "", "", "", "", "", "", "", dollarSpan(e.USD), "", span(e.Seconds, duration),
		""})
	fmt.Printf("%d contexts, of which %d are sampled\n", e.Contexts, e.SampledContexts)
	if err := printTable(os.Stdout, []string{"stage", "member", "provider", "model", "calls", "in the ledger",
		"tokens in", "tokens out", "dollars", "of it paid", "time", "limited by"}, rows); err != nil {
		return err
	}
	if e.USD == nil {
		fmt.Printf("dollars of the members with a price: %s\n", dollarSpan(&e.KnownUSD))
	}
	fmt.Printf("dollars per selected row: %s\n", perRow(e.PerSelectedUSD))
	if c.Cells {
		rows = nil
		for _, x := range e.Cells {
			rows = append(rows, []string{string(x.Type), string(x.Language), span(x.Negatives, count),
				dollarSpan(x.USD), span(x.Rows, count), perRow(x.PerSelectedUSD)})
		}
		fmt.Println()
		if err := printTable(os.Stdout, []string{"type", "language", "negatives", "dollars",
			"selected rows", "dollars a selected row"}, rows); err != nil {
			return err
		}
	}
	for _, n := range e.Notes {
		fmt.Println("-", n)
	}
	return nil
}

// span shows a range, or one figure where both ends look the same.
func span(r money.Range, show func(float64) string) string {
	low, high := show(r.Low), show(r.High)
	if low == high {
		return high
	}
	return low + "–" + high
}

func dollarSpan(r *money.Range) string {
	if r == nil {
		return "unknown"
	}
	return span(*r, panel.Dollars)
}

func perRow(r *money.Range) string {
	if r == nil {
		return "unknown"
	}
	return span(*r, func(v float64) string { return fmt.Sprintf("%.6f", v) })
}

// count shows a number with its magnitude.
func count(v float64) string {
	switch {
	case v >= 1e9:
		return fmt.Sprintf("%.2fG", v/1e9)
	case v >= 1e6:
		return fmt.Sprintf("%.2fM", v/1e6)
	}
	return fmt.Sprintf("%.0f", v)
}

func duration(seconds float64) string {
	return (time.Duration(math.Ceil(seconds)) * time.Second).String()
}
