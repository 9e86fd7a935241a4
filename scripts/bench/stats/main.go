// Command stats measures what decoy's own part of answering questions costs: every query
// of decoy stats over Parquet, against the same SQL on the same files through a bare
// DuckDB connection.
//
//	go run ./scripts/bench/stats [-rows 2473312] [-rounds 3] [-dir FOLDER]
//
// # What is measured
//
// A generator that depends on nothing but -rows writes the tables of a build as decoy
// load --to parquet:FOLDER lays them out: -rows negatives, certificates, verdicts,
// selected and exported rows, a third as many contexts. Texts are short (an exported
// row's prefix and suffix have 300 bytes together): no query reads them, and whole ones
// would be 40 GB. Every contender is a process of its own that answers all queries, one
// after the other; rounds are interleaved, and the least of them counts, a query.
//
//   - decoy: what decoy stats does: attach the folder, run the query, print the table.
//   - bare: a view SELECT * over the files of each table, the query, its rows fetched;
//     the only settings are BigQuery's order of nulls and the two names that the SQL
//     needs (FLOAT64, DIV).
//
// ratio is the sum of decoy's least wall times over that of bare's; ratio_cpu the same
// in CPU seconds, which a busy machine spoils less. The last line is one JSON object.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"

	"decoy/io/warehouse"
)

// paperRows is the size of the paper's pool (arXiv 2606.03130).
const paperRows = 2_473_312

// sample is what one query took, in seconds.
type sample struct {
	Query string  `json:"query"`
	Wall  float64 `json:"wall_s"`
	CPU   float64 `json:"cpu_s"`
	Rows  int     `json:"rows"`
}

func main() {
	if err := run(context.Background()); err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context) error {
	mode := flag.String("mode", "", "internal: decoy or bare")
	rows := flag.Int("rows", paperRows, "rows of the large tables")
	rounds := flag.Int("rounds", 3, "interleaved rounds")
	dir := flag.String("dir", "", "folder of the tables; one that is there is used again, by default a temporary one")
	flag.Parse()
	switch *mode {
	case "decoy":
		return answer(ctx, *dir, throughDecoy)
	case "bare":
		return answer(ctx, *dir, throughBare)
	}
	if *dir == "" {
		made, err := os.MkdirTemp("", "decoy-bench-")
		if err != nil {
			return err
		}
		defer os.RemoveAll(made)
		*dir = made
	}
	size, err := generate(ctx, *dir, *rows)
	if err != nil {
		return err
	}
	fmt.Printf("%d rows, %.1f GB of Parquet\n", *rows, float64(size)/1e9)
	least := map[string]map[string]sample{"decoy": {}, "bare": {}}
	for round := range *rounds {
		order := []string{"bare", "decoy"}
		if round%2 == 1 {
			order = []string{"decoy", "bare"}
		}
		for _, contender := range order {
			samples, err := child(ctx, contender, *dir)
			if err != nil {
				return err
			}
			for _, s := range samples {
				best, seen := least[contender][s.Query]
				if !seen {
					best = s
				}
				best.Wall, best.CPU = min(best.Wall, s.Wall), min(best.CPU, s.CPU)
				least[contender][s.Query] = best
			}
		}
		// After every round, so that one that is stopped has said something.
		if err := report(*rows, round+1, least); err != nil {
			return err
		}
	}
	return nil
}

// child runs one contender over the tables.
func child(ctx context.Context, contender, dir string) ([]sample, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	cmd := exec.CommandContext(ctx, self, "-mode", contender, "-dir", dir)
	var out bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, os.Stderr
	if err := cmd.Run(); err != nil {
		return nil, fmt.Errorf("%s: %w", contender, err)
	}
	var samples []sample
	if err := json.Unmarshal(out.Bytes(), &samples); err != nil {
		return nil, fmt.Errorf("%s: %w", contender, err)
	}
	return samples, nil
}

func report(rows, rounds int, least map[string]map[string]sample) error {
	var names []string
	for _, q := range warehouse.Queries() {
		names = append(names, q.Name)
	}
	names = slices.Insert(names, 0, opening)
	var wall, cpu [2]float64
	fmt.Printf("%-22s %9s %9s %6s %9s %9s %6s\n", "query", "decoy s", "bare s", "ratio", "decoy cpu", "bare cpu",
		"ratio")
	for _, name := range names {
		d, b := least["decoy"][name], least["bare"][name]
		if d.Rows != b.Rows {
			return fmt.Errorf("%s: %d rows through decoy, %d through DuckDB", name, d.Rows, b.Rows)
		}
		fmt.Printf("%-22s %9.3f %9.3f %6.2f %9.3f %9.3f %6.2f\n", name, d.Wall, b.Wall, d.Wall/b.Wall, d.CPU, b.CPU,
			d.CPU/b.CPU)
		wall[0], wall[1], cpu[0], cpu[1] = wall[0]+d.Wall, wall[1]+b.Wall, cpu[0]+d.CPU, cpu[1]+b.CPU
	}
	line, err := json.Marshal(map[string]any{
		"rows": rows, "queries": len(names) - 1, "rounds": rounds,
		"decoy_s": wall[0], "bare_s": wall[1], "ratio": wall[0] / wall[1],
		"decoy_cpu_s": cpu[0], "bare_cpu_s": cpu[1], "ratio_cpu": cpu[0] / cpu[1],
	})
	if err != nil {
		return err
	}
	fmt.Println(strings.TrimSpace(string(line)))
	return nil
}
