package panel

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	"github.com/sashabaranov/go-openai"
)

// Models differ in which parameters of a request they take and under which name. What a
// member is sent in is no part of a request's key, so that nothing is paid again when a
// model turns out to want another form. A recipe says it beforehand (Parameters), or the
// model's own words do: a 400 that names a parameter is asked again without it, and once
// that is answered, the member is asked so from then on, in this process. The refused
// call counts as no attempt.
//
// A 400 with a response format that names nothing, and a model that failed to write JSON
// in that format, speak for one request only: that one is asked without it. It is left
// out for all once leastPlain requests, and more than were answered with it, needed that.

// Parameters say how a member's requests are sent where it is not as usual. An empty
// field is as usual.
//
//	max_tokens       max_tokens or max_completion_tokens: the name of the limit (openai)
//	temperature      omit (openai, gemini, fim)
//	response_format  omit: no JSON schema is sent (openai, gemini)
//	system           system, developer or user: the role of the first message, user puts
//	                 it before the user's (openai; gemini: system or user)
//	candidate_count  omit (gemini)
//	seed, stop       omit (fim)
//
// The limit of an answer cannot be left out: the budget counts on it.
type Parameters struct {
	MaxTokens      string `yaml:"max_tokens,omitempty" json:"max_tokens,omitempty"`
	Temperature    string `yaml:"temperature,omitempty" json:"temperature,omitempty"`
	ResponseFormat string `yaml:"response_format,omitempty" json:"response_format,omitempty"`
	System         string `yaml:"system,omitempty" json:"system,omitempty"`
	CandidateCount string `yaml:"candidate_count,omitempty" json:"candidate_count,omitempty"`
	Seed           string `yaml:"seed,omitempty" json:"seed,omitempty"`
	Stop           string `yaml:"stop,omitempty" json:"stop,omitempty"`
}

// Values of Parameters.
const (
	omit                = "omit"
	maxTokens           = "max_tokens"
	maxCompletionTokens = "max_completion_tokens"
	roleSystem          = "system"
	roleDeveloper       = "developer"
	roleUser            = "user"
)

// parameter is one of Parameters.
type parameter struct {
	name    string
	of      func(*Parameters) *string
	allowed map[string][]string // by provider
	named   *regexp.Regexp      // how a server calls it
	alone   *regexp.Regexp      // what refuses it without further words, or nil
}

var parameterTable = []parameter{
	{
		name: "max_tokens", of: func(p *Parameters) *string { return &p.MaxTokens },
		allowed: map[string][]string{ProviderOpenAI: {maxTokens, maxCompletionTokens}},
		named:   regexp.MustCompile(`(?i)\bmax_tokens\b|\bmaxTokens\b|\bmax_completion_tokens\b`),
		alone:   regexp.MustCompile(`(?i)\buse ['"` + "`" + `]?max_(?:completion_)?tokens\b`),
	},
	{
		name: "temperature", of: func(p *Parameters) *string { return &p.Temperature },
		allowed: map[string][]string{ProviderOpenAI: {omit}, ProviderGemini: {omit}, ProviderFIM: {omit}},
		named:   regexp.MustCompile(`(?i)\btemperature\b`),
	},
	{
		name: "response_format", of: func(p *Parameters) *string { return &p.ResponseFormat },
		allowed: map[string][]string{ProviderOpenAI: {omit}, ProviderGemini: {omit}},
		named: regexp.MustCompile(`(?i)response[_ ]?format|json[_ ]?schema|json[_ ]mode|json[_ ]object|` +
			`response[_ ]?(?:json[_ ]?)?schema|response[_ ]?mime[_ ]?type|structured[_ ]outputs?|` +
			`guided[_ ](?:json|decoding)|grammar`),
	},
	{
		name: "candidate_count", of: func(p *Parameters) *string { return &p.CandidateCount },
		allowed: map[string][]string{ProviderGemini: {omit}},
		named:   regexp.MustCompile(`(?i)candidate[_ ]?count|multiple candidates`),
	},
	{
		name: "seed", of: func(p *Parameters) *string { return &p.Seed },
		allowed: map[string][]string{ProviderFIM: {omit}},
		named:   regexp.MustCompile(`(?i)\bseed\b`),
	},
	{
		name: "stop", of: func(p *Parameters) *string { return &p.Stop },
		allowed: map[string][]string{ProviderFIM: {omit}},
		named:   regexp.MustCompile(`(?i)\bstop\b`),
	},
	{
		name: "system", of: func(p *Parameters) *string { return &p.System },
		allowed: map[string][]string{
			ProviderOpenAI: {roleSystem, roleDeveloper, roleUser}, ProviderGemini: {roleSystem, roleUser},
		},
		named: regexp.MustCompile(`(?i)\bsystem (?:role|messages?|prompt|instruction)|['"` + "`" +
			`]system['"` + "`" + `]|messages\[0\]\.role|system_?instruction|developer instruction`),
		alone: regexp.MustCompile(`(?i)roles must alternate` +
			`|only (?:the )?user(?:,| and) (?:and )?(?:assistant|model) roles?`),
	},
}

