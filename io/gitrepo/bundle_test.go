package gitrepo

import (
	"context"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"decoy/io/archives"
	"decoy/schemas"
)

func TestBundleHeads(t *testing.T) {
	f := newFixture(t)
	one := f.commit(f.files(nil), "one").String()
	two := f.commit(f.files(map[string]string{"a": ""}), "two").String()
	for header, want := range map[string]string{
		one + " refs/heads/x\n":                                   one,
		one + " refs/heads/main\n" + two + " HEAD\n":              two,
		one + " refs/heads/master\n" + two + " refs/heads/main\n": two,
		one + " refs/heads/master\n" + two + " refs/heads/b\n":    one,
		one + " refs/heads/a\n" + two + " refs/heads/b\n":         "",
		one + " refs/heads/a b\n":                                 one,
	} {
		got, err := open(t, f.bundle(bundleV2+header+"\n")).Head()
		if got != want || (err == nil) != (want != "") {
			t.Errorf("%q: got %s %v", header, got, err)
		}
	}
	got, err := open(t, f.bundle(bundleV2+one+" refs/heads/a\n"+two+" refs/heads/b\n\n")).Resolve("b")
	if got != two || err != nil {
		t.Errorf("got %s %v", got, err)
	}
}

func TestBundleRefused(t *testing.T) {
	f := newFixture(t)
	id := f.commit(f.files(map[string]string{"a": strings.Repeat("line\n", 100)}), "m").String()
	other := strings.Repeat("1", 40)
	for _, c := range []struct {
		header string
		reason schemas.Reason
		words  string
	}{
		{bundleV2 + "-" + other + " what\n" + id + " HEAD\n\n", archives.ArchiveCorrupt, "builds on 1 commits that it does not hold, the first is " + other},
		{bundleV2 + other + " HEAD\n\n", archives.ArchiveCorrupt, "which its pack does not hold"},
		{bundleV2 + "-nothing\n\n", archives.ArchiveCorrupt, "no id"},
		{bundleV2 + "nothing\n\n", archives.ArchiveCorrupt, "no reference"},
		{bundleV2 + id + " \n\n", archives.ArchiveCorrupt, "no reference"},
		{bundleV2 + id + " HEAD\n" + other + " HEAD\n\n", archives.ArchiveCorrupt, "twice"},
		{bundleV2 + id + " " + strings.Repeat("r", 70<<10) + "\n\n", archives.ArchiveCorrupt, "more than 65536 bytes"},
		{bundleV3 + "@object-format=sha256\n" + id + " HEAD\n\n", archives.EntryUnsupported, "sha256"},
		{bundleV3 + "@what\n" + id + " HEAD\n\n", archives.EntryUnsupported, "what"},
		{"# v4 git bundle\n\n", archives.NotAnArchive, "neither"},
		{bundleV2 + id + " HEAD\n\nX", archives.ArchiveCorrupt, "pack"},
	} {
		_, err := Open(context.Background(), f.bundle(c.header))
		wantContent(t, err, c.reason, c.words)
	}
	_, err := OpenLimits(context.Background(), f.bundle(bundleV2+id+" HEAD\n\n"), Limits{MaxTotalBytes: 100})
	wantContent(t, err, archives.ArchiveTooLarge, "more than 100 bytes")
}

// A bundle that ends anywhere, or goes on behind its end, is refused.
func TestBundleCutShort(t *testing.T) {
	f := newFixture(t)
	text := strings.Repeat("some line\n", 50)
	one := f.commit(f.files(map[string]string{"a": text}), "one")
	two := f.commit(f.files(map[string]string{"a": text + "x"}), "two", one)
	path := f.bundle(bundleV2 + two.String() + " HEAD\n\n")
	whole, err := os.ReadFile(path)
	must(t, err)
	open(t, path)
	for n := range len(whole) {
		must(t, os.WriteFile(path, whole[:n], 0o644))
		_, err := Open(context.Background(), path)
		if c, ok := asContent(err); !ok || c.Reason != archives.ArchiveCorrupt && n > len(bundleV2) {
			t.Errorf("%d of %d bytes: error %v", n, len(whole), err)
		}
	}
	must(t, os.WriteFile(path, append(whole, "more"...), 0o644))
	_, err = Open(context.Background(), path)
	wantContent(t, err, archives.ArchiveCorrupt, "4 bytes follow")
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(ctx, path); err == nil || !strings.Contains(err.Error(), context.Canceled.Error()) {
		t.Errorf("error %v", err)
	}
}

func TestBundleOfGit(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Skip("no git here")
	}
	f := newFixture(t)
	text := strings.Repeat("some line\n", 50)
	one := f.commit(f.files(map[string]string{"a": text, "d/b": "b"}), "one")
	two := f.commit(f.files(map[string]string{"a": text + "x\n", "d/b": "b"}), "two", one)
	dir := t.TempDir()
	run := func(args ...string) {
		out, err := exec.Command(git, append([]string{"--git-dir", f.dir}, args...)...).CombinedOutput()
		if err != nil {
			t.Fatalf("git %v: %v %s", args, err, out)
		}
	}
	f.write("config", "[core]\n\tbare = true\n\trepositoryformatversion = 0\n")
	all, part := filepath.Join(dir, "all"), filepath.Join(dir, "part")
	run("bundle", "create", all, "--all")
	run("bundle", "create", "--version=3", part, "main", "^"+one.String())
	want := snap(t, open(t, f.dir), two)
	if d := cmp.Diff(want, snap(t, open(t, all), two)); d != "" || len(want.Files) != 2 {
		t.Error(d)
	}
	_, err = Open(context.Background(), part)
	wantContent(t, err, archives.ArchiveCorrupt, one.String())
	run("repack", "-a", "-d", "-q")
	if d := cmp.Diff(want, snap(t, open(t, f.dir), two)); d != "" {
		t.Error(d)
	}
	if got := commits(t, open(t, f.dir), Config{}); len(got) != 2 || story(got[1])[0] != "a 50-50:50-51" {
		t.Errorf("history %+v", got)
	}
}
