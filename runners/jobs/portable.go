package jobs

import (
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
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"

	"decoy/pipelines"
	"decoy/pipelines/work"
)

// How long a job service is waited for, and its answer to a submission.
const (
	dialPatience   = 15 * time.Second
	submitPatience = 2 * time.Minute
)

// service is a job service of Beam.
type service struct {
	client   jobpb.JobServiceClient
	endpoint string // "" for the one inside of this process
	policy   Policy
}

// job is one that was submitted.
type job struct {
	service
	name            string
	prepared, token string // what a submission takes
	id              string // once it is submitted
	pipeline        *pipepb.Pipeline
	close           func()
	over            bool // it is known to have ended
}

// runRemote runs a pipeline through the job service that --endpoint names.
func (l Launcher) runRemote(ctx context.Context, p *beam.Pipeline, j pipelines.Job) (work.Metrics, error) {
	s, hangUp, err := l.dial(ctx, *jobopts.Endpoint)
	if err != nil {
		return work.Metrics{}, err
	}
	defer hangUp()
	running, err := s.prepare(ctx, p, j)
	if err != nil {
		return work.Metrics{}, err
	}
	defer running.close()
	// The record is there before the job is: whoever dies in between leaves its name.
	r := record{Runner: Name(), Endpoint: s.endpoint, Name: running.name}
	if err := writeRecord(ctx, j.Out, r); err != nil {
		return work.Metrics{}, err
	}
	m, err := running.run(ctx, j, func(id string) error {
		r.ID = id
		return writeRecord(ctx, j.Out, r)
	})
	if running.over {
		return m, errors.Join(err, removeRecord(ctx, j.Out, r))
	}
	return m, err
}

// run starts a prepared job and follows it to its end. started is told its id.
func (r *job) run(ctx context.Context, j pipelines.Job, started func(id string) error) (work.Metrics, error) {
	// An interrupt must not hide whether the service has started the job.
	within, stop := context.WithTimeout(context.WithoutCancel(ctx), submitPatience)
	defer stop()
	id, err := runnerlib.Submit(within, r.client, r.prepared, r.token)
	if err != nil {
		// Where the service answered it has started nothing.
		switch status.Code(err) {
		case codes.Unavailable, codes.DeadlineExceeded, codes.Canceled, codes.Unknown:
			return work.Metrics{}, r.lost(err)
		}
		r.over = true
		return work.Metrics{}, err
	}
	r.id = id
	if err := started(id); err != nil {
		return work.Metrics{}, r.cancel(err)
	}
	return r.wait(ctx, j)
}

func (l Launcher) dial(ctx context.Context, endpoint string) (service, func(), error) {
	if endpoint == "" {
		return service{}, nil, fmt.Errorf("runner %s needs the address of a job service: --endpoint=HOST:PORT", Name())
	}
	conn, err := grpcx.Dial(ctx, endpoint, dialPatience)
	if err != nil {
		return service{}, nil, fmt.Errorf("no job service answers at %s within %v: start one (runners/flink/start "+
			"for Flink), or correct --endpoint", endpoint, dialPatience)
	}
	return service{jobpb.NewJobServiceClient(conn), endpoint, l.Policy}, func() { conn.Close() }, nil
}

// prepare gives the service a pipeline and what its environment needs.
func (s service) prepare(ctx context.Context, p *beam.Pipeline, j pipelines.Job) (*job, error) {
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
	if err := s.stage(ctx, out, config, func(e *pipepb.Environment) (*pipepb.Pipeline, error) {
		return graphx.Marshal(edges, &graphx.Options{Environment: e,
			PipelineResourceHints: jobopts.GetPipelineResourceHints()})
	}); err != nil {
		out.close()
		return nil, err
	}
	return out, nil
}

func (s service) stage(ctx context.Context, out *job, config func(context.Context) string,
	marshal func(*pipepb.Environment) (*pipepb.Pipeline, error)) error {
	environment, err := graphx.CreateEnvironment(ctx, jobopts.GetEnvironmentUrn(ctx), config)
	if err != nil {
		return err
	}
	binary := *jobopts.WorkerBinary
	switch {
	case binary != "":
	case environment.GetUrn() == graphx.URNEnvDocker:
		return errors.New("containers are given the worker by its file: make one with runners/worker/build and name " +
			"it in --worker_binary, or take another --environment_type")
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
		Name: out.name, Experiments: jobopts.GetExperiments(), RetainDocker: *jobopts.RetainDockerContainers,
		Parallelism: *jobopts.Parallelism,
	})
	if err != nil {
		return err
	}
	out.prepared = prepared
	out.token, err = runnerlib.Stage(ctx, prepared, artifacts, binary, token)
	return err
}

// update is what the job service says of a job.
type update struct {
	state   jobpb.JobState_Enum
	failure string // of a message
	err     error  // the service is gone
}

// streamTries is how often in a row a stream of updates that breaks is opened while
// the service knows the job.
const streamTries = 5

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
		for failures := 0; ; {
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
			if failures++; failures == streamTries {
				send(update{err: err})
				return
			}
			now, asked := r.client.GetState(ctx, &jobpb.GetJobStateRequest{JobId: r.id})
			if asked == nil && !send(update{state: now.GetState()}) || asked == nil && ended(now.GetState()) {
				return
			}
			if pause(ctx, r.policy.StreamPause) != nil {
				return
			}
		}
	}()
	return updates
}

