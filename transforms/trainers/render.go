package trainers

import (
	"bytes"
	"embed"
	"encoding/json"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"
	"text/template"

	"decoy/schemas"
)

//go:embed templates/*.tmpl
var templateFiles embed.FS

var templates = template.Must(template.New("").Option("missingkey=error").Funcs(template.FuncMap{
	"quote": quote, "float": float, "shell": Shell,
}).ParseFS(templateFiles, "templates/*.tmpl"))

// Plan is a rendered run. Files lie below the run's folder; scripts/train lies
// below its scripts folder.
type Plan struct {
	Files   map[string][]byte
	Prepare []string // makes the view of the model's folder
	Check   []string // measures the rows, fails if one is too long
	Train   []string
}

// Names below a run's folder.
const (
	ScriptsDir  = "scripts"
	ModelView   = "model"
	OutputDir   = "out"
	DataDir     = "data"
	LengthsFile = "lengths.json"
	JobFile     = "job.sh"
)

// cutoffSlack is what LLaMA-Factory's limit exceeds the longest row by: it splits
// the limit between prompt and completion as int(limit * completion / row).
const cutoffSlack = 8

// config is what the templates see.
type config struct {
	Options
	ModelView, Output, DatasetDir, Datasets string
	TrainFiles, EvalFiles                   []string
	GeneralFiles, EvalGeneralFiles          []string
	GeneralKinds                            []schemas.Kind
	TRLConfig, LengthNote                   string
	Cutoff, Accumulation, LoRAAlpha         int
	LoggingSteps                            int
	Commands                                [][]string
}

// Render makes the files and commands of a run.
func Render(o Options) (Plan, error) {
	o = o.WithDefaults()
	if err := o.Validate(); err != nil {
		return Plan{}, err
	}
	if o.MaxLength <= 0 {
		return Plan{}, fmt.Errorf("render %s: the length of the longest row is not known", o.Method)
	}
	p := Plan{Files: map[string][]byte{}, Prepare: PrepareCommand(o), Check: CheckCommand(o, o.MaxLength),
		Train: trainCommand(o)}
	c := newConfig(o)
	c.Commands = [][]string{p.Prepare, p.Check, p.Train}
	files := map[string]string{configFile(o.Trainer): configFile(o.Trainer) + ".tmpl", JobFile: JobFile + ".tmpl"}
	for name, tmpl := range files {
		var buf bytes.Buffer
		if err := templates.ExecuteTemplate(&buf, tmpl, c); err != nil {
			return Plan{}, fmt.Errorf("render %s: %w", name, err)
		}
		p.Files[name] = buf.Bytes()
	}
	if o.Trainer == LLaMAFactory && o.mixes() {
		p.Files[DataDir+"/"+InfoFile] = info(map[string]entry{
			EntryPairs:   pairEntry(filepath.Join(o.Export, Folder(LLaMAFactory, SetPairs))),
			EntryGeneral: pairEntry(SetGeneral),
		})
	}
	return p, nil
}

// NeedsGeneralFile reports whether the launcher has to write the general rows as
// pairs ([Mix]) to DataDir/general: LLaMA-Factory reads pairs from files only.
func (o Options) NeedsGeneralFile() bool { return o.Trainer == LLaMAFactory && o.mixes() }

// mixes reports whether general rows join the pairs. ORPO holds its own NLL and
// can do without.
func (o Options) mixes() bool { return o.Method != MethodSFT && o.Counts.General > 0 }

func configFile(trainer string) string { return trainer + ".yaml" }

