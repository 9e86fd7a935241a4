package jobs

import (
	"context"
	"encoding/json"
	"net/http"
	"net/http/httptest"
	"slices"
	"sync"
	"testing"
	"time"
)

// flinkServer is Flink's REST interface with jobs named as Beam's job server 2.62.0
// names them.
type flinkServer struct {
	mu     sync.Mutex
	states map[string]string // by name, which is the id too
	asked  []string
}

func (f *flinkServer) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if r.Method == http.MethodPatch {
		id := r.URL.Path[len("/jobs/"):]
		f.asked = append(f.asked, id+" "+r.URL.RawQuery)
		f.states[id] = "CANCELED"
		w.WriteHeader(http.StatusAccepted)
		return
	}
	type job struct {
		ID    string `json:"jid"`
		Name  string `json:"name"`
		State string `json:"state"`
	}
	jobs := []job{}
	for name, state := range f.states {
		jobs = append(jobs, job{name, name, state})
	}
	_ = json.NewEncoder(w).Encode(map[string]any{"jobs": jobs})
}

func TestFlinkJobsAreFoundByTheNameThatBeamGivesThem(t *testing.T) {
	f := &flinkServer{states: map[string]string{
		"decoy0extract0f44a1b154f97-root-1122222846-52fc9301": "RUNNING",
		"decoy0extract0f44a1b154f97-root-1122221146-99fc9301": "FINISHED",
		"decoy0extract0f44a1b154f970-root-1122222846-5f9301":  "RUNNING", // another name
		"decoy0judge058ffe714e6a4-root-1122222919-1bdcb4a2":   "RUNNING",
	}}
	s := httptest.NewServer(f)
	defer s.Close()
	ctx, cancel := context.WithTimeout(context.Background(), 20*time.Second)
	defer cancel()
	if err := quick.Policy.endFlinkJobs(ctx, s.URL+"/", "decoy-extract-f44a1b154f97"); err != nil {
		t.Fatal(err)
	}
	if want := []string{"decoy0extract0f44a1b154f97-root-1122222846-52fc9301 mode=cancel"}; !slices.Equal(f.asked, want) {
		t.Errorf("asked to cancel %v, want %v", f.asked, want)
	}
}