// causePatience is how long a failed job's cause is waited for, which may follow its
// state.
const causePatience = 5 * time.Second

// wait follows a job to its end.
func (r *job) wait(ctx context.Context, j pipelines.Job) (work.Metrics, error) {
	following, stop := context.WithCancel(ctx)
	stream := r.follow(following)
	defer func() { // whoever follows it ends before the job is left
		stop()
		for range stream {
		}
	}()
	updates := stream
	poll := time.NewTicker(pollEvery)
	defer poll.Stop()
	var failure string
	var late <-chan time.Time // of a failed job without a cause
	for {
		select {
		case <-ctx.Done():
			return work.Metrics{}, r.cancel(context.Cause(ctx))
		case <-late:
			return r.failed(fmt.Errorf("job %s failed and the runner does not say why: look into its log", r.id))
		case <-poll.C:
			if r.endpoint != "" {
				tell(j, r.metrics())
			}
		case u, open := <-updates:
			if !open {
				updates = nil // what is to come will come by the other channels
				continue
			}
			failure = worse(failure, u.failure)
			switch {
			case u.err != nil && late == nil:
				return work.Metrics{}, r.lost(u.err)
			case u.state == jobpb.JobState_DONE:
				r.over = true
				return r.metrics(), nil
			case u.state == jobpb.JobState_FAILED && late == nil:
				late = time.After(causePatience)
			case ended(u.state) && u.state != jobpb.JobState_FAILED:
				return r.failed(fmt.Errorf("job %s ended as %s on the runner, not by this command", r.id, u.state))
			}
			if late != nil && failure != "" {
				return r.failed(errors.New(failure))
			}
		}
	}
}

// failed is the end of a job by the service's word. Beam's job server for Flink says
// FAILED also where it lost the cluster, and CANCELLED as soon as it is asked to
// cancel; the job may go on. So the cluster is asked, unless the cause is our own.
func (r *job) failed(cause error) (work.Metrics, error) {
	m := r.metrics()
	_, own := ownError(cause.Error())
	if err := r.surely(own); err != nil {
		return m, fmt.Errorf("%w; it may still run on the cluster: %w", cause, err)
	}
	r.over = true
	return m, cause
}

// surely sees that a job which the service calls ended is over.
func (r *job) surely(known bool) error {
	switch {
	case known || r.endpoint == "" || !onFlink(Name()):
		return nil
	case *flinkREST == "":
		return errUnsure
	}
	ctx, stop := context.WithTimeout(context.Background(), CancelPatience)
	defer stop()
	return r.policy.endFlinkJobs(ctx, *flinkREST, r.name)
}

// errUnsure is what is to be said of Flink's jobs where only the job server was asked.
var errUnsure = errors.New("the job server of Beam does not cancel Flink's jobs; --flink_rest=URL lets this command " +
	"do it")

// onFlink reports whether a runner's jobs run on a Flink cluster behind the service.
func onFlink(runner string) bool { return strings.HasPrefix(strings.ToLower(runner), "flink") }

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
	case jobpb.JobState_DONE, jobpb.JobState_FAILED, jobpb.JobState_CANCELLED, jobpb.JobState_DRAINED,
		jobpb.JobState_UPDATED:
		return true
	}
	return false
}

// metrics are the job's, empty where the service has none (yet).
func (r *job) metrics() work.Metrics {
	ctx, cancel := context.WithTimeout(context.Background(), pollEvery)
	defer cancel()
	got, err := r.client.GetJobMetrics(ctx, &jobpb.GetJobMetricsRequest{JobId: r.id})
	if err != nil {
		return work.Metrics{}
	}
	return plain(*metricsx.FromMonitoringInfos(r.pipeline, got.GetMetrics().GetAttempted(),
		got.GetMetrics().GetCommitted()))
}

// cancel ends a job for a cause, which it returns once the job is over.
func (r *job) cancel(cause error) error {
	if r.endpoint == "" { // it ends with this process
		return cause
	}
	ctx, stop := context.WithTimeout(context.Background(), CancelPatience)
	defer stop()
	err := r.service.end(ctx, r.id)
	if onFlink(Name()) {
		err = r.surely(false)
	}
	if err != nil {
		return cancelError{fmt.Errorf("%v; job %s (%s) may still run: %w", cause, r.id, r.name, err)}
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
func (r *job) lost(err error) error {
	if onFlink(Name()) && *flinkREST != "" && r.surely(false) == nil {
		r.over = true
		return fmt.Errorf("the job service at %s went away (%w); the job was cancelled on the cluster: start the "+
			"service again and run the same command to go on", r.endpoint, err)
	}
	return fmt.Errorf("the job service at %s went away (%w), and job %s may still run on the cluster: start the "+
		"service again and run the same command with --flink_rest=URL, which cancels that job first", r.endpoint, err,
		r.name)
}

func pause(ctx context.Context, d time.Duration) error {
	select {
	case <-time.After(d):
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
