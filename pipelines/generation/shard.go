package generation

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"sync"

	"decoy/io/shard"
	"decoy/io/shard/flow"
	"decoy/pipelines/bug"
	"decoy/pipelines/join"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/rules"
)

// Work makes the negatives of a shard.
//
//	Ref of extract, work.Share → Ref: negatives, rejects, unlabelled
type Work struct {
	Out     string          `json:"out"`
	Recipe  recipe.Generate `json:"recipe"`
	Replay  bool            `json:"replay"`
	Workers int             `json:"workers"`
	Limiter recipe.Limiter  `json:"limiter"`
	Launch  string          `json:"launch"` // tells one run of the launcher from the next
}

// generation is the state of one shard.
type generation struct {
	t         work.Task
	o         Work
	share     work.Share
	repos     *join.Repositories[*rules.Repo]
	negatives []schemas.Negative
	rest      []schemas.Unlabelled
	rejects   []schemas.Reject
	counts    map[string]int64
	bugs      *bug.Reporter
	internal  work.Rejects
}

func init() { flow.Register[Work]() }

// Do makes the negatives of one shard.
func (w Work) Do(ctx context.Context, ft flow.Task) (schemas.Done, error) {
	return work.Paid(ctx, w.Out, ft, func(t work.Task, share work.Share) (schemas.Done, error) {
		return w.shard(ctx, t,
			share)
	})
}

func (w Work) shard(ctx context.Context, t work.Task, share work.Share) (schemas.Done, error) {
	d := schemas.Done{Rejects: map[schemas.Reason]int64{}}
	g := generation{t: t, o: w, share: share, counts: map[string]int64{}}
	g.bugs = t.Bugs(g.internal.Add)
	var err error
	g.repos, err = join.ReadRepositories(ctx, t.Path(schemas.StageExtract, "symbols"), g.bugs, siteRulesRepo,
		func(s []schemas.Symbol) *rules.Repo {
			return rules.NewRepo(slices.Values(s))
		})
	if err != nil {
		return d, err
	}
	var paid []panel.Member
	for _, m := range g.o.Recipe.Panel {
		if m.Paid() {
			paid = append(paid, m)
		} else if err := g.rules(ctx, m); err != nil {
			return d, fmt.Errorf("generator %s: %w", m.Name, err)
		}
	}
	if err := g.ask(ctx, paid); err != nil {
		return d, fmt.Errorf("generators: %w", err)
	}
	var same []schemas.Reject
	g.negatives, same = rules.Distinct(g.negatives)
	g.rejects = append(append(g.rejects, same...), g.internal.List...)
	schemas.SortRejects(g.rejects)
	d.Counts = g.counts
	work.Tally{Counts: d.Counts, Rejects: d.Rejects}.Count(g.rejects)
	d.Counts["negatives"] = int64(len(g.negatives))
	for i := range g.negatives {
		d.Counts["negatives_"+string(g.negatives[i].Type)]++
		d.Counts[work.CountNegativesBy(g.negatives[i].Generator)]++
	}
	for i := range g.rejects {
		d.Counts[work.CountRejectsBy(g.rejects[i].Generator)]++
	}
	f, err := shard.WriteAll(ctx, t.Path(t.Stage, "negatives"), g.negatives)
	if err != nil {
		return d, err
	}
	d.Files = append(d.Files, f)
	if f, err = shard.WriteAll(ctx, t.Path(t.Stage, "rejects"), g.rejects); err != nil {
		return d, err
	}
	d.Files = append(d.Files, f)
	if !slices.ContainsFunc(g.o.Recipe.Panel, func(m panel.Member) bool { return m.Provider == panel.ProviderFIM }) {
		return d, nil
	}
	countSamples(d.Counts, g.negatives, g.rest)
	f, err = g.writeUnlabelled(ctx)
	d.Files = append(d.Files, f)
	return d, err
}

// Reasons of generate's rejects beside those of package valid.
const (
	RejectDuplicateNegative = rules.RejectDuplicate
	RejectNoCandidate       = rules.RejectNoCandidate
)

// made is what a run of contexts got from the rules.
type made struct {
	negatives []schemas.Negative
	rejects   []schemas.Reject
	requests  int64
}

