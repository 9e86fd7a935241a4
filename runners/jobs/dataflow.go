package jobs

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/gcpopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/dataflow"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/dataflow/dataflowlib"
	df "google.golang.org/api/dataflow/v1b3"

	"decoy/pipelines"
	"decoy/pipelines/work"
)

// ErrStaged is the end of a run that was to stage a template: there is no job yet
// whose work could go on.
var ErrStaged = errors.New("the job was staged and not started")

// dataflowFailures is how many questions in a row may fail while a job runs.
const dataflowFailures = 30

// dataflowJob is a job of Google Cloud Dataflow.
type dataflowJob struct {
	client              *df.Service
	policy              Policy
	project, region, id string
}

// runDataflow submits a pipeline as Beam's runner does, and watches it itself.
func (l Launcher) runDataflow(ctx context.Context, p *beam.Pipeline, j pipelines.Job) (work.Metrics, error) {
	name := jobName(j)
	if err := l.endPrevious(ctx, j.Out, name); err != nil {
		return work.Metrics{}, err
	}
	if err := prepareDataflow(j); err != nil {
		return work.Metrics{}, err
	}
	r, err := beam.Run(l.Policy.persistent(ctx), Name(), p)
	if err != nil && ctx.Err() != nil {
		return work.Metrics{}, l.endUnknown(name, context.Cause(ctx))
	}
	if err != nil {
		return work.Metrics{}, inOneLine("submit job "+name, err)
	}
	if r == nil || reflect.ValueOf(r).IsNil() {
		return work.Metrics{}, ErrStaged
	}
	d, err := l.newDataflowJob(ctx, gcpopts.GetProjectFromFlagOrEnvironment(ctx), gcpopts.GetRegion(ctx), r.JobID())
	if err != nil {
		return work.Metrics{}, err
	}
	rec := record{Runner: Name(), Project: d.project, Region: d.region, ID: d.id, Name: name}
	if err := writeRecord(ctx, j.Out, rec); err != nil {
		_, _, cerr := d.cancel(err)
		return work.Metrics{}, cerr
	}
	m, over, err := d.wait(ctx, j)
	if over {
		err = errors.Join(err, removeRecord(ctx, j.Out, rec))
	}
	return m, err
}

func (l Launcher) newDataflowJob(ctx context.Context, project, region, id string) (dataflowJob, error) {
	endpoint := ""
	if f := flag.Lookup("dataflow_endpoint"); f != nil {
		endpoint = f.Value.String()
	}
	client, err := dataflowlib.NewClient(l.Policy.persistent(context.WithoutCancel(ctx)), endpoint)
	if err != nil {
		return dataflowJob{}, fmt.Errorf("dataflow: %w; log in with gcloud auth application-default login, or name a "+
			"key file in GOOGLE_APPLICATION_CREDENTIALS", err)
	}
	return dataflowJob{client, l.Policy, project, region, id}, nil
}

func init() {
	// These say nothing of the job, and the path of a file on this machine is nobody's.
	for _, name := range []string{"worker_binary", "job_timeout", "flink_rest"} {
		dataflow.DontUseFlagAsPipelineOption(name)
	}
}

// prepareDataflow sets what a submission takes from flags: the job's name and labels.
func prepareDataflow(j pipelines.Job) error {
	*jobopts.JobName, *jobopts.Async = jobName(j), true
	return label(j)
}

// label adds to the labels of --labels the stage and the build, by which Google Cloud's
// bills can be grouped.
func label(j pipelines.Job) error {
	labels := map[string]string{}
	given := flag.Lookup("labels").Value
	if given.String() != "" {
		if err := json.Unmarshal([]byte(given.String()), &labels); err != nil {
			return fmt.Errorf("--labels: %w; it is a JSON object of strings", err)
		}
	}
	out := sha256.Sum256([]byte(j.Out))
	labels["decoy-stage"], labels["decoy-build"] = j.Stage, hex.EncodeToString(out[:6])
	raw, err := json.Marshal(labels)
	if err != nil {
		return err
	}
	return given.Set(string(raw))
}

// endUnknown cancels the job of a name if there is one: its submission was interrupted,
// and may have been answered to nobody.
func (l Launcher) endUnknown(name string, cause error) error {
	ctx, stop := context.WithTimeout(context.Background(), CancelPatience)
	defer stop()
	failed := func(err error) error {
		return cancelError{fmt.Errorf("%v; dataflow job %s may have been submitted and could not be cancelled (%w): "+
			"run the same command again to take it up", cause, name, err)}
	}
	d, err := l.newDataflowJob(ctx, gcpopts.GetProjectFromFlagOrEnvironment(ctx), gcpopts.GetRegion(ctx), "")
	if err != nil {
		return cause // without credentials nothing was submitted
	}
	found := ""
	err = d.client.Projects.Locations.Jobs.List(d.project, d.region).Filter("ACTIVE").Pages(ctx,
		func(page *df.ListJobsResponse) error {
			for _, j := range page.Jobs {
				if j.Name == name {
					found = j.Id
				}
			}
			return nil
		})
	if err != nil {
		return failed(err)
	}
	if found == "" {
		return cause
	}
	d.id = found
	if err := d.end(ctx, false); err != nil {
		return failed(err)
	}
	return cause
}

