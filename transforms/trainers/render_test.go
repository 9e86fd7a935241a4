package trainers

import (
	"bytes"
	"flag"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "write testdata anew")

func options(method, trainer string) Options {
	return Options{
		Method: method, Trainer: trainer, Model: qwen, ModelPath: "/models/coder", Export: "/out/export", Run: "/runs/one",
		Counts: Counts{SFT: 100, Pairs: 60, General: 40, EvalSFT: 10, EvalPairs: 6, EvalGeneral: 4}, MaxLength: 777, Measured: true,
	}
}

func TestRender(t *testing.T) {
	for _, trainer := range Trainers {
		for _, method := range Methods {
			o := options(method, trainer)
			o.Slurm = []string{"--partition=gpu", "--time=02:00:00"}
			p, err := Render(o)
			if err != nil {
				t.Fatal(err)
			}
			for name, got := range p.Files {
				golden := filepath.Join("testdata", trainer+"-"+method, filepath.FromSlash(name))
				if *update {
					if err := os.MkdirAll(filepath.Dir(golden), 0o755); err != nil {
						t.Fatal(err)
					}
					if err := os.WriteFile(golden, got, 0o644); err != nil {
						t.Fatal(err)
					}
				}
				want, err := os.ReadFile(golden)
				if err != nil {
					t.Fatal(err)
				}
				if !bytes.Equal(got, want) {
					t.Errorf("%s differs from %s (go test -update writes it anew):\n%s", name, golden, got)
				}
			}
		}
	}
}

// What must hold for whatever is rendered, apart from the exact text.
func TestRenderHolds(t *testing.T) {
	for _, trainer := range Trainers {
		for _, method := range Methods {
			for _, lora := range []int{0, 16} {
				o := options(method, trainer)
				o.LoRARank = lora
				c := render(t, o)
				args, limit := c, "cutoff_len"
				if trainer == TRL {
					args, limit = c["args"].(map[string]any), "max_length"
				}
				name := trainer + " " + method
				if n := args[limit].(int); n < 777 || n > 777+cutoffSlack {
					t.Errorf("%s: %s %d", name, limit, n)
				}
				if _, isFloat := args["learning_rate"].(float64); !isFloat {
					t.Errorf("%s: learning rate %v", name, args["learning_rate"])
				}
				if method == MethodDPO && trainer == TRL && len(args["loss_type"].([]any)) != 2 {
					t.Errorf("%s: %v", name, args["loss_type"])
				}
				if method == MethodDPO && trainer == LLaMAFactory && args["pref_ftx"] != 1.0 {
					t.Errorf("%s: pref_ftx %v", name, args["pref_ftx"])
				}
				if trainer == LLaMAFactory && (c["template"] != "empty" || c["train_on_prompt"] != false) {
					t.Errorf("%s: template %v, train_on_prompt %v", name, c["template"], c["train_on_prompt"])
				}
				if trainer == TRL && (c["train_general_files"] != nil) != (method != MethodSFT) {
					t.Errorf("%s: general files %v", name, c["train_general_files"])
				}
			}
		}
	}
}

// render returns the parsed configuration. PyYAML follows YAML 1.1, where a number
// with an exponent needs a point, which yaml v3 does not ask for.
func render(t *testing.T, o Options) map[string]any {
	t.Helper()
	p, err := Render(o)
	if err != nil {
		t.Fatal(err)
	}
	data := p.Files[configFile(o.Trainer)]
	if m := regexp.MustCompile(`(?m)^[^#\n]*[ \[]\d+e-?\d+`).Find(data); m != nil {
		t.Errorf("%q is a string in YAML 1.1", m)
	}
	var c map[string]any
	if err := yaml.Unmarshal(data, &c); err != nil {
		t.Fatal(err)
	}
	return c
}

func TestRenderQuotes(t *testing.T) {
	o := options(MethodSFT, TRL)
	o.Run, o.Export, o.ModelPath = `/runs/it's "one": #1`, "/out/ü export", "/models/$HOME `x`"
	c := render(t, o)
	if c["model"] != o.Run+"/model" {
		t.Errorf("model %q", c["model"])
	}
	if f := c["train_files"].([]any)[0]; f != "/out/ü export/trl/sft/train-*.parquet" {
		t.Errorf("files %q", f)
	}
	p, err := Render(o)
	if err != nil {
		t.Fatal(err)
	}
	out, err := exec.Command("sh", "-c", `printf '%s\n' `+Shell(p.Prepare)).Output()
	if err != nil {
		t.Fatal(err)
	}
	if want := strings.Join(p.Prepare, "\n") + "\n"; string(out) != want {
		t.Errorf("a shell reads\n%swant\n%s", out, want)
	}
}

