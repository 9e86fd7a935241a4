package limit

import (
	"context"
	"sync"
	"time"
)

// EnterAfter is Enter with something that must be done in a slot before the pace is
// waited for. An error of ready gives the slot back.
func (a *Account) EnterAfter(ctx context.Context, tokens int64, ready func() error) (leave func(), err error) {
	if err := a.acquire(ctx); err != nil {
		return nil, err
	}
	if err := ready(); err != nil {
		a.release()
		return nil, err
	}
	if err := a.Pace(ctx, tokens); err != nil {
		a.release()
		return nil, err
	}
	begin := time.Now()
	return sync.OnceFunc(func() {
		a.mu.Lock()
		a.holds(time.Since(begin))
		a.mu.Unlock()
		a.release()
	}), nil
}
