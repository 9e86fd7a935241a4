package generation

import (
	"context"
	"slices"

	"decoy/pipelines/ask"
	"decoy/pipelines/bug"
	"decoy/pipelines/join"
	"decoy/pipelines/recipe"
	"decoy/schemas"
	"decoy/transforms/panel"
	"decoy/transforms/rules"
	"decoy/transforms/valid"
	"decoy/transforms/verify"
)

// rulesInput is a context for which the rules make a negative. Names says that the names
// of its language, which lie in OUT, are needed.
type rulesInput struct {
	Context       schemas.Context  `json:"context"`
	Type          schemas.Type     `json:"type"`
	Generator     string           `json:"generator"`
	InventedShare float64          `json:"invented_share"`
	Aim           bool             `json:"aim"`
	Symbols       []schemas.Symbol `json:"symbols"`
	Names         bool             `json:"names"`
}

var siteRules = bug.NewSite("rules and validity", func(in rulesInput, out string) error {
	pool, err := rules.NewPool(func(func(schemas.Name, error) bool) {})
	if in.Names && err == nil {
		pool, err = (&namePools{out: out,
			pools: map[schemas.Language]*lazyPool{}}).of(context.Background(), in.Context.Language)
	}
	if err != nil {
		return err
	}
	t := newMaker(recipe.Generate{InventedShare: in.InventedShare, Aim: in.Aim})
	defer t.Close()
	t.Make(&in.Context, in.Type, in.Generator, rules.NewRepo(slices.Values(in.Symbols)), pool)
	return nil
})

var siteRulesRepo = bug.NewSite("index of a repository for rules", func(in join.Repo, _ string) error {
	rules.NewRepo(slices.Values(in.Symbols))
	return nil
})

// sampleInput is a sample whose errors are looked for, with what its repository declares.
type sampleInput struct {
	Context schemas.Context  `json:"context"`
	Text    string           `json:"text"`
	Symbols []schemas.Symbol `json:"symbols"`
}

var siteSample = bug.NewSite("errors of a sample", func(in sampleInput, _ string) error {
	c := verify.New()
	defer c.Close()
	_, err := c.Sample(verify.NewRepo(slices.Values(in.Symbols)), &in.Context, in.Text)
	return err
})

var siteSampleRepo = bug.NewSite("index of a repository for samples", func(in join.Repo, _ string) error {
	verify.NewRepo(slices.Values(in.Symbols))
	return nil
})

// generatorDraft is the request of a generator again.
func generatorDraft(in ask.Prompt) (panel.Request, error) {
	d, err := panel.OpenDrafts([]panel.Member{in.Member})
	if err != nil {
		return panel.Request{}, err
	}
	if in.Member.Provider == panel.ProviderFIM {
		return d.SampleRequest(in.Member.Name, in.Context, in.Sample)
	}
	return d.GenerateRequest(in.Member.Name, in.Context, in.Type, in.Sample)
}

var sitePrompt = bug.NewSite("prompt of a generator", func(in ask.Prompt, _ string) error {
	_, err := generatorDraft(in)
	return err
})

var siteAnswer = bug.NewSite("answer of a generator", func(in ask.Answer, _ string) error {
	r, err := generatorDraft(in.Prompt)
	if err != nil {
		return err
	}
	c := valid.New()
	defer c.Close()
	for _, a := range in.Answers {
		take(c, &in.Prompt.Context, in.Prompt.Member, panel.Answer{Request: r, Raw: a.Raw,
			Reject: a.Reject, Detail: a.Detail})
	}
	return nil
})
