package archives

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"decoy/schemas"
)

// faulty is memfs with counters and faults: faulty://NAME is memfs://NAME.
type faulty struct {
	filesystem.Interface
	mu     sync.Mutex // Resolve opens several files at once
	reads  map[string]int
	breaks string // names that hold it stop after 600 bytes
	grows  string // names that hold it have one byte more than their size
}

// asText compares contents whole.
var asText = cmp.Transformer("text", func(b []byte) string { return string(b) })

var errBroken = errors.New("connection reset")

func (f *faulty) to(name string) string { return "memfs://" + strings.TrimPrefix(name, "faulty://") }

func (f *faulty) List(ctx context.Context, glob string) ([]string, error) {
	found, err := f.Interface.List(ctx, f.to(glob))
	for i, n := range found {
		found[i] = "faulty://" + strings.TrimPrefix(n, "memfs://")
	}
	return found, err
}

func (f *faulty) Size(ctx context.Context, name string) (int64, error) {
	return f.Interface.Size(ctx, f.to(name))
}

func (f *faulty) OpenRead(ctx context.Context, name string) (io.ReadCloser, error) {
	f.mu.Lock()
	f.reads[name]++
	f.mu.Unlock()
	r, err := f.Interface.OpenRead(ctx, f.to(name))
	switch {
	case err != nil:
		return nil, err
	case f.breaks != "" && strings.Contains(name, f.breaks):
		return io.NopCloser(io.MultiReader(io.LimitReader(r, 600), errReader{errBroken})), nil
	case f.grows != "" && strings.Contains(name, f.grows):
		return io.NopCloser(io.MultiReader(r, strings.NewReader("x"))), nil
	}
	return r, nil
}

// reset forgets reads and faults.
func (f *faulty) reset() { f.reads, f.breaks, f.grows = map[string]int{}, "", "" }

var remote = &faulty{Interface: memfs.New(context.Background())}

func init() {
	filesystem.Register("faulty", func(context.Context) filesystem.Interface { return remote })
}

// big does not fit the buffers of one read.
var big = []member{{name: "r/a.go", body: "package a\n"}, {name: "r/b.go", body: strings.Repeat("0123456789abcdef", 50_000)}}

func store(name string, data []byte) string {
	memfs.Write("memfs://"+name, data)
	return "faulty://" + name
}

func TestRemote(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	remote.reset()
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"x.tar": tarBytes(t, big...), "x.tar.gz": tarGz(t, big...), "x.tar.zst": zst(t, tarBytes(t, big...)), "x.zip": zipBytes(t, commit, big...),
	} {
		t.Run(name, func(t *testing.T) {
			url := store("remote/"+name, data)
			local, _, err := Resolve(context.Background(), []string{write(t, dir, name, data)}, ResolveConfig{})
			must(t, err)
			got, rejects, err := Resolve(context.Background(), []string{url}, ResolveConfig{})
			must(t, err)
			if d := cmp.Diff(local, got, cmpopts.IgnoreFields(Source{}, "Path")); d != "" || len(rejects) > 0 {
				t.Fatalf("%v (-local +remote):\n%s", rejects, d)
			}
			if got[0].Path != url || remote.reads[url] != 1 {
				t.Errorf("%q was read %d times to resolve it", got[0].Path, remote.reads[url])
			}
			if d := cmp.Diff(walk(t, local[0], Limits{}, nil), walk(t, got[0], Limits{}, nil), asText); d != "" {
				t.Errorf("walk (-local +remote):\n%s", d)
			}
		})
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestRemoteSpecs(t *testing.T) {
	remote.reset()
	store("specs/b.tar.gz", tarGz(t, member{name: "b/x"}))
	store("specs/a.tar.gz", tarGz(t, member{name: "a/x"}))
	store("specs/a.tar.gz"+IdentitySuffix, []byte(`{"repo": "o/a", "commit": "c"}`))
	store("specs/bad.tar.gz", []byte("text"))
	store("specs/folder/", nil)
	list := store("specs/lists/all.txt", []byte("\ufeff# all\r\n../*.tar.gz*\r\n\nfaulty://specs/a.tar.gz\n  ../b.tar.gz  \n"))
	local := write(t, t.TempDir(), "list", []byte("faulty://specs/*\nb.tar.gz\n"))
	write(t, filepath.Dir(local), "b.tar.gz", tarGz(t, member{name: "c/x"}))
	for spec, repos := range map[string][]string{
		"faulty://specs/b.tar.gz": {"b"}, "faulty://specs/*": {"b", "o/a"}, "@" + list: {"b", "o/a"}, "@" + local: {"b", "c", "o/a"},
	} {
		got, rejects, err := Resolve(context.Background(), []string{spec}, ResolveConfig{})
		must(t, err)
		var names []string
		for _, s := range got {
			names = append(names, s.Repo)
		}
		if d := cmp.Diff(repos, names); d != "" {
			t.Errorf("%s: %s", spec, d)
		}
		if spec != "faulty://specs/b.tar.gz" && (len(rejects) != 1 || rejects[0].ID != "bad.tar.gz") {
			t.Errorf("%s: %v", spec, rejects)
		}
	}
	for spec, says := range map[string]string{
		"faulty://specs/none.tar.gz": "none.tar.gz", "faulty://none/*": "matches no file",
		"faulty://specs/*.json": "only files of identities", "@faulty://specs/none.txt": "lists inputs",
	} {
		if _, _, err := Resolve(context.Background(), []string{spec}, ResolveConfig{}); err == nil || !strings.Contains(err.Error(), says) {
			t.Errorf("%s: %v", spec, err)
		}
	}
}

func TestRemoteFaults(t *testing.T) {
	// A network that breaks is an error, never a corrupt archive.
	t.Setenv("TMPDIR", t.TempDir())
	for name, data := range map[string][]byte{
		"f.tar": tarBytes(t, big...), "f.tar.gz": tarGz(t, big...), "f.tar.zst": zst(t, tarBytes(t, big...)), "f.zip": zipBytes(t, commit, big...),
	} {
		remote.reset()
		url := store("faults/"+name, data)
		sources, _, err := Resolve(context.Background(), []string{url}, ResolveConfig{})
		must(t, err)
		check := func(says string) {
			t.Helper()
			_, rejects, err := Resolve(context.Background(), []string{url}, ResolveConfig{})
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("resolve %s: %v, rejects %v", name, err, rejects)
			}
			err = Walk(context.Background(), sources[0], Limits{}, nil, func(Entry) error { return nil }, func(r schemas.Reject) { t.Errorf("%s: %+v", name, r) })
			if err == nil || !strings.Contains(err.Error(), says) {
				t.Errorf("walk %s: %v", name, err)
			}
		}
		remote.breaks = "faults/"
		check(errBroken.Error())
		remote.breaks, remote.grows = "", "faults/"
		check("content encoding")
		remote.grows = ""
		store("faults/"+name, append(data, 0))
		err = Walk(context.Background(), sources[0], Limits{}, nil, nil, nil)
		if err == nil || !strings.Contains(err.Error(), "resolve it again") {
			t.Errorf("changed %s: %v", name, err)
		}
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
