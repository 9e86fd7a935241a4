package card

import (
	"bytes"
	"flag"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/transforms/curate"
	"decoy/transforms/judge"
	"decoy/transforms/report"

	"go.yaml.in/yaml/v3"
)

var update = flag.Bool("update", false, "write the golden files")

func ptr[T any](v T) *T { return &v }

const recipe = `# built in /home/someone/secret
name: demo
archives: [/home/someone/src/*.tar.gz] # mine
identities: {/home/someone/x.zip: {repo: a, commit: b}}
shards: 2
generate:
  invented_share: 0.2
  panel:
    - {name: rules, provider: rules}
    # - {name: old, base_url: http://10.0.0.1}
    - {name: a, provider: openai, base_url: http://10.0.0.7/v1, model: m-7b, api_key_env: SECRET_KEY, rpm: 3000, tpm: 9, concurrency: 256, temperature: 0.8, timeout: 60s, usd_per_mtok: {in: 1, out: 2}}
curate: {rows: 40, decontaminate: []}
budget_usd: 12
limiter: {redis: redis://10.0.0.9:6379, password_env: SECRET_KEY}
`

func fixture() Data {
	d := Data{
		Name: "demo", Recipe: recipe, CodeVersion: 1, SchemaVersion: 1, Inputs: 41, Fingerprint: "0f3a",
		Files: []schemas.File{
			{Name: "ATTRIBUTION.jsonl", Records: 40},
			{Name: "llamafactory/sft/train-00000-of-00002.parquet", Records: 30},
			{Name: "test-00000-of-00002.parquet", Records: 0}, {Name: "test-00001-of-00002.parquet", Records: 0},
			{Name: "train-00001-of-00002.parquet", Records: 20}, {Name: "train-00000-of-00002.parquet", Records: 0},
			{Name: "train-00000-of-00002.jsonl.zst", Records: 0}, {Name: "train-00001-of-00002.jsonl.zst", Records: 20},
			{Name: "train-00001-of-00002.tfrecord.gz", Records: 20},
			{Name: "validation-00000-of-00002.parquet", Records: 7},
			{Name: "trl/sft/train-00000-of-00002.parquet", Records: 30}, {Name: "trl/sft/validation-00000-of-00002.parquet", Records: 5}, {Name: "trl/sft/test-00000-of-00002.parquet", Records: 0},
			{Name: "trl/pairs/train.parquet", Records: 18}, {Name: "control/train-00000-of-00002.parquet", Records: 20}, {Name: "control/trl/pairs/train-00000-of-00002.parquet", Records: 18},
		},
		Splits:     []report.Split{{Name: "train", Groups: 5, Repositories: 6, Pairs: 18, General: 12}, {Name: "validation", Groups: 1, Repositories: 1, Pairs: 4, General: 3}},
		Notes:      []string{"rust: all rows are in train, since its repositories form only 1 group"},
		Licenses:   []report.Count{{Name: "Apache-2.0", N: 20}, {Name: "MIT OR Apache-2.0", N: 7}, {Name: "0BSD", N: 1}},
		Generators: []Member{{Name: "rules", Provider: "rules", N: 15}, {Name: "a|b", Provider: "openai", Model: "m-7b", Prompt: "generate-3", N: 7, Paid: true, Terms: "outputs may train any model"}, {Name: "silent", Provider: "openai", Model: "x", Paid: true}},
		Judges:     []Member{{Name: "ngram", Provider: "ngram", N: 90}},
		Statuses:   []Status{{"certified", 40, 12}, {"unseen", 30, 10}, {"abstain", 20, 0}, {"exists", 10, 0}},
		Hard: []report.HardFor{
			{Judge: "ngram", Counts: true, GoldenOnly: ptr(0.7), ShorterWins: ptr(0.61), Rates: []judge.SliceRate{
				{Trait: judge.Trait{By: judge.ByAll}, N: 38, Rate: 0.4, Low: 0.2, High: 0.6, Near: ptr(0.5)},
				{Trait: judge.Trait{By: judge.ByLength, Value: judge.Equal}, N: 12, Rate: 0.25, Low: 0.1, High: 0.5},
				{Trait: judge.Trait{By: judge.ByTrick, Value: "not shown"}, N: 1},
			}},
			{Judge: "small", Model: "a/model", Size: "30M", Rates: []judge.SliceRate{{Trait: judge.Trait{By: judge.ByAll}, N: 3}}},
			{Judge: "other", Model: "b/model", Rates: []judge.SliceRate{{Trait: judge.Trait{By: judge.ByAll}, N: 3}}},
		},
		Hardness:  []report.Hardness{{Generator: "rules", Type: "import", Real: 30, RealRate: ptr(0.43), Invented: 8, InventedRate: nil}},
		Controls:  []judge.ControlRate{{Judge: "ngram", Valid: 100, Accepted: 94, Low: 0.875, High: 0.972, Chance: 0.5}},
		Costs:     []report.Cost{{Generator: "a|b", Type: "import", GenerateUSD: ptr(1.5), JudgeUSD: ptr(0.5), Selected: 8}, {Generator: "a|b", JudgeUSD: ptr(0.0)}},
		Probe:     curate.ProbeResult{Pairs: 22, Accuracy: 0.55, Low: 0.5, High: 0.6},
		Selection: Selection{Rows: 40, Accept: []schemas.Status{"certified", "unseen"}, MaxPerRepo: 500, PerContext: 1, GeneralShare: 0.4, Off: []report.Off{{Language: "cpp", Type: "import", Reason: "hand check"}}},
		Limits:    []string{"one\nlimit of this build"},
	}
	d.Rows = append(d.Rows, []Rows{
		{"validation", schemas.Go, schemas.TypeMethod, 4}, {"validation", schemas.Go, "", 3},
		{"train", schemas.JavaScript, schemas.TypeMethod, 8}, {"train", schemas.Go, schemas.TypeImport, 6}, {"train", schemas.Go, schemas.TypeImport, 4}, {"train", schemas.Go, "", 12},
		{"test", schemas.Go, schemas.TypeImport, 0},
	}...)
	return d
}

