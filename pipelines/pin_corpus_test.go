package pipelines

import (
	"archive/zip"
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"decoy/io/archives"
	"decoy/io/shard"
	"decoy/schemas"
)

// Files called pin_*_test.go hold what a build does to what it did before its graph was
// rebuilt: they use Build, Recipe, RunStages and the files below OUT, and nothing of how
// stages, shards and rounds come to be.

// pinned is a corpus of n small repositories whose archives have the same bytes on every
// machine: nothing in them is compressed. Every identifier of repository i holds owners[i],
// so a request shows whose it is.
func pinned(t *testing.T, n int) *corpus {
	t.Helper()
	c := newCorpus(t)
	for i := range n {
		repo, commit := pinnedRepo(i), fmt.Sprintf("v1.%d.0", i)
		var b bytes.Buffer
		z := zip.NewWriter(&b)
		for _, e := range append(pinnedFiles(owners[i]), license(t, "MIT")) {
			w, err := z.CreateHeader(&zip.FileHeader{Name: repo + "@" + commit + "/" + e.path, Method: zip.Store})
			if err == nil {
				_, err = w.Write([]byte(e.content))
			}
			if err != nil {
				t.Fatal(err)
			}
		}
		if err := z.Close(); err != nil {
			t.Fatal(err)
		}
		name := owners[i] + ".zip"
		put(t, filepath.Join(c.dir, name), b.String())
		c.known[name] = archives.Identity{Repo: repo, Commit: commit}
	}
	return c
}

var owners = []string{"amber", "birch", "coral", "dusk", "ember", "flint"}

func pinnedRepo(i int) string { return "example.org/" + owners[i] + "/kit" }

// shardOf is the shard whose context a request is about.
func shardOf(text string, shards int) int {
	most, of := 0, -1 // a candidate may bear a name from another one's repository
	for i, o := range owners {
		if n := strings.Count(text, o); n > most {
			most, of = n, schemas.Shard(pinnedRepo(i), shards)
		}
	}
	return of
}

// pinnedFiles are a Go, a Python and a TypeScript file that know each other's names
// about as well as real ones do.
func pinnedFiles(owner string) []entry {
	var g, p, ts strings.Builder
	g.WriteString("package kit\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n)\n\ntype NAMEStore " +
		"struct{ NAMEItems map[string]int }\n\n" +
		"func (s *NAMEStore) NAMEPut(key string, n int) { s.NAMEItems[key] = n }\n\n" +
		"func (s *NAMEStore) NAMEGet(key string) int { return s.NAMEItems[key] }\n\n")
	p.WriteString("import json\nimport os.path\n\n\nclass NAMEReader:\n    def __init__(self, NAME_root):\n        " +
		"self.NAME_root = NAME_root\n\n" +
		"    def NAME_read(self, path, limit):\n        return open(os.path.join(self.NAME_root, " +
		"path)).read(limit)\n\n")
	ts.WriteString("import { NAMEFetch } from \"./NAME-net\";\nimport * as path from \"path\";\n\n" +
		"export class NAMEView {\n  constructor(private NAMETitle: string) {}\n\n  NAMEShow(text: string, width: " +
		"number): string {\n    return text.padEnd(width) + this.NAMETitle;\n  }\n}\n\n")
	for i, verb := range []string{"Load", "Save", "Merge", "Count"} {
		fmt.Fprintf(&g, "func NAME%s(store *NAMEStore, key string, NAMEParts []string) string "+
			"{\n\tstore.NAMEPut(key, len(NAMEParts)+%d)\n"+
			"\tNAMEJoined := strings.Join(NAMEParts, \",\")\n\tNAMETotal := store.NAMEGet(NAMEJoined)\n"+
			"\treturn fmt.Sprintf(\"%%s-%s-%%d\", NAMEJoined, NAMETotal)\n}\n\n", verb, i, verb)
		fmt.Fprintf(&p, "    def NAME_%s(self, path):\n        NAME_text = self.NAME_read(path, %d)\n        "+
			"NAME_found = json.loads(NAME_text)\n"+
			"        return sorted(NAME_found, key=len)\n\n", strings.ToLower(verb), 100+i)
		fmt.Fprintf(&ts, "export function NAME%s(view: NAMEView, name: string): string {\n  const NAMEText = "+
			"NAMEFetch(path.join(name, \"%s\"));\n"+
			"  const NAMELine = view.NAMEShow(NAMEText, %d);\n  return NAMELine.trim();\n}\n\n", verb, verb, 40+i)
	}
	in := func(b *strings.Builder) string { return strings.ReplaceAll(b.String(), "NAME", owner) }
	return []entry{
		{path: "kit/store.go", content: in(&g)},
		{path: "kit/reader.py", content: in(&p)},
		{path: "web/view.ts", content: in(&ts)},
		{path: "web/" + owner + "-net.ts", content: "export function " + owner + "Fetch(url: string): " +
			"string {\n  return url;\n}\n"},
		{path: "go.mod", content: "module example.org/" + owner + "/kit\n"},
	}
}

