package panel

import (
	"math"
	"sync"
	"time"
)

// odds is what a run has seen of a member lately: it tells a request that fails by
// itself from one that met a poor server several times. Its methods may be called
// from any goroutine.
type odds struct {
	mu       sync.Mutex
	asked    float64   // first attempts at a request
	failed   float64   // those of them that failed in the server's way
	answered time.Time // when the last call was sent that was answered
}

const (
	oddsMemory = 512 // first attempts that are remembered, about
	oddsPrior  = 32  // and so many good ones that stand for what is not known yet
	goodServer = 0.1 // share of calls that fail, up to which Retry.Attempts are enough
	mostTries  = 5   // times Retry.Attempts, so that there is an end
)

// first counts the first attempt at a request. Later ones say less: requests that
// fail by themselves have more of them.
func (o *odds) first(failed bool) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.asked++; failed {
		o.failed++
	}
	if o.asked >= oddsMemory {
		o.asked, o.failed = o.asked/2, o.failed/2
	}
}

// answer notes an answer to a call that was sent at the given time.
func (o *odds) answer(sent time.Time) {
	o.mu.Lock()
	defer o.mu.Unlock()
	if sent.After(o.answered) {
		o.answered = sent
	}
}

// answeredSince reports whether a call that was sent after t was answered.
func (o *odds) answeredSince(t time.Time) bool {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.answered.After(t)
}

// enough is how many failures in a row are a request's own. Attempts are, where a tenth
// of calls fail or fewer: six of them come by chance once in a million. Where more fail
// it is the number that is as unlikely.
func (o *odds) enough(attempts int) int {
	o.mu.Lock()
	share := o.failed / (o.asked + oddsPrior)
	o.mu.Unlock()
	if share <= goodServer {
		return attempts
	}
	n := float64(attempts) * math.Log(goodServer) / math.Log(share)
	return min(mostTries*attempts, int(math.Ceil(n)))
}
