package pipelines

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"decoy/io/archives"
	"decoy/io/rows"
	"decoy/pipelines/extraction"
	"decoy/pipelines/generation"
	"decoy/schemas"
	"decoy/transforms/curate"
	"decoy/transforms/edits"
	"decoy/transforms/panel"
	"decoy/transforms/panel/faultserver"
	"decoy/transforms/screen"
)

// ends runs stages and returns how they ended, and whether what must not be begun was.
func ends(t *testing.T, b *Build, stages ...string) *EmptyError {
	t.Helper()
	err := b.RunStages(t.Context(), stages...)
	var e *EmptyError
	if !errors.As(err, &e) {
		t.Fatalf("%v: %v is not that nothing came of it", stages, err)
	}
	if len(e.Reasons) == 0 || len(e.Reasons) > shownReasons {
		t.Errorf("%+v", e)
	}
	for _, r := range e.Reasons {
		if r.Remedy == "" || !strings.Contains(err.Error(), fmt.Sprintf("%s: %d; %s", r.Reason, r.N, r.Remedy)) {
			t.Errorf("%q does not say %+v", err, r)
		}
	}
	return e
}

// hasBegun tells whether a stage has written anything but the note that it may.
func hasBegun(t *testing.T, out, stage string) bool {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(out, stage, "[^.]*"))
	if err != nil {
		t.Fatal(err)
	}
	return len(files) > 0
}

// TestNothingToBuild: a stage that gives nothing ends the build there, before a
// generator is asked, and every time.
func TestNothingToBuild(t *testing.T) {
	c := newCorpus(t)
	c.add(t, "none.tar.gz", "o/none", "c", []entry{{path: "a.go", content: goFile("a")},
		{path: "b.go", content: goFile("b")}, {path: "b.py", content: "x = '\xff'\n"}, {path: "c.go", link: "a.go"}})
	s := serve(t, func(faultserver.Arrival) faultserver.Step { return faultserver.OK(completion(renamed)) })
	r := asked(t, s)
	out := t.TempDir()
	for range 2 {
		e := ends(t, c.open(t, out, "direct", r), schemas.Stages...)
		if e.Stage != schemas.StageExtract || e.Reasons[0].Reason != screen.NoLicense || e.Reasons[0].N != 2 ||
			len(e.Reasons) != 3 {
			t.Errorf("%+v", e)
		}
	}
	for _, stage := range schemas.Stages[1:] {
		if e := ends(t, c.open(t, out, "direct", r), stage); e.Stage != schemas.StageExtract {
			t.Errorf("%s: %+v", stage, e)
		}
		if hasBegun(t, out, stage) {
			t.Errorf("%s was begun", stage)
		}
	}
	if n := len(s.Arrivals()); n > 0 {
		t.Errorf("%d requests were sent", n)
	}
}

func TestNoSourceFile(t *testing.T) {
	c := newCorpus(t)
	c.add(t, "text.tar.gz", "o/text", "c", []entry{license(t, "MIT"), {path: "a.rb", content: "puts 1\n"}})
	e := ends(t, c.open(t, t.TempDir(), "direct", parsed(t, "")), schemas.Stages...)
	if e.Stage != schemas.StageExtract || e.Reasons[0].Reason != "no_source_file" {
		t.Errorf("%+v", e)
	}
}

func TestNoNegatives(t *testing.T) {
	c := newCorpus(t)
	c.add(t, "a.tar.gz", "o/a", "c", append(sourceFiles(t, 0), license(t, "MIT")))
	out := t.TempDir()
	e := ends(t, c.open(t, out, "direct", parsed(t, "extract: {kinds: {general: 2}, languages: [go]}\n")),
		schemas.Stages...)
	if e.Stage != schemas.StageGenerate || e.Reasons[0].Reason != "no_request" ||
		hasBegun(t, out, schemas.StageVerify) {
		t.Errorf("%+v", e)
	}

	// A generator that writes nothing but prose, too seldom to be given up.
	s := serve(t, func(faultserver.Arrival) faultserver.Step { return faultserver.Text("It rains.") })
	r := asked(t, s)
	r.Generate.Panel = r.Generate.Panel[1:]
	r.Extract.Languages = []schemas.Language{schemas.Go}
	out = t.TempDir()
	e = ends(t, c.open(t, out, "direct", r), schemas.Stages...)
	if e.Stage != schemas.StageGenerate || e.Reasons[0].Reason != panel.AnswerNotJSON ||
		!strings.Contains(e.Error(), "decoy ledger export") {
		t.Errorf("%+v", e)
	}
	sent := len(s.Arrivals())
	if e = ends(t, c.open(t, out, "direct", r), schemas.StageJudge); e.Stage != schemas.StageGenerate ||
		len(s.Arrivals()) != sent {
		t.Errorf("%+v, %d requests after %d", e, len(s.Arrivals()), sent)
	}
}

