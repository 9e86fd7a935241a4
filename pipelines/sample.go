package pipelines

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strconv"

	"decoy/io/shard"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/valid"
)

// sample asks a FIM endpoint to fill the shard's contexts, each so many times as the
// member has samples. It was not asked to be wrong, so what it gives is a negative
// only if it is a valid one of some type that the context can carry, and verify
// certifies it; all else is unlabelled. Of types that fit, the first in the order of
// schemas.Types is taken; validity leaves one at most.
func (g *generation) sample(ctx context.Context, m panel.Member) error {
	p, err := openPanel(g.t, m, g.o.BudgetUSD, g.o.Replay, g.o.Workers)
	if err != nil {
		return err
	}
	defer p.Close()
	checker := valid.New()
	defer checker.Close()
	open := inFlight[schemas.Context]{m: map[string]schemas.Context{}}
	var failed error
	requests := func(yield func(panel.Request) bool) {
		for c, err := range shard.Read[schemas.Context](g.t.path(schemas.StageExtract, "contexts")) {
			if err != nil {
				failed = err
				return
			}
			if len(c.Types) == 0 {
				continue
			}
			for i := range int64(m.Defaults().Samples) {
				r, err := p.SampleRequest(m.Name, c, i)
				if err != nil {
					failed = err
					return
				}
				g.counts["requests"]++
				open.put(c.ID+"/"+strconv.FormatInt(i, 10), c)
				if !yield(r) {
					return
				}
			}
		}
	}
	err = p.Do(ctx, g.t.Shard, requests, func(a panel.Answer) error {
		c := open.take(a.Request.ContextID + "/" + strconv.FormatInt(a.Request.Sample, 10))
		g.takeSample(checker, &c, m, a)
		return nil
	})
	return errors.Join(failed, err)
}

// takeSample makes a negative, an unlabelled record or a reject of one answer.
func (g *generation) takeSample(checker *valid.Checker, c *schemas.Context, m panel.Member, a panel.Answer) {
	text, reason, detail := a.Text()
	if reason != "" {
		g.rejects = append(g.rejects, schemas.Reject{Stage: schemas.StageGenerate, ID: c.ID, Reason: reason, Detail: detail, Language: c.Language, Generator: m.Name})
		return
	}
	rest := schemas.Unlabelled{
		ContextID: c.ID, Generator: m.Name, Sample: a.Request.Sample, Text: text, RequestKey: a.Request.Key,
		InputTokens: a.InputTokens, OutputTokens: a.OutputTokens, CostUSD: a.CostUSD,
	}
	for _, typ := range c.Types {
		var v valid.Result
		if v, rest.Reason, rest.Detail = checker.Check(c, typ, text); rest.Reason != "" {
			continue
		}
		g.negatives = append(g.negatives, schemas.Negative{
			ID: schemas.NegativeID(c.ID, typ, m.Name, rest.Sample), ContextID: c.ID, Type: typ, Generator: m.Name, Sample: rest.Sample,
			Text: v.Text, Introduced: v.Introduced, Sampled: true, EditSimilarity: v.EditSimilarity,
			PromptVersion: "fim " + m.FIMModel, RequestKey: rest.RequestKey,
			InputTokens: rest.InputTokens, OutputTokens: rest.OutputTokens, CostUSD: rest.CostUSD,
		})
		return
	}
	g.rest = append(g.rest, rest)
}

func (g *generation) writeUnlabelled() (schemas.File, error) {
	slices.SortFunc(g.rest, func(a, b schemas.Unlabelled) int {
		return cmp.Or(cmp.Compare(a.ContextID, b.ContextID), cmp.Compare(a.Generator, b.Generator), cmp.Compare(a.Sample, b.Sample))
	})
	return writeAll(g.t.path(g.t.Stage, "unlabelled"), g.rest)
}
