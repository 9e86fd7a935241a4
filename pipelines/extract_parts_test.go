package pipelines

import (
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"decoy/io/archives"
	"decoy/pipelines/extraction"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/curate"
)

// TestPartsGiveTheSameBytes: an archive that several tasks read gives what one that
// is read at once does, rejects and a broken end included, on both runners and when
// only some of the tasks are left to do.
func TestPartsGiveTheSameBytes(t *testing.T) {
	c := ordinary(t, 2)
	entries := append([]entry{license(t, "MIT")}, sourceFiles(t, 3)...)
	entries = append(entries, entry{path: "link.go", link: "x.go"}, entry{path: "utf16.go",
		content: "\xff\xfep\x00a\x00"}, entry{path: "big.go", content: strings.Repeat("// x\n", 400_000)})
	c.add(t, "cut.tar.gz", "example.org/cut/repo", "v1", entries)
	cut := filepath.Join(c.dir, "cut.tar.gz")
	raw, err := os.ReadFile(cut)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(cut, raw[:len(raw)-len(raw)/8], 0o644); err != nil {
		t.Fatal(err)
	}
	r := parsed(t, "extract: {kinds: {import: 1, call: 2, general: 1}, max_per_repo: 25}\n"+
		"curate: {near_duplicates: 0.7}\n")
	extract := func(runner, out string, partBytes int64) string {
		t.Helper()
		b := c.open(t, out, runner, r)
		b.PartBytes = partBytes
		if err := b.RunStages(t.Context(), schemas.StageExtract); err != nil {
			t.Fatal(err)
		}
		return out
	}
	whole := extract("direct", t.TempDir(), 0)
	parts := extract("direct", t.TempDir(), 10_000)
	sameBytes(t, "one reader and several", whole, parts)
	sameBytes(t, "direct and prism", whole, extract("prism", t.TempDir(), 10_000))
	for _, name := range []string{"manifest.json", "_done/00000.json", "_done/00001.json", "_done/00002.json"} {
		if err := os.Remove(filepath.Join(parts, schemas.StageExtract, name)); err != nil {
			t.Fatal(err)
		}
	}
	sameBytes(t, "begun again without its shards", whole, extract("direct", parts, 10_000))
	if len(records[curate.FileShingles](t, whole, schemas.StageExtract, work.ShinglesName)) < 20 {
		t.Error("the shingles of files did not come")
	}
	if len(records[schemas.Context](t, whole, schemas.StageExtract, "contexts")) != 3*25 {
		t.Error("max_per_repo is not what decides here: the test is too small")
	}
}

func TestPrepare(t *testing.T) {
	source := func(repo, commit string, bytes int64) archives.Source {
		return archives.Source{Repo: repo, Commit: commit, Bytes: bytes, Path: "/x/" + repo + commit, SHA256: repo}
	}
	p := extraction.Prepare([]archives.Source{source("a", "1", 10), source("b", "1", 250), source("c", "1", 300),
		source("c", "1", 5), source("d", "2", 101)}, nil, 100, 7)
	var got [][]int
	for _, s := range p.Sources {
		got = append(got, s.Tasks)
	}
	want := [][]int{nil, {7, 8, 9}, nil, nil, {10, 11}} // c's two archives have one identity
	if !slices.EqualFunc(got, want, slices.Equal[[]int]) || len(p.Tasks) != 5 {
		t.Errorf("tasks %v, want %v", got, want)
	}
	shards := map[int]bool{}
	for _, task := range []int{7, 10} {
		shards[schemas.Shard(p.Tasks[task-p.First].Part.Repo, 3)] = true
	}
	if needed := p.Need(slices.Sorted(maps.Keys(shards)), 3); needed != 5 {
		t.Errorf("needed %v", needed)
	}
	if needed := p.Need(nil, 3); needed > 0 {
		t.Errorf("nothing is to be done, and yet %v", needed)
	}
}