func card(t *testing.T, d Data) string {
	t.Helper()
	b, err := Card(d)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// parts splits a card into its header and text.
func parts(t *testing.T, card string) (map[string]any, string) {
	t.Helper()
	rest, ok := strings.CutPrefix(card, "---\n")
	head, body, ok2 := strings.Cut(rest, "\n---\n")
	if !ok || !ok2 {
		t.Fatal("the card has no header")
	}
	var m map[string]any
	if err := yaml.Unmarshal([]byte(head), &m); err != nil {
		t.Fatalf("header: %v", err)
	}
	return m, body
}

func TestGolden(t *testing.T) {
	for name, d := range map[string]Data{"full": fixture(), "empty": {Name: "empty"}} {
		got := card(t, d)
		file := filepath.Join("testdata", name+".md")
		if *update {
			if err := os.WriteFile(file, []byte(got), 0o666); err != nil {
				t.Fatal(err)
			}
		}
		want, err := os.ReadFile(file)
		if err != nil {
			t.Fatalf("%v; run with -update", err)
		}
		if got != string(want) {
			t.Errorf("%s differs from the card; look at it and run with -update", file)
		}
	}
}

func TestHeader(t *testing.T) {
	d := fixture()
	head, _ := parts(t, card(t, d))
	for k, want := range map[string]any{
		"license": []any{"apache-2.0", "mit", "other"}, "language": []any{"code"},
		"pretty_name": "decoy demo", "size_categories": []any{"n<1K"},
	} {
		if !reflect.DeepEqual(head[k], want) {
			t.Errorf("%s is %v, want %v", k, head[k], want)
		}
	}
	type files = []any
	want := []any{
		map[string]any{"config_name": "default", "default": true, "data_files": files{
			map[string]any{"split": "train", "path": "train-*.parquet"}, map[string]any{"split": "validation", "path": "validation-*.parquet"}}},
		map[string]any{"config_name": "sft", "data_files": files{
			map[string]any{"split": "train", "path": "trl/sft/train-*.parquet"}, map[string]any{"split": "validation", "path": "trl/sft/validation-*.parquet"}}},
		map[string]any{"config_name": "pairs", "data_files": files{map[string]any{"split": "train", "path": "trl/pairs/train.parquet"}}},
		map[string]any{"config_name": "control", "data_files": files{map[string]any{"split": "train", "path": "control/train-*.parquet"}}},
		map[string]any{"config_name": "control_pairs", "data_files": files{map[string]any{"split": "train", "path": "control/trl/pairs/train-*.parquet"}}},
	}
	if !reflect.DeepEqual(head["configs"], want) {
		t.Errorf("configs %v", head["configs"])
	}
	for _, c := range newConfigs(d.Files) {
		for _, f := range c.DataFiles {
			if !slices.ContainsFunc(d.Files, func(x schemas.File) bool {
				ok, err := path.Match(f.Path, x.Name)
				return ok && err == nil && x.Records > 0
			}) {
				t.Errorf("%s: no file with rows matches %s", c.Name, f.Path)
			}
		}
	}
	if got := newConfigs([]schemas.File{{Name: "train-00000-of-00001.jsonl.zst", Records: 1}}); len(got) != 1 || got[0].DataFiles[0].Path != "train-*.jsonl.zst" {
		t.Errorf("without Parquet: %+v", got)
	}
	if got := newConfigs([]schemas.File{{Name: "train-00000-of-00001.tfrecord.gz", Records: 1}}); got != nil {
		t.Errorf("from TFRecord alone: %+v", got)
	}
}

// What belongs to a machine or an account must not be published, and what changes
// none of the rows must not change the card.
func TestNothingPrivate(t *testing.T) {
	base := card(t, fixture())
	for _, secret := range []string{"/home", "SECRET_KEY", "10.0.0", "3000", "256", "60s", "budget", "usd_per", "redis"} {
		if strings.Contains(base, secret) {
			t.Errorf("the card has %q", secret)
		}
	}
	for _, want := range []string{"invented_share: 0.2", "model: m-7b", "temperature: 0.8", "name: rules"} {
		if !strings.Contains(base, want) {
			t.Errorf("the recipe lost %q", want)
		}
	}
	d := fixture()
	d.Recipe = strings.NewReplacer("/home/someone", "/elsewhere", "256", "1", "SECRET_KEY", "K", "10.0.0.7", "h", "10.0.0.9", "r", "budget_usd: 12", "budget_usd: null", "# mine", "").Replace(recipe)
	if card(t, d) != base {
		t.Error("limits, keys or paths of a recipe change the card")
	}
	d.Recipe = strings.Replace(recipe, "m-7b", "m-8b", 1)
	if card(t, d) == base {
		t.Error("the model does not show")
	}
	d = fixture()
	slices.Reverse(d.Files)
	slices.Reverse(d.Rows)
	if card(t, d) != base {
		t.Error("the order of files or rows changes the card")
	}
}

func TestCardSays(t *testing.T) {
	_, body := parts(t, card(t, fixture()))
	for _, want := range []string{
		"**NOT decontaminated**", "37 rows, 15 of them general", "JavaScript is not in the Delulu", "| certificate", "2606.03130",
		"TFRecord holds 32-bit floats", "| go | 10 | 0 | 0 | 0 | 12 | 22 |", "| **all** | 10 | 8 | 0 | 0 | 12 | **30** |", "rust: all rows are in train",
		`a\|b`, "one limit of this build", "cpp × import is switched off: hand check", "zstdcat train-00001-of-00002.jsonl.zst", "no limit a golden text",
		`load_dataset("OUT/export", "pairs")`, "`sft`, `pairs`, `control_pairs` hold whole prompts", "are a random arm", "outputs may train any model", "not stated in the recipe",
		"How hard for a model of 30M parameters (a/model)", "| length | equal | 12 |", "decoy_sft", "code version 1", "fingerprint `0f3a`",
	} {
		if !strings.Contains(strings.ReplaceAll(body, "`certificate`", "certificate"), strings.ReplaceAll(want, "`certificate`", "certificate")) {
			t.Errorf("the card does not say %q", want)
		}
	}
	if strings.Contains(body, "### test") {
		t.Error("a split without rows has a table")
	}
	d := fixture()
	d.Decontaminated = []string{"delulu", "safim"}
	_, body = parts(t, card(t, d))
	if !strings.Contains(body, "**decontaminated against: delulu, safim**") || strings.Contains(body, "NOT decontaminated") {
		t.Error("the benchmarks are not named")
	}
	d.Rows, d.Files, d.Generators = d.Rows[:2], nil, nil
	_, body = parts(t, card(t, d))
	for _, not := range []string{"JavaScript", "TFRecord", "load_dataset", "LLaMA", "built-in rules"} {
		if strings.Contains(body, not) {
			t.Errorf("the card speaks of %s, which this export lacks", not)
		}
	}
}

// Every row of a table must have as many cells as its head.
func TestTablesAreWhole(t *testing.T) {
	d := fixture()
	d.Generators[1].Model, d.Notes = "evil | `model`\n# x", []string{"a\nb"}
	_, body := parts(t, card(t, d))
	cells := func(line string) int { return strings.Count(strings.ReplaceAll(line, `\|`, ""), "|") }
	head, tables := 0, 0
	for _, line := range strings.Split(body, "\n") {
		switch {
		case !strings.HasPrefix(line, "|"):
			head = 0
		case head == 0:
			head, tables = cells(line), tables+1
		case cells(line) != head:
			t.Errorf("%q has %d cells, its head %d", line, cells(line), head)
		}
	}
	if tables != 12 {
		t.Errorf("%d tables", tables)
	}
}

func TestColumns(t *testing.T) {
	cols, err := columns()
	if err != nil {
		t.Fatal(err)
	}
	if len(cols) != len(descriptions) {
		t.Errorf("%d columns, %d descriptions", len(cols), len(descriptions))
	}
	for name, want := range map[string]string{"id": "string", "rejected": "string, nullable", "fool_rate": "float64, nullable", "judges": "int64"} {
		i := slices.IndexFunc(cols, func(c column) bool { return c.Name == name })
		if i < 0 || cols[i].Type != want {
			t.Errorf("column %s: %+v", name, cols)
		}
	}
}

func TestRecipeMustBeAMapping(t *testing.T) {
	for _, bad := range []string{"- a", "{", "text"} {
		d := fixture()
		d.Recipe = bad
		if _, err := Card(d); err == nil || !strings.Contains(err.Error(), "recipe") {
			t.Errorf("%q: %v", bad, err)
		}
	}
}

func TestFence(t *testing.T) {
	for text, want := range map[string]string{"": "```", "a`b": "```", "```": "````", "x ````` y ``": "``````"} {
		if got := fence(text); got != want {
			t.Errorf("%q: %q", text, got)
		}
	}
}

func TestHubLicenses(t *testing.T) {
	for _, tt := range []struct {
		in, want string
	}{
		{"MIT", "mit"}, {"MIT OR Apache-2.0", "apache-2.0 mit"}, {"(MIT OR Zlib) AND BSL-1.0", "bsl-1.0 mit zlib"},
		{"Apache-2.0 WITH LLVM-exception", "apache-2.0"}, {"0BSD", "other"}, {"MIT AND 0BSD", "mit other"}, {"", "other"},
	} {
		if got := strings.Join(hubLicenses(Data{Licenses: []report.Count{{Name: tt.in, N: 1}}}), " "); got != tt.want {
			t.Errorf("%q: %q, want %q", tt.in, got, tt.want)
		}
	}
}

func TestSizeCategory(t *testing.T) {
	for n, want := range map[int64]string{0: "n<1K", 999: "n<1K", 1000: "1K<n<10K", 100_000: "100K<n<1M", 2_473_312: "1M<n<10M", 20_000_000: "10M<n<100M"} {
		if got := sizeCategory(n); got != want {
			t.Errorf("%d: %s, want %s", n, got, want)
		}
	}
}

func TestAttribution(t *testing.T) {
	rows := []AttributionRow{
		{"b", "v1", "x.go", "MIT", 1}, {"a", "v2", "y<z>.go", "MIT OR Apache-2.0", 1}, {"b", "v1", "x.go", "MIT", 2}, {"a", "v1", "z.go", "ISC", 1}, {"b", "v1", "a.go", "MIT", 1},
	}
	want := `{"repo":"a","commit":"v1","path":"z.go","license":"ISC","contexts":1}
{"repo":"a","commit":"v2","path":"y<z>.go","license":"MIT OR Apache-2.0","contexts":1}
{"repo":"b","commit":"v1","path":"a.go","license":"MIT","contexts":1}
{"repo":"b","commit":"v1","path":"x.go","license":"MIT","contexts":3}
`
	for range 2 {
		got, err := Attribution(slices.Values(rows))
		if err != nil || string(got) != want {
			t.Errorf("%v\n%s", err, got)
		}
		slices.Reverse(rows)
	}
	if got, err := Attribution(slices.Values([]AttributionRow(nil))); err != nil || !bytes.Equal(got, nil) {
		t.Errorf("no rows: %q, %v", got, err)
	}
	for name, bad := range map[string][]AttributionRow{
		"two licences": {{"a", "v", "p", "MIT", 1}, {"a", "v", "p", "ISC", 1}}, "no repo": {{"", "v", "p", "MIT", 1}}, "no path": {{"a", "v", "", "MIT", 1}},
	} {
		if _, err := Attribution(slices.Values(bad)); err == nil {
			t.Errorf("%s: accepted", name)
		}
	}
}

// A set of code that was taken on somebody's word claims nothing.
func TestOwnTerms(t *testing.T) {
	d := fixture()
	d.OwnTerms = true
	head, body := parts(t, card(t, d))
	if want := []any{"other"}; !reflect.DeepEqual(head["license"], want) {
		t.Errorf("license is %v, want %v", head["license"], want)
	}
	if strings.Contains(body, "Only files under permissive licences") || !strings.Contains(body, "on the word of whoever built this set") {
		t.Error("the text claims permissive terms")
	}
}
