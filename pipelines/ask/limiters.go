package ask

import (
	"context"
	"fmt"
	"sync"

	"decoy/pipelines/recipe"
	"decoy/transforms/panel/limit"
)

// limiters are those of this process: its shards share their connections.
var limiters = struct {
	sync.Mutex
	m map[recipe.Limiter]*limit.Shared
}{m: map[recipe.Limiter]*limit.Shared{}}

// OpenLimiter is the shared limiter, nil where the recipe names none.
func OpenLimiter(l recipe.Limiter) (*limit.Shared, error) {
	if l.Redis == "" {
		return nil, nil
	}
	limiters.Lock()
	defer limiters.Unlock()
	if s := limiters.m[l]; s != nil {
		return s, nil
	}
	password, err := l.Password().Read(context.Background())
	if err != nil {
		return nil, fmt.Errorf("limiter: the password of the Redis server: %w", err)
	}
	s, err := limit.OpenShared(limit.SharedConfig{URL: l.Redis, Password: password})
	if err != nil {
		return nil, fmt.Errorf("limiter.redis: %w", err)
	}
	limiters.m[l] = s
	return s, nil
}
