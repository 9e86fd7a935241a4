package main

import (
	"context"
	"fmt"
	"os"

	"decoy/pipelines/money"
)

type deadLettersCmd struct{ ledgerOut }

// Help is the example that --help shows.
func (deadLettersCmd) Help() string {
	return "Example:\n  decoy deadletters OUT\n  decoy build --recipe my.yaml --out OUT --replay   # sends them " +
		"again\n\nA dead letter is a request that failed for good: it is a reject of its stage, and no run sends it " +
		"again without --replay. assumed is what its calls may have cost at most."
}

// Run lists the dead letters.
func (c *deadLettersCmd) Run(ctx context.Context) error {
	list, err := money.DeadLetters(ctx, c.Out)
	if err != nil {
		return err
	}
	if c.JSON {
		return printJSON(list)
	}
	var rows [][]string
	for _, d := range list {
		rows = append(rows, []string{d.Stage, d.Member, d.ContextID, string(d.Type), string(d.Reason),
			fmt.Sprint(d.Status), fmt.Sprint(d.Attempts), fmt.Sprintf("%.4f", d.AssumedUSD), d.Detail})
	}
	if err := printTable(os.Stdout, []string{"stage", "member", "context", "type", "reason", "status",
		"calls", "assumed", "detail"}, rows); err != nil {
		return err
	}
	fmt.Printf("%d dead letters\n", len(list))
	return nil
}
