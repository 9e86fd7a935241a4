package pipelines

import (
	"fmt"
	"slices"
	"sync"

	"decoy/io/shard"
	"decoy/schemas"
)

// repositories holds the symbols of a shard's repositories and builds an index of
// one when it is first asked for. It is safe for concurrent use.
type repositories[Index any] struct {
	symbols map[string][]schemas.Symbol
	build   func([]schemas.Symbol) Index

	mu      sync.Mutex
	indices map[string]*lazyIndex[Index]
}

type lazyIndex[Index any] struct {
	once  sync.Once
	index Index
}

func readRepositories[Index any](path string, build func([]schemas.Symbol) Index) (*repositories[Index], error) {
	r := &repositories[Index]{symbols: map[string][]schemas.Symbol{}, build: build, indices: map[string]*lazyIndex[Index]{}}
	for s, err := range shard.Read[schemas.Symbol](path) {
		if err != nil {
			return nil, fmt.Errorf("read symbols: %w", err)
		}
		r.symbols[s.Repo] = append(r.symbols[s.Repo], s)
	}
	for repo, s := range r.symbols {
		r.symbols[repo] = slices.Clip(s)
	}
	return r, nil
}

func (r *repositories[Index]) of(repo string) Index {
	r.mu.Lock()
	l := r.indices[repo]
	if l == nil {
		l = &lazyIndex[Index]{}
		r.indices[repo] = l
	}
	r.mu.Unlock()
	l.once.Do(func() { l.index = r.build(r.symbols[repo]) })
	return l.index
}
