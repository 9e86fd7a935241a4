// Package runners holds decoy's commands. Its test keeps the direction of imports:
//
//	schemas ← {transforms, io} ← pipelines ← runners
//
// transforms and io never import each other, and scripts import nothing of ours but
// what scripts/bench measures.
package runners

import (
	"go/build"
	"io/fs"
	"path/filepath"
	"strings"
	"testing"
)

// allowed lists, for each layer, the layers that it may import beside itself.
var allowed = map[string][]string{
	"schemas":    {},
	"transforms": {"schemas"},
	"io":         {"schemas"},
	"pipelines":  {"schemas", "transforms", "io"},
	"runners":    {"schemas", "transforms", "io", "pipelines", "scripts"},
	"scripts":    {},
	"bench":      {"schemas", "transforms", "io", "pipelines", "scripts"}, // scripts/bench, scripts/kill, scripts/fuzz: commands that measure
}

func TestDirectionOfImports(t *testing.T) {
	root, err := filepath.Abs("..")
	if err != nil {
		t.Fatal(err)
	}
	packages := 0
	err = filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if !d.IsDir() {
			return nil
		}
		if strings.HasPrefix(d.Name(), ".") || d.Name() == "testdata" {
			return fs.SkipDir
		}
		p, err := build.ImportDir(path, 0)
		if _, none := err.(*build.NoGoError); none {
			return nil
		}
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		packages++
		layer, below, _ := strings.Cut(filepath.ToSlash(rel), "/")
		if layer == "scripts" && (strings.HasPrefix(below, "bench/") || strings.HasPrefix(below, "kill/") || strings.HasPrefix(below, "fuzz/")) {
			layer = "bench"
		}
		may, known := allowed[layer]
		if !known {
			t.Errorf("%s: a Go package outside of the layers", rel)
		}
		for _, i := range append(p.Imports, p.TestImports...) {
			ours, ok := strings.CutPrefix(i, "decoy/")
			if !ok {
				continue
			}
			to, _, _ := strings.Cut(ours, "/")
			if to != layer && !contains(may, to) {
				t.Errorf("%s imports %s: %s may import %v", rel, i, layer, may)
			}
		}
		for _, bad := range []string{"io", "archive", "parquet", "util", "utils", "common", "helpers", "manager"} {
			if p.Name == bad {
				t.Errorf("%s: a package must not be named %s", rel, bad)
			}
		}
		if p.Doc == "" && len(p.GoFiles) > 0 {
			t.Errorf("%s has no package comment: it is the package's design document", rel)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if packages < 15 {
		t.Errorf("only %d packages were looked at: the test does not see the tree", packages)
	}
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
