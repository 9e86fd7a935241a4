package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/graphx"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/core/runtime/metricsx"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	pipepb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/pipeline_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal/extworker"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/universal/runnerlib"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/util/grpcx"

	"decoy/pipelines"
)

// dialPatience is how long a job service is waited for.
const dialPatience = 15 * time.Second

// service is a job service of Beam.
type service struct {
	client   jobpb.JobServiceClient
	endpoint string // "" for the one inside of this process
}

// job is one that was submitted.
type job struct {
	service
	id, name string
	pipeline *pipepb.Pipeline
	close    func()
	over     bool // it is known to have ended
}

// runRemote runs a pipeline through the job service that --endpoint names.
func runRemote(ctx context.Context, p *beam.Pipeline, j pipelines.Job) (pipelines.Metrics, error) {
	s, hangUp, err := dial(ctx, *jobopts.Endpoint)
	if err != nil {
		return pipelines.Metrics{}, err
	}
	defer hangUp()
	if err := endPrevious(ctx, j.Out, ""); err != nil {
		return pipelines.Metrics{}, err
	}
	running, err := s.submit(ctx, p, j)
	if err != nil {
		return pipelines.Metrics{}, err
	}
	defer running.close()
	if err := writeRecord(j.Out, record{Runner: Name(), Endpoint: s.endpoint, ID: running.id, Name: running.name}); err != nil {
		return pipelines.Metrics{}, cmp.Or(cancelled(running.cancel(err)), err)
	}
	m, err := running.wait(ctx, j)
	if running.over {
		return m, errors.Join(err, removeRecord(j.Out))
	}
	return m, err
}

func dial(ctx context.Context, endpoint string) (service, func(), error) {
	if endpoint == "" {
		return service{}, nil, fmt.Errorf("runner %s needs the address of a job service: --endpoint=HOST:PORT", Name())
	}
	conn, err := grpcx.Dial(ctx, endpoint, dialPatience)
	if err != nil {
		return service{}, nil, fmt.Errorf("no job service answers at %s within %v: start one (runners/flink/start for Flink), or correct --endpoint", endpoint, dialPatience)
	}
	return service{jobpb.NewJobServiceClient(conn), endpoint}, func() { conn.Close() }, nil
}

// submit prepares a pipeline, stages what its environment needs, and starts it.
func (s service) submit(ctx context.Context, p *beam.Pipeline, j pipelines.Job) (*job, error) {
	edges, _, err := p.Build()
	if err != nil {
		return nil, err
	}
	out := &job{service: s, name: jobName(j), close: func() {}}
	config := jobopts.GetEnvironmentConfig
	if jobopts.IsLoopback() {
		workers, err := extworker.StartLoopback(ctx, 0)
		if err != nil {
			return nil, err
		}
		out.close = func() { workers.Stop(ctx) }
		config = workers.EnvironmentConfig
	}
	if err := s.start(ctx, out, config, func(e *pipepb.Environment) (*pipepb.Pipeline, error) {
		return graphx.Marshal(edges, &graphx.Options{Environment: e, PipelineResourceHints: jobopts.GetPipelineResourceHints()})
	}); err != nil {
		out.close()
		return nil, err
	}
	return out, nil
}

func (s service) start(ctx context.Context, out *job, config func(context.Context) string, marshal func(*pipepb.Environment) (*pipepb.Pipeline, error)) error {
	environment, err := graphx.CreateEnvironment(ctx, jobopts.GetEnvironmentUrn(ctx), config)
	if err != nil {
		return err
	}
	binary := *jobopts.WorkerBinary
	switch {
	case binary != "":
	case environment.GetUrn() == graphx.URNEnvDocker:
		return errors.New("containers are given the worker by its file: make one with runners/worker/build and name it in --worker_binary, or take another --environment_type")
	default:
		environment.Dependencies = nil
	}
	if out.pipeline, err = marshal(environment); err != nil {
		return err
	}
	if binary != "" {
		if err := runnerlib.UpdateGoEnvironmentWorker(binary, out.pipeline); err != nil {
			return fmt.Errorf("--worker_binary: %w; make one with runners/worker/build", err)
		}
	}
	prepared, artifacts, token, err := runnerlib.Prepare(ctx, s.client, out.pipeline, &runnerlib.JobOptions{
		Name: out.name, Experiments: jobopts.GetExperiments(), RetainDocker: *jobopts.RetainDockerContainers, Parallelism: *jobopts.Parallelism,
	})
	if err != nil {
		return err
	}
	if token, err = runnerlib.Stage(ctx, prepared, artifacts, binary, token); err != nil {
		return err
	}
	out.id, err = runnerlib.Submit(ctx, s.client, prepared, token)
	return err
}

// update is what the job service says of a job.
type update struct {
	state   jobpb.JobState_Enum
	failure string // of a message
	err     error  // of the stream
}

