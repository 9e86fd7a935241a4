// Package buckettest is Google Cloud Storage for tests: the in-process server of
// fake-gcs-server behind a guard and a layer of faults.
//
// # What it is
//
// One server a process, on a loopback port, because the clients of a process (ours and
// Beam's) are made once and keep the address that they saw first. A test gets a bucket of
// its own, with faults of its own.
//
// # The guard
//
// fake-gcs-server 1.56.1 ignores preconditions outside of uploads. The guard answers
// those that do not hold with 412, and refuses with 400 what the fake would ignore, so
// that no test passes because of it.
//
// # Faults
//
// A [Fault] serves a request in place of the bucket. [Bucket.Next] queues faults, one a
// request; [Bucket.Always] asks a function for each, [Random] is one that is seeded.
//
// # Limits
//
// Not shown by it: permissions, quotas, limits of rate, real latencies. A precondition
// outside of uploads is looked at before the request and not in one step with it.
package buckettest

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/fsouza/fake-gcs-server/fakestorage"
)

// Fault serves a request in place of the bucket, or says that it does not.
type Fault func(w http.ResponseWriter, r *http.Request, bucket http.Handler) bool

// Bucket is a bucket of one test.
type Bucket struct {
	Name string
	URL  string // of the server, for STORAGE_EMULATOR_HOST

	mu     sync.Mutex
	queue  []Fault
	always func(r *http.Request) Fault
	seen   []string
}

// server is the one of this process.
var server = sync.OnceValues(start)

type fake struct {
	gcs     *fakestorage.Server
	url     string
	mu      sync.Mutex
	buckets map[string]*Bucket
}

func start() (*fake, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	host := l.Addr().String()
	gcs, err := fakestorage.NewServerWithOptions(fakestorage.Options{NoListener: true, PublicHost: host,
		ExternalURL: "http://" + host})
	if err != nil {
		return nil, err
	}
	f := &fake{gcs: gcs, url: "http://" + host, buckets: map[string]*Bucket{}}
	s := &httptest.Server{Listener: l, Config: &http.Server{Handler: f}}
	s.Start()
	return f, nil
}

// New makes a bucket and points the clients of this process to its server.
func New(t *testing.T) *Bucket {
	t.Helper()
	f, err := server()
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("STORAGE_EMULATOR_HOST", f.url)
	f.mu.Lock()
	defer f.mu.Unlock()
	b := &Bucket{Name: fmt.Sprintf("b%d", len(f.buckets)), URL: f.url}
	f.buckets[b.Name] = b
	f.gcs.CreateBucketWithOpts(fakestorage.CreateBucketOpts{Name: b.Name})
	t.Cleanup(func() { b.Always(nil); b.Next() })
	return b
}

// Address is that of a folder or an object in the bucket.
func (b *Bucket) Address(name string) string { return "gs://" + b.Name + "/" + name }

// Create makes an object behind the back of all clients. updated is when, if not now.
func (b *Bucket) Create(name string, data []byte, updated time.Time) {
	f, _ := server()
	f.gcs.CreateObject(fakestorage.Object{ObjectAttrs: fakestorage.ObjectAttrs{BucketName: b.Name, Name: name,
		Created: updated, Updated: updated}, Content: data})
}

// Next replaces the queue of faults and forgets the requests that were seen.
func (b *Bucket) Next(faults ...Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.queue, b.seen = faults, nil
}

// Always asks for the fault of every request for which none is queued; nil ends that.
func (b *Bucket) Always(fault func(r *http.Request) Fault) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.always = fault
}

// Left is the number of faults that no request has met.
func (b *Bucket) Left() int {
	b.mu.Lock()
	defer b.mu.Unlock()
	return len(b.queue)
}

// Seen are the requests since the last Next, as METHOD PATH?QUERY.
func (b *Bucket) Seen() []string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return append([]string{}, b.seen...)
}

func (b *Bucket) fault(r *http.Request) Fault {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.seen = append(b.seen, r.Method+" "+r.URL.String())
	if len(b.queue) > 0 {
		f := b.queue[0]
		b.queue = b.queue[1:]
		return f
	}
	if b.always != nil {
		return b.always(r)
	}
	return nil
}