func TestRenderWithoutValidationRows(t *testing.T) {
	for _, method := range Methods {
		o := options(method, TRL)
		o.Counts.EvalSFT, o.Counts.EvalPairs, o.Counts.EvalGeneral = 0, 0, 0
		c := render(t, o)
		if c["eval_files"] != nil || c["eval_general_files"] != nil || c["args"].(map[string]any)["eval_strategy"] != "no" {
			t.Errorf("%s: %v", method, c)
		}
	}
}

func TestORPOWithoutGeneralRows(t *testing.T) {
	o := options(MethodORPO, LLaMAFactory)
	o.Counts.General = 0
	if c := render(t, o); o.NeedsGeneralFile() || c["dataset"] != EntryPairs || c["dataset_dir"] != "/out/export/llamafactory" {
		t.Errorf("%v in %v", c["dataset"], c["dataset_dir"])
	}
}

func TestCommands(t *testing.T) {
	o := options(MethodDPO, LLaMAFactory)
	o.GPUs, o.Batch = 4, 64
	p, err := Render(o)
	if err != nil {
		t.Fatal(err)
	}
	if got := Shell(p.Train); got != "python3 -m torch.distributed.run --standalone --nproc_per_node 4 -m llamafactory.launcher /runs/one/llamafactory.yaml" {
		t.Error(got)
	}
	if got := Shell(p.Check); !strings.Contains(got, "--limit 777") || !strings.Contains(got, "--pairs") {
		t.Error(got)
	}
	if c := render(t, o); c["gradient_accumulation_steps"] != 16 {
		t.Errorf("accumulation %v", c["gradient_accumulation_steps"])
	}
	o.Trainer, o.CPU, o.GPUs = TRL, true, 1
	if p, err = Render(o); err != nil || Shell(p.Train) != "python3 /runs/one/scripts/train_trl.py /runs/one/trl.yaml" {
		t.Errorf("%v, %v", p.Train, err)
	}
}

func TestValidate(t *testing.T) {
	tests := []struct {
		name   string
		change func(*Options)
		want   string
	}{
		{"method", func(o *Options) { o.Method = "ppo" }, "sft, dpo, orpo"},
		{"trainer", func(o *Options) { o.Trainer = "axolotl" }, "trl, llamafactory"},
		{"model", func(o *Options) { o.Model = Model{} }, "model family"},
		{"relative path", func(o *Options) { o.Run = "runs/one" }, "run folder"},
		{"line in a path", func(o *Options) { o.ModelPath = "/a\nb" }, "model:"},
		{"learning rate", func(o *Options) { o.LearningRate = -1 }, "learning rate"},
		{"beta", func(o *Options) { o.Beta = math.NaN() }, "beta"},
		{"NLL", func(o *Options) { o.SFTWeight = -0.1 }, "NLL"},
		{"batch", func(o *Options) { o.Batch, o.PerDevice = 10, 4 }, "multiple of 4"},
		{"negative device rows", func(o *Options) { o.PerDevice = -1 }, "rows a device"},
		{"rank", func(o *Options) { o.LoRARank = -1 }, "rank"},
		{"slurm", func(o *Options) { o.Slurm = []string{"--x\nrm"} }, "slurm"},
		{"no length", func(o *Options) { o.MaxLength = 0 }, "longest row"},
		{"no rows", func(o *Options) { o.Method, o.Counts.SFT = MethodSFT, 0 }, "no supervised"},
		{"no pairs", func(o *Options) { o.Counts.Pairs = 0 }, "no training pairs"},
		{"DPO without general rows", func(o *Options) { o.Counts.General = 0 }, "general_share"},
	}
	for _, tt := range tests {
		o := options(MethodDPO, TRL)
		tt.change(&o)
		if _, err := Render(o); err == nil || !strings.Contains(err.Error(), tt.want) {
			t.Errorf("%s: %v", tt.name, err)
		}
	}
	if _, err := Render(options(MethodDPO, TRL)); err != nil {
		t.Error(err)
	}
}

func TestDatasetInfo(t *testing.T) {
	const want = `{
  "decoy_pairs": {
    "file_name": "pairs",
    "ranking": true,
    "columns": {
      "prompt": "prompt",
      "chosen": "chosen",
      "rejected": "rejected"
    }
  },
  "decoy_sft": {
    "file_name": "sft",
    "columns": {
      "prompt": "prompt",
      "response": "completion"
    }
  }
}
`
	if got := string(DatasetInfo()); got != want {
		t.Errorf("got %s", got)
	}
}

func TestFloat(t *testing.T) {
	for v, want := range map[float64]string{5e-5: "5.0e-05", 0.1: "0.1", 1: "1.0", 2.5e-7: "2.5e-07", 1e9: "1.0e+09"} {
		if got := float(v); got != want {
			t.Errorf("%v: %s, want %s", v, got, want)
		}
	}
}
