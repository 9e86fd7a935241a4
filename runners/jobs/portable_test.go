package jobs

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"decoy/io/shard/flow/flowtest"
	"decoy/pipelines"
)

// quick asks the fakes of these tests often. A request that runs a whole job on a busy
// machine is not made again meanwhile.
var quick = Launcher{Policy: Policy{
	StreamPause:      time.Millisecond,
	DataflowPoll:     5 * time.Millisecond,
	DataflowPatience: 10 * time.Minute,
	DataflowRetries:  []time.Duration{time.Millisecond, time.Millisecond},
}}

func TestMain(m *testing.M) {
	// A path of this machine: Beam makes options of all flags that a job finds, and keeps
	// them for the next job of the process. Without it go test does not cache the result.
	flag.Parse()
	if flag.Lookup("test.testlogfile").Value.String() != "" {
		if err := flag.Set("test.testlogfile", ""); err != nil {
			panic(err)
		}
	}
	beam.Init()
	os.Exit(m.Run())
}

// jobServer is a job service whose jobs do what a script says.
type jobServer struct {
	jobpb.UnimplementedJobServiceServer
	jobpb.UnimplementedArtifactStagingServiceServer
	grpc   *grpc.Server
	at     string
	script func(id string, s jobpb.JobService_GetMessageStreamServer) error

	mu        sync.Mutex
	prepared  []*jobpb.PrepareJobRequest
	states    map[string]jobpb.JobState_Enum
	cancelled []string
	deaf      bool // to Cancel
}

func serve(t *testing.T, script func(id string, s jobpb.JobService_GetMessageStreamServer) error) *jobServer {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	f := &jobServer{grpc: grpc.NewServer(), at: l.Addr().String(), script: script,
		states: map[string]jobpb.JobState_Enum{}}
	jobpb.RegisterJobServiceServer(f.grpc, f)
	jobpb.RegisterArtifactStagingServiceServer(f.grpc, f)
	go f.grpc.Serve(l)
	t.Cleanup(f.grpc.Stop)
	*runners.Runner, *jobopts.Endpoint = "universal", f.at
	*jobopts.EnvironmentType, *jobopts.EnvironmentConfig = "PROCESS", `{"command":"/opt/worker"}`
	t.Cleanup(func() {
		*runners.Runner, *jobopts.Endpoint, *jobopts.EnvironmentType, *jobopts.EnvironmentConfig, *flinkREST,
			*jobTimeout = "", "", "", "", "", 0
	})
	return f
}

func (f *jobServer) Prepare(_ context.Context, r *jobpb.PrepareJobRequest) (*jobpb.PrepareJobResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.prepared = append(f.prepared, r)
	resp := &jobpb.PrepareJobResponse{PreparationId: fmt.Sprint("job-", len(f.prepared)), StagingSessionToken: "token"}
	resp.ArtifactStagingEndpoint = &pipepb.ApiServiceDescriptor{Url: f.at}
	return resp, nil
}

func (f *jobServer) ReverseArtifactRetrievalService(s jobpb.ArtifactStagingService_ReverseArtifactRetrievalServiceServer) error {
	_, err := s.Recv()
	return err // nothing is asked for
}

func (f *jobServer) Run(_ context.Context, r *jobpb.RunJobRequest) (*jobpb.RunJobResponse, error) {
	f.set(r.GetPreparationId(), jobpb.JobState_RUNNING)
	return &jobpb.RunJobResponse{JobId: r.GetPreparationId()}, nil
}

func (f *jobServer) set(id string, s jobpb.JobState_Enum) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.states[id] = s
}

func (f *jobServer) GetState(_ context.Context, r *jobpb.GetJobStateRequest) (*jobpb.JobStateEvent, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	s, ok := f.states[r.GetJobId()]
	if !ok {
		return nil, status.Errorf(codes.NotFound, "no job %s", r.GetJobId())
	}
	return &jobpb.JobStateEvent{State: s}, nil
}

