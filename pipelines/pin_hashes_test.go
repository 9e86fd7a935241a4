package pipelines

import (
	"bytes"
	"flag"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"decoy/pipelines/recipe"
)

var update = flag.Bool("update", false, "write the goldens of testdata/pin anew")

const pinnedFields = "extract: {kinds: {import: 2, call: 4, general: 2}, prefix_bytes: 1024, suffix_bytes: 512}\n" +
	"curate: {rows: 120, split: {train: 0.5, validation: 0.25, test: 0.25}}\n"

// pinnedRecipe is a recipe of two shards without paid members.
func pinnedRecipe(t *testing.T, yaml string) recipe.Recipe {
	t.Helper()
	r := parsed(t, yaml)
	r.Shards = 2
	return r
}

var renewed = map[string]bool{}

// golden compares got with a file below testdata/pin, line by line, or writes it.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", "pin", name)
	if *update && !renewed[name] { // what comes later is compared with it
		renewed[name] = true
		put(t, path, got)
		return
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got == string(want) {
		return
	}
	a, b := strings.Split(string(want), "\n"), strings.Split(got, "\n")
	shown := 0
	for i := 0; i < max(len(a), len(b)) && shown < 10; i++ {
		x, y := "(no line)", "(no line)"
		if i < len(a) {
			x = a[i]
		}
		if i < len(b) {
			y = b[i]
		}
		if x != y {
			shown++
			t.Errorf("%s:%d:\n got %s\nwant %s", path, i+1, y, x)
		}
	}
	t.Errorf("%s: if bytes are meant to change, go test ./pipelines -run %s -update", path, t.Name())
}

// TestPinnedHashes: the bytes of a build are those of the stored table, whatever the
// runner, the number of processors and the folders.
func TestPinnedHashes(t *testing.T) {
	r := pinnedRecipe(t, pinnedFields)
	for _, x := range []struct {
		runner     string
		processors int
	}{{"direct", 1}, {"prism", 2}} {
		t.Run(fmt.Sprintf("%s, %d processors", x.runner, x.processors), func(t *testing.T) {
			defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(x.processors))
			t.Setenv("TMPDIR", t.TempDir())
			sums := repeatable(t, pinned(t, 4).build(t, x.runner, r))
			var b bytes.Buffer
			for _, name := range slices.Sorted(maps.Keys(sums)) {
				fmt.Fprintf(&b, "%s  %s\n", sums[name], name)
			}
			golden(t, "build.sha256", b.String())
		})
	}
}
