package inputs

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/memfs"
	"github.com/google/go-cmp/cmp"
)

func must(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func keepModules(s string) bool { return strings.HasPrefix(s, "module-cache") }

func TestReadList(t *testing.T) {
	text := "\ufeff# inputs\r\na.tar.gz\r\n\n  ../b/*.zip  \n/abs.tar\nmemfs://x/y.tar\n#c\nmodule-cache:a.org/b\n"
	for name, want := range map[string][]string{
		"/lists/all.txt":      {"/lists/a.tar.gz", "/b/*.zip", "/abs.tar", "memfs://x/y.tar", "module-cache:a.org/b"},
		"all.txt":             {"a.tar.gz", "../b/*.zip", "/abs.tar", "memfs://x/y.tar", "module-cache:a.org/b"},
		"gs://bucket/l/all":   {"gs://bucket/l/a.tar.gz", "gs://bucket/b/*.zip", "/abs.tar", "memfs://x/y.tar", "module-cache:a.org/b"},
		"gs://bucket/all.txt": {"gs://bucket/a.tar.gz", "gs://bucket/b/*.zip", "/abs.tar", "memfs://x/y.tar", "module-cache:a.org/b"},
	} {
		got, err := ReadList(strings.NewReader(text), name, keepModules)
		must(t, err)
		var texts []string
		var lines []int
		for _, s := range got {
			texts, lines = append(texts, s.Text), append(lines, s.Line)
		}
		if d := cmp.Diff(want, texts); d != "" {
			t.Errorf("%s: %s", name, d)
		}
		if d := cmp.Diff([]int{2, 4, 5, 6, 8}, lines); d != "" {
			t.Error(d)
		}
	}
	// A path that looks like something else stays a path.
	got, err := ReadList(strings.NewReader("./@x\n./module-cache\n"), "list", keepModules)
	must(t, err)
	if len(got) != 2 || got[0].Text != "./@x" || got[1].Text != "./module-cache" {
		t.Error(got)
	}
	for text, says := range map[string]string{
		"": "names nothing", "# a\n": "names nothing", "a\n@b\n": "line 2", "a\n\xff\n": "line 2", "a\x00b": "line 1",
		"a\n" + strings.Repeat("x", maxListLine+1): "line 2",
	} {
		_, err := ReadList(strings.NewReader(text), "the list", keepModules)
		if err == nil || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "the list") {
			t.Errorf("%.20q: %v", text, err)
		}
	}
}

func TestLists(t *testing.T) {
	memfs.Write("memfs://lists/all", []byte("a\n\nmodule-cache\n"))
	var files Files
	got, err := files.Lists(context.Background(), []string{"x", "@memfs://lists/all"}, keepModules)
	must(t, err)
	want := []Spec{{Text: "x"}, {"memfs://lists/a", "memfs://lists/all", 1}, {"module-cache", "memfs://lists/all", 3}}
	if d := cmp.Diff(want, got); d != "" {
		t.Error(d)
	}
	if err := got[0].Errorf("bad %d", 1); err.Error() != "bad 1" {
		t.Error(err)
	}
	if err := got[2].Errorf("bad: %w", io.EOF); !errors.Is(err, io.EOF) || err.Error() != `list "memfs://lists/all", line 3: bad: EOF` {
		t.Error(err)
	}
	for _, list := range []string{"@memfs://lists/none", "@", "@" + t.TempDir(), "@nowhere://x"} {
		if _, err := files.Lists(context.Background(), []string{list}, keepModules); err == nil || !strings.Contains(err.Error(), list) {
			t.Errorf("%s: %v", list, err)
		}
	}
	if a, b := Base("gs://b/x/y.tar"), Base("/x/y.tar"); a != "y.tar" || a != b {
		t.Error(a, b)
	}
}

func TestExpand(t *testing.T) {
	dir := t.TempDir()
	for _, n := range []string{"b.x", "a.x", "[odd].x"} {
		must(t, os.WriteFile(filepath.Join(dir, n), nil, 0o644))
		memfs.Write("memfs://expand/"+n, []byte(n))
	}
	must(t, os.Mkdir(filepath.Join(dir, "folder.x"), 0o755))
	var files Files
	for spec, want := range map[string][]string{
		dir + "/*.x":         {dir + "/[odd].x", dir + "/a.x", dir + "/b.x"},
		dir + "/[odd].x":     {dir + "/[odd].x"},
		"memfs://expand/?.x": {"memfs://expand/a.x", "memfs://expand/b.x"},
		"memfs://expand/c.x": {"memfs://expand/c.x"}, // Open says that it is missing
	} {
		got, err := files.Expand(context.Background(), spec)
		must(t, err)
		if d := cmp.Diff(want, got); d != "" {
			t.Errorf("%s: %s", spec, d)
		}
	}
	for _, spec := range []string{dir + "/none", dir + "/none*", dir + "/[", "memfs://expand/none*", "nowhere://x*"} {
		if got, err := files.Expand(context.Background(), spec); err == nil || !strings.Contains(err.Error(), spec) {
			t.Errorf("%s: %v %v", spec, got, err)
		}
	}
	must(t, files.Close())
}

