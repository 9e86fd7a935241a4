// Package faultserver is a model server that fails as it is told. It speaks the
// protocols of OpenAI-compatible servers (chat completions, and completions with
// echoed log-probabilities) and of Gemini over real HTTP, follows a scripted plan, logs every
// arrival and can enforce a sliding window, so that
// tests and benchmarks of clients meet what real providers do.
//
//	s := faultserver.New(faultserver.Options{Plan: faultserver.Each(
//		faultserver.Status(500, "busy"),
//		faultserver.OK(func(a faultserver.Arrival) string { return `{"completion": "x()"}` }),
//	)})
//	defer s.Close()
//	// base URL: s.URL()
package faultserver

import (
	"io"
	"net/http"
	"net/http/httptest"
	"regexp"
	"strings"
	"sync"
	"time"
)

// Options of a server. Plan says how each arrival is served; Latency delays it.
// Limit and Tokens are allowed in any Window, with Burst requests on top for
// jitter on the way; what is above is answered 429 with RetryAfter.
type Options struct {
	Plan       func(Arrival) Step
	Latency    time.Duration
	Window     time.Duration
	Limit      int
	Tokens     int
	Burst      int
	RetryAfter string

	Unready     int  // questions about a batch before it has ended
	LostBatches bool // the answer to the creation of a batch is cut off
}

// Arrival is one request as it came in.
type Arrival struct {
	N         int    // arrivals before it
	Try       int    // arrivals before it with the same user message and model
	System    string // system message
	User      string // user message
	Model     string
	MaxTokens int
	Schema    bool   // asks for JSON of a schema
	Auth      string // the Authorization header, or Gemini's x-goog-api-key
	Protocol  string // Chat, Completions or Gemini
	Again     bool   // the model is shown its answer and asked once more
	Echo      bool   // a completion asks for its prompt's log-probabilities
	At        time.Time
	Step      string // the step that served it
	Status    int    // the status it was answered with, 0 for a broken connection
	Reserved  int    // tokens: a third of the prompt's bytes and MaxTokens

	fields map[string]bool // see Has
}

var announced = regexp.MustCompile(`The boundary of this request is ([0-9a-f]{32})`)

// Section is a data section of the user message: FILE or DEVELOPER.
func (a Arrival) Section(name string) string {
	m := announced.FindStringSubmatch(a.User)
	if m == nil {
		return ""
	}
	_, rest, _ := strings.Cut(a.User, "-----BEGIN "+name+" "+m[1]+"-----\n")
	text, _, _ := strings.Cut(rest, "\n-----END "+name+" "+m[1]+"-----\n")
	return text
}

// Judging reports whether a judge is asked.
func (a Arrival) Judging() bool { return strings.Contains(a.User, "<PASSAGE ") }

// Server is a running server.
type Server struct {
	opts Options
	http *httptest.Server
	stop chan struct{}

	batches batches

	mu       sync.Mutex
	arrivals []Arrival
	tries    map[string]int
	accepted []Arrival // of the window
}

// addresses that servers of this process have had. What a process knows of an account (its
// limits, its breaker, the forms it takes) goes by the address and outlives a server, so
// none gets the address of an earlier one.
var addresses sync.Map

// New starts a server on a free local port that no earlier one of this process had.
func New(opts Options) *Server {
	if opts.Plan == nil {
		opts.Plan = Each(OK(func(Arrival) string { return "{}" }))
	}
	s := &Server{opts: opts, tries: map[string]int{}, stop: make(chan struct{})}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /v1/chat/completions", s.serve(readChat))
	mux.HandleFunc("POST /v1/completions", s.serve(readCompletion))
	single := s.serve(readGemini)
	mux.HandleFunc("POST /v1beta/models/{call}", func(w http.ResponseWriter, r *http.Request) {
		if model, ok := strings.CutSuffix(r.PathValue("call"), ":batchGenerateContent"); ok {
			s.geminiCreate(w, r, model)
			return
		}
		single(w, r)
	})
	s.batchRoutes(mux)
	for s.http = httptest.NewServer(mux); ; s.http = httptest.NewServer(mux) {
		if _, had := addresses.LoadOrStore(s.http.URL, true); !had {
			return s
		}
		defer s.http.Close() // held until a free one is found
	}
}

