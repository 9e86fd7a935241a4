// Command group measures the memory of each process while small rows are grouped.
//
//	go build -o /tmp/group ./scripts/bench/group
//	/tmp/group [-on prism|flink|direct] [-rows 5000000] [-keys 100000] [-bytes 100]
//
// On flink it starts the cluster of runners/flink and stops it; this binary is then the
// worker of both task managers too. The peak of a process is the kernel's (VmHWM), that of
// the workers the largest of one. The last line is one JSON object; the exit status is 0 only if every
// row came out of its group.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	//lint:ignore SA1019 It is the second opinion on prism, in one process.
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"decoy/scripts/bench/group/rows"
	"decoy/scripts/cluster"
)

// result is the last line.
type result struct {
	On       string                 `json:"on"`
	Rows     int                    `json:"rows"`
	Keys     int                    `json:"keys"`
	RowBytes int                    `json:"row_bytes"`
	Seconds  float64                `json:"seconds"`
	Whole    bool                   `json:"all_rows_came_out"`
	Used     map[string]cluster.Use `json:"used"`
	Error    string                 `json:"error,omitempty"`
}

func main() {
	cluster.WorkIfAsked()
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
	var cl *cluster.Cluster
	if *on == "flink" {
		cl = &cluster.Cluster{Run: filepath.Join(work, "run")}
		defer cl.Stop()
		if err := cl.Submit(ctx, 4); err != nil {
			return err
		}
	}
	beam.Init()
	beamlog.SetLogger(quiet{})
	stop := cl.Watch()
	p, s := beam.NewPipelineWithRoot()
	rows.Group(s, c)
	start := time.Now()
	_, err = beam.Run(ctx, *on, p)
	r := result{On: *on, Rows: c.Rows, Keys: c.Keys, RowBytes: c.Bytes, Seconds: time.Since(start).Seconds()}
	r.Used = stop()
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

// quiet drops Beam's log, which is for its developers.
type quiet struct{}

// Log drops what is below errors.
func (quiet) Log(_ context.Context, sev beamlog.Severity, _ int, msg string) {
	if sev >= beamlog.SevError {
		fmt.Fprintln(os.Stderr, "beam:", msg)
	}
}
