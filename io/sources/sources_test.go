package sources

import (
	"archive/tar"
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5"
	"github.com/go-git/go-git/v5/plumbing/object"

	"decoy/io/archives"
	"decoy/schemas"
)

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, []byte(content), 0o644); err != nil {
		t.Fatal(err)
	}
}

// repository makes a repository with a work tree and one commit a version of a.go.
func repository(t *testing.T, dir string, versions ...string) (commits []string) {
	t.Helper()
	r, err := git.PlainInit(dir, false)
	if err != nil {
		t.Fatal(err)
	}
	w, err := r.Worktree()
	if err != nil {
		t.Fatal(err)
	}
	for i, v := range versions {
		write(t, filepath.Join(dir, "a.go"), v)
		if _, err := w.Add("a.go"); err != nil {
			t.Fatal(err)
		}
		id, err := w.Commit(v, &git.CommitOptions{Author: &object.Signature{Name: "A", Email: "a@example.org", When: time.Unix(int64(1e9+i), 0).UTC()}})
		if err != nil {
			t.Fatal(err)
		}
		commits = append(commits, id.String())
	}
	return commits
}

func tarball(t *testing.T, path string) {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	if err := w.WriteHeader(&tar.Header{Name: "root/b.go", Mode: 0o644, Size: 3}); err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("b\n\n")); err != nil {
		t.Fatal(err)
	}
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	write(t, path, b.String())
}

func TestResolveAndWalk(t *testing.T) {
	dir := t.TempDir()
	first := repository(t, filepath.Join(dir, "one"), "package a\n", "package b\n")
	repository(t, filepath.Join(dir, "two.git"), "package c\n")
	write(t, filepath.Join(dir, "two.git.identity.json"), `{"repo": "o/two"}`)
	tarball(t, filepath.Join(dir, "x.tar"))
	write(t, filepath.Join(dir, "folder", "not-a-repository.txt"), "x")
	write(t, filepath.Join(dir, "specs.txt"), "# all\none\ntwo.git\nx.tar\n")

	read := func(src archives.Source) string {
		t.Helper()
		var files strings.Builder
		err := Walk(t.Context(), src, archives.Limits{}, nil, func(e archives.Entry) error {
			files.WriteString(e.Path + "=" + string(e.Data))
			return nil
		}, func(r schemas.Reject) { files.WriteString(r.ID + " " + string(r.Reason)) })
		if err != nil {
			t.Fatal(err)
		}
		return files.String()
	}
	for _, specs := range [][]string{
		{filepath.Join(dir, "*")},
		{"@" + filepath.Join(dir, "specs.txt")},
		{filepath.Join(dir, "one"), filepath.Join(dir, "one", ".git", "..", "..", "one"), filepath.Join(dir, "*.git"), filepath.Join(dir, "x.tar")},
	} {
		got, rejects, err := Resolve(t.Context(), specs, archives.ResolveConfig{Identities: map[string]archives.Identity{"one": {Commit: first[0]}}})
		if err != nil {
			t.Fatalf("%q: %v", specs, err)
		}
		var ids []string
		for _, src := range got {
			ids = append(ids, src.Repo)
			if src.SHA256 == "" || src.ID() == "" {
				t.Errorf("%q: %+v has no content or name", specs, src)
			}
		}
		if specs[0] == filepath.Join(dir, "*") { // the list is a file that is no archive
			if len(rejects) != 1 || rejects[0].ID != "specs.txt" {
				t.Errorf("%q: rejects %+v", specs, rejects)
			}
		} else if len(rejects) > 0 {
			t.Errorf("%q: rejects %+v", specs, rejects)
		}
		if want := "o/two one root"; strings.Join(ids, " ") != want {
			t.Fatalf("%q: %v, want %s", specs, ids, want)
		}
		if got[1].Commit != first[0] || read(got[1]) != "a.go=package a\n" || read(got[0]) != "a.go=package c\n" || read(got[2]) != "b.go=b\n\n" {
			t.Errorf("%q: wrong content: %q %q %q", specs, read(got[0]), read(got[1]), read(got[2]))
		}
	}
}

func TestResolveErrors(t *testing.T) {
	dir := t.TempDir()
	repository(t, filepath.Join(dir, "one"), "package a\n")
	_, rejects, err := Resolve(t.Context(), []string{filepath.Join(dir, "one")}, archives.ResolveConfig{Identities: map[string]archives.Identity{"one": {Commit: "no-such-ref"}}})
	if text := ""; err == nil && len(rejects) == 1 {
		text = rejects[0].Detail
		if !strings.Contains(text, "no-such-ref") {
			t.Errorf("the reject does not name the reference: %q", text)
		}
	} else if err == nil || !strings.Contains(err.Error(), "no-such-ref") {
		t.Errorf("a reference that does not exist: %v, %v", rejects, err)
	}
	repository(t, filepath.Join(dir, "folder", "one"), "package b\n")
	if _, _, err := Resolve(t.Context(), []string{filepath.Join(dir, "one"), filepath.Join(dir, "folder", "one")}, archives.ResolveConfig{}); err == nil || !strings.Contains(err.Error(), "identities") {
		t.Errorf("two repositories of one name: %v", err)
	}
	write(t, filepath.Join(dir, "one.identity.json"), `{"reference": "main"}`)
	if _, _, err := Resolve(t.Context(), []string{filepath.Join(dir, "one")}, archives.ResolveConfig{}); err == nil || !strings.Contains(err.Error(), "one.identity.json") {
		t.Errorf("an identity with an unknown field: %v", err)
	}
	if _, _, err := Resolve(t.Context(), []string{filepath.Join(dir, "none-*")}, archives.ResolveConfig{}); err == nil || !strings.Contains(err.Error(), "none-*") {
		t.Errorf("a glob without a match: %v", err)
	}
}

// What a recipe says of a repository by the path as given, the absolute path and the name
// adds up, as for an archive.
func TestIdentityByAnyPath(t *testing.T) {
	dir := t.TempDir()
	first := repository(t, filepath.Join(dir, "repos", "one"), "package a\n", "package b\n")[0]
	t.Chdir(dir)
	got, rejects, err := Resolve(t.Context(), []string{"repos/one"},
		archives.ResolveConfig{Identities: map[string]archives.Identity{
			"repos/one": {Commit: first}, filepath.Join(dir, "repos", "one"): {Repo: "o/r", Commit: "no-such-ref"},
			"one": {License: "LicenseRef-own"},
		}})
	if err != nil || len(rejects) > 0 || len(got) != 1 {
		t.Fatalf("%+v, %+v, %v", got, rejects, err)
	}
	if s := got[0]; s.Repo != "o/r" || s.Commit != first || s.License != "LicenseRef-own" {
		t.Errorf("%+v", s)
	}
}
