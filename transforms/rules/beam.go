package rules

import (
	"context"
	"fmt"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/fim"
)

func init() {
	beam.RegisterType(reflect.TypeFor[schemas.Negative]())
	beam.RegisterDoFn(&generateFn{})
	beam.RegisterFunction(contextByRepo)
	beam.RegisterFunction(symbolByRepo)
}

// generatorName is the generator of negatives that [Generate] makes.
const generatorName = "rules"

// Generate makes one negative for each context and each type that its golden can carry.
//
//	PCollection<schemas.Context>, PCollection<schemas.Symbol>, PCollection<fim.LanguageName>
//	  → PCollection<schemas.Negative>, PCollection<schemas.Reject>
//
// Contexts and symbols are grouped by repository: the symbols of one, at most
// fim.MaxSymbols, and its index are in memory at a time. The contexts of a repository with
// more are rejects ([fim.RejectManySymbols]); the shard host takes repositories of any size.
// Names are a side input: those of all languages are in the memory of each worker, some 100
// bytes a name, so give those of a sample where there are many millions.
//
// The negatives are those of the shard host for the same contexts, symbols and names. A
// context without types (a general row) has none and is no reject. Two types with one text
// are one negative and one reject, as there.
func Generate(s beam.Scope, c Config, contexts, symbols, names beam.PCollection) (negatives, rejects beam.PCollection) {
	s = s.Scope("rules.Generate")
	if c.InventedShare < 0 || c.InventedShare > 1 {
		panic(fmt.Sprintf("rules.Generate: InventedShare is %v, allowed are 0 to 1", c.InventedShare))
	}
	grouped := beam.CoGroupByKey(s, beam.ParDo(s, contextByRepo, contexts), beam.ParDo(s, symbolByRepo, symbols))
	return beam.ParDo2(s, &generateFn{Config: c}, grouped, beam.SideInput{Input: names})
}

func contextByRepo(c schemas.Context) (string, schemas.Context) { return c.Repo, c }

func symbolByRepo(s schemas.Symbol) (string, schemas.Symbol) { return s.Repo, s }

type generateFn struct {
	Config Config

	maker *Maker
	pools map[schemas.Language]*Pool // by language, from the side input
}

func (f *generateFn) Setup() { f.maker = NewMaker(f.Config) }

func (f *generateFn) Teardown() { f.maker.Close() }

func (f *generateFn) ProcessElement(ctx context.Context, repo string, contexts func(*schemas.Context) bool,
	symbols func(*schemas.Symbol) bool, names func(*fim.LanguageName) bool, negatives func(schemas.Negative),
	rejects func(schemas.Reject)) error {
	drop := func(r schemas.Reject) {
		beam.NewCounter("rules.Generate", string(r.Reason)).Inc(ctx, 1)
		rejects(r)
	}
	if f.pools == nil {
		var err error
		if f.pools, err = poolsOf(names); err != nil {
			return fmt.Errorf("names: %w", err)
		}
	}
	all, ok := fim.ReadSymbols(symbols)
	var index *Repo
	if ok {
		index = NewRepo(slices.Values(all))
	}
	for c := (schemas.Context{}); contexts(&c); c = (schemas.Context{}) {
		if !ok {
			drop(schemas.Reject{Stage: schemas.StageGenerate, ID: c.ID, Reason: fim.RejectManySymbols,
				Detail:   fmt.Sprintf("%s has more than %d symbols", repo, fim.MaxSymbols),
				Language: c.Language, Generator: generatorName})
			continue
		}
		made, failed := f.make(&c, index)
		for _, n := range made {
			negatives(n)
		}
		for _, r := range failed {
			drop(r)
		}
	}
	return nil
}

// make makes the negatives of a context. What fails over it costs that type alone.
func (f *generateFn) make(c *schemas.Context, repo *Repo) (made []schemas.Negative, rejects []schemas.Reject) {
	pool := f.pools[c.Language]
	if pool == nil {
		pool, _ = NewPool(func(func(schemas.Name, error) bool) {})
		f.pools[c.Language] = pool
	}
	for _, typ := range c.Types {
		var n *schemas.Negative
		var r schemas.Reject
		err := contain.Do(func() error { n, r = f.maker.Make(c, typ, generatorName, repo, pool); return nil })
		switch {
		case err != nil:
			_ = contain.Do(func() error { f.maker.Close(); return nil }) // what failed half-way may be broken
			f.maker = NewMaker(f.Config)
			rejects = append(rejects, schemas.Reject{Stage: schemas.StageGenerate, ID: c.ID,
				Reason: schemas.ReasonInternal, Detail: err.Error(), Language: c.Language, Type: typ,
				Generator: generatorName})
		case n == nil:
			rejects = append(rejects, r)
		default:
			made = append(made, *n)
		}
	}
	made, same := Distinct(made)
	return made, append(rejects, same...)
}

// poolsOf adds up the names by language and reads them in the order of their files.
func poolsOf(next func(*fim.LanguageName) bool) (map[schemas.Language]*Pool, error) {
	type key struct{ name, role, owner string }
	counts := map[schemas.Language]map[key]int64{}
	for n := (fim.LanguageName{}); next(&n); n = (fim.LanguageName{}) {
		if counts[n.Language] == nil {
			counts[n.Language] = map[key]int64{}
		}
		counts[n.Language][key{n.Name, n.Role, n.Owner}] += n.Count
	}
	pools := map[schemas.Language]*Pool{}
	for language, m := range counts {
		all := make([]schemas.Name, 0, len(m))
		for k, n := range m {
			all = append(all, schemas.Name{Name: k.name, Role: k.role, Owner: k.owner, Count: n})
		}
		fim.SortNames(all)
		var err error
		pools[language], err = NewPool(func(yield func(schemas.Name, error) bool) {
			for _, n := range all {
				if !yield(n, nil) {
					return
				}
			}
		})
		if err != nil {
			return nil, err
		}
	}
	return pools, nil
}
