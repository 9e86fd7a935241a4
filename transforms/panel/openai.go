package panel

import (
	"context"
	"encoding/json"
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
	if err := openai.NewReasoningValidator().Validate(p.request(Request{}, m.Parameters)); err != nil {
		return nil, fmt.Errorf("panel member %s: model %s: %w (leave temperature out, or set "+
			"parameters: {temperature: omit})", m.Name, m.Model, err)
	}
	return p, nil
}

func openAIClient(m Member, key string, over *http.Client) *openai.Client {
	config := openai.DefaultConfig(key)
	config.BaseURL, config.HTTPClient = m.BaseURL, over
	return openai.NewClientWithConfig(config)
}

func (p *openAI) request(r Request, form Parameters) openai.ChatCompletionRequest {
	m := p.member
	req := openai.ChatCompletionRequest{
		Model: m.Model,
		Messages: []openai.ChatCompletionMessage{
			{Role: openai.ChatMessageRoleSystem, Content: r.prompt.System},
			{Role: openai.ChatMessageRoleUser, Content: r.prompt.User},
		},
	}
	switch form.System {
	case roleDeveloper:
		req.Messages[0].Role = openai.ChatMessageRoleDeveloper
	case roleUser:
		req.Messages = []openai.ChatCompletionMessage{{Role: openai.ChatMessageRoleUser, Content: r.prompt.System +
			"\n\n" + r.prompt.User}}
	}
	if r.said != nil {
		req.Messages = append(req.Messages,
			openai.ChatCompletionMessage{Role: openai.ChatMessageRoleAssistant, Content: r.said.text},
			openai.ChatCompletionMessage{Role: openai.ChatMessageRoleUser, Content: askAgain})
	}
	if m.tokensField(form) == maxCompletionTokens {
		req.MaxCompletionTokens = m.MaxTokens
	} else {
		//lint:ignore SA1019 Servers other than OpenAI's know this name alone.
		req.MaxTokens = m.MaxTokens
	}
	if form.Temperature != omit {
		req.Temperature = openAITemperature(m)
	}
	if form.ResponseFormat != omit && r.shape != nil {
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

// wire is the usual form, whatever the server turns out to take.
func (p *openAI) wire(r Request) ([]byte, error) { return json.Marshal(p.request(r, Parameters{})) }

func (p *openAI) send(ctx context.Context, r Request, form Parameters) error {
	_, err := p.api.CreateChatCompletion(ctx, p.request(r, form))
	return err
}

func (p *openAI) takes(form Parameters) bool {
	return openai.NewReasoningValidator().Validate(p.request(Request{}, form)) == nil
}
