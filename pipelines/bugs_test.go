package pipelines

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"decoy/io/shard"
	"decoy/pipelines/bug"
	"decoy/pipelines/recipe"
	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/panel/faultserver"
)

// broken is one step that fails over one record.
type broken struct {
	step   string
	stage  string
	record string // its id, as the step has it
	lost   string // ids that begin so are lost with it, "" for the record alone
}

// whole is a build without a fault.
type whole struct {
	c         *corpus
	out       string
	r         recipe.Recipe
	contexts  []schemas.Context
	negatives []schemas.Negative
	rows      []schemas.Row
}

func newWhole(t *testing.T) whole {
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		if a.Judging() {
			return faultserver.OK(verdict)
		}
		return faultserver.OK(completion(renamed))
	})
	r := asked(t, s)
	r.Curate.Rows = 40
	c := newCorpus(t)
	for i, name := range []string{"a.tar.gz", "b.zip"} {
		entries := []entry{license(t, "MIT"), written(i)[3]}
		for _, e := range sourceFiles(t, i) {
			if slices.Contains([]string{".py", ".go", ".ts", ".java"}, filepath.Ext(e.path)) {
				entries = append(entries, e)
			}
		}
		c.add(t, name, fmt.Sprintf("example.org/owner%d/repo%d", i, i), "v1.0.0", entries)
	}
	w := whole{c: c, r: r, out: c.build(t, "direct", r)}
	w.contexts = records[schemas.Context](t, w.out, schemas.StageExtract, "contexts")
	w.negatives = records[schemas.Negative](t, w.out, schemas.StageGenerate, "negatives")
	for _, split := range schemas.Splits {
		w.rows = append(w.rows, records[schemas.Row](t, w.out, schemas.StageExport, string(split))...)
	}
	if len(w.negatives) < 20 || len(w.rows) < 5 {
		t.Fatalf("%d negatives, %d rows: too few to lose one", len(w.negatives), len(w.rows))
	}
	return w
}

// from copies the build without a stage and what follows it, and runs these.
func (w whole) from(t *testing.T, stage string) *Build {
	t.Helper()
	out := t.TempDir()
	for _, s := range schemas.Stages[:slices.Index(schemas.Stages, stage)] {
		if err := os.CopyFS(filepath.Join(out, s), os.DirFS(filepath.Join(w.out, s))); err != nil {
			t.Fatal(err)
		}
	}
	b := w.c.open(t, out, "direct", w.r)
	if err := b.RunStages(t.Context(), schemas.Stages...); err != nil {
		t.Fatalf("the build ended: %v", err)
	}
	return b
}

// negative is a generator's first one, with its context.
func (w whole) negative(generator string) (*schemas.Context, *schemas.Negative) {
	for i := range w.negatives {
		if w.negatives[i].Generator != generator {
			continue
		}
		for k := range w.contexts {
			if w.contexts[k].ID == w.negatives[i].ContextID {
				return &w.contexts[k], &w.negatives[i]
			}
		}
	}
	return nil, nil
}

