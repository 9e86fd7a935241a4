// Package dataflowtest is a server for tests that speaks as much of Dataflow's REST
// interface as a launch uses: jobs.create, get, list and update, messages.list and
// getMetrics. What a job does is scripted.
//
// What it keeps to, because the product relies on it:
//
//   - a second active job of one name is refused with 409;
//   - jobs.list pages, and its filter ACTIVE leaves out what has ended;
//   - a job that is to be cancelled goes through CANCELLING;
//   - a body with an unknown field is refused, and every request is checked against the
//     discovery document that google.golang.org/api carries, if that module's source is
//     there.
//
// What it cannot show: permissions, quotas, whether the service takes the staged
// pipeline, pulls the image and starts workers.
package dataflowtest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"

	df "google.golang.org/api/dataflow/v1b3"

	"decoy/io/discovery"
	"decoy/transforms/credential/credentialtest"
)

// What is asked of the server.
const (
	Create   = "create"
	Get      = "get"
	List     = "list"
	Update   = "update"
	Messages = "messages"
	Metrics  = "metrics"
)

// Faults beside HTTP's statuses.
const (
	Hang = -1 // no answer until the client leaves
	Lost = -2 // done, and the answer lost
)

// Job is one that was created.
type Job struct {
	df.Job
	Raw []byte // as it was sent
	// States are told one a question; the last stays.
	States   []string
	Messages []*df.JobMessage
	Metrics  []*df.MetricUpdate
}

// Server is the service. Its methods may be called from several goroutines.
type Server struct {
	URL string // with the slash that --dataflow_endpoint needs

	api    *discovery.API
	t      testing.TB
	mu     sync.Mutex
	script func(*Job)
	jobs   []*Job
	faults map[string][]int
	asked  map[string]int
}

// New starts a server for the length of a test. Until Script is called, jobs are DONE
// at the first question.
func New(t testing.TB) *Server {
	t.Helper()
	s := &Server{t: t, api: discovery.Read(t, "dataflow/v1b3/dataflow-api.json"), faults: map[string][]int{},
		asked: map[string]int{}}
	web := httptest.NewServer(s)
	t.Cleanup(func() { web.CloseClientConnections(); web.Close() })
	s.URL = web.URL + "/"
	return s
}

// Script is called with each job that is created, before it is answered, and says what
// it will do.
func (s *Server) Script(f func(*Job)) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.script = f
}

// Fault breaks the next requests of a kind.
func (s *Server) Fault(kind string, faults ...int) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.faults[kind] = faults
}

// Jobs are those that were created.
func (s *Server) Jobs() []*Job {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.jobs)
}

// Asked is the number of requests of a kind.
func (s *Server) Asked(kind string) int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.asked[kind]
}

// Add makes a job behind the back of all clients and returns its id.
func (s *Server) Add(name, state string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	j := &Job{States: []string{state}}
	j.Id, j.Name = fmt.Sprintf("2026-01-01_00_00_00-%d", len(s.jobs)+1), name
	s.jobs = append(s.jobs, j)
	return j.Id
}

// End sets the state of all jobs.
func (s *Server) End(state string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	for _, j := range s.jobs {
		j.States = []string{state}
	}
}

