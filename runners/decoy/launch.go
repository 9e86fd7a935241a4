package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"

	"decoy/io/shard"
	"decoy/pipelines"
	"decoy/runners/dataflow"
	"decoy/runners/jobs"
	"decoy/schemas"
)

// stages runs stages of a build, after the checks of a launch on a remote runner.
func (c stageFlags) stages(ctx context.Context, in inputs, spend spending, names ...string) error {
	return c.run(in, spend, func(b *pipelines.Build) error {
		b.Replace = c.Replace
		if err := pipelines.CheckOut(ctx, c.Out); err != nil {
			return err
		}
		if err := c.launch(ctx, b, spend, names); err != nil {
			return err
		}
		if slices.Contains(names, schemas.StageExtract) {
			if err := b.Resolve(ctx); err != nil {
				return err
			}
			for _, s := range b.Sources {
				if onDataflow() && !dataflow.Reachable(s.Path) {
					return fmt.Errorf("archive %s is on this machine, where workers cannot read it: copy it to a "+
						"bucket and name it by gs://", s.Path)
				}
			}
		}
		err := b.RunStages(ctx, names...)
		if errors.Is(err, jobs.ErrPlanned) || errors.Is(err, jobs.ErrStaged) {
			return nil
		}
		if err == nil && slices.Contains(names, schemas.StageExport) {
			b.Log("done: %s", shard.Join(c.Out, "report.html"))
		}
		return err
	})
}

func onDataflow() bool { return slices.Contains([]string{"dataflow", "DataflowRunner"}, jobs.Name()) }

// launch checks what must be right before workers on other machines start.
func (c common) launch(ctx context.Context, b *pipelines.Build, spend spending, names []string) error {
	if c.DryRun && !onDataflow() {
		return usageError{errors.New("--dry-run prints a job of Dataflow: give --runner=dataflow")}
	}
	if !onDataflow() {
		guessed := spend.Workers == 0 && b.Recipe.Limiter.Redis == ""
		if spend.Remote && jobs.Remote() && guessed && b.Recipe.Pays(names...) {
			return usageError{errors.New("--workers is missing: the limits of the panel's accounts are divided by " +
				"the number of worker processes, which only you know; or name a Redis limiter in the recipe")}
		}
		return nil
	}
	l := fromFlags()
	l.Out, l.Stages, l.Recipe, l.Workers = b.Out, names, b.Recipe, spend.Workers
	l.PaidOnWorkers = spend.Remote
	if spend.Workers == 0 && spend.Remote {
		b.Workers = max(1, l.MaxWorkers)
	}
	jobs.Quiet()
	checks := l.Check(ctx)
	for _, k := range checks {
		if c.DryRun || k.State != dataflow.OK {
			fmt.Fprintln(os.Stderr, k)
		}
	}
	if n := dataflow.Failed(checks); n > 0 {
		return fmt.Errorf("dataflow: %d of %d checks failed, and nothing was submitted", n, len(checks))
	}
	if c.DryRun {
		b.DryRun, b.Run, b.Progress = true, jobs.Plan(os.Stdout, os.Stderr), nil
	}
	return nil
}

// fromFlags is what Beam's flags say of a launch.
func fromFlags() dataflow.Launch {
	get := func(names ...string) string {
		for _, n := range names {
			if f := flag.Lookup(n); f != nil && f.Value.String() != "" {
				return f.Value.String()
			}
		}
		return ""
	}
	most, _ := strconv.Atoi(get("max_num_workers")) // the flag is a number already
	return dataflow.Launch{
		Project: get("project"), Region: get("region"), Endpoint: get("dataflow_endpoint"),
		Staging: get("staging_location"), Temp: get("temp_location"), Worker: get("worker_binary"),
		Image:       get("sdk_container_image", "worker_harness_container_image"),
		MachineType: get("worker_machine_type", "machine_type"), MaxWorkers: most,
	}
}

// template turns the arguments of a flex template's launcher, which knows flags alone,
// into a build: what Beam has a flag for is Beam's.
func template(args []string) []string {
	if len(args) == 0 || !strings.HasPrefix(args[0], "--") || args[0] == "--" || args[0] == "--help" {
		return args
	}
	own, toBeam := []string{"build"}, []string{"--"}
	for _, a := range args {
		name, _, _ := strings.Cut(strings.TrimPrefix(a, "--"), "=")
		if flag.Lookup(name) != nil {
			toBeam = append(toBeam, a)
		} else {
			own = append(own, a)
		}
	}
	return append(own, toBeam...)
}
