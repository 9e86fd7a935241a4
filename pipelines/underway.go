package pipelines

import (
	"context"
	"sync"
)

// Runners in this process call a job ended while its bundles run on, and would have the
// process end with calls under way that nobody writes down. So whoever ended the job waits
// for the shards that ask paid models: they end by themselves within the grace of package
// panel, with a record of every call.

// underWay are the shards of this process that ask.
var underWay asks

// asks are what asks at present, by OUT: what ends it, and whether it has ended.
type asks struct {
	mu   sync.Mutex
	open map[string]map[<-chan struct{}]context.CancelFunc
}

// do asks for a shard of out.
func (a *asks) do(ctx context.Context, out string, ask func(ctx context.Context) error) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	ended := make(chan struct{})
	a.mu.Lock()
	if a.open == nil {
		a.open = map[string]map[<-chan struct{}]context.CancelFunc{}
	}
	if a.open[out] == nil {
		a.open[out] = map[<-chan struct{}]context.CancelFunc{}
	}
	a.open[out][ended] = cancel
	a.mu.Unlock()
	defer func() {
		a.mu.Lock()
		delete(a.open[out], ended)
		a.mu.Unlock()
		close(ended)
	}()
	if err := ctx.Err(); err != nil { // nothing is begun any more
		return err
	}
	return ask(ctx)
}

// end ends all that asks for out, and waits for it.
func (a *asks) end(out string) {
	for {
		a.mu.Lock()
		var ended <-chan struct{}
		for c, cancel := range a.open[out] {
			cancel()
			ended = c
		}
		a.mu.Unlock()
		if ended == nil {
			return
		}
		<-ended
	}
}
