// Command refs runs the stub build of io/shard/flow/flowtest as one job on a Flink cluster
// of two task managers, kills a worker process in each step, and compares all files.
//
//	go build -o /tmp/refs ./runners/flink/refs
//	/tmp/refs [-degrees 1,2,4] [-kills none,before,…,all] [-delay 50ms]
//
// Each run is a fresh output folder and one job; the word none kills nobody, that of a step
// the process of one of its shards, once, and all one in each of four stages; stop:STEP
// leaves one shard for later, and launches the job again without that. Where the job
// fails for a kill, the same job is launched again. broken:STEP has one shard that always
// fails: the run is right if its job fails within -patience, and not tried for ever. The program is
// its own worker. Settings of runners/flink/settings.env apply.
//
// It starts a cluster of its own by runners/flink/start and stops it. The last line of each
// run is a JSON object, and the exit status is 0 only if every run ends with the bytes of
// flowtest.Sum.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/flink"

	"decoy/io/shard"
	"decoy/io/shard/flow/flowtest"
	"decoy/runners/worker/boot"
	"decoy/scripts/cluster"
)

// inAll are the steps of the word all: four stages.
var inAll = []string{"extract", "generate", "judge-1", "curate"}

var (
	parallelism = flag.String("degrees", "1,2,4", "degrees of parallelism, by commas")
	kills       = flag.String("kills", "none,"+strings.Join(flowtest.Steps, ",")+",all",
		"where a process is killed, by commas")
	patience = flag.Duration("patience", 2*time.Minute, "how long a job with a broken shard may take to fail")
	delay    = flag.Duration("delay", 50*time.Millisecond, "how long the stub works on each shard")
)

func main() {
	flag.Parse()
	if boot.Started() {
		go boot.EndWithParent(os.Getppid())
		if err := boot.Worker(); err != nil {
			fmt.Fprintln(os.Stderr, "refs:", err)
			os.Exit(1)
		}
	}
	beam.Init()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	err := run(ctx)
	stop()
	if err != nil {
		fmt.Fprintln(os.Stderr, "refs:", err)
		os.Exit(1)
	}
}

// result is the line of a run.
type result struct {
	OK          bool           `json:"ok"`
	Parallelism int            `json:"parallelism"`
	Killed      string         `json:"killed"`
	Launches    int            `json:"launches"`
	Repeated    map[string]int `json:"shards_worked_on_again"`
	Files       int            `json:"files"`
	Sum         string         `json:"sha256"`
	Seconds     float64        `json:"seconds"`
	Failure     string         `json:"failure,omitempty"`
}

func run(ctx context.Context) error {
	work, err := os.MkdirTemp("", "decoy-refs-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	c := &cluster.Cluster{Run: filepath.Join(work, "run")}
	if err := c.Start(ctx); err != nil {
		return err
	}
	defer c.Stop()
	if err := becomeWorker(c); err != nil {
		return err
	}
	endpoint, err := c.Endpoint()
	if err != nil {
		return err
	}
	// Nothing is staged: this file stands for the worker, which is on the cluster already.
	none := filepath.Join(work, "none")
	if err := os.WriteFile(none, []byte("not used\n"), 0o666); err != nil {
		return err
	}
	command, err := json.Marshal(map[string]string{"command": filepath.Join(c.Run, "bin", "environment")})
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"endpoint": endpoint, "environment_type": "PROCESS", "environment_config": string(command),
		"worker_binary": none,
	} {
		if err := flag.Set(name, value); err != nil {
			return err
		}
	}
	beamlog.SetLogger(quiet{})
	failed := 0
	for _, degree := range strings.Split(*parallelism, ",") {
		n, err := strconv.Atoi(degree)
		if err != nil {
			return fmt.Errorf("-degrees: %w", err)
		}
		for i, kill := range strings.Split(*kills, ",") {
			r, err := one(ctx, filepath.Join(work, fmt.Sprintf("%d-%d", n, i)), n, kill)
			if err != nil {
				return err
			}
			raw, err := json.Marshal(r)
			if err != nil {
				return err
			}
			fmt.Println(string(raw))
			if !r.OK {
				failed++
			}
		}
	}
	if failed > 0 {
		return fmt.Errorf("%d runs did not end with the bytes of flowtest.Sum", failed)
	}
	return nil
}

