// Command curate measures curation: candidates of a real build, many times over under other
// names, through curate.Distinct, GroupRepos, SelectRows and ShiftCounts.
//
//	go build -o /tmp/curate-bench ./scripts/bench/curate
//	/tmp/curate-bench [-on prism|direct] [-rows 2473312] -out BUILD -shards N
//	/tmp/curate-bench [-on prism|direct] -files 20000000 -out BUILD -shards N
//
// The second form groups so many files and nothing else.
// It runs 1/16, 1/4 and all of the rows, each in a process of its own, one after another. CPU
// seconds and peak memory are the kernel's for that process, with the making of the rows; the
// exponent is that of CPU from 1/16 to all. The last line is one JSON object. The exit status is
// 0 only if every row came out selected or rejected.
package main

import (
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"sync/atomic"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	//lint:ignore SA1019 It is the second opinion on prism, in one process.
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"decoy/schemas/batch"
	"decoy/scripts/bench/curate/made"
	"decoy/transforms/curate"
)

// size is one run.
type size struct {
	Rows     int     `json:"rows"`
	Selected int64   `json:"selected"`
	Dropped  int64   `json:"rejected"`
	CPU      float64 `json:"cpu_s"`
	Wall     float64 `json:"wall_s"`
	PeakMiB  int64   `json:"peak_rss_mib"`
	MakeCPU  float64 `json:"of_it_making_rows_cpu_s"`
	Groups   int64   `json:"groups,omitempty"`
}

// grouped is the result of grouping alone.
type grouped struct {
	On      string  `json:"on"`
	Files   int     `json:"files"`
	Groups  int64   `json:"groups"`
	CPU     float64 `json:"cpu_s"`
	Wall    float64 `json:"wall_s"`
	PeakMiB int64   `json:"peak_rss_mib"`
}

type result struct {
	On       string  `json:"on"`
	Runs     []size  `json:"runs"`
	Exponent float64 `json:"exponent"`
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "curate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	on := flag.String("on", "prism", "runner: prism or direct")
	rows := flag.Int("rows", 2_473_312, "rows of the largest run")
	out := flag.String("out", "", "the folder of a build")
	shards := flag.Int("shards", 8, "its shards")
	base := flag.String("base", "", "as a child: a file of candidates")
	profile := flag.String("profile", "", "as a child: write a CPU profile there")
	stop := flag.String("stop", "", "as a child: make, to make rows only")
	files := flag.Int("files", 0, "group so many files and nothing else")
	flag.Parse()
	if *profile != "" {
		f, err := os.Create(*profile)
		if err != nil {
			return err
		}
		if err := pprof.StartCPUProfile(f); err != nil {
			return err
		}
		defer pprof.StopCPUProfile()
	}
	if *base != "" {
		return child(ctx, *on, *base, *rows, *files, *stop)
	}
	real, err := made.Real(*out, *shards)
	if err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "decoy-curate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "base.jsonl")
	f, err := os.Create(file)
	if err != nil {
		return err
	}
	e := json.NewEncoder(f)
	for _, c := range real {
		err = errors.Join(err, e.Encode(c))
	}
	if err := errors.Join(err, f.Close()); err != nil {
		return err
	}
	fmt.Fprintf(os.Stderr, "%d real candidates\n", len(real))
	if *files > 0 {
		s, err := start(*on, file, 0, "", "-files", strconv.Itoa(*files))
		if err != nil {
			return err
		}
		text, err := json.Marshal(grouped{*on, *files, s.Groups, s.CPU, s.Wall, s.PeakMiB})
		fmt.Println(string(text))
		return err
	}
	r := result{On: *on}
	for _, n := range []int{*rows / 16, *rows / 4, *rows} {
		making, err := start(*on, file, n, "make")
		if err != nil {
			return err
		}
		s, err := start(*on, file, n, "")
		if err != nil {
			return err
		}
		s.MakeCPU = making.CPU
		r.Runs = append(r.Runs, s)
		text, _ := json.Marshal(s)
		fmt.Fprintf(os.Stderr, "%s\n", text)
		if s.Selected+s.Dropped != int64(n) {
			return fmt.Errorf("of %d rows %d were selected and %d rejected", n, s.Selected, s.Dropped)
		}
	}
	first, last := r.Runs[0], r.Runs[2]
	times := (last.CPU - last.MakeCPU) / (first.CPU - first.MakeCPU)
	r.Exponent = math.Log(times) / math.Log(float64(last.Rows)/float64(first.Rows))
	text, err := json.Marshal(r)
	fmt.Println(string(text))
	return err
}

