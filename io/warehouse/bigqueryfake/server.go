// Package bigqueryfake is a server for tests that speaks as much of BigQuery's REST
// interface as package warehouse uses through cloud.google.com/go/bigquery: datasets,
// tables, load jobs of Parquet in a bucket, query jobs with pages. DuckDB holds the
// tables and runs the queries; it takes SQL that BigQuery refuses, so that scripts/sql
// is the judge of that.
//
// What it keeps to, because the product relies on it:
//
//   - a job id is used once: a second insert is 409, also after a failure;
//   - a failed job is an answer 200 with an errorResult; only asking for its rows is an
//     error;
//   - a table's last change is not after the end of the job that made it, and every
//     patch is a change;
//   - If-Match of a patch is obeyed, and the label of a table survives WRITE_TRUNCATE;
//   - a Parquet list needs list inference; a column that the schema lacks, a required one
//     that the file lacks and a null in a required one fail the job.
//
// Every request is checked against the discovery document that google.golang.org/api
// carries, if that module's source is there.
//
// What it cannot show: permissions, quotas, prices, what clustering does.
package bigqueryfake

import (
	"bytes"
	"database/sql"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/storage"
	_ "github.com/duckdb/duckdb-go/v2" // the database below the server
	bq "google.golang.org/api/bigquery/v2"

	"decoy/io/discovery"
)

// Server is one project.
type Server struct {
	URL string
	// PageRows is the most rows of a page of results, Polls how often a job says
	// RUNNING, Bytes what every query processes.
	PageRows int
	Polls    int
	Bytes    int64

	t       testing.TB
	objects *storage.Client
	db      *sql.DB
	api     *discovery.API

	mu       sync.Mutex
	fault    Fault
	seen     []string
	clock    int64
	datasets map[string]*bq.Dataset
	tables   map[string]*bq.Table // by DATASET.TABLE
	jobs     map[string]*job
}

type job struct {
	bq.Job
	polls int
	rows  []*bq.TableRow
	of    *bq.TableSchema
}

// New starts a server for the length of a test; objects is where loads read.
func New(t testing.TB, objects *storage.Client) *Server {
	t.Helper()
	db, err := sql.Open("duckdb", "")
	if err != nil {
		t.Fatal(err)
	}
	db.SetMaxOpenConns(1)
	for _, s := range []string{"SET TimeZone = 'UTC'", "SET default_null_order = 'NULLS_FIRST_ON_ASC_LAST_ON_DESC'",
		"CREATE TYPE FLOAT64 AS DOUBLE", "CREATE MACRO div(a, b) AS a // b"} {
		if _, err := db.Exec(s); err != nil {
			t.Fatal(err)
		}
	}
	s := &Server{PageRows: 3, Bytes: 1000, t: t, objects: objects, db: db, api: discovery.Read(t,
		"bigquery/v2/bigquery-api.json"),
		datasets: map[string]*bq.Dataset{}, tables: map[string]*bq.Table{}, jobs: map[string]*job{}}
	m := http.NewServeMux()
	m.HandleFunc("GET /projects/{p}/datasets/{d}", s.getDataset)
	m.HandleFunc("POST /projects/{p}/datasets", s.postDataset)
	m.HandleFunc("GET /projects/{p}/datasets/{d}/tables/{t}", s.getTable)
	m.HandleFunc("PATCH /projects/{p}/datasets/{d}/tables/{t}", s.patchTable)
	m.HandleFunc("POST /projects/{p}/jobs", s.postJob)
	m.HandleFunc("GET /projects/{p}/jobs/{j}", s.getJob)
	m.HandleFunc("POST /projects/{p}/jobs/{j}/cancel", s.cancelJob)
	m.HandleFunc("GET /projects/{p}/queries/{j}", s.getRows)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { s.serve(w, r, m) }))
	s.URL = server.URL
	t.Cleanup(func() { server.Close(); db.Close() })
	return s
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, m *http.ServeMux) {
	body, err := io.ReadAll(r.Body)
	if err != nil {
		refuse(w, 400, "invalid", err.Error())
		return
	}
	r.Body = io.NopCloser(bytes.NewReader(body))
	if bad := s.api.Request(r, body); len(bad) > 0 {
		s.t.Errorf("%s %s: not what BigQuery's interface has: %s", r.Method, r.URL.Path, strings.Join(bad, "; "))
	}
	s.mu.Lock()
	s.seen = append(s.seen, r.Method+" "+r.URL.Path)
	fault := s.fault
	s.mu.Unlock()
	inner := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		defer s.mu.Unlock()
		if _, pattern := m.Handler(r); pattern == "" {
			s.t.Errorf("%s %s is not served", r.Method, r.URL.Path)
		}
		m.ServeHTTP(w, r)
	})
	if fault == nil || !fault(w, r, inner) {
		inner.ServeHTTP(w, r)
	}
}

