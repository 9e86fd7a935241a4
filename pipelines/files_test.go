package pipelines

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/join"
	"decoy/pipelines/work"
	"decoy/schemas"
)

func put(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// stray are the files of a build's stages that neither their manifests nor their done
// records name.
func stray(t *testing.T, out string) []string {
	t.Helper()
	var left []string
	for _, stage := range schemas.Stages {
		m, err := shard.ReadManifest(t.Context(), filepath.Join(out, stage))
		if err != nil {
			t.Fatal(err)
		}
		names, err := namesIn(t.Context(), filepath.Join(out, stage))
		if err != nil {
			t.Fatal(err)
		}
		for _, name := range names {
			if name != "manifest.json" && name != shard.LeftoverName && !slices.ContainsFunc(m.Shards,
				func(f schemas.File) bool { return f.Name == name }) {
				left = append(left, stage+"/"+name)
			}
		}
	}
	return left
}

// TestNamesOfFiles holds the list of what stages write to what they do write.
func TestNamesOfFiles(t *testing.T) {
	c := ordinary(t, 3)
	out := c.build(t, "direct", parsed(t, narrow))
	for _, stage := range schemas.Stages {
		m, err := shard.ReadManifest(t.Context(), filepath.Join(out, stage))
		if err != nil {
			t.Fatal(err)
		}
		mine, err := flow.Stage{Names: stageFiles(stage)}.Written(3)
		if err != nil {
			t.Fatal(err)
		}
		other, err := flow.Stage{Names: stageFiles(stage)}.Written(4)
		if err != nil {
			t.Fatal(err)
		}
		for _, f := range m.Shards {
			if !mine(f.Name) && stage+"/"+f.Name != "judge/"+join.RoundName(0) { // which is noted
				t.Errorf("%s/%s is not in the list of stageFiles", stage, f.Name)
			}
			if strings.Contains(f.Name, "-of-") && other(f.Name) {
				t.Errorf("%s/%s is taken for a file of another number of shards", stage, f.Name)
			}
		}
		for _, name := range []string{
			"customers.csv", "customers-00000-of-00003.parquet", "keep.md", "parts/keep.md", ".foo.tmp",
			"x/contexts-00000-of-00003.jsonl.zst", "contexts-00000-of-00003.jsonl",
			"rounds/2.json", "parts/state-00012.json", "parts/candidates-00012.jsonl.zst",
			"parts/rows-00012-00001.jsonl.zst", "ngrams-go-77.bin",
			"contexts-00003-of-00003.jsonl.zst", "train-00004-of-00003.parquet",
		} {
			if mine(name) {
				t.Errorf("%s/%s is taken for decoy's", stage, name)
			}
		}
	}
	for stage, names := range map[string][]string{
		schemas.StageExtract: {"parts/candidates-task00012-of-00003.jsonl.zst", "parts/state-task00012-of-00003.json",
			"parts/rows-task00012-00001-of-00003.jsonl.zst", "parts/names-go-00001-of-00003.jsonl.zst"},
		schemas.StageJudge:    {"verdicts-r2-00000-of-00003.jsonl.zst", "rounds/2-00001-of-00003.json"},
		schemas.StageCurate:   {"parts/rows-00001-of-00003.jsonl.zst", "parts/benchmarks.jsonl.zst"},
		schemas.StageGenerate: {"unlabelled-00002-of-00003.jsonl.zst"},
	} {
		for _, name := range names {
			if mine, err := (flow.Stage{Names: stageFiles(stage)}).Written(3); err != nil || !mine(name) {
				t.Errorf("%s/%s is not in the list of stageFiles", stage, name)
			}
		}
	}
	if left := stray(t, out); left != nil {
		t.Errorf("no record names %v", left)
	}
}

// A build of another recipe is killed at any moment: what it and the one before it have
// written is gone at the end of the next, and what a user put there is not.
func TestNothingIsOrphaned(t *testing.T) {
	c := ordinary(t, 3)
	r := parsed(t, narrow)
	out := c.build(t, "direct", r)
	mine := map[string]string{}
	for _, name := range []string{
		"export/customers.csv", "curate/keep.md", "curate/parts/keep.md", "verify/test.go", "judge/rounds/notes.json",
		"extract/parts/.foo.tmp",
		"generate/negatives-00001-of-00009.jsonl.zst.bak", "export/data.tmp-1-0123456789abcdef",
		"export/train-00000-of-00009.parquet", "notes.txt",
		"judge/_budget/README", "judge/_stopped/notes.json",
		"judge/rounds/9.json", "extract/parts/state-00042.json", "extract/parts/candidates-00042.jsonl.zst",
		"extract/parts/rows-00042-00001.jsonl.zst", "extract/contexts-00007-of-00003.jsonl.zst",
		"extract/ngrams-go-77.bin",
	} {
		mine[name] = "mine"
		put(t, filepath.Join(out, name), "mine")
	}
	other := r
	other.Shards, other.Curate.Rows = 2, 20
	b := c.open(t, out, "direct", other)
	// Killed when the records of the old build are gone, its files are there, and shards
	// have written files of the new one.
	for _, name := range schemas.Stages {
		s := &stage{b: b, name: name, fingerprint: strings.Repeat("ab", 32)}
		if name == schemas.StageJudge {
			s.notes = []string{join.RoundName(0), join.RoundName(1), join.RoundName(2)}
		}
		if _, err := flow.Begin(t.Context(), s.shards()); err != nil {
			t.Fatal(err)
		}
		if records, err := shard.DoneRecords(t.Context(), b.dir(name)); err != nil || len(records) > 0 {
			t.Fatalf("%v, %v", records, err)
		}
	}
	for _, name := range []string{
		"extract/contexts-00001-of-00002.jsonl.zst", "extract/parts/candidates-task00019-of-00002.jsonl.zst",
		"judge/rounds/3.json", "judge/verdicts-r2-00000-of-00002.jsonl.zst",
		"curate/parts/rows-00000-of-00002.jsonl.zst", "export/train-00001-of-00002.parquet",
		"export/trl/sft/train-00001-of-00002.parquet",
		"export/train-00001-of-00002.parquet.decoy-tmp-77-0123456789abcdef",
		"export/train-00001-of-00002.parquet.tmp-77-0123456789abcdef",
	} {
		put(t, filepath.Join(out, name), "left by a killed shard")
	}
	// A third build has other options again.
	third := r
	third.Curate.Rows = 30
	if err := c.open(t, out, "direct", third).RunStages(t.Context(), schemas.Stages...); err != nil {
		t.Fatal(err)
	}
	for name, content := range mine {
		if got, err := os.ReadFile(filepath.Join(out, name)); err != nil || string(got) != content {
			t.Errorf("%s: %q, %v", name, got, err)
		}
		if err := os.Remove(filepath.Join(out, name)); err != nil {
			t.Error(err)
		}
	}
	if left := stray(t, out); left != nil {
		t.Errorf("orphans: %v", left)
	}
	sameBytes(t, "a fresh build and one after two that were killed", c.build(t, "direct", third), out)
}

// A reader of verdicts takes those of the rounds that were run.
func TestVerdictsOfNoRound(t *testing.T) {
	c := ordinary(t, 3)
	r := parsed(t, narrow)
	out := c.build(t, "direct", r)
	put(t, filepath.Join(out, "judge", "verdicts-r2-00000-of-00003.jsonl.zst"), "of a shard that was killed")
	r.Curate.Rows = 40
	if err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...); err != nil {
		t.Error(err)
	}
}

