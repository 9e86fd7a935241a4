package gitrepo

import (
	"bytes"
	"context"
	"encoding/binary"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
	"github.com/google/go-cmp/cmp"

	"decoy/io/archives"
	"decoy/schemas"
)

func TestHeads(t *testing.T) {
	f := newFixture(t)
	must(t, os.RemoveAll(filepath.Join(f.dir, "refs", "heads")))
	_, err := open(t, f.dir).Head()
	wantContent(t, err, archives.ArchiveEmpty, "has no commit")

	one := f.commit(f.files(map[string]string{"a": "1"}), "one")
	two := f.commit(f.files(map[string]string{"a": "2"}), "two", one)
	tag := f.object(plumbing.TagObject, fmt.Sprintf("object %s\ntype commit\ntag v1\ntagger T <t> 0 +0000\n\nm", one))
	tagOfTag := f.object(plumbing.TagObject, fmt.Sprintf("object %s\ntype tag\ntag v2\ntagger T <t> 0 +0000\n\nm", tag))
	blobTag := f.object(plumbing.TagObject, fmt.Sprintf("object %s\ntype blob\ntag v3\ntagger T <t> 0 +0000\n\nm", f.blob("1")))
	f.write("refs/heads/topic/x", one.String())
	f.write("packed-refs", "# pack-refs with: peeled\n"+tagOfTag.String()+" refs/tags/v2\n^"+one.String()+"\n"+blobTag.String()+" refs/tags/v3\n"+
		one.String()+" refs/heads/main\n"+one.String()+" refs/heads/topic\n")
	f.write("refs/heads/loop", "ref: refs/heads/loop\n")
	f.write("refs/heads/bad", "what\n")
	f.write("refs/heads/gone", strings.Repeat("1", 40)+"\n")
	for _, c := range []struct {
		head, ref, want string
		reason          schemas.Reason
		words           string
	}{
		{ref: "", want: two.String()}, // the file goes before packed-refs
		{ref: "main", want: two.String()},
		{ref: "refs/heads/main", want: two.String()},
		{ref: "heads/topic/x", want: one.String()},
		{ref: "topic", want: one.String()}, // a folder of this name exists
		{ref: "v2", want: one.String()},
		{ref: tag.String(), want: one.String()},
		{ref: one.String(), want: one.String()},
		{head: one.String(), ref: "", want: one.String()},
		{head: "ref: refs/heads/none\n", ref: "", reason: archives.ArchiveEmpty, words: "refs/heads/bad"},
		{head: "", ref: "", reason: archives.ArchiveCorrupt, words: "no id"},
		{head: "ref: ../../etc/passwd", ref: "", reason: archives.ArchiveEmpty, words: "names no commit"},
		{ref: "loop", reason: archives.ArchiveCorrupt, words: "more than 5"},
		{ref: "bad", reason: archives.ArchiveCorrupt, words: "no id"},
		{ref: "gone", reason: archives.ArchiveCorrupt, words: "missing"},
		{ref: "v3", reason: archives.ArchiveCorrupt, words: "names a blob"},
	} {
		t.Run(c.head+","+c.ref, func(t *testing.T) {
			head := "ref: refs/heads/main\n"
			if c.head != "" || c.words == "no id" && c.ref == "" {
				head = c.head
			}
			f.write("HEAD", head)
			got, err := open(t, f.dir).Resolve(c.ref)
			if c.reason != "" {
				wantContent(t, err, c.reason, c.words)
			} else if err != nil || got != c.want {
				t.Errorf("got %s %v, expected %s", got, err, c.want)
			}
		})
	}
	for _, ref := range []string{"nothing", "../HEAD", "config", "a\x00b", strings.Repeat("n", 5000)} {
		if _, err := open(t, f.dir).Resolve(ref); err == nil || !strings.Contains(err.Error(), "does not exist") {
			t.Errorf("%.20q: error %v", ref, err)
		}
	}
}