func TestNoPairs(t *testing.T) {
	c := newCorpus(t)
	c.add(t, "a.tar.gz", "o/a", "c", append(sourceFiles(t, 0), license(t, "MIT")))
	out := t.TempDir()
	r := parsed(t, "extract: {kinds: {import: 1, call: 1, general: 1}, languages: [go], prefix_bytes: 2048, "+
		"suffix_bytes: 1024}\ncurate: {off: [go/import, go/method, go/parameter, go/undefinedvariable]}\n")
	for _, stages := range [][]string{schemas.Stages, schemas.Stages, {schemas.StageCurate}, {schemas.StageExport}} {
		e := ends(t, c.open(t, out, "direct", r), stages...)
		if e.Stage != schemas.StageCurate || !slices.ContainsFunc(e.Reasons,
			func(r EmptyReason) bool { return r.Reason == curate.ReasonCellOff }) ||
			hasBegun(t, out, schemas.StageExport) {
			t.Errorf("%v: %+v", stages, e)
		}
		if slices.ContainsFunc(e.Reasons, func(r EmptyReason) bool { return r.Reason == curate.ReasonNotRanked }) {
			t.Errorf("%v: general rows are a reason for no pairs: %+v", stages, e.Reasons)
		}
	}
}

// TestLopsided: a build that lacks splits, types or a member's answers is one, and says so
// where it is seen, also when everything was done before.
func TestLopsided(t *testing.T) {
	c := newCorpus(t)
	c.add(t, "a.tar.gz", "o/a", "c", append(sourceFiles(t, 0), license(t, "MIT")))
	s := serve(t, func(a faultserver.Arrival) faultserver.Step { return faultserver.Text("It rains.") })
	r := asked(t, s)
	r.Extract.Languages = []schemas.Language{schemas.Go, schemas.Rust}
	r.Curate.Off = []string{"go/import", "rust/import", "rust/method", "rust/parameter", "rust/undefinedvariable"}
	out := t.TempDir()
	for _, stages := range [][]string{schemas.Stages, schemas.Stages, {schemas.StageExport}} {
		b := c.open(t, out, "direct", r)
		var shown []string
		b.Warned = func(level, text string) { shown = append(shown, level+": "+text) }
		if err := b.RunStages(t.Context(), stages...); err != nil {
			t.Fatal(err)
		}
		page, err := os.ReadFile(filepath.Join(out, "report.html"))
		if err != nil {
			t.Fatal(err)
		}
		_, body, _ := strings.Cut(string(page), "<header>")
		head, _, _ := strings.Cut(body, "<h1>")
		wants := []string{"generator gen is unusable", "judge jud is unusable", "the split validation is empty",
			"the split test is empty", "no rows of the type import", "no rows at all of rust"}
		for _, want := range wants {
			if n := len(slices.DeleteFunc(slices.Clone(shown),
				func(s string) bool { return !strings.Contains(s, want) })); len(stages) > 1 && n != 1 {
				t.Errorf("%q was shown %d times in %q", want, n, shown)
			}
			if strings.Count(head, want) != 1 {
				t.Errorf("%q is not in the report's head: %s", want, head)
			}
		}
		if len(stages) > 1 && len(shown) != len(wants) {
			t.Errorf("shown: %q", shown)
		}
	}
}

// TestOneLanguageWithoutValidation: the splits hold rows, but not of every language.
func TestOneLanguageWithoutValidation(t *testing.T) {
	counts := map[string]int64{"pairs": 3, "rows_train": 2, "rows_validation": 1, "rows_train_go": 1,
		"rows_train_rust": 1, "rows_validation_go": 1, "pairs_import": 1, "pairs_method": 1, "pairs_parameter": 1,
		"pairs_undefinedvariable": 1}
	c := newCorpus(t)
	c.add(t, "a.tar.gz", "o/a", "c", []entry{license(t, "MIT"), {path: "a.go", content: goFile("a")}})
	b := c.open(t, t.TempDir(), "direct", parsed(t, ""))
	if err := b.RunStages(t.Context(), schemas.StageExtract); err != nil {
		t.Fatal(err)
	}
	b.Recipe.Curate.Split = map[schemas.Split]float64{schemas.SplitTrain: 0.9, schemas.SplitValidation: 0.1}
	got, err := lopsidedCurate(t.Context(), b, schemas.Manifest{Counts: counts})
	if err != nil || len(got) != 1 || !strings.Contains(got[0].Text, "no validation rows of rust;") {
		t.Errorf("%+v, %v", got, err)
	}
}

// TestEveryReasonHasARemedy: what a person is told is kept beside the reasons.
func TestEveryReasonHasARemedy(t *testing.T) {
	for stage, lists := range map[string][][]schemas.Reason{
		schemas.StageExtract: {archives.Reasons, rows.Reasons, screen.Reasons, edits.Reasons, {"too_deep", "no_span",
			extraction.RejectSecret, extraction.RejectNoHistory}},
		schemas.StageGenerate: {panel.Reasons, {"same_as_golden", generation.RejectNoCandidate}},
		schemas.StageCurate:   {curate.Reasons},
	} {
		for _, reasons := range lists {
			for _, reason := range reasons {
				if r := remedy(stage, reason); strings.HasPrefix(r, "see "+stage+"/rejects") {
					t.Errorf("%s %s has no remedy", stage, reason)
				}
			}
		}
	}
}
