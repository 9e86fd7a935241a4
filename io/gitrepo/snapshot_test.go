package gitrepo

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/google/go-cmp/cmp"

	"decoy/io/archives"
	"decoy/schemas"
)

func TestSnapshotInEveryForm(t *testing.T) {
	f := newFixture(t)
	files := map[string]string{"a.go": "a\n", "a/b.go": strings.Repeat("line\n", 400), "a/c/d.go": strings.Repeat("line\n", 400) + "x", "a-b": "", "b": "\x00"}
	head := f.commit(f.files(files), "m")
	want := taken{Files: []string{"a-b=", "a.go=a\n", "a/b.go=" + files["a/b.go"], "a/c/d.go=" + files["a/c/d.go"], "b=\x00"}}
	bundle := f.bundle(bundleV2 + head.String() + " refs/heads/main\n\n")
	bundle3 := f.bundle(bundleV3 + "@object-format=sha1\n@filter=blob:none\n" + head.String() + " HEAD\n\n")

	worktree := t.TempDir()
	must(t, os.Symlink(f.dir, filepath.Join(worktree, ".git")))
	linked := t.TempDir()
	must(t, os.WriteFile(filepath.Join(linked, ".git"), []byte("gitdir: "+filepath.Join(f.dir, "worktrees/w")+"\n"), 0o644))
	f.write("worktrees/w/HEAD", head.String()+"\n")
	f.write("worktrees/w/commondir", "../..\n")

	forms := map[string]string{"bare": f.dir, "bundle": bundle, "bundle v3": bundle3, "work tree": worktree, "linked": linked}
	check := func(name, path string) {
		t.Run(name, func(t *testing.T) {
			if !IsRepository(path) {
				t.Error("IsRepository says no")
			}
			r := open(t, path)
			got, err := r.Head()
			must(t, err)
			if got != head.String() {
				t.Errorf("HEAD %s, expected %s", got, head)
			}
			if d := cmp.Diff(want, snap(t, r, head)); d != "" {
				t.Error(d)
			}
		})
	}
	for name, path := range forms {
		check(name, path)
	}
	f.pack()
	check("packed", f.dir)
	check("packed linked", linked)
}

func TestSnapshotRejects(t *testing.T) {
	f := newFixture(t)
	b := f.blob("x")
	missing := plumbing.NewHash("0123456789012345678901234567890123456789")
	lying := plumbing.NewHash("1123456789012345678901234567890123456789")
	f.loose(lying, "blob 1\x00x")
	long := objectID(plumbing.BlobObject, []byte("long"))
	f.loose(long, "blob 9\x00long")
	noHead := plumbing.NewHash("2123456789012345678901234567890123456789")
	f.loose(noHead, strings.Repeat("z", 1000))
	notZlib := plumbing.NewHash("3123456789012345678901234567890123456789")
	f.write(f.loosePath(notZlib), "not zlib")
	below := f.tree(raw{"100644", "ok", b})
	root := f.tree(
		raw{"100644", "..", b}, raw{"100644", ".", b}, raw{"40000", ".GIT", below},
		raw{"100644", "/abs", b}, raw{"100644", "C:x", b}, raw{"100644", "a\\b", b}, raw{"100644", "a/b", b}, raw{"100644", "a\xff", b},
		raw{"100644", "big", f.blob(strings.Repeat("b", 2000))},
		raw{"100644", "dup", b}, raw{"100644", "dup", b},
		raw{"40000", "folder", below}, raw{"40000", "gone", missing}, raw{"40000", "notree", b},
		raw{"120000", "link", b}, raw{"100644", "lying", lying}, raw{"100644", "missing", missing}, raw{"160000", "module", missing},
		raw{"100644", "nohead", noHead}, raw{"100644", "notzlib", notZlib}, raw{"100755", "run", b}, raw{"100644", "short", long},
		raw{"100644", strings.Repeat("p", 5000), b}, raw{"100644", "wrongtype", below},
	)
	head := f.commit(root, "m")
	r, err := OpenLimits(context.Background(), f.dir, Limits{MaxFileBytes: 1000})
	must(t, err)
	defer r.Close()
	got := snap(t, r, head)
	slices.Sort(got.Rejects)
	want := taken{
		Files: []string{"dup=x", "folder/ok=x", "run=x"},
		Rejects: []string{
			"/..: path_escapes", "/.: path_invalid", "/.GIT: path_invalid", "//abs: path_absolute", "/C:x: path_absolute",
			"/a/b: path_invalid", "/a\\b: path_invalid", "/a\uFFFD: path_invalid", "/big: too_large", "/dup: duplicate_path",
			"/gone: entry_corrupt", "/link: not_regular", "/lying: entry_corrupt", "/missing: entry_corrupt", "/module: not_regular",
			"/nohead: entry_corrupt", "/notree: entry_corrupt", "/notzlib: entry_corrupt",
			"/" + strings.Repeat("p", 512-41) + "…: path_too_long", "/short: entry_corrupt", "/wrongtype: entry_corrupt",
		},
	}
	slices.Sort(want.Rejects)
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	for _, s := range got.Rejects {
		_, reason, _ := strings.Cut(s, ": ")
		if !slices.Contains(archives.Reasons, schemas.Reason(reason)) {
			t.Errorf("%q is none of the reasons of package archives", reason)
		}
	}
}

