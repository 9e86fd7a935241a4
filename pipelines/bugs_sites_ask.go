package pipelines

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/judge"
	"decoy/transforms/panel"
	"decoy/transforms/rules"
	"decoy/transforms/valid"
	"decoy/transforms/verify"
)

// The sites of generators, certificates and judges.

// repoInput is the symbols of a repository.
type repoInput struct {
	Symbols []schemas.Symbol `json:"symbols"`
}

var (
	siteRulesRepo = newBugSite("index of a repository for rules", func(in repoInput, _ string) error {
		rules.NewRepo(slices.Values(in.Symbols))
		return nil
	})
	siteVerifyRepo = newBugSite("index of a repository for certificates", func(in repoInput, _ string) error {
		verify.NewRepo(slices.Values(in.Symbols))
		return nil
	})
)

// rulesInput is a context for which the rules make a negative. Names says that the names
// of its language, which lie in OUT, are needed.
type rulesInput struct {
	Context       schemas.Context  `json:"context"`
	Type          string           `json:"type"`
	Generator     string           `json:"generator"`
	InventedShare float64          `json:"invented_share"`
	Symbols       []schemas.Symbol `json:"symbols"`
	Names         bool             `json:"names"`
}

var siteRules = newBugSite("rules and validity", func(in rulesInput, out string) error {
	pool, err := rules.NewPool(func(func(schemas.Name, error) bool) {})
	if in.Names && err == nil {
		pool, err = (&namePools{out: out, pools: map[string]*lazyPool{}}).of(in.Context.Language)
	}
	if err != nil {
		return err
	}
	t := newRuleTool(in.InventedShare)
	defer t.close()
	t.make(&in.Context, in.Type, in.Generator, rules.NewRepo(slices.Values(in.Symbols)), pool)
	return nil
})

// promptInput is what a request is made of; the member has neither key nor address.
type promptInput struct {
	Context  schemas.Context `json:"context"`
	Member   panel.Member    `json:"member"`
	Type     string          `json:"type,omitempty"`
	Sample   int64           `json:"sample,omitempty"`
	Protocol string          `json:"protocol,omitempty"` // of a judge
	Texts    []string        `json:"texts,omitempty"`    // that it is asked about
}

// answerInput is an answer to a request.
type answerInput struct {
	Prompt  promptInput `json:"prompt"`
	Answers []rawAnswer `json:"answers"`
}

type rawAnswer struct {
	Raw    []byte `json:"raw"`
	Reject string `json:"reject,omitempty"`
	Detail string `json:"detail,omitempty"`
}

// strip leaves of a member what shapes requests and answers.
func strip(m panel.Member) panel.Member {
	m = m.Output()
	if m.BaseURL != "" {
		m.BaseURL = "http://localhost"
	}
	return m
}

func rawAnswers(answers []panel.Answer) []rawAnswer {
	var out []rawAnswer
	for _, a := range answers {
		if a.Reject == schemas.ReasonInternal {
			a.Reject, a.Detail = "", "" // reading it is what failed
		}
		out = append(out, rawAnswer{a.Raw, a.Reject, a.Detail})
	}
	return out
}

// unread is the failure of the panel to read one of the answers.
func unread(answers ...panel.Answer) error {
	for _, a := range answers {
		if a.Reject == schemas.ReasonInternal {
			place, value, _ := strings.Cut(a.Detail, ": ")
			return &contain.Panic{Place: place, Value: value}
		}
	}
	return nil
}

func (in promptInput) generator() (panel.Request, error) {
	d, err := panel.OpenDrafts([]panel.Member{in.Member})
	if err != nil {
		return panel.Request{}, err
	}
	if in.Member.Provider == panel.ProviderFIM {
		return d.SampleRequest(in.Member.Name, in.Context, in.Sample)
	}
	return d.GenerateRequest(in.Member.Name, in.Context, in.Type, in.Sample)
}

