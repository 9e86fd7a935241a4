package bucket

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	"cloud.google.com/go/storage"
	"github.com/fsouza/fake-gcs-server/fakestorage"
)

// fault serves a request in place of the bucket, or says that it does not.
type fault func(w http.ResponseWriter, r *http.Request, bucket http.Handler) bool

// proxy stands before a bucket and breaks what it is told to.
type proxy struct {
	mu     sync.Mutex
	faults []fault // one a request that it fits
	seen   []string
}

func (p *proxy) set(faults ...fault) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.faults, p.seen = faults, nil
}

func (p *proxy) left() int {
	p.mu.Lock()
	defer p.mu.Unlock()
	return len(p.faults)
}

// fake is a store in an in-process bucket, behind a proxy.
func fake(t *testing.T, address string) (*Store, *proxy) {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	host := l.Addr().String()
	gcs, err := fakestorage.NewServerWithOptions(fakestorage.Options{NoListener: true, PublicHost: host, ExternalURL: "http://" + host})
	if err != nil {
		t.Fatal(err)
	}
	gcs.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: "b"})
	p := &proxy{}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		p.mu.Lock()
		p.seen = append(p.seen, r.Method+" "+r.URL.Path)
		var f fault
		if len(p.faults) > 0 {
			f = p.faults[0]
			p.faults = p.faults[1:]
		}
		p.mu.Unlock()
		if f == nil || !f(w, r, gcs.HTTPHandler()) {
			gcs.HTTPHandler().ServeHTTP(w, r)
		}
	})}}
	s.Start()
	t.Cleanup(func() { s.Close(); gcs.Stop() })
	t.Setenv("STORAGE_EMULATOR_HOST", s.URL)
	c, err := storage.NewClient(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	store := New(address)
	store.client = func() (*storage.Client, error) { return c, nil }
	return store, p
}

func status(code int) fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) bool {
		w.WriteHeader(code)
		return true
	}
}

// cut breaks the connection before anything is done.
func cut(http.ResponseWriter, *http.Request, http.Handler) bool { panic(http.ErrAbortHandler) }

// lost does what is asked and loses the answer.
func lost(w http.ResponseWriter, r *http.Request, bucket http.Handler) bool {
	bucket.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

// halfway cuts the connection in the middle of the answer.
func halfway(w http.ResponseWriter, r *http.Request, bucket http.Handler) bool {
	rec := httptest.NewRecorder()
	bucket.ServeHTTP(rec, r)
	for k, v := range rec.Header() {
		w.Header()[k] = v
	}
	w.Header().Set("Content-Length", fmt.Sprint(rec.Body.Len()))
	w.WriteHeader(rec.Code)
	w.Write(rec.Body.Bytes()[:rec.Body.Len()/2])
	http.NewResponseController(w).Flush()
	panic(http.ErrAbortHandler)
}

func TestStore(t *testing.T) {
	for _, address := range []string{"gs://b", "gs://b/out/generate/ledger", "gs://b/out//generate/ledger/"} {
		t.Run(address, func(t *testing.T) {
			s, _ := fake(t, address)
			ctx := t.Context()
			large := bytes.Repeat([]byte("0123456789abcdef"), 40_000)
			want := []string{"00007/000001-000000.zst", "00007/000001-000001.zst", "00017/000001-000000.zst"}
			for i, name := range want {
				if err := s.Put(ctx, name, large[:i*300_000]); err != nil { // none, one chunk, several
					t.Fatal(err)
				}
			}
			for i, name := range want {
				if err := s.Put(ctx, name, []byte("other")); !errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), name) {
					t.Errorf("second Put: error %v, want ErrExist and the name", err)
				}
				if got, err := s.Get(ctx, name); err != nil || !bytes.Equal(got, large[:i*300_000]) {
					t.Errorf("%s: %d bytes, %v", name, len(got), err)
				}
			}
			for prefix, n := range map[string]int{"": 3, "00007/": 2, "00007/000001-000001": 1, "x": 0} {
				if got, err := s.List(ctx, prefix); err != nil || len(got) != n || !slices.IsSorted(got) || n == 3 && !slices.Equal(got, want) {
					t.Errorf("List(%q) = %v, %v", prefix, got, err)
				}
			}
			for range 2 {
				if err := s.Delete(ctx, want[0]); err != nil {
					t.Error(err)
				}
			}
			if _, err := s.Get(ctx, want[0]); !errors.Is(err, fs.ErrNotExist) {
				t.Errorf("error %v, want ErrNotExist", err)
			}
			if err := s.Put(ctx, want[0], nil); err != nil {
				t.Errorf("a deleted name: %v", err)
			}
			for _, name := range []string{"", "..", "/a", "a//b", "a/../b"} {
				if err := s.Put(ctx, name, nil); err == nil {
					t.Errorf("name %q was taken", name)
				}
			}
		})
	}
}