// Break sets what serves requests from now on; nil is the server itself.
func (s *Server) Break(f Fault) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fault = f
}

// Seen are the requests since the last call, "METHOD PATH".
func (s *Server) Seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	seen := s.seen
	s.seen = nil
	return seen
}

// Touch makes a table seem to be written by someone else, a minute later.
func (s *Server) Touch(dataset, table string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.clock = s.tick() + time.Minute.Milliseconds()
	s.change(s.tables[dataset+"."+table])
}

// Drop deletes a table.
func (s *Server) Drop(dataset, table string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	delete(s.tables, dataset+"."+table)
}

// Jobs are the ids of the load jobs with their states:
// "DONE", "FAILED" or "RUNNING".
func (s *Server) Jobs() map[string]string {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]string{}
	for id, j := range s.jobs {
		switch {
		case j.Configuration.Load == nil:
		case j.polls > 0:
			out[id] = "RUNNING"
		case j.Status.ErrorResult != nil:
			out[id] = "FAILED"
		default:
			out[id] = "DONE"
		}
	}
	return out
}

// Table is a table's description, nil if it is not there.
func (s *Server) Table(dataset, table string) *bq.Table {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.tables[dataset+"."+table]
}

// tick is a time in milliseconds, later than every other.
func (s *Server) tick() int64 {
	s.clock = max(s.clock+1, time.Now().UnixMilli())
	return s.clock
}

func (s *Server) change(t *bq.Table) {
	t.LastModifiedTime = uint64(s.tick())
	t.Etag = fmt.Sprint("etag-", t.LastModifiedTime)
}

func (s *Server) getDataset(w http.ResponseWriter, r *http.Request) {
	if d := s.datasets[r.PathValue("d")]; d != nil {
		reply(w, d)
		return
	}
	refuse(w, 404, "notFound", "Not found: Dataset "+r.PathValue("p")+":"+r.PathValue("d"))
}

func (s *Server) postDataset(w http.ResponseWriter, r *http.Request) {
	var d bq.Dataset
	if err := json.NewDecoder(r.Body).Decode(&d); err != nil {
		refuse(w, 400, "invalid", err.Error())
		return
	}
	id := d.DatasetReference.DatasetId
	if s.datasets[id] != nil {
		refuse(w, 409, "duplicate", "Already Exists: Dataset "+id)
		return
	}
	if _, err := s.db.Exec(`CREATE SCHEMA "` + id + `"`); err != nil {
		refuse(w, 400, "invalid", err.Error())
		return
	}
	s.datasets[id] = &d
	reply(w, d)
}

func (s *Server) getTable(w http.ResponseWriter, r *http.Request) {
	if t := s.tables[r.PathValue("d")+"."+r.PathValue("t")]; t != nil {
		reply(w, t)
		return
	}
	refuse(w, 404, "notFound", fmt.Sprintf("Not found: Table %s:%s.%s", r.PathValue("p"),
		r.PathValue("d"), r.PathValue("t")))
}

// patchTable changes labels, and nothing else.
func (s *Server) patchTable(w http.ResponseWriter, r *http.Request) {
	t := s.tables[r.PathValue("d")+"."+r.PathValue("t")]
	if t == nil {
		refuse(w, 404, "notFound", "Not found: Table")
		return
	}
	if match := r.Header.Get("If-Match"); match != "" && match != t.Etag {
		refuse(w, 412, "conditionNotMet", "Precondition Failed")
		return
	}
	var patch struct {
		Labels map[string]*string `json:"labels"`
	}
	if err := json.NewDecoder(r.Body).Decode(&patch); err != nil {
		refuse(w, 400, "invalid", err.Error())
		return
	}
	if t.Labels == nil {
		t.Labels = map[string]string{}
	}
	for k, v := range patch.Labels {
		if delete(t.Labels, k); v != nil {
			t.Labels[k] = *v
		}
	}
	s.change(t)
	reply(w, t)
}

