package faultserver

import (
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// batches serves OpenAI's and Gemini's batch interfaces. A batch is worked on at
// once: each of its requests is an arrival that the plan serves; one whose connection
// the plan cuts was not reached before the batch expired. Options.Unready is how often
// a batch is asked about before it has ended.
type batches struct {
	mu    sync.Mutex
	files map[string][]byte
	jobs  []*job
}

type job struct {
	id, name, input string
	asked           int
	expired         bool
	output, errors  []byte
}

func (s *Server) batchRoutes(mux *http.ServeMux) {
	s.batches.files = map[string][]byte{}
	mux.HandleFunc("POST /v1/files", s.openAIUpload)
	mux.HandleFunc("GET /v1/files/{id}/content",
		func(w http.ResponseWriter, r *http.Request) { s.download(w, r.PathValue("id")) })
	mux.HandleFunc("POST /v1/batches", s.openAICreate)
	mux.HandleFunc("GET /v1/batches", s.openAIList)
	mux.HandleFunc("GET /v1/batches/{id}", s.openAIGet)
	mux.HandleFunc("POST /upload/v1beta/files", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("X-Goog-Upload-Url", s.http.URL+"/uploading")
		writeJSON(w, http.StatusOK, []byte("{}"))
	})
	mux.HandleFunc("POST /uploading", s.geminiUpload)
	mux.HandleFunc("GET /v1beta/files/{call}", func(w http.ResponseWriter, r *http.Request) {
		s.download(w, strings.TrimSuffix(r.PathValue("call"), ":download"))
	})
	mux.HandleFunc("GET /v1beta/batches", s.geminiList)
	mux.HandleFunc("GET /v1beta/batches/{id}", s.geminiGet)
}

// Batches is how many batches were created.
func (s *Server) Batches() int {
	s.batches.mu.Lock()
	defer s.batches.mu.Unlock()
	return len(s.batches.jobs)
}

func (s *Server) keep(data []byte) string {
	s.batches.mu.Lock()
	defer s.batches.mu.Unlock()
	id := fmt.Sprintf("f%d", len(s.batches.files))
	s.batches.files[id] = data
	return id
}

func (s *Server) download(w http.ResponseWriter, id string) {
	s.batches.mu.Lock()
	data, ok := s.batches.files[id]
	s.batches.mu.Unlock()
	if !ok {
		http.NotFound(w, nil)
		return
	}
	_, _ = w.Write(data) // the client may have gone away
}

// one serves a request of a batch as if it had come alone.
func (s *Server) one(a Arrival) (status int, body []byte, reached bool) {
	n, a, step := s.enter(a)
	rec := httptest.NewRecorder()
	func() {
		defer func() { reached = recover() == nil }()
		step.serve(s, rec, httptest.NewRequest(http.MethodPost, "/", nil), a)
	}()
	s.mu.Lock()
	defer s.mu.Unlock()
	if reached {
		s.arrivals[n].Status = rec.Code
	}
	return rec.Code, rec.Body.Bytes(), reached
}

func (s *Server) openAIUpload(w http.ResponseWriter, r *http.Request) {
	f, _, err := r.FormFile("file")
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	data, err := io.ReadAll(f)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	writeJSON(w, http.StatusOK, encode(map[string]any{"id": s.keep(data), "object": "file",
		"purpose": r.FormValue("purpose")}))
}

func (s *Server) openAICreate(w http.ResponseWriter, r *http.Request) {
	var req struct {
		File     string            `json:"input_file_id"`
		Metadata map[string]string `json:"metadata"`
	}
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	j := s.work(req.File, req.Metadata["decoy"], func(line []byte) (string, Arrival, error) {
		var l struct {
			ID   string          `json:"custom_id"`
			Body json.RawMessage `json:"body"`
		}
		if err := json.Unmarshal(line, &l); err != nil {
			return "", Arrival{}, err
		}
		a, err := readChat(r, l.Body)
		return l.ID, a, err
	}, func(id string, status int, body []byte) any {
		response := map[string]any{"status_code": status, "body": json.RawMessage(body)}
		return map[string]any{"id": "r-" + id, "custom_id": id, "response": response, "error": nil}
	}, func(id string) any {
		return map[string]any{"custom_id": id, "response": nil, "error": map[string]any{"code": "batch_expired",
			"message": "This request could not be executed before the completion window expired."}}
	})
	if s.opts.LostBatches {
		panic(http.ErrAbortHandler) // made, but nobody hears of it
	}
	writeJSON(w, http.StatusOK, encode(s.openAIJob(j, false)))
}

// work makes a job and serves its requests.
func (s *Server) work(file, name string, read func([]byte) (string, Arrival, error),
	answered func(id string, status int, body []byte) any, missed func(id string) any) *job {
	s.batches.mu.Lock()
	data := s.batches.files[file]
	s.batches.mu.Unlock()
	j := &job{name: name, input: file}
	for line := range bytes.Lines(data) {
		id, a, err := read(line)
		if err != nil {
			continue
		}
		status, body, reached := s.one(a)
		switch {
		case !reached:
			j.expired = true
			if v := missed(id); v != nil {
				j.errors = append(append(j.errors, encode(v)...), '\n')
			}
		case status == http.StatusOK:
			j.output = append(append(j.output, encode(answered(id, status, body))...), '\n')
		default:
			j.errors = append(append(j.errors, encode(answered(id, status, body))...), '\n')
		}
	}
	s.batches.mu.Lock()
	defer s.batches.mu.Unlock()
	j.id = fmt.Sprintf("b%d", len(s.batches.jobs))
	s.batches.jobs = append(s.batches.jobs, j)
	return j
}

