package pipelines

import (
	"context"
	"errors"
	"iter"

	"decoy/schemas"
	"decoy/transforms/judge"
	"decoy/transforms/panel"
)

// askJudge asks one paid judge about the shard's negatives and its golden controls.
// The judge sees neither generator nor type, and a control looks like a negative.
func askJudge(ctx context.Context, t shardTask, o judgeOptions, m panel.Member) ([]schemas.Verdict, error) {
	p, err := openPanel(t, m, o.BudgetUSD, o.Replay, o.Workers)
	if err != nil {
		return nil, err
	}
	defer p.Close()
	var failed error
	requests := func(yield func(panel.Request) bool) {
		for r, err := range judgeRequests(t, o, m, p) {
			if err != nil {
				failed = err
				return
			}
			if !yield(r) {
				return
			}
		}
	}
	var out []schemas.Verdict
	err = p.Do(ctx, t.Shard, requests, func(a panel.Answer) error {
		v := schemas.Verdict{ContextID: a.Request.ContextID, Judge: m.Name, Protocol: o.Recipe.Protocol, Answer: schemas.AnswerInvalid, InputTokens: a.InputTokens, OutputTokens: a.OutputTokens, CostUSD: a.CostUSD}
		if j, reason := a.Judged(); reason == "" {
			answer, margin := judge.FromAnswer(j.Correct, j.Confidence)
			v.Answer, v.Margin = answer, &margin
		}
		if id := a.Request.Tag; id != "" {
			v.NegativeID = &id
		} else {
			v.Answer = judge.ControlAnswer(v.Answer)
		}
		out = append(out, v)
		return nil
	})
	return out, errors.Join(failed, err)
}

func judgeRequests(t shardTask, o judgeOptions, m panel.Member, p *panel.Panel) iter.Seq2[panel.Request, error] {
	return func(yield func(panel.Request, error) bool) {
		for g, err := range withNegatives(t) {
			if err != nil {
				yield(panel.Request{}, err)
				return
			}
			for _, n := range g.Right {
				r, err := p.JudgeRequest(m.Name, g.Left, n.Text)
				r.Tag = n.ID
				if !yield(r, err) || err != nil {
					return
				}
			}
			if judge.Sampled(g.Left.ID, o.Recipe.Goldens) {
				r, err := p.JudgeRequest(m.Name, g.Left, g.Left.Golden)
				if !yield(r, err) || err != nil {
					return
				}
			}
		}
	}
}
