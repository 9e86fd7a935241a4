package verify

import (
	"archive/zip"
	"bytes"
	"compress/flate"
	"flag"
	"io"
	"os"
	"path/filepath"
	"testing"
)

var update = flag.Bool("update", false, "pack the lists of data/ anew")

// TestPackedLists: what is embedded is what stands in data/.
func TestPackedLists(t *testing.T) {
	names, err := filepath.Glob("data/*.txt")
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	if *update {
		pack(t, names)
	}
	raw, err := os.ReadFile("lists.zip")
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.NewReader(bytes.NewReader(raw), int64(len(raw)))
	if err != nil {
		t.Fatal(err)
	}
	if len(z.File) != len(names) {
		t.Fatalf("%d lists are packed, %d stand in data/; run with -update", len(z.File), len(names))
	}
	for _, name := range names {
		want, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		f, err := z.Open(filepath.Base(name))
		if err != nil {
			t.Fatalf("%s: %v; run with -update", name, err)
		}
		got, err := io.ReadAll(f)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what is packed (%v); run with -update", name, err)
		}
	}
}

func pack(t *testing.T, names []string) {
	var out bytes.Buffer
	z := zip.NewWriter(&out)
	z.RegisterCompressor(zip.Deflate, func(w io.Writer) (io.WriteCloser, error) {
		return flate.NewWriter(w,
			flate.BestCompression)
	})
	for _, name := range names {
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		// no time: the same bytes again
		w, err := z.CreateHeader(&zip.FileHeader{Name: filepath.Base(name), Method: zip.Deflate})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := w.Write(text); err != nil {
			t.Fatal(err)
		}
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("lists.zip", out.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
}