// A tree whose entries are in another order than git's, which git fsck refuses,
// gives the same files and changes.
func TestUnsortedTree(t *testing.T) {
	f := newFixture(t)
	a, b := f.blob("a\n"), f.blob("b\n")
	one := f.commit(f.tree(raw{"100644", "b", b}, raw{"40000", "a", f.tree(raw{"100644", "x", a})}, raw{"100644", "a.go", a}), "one")
	f.commit(f.tree(raw{"40000", "a", f.tree(raw{"100644", "x", a})}, raw{"100644", "b", a}, raw{"100644", "a.go", a}), "two", one)
	r := open(t, f.dir)
	if d := cmp.Diff(taken{Files: []string{"a.go=a\n", "a/x=a\n", "b=b\n"}}, snap(t, r, one)); d != "" {
		t.Error(d)
	}
	if d := cmp.Diff([]string{"b 0-1:0-1"}, story(commits(t, r, Config{})[1])); d != "" {
		t.Error(d)
	}
}

// What emit is given is its own: the cache must not see what it does with it.
func TestEmitOwnsBytes(t *testing.T) {
	f := newFixture(t)
	head := f.commit(f.files(map[string]string{"a": "same", "b": "same"}), "m")
	f.pack()
	var got []string
	must(t, open(t, f.dir).Snapshot(context.Background(), head.String(), nil, func(_ string, data []byte) error {
		got = append(got, string(data))
		data[0] = 'X'
		return nil
	}, nil))
	if d := cmp.Diff([]string{"same", "same"}, got); d != "" {
		t.Error(d)
	}
}

func TestCacheIsBounded(t *testing.T) {
	c := newObjectCache(10_000)
	for i := range int64(1000) {
		c.put(cacheKey{0, i % 700}, make([]byte, i%300), plumbing.BlobObject)
		c.put(cacheKey{1, 1}, nil, plumbing.TreeObject)
		if _, ok := c.get(cacheKey{1, 1}); !ok {
			t.Fatal("what is used all the time is gone")
		}
		var bytes int64
		for e := c.order.Front(); e != nil; e = e.Next() {
			bytes += int64(cap(e.Value.(*cached).data)) + entryOverhead
		}
		if bytes != c.bytes || bytes > 10_000 || len(c.at) != c.order.Len() {
			t.Fatalf("%d bytes, counted %d, in %d of %d entries", bytes, c.bytes, c.order.Len(), len(c.at))
		}
	}
	c.put(cacheKey{2, 2}, make([]byte, 5000), plumbing.BlobObject)
	if _, ok := c.get(cacheKey{2, 2}); ok {
		t.Error("one object takes half of the cache")
	}
}

