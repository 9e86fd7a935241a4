package ask

import (
	"strings"

	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/panel"
)

// Prompt is what a request is made of; the member has neither key nor address.
type Prompt struct {
	Context  schemas.Context `json:"context"`
	Member   panel.Member    `json:"member"`
	Type     schemas.Type    `json:"type,omitempty"`
	Sample   int64           `json:"sample,omitempty"`
	Protocol string          `json:"protocol,omitempty"` // of a judge
	Texts    []string        `json:"texts,omitempty"`    // that it is asked about
}

// Answer is an answer to a request.
type Answer struct {
	Prompt  Prompt      `json:"prompt"`
	Answers []rawAnswer `json:"answers"`
}

type rawAnswer struct {
	Raw    []byte         `json:"raw"`
	Reject schemas.Reason `json:"reject,omitempty"`
	Detail string         `json:"detail,omitempty"`
}

// Strip leaves of a member what shapes requests and answers.
func Strip(m panel.Member) panel.Member {
	m = m.Output()
	if m.BaseURL != "" {
		m.BaseURL = "http://localhost"
	}
	return m
}

// RawAnswers are answers as a bundle holds them.
func RawAnswers(answers []panel.Answer) []rawAnswer {
	var out []rawAnswer
	for _, a := range answers {
		if a.Reject == schemas.ReasonInternal {
			a.Reject, a.Detail = "", "" // reading it is what failed
		}
		out = append(out, rawAnswer{a.Raw, a.Reject, a.Detail})
	}
	return out
}

// Unread is the failure of the panel to read one of the answers.
func Unread(answers ...panel.Answer) error {
	for _, a := range answers {
		if a.Reject == schemas.ReasonInternal {
			place, value, _ := strings.Cut(a.Detail, ": ")
			return &contain.Panic{Place: place, Value: value}
		}
	}
	return nil
}
