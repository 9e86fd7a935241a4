package trainers

import (
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
)

// Methods.
const (
	MethodSFT  = "sft"
	MethodDPO  = "dpo"
	MethodORPO = "orpo"
)

// Methods and Trainers list what [Render] knows.
var (
	Methods  = []string{MethodSFT, MethodDPO, MethodORPO}
	Trainers = []string{TRL, LLaMAFactory}
)

// Options describe one training run. Zero stands for the default in the fields
// that name one.
type Options struct {
	Method    string
	Trainer   string
	Model     Model
	ModelPath string // the folder of the model to tune
	Export    string // OUT/export
	Run       string // the run's folder
	Python    string // default python3
	Counts    Counts

	// MaxLength is the longest row in tokens. Measured is false if it is an upper
	// bound from bytes instead: a byte-level tokenizer makes at most one token of
	// a byte.
	MaxLength int
	Measured  bool

	LearningRate float64 // default 5e-5
	Beta         float64 // DPO's β or ORPO's λ, default 0.1
	SFTWeight    float64 // weight of NLL beside DPO's own loss, default 1
	Epochs       float64 // default 1
	Steps        int     // optimiser steps; 0 leaves it to Epochs
	Batch        int     // rows an optimiser step, default 64
	PerDevice    int     // rows a device at once, default 1
	GPUs         int     // default 1
	LoRARank     int     // 0 tunes all weights
	Seed         int     // default 1
	CPU          bool    // 32-bit on the CPU, to try a configuration
	Slurm        []string
}

// Counts are the rows of an export that matter to a run.
type Counts struct {
	SFT, Pairs, General             int64 // training split
	EvalSFT, EvalPairs, EvalGeneral int64 // validation split
}

// WithDefaults fills the fields that are zero.
func (o Options) WithDefaults() Options {
	setDefault(&o.Python, "python3")
	setDefault(&o.LearningRate, 5e-5)
	setDefault(&o.Beta, 0.1)
	setDefault(&o.SFTWeight, 1)
	setDefault(&o.Epochs, 1)
	setDefault(&o.Batch, 64)
	setDefault(&o.PerDevice, 1)
	setDefault(&o.GPUs, 1)
	setDefault(&o.Seed, 1)
	return o
}

func setDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// Validate names every field that is out of range, after WithDefaults. It does not
// ask for MaxLength: see [Render].
func (o Options) Validate() error {
	var errs []error
	bad := func(format string, a ...any) { errs = append(errs, fmt.Errorf(format, a...)) }
	if !slices.Contains(Methods, o.Method) {
		bad("method %q is not one of %s", o.Method, strings.Join(Methods, ", "))
	}
	if !slices.Contains(Trainers, o.Trainer) {
		bad("trainer %q is not one of %s", o.Trainer, strings.Join(Trainers, ", "))
	}
	if o.Model.Name == "" {
		bad("no model family")
	}
	for _, p := range []struct{ name, path string }{{"model", o.ModelPath}, {"export", o.Export},
		{"run folder", o.Run}} {
		if !filepath.IsAbs(p.path) || strings.ContainsAny(p.path, "\n\r") {
			bad("%s: %q is not an absolute path on one line", p.name, p.path)
		}
	}
	positive := func(name string, v float64) {
		if !(v > 0 && v < 1e9) { // also NaN
			bad("%s: %v is not above 0", name, v)
		}
	}
	positive("learning rate", o.LearningRate)
	positive("beta", o.Beta)
	positive("weight of the NLL", o.SFTWeight)
	positive("epochs", o.Epochs)
	positive("rows a device", float64(o.PerDevice))
	positive("GPUs", float64(o.GPUs))
	if o.Steps < 0 || o.LoRARank < 0 || o.Seed < 0 {
		bad("steps %d, LoRA rank %d and seed %d cannot be negative", o.Steps, o.LoRARank, o.Seed)
	}
	if at := o.PerDevice * o.GPUs; at > 0 && (o.Batch < at || o.Batch%at != 0) {
		bad("batch: %d is not a multiple of %d rows on %d devices", o.Batch, o.PerDevice, o.GPUs)
	}
	for _, s := range o.Slurm {
		if !strings.HasPrefix(s, "--") || strings.ContainsAny(s, "\n\r") {
			bad("slurm option %q does not begin with --, or has several lines", s)
		}
	}
	return errors.Join(errors.Join(errs...), o.checkRows())
}

// checkRows refuses an export that the method cannot train on.
func (o Options) checkRows() error {
	switch {
	case o.Method == MethodSFT && o.Counts.SFT == 0:
		return fmt.Errorf("%s has no supervised training rows: run decoy export", o.Export)
	case o.Method != MethodSFT && o.Counts.Pairs == 0:
		return fmt.Errorf("%s has no training pairs: run decoy export", o.Export)
	case o.Method == MethodDPO && o.Counts.General == 0:
		return fmt.Errorf("%s has no general rows (kinds line, lines, random) in its supervised set: DPO without "+
			"them destroys FIM. Set export.general_share in the recipe above 0 and run decoy export, or train with "+
			"sft or orpo", o.Export)
	}
	return nil
}