var objectPath = regexp.MustCompile(`^/(?:download/)?storage/v1/b/[^/]+/o/([^/]+)(/.*)?$`)

// ServeHTTP serves a request of the JSON API, or a read of the XML API.
func (f *fake) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	path := r.URL.EscapedPath()
	var bucket, object string
	if _, rest, ok := strings.Cut(path, "storage/v1/b/"); ok {
		bucket, _, _ = strings.Cut(rest, "/")
		if m := objectPath.FindStringSubmatch(path); m != nil {
			object = m[1]
		} else if q := r.URL.Query(); q.Get("uploadType") == "resumable" {
			object = q.Get("name") // its condition is looked at when the upload begins and when it ends
		}
	} else {
		bucket, object, _ = strings.Cut(strings.TrimPrefix(path, "/"), "/")
	}
	object, _ = url.PathUnescape(object)
	f.mu.Lock()
	b := f.buckets[bucket]
	f.mu.Unlock()
	behind := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if !f.refuse(w, r, bucket, object) {
			f.gcs.HTTPHandler().ServeHTTP(w, r)
		}
	})
	if b != nil {
		if fault := b.fault(r); fault != nil && fault(w, r, behind) {
			return
		}
	}
	behind(w, r)
}

// refuse is the guard.
func (f *fake) refuse(w http.ResponseWriter, r *http.Request, bucket, object string) bool {
	answer := func(code int, text string) bool {
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(code)
		fmt.Fprintf(w, `{"error":{"code":%d,"message":%q}}`, code, text)
		return true
	}
	q := r.URL.Query()
	for _, k := range []string{"matchGlob", "ifMetagenerationMatch", "ifMetagenerationNotMatch",
		"ifGenerationNotMatch"} {
		if q.Get(k) != "" {
			return answer(http.StatusBadRequest, "the fake ignores "+k)
		}
	}
	want := q.Get("ifGenerationMatch")
	if h := r.Header.Get("X-Goog-If-Generation-Match"); h != "" {
		want = h
	}
	if object == "" || want == "" {
		return false
	}
	o, err := f.gcs.GetObject(bucket, object)
	switch {
	case err != nil && want == "0":
		return false
	case err != nil && r.Method != http.MethodPost:
		return answer(http.StatusNotFound, "no such object")
	case err != nil, strconv.FormatInt(o.Generation, 10) != want:
		return answer(http.StatusPreconditionFailed, "at least one of the pre-conditions you specified did not hold")
	}
	return false
}

// Status answers with a status code.
func Status(code int) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) bool {
		w.WriteHeader(code)
		return true
	}
}

// Cut breaks the connection before anything is done.
func Cut(http.ResponseWriter, *http.Request, http.Handler) bool { panic(http.ErrAbortHandler) }

// Lost does what is asked and loses the answer.
func Lost(_ http.ResponseWriter, r *http.Request, bucket http.Handler) bool {
	bucket.ServeHTTP(httptest.NewRecorder(), r)
	panic(http.ErrAbortHandler)
}

// Halfway cuts the connection in the middle of the answer.
func Halfway(w http.ResponseWriter, r *http.Request, bucket http.Handler) bool {
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

// Slow answers after a while.
func Slow(d time.Duration) Fault {
	return func(http.ResponseWriter, *http.Request, http.Handler) bool {
		time.Sleep(d)
		return false
	}
}

// Pass lets a request through, where faults are queued for later ones.
func Pass(http.ResponseWriter, *http.Request, http.Handler) bool { return false }

// Random gives one of the faults to the share of requests, by a seed.
func Random(seed uint64, share float64, faults ...Fault) func(*http.Request) Fault {
	rng := rand.New(rand.NewPCG(seed, 0)) // Bucket asks one at a time
	return func(*http.Request) Fault {
		if rng.Float64() >= share {
			return nil
		}
		return faults[rng.IntN(len(faults))]
	}
}
