package ask

import (
	"context"
	"sync"
)

// Runners in this process call a job ended while its bundles run on, and would have the
// process end with calls under way that nobody writes down. So whoever ran the job waits
// for the shards that ask paid models: they end by themselves within the grace of package
// panel, with a record of every call. What begins after that asks nothing.

// underWay are the jobs of this process whose shards ask, by OUT. A process that only
// works for a job of another one has none.
var underWay struct {
	sync.Mutex
	jobs map[string]*asks
}

// asks are the shards of a job that ask at present.
type asks struct {
	job  context.Context // until the job has ended
	open sync.WaitGroup
}

// Begin is called before a job is run on out, and what it returns after that: it
// ends all that asks, and waits for it.
func Begin(out string) (end func()) {
	job, cancel := context.WithCancel(context.Background())
	a := &asks{job: job}
	underWay.Lock()
	defer underWay.Unlock()
	if underWay.jobs == nil {
		underWay.jobs = map[string]*asks{}
	}
	underWay.jobs[out] = a
	return func() {
		underWay.Lock()
		cancel()
		underWay.Unlock()
		a.open.Wait()
	}
}

// UnderWay asks for a shard of out, until it is done or the job has ended.
func UnderWay(ctx context.Context, out string, ask func(ctx context.Context) error) error {
	underWay.Lock()
	a := underWay.jobs[out]
	if a == nil {
		underWay.Unlock()
		return ask(ctx)
	}
	if err := a.job.Err(); err != nil {
		underWay.Unlock()
		return err
	}
	a.open.Add(1)
	underWay.Unlock()
	defer a.open.Done()
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(a.job, cancel)()
	return ask(ctx)
}
