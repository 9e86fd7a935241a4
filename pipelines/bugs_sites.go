package pipelines

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"

	"decoy/io/archives"
	"decoy/io/gitrepo"
	"decoy/io/rows"
	"decoy/io/sources"
	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/curate"
	"decoy/transforms/edits"
	"decoy/transforms/fim"
	"decoy/transforms/judge"
	"decoy/transforms/panel"
	"decoy/transforms/rules"
	"decoy/transforms/screen"
	"decoy/transforms/valid"
	"decoy/transforms/verify"
)

// The sites of the stages: what a bundle holds for each, and how it is run again.

// fileInput is a file of an archive, or its beginning.
type fileInput struct {
	Path     string        `json:"path"`
	Content  []byte        `json:"content"`
	Stated   string        `json:"stated,omitempty"`   // the licence of a row
	Licenses []licenseFile `json:"licenses,omitempty"` // of the archive
	Terms    screen.Terms  `json:"terms,omitzero"`

	Attributes screen.FileAttributes `json:"attributes,omitzero"`
}

type licenseFile struct {
	Path    string `json:"path"`
	Content []byte `json:"content"`
}

// spansInput is a file that is looked through for spans and symbols, with Added for
// those of an edit.
type spansInput struct {
	Blob   schemas.Blob `json:"blob"`
	Config fim.Config   `json:"config"`
	Spans  bool         `json:"spans"`
	Added  []fim.Range  `json:"added,omitempty"`
}

var (
	siteManifest = newBugSite("package manifest", func(in fileInput, _ string) error {
		projectSymbols("", in.Path, in.Content)
		return nil
	})
	siteLicenseFile = newBugSite("licence file", func(in fileInput, _ string) error {
		screen.NewLicenses().AddEvidence(in.Path, in.Content)
		screen.NewLicenses().Refer(in.Path, in.Content)
		return nil
	})
	siteScreen = newBugSite("screen", func(in fileInput, _ string) error {
		screened(in.Attributes, in.Path, in.Content)
		return nil
	})
	siteLicense = newBugSite("licence of a file", func(in fileInput, _ string) error {
		l := screen.NewLicenses()
		if in.Stated != "" {
			l = screen.Stated(in.Stated)
		}
		for _, f := range in.Licenses {
			l.AddEvidence(f.Path, f.Content)
		}
		l.Under(in.Terms).For(in.Path, in.Content)
		return nil
	})
	siteSpans = newBugSite("spans and symbols", func(in spansInput, _ string) error {
		x := fim.New(in.Config)
		defer x.Close()
		if in.Added != nil {
			_, err := x.Edited(&in.Blob, in.Added)
			return err
		}
		_, err := x.File(&in.Blob, in.Spans)
		return err
	})
	siteSecrets = newBugSite("search for secrets", func(in fileInput, _ string) error {
		s, err := scanner()
		if err == nil {
			s.Find(string(in.Content))
		}
		return err
	})
	siteSample = newBugSite("tokens of the n-gram sample", func(in fileInput, _ string) error {
		judge.NewSample(1).Offer(0, string(in.Content))
		return nil
	})
)

// archiveInput names an archive or a file of rows: its content lies where it was.
type archiveInput struct {
	Source  *archives.Source `json:"source,omitempty"`
	Rows    *rows.Source     `json:"rows,omitempty"`
	Columns rows.Columns     `json:"columns,omitzero"`
	History bool             `json:"history,omitempty"` // its commits, and not its files
	Commits int              `json:"commits,omitempty"` // at most so many
}

var siteArchive = newBugSite("reader", func(in archiveInput, _ string) error {
	ctx := context.Background()
	var failed error
	reject := func(r schemas.Reject) {
		if r.Reason == schemas.ReasonInternal {
			failed = errors.Join(failed, errors.New(r.Detail))
		}
	}
	if in.Rows != nil {
		for _, err := range rows.Read(ctx, *in.Rows, rows.Config{Columns: in.Columns}, reject) {
			if err != nil {
				return err
			}
		}
		return failed
	}
	if in.Source == nil {
		return errors.New("the bundle names no archive")
	}
	if in.History {
		return walkHistory(ctx, in)
	}
	err := sources.Walk(ctx, *in.Source, archives.Limits{}, nil, func(archives.Entry) error { return nil }, reject)
	return errors.Join(failed, err)
})

