package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"decoy/io/columnar"
	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/trainers"
)

// trainExport writes the part of an export that train reads: pairs contexts with a
// negative and general ones without, a fifth of them for validation.
func trainExport(t *testing.T, pairs, general int) string {
	t.Helper()
	out := t.TempDir()
	m := trainers.Models[0]
	sft, pair := map[schemas.Split][]trainers.SFTRow{}, map[schemas.Split][]trainers.PairRow{}
	for i := range pairs + general {
		r := schemas.Row{
			ID: fmt.Sprintf("%032x", i+1000), ContextID: fmt.Sprintf("%032x", i), Language: schemas.Go, Kind: schemas.KindCall,
			Prefix: fmt.Sprintf("func f%d() {\n\ts.", i), Chosen: fmt.Sprintf("Close(%d)", i), Suffix: "\n}\n", Split: schemas.SplitTrain,
		}
		if i%5 == 4 {
			r.Split = schemas.SplitValidation
		}
		if i < pairs {
			typ, rejected := schemas.TypeMethod, fmt.Sprintf("CloseWrite(%d)", i)
			r.Type, r.Rejected = &typ, &rejected
			p, err := trainers.Pair(r, m)
			if err != nil {
				t.Fatal(err)
			}
			pair[r.Split] = append(pair[r.Split], p)
		} else {
			r.Kind = schemas.KindLine
		}
		s, err := trainers.SFT(r, m)
		if err != nil {
			t.Fatal(err)
		}
		sft[r.Split] = append(sft[r.Split], s)
	}
	for split := range sft {
		writeTrainRows(t, filepath.Join(out, "export", "trl", "sft"), split, sft[split])
	}
	for split := range pair {
		writeTrainRows(t, filepath.Join(out, "export", "trl", "pairs"), split, pair[split])
	}
	return out
}

