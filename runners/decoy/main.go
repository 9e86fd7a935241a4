// Command decoy builds hard negatives for fill-in-the-middle code completion.
//
// A worker of a remote runner starts the same binary with --worker; then Beam takes
// over before any command is read. Otherwise kong reads the command, and what
// follows "--" goes to Beam.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"strings"
	"syscall"

	"github.com/alecthomas/kong"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/pipelines"
	"decoy/transforms/panel"
)

// Exit codes.
const (
	exitDone        = 0
	exitFailed      = 1
	exitUsage       = 2
	exitBudget      = 3
	exitInterrupted = 130
)

func main() {
	pipelines.ReserveHeap()
	if len(os.Args) > 1 && strings.HasPrefix(os.Args[1], "--worker") {
		flag.Parse()
		beam.Init() // runs the worker and never returns
	}
	os.Exit(run(os.Args[1:]))
}

type cli struct {
	Build       buildCmd       `cmd:"" help:"Run all stages; what is done is skipped."`
	Extract     extractCmd     `cmd:"" help:"Turn archives into contexts, symbols, names and n-gram counts."`
	Generate    generateCmd    `cmd:"" help:"Ask the panel for negatives of every context."`
	Verify      verifyCmd      `cmd:"" help:"Certify the negatives without running them."`
	Judge       judgeCmd       `cmd:"" help:"Measure how often judges are fooled."`
	Curate      curateCmd      `cmd:"" help:"Deduplicate, decontaminate, balance and select."`
	Export      exportCmd      `cmd:"" help:"Write the training set, its card and the report."`
	Load        loadCmd        `cmd:"" help:"Put a build's tables into BigQuery, a DuckDB file or Parquet files."`
	Stats       statsCmd       `cmd:"" help:"Answer questions about a build in SQL."`
	Batch       batchCmd       `cmd:"" help:"Ask a panel through the batch interfaces of its providers."`
	Train       trainCmd       `cmd:"" help:"Render a trainer's configuration and start it."`
	Estimate    estimateCmd    `cmd:"" help:"Say what the paid stages will ask and cost, before anything is sent."`
	Prompt      promptCmd      `cmd:"" help:"Print exactly what a member of the panel is sent."`
	Ledger      ledgerCmd      `cmd:"" help:"Look into what was paid for: stats, verify, compact, export."`
	Doctor      doctorCmd      `cmd:"" help:"Say what is there and what is missing for each way to run, with the remedy."`
	Bug         bugCmd         `cmd:"" help:"Run again what decoy failed over, from a bundle below OUT/bugs."`
	DeadLetters deadLettersCmd `cmd:"" name:"deadletters" help:"List the requests that failed for good; build --replay sends them again."`
	Version     versionCmd     `cmd:"" help:"Say which decoy this is: version, commit, code and schema versions, Beam, grammars."`

	VersionFlag versionFlag `name:"version" help:"Say which decoy this is."`
}

func run(args []string) int {
	args, beamArgs := splitBeam(template(args))
	var c cli
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	context.AfterFunc(ctx, stop) // a second signal ends the process, whatever it waits for
	usage := 0
	parser, err := kong.New(&c,
		kong.Name("decoy"),
		kong.Description("decoy builds hard negatives for fill-in-the-middle code completion from archives of source "+
			"repositories.\n\nWhat follows -- is given to Apache Beam, for example: decoy build -- --runner=flink "+
			"--endpoint=localhost:8099"),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true}),
		kong.Exit(func(code int) { usage = code; panic(helpShown{}) }),
		outFlags(),
		kong.BindTo(ctx, (*context.Context)(nil)),
	)
	if err != nil {
		fmt.Fprintln(os.Stderr, "decoy:", err)
		return exitFailed
	}
	k, shown, err := parse(parser, args)
	if shown {
		return usage
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "decoy:", err)
		fmt.Fprintln(os.Stderr, "run decoy --help, or decoy COMMAND --help")
		return exitUsage
	}
	if err := flag.CommandLine.Parse(beamArgs); err != nil {
		fmt.Fprintln(os.Stderr, "decoy: flags after --:", err)
		return exitUsage
	}
	beam.Init()
	err = k.Run(ctx)
	var u usageError
	var refused *shard.Refusal
	switch {
	case err == nil:
		return exitDone
	case ctx.Err() != nil:
		if !errors.Is(err, context.Canceled) { // it says what did not end
			fmt.Fprintln(os.Stderr, "decoy:", err)
		}
		fmt.Fprintln(os.Stderr, "decoy: interrupted; run the same command again to go on")
		return exitInterrupted
	case errors.As(err, &u), errors.As(err, &refused):
		fail("decoy:", err)
		return exitUsage
	case errors.Is(err, panel.ErrBudget):
		fail("decoy:", err)
		return exitBudget
	}
	fail("decoy:", err)
	return exitFailed
}

// splitBeam parts decoy's arguments from Beam's.
func splitBeam(args []string) (own, toBeam []string) {
	for i, a := range args {
		if a == "--" {
			return args[:i], args[i+1:]
		}
		// The runner is asked for so often that it may stand before --.
		if strings.HasPrefix(a, "--runner=") {
			own, toBeam = splitBeam(args[i+1:])
			return append(append([]string{}, args[:i]...), own...), append([]string{a}, toBeam...)
		}
	}
	return args, nil
}

type helpShown struct{}

// parse parses the command line. kong ends the program to show help; here that is
// a panic with a type of its own, so that nothing but main calls os.Exit.
func parse(p *kong.Kong, args []string) (k *kong.Context, shown bool, err error) {
	defer func() {
		if r := recover(); r != nil {
			if _, ok := r.(helpShown); !ok {
				panic(r)
			}
			shown = true
		}
	}()
	k, err = p.Parse(args)
	return k, false, err
}

// usageError is an error of the command line or the recipe.
type usageError struct{ error }

func (e usageError) Unwrap() error { return e.error }
