package jobs

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	df "google.golang.org/api/dataflow/v1b3"

	"decoy/pipelines"
	"decoy/runners/dataflow/dataflowtest"
)

// states makes a job go through states.
func states(s ...string) func(*dataflowtest.Job) {
	return func(j *dataflowtest.Job) {
		j.States = nil
		for _, one := range s {
			j.States = append(j.States, "JOB_STATE_"+one)
		}
	}
}

const workerMessage = "Error message from worker: generic::unknown: process bundle failed for instruction " +
	"process_bundle-1 using plan S01-1 : while executing Process for Plan[S01-1]:\n6: " +
	"ParDo[pipelines.shardFn]\n\tcaused by:\nsource failed\n\tcaused by:\nDoFn[UID:6, PID:e4, Name: " +
	"decoy/pipelines.shardFn] failed:\nshard 3: panel member a: its API key: secret " +
	"projects/p/secrets/s/versions/1: status 403"

func TestDataflowEnds(t *testing.T) {
	c := smallCloud(t)
	for _, r := range []struct {
		name    string
		script  func(*dataflowtest.Job)
		faults  map[string][]int
		want    string // in the error, "" for none
		running bool   // as far as the launcher knows, at the end
		created int
	}{
		{name: "done", script: states("PENDING", "RUNNING", "DONE"), created: 1},
		{name: "failed", created: 1, script: func(j *dataflowtest.Job) {
			states("RUNNING", "FAILED")(j)
			j.Messages = []*df.JobMessage{
				{MessageImportance: "JOB_MESSAGE_ERROR", MessageText: workerMessage},
				{MessageImportance: "JOB_MESSAGE_ERROR", MessageText: "Workflow failed. Causes: S01:extract failed., " +
					"The job failed because a work item has failed 4 times."},
			}
		}, want: "shard 3: panel member a: its API key: secret projects/p/secrets/s/versions/1: status 403"},
		{name: "failed before a worker", created: 1, script: func(j *dataflowtest.Job) {
			states("FAILED")(j)
			j.Messages = []*df.JobMessage{{MessageText: "Workflow failed. Causes: The zone has no n2-standard-4."}}
		}, want: "Workflow failed. Causes: The zone has no n2-standard-4."},
		{name: "failed in silence", script: states("FAILED"), want: "has no error message", created: 1},
		{name: "failed, and its messages are refused", script: states("FAILED"),
			faults: map[string][]int{dataflowtest.Messages: {403}}, want: "its messages could not be read", created: 1},
		{name: "cancelled by another", script: states("RUNNING", "CANCELLING", "CANCELLED"),
			want: "ended as JOB_STATE_CANCELLED, not by this command", created: 1},
		{name: "drained", script: states("DRAINED"), want: "not by this command", created: 1},
		{name: "create: 503 twice", script: states("DONE"), faults: map[string][]int{dataflowtest.Create: {503, 503}},
			created: 1},
		{name: "create: done and the answer lost", script: states("RUNNING", "RUNNING", "DONE"),
			faults: map[string][]int{dataflowtest.Create: {dataflowtest.Lost}}, created: 1},
		{name: "create: 503 for ever", script: states("DONE"),
			faults: map[string][]int{dataflowtest.Create: {503, 503, 503}}, want: "status 503: scripted; nothing is " +
				"lost: run the same command again"},
		{name: "create: 403", script: states("DONE"), faults: map[string][]int{dataflowtest.Create: {403}},
			want: "status 403: scripted; decoy doctor shows"},
		{name: "get: hangs, 503, refuses", script: states("RUNNING", "RUNNING", "DONE"),
			faults: map[string][]int{dataflowtest.Get: {dataflowtest.Hang, 503, 403, 503, 503, 503}}, created: 1},
		{name: "metrics: 503", script: states("RUNNING", "DONE"),
			faults: map[string][]int{dataflowtest.Metrics: {503, 503, 503, 503}}, created: 1},
	} {
		t.Run(r.name, func(t *testing.T) {
			impatient := quick
			impatient.Policy.DataflowPatience = time.Second
			before := len(c.api.Jobs())
			c.api.Script(r.script)
			for kind, f := range r.faults {
				c.api.Fault(kind, f...)
			}
			j := worker(t)
			_, err := impatient.Run(t.Context(), graph(), j)
			for kind := range r.faults {
				c.api.Fault(kind)
			}
			if (err == nil) != (r.want == "") || err != nil && (!strings.Contains(err.Error(), r.want) ||
				strings.Contains(err.Error(), "\n")) {
				t.Errorf("error %v, want %q", err, r.want)
			}
			if recorded(j) != r.running {
				t.Errorf("the job's record is there: %v", recorded(j))
			}
			if n := len(c.api.Jobs()) - before; n != r.created {
				t.Errorf("%d jobs were created", n)
			}
		})
	}
}

