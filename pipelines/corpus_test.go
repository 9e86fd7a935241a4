package pipelines

import (
	"archive/tar"
	"archive/zip"
	"bytes"
	"compress/gzip"
	"context"
	"flag"
	"fmt"
	"io/fs"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	beamlog "github.com/apache/beam/sdks/v2/go/pkg/beam/log"

	//lint:ignore SA1019 It is the second opinion on prism, in one process.
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/direct"
	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"decoy/io/archives"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
)

func TestMain(m *testing.M) {
	flag.Parse()
	slog.SetDefault(slog.New(slog.DiscardHandler)) // prism's
	beamlog.SetLogger(quiet{})
	beam.Init()
	os.Exit(m.Run())
}

type quiet struct{}

func (quiet) Log(context.Context, beamlog.Severity, int, string) {}

// entry is one file of an archive that a test makes.
type entry struct {
	path, content string
	link          string // a symbolic link's target
}

// corpus is a set of archives with the bytes that are in them.
type corpus struct {
	dir   string
	files map[string]string // "repo@commit/path" → content
	known map[string]archives.Identity
}

func newCorpus(t *testing.T) *corpus {
	return &corpus{dir: t.TempDir(), files: map[string]string{}, known: map[string]archives.Identity{}}
}

// add writes an archive; its format follows its name. A zip whose entries lie below
// PATH@VERSION names itself, the others are named by the recipe.
func (c *corpus) add(t *testing.T, name, repo, commit string, entries []entry) {
	t.Helper()
	root := "root/"
	if strings.HasSuffix(name, ".zip") {
		root = repo + "@" + commit + "/"
	} else {
		c.known[name] = archives.Identity{Repo: repo, Commit: commit}
	}
	var b bytes.Buffer
	var err error
	if strings.HasSuffix(name, ".zip") {
		err = writeZip(&b, root, entries)
	} else {
		err = writeTar(&b, root, entries)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(c.dir, name), b.Bytes(), 0o644); err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		c.files[repo+"@"+commit+"/"+e.path] = e.content
	}
}

func writeZip(b *bytes.Buffer, root string, entries []entry) error {
	z := zip.NewWriter(b)
	for _, e := range entries {
		f, err := z.Create(root + e.path)
		if err != nil {
			return err
		}
		if _, err := f.Write([]byte(e.content)); err != nil {
			return err
		}
	}
	return z.Close()
}

func writeTar(b *bytes.Buffer, root string, entries []entry) error {
	g, err := gzip.NewWriterLevel(b, gzip.BestSpeed) // a test has a file of 100 MB
	if err != nil {
		return err
	}
	w := tar.NewWriter(g)
	for _, e := range entries {
		h := &tar.Header{Name: root + e.path, Typeflag: tar.TypeReg, Mode: 0o644, Size: int64(len(e.content))}
		if e.link != "" {
			h = &tar.Header{Name: root + e.path, Typeflag: tar.TypeSymlink, Linkname: e.link}
		}
		if err := w.WriteHeader(h); err != nil {
			return err
		}
		if _, err := w.Write([]byte(e.content)); err != nil {
			return err
		}
	}
	if err := w.Close(); err != nil {
		return err
	}
	return g.Close()
}

func license(t *testing.T, name string) entry {
	t.Helper()
	text, err := os.ReadFile("../transforms/screen/testdata/licenses/" + name + ".txt")
	if err != nil {
		t.Fatal(err)
	}
	return entry{path: "LICENSE", content: string(text)}
}

// words are renamed from repository to repository, so that their files differ as
// those of unrelated authors do.
var words = []string{"order", "store", "item", "name", "view", "key", "user", "count", "list", "event"}

func rename(text string, repo int) string {
	for i, w := range words {
		other := words[(i+repo)%len(words)] + strings.Repeat("x", repo)
		text = strings.ReplaceAll(text, w, "\x00"+other)
		title := strings.ToUpper(w[:1]) + w[1:]
		text = strings.ReplaceAll(text, title, "\x00"+strings.ToUpper(other[:1])+other[1:])
	}
	return strings.ReplaceAll(text, "\x00", "")
}