func TestTenThousandRefs(t *testing.T) {
	f := newFixture(t)
	id := f.commit(f.files(nil), "m")
	var packed strings.Builder
	for i := range 10_000 {
		fmt.Fprintf(&packed, "%s refs/tags/t%05d\n", id, i)
	}
	f.write("packed-refs", packed.String())
	r := open(t, f.dir)
	if got, err := r.Resolve("t09999"); err != nil || got != id.String() {
		t.Errorf("got %s %v", got, err)
	}
	if _, err := r.Resolve("t10000"); err == nil || !strings.Contains(err.Error(), "has 10001: refs/heads/main, refs/tags/t00000") {
		t.Errorf("error %v", err)
	}
}

func TestNoRepository(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "f")
	must(t, os.WriteFile(file, []byte("hello\n"), 0o644))
	pipe := filepath.Join(dir, "p")
	must(t, syscall.Mkfifo(pipe, 0o644)) // opening one would wait for its writer
	lost := t.TempDir()
	must(t, os.WriteFile(filepath.Join(lost, ".git"), []byte("gitdir: /nowhere\n"), 0o644))
	odd := t.TempDir()
	must(t, os.WriteFile(filepath.Join(odd, ".git"), []byte("what"), 0o644))
	for _, path := range []string{dir, file, pipe, lost, odd} {
		if IsRepository(path) {
			t.Errorf("%s is said to be a repository", path)
		}
		_, err := Open(context.Background(), path)
		wantContent(t, err, archives.NotAnArchive, "")
	}
	if _, err := Open(context.Background(), filepath.Join(dir, "none")); err == nil {
		t.Error("a missing path opens")
	} else if _, ok := asContent(err); ok {
		t.Errorf("a missing path is the content's fault: %v", err)
	}
	f := newFixture(t)
	f.write("config", "[core]\n\tbare = true\n[extensions]\n\tobjectFormat = sha256\n")
	_, err := Open(context.Background(), f.dir)
	wantContent(t, err, archives.EntryUnsupported, "sha256")
	if _, err := OpenLimits(context.Background(), f.dir, Limits{MaxPath: -1}); err == nil || !strings.Contains(err.Error(), "max_path") {
		t.Errorf("error %v", err)
	}
}

func TestAlternates(t *testing.T) {
	owner := newFixture(t)
	head := owner.commit(owner.files(map[string]string{"a": "a"}), "m")
	for _, packed := range []bool{false, true} {
		if packed {
			owner.pack()
		}
		for name, line := range map[string]string{
			"absolute": filepath.Join(owner.dir, "objects"),
			"relative": "",
			"cycle":    filepath.Join(owner.dir, "objects") + "\n# a comment\n\n.",
		} {
			f := newFixture(t)
			f.write("HEAD", head.String())
			if name == "relative" {
				rel, err := filepath.Rel(filepath.Join(f.dir, "objects"), filepath.Join(owner.dir, "objects"))
				must(t, err)
				line = rel
			}
			f.write("objects/info/alternates", line+"\n")
			if name == "cycle" { // one that leads back and one to itself
				owner.write("objects/info/alternates", filepath.Join(f.dir, "objects")+"\n.\n")
			}
			r := open(t, f.dir)
			if d := cmp.Diff(taken{Files: []string{"a=a"}}, snap(t, r, head)); d != "" {
				t.Errorf("%s: %s", name, d)
			}
			_, err := r.Resolve(strings.Repeat("1", 40))
			wantContent(t, err, archives.ArchiveCorrupt, "missing")
			must(t, os.RemoveAll(filepath.Join(owner.dir, "objects/info/alternates")))
		}
	}
	f := newFixture(t)
	f.write("objects/info/alternates", "/nowhere\n")
	_, err := Open(context.Background(), f.dir)
	wantContent(t, err, archives.ArchiveCorrupt, "/nowhere")

	deep := newFixture(t)
	at := deep.dir
	for i := range 10 {
		next := filepath.Join(deep.dir, fmt.Sprint("x", i))
		must(t, os.MkdirAll(filepath.Join(at, "objects", "info"), 0o755))
		must(t, os.MkdirAll(filepath.Join(next, "objects"), 0o755))
		must(t, os.WriteFile(filepath.Join(at, "objects/info/alternates"), []byte(filepath.Join(next, "objects")), 0o644))
		at = next
	}
	_, err = Open(context.Background(), deep.dir)
	wantContent(t, err, archives.ArchiveCorrupt, "deeper than 5")
}

