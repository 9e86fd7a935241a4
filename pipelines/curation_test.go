package pipelines

import (
	"bytes"
	"encoding/csv"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/parquet-go/parquet-go"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/curation"
	"decoy/pipelines/join"
	"decoy/schemas"
	"decoy/transforms/curate"
)

// everyRule switches on what the default recipe leaves off.
const everyRule = "extract: {kinds: {import: 2, call: 4, general: 3}, prefix_bytes: 2048, suffix_bytes: 1024}\n" +
	"curate:\n  rows: 200\n  split: {train: 0.4, validation: 0.3, test: 0.3}\n  quota: proportional\n" +
	"  redistribute: proportional\n  kinds: {call: 0.8}\n  max_per_callee: 1\n  max_per_name: 1\n" +
	"  near_duplicates: 0.7\n  split_fallback: folder\n"

func TestCurationWithEveryRuleIsTheSameOnBothRunnersAndLosesNothing(t *testing.T) {
	c := ordinary(t, 2)
	bench := benchmarkOf(t, c, "go")
	recipe := everyRule + "  decontaminate: [{name: made, path: " + bench + "}]\n" +
		"  reference: [{name: made, path: " + bench + "}]\nexport: {general_share: 0.3}\n"
	a, b := c.build(t, "prism", parsed(t, recipe)), c.build(t, "direct", parsed(t, recipe))
	sameBytes(t, "prism and direct", a, b)

	// Each negative with its id, and each general context, is on exactly one side.
	seen := map[string]int{}
	for _, s := range records[schemas.Selected](t, a, schemas.StageCurate, "selection") {
		if s.NegativeID != nil {
			seen[*s.NegativeID]++
		} else {
			seen[s.ContextID]++
		}
	}
	reasons := map[schemas.Reason]int{}
	for _, r := range records[schemas.Reject](t, a, schemas.StageCurate, "rejects") {
		seen[r.ID]++
		reasons[r.Reason]++
	}
	want := map[string]bool{}
	for _, n := range records[schemas.Negative](t, a, schemas.StageGenerate, "negatives") {
		want[n.ID] = true
	}
	for _, x := range records[schemas.Context](t, a, schemas.StageExtract, "contexts") {
		if schemas.IsGeneral(x.Kind) {
			want[x.ID] = true
		}
	}
	for id := range want {
		if seen[id] != 1 {
			t.Errorf("%s comes out %d times", id, seen[id])
		}
	}
	if len(seen) != len(want) {
		t.Errorf("%d ids come out, %d went in", len(seen), len(want))
	}
	for _, reason := range []schemas.Reason{curate.ReasonNearDuplicate, curate.ReasonContaminated, curate.ReasonCapCallee,
		curate.ReasonOnePerCtx} {
		if reasons[reason] == 0 {
			t.Errorf("nothing was rejected as %s, so this test does not show it: %v", reason, reasons)
		}
	}
	r := shift(t, a)
	if len(r.Distances) != 1 || r.Distances[0].Benchmark != "made" || r.Distances[0].Selected != int(r.Selected) {
		t.Errorf("distances %+v of %d selected", r.Distances, r.Selected)
	}
	n := r.NearDuplicates
	if n == nil || n.Members == 0 || n.Clusters == 0 || len(n.Largest) == 0 {
		t.Fatalf("near duplicates %+v", n)
	}
	named := func(text string) bool {
		for id := range c.files {
			repo, rest, _ := strings.Cut(id, "@")
			_, path, _ := strings.Cut(rest, "/")
			if text == path+" of "+repo {
				return true
			}
		}
		return false
	}
	if x := n.Largest[0]; !named(x.Survivor) || !named(x.Members[0].File) || x.Size != len(x.Members)+1 {
		t.Errorf("the largest cluster %+v does not name files", x)
	}
	for _, x := range records[schemas.Reject](t, a, schemas.StageCurate, "rejects") {
		if file, ok := strings.CutPrefix(x.Detail, "its file is like "); ok && !named(file) {
			t.Errorf("the reject says %q, which is no file", x.Detail)
		}
	}
	for name, mark := range map[string]string{
		"export/README.md": "🔴 **", "report.html": `<li class="alarm">`,
	} {
		raw, err := os.ReadFile(filepath.Join(a, name))
		if err != nil {
			t.Fatal(err)
		}
		if len(r.Red) == 0 || !strings.Contains(string(raw), mark) || !strings.Contains(string(raw), r.Red[0]) {
			t.Errorf("%s does not say in red what is in %q", name, r.Red)
		}
		if !strings.Contains(string(raw), "AUC") || !strings.Contains(string(raw), "ear duplicates: ") {
			t.Errorf("%s says nothing of the reference or of near duplicates", name)
		}
	}
}