func (f *jobServer) Cancel(_ context.Context, r *jobpb.CancelJobRequest) (*jobpb.CancelJobResponse, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.cancelled = append(f.cancelled, r.GetJobId())
	if !f.deaf {
		f.states[r.GetJobId()] = jobpb.JobState_CANCELLED
	}
	return &jobpb.CancelJobResponse{State: f.states[r.GetJobId()]}, nil
}

func (f *jobServer) GetMessageStream(r *jobpb.JobMessagesRequest, s jobpb.JobService_GetMessageStreamServer) error {
	return f.script(r.GetJobId(), s)
}

func state(s jobpb.JobService_GetMessageStreamServer, to jobpb.JobState_Enum) error {
	return s.Send(&jobpb.JobMessagesResponse{Response: &jobpb.JobMessagesResponse_StateResponse{StateResponse: &jobpb.JobStateEvent{State: to}}})
}

func message(s jobpb.JobService_GetMessageStreamServer, text string) error {
	return s.Send(&jobpb.JobMessagesResponse{Response: &jobpb.JobMessagesResponse_MessageResponse{
		MessageResponse: &jobpb.JobMessage{Importance: jobpb.JobMessage_JOB_MESSAGE_ERROR, MessageText: text}}})
}

func worker(t *testing.T) pipelines.Job {
	return pipelines.Job{Out: t.TempDir(), Stage: "extract", Fingerprint: "abc"}
}

func graph() *beam.Pipeline {
	p, s := beam.NewPipelineWithRoot()
	beam.Impulse(s)
	return p
}

func recorded(j pipelines.Job) bool {
	_, err := os.Stat(filepath.Join(j.Out, recordName))
	return err == nil
}

const flinkTrace = "java.lang.RuntimeException: Error received from SDK harness for instruction 4: bundle failed\n\tcaused by:\nDoFn[UID:6, PID:e4, Name: decoy/pipelines.shardFn] failed:\nshard 3: write \"x\": disk full\n\tat org.apache.beam.runners.fnexecution.control.FnApiControlClient(FnApiControlClient.java:180)\nCaused by: java.lang.X"

func TestEnds(t *testing.T) {
	for name, c := range map[string]struct {
		script  func(id string, s jobpb.JobService_GetMessageStreamServer) error
		want    string // in the error, "" for none
		running bool   // as far as the launcher knows, at the end
	}{
		"done": {func(_ string, s jobpb.JobService_GetMessageStreamServer) error {
			return errors.Join(state(s, jobpb.JobState_RUNNING), state(s, jobpb.JobState_DONE))
		}, "", false},
		"failed, cause first": {func(_ string, s jobpb.JobService_GetMessageStreamServer) error {
			return errors.Join(message(s, flinkTrace), message(s, "job failed"), state(s, jobpb.JobState_FAILED))
		}, `shard 3: write "x": disk full`, false},
		"failed, cause last": {func(_ string, s jobpb.JobService_GetMessageStreamServer) error {
			return errors.Join(state(s, jobpb.JobState_FAILED), message(s, flinkTrace))
		}, `shard 3: write "x": disk full`, false},
		"cancelled by another": {func(_ string, s jobpb.JobService_GetMessageStreamServer) error {
			return state(s, jobpb.JobState_CANCELLED)
		}, "job job-1 ended as CANCELLED on the runner, not by this command", false},
		"the service dies": {func(string, jobpb.JobService_GetMessageStreamServer) error {
			return status.Error(codes.Unavailable, "connection reset")
		}, "may still run on the cluster", true},
		"the stream ends early": {func(_ string, s jobpb.JobService_GetMessageStreamServer) error {
			return state(s, jobpb.JobState_RUNNING)
		}, "may still run on the cluster", true},
	} {
		t.Run(name, func(t *testing.T) {
			serve(t, c.script)
			j := worker(t)
			_, err := quick.Run(t.Context(), graph(), j)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want)) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if err != nil && strings.Contains(err.Error(), "\n") {
				t.Errorf("more than a line: %v", err)
			}
			if recorded(j) != c.running {
				t.Errorf("a job is recorded: %v", recorded(j))
			}
		})
	}
}