// newMaker makes negatives by rules in one goroutine.
func newMaker(r recipe.Generate) *rules.Maker {
	return rules.NewMaker(rules.Config{InventedShare: r.InventedShare, Aim: r.Aim})
}

// rules makes the negatives of the built-in generator: for each context and type
// the first candidate that is valid.
func (g *generation) rules(ctx context.Context, m panel.Member) error {
	pools := &namePools{out: g.t.Out, pools: map[schemas.Language]*lazyPool{}}
	contexts := shard.Read[schemas.Context](ctx, g.t.Path(schemas.StageExtract, "contexts"))
	return work.Ordered(ctx, work.Runs(contexts, func(c *schemas.Context) string { return c.ID }),
		func() (**rules.Maker, func(), error) {
			t := newMaker(g.o.Recipe)
			return &t, func() { t.Close() }, nil
		},
		func(t **rules.Maker, run []schemas.Context) (made, error) {
			var out made
			for i := range run {
				if err := g.ofContext(ctx, t, &run[i], m.Name, pools, &out); err != nil {
					return out, err
				}
			}
			return out, nil
		},
		func(m made) error {
			g.negatives = append(g.negatives, m.negatives...)
			g.rejects = append(g.rejects, m.rejects...)
			g.counts["requests"] += m.requests
			return nil
		})
}

// ofContext adds what the rules make of one context.
func (g *generation) ofContext(ctx context.Context, t **rules.Maker, c *schemas.Context, generator string,
	pools *namePools,
	out *made) error {
	if len(c.Types) == 0 {
		return nil
	}
	pool, err := pools.of(ctx, c.Language)
	if err != nil {
		return err
	}
	repo, ok, err := g.repos.Of(ctx, c.Repo)
	if err != nil || !ok {
		return err
	}
	for _, typ := range c.Types {
		out.requests++
		got, ok, err := g.byRules(ctx, t, c, typ, generator, repo, pool)
		switch {
		case err != nil:
			return err
		case !ok:
		case got.negative != nil:
			out.negatives = append(out.negatives, *got.negative)
		default:
			out.rejects = append(out.rejects, got.reject)
		}
	}
	return nil
}

// byRule is what the rules gave for a context and type: a negative, or why there is none.
type byRule struct {
	negative *schemas.Negative
	reject   schemas.Reject
}

// byRules makes a negative. A tool that fails over it is replaced.
func (g *generation) byRules(ctx context.Context, t **rules.Maker, c *schemas.Context, typ schemas.Type,
	generator string, repo *rules.Repo, pool *rules.Pool) (byRule, bool, error) {
	got, ok, err := bug.Contain(ctx, g.bugs, siteRules, bug.Record{ID: c.ID, Language: c.Language,
		Type: typ, Generator: generator}, func() (all []rulesInput) {
		for _, names := range []bool{false, true} {
			for _, symbols := range join.SymbolsOf(g.repos.Symbols[c.Repo], c.Path) {
				all = append(all, rulesInput{*c, typ, generator, g.o.Recipe.InventedShare,
					g.o.Recipe.Aim, symbols, names})
			}
		}
		return all
	}, func() (got byRule, err error) {
		got.negative, got.reject = (*t).Make(c, typ, generator, repo, pool)
		return got, nil
	})
	if !ok {
		bug.Discard((*t).Close)
		*t = newMaker(g.o.Recipe)
	}
	return got, ok, err
}

// namePools reads a language's names when they are first asked for.
type namePools struct {
	out   string
	mu    sync.Mutex
	pools map[schemas.Language]*lazyPool
}

type lazyPool struct {
	once sync.Once
	pool *rules.Pool
	err  error
}

func (p *namePools) of(ctx context.Context, language schemas.Language) (*rules.Pool, error) {
	p.mu.Lock()
	l := p.pools[language]
	if l == nil {
		l = &lazyPool{}
		p.pools[language] = l
	}
	p.mu.Unlock()
	l.once.Do(func() {
		l.pool, l.err = rules.NewPool(shard.Read[schemas.Name](ctx, shard.Join(p.out, schemas.StageExtract,
			"names-"+string(language)+".jsonl.zst")))
		if errors.Is(l.err, fs.ErrNotExist) {
			l.pool, l.err = rules.NewPool(func(func(schemas.Name, error) bool) {})
		}
	})
	return l.pool, l.err
}