// TestOneRecordEndsNothing lets each step of each stage panic over one record: the build
// ends well, the record is a reject with a bundle that reproduces it, and the others are
// what they were.
func TestOneRecordEndsNothing(t *testing.T) {
	w := newWhole(t)
	c, n := w.negative("rules")
	_, paid := w.negative("gen")
	if n == nil || paid == nil {
		t.Fatal("a generator made no negative")
	}
	file := c.Repo + "@" + c.Commit + "/" + c.Path
	repo := c.Repo + "@" + c.Commit
	pair, general := rowOf(w.rows, true), rowOf(w.rows, false)
	for _, b := range []broken{
		{step: "screen", stage: schemas.StageExtract, record: file},
		{step: "licence of a file", stage: schemas.StageExtract, record: file},
		{step: "parse", stage: schemas.StageExtract, record: file},
		{step: "spans", stage: schemas.StageExtract, record: file},
		{step: "symbols", stage: schemas.StageExtract, record: file},
		{step: "search for secrets", stage: schemas.StageExtract, record: file},
		{step: "tokens of the n-gram sample", stage: schemas.StageExtract, record: file, lost: "none"},
		{step: "licence file", stage: schemas.StageExtract, record: repo + "/LICENSE", lost: repo},
		{step: "package manifest", stage: schemas.StageExtract, record: repo + "/go.mod", lost: "none"},
		{step: "read archive", stage: schemas.StageExtract, record: repo, lost: repo},
		{step: "index of a repository for rules", stage: schemas.StageGenerate, record: c.Repo, lost: c.Repo},
		{step: "rules", stage: schemas.StageGenerate, record: c.ID},
		{step: "validity", stage: schemas.StageGenerate, record: c.ID},
		{step: "prompt of a generator", stage: schemas.StageGenerate, record: paid.ContextID},
		{step: "answer of a generator", stage: schemas.StageGenerate, record: paid.ContextID},
		{step: "index of a repository for certificates", stage: schemas.StageVerify, record: c.Repo, lost: c.Repo},
		{step: "certificate", stage: schemas.StageVerify, record: n.ID},
		{step: "n-gram judge", stage: schemas.StageJudge, record: n.ID},
		{step: "n-gram judge", stage: schemas.StageJudge, record: c.ID},
		{step: "pairing of a context with its negatives", stage: schemas.StageJudge, record: c.ID},
		{step: "prompt of a judge", stage: schemas.StageJudge, record: c.ID},
		{step: "answer of a judge", stage: schemas.StageJudge, record: n.ID},
		{step: "small row", stage: schemas.StageCurate, record: c.ID},
		{step: "small row", stage: schemas.StageCurate, record: n.ID},
		{step: "group of a repository", stage: schemas.StageCurate, record: c.Repo},
		{step: "row", stage: schemas.StageExport, record: pair.ID},
		{step: "row", stage: schemas.StageExport, record: general.ID},
		{step: "rows of a trainer", stage: schemas.StageExport, record: pair.ContextID},
	} {
		t.Run(b.stage+" "+b.step, func(t *testing.T) { w.breaks(t, b) })
	}
}

func rowOf(rows []schemas.Row, pair bool) schemas.Row {
	i := slices.IndexFunc(rows, func(r schemas.Row) bool { return (r.Rejected != nil) == pair })
	return rows[i]
}

func (w whole) breaks(t *testing.T, x broken) {
	var b *Build
	var bundles []string
	t.Run("broken", func(t *testing.T) {
		contain.Fault(t, func(step, id string) {
			if step == x.step && id == x.record {
				var nothing *Build
				nothing.Out = "" // panics as what it stands for would
			}
		})
		b = w.from(t, x.stage)
		b.Out = keep(t, b.Out)
		var err error
		if bundles, err = shard.List(t.Context(), filepath.Join(b.Out, bug.Folder), "*"); err != nil ||
			len(bundles) == 0 {
			t.Fatalf("no bundle: %v", err)
		}
		for _, f := range bundles {
			var said bytes.Buffer
			if failed, err := bug.Reproduce(t.Context(), f, &said); err != nil || !failed ||
				!strings.Contains(said.String(), "nil pointer") {
				t.Errorf("the bundle does not reproduce it: %v\n%s", err, said.String())
			}
			raw, err := os.ReadFile(f)
			if err != nil || !bytes.Contains(raw, []byte(bug.Notice)) || bytes.Contains(raw, []byte(apiKey)) ||
				bytes.Contains(raw, []byte(keyEnv)) {
				t.Errorf("bundle %s: %v", raw, err)
			}
		}
	})
	if t.Failed() {
		return
	}
	for _, f := range bundles {
		var said bytes.Buffer
		if failed, err := bug.Reproduce(t.Context(), f, &said); err != nil || failed ||
			!strings.Contains(said.String(), "mended") {
			t.Errorf("once mended: failed %v, %v\n%s", failed, err, said.String())
		}
	}
	rejects := records[schemas.Reject](t, b.Out, x.stage, "rejects")
	internal := slices.DeleteFunc(slices.Clone(rejects),
		func(r schemas.Reject) bool { return r.Reason != schemas.ReasonInternal })
	if len(internal) == 0 {
		t.Fatal("no reject")
	}
	for _, r := range internal {
		if r.ID != x.record || r.Stage != x.stage || !strings.HasPrefix(r.Detail, "pipelines/bugs_test.go:") ||
			!strings.Contains(r.Detail, "nil pointer") || strings.Contains(r.Detail, "0x") {
			t.Errorf("reject %+v", r)
		}
	}
	w.othersAreTheSame(t, b, x)
	w.counted(t, b, x, int64(len(internal)))
}

