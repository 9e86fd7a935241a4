package archives

import (
	"context"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// checkAnyBytes holds what must be true of any bytes at all.
func checkAnyBytes(t *testing.T, data []byte) {
	path := filepath.Join(t.TempDir(), "a")
	must(t, os.WriteFile(path, data, 0o644))
	lim := Limits{MaxFileBytes: 1 << 16, MaxEntries: 500, MaxTotalBytes: 1 << 20}
	src := sourceOf(t, path, "r")
	got := walk(t, src, lim, nil)
	seen := map[string]bool{}
	for _, e := range got.Entries {
		clean, bad, _ := CleanPath(e.Path, 4096)
		if bad != "" || clean != e.Path || seen[e.Path] {
			t.Errorf("emitted path %q: %s, seen %v", e.Path, bad, seen[e.Path])
		}
		if int64(len(e.Data)) != e.Size || e.Size > lim.MaxFileBytes {
			t.Errorf("%q: %d bytes, size %d", e.Path, len(e.Data), e.Size)
		}
		seen[e.Path] = true
	}
	if d := cmp.Diff(got, walk(t, src, lim, nil)); d != "" {
		t.Errorf("a second walk differs: %s", d)
	}
	entries, rejected := 0, 0
	for _, p := range Split(src, (src.Bytes+2)/3) {
		part := walk(t, p, lim, nil)
		entries += len(part.Entries)
		rejected += len(part.Rejects)
	}
	if entries != len(got.Entries) || rejected != len(got.Rejects) {
		t.Errorf("the parts give %d files and %d rejects, the whole %d and %d", entries, rejected, len(got.Entries), len(got.Rejects))
	}
	sources, rejects, err := Resolve(context.Background(), []string{path}, ResolveConfig{Limits: lim})
	if err != nil || len(sources)+len(rejects) != 1 {
		t.Errorf("resolve: %v %v %v", sources, rejects, err)
	}
	if len(sources) == 1 && (sources[0].Repo == "" || strings.HasPrefix(sources[0].Root, "/")) {
		t.Errorf("source %+v", sources[0])
	}
}

func FuzzTar(f *testing.F) {
	f.Add(tarBytes(f, hostile...), false)
	f.Add(tarBytes(f, hostile...), true)
	f.Add(tarGz(f, hostile...), false)
	f.Add(tarBytes(f, member{name: "package/package.json", body: `{"name": "x", "version": "1"}`}), false)
	f.Add(tarBytes(f, member{name: "s-1.0/PKG-INFO", body: "Name: s\nVersion: 1.0\n"}, member{name: "s-1.0/Cargo.toml", body: crateManifest}), false)
	f.Add(tarBytes(f, pax(commit), member{name: "r/a", body: "x", pax: map[string]string{"SCHILY.xattr.user": "x"}}), false)
	f.Fuzz(func(t *testing.T, data []byte, pack bool) {
		if pack {
			data = gz(t, data)
		}
		checkAnyBytes(t, data)
	})
}

// FuzzZstd reads bytes as they are: frames, not only what is in them, are hostile.
func FuzzZstd(f *testing.F) {
	f.Add(zst(f, tarBytes(f, hostile...)))
	f.Add(zst(f, []byte("no tar")))
	f.Add(append([]byte("\x51\x2a\x4d\x18\x03\x00\x00\x00abc"), zst(f, tarBytes(f, member{name: "r/a.go", body: "x"}))...))
	f.Add([]byte("\x28\xb5\x2f\xfd\x00\xa0\x01\x00\x00"))
	f.Fuzz(func(t *testing.T, data []byte) { checkAnyBytes(t, data) })
}

func FuzzZip(f *testing.F) {
	f.Add(zipBytes(f, commit, hostile...))
	f.Add(zipBytes(f, "", member{name: "a.org/b@v1.0.0/a.go", body: "package b"}))
	f.Fuzz(func(t *testing.T, data []byte) { checkAnyBytes(t, data) })
}
