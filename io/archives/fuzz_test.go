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
		clean, bad, _ := cleanPath(e.Path, 4096)
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
	half := walk(t, src, lim, func(p string, _ int64) bool { return len(p)%2 == 0 })
	rest := walk(t, src, lim, func(p string, _ int64) bool { return len(p)%2 == 1 })
	if n := len(half.Entries) + len(rest.Entries); n != len(got.Entries) {
		t.Errorf("two parts emit %d files, the whole %d", n, len(got.Entries))
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
	f.Add(tarBytes(f, pax(commit), member{name: "r/a", body: "x", pax: map[string]string{"SCHILY.xattr.user": "x"}}), false)
	f.Fuzz(func(t *testing.T, data []byte, pack bool) {
		if pack {
			data = gz(t, data)
		}
		checkAnyBytes(t, data)
	})
}

func FuzzZip(f *testing.F) {
	f.Add(zipBytes(f, commit, hostile...))
	f.Add(zipBytes(f, "", member{name: "a.org/b@v1.0.0/a.go", body: "package b"}))
	f.Fuzz(func(t *testing.T, data []byte) { checkAnyBytes(t, data) })
}
