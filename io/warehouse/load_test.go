package warehouse

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/storage"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/api/iterator"

	"decoy/io/bucket/buckettest"
	"decoy/io/shard"
	"decoy/io/warehouse/bigqueryfake"
	"decoy/schemas"
)

// cloud is a project with a bucket.
type cloud struct {
	*bigqueryfake.Server
	bucket  *buckettest.Bucket
	objects *storage.Client
}

func startCloud(t *testing.T) *cloud {
	t.Helper()
	b := buckettest.New(t)
	objects, err := storage.NewClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { objects.Close() })
	c := &cloud{bigqueryfake.New(t, objects), b, objects}
	t.Setenv(emulatorHost, c.URL)
	return c
}

// load is one of some tables into the dataset d.
func (c *cloud) load(out string, tables ...string) Load {
	return Load{Out: out, To: "bigquery://p-1/d", Staging: c.bucket.Address("stage/x"), Tables: tables}
}

func (c *cloud) staged(t *testing.T) (names []string) {
	t.Helper()
	for it := c.objects.Bucket(c.bucket.Name).Objects(t.Context(), &storage.Query{Prefix: "stage/"}); ; {
		a, err := it.Next()
		if errors.Is(err, iterator.Done) {
			return names
		}
		if err != nil {
			t.Fatal(err)
		}
		names = append(names, a.Name)
	}
}

// run loads and gives what was reported, by table.
func (l Load) run(t *testing.T) (map[string]Loaded, error) {
	t.Helper()
	got := map[string]Loaded{}
	var mu sync.Mutex
	l.Report = func(x Loaded) { mu.Lock(); defer mu.Unlock(); got[x.Table] = x }
	err := l.Run(t.Context())
	return got, err
}