// A worker that is there already is not staged, and the job's name says whose work
// it is.
func TestWhatIsSubmitted(t *testing.T) {
	f := serve(t, func(_ string, s jobpb.JobService_GetMessageStreamServer) error {
		return state(s,
			jobpb.JobState_DONE)
	})
	j := worker(t)
	for range 2 {
		if _, err := quick.Run(t.Context(), graph(), j); err != nil {
			t.Fatal(err)
		}
	}
	j.Fingerprint = "other"
	if _, err := quick.Run(t.Context(), graph(), j); err != nil {
		t.Fatal(err)
	}
	names := map[string]int{}
	for _, r := range f.prepared {
		names[r.GetJobName()]++
		for _, e := range r.GetPipeline().GetComponents().GetEnvironments() {
			if len(e.GetDependencies()) > 0 {
				t.Errorf("dependencies %v", e.GetDependencies())
			}
		}
	}
	if len(names) != 2 || len(f.prepared) != 3 {
		t.Errorf("names %v", names)
	}
	for n := range names {
		if !strings.HasPrefix(n, "decoy-extract-") || len(n) > 40 {
			t.Errorf("name %q", n)
		}
	}
}

// hang sends nothing until the job is cancelled.
func hang(f **jobServer) func(id string, s jobpb.JobService_GetMessageStreamServer) error {
	return func(id string, s jobpb.JobService_GetMessageStreamServer) error {
		for s.Context().Err() == nil {
			if got, _ := (*f).GetState(context.Background(),
				&jobpb.GetJobStateRequest{JobId: id}); got.GetState() == jobpb.JobState_CANCELLED {
				return state(s, jobpb.JobState_CANCELLED)
			}
			time.Sleep(5 * time.Millisecond)
		}
		return nil
	}
}

// Beam's Flink job server calls a job cancelled and leaves it running on the cluster.
func TestInterruptCancels(t *testing.T) {
	for _, onCluster := range []bool{false, true} {
		t.Run(fmt.Sprint("on a cluster: ", onCluster), func(t *testing.T) {
			var f *jobServer
			f = serve(t, hang(&f))
			j := worker(t)
			asked := &f.cancelled
			if onCluster {
				asked = &cluster(t, flinkName(jobName(j))+"root").asked
			}
			ctx, interrupt := context.WithCancelCause(t.Context())
			go func() {
				for !recorded(j) {
					time.Sleep(time.Millisecond)
				}
				interrupt(errors.New("interrupted"))
			}()
			if _, err := quick.Run(ctx, graph(), j); err == nil || err.Error() != "interrupted" {
				t.Errorf("error %v", err)
			}
			if len(*asked) != 1 || recorded(j) {
				t.Errorf("cancelled %v, recorded %v", *asked, recorded(j))
			}
		})
	}
}

func TestTimeoutCancels(t *testing.T) {
	var f *jobServer
	f = serve(t, hang(&f))
	// On a busy machine the time can be over before the job is submitted.
	for *jobTimeout = 200 * time.Millisecond; len(f.cancelled) == 0; *jobTimeout *= 2 {
		if _, err := quick.Run(t.Context(), graph(), worker(t)); err == nil || !strings.Contains(err.Error(),
			"--job_timeout="+jobTimeout.String()) {
			t.Fatalf("error %v", err)
		}
	}
}