func shift(t *testing.T, out string) (r curation.Report) {
	t.Helper()
	if err := shard.ReadJSON(t.Context(), filepath.Join(out, schemas.StageCurate, "shift.json"), &r); err != nil {
		t.Fatal(err)
	}
	return r
}

// benchmarkOf is a file of items made of contexts of a language.
func benchmarkOf(t *testing.T, c *corpus, language schemas.Language) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "made.jsonl")
	var b bytes.Buffer
	for _, x := range itemsOf(t, c, language, 4) {
		if err := json.NewEncoder(&b).Encode(x); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.WriteFile(path, b.Bytes(), 0o666); err != nil {
		t.Fatal(err)
	}
	return path
}

// benchItem has the columns of a layout that no column map is needed for.
type benchItem struct {
	Task   string `json:"id" parquet:"id"`
	Prefix string `json:"prefix" parquet:"prefix"`
	Golden string `json:"golden" parquet:"golden"`
	Suffix string `json:"suffix" parquet:"suffix"`
}

// itemsOf are some contexts of the corpus as items.
func itemsOf(t *testing.T, c *corpus, language schemas.Language, n int) (items []benchItem) {
	t.Helper()
	out := t.TempDir()
	if err := c.open(t, out, "direct", parsed(t, narrow)).RunStages(t.Context(), schemas.StageExtract); err != nil {
		t.Fatal(err)
	}
	for _, x := range records[schemas.Context](t, out, schemas.StageExtract, "contexts") {
		if x.Language == language && x.Kind == schemas.KindCall && len(items) < n {
			items = append(items, benchItem{x.ID, x.Prefix, x.Golden, x.Suffix})
		}
	}
	if len(items) < n {
		t.Fatalf("the corpus has %d of %d contexts of %s", len(items), n, language)
	}
	return items
}