func (s *Server) openAIJob(j *job, asked bool) map[string]any {
	out := map[string]any{"id": j.id, "object": "batch", "input_file_id": j.input, "status": "in_progress",
		"metadata": map[string]string{"decoy": j.name}}
	if !s.ended(j, asked) {
		return out
	}
	out["status"] = "completed"
	if j.expired {
		out["status"] = "expired"
	}
	if len(j.output) > 0 {
		out["output_file_id"] = s.keep(j.output)
	}
	if len(j.errors) > 0 {
		out["error_file_id"] = s.keep(j.errors)
	}
	return out
}

func (s *Server) ended(j *job, asked bool) bool {
	s.batches.mu.Lock()
	defer s.batches.mu.Unlock()
	if asked {
		j.asked++
	}
	return j.asked > s.opts.Unready
}

func (s *Server) job(id string) *job {
	s.batches.mu.Lock()
	defer s.batches.mu.Unlock()
	for _, j := range s.batches.jobs {
		if j.id == id {
			return j
		}
	}
	return nil
}

func (s *Server) openAIGet(w http.ResponseWriter, r *http.Request) {
	j := s.job(r.PathValue("id"))
	if j == nil {
		http.NotFound(w, r)
		return
	}
	writeJSON(w, http.StatusOK, encode(s.openAIJob(j, true)))
}

// openAIList gives one batch a page, so that clients must turn pages.
func (s *Server) openAIList(w http.ResponseWriter, r *http.Request) {
	s.batches.mu.Lock()
	jobs := append([]*job(nil), s.batches.jobs...)
	s.batches.mu.Unlock()
	after := r.FormValue("after")
	for i, j := range jobs {
		if after == "" || i > 0 && jobs[i-1].id == after {
			writeJSON(w, http.StatusOK, encode(map[string]any{"object": "list", "data": []any{s.openAIJob(j, false)},
				"has_more": i+1 < len(jobs)}))
			return
		}
	}
	writeJSON(w, http.StatusOK, encode(map[string]any{"object": "list", "data": []any{}, "has_more": false}))
}

func (s *Server) geminiUpload(w http.ResponseWriter, r *http.Request) {
	data, err := io.ReadAll(r.Body)
	if err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	w.Header().Set("X-Goog-Upload-Status", "final")
	writeJSON(w, http.StatusOK, encode(map[string]any{"file": map[string]any{"name": "files/" + s.keep(data)}}))
}

// geminiCreate makes a batch of a model's requests.
func (s *Server) geminiCreate(w http.ResponseWriter, r *http.Request, model string) {
	var req struct {
		Batch struct {
			Name  string `json:"displayName"`
			Input struct {
				File string `json:"fileName"`
			} `json:"inputConfig"`
		} `json:"batch"`
	}
	if err := json.NewDecoder(r.Body).Decode(&req); err != nil {
		http.Error(w, err.Error(), http.StatusBadRequest)
		return
	}
	r.SetPathValue("call", model+":generateContent")
	j := s.work(strings.TrimPrefix(req.Batch.Input.File, "files/"), req.Batch.Name,
		func(line []byte) (string, Arrival, error) {
			var l struct {
				Key     string          `json:"key"`
				Request json.RawMessage `json:"request"`
			}
			if err := json.Unmarshal(line, &l); err != nil {
				return "", Arrival{}, err
			}
			a, err := readGemini(r, l.Request)
			return l.Key, a, err
		}, func(id string, status int, body []byte) any {
			if status == http.StatusOK {
				return map[string]any{"key": id, "response": json.RawMessage(body)}
			}
			code := 13 // INTERNAL
			if status == http.StatusBadRequest {
				code = 3
			}
			return map[string]any{"key": id, "error": map[string]any{"code": code, "message": "no"}}
		}, func(string) any { return nil })
	writeJSON(w, http.StatusOK, encode(s.geminiJob(j, false)))
}

func (s *Server) geminiJob(j *job, asked bool) map[string]any {
	meta := map[string]any{"displayName": j.name, "state": "BATCH_STATE_RUNNING"}
	out := map[string]any{"name": "batches/" + j.id, "metadata": meta}
	if !s.ended(j, asked) {
		return out
	}
	meta["state"] = "BATCH_STATE_SUCCEEDED"
	if j.expired {
		meta["state"] = "BATCH_STATE_EXPIRED"
	}
	meta["output"] = map[string]any{"responsesFile": "files/" +
		s.keep(append(append([]byte(nil), j.output...), j.errors...))}
	return out
}

func (s *Server) geminiGet(w http.ResponseWriter, r *http.Request) {
	j := s.job(r.PathValue("id"))
	if j == nil {
		http.NotFound(w, r)
		return
	}
	writeJSON(w, http.StatusOK, encode(s.geminiJob(j, true)))
}

func (s *Server) geminiList(w http.ResponseWriter, _ *http.Request) {
	s.batches.mu.Lock()
	jobs := append([]*job(nil), s.batches.jobs...)
	s.batches.mu.Unlock()
	list := []any{}
	for _, j := range jobs {
		list = append(list, s.geminiJob(j, false))
	}
	writeJSON(w, http.StatusOK, encode(map[string]any{"operations": list}))
}
