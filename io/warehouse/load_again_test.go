package warehouse

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"decoy/io/warehouse/bigqueryfake"
	"decoy/schemas"
)

// What an earlier process left is taken up, and nothing is loaded twice.
func TestLoadGoesOn(t *testing.T) {
	posted := func(c *cloud) (n int) {
		for _, r := range c.Seen() {
			if r == "POST /projects/p-1/jobs" {
				n++
			}
		}
		return n
	}
	tests := []struct {
		name string
		// before does what went wrong in an earlier process, or sets what goes wrong.
		before       func(t *testing.T, c *cloud, l Load)
		posts        int
		state        string
		jobs, failed int
	}{
		{"the answer to the insert is lost", func(t *testing.T, c *cloud, l Load) {
			c.Break(bigqueryfake.Once("POST", "/jobs", bigqueryfake.Lost))
		}, 2, stateLoaded, 1, 0},
		{"503 to every request once", func(t *testing.T, c *cloud, l Load) {
			var seen sync.Map
			c.Break(func(w http.ResponseWriter, r *http.Request, server http.Handler) bool {
				_, again := seen.LoadOrStore(r.Method+r.URL.Path, true)
				return !again && bigqueryfake.Refuse(503, "backendError", "try again")(w, r, server)
			})
		}, 2, stateLoaded, 1, 0},
		{"stopped while the job ran", func(t *testing.T, c *cloud, l Load) {
			c.Polls = 2
			ctx, cancel := context.WithCancel(t.Context())
			c.Break(func(w http.ResponseWriter, r *http.Request, server http.Handler) bool {
				if r.Method == "POST" && strings.HasSuffix(r.URL.Path, "/jobs") {
					server.ServeHTTP(w, r)
					cancel()
					return true
				}
				return false
			})
			if err := l.Run(ctx); !errors.Is(err, context.Canceled) {
				t.Errorf("stopped: %v", err)
			}
			c.Break(nil)
		}, 0, stateLoaded, 1, 0},
		{"stopped before the table was marked", func(t *testing.T, c *cloud, l Load) {
			c.Break(bigqueryfake.Once("PATCH", "/negatives", bigqueryfake.Refuse(403, "accessDenied", "no")))
			if _, err := l.run(t); err == nil || !strings.Contains(err.Error(), "permission bigquery.tables.update is missing") {
				t.Errorf("error %v", err)
			}
		}, 0, stateLoaded, 1, 0},
		{"the job failed", func(t *testing.T, c *cloud, l Load) {
			c.Break(bigqueryfake.Once("POST", "/jobs", c.loseStaged(t)))
			if _, err := l.run(t); err == nil || !strings.Contains(err.Error(), "Not found: URI") {
				t.Errorf("error %v", err)
			}
		}, 1, stateLoaded, 2, 1},
		{"the table was deleted from another side", func(t *testing.T, c *cloud, l Load) {
			must(t, l)
			c.Drop("d", "negatives")
		}, 1, stateLoaded, 2, 0},
		{"someone else added rows", func(t *testing.T, c *cloud, l Load) {
			finish(t, l.Out, "generate", 4, 2)
			must(t, l)
			c.Table("d", "negatives").NumRows++
			c.Touch("d", "negatives")
		}, 1, stateLoaded, 2, 0},
		{"written by someone else before the table was marked", func(t *testing.T, c *cloud, l Load) {
			c.Break(bigqueryfake.Once("PATCH", "/negatives", bigqueryfake.Refuse(403, "accessDenied", "no")))
			if _, err := l.run(t); err == nil {
				t.Error("no error")
			}
			c.Touch("d", "negatives")
		}, 1, stateLoaded, 2, 0},
		{"another build was loaded since", func(t *testing.T, c *cloud, l Load) {
			must(t, l)
			other := t.TempDir()
			write(t, other, "generate", "negatives-00000-of-00001.jsonl.zst", schemas.Negative{ID: "x"})
			o := l
			o.Out = other
			must(t, o)
		}, 1, stateLoaded, 3, 0},
		{"all was well", func(t *testing.T, c *cloud, l Load) { must(t, l) }, 0, stateUnchanged, 1, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			c := startCloud(t)
			l := c.load(builtOut(t), "negatives")
			tt.before(t, c, l)
			c.Seen()
			got := must(t, l)["negatives"]
			if got.State != tt.state || got.Rows != 6 {
				t.Errorf("%+v, want %s", got, tt.state)
			}
			if n := posted(c); n != tt.posts {
				t.Errorf("%d jobs were sent, want %d", n, tt.posts)
			}
			failed := 0
			for _, state := range c.Jobs() {
				if state == "FAILED" {
					failed++
				}
			}
			if len(c.Jobs()) != tt.jobs || failed != tt.failed {
				t.Errorf("jobs %v, want %d with %d failed", c.Jobs(), tt.jobs, tt.failed)
			}
			if got := must(t, l)["negatives"]; got.State != stateUnchanged {
				t.Errorf("again: %+v", got)
			}
			if left := c.staged(t); len(left) > 0 {
				t.Errorf("staging has %v", left)
			}
		})
	}
}

