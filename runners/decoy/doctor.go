package main

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strings"

	"decoy/pipelines/recipe"
)

// Parts of a doctor's page.
const (
	forLocal    = "local"
	forRecipe   = "recipe"
	forFlink    = "flink"
	forDataflow = "dataflow"
	forBigQuery = "bigquery"
	forTrain    = "train"
)

type doctorCmd struct {
	For       string `help:"Look at this alone, and exit 1 if something is missing: local, recipe, flink, dataflow, bigquery or train." enum:",local,recipe,flink,dataflow,bigquery,train" default:""`
	Recipe    string `help:"The built-in recipe demo, or a file: its keys and its limiter are looked for." default:"demo"`
	Out       string `help:"Folder to write to." default:"decoy-out" type:"out"`
	FlinkREST string `help:"Flink's REST interface." name:"flink-rest" default:"http://localhost:8081"`
	Jobs      string `help:"Beam's job service." name:"job-service" default:"localhost:8099"`
	Dataset   string `help:"BigQuery's dataset, bigquery://PROJECT/DATASET."`
	Python    string `help:"Python with the packages of scripts/train/requirements.txt." default:"python3"`
	JSON      bool   `help:"Print JSON instead of lines." name:"json"`
}

// Help is the example that --help shows.
func (doctorCmd) Help() string {
	return "Example:\n  decoy doctor\n  decoy doctor --for dataflow -- --runner=dataflow --project=P --region=R " +
		"--staging_location=gs://B/staging --worker_binary=worker\n\nNothing that costs money is asked, nothing is " +
		"written, and no key is shown."
}

// States of a finding.
const (
	isOK      = "ok"
	isMissing = "missing"
	notNeeded = "not needed"
)

// finding is one line of the page.
type finding struct {
	Part   string `json:"part"`
	Name   string `json:"name"`
	State  string `json:"state"`
	Fact   string `json:"fact"`
	Remedy string `json:"remedy,omitempty"`
}

func found(name, fact string) finding           { return finding{"", name, isOK, fact, ""} }
func missing(name, fact, remedy string) finding { return finding{"", name, isMissing, fact, remedy} }
func unneeded(name, fact string) finding        { return finding{"", name, notNeeded, fact, ""} }

// Run looks at everything.
func (c *doctorCmd) Run(ctx context.Context) error {
	r, err := recipe.Load(c.Recipe)
	if err != nil {
		return usageError{err}
	}
	var all []finding
	for _, p := range []struct {
		name string
		look func(context.Context) []finding
	}{
		{forLocal, c.local},
		{forRecipe, func(ctx context.Context) []finding { return recipeNeeds(ctx, r) }},
		{forFlink, c.flink}, {forDataflow, c.dataflow}, {forBigQuery, c.bigQuery}, {forTrain, c.train},
	} {
		if c.For != "" && c.For != p.name {
			continue
		}
		for _, f := range p.look(ctx) {
			f.Part = p.name
			all = append(all, f)
		}
	}
	if c.JSON {
		err = printJSON(all)
	} else {
		err = printFindings(all)
	}
	if err != nil || c.For == "" {
		return err
	}
	lacks := func(f finding) bool { return f.State == isMissing }
	if i := slices.IndexFunc(all, lacks); i >= 0 {
		return fmt.Errorf("%s: %s is missing", c.For, all[i].Name)
	}
	return nil
}

func printFindings(all []finding) error {
	var b strings.Builder
	part := ""
	for _, f := range all {
		if f.Part != part {
			part = f.Part
			fmt.Fprintf(&b, "%s\n", part)
		}
		fmt.Fprintf(&b, "  %-10s  %-18s  %s", f.State, f.Name, f.Fact)
		if f.Remedy != "" {
			fmt.Fprintf(&b, ": %s", f.Remedy)
		}
		b.WriteByte('\n')
	}
	_, err := os.Stdout.WriteString(b.String())
	return err
}

// recipeNeeds looks for the keys of a recipe's members and for its limiter.
func recipeNeeds(ctx context.Context, r recipe.Recipe) (all []finding) {
	seen := map[string]bool{}
	for _, m := range slices.Concat(r.Generate.Panel, r.Judge.Panel) {
		name := "key of " + m.Name
		key := m.Key()
		if !m.Paid() || seen[name] {
			continue
		}
		seen[name] = true
		switch {
		case key.Empty():
			all = append(all, unneeded(name, "the recipe names none"))
		case key.Env != "" && os.Getenv(key.Env) != "":
			all = append(all, found(name, "environment variable "+key.Env+" is set"))
		case key.Secret != "":
			all = append(all, found(name, "secret "+key.Secret+" is named, and was not read"))
		default:
			all = append(all, missing(name, "environment variable "+key.Env+" is not set", "set it to the API key"))
		}
	}
	if len(all) == 0 {
		all = append(all, unneeded("keys", "no member of the panels is paid"))
	}
	if r.Limiter.Redis == "" {
		return append(all, unneeded("limiter", "the recipe names none"))
	}
	ctx, cancel := context.WithTimeout(ctx, probePatience)
	defer cancel()
	if err := redisAnswers(ctx, r.Limiter); err != nil {
		return append(all, missing("limiter", oneLine(err.Error()), "start the Redis server that "+
			"limiter.redis names, or correct it"))
	}
	return append(all, found("limiter", "Redis answers"))
}