func (s *Server) postJob(w http.ResponseWriter, r *http.Request) {
	var j job
	if err := json.NewDecoder(r.Body).Decode(&j.Job); err != nil {
		refuse(w, 400, "invalid", err.Error())
		return
	}
	c := j.Configuration
	id := j.JobReference.JobId
	if id == "" || j.JobReference.Location == "" {
		refuse(w, 400, "invalid", "a job without id and location")
		return
	}
	if s.jobs[id] != nil {
		refuse(w, 409, "duplicate", "Already Exists: Job "+id)
		return
	}
	j.Status, j.Statistics, j.polls = &bq.JobStatus{State: "DONE"}, &bq.JobStatistics{CreationTime: s.tick(),
		StartTime: s.tick()}, s.Polls
	var failed *bq.ErrorProto
	switch {
	case c.Load != nil:
		c.JobType = "LOAD"
		failed = s.load(r.Context(), &j)
	case c.Query != nil:
		c.JobType = "QUERY"
		failed = s.query(&j)
	}
	if failed != nil {
		j.Status.ErrorResult, j.Status.Errors = failed, []*bq.ErrorProto{failed}
	}
	j.Statistics.EndTime = s.tick()
	if c.DryRun {
		if failed != nil {
			refuse(w, 400, failed.Reason, failed.Message)
			return
		}
		reply(w, j.Job)
		return
	}
	s.jobs[id] = &j
	reply(w, j.now())
}

// now is the job as a caller sees it.
func (j *job) now() bq.Job {
	seen := j.Job
	if j.polls > 0 {
		j.polls--
		seen.Status = &bq.JobStatus{State: "RUNNING"}
	}
	return seen
}

func (s *Server) getJob(w http.ResponseWriter, r *http.Request) {
	if j := s.jobs[r.PathValue("j")]; j != nil {
		reply(w, j.now())
		return
	}
	refuse(w, 404, "notFound", "Not found: Job "+r.PathValue("j"))
}

func (s *Server) cancelJob(w http.ResponseWriter, r *http.Request) {
	j := s.jobs[r.PathValue("j")]
	if j == nil {
		refuse(w, 404, "notFound", "Not found: Job "+r.PathValue("j"))
		return
	}
	j.polls = 0
	reply(w, bq.JobCancelResponse{Job: &j.Job})
}

// getRows is a page of a query's rows; that of a failed one is its error.
func (s *Server) getRows(w http.ResponseWriter, r *http.Request) {
	j := s.jobs[r.PathValue("j")]
	if j == nil {
		refuse(w, 404, "notFound", "Not found: Job "+r.PathValue("j"))
		return
	}
	out := bq.GetQueryResultsResponse{JobReference: j.JobReference, ForceSendFields: []string{"JobComplete"}}
	if j.polls > 0 {
		j.polls--
		reply(w, out)
		return
	}
	if e := j.Status.ErrorResult; e != nil {
		refuse(w, 400, e.Reason, e.Message)
		return
	}
	number := func(name string, otherwise int) int {
		if v, err := strconv.Atoi(r.URL.Query().Get(name)); err == nil {
			return v
		}
		return otherwise
	}
	from := min(number("pageToken", number("startIndex", 0)), len(j.rows))
	to := min(from+min(number("maxResults", s.PageRows), s.PageRows), len(j.rows))
	out.JobComplete, out.Schema, out.TotalRows, out.Rows = true, j.of, uint64(len(j.rows)), j.rows[from:to]
	if to < len(j.rows) && to > from {
		out.PageToken = strconv.Itoa(to)
	}
	reply(w, out)
}

func reply(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	json.NewEncoder(w).Encode(v) //nolint:errcheck // the client sees a cut answer
}

func refuse(w http.ResponseWriter, code int, reason, message string) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(code)
	json.NewEncoder(w).Encode(map[string]any{"error": map[string]any{ //nolint:errcheck
		"code": code, "message": message, "errors": []map[string]string{{"domain": "global",
			"reason": reason, "message": message}},
	}})
}