// one is a run in a folder of its own.
func one(ctx context.Context, folder string, degree int, kill string) (r result, err error) {
	r = result{Parallelism: degree, Killed: kill, Repeated: map[string]int{}}
	b := flowtest.Default(filepath.Join(folder, "out"))
	b.Trouble = flowtest.Trouble{Ran: filepath.Join(folder, "ran"), Delay: *delay}
	switch kill {
	case "none":
	case "all":
		b.Trouble.Kill = inAll
	default:
		word, step, other := strings.Cut(kill, ":")
		switch {
		case !other:
			b.Trouble.Kill = []string{kill}
		case word == "stop":
			b.Trouble.Stop, kill = step, step
		case word == "broken":
			b.Trouble.Broken, kill = step, step
		}
		if !slices.Contains(flowtest.Steps, kill) {
			return r, fmt.Errorf("-kills: no step %q; they are %v", kill, flowtest.Steps)
		}
	}
	if err := errors.Join(os.MkdirAll(b.Out, 0o777), os.MkdirAll(b.Trouble.Ran, 0o777),
		flag.Set("parallelism", strconv.Itoa(degree))); err != nil {
		return r, err
	}
	start := time.Now()
	for r.Launches = 1; ; r.Launches++ {
		if err := b.Begin(ctx); err != nil {
			return r, err
		}
		job, cancel := ctx, context.CancelFunc(func() {})
		if b.Trouble.Broken != "" {
			job, cancel = context.WithTimeout(ctx, *patience)
		}
		_, err := beam.Run(job, "flink", b.Pipeline())
		late := job.Err() != nil
		cancel()
		if ctx.Err() != nil {
			return r, ctx.Err()
		}
		if b.Trouble.Broken != "" {
			r.OK, r.Failure = err != nil && !late, fmt.Sprintf("late: %v; %.300v", late, err)
			break
		}
		if err == nil && b.Trouble.Stop != "" {
			if there, err := shard.Has(ctx, shard.Join(b.Out, "card", "card.json")); err != nil || there {
				return r, fmt.Errorf("a shard of %s was left for later and there is a card (%v)", b.Trouble.Stop, err)
			}
			b.Trouble.Stop = ""
			continue
		}
		if err == nil {
			break
		}
		r.Failure = oneLine(err.Error())
		if r.Launches > len(b.Trouble.Kill) {
			break // more failures than processes that were killed
		}
	}
	r.Seconds = float64(time.Since(start).Milliseconds()) / 1000
	works, err := b.Trouble.Works()
	if err != nil {
		return r, err
	}
	for name, n := range works {
		if n > 1 {
			r.Repeated[name] = n
		}
	}
	if r.Sum, r.Files, err = flowtest.SumOf(ctx, b.Out); err == nil && b.Trouble.Broken == "" {
		r.OK = r.Sum == flowtest.Sum
	}
	return r, err
}

// becomeWorker puts this program in the place of decoy's worker.
func becomeWorker(c *cluster.Cluster) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	raw, err := os.ReadFile(self)
	if err != nil {
		return err
	}
	at := filepath.Join(c.Run, "bin", "worker")
	if err := os.WriteFile(at+".new", raw, 0o777); err != nil {
		return err
	}
	return os.Rename(at+".new", at)
}

func oneLine(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	return s[:min(len(s), 300)]
}

type quiet struct{}

// Log drops what Beam says to its developers.
func (quiet) Log(context.Context, beamlog.Severity, int, string) {}
