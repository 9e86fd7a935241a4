package pipelines

import (
	"context"
	"sync"
	"sync/atomic"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/bucket"
	"decoy/io/shard"
	"decoy/pipelines/ask"
)

// How often done records are counted. They are what a build leaves on every runner,
// and they are there before a runner's metrics are: Flink tells these at the end of a
// bundle, which in a batch is a worker's whole share. Where OUT is in a bucket
// counting is a paid request, and the runner's own counter comes first.
const (
	progressEvery       = 300 * time.Millisecond
	progressEveryRemote = 15 * time.Second
)

// submit runs a stage's graph and tells Build.Progress of each new done record
// among total. It is panel.ErrBudget where a shard reached its share of the budget,
// and panel.ErrStopped where a member was stopped.
func (s *stage) submit(ctx context.Context, p *beam.Pipeline, total int) error {
	if !s.b.DryRun {
		if err := s.clearStops(); err != nil {
			return err
		}
	}
	if err := s.watched(ctx, p, total); err != nil {
		return err
	}
	if err := s.memberStops(); err != nil {
		return err
	}
	return s.budgetStops()
}

func (s *stage) watched(ctx context.Context, p *beam.Pipeline, total int) error {
	before := s.recorded()
	var counted atomic.Int64 // by the runner, in this job
	job := Job{Out: s.b.Out, Stage: s.name, Fingerprint: s.fingerprint, Shards: func(n int) { counted.Store(int64(n)) }}
	show := func(recorded int) {
		if s.b.Progress != nil {
			s.b.Progress(s.name, min(total, max(recorded, int(counted.Load()))), total)
		}
	}
	stop := make(chan struct{})
	var watching sync.WaitGroup
	if s.b.Progress != nil {
		watching.Go(func() { s.watch(stop, before, show) })
	}
	endAsking := ask.Begin(s.b.Out)
	m, err := s.b.Run(ctx, p, job)
	endAsking()
	close(stop)
	watching.Wait()
	s.b.RunInfo.metrics(s.name, m)
	show(s.recorded())
	return err
}

// watch shows the number of done records until stop is closed.
func (s *stage) watch(stop <-chan struct{}, recorded int, show func(int)) {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	every := progressEvery
	if bucket.In(s.b.Out) {
		every = progressEveryRemote
	}
	for last := time.Now(); ; {
		show(recorded)
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		if time.Since(last) >= every {
			recorded, last = s.recorded(), time.Now()
		}
	}
}

// recorded counts the done records that are there: none of another fingerprint is,
// after todo.
func (s *stage) recorded() int {
	records, err := shard.List(shard.Join(s.b.dir(s.name), "_done"), "*.json")
	if err != nil {
		return 0 // what is shown is no reason to fail
	}
	return len(records)
}