func TestBenchmarksOfAnyFormatTakeOutTheSameRowsWithEvidence(t *testing.T) {
	c := ordinary(t, 2)
	items := itemsOf(t, c, "go", 3)
	dir := t.TempDir()
	write := func(name string, content []byte) string {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, content, 0o666); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var lines, table, columns bytes.Buffer
	w := csv.NewWriter(&table)
	_ = w.Write([]string{"number", "before", "answer", "after"})
	for _, x := range items {
		if err := json.NewEncoder(&lines).Encode(x); err != nil {
			t.Fatal(err)
		}
		_ = w.Write([]string{x.Task, x.Prefix, x.Golden, x.Suffix})
	}
	w.Flush()
	if err := parquet.Write(&columns, items); err != nil {
		t.Fatal(err)
	}
	b := c.open(t, t.TempDir(), "direct", parsed(t, narrow))
	if err := b.RunStages(t.Context(), schemas.StageExtract, schemas.StageGenerate, schemas.StageVerify,
		schemas.StageJudge); err != nil {
		t.Fatal(err)
	}
	rejects := func(decontaminate string) []schemas.Reject {
		t.Helper()
		b.Recipe = parsed(t, narrow+"curate: {decontaminate: ["+decontaminate+"]}\n")
		if err := b.RunStages(t.Context(), schemas.StageCurate); err != nil {
			t.Fatal(err)
		}
		return slices.DeleteFunc(records[schemas.Reject](t, b.Out, schemas.StageCurate, "rejects"),
			func(r schemas.Reject) bool { return r.Reason != curate.ReasonContaminated })
	}
	want := rejects("{name: bench, path: " + write("a.jsonl", lines.Bytes()) + "}")
	if len(want) == 0 {
		t.Fatal("nothing is contaminated")
	}
	golden := false
	for _, r := range want {
		if !strings.HasPrefix(r.Detail, "bench ") || !strings.Contains(r.Detail, "from the golden's start: \"") {
			t.Errorf("the evidence does not show the overlapping text: %q", r.Detail)
		}
		golden = golden || strings.Contains(r.Detail, items[0].Task) || strings.Contains(r.Detail, items[1].Task) ||
			strings.Contains(r.Detail, items[2].Task)
	}
	if !golden {
		t.Error("no evidence names the task")
	}
	for _, other := range []string{
		"{name: bench, path: " + write("b.csv", table.Bytes()) +
			", columns: {task: number, prefix: before, golden: answer, suffix: after}}",
		"{name: bench, path: " + write("c.parquet", columns.Bytes()) + "}",
	} {
		if got := rejects(other); !slices.Equal(got, want) {
			t.Errorf("%s takes out %d rows, JSON Lines %d, or with other evidence", other, len(got), len(want))
		}
	}
	broken := columns.Bytes()[:len(columns.Bytes())-20]
	b.Recipe = parsed(t, narrow+"curate: {decontaminate: [{path: "+write("d.parquet", broken)+"}]}\n")
	err := b.RunStages(t.Context(), schemas.StageCurate)
	if err == nil || !strings.Contains(err.Error(), "curate.decontaminate[0]") ||
		!strings.Contains(err.Error(), `"d.parquet"`) {
		t.Errorf("a broken Parquet file: %v", err)
	}
}

func TestNoHeldOutFileIsLikeOneOfTrain(t *testing.T) {
	c := ordinary(t, 4)
	neighbours := func(near string) (held, like int) {
		out := c.build(t, "direct", parsed(t, wide[:len(wide)-2]+near+"}\nexport: {general_share: 0.3}\n"))
		contexts := map[string]schemas.Context{}
		for _, x := range records[schemas.Context](t, out, schemas.StageExtract, "contexts") {
			contexts[x.ID] = x
		}
		files := map[bool]map[string][]uint64{false: {}, true: {}} // whether held out → file → shingles
		for _, s := range records[schemas.Selected](t, out, schemas.StageCurate, "selection") {
			x := contexts[s.ContextID]
			name := x.Repo + "@" + x.Commit + "/" + x.Path
			files[s.Split != schemas.SplitTrain][name] = curate.Shingles(c.files[name])
		}
		for _, a := range files[true] {
			for _, b := range files[false] {
				if curate.Jaccard(a, b) > 0.7 {
					like++
					break
				}
			}
		}
		return len(files[true]), like
	}
	held, like := neighbours("")
	if like == 0 {
		t.Fatal("the corpus has no near duplicates across the splits, so this test shows nothing")
	}
	t.Logf("without the rule %d of %d held-out files have a train neighbour above .7", like, held)
	held, like = neighbours(", near_duplicates: 0.7")
	if held == 0 || like != 0 {
		t.Errorf("%d of %d held-out files have a train neighbour above .7", like, held)
	}
}

