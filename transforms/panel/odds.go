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
	good     float64   // answers
	useless  float64   // and those that could not be used
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
	o.good++
	o.halve()
}

// vain notes an answer that could not be used.
func (o *odds) vain() {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.useless++
	o.halve()
}

// halve forgets. o.mu is held.
func (o *odds) halve() {
	if o.good+o.useless >= oddsMemory {
		o.good, o.useless = o.good/2, o.useless/2
	}
}

// vainEnough is how many answers that cannot be used are a request's own. Each is paid:
// a model that seldom says nothing is asked like one that seldom fails, and one that
// does so often is asked once more and no more.
func (o *odds) vainEnough(attempts int) int {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.useless/(o.good+o.useless+oddsPrior) <= goodServer {
		return attempts
	}
	return min(attempts, 2)
}

// answeredEver reports whether a call was answered.
func (o *odds) answeredEver() bool { return o.answeredSince(time.Time{}) }

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
