package archives

import (
	"context"
	"encoding/base64"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func unbase64(t *testing.T, s string) []byte {
	t.Helper()
	b, err := base64.StdEncoding.DecodeString(s)
	must(t, err)
	return b
}

// bz2Tar is a tar of r/a with "hello" and r/b with "x", packed by bzip2.
func bz2Tar(t *testing.T) []byte {
	return unbase64(t, "QlpoOTFBWSZTWRYDJZ4AAF1bgMuAQADvAAACckSeQAhIIAB0EpMoAAeoMj1BKKaGj1GR6g00D53YIHKgeXoiBpPosGCDzGIiAoKoKRNRgRiQIOKIKX7OKjijVFYj0JefTodk4ggguyET8XckU4UJAWAyWeA=")
}

// TestArchivesThatAreNotReadAreNamed: by their bytes, with what to do, also inside of a
// compression that is read.
func TestArchivesThatAreNotReadAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		data []byte
		says []string
	}{
		"a.tar.xz":  {[]byte("\xfd7zXZ\x00\x00\x04"), []string{"an xz file", "xz -dc"}},
		"a.7z":      {[]byte("7z\xbc\xaf\x27\x1c\x00\x04"), []string{"a 7z archive", "repack it as .tar.gz"}},
		"a.rar":     {[]byte("Rar!\x1a\x07\x01\x00"), []string{"a rar archive", "repack"}},
		"a.tar.lz4": {[]byte("\x04\x22\x4d\x18\x64"), []string{"an lz4 file"}},
		"a.deb":     {[]byte("!<arch>\ndebian-binary   "), []string{"a Debian package"}},
		"a.rpm":     {[]byte("\xed\xab\xee\xdb\x03\x00"), []string{"an RPM package", "rpm2cpio"}},
		"a.tar.gz":  {[]byte("<!DOCTYPE html><html>"), []string{"a page of HTML", "download the archive again"}},
		"b.tar.gz":  {gz(t, []byte("\xfd7zXZ\x00\x00\x04")), []string{"holds no tar but an xz file"}},
		"c.tar.gz":  {gz(t, tarGz(t, member{name: "r/a", body: "x"})), []string{"holds no tar but a gzip file"}},
		"d.tar.gz":  {gz(t, []byte("{\"repo\": \"o/r\"}\n")), []string{"holds no tar but a JSON text", "under rows"}},
		"e.zip":     {[]byte("PAR1\x15\x04"), []string{"a Parquet file", "under rows"}},
		"f.tar.zst": {[]byte("version https://git-lfs.github.com/spec/v1\noid"), []string{"a pointer of Git LFS", "git lfs pull"}},
	} {
		path := write(t, t.TempDir(), name, c.data)
		sources, rejects, err := Resolve(context.Background(), []string{path}, ResolveConfig{})
		must(t, err)
		if len(sources) != 0 || len(rejects) != 1 || rejects[0].Reason != NotAnArchive {
			t.Errorf("%s: %v, %v", name, sources, rejects)
			continue
		}
		for _, s := range c.says {
			if !strings.Contains(rejects[0].Detail, s) {
				t.Errorf("%s: %q does not say %q", name, rejects[0].Detail, s)
			}
		}
	}
}

// TestPackagesAreArchives: a package is what its bytes say, whatever its suffix.
func TestPackagesAreArchives(t *testing.T) {
	files := []member{{name: "r/a", body: "hello"}, {name: "r/b", body: "x"}}
	zipped, packed := zipBytes(t, "", files...), tarGz(t, files...)
	for name, data := range map[string][]byte{
		"a.whl": zipped, "a.jar": zipped, "a.nupkg": zipped, "a.tar.gz": zipped, "a.crate": packed, "a.zip": packed, "a": packed,
		"a.gem": tarBytes(t, files...), "a.tar.bz2": bz2Tar(t), "a.tbz2": bz2Tar(t), "b.tar.gz": bz2Tar(t),
	} {
		path := write(t, t.TempDir(), name, data)
		sources, rejects, err := Resolve(context.Background(), []string{path}, ResolveConfig{})
		must(t, err)
		if len(sources) != 1 || len(rejects) != 0 {
			t.Errorf("%s: %v, %v", name, sources, rejects)
			continue
		}
		if d := cmp.Diff([]string{"a", "b"}, walk(t, sources[0], Limits{}, nil).paths()); d != "" {
			t.Errorf("%s: %s", filepath.Base(name), d)
		}
	}
}