var (
	// refusal is how a server says that it does not take something.
	refusal = regexp.MustCompile(`(?i)` +
		`unsupported|\bnot (?:currently |yet |be )?(?:support|accept|allow|permit|enabled|available|` +
		`implemented|compatible|recogni[sz]ed|valid for)|n['’]t (?:support|accept|allow)|unknown|` +
		`unrecogni[sz]ed|unexpected|extra (?:inputs|fields?|keys?)|extra_forbidden|additional propert|` +
		`cannot find field|deprecated|only (?:the )?default|only \d+(?:\.\d+)? is allowed|only supports? |` +
		`unavailable|incompatible|no longer|must be (?:the |its )?default|cannot be (?:used|specified|set)|` +
		`invalid (?:parameter|argument|field)`)
	// unfit is how it says that a value is not one that it takes: that is for a person.
	unfit = regexp.MustCompile(`(?i)` +
		`too (?:large|small|high|low|big)|at most|at least|less than|greater than|between|out of range|` +
		`range of|exceed|maximum|minimum`)
)

// validate names the field and the values that it may have.
func (p Parameters) validate(m Member) error {
	for _, q := range parameterTable {
		v := *q.of(&p)
		if v == "" || slices.Contains(q.allowed[m.Provider], v) {
			continue
		}
		if len(q.allowed[m.Provider]) == 0 {
			return fmt.Errorf("panel member %s: parameters.%s is %q, but provider %s sends no such parameter; "+
				"leave it out", m.Name, q.name, v, m.Provider)
		}
		return fmt.Errorf("panel member %s: parameters.%s is %q, allowed is %s",
			m.Name, q.name, v, strings.Join(q.allowed[m.Provider], " or "))
	}
	return nil
}

// over are parameters with those of p where it has some.
func (p Parameters) over(base Parameters) Parameters {
	for _, q := range parameterTable {
		if v := *q.of(&p); v != "" {
			*q.of(&base) = v
		}
	}
	return base
}

// notes say for a person what is sent otherwise than usual.
func (p Parameters) notes() (notes []string) {
	for _, q := range parameterTable {
		switch v := *q.of(&p); v {
		case "":
		case omit:
			notes = append(notes, "no "+q.name)
		default:
			notes = append(notes, v+" for "+q.name)
		}
	}
	return notes
}

// sends reports whether a request is sent with a parameter.
func (m Member) sends(q parameter, r Request, form Parameters) bool {
	if *q.of(&form) == omit || len(q.allowed[m.Provider]) == 0 {
		return false
	}
	switch q.name {
	case "temperature":
		return m.Temperature != nil
	case "response_format":
		return r.shape != nil
	case "seed":
		return m.Seed != nil && r.fill.scored == nil
	case "stop":
		return r.fill.scored == nil
	case "system":
		return form.System != roleUser
	}
	return true
}

// without is a form that lacks a parameter, or has it under its other name.
func (m Member) without(q parameter, form Parameters) Parameters {
	switch q.name {
	case "max_tokens":
		other := maxCompletionTokens
		if m.tokensField(form) == maxCompletionTokens {
			other = maxTokens
		}
		form.MaxTokens = other
	case "system":
		form.System = roleUser
	default:
		*q.of(&form) = omit
	}
	return form
}

// tokensField is the name under which the limit of an answer is sent.
func (m Member) tokensField(form Parameters) string {
	if form.MaxTokens != "" {
		return form.MaxTokens
	}
	//lint:ignore SA1019 Whether a model refuses this name is what is asked here.
	probe := openai.ChatCompletionRequest{Model: m.Model, MaxTokens: 1}
	if errors.Is(openai.NewReasoningValidator().Validate(probe), openai.ErrReasoningModelMaxTokensDeprecated) {
		return maxCompletionTokens
	}
	return maxTokens
}

// refusedParameter is the parameter of a request that a server's 400 refuses.
func (m Member) refusedParameter(r Request, form Parameters, body []byte) (parameter, bool) {
	_, terms := saidBy(body)
	named := ""
	if docs, err := documents(body); err == nil {
		e := docs[0].get("error", "detail", "errors").first()
		named = e.get("param").word()
		if loc := e.get("loc").list(); len(loc) > 0 { // FastAPI's
			named = loc[len(loc)-1].word()
		}
	}
	refuses := refusal.MatchString(terms)
	unknown := strings.Contains(terms, "unsupported_") || strings.Contains(terms, "extra_forbidden")
	if unfit.MatchString(terms) && !unknown {
		refuses = false
	}
	for _, by := range []func(parameter) bool{
		func(q parameter) bool { return refuses && named != "" && q.named.MatchString(named) },
		func(q parameter) bool { return q.alone != nil && q.alone.MatchString(terms) },
		func(q parameter) bool { return refuses && q.named.MatchString(terms) },
	} {
		for _, q := range parameterTable {
			if m.sends(q, r, form) && by(q) {
				return q, true
			}
		}
	}
	return parameter{}, false
}