func newConfig(o Options) config {
	c := config{
		Options: o, ModelView: o.in(ModelView), Output: o.in(OutputDir),
		GeneralKinds: schemas.GeneralKinds,
		TRLConfig: map[string]string{MethodSFT: "SFTConfig", MethodDPO: "DPOConfig",
			MethodORPO: "ORPOConfig"}[o.Method],
		Cutoff: o.MaxLength + cutoffSlack, Accumulation: o.Batch / (o.PerDevice * o.GPUs),
		LoRAAlpha: 2 * o.LoRARank, LoggingSteps: 10,
		DatasetDir: filepath.Join(o.Export, LLaMAFactory), Datasets: EntrySFT,
		LengthNote: "The longest row, as measured: nothing is truncated.",
	}
	if o.Steps > 0 && o.Steps < 10 {
		c.LoggingSteps = 1
	}
	if !o.Measured {
		c.LengthNote = "An upper bound from bytes (no tokenizer was at hand): nothing is truncated."
	}
	set, evals := SetSFT, o.Counts.EvalSFT
	if o.Method != MethodSFT {
		set, evals, c.Datasets = SetPairs, o.Counts.EvalPairs, EntryPairs
	}
	c.TrainFiles = []string{o.files(set, schemas.SplitTrain)}
	if evals > 0 {
		c.EvalFiles = []string{o.files(set, schemas.SplitValidation)}
	}
	if o.mixes() {
		c.DatasetDir, c.Datasets = o.in(DataDir), EntryPairs+","+EntryGeneral
		c.GeneralFiles = []string{o.files(SetSFT, schemas.SplitTrain)}
		if evals > 0 && o.Counts.EvalGeneral > 0 {
			c.EvalGeneralFiles = []string{o.files(SetSFT, schemas.SplitValidation)}
		}
	}
	return c
}

// in is a path below the run's folder.
func (o Options) in(name string) string { return filepath.Join(o.Run, name) }

// files is the pattern of a TRL set's files.
func (o Options) files(set string, split schemas.Split) string {
	return filepath.Join(o.Export, Folder(TRL, set), string(split)+"-*.parquet")
}

func (o Options) script(name string) string { return filepath.Join(o.Run, ScriptsDir, name) }

// PrepareCommand makes the view of the model's folder.
func PrepareCommand(o Options) []string {
	return []string{o.Python, o.script("prepare_model.py"), "--model", o.ModelPath, "--out", o.in(ModelView),
		"--stop", o.Model.Stop, "--stop-id", strconv.Itoa(o.Model.StopID), "--pad", o.Model.Pad, "--pad-id",
		strconv.Itoa(o.Model.PadID)}
}

// CheckCommand tokenises the rows that the method reads. It fails if one is longer
// than limit or than the model's positions; limit 0 leaves the latter alone.
func CheckCommand(o Options, limit int) []string {
	argv := []string{o.Python, o.script("check_lengths.py"), "--model", o.in(ModelView), "--out", o.in(LengthsFile),
		"--limit", strconv.Itoa(limit), "--stop-id", strconv.Itoa(o.Model.StopID),
		"--sft", o.files(SetSFT, "*")}
	if o.Method != MethodSFT {
		argv = append(argv, "--pairs", o.files(SetPairs, "*"))
	}
	return argv
}

// trainCommand is started through torch's launcher even for one GPU: a plain
// process that sees several would split every batch over all of them.
func trainCommand(o Options) []string {
	argv := []string{o.Python}
	if !o.CPU {
		argv = append(argv, "-m", "torch.distributed.run", "--standalone", "--nproc_per_node", strconv.Itoa(o.GPUs))
	}
	if o.Trainer == LLaMAFactory {
		argv = append(argv, "-m", "llamafactory.launcher")
	} else {
		argv = append(argv, o.script("train_trl.py"))
	}
	return append(argv, o.in(configFile(o.Trainer)))
}

// quote writes a value as JSON, which YAML reads as it is.
func quote(v any) (string, error) {
	var buf bytes.Buffer
	enc := json.NewEncoder(&buf)
	enc.SetEscapeHTML(false)
	err := enc.Encode(v)
	return strings.TrimSuffix(buf.String(), "\n"), err
}

// float writes a number with a point: YAML 1.1 takes 5e-05 for a string.
func float(v float64) string {
	s := strconv.FormatFloat(v, 'g', -1, 64)
	mantissa, exponent, found := strings.Cut(s, "e")
	if !strings.Contains(mantissa, ".") {
		mantissa += ".0"
	}
	if found {
		return mantissa + "e" + exponent
	}
	return mantissa
}

// Shell writes a command so that a POSIX shell reads the same words.
func Shell(argv []string) string {
	words := make([]string, len(argv))
	for i, w := range argv {
		words[i] = w
		if w == "" || strings.Trim(w, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789-_./=,:+@%") != "" {
			words[i] = "'" + strings.ReplaceAll(w, "'", `'\''`) + "'"
		}
	}
	return strings.Join(words, " ")
}
