// Command planted says how much contamination decoy finds: rows made from a benchmark's items,
// verbatim, reformatted, renamed and cut to a few lines, and how many clean rows it takes out in
// vain.
//
//	go run ./scripts/bench/planted [-n 200] -benchmarks 'FILE.jsonl.gz,…' [-clean 'OUT/extract,…' -rows 10000]
//
// Clean rows are contexts of builds of archives that were published for other reasons than the
// benchmark. A row of them that is found is shown with its evidence: a person has to say
// whether it is a copy after all. The exit status is 1 if a verbatim or a reformatted copy was
// missed.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/curate"
)

// result is the last line.
type result struct {
	Items   int                `json:"items"`
	Found   map[string]int     `json:"found"`
	Planted map[string]int     `json:"planted"`
	Rules   map[string]int     `json:"by_rule"`
	Recall  map[string]float64 `json:"recall"`
	Clean   int                `json:"clean"`
	False   int                `json:"clean_taken_out"`
}

func main() {
	n := flag.Int("n", 200, "rows to plant")
	benchmarks := flag.String("benchmarks", "", "files of items, with commas between")
	clean := flag.String("clean", "", "extract folders of builds, with commas between")
	rows := flag.Int("rows", 10_000, "clean rows to look at, at most")
	flag.Parse()
	if *benchmarks == "" {
		fmt.Fprintln(os.Stderr, "planted: -benchmarks names no file")
		os.Exit(2)
	}
	r, err := measure(strings.Split(*benchmarks, ","), *n, folders(*clean), *rows)
	if err != nil {
		fmt.Fprintln(os.Stderr, "planted:", err)
		os.Exit(2)
	}
	if r.Recall["verbatim"] < 1 || r.Recall["reformatted"] < 1 {
		os.Exit(1)
	}
}

func folders(list string) []string {
	if list == "" {
		return nil
	}
	return strings.Split(list, ",")
}

func measure(benchmarks []string, n int, clean []string, rows int) (result, error) {
	r := result{
		Found: map[string]int{}, Planted: map[string]int{}, Rules: map[string]int{}, Recall: map[string]float64{},
	}
	var all []curate.BenchmarkItem
	var items []curate.Item
	for _, path := range benchmarks {
		raw, err := os.ReadFile(path)
		if err != nil {
			return r, err
		}
		name := filepath.Base(path)
		found, err := curate.ReadBenchmark(name, bytes.NewReader(raw), curate.Columns{})
		if err != nil {
			return r, err
		}
		for _, it := range found {
			all = append(all, curate.BenchmarkItem{Benchmark: name, Item: it})
		}
		items = append(items, found...)
	}
	screen, err := curate.NewScreen(curate.BenchmarkConfig{}, all)
	if err != nil {
		return r, err
	}
	r.Items = len(all)
	for _, p := range plant(items, n) {
		r.Planted[p.how]++
		e, ok := screen.Find("example.org/somebody/else", p.prefix, p.golden, p.suffix)
		if !ok {
			fmt.Printf("missed: %s copy of %s, golden %.60q\n", p.how, p.task, p.golden)
			continue
		}
		r.Found[p.how]++
		r.Rules[p.how+" "+e.Rule]++
	}
	for _, how := range hows {
		r.Recall[how.name] = float64(r.Found[how.name]) / float64(max(1, r.Planted[how.name]))
		fmt.Printf("%-12s %3d of %3d found\n", how.name, r.Found[how.name], r.Planted[how.name])
	}
	if err := r.look(screen, clean, rows); err != nil {
		return r, err
	}
	line, err := json.Marshal(r)
	if err != nil {
		return r, err
	}
	fmt.Println(string(line))
	return r, nil
}

// look screens clean rows: of each folder the same share, in the order of their ids.
func (r *result) look(screen *curate.Screen, clean []string, rows int) error {
	for i, dir := range clean {
		paths, err := filepath.Glob(filepath.Join(dir, "contexts-*.jsonl.zst"))
		if err != nil {
			return err
		}
		slices.Sort(paths)
		left := (rows - r.Clean) / (len(clean) - i)
		for _, path := range paths {
			for c, err := range shard.Read[schemas.Context](context.Background(), path) {
				if err != nil {
					return err
				}
				if left == 0 {
					break
				}
				left--
				r.Clean++
				if e, ok := screen.Find(c.Repo, c.Prefix, c.Golden, c.Suffix); ok {
					r.False++
					fmt.Printf("clean row taken out: %s %s line %d: %s\n", c.Repo, c.Path, c.Line, e)
				}
			}
		}
	}
	if r.Clean > 0 {
		fmt.Printf("%d of %d clean rows taken out\n", r.False, r.Clean)
	}
	return nil
}
