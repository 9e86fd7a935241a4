package judging

import (
	"cmp"
	"context"
	"errors"
	"iter"

	"decoy/io/shard"
	"decoy/pipelines/ask"
	"decoy/pipelines/bug"
	"decoy/pipelines/join"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/judge"
	"decoy/transforms/panel"
)

// inquiry is a candidate that a judge is asked about, with the answers so far.
type inquiry struct {
	verdict schemas.Verdict
	answers []panel.Answer
	shared  []bool // what the answer cost is booked on another verdict
	missing int
	context *schemas.Context
	texts   []string // that it is about
}

// place is where an answer belongs.
type place struct {
	*inquiry
	at int
}

// asking is one paid judge at work on a shard.
type asking struct {
	panel    *panel.Panel
	protocol Protocol
	member   string
	waiting  map[string][]place // by the tag of the request
	verdicts []schemas.Verdict
	m        panel.Member
	name     string // of the protocol
	bugs     *bug.Reporter
}

// askJudges asks the paid judges about the shard's negatives whose turn it is, and
// about golden controls, all judges at once. A judge sees neither generator nor type,
// and a control looks like a negative.
func askJudges(ctx context.Context, t work.Task, o Options, share work.Share, members []panel.Member,
	counts map[string]int64,
	b *bug.Reporter) ([]schemas.Verdict, error) {
	if len(members) == 0 {
		return nil, nil
	}
	p, err := ask.Open(ctx, t, members, share.BudgetUSD, o.Replay, o.Workers, o.Limiter, o.Launch)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	groups, err := askedNegatives(ctx, t, o)
	if err != nil {
		return nil, err
	}
	defer groups.Close(ctx)
	judges := map[string]*asking{}
	var failed error
	var streams []iter.Seq[panel.Request]
	for _, m := range members {
		a := NewAsking(p, o, m, b)
		judges[m.Name] = a
		streams = append(streams, func(yield func(panel.Request) bool) {
			for r, err := range a.Requests(ctx, groups.All(ctx), o, m) {
				if err != nil {
					failed = err
					return
				}
				if !yield(r) {
					return
				}
			}
		})
	}
	err = ask.Streams(ctx, p, t, streams, func(answer panel.Answer) error {
		ask.CountOutcome(counts, answer)
		return judges[answer.Request.Member].take(ctx, answer)
	})
	var verdicts []schemas.Verdict
	for _, m := range members {
		verdicts = append(verdicts, judges[m.Name].verdicts...)
	}
	return verdicts, errors.Join(failed, err)
}

// NewAsking is the asking of one judge.
func NewAsking(p *panel.Panel, o Options, m panel.Member, b *bug.Reporter) *asking {
	return &asking{
		panel: p, protocol: Protocols[o.Recipe.Protocol], member: m.Name, waiting: map[string][]place{},
		m: m, name: o.Recipe.Protocol, bugs: b,
	}
}

// rivalled is a context with its negatives. Rival is what a judge that compares is shown
// beside the golden, where the context is a golden control.
type rivalled struct {
	join.ContextNegatives
	Rival   string
	Control bool
}

// WithRivals are a shard's, in the order in which they are asked about.
func WithRivals(ctx context.Context, t work.Task, o Options) iter.Seq2[rivalled, error] {
	return func(yield func(rivalled, error) bool) {
		asked, err := askedNegatives(ctx, t, o)
		if err != nil {
			yield(rivalled{}, err)
			return
		}
		defer asked.Close(ctx)
		asked.All(ctx)(yield)
	}
}

// withRivals are a shard's, in the order of their ids. The goldens that a judge which
// compares is shown are those of the whole shard, so it is read twice for one.
func withRivals(ctx context.Context, t work.Task, o Options) iter.Seq2[rivalled, error] {
	compares := Protocols[o.Recipe.Protocol].Compares
	return func(yield func(rivalled, error) bool) {
		controls := judge.NewControls(o.Recipe.Goldens)
		if compares && o.Recipe.Goldens > 0 {
			for g, err := range join.WithNegatives(ctx, t) {
				if err != nil {
					yield(rivalled{}, err)
					return
				}
				controls.Add(&g.Left)
			}
		}
		for g, err := range join.WithNegatives(ctx, t) {
			r := rivalled{ContextNegatives: g}
			switch {
			case err != nil:
			case compares:
				r.Rival, r.Control = controls.Pick(&g.Left)
			default:
				r.Control = judge.Sampled(g.Left.ID, o.Recipe.Goldens)
			}
			if !yield(r, err) || err != nil {
				return
			}
		}
	}
}

// Requests are all that the judge is asked in this round.
func (a *asking) Requests(ctx context.Context, groups iter.Seq2[rivalled, error], o Options,
	m panel.Member) iter.Seq2[panel.Request, error] {
	return func(yield func(panel.Request, error) bool) {
		for g, err := range groups {
			if err != nil {
				yield(panel.Request{}, err)
				return
			}
			of := bug.Record{ID: g.Left.ID, Language: g.Left.Language, Generator: m.Name}
			requests, _, err := bug.Contain(ctx, a.bugs, siteJudgePrompt, of, func() []ask.Prompt {
				return []ask.Prompt{{
					Context: g.Left, Member: ask.Strip(m), Protocol: a.name, Texts: textsOf(g.Right),
				}}
			}, func() ([]panel.Request, error) { return a.about(o, m, g) })
			if err != nil {
				yield(panel.Request{}, err)
				return
			}
			for _, r := range requests {
				if !yield(r, nil) {
					return
				}
			}
		}
	}
}