// In one job with judge a round has refs of its own, one that was not needed has skipped ones,
// and nothing is known at launch. The selection is the same.
func TestCurationTakesTheRefsOfRounds(t *testing.T) {
	c := ordinary(t, 3)
	r := parsed(t, inRounds)
	out := c.build(t, "direct", r)
	b := c.open(t, out, "direct", r)
	s, err := b.open(t.Context(), schemas.StageCurate, nil, nil, schemas.StageExtract, schemas.StageGenerate,
		schemas.StageVerify,
		schemas.StageJudge)
	if err != nil {
		t.Fatal(err)
	}
	closed := s.reads[3].rounds
	if len(closed.Files) != 3 {
		t.Fatalf("%d closed rounds", len(closed.Files))
	}
	st := flow.Stage{
		Name: schemas.StageCurate, Dir: filepath.Join(t.TempDir(), "curate"), Fingerprint: "f", Of: r.Shards,
	}
	p, scope := beam.NewPipelineWithRoot()
	list := func(refs ...flow.Ref) beam.PCollection { return beam.Reshuffle(scope, beam.CreateList(scope, refs)) }
	in := curation.Inputs{
		Contexts: list(s.reads[0].files...), Negatives: list(s.reads[1].files...),
		Certificates: list(s.reads[2].files...),
	}
	for round := range 4 {
		var shards []flow.Ref
		for _, ref := range s.reads[3].files {
			files := ref.Files
			ref.Files = nil
			for _, f := range files {
				if strings.HasPrefix(f.Name, join.VerdictsName(round)+"-0") {
					ref.Files = append(ref.Files, f)
				}
			}
			ref.Skipped = round == 3
			if len(ref.Files) == 0 != ref.Skipped {
				t.Fatalf("round %d has the files %v", round, ref.Files)
			}
			shards = append(shards, ref)
		}
		in.Verdicts = append(in.Verdicts, list(shards...))
		sum := closed
		sum.Files, sum.Skipped = nil, round == 3
		if round < 3 {
			sum.Files = closed.Files[2-round : 3-round] // in another order
		}
		in.Closed = append(in.Closed, list(sum))
	}
	selection, report := curation.Graph(scope, st, candidatesOf(st), curation.OptionsOf(out, r), in)
	flow.End(scope, beam.Flatten(scope, selection, report))
	if _, err := beam.Run(t.Context(), "prism", p); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"selection-00000-of-00003.jsonl.zst", "selection-00002-of-00003.jsonl.zst",
		"rejects-00001-of-00003.jsonl.zst", "shift.json"} {
		got, err := os.ReadFile(filepath.Join(st.Dir, name))
		if err != nil {
			t.Fatal(err)
		}
		want, err := os.ReadFile(filepath.Join(out, schemas.StageCurate, name))
		if err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(got, want) {
			t.Errorf("%s is another one than that of the stage alone", name)
		}
	}
	if left, err := st.Undone(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("shards %v are not done: %v", left, err)
	}
}

// Where a shard of judge was left for later, nothing of curate is written.
func TestCurationWaitsForAllShards(t *testing.T) {
	c := ordinary(t, 3)
	r := parsed(t, inRounds)
	out := c.build(t, "direct", r)
	s, err := c.open(t, out, "direct", r).open(t.Context(), schemas.StageCurate, nil, nil, schemas.StageExtract,
		schemas.StageGenerate, schemas.StageVerify, schemas.StageJudge)
	if err != nil {
		t.Fatal(err)
	}
	st := flow.Stage{
		Name: schemas.StageCurate, Dir: filepath.Join(t.TempDir(), "curate"), Fingerprint: "f", Of: r.Shards,
	}
	p, scope := beam.NewPipelineWithRoot()
	list := func(refs ...flow.Ref) beam.PCollection { return beam.Reshuffle(scope, beam.CreateList(scope, refs)) }
	selection, report := curation.Graph(scope, st, candidatesOf(st), curation.OptionsOf(out, r), curation.Inputs{
		Contexts: list(s.reads[0].files...), Negatives: list(s.reads[1].files...),
		Certificates: list(s.reads[2].files...), Verdicts: []beam.PCollection{list(s.reads[3].files[:2]...)},
		Closed: []beam.PCollection{list(s.reads[3].rounds)},
	})
	flow.End(scope, beam.Flatten(scope, selection, report))
	if _, err := beam.Run(t.Context(), "prism", p); err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(st.Dir); !os.IsNotExist(err) {
		t.Errorf("%s is there though a shard of judge is missing (%v)", st.Dir, err)
	}
}

