package jobs

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"mime"
	"mime/multipart"
	"net"
	"net/http"
	"os"
	"strings"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/pipelines"
	"decoy/pipelines/work"
)

// ErrPlanned is the end of a run that was to print its job.
var ErrPlanned = errors.New("the job was printed and not submitted")

// planned is where a plan's job is written, in the store that keeps nothing.
const planned = "gs://plan/job"

// Plan prints the job that Run would submit to Dataflow, in the API's JSON, and submits
// nothing. Beam's --dry_run leaves out the worker's hash and the pipeline's, so the job
// comes from the submission itself: Beam stages the worker and the pipeline in a store
// inside of this process that keeps nothing, and the job as a template, the same JSON
// that the service would get, which is caught there. The names of staged files hold the
// time, and the pipeline names the worker's: these and its hash differ between any two
// submissions.
//
// The job names its graph by a staged file, so the graph's outline is written beside it.
func Plan(to, outline io.Writer) func(context.Context, *beam.Pipeline, pipelines.Job) (work.Metrics, error) {
	return func(ctx context.Context, p *beam.Pipeline, j pipelines.Job) (work.Metrics, error) {
		Quiet()
		graph, err := Outline(p)
		if err == nil {
			_, err = fmt.Fprintf(outline, "%s:\n%s", j.Stage, graph)
		}
		if err != nil {
			return work.Metrics{}, fmt.Errorf("print the graph: %w", err)
		}
		job, err := plan(ctx, p, j)
		if err != nil {
			return work.Metrics{}, inOneLine("print the job", err)
		}
		var b bytes.Buffer
		if err := json.Indent(&b, job, "", "  "); err != nil {
			return work.Metrics{}, fmt.Errorf("print the job: %w", err)
		}
		b.WriteByte('\n')
		if _, err := b.WriteTo(to); err != nil {
			return work.Metrics{}, fmt.Errorf("print the job: %w", err)
		}
		return work.Metrics{}, ErrPlanned
	}
}

func plan(ctx context.Context, p *beam.Pipeline, j pipelines.Job) ([]byte, error) {
	s := &emptyStore{uploads: map[string]string{}}
	end, err := s.serve()
	if err != nil {
		return nil, err
	}
	defer end()
	// Clients that are made while the variable is set go to the store. Those that read
	// OUT have been made before, or are made afterwards.
	defer setEnv("STORAGE_EMULATOR_HOST", s.url)()
	if err := prepareDataflow(j); err != nil {
		return nil, err
	}
	template := flag.Lookup("template_location").Value
	defer template.Set(template.String())
	if err := template.Set(planned); err != nil {
		return nil, err
	}
	if _, err := beam.Run(ctx, Name(), p); err != nil {
		return nil, err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.job, nil
}

func setEnv(name, value string) (undo func()) {
	old, had := os.LookupEnv(name)
	os.Setenv(name, value)
	return func() {
		if had {
			os.Setenv(name, old)
		} else {
			os.Unsetenv(name)
		}
	}
}

// emptyStore takes uploads as Cloud Storage does and keeps of them the one at planned.
type emptyStore struct {
	url     string
	mu      sync.Mutex
	uploads map[string]string // names of those that come in several requests
	job     []byte
}

func (s *emptyStore) serve() (end func(), err error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s.url = "http://" + l.Addr().String()
	web := &http.Server{Handler: s}
	go web.Serve(l)
	return func() { web.Close() }, nil
}

// ServeHTTP answers that every bucket is there, and takes uploads in one request or
// resumable ones (https://cloud.google.com/storage/docs/json_api/v1/objects/insert).
func (s *emptyStore) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	bucket, object := s.names(r)
	q := r.URL.Query()
	switch {
	case r.Method == http.MethodGet && object == "":
		json.NewEncoder(w).Encode(map[string]string{"kind": "storage#bucket", "name": bucket})
		return
	case q.Get("upload_id") != "":
		s.mu.Lock()
		object = s.uploads[q.Get("upload_id")]
		s.mu.Unlock()
	case q.Get("uploadType") == "resumable":
		var meta struct{ Name string }
		json.NewDecoder(r.Body).Decode(&meta)
		s.mu.Lock()
		id := fmt.Sprint("upload-", len(s.uploads))
		s.uploads[id] = bucket + "/" + meta.Name
		s.mu.Unlock()
		w.Header().Set("Location", s.url+r.URL.Path+"?upload_id="+id)
		return
	default:
		_, params, _ := mime.ParseMediaType(r.Header.Get("Content-Type"))
		parts := multipart.NewReader(r.Body, params["boundary"])
		var meta struct{ Name string }
		if p, err := parts.NextPart(); err == nil {
			json.NewDecoder(p).Decode(&meta)
		}
		object = bucket + "/" + meta.Name
		if p, err := parts.NextPart(); err == nil {
			r.Body = p
		}
	}
	data := io.Discard
	var job bytes.Buffer
	if object == strings.TrimPrefix(planned, "gs://") {
		data = &job
	}
	if _, err := io.Copy(data, r.Body); err != nil {
		return // the client is gone
	}
	if at, more := strings.CutSuffix(r.Header.Get("Content-Range"), "/*"); more {
		_, last, _ := strings.Cut(at, "-")
		w.Header().Set("Range", "bytes=0-"+last)
		w.Header().Set("X-Http-Status-Code-Override", "308") // the client asks for it with X-GUploader-No-308
		return
	}
	if data != io.Discard {
		s.mu.Lock()
		s.job = job.Bytes()
		s.mu.Unlock()
	}
	bucket, object, _ = strings.Cut(object, "/")
	json.NewEncoder(w).Encode(map[string]string{"kind": "storage#object", "bucket": bucket, "name": object})
}

// names are the bucket and the object of a path .../b/BUCKET/o/OBJECT.
func (s *emptyStore) names(r *http.Request) (bucket, object string) {
	_, rest, _ := strings.Cut(r.URL.Path, "/b/")
	bucket, object, _ = strings.Cut(rest, "/o")
	return bucket, strings.TrimPrefix(object, "/")
}