// keep moves a build out of the folder that goes with the inner test.
func keep(t *testing.T, out string) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "decoy-bugs")
	if err != nil {
		t.Fatal(err)
	}
	kept := filepath.Join(dir, "out")
	if err := os.Rename(out, kept); err != nil {
		t.Fatal(err)
	}
	return kept
}

// counted: the build's summary, its report and --strict.
func (w whole) counted(t *testing.T, b *Build, x broken, n int64) {
	t.Helper()
	t.Cleanup(func() { os.RemoveAll(filepath.Dir(b.Out)) })
	all := b.RunInfo.InternalErrors
	if len(all) != 1 || all[0].Stage != x.stage || all[0].N != n ||
		!strings.HasPrefix(all[0].Place, "pipelines/bugs_test.go:") {
		t.Errorf("counted %+v, want %d", all, n)
	}
	raw, err := os.ReadFile(filepath.Join(b.Out, "run.json"))
	if err != nil {
		t.Fatal(err)
	}
	var run RunInfo
	if err := json.Unmarshal(raw, &run); err != nil || len(run.InternalErrors) != 1 {
		t.Errorf("run.json: %+v, %v", run.InternalErrors, err)
	}
	page, err := os.ReadFile(filepath.Join(b.Out, "report.html"))
	if err != nil {
		t.Fatal(err)
	}
	head, _, _ := bytes.Cut(page, []byte(`<dl class="figures">`))
	if !bytes.Contains(head, []byte("decoy itself failed")) || !bytes.Contains(head, []byte("pipelines/bugs_test.go")) {
		t.Error("the report's first lines do not say it")
	}
	strict := w.c.open(t, b.Out, "direct", w.r)
	strict.Strict = true
	var alerts []string
	strict.Warned = func(level, text string) { alerts = append(alerts, level+": "+text) }
	if err := strict.RunStages(t.Context(), schemas.Stages...); !errors.Is(err, ErrInternal) {
		t.Errorf("strict ends with %v", err)
	}
	if !slices.ContainsFunc(alerts, func(a string) bool { return strings.HasPrefix(a, LevelError) }) {
		t.Error("no line in red")
	}
}

