package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"

	"decoy/io/bucket"
	"decoy/io/columnar"
	"decoy/io/shard"
	"decoy/schemas"
	"decoy/scripts/train"
	"decoy/transforms/trainers"
)

// Launchers.
const (
	launchPrint = "print"
	launchLocal = "local"
	launchSlurm = "slurm"
)

type trainCmd struct {
	Out      string `arg:"" help:"Folder of a build, with its export, on this machine." type:"out"`
	Method   string `help:"sft, dpo or orpo." enum:"sft,dpo,orpo" required:""`
	Trainer  string `help:"trl or llamafactory." enum:"trl,llamafactory" default:"trl"`
	Launcher string `help:"print writes the files and prints the commands, local runs them, slurm submits the job." enum:"print,local,slurm" default:"print"`
	Model    string `help:"Folder of the model to tune." type:"path" required:""`
	Family   string `help:"Model family, which says what the FIM tokens are." default:"qwen2.5-coder"`
	RunDir   string `help:"Folder for configuration, scripts and the tuned model." type:"path" required:""`
	Python   string `help:"Python with the packages of scripts/train/requirements.txt." default:"python3"`

	MaxLength    int      `help:"Refuse rows of more tokens than this; 0 asks the model's positions alone."`
	LearningRate float64  `help:"Learning rate." default:"5e-5"`
	Beta         float64  `help:"DPO's beta, or ORPO's lambda." default:"0.1"`
	SFTWeight    float64  `name:"sft-weight" help:"Weight of the NLL beside DPO's loss." default:"1"`
	Epochs       float64  `help:"Epochs." default:"1"`
	Steps        int      `help:"Optimiser steps instead of epochs."`
	Batch        int      `help:"Rows an optimiser step." default:"64"`
	PerDevice    int      `help:"Rows a device at once." default:"1"`
	GPUs         int      `name:"gpus" help:"GPUs of the one machine." default:"1"`
	LoRARank     int      `name:"lora-rank" help:"Tune a LoRA adapter of this rank; 0 tunes all weights."`
	Seed         int      `help:"Seed." default:"1"`
	CPU          bool     `name:"cpu" help:"Train on the CPU in 32 bits, to try a configuration."`
	Slurm        []string `help:"An option for sbatch, such as --slurm=--partition=gpu; may be repeated." sep:"none"`
}

// Help is the example that --help shows.
func (trainCmd) Help() string {
	return "Example:\n  decoy train OUT --method sft --model models/Qwen2.5-Coder-7B-Instruct --run-dir runs/sft\n" +
		"  decoy train OUT --method dpo --trainer llamafactory --launcher slurm --slurm=--partition=gpu --gpus 4 " +
		"--lora-rank 64 --model models/Qwen2.5-Coder-7B-Instruct --run-dir runs/dpo\n\n" +
		"Rows are tokenised with the model's tokenizer first; a row that is too long stops the command, since no " +
		"trainer may truncate."
}

// Run renders the run and starts it.
func (c *trainCmd) Run(ctx context.Context) error {
	o, err := c.options(ctx)
	if err != nil {
		return err
	}
	if err := c.checkRunDir(); err != nil {
		return err
	}
	if err := runOwner(c.RunDir).Claim(ctx); err != nil {
		return err
	}
	if err := writeScripts(ctx, filepath.Join(o.Run, trainers.ScriptsDir)); err != nil {
		return err
	}
	if err := c.measure(ctx, &o); err != nil {
		return err
	}
	plan, err := trainers.Render(o)
	if err != nil {
		return err
	}
	for name, data := range plan.Files {
		if _, err := shard.WriteFile(ctx, filepath.Join(o.Run, filepath.FromSlash(name)), data); err != nil {
			return err
		}
	}
	if o.NeedsGeneralFile() {
		if err := writeGeneral(ctx, o); err != nil {
			return err
		}
	}
	return c.launch(ctx, plan)
}