// cluster is a Flink cluster with jobs of these names.
func cluster(t *testing.T, names ...string) *flinkServer {
	t.Helper()
	f := &flinkServer{states: map[string]string{}}
	for _, n := range names {
		f.states[n] = "RUNNING"
	}
	s := httptest.NewServer(f)
	t.Cleanup(s.Close)
	*flinkREST, *runners.Runner = s.URL+"/", "flink"
	return f
}

// A launcher that was killed leaves a job working: whoever takes OUT ends it first.
func TestPreviousJobIsEnded(t *testing.T) {
	left := func(t *testing.T, runner, at string) pipelines.Job {
		j := worker(t)
		if err := writeRecord(t.Context(), j.Out, record{Runner: runner, Endpoint: at,
			ID: "old", Name: "decoy-generate-1"}); err != nil {
			t.Fatal(err)
		}
		return j
	}
	for name, c := range map[string]struct {
		runner  string
		state   jobpb.JobState_Enum // by the job service
		cluster []string            // nil where its address is not known
		want    string              // in the error
		asked   string              // what was cancelled by either
	}{
		"the service knows it":          {"universal", jobpb.JobState_RUNNING, nil, "", "old"},
		"it is over":                    {"universal", jobpb.JobState_FAILED, nil, "", ""},
		"the service was started since": {"universal", 0, nil, "does not know it", ""},
		"the cluster has it": {"flink", 0,
			[]string{"decoy0generate01-root-1", "decoy0generate02-root-1"}, "", "decoy0generate01-root-1 mode=cancel"},
		"called cancelled, the cluster has it": {"flink", jobpb.JobState_CANCELLED, []string{"decoy0generate01-root-1"},
			"", "decoy0generate01-root-1 mode=cancel"},
		"called cancelled, no address": {"flink", jobpb.JobState_CANCELLED, nil, "--flink_rest=URL", ""},
	} {
		t.Run(name, func(t *testing.T) {
			f := serve(t, nil)
			if c.state != 0 {
				f.set("old", c.state)
			}
			j := left(t, c.runner, f.at)
			asked := &f.cancelled
			if c.cluster != nil {
				asked = &cluster(t, c.cluster...).asked
			}
			err := quick.EndPrevious(t.Context(), j.Out)
			if c.want == "" && err != nil || c.want != "" && (err == nil || !strings.Contains(err.Error(), c.want) ||
				!strings.Contains(err.Error(), recordName)) {
				t.Errorf("error %v, want %q", err, c.want)
			}
			if got := strings.Join(*asked, " "); got != c.asked {
				t.Errorf("cancelled %q, want %q", got, c.asked)
			}
			if recorded(j) != (c.want != "") {
				t.Errorf("recorded %v", recorded(j))
			}
		})
	}
}

// A launcher that lost OUT does not remove the record of who has it now.
func TestRecordOfAnother(t *testing.T) {
	j := worker(t)
	mine, other := record{Runner: "flink", ID: "1", Name: "n"}, record{Runner: "flink", ID: "2", Name: "n"}
	if err := errors.Join(writeRecord(t.Context(), j.Out, other), removeRecord(t.Context(), j.Out,
		mine)); err != nil || !recorded(j) {
		t.Errorf("error %v, recorded %v", err, recorded(j))
	}
	if err := removeRecord(t.Context(), j.Out, other); err != nil || recorded(j) {
		t.Errorf("error %v, recorded %v", err, recorded(j))
	}
}

