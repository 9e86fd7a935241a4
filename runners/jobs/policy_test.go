package jobs

import (
	"runtime"
	"strings"
	"testing"
	"time"

	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
)

// Whoever follows a job's updates is gone when the job is left: what it reads, a test
// or a next job may change.
func TestNoGoroutineOutlivesItsJob(t *testing.T) {
	serve(t, func(_ string, s jobpb.JobService_GetMessageStreamServer) error {
		if err := state(s, jobpb.JobState_DONE); err != nil {
			return err
		}
		<-s.Context().Done()
		return nil
	})
	for range 20 {
		if _, err := quick.Run(t.Context(), graph(), worker(t)); err != nil {
			t.Fatal(err)
		}
		// One that has closed its channel may be a moment from its end.
		for tries := 0; followed(); tries++ {
			if tries == 1000 {
				t.Fatal("the job is over and its updates are still followed")
			}
			time.Sleep(time.Millisecond)
		}
	}
}

// followed reports whether a goroutine of this process follows a job's updates.
func followed() bool {
	stacks := make([]byte, 1<<20)
	return strings.Contains(string(stacks[:runtime.Stack(stacks, true)]), "jobs.(*job).follow")
}

// What an earlier launcher left is ended under the default policy too.
func TestEndPreviousOfThePackage(t *testing.T) {
	f := serve(t, nil)
	f.set("old", jobpb.JobState_RUNNING)
	j := worker(t)
	if err := writeRecord(t.Context(), j.Out, record{Runner: "universal", Endpoint: f.at, ID: "old",
		Name: "n"}); err != nil {
		t.Fatal(err)
	}
	if err := EndPrevious(t.Context(), j.Out); err != nil || len(f.cancelled) != 1 || recorded(j) {
		t.Errorf("error %v, cancelled %v, recorded %v", err, f.cancelled, recorded(j))
	}
}
