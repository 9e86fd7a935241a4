package panel

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"net/http"

	"github.com/sashabaranov/go-openai"
)

// openAI speaks chat completions, as OpenAI and most other servers do
// (https://platform.openai.com/docs/api-reference/chat).
type openAI struct {
	member Member
	api    *openai.Client
}

func newOpenAI(m Member, key string, over *http.Client) (*openAI, error) {
	p := &openAI{member: m, api: openAIClient(m, key, over)}
	if err := openai.NewReasoningValidator().Validate(p.request(Request{}, false)); err != nil {
		return nil, fmt.Errorf("panel member %s: model %s: %w", m.Name, m.Model, err)
	}
	return p, nil
}

func openAIClient(m Member, key string, over *http.Client) *openai.Client {
	config := openai.DefaultConfig(key)
	config.BaseURL, config.HTTPClient = m.BaseURL, over
	return openai.NewClientWithConfig(config)
}

func (p *openAI) request(r Request, schema bool) openai.ChatCompletionRequest {
	m := p.member
	req := openai.ChatCompletionRequest{
		Model:     m.Model,
		MaxTokens: m.MaxTokens,
		Messages: []openai.ChatCompletionMessage{
			{Role: openai.ChatMessageRoleSystem, Content: r.prompt.System},
			{Role: openai.ChatMessageRoleUser, Content: r.prompt.User},
		},
	}
	if r.said != nil {
		req.Messages = append(req.Messages,
			openai.ChatCompletionMessage{Role: openai.ChatMessageRoleAssistant, Content: r.said.text},
			openai.ChatCompletionMessage{Role: openai.ChatMessageRoleUser, Content: askAgain})
	}
	if errors.Is(openai.NewReasoningValidator().Validate(req), openai.ErrReasoningModelMaxTokensDeprecated) {
		req.MaxTokens, req.MaxCompletionTokens = 0, m.MaxTokens
	}
	req.Temperature = openAITemperature(m)
	if schema && r.shape != nil {
		req.ResponseFormat = &openai.ChatCompletionResponseFormat{
			Type: openai.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{
				Name: r.shape.name, Schema: r.shape.schema, Strict: true,
			},
		}
	}
	return req
}

// openAITemperature is a member's temperature as the library takes it: it leaves a
// zero out, and the provider would take its default.
func openAITemperature(m Member) float32 {
	if m.Temperature == nil {
		return 0
	}
	return max(float32(*m.Temperature), math.SmallestNonzeroFloat32)
}

// wire is the form with the schema, whatever the server turns out to take.
func (p *openAI) wire(r Request) ([]byte, error) { return json.Marshal(p.request(r, true)) }

func (p *openAI) send(ctx context.Context, r Request, schema bool) error {
	_, err := p.api.CreateChatCompletion(ctx, p.request(r, schema))
	return err
}

// completion is a completion or a chat completion, or the error that came in its
// place.
type completion struct {
	Choices []choice `json:"choices"`
	Usage   *struct {
		Prompt     *int64 `json:"prompt_tokens"`
		Completion *int64 `json:"completion_tokens"`
	} `json:"usage"`
	Error json.RawMessage `json:"error"`
}

type choice struct {
	Message struct {
		Content string `json:"content"`
		Refusal string `json:"refusal"`
	} `json:"message"`
	Text     string `json:"text"`
	LogProbs *struct {
		Tokens  []string   `json:"tokens"`
		LogProb []*float64 `json:"token_logprobs"`
	} `json:"logprobs"`
	FinishReason openai.FinishReason `json:"finish_reason"`
}

func (p *openAI) read(raw []byte) reply {
	c, r := readCompletion(raw)
	if !r.ok {
		return r
	}
	r.text = c.Message.Content
	if c.Message.Refusal != "" {
		r.reason, r.detail = AnswerRefused, excerpt(c.Message.Refusal)
	} else {
		r.finished(c.FinishReason, len(r.text))
	}
	return r
}

// readCompletion reads the first choice and what it cost.
func readCompletion(raw []byte) (choice, reply) {
	var c completion
	switch err := json.Unmarshal(raw, &c); {
	case err != nil:
		return choice{}, reply{}
	case len(c.Choices) == 0:
		return choice{}, reply{fault: c.Error}
	}
	r := reply{ok: true}
	if c.Usage != nil {
		r.in, r.out = c.Usage.Prompt, c.Usage.Completion
	}
	return c.Choices[0], r
}

// finished takes why a model stopped.
func (r *reply) finished(why openai.FinishReason, bytes int) {
	switch why {
	case openai.FinishReasonContentFilter:
		r.reason, r.detail = AnswerRefused, "finish_reason content_filter"
	case openai.FinishReasonLength:
		r.reason, r.detail = AnswerTruncated, fmt.Sprintf("finish_reason length after %d bytes", bytes)
	}
}
