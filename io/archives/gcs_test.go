package archives

import (
	"context"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	_ "github.com/apache/beam/sdks/v2/go/pkg/beam/io/filesystem/gcs"
	"github.com/google/go-cmp/cmp"
	"github.com/google/go-cmp/cmp/cmpopts"

	"decoy/io/bucket"
	"decoy/io/bucket/buckettest"
)

// TestInputsInABucket reads archives through Beam's filesystem of Google Cloud Storage,
// undisturbed and with faults in every read, and compares with the same files on a disk.
func TestInputsInABucket(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	b := buckettest.New(t)
	dir := t.TempDir()
	for name, data := range map[string][]byte{
		"a.tar": tarBytes(t, big...), "b.tar.gz": tarGz(t, big...), "c.tar.zst": zst(t, tarBytes(t, big...)), "d.zip": zipBytes(t, commit, big...),
	} {
		write(t, dir, name, data)
		b.Create("in/"+name, data, time.Time{})
	}
	b.Create("in/lists/all.txt", []byte("../*.tar*\n../d.zip\n"), time.Time{})
	local, _, err := Resolve(t.Context(), []string{dir + "/*"}, ResolveConfig{})
	must(t, err)
	same := func(t *testing.T, spec string) {
		t.Helper()
		got, rejects, err := Resolve(t.Context(), []string{spec}, ResolveConfig{})
		if err != nil || len(rejects) > 0 || len(got) != len(local) {
			t.Fatalf("%d sources, %v, %v", len(got), rejects, err)
		}
		for i := range local {
			if !bucket.In(got[i].Path) {
				t.Errorf("path %q", got[i].Path)
			}
			if d := cmp.Diff(local[i], got[i], cmpopts.IgnoreFields(Source{}, "Path")); d != "" {
				t.Errorf("(-disk +bucket):\n%s", d)
			}
			if d := cmp.Diff(walk(t, local[i], Limits{}, nil), walk(t, got[i], Limits{}, nil), asText); d != "" {
				t.Errorf("walk (-disk +bucket):\n%s", d)
			}
		}
	}
	t.Run("undisturbed", func(t *testing.T) {
		same(t, b.Address("in/*.*"))
		same(t, "@"+b.Address("in/lists/all.txt"))
	})
	for name, f := range map[string]buckettest.Fault{"503": buckettest.Status(503), "cut": buckettest.Cut, "halfway": buckettest.Halfway} {
		t.Run(name, func(t *testing.T) {
			// Each object's first read meets the fault, and each listing.
			var met []string
			b.Always(func(r *http.Request) buckettest.Fault {
				if at := r.Method + r.URL.Path; !slices.Contains(met, at) {
					met = append(met, at)
					return f
				}
				return nil
			})
			same(t, b.Address("in/*.*"))
			if len(met) < len(local) {
				t.Errorf("only %q met a fault", met)
			}
		})
	}
	t.Run("gone", func(t *testing.T) {
		b.Always(nil)
		got, _, err := Resolve(t.Context(), []string{b.Address("in/*.*")}, ResolveConfig{})
		must(t, err)
		must(t, bucket.New(b.Address("in")).Delete(context.Background(), "b.tar.gz"))
		if err := Walk(t.Context(), got[1], Limits{}, nil, nil, nil); err == nil || !strings.Contains(err.Error(), "b.tar.gz") {
			t.Errorf("error %v", err)
		}
	})
	if left, err := os.ReadDir(os.Getenv("TMPDIR")); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v %v", left, err)
	}
}
