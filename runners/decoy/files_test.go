package main

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"decoy/io/bucket/buckettest"
	"decoy/io/shard"
	"decoy/transforms/panel/faultserver"
)

// A build never does harm to what it did not make: these tests run the command as a user
// does, over folders that hold something.

// theirs are the files of somebody who runs a build in their own folder.
var theirs = map[string]string{
	"export/customers.csv": "id,name\n1,Ada\n", "curate/keep.md": "# keep\n", "verify/test.go": "package verify\n", "report.html": "<h1>Sales</h1>\n",
}

// place is a folder on a disk or in a bucket.
type place struct {
	name, out string
	put       func(name, content string)
}

// places are a new folder on a disk and one in a bucket.
func places(t *testing.T) []place {
	t.Helper()
	dir, b := filepath.Join(t.TempDir(), "folder"), buckettest.New(t)
	return []place{
		{"disk", dir, func(name, content string) { putFile(t, filepath.Join(dir, name), content) }},
		{"bucket", b.Address("some/folder"), func(name, content string) { b.Create("some/folder/"+name, []byte(content), time.Time{}) }},
	}
}

func putFile(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// contents are all files below a folder.
func contents(t *testing.T, out string) map[string]string {
	t.Helper()
	files, err := shard.Walk(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	all := map[string]string{}
	for _, f := range files {
		raw, err := shard.ReadFile(t.Context(), shard.Join(out, f.Name))
		if err != nil {
			t.Fatal(err)
		}
		all[f.Name] = string(raw)
	}
	return all
}

// command runs decoy in a folder and returns its exit code and what it says.
func inFolder(t *testing.T, dir string, args ...string) (int, string) {
	t.Helper()
	cmd := process(t, []string{"DECOY_TEST_KEY=k"}, args...)
	cmd.Dir = dir
	var said bytes.Buffer
	cmd.Stdout, cmd.Stderr = &said, &said
	cmd.Run() // the exit code says it
	return cmd.ProcessState.ExitCode(), said.String()
}

// expect runs decoy and compares the exit code and parts of what it says.
func expect(t *testing.T, code int, want []string, args ...string) string {
	t.Helper()
	got, said := inFolder(t, t.TempDir(), args...)
	if got != code {
		t.Errorf("decoy %s: exit %d, want %d\n%s", strings.Join(args, " "), got, code, said)
	}
	for _, w := range want {
		if !strings.Contains(said, w) {
			t.Errorf("decoy %s: no %q in\n%s", strings.Join(args, " "), w, said)
		}
	}
	return said
}

// archiveOf writes an archive of a small repository in Go.
func archiveOf(t *testing.T, name string) (path string) {
	t.Helper()
	code := fmt.Sprintf("package %s\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n)\n\n", name)
	for k := range 6 {
		code += fmt.Sprintf("func handle%d(first, second string) string {\n\t%sJoined := strings.Join([]string{first, second, \"%[2]s%[1]d\"}, \",\")\n\treturn fmt.Sprintf(\"%%s-%[2]s\", %[2]sJoined)\n}\n\n", k, name)
	}
	return moduleZip(t, name, map[string]string{"go.mod": "module example.org/owner/" + name + "\n", name +
		".go": code})
}

// smallRecipe writes a recipe for archiveOf.
func smallRecipe(t *testing.T, name, more string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), name+".yaml")
	putFile(t, path, "name: "+name+"\nshards: 2\nextract: {languages: [go], kinds: {import: 1, call: 2, general: 1}, prefix_bytes: 512, suffix_bytes: 256}\n"+more)
	return path
}

func TestFilesOfOthersInOut(t *testing.T) {
	archive := archiveOf(t, "alpha")
	want := []string{"neither empty nor a build of decoy", "4 files (curate/keep.md, export/customers.csv, report.html, verify/test.go)", "name a new or an empty folder"}
	t.Run("build --out .", func(t *testing.T) {
		dir := t.TempDir()
		for name, content := range theirs {
			putFile(t, filepath.Join(dir, name), content)
		}
		code, said := inFolder(t, dir, "build", "--out", ".", "--archives", archive)
		if code != exitUsage {
			t.Errorf("exit %d, want %d", code, exitUsage)
		}
		for _, w := range want {
			if !strings.Contains(said, w) {
				t.Errorf("no %q in %s", w, said)
			}
		}
		if got := contents(t, dir); !maps.Equal(got, theirs) {
			t.Errorf("the folder now holds %v", slices.Sorted(maps.Keys(got)))
		}
	})
	for _, p := range places(t) {
		t.Run(p.name, func(t *testing.T) {
			for name, content := range theirs {
				p.put(name, content)
			}
			for _, args := range [][]string{
				{"build", "--archives", archive}, {"extract", "--archives", archive}, {"build", "--archives", archive, "--replace"},
				{"generate"}, {"verify"}, {"judge"}, {"curate"}, {"export"},
			} {
				expect(t, exitUsage, want, append(args, "--out", p.out)...)
			}
			for _, args := range [][]string{{"batch", "submit", "--out", p.out}, {"ledger", "compact", p.out}} {
				expect(t, exitUsage, []string{"holds no build of decoy"}, args...)
			}
			if got := contents(t, p.out); !maps.Equal(got, theirs) {
				t.Errorf("the folder now holds %v", slices.Sorted(maps.Keys(got)))
			}
		})
	}
}