func must(t *testing.T, l Load) map[string]Loaded {
	t.Helper()
	got, err := l.run(t)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

func states(got map[string]Loaded) map[string]int {
	n := map[string]int{}
	for _, l := range got {
		n[l.State]++
	}
	return n
}

func builtOut(t *testing.T) string {
	t.Helper()
	out := filepath.Join(t.TempDir(), "out")
	build(t, out)
	return out
}

// everything is what stats prints of all queries.
func everything(t *testing.T, address string) string {
	t.Helper()
	e, err := Open(t.Context(), address, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	var b bytes.Buffer
	for _, q := range Queries() {
		r, err := Run(t.Context(), e, q.Name)
		if err == nil {
			err = errors.Join(r.WriteTable(&b), r.WriteJSON(&b))
		}
		if err != nil {
			t.Fatalf("%s: %v", q.Name, err)
		}
	}
	return b.String()
}

var rowsOf = map[string]int64{"contexts": 4, "context_texts": 4, "negatives": 6, "unlabelled": 1, "certificates": 6, "verdicts": 7, "selection": 4, "rejects": 5, "export_rows": 3}

// The same build answers the same, byte for byte, wherever it is loaded; what is there
// already is left alone.
func TestLoadAnswersTheSame(t *testing.T) {
	c := startCloud(t)
	out := builtOut(t)
	want := everything(t, out)
	dir := t.TempDir()
	for _, to := range []string{"bigquery://p-1/d", "duckdb:" + filepath.Join(dir, "it's.db"), "parquet:" + filepath.Join(dir, "tables [x]")} {
		t.Run(to[:7], func(t *testing.T) {
			l := c.load(out)
			l.To = to
			got := must(t, l)
			for name, rows := range rowsOf {
				if got[name].Rows != rows || got[name].State != stateLoaded {
					t.Errorf("%s: %+v, want %d rows", name, got[name], rows)
				}
			}
			if diff := cmp.Diff(want, everything(t, to)); diff != "" {
				t.Error(diff)
			}
			before := c.Jobs()
			if got := states(must(t, l)); got[stateUnchanged] != len(tables) {
				t.Errorf("again: %v", got)
			}
			if diff := cmp.Diff(before, c.Jobs()); diff != "" {
				t.Errorf("again: jobs %s", diff)
			}
			// One file changes one table's content.
			write(t, out, "verify", "certificates-00000-of-00001.jsonl.zst", schemas.Certificate{NegativeID: "n1", ContextID: "c1", Status: "unseen"})
			defer build(t, out)
			if got := must(t, l); states(got)[stateLoaded] != 1 || got["certificates"].Rows != 1 {
				t.Errorf("one file changed: %v", got)
			}
			if diff := cmp.Diff(everything(t, out), everything(t, to)); diff != "" {
				t.Errorf("one file changed: %s", diff)
			}
		})
	}
	if left := c.staged(t); len(left) > 0 {
		t.Errorf("staging has %v", left)
	}
}

func TestLoadJob(t *testing.T) {
	c := startCloud(t)
	out := builtOut(t)
	l := c.load(out)
	l.Location, l.Keep = "EU", true
	must(t, l)
	table := c.Table("d", "contexts")
	if len(table.Schema.Fields) != 23 || table.Schema.Fields[7].Mode != "REPEATED" || table.Schema.Fields[0].Mode != "REQUIRED" {
		t.Errorf("schema %v", table.Schema)
	}
	if diff := cmp.Diff([]string{"language", "repo", "id"}, table.Clustering.Fields); diff != "" {
		t.Error(diff)
	}
	names := c.staged(t)
	if len(names) != 3+3+2+1+1+1+1+3+3 || !strings.HasSuffix(names[0], ".parquet") {
		t.Errorf("staged: %v", names)
	}
	plan, err := l.Plan(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	for _, p := range plan {
		if p.Rows != nil || p.Bytes == 0 || c.Jobs()["decoy-load-d-"+p.Table+"-"+p.Key+"-0"] != "DONE" {
			t.Errorf("plan %+v, jobs %v", p, c.Jobs())
		}
	}
	l.Location = "US"
	if _, err := l.run(t); err == nil || !strings.Contains(err.Error(), "is in EU, not in US") {
		t.Errorf("another location: %v", err)
	}
}

// A build in a bucket loads from there, through a bucket and a project that fail a
// tenth of the requests.
func TestLoadFromABucket(t *testing.T) {
	c := startCloud(t)
	out := builtOut(t)
	want := everything(t, out)
	err := filepath.WalkDir(out, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if err == nil {
			name, _ := filepath.Rel(out, path)
			c.bucket.Create("out/"+filepath.ToSlash(name), data, time.Time{})
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	c.bucket.Always(buckettest.Random(1, 0.1, buckettest.Status(503), buckettest.Cut, buckettest.Lost))
	random := buckettest.Random(2, 0.1, buckettest.Status(503), buckettest.Lost)
	var mu sync.Mutex
	c.Break(func(w http.ResponseWriter, r *http.Request, server http.Handler) bool {
		mu.Lock()
		f := random(r)
		mu.Unlock()
		return f != nil && f(w, r, server)
	})
	l := Load{Out: c.bucket.Address("out"), To: "bigquery://p-1/d"}
	if got := must(t, l); states(got)[stateLoaded] != len(tables) {
		t.Errorf("loaded %v", got)
	}
	file := "duckdb:" + filepath.Join(t.TempDir(), "x.db")
	l.To = file
	must(t, l)
	c.Break(nil)
	c.bucket.Always(nil)
	for _, address := range []string{"bigquery://p-1/d", file} {
		if diff := cmp.Diff(want, everything(t, address)); diff != "" {
			t.Errorf("%s: %s", address, diff)
		}
	}
	for id, state := range c.Jobs() {
		if state != "DONE" || !strings.HasSuffix(id, "-0") {
			t.Errorf("job %s is %s: a table was loaded twice", id, state)
		}
	}
	l.Out, l.To = c.bucket.Address("absent"), "bigquery://p-1/d"
	if _, err := l.run(t); err == nil || !strings.Contains(err.Error(), "nothing is there") {
		t.Errorf("an absent build: %v", err)
	}
}

func TestLoadRefuses(t *testing.T) {
	out := builtOut(t)
	dir := t.TempDir()
	foreign := filepath.Join(dir, "foreign.db")
	db, err := OpenDuckDB()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := db.Query(t.Context(), "ATTACH "+quote(foreign)+" AS f"); err != nil {
		t.Fatal(err)
	}
	db.Close()
	for want, l := range map[string]Load{
		"is not bigquery://PROJECT/DATASET":    {Out: out, To: "bigquery://p"},
		"name bigquery://":                     {Out: out, To: dir},
		"begins with none of":                  {Out: out, To: "duck:x"},
		"--staging gs://BUCKET/PREFIX":         {Out: out, To: "bigquery://p-1/d"},
		"--staging \"b/x\" is not gs":          {Out: out, To: "bigquery://p-1/d", Staging: "b/x"},
		"no table \"negative\"; there are con": {Out: out, To: "duckdb:" + dir + "/x", Tables: []string{"negative"}},
		"was not written by decoy load":        {Out: out, To: "duckdb:" + foreign},
		"belongs to the stage extract":         {Out: out, To: "parquet:" + manifestOf(t, "extract")},
		"name the output folder of a build":    {Out: filepath.Join(dir, "absent"), To: "duckdb:" + dir + "/x"},
		"a local path must follow":             {Out: out, To: "duckdb:gs://b/x"},
	} {
		if err := l.Run(t.Context()); err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%+v: error %v, want %q", l, err, want)
		}
	}
	entries, err := os.ReadDir(dir)
	if err != nil || len(entries) != 1 {
		t.Errorf("left behind: %v %v", entries, err)
	}
}

// A damaged file stops a load, and the old tables stay as they were.
func TestLoadKeepsWhatIsThere(t *testing.T) {
	out := builtOut(t)
	to := "duckdb:" + filepath.Join(t.TempDir(), "x.db")
	l := Load{Out: out, To: to}
	must(t, l)
	want := everything(t, to)
	write(t, out, "judge", "verdicts-00000-of-00001.jsonl.zst", "no object")
	if _, err := l.run(t); err == nil || !strings.Contains(err.Error(), "verdicts-00000-of-00001.jsonl.zst") {
		t.Errorf("error %v", err)
	}
	if diff := cmp.Diff(want, everything(t, to)); diff != "" {
		t.Error(diff)
	}
	// Some tables alone, into a new file: a query says what is missing.
	some := "duckdb:" + filepath.Join(t.TempDir(), "y.db")
	must(t, Load{Out: out, To: some, Tables: []string{"rejects"}})
	e, err := Open(t.Context(), some, Limits{})
	if err != nil {
		t.Fatal(err)
	}
	defer e.Close()
	if r, err := Run(t.Context(), e, "rejects"); err != nil || len(r.Rows) != 4 {
		t.Errorf("rejects: %v %v", r, err)
	}
	if _, err := Run(t.Context(), e, "funnel"); err == nil || !strings.Contains(err.Error(), "contexts") {
		t.Errorf("funnel: %v", err)
	}
}

// A folder of tables is unfinished while it has no manifest, and holds no file of an
// earlier load after a later one.
func TestParquetFolder(t *testing.T) {
	out, dir := builtOut(t), t.TempDir()
	l := Load{Out: out, To: "parquet:" + dir, Tables: []string{"negatives", "verdicts"}}
	must(t, l)
	write(t, out, "judge", "verdicts-00000-of-00001.jsonl.zst", "no object")
	write(t, out, "generate", "negatives-00002-of-00003.jsonl.zst", schemas.Negative{ID: "n7"})
	if _, err := l.run(t); err == nil {
		t.Error("a damaged file was loaded")
	}
	if _, err := Open(t.Context(), l.To, Limits{}); err == nil || !strings.Contains(err.Error(), "no finished load") {
		t.Errorf("after a load that failed: %v", err)
	}
	build(t, out)
	must(t, l)
	names, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil {
		t.Fatal(err)
	}
	for i := range names {
		names[i] = filepath.Base(names[i])
	}
	want := []string{".decoy.json", ".lock", "manifest.json", "negatives-00000-of-00003.parquet", "negatives-00001-of-00003.parquet", "negatives-00002-of-00003.parquet", "verdicts-00000-of-00001.parquet"}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Error(diff)
	}
}

func TestOpenRefuses(t *testing.T) {
	dir := t.TempDir()
	for address, want := range map[string]string{
		"gs://b/out":                   "decoy load gs://b/out --to duckdb:FILE",
		"duckdb:" + dir + "/absent.db": "make it with decoy load",
		"parquet:" + dir:               "no finished load is there",
		"bigquery://":                  "is not bigquery://PROJECT/DATASET",
	} {
		if _, err := Open(t.Context(), address, Limits{}); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: error %v, want %q", address, err, want)
		}
	}
}

func manifestOf(t *testing.T, stage string) string {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "manifest.json"), fmt.Appendf(nil, `{"stage": %q, "options": {}}`, stage), 0o644); err != nil {
		t.Fatal(err)
	}
	return dir
}

// finish writes a stage's manifest over its negatives, with their numbers.
func finish(t *testing.T, out, stage string, records ...int64) {
	t.Helper()
	found, err := tables[2].sources(t.Context(), out)
	if err != nil {
		t.Fatal(err)
	}
	m := schemas.Manifest{Stage: stage}
	for i, s := range found {
		f := s.file
		if f.SHA256, f.Bytes, err = hashFile(t.Context(), s.path); err != nil {
			t.Fatal(err)
		}
		f.Records = records[i]
		m.Shards = append(m.Shards, f)
	}
	if err := shard.WriteManifest(t.Context(), filepath.Join(out, stage), m); err != nil {
		t.Fatal(err)
	}
}
