package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"strings"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners"

	// Filesystems and runners, as package beamx imports them but without its compiled
	// forms of small DoFns: they take 9 s to compile and our elements are shards.
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/gcs"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/dataflow"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/flink"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal"

	"decoy/io/shard"
	"decoy/pipelines"
	"decoy/schemas"
	"decoy/transforms/panel"
)

// common are the flags of every stage.
type common struct {
	Recipe string `help:"The built-in recipe demo, or a file." default:"demo"`
	Out    string `help:"Folder to write to; a path or gs://BUCKET/FOLDER." default:"decoy-out" type:"out"`
	Quiet  bool   `help:"Print nothing but errors." short:"q" xor:"shown"`
	JSON   bool   `help:"Print messages and progress as JSON, one object a line, on standard output." name:"json" xor:"shown"`
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
	Workers int      `help:"How many processes share the panel's limits." default:"1"`
	Metrics string   `help:"Serve what the panel does to Prometheus, for example at 127.0.0.1:9464/metrics." name:"metrics-addr" placeholder:"HOST:PORT"`
	Budget  *float64 `help:"Stop before more than this many US dollars are spent, instead of the recipe's budget_usd."`
}

func (c common) open(in inputs, spend spending) (*pipelines.Build, error) {
	r, err := pipelines.LoadRecipe(c.Recipe)
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
	b := &pipelines.Build{Out: c.Out, Recipe: r, Replay: spend.Replay, Workers: max(1, spend.Workers), Run: runPipeline}
	b.RunInfo.Runner = runnerName()
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
	b.Log, b.Progress = shown.Log, shown.Progress
	if spend.Metrics != "" {
		at, end, err := serveMetrics(spend.Metrics, &panel.ProcessMeter)
		if err != nil {
			return err
		}
		defer end()
		shown.Log("metrics: http://%s/metrics", at)
	}
	defer watchPanel(shown, &panel.ProcessMeter)()
	return work(b)
}

// runnerName is the runner that Beam's flags name.
func runnerName() string { return cmp.Or(*runners.Runner, "prism") }

// runPipeline runs a pipeline on the runner that the flags name. Beam's own log is
// for its developers: below warnings it stays silent, and what prism says about a
// failure is shown only where the failure does not say it itself.
func runPipeline(ctx context.Context, p *beam.Pipeline) error {
	beamlog.SetLogger(beamLogger{})
	var said lastLog
	slog.SetDefault(slog.New(slog.NewTextHandler(&said, &slog.HandlerOptions{Level: slog.LevelError}))) // prism's
	_, err := beam.Run(ctx, runnerName(), p)
	if err == nil {
		return nil
	}
	own, ok := ownError(err.Error())
	if !ok && ctx.Err() == nil {
		fmt.Fprint(os.Stderr, said.String())
	}
	return errors.New(own)
}

// ownError finds our part of an error that crossed Beam, which wraps it as text in
// lines about bundles. ok is false where it is none of ours: a panic, or a failure of
// Beam itself.
func ownError(text string) (own string, ok bool) {
	const mark = "] failed:\n" // DoFn[UID:6, …, Name: decoy/pipelines.shardFn] failed:
	if i := strings.LastIndex(text, mark); i >= 0 {
		own = strings.TrimSpace(text[i+len(mark):])
		return own, !strings.HasPrefix(own, "panic:")
	}
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.TrimSpace(lines[len(lines)-1]), false
}

// lastLog keeps the end of a log. It may be written from several goroutines.
type lastLog struct {
	mu sync.Mutex
	b  []byte
}

func (l *lastLog) Write(p []byte) (int, error) {
	const most = 64 << 10
	l.mu.Lock()
	defer l.mu.Unlock()
	l.b = append(l.b, p...)
	l.b = l.b[max(0, len(l.b)-most):]
	return len(p), nil
}

func (l *lastLog) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return string(l.b)
}

type beamLogger struct{}

