package pipelines

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"decoy/io/archives"
	"decoy/pipelines/extraction"
	"decoy/pipelines/work"
	"decoy/schemas"
)

// TestRowsGiveWhatArchivesGive: the same files as rows give the same contexts,
// whichever file of rows they stand in and whatever the order of the rows is.
func TestRowsGiveWhatArchivesGive(t *testing.T) {
	c := ordinary(t, 3)
	r := parsed(t, "rows: [{path: '"+filepath.Join(c.dir, "rows-*.jsonl")+"', columns: {repo: name, commit: rev, "+
		"path: path, license: license, content: text}}]\n"+
		"extract: {kinds: {import: 1, call: 2, general: 1}}\n")
	files := map[string]*bytes.Buffer{"rows-0.jsonl": {}, "rows-1.jsonl": {}}
	add := func(file, repo, path, content string) {
		t.Helper()
		row := map[string]any{"name": repo, "rev": "v1", "path": path, "text": content, "license": "mit", "other": 1}
		if path == "src/go/gpl.go" {
			row["license"] = "gpl-3.0"
		}
		if err := json.NewEncoder(files[file]).Encode(row); err != nil {
			t.Fatal(err)
		}
	}
	for i, repo := range []string{"o/rows0", "o/rows1", "o/rows2"} {
		entries := append(sourceFiles(t, 10+i), written(10+i)...)
		for k := range entries {
			e := entries[len(entries)-1-k]
			add([]string{"rows-0.jsonl", "rows-1.jsonl"}[(i+k)%2], repo, e.path, e.content)
		}
		if repo == "o/rows1" { // it is an archive too: what both have counts once
			c.add(t, "both.tar.gz", repo, "v1", []entry{license(t, "MIT"), entries[0]})
		}
		// What the rows give is what an archive of the same files gives.
		c.add(t, "as-archive-"+strings.TrimPrefix(repo, "o/")+".tar.gz", repo+"-archive", "v1",
			append([]entry{license(t, "MIT")}, entries...))
	}
	add("rows-0.jsonl", "o/rows0", "src/go/gpl.go", "package gpl\n\nimport \"fmt\"\n\nfunc f() { "+
		"fmt.Println(\"a long enough call\") }\n")
	add("rows-1.jsonl", "o/rows0", "../escape.go", "package x\n")
	for name, b := range files {
		if err := os.WriteFile(filepath.Join(c.dir, name), b.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	extract := func(runner string) string {
		t.Helper()
		b := c.open(t, t.TempDir(), runner, r)
		b.Recipe.Archives = []string{filepath.Join(c.dir, "*.[tz]*")}
		b.Recipe.Identities = c.known
		if err := b.Resolve(t.Context()); err != nil {
			t.Fatal(err)
		}
		if err := b.RunStages(t.Context(), schemas.StageExtract); err != nil {
			t.Fatal(err)
		}
		return b.Out
	}
	out := extract("direct")
	sameBytes(t, "direct and prism", out, extract("prism"))

	type place struct {
		path                   string
		kind                   schemas.Kind
		golden, prefix, suffix string
	}
	places := map[string]map[place]bool{}
	for _, x := range records[schemas.Context](t, out, schemas.StageExtract, "contexts") {
		if places[x.Repo] == nil {
			places[x.Repo] = map[place]bool{}
		}
		places[x.Repo][place{x.Path, x.Kind, x.Golden, x.Prefix, x.Suffix}] = true
		if strings.HasPrefix(x.Repo, "o/rows") && x.License != "MIT" {
			t.Errorf("%s/%s has licence %q", x.Repo, x.Path, x.License)
		}
	}
	for _, repo := range []string{"o/rows0", "o/rows1", "o/rows2"} {
		if len(places[repo]) == 0 || !reflect.DeepEqual(places[repo], places[repo+"-archive"]) {
			t.Errorf("%s: %d contexts from rows, %d from the archive of the same files", repo, len(places[repo]),
				len(places[repo+"-archive"]))
		}
	}
	reasons := map[schemas.Reason]int{}
	for _, x := range records[schemas.Reject](t, out, schemas.StageExtract, "rejects") {
		if !strings.Contains(x.ID, "-archive") && !strings.HasPrefix(x.ID, "example.org") {
			reasons[x.Reason]++
		}
	}
	if reasons[extraction.RejectDuplicateFile] != 1 || reasons["license_not_permissive"] != 1 ||
		reasons[archives.PathEscapes] != 1 {
		t.Errorf("rejects %v", reasons)
	}
	left, err := filepath.Glob(filepath.Join(out, schemas.StageExtract, work.PartsFolder, "rows-*"))
	if err != nil || len(left) > 0 {
		t.Errorf("partitioned rows are left: %v, %v", left, err)
	}
}