func TestPages(t *testing.T) {
	s, _ := fake(t, "gs://b/l")
	for i := range 1203 { // a page has 1,000
		if err := s.Put(t.Context(), fmt.Sprintf("%05d/000001-%06d.zst", i%2, i), nil); err != nil {
			t.Fatal(err)
		}
	}
	if names, err := s.List(t.Context(), "00001/"); err != nil || len(names) != 601 {
		t.Errorf("%d names, %v", len(names), err)
	}
	if names, err := s.List(t.Context(), ""); err != nil || len(names) != 1203 {
		t.Errorf("%d names, %v", len(names), err)
	}
}

func TestFaults(t *testing.T) {
	data := bytes.Repeat([]byte("x"), 1000)
	for name, f := range map[string]fault{"503": status(503), "429": status(429), "cut": cut, "lost": lost, "halfway": halfway} {
		t.Run(name, func(t *testing.T) {
			s, p := fake(t, "gs://b/l")
			ctx := t.Context()
			p.set(f)
			// A Put whose answer is lost meets its own object and knows it.
			if err := s.Put(ctx, "a", data); err != nil {
				t.Errorf("put: %v", err)
			}
			if len(p.seen) < 2 {
				t.Error("nothing was tried again")
			}
			p.set(f)
			if err := s.Put(ctx, "a", []byte("other")); !errors.Is(err, fs.ErrExist) {
				t.Errorf("put again: error %v, want ErrExist", err)
			}
			p.set(f)
			if got, err := s.Get(ctx, "a"); err != nil || !bytes.Equal(got, data) {
				t.Errorf("get: %d bytes, %v", len(got), err)
			}
			p.set(f)
			if got, err := s.List(ctx, ""); err != nil || !slices.Equal(got, []string{"a"}) {
				t.Errorf("list: %v, %v", got, err)
			}
			p.set(f)
			if err := s.Delete(ctx, "a"); err != nil {
				t.Errorf("delete: %v", err)
			}
			if p.left() > 0 {
				t.Error("a fault was not met")
			}
			if got, err := s.List(ctx, ""); err != nil || len(got) > 0 {
				t.Errorf("after the deletion: %v, %v", got, err)
			}
		})
	}
}

func TestWhatIsNotMendedByTrying(t *testing.T) {
	s, p := fake(t, "gs://b/l")
	p.set(status(403))
	if err := s.Put(t.Context(), "a", nil); err == nil || errors.Is(err, fs.ErrExist) || !strings.Contains(err.Error(), "gs://b/l/a") {
		t.Errorf("403: %v", err)
	}
	if len(p.seen) != 1 {
		t.Errorf("403 was tried %d times", len(p.seen))
	}
	for _, address := range []string{"", "b/l", "gs://", "gs:///l", "s3://b/l"} {
		if _, err := New(address).List(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "gs://BUCKET/FOLDER") {
			t.Errorf("%q: error %v", address, err)
		}
	}
}
