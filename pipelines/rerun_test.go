package pipelines

import (
	"os"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"decoy/io/shard"
	"decoy/pipelines/recipe"
	"decoy/schemas"
)

func TestSameBytes(t *testing.T) {
	c := ordinary(t, 3)
	r := parsed(t, narrow)
	old := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(old)
	one := c.build(t, "direct", r)
	t.Run("GOMAXPROCS 1 and 4", func(t *testing.T) {
		runtime.GOMAXPROCS(4)
		sameBytes(t, "GOMAXPROCS 1 and 4", one, c.build(t, "direct", r))
	})
	t.Run("direct and prism", func(t *testing.T) {
		runtime.GOMAXPROCS(2)
		sameBytes(t, "direct and prism", one, c.build(t, "prism", r))
	})
	t.Run("other paths, another budget", func(t *testing.T) {
		moved := *c
		moved.dir = t.TempDir()
		if err := os.CopyFS(moved.dir, os.DirFS(c.dir)); err != nil {
			t.Fatal(err)
		}
		other := r
		other.Archives, other.BudgetUSD = []string{moved.dir + "/*"}, new(float64)
		sameBytes(t, "other paths and budget", one, moved.build(t, "direct", other))
	})
}

// touched are the times at which a stage's done records were written.
func touched(t *testing.T, out, stage string) map[string]int64 {
	t.Helper()
	paths, err := shard.List(t.Context(), filepath.Join(out, stage, "_done"), "*.json")
	if err != nil {
		t.Fatal(err)
	}
	times := map[string]int64{}
	for _, p := range paths {
		st, err := os.Stat(p)
		if err != nil {
			t.Fatal(err)
		}
		times[filepath.Base(p)] = st.ModTime().UnixNano()
	}
	return times
}

func TestRunAgain(t *testing.T) {
	c := ordinary(t, 3)
	r := parsed(t, narrow)
	out := c.build(t, "direct", r)
	// run builds again and returns the stages of which a shard was done.
	replace := false
	run := func(t *testing.T, edit func(*recipe.Recipe)) []string {
		t.Helper()
		before := map[string]map[string]int64{}
		for _, s := range schemas.Stages {
			before[s] = touched(t, out, s)
		}
		other := r
		edit(&other)
		b := c.open(t, out, "direct", other)
		b.Replace = replace
		if err := b.RunStages(t.Context(), schemas.Stages...); err != nil {
			t.Fatal(err)
		}
		var redone []string
		for _, s := range schemas.Stages {
			if !reflect.DeepEqual(before[s], touched(t, out, s)) {
				redone = append(redone, s)
			}
		}
		return redone
	}
	same := func(*recipe.Recipe) {}
	if got := run(t, same); got != nil {
		t.Errorf("the same command did %v again", got)
	}
	for _, step := range []struct {
		name string
		edit func(*recipe.Recipe)
		want []string
	}{
		{"rows", func(r *recipe.Recipe) { r.Curate.Rows = 100 }, schemas.Stages[4:]},
		{"shards", func(r *recipe.Recipe) { r.Shards = 2 }, schemas.Stages},
		{"budget and archives' paths", func(r *recipe.Recipe) {
			r.Shards, r.BudgetUSD, r.Archives = 2,
				new(float64), []string{"elsewhere"}
		}, nil},
		{"name", func(r *recipe.Recipe) { r.Shards, r.Name = 2, "other" }, schemas.Stages[5:]},
	} {
		replace = step.name == "name" // another build, as far as OUT is concerned
		if got := run(t, step.edit); !slices.Equal(got, step.want) {
			t.Errorf("changed %s: did %v again, want %v", step.name, got, step.want)
		}
	}
	run(t, same)
	replace = false
	fresh := c.build(t, "direct", r)
	sameBytes(t, "a fresh build and one after other recipes", fresh, out)

	t.Run("what is lost is made again", func(t *testing.T) {
		for _, lost := range []struct{ path, stage string }{
			{"extract/names-go.jsonl.zst", schemas.StageExtract}, {"generate/negatives-00001-of-00003.jsonl.zst",
				schemas.StageGenerate},
			{"curate/shift.json", schemas.StageCurate}, {"export/README.md", schemas.StageExport},
		} {
			if err := os.Remove(filepath.Join(out, lost.path)); err != nil {
				t.Fatal(err)
			}
			if got := run(t, same); !slices.Equal(got, []string{lost.stage}) {
				t.Errorf("without %s: did %v again", lost.path, got)
			}
		}
		sameBytes(t, "a fresh build and a mended one", fresh, out)
	})

	t.Run("interrupted under another recipe", func(t *testing.T) {
		other := r
		other.Shards, other.Extract.MaxPerFile = 2, 3
		if err := c.open(t, out, "direct", other).RunStages(t.Context(), schemas.StageExtract); err != nil {
			t.Fatal(err)
		}
		// The negatives are of contexts that are no longer there.
		if err := c.open(t, out, "direct", other).RunStages(t.Context(), schemas.StageVerify); err == nil ||
			!strings.Contains(err.Error(), "run decoy generate again") {
			t.Errorf("verify beside another extract: %v", err)
		}
		run(t, same)
		sameBytes(t, "a fresh build and one after half of another", fresh, out)
	})

	t.Run("held", func(t *testing.T) {
		held, err := shard.Lock(t.Context(), out)
		if err != nil {
			t.Fatal(err)
		}
		defer held.Release(t.Context())
		err = c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...)
		if err == nil || !strings.Contains(err.Error(), "is in use by pid") {
			t.Errorf("error %v, want one that names the holder", err)
		}
	})

	t.Run("a stage before its inputs", func(t *testing.T) {
		err := c.open(t, t.TempDir(), "direct", r).RunStages(t.Context(), schemas.StageJudge)
		if err == nil || !strings.Contains(err.Error(), "run decoy extract first") {
			t.Errorf("error %v", err)
		}
	})
}

// TestAFinishedStageIsReadByItsManifest: its done records may be gone, as from a copy of a
// build, and what reads it goes on.
func TestAFinishedStageIsReadByItsManifest(t *testing.T) {
	c := ordinary(t, 2)
	r := parsed(t, narrow)
	want := c.build(t, "direct", r)
	out := t.TempDir()
	b := c.open(t, out, "direct", r)
	if err := b.RunStages(t.Context(), schemas.Stages[:4]...); err != nil {
		t.Fatal(err)
	}
	for _, stage := range schemas.Stages[:4] {
		if err := os.RemoveAll(filepath.Join(out, stage, "_done")); err != nil {
			t.Fatal(err)
		}
	}
	if err := c.open(t, out, "direct", r).RunStages(t.Context(), schemas.Stages...); err != nil {
		t.Fatal(err)
	}
	sameBytes(t, "without the records of the first stages", want, out)
}