// Without the cluster's address a job of Flink is never called cancelled.
func TestFlinkIsNotTakenByItsWord(t *testing.T) {
	for name, c := range map[string]struct {
		script func(id string, s jobpb.JobService_GetMessageStreamServer) error
		over   bool
	}{
		"cancelled": {func(_ string, s jobpb.JobService_GetMessageStreamServer) error {
			return state(s, jobpb.JobState_CANCELLED)
		}, false},
		"failed of its own": {func(_ string, s jobpb.JobService_GetMessageStreamServer) error {
			return errors.Join(message(s, "lost the job manager"), state(s, jobpb.JobState_FAILED))
		}, false},
		"failed of ours": {func(_ string, s jobpb.JobService_GetMessageStreamServer) error {
			return errors.Join(message(s, flinkTrace), state(s, jobpb.JobState_FAILED))
		}, true},
	} {
		t.Run(name, func(t *testing.T) {
			serve(t, c.script)
			*runners.Runner = "flink"
			j := worker(t)
			_, err := quick.Run(t.Context(), graph(), j)
			if err == nil || strings.Contains(err.Error(), "--flink_rest=URL") == c.over || recorded(j) == c.over {
				t.Errorf("error %v, recorded %v", err, recorded(j))
			}
		})
	}
}

// A stream that breaks while the service is well is opened again.
func TestBrokenStream(t *testing.T) {
	var opened int
	f := serve(t, func(id string, s jobpb.JobService_GetMessageStreamServer) error {
		if opened++; opened < 3 {
			return status.Error(codes.Internal, "RST_STREAM")
		}
		return state(s, jobpb.JobState_DONE)
	})
	j := worker(t)
	if _, err := quick.Run(t.Context(), graph(), j); err != nil || opened != 3 || recorded(j) || len(f.cancelled) != 0 {
		t.Errorf("error %v, opened %d, recorded %v", err, opened, recorded(j))
	}
}

func TestServiceThatDiesIsCancelledOnTheCluster(t *testing.T) {
	serve(t, func(string, jobpb.JobService_GetMessageStreamServer) error {
		return status.Error(codes.Unavailable, "gone")
	})
	j := worker(t)
	flink := cluster(t, flinkName(jobName(j))+"root")
	_, err := quick.Run(t.Context(), graph(), j)
	if err == nil || !strings.Contains(err.Error(), "was cancelled on the cluster") || len(flink.asked) != 1 ||
		recorded(j) {
		t.Errorf("error %v, asked %v, recorded %v", err, flink.asked, recorded(j))
	}
}

func TestNoJobService(t *testing.T) {
	serve(t, nil).grpc.Stop()
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	_, _, err := quick.dial(ctx, *jobopts.Endpoint)
	if err == nil || !strings.Contains(err.Error(), "runners/flink/start") {
		t.Errorf("error %v", err)
	}
	if _, _, err := quick.dial(t.Context(), ""); err == nil || !strings.Contains(err.Error(), "--endpoint=HOST:PORT") {
		t.Errorf("error %v", err)
	}
}

// TestPaidJobRunsHere: a job that asks paid members is this process's, whatever runner is
// named, unless it is to be the runner's; and Beam's flags stay as they are for the next.
func TestPaidJobRunsHere(t *testing.T) {
	f := serve(t, func(id string, s jobpb.JobService_GetMessageStreamServer) error {
		return state(s, jobpb.JobState_DONE)
	})
	run := func(here bool) {
		t.Helper()
		b := flowtest.Default(t.TempDir())
		if err := b.Begin(t.Context()); err != nil {
			t.Fatal(err)
		}
		l := quick
		l.PaidHere = here
		j := pipelines.Job{Out: b.Out, Stage: "generate", Paid: true}
		if _, err := l.Run(t.Context(), b.Pipeline(), j); err != nil {
			t.Fatal(err)
		}
		if sum, _, err := flowtest.SumOf(t.Context(), b.Out); err != nil || here != (sum == flowtest.Sum) {
			t.Errorf("here %v: the build is %s, %v", here, sum, err)
		}
	}
	run(true)
	if len(f.prepared) > 0 || *jobopts.EnvironmentType != "PROCESS" || *jobopts.EnvironmentConfig == "" {
		t.Errorf("%d jobs went to the runner; the environment is %q", len(f.prepared), *jobopts.EnvironmentType)
	}
	run(false)
	if len(f.prepared) != 1 {
		t.Errorf("%d jobs went to the runner, want the second", len(f.prepared))
	}
}