// about makes the inquiries about one context and returns their requests, each once.
func (a *asking) about(o Options, m panel.Member, g rivalled) ([]panel.Request, error) {
	turn := o.Turn(m, g.ContextNegatives)
	if len(turn.Negatives) == 0 {
		return nil, nil
	}
	booked := map[string]bool{} // keys of requests whose cost another verdict bears
	for _, n := range turn.before {
		requests, err := a.protocol.requests(a.panel, a.member, g.Left, n.Text, g.Left.Golden)
		if err != nil {
			return nil, err
		}
		for _, r := range requests {
			booked[r.Key] = true
		}
	}
	var out []panel.Request
	sent := map[string]bool{} // keys
	ask := func(id *string, candidate, rival string) error {
		requests, err := a.protocol.requests(a.panel, a.member, g.Left, candidate, rival)
		if err != nil {
			return err
		}
		q := &inquiry{
			answers: make([]panel.Answer, len(requests)), shared: make([]bool, len(requests)), missing: len(requests),
			verdict: schemas.Verdict{NegativeID: id, ContextID: g.Left.ID, Judge: a.member,
				Protocol: o.Recipe.Protocol},
			context: &g.Left, texts: []string{candidate},
		}
		for i, r := range requests {
			r.Tag = g.Left.ID + " " + r.Key // another context may ask the same
			if !sent[r.Key] {
				sent[r.Key] = true
				out = append(out, r)
			}
			q.shared[i] = booked[r.Key]
			booked[r.Key] = true
			a.waiting[r.Tag] = append(a.waiting[r.Tag], place{q, i})
		}
		return nil
	}
	for _, n := range turn.Negatives {
		if err := ask(&n.ID, n.Text, g.Left.Golden); err != nil {
			return nil, err
		}
	}
	if turn.control && g.Control {
		if err := ask(nil, g.Left.Golden, g.Rival); err != nil {
			return nil, err
		}
	}
	return out, nil
}

// textsOf are the texts of negatives.
func textsOf(negatives []schemas.Negative) []string {
	var out []string
	for i := range negatives {
		out = append(out, negatives[i].Text)
	}
	return out
}

// take gives an answer to the inquiries that wait for it.
func (a *asking) take(ctx context.Context, answer panel.Answer) error {
	places := a.waiting[answer.Request.Tag]
	delete(a.waiting, answer.Request.Tag)
	for _, p := range places {
		p.answers[p.at] = answer
		if p.missing--; p.missing > 0 {
			continue
		}
		c := p.context
		v, ok, err := bug.Contain(ctx, a.bugs, siteOpinion,
			bug.Record{ID: cmp.Or(schemas.OrEmpty(p.verdict.NegativeID), c.ID), Language: c.Language, Type: "",
				Generator: a.member}, func() []ask.Answer {
				return []ask.Answer{{Prompt: ask.Prompt{Context: *c, Member: ask.Strip(a.m),
					Protocol: a.name, Texts: p.texts},
					Answers: ask.RawAnswers(p.answers)}}
			}, func() (schemas.Verdict, error) {
				if err := ask.Unread(p.answers...); err != nil {
					return schemas.Verdict{}, err
				}
				return p.conclude(a.protocol), nil
			})
		if err != nil {
			return err
		}
		if ok {
			a.verdicts = append(a.verdicts, v)
		}
	}
	reason, detail := a.protocol.useless(answer)
	return a.panel.Worth(answer, reason, detail)
}

// conclude is the verdict once all answers are there. Its cost is null if one of
// them has an unknown price.
func (q *inquiry) conclude(protocol Protocol) schemas.Verdict {
	v := q.verdict
	cost := 0.0
	v.CostUSD = &cost
	for i, a := range q.answers {
		if a.CostUSD == nil {
			v.CostUSD = nil
		}
		if q.shared[i] {
			continue
		}
		v.InputTokens += a.InputTokens
		v.OutputTokens += a.OutputTokens
		if a.CostUSD != nil {
			cost += *a.CostUSD
		}
	}
	protocol.opinion(q.answers).Fill(&v)
	if v.NegativeID == nil {
		v.Answer = judge.ControlAnswer(v.Answer)
	}
	return v
}

// askedNegatives are the contexts with the negatives that judges are asked about.
func askedNegatives(ctx context.Context, t work.Task, o Options) (*shard.Sorter[rivalled], error) {
	return ask.Order(ctx, t, withRivals(ctx, t, o), func(r *rivalled) *schemas.Context { return &r.Left },
		func(r *rivalled) int {
			size := work.ContextSize(r.Left) + len(r.Rival)
			for i := range r.Right {
				size += len(r.Right[i].Text) + 512 // and what else it has
			}
			return size
		})
}
