package join

import (
	"context"
	"fmt"
	"slices"
	"sync"

	"decoy/io/shard"
	"decoy/pipelines/bug"
	"decoy/schemas"
)

// Repositories holds the symbols of a shard's repositories and builds an index of
// one when it is first asked for. It is safe for concurrent use.
type Repositories[Index any] struct {
	Symbols map[string][]schemas.Symbol
	build   func([]schemas.Symbol) Index
	bugs    *bug.Reporter
	site    *bug.Site[Repo]

	mu      sync.Mutex
	indices map[string]*lazyIndex[Index]
}

type lazyIndex[Index any] struct {
	once  sync.Once
	index Index
	ok    bool
	err   error
}

// ReadRepositories reads the symbols of a shard. build is contained, as the site.
func ReadRepositories[Index any](ctx context.Context, path string, b *bug.Reporter, site *bug.Site[Repo],
	build func([]schemas.Symbol) Index) (*Repositories[Index], error) {
	r := &Repositories[Index]{Symbols: map[string][]schemas.Symbol{}, build: build, bugs: b, site: site,
		indices: map[string]*lazyIndex[Index]{}}
	for s, err := range shard.Read[schemas.Symbol](ctx, path) {
		if err != nil {
			return nil, fmt.Errorf("read symbols: %w", err)
		}
		r.Symbols[s.Repo] = append(r.Symbols[s.Repo], s)
	}
	for repo, s := range r.Symbols {
		r.Symbols[repo] = slices.Clip(s)
	}
	return r, nil
}

// Again is another index of the same symbols. build is contained, as the site.
func Again[Index, Other any](of *Repositories[Other], site *bug.Site[Repo],
	build func([]schemas.Symbol) Index) *Repositories[Index] {
	return &Repositories[Index]{Symbols: of.Symbols, build: build, bugs: of.bugs, site: site,
		indices: map[string]*lazyIndex[Index]{}}
}

// Of is the index of a repository. ok is false for one over whose symbols building it
// failed: it is a reject, once, and what is asked about it is left out.
func (r *Repositories[Index]) Of(ctx context.Context, repo string) (index Index, ok bool, err error) {
	r.mu.Lock()
	l := r.indices[repo]
	if l == nil {
		l = &lazyIndex[Index]{}
		r.indices[repo] = l
	}
	r.mu.Unlock()
	l.once.Do(func() {
		l.index, l.ok, l.err = bug.Contain(ctx, r.bugs, r.site, bug.Record{ID: repo},
			func() []Repo { return []Repo{{r.Symbols[repo]}} },
			func() (Index, error) { return r.build(r.Symbols[repo]), nil })
	})
	return l.index, l.ok, l.err
}
