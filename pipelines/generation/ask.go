package generation

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"runtime"
	"slices"
	"strconv"
	"sync"

	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/pipelines/bug"
	"decoy/pipelines/join"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/panel"
	"decoy/transforms/panel/prompts"
	"decoy/transforms/valid"
	"decoy/transforms/verify"
)

// placed is a request of a generator with its context.
type placed struct {
	Request panel.Request
	context schemas.Context
}

// GeneratorRequests are a paid generator's requests of a shard: one for each type
// that a context can carry, and of a FIM endpoint so many for each such context as
// the member has samples.
//
// A context over which making a request fails goes to the rejects.
func GeneratorRequests(ctx context.Context, contexts iter.Seq2[schemas.Context, error], p *panel.Panel, m panel.Member,
	b *bug.Reporter) iter.Seq2[placed, error] {
	return func(yield func(placed, error) bool) {
		for c, err := range contexts {
			if err != nil {
				yield(placed{}, err)
				return
			}
			n := len(c.Types)
			if m.Provider == panel.ProviderFIM && n > 0 {
				n = m.Defaults().Samples
			}
			for i := range n {
				in := ask.Prompt{Context: c, Member: ask.Strip(m)}
				if m.Provider == panel.ProviderFIM {
					in.Sample = int64(i)
				} else {
					in.Type = c.Types[i]
				}
				r, ok, err := bug.Contain(ctx, b, sitePrompt, bug.Record{ID: c.ID, Language: c.Language,
					Type: in.Type, Generator: m.Name},
					func() []ask.Prompt { return []ask.Prompt{in} }, func() (panel.Request, error) {
						if m.Provider == panel.ProviderFIM {
							return p.SampleRequest(m.Name, c, in.Sample)
						}
						return p.GenerateRequest(m.Name, c, in.Type, 0)
					})
				if err == nil && !ok {
					continue
				}
				r.Tag = c.ID + "/" + strconv.Itoa(i)
				if !yield(placed{r, c}, err) || err != nil {
					return
				}
			}
		}
	}
}

// inFlight holds the contexts of requests that are under way.
type inFlight struct {
	mu sync.Mutex
	m  map[string]schemas.Context
}

func (f *inFlight) put(key string, c schemas.Context) {
	f.mu.Lock()
	f.m[key] = c
	f.mu.Unlock()
}

func (f *inFlight) take(key string) schemas.Context {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.m[key]
	delete(f.m, key)
	return c
}

// ask makes negatives of the answers of the paid generators. Each has a stream of
// requests of its own, so none waits for another.
func (g *generation) ask(ctx context.Context, members []panel.Member) error {
	if len(members) == 0 {
		return nil
	}
	p, err := ask.Open(ctx, g.t, members, g.share.BudgetUSD, g.o.Replay, g.o.Workers, g.o.Limiter, g.o.Launch)
	if err != nil {
		return err
	}
	defer p.Close()
	contexts, err := AskedContexts(ctx, g.t)
	if err != nil {
		return err
	}
	defer contexts.Close(ctx)
	harvest := newHarvest(ctx, members, p, g.bugs)
	harvest.repos = join.Again(g.repos, siteSampleRepo, func(s []schemas.Symbol) *verify.Repo {
		return verify.NewRepo(slices.Values(s))
	})
	open := inFlight{m: map[string]schemas.Context{}}
	var failed error
	var streams []iter.Seq[panel.Request]
	for _, m := range members {
		streams = append(streams, func(yield func(panel.Request) bool) {
			for x, err := range GeneratorRequests(ctx, contexts.All(ctx), p, m, g.bugs) {
				if err != nil {
					failed = err
					return
				}
				g.counts["requests"]++
				open.put(m.Name+"/"+x.Request.Tag, x.context)
				if !yield(x.Request) {
					return
				}
			}
		})
	}
	err = ask.Streams(ctx, p, g.t, streams, func(a panel.Answer) error {
		ask.CountOutcome(g.counts, a)
		harvest.put(open.take(a.Request.Member+"/"+a.Request.Tag), a)
		return nil
	})
	return errors.Join(failed, err, harvest.into(g))
}

// harvest reads answers with one goroutine a processor: to check a negative takes
// longer than all else that an answer needs. All answers for a context go to one of
// them, which parses its window once.
type harvest struct {
	panel   *panel.Panel // is told what each answer is worth
	members map[string]panel.Member
	pickers []*picker
	busy    sync.WaitGroup
	bugs    *bug.Reporter
	repos   *join.Repositories[*verify.Repo] // is asked where samples are no minimal pairs
}

