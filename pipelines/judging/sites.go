package judging

import (
	"context"
	"fmt"
	"io"

	"decoy/pipelines/ask"
	"decoy/pipelines/bug"
	"decoy/pipelines/join"
	"decoy/pipelines/recipe"
	"decoy/pipelines/work"
	"decoy/schemas"
	"decoy/transforms/judge"
	"decoy/transforms/panel"
)

// ngramInput is what the n-gram judge is asked. Counts says that the counts of the
// language, which lie in OUT, are needed.
type ngramInput struct {
	Context schemas.Context `json:"context"`
	Texts   []string        `json:"texts"`
	Foreign string          `json:"foreign"`
	Counts  bool            `json:"counts"`
}

var siteNgrams = bug.NewSite("n-gram judge", func(in ngramInput, out string) error {
	m, err := judge.Load(nil)
	var scorer *judge.Scorer
	if in.Counts {
		if m, err = loadModel(context.Background(), work.Task{Out: out, Fingerprint: "bug"},
			in.Context.Language); err != nil {
			return err
		}
		scorer, err = withoutFold(context.Background(), m, out, in.Context.Language, schemas.Fold(in.Context.Repo))
	} else if err == nil {
		var none io.Reader
		scorer, err = m.Without(none)
	}
	if err != nil {
		return err
	}
	w := scorer.Window(in.Context.Prefix, in.Context.Golden, in.Context.Suffix)
	for _, text := range in.Texts {
		w.Opinion(text)
	}
	w.Control(in.Foreign)
	return nil
})

// pairInput is a context with the negatives that are picked for a judge, and the goldens
// that came before it.
type pairInput struct {
	Context   schemas.Context    `json:"context"`
	Negatives []schemas.Negative `json:"negatives"`
	Member    panel.Member       `json:"member"`
	Recipe    recipe.Judge       `json:"recipe"` // without its panel
	Plan      judge.Plan         `json:"plan"`
	Round     int                `json:"round"`
	Families  map[string]string  `json:"families"`
}

var sitePair = bug.NewSite("pairing of a context with its negatives", func(in pairInput, _ string) error {
	o := Options{Recipe: in.Recipe, Plan: in.Plan, Round: in.Round, Families: in.Families}
	o.Turn(in.Member, join.ContextNegatives{Left: in.Context, Right: in.Negatives})
	judge.NewControls(in.Recipe.Goldens).Pick(&in.Context)
	return nil
})

// judgeDrafts are the requests of a judge again.
func judgeDrafts(in ask.Prompt) ([]panel.Request, error) {
	d, err := panel.OpenDrafts([]panel.Member{in.Member})
	if err != nil {
		return nil, err
	}
	p, ok := Protocols[in.Protocol]
	if !ok {
		return nil, fmt.Errorf("there is no protocol %q", in.Protocol)
	}
	var out []panel.Request
	for _, text := range in.Texts {
		r, err := p.requests(d.Panel(), in.Member.Name, in.Context, text, in.Context.Golden)
		if err != nil {
			return nil, err
		}
		out = append(out, r...)
	}
	return out, nil
}

var siteJudgePrompt = bug.NewSite("prompt of a judge", func(in ask.Prompt, _ string) error {
	_, err := judgeDrafts(in)
	return err
})

var siteOpinion = bug.NewSite("answer of a judge", func(in ask.Answer, _ string) error {
	requests, err := judgeDrafts(in.Prompt)
	if err != nil {
		return err
	}
	q := inquiry{shared: make([]bool, len(in.Answers))}
	for i, a := range in.Answers {
		q.answers = append(q.answers, panel.Answer{Request: requests[min(i, len(requests)-1)], Raw: a.Raw,
			Reject: a.Reject, Detail: a.Detail})
	}
	q.conclude(Protocols[in.Prompt.Protocol])
	return nil
})