// options reads what the export holds. A method that it cannot serve is an error of
// usage, before anything is written.
func (c *trainCmd) options(ctx context.Context) (trainers.Options, error) {
	family, err := trainers.ByName(c.Family)
	if err != nil {
		return trainers.Options{}, usageError{fmt.Errorf("--family: %w", err)}
	}
	if bucket.In(c.Out) {
		return trainers.Options{}, usageError{fmt.Errorf("%s: the trainers read files; copy its folder %s to this "+
			"machine and name that", c.Out, schemas.StageExport)}
	}
	o := trainers.Options{
		Method: c.Method, Trainer: c.Trainer, Model: family, ModelPath: c.Model,
		Export: filepath.Join(c.Out, schemas.StageExport), Run: c.RunDir, Python: c.Python,
		LearningRate: c.LearningRate, Beta: c.Beta, SFTWeight: c.SFTWeight, Epochs: c.Epochs, Steps: c.Steps,
		Batch: c.Batch, PerDevice: c.PerDevice, GPUs: c.GPUs, LoRARank: c.LoRARank, Seed: c.Seed, CPU: c.CPU,
		Slurm: c.Slurm,
	}.WithDefaults()
	if strings.Contains(o.Python, "/") { // the scripts run in the run's folder
		if o.Python, err = filepath.Abs(o.Python); err != nil {
			return o, fmt.Errorf("--python: %w", err)
		}
	}
	if c.MaxLength < 0 {
		return o, usageError{fmt.Errorf("--max-length: %d is negative", c.MaxLength)}
	}
	if err := scanExport(ctx, &o); err != nil {
		return o, err
	}
	if err := o.Validate(); err != nil {
		return o, usageError{err}
	}
	return o, nil
}