// URL is the base URL of the OpenAI-compatible APIs.
func (s *Server) URL() string { return s.http.URL + "/v1" }

// GeminiURL is the base URL of the Gemini API.
func (s *Server) GeminiURL() string { return s.http.URL }

// Close ends the server and every hanging answer.
func (s *Server) Close() {
	close(s.stop)
	s.http.CloseClientConnections()
	s.http.Close()
}

// Arrivals are all requests so far, in order of arrival.
func (s *Server) Arrivals() []Arrival {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Arrival(nil), s.arrivals...)
}

// Count is the number of arrivals that were answered with a status.
func (s *Server) Count(status int) int {
	n := 0
	for _, a := range s.Arrivals() {
		if a.Status == status {
			n++
		}
	}
	return n
}

// serve answers the requests that read understands.
func (s *Server) serve(read func(*http.Request, []byte) (Arrival, error)) http.HandlerFunc {
	return func(w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		var a Arrival
		if err == nil {
			a, err = read(r, body)
		}
		if err != nil {
			http.Error(w, err.Error(), http.StatusBadRequest)
			return
		}
		s.answer(w, r, a)
	}
}

func (s *Server) answer(w http.ResponseWriter, r *http.Request, a Arrival) {
	n, a, step := s.enter(a)
	if s.opts.Latency > 0 {
		select {
		case <-time.After(s.opts.Latency):
		case <-s.stop:
		}
	}
	rec := &recorder{ResponseWriter: w}
	defer func() {
		// Also after the panic that cuts a connection.
		s.mu.Lock()
		s.arrivals[n].Status = rec.status
		if rec.cut {
			s.arrivals[n].Status = 0
		}
		s.mu.Unlock()
	}()
	step.serve(s, rec, r, a)
}

// enter logs an arrival and decides how it is served.
func (s *Server) enter(a Arrival) (int, Arrival, Step) {
	s.mu.Lock()
	defer s.mu.Unlock()
	id := a.Model + "\x00" + a.User
	a.N, a.Try, a.At = len(s.arrivals), s.tries[id], time.Now()
	step := Throttle(s.opts.RetryAfter)
	if s.admit(a) {
		s.tries[id]++
		step = s.opts.Plan(a)
	} else {
		step.Name = "window"
	}
	a.Step = step.Name
	s.arrivals = append(s.arrivals, a)
	return a.N, a, step
}

func (s *Server) admit(a Arrival) bool {
	if s.opts.Window == 0 {
		return true
	}
	for len(s.accepted) > 0 && a.At.Sub(s.accepted[0].At) >= s.opts.Window {
		s.accepted = s.accepted[1:]
	}
	tokens := a.Reserved
	for _, b := range s.accepted {
		tokens += b.Reserved
	}
	if s.opts.Limit > 0 && len(s.accepted)+1 > s.opts.Limit+s.opts.Burst {
		return false
	}
	if s.opts.Tokens > 0 && tokens > s.opts.Tokens+s.opts.Burst*a.Reserved {
		return false
	}
	s.accepted = append(s.accepted, a)
	return true
}

// recorder remembers how an arrival was answered.
type recorder struct {
	http.ResponseWriter
	status int
	cut    bool
}

func (r *recorder) WriteHeader(status int) {
	r.status = status
	r.ResponseWriter.WriteHeader(status)
}

func (r *recorder) Write(b []byte) (int, error) {
	if r.status == 0 {
		r.status = http.StatusOK
	}
	return r.ResponseWriter.Write(b)
}

// Unwrap lets http.ResponseController reach the connection.
func (r *recorder) Unwrap() http.ResponseWriter { return r.ResponseWriter }
