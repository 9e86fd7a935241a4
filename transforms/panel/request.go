package panel

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math"

	"github.com/sashabaranov/go-openai"

	"decoy/schemas"
	"decoy/transforms/panel/prompts"
)

// Request is one question to one member. Build it with Panel.GenerateRequest or
// Panel.JudgeRequest. Tag is the caller's own; ContextID, Type and Tag are
// neither sent nor part of the key.
type Request struct {
	Key       string // identifies the request in the ledger
	Member    string
	Sample    int64
	ContextID string
	Type      string // of the negative that is asked for, "" for judges
	Tag       string

	prompt prompts.Prompt
	shape  *shape
	hash   string // of the request bytes
	size   int    // of the request bytes
}

// Prompt is exactly what is sent as the system and the user message.
func (r Request) Prompt() (system, user string) { return r.prompt.System, r.prompt.User }

// shape is the JSON object that a request asks for.
type shape struct {
	name   string
	schema json.RawMessage
}

var (
	generateShape = &shape{"hard_negative", json.RawMessage(`{"type":"object","properties":{"completion":{"type":"string"},"introduced":{"type":"array","items":{"type":"string"}},"why_wrong":{"type":"string"}},"required":["completion","introduced","why_wrong"],"additionalProperties":false}`)}
	judgeShape    = &shape{"verdict", json.RawMessage(`{"type":"object","properties":{"correct":{"type":"boolean"},"confidence":{"type":"number"}},"required":["correct","confidence"],"additionalProperties":false}`)}
)

// GenerateRequest asks a member for a negative of c of the given type. Samples of
// one context and type differ in nothing but their number.
func (p *Panel) GenerateRequest(member string, c schemas.Context, typ string, sample int64) (Request, error) {
	prompt, err := prompts.Generate(c, typ)
	if err != nil {
		return Request{}, err
	}
	return p.request(Request{Member: member, Sample: sample, ContextID: c.ID, Type: typ, prompt: prompt, shape: generateShape})
}

// JudgeRequest asks a member whether candidate is right in the place of c's
// golden. For a golden control, candidate is the golden.
func (p *Panel) JudgeRequest(member string, c schemas.Context, candidate string) (Request, error) {
	prompt, err := prompts.Judge(c, candidate)
	if err != nil {
		return Request{}, err
	}
	return p.request(Request{Member: member, ContextID: c.ID, prompt: prompt, shape: judgeShape})
}

func (p *Panel) request(r Request) (Request, error) {
	c, ok := p.clients[r.Member]
	if !ok {
		return Request{}, fmt.Errorf("panel has no paid member %q", r.Member)
	}
	body, err := json.Marshal(wire(c.member, r, true))
	if err != nil {
		return Request{}, fmt.Errorf("request of context %s to %s: %w", r.ContextID, r.Member, err)
	}
	sum := sha256.Sum256(body)
	r.hash, r.size = hex.EncodeToString(sum[:]), len(body)
	h := sha256.New()
	for _, part := range []string{c.member.Provider, c.member.BaseURL, string(body)} {
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(r.Sample)))
	r.Key = hex.EncodeToString(h.Sum(nil))
	return r, nil
}

// wire is the request as it is sent. The key is made from the form with the
// schema, whatever the server turns out to take.
func wire(m Member, r Request, withSchema bool) openai.ChatCompletionRequest {
	req := openai.ChatCompletionRequest{
		Model:     m.Model,
		MaxTokens: m.MaxTokens,
		Messages: []openai.ChatCompletionMessage{
			{Role: openai.ChatMessageRoleSystem, Content: r.prompt.System},
			{Role: openai.ChatMessageRoleUser, Content: r.prompt.User},
		},
	}
	if errors.Is(openai.NewReasoningValidator().Validate(req), openai.ErrReasoningModelMaxTokensDeprecated) {
		req.MaxTokens, req.MaxCompletionTokens = 0, m.MaxTokens
	}
	if m.Temperature != nil {
		// The library leaves a zero out, and the provider would take its default.
		req.Temperature = max(float32(*m.Temperature), math.SmallestNonzeroFloat32)
	}
	if withSchema && r.shape != nil {
		req.ResponseFormat = &openai.ChatCompletionResponseFormat{
			Type: openai.ChatCompletionResponseFormatTypeJSONSchema,
			JSONSchema: &openai.ChatCompletionResponseFormatJSONSchema{
				Name: r.shape.name, Schema: r.shape.schema, Strict: true,
			},
		}
	}
	return req
}

// Reservation is what a request can need at most: tokens as the account's limit
// counts them, and dollars, null if the price is unknown.
func (p *Panel) Reservation(r Request) (tokens int64, usd *float64) {
	c, ok := p.clients[r.Member]
	if !ok {
		return 0, nil
	}
	return c.reservation(r)
}

// bytesPerToken estimates prompt tokens. Code has some 3.2 bytes a token.
const bytesPerToken = 3

func (c *client) reservation(r Request) (tokens int64, usd *float64) {
	// No tokenizer makes more tokens than bytes, so the dollars are a bound.
	return int64(r.size/bytesPerToken + c.member.MaxTokens), c.cost(int64(r.size), int64(c.member.MaxTokens))
}

// cost of tokens, null if the price is unknown.
func (c *client) cost(in, out int64) *float64 {
	p := c.member.USDPerMTok
	if p == nil {
		return nil
	}
	usd := (float64(in)**p.In + float64(out)**p.Out) / 1e6
	return &usd
}
