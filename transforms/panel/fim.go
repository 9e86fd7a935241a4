package panel

import (
	"context"
	"encoding/json"
	"net/http"
	"slices"

	"github.com/sashabaranov/go-openai"

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

// scored are the tokens of an echoed prompt from the middle mark up to and with the
// stop: the text that was asked about. A text cannot hold these marks, so the last
// ones of the echo are the right ones wherever the server's tokens begin and end.
func scored(texts []string, logProbs []*float64, family trainers.Model) []Token {
	if len(texts) != len(logProbs) {
		return nil
	}
	start := lastIndex(texts, family.Middle)
	if start < 0 {
		return nil
	}
	end := slices.Index(texts[start:], family.Stop)
	if end < 0 {
		return nil
	}
	var out []Token
	for i := start + 1; i <= start+end; i++ {
		if logProbs[i] == nil {
			return nil
		}
		out = append(out, Token{texts[i], *logProbs[i]})
	}
	return out
}

func lastIndex(texts []string, text string) int {
	for i := len(texts) - 1; i >= 0; i-- {
		if texts[i] == text {
			return i
		}
	}
	return -1
}
