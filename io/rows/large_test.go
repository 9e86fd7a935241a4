package rows

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"regexp"
	"runtime/debug"
	"testing"
	"time"

	"github.com/klauspost/compress/zstd"
	"github.com/parquet-go/parquet-go"

	"decoy/schemas"
)

// peak is the most memory that the process has held since the last call (Linux).
func peak(t *testing.T) string {
	raw, err := os.ReadFile("/proc/self/status")
	must(t, err)
	debug.FreeOSMemory()
	must(t, os.WriteFile("/proc/self/clear_refs", []byte("5"), 0o200))
	return regexp.MustCompile(`VmHWM:\s*(.*)`).FindStringSubmatch(string(raw))[1]
}

// TestLarge prints what 4 GB of content cost. It is run by hand:
//
//	DECOY_LARGE=1 go test -run TestLarge -v -timeout 30m ./io/rows
func TestLarge(t *testing.T) {
	if os.Getenv("DECOY_LARGE") == "" {
		t.Skip("set DECOY_LARGE=1; it takes minutes")
	}
	const rows, size = 400_000, 10_000
	body := bytes.Repeat([]byte("0123456789abcdefghi\n"), size/20)
	row := func(i int) map[string]string {
		return map[string]string{"repo_name": fmt.Sprint("o/r", i/1000), "ref": "c", "path": fmt.Sprint(i, ".go"), "license": "mit", "content": fmt.Sprintf("%d%s", i, body[:size-7])}
	}
	for name, fill := range map[string]func(io.Writer) error{
		"rows.jsonl.zst": func(w io.Writer) error {
			zw, err := zstd.NewWriter(w, zstd.WithEncoderConcurrency(1), zstd.WithEncoderLevel(zstd.SpeedFastest))
			must(t, err)
			enc := json.NewEncoder(zw)
			for i := range rows {
				must(t, enc.Encode(row(i)))
			}
			return zw.Close()
		},
		"rows.parquet": func(w io.Writer) error {
			type file struct {
				Repo    string `parquet:"repo_name,dict"`
				Ref     string `parquet:"ref,dict"`
				Path    string `parquet:"path"`
				License string `parquet:"license,dict"`
				Content string `parquet:"content,zstd"`
			}
			pw := parquet.NewGenericWriter[file](w, parquet.MaxRowsPerRowGroup(10_000))
			for i := range rows {
				r := row(i)
				_, err := pw.Write([]file{{r["repo_name"], r["ref"], r["path"], r["license"], r["content"]}})
				must(t, err)
			}
			return pw.Close()
		},
	} {
		t.Run(name, func(t *testing.T) {
			path := filepath.Join(t.TempDir(), name)
			f, err := os.Create(path)
			must(t, err)
			must(t, fill(f))
			must(t, f.Close())
			src := source(t, path)
			peak(t)
			start, n, read := time.Now(), 0, 0
			for row, err := range Read(context.Background(), src, Config{Columns: preset(t, "github-repos")}, func(r schemas.Reject) { t.Error(r) }) {
				must(t, err)
				n++
				read += len(row.Content)
			}
			t.Logf("%d bytes: %d rows, %d bytes of content, %v, peak %s", src.Bytes, n, read, time.Since(start).Round(time.Millisecond), peak(t))
		})
	}
}