func writeTrainRows[T any](t *testing.T, dir string, split schemas.Split, rows []T) {
	t.Helper()
	raw, err := shard.CreateRaw(t.Context(), filepath.Join(dir, schemas.ShardName(string(split), 0, 1, "parquet")))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Abort()
	w, err := columnar.NewWriter[T](raw)
	if err != nil {
		t.Fatal(err)
	}
	for _, r := range rows {
		if err := w.Write(r); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := raw.Commit(int64(len(rows))); err != nil {
		t.Fatal(err)
	}
}

// fakePython stands for an interpreter: it notes its arguments, and its measuring
// finds a longest row of 77 tokens, or ends with the exit code given.
func fakePython(t *testing.T, checkExit int) (path, log string) {
	t.Helper()
	dir := t.TempDir()
	path, log = filepath.Join(dir, "python"), filepath.Join(dir, "log")
	script := fmt.Sprintf("#!/bin/sh\necho \"$*\" >> %s\ncase \"$1\" in */check_lengths.py) echo '{\"longest\":{\"tokens\":77}}' > lengths.json; exit %d;; esac\n", log, checkExit)
	if err := os.WriteFile(path, []byte(script), 0o755); err != nil {
		t.Fatal(err)
	}
	return path, log
}

func trainCommand(t *testing.T, out string) *trainCmd {
	return &trainCmd{
		Out: out, Method: "sft", Trainer: "trl", Launcher: launchPrint, Model: t.TempDir(), Family: "qwen2.5-coder",
		RunDir: filepath.Join(t.TempDir(), "run"), Python: "no-such-python",
	}
}

// trainStdout is what f prints.
func trainStdout(t *testing.T, f func()) string {
	t.Helper()
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	old := os.Stdout
	os.Stdout = w
	defer func() { os.Stdout = old }()
	f()
	w.Close()
	data, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func trainFile(t *testing.T, parts ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestTrainPrintsWithoutPython(t *testing.T) {
	c := trainCommand(t, trainExport(t, 10, 5))
	var err error
	printed := trainStdout(t, func() { err = c.Run(context.Background()) })
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSpace(printed), "\n")
	if len(lines) != 3 || !strings.HasSuffix(lines[2], "train_trl.py "+filepath.Join(c.RunDir, "trl.yaml")) {
		t.Errorf("printed:\n%s", printed)
	}
	if config := trainFile(t, c.RunDir, "trl.yaml"); !strings.Contains(config, "upper bound from bytes") {
		t.Errorf("the configuration does not say that its limit is a bound:\n%s", config)
	}
	for _, name := range []string{"train_trl.py", "prepare_model.py", "check_lengths.py", "requirements.txt"} {
		if trainFile(t, c.RunDir, "scripts", name) == "" {
			t.Errorf("%s is empty", name)
		}
	}
}

func TestTrainMeasuresThenStarts(t *testing.T) {
	c := trainCommand(t, trainExport(t, 10, 5))
	var log string
	c.Launcher, c.MaxLength, c.CPU = launchLocal, 900, true
	c.Python, log = fakePython(t, 0)
	if err := c.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if config := trainFile(t, c.RunDir, "trl.yaml"); !strings.Contains(config, "max_length: 77\n") {
		t.Errorf("the measured length is not in the configuration:\n%s", config)
	}
	var ran []string
	for line := range strings.Lines(trainFile(t, log)) {
		ran = append(ran, filepath.Base(strings.Fields(line)[0]))
	}
	if want := []string{"prepare_model.py", "check_lengths.py", "train_trl.py"}; !slices.Equal(ran, want) {
		t.Errorf("ran %v, want %v", ran, want)
	}
	if !strings.Contains(trainFile(t, log), "--limit 900") {
		t.Error("--max-length does not reach the check")
	}
}

func TestTrainStopsAtALongRow(t *testing.T) {
	out := trainExport(t, 10, 5)
	for _, launcher := range []string{launchPrint, launchLocal, launchSlurm} {
		c := trainCommand(t, out)
		c.Launcher = launcher
		var log string
		c.Python, log = fakePython(t, 1)
		err := c.Run(context.Background())
		if err == nil || !strings.Contains(err.Error(), "check_lengths.py") {
			t.Errorf("%s: %v", launcher, err)
		}
		if strings.Contains(trainFile(t, log), "train_trl.py") {
			t.Errorf("%s: training was started", launcher)
		}
	}
}

// Only print may go on where the rows cannot be measured.
func TestTrainNeedsTheTokenizerToStart(t *testing.T) {
	out := trainExport(t, 10, 5)
	for _, launcher := range []string{launchPrint, launchLocal, launchSlurm} {
		c := trainCommand(t, out)
		c.Launcher = launcher
		c.Python, _ = fakePython(t, scriptMissing)
		var err error
		trainStdout(t, func() { err = c.Run(context.Background()) })
		if (err == nil) != (launcher == launchPrint) {
			t.Errorf("%s: %v", launcher, err)
		}
	}
}

func TestTrainSubmits(t *testing.T) {
	c := trainCommand(t, trainExport(t, 10, 5))
	c.Launcher, c.Slurm = launchSlurm, []string{"--partition=gpu"}
	c.Python, _ = fakePython(t, 0)
	bin := t.TempDir()
	if err := os.WriteFile(filepath.Join(bin, "sbatch"), []byte("#!/bin/sh\ncp \"$1\" submitted.sh\n"), 0o755); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	if err := c.Run(context.Background()); err != nil {
		t.Fatal(err)
	}
	if job := trainFile(t, c.RunDir, "submitted.sh"); !strings.Contains(job, "\n#SBATCH --partition=gpu\n") {
		t.Errorf("job:\n%s", job)
	}
}

func TestTrainRefuses(t *testing.T) {
	tests := []struct {
		name           string
		pairs, general int
		change         func(*trainCmd)
		want           string
	}{
		{"no export", 0, 0, func(*trainCmd) {}, "decoy export"},
		{"no pairs", 0, 5, func(c *trainCmd) { c.Method = "orpo" }, "no training pairs"},
		{"dpo without general rows", 5, 0, func(c *trainCmd) { c.Method = "dpo" }, "general rows"},
		{"family", 5, 5, func(c *trainCmd) { c.Family = "llama" }, "qwen2.5-coder"},
		{"batch", 5, 5, func(c *trainCmd) { c.Batch, c.PerDevice = 3, 2 }, "multiple of 2"},
		{"length", 5, 5, func(c *trainCmd) { c.MaxLength = -1 }, "--max-length"},
		{"tuned before", 5, 5, func(c *trainCmd) {
			if err := os.MkdirAll(filepath.Join(c.RunDir, "out", "checkpoint"), 0o755); err != nil {
				t.Fatal(err)
			}
		}, "--run-dir"},
	}
	for _, tt := range tests {
		c := trainCommand(t, trainExport(t, tt.pairs, tt.general))
		tt.change(c)
		err := c.Run(context.Background())
		var usage usageError
		if err == nil || !strings.Contains(err.Error(), tt.want) || !errors.As(err, &usage) {
			t.Errorf("%s: %v", tt.name, err)
		}
		if _, err := os.Stat(filepath.Join(c.RunDir, "scripts")); err == nil {
			t.Errorf("%s: something was written", tt.name)
		}
	}
}

// LLaMA-Factory reads pairs from files alone, so the general rows become one.
func TestTrainWritesGeneralPairs(t *testing.T) {
	c := trainCommand(t, trainExport(t, 10, 10))
	c.Method, c.Trainer = "dpo", "llamafactory"
	trainStdout(t, func() {
		if err := c.Run(context.Background()); err != nil {
			t.Fatal(err)
		}
	})
	n := 0
	for r, err := range columnar.Read[trainers.PairRow](t.Context(), filepath.Join(c.RunDir, "data", "general",
		"train-00000-of-00001.parquet")) {
		if err != nil {
			t.Fatal(err)
		}
		if r.Chosen != r.Rejected || r.Split != schemas.SplitTrain || r.Type != trainers.TypeGeneral {
			t.Errorf("row %+v", r)
		}
		n++
	}
	if n != 8 {
		t.Errorf("%d general pairs, want 8", n)
	}
	if config := trainFile(t, c.RunDir, "llamafactory.yaml"); !strings.Contains(config, "dataset: decoy_pairs,decoy_general\n") {
		t.Errorf("configuration:\n%s", config)
	}
}
