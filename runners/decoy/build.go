package main

import (
	"context"

	"decoy/pipelines"
	"decoy/pipelines/recipe"
	"decoy/runners/jobs"
	"decoy/schemas"
	"decoy/transforms/panel"
)

// common are the flags of every stage.
type common struct {
	Recipe string `help:"The built-in recipe demo, or a file." default:"demo"`
	Out    string `help:"Folder to write to; a path or gs://BUCKET/FOLDER." default:"decoy-out" type:"out"`
	DryRun bool   `help:"With --runner=dataflow: check everything, print the first job that would run, and submit nothing."`
	Strict bool   `help:"Exit with 1, once all is done, if decoy itself failed over a record (internal_error)."`
	Quiet  bool   `help:"Print nothing but errors." short:"q" xor:"shown"`
	JSON   bool   `help:"Print messages and progress as JSON, one object a line, on standard output." name:"json" xor:"shown"`
}

// stageFlags are the flags of every command that runs stages.
type stageFlags struct {
	common
	Replace bool `help:"Make this build in the place of the one in --out, though it is of another recipe, of other inputs, or paid for by another version of decoy. Paid answers stay."`
}

// inputs are the flags of the stages that read archives.
type inputs struct {
	Archives []string `help:"Archives and git repositories to read instead of the recipe's archives and rows: paths, globs, URLs, @LIST, or module-cache." sep:","`
	Shards   int      `help:"Number of shards instead of the recipe's."`
	Rows     int      `help:"Rows to select instead of the recipe's."`
}

// spending are the flags of the stages that pay for answers.
type spending struct {
	Replay  bool     `help:"Send requests again that failed for good before."`
	Workers int      `help:"How many processes share the panel's limits; on Dataflow --max_num_workers, elsewhere 1 unless the runner is remote."`
	Remote  bool     `help:"Ask paid models from the runner's workers, not here." name:"paid-on-workers"`
	Metrics string   `help:"Serve what the panel does to Prometheus, for example at 127.0.0.1:9464/metrics." name:"metrics-addr" placeholder:"HOST:PORT"`
	Budget  *float64 `help:"Stop before more than this many US dollars are spent, instead of the recipe's budget_usd."`
}

func (c common) open(in inputs, spend spending) (*pipelines.Build, error) {
	r, err := recipe.Load(c.Recipe)
	if err != nil {
		return nil, usageError{err}
	}
	if len(in.Archives) > 0 {
		r.Archives, r.Rows = in.Archives, nil
	}
	if in.Shards > 0 {
		r.Shards = in.Shards
	}
	if in.Rows > 0 {
		r.Curate.Rows = in.Rows
	}
	if spend.Budget != nil {
		r.BudgetUSD = spend.Budget
	}
	if err := r.Validate(); err != nil {
		return nil, usageError{err}
	}
	l := jobs.Launcher{Policy: jobs.DefaultPolicy(), PaidHere: !spend.Remote, Anew: spend.Replay}
	b := &pipelines.Build{
		Out: c.Out, Recipe: r, Replay: spend.Replay, Workers: max(1, spend.Workers),
		Run: l.Run, EndPrevious: l.EndPrevious,
	}
	b.RunInfo.Runner = jobs.Name()
	return b, nil
}

// run opens a build, shows what work does with it, and ends what is shown.
func (c common) run(in inputs, spend spending, work func(*pipelines.Build) error) error {
	b, err := c.open(in, spend)
	if err != nil {
		return err
	}
	shown := c.console()
	defer shown.Close()
	b.Log, b.Progress, b.Warned = shown.Log, shown.Progress, shown.Warn
	b.Strict = c.Strict
	if spend.Metrics != "" {
		at, end, err := serveMetrics(spend.Metrics, &panel.ProcessMeter)
		if err != nil {
			return err
		}
		defer end()
		shown.Log("metrics: http://%s/metrics", at)
	}
	defer watchPanel(shown, &panel.ProcessMeter)()
	return ended(shown, work(b))
}

type buildCmd struct {
	stageFlags
	inputs
	spending
}

// Help is the example that --help shows.
func (buildCmd) Help() string {
	return "Example:\n  decoy build\n  decoy build --archives 'archives/*.tar.gz' --out OUT\n  decoy build --recipe " +
		"my.yaml --out OUT -- --runner=direct"
}

// Run runs all stages.
func (c *buildCmd) Run(ctx context.Context) error {
	return c.stages(ctx, c.inputs, c.spending, schemas.Stages...)
}

type extractCmd struct {
	stageFlags
	inputs
}

// Help is the example that --help shows.
func (extractCmd) Help() string {
	return "Example:\n  decoy extract --archives 'archives/*.tar.gz' --out OUT"
}

// Run runs the stage.
func (c *extractCmd) Run(ctx context.Context) error {
	return c.stages(ctx, c.inputs, spending{}, schemas.StageExtract)
}

type generateCmd struct {
	stageFlags
	spending
	Shards int `help:"Number of shards instead of the recipe's."`
}

// Help is the example that --help shows.
func (generateCmd) Help() string {
	return "Example:\n  decoy generate --recipe my.yaml --out OUT --budget 25"
}

// Run runs the stage.
func (c *generateCmd) Run(ctx context.Context) error {
	return c.stages(ctx, inputs{Shards: c.Shards}, c.spending, schemas.StageGenerate)
}

type verifyCmd struct {
	stageFlags
	Shards int `help:"Number of shards instead of the recipe's."`
}

// Help is the example that --help shows.
func (verifyCmd) Help() string { return "Example:\n  decoy verify --out OUT" }

// Run runs the stage.
func (c *verifyCmd) Run(ctx context.Context) error {
	return c.stages(ctx, inputs{Shards: c.Shards}, spending{}, schemas.StageVerify)
}

type curateCmd struct {
	stageFlags
	Shards int `help:"Number of shards instead of the recipe's."`
	Rows   int `help:"Rows to select instead of the recipe's."`
}

// Help is the example that --help shows.
func (curateCmd) Help() string { return "Example:\n  decoy curate --out OUT --rows 10000" }

// Run runs the stage.
func (c *curateCmd) Run(ctx context.Context) error {
	return c.stages(ctx, inputs{Shards: c.Shards, Rows: c.Rows}, spending{}, schemas.StageCurate)
}

type exportCmd struct {
	stageFlags
	Shards int `help:"Number of shards instead of the recipe's."`
}

// Help is the example that --help shows.
func (exportCmd) Help() string { return "Example:\n  decoy export --recipe my.yaml --out OUT" }

// Run runs the stage.
func (c *exportCmd) Run(ctx context.Context) error {
	return c.stages(ctx, inputs{Shards: c.Shards}, spending{}, schemas.StageExport)
}