// What looks like a file of decoy's and is not makes nobody's folder a build.
func TestLookalikes(t *testing.T) {
	for _, p := range places(t) {
		t.Run(p.name, func(t *testing.T) {
			alike := map[string]string{
				"run.json": `{"runner": "make", "stages": []}`, "export/manifest.json": `{"name": "app", "version": "1.0"}`, "extract/_done/00001.json": `{"done": true}`,
				"judge/_done/00000.json": `{"stage": "verify", "shard": 0, "fingerprint": "x"}`, ".lock": "locked by make\n", "generate/ledger/00000/000000-000000.zst": "not zstd",
			}
			for name, content := range alike {
				p.put(name, content)
			}
			expect(t, exitUsage, []string{"neither empty nor a build"}, "generate", "--out", p.out)
			if got := contents(t, p.out); !maps.Equal(got, alike) {
				t.Errorf("the folder now holds %v", slices.Sorted(maps.Keys(got)))
			}
		})
	}
	t.Run("a marker of another", func(t *testing.T) {
		dir := t.TempDir()
		putFile(t, filepath.Join(dir, ".decoy.json"), "{}")
		expect(t, exitUsage, []string{".decoy.json", "remove that file"}, "generate", "--out", dir)
	})
}

func TestHarmlessLeftovers(t *testing.T) {
	for _, p := range places(t) {
		t.Run(p.name, func(t *testing.T) {
			p.put(".DS_Store", "x")
			p.put("export/.DS_Store", "x")
			if p.name == "disk" {
				for _, dir := range []string{"lost+found", "empty/below"} {
					if err := os.MkdirAll(filepath.Join(p.out, dir), 0o755); err != nil {
						t.Fatal(err)
					}
				}
				putFile(t, filepath.Join(p.out, "lost+found", "#12"), "recovered")
			} else {
				p.put("empty/", "") // as the console makes a folder
			}
			expect(t, exitFailed, []string{"run decoy extract first"}, "generate", "--out", p.out)
			if _, ok := contents(t, p.out)[".decoy.json"]; !ok {
				t.Error("no marker")
			}
		})
	}
}

