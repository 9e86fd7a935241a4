// Package pool keeps connections to a server open.
package pool

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"time"

	wire "example.org/net/wire/v2"
)

// ErrClosed is returned once the pool is closed.
var ErrClosed = errors.New("pool: closed")

// Option changes a pool before it is used.
type Option func(*Pool)

// Pool keeps idle connections.
type Pool struct {
	mu     sync.Mutex
	idle   []*wire.Conn
	dial   func(ctx context.Context, addr string) (*wire.Conn, error)
	addr   string
	max    int
	closed bool
}

// New returns a pool of at most max connections to addr.
func New(addr string, max int, options ...Option) *Pool {
	p := &Pool{addr: addr, max: max, dial: wire.Dial}
	for _, o := range options {
		o(p)
	}
	return p
}

// Get returns an idle connection, or dials a new one.
func (p *Pool) Get(ctx context.Context) (*wire.Conn, error) {
	p.mu.Lock()
	if p.closed {
		p.mu.Unlock()
		return nil, ErrClosed
	}
	// The newest one is the least likely to have been closed by the server.
	if n := len(p.idle); n > 0 {
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		if time.Since(c.LastUsed()) < 30*time.Second {
			return c, nil
		}
		c.Close()
		return p.Get(ctx)
	}
	p.mu.Unlock()
	c, err := p.dial(ctx, p.addr)
	if err != nil {
		return nil, fmt.Errorf("dial %s: %w", p.addr, err)
	}
	return c, nil
}

// Put gives a connection back.
func (p *Pool) Put(c *wire.Conn) {
	p.mu.Lock()
	defer p.mu.Unlock()
	switch {
	case p.closed || len(p.idle) >= p.max:
		c.Close()
	default:
		p.idle = append(p.idle, c)
	}
}

// Map applies f to every key, with at most n calls at a time.
func Map[K comparable, V any](keys []K, n int, f func(K) (V, error)) (map[K]V, error) {
	out := make(map[K]V, len(keys))
	var mu sync.Mutex
	var group errgroup
	group.limit(n)
	for _, k := range keys {
		group.run(func() error {
			v, err := f(k)
			if err == nil {
				mu.Lock()
				out[k] = v
				mu.Unlock()
			}
			return err
		})
	}
	return out, wait[K](&group, keys...)
}