// othersAreTheSame compares the stage's records with those of the whole build.
func (w whole) othersAreTheSame(t *testing.T, b *Build, x broken) {
	t.Helper()
	lost := x.lost
	if lost == "" {
		lost = x.record
	}
	gone := func(ids ...string) bool {
		return slices.ContainsFunc(ids, func(id string) bool { return id != "" && strings.HasPrefix(id, lost) })
	}
	others := 1
	switch x.stage {
	case schemas.StageExtract:
		others = same(t, w.out, b.Out, x.stage, "contexts", func(c schemas.Context) bool {
			return gone(c.Repo +
				"@" + c.Commit + "/" + c.Path)
		})
	case schemas.StageGenerate:
		repos := map[string]string{}
		for _, c := range w.contexts {
			repos[c.ID] = c.Repo
		}
		others = same(t, w.out, b.Out, x.stage, "negatives", func(n schemas.Negative) bool {
			return gone(n.ID,
				n.ContextID, repos[n.ContextID])
		})
	case schemas.StageVerify:
		repos := map[string]string{}
		for _, c := range w.contexts {
			repos[c.ID] = c.Repo
		}
		others = same(t, w.out, b.Out, x.stage, "certificates",
			func(c schemas.Certificate) bool { return gone(c.NegativeID, repos[c.ContextID]) })
	case schemas.StageJudge:
		others = same(t, w.out, b.Out, x.stage, "verdicts",
			func(v schemas.Verdict) bool { return gone(schemas.OrEmpty(v.NegativeID), v.ContextID) })
	case schemas.StageCurate:
		for _, s := range records[schemas.Selected](t, b.Out, x.stage, "selection") {
			if gone(s.ContextID, schemas.OrEmpty(s.NegativeID), s.Repo) {
				t.Errorf("selected: %+v", s)
			}
		}
	case schemas.StageExport:
		others = 0
		for _, split := range schemas.Splits {
			others += same(t, w.out, b.Out, x.stage, string(split), func(r schemas.Row) bool {
				return x.step == "row" &&
					gone(r.ID)
			})
		}
	}
	if others == 0 {
		t.Error("there are no other records")
	}
}

func same[T any](t *testing.T, whole, broken, stage, what string, gone func(T) bool) int {
	t.Helper()
	lines := func(out string) []string {
		var all []string
		for _, r := range records[T](t, out, stage, what) {
			if gone(r) {
				continue
			}
			raw, err := json.Marshal(r)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, string(raw))
		}
		slices.Sort(all)
		return all
	}
	want, got := lines(whole), lines(broken)
	if !slices.Equal(want, got) {
		t.Errorf("%s: %d other records, %d without the fault", what, len(got), len(want))
	}
	return len(want)
}

// TestAnAnswerThatCannotBeRead costs one request: the pool of calls and all others go on,
// and it is not sent again.
func TestAnAnswerThatCannotBeRead(t *testing.T) {
	s := serve(t, func(a faultserver.Arrival) faultserver.Step {
		if a.Judging() {
			return faultserver.OK(verdict)
		}
		return faultserver.OK(completion(renamed))
	})
	c := newCorpus(t)
	c.add(t, "a.tar.gz", "o/a", "v1", append([]entry{license(t, "MIT")}, sourceFiles(t, 1)...))
	for _, member := range []string{"gen", "jud"} {
		t.Run(member, func(t *testing.T) {
			var once sync.Once
			contain.Fault(t, func(step, id string) {
				if step == "read answer" && id == member {
					once.Do(func() { panic("an answer") })
				}
			})
			b := c.open(t, t.TempDir(), "direct", asked(t, s))
			if err := b.RunStages(t.Context(), schemas.Stages[:4]...); err != nil {
				t.Fatal(err)
			}
			stage := map[string]string{"gen": schemas.StageGenerate, "jud": schemas.StageJudge}[member]
			n := 0
			for _, r := range records[schemas.Reject](t, b.Out, stage, "rejects") {
				if r.Reason == schemas.ReasonInternal {
					n++
					if r.Generator != member || !strings.HasPrefix(r.Detail, "pipelines/bugs_test.go:") ||
						!strings.HasSuffix(r.Detail, ": an answer") {
						t.Errorf("%+v", r)
					}
				}
			}
			if all := b.RunInfo.InternalErrors; n != 1 || len(all) != 1 || all[0].N != 1 || all[0].Stage != stage {
				t.Errorf("%d rejects, counted %+v", n, all)
			}
			var said bytes.Buffer
			if failed, err := bug.Reproduce(t.Context(), only(t, b.Out), &said); err != nil || failed {
				t.Errorf("%v, %v\n%s", failed, err, said.String())
			}
		})
	}
}
