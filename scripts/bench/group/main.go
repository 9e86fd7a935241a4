// Command group measures the memory of each process while small rows are grouped.
//
//	go build -o /tmp/group ./scripts/bench/group
//	/tmp/group [-on prism|flink|direct] [-rows 5000000] [-keys 100000] [-bytes 100]
//
// On flink it starts the cluster of runners/flink and stops it; this binary is then the
// worker of both task managers too. (Beam's environment LOOPBACK, which would take this
// process for both, knows one worker of an id only, and each task manager begins with
// the same.) The peak of a process is the kernel's (VmHWM), that of the workers the
// largest of one. The last line is one JSON object; the exit status is 0 only if every
// row came out of its group.
package main

import (
	"bufio"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/container/tools"
	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	//lint:ignore SA1019 It is the second opinion on prism, in one process.
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/flink"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"

	"decoy/scripts/bench/group/rows"
	"decoy/scripts/cluster"
)

// result is the last line.
type result struct {
	On       string           `json:"on"`
	Rows     int              `json:"rows"`
	Keys     int              `json:"keys"`
	RowBytes int              `json:"row_bytes"`
	Seconds  float64          `json:"seconds"`
	Whole    bool             `json:"all_rows_came_out"`
	PeakMiB  map[string]int64 `json:"peak_rss_mib"`
	Error    string           `json:"error,omitempty"`
}

var provision = flag.String("provision_endpoint", "", "as a worker: the runner's provision service")

func main() {
	flag.String("artifact_endpoint", "", "not used")
	for _, arg := range os.Args[1:] {
		if strings.HasPrefix(arg, "--provision_endpoint=") {
			flag.Parse()
			if err := work(); err != nil {
				fmt.Fprintln(os.Stderr, "group: worker:", err)
				os.Exit(1)
			}
		}
	}
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "group:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	on := flag.String("on", "prism", "runner: prism, direct or flink")
	c := rows.Config{}
	flag.IntVar(&c.Rows, "rows", 5_000_000, "rows")
	flag.IntVar(&c.Keys, "keys", 100_000, "different keys")
	flag.IntVar(&c.Bytes, "bytes", 100, "bytes of a row without its key")
	flag.IntVar(&c.Tasks, "tasks", 64, "tasks that make rows")
	flag.Parse()
	work, err := os.MkdirTemp("", "decoy-group-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	c.Result = filepath.Join(work, "result")
	ids := map[string]int{"launcher": os.Getpid()}
	workers := func() []cluster.Process { return nil }
	if *on == "flink" {
		cl := &cluster.Cluster{Run: filepath.Join(work, "run")}
		if err := cl.Start(ctx); err != nil {
			return err
		}
		defer cl.Stop()
		endpoint, err := cl.Endpoint()
		if err != nil {
			return err
		}
		self, err := os.Executable()
		if err != nil {
			return err
		}
		// which nobody fetches
		if err := flag.CommandLine.Parse([]string{"--endpoint=" + endpoint, "--worker_binary=" + self,
			"--environment_type=PROCESS",
			fmt.Sprintf(`--environment_config={"command":%q}`, filepath.Join(cl.Run, "bin", "environment")),
			"--parallelism=4"}); err != nil {
			return err
		}
		started, err := cl.IDs()
		if err != nil {
			return err
		}
		for name, id := range started {
			ids[name] = id
		}
		worker := filepath.Join(cl.Run, "bin", "worker")
		if err := errors.Join(os.Remove(worker), os.Symlink(self, worker)); err != nil {
			return err
		}
		workers = cl.Workers
	}
	beam.Init()
	beamlog.SetLogger(quiet{})
	stop := make(chan struct{})
	peaks := make(chan map[string]int64)
	go func() { peaks <- sample(ids, workers, stop) }()
	p, s := beam.NewPipelineWithRoot()
	rows.Group(s, c)
	start := time.Now()
	_, err = beam.Run(ctx, *on, p)
	r := result{On: *on, Rows: c.Rows, Keys: c.Keys, RowBytes: c.Bytes, Seconds: time.Since(start).Seconds()}
	close(stop)
	r.PeakMiB = <-peaks
	if err != nil {
		lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
		r.Error = lines[len(lines)-1]
	}
	got, _ := os.ReadFile(c.Result)
	r.Whole = strings.HasPrefix(string(got), fmt.Sprintf("%d ", c.Rows))
	raw, err := json.Marshal(r)
	if err != nil {
		return err
	}
	fmt.Println(string(raw))
	if !r.Whole {
		return fmt.Errorf("of %d rows came out: %q", c.Rows, got)
	}
	return nil
}

// work is this binary as a worker, which is its own boot program as runners/worker is.
func work() error {
	id := flag.Lookup("id").Value.String()
	info, err := tools.ProvisionInfo(grpcx.WriteWorkerID(context.Background(), id), *provision)
	if err != nil {
		return err
	}
	for name, value := range map[string]string{
		"worker": "true", "logging_endpoint": info.GetLoggingEndpoint().GetUrl(),
		"control_endpoint": info.GetControlEndpoint().GetUrl(),
	} {
		if err := flag.Set(name, value); err != nil {
			return err
		}
	}
	beam.Init() // runs the worker and never returns
	return nil
}

// sample reads the peak memory of processes until it is told to stop. One that dies
// keeps its last.
func sample(ids map[string]int, workers func() []cluster.Process, stop chan struct{}) map[string]int64 {
	peaks := map[string]int64{}
	for {
		for _, w := range workers() {
			if mib, err := peak(w.ID); err == nil {
				peaks["worker"] = max(peaks["worker"], mib)
			}
		}
		for name, id := range ids {
			if mib, err := peak(id); err == nil {
				peaks[name] = mib
			}
		}
		select {
		case <-stop:
			return peaks
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// peak is the largest resident memory that a process has had, in MiB.
func peak(id int) (int64, error) {
	f, err := os.Open(fmt.Sprintf("/proc/%d/status", id))
	if err != nil {
		return 0, err
	}
	defer f.Close()
	lines := bufio.NewScanner(f)
	for lines.Scan() {
		if kib, ok := strings.CutPrefix(lines.Text(), "VmHWM:"); ok {
			n, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(kib, "kB")), 10, 64)
			return n >> 10, err
		}
	}
	return 0, fmt.Errorf("process %d has no VmHWM", id)
}

// quiet drops Beam's log, which is for its developers.
type quiet struct{}

// Log drops what is below errors.
func (quiet) Log(_ context.Context, sev beamlog.Severity, _ int, msg string) {
	if sev >= beamlog.SevError {
		fmt.Fprintln(os.Stderr, "beam:", msg)
	}
}
