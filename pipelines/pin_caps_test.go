package pipelines

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"testing"

	"decoy/io/shard"
	"decoy/schemas"
)

// capped is a corpus of two repositories with 24 files each of one shape, more than the
// caps let through; the same goldens come in all of them. order turns their entries.
func capped(t *testing.T, order func([]entry)) *corpus {
	t.Helper()
	c := newCorpus(t)
	for i := range 2 {
		var entries []entry
		for k := range 24 {
			entries = append(entries, entry{path: fmt.Sprintf("part%02d/calls.go", k), content: fmt.Sprintf(
				"package part%02d\n\nimport \"strings\"\n\nfunc %sFold%d(words []string) string {\n\ttrimmed := "+
					"strings.TrimSpace(words[0])\n"+
					"\tjoined := strings.Join(words, \"-\")\n\tupper := strings.ToUpper(joined)\n\treturn "+
					"strings.Repeat(trimmed+upper, %d)\n}\n",
				k, owners[i], k, k+2)})
		}
		order(entries)
		c.add(t, owners[i]+".zip", pinnedRepo(i), "v1.0.0", append([]entry{license(t, "MIT")}, entries...))
	}
	return c
}

// TestRowsUnderCaps: which contexts max_per_file and max_per_repo let through, and which
// rows max_per_repo and max_per_golden of curate, is decided by what they are and not by
// the order in which they come. Ties of equal rank are among them: the files differ in
// names alone.
func TestRowsUnderCaps(t *testing.T) {
	const perFile, perRepo, rowsPerRepo, perGolden = 3, 40, 3, 2
	r := pinnedRecipe(t, fmt.Sprintf("extract: {kinds: {import: 1, call: 3, general: 2}, prefix_bytes: 1024, "+
		"suffix_bytes: 512, max_per_file: %d, max_per_repo: %d}\n"+
		"curate: {rows: 60, max_per_repo: %d, max_per_golden: %d}\nexport: {formats: [jsonl], models: []}\n", perFile,
		perRepo, rowsPerRepo, perGolden))
	out := capped(t, func([]entry) {}).build(t, "direct", r)
	contexts := map[string]schemas.Context{}
	inFile, inRepo := map[string]int{}, map[string]int{}
	var lines []string
	for _, x := range records[schemas.Context](t, out, schemas.StageExtract, "contexts") {
		contexts[x.ID] = x
		inFile[x.Repo+"/"+x.Path]++
		inRepo[x.Repo]++
		lines = append(lines, fmt.Sprintf("context %s/%s %04d-%04d %s", x.Repo, x.Path, x.StartByte, x.EndByte, x.Kind))
	}
	for file, n := range inFile {
		if n > perFile {
			t.Errorf("%d contexts of %s", n, file)
		}
	}
	if inRepo[pinnedRepo(0)] != perRepo || inRepo[pinnedRepo(1)] != perRepo {
		t.Errorf("contexts by repository: %v, want %d of each: the cap is met or the test shows nothing", inRepo,
			perRepo)
	}
	type key struct{ what, of string }
	rows := map[key]int{}
	for _, s := range records[schemas.Selected](t, out, schemas.StageCurate, "selection") {
		x := contexts[s.ContextID]
		what := cmp.Or(schemas.OrEmpty(s.Type), "general")
		pair := "pairs"
		if s.NegativeID == nil {
			pair = "general"
		}
		rows[key{pair, x.Repo}]++
		rows[key{pair, x.Golden}]++
		lines = append(lines, fmt.Sprintf("row %s/%s %04d-%04d %s %s %s", x.Repo, x.Path, x.StartByte,
			x.EndByte, x.Kind, what, s.Split))
	}
	for k, n := range rows {
		limit := perGolden
		if strings.HasPrefix(k.of, "example.org/") {
			limit = rowsPerRepo
		}
		if n > limit {
			t.Errorf("%d %s of %q", n, k.what, k.of)
		}
	}
	reasons := map[schemas.Reason]int{}
	for _, x := range records[schemas.Reject](t, out, schemas.StageCurate, "rejects") {
		reasons[x.Reason]++
	}
	for _, reason := range []schemas.Reason{"cap_repo", "cap_golden"} {
		if reasons[reason] == 0 {
			t.Errorf("no reject %s among %v: the test shows too little", reason, reasons)
		}
	}
	slices.Sort(lines)
	golden(t, "caps.txt", strings.Join(lines, "\n")+"\n")

	other := capped(t, slices.Reverse[[]entry]).build(t, "direct", r)
	for _, x := range []struct{ stage, what string }{{schemas.StageExtract, "contexts"},
		{schemas.StageCurate, "selection"}, {schemas.StageExport, "train"}} {
		for i := range 2 {
			name := shard.Path("", x.stage, x.what, i, 2)
			if a, b := repeatable(t, out)[strings.TrimPrefix(name, "/")],
				repeatable(t, other)[strings.TrimPrefix(name, "/")]; a != b {
				t.Errorf("%s: the order of an archive's entries changes it", name)
			}
		}
	}
}
