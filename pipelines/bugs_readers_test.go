package pipelines

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"decoy/schemas"
	"decoy/schemas/contain"
)

// TestReadersEndNothing: an archive, an archive's identity, a file of rows or a repository
// whose reader panics is a reject; the others are read.
func TestReadersEndNothing(t *testing.T) {
	c := newCorpus(t)
	source := entry{path: "a.go", content: "package a\n\nimport \"fmt\"\n\nfunc hello(name string) " +
		"{\n\tfmt.Println(\"hello\", name, name)\n}\n"}
	c.add(t, "a.tar.gz", "o/a", "v1", []entry{license(t, "MIT"), source})
	c.add(t, "b.tar.gz", "o/b", "v1", []entry{license(t, "MIT"), source})
	for _, name := range []string{"rows-0.jsonl", "rows-1.jsonl"} {
		row, err := json.Marshal(map[string]string{"repo": "o/" + name, "commit": "v1", "path": "a.go",
			"license": "mit", "content": source.content})
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(c.dir, name), append(row, '\n'), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	for _, x := range []struct{ step, record, lost string }{
		{"read archive", "o/b@v1", "o/b"},
		{"resolve archive", "b.tar.gz", "o/b"},
		{"read rows", "rows-1.jsonl", "o/rows-1.jsonl"},
	} {
		t.Run(x.step, func(t *testing.T) {
			contain.Fault(t, func(step, id string) {
				if step == x.step && id == x.record {
					panic("a library failed")
				}
			})
			r := parsed(t, "rows: [{path: '"+filepath.Join(c.dir, "rows-*.jsonl")+"', columns: {repo: repo, commit: "+
				"commit, path: path, license: license, content: content}}]\n")
			b := c.open(t, t.TempDir(), "direct", r)
			b.Recipe.Archives, b.Recipe.Identities = []string{filepath.Join(c.dir, "*.tar.gz")}, c.known
			if err := b.Resolve(t.Context()); err != nil {
				t.Fatal(err)
			}
			if err := b.RunStages(t.Context(), schemas.StageExtract); err != nil {
				t.Fatal(err)
			}
			rejects := records[schemas.Reject](t, b.Out, schemas.StageExtract, "rejects")
			i := slices.IndexFunc(rejects, func(r schemas.Reject) bool { return r.Reason == schemas.ReasonInternal })
			if i < 0 || rejects[i].ID != x.record || !strings.Contains(rejects[i].Detail, "a library failed") {
				t.Errorf("rejects %+v", rejects)
			}
			repos := map[string]bool{}
			for _, c := range records[schemas.Context](t, b.Out, schemas.StageExtract, "contexts") {
				repos[c.Repo] = true
			}
			for _, repo := range []string{"o/a", "o/b", "o/rows-0.jsonl", "o/rows-1.jsonl"} {
				if repos[repo] == (repo == x.lost) {
					t.Errorf("contexts of %s: %v", repo, repos[repo])
				}
			}
			if len(b.RunInfo.InternalErrors) != 1 {
				t.Errorf("counted %+v", b.RunInfo.InternalErrors)
			}
		})
	}
}
