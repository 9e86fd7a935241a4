package judging

import (
	"cmp"

	"decoy/schemas"
	"decoy/transforms/judge"
	"decoy/transforms/panel"
	"decoy/transforms/panel/prompts"
)

// Protocol is how a judge that is asked, also one that is offline, is asked about a candidate
// at a place.
type Protocol struct {
	judge.Protocol
	// version is that of the prompt, "" without one.
	Version string
	// requests are those that one opinion needs. One that another candidate of the
	// context needs too is sent once.
	requests func(p *panel.Panel, member string, c schemas.Context, candidate, rival string) ([]panel.Request, error)
	// useless is why an answer has no opinion in it, "" for one that has.
	useless func(a panel.Answer) (reason schemas.Reason, detail string)
	// opinion reads their answers, in the same order.
	opinion func(answers []panel.Answer) judge.Opinion
}

// Protocols are the ways to ask paid judges, by the names of judge.Protocols.
var Protocols = map[string]Protocol{
	judge.ProtocolSingle: {
		Version: prompts.JudgeVersion(),
		requests: func(p *panel.Panel, member string, c schemas.Context, candidate, _ string) ([]panel.Request, error) {
			r, err := p.JudgeRequest(member, c, candidate)
			return []panel.Request{r}, err
		},
		useless: func(a panel.Answer) (reason schemas.Reason, detail string) {
			_, reason = a.Judged()
			return reason, said(a)
		},
		opinion: func(answers []panel.Answer) judge.Opinion {
			j, reason := answers[0].Judged()
			if reason != "" {
				return judge.Invalid
			}
			return judge.FromAnswer(j.Correct, j.Confidence)
		},
	},
	judge.ProtocolPairwise: {
		Protocol: judge.Protocols[judge.ProtocolPairwise],
		Version:  prompts.JudgePairVersion(),
		requests: func(p *panel.Panel, member string, c schemas.Context, candidate,
			rival string) ([]panel.Request, error) {
			first, err := p.JudgePairRequest(member, c, candidate, rival)
			if err != nil {
				return nil, err
			}
			second, err := p.JudgePairRequest(member, c, rival, candidate)
			return []panel.Request{first, second}, err
		},
		useless: func(a panel.Answer) (reason schemas.Reason, detail string) {
			_, reason = a.Chosen()
			return reason, said(a)
		},
		opinion: func(answers []panel.Answer) judge.Opinion {
			first, reason := answers[0].Chosen()
			if reason != "" {
				return judge.Invalid
			}
			second, reason := answers[1].Chosen()
			if reason != "" {
				return judge.Invalid
			}
			return judge.FromChoices(first.First, !second.First, first.Confidence, second.Confidence)
		},
	},
	judge.ProtocolLogProb: {
		Protocol: judge.Protocols[judge.ProtocolLogProb],
		requests: func(p *panel.Panel, member string, c schemas.Context, candidate,
			rival string) ([]panel.Request, error) {
			a, err := p.ScoreRequest(member, c, candidate)
			if err != nil {
				return nil, err
			}
			b, err := p.ScoreRequest(member, c, rival)
			return []panel.Request{a, b}, err
		},
		useless: func(a panel.Answer) (reason schemas.Reason, detail string) {
			_, reason, detail = a.Score()
			return reason, detail
		},
		opinion: func(answers []panel.Answer) judge.Opinion {
			var scores [2]judge.Likelihood
			for i, a := range answers {
				s, reason, _ := a.Score()
				if reason != "" {
					return judge.Invalid
				}
				scores[i] = judge.Likelihood(s)
			}
			return judge.FromScores(scores[0], scores[1])
		},
	},
}

// said is what a judge said, or why it said nothing.
func said(a panel.Answer) string {
	text, _, detail := a.Text()
	return cmp.Or(detail, text)
}