// start runs one size in a process of its own.
func start(on, base string, rows int, stop string, more ...string) (s size, err error) {
	self, err := os.Executable()
	if err != nil {
		return s, err
	}
	began := time.Now()
	c := exec.Command(self, "-on", on, "-base", base, "-rows", strconv.Itoa(rows), "-stop", stop)
	c.Args = append(c.Args, more...)
	c.Stderr = os.Stderr
	text, err := c.Output()
	if err != nil {
		return s, fmt.Errorf("%d rows on %s: %w", rows, on, err)
	}
	if err := json.Unmarshal([]byte(strings.TrimSpace(string(text))), &s); err != nil {
		return s, err
	}
	s.Rows, s.Wall = rows, round(time.Since(began).Seconds())
	s.CPU = round((c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds())
	return s, nil
}

// peak is the largest resident memory of this process in MiB. (That of a child's rusage begins
// with its parent's.)
func peak() (mib int64, err error) {
	text, err := os.ReadFile("/proc/self/status")
	if err != nil {
		return 0, err
	}
	_, after, _ := strings.Cut(string(text), "VmHWM:")
	_, err = fmt.Sscanf(strings.TrimSpace(after), "%d kB", &mib)
	return mib >> 10, err
}

func round(x float64) float64 { return math.Round(x*100) / 100 }

var selected, dropped, groupCount atomic.Int64 // both runners are in this process

func countSelected(b batch.Batch) int {
	selected.Add(int64(len(b.Rows) / curate.RecordBytes))
	return 0
}

func countDropped(b batch.Batch) int {
	dropped.Add(int64(len(b.Rows) / curate.RejectBytes))
	return 0
}

func countGroup(curate.Group) int {
	groupCount.Add(1)
	return 0
}

func countShift(b batch.Batch) int { return 0 }

func drop(int, func(*int) bool) {}

// end counts what a step gives. Prism waits for a bundle without outputs in a loop that never
// sleeps (flow.End), a third of all samples here, so every leaf ends behind a GroupByKey.
func end(s beam.Scope, count any, in beam.PCollection) {
	beam.ParDo0(s, drop, beam.GroupByKey(s, beam.AddFixedKey(s, beam.ParDo(s, count, in))))
}

func init() {
	for _, f := range []any{countGroup, countSelected, countDropped, countShift, drop} {
		beam.RegisterFunction(f)
	}
}

func child(ctx context.Context, on, base string, rows, files int, stop string) error {
	debug.SetMemoryLimit(3 << 30) // what is held is bytes without pointers: collecting is cheap
	beam.Init()
	beamlog.SetupLogging("error", "text")
	words := curate.Words{Generators: []string{"rules"}}
	c := made.Config{Base: base, Rows: rows, Tasks: 64, Words: words, Shared: 0.05, Files: files}
	p, s := beam.NewPipelineWithRoot()
	var repos beam.PCollection
	if stop != "make" {
		repos = made.Repos(s, c)
	}
	if files > 0 {
		end(s, countGroup, curate.GroupRepos(s, repos))
	} else if stop == "make" {
		end(s, countSelected, made.Rows(s, c))
	} else {
		groups := curate.GroupRepos(s, repos)
		kept, duplicates := curate.Distinct(s, made.Rows(s, c))
		chosen, rejects := curate.SelectRows(s, curate.SelectConfig{
			Config: curate.Config{Rows: 100_000, MaxPerRepo: 4000, MaxPerGolden: 3}, Words: words,
			Ratios: curate.Ratios{Train: 0.8, Validation: 0.1, Test: 0.1},
		}, kept, groups)
		end(s, countSelected, chosen)
		end(s, countShift, curate.ShiftCounts(s, kept, chosen))
		for _, r := range []beam.PCollection{duplicates, rejects} {
			end(s, countDropped, r)
		}
	}
	if _, err := beam.Run(ctx, on, p); err != nil {
		return err
	}
	mib, err := peak()
	fmt.Printf(`{"selected":%d,"rejected":%d,"peak_rss_mib":%d,"groups":%d}`+"\n", selected.Load(), dropped.Load(), mib,
		groupCount.Load())
	return err
}
