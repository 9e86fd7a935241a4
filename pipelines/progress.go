package pipelines

import (
	"context"
	"sync"
	"time"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/io/bucket"
	"decoy/io/shard"
)

// progressEvery is how often done records are counted. They are what a build
// leaves on every runner, so a person sees a shard of a remote worker too.
const progressEvery = 300 * time.Millisecond

// submit runs a stage's graph and tells Build.Progress of each new done record
// among total. It is panel.ErrBudget where a shard reached its share of the budget,
// and panel.ErrStopped where a member was stopped.
func (s *stage) submit(ctx context.Context, p *beam.Pipeline, total int) error {
	if err := s.clearStops(); err != nil {
		return err
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
	if s.b.Progress == nil {
		return s.b.Run(ctx, p)
	}
	stop := make(chan struct{})
	var watching sync.WaitGroup
	watching.Go(func() {
		every := progressEvery
		if bucket.In(s.b.Out) {
			every *= 10 // a listing is a request that is paid for
		}
		tick := time.NewTicker(every)
		defer tick.Stop()
		for {
			s.b.Progress(s.name, s.recorded(), total)
			select {
			case <-stop:
				return
			case <-tick.C:
			}
		}
	})
	err := s.b.Run(ctx, p)
	close(stop)
	watching.Wait()
	s.b.Progress(s.name, s.recorded(), total)
	return err
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
