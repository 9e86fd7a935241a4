package jobs

import (
	"cmp"
	"context"
	"errors"
	"flag"
	"fmt"
	"os"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/metrics"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners"

	// Filesystems and runners, as package beamx imports them but without its compiled
	// forms of small DoFns: they take 9 s to compile and our elements are shards.
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/gcs"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/local"

	//lint:ignore SA1019 It is the second opinion on prism, in one process.
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/flink"

	"decoy/io/shard/flow"
	"decoy/pipelines"
	"decoy/pipelines/work"
)

var (
	flinkREST = flag.String("flink_rest", "", "Address of the Flink cluster's REST interface, for example "+
		"http://localhost:8081: with it a job is found and cancelled when the job service is gone.")
	jobTimeout = flag.Duration("job_timeout", 0, "Cancel a job that takes longer (0: never).")
)

// CancelPatience is how long an interrupted job is waited for.
const CancelPatience = 30 * time.Second

// pollEvery is how often a remote runner is asked for metrics.
const pollEvery = 3 * time.Second

// Name is the runner that Beam's flags name.
func Name() string { return cmp.Or(*runners.Runner, "prism") }

// Remote reports whether a runner's workers are other processes, perhaps on other
// machines, with limits of their own.
func Remote() bool {
	switch kind(Name()) {
	case kindDirect:
		return false
	case kindPrism:
		return *jobopts.Endpoint != "" || *jobopts.EnvironmentType != "" && !jobopts.IsLoopback()
	}
	return !jobopts.IsLoopback()
}

type runnerKind int

const (
	kindOther runnerKind = iota
	kindDirect
	kindPrism
	kindPortable
	kindDataflow
)

func kind(name string) runnerKind {
	switch name {
	case "direct", "DirectRunner":
		return kindDirect
	case "prism", "PrismRunner":
		return kindPrism
	case "flink", "FlinkRunner", "portable", "PortableRunner", "universal":
		return kindPortable
	case "dataflow", "DataflowRunner":
		return kindDataflow
	}
	return kindOther
}

// Quiet keeps Beam's log, which is for its developers, from what a person reads.
func Quiet() { beamlog.SetLogger(quiet{}) }

// Run runs a pipeline to its end.
func (l Launcher) Run(ctx context.Context, p *beam.Pipeline, j pipelines.Job) (work.Metrics, error) {
	Quiet()
	said := catchLog()
	if *jobTimeout > 0 {
		var cancel context.CancelFunc
		ctx, cancel = context.WithTimeoutCause(ctx, *jobTimeout, fmt.Errorf("the job took longer than --job_timeout=%v",
			*jobTimeout))
		defer cancel()
	}
	m, err := l.run(ctx, p, j)
	if err == nil {
		return m, nil
	}
	if ctx.Err() != nil {
		return m, cmp.Or(cancelled(err), context.Cause(ctx))
	}
	if errors.Is(err, ErrStaged) {
		return m, ErrStaged
	}
	own, ok := ownError(err.Error())
	if !ok {
		fmt.Fprint(os.Stderr, said.String())
	}
	return m, errors.New(own)
}

func (l Launcher) run(ctx context.Context, p *beam.Pipeline, j pipelines.Job) (work.Metrics, error) {
	if j.Paid { // no two jobs ask for the same, and one that runs has another budget
		if err := l.endPrevious(ctx, j.Out, ""); err != nil {
			return work.Metrics{}, err
		}
	}
	if j.Paid && l.PaidHere && Remote() {
		defer loopback()()
		return l.runPrism(ctx, p, j)
	}
	switch kind(Name()) {
	case kindPrism:
		if *jobopts.Endpoint == "" {
			return l.runPrism(ctx, p, j)
		}
		return l.runRemote(ctx, p, j)
	case kindPortable:
		return l.runRemote(ctx, p, j)
	case kindDataflow:
		return l.runDataflow(ctx, p, j)
	}
	r, err := beam.Run(ctx, Name(), p)
	if err != nil || r == nil {
		return work.Metrics{}, err
	}
	return plain(r.Metrics()), nil
}

// plain keeps our own metrics, added up over the steps that counted them.
func plain(r metrics.Results) work.Metrics {
	m := work.Metrics{Counters: map[string]int64{}, Distributions: map[string]work.Distribution{}}
	all := r.AllMetrics()
	for _, c := range all.Counters() {
		if stage, ok := ours(c.Namespace()); ok {
			m.Counters[stage+"/"+c.Name()] += c.Result()
		}
	}
	for _, d := range all.Distributions() {
		if stage, ok := ours(d.Namespace()); ok {
			v := d.Result()
			name := stage + "/" + d.Name()
			m.Distributions[name] = m.Distributions[name].Plus(work.Distribution{Count: v.Count,
				Sum: v.Sum, Min: v.Min, Max: v.Max})
		}
	}
	return m
}

// tell reports the units of work that are done.
func tell(j pipelines.Job, m work.Metrics) {
	if j.Shards != nil {
		for _, stage := range j.Stages {
			j.Shards(stage, int(m.Counters[stage+"/"+flow.ShardsMetric]))
		}
	}
}