// picker is what one goroutine found.
type picker struct {
	answers   chan picked
	checker   *valid.Checker
	certifier *verify.Checker // nil until a sample needs it
	negatives []schemas.Negative
	rest      []schemas.Unlabelled
	rejects   []schemas.Reject
	err       error
}

type picked struct {
	context schemas.Context
	answer  panel.Answer
	read    chan<- struct{} // closed when it is known what the answer is worth
}

func newHarvest(ctx context.Context, members []panel.Member, asked *panel.Panel, b *bug.Reporter) *harvest {
	h := &harvest{panel: asked, members: map[string]panel.Member{}, bugs: b}
	for _, m := range members {
		h.members[m.Name] = m
	}
	for range runtime.GOMAXPROCS(0) {
		p := &picker{answers: make(chan picked, 64), checker: valid.New()}
		h.pickers = append(h.pickers, p)
		h.busy.Go(func() {
			defer func() {
				p.checker.Close()
				if p.certifier != nil {
					p.certifier.Close()
				}
			}()
			for x := range p.answers {
				if p.err == nil {
					p.err = contain.Do(func() error { return h.pick(ctx, p, x) })
				}
				close(x.read)
			}
		})
	}
	return h
}

// pick reads one answer. A checker that fails over it is replaced.
func (h *harvest) pick(ctx context.Context, p *picker, x picked) error {
	m, r := h.members[x.answer.Request.Member], x.answer.Request
	got, ok, err := bug.Contain(ctx, h.bugs, siteAnswer, bug.Record{ID: x.context.ID, Language: x.context.Language,
		Type: r.Type, Generator: r.Member},
		func() []ask.Answer {
			return []ask.Answer{{Prompt: ask.Prompt{Context: x.context, Member: ask.Strip(m),
				Type: r.Type, Sample: r.Sample},
				Answers: ask.RawAnswers([]panel.Answer{x.answer})}}
		}, func() (taken, error) {
			if err := ask.Unread(x.answer); err != nil {
				return taken{}, err
			}
			return take(p.checker, &x.context, m, x.answer), nil
		})
	if !ok {
		bug.Discard(p.checker.Close)
		p.checker = valid.New()
		return err
	}
	p.negatives, p.rest, p.rejects = append(p.negatives, got.negatives...), append(p.rest, got.rest...),
		append(p.rejects, got.rejects...)
	if got.free != nil {
		if err := h.certify(ctx, p, &x.context, got.free); err != nil {
			return err
		}
	}
	return h.panel.Worth(x.answer, got.reason, got.detail)
}

// taken is what an answer gives: one record, and why it is of no use, if it is of none.
type taken struct {
	reason schemas.Reason
	detail string

	negatives []schemas.Negative
	rest      []schemas.Unlabelled
	rejects   []schemas.Reject
	free      *free // a sample of which it is not known yet what it is
}

// take reads an answer of a member.
func take(checker *valid.Checker, c *schemas.Context, m panel.Member, a panel.Answer) taken {
	p := taking{checker: checker}
	if m.Provider == panel.ProviderFIM {
		p.reason, p.detail = p.takeSample(c, m, a)
	} else {
		p.reason, p.detail = p.take(c, a)
	}
	return p.taken
}

// taking is the reading of one answer.
type taking struct {
	taken
	checker *valid.Checker
}

// put hands over an answer. While a member is on trial it waits for what the answer is
// worth, so that nothing is sent on the strength of answers that nobody has read.
func (h *harvest) put(c schemas.Context, a panel.Answer) {
	read := make(chan struct{})
	h.pickers[schemas.Key64("harvest", c.ID)%uint64(len(h.pickers))].answers <- picked{c, a, read}
	if h.panel.OnTrial(a.Request.Member) {
		<-read
	}
}

// into waits for the pickers and adds what they found to a shard's, whose order is made
// when it is written.
func (h *harvest) into(g *generation) error {
	for _, p := range h.pickers {
		close(p.answers)
	}
	h.busy.Wait()
	var errs []error
	for _, p := range h.pickers {
		g.negatives, g.rest, g.rejects = append(g.negatives, p.negatives...), append(g.rest, p.rest...),
			append(g.rejects, p.rejects...)
		errs = append(errs, p.err)
	}
	return errors.Join(errs...)
}

