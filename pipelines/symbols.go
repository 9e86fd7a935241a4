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
	bugs    *bugs
	site    *bugSite[repoInput]

	mu      sync.Mutex
	indices map[string]*lazyIndex[Index]
}

type lazyIndex[Index any] struct {
	once  sync.Once
	index Index
	ok    bool
	err   error
}

func readRepositories[Index any](path string, b *bugs, site *bugSite[repoInput],
	build func([]schemas.Symbol) Index) (*repositories[Index], error) {
	r := &repositories[Index]{symbols: map[string][]schemas.Symbol{}, build: build, bugs: b, site: site,
		indices: map[string]*lazyIndex[Index]{}}
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

// of is the index of a repository. ok is false for one over whose symbols building it
// failed: it is a reject, once, and what is asked about it is left out.
func (r *repositories[Index]) of(repo string) (index Index, ok bool, err error) {
	r.mu.Lock()
	l := r.indices[repo]
	if l == nil {
		l = &lazyIndex[Index]{}
		r.indices[repo] = l
	}
	r.mu.Unlock()
	l.once.Do(func() {
		l.index, l.ok, l.err = contained(r.bugs, r.site, record{id: repo},
			func() []repoInput { return []repoInput{{r.symbols[repo]}} },
			func() (Index, error) { return r.build(r.symbols[repo]), nil })
	})
	return l.index, l.ok, l.err
}