// A user's file that stands in a build where decoy would write one stops the command.
func TestAFileInTheWay(t *testing.T) {
	c := ordinary(t, 1)
	r := parsed(t, narrow)
	for _, name := range []string{"report.html", "run.json", "export/README.md", "export/manifest.json",
		"extract/contexts-00000-of-00003.jsonl.zst", "curate/shift.json", "judge/rounds/1.json"} {
		out := filepath.Join(t.TempDir(), "out")
		if err := claim(t.Context(), out); err != nil {
			t.Fatal(err)
		}
		put(t, filepath.Join(out, name), `{"name": "mine"}`)
		err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...)
		var refused *shard.Refusal
		if !errors.As(err, &refused) || !strings.Contains(err.Error(), filepath.Join(out, name)) ||
			!strings.Contains(err.Error(), "move") {
			t.Errorf("%s: %v", name, err)
		}
		if got, err := os.ReadFile(filepath.Join(out, name)); err != nil || string(got) != `{"name": "mine"}` {
			t.Errorf("%s is now %q, %v", name, got, err)
		}
	}
}

func TestADryRunWritesNothing(t *testing.T) {
	c := ordinary(t, 1)
	for name, files := range map[string]map[string]string{"absent": nil, "empty": {}, "another's": {"a.txt": "x"}} {
		out := filepath.Join(t.TempDir(), "out")
		if files != nil {
			if err := os.Mkdir(out, 0o755); err != nil {
				t.Fatal(err)
			}
		}
		for n, content := range files {
			put(t, filepath.Join(out, n), content)
		}
		b := c.open(t, out, "direct", parsed(t, narrow))
		planned := errors.New("planned")
		b.DryRun, b.Run = true, func(context.Context, *beam.Pipeline,
			Job) (work.Metrics, error) {
			return work.Metrics{}, planned
		}
		err := b.RunStages(t.Context(), schemas.Stages...)
		var refused *shard.Refusal
		if len(files) > 0 != errors.As(err, &refused) || len(files) == 0 && !errors.Is(err, planned) {
			t.Errorf("%s: %v", name, err)
		}
		left, err := os.ReadDir(out)
		if files == nil && !errors.Is(err, fs.ErrNotExist) || len(left) != len(files) {
			t.Errorf("%s: it left %v, %v", name, left, err)
		}
	}
}

func TestDifferencesOfInputs(t *testing.T) {
	in := func(pairs ...string) (list []schemas.Input) {
		for _, p := range pairs {
			name, sum, _ := strings.Cut(p, "@")
			list = append(list, schemas.Input{Name: name, SHA256: sum})
		}
		return list
	}
	for _, c := range []struct {
		was, now []schemas.Input
		want     string
	}{
		{in("a@1", "b@2"), in("b@2", "a@1"), ""},
		{in("a@1"), in("a@2"), "1 changed (a)"},
		{in("a@1", "a@1"), in("a@1"), "1 changed (a)"},
		{in("a@1"), in("b@1", "c@1", "d@1", "e@1"), "4 added (b, c, d, …), 1 gone (a)"},
		{in(), in("a@1"), "1 added (a)"},
	} {
		if got := differences(c.was, c.now); got != c.want {
			t.Errorf("%v → %v: %q, want %q", c.was, c.now, got, c.want)
		}
	}
}
