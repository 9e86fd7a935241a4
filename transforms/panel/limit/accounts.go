package limit

import (
	"fmt"
	"sync"
)

// Accounts are the accounts that a process uses, by name. The zero value is
// ready.
type Accounts struct {
	mu       sync.Mutex
	m        map[string]*Account
	breakers map[string]*Breaker
	notes    map[string]any
}

// Process is the registry of this process. It is the one piece of shared state:
// a provider counts the calls of a process, whoever makes them.
var Process Accounts

// Join is the account of that name, made at the first call, for a user who leaves it by
// Leave. Those who use one account at a time must state the same limits; when all have
// left, the next may state others, and what was sent in the trailing window still counts.
// shared paces it with other processes, or is nil.
func (r *Accounts) Join(name string, l Limits, shared *Shared) (*Account, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	fresh := New(l)
	fresh.name, fresh.shared = name, shared
	have := r.m[name]
	switch {
	case have == nil:
		if r.m == nil {
			r.m = map[string]*Account{}
		}
		have, r.m[name] = fresh, fresh
	case have.limits == fresh.limits:
	case have.users > 0:
		return nil, fmt.Errorf("account %s is in use with other limits (%+v, now %+v): state the same rpm, tpm and "+
			"concurrency wherever it is used", name, have.limits, fresh.limits)
	default:
		have.restate(fresh)
	}
	have.users++
	return have, nil
}

// Leave ends one user's use of an account that Join returned.
func (r *Accounts) Leave(a *Account) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a.users--
}

// Breaker is the breaker of that name, made at the first call.
func (r *Accounts) Breaker(name string, c BreakerConfig) *Breaker {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.breakers == nil {
		r.breakers = map[string]*Breaker{}
	}
	if r.breakers[name] == nil {
		r.breakers[name] = NewBreaker(c)
	}
	return r.breakers[name]
}

// Note is what users of an account share beside its limits, by name, made at the first
// call.
func (r *Accounts) Note(name string, first func() any) any {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.notes == nil {
		r.notes = map[string]any{}
	}
	if r.notes[name] == nil {
		r.notes[name] = first()
	}
	return r.notes[name]
}
