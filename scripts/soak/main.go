// Command soak builds many real archives, each alone and all together, and lists what
// should not happen.
//
//	go build -o /tmp/decoy ./runners/decoy
//	go run ./scripts/soak [-decoy /tmp/decoy] [-recipe demo] [-jobs 1] [-table FILE] DIR…
//
// Everything directly below a DIR is an archive or a repository. Each is built
// in a process of its own with one shard; then one build takes all of them, as a large
// corpus does (-alone=false and -together=false leave one of the two out). A recipe with a
// small max_per_repo reads, screens and parses as much, and takes less time for the rest.
// The table has a line for each build as soon as it has ended:
//
//   - outcome: done; empty (nothing came out, and decoy said so with exit code 1);
//     failed (any other end); hung (stopped after the time that it may take)
//   - MB of source (10^6 bytes, of the files that extract parsed), wall and CPU seconds,
//     largest resident memory of the process
//   - contexts, negatives, certified, selected pairs, records that ended in
//     internal_error, and panics and fatal errors of the runtime in what it printed
//
// What counts as a fault: a panic, an internal_error, failed, hung, more than -seconds of
// CPU time a MB of source (a build below 1 MB counts as 1 MB), more memory than -memory
// MiB. What a build printed is kept below -keep for those. The last line is one JSON
// object; the exit status is 0 only without a fault.
package main

import (
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/signal"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx); err != nil {
		fmt.Fprintln(os.Stderr, "soak:", err)
		os.Exit(1)
	}
}

// summary is the last line.
type summary struct {
	Archives       int            `json:"archives"`
	Outcomes       map[string]int `json:"outcomes"`
	Panics         int            `json:"panics"`
	InternalErrors int64          `json:"internal_errors"`
	Slow           int            `json:"slow"`
	Large          int            `json:"large"`
	SourceMB       float64        `json:"source_mb"`
	CPUSeconds     float64        `json:"cpu_s"`
	MostSecondsMB  float64        `json:"most_cpu_s_a_mb"`
	MostMiB        int64          `json:"most_mib"`
	Together       *measured      `json:"together,omitempty"`
	Faults         int            `json:"faults"`
}

func run(ctx context.Context) error {
	s := soak{}
	flag.StringVar(&s.binary, "decoy", "", "the binary; without it one is built")
	flag.Float64Var(&s.seconds, "seconds", 60, "CPU seconds that a MB of source may take")
	flag.Int64Var(&s.memory, "memory", 2048, "MiB that a build may hold")
	flag.StringVar(&s.recipe, "recipe", "demo", "recipe of every build")
	flag.StringVar(&s.keep, "keep", "", "folder for what faulty builds printed; a temporary one without it")
	jobs := flag.Int("jobs", 1, "builds at once")
	table := flag.String("table", "", "write the table to this file as well")
	alone := flag.Bool("alone", true, "build each archive alone")
	together := flag.Bool("together", true, "build all archives in one build at the end")
	flag.Parse()
	archives, err := list(flag.Args())
	if err != nil {
		return err
	}
	if err := s.open(ctx); err != nil {
		return err
	}
	defer s.close()
	out := printer{}
	if *table != "" {
		if out.file, err = os.Create(*table); err != nil {
			return err
		}
		defer out.file.Close()
	}
	fmt.Fprintln(&out, header)
	total := summary{Archives: len(archives), Outcomes: map[string]int{}}
	work, ends := make(chan string), make(chan measured)
	var pool sync.WaitGroup
	for range *jobs {
		pool.Go(func() {
			for a := range work {
				ends <- s.build(ctx, filepath.Base(a), []string{a}, 1)
			}
		})
	}
	go func() {
		defer func() { close(work); pool.Wait(); close(ends) }()
		if !*alone {
			return
		}
		for _, a := range archives {
			select {
			case work <- a:
			case <-ctx.Done():
				return
			}
		}
	}()
	for m := range ends {
		fmt.Fprintln(&out, m)
		total.add(m)
	}
	if *together && ctx.Err() == nil {
		m := s.build(ctx, "all", archives, max(8, len(archives)/12))
		fmt.Fprintln(&out, m)
		total.Together = &m
		total.Faults += len(m.Faults)
	}
	raw, err := json.Marshal(total)
	if err != nil {
		return err
	}
	fmt.Fprintln(&out, string(raw))
	switch {
	case ctx.Err() != nil:
		return ctx.Err()
	case total.Faults > 0:
		return fmt.Errorf("%d faults; what these builds printed is below %s", total.Faults, s.keep)
	}
	return out.err
}

// list names what lies directly below the folders.
func list(folders []string) (archives []string, err error) {
	if len(folders) == 0 {
		return nil, fmt.Errorf("name folders of archives")
	}
	for _, dir := range folders {
		entries, err := os.ReadDir(dir)
		if err != nil {
			return nil, err
		}
		for _, e := range entries {
			path, err := filepath.Abs(filepath.Join(dir, e.Name()))
			if err != nil {
				return nil, err
			}
			archives = append(archives, path)
		}
	}
	slices.Sort(archives)
	return archives, nil
}

// printer prints to standard output and to a file.
type printer struct {
	file *os.File
	err  error
}

// Write never fails for standard output, so that a closed pipe ends no soak.
func (p *printer) Write(b []byte) (int, error) {
	_, _ = os.Stdout.Write(b)
	if p.file != nil && p.err == nil {
		_, p.err = p.file.Write(b)
	}
	return len(b), nil
}

func (t *summary) add(m measured) {
	t.Outcomes[m.Outcome]++
	t.Panics += m.Panics
	t.InternalErrors += m.InternalErrors
	t.SourceMB += m.SourceMB
	t.CPUSeconds += m.CPU
	t.MostSecondsMB = max(t.MostSecondsMB, m.secondsAMB())
	t.MostMiB = max(t.MostMiB, m.MiB)
	t.Faults += len(m.Faults)
	for _, f := range m.Faults {
		switch f {
		case slow:
			t.Slow++
		case large:
			t.Large++
		}
	}
}

// allowed is how long a build may go on before it counts as hung: ten times what its
// archives' bytes may take if they hold five times as much source.
func allowed(bytes int64, seconds float64) time.Duration {
	mb := max(1, float64(bytes)/1e6*5)
	return time.Duration(mb * seconds * 10 * float64(time.Second))
}
