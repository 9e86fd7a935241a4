// Command curate measures curation: candidates of a real build, many times over under other
// names, through curate.Distinct, GroupRepos, curation.Select and ShiftCounts.
//
//	go build -o /tmp/curate-bench ./scripts/bench/curate
//	/tmp/curate-bench [-on prism|direct|flink] [-rows 2473312] -out BUILD -shards N
//	/tmp/curate-bench [-on prism|direct|flink] -files 20000000 -out BUILD -shards N
//
// The second form groups so many files and nothing else.
// It runs 1/16, 1/4 and all of the rows, each in a process of its own, one after another. CPU
// seconds and peak memory are the kernel's for that process, with the making of the rows; the
// exponent is that of CPU from 1/16 to all. On flink, which has a cluster of runners/flink for
// each run, CPU is that of all its processes, peak memory that of the largest, and each has its
// line in "used". The last line is one JSON object. The exit status is 0 only if every row came
// out selected or rejected.
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
	"reflect"
	"runtime/debug"
	"runtime/pprof"
	"strconv"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"
	//lint:ignore SA1019 It is the second opinion on prism, in one process.
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"decoy/io/shard/flow"
	"decoy/pipelines/curation"
	"decoy/schemas"
	"decoy/schemas/batch"
	"decoy/scripts/bench/curate/made"
	"decoy/scripts/cluster"
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

	Used map[string]cluster.Use `json:"used,omitempty"` // on flink
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
	cluster.WorkIfAsked()
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "curate:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	on := flag.String("on", "prism", "runner: prism, direct or flink")
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
	cpu := (c.ProcessState.UserTime() + c.ProcessState.SystemTime()).Seconds()
	for name, u := range s.Used {
		if name != cluster.Launcher {
			cpu += u.CPU
		}
		s.PeakMiB = max(s.PeakMiB, u.PeakMiB)
	}
	s.CPU = round(cpu)
	return s, nil
}

func round(x float64) float64 { return math.Round(x*100) / 100 }

func countSelected(b batch.Batch) int { return len(b.Rows) / curate.RecordBytes }

func countDropped(b batch.Batch) int { return len(b.Rows) / curate.RejectBytes }

func countGroup(curate.Group) int { return 1 }

func countShift(batch.Batch) int { return 0 }

// total writes the sum of what a step gives to a file: the process that has it is the runner's.
type total struct {
	File string `json:"file"`
}

// ProcessElement gets the one key with all counts.
func (t *total) ProcessElement(_ int, counts func(*int) bool) error {
	var n, sum int
	for counts(&n) {
		sum += n
	}
	return os.WriteFile(t.File, []byte(strconv.Itoa(sum)), 0o666)
}

// leaves are the ends of a graph, whose totals lie in a folder.
type leaves struct{ dir string }

// end counts what a step gives under a name. Prism waits for a bundle without outputs in a loop
// that never sleeps (flow.End), a third of all samples here, so every leaf ends behind a
// GroupByKey.
func (l leaves) end(s beam.Scope, name string, count any, in beam.PCollection) {
	counts := beam.AddFixedKey(s, beam.ParDo(s, count, in))
	beam.ParDo0(s, &total{File: filepath.Join(l.dir, name)}, beam.GroupByKey(s, counts))
}

// of is a total; a step that gave nothing has none.
func (l leaves) of(names ...string) (sum int64) {
	for _, name := range names {
		raw, err := os.ReadFile(filepath.Join(l.dir, name))
		if err != nil {
			continue
		}
		n, err := strconv.ParseInt(string(raw), 10, 64)
		if err != nil {
			panic(fmt.Sprintf("%s: %v", name, err)) // this program wrote it
		}
		sum += n
	}
	return sum
}

func init() {
	for _, f := range []any{countGroup, countSelected, countDropped, countShift} {
		beam.RegisterFunction(f)
	}
	beam.RegisterDoFn(reflect.TypeFor[*total]())
}

func child(ctx context.Context, on, base string, rows, files int, stop string) error {
	debug.SetMemoryLimit(3 << 30) // what is held is bytes without pointers: collecting is cheap
	work, err := os.MkdirTemp("", "decoy-curate-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	var cl *cluster.Cluster
	if on == "flink" {
		cl = &cluster.Cluster{Run: filepath.Join(work, "run")}
		defer cl.Stop()
		if err := cl.Submit(ctx, 4); err != nil {
			return err
		}
	}
	beam.Init()
	beamlog.SetupLogging("error", "text")
	words := curate.Words{Generators: []string{"rules"}}
	c := made.Config{Base: base, Rows: rows, Tasks: 64, Words: words, Shared: 0.05, Files: files}
	p, s := beam.NewPipelineWithRoot()
	ends := leaves{work}
	var repos beam.PCollection
	if stop != "make" {
		repos = made.Repos(s, c)
	}
	if files > 0 {
		ends.end(s, "groups", countGroup, curate.GroupRepos(s, repos))
	} else if stop == "make" {
		ends.end(s, "selected", countSelected, made.Rows(s, c))
	} else {
		groups := curate.GroupRepos(s, repos)
		kept, duplicates := curate.Distinct(s, made.Rows(s, c))
		candidates := flow.Stage{
			Name: schemas.StageCurate, Dir: filepath.Join(work, schemas.StageCurate), Fingerprint: "made", Of: c.Tasks,
		}
		var shards []flow.Joined
		for i := range candidates.Of {
			shards = append(shards, flow.Joined{Shard: i})
		}
		chosen, _, rejects := curation.Select(s, candidates, curate.SelectConfig{
			Config: curate.Config{Rows: 100_000, MaxPerRepo: 4000, MaxPerGolden: 3}, Words: words,
			Ratios: curate.Ratios{Train: 0.8, Validation: 0.1, Test: 0.1},
		}, beam.Reshuffle(s, beam.CreateList(s, shards)), kept, groups)
		ends.end(s, "selected", countSelected, chosen)
		ends.end(s, "shift", countShift, curate.ShiftCounts(s, kept, chosen))
		ends.end(s, "duplicates", countDropped, duplicates)
		ends.end(s, "rejects", countDropped, rejects)
	}
	used := cl.Watch()
	if _, err := beam.Run(ctx, on, p); err != nil {
		return err
	}
	done := size{Selected: ends.of("selected"), Dropped: ends.of("duplicates", "rejects"), Groups: ends.of("groups")}
	if u := used(); cl != nil {
		done.Used = u
	} else {
		done.PeakMiB = u[cluster.Launcher].PeakMiB
	}
	return json.NewEncoder(os.Stdout).Encode(done)
}