func TestSnapshotAsksAndStops(t *testing.T) {
	f := newFixture(t)
	head := f.commit(f.files(map[string]string{"a": "1", "b": "22", "c/d": "333"}), "m")
	r := open(t, f.dir)
	r.Name = "repo"
	var asked []string
	must(t, r.Snapshot(context.Background(), head.String(), func(path string, size int64) bool {
		asked = append(asked, fmt.Sprint(path, size))
		return false
	}, func(path string, _ []byte) error { t.Errorf("emitted %s", path); return nil }, func(r schemas.Reject) { t.Error(r) }))
	if d := cmp.Diff([]string{"a1", "b2", "c/d3"}, asked); d != "" {
		t.Error(d)
	}
	stop := errors.New("stop")
	err := r.Snapshot(context.Background(), head.String(), nil, func(string, []byte) error { return stop }, nil)
	if !errors.Is(err, stop) {
		t.Errorf("error %v", err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if err := r.Snapshot(ctx, head.String(), nil, nil, nil); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	for _, lim := range []Limits{{MaxEntries: 3}, {MaxTotalBytes: 5}} {
		r, err := OpenLimits(context.Background(), f.dir, lim)
		must(t, err)
		r.Name = "repo"
		var files, rejects []string
		must(t, r.Snapshot(context.Background(), head.String(), nil,
			func(path string, _ []byte) error { files = append(files, path); return nil },
			func(r schemas.Reject) { rejects = append(rejects, r.ID+" "+string(r.Reason)) }))
		if d := cmp.Diff([]string{"a", "b"}, files); d != "" {
			t.Errorf("%+v: %s", lim, d)
		}
		if d := cmp.Diff([]string{"repo@" + head.String() + " archive_too_large"}, rejects); d != "" {
			t.Errorf("%+v: %s", lim, d)
		}
		must(t, r.Close())
	}
	if err := r.Snapshot(context.Background(), "main", nil, nil, nil); err == nil || !strings.Contains(err.Error(), "no id") {
		t.Errorf("error %v", err)
	}
}

// A tree of ten folders that are one, ten deep, has ten billion files in a
// kilobyte.
func TestTreeBomb(t *testing.T) {
	f := newFixture(t)
	bomb := func(b string) plumbing.Hash {
		id := f.tree(raw{"100644", "f", f.blob(b)})
		for range 10 {
			var entries []raw
			for i := range 10 {
				entries = append(entries, raw{"40000", string(rune('a' + i)), id})
			}
			id = f.tree(entries...)
		}
		return id
	}
	head := f.commit(bomb("2"), "two", f.commit(bomb("1"), "one", f.commit(f.files(nil), "none")))
	r, err := OpenLimits(context.Background(), f.dir, Limits{MaxEntries: 1000})
	must(t, err)
	defer r.Close()
	if got := snap(t, r, head).Rejects; !slices.Equal(got, []string{": archive_too_large"}) {
		t.Errorf("rejects %v", got)
	}
	got := commits(t, r, Config{})
	if len(got) != 3 || got[0].Lost != "" || !strings.Contains(got[1].Lost, "more than 2000") || !strings.Contains(got[2].Lost, "more than 2000") {
		t.Errorf("history %+v", got)
	}
}

// Links are told, with what they name; those that lead out name nothing.
func TestSnapshotTellsOfLinks(t *testing.T) {
	f := newFixture(t)
	tree := f.tree(raw{"120000", "LICENSE", f.blob("docs/legal.txt")}, raw{"100644", "a.go", f.blob("package a\n")}, raw{"120000", "abs", f.blob("/etc/passwd")})
	head := f.commit(tree, "m")
	got := map[string]string{}
	var rejects int
	must(t, open(t, f.dir).SnapshotLinks(context.Background(), head.String(), nil, func(string, []byte) error { return nil },
		func(path, target string) { got[path] = target }, func(schemas.Reject) { rejects++ }))
	if d := cmp.Diff(map[string]string{"LICENSE": "docs/legal.txt", "abs": ""}, got); d != "" || rejects != 2 {
		t.Errorf("%d rejects, %s", rejects, d)
	}
}