func ended(state string) bool {
	return slices.Contains([]string{"JOB_STATE_DONE", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED"}, state)
}

// tell is the job as the service shows it; a question moves it on.
func (j *Job) tell(question bool) *df.Job {
	state := j.States[0]
	if question && len(j.States) > 1 {
		j.States = j.States[1:]
	}
	return &df.Job{Id: j.Id, Name: j.Name, ProjectId: j.ProjectId, Location: j.Location, CurrentState: state,
		Labels: j.Labels, Type: j.Type}
}

func answer(w http.ResponseWriter, v any) {
	if err := json.NewEncoder(w).Encode(v); err != nil {
		panic(err) // only values of the interface's types are passed
	}
}

func refuse(w http.ResponseWriter, code int, message string) {
	w.WriteHeader(code)
	answer(w, map[string]any{"error": map[string]any{"code": code, "message": message, "status": http.StatusText(code),
		"details": []map[string]string{{"@type": "a", "detail": "more\nlines"}}}})
}

// ServeHTTP serves a request, or the fault that is next for its kind.
func (s *Server) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Type", "application/json")
	body, err := io.ReadAll(r.Body)
	if err != nil {
		return // the client is gone
	}
	if bad := s.api.Request(r, body); len(bad) > 0 {
		s.t.Errorf("%s %s: %v", r.Method, r.URL, bad)
		refuse(w, http.StatusBadRequest, fmt.Sprint(bad))
		return
	}
	// /v1b3/projects/P/locations/R/jobs[/ID[/messages|/metrics]]
	parts := strings.Split(strings.Trim(r.URL.Path, "/"), "/")
	if len(parts) < 6 || parts[5] != "jobs" {
		refuse(w, http.StatusNotFound, "no such method")
		return
	}
	kind := map[string]string{"POST 6": Create, "GET 6": List, "GET 7": Get, "PUT 7": Update,
		"GET 8": parts[len(parts)-1]}[fmt.Sprintf("%s %d", r.Method, len(parts))]
	s.mu.Lock()
	s.asked[kind]++
	fault := 0
	if f := s.faults[kind]; len(f) > 0 {
		fault, s.faults[kind] = f[0], f[1:]
	}
	s.mu.Unlock()
	switch {
	case fault == Hang:
		<-r.Context().Done()
	case fault == Lost:
		s.serve(httptest.NewRecorder(), r, kind, parts, body)
		panic(http.ErrAbortHandler)
	case fault != 0:
		refuse(w, fault, "scripted")
	case r.Header.Get("Authorization") != "Bearer "+credentialtest.Token:
		refuse(w, http.StatusUnauthorized, "no token")
	default:
		s.serve(w, r, kind, parts, body)
	}
}

func (s *Server) serve(w http.ResponseWriter, r *http.Request, kind string, parts []string, body []byte) {
	if kind == Create {
		s.create(w, parts[2], parts[4], body)
		return
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if kind == List {
		s.list(w, r)
		return
	}
	i := slices.IndexFunc(s.jobs, func(j *Job) bool { return len(parts) > 6 && j.Id == parts[6] })
	if i < 0 {
		refuse(w, http.StatusNotFound, "no such job")
		return
	}
	j := s.jobs[i]
	switch kind {
	case Get:
		answer(w, j.tell(true))
	case Messages:
		answer(w, &df.ListJobMessagesResponse{JobMessages: j.Messages})
	case Metrics:
		answer(w, &df.JobMetrics{Metrics: j.Metrics})
	case Update:
		var asked df.Job
		if err := strict(body, &asked); err != nil || asked.RequestedState != "JOB_STATE_CANCELLED" {
			refuse(w, http.StatusBadRequest, fmt.Sprint("only cancelling is played: ", err))
			return
		}
		if !ended(j.States[0]) {
			j.States = []string{"JOB_STATE_CANCELLING", "JOB_STATE_CANCELLED"}
		}
		answer(w, j.tell(false))
	}
}

func (s *Server) create(w http.ResponseWriter, project, region string, body []byte) {
	j := &Job{Raw: body, States: []string{"JOB_STATE_DONE"}}
	if err := strict(body, &j.Job); err != nil {
		refuse(w, http.StatusBadRequest, err.Error())
		return
	}
	s.mu.Lock()
	if slices.ContainsFunc(s.jobs, func(o *Job) bool { return o.Name == j.Name && !ended(o.States[0]) }) {
		s.mu.Unlock()
		refuse(w, http.StatusConflict, "There is already an active job named "+j.Name)
		return
	}
	j.Id, j.ProjectId, j.Location = fmt.Sprintf("2026-01-01_00_00_00-%d", len(s.jobs)+1), project, region
	script := s.script
	s.mu.Unlock()
	if script != nil {
		script(j)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.jobs = append(s.jobs, j)
	answer(w, &df.Job{Id: j.Id, Name: j.Name, CurrentState: "JOB_STATE_PENDING"})
}

// list answers one job a page.
func (s *Server) list(w http.ResponseWriter, r *http.Request) {
	var jobs []*Job
	for _, j := range s.jobs {
		if r.URL.Query().Get("filter") != "ACTIVE" || !ended(j.States[0]) {
			jobs = append(jobs, j)
		}
	}
	at := 0
	fmt.Sscan(r.URL.Query().Get("pageToken"), &at)
	got := &df.ListJobsResponse{}
	if at < len(jobs) {
		got.Jobs = []*df.Job{jobs[at].tell(false)}
	}
	if at+1 < len(jobs) {
		got.NextPageToken = fmt.Sprint(at + 1)
	}
	answer(w, got)
}

func strict(raw []byte, into any) error {
	d := json.NewDecoder(bytes.NewReader(raw))
	d.DisallowUnknownFields()
	return d.Decode(into)
}