func TestBrokenPacks(t *testing.T) {
	build := func(t *testing.T) (f *fixture, base string) {
		f = newFixture(t)
		f.commit(f.files(map[string]string{"a": strings.Repeat("line\n", 500)}), "m")
		return f, f.pack()
	}
	change := func(t *testing.T, path string, by func([]byte) []byte) {
		data, err := os.ReadFile(path)
		must(t, err)
		must(t, os.WriteFile(path, by(data), 0o644))
	}
	for _, c := range []struct {
		name, ext, words string
		by               func([]byte) []byte
	}{
		{"cut short", ".pack", "cut short", func(b []byte) []byte { return b[:len(b)-30] }},
		{"cut to nothing", ".pack", "cut short", func([]byte) []byte { return nil }},
		{"another version", ".pack", "header of version", func(b []byte) []byte { b[7] = 9; return b }},
		{"an index cut short", ".idx", "index", func(b []byte) []byte { return b[:len(b)/2] }},
		{"an index of zeros", ".idx", "index", func(b []byte) []byte { return make([]byte, len(b)) }},
		{"an index that lies", ".idx", "index", func(b []byte) []byte { b[1100]++; return b }},
	} {
		t.Run(c.name, func(t *testing.T) {
			f, base := build(t)
			change(t, base+c.ext, c.by)
			_, err := Open(context.Background(), f.dir)
			wantContent(t, err, archives.ArchiveCorrupt, c.words)
		})
	}
	t.Run("a pipe", func(t *testing.T) {
		f, base := build(t)
		must(t, os.Remove(base+".idx"))
		must(t, syscall.Mkfifo(base+".idx", 0o644))
		_, err := Open(context.Background(), f.dir)
		wantContent(t, err, archives.ArchiveCorrupt, "no regular file")
	})
	t.Run("no index", func(t *testing.T) {
		f, base := build(t)
		must(t, os.Remove(base+".idx"))
		_, err := Open(context.Background(), f.dir)
		wantContent(t, err, archives.ArchiveCorrupt, "git index-pack")
	})
}

// A changed byte of a pack never gives a wrong content, and never a panic.
func TestFlippedBytes(t *testing.T) {
	f := newFixture(t)
	text := strings.Repeat("some line\n", 30)
	one := f.commit(f.files(map[string]string{"a": text, "b": "b"}), "one")
	two := f.commit(f.files(map[string]string{"a": text + "more\n", "b": "b"}), "two", one)
	base := f.pack()
	pack, err := os.ReadFile(base + ".pack")
	must(t, err)
	sound := map[plumbing.Hash]string{}
	kinds := []plumbing.ObjectType{plumbing.CommitObject, plumbing.TreeObject, plumbing.BlobObject}
	each := func(visit func(id plumbing.Hash, data []byte, err error)) {
		r := open(t, f.dir)
		for id := range f.objects {
			for _, kind := range kinds {
				data, err := r.objects.read(id, kind, 1<<20)
				if err != nil {
					if _, ok := asContent(err); !ok {
						t.Fatalf("%v is no ContentError", err)
					}
				}
				if h, err := r.objects.header(id); err == nil && data != nil && h.kind != kind {
					t.Errorf("the header of %s says %s, its content %s", id, h.kind, kind)
				}
				visit(id, data, err)
			}
		}
	}
	each(func(id plumbing.Hash, data []byte, err error) {
		if err == nil {
			sound[id] = string(data)
		}
	})
	if len(sound) != len(f.objects) {
		t.Fatalf("%d of %d objects can be read", len(sound), len(f.objects))
	}
	broken := 0
	for i := packHead; i < len(pack)-packTail; i++ {
		bad := bytes.Clone(pack)
		bad[i] ^= byte(1 + i%255)
		must(t, os.WriteFile(base+".pack", bad, 0o644))
		each(func(id plumbing.Hash, data []byte, err error) {
			if err == nil && string(data) != sound[id] {
				t.Errorf("byte %d: object %s has another content", i, id)
			}
			if err != nil {
				broken++
			}
		})
		r := open(t, f.dir)
		_ = r.History(context.Background(), Config{Ref: two.String()}, func(Commit) error { return nil })
	}
	if broken < len(pack) {
		t.Errorf("only %d reads failed of %d flips", broken, len(pack))
	}
}