// follow streams a job's updates. The channel is closed when ctx ends.
func (r *job) follow(ctx context.Context) <-chan update {
	updates := make(chan update)
	go func() {
		defer close(updates)
		send := func(u update) bool {
			select {
			case updates <- u:
				return true
			case <-ctx.Done():
				return false
			}
		}
		stream, err := r.client.GetMessageStream(ctx, &jobpb.JobMessagesRequest{JobId: r.id})
		for err == nil {
			var m *jobpb.JobMessagesResponse
			if m, err = stream.Recv(); err != nil {
				break
			}
			u := update{state: m.GetStateResponse().GetState()}
			if said := m.GetMessageResponse(); said.GetImportance() >= jobpb.JobMessage_JOB_MESSAGE_ERROR {
				u.failure = said.GetMessageText()
			}
			if !send(u) {
				return
			}
		}
		send(update{err: err})
	}()
	return updates
}

// causePatience is how long a failed job's cause is waited for, which may follow its
// state.
const causePatience = 5 * time.Second

// wait follows a job to its end.
func (r *job) wait(ctx context.Context, j pipelines.Job) (pipelines.Metrics, error) {
	following, stop := context.WithCancel(ctx)
	defer stop()
	updates := r.follow(following)
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	var failure string
	var late <-chan time.Time // of a failed job without a cause
	for {
		select {
		case <-ctx.Done():
			return pipelines.Metrics{}, r.cancel(context.Cause(ctx))
		case <-late:
			return r.metrics(), fmt.Errorf("job %s failed and the runner does not say why: look into its log", r.id)
		case <-poll.C:
			if r.endpoint != "" {
				tell(j, r.metrics())
			}
		case u, open := <-updates:
			if !open {
				updates = nil // ctx is done
				continue
			}
			failure = worse(failure, u.failure)
			switch {
			case u.state == jobpb.JobState_DONE:
				r.over = true
				return r.metrics(), nil
			case u.state == jobpb.JobState_FAILED && late == nil:
				r.over = true
				late = time.After(causePatience)
			case ended(u.state) && u.state != jobpb.JobState_FAILED:
				r.over = true
				return r.metrics(), fmt.Errorf("job %s ended as %s on the runner, not by this command", r.id, u.state)
			}
			switch {
			case r.over && failure != "":
				return r.metrics(), errors.New(failure)
			case u.err != nil && !r.over:
				return pipelines.Metrics{}, r.lost(ctx, u.err)
			case u.err != nil:
				updates = nil // the cause will not come; late does
			}
		}
	}
}

// worse is the message that says more of a failure: the one that names our DoFn, or
// the newest.
func worse(old, now string) string {
	if now == "" || strings.Contains(old, "] failed:\n") && !strings.Contains(now, "] failed:\n") {
		return old
	}
	return now
}

func ended(s jobpb.JobState_Enum) bool {
	switch s {
	case jobpb.JobState_DONE, jobpb.JobState_FAILED, jobpb.JobState_CANCELLED, jobpb.JobState_DRAINED, jobpb.JobState_UPDATED:
		return true
	}
	return false
}

// metrics are the job's, empty where the service has none (yet).
func (r *job) metrics() pipelines.Metrics {
	ctx, cancel := context.WithTimeout(context.Background(), pollEvery)
	defer cancel()
	got, err := r.client.GetJobMetrics(ctx, &jobpb.GetJobMetricsRequest{JobId: r.id})
	if err != nil {
		return pipelines.Metrics{}
	}
	return plain(*metricsx.FromMonitoringInfos(r.pipeline, got.GetMetrics().GetAttempted(), got.GetMetrics().GetCommitted()))
}

// cancel ends a job for a cause, which it returns once the job is over.
func (r *job) cancel(cause error) error {
	if r.endpoint == "" { // it ends with this process
		return cause
	}
	ctx, stop := context.WithTimeout(context.Background(), CancelPatience)
	defer stop()
	err := r.service.end(ctx, r.id)
	if *flinkREST != "" { // also where the service calls it cancelled
		err = endFlinkJobs(ctx, *flinkREST, r.name)
	}
	if err != nil {
		return cancelError{fmt.Errorf("%v; job %s (%s) could not be cancelled and may still run: %w", cause, r.id, r.name, err)}
	}
	r.over = true
	return cause
}

// end cancels a job and waits until it is over.
func (s service) end(ctx context.Context, id string) error {
	for asked := false; ; asked = true {
		got, err := s.client.GetState(ctx, &jobpb.GetJobStateRequest{JobId: id})
		if err != nil {
			return err
		}
		if ended(got.GetState()) {
			return nil
		}
		if !asked {
			if _, err := s.client.Cancel(ctx, &jobpb.CancelJobRequest{JobId: id}); err != nil {
				return err
			}
		}
		if err := pause(ctx, 300*time.Millisecond); err != nil {
			return fmt.Errorf("it is still %s", got.GetState())
		}
	}
}

// lost is the error of a job whose service went away.
func (r *job) lost(ctx context.Context, err error) error {
	if *flinkREST != "" {
		within, stop := context.WithTimeout(context.WithoutCancel(ctx), CancelPatience)
		defer stop()
		if endFlinkJobs(within, *flinkREST, r.name) == nil {
			r.over = true
			return fmt.Errorf("the job service at %s went away (%w); the job was cancelled on the cluster: start the service again and run the same command to go on", r.endpoint, err)
		}
	}
	return fmt.Errorf("the job service at %s went away (%w), and job %s may still run on the cluster: start the service again and run the same command with --flink_rest=URL, which cancels that job first", r.endpoint, err, r.name)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