// wait follows a job to its end.
func (d dataflowJob) wait(ctx context.Context, j pipelines.Job) (m work.Metrics, over bool, err error) {
	failures := 0
	for {
		state, err := d.state(ctx)
		switch {
		case ctx.Err() != nil:
			return d.cancel(context.Cause(ctx))
		case err != nil:
			if failures++; failures == dataflowFailures {
				return m, false, fmt.Errorf("dataflow job %s was not to be seen for %d questions (%w) and may still "+
					"run: run the same command again to take it up", d.id, failures, err)
			}
		case state == "JOB_STATE_DONE":
			return d.metrics(ctx), true, nil
		case dataflowEnded(state):
			return d.metrics(ctx), true, d.failure(ctx, state)
		default:
			failures = 0
			tell(j, d.metrics(ctx))
		}
		if pause(ctx, d.policy.DataflowPoll) != nil {
			return d.cancel(context.Cause(ctx))
		}
	}
}

func (d dataflowJob) state(ctx context.Context) (string, error) {
	got, err := d.client.Projects.Locations.Jobs.Get(d.project, d.region, d.id).Context(ctx).Do()
	if err != nil {
		return "", err
	}
	return got.CurrentState, nil
}

func dataflowEnded(state string) bool {
	return slices.Contains([]string{"JOB_STATE_DONE", "JOB_STATE_FAILED", "JOB_STATE_CANCELLED", "JOB_STATE_DRAINED",
		"JOB_STATE_UPDATED"}, state)
}

// failure is the error of a job that ended without being done: the newest of the
// job's error messages that names a DoFn of ours, or the newest.
func (d dataflowJob) failure(ctx context.Context, state string) error {
	if state != "JOB_STATE_FAILED" {
		return fmt.Errorf("dataflow job %s ended as %s, not by this command", d.id, state)
	}
	cause := ""
	err := d.client.Projects.Locations.Jobs.Messages.List(d.project, d.region,
		d.id).MinimumImportance("JOB_MESSAGE_ERROR").Context(ctx).
		Pages(ctx, func(page *df.ListJobMessagesResponse) error {
			for _, m := range page.JobMessages {
				cause = worse(cause, m.MessageText)
			}
			return nil
		})
	switch {
	case err != nil:
		return fmt.Errorf("dataflow job %s failed, and its messages could not be read: %w",
			d.id, inOneLine("messages", err))
	case cause == "":
		return fmt.Errorf("dataflow job %s failed and has no error message: look into its worker log", d.id)
	}
	return errors.New(cause)
}

// metrics are the job's committed ones of ours, or those of attempts while none is.
func (d dataflowJob) metrics(ctx context.Context) work.Metrics {
	got, err := d.client.Projects.Locations.Jobs.GetMetrics(d.project, d.region, d.id).Context(ctx).Do()
	if err != nil {
		return work.Metrics{}
	}
	// The service lists a value for each step, once committed and once tentative.
	byKind := map[bool]work.Metrics{}
	for _, tentative := range []bool{true, false} {
		byKind[tentative] = work.Metrics{Counters: map[string]int64{},
			Distributions: map[string]work.Distribution{}}
	}
	for _, u := range got.Metrics {
		stage, ok := ours(u.Name.Context["namespace"])
		if !ok {
			continue
		}
		m, name := byKind[u.Name.Context["tentative"] == "true"], stage+"/"+u.Name.Name
		if n, ok := u.Scalar.(float64); ok {
			m.Counters[name] += int64(n)
		}
		if v, ok := u.Distribution.(map[string]any); ok {
			at := func(k string) int64 { f, _ := v[k].(float64); return int64(f) }
			m.Distributions[name] = m.Distributions[name].Plus(work.Distribution{Count: at("count"),
				Sum: at("sum"), Min: at("min"), Max: at("max")})
		}
	}
	if len(byKind[false].Counters)+len(byKind[false].Distributions) > 0 {
		return byKind[false]
	}
	return byKind[true]
}

// cancel ends a job for a cause.
func (d dataflowJob) cancel(cause error) (work.Metrics, bool, error) {
	ctx, stop := context.WithTimeout(context.Background(), CancelPatience)
	defer stop()
	if err := d.end(ctx, false); err != nil {
		return work.Metrics{}, false, cancelError{fmt.Errorf("%v; dataflow job %s could not be cancelled and "+
			"may still run: %w", cause, d.id, err)}
	}
	// Workers take minutes to stop; until then the record keeps another launch away.
	state, err := d.state(ctx)
	return d.metrics(ctx), err == nil && dataflowEnded(state), cause
}

// end asks for a job's cancellation and, if told to, waits until it is over.
func (d dataflowJob) end(ctx context.Context, wait bool) error {
	for asked := false; ; asked = true {
		state, err := d.state(ctx)
		if err != nil {
			return err
		}
		if dataflowEnded(state) {
			return nil
		}
		if !asked {
			if _, err := d.client.Projects.Locations.Jobs.Update(d.project, d.region, d.id,
				&df.Job{RequestedState: "JOB_STATE_CANCELLED"}).Context(ctx).Do(); err != nil {
				return err
			}
		}
		if !wait {
			return nil
		}
		if pause(ctx, time.Second) != nil {
			return fmt.Errorf("it is still %s", strings.TrimPrefix(state, "JOB_STATE_"))
		}
	}
}

// endDataflow ends a job unless it is named keep and runs: then a submission of that
// name takes it up.
func (l Launcher) endDataflow(ctx context.Context, r record, keep string) error {
	d, err := l.newDataflowJob(ctx, r.Project, r.Region, r.ID)
	if err != nil {
		return err
	}
	if r.Name == keep {
		state, err := d.state(ctx)
		if err != nil || state != "JOB_STATE_CANCELLING" && state != "JOB_STATE_DRAINING" {
			return err
		}
	}
	return d.end(ctx, true)
}