// loseStaged deletes what is staged before the job that reads it comes.
func (c *cloud) loseStaged(t *testing.T) bigqueryfake.Fault {
	return func(http.ResponseWriter, *http.Request, http.Handler) bool {
		for _, name := range c.staged(t) {
			if err := c.objects.Bucket(c.bucket.Name).Object(name).Delete(t.Context()); err != nil {
				t.Error(err)
			}
		}
		return false
	}
}

// A refused request is one line: what was done, the permission and who grants it.
func TestLoadRefused(t *testing.T) {
	out := builtOut(t)
	denied := bigqueryfake.Refuse(403, "accessDenied", "Access Denied:\nProject p-1")
	for permission, f := range map[string]bigqueryfake.Fault{
		"bigquery.datasets.get":    bigqueryfake.Once("GET", "/d", denied),
		"bigquery.datasets.create": bigqueryfake.Once("POST", "/datasets", denied),
		"bigquery.tables.get":      bigqueryfake.Once("GET", "/negatives", denied),
		"bigquery.jobs.create":     bigqueryfake.Once("POST", "/jobs", denied),
		"bigquery.tables.update":   bigqueryfake.Once("PATCH", "/negatives", denied),
	} {
		t.Run(permission, func(t *testing.T) {
			c := startCloud(t)
			c.Break(f)
			_, err := c.load(out, "negatives").run(t)
			if err == nil || !strings.Contains(err.Error(), "permission "+permission+" is missing: grant roles/") || strings.Contains(err.Error(), "\n") {
				t.Errorf("error %v", err)
			}
		})
	}
}

// A file that does not fit is named, with what it was made from.
func TestLoadOfABadFile(t *testing.T) {
	c := startCloud(t)
	out := builtOut(t)
	l := c.load(out, "negatives")
	l.Keep = true
	c.Break(bigqueryfake.Once("POST", "/jobs", func(http.ResponseWriter, *http.Request, http.Handler) bool {
		// The second file is of another version, with columns of its own.
		var other bytes.Buffer
		if _, err := tables[0].convert(t.Context(), "", &other); err != nil {
			t.Error(err)
		}
		w := c.objects.Bucket(c.bucket.Name).Object(c.staged(t)[1]).NewWriter(t.Context())
		if _, err := w.Write(other.Bytes()); err != nil {
			t.Error(err)
		}
		if err := w.Close(); err != nil {
			t.Error(err)
		}
		return false
	}))
	_, err := l.run(t)
	for _, want := range []string{"load negatives: Error while reading data", c.bucket.Address("stage/x/"), "negatives-00001-of-00002.parquet", "--dry-run", "was made from " + filepath.Join(out, "generate", "negatives-00001-of-00003.jsonl.zst")} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("error %v lacks %q", err, want)
		}
	}
	if got := must(t, l)["negatives"]; got.State != stateLoaded || got.Rows != 6 {
		t.Errorf("again: %+v", got)
	}
}