func TestOutThatCannotBeMade(t *testing.T) {
	dir := t.TempDir()
	putFile(t, filepath.Join(dir, "file"), "x")
	putFile(t, filepath.Join(dir, "mine", "notes.txt"), "x")
	for name, to := range map[string]string{"link": "mine", "dangling": "nowhere", "good": "fresh"} {
		if err := os.Symlink(to, filepath.Join(dir, name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Mkdir(filepath.Join(dir, "fresh"), 0o755); err != nil {
		t.Fatal(err)
	}
	for out, want := range map[string]string{
		"a/b/c": "mkdir -p " + filepath.Join(dir, "a/b"), "file": "is a file", "file/below": "is a file", "link": "1 file (notes.txt)", "dangling": "mkdir -p " + filepath.Join(dir, "nowhere"),
	} {
		expect(t, exitUsage, []string{want}, "generate", "--out", filepath.Join(dir, out))
	}
	expect(t, exitFailed, []string{"run decoy extract first"}, "generate", "--out", filepath.Join(dir, "good"))
	expect(t, exitFailed, []string{"run decoy extract first"}, "generate", "--out", filepath.Join(dir, "new"))
	for _, absent := range []string{"a", "nowhere"} {
		if _, err := os.Stat(filepath.Join(dir, absent)); err == nil {
			t.Errorf("%s was made", absent)
		}
	}
}

// Processes that start at once in an empty folder never take each other for strangers.
func TestManyAtOnce(t *testing.T) {
	for _, p := range places(t) {
		t.Run(p.name, func(t *testing.T) {
			p.put(".gitkeep", "")
			var wg sync.WaitGroup
			for range 6 {
				wg.Go(func() {
					code, said := inFolder(t, ".", "generate", "--out", p.out)
					if code != exitFailed || !strings.Contains(said, "run decoy extract first") && !strings.Contains(said, "is in use by") {
						t.Errorf("exit %d: %s", code, said)
					}
				})
			}
			wg.Wait()
		})
	}
}

// A build is killed after the marker and before its first stage has written anything.
func TestKilledAfterTheMarker(t *testing.T) {
	b := buckettest.New(t)
	archive, err := os.ReadFile(archiveOf(t, "alpha"))
	if err != nil {
		t.Fatal(err)
	}
	b.Create("in/alpha.zip", archive, time.Time{})
	recipe, out := smallRecipe(t, "small", ""), filepath.Join(t.TempDir(), "out")
	gate, reached := make(chan struct{}), make(chan struct{})
	var once sync.Once
	b.Always(func(r *http.Request) buckettest.Fault {
		if _, err := os.Stat(filepath.Join(out, ".decoy.json")); err != nil {
			return nil
		}
		once.Do(func() { close(reached) })
		<-gate
		return nil
	})
	// a shard without a repository would be done at once
	args := []string{"build", "--recipe", recipe, "--archives", b.Address("in/alpha.zip"), "--shards", "1", "--out",
		out}
	build := process(t, nil, args...)
	if err := build.Start(); err != nil {
		t.Fatal(err)
	}
	<-reached
	if err := build.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	build.Wait()
	close(gate)
	b.Always(nil)
	for name := range contents(t, out) {
		if strings.HasPrefix(name, "extract/contexts") {
			t.Errorf("%s is there: the test shows too little", name)
		}
	}
	expect(t, exitDone, []string{"done: "}, args...)
	for _, p := range places(t) { // nothing but the marker, and its temporary name
		p.put(".decoy.json", `{"decoy": "build", "format": 1}`)
		expect(t, exitFailed, []string{"run decoy extract first"}, "generate", "--out", p.out)
	}
	for _, p := range places(t) {
		p.put(".decoy.json.decoy-tmp-12-0123456789abcdef", `{"dec`)
		expect(t, exitFailed, []string{"run decoy extract first"}, "generate", "--out", p.out)
	}
}

func TestAnotherBuildInOut(t *testing.T) {
	alpha, beta := archiveOf(t, "alpha"), archiveOf(t, "beta")
	paid := faultserver.New(faultserver.Options{Plan: func(faultserver.Arrival) faultserver.Step { return faultserver.OK(answered) }})
	defer paid.Close()
	panel := fmt.Sprintf("generate: {panel: [{name: a, provider: openai, base_url: %q, model: m, api_key_env: DECOY_TEST_KEY, concurrency: 8, usd_per_mtok: {in: 1000, out: 2000}}]}\n", paid.URL())
	small, other := smallRecipe(t, "small", panel), smallRecipe(t, "other", panel)
	changed := smallRecipe(t, "small", panel+"curate: {rows: 3}\n")
	for _, p := range places(t) {
		t.Run(p.name, func(t *testing.T) {
			build := func(recipe, archives string, more ...string) []string {
				return append([]string{"build", "--recipe", recipe, "--archives", archives, "--out", p.out}, more...)
			}
			expect(t, exitDone, nil, build(small, alpha)...)
			asked, before := len(paid.Arrivals()), contents(t, p.out)
			holds := []string{`holds a build of the recipe "small" over 1 input: `, " contexts, ", " rows, last run 20", " dollars paid for ", "would be lost", "--replace", "never paid again"}
			expect(t, exitUsage, append(holds, "1 added (example.org/owner/beta@v1.0.0), 1 gone (example.org/owner/alpha@v1.0.0)"), build(small, beta)...)
			expect(t, exitUsage, append(holds, "is over 2 inputs: 1 added (example.org/owner/beta@v1.0.0)"), build(small, alpha+","+beta)...)
			expect(t, exitUsage, append(holds, `this command is of the recipe "other"`), build(other, alpha)...)
			expect(t, exitUsage, append(holds, `this command is of the recipe "other"`), "curate", "--recipe", other, "--out", p.out)
			expect(t, exitUsage, append(holds, `this command is of the recipe "demo"`), "export", "--out", p.out)
			after := contents(t, p.out)
			delete(before, ".lock")
			delete(after, ".lock")
			if !maps.Equal(before, after) {
				t.Error("a refused command changed something")
			}

			// Another recipe of the same name goes on; what users put there stays.
			p.put("export/customers.csv", "mine")
			p.put("curate/keep.md", "mine")
			p.put("curate/parts/keep.md", "mine")
			p.put("generate/.notes.tmp", "mine")
			p.put("notes.txt", "mine")
			said := expect(t, exitDone, []string{"curate: its options or inputs changed; done again, with what they had cost: curate (", "seconds), export ("}, build(changed, alpha)...)
			if strings.Contains(said, "dollars") {
				t.Errorf("curate and export have cost no dollars: %s", said)
			}
			if n := len(paid.Arrivals()); n != asked {
				t.Errorf("%d answers were paid again", n-asked)
			}
			// Another build takes its place, and does not pay for the same requests again.
			expect(t, exitDone, []string{"--replace: ", "extract: its options or inputs changed; done again", " dollars, "}, build(other, alpha+","+beta, "--replace")...)
			more := len(paid.Arrivals()) - asked
			for _, a := range paid.Arrivals()[asked:] {
				if golden := a.Section("DEVELOPER"); strings.Contains(golden, "alpha") {
					t.Errorf("it was paid again for %q", golden)
				}
			}
			if more == 0 {
				t.Error("nothing was asked about the new input: the test shows too little")
			}
			expect(t, exitDone, []string{"extract: done before"}, build(other, alpha+","+beta)...)
			got := contents(t, p.out)
			for _, name := range []string{"export/customers.csv", "curate/keep.md", "curate/parts/keep.md", "generate/.notes.tmp", "notes.txt"} {
				if got[name] != "mine" {
					t.Errorf("%s is gone", name)
				}
			}
		})
	}
}

// A build of a version that wrote no marker is known by its records.
func TestABuildOfAnEarlierVersion(t *testing.T) {
	recipe, alpha, beta := smallRecipe(t, "small", ""), archiveOf(t, "alpha"), archiveOf(t, "beta")
	out := filepath.Join(t.TempDir(), "out")
	args := []string{"build", "--recipe", recipe, "--out", out, "--archives"}
	expect(t, exitDone, nil, append(args, alpha)...)
	for _, name := range []string{".decoy.json", ".build.json"} {
		if err := os.Remove(filepath.Join(out, name)); err != nil {
			t.Fatal(err)
		}
	}
	// It was killed in the middle of its last stages, too.
	putFile(t, filepath.Join(out, "export", "train-00001-of-00007.parquet"), "left of a killed shard")
	putFile(t, filepath.Join(out, "export", "customers.csv"), "mine")
	expect(t, exitUsage, []string{`of the recipe "small" over 1 input`, "1 added"}, append(args, beta)...)
	expect(t, exitDone, []string{"export: done before"}, append(args, alpha)...)
	expect(t, exitDone, nil, append(args, beta, "--replace")...)
	got := contents(t, out)
	if got["export/customers.csv"] != "mine" || got["export/train-00001-of-00007.parquet"] != "" || got[".decoy.json"] == "" {
		t.Errorf("it holds %v", slices.Sorted(maps.Keys(got)))
	}
}

// Outside of its own folders decoy makes none.
func TestParentsAreNotMade(t *testing.T) {
	recipe, out, dir := smallRecipe(t, "small", ""), filepath.Join(t.TempDir(), "out"), t.TempDir()
	expect(t, exitDone, nil, "extract", "--recipe", recipe, "--archives", archiveOf(t, "alpha"), "--out", out)
	missing := filepath.Join(dir, "new", "folder")
	remedy := []string{"mkdir -p " + missing}
	expect(t, exitUsage, remedy, "load", out, "--to", "duckdb:"+filepath.Join(missing, "x.db"))
	expect(t, exitUsage, remedy, "load", out, "--to", "parquet:"+filepath.Join(missing, "tables"))
	expect(t, exitUsage, remedy, "ledger", "export", out, filepath.Join(missing, "paid.jsonl"))
	expect(t, exitUsage, remedy, "generate", "--out", filepath.Join(missing, "out"))
	expect(t, exitUsage, []string{"is a build of decoy"}, "load", out, "--to", "parquet:"+out)
	if left := contents(t, dir); len(left) > 0 {
		t.Errorf("%v was made", left)
	}
	if _, err := os.Stat(filepath.Join(dir, "new")); err == nil {
		t.Error("a folder was made")
	}
	putFile(t, filepath.Join(dir, "mine", "data.parquet"), "x")
	expect(t, exitUsage, []string{"1 file (data.parquet)"}, "load", out, "--to", "parquet:"+filepath.Join(dir, "mine"))
}