// doneRecord is what a done record says, with the time at which it was written.
type doneRecord struct {
	path  string // below OUT
	stage string
	done  schemas.Done
	at    int64
}

// recordsOf are the done records of a build, in the order in which they were written.
func recordsOf(t *testing.T, out string) []doneRecord {
	t.Helper()
	var all []doneRecord
	for _, stage := range schemas.Stages {
		paths, err := filepath.Glob(filepath.Join(out, stage, "_done", "*.json"))
		if err != nil {
			t.Fatal(err)
		}
		for _, p := range paths {
			r := doneRecord{path: stage + "/_done/" + filepath.Base(p), stage: stage}
			st, err := os.Stat(p)
			if err == nil {
				r.at = st.ModTime().UnixNano()
				err = shard.ReadJSON(t.Context(), p, &r.done)
			}
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, r)
		}
	}
	slices.SortStableFunc(all, func(a, b doneRecord) int { return int(a.at - b.at) })
	return all
}

// killedAfter is what a build leaves that was killed when its first n records were
// written: what later records name is not there, but for what the next one was to name,
// which is written half; and no manifest of an unfinished stage. The ledgers are whole:
// a process is killed before it makes something of the answers that it has paid.
func killedAfter(t *testing.T, whole string, all []doneRecord, n int) string {
	t.Helper()
	out := t.TempDir()
	if err := os.CopyFS(out, os.DirFS(whole)); err != nil {
		t.Fatal(err)
	}
	keep, gone := map[string]bool{}, map[string]bool{}
	for i, r := range all {
		if i < n {
			for _, f := range r.done.Files {
				keep[r.stage+"/"+f.Name] = true
			}
		}
	}
	for i, r := range all[n:] {
		gone[r.stage] = true
		remove(t, out, r.path)
		for _, f := range r.done.Files {
			name := r.stage + "/" + f.Name
			switch {
			case keep[name]:
			case i == 0:
				raw, err := os.ReadFile(filepath.Join(out, name))
				if err != nil {
					t.Fatal(err)
				}
				put(t, filepath.Join(out, name), string(raw[:len(raw)/2]))
			default:
				remove(t, out, name)
			}
		}
	}
	for _, stage := range schemas.Stages {
		if gone[stage] {
			remove(t, out, stage+"/manifest.json")
		}
	}
	remove(t, out, "report.html")
	remove(t, out, "run.json")
	return out
}

func remove(t *testing.T, out, name string) {
	t.Helper()
	if err := os.Remove(filepath.Join(out, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
}

// stands tells whether a build below out has this file.
func stands(t *testing.T, out, name string) bool {
	t.Helper()
	_, err := os.Stat(filepath.Join(out, name))
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		t.Fatal(err)
	}
	return err == nil
}

// nothingAfter fails where a build that stopped in a stage says that this stage is done,
// or has begun with what reads it.
func nothingAfter(t *testing.T, out, stage string) {
	t.Helper()
	if stands(t, out, stage+"/manifest.json") {
		t.Errorf("%s stopped and has a manifest", stage)
	}
	// verify does not read judge, but comes before it.
	for _, later := range schemas.Stages[slices.Index(schemas.Stages, stage)+1:] {
		if stands(t, out, later+"/manifest.json") {
			t.Errorf("%s stopped and %s has a manifest", stage, later)
		}
		if done, err := shard.List(t.Context(), filepath.Join(out, later, "_done"), "*.json"); err != nil ||
			len(done) > 0 {
			t.Errorf("%s stopped and %s has the records %v, %v", stage, later, done, err)
		}
	}
	for _, name := range []string{"export/README.md", "export/ATTRIBUTION.jsonl", "report.html", "curate/shift.json"} {
		if stage != schemas.StageExport && stands(t, out, name) || stage == schemas.StageExport &&
			!strings.HasPrefix(name, "curate") && stands(t, out, name) {
			t.Errorf("%s stopped and %s is there", stage, name)
		}
	}
}
