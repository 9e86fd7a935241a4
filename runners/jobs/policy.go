package jobs

import (
	"context"
	"time"
)

// Policy says how long other machines are waited for, and how often they are asked.
type Policy struct {
	// StreamPause is the wait before a broken stream of updates is opened again.
	StreamPause time.Duration
	// FlinkSettles is how long no job of a name must be there for it to be over: one
	// that the job server is just handing over to the cluster is on neither.
	FlinkSettles time.Duration
	// DataflowPoll is how often Dataflow is asked. Its metrics change every half minute.
	DataflowPoll time.Duration
	// DataflowPatience is how long one request of Dataflow's interface may take.
	DataflowPatience time.Duration
	// DataflowRetries are the waits before such a request is made again. A job that is
	// created twice is refused by its name, so creating is safe to repeat.
	DataflowRetries []time.Duration
}

// DefaultPolicy is that of [Run].
func DefaultPolicy() Policy {
	return Policy{
		StreamPause:      time.Second,
		FlinkSettles:     2 * time.Second,
		DataflowPoll:     10 * time.Second,
		DataflowPatience: 30 * time.Second,
		DataflowRetries:  []time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 8 * time.Second},
	}
}

// Launcher runs pipelines under a policy.
type Launcher struct {
	Policy Policy
	// PaidHere runs jobs that ask paid members on prism in this process, whatever runner is
	// named: they wait for answers, at the rate of an account, and need no machines for that.
	PaidHere bool
	// Anew ends a job of Dataflow too that works on OUT, in place of taking it up: what it does
	// is about to be undone.
	Anew bool
}

// EndPrevious is that of a launcher under the default policy.
func EndPrevious(ctx context.Context, out string) error {
	return Launcher{Policy: DefaultPolicy()}.EndPrevious(ctx, out)
}