// TestAnInterruptCancels: also one that comes while the service hangs.
func TestAnInterruptCancels(t *testing.T) {
	for name, hang := range map[string]string{"while it runs": "", "while it is created": dataflowtest.Create,
		"while its state is asked for": dataflowtest.Get} {
		t.Run(name, func(t *testing.T) {
			c := smallCloud(t)
			c.api.Script(states("RUNNING"))
			if hang != "" {
				c.api.Fault(hang, dataflowtest.Hang)
			}
			ctx, interrupt := context.WithCancelCause(t.Context())
			ended := make(chan error)
			j := worker(t)
			go func() {
				_, err := quick.Run(ctx, graph(), j)
				ended <- err
			}()
			kind := dataflowtest.Get
			if hang != "" {
				kind = hang
			}
			for c.api.Asked(kind) == 0 {
				time.Sleep(time.Millisecond)
			}
			why := errors.New("interrupted")
			interrupt(why)
			if err := <-ended; !errors.Is(err, why) {
				t.Errorf("error %v", err)
			}
			jobs := c.api.Jobs()
			if hang == dataflowtest.Create { // the fake hangs before it does anything
				if len(jobs) != 0 || c.api.Asked(dataflowtest.List) == 0 {
					t.Errorf("%d jobs, looked %d times", len(jobs), c.api.Asked(dataflowtest.List))
				}
				return
			}
			if len(jobs) != 1 || !strings.Contains(strings.Join(jobs[0].States, " "), "CANCELLED") {
				t.Errorf("jobs %v", jobs)
			}
		})
	}
}

// TestASubmissionThatNobodyHeardOf: the service made the job, and the interrupt came
// before its answer.
func TestASubmissionThatNobodyHeardOf(t *testing.T) {
	c := smallCloud(t)
	ctx, interrupt := context.WithCancel(t.Context())
	c.api.Script(func(j *dataflowtest.Job) { states("RUNNING")(j); interrupt() })
	if _, err := quick.Run(ctx, graph(), worker(t)); !errors.Is(err, context.Canceled) {
		t.Errorf("error %v", err)
	}
	// The fake adds the job while the interrupted launcher looks for it: one of the two
	// is first, and a job that was not seen is taken up by the next launch.
	if jobs := c.api.Jobs(); len(jobs) != 1 {
		t.Fatalf("jobs %v", jobs)
	}
}

// TestASecondLaunch takes up the job of a launcher that was killed, and starts no other.
func TestASecondLaunch(t *testing.T) {
	for name, record := range map[string]bool{"with its record": true, "killed before it wrote one": false} {
		t.Run(name, func(t *testing.T) {
			c := smallCloud(t)
			c.api.Add("decoy-extract-another", "JOB_STATE_RUNNING") // the list has one job a page
			j := worker(t)
			id := c.api.Add(jobName(j), "JOB_STATE_RUNNING")
			if record {
				raw := fmt.Sprintf(`{"runner":"dataflow","project":"proj-1","region":"europe-west4","id":%q,"name":%q}`,
					id, jobName(j))
				if err := os.WriteFile(filepath.Join(j.Out, recordName), []byte(raw), 0o666); err != nil {
					t.Fatal(err)
				}
			}
			ended := make(chan error)
			go func() {
				_, err := quick.Run(t.Context(), graph(), j)
				ended <- err
			}()
			for c.api.Asked(dataflowtest.Create) == 0 || !recordOf(j, id) {
				time.Sleep(time.Millisecond)
			}
			c.api.End("JOB_STATE_DONE")
			if err := <-ended; err != nil {
				t.Error(err)
			}
			if n := len(c.api.Jobs()); n != 2 {
				t.Errorf("%d jobs", n)
			}
		})
	}
}

func recordOf(j pipelines.Job, id string) bool {
	raw, _ := os.ReadFile(filepath.Join(j.Out, recordName))
	return strings.Contains(string(raw), id)
}

// smallCloud is googleCloud with a worker that is staged at once.
func smallCloud(t *testing.T) cloud {
	t.Helper()
	c := googleCloud(t)
	c.worker = filepath.Join(t.TempDir(), "worker")
	if err := os.WriteFile(c.worker, []byte("worker"), 0o777); err != nil {
		t.Fatal(err)
	}
	setFlags(t, map[string]string{"worker_binary": c.worker})
	return c
}

func TestATemplateIsStaged(t *testing.T) {
	c := smallCloud(t)
	setFlags(t, map[string]string{"template_location": c.bucket.Address("templates/one")})
	_, err := quick.Run(t.Context(), graph(), worker(t))
	if !errors.Is(err, ErrStaged) || len(c.api.Jobs()) != 0 {
		t.Errorf("%v, %d jobs", err, len(c.api.Jobs()))
	}
}

func TestNoCredentials(t *testing.T) {
	smallCloud(t)
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", filepath.Join(t.TempDir(), "absent.json"))
	if _, err := quick.Run(t.Context(), graph(), worker(t)); err == nil ||
		!strings.Contains(err.Error(), "absent.json") || strings.Contains(err.Error(), "\n") {
		t.Errorf("error %v", err)
	}
}
