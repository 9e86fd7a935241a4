package archives

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"context"
	"os"
	"path/filepath"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"decoy/schemas"
)

// member is one entry of an archive under test. Flag 0 is a regular file.
type member struct {
	name string
	body string
	flag byte
	link string
	pax  map[string]string
}

func tarBytes(t testing.TB, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := tar.NewWriter(&b)
	for _, m := range members {
		h := &tar.Header{Name: m.name, Mode: 0o644, Size: int64(len(m.body)), Typeflag: tar.TypeReg, Linkname: m.link, PAXRecords: m.pax}
		if m.flag != 0 {
			h.Typeflag = m.flag
		}
		if m.flag == tar.TypeXGlobalHeader {
			h = &tar.Header{Typeflag: m.flag, PAXRecords: m.pax}
		}
		must(t, w.WriteHeader(h))
		_, err := w.Write([]byte(m.body))
		must(t, err)
	}
	must(t, w.Close())
	return b.Bytes()
}

func gz(t testing.TB, data []byte) []byte {
	t.Helper()
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	_, err := w.Write(data)
	must(t, err)
	must(t, w.Close())
	return b.Bytes()
}

func zst(t testing.TB, data []byte) []byte {
	t.Helper()
	w, err := zstd.NewWriter(nil, zstd.WithEncoderConcurrency(1), zstd.WithWindowSize(1<<20))
	must(t, err)
	return w.EncodeAll(data, nil)
}

func tarGz(t testing.TB, members ...member) []byte { return gz(t, tarBytes(t, members...)) }

func pack(t testing.TB, format string, members []member) []byte {
	switch format {
	case FormatZip:
		return zipBytes(t, "", members...)
	case FormatTarZst:
		return zst(t, tarBytes(t, members...))
	}
	return tarGz(t, members...)
}

func zipBytes(t testing.TB, comment string, members ...member) []byte {
	t.Helper()
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	must(t, w.SetComment(comment))
	for _, m := range members {
		h := &zip.FileHeader{Name: m.name, Method: zip.Deflate}
		switch m.flag {
		case tar.TypeDir:
			h.SetMode(os.ModeDir | 0o755)
		case tar.TypeSymlink:
			h.SetMode(os.ModeSymlink | 0o777)
		default:
			h.SetMode(0o644)
		}
		f, err := w.CreateHeader(h)
		must(t, err)
		if m.flag != tar.TypeDir {
			_, err = f.Write([]byte(m.body))
			must(t, err)
		}
	}
	must(t, w.Close())
	return b.Bytes()
}

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func write(t testing.TB, dir, name string, data []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	must(t, os.MkdirAll(filepath.Dir(path), 0o755))
	must(t, os.WriteFile(path, data, 0o644))
	return path
}

// sourceOf is the Source of bytes that Resolve might refuse.
func sourceOf(t testing.TB, path, root string) Source {
	t.Helper()
	src := Source{Path: path, Repo: "r", Commit: "c", Root: root}
	info, err := os.Stat(path)
	must(t, err)
	src.Bytes = info.Size()
	return src
}

// walked is all that a walk gave, in order.
type walked struct {
	Entries []Entry
	Rejects []schemas.Reject
}

func walk(t testing.TB, src Source, lim Limits, want func(string, int64) bool) walked {
	t.Helper()
	var out walked
	must(t, Walk(context.Background(), src, lim, want,
		func(e Entry) error { out.Entries = append(out.Entries, e); return nil },
		func(r schemas.Reject) { out.Rejects = append(out.Rejects, r) }))
	return out
}

func (w walked) paths() []string {
	var out []string
	for _, e := range w.Entries {
		out = append(out, e.Path)
	}
	return out
}

func (w walked) reasons() []schemas.Reason {
	var out []schemas.Reason
	for _, r := range w.Rejects {
		out = append(out, r.Reason)
	}
	return out
}
