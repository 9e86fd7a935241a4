package cluster

import (
	"bytes"
	"context"
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
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/flink" // whoever measures on a cluster
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"
)

var provision = flag.String("provision_endpoint", "", "as a worker: the runner's provision service")

// WorkIfAsked makes this process a worker, if a task manager started it as one: then it never
// returns. A program that calls [Cluster.Submit] calls it first in main. (Beam's environment
// LOOPBACK, which would take the launcher for both task managers' worker, knows one worker of
// an id only, and each task manager begins with the same.)
func WorkIfAsked() {
	flag.String("artifact_endpoint", "", "as a worker: not used")
	for _, arg := range os.Args[1:] {
		if strings.HasPrefix(arg, "--provision_endpoint=") {
			flag.Parse()
			fmt.Fprintln(os.Stderr, "worker:", work())
			os.Exit(1)
		}
	}
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

// Submit starts the cluster and sets Beam's flags so that runner flink runs this binary there.
func (c *Cluster) Submit(ctx context.Context, parallelism int) error {
	if err := c.Start(ctx); err != nil {
		return err
	}
	endpoint, err := c.Endpoint()
	if err != nil {
		return err
	}
	self, err := os.Executable()
	if err != nil {
		return err
	}
	if err := flag.CommandLine.Parse([]string{"--endpoint=" + endpoint,
		"--worker_binary=" + self, // which nobody fetches
		"--environment_type=PROCESS",
		fmt.Sprintf(`--environment_config={"command":%q}`, filepath.Join(c.Run, "bin", "environment")),
		fmt.Sprintf("--parallelism=%d", parallelism)}); err != nil {
		return err
	}
	worker := filepath.Join(c.Run, "bin", "worker")
	return errors.Join(os.Remove(worker), os.Symlink(self, worker))
}

// Launcher is the name of this process in what [Cluster.Watch] tells.
const Launcher = "launcher"

// Use is what a process has used.
type Use struct {
	PeakMiB int64   `json:"peak_rss_mib"` // the kernel's VmHWM; of workers the largest
	CPU     float64 `json:"cpu_s"`        // user and system; of workers the sum
}

// Watch samples what the launcher and the processes of a cluster (or of none, if c is nil) use,
// by name, until stop is called. A process that dies keeps its last sample.
func (c *Cluster) Watch() (stop func() map[string]Use) {
	done, result := make(chan struct{}), make(chan map[string]Use)
	go func() {
		workers := map[int]Use{}
		uses := map[string]Use{}
		for last := false; ; {
			ids := map[string]int{Launcher: os.Getpid()}
			if c != nil {
				if started, err := c.IDs(); err == nil {
					for name, id := range started {
						ids[name] = id
					}
				}
				for _, w := range c.Workers() {
					if u, err := used(w.ID); err == nil {
						workers[w.ID] = u
					}
				}
			}
			for name, id := range ids {
				if u, err := used(id); err == nil {
					uses[name] = u
				}
			}
			if last {
				break
			}
			select {
			case <-done:
				last = true
			case <-time.After(500 * time.Millisecond):
			}
		}
		for _, w := range workers {
			all := uses["workers"]
			uses["workers"] = Use{max(all.PeakMiB, w.PeakMiB), all.CPU + w.CPU}
		}
		result <- uses
	}()
	return func() map[string]Use { close(done); return <-result }
}

// used reads what a process has used.
func used(id int) (u Use, err error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", id))
	if err != nil {
		return u, err
	}
	_, after, _ := strings.Cut(string(status), "VmHWM:")
	if _, err := fmt.Sscanf(strings.TrimSpace(after), "%d kB", &u.PeakMiB); err != nil {
		return u, fmt.Errorf("process %d has no VmHWM: %w", id, err)
	}
	u.PeakMiB >>= 10
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", id))
	if err != nil {
		return u, err
	}
	f := bytes.Fields(stat[bytes.LastIndexByte(stat, ')')+1:]) // from the state on, field 3 of proc(5)
	const ticks = 100                                          // USER_HZ of every Linux
	for _, field := range f[11:13] {
		n, err := strconv.ParseFloat(string(field), 64)
		if err != nil {
			return u, err
		}
		u.CPU += n / ticks
	}
	return u, nil
}
