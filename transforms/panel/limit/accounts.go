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

// Get is the account of that name, made at the first call. Two users of one
// account must state the same limits. shared paces it with other processes, or is nil.
func (r *Accounts) Get(name string, l Limits, shared *Shared) (*Account, error) {
	r.mu.Lock()
	defer r.mu.Unlock()
	a := New(l)
	a.name, a.shared = name, shared
	if have, ok := r.m[name]; ok {
		if have.limits != a.limits {
			return nil, fmt.Errorf("account %s is in use with other limits (%+v, now %+v): state the same rpm, tpm and concurrency wherever it is used", name, have.limits, a.limits)
		}
		return have, nil
	}
	if r.m == nil {
		r.m = map[string]*Account{}
	}
	r.m[name] = a
	return a, nil
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