// Log prints Beam's errors.
func (beamLogger) Log(_ context.Context, sev beamlog.Severity, _ int, msg string) {
	if sev >= beamlog.SevError {
		fmt.Fprintln(os.Stderr, "beam:", msg)
	}
}

type buildCmd struct {
	common
	inputs
	spending
}

// Help is the example that --help shows.
func (buildCmd) Help() string {
	return "Example:\n  decoy build\n  decoy build --archives 'archives/*.tar.gz' --out OUT\n  decoy build --recipe my.yaml --out OUT -- --runner=direct"
}

// Run runs all stages.
func (c *buildCmd) Run(ctx context.Context) error {
	return c.run(c.inputs, c.spending, func(b *pipelines.Build) error {
		if err := b.Resolve(ctx); err != nil {
			return err
		}
		if err := b.RunStages(ctx, schemas.Stages...); err != nil {
			return err
		}
		b.Log("done: %s", shard.Join(c.Out, "report.html"))
		return nil
	})
}

type extractCmd struct {
	common
	inputs
}

// Help is the example that --help shows.
func (extractCmd) Help() string {
	return "Example:\n  decoy extract --archives 'archives/*.tar.gz' --out OUT"
}

// Run runs the stage.
func (c *extractCmd) Run(ctx context.Context) error {
	return c.run(c.inputs, spending{}, func(b *pipelines.Build) error {
		if err := b.Resolve(ctx); err != nil {
			return err
		}
		return b.RunStages(ctx, schemas.StageExtract)
	})
}

type generateCmd struct {
	common
	spending
	Shards int `help:"Number of shards instead of the recipe's."`
}

// Help is the example that --help shows.
func (generateCmd) Help() string {
	return "Example:\n  decoy generate --recipe my.yaml --out OUT --budget 25"
}

// Run runs the stage.
func (c *generateCmd) Run(ctx context.Context) error {
	return c.stage(ctx, schemas.StageGenerate, inputs{Shards: c.Shards}, c.spending)
}

type verifyCmd struct {
	common
	Shards int `help:"Number of shards instead of the recipe's."`
}

// Help is the example that --help shows.
func (verifyCmd) Help() string { return "Example:\n  decoy verify --out OUT" }

// Run runs the stage.
func (c *verifyCmd) Run(ctx context.Context) error {
	return c.stage(ctx, schemas.StageVerify, inputs{Shards: c.Shards}, spending{})
}

type judgeCmd struct {
	common
	spending
	Shards int `help:"Number of shards instead of the recipe's."`
}

// Help is the example that --help shows.
func (judgeCmd) Help() string {
	return "Example:\n  decoy judge --recipe my.yaml --out OUT --budget 10"
}

// Run runs the stage.
func (c *judgeCmd) Run(ctx context.Context) error {
	return c.stage(ctx, schemas.StageJudge, inputs{Shards: c.Shards}, c.spending)
}

type curateCmd struct {
	common
	Shards int `help:"Number of shards instead of the recipe's."`
	Rows   int `help:"Rows to select instead of the recipe's."`
}

// Help is the example that --help shows.
func (curateCmd) Help() string { return "Example:\n  decoy curate --out OUT --rows 10000" }

// Run runs the stage.
func (c *curateCmd) Run(ctx context.Context) error {
	return c.stage(ctx, schemas.StageCurate, inputs{Shards: c.Shards, Rows: c.Rows}, spending{})
}

type exportCmd struct {
	common
	Shards int `help:"Number of shards instead of the recipe's."`
}

// Help is the example that --help shows.
func (exportCmd) Help() string { return "Example:\n  decoy export --recipe my.yaml --out OUT" }

// Run runs the stage.
func (c *exportCmd) Run(ctx context.Context) error {
	return c.stage(ctx, schemas.StageExport, inputs{Shards: c.Shards}, spending{})
}

func (c common) stage(ctx context.Context, name string, in inputs, spend spending) error {
	return c.run(in, spend, func(b *pipelines.Build) error { return b.RunStages(ctx, name) })
}