func TestFile(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	data := bytes.Repeat([]byte("0123456789"), 100_000)
	path := filepath.Join(t.TempDir(), "x")
	must(t, os.WriteFile(path, data, 0o644))
	memfs.Write("memfs://file/x", data)
	for _, name := range []string{path, "memfs://file/x"} {
		var files Files
		f, err := files.Open(context.Background(), name)
		must(t, err)
		var tee bytes.Buffer
		f.Tee(&tee)
		head, err := f.Peek(4)
		must(t, err)
		if string(head) != "0123" || f.Size() != int64(len(data)) || f.Name() != name {
			t.Errorf("%q, %d bytes, %q", head, f.Size(), f.Name())
		}
		at, err := f.At(context.Background())
		must(t, err)
		part := make([]byte, 10)
		if _, err := at.ReadAt(part, 500_003); err != nil || string(part) != "3456789012" {
			t.Errorf("%q %v", part, err)
		}
		if _, err := at.ReadAt(part, -1); err == nil || f.Failed() != nil {
			t.Errorf("a negative offset: %v, failed %v", err, f.Failed())
		}
		must(t, f.Drain(context.Background()))
		if !bytes.Equal(tee.Bytes(), data) {
			t.Errorf("the tee had %d bytes", tee.Len())
		}
		must(t, f.Close())
		if _, err := at.ReadAt(part, 0); err == nil || f.Failed() == nil && IsURL(name) {
			t.Errorf("read after close: %v, failed %v", err, f.Failed())
		}
		must(t, files.Close())
	}
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}

func TestFileFaults(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	memfs.Write("memfs://faults/x", make([]byte, 3<<20))
	var files Files
	f, err := files.Open(ctx, "memfs://faults/x")
	must(t, err)
	cancel()
	if _, err := f.At(ctx); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
	must(t, f.Close())
	for name, want := range map[string]bool{"memfs://faults/x": true, "memfs://faults/none": false, "memfs://faults/[x]": false} {
		if _, err := files.ReadSmall(context.Background(), name); (err == nil) != want || !want && !errors.Is(err, fs.ErrNotExist) {
			t.Errorf("%s: %v", name, err)
		}
	}
	for size, want := range map[int64]string{3: "gave 4 bytes", 4: "", 5: "gave 4 bytes and has a size of 5"} {
		f := newFile("x", size, io.NopCloser(strings.NewReader("1234")))
		_, err := io.ReadAll(f)
		if (err == nil) != (want == "") || err != nil && (!strings.Contains(err.Error(), want) || f.Failed() == nil) {
			t.Errorf("size %d: %v", size, err)
		}
	}
	if _, err := files.Open(context.Background(), t.TempDir()); err == nil || !strings.Contains(err.Error(), "regular file") {
		t.Error(err)
	}
}

func FuzzList(f *testing.F) {
	f.Add("a\n# b\n../c*\n", "gs://b/l/list")
	f.Add("\ufeff@x\n", "list")
	f.Add("memfs://x/../../y\nmodule-cache\n/z", "/a/b/list")
	f.Fuzz(func(t *testing.T, text, name string) {
		got, err := ReadList(strings.NewReader(text), name, keepModules)
		if err != nil {
			return
		}
		var again []string
		for i, s := range got {
			if s.Text == "" || s.List != name || s.Line < 1 || i > 0 && s.Line <= got[i-1].Line || strings.HasPrefix(s.Text, ListMark) {
				t.Errorf("%+v", s)
			}
			again = append(again, s.Text)
		}
		if len(got) == 0 || len(got) > strings.Count(text, "\n")+1 {
			t.Errorf("%d specs", len(got))
		}
		// What is absolute stays as it is in any other list. A folder's name can hold
		// what a list cannot.
		odd := func(r rune) bool { return r <= ' ' || r > '~' || r == '@' || r == '#' }
		if !strings.ContainsFunc(name, odd) && !slices.ContainsFunc(again, func(s string) bool { return !IsURL(s) && !filepath.IsAbs(s) || strings.TrimSpace(s) != s }) {
			second, err := ReadList(strings.NewReader(strings.Join(again, "\n")), "/other/list", keepModules)
			if err != nil || len(second) != len(again) {
				t.Fatalf("%v %v", second, err)
			}
			for i, s := range second {
				if s.Text != again[i] {
					t.Errorf("%q became %q", again[i], s.Text)
				}
			}
		}
	})
}