// Two deltas that name each other have no end.
func TestDeltaCycle(t *testing.T) {
	f := newFixture(t)
	a, b := objectID(plumbing.BlobObject, []byte("a")), objectID(plumbing.BlobObject, []byte("b"))
	delta := "\x01\x01\x90\x01" // from 1 byte to 1 byte: copy one
	entry := func(base plumbing.Hash) string {
		return string([]byte{byte(plumbing.REFDeltaObject)<<4 | byte(len(delta))}) + string(base[:]) + deflate(t, delta)
	}
	first := entry(b)
	body := "PACK\x00\x00\x00\x02\x00\x00\x00\x02" + first + entry(a)
	sum := objectSum(body)
	var w idxfile.Writer
	must(t, w.OnHeader(2))
	w.Add(a, packHead, 0)
	w.Add(b, uint64(packHead+len(first)), 0)
	must(t, w.OnFooter(sum))
	index, err := w.Index()
	must(t, err)
	name := "objects/pack/pack-" + sum.String()
	f.write(name+".pack", body+string(sum[:]))
	f.write(name+".idx", encodeIndex(t, index))
	r := open(t, f.dir)
	_, err = r.objects.read(a, plumbing.BlobObject, 1<<20)
	wantContent(t, err, archives.ArchiveCorrupt, "more than 4095 deltas")
	_, err = r.objects.header(b)
	wantContent(t, err, archives.ArchiveCorrupt, "more than 4095 deltas")

	bundle := filepath.Join(t.TempDir(), "b")
	must(t, os.WriteFile(bundle, []byte(bundleV2+a.String()+" HEAD\n\n"+body+string(sum[:])), 0o644))
	_, err = Open(context.Background(), bundle)
	wantContent(t, err, archives.ArchiveCorrupt, "delta")
}

// A header may claim any size: it must cost nothing.
func TestLyingSizes(t *testing.T) {
	f := newFixture(t)
	id := objectID(plumbing.BlobObject, []byte("x"))
	f.loose(id, fmt.Sprintf("blob %d\x00x", int64(1)<<60))
	head := f.commit(f.tree(raw{"100644", "a", id}), "m")
	if d := cmp.Diff(taken{Rejects: []string{"/a: too_large"}}, snap(t, open(t, f.dir), head)); d != "" {
		t.Error(d)
	}
	size := []byte{byte(plumbing.BlobObject)<<4 | 0x8f}
	size = binary.AppendUvarint(size, 1<<40)
	body := "PACK\x00\x00\x00\x02\x00\x00\x00\x01" + string(size) + deflate(t, "x")
	sum := objectSum(body)
	path := filepath.Join(t.TempDir(), "b")
	must(t, os.WriteFile(path, []byte(bundleV2+id.String()+" HEAD\n\n"+body+string(sum[:])), 0o644))
	_, err := Open(context.Background(), path)
	wantContent(t, err, archives.ArchiveCorrupt, "at most")
}
