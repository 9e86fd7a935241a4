package jobs

import (
	"context"
	"sync"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"
	jobpb "github.com/apache/beam/sdks/v2/go/pkg/beam/model/jobmanagement_v1"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/options/jobopts"
	"github.com/apache/beam/sdks/v2/go/pkg/beam/runners/prism"

	"decoy/pipelines"
	"decoy/pipelines/work"
)

// inProcess is this process's prism. It serves all of the process's pipelines.
var inProcess = sync.OnceValues(func() (jobpb.JobServiceClient, error) {
	before := openToAll()
	client, err := prism.CreateJobServer(context.Background(), prism.Options{})
	if err == nil {
		bindToLoopback(before)
	}
	return client, err
})

// loopback has workers be this process, and Beam's flags as they were when its answer is
// called.
func loopback() (restore func()) {
	kind, config, binary := *jobopts.EnvironmentType, *jobopts.EnvironmentConfig, *jobopts.WorkerBinary
	*jobopts.EnvironmentType, *jobopts.EnvironmentConfig, *jobopts.WorkerBinary = "loopback", "", ""
	return func() {
		*jobopts.EnvironmentType, *jobopts.EnvironmentConfig, *jobopts.WorkerBinary = kind, config, binary
	}
}

// runPrism runs a pipeline on prism inside of this process, and its DoFns too where no
// environment is named.
func (l Launcher) runPrism(ctx context.Context, p *beam.Pipeline, j pipelines.Job) (work.Metrics, error) {
	client, err := inProcess()
	if err != nil {
		return work.Metrics{}, err
	}
	if *jobopts.EnvironmentType == "" {
		*jobopts.EnvironmentType = "loopback"
	}
	s := service{client: client, policy: l.Policy}
	job, err := s.prepare(ctx, p, j)
	if err != nil {
		return work.Metrics{}, err
	}
	defer job.close()
	return job.run(ctx, j, func(string) error { return nil })
}
