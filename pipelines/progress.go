package pipelines

import (
	"cmp"
	"context"
	"sync"
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

// submit runs a graph and tells Build.Progress of each new done record. It is
// panel.ErrBudget where a shard reached its share of the budget, and panel.ErrStopped
// where a member was stopped.
func (j *job) submit(ctx context.Context, p *beam.Pipeline) error {
	stages := j.unsealed()
	if !j.b.DryRun {
		for _, s := range stages {
			if err := s.clearStops(ctx); err != nil {
				return err
			}
		}
	}
	if err := j.watched(ctx, p); err != nil {
		return err
	}
	for _, s := range stages {
		if err := cmp.Or(s.memberStops(ctx), s.budgetStops(ctx)); err != nil {
			return err
		}
	}
	return nil
}

func (j *job) watched(ctx context.Context, p *beam.Pipeline) error {
	b, stages := j.b, j.unsealed()
	var names []string
	for _, s := range stages {
		names = append(names, s.name)
	}
	var counted sync.Map // by the runner, in this job: stage → number of units
	stop := make(chan struct{})
	var watching sync.WaitGroup
	if b.Progress != nil {
		watching.Go(func() { j.watch(ctx, stop, &counted) })
	}
	endAsking := ask.Begin(b.Out)
	m, err := b.Run(ctx, p, Job{
		Out: b.Out, Stage: j.name(), Stages: names, Fingerprint: j.stages[len(j.stages)-1].fingerprint,
		Paid:   stages[0].paid(),
		Shards: func(stage string, n int) { counted.Store(stage, n) },
	})
	endAsking()
	close(stop)
	watching.Wait()
	for _, s := range stages {
		b.RunInfo.metrics(s.name, m)
	}
	if b.Progress != nil {
		j.show(ctx, true, &counted)
	}
	return err
}

// watch shows how much of the stages is done until stop is closed.
func (j *job) watch(ctx context.Context, stop <-chan struct{}, counted *sync.Map) {
	tick := time.NewTicker(progressEvery)
	defer tick.Stop()
	every := progressEvery
	if bucket.In(j.b.Out) {
		every = progressEveryRemote
	}
	j.show(ctx, true, counted)
	for last := time.Now(); ; {
		select {
		case <-stop:
			return
		case <-tick.C:
		}
		look := time.Since(last) >= every
		if look {
			last = time.Now()
		}
		j.show(ctx, look, counted)
	}
}

// show shows the first stage that is not whole, and those before it as whole. look says
// that done records are to be counted.
func (j *job) show(ctx context.Context, look bool, counted *sync.Map) {
	for _, s := range j.unsealed() {
		if s.total > 0 && s.shown == s.total {
			continue
		}
		now := s.shown
		if n, ok := counted.Load(s.name); ok {
			now = max(now, n.(int))
		}
		if look {
			now = max(now, s.units(ctx))
		}
		s.shown = min(now, s.total)
		j.b.Progress(s.name, s.shown, s.total)
		if s.shown < s.total {
			return
		}
	}
}

// units counts the done records that are there: none of another fingerprint is. Where the
// stage is sealed, those that it wrote for a while are gone.
func (s *stage) units(ctx context.Context) int {
	if sealed, err := shard.Has(ctx, shard.Join(s.b.dir(s.name), "manifest.json")); err == nil && sealed {
		return s.total
	}
	records, err := shard.DoneRecords(ctx, s.b.dir(s.name))
	if err != nil {
		return 0 // what is shown is no reason to fail
	}
	return len(records)
}