// sourceFiles are the files of the syntax package's testdata in all eight languages, as
// they might stand in a repository.
func sourceFiles(t *testing.T, repo int) []entry {
	t.Helper()
	var out []entry
	root := "../transforms/syntax/testdata"
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(path, ".facts") {
			return err
		}
		content, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		out = append(out, entry{path: "src/" + filepath.ToSlash(rel), content: rename(string(content), repo)})
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// written are small files with what the testdata lacks: CRLF, a BOM, tabs, a long
// file whose window is cut.
func written(repo int) []entry {
	var long strings.Builder
	long.WriteString("package long\n\nimport (\n\t\"fmt\"\n\t\"strings\"\n)\n\ntype box struct{ names []string }\n\nfunc (b *box) appendName(name string) { b.names = append(b.names, name) }\n\n")
	for i := range 150 {
		fmt.Fprintf(&long, "func handle%d(b *box, first, second string) string {\n\tb.appendName(first)\n\tjoined := strings.Join([]string{first, second, %q}, \",\")\n\treturn fmt.Sprintf(\"%%s-%d\", joined)\n}\n\n", i, fmt.Sprintf("r%d", repo), i)
	}
	crlf := fmt.Sprintf("\xef\xbb\xbfusing System;\nusing System.IO;\n\nclass Reader%d {\n\tstring root;\n\tstring ReadAll(string path) { return File.ReadAllText(Path.Combine(root, path)); }\n\tvoid Use() { ReadAll(\"config%d.json\"); }\n}\n", repo, repo)
	return []entry{
		{path: "long/long.go", content: long.String()},
		{path: "dos/Reader.cs", content: strings.ReplaceAll(crlf, "\n", "\r\n")},
		{path: "README.md", content: "# A repository\n"},
		{path: "go.mod", content: fmt.Sprintf("module example.org/owner%d/repo\n", repo)},
	}
}

// ordinary is a corpus of n repositories, at most seven of six owners, in all
// formats.
func ordinary(t *testing.T, n int) *corpus {
	t.Helper()
	c := newCorpus(t)
	for i, name := range []string{"a.tar.gz", "b.zip", "c.tgz", "d.zip", "e.tar.gz", "f.zip", "g.tar.gz"}[:n] {
		text := "MIT"
		if i%2 == 1 {
			text = "Apache-2.0"
		}
		entries := slices.Concat([]entry{license(t, text)}, sourceFiles(t, i), written(i))
		c.add(t, name, fmt.Sprintf("example.org/owner%d/repo%d", i%6, i), fmt.Sprintf("v1.%d.0", i), entries)
	}
	return c
}

// parsed is a small recipe with more fields. Most of a build's time is the parsing of
// windows, so tests that build often take few of them.
func parsed(t *testing.T, yaml string) recipe.Recipe {
	t.Helper()
	r, err := recipe.Parse([]byte("name: test\nshards: 3\n" + yaml))
	if err != nil {
		t.Fatal(err)
	}
	return r
}

const (
	wide   = "extract: {kinds: {import: 2, call: 4, general: 3}, prefix_bytes: 2048, suffix_bytes: 1024}\ncurate: {rows: 300, split: {train: 0.4, validation: 0.3, test: 0.3}}\n"
	narrow = "extract: {kinds: {import: 1, call: 1, general: 1}, prefix_bytes: 2048, suffix_bytes: 1024}\n"
)

// open resolves the corpus for a build below out.
func (c *corpus) open(t *testing.T, out, runner string, r recipe.Recipe) *Build {
	t.Helper()
	src, rejected, err := archives.Resolve(t.Context(), []string{filepath.Join(c.dir, "*")}, archives.ResolveConfig{Identities: c.known})
	if err != nil {
		t.Fatal(err)
	}
	return &Build{
		Out: out, Recipe: r, Sources: src, Rejected: rejected, Workers: 1,
		Log: func(string, ...any) {},
		Run: func(ctx context.Context, p *beam.Pipeline, _ Job) (work.Metrics, error) {
			_, err := beam.Run(ctx, runner, p)
			return work.Metrics{}, err
		},
	}
}

// build runs all stages and returns the output folder.
func (c *corpus) build(t *testing.T, runner string, r recipe.Recipe) string {
	t.Helper()
	out := t.TempDir()
	if err := c.open(t, out, runner, r).RunStages(t.Context(), schemas.Stages...); err != nil {
		t.Fatal(err)
	}
	return out
}