// Repositories may be kept out without a benchmark.
func TestRepositoriesAreKeptOutWithoutABenchmark(t *testing.T) {
	c := ordinary(t, 3)
	out := c.build(t, "direct", parsed(t, narrow))
	repo := records[schemas.Context](t, out, schemas.StageExtract, "contexts")[0].Repo
	out = c.build(t, "direct", parsed(t, narrow+"curate: {contamination: {repositories: ["+repo+"]}}\n"))
	n := 0
	for _, r := range records[schemas.Reject](t, out, schemas.StageCurate, "rejects") {
		if r.Reason == curate.ReasonContaminated {
			n++
		}
	}
	for _, s := range records[schemas.Selected](t, out, schemas.StageCurate, "selection") {
		if s.Repo == repo {
			t.Errorf("a row of %s is selected", repo)
		}
	}
	if n == 0 {
		t.Error("nothing was kept out: the test shows nothing")
	}
}

// candidatesOf is the temporary step of curation.Select beside a step of curate.
func candidatesOf(st flow.Stage) flow.Stage {
	st.Step, st.First, st.Temporary = "candidates", st.First+st.Of+1, true
	return st
}

// curate.control exports a random arm beside the selection, of as many pairs of each cell and with
// the same general rows, in every format; where it is off nothing of it is there.
func TestControlArm(t *testing.T) {
	c := ordinary(t, 2)
	recipe := "extract: {kinds: {import: 2, call: 4, general: 3}, prefix_bytes: 2048, suffix_bytes: 1024}\n" +
		"curate: {rows: 40, control: true}\nexport: {general_share: 0.3}\n"
	out := c.build(t, "prism", parsed(t, recipe))
	type cell struct {
		split    schemas.Split
		language schemas.Language
		typ      schemas.Type
	}
	selected, random := map[cell]int{}, map[cell]int{}
	ids := map[string]bool{}
	for _, s := range records[schemas.Selected](t, out, schemas.StageCurate, "selection") {
		if s.NegativeID != nil {
			selected[cell{language: s.Language, typ: *s.Type}]++
			ids[*s.NegativeID] = true
		}
	}
	other := 0
	for _, s := range records[schemas.Selected](t, out, schemas.StageCurate, "control") {
		random[cell{language: s.Language, typ: *s.Type}]++
		if !ids[*s.NegativeID] {
			other++
		}
	}
	if !maps.Equal(selected, random) || other == 0 {
		t.Fatalf("%v selected, %v in the random arm, %d of them not selected", selected, random, other)
	}
	rows := func(folder string) (pairs, general map[cell]int) {
		pairs, general = map[cell]int{}, map[cell]int{}
		for _, split := range schemas.Splits {
			names, err := filepath.Glob(filepath.Join(out, "export", folder, string(split)+"-*.jsonl.zst"))
			if err != nil {
				t.Fatal(err)
			}
			for _, name := range names {
				for r, err := range shard.Read[schemas.Row](t.Context(), name) {
					if err != nil {
						t.Fatal(err)
					}
					if r.Rejected == nil {
						general[cell{r.Split, r.Language, ""}]++
					} else {
						pairs[cell{language: r.Language, typ: *r.Type}]++
					}
				}
			}
		}
		return pairs, general
	}
	pairs, general := rows("")
	armPairs, armGeneral := rows("control")
	if !maps.Equal(pairs, armPairs) || !maps.Equal(general, armGeneral) || len(general) == 0 {
		t.Errorf("export has %v and %v, its random arm %v and %v", pairs, general, armPairs, armGeneral)
	}
	for _, name := range []string{"control/trl/pairs", "control/trl/sft", "control/llamafactory/pairs"} {
		if found, _ := filepath.Glob(filepath.Join(out, "export", name, "train-*.parquet")); len(found) == 0 {
			t.Errorf("no Parquet in %s", name)
		}
	}
	card, err := os.ReadFile(filepath.Join(out, "export", "README.md"))
	if err != nil || !strings.Contains(string(card), "config_name: control_pairs") {
		t.Errorf("the card does not name the random arm: %v", err)
	}
	plain := c.build(t, "prism", parsed(t, strings.Replace(recipe, ", control: true", "", 1)))
	if found, _ := filepath.Glob(filepath.Join(plain, "*", "control*")); len(found) > 0 {
		t.Errorf("a build without the arm has %v", found)
	}
}
