package archives

import (
	"archive/tar"
	"archive/zip"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"regexp"
	"runtime"
	"runtime/debug"
	"strings"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem"
	"github.com/klauspost/compress/zstd"

	"decoy/schemas"
)

// made is a file system of archives that are written as they are read: made://NAME
// followed by a format.
type made struct{}

// adder writes one entry of so many zeros.
type adder func(name string, size int64) error

var madeArchives = map[string]func(adder) error{
	"a million tiny files": func(add adder) error {
		return entries(add, 1_000_000, func(i int) string { return fmt.Sprintf("r/src/module%03d/file%07d.go", i%1000, i) }, 40)
	},
	"10 GiB in files of 1 MiB": func(add adder) error {
		return entries(add, 10<<10, func(i int) string { return fmt.Sprintf("r/%d.go", i) }, 1<<20)
	},
	"10 GiB in files of 16 KiB": func(add adder) error {
		return entries(add, 10<<16, func(i int) string { return fmt.Sprintf("r/%d/%d.go", i%1000, i) }, 16<<10)
	},
	"a file of 5 GB": func(add adder) error {
		return errors.Join(add("r/large.bin", 5e9), add("r/behind.go", 100))
	},
}

func entries(add adder, n int, name func(int) string, size int64) error {
	for i := range n {
		if err := add(name(i), size); err != nil {
			return err
		}
	}
	return nil
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }

func (made) write(w io.Writer, url string) error {
	name, format, _ := strings.Cut(strings.TrimPrefix(url, "made://"), ".")
	fill := madeArchives[name]
	switch format {
	case FormatZip:
		zw := zip.NewWriter(w)
		err := fill(func(name string, size int64) error {
			f, err := zw.Create(name)
			if err == nil {
				_, err = io.CopyN(f, zeros{}, size)
			}
			return err
		})
		return errors.Join(err, zw.Close())
	case FormatTarZst:
		zw, err := zstd.NewWriter(w, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
		if err != nil {
			return err
		}
		return errors.Join(writeTar(zw, fill), zw.Close())
	}
	return writeTar(w, fill)
}

func writeTar(w io.Writer, fill func(adder) error) error {
	tw := tar.NewWriter(w)
	err := fill(func(name string, size int64) error {
		if err := tw.WriteHeader(&tar.Header{Name: name, Mode: 0o644, Size: size, Typeflag: tar.TypeReg}); err != nil {
			return err
		}
		_, err := io.CopyN(tw, zeros{}, size)
		return err
	})
	return errors.Join(err, tw.Close())
}

type count int64

func (c *count) Write(p []byte) (int, error) { *c += count(len(p)); return len(p), nil }

func (m made) Size(_ context.Context, name string) (int64, error) {
	var c count
	err := m.write(&c, name)
	return int64(c), err
}

func (m made) OpenRead(_ context.Context, name string) (io.ReadCloser, error) {
	r, w := io.Pipe()
	go func() { w.CloseWithError(m.write(w, name)) }()
	return r, nil
}

func (made) List(context.Context, string) ([]string, error) { return nil, nil }
func (made) OpenWrite(context.Context, string) (io.WriteCloser, error) {
	return nil, os.ErrPermission
}
func (made) Close() error { return nil }

func init() {
	filesystem.Register("made", func(context.Context) filesystem.Interface { return made{} })
}

// peakMiB is the most memory that the process has held since the last call (Linux).
func peakMiB(t *testing.T) string {
	raw, err := os.ReadFile("/proc/self/status")
	must(t, err)
	debug.FreeOSMemory()
	must(t, os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200))
	return regexp.MustCompile(`VmHWM:\s*(.*)`).FindStringSubmatch(string(raw))[1]
}

// TestLarge prints what very large archives cost. It is run by hand:
//
//	DECOY_LARGE=1 go test -run TestLarge -v -timeout 60m ./io/archives
func TestLarge(t *testing.T) {
	if os.Getenv("DECOY_LARGE") == "" {
		t.Skip("set DECOY_LARGE=1; it takes minutes")
	}
	for name := range madeArchives {
		for _, format := range []string{FormatTar, FormatTarZst, FormatZip} {
			url := "made://" + name + "." + format
			t.Run(name+"."+format, func(t *testing.T) {
				peakMiB(t)
				start := time.Now()
				lim := Limits{MaxRatio: 1e9}
				sources, rejects, err := Resolve(context.Background(), []string{url}, ResolveConfig{Limits: lim})
				must(t, err)
				if len(rejects) > 0 || len(sources) != 1 {
					t.Fatal(sources, rejects)
				}
				t.Logf("resolve: %d bytes, %v, peak %s", sources[0].Bytes, time.Since(start).Round(time.Millisecond), peakMiB(t))
				for _, src := range []Source{sources[0], Split(sources[0], max(1, sources[0].Bytes/8))[0]} {
					start = time.Now()
					files, rejected := 0, map[schemas.Reason]int{}
					must(t, Walk(context.Background(), src, lim, nil,
						func(Entry) error { files++; return nil }, func(r schemas.Reject) { rejected[r.Reason]++ }))
					t.Logf("walk part %d of %d: %d files, rejects %v, %v, peak %s", src.Part, max(src.Parts, 1), files, rejected, time.Since(start).Round(time.Millisecond), peakMiB(t))
				}
			})
		}
	}
}

// TestSeenMemory prints what remembering a million paths takes.
func TestSeenMemory(t *testing.T) {
	if os.Getenv("DECOY_LARGE") == "" {
		t.Skip("set DECOY_LARGE=1")
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	w := walker{seen: newSeen(), emit: func(Entry) error { return nil }, lim: Limits{}.withDefaults(), reject: func(r schemas.Reject) { t.Error(r) }}
	for i := range 1_000_000 {
		must(t, w.visit(item{name: fmt.Sprintf("r/src/%d.go", i), read: func() ([]byte, error) { return nil, nil }}))
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	t.Logf("%d paths: %d bytes of heap", len(w.seen), after.HeapAlloc-before.HeapAlloc)
	runtime.KeepAlive(w)
}
