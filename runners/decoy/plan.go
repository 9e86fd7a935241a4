package main

import (
	"cmp"
	"fmt"
	"os"

	"decoy/pipelines/money"
	"decoy/pipelines/recipe"
)

// planFlags are the size of a build that is planned before it is begun. The defaults
// are the paper's pool from 100,000 repositories.
type planFlags struct {
	Repositories  float64  `help:"Repositories of the plan." default:"100000"`
	UnpackedTB    float64  `help:"Terabytes of their archives, unpacked." default:"10" name:"unpacked-tb"`
	SourceShare   float64  `help:"Share of it in files of the eight languages." default:"0.4"`
	Pool          float64  `help:"Valid negatives." default:"2473312"`
	Hours         float64  `help:"In how many hours." default:"24"`
	Cores         float64  `help:"Cores of a worker." default:"4"`
	USDPerRequest *float64 `help:"What a paid request costs, for the sum; decoy estimate without --runner measures it." name:"usd-per-request"`
	USDPerCore    float64  `help:"What a core costs an hour, with its memory and disk, instead of Dataflow's list prices." name:"usd-per-core-hour"`
}

// plan prints what a build takes on a fleet.
func (c *estimateCmd) plan() error {
	r, err := recipe.Load(c.Recipe)
	if err != nil {
		return usageError{err}
	}
	in := money.PlanInput{
		Repositories: c.Plan.Repositories, UnpackedBytes: c.Plan.UnpackedTB * 1e12, SourceShare: c.Plan.SourceShare,
		Pool:  c.Plan.Pool,
		Hours: c.Plan.Hours, Cores: c.Plan.Cores, USDPerRequest: c.Plan.USDPerRequest,
		Rates: money.MeasuredRates, Prices: money.DataflowPrices,
	}
	if c.Plan.USDPerCore > 0 || c.Runner != "dataflow" {
		in.Prices = money.PlanPrices{CoreHour: c.Plan.USDPerCore}
	}
	for _, m := range r.Generate.Panel {
		in.PaidGenerators = in.PaidGenerators || m.Paid()
	}
	for _, m := range r.Judge.Panel {
		if m.Paid() && !m.Offline {
			in.PaidJudges++
		}
	}
	p, err := money.NewPlan(in)
	if err != nil {
		return usageError{err}
	}
	if c.JSON {
		return printJSON(p)
	}
	var rows [][]string
	for _, s := range p.Stages {
		rows = append(rows, []string{cmp.Or(s.Stage, "(walk)"), s.Unit, count(s.Units), count(s.UnitsPerCore),
			fmt.Sprintf("%.1f", s.CoreHours), count(s.ShuffleBytes), count(s.WrittenBytes)})
	}
	rows = append(rows, []string{"all", "", "", "", fmt.Sprintf("%.1f", p.CoreHours), count(p.ShuffleBytes),
		count(p.WrittenBytes)})
	fmt.Printf("%s repositories, %s bytes unpacked, a pool of %s, in %v hours on workers of %v cores\n",
		count(p.Repositories), count(p.UnpackedBytes), count(in.Pool), in.Hours, in.Cores)
	if err := printTable(os.Stdout, []string{"stage", "unit", "units", "units a core second", "core hours",
		"bytes shuffled", "bytes written"}, rows); err != nil {
		return err
	}
	fmt.Printf("shards: %.0f\nworkers: %.0f\npaid requests: %s, %.0f a minute\n", p.Shards, p.Workers,
		count(p.PaidRequests), p.PerMinute)
	if p.USD > 0 {
		fmt.Printf("dollars for workers: %.2f\n", p.USD)
	} else {
		fmt.Println("dollars for workers: unknown, name --plan-usd-per-core-hour")
	}
	if p.PanelUSD != nil {
		fmt.Printf("dollars for models: %.2f\n", *p.PanelUSD)
	}
	for _, n := range p.Notes {
		fmt.Println("-", n)
	}
	return nil
}
