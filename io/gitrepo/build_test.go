package gitrepo

import (
	"bytes"
	"compress/zlib"
	"context"
	"crypto/sha1"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/go-git/go-git/v5/plumbing"
	"github.com/go-git/go-git/v5/plumbing/format/idxfile"
	"github.com/go-git/go-git/v5/plumbing/format/packfile"
	"github.com/go-git/go-git/v5/storage/memory"

	"decoy/schemas"
)

// fixture is a bare repository that is written by hand, object by object.
type fixture struct {
	testing.TB
	dir     string
	objects map[plumbing.Hash]bool
	clock   int
}

func newFixture(t testing.TB) *fixture {
	f := &fixture{TB: t, dir: t.TempDir(), objects: map[plumbing.Hash]bool{}}
	for _, d := range []string{"objects/pack", "objects/info", "refs/heads"} {
		must(t, os.MkdirAll(filepath.Join(f.dir, d), 0o755))
	}
	f.write("HEAD", "ref: refs/heads/main\n")
	return f
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func (f *fixture) write(name, text string) {
	f.Helper()
	path := filepath.Join(f.dir, name)
	must(f, os.MkdirAll(filepath.Dir(path), 0o755))
	must(f, os.WriteFile(path, []byte(text), 0o644))
}

func (f *fixture) loosePath(id plumbing.Hash) string {
	s := id.String()
	return filepath.Join("objects", s[:2], s[2:])
}

// object writes a loose object.
func (f *fixture) object(kind plumbing.ObjectType, data string) plumbing.Hash {
	id := objectID(kind, []byte(data))
	f.loose(id, fmt.Sprintf("%s %d\x00%s", kind, len(data), data))
	f.objects[id] = true
	return id
}

// loose writes any bytes as the loose object of an id.
func (f *fixture) loose(id plumbing.Hash, raw string) {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, err := z.Write([]byte(raw))
	must(f, err)
	must(f, z.Close())
	f.write(f.loosePath(id), b.String())
}

func deflate(t testing.TB, s string) string {
	var b bytes.Buffer
	z := zlib.NewWriter(&b)
	_, err := z.Write([]byte(s))
	must(t, err)
	must(t, z.Close())
	return b.String()
}

// objectSum is the checksum that ends a pack.
func objectSum(s string) plumbing.Hash { return sha1.Sum([]byte(s)) }

func (f *fixture) blob(data string) plumbing.Hash { return f.object(plumbing.BlobObject, data) }

// raw is an entry of a tree.
type raw struct {
	mode, name string
	id         plumbing.Hash
}

func (f *fixture) tree(entries ...raw) plumbing.Hash {
	var b strings.Builder
	for _, e := range entries {
		fmt.Fprintf(&b, "%s %s\x00%s", e.mode, e.name, e.id[:])
	}
	return f.object(plumbing.TreeObject, b.String())
}

// files is the tree of regular files, folders made as needed.
func (f *fixture) files(files map[string]string) plumbing.Hash {
	folders := map[string]map[string]string{}
	var entries []treeEntry
	for name, data := range files {
		if dir, rest, ok := strings.Cut(name, "/"); ok {
			if folders[dir] == nil {
				folders[dir] = map[string]string{}
			}
			folders[dir][rest] = data
		} else {
			entries = append(entries, treeEntry{name: name, id: f.blob(data)})
		}
	}
	for name, below := range folders {
		entries = append(entries, treeEntry{name: name, id: f.files(below), kind: folder})
	}
	slices.SortFunc(entries, compareEntries)
	var out []raw
	for _, e := range entries {
		out = append(out, raw{map[fileKind]string{regular: "100644", folder: "40000"}[e.kind], e.name, e.id})
	}
	return f.tree(out...)
}

func (f *fixture) commit(tree plumbing.Hash, message string, parents ...plumbing.Hash) plumbing.Hash {
	var b strings.Builder
	fmt.Fprintf(&b, "tree %s\n", tree)
	for _, p := range parents {
		fmt.Fprintf(&b, "parent %s\n", p)
	}
	f.clock++
	fmt.Fprintf(&b, "author A <a@b.c> %d +0200\ncommitter C <c@b.c> %d +0000\n\n%s", 1_700_000_000+f.clock, 1_700_000_000, message)
	id := f.object(plumbing.CommitObject, b.String())
	f.write("refs/heads/main", id.String()+"\n")
	return id
}

// packed is all objects as a pack.
func (f *fixture) packed() []byte {
	s := memory.NewStorage()
	ids := slices.SortedFunc(maps.Keys(f.objects), func(a, b plumbing.Hash) int { return bytes.Compare(a[:], b[:]) })
	for _, id := range ids {
		data, err := os.ReadFile(filepath.Join(f.dir, f.loosePath(id)))
		must(f, err)
		h, body, err := looseHeader(bytes.NewReader(data))
		must(f, err)
		content, err := io.ReadAll(body)
		must(f, err)
		_, err = s.SetEncodedObject(memoryObject(h.kind, content))
		must(f, err)
	}
	var b bytes.Buffer
	_, err := packfile.NewEncoder(&b, s, false).Encode(ids, 10)
	must(f, err)
	return b.Bytes()
}

// pack replaces the loose objects by a pack.
func (f *fixture) pack() (base string) {
	data := f.packed()
	for id := range f.objects {
		must(f, os.Remove(filepath.Join(f.dir, f.loosePath(id))))
	}
	index, err := indexPack(context.Background(), io.NewSectionReader(bytes.NewReader(data), 0, int64(len(data))))
	must(f, err)
	base = fmt.Sprintf("objects/pack/pack-%x", index.PackfileChecksum)
	f.write(base+".pack", string(data))
	f.write(base+".idx", encodeIndex(f, index))
	return filepath.Join(f.dir, base)
}

func encodeIndex(t testing.TB, index *idxfile.MemoryIndex) string {
	var b bytes.Buffer
	_, err := idxfile.NewEncoder(&b).Encode(index)
	must(t, err)
	return b.String()
}

// bundle is the repository as a bundle with the references of header lines.
func (f *fixture) bundle(header string) string {
	path := filepath.Join(f.TempDir(), "b")
	must(f, os.WriteFile(path, append([]byte(header), f.packed()...), 0o644))
	return path
}

func open(t testing.TB, path string) *Repo {
	t.Helper()
	r, err := Open(context.Background(), path)
	must(t, err)
	t.Cleanup(func() { must(t, r.Close()) })
	return r
}

// taken is all that a snapshot gave, in order.
type taken struct {
	Files   []string // path=content
	Rejects []string // id: reason
}

func snap(t testing.TB, r *Repo, commit plumbing.Hash) taken {
	t.Helper()
	var out taken
	must(t, r.Snapshot(context.Background(), commit.String(), nil,
		func(path string, data []byte) error { out.Files = append(out.Files, path+"="+string(data)); return nil },
		func(r schemas.Reject) {
			id := strings.TrimPrefix(r.ID, commit.String())
			out.Rejects = append(out.Rejects, id+": "+string(r.Reason))
		}))
	return out
}

func commits(t testing.TB, r *Repo, cfg Config) []Commit {
	t.Helper()
	var out []Commit
	must(t, r.History(context.Background(), cfg, func(c Commit) error { out = append(out, c); return nil }))
	return out
}

// wantContent holds that an error is of the content, has the reason and speaks of
// words.
func wantContent(t *testing.T, err error, reason schemas.Reason, words string) {
	t.Helper()
	c, ok := asContent(err)
	if !ok {
		t.Fatalf("error %v is no ContentError, %s was expected", err, reason)
	}
	if c.Reason != reason || !strings.Contains(c.Detail, words) {
		t.Errorf("got %v, expected %s with %q", c, reason, words)
	}
}

var firstDay = time.Unix(1_700_000_000, 0).UTC()
