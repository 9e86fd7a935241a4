package panel

import (
	"context"
	"encoding/json"
	"net/http"
	"strings"

	"github.com/sashabaranov/go-openai"

	"decoy/schemas"
	"decoy/transforms/trainers"
)

// fimEndpoint speaks completions with a model family's FIM tokens, as vLLM and other
// servers of open weights do (https://docs.vllm.ai, OpenAI-compatible server,
// completions). It gives samples of the middle, and the log-probabilities of a given
// one: with echo a server returns the prompt's tokens with theirs.
type fimEndpoint struct {
	member Member
	family trainers.Model
	api    *openai.Client
}

// fill is a place in a file, with the text that is scored there or, if it is nil,
// asked for.
type fill struct {
	prefix, suffix string
	scored         *string
}

// Token is a token of a text with its natural log-probability given all before it.
type Token struct {
	Text    string
	LogProb float64
}

func newFIM(m Member, key string, over *http.Client) (*fimEndpoint, error) {
	family, err := trainers.ByName(m.FIMModel)
	if err != nil {
		return nil, err
	}
	return &fimEndpoint{m, family, openAIClient(m, key, over)}, nil
}

func (p *fimEndpoint) request(r Request, form Parameters) openai.CompletionRequest {
	m := p.member
	if form.Temperature == omit {
		m.Temperature = nil
	}
	prompt := p.family.Prompt(r.fill.prefix, r.fill.suffix)
	if r.fill.scored != nil {
		// One token has to be generated: not all servers take zero.
		return openai.CompletionRequest{
			Model: m.Model, Prompt: prompt + *r.fill.scored + p.family.Stop, MaxTokens: 1, Echo: true, LogProbs: 1,
			Temperature: openAITemperature(m),
		}
	}
	req := openai.CompletionRequest{
		Model: m.Model, Prompt: prompt, MaxTokens: m.MaxTokens, Temperature: openAITemperature(m),
	}
	if form.Stop != omit {
		req.Stop = []string{p.family.Stop}
	}
	if m.Seed != nil && form.Seed != omit {
		seed := *m.Seed + int(r.Sample)
		req.Seed = &seed
	}
	return req
}

func (p *fimEndpoint) wire(r Request) ([]byte, error) {
	return json.Marshal(p.request(r, Parameters{}))
}

func (p *fimEndpoint) send(ctx context.Context, r Request, form Parameters) error {
	_, err := p.api.CreateCompletion(ctx, p.request(r, form))
	return err
}

func (p *fimEndpoint) takes(Parameters) bool { return true }

// scored are the tokens of a scored text in an echoed prompt, its end the last of them: what
// stands between the last middle mark and the stop behind it. Where the marks stand is looked
// for in what the tokens spell together, so it does not matter where the server's tokens begin
// and end:
//
//   - A token that begins before the text does and ends in it counts with the text, whole. In
//     a family whose marks are tokens of their own, as they are in all of trainers.Models,
//     there is none: nothing merges with a mark, and the text begins behind it.
//   - The stop is a token of its own, or nothing is scored.
//
// scripts/judge/score.py takes the same tokens, by their offsets.
func scored(texts []string, logProbs []*float64, family trainers.Model) []Token {
	if len(texts) != len(logProbs) {
		return nil
	}
	all := strings.Join(texts, "")
	begin := strings.LastIndex(all, family.Middle)
	if begin < 0 {
		return nil
	}
	begin += len(family.Middle)
	end := strings.Index(all[begin:], family.Stop)
	if end < 0 {
		return nil
	}
	end += begin
	var out []Token
	to := 0
	for i, text := range texts {
		from := to
		to += len(text)
		if from < begin && to <= begin {
			continue
		}
		if logProbs[i] == nil {
			return nil
		}
		out = append(out, Token{text, *logProbs[i]})
		switch {
		case from == end && text == family.Stop:
			return out
		case to > end:
			return nil
		}
	}
	return nil
}

// Score is the log-probability of a scored text: the sum over its tokens in nats, and apart
// that of the stop behind them.
type Score struct {
	LogProb float64
	Tokens  int64
	Stop    float64
}

// Score reads it from an answer, or says why there is none.
func (a Answer) Score() (s Score, reason schemas.Reason, detail string) {
	tokens, reason, detail := a.Tokens()
	if reason != "" {
		return Score{}, reason, detail
	}
	last := len(tokens) - 1
	for _, t := range tokens[:last] {
		s.LogProb += t.LogProb
	}
	s.Tokens, s.Stop = int64(last), tokens[last].LogProb
	return s, "", ""
}