func walkHistory(ctx context.Context, in archiveInput) (err error) {
	repo, err := gitrepo.Open(ctx, in.Source.Path)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, repo.Close()) }()
	config := gitrepo.Config{Ref: in.Source.Commit, MaxCommits: in.Commits, MaxFiles: edits.MaxFiles, Want: screen.MaybeSource}
	return repo.History(ctx, config, func(gitrepo.Commit) error { return nil })
}

// addedInput is a file before and after a commit.
type addedInput struct {
	Before []byte       `json:"before"`
	After  []byte       `json:"after"`
	Hunks  []edits.Hunk `json:"hunks"`
}

var (
	siteCommit = newBugSite("lines of a commit", func(in edits.Commit, _ string) error {
		edits.NewLineage().Advance(in)
		return nil
	})
	siteAdded = newBugSite("added lines of a file", func(in addedInput, _ string) error {
		edits.AddedLines(in.Before, in.After, in.Hunks)
		return nil
	})
)

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
			take(c, &in.Prompt.Context, in.Prompt.Member, panel.Answer{Request: r, Raw: a.Raw, Reject: a.Reject, Detail: a.Detail})
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
			q.answers = append(q.answers, panel.Answer{Request: requests[min(i, len(requests)-1)], Raw: a.Raw, Reject: a.Reject, Detail: a.Detail})
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

// rowInput is a context with a negative and what was found out about it, Negative null
// for a general row.
type rowInput struct {
	Context  schemas.Context    `json:"context"`
	Negative *schemas.Negative  `json:"negative"`
	Status   string             `json:"status"`
	Rule     string             `json:"rule"`
	Evidence string             `json:"evidence"`
	Verdicts []schemas.Verdict  `json:"verdicts"`
	Selected *schemas.Selected  `json:"selected,omitempty"`
	Weights  map[string]float64 `json:"weights"`
	Models   []string           `json:"models,omitempty"` // of trainers
}

func newRowInput(c *schemas.Context, n *judgedNegative, s *schemas.Selected, weights map[string]float64) rowInput {
	in := rowInput{Context: *c, Selected: s, Weights: weights}
	if n != nil {
		in.Negative, in.Status, in.Rule, in.Evidence, in.Verdicts = &n.Negative, n.status, n.rule, n.evidence, n.verdicts
	}
	return in
}

func (in rowInput) judged() *judgedNegative {
	if in.Negative == nil {
		return nil
	}
	return &judgedNegative{*in.Negative, in.Status, in.Rule, in.Evidence, in.Verdicts}
}

var (
	siteSmallRow = newBugSite("small row", func(in rowInput, _ string) error {
		smallOf(&in.Context, curate.NewDecontaminator())
		if n := in.judged(); n != nil {
			candidate(&in.Context, n, in.Weights)
		}
		return nil
	})
	siteRow = newBugSite("row", func(in rowInput, _ string) error {
		n := in.judged()
		if n != nil {
			outcomeOf(&in.Context, n, in.Selected != nil, in.Weights)
		}
		if in.Selected != nil {
			row(&in.Context, n, in.Selected)
		}
		return nil
	})
	siteTrainerRows = newBugSite("rows of a trainer", func(in trainerInput, _ string) error {
		_, err := trainerRowsOf(in.Model, in.Rows)
		return err
	})
	siteReportPair = newBugSite("pair in the report", func(in sample, _ string) error {
		return renderPair(in)
	})
)

// trainerInput is the rows of one context for one model.
type trainerInput struct {
	Model string        `json:"model"`
	Rows  []schemas.Row `json:"rows"`
}

// siteGroups is over one repository: with others it belongs to a group.
var siteGroups = newBugSite("group of a repository", func(in curate.RepoFiles, _ string) error {
	curate.Groups([]curate.RepoFiles{in})
	return nil
})