func (in promptInput) judge() ([]panel.Request, error) {
	d, err := panel.OpenDrafts([]panel.Member{in.Member})
	if err != nil {
		return nil, err
	}
	p, ok := judgeProtocols[in.Protocol]
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

var (
	sitePrompt = newBugSite("prompt of a generator", func(in promptInput, _ string) error {
		_, err := in.generator()
		return err
	})
	siteJudgePrompt = newBugSite("prompt of a judge", func(in promptInput, _ string) error {
		_, err := in.judge()
		return err
	})
	siteAnswer = newBugSite("answer of a generator", func(in answerInput, _ string) error {
		r, err := in.Prompt.generator()
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
	siteOpinion = newBugSite("answer of a judge", func(in answerInput, _ string) error {
		requests, err := in.Prompt.judge()
		if err != nil {
			return err
		}
		q := inquiry{shared: make([]bool, len(in.Answers))}
		for i, a := range in.Answers {
			q.answers = append(q.answers, panel.Answer{Request: requests[min(i, len(requests)-1)], Raw: a.Raw,
				Reject: a.Reject, Detail: a.Detail})
		}
		q.conclude(judgeProtocols[in.Prompt.Protocol])
		return nil
	})
)

// certifyInput is a negative with what its repository declares.
type certifyInput struct {
	Context  schemas.Context  `json:"context"`
	Negative schemas.Negative `json:"negative"`
	Symbols  []schemas.Symbol `json:"symbols"`
}

var siteCertify = newBugSite("certificate", func(in certifyInput, _ string) error {
	c := verify.New()
	defer c.Close()
	_, err := c.Certify(verify.NewRepo(slices.Values(in.Symbols)), &in.Context, &in.Negative)
	return err
})

// symbolsOf are subsets of a repository's symbols in ascending size: none, those of a
// file, those of the files beside it, all.
func symbolsOf(all []schemas.Symbol, path string) [][]schemas.Symbol {
	within := func(keep func(string) bool) []schemas.Symbol {
		out := []schemas.Symbol{}
		for _, s := range all {
			if keep(s.Path) {
				out = append(out, s)
			}
		}
		return out
	}
	folder := folderOf(path)
	return [][]schemas.Symbol{
		{},
		within(func(p string) bool { return p == path }),
		within(func(p string) bool { return folderOf(p) == folder }),
		all,
	}
}

// ngramInput is what the n-gram judge is asked. Counts says that the counts of the
// language, which lie in OUT, are needed.
type ngramInput struct {
	Context schemas.Context `json:"context"`
	Texts   []string        `json:"texts"`
	Foreign string          `json:"foreign"`
	Counts  bool            `json:"counts"`
}

var siteNgrams = newBugSite("n-gram judge", func(in ngramInput, out string) error {
	m, err := judge.Load(nil)
	var scorer *judge.Scorer
	if in.Counts {
		if m, err = loadModel(shardTask{Out: out, Fingerprint: "bug"}, in.Context.Language); err != nil {
			return err
		}
		scorer, err = withoutFold(m, out, in.Context.Language, schemas.Fold(in.Context.Repo))
	} else if err == nil {
		var none io.Reader
		scorer, err = m.Without(none)
	}
	if err != nil {
		return err
	}
	w := scorer.Window(in.Context.Prefix, in.Context.Golden, in.Context.Suffix)
	for _, text := range in.Texts {
		w.Margin(text)
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
	Recipe    JudgeRecipe        `json:"recipe"` // without its panel
	Plan      judge.Plan         `json:"plan"`
	Round     int                `json:"round"`
	Families  map[string]string  `json:"families"`
}

var sitePair = newBugSite("pairing of a context with its negatives", func(in pairInput, _ string) error {
	o := judgeOptions{Recipe: in.Recipe, Plan: in.Plan, Round: in.Round, Families: in.Families}
	o.turn(in.Member, contextNegatives{Left: in.Context, Right: in.Negatives})
	judge.NewControls(in.Recipe.Goldens).Pick(&in.Context)
	return nil
})