// take turns one answer into a negative, or into a reject for a reason.
func (p *taking) take(c *schemas.Context, a panel.Answer) (reason schemas.Reason, detail string) {
	typ, generator := a.Request.Type, a.Request.Member
	reject := func(reason schemas.Reason, detail string) {
		p.rejects = append(p.rejects, schemas.Reject{Stage: schemas.StageGenerate, ID: c.ID, Reason: reason,
			Detail: detail, Language: c.Language, Type: typ, Generator: generator})
	}
	answer, reason, detail := a.Generated()
	if reason != "" {
		reject(reason, detail)
		return reason, detail
	}
	v, reason, detail := p.checker.Check(c, typ, answer.Completion)
	if reason != "" {
		reject(reason, detail)
		return reason, detail
	}
	p.negatives = append(p.negatives, schemas.Negative{
		ID: schemas.NegativeID(c.ID, typ, generator, a.Request.Sample), ContextID: c.ID, Type: typ,
		Generator: generator, Sample: a.Request.Sample,
		Text: v.Text, Introduced: v.Introduced, Minimal: true, EditSimilarity: v.EditSimilarity,
		PromptVersion: prompts.GenerateVersion(typ), RequestKey: a.Request.Key,
		InputTokens: a.InputTokens, OutputTokens: a.OutputTokens, CostUSD: a.CostUSD,
	})
	return "", ""
}

// takeSample makes a negative, an unlabelled record or a reject of one answer of a FIM
// endpoint. It was not asked to be wrong, so what it gives is a negative only if verify
// certifies it: a minimal pair with its golden of some type that the context can carry (of
// types that fit, the first is taken; validity leaves one at most), or else, see free, any
// code in which exactly one thing is wrong. All else is unlabelled. Only an answer without a
// text is of no use, for a reason.
func (p *taking) takeSample(c *schemas.Context, m panel.Member, a panel.Answer) (reason schemas.Reason, detail string) {
	text, reason, detail := a.Text()
	if reason != "" {
		p.rejects = append(p.rejects, schemas.Reject{Stage: schemas.StageGenerate, ID: c.ID, Reason: reason,
			Detail: detail, Language: c.Language, Generator: m.Name})
		return reason, detail
	}
	rest := schemas.Unlabelled{
		ContextID: c.ID, Generator: m.Name, Sample: a.Request.Sample, Text: text, RequestKey: a.Request.Key,
		InputTokens: a.InputTokens, OutputTokens: a.OutputTokens, CostUSD: a.CostUSD,
	}
	for _, typ := range c.Types {
		var v valid.Result
		if v, rest.Reason, rest.Detail = p.checker.Check(c, typ, text); rest.Reason != "" {
			continue
		}
		p.negatives = append(p.negatives, schemas.Negative{
			ID: schemas.NegativeID(c.ID, typ, m.Name, rest.Sample), ContextID: c.ID, Type: typ, Generator: m.Name,
			Sample: rest.Sample,
			Text:   v.Text, Introduced: v.Introduced, Sampled: true, Minimal: true, EditSimilarity: v.EditSimilarity,
			PromptVersion: sampledBy(m), RequestKey: rest.RequestKey,
			InputTokens: rest.InputTokens, OutputTokens: rest.OutputTokens, CostUSD: rest.CostUSD,
		})
		return "", ""
	}
	if valid.Differs(rest.Reason) {
		var v valid.Result
		if v, rest.Reason, rest.Detail = p.checker.CheckFree(c, text); rest.Reason == "" {
			p.free = &free{rest: rest, result: v, by: sampledBy(m)}
			return "", ""
		}
	}
	p.rest = append(p.rest, rest)
	return "", ""
}

func (g *generation) writeUnlabelled(ctx context.Context) (schemas.File, error) {
	slices.SortFunc(g.rest, func(a, b schemas.Unlabelled) int {
		return cmp.Or(cmp.Compare(a.ContextID, b.ContextID), cmp.Compare(a.Generator, b.Generator),
			cmp.Compare(a.Sample, b.Sample))
	})
	return shard.WriteAll(ctx, g.t.Path(g.t.Stage, "unlabelled"), g.rest)
}

// Asked are the contexts that generators are asked about, in the order in which they are.
func Asked(ctx context.Context, t work.Task) iter.Seq2[schemas.Context, error] {
	return func(yield func(schemas.Context, error) bool) {
		asked, err := AskedContexts(ctx, t)
		if err != nil {
			yield(schemas.Context{}, err)
			return
		}
		defer asked.Close(ctx)
		asked.All(ctx)(yield)
	}
}

// AskedContexts are the contexts that generators are asked about.
func AskedContexts(ctx context.Context, t work.Task) (*shard.Sorter[schemas.Context], error) {
	return ask.Order(ctx, t, func(yield func(schemas.Context, error) bool) {
		for c, err := range shard.Read[schemas.Context](ctx, t.Path(schemas.StageExtract, "contexts")) {
			if err == nil && len(c.Types) == 0 {
				continue
			}
			if !yield(c, err) || err != nil {
				return
			}
		}
	},
		func(c *schemas.Context) *schemas.Context { return c },
		func(c *schemas.Context) int { return work.ContextSize(*c) })
}