// scanExport counts the rows of the export and bounds their length by bytes.
func scanExport(ctx context.Context, o *trainers.Options) error {
	n := &o.Counts
	for _, s := range []struct {
		split               schemas.Split
		sft, pairs, general *int64
	}{
		{schemas.SplitTrain, &n.SFT, &n.Pairs, &n.General},
		{schemas.SplitValidation, &n.EvalSFT, &n.EvalPairs, &n.EvalGeneral},
	} {
		err := eachRow(ctx, o.Export, trainers.SetSFT, s.split, func(r trainers.SFTRow) error {
			*s.sft++
			if schemas.IsGeneral(r.Kind) {
				*s.general++
			}
			o.MaxLength = max(o.MaxLength, len(r.Prompt)+len(r.Completion))
			return nil
		})
		if err != nil {
			return err
		}
		err = eachRow(ctx, o.Export, trainers.SetPairs, s.split, func(r trainers.PairRow) error {
			*s.pairs++
			o.MaxLength = max(o.MaxLength, len(r.Prompt)+max(len(r.Chosen), len(r.Rejected)))
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// eachRow reads a split of one of TRL's sets.
func eachRow[T any](ctx context.Context, export, set string, split schemas.Split,
	do func(T) error) error {
	files, err := shard.List(ctx, filepath.Join(export, filepath.FromSlash(trainers.Folder(trainers.TRL, set))),
		string(split)+"-*.parquet")
	if err != nil {
		return err
	}
	for _, f := range files {
		for r, err := range columnar.Read[T](ctx, f) {
			if err != nil {
				return err
			}
			if err := do(r); err != nil {
				return err
			}
		}
	}
	return nil
}

// checkRunDir keeps a tuned model from being written over.
func (c *trainCmd) checkRunDir() error {
	out := filepath.Join(c.RunDir, trainers.OutputDir)
	entries, err := os.ReadDir(out)
	if errors.Is(err, fs.ErrNotExist) || err == nil && len(entries) == 0 {
		return nil
	}
	if err != nil {
		return fmt.Errorf("read run folder: %w", err)
	}
	return usageError{fmt.Errorf("--run-dir: %q holds a tuned model already: choose another folder", out)}
}

// runOwner is the folder of a run as one of decoy's. Earlier versions wrote no marker,
// but a configuration that says who rendered it.
func runOwner(dir string) shard.Owner {
	return shard.Owner{Dir: dir, Kind: shard.KindRun, Earlier: func(ctx context.Context) (bool, error) {
		for _, trainer := range []string{trainers.TRL, trainers.LLaMAFactory} {
			raw, err := os.ReadFile(filepath.Join(dir, trainer+".yaml"))
			if first, _, _ := strings.Cut(string(raw), "\n"); err == nil &&
				strings.HasSuffix(first, "Rendered by decoy train.") {
				return true, nil
			}
		}
		return false, nil
	}}
}

// writeScripts writes the embedded scripts.
func writeScripts(ctx context.Context, dir string) error {
	entries, err := train.Files.ReadDir(".")
	if err != nil {
		return fmt.Errorf("read embedded scripts: %w", err)
	}
	for _, e := range entries {
		data, err := train.Files.ReadFile(e.Name())
		if err != nil {
			return fmt.Errorf("read embedded script: %w", err)
		}
		if _, err := shard.WriteFile(ctx, filepath.Join(dir, e.Name()), data); err != nil {
			return err
		}
	}
	return nil
}

// writeGeneral writes the general rows as pairs of equal sides.
func writeGeneral(ctx context.Context, o trainers.Options) error {
	dir := filepath.Join(o.Run, trainers.DataDir, trainers.SetGeneral)
	raw, err := shard.CreateRaw(ctx, filepath.Join(dir, schemas.ShardName(string(schemas.SplitTrain), 0, 1, "parquet")))
	if err != nil {
		return err
	}
	defer raw.Abort()
	w, err := columnar.NewWriter[trainers.PairRow](raw)
	if err != nil {
		return err
	}
	err = eachRow(ctx, o.Export, trainers.SetSFT, schemas.SplitTrain, func(r trainers.SFTRow) error {
		if p, ok := trainers.Mix(r); ok {
			return w.Write(p)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := w.Close(); err != nil {
		return err
	}
	_, err = raw.Commit(o.Counts.General)
	return err
}

// scriptMissing is the exit code of a script that lacks something it needs.
const scriptMissing = 3

// measure tokenises the export. Where that is impossible, print says so and keeps
// the bound from bytes; the rendered job measures before it trains.
func (c *trainCmd) measure(ctx context.Context, o *trainers.Options) error {
	check := trainers.CheckCommand(*o, c.MaxLength)
	for _, argv := range [][]string{trainers.PrepareCommand(*o), check} {
		err := command(ctx, o.Run, os.Stderr, argv)
		if err == nil {
			continue
		}
		var exit *exec.ExitError
		missing := errors.Is(err, exec.ErrNotFound) || errors.Is(err, fs.ErrNotExist) || errors.As(err, &exit) &&
			exit.ExitCode() == scriptMissing
		if c.Launcher != launchPrint || !missing {
			return err
		}
		if c.MaxLength > 0 {
			o.MaxLength = min(o.MaxLength, c.MaxLength)
		}
		fmt.Fprintf(os.Stderr, "decoy: the rows were NOT measured (%v).\ndecoy: the limit of %d tokens below is a "+
			"bound from bytes; the second command measures, and job.sh does so before it trains.\n", err, o.MaxLength)
		return nil
	}
	data, err := os.ReadFile(filepath.Join(o.Run, trainers.LengthsFile))
	if err != nil {
		return fmt.Errorf("read measured lengths: %w", err)
	}
	var lengths struct {
		Longest struct {
			Tokens int `json:"tokens"`
		} `json:"longest"`
	}
	if err := json.Unmarshal(data, &lengths); err != nil {
		return fmt.Errorf("read measured lengths: %w", err)
	}
	o.MaxLength, o.Measured = lengths.Longest.Tokens, true
	return nil
}

func (c *trainCmd) launch(ctx context.Context, p trainers.Plan) error {
	switch c.Launcher {
	case launchLocal:
		return command(ctx, c.RunDir, os.Stdout, p.Train)
	case launchSlurm:
		return command(ctx, c.RunDir, os.Stdout, []string{"sbatch", trainers.JobFile})
	}
	for _, argv := range [][]string{p.Prepare, p.Check, p.Train} {
		fmt.Println(trainers.Shell(argv))
	}
	return nil
}

// command runs a program in dir.
func command(ctx context.Context, dir string, out io.Writer, argv []string) error {
	cmd := exec.CommandContext(ctx, argv[0], argv[1:]...)
	cmd.Dir, cmd.Stdout, cmd.Stderr = dir, out, os.Stderr
	if err := cmd.Run(); err != nil {
		name := argv[0]
		if len(argv) > 1 && strings.HasSuffix(argv[1], ".py") {
			name = filepath.Base(argv[1])
		}
		return fmt.Errorf("run %s: %w", name, err)
	}
	return nil
}
