package panel

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"google.golang.org/genai"
)

// gemini speaks generateContent of the Gemini API
// (https://ai.google.dev/api/generate-content).
type gemini struct {
	member Member
	api    *genai.Client
}

func newGemini(m Member, key string, over *http.Client) (*gemini, error) {
	api, err := genai.NewClient(context.Background(), &genai.ClientConfig{
		APIKey: key, Backend: genai.BackendGeminiAPI, HTTPClient: over,
		HTTPOptions: genai.HTTPOptions{BaseURL: m.BaseURL},
	})
	if err != nil {
		return nil, fmt.Errorf("panel member %s: %w", m.Name, err)
	}
	return &gemini{m, api}, nil
}

func (p *gemini) contents(r Request) []*genai.Content {
	c := []*genai.Content{genai.NewContentFromText(r.prompt.User, genai.RoleUser)}
	if r.said != nil {
		c = append(c, genai.NewContentFromText(r.said.text, genai.RoleModel), genai.NewContentFromText(askAgain, genai.RoleUser))
	}
	return c
}

func (p *gemini) config(r Request, schema bool) *genai.GenerateContentConfig {
	c := &genai.GenerateContentConfig{
		SystemInstruction: genai.NewContentFromText(r.prompt.System, genai.RoleUser),
		MaxOutputTokens:   int32(p.member.MaxTokens),
		CandidateCount:    1,
	}
	if t := p.member.Temperature; t != nil {
		f := float32(*t)
		c.Temperature = &f
	}
	if schema && r.shape != nil {
		c.ResponseMIMEType, c.ResponseJsonSchema = "application/json", r.shape.schema
	}
	return c
}

func (p *gemini) wire(r Request) ([]byte, error) {
	return json.Marshal(struct {
		Model    string                       `json:"model"`
		Contents []*genai.Content             `json:"contents"`
		Config   *genai.GenerateContentConfig `json:"config"`
	}{p.member.Model, p.contents(r), p.config(r, true)})
}

func (p *gemini) send(ctx context.Context, r Request, schema bool) error {
	_, err := p.api.Models.GenerateContent(ctx, p.member.Model, p.contents(r), p.config(r, schema))
	return err
}

// refusals are the ends of an answer that a filter made.
var refusals = []genai.FinishReason{
	genai.FinishReasonSafety, genai.FinishReasonRecitation, genai.FinishReasonBlocklist,
	genai.FinishReasonProhibitedContent, genai.FinishReasonSPII, genai.FinishReasonLanguage,
}

func (p *gemini) read(raw []byte) reply {
	var body struct {
		genai.GenerateContentResponse
		Error json.RawMessage `json:"error"`
	}
	if json.Unmarshal(raw, &body) != nil {
		return reply{}
	}
	var r reply
	if u := body.UsageMetadata; u != nil {
		in, out := int64(u.PromptTokenCount), int64(u.CandidatesTokenCount)+int64(u.ThoughtsTokenCount)
		r.in, r.out = &in, &out
	}
	if len(body.Candidates) == 0 {
		if f := body.PromptFeedback; f != nil && f.BlockReason != "" {
			r.ok, r.reason, r.detail = true, AnswerRefused, "the prompt is blocked: "+string(f.BlockReason)
			return r
		}
		return reply{fault: body.Error}
	}
	r.ok = true
	c := body.Candidates[0]
	if c.Content != nil {
		for _, part := range c.Content.Parts {
			if part != nil && !part.Thought {
				r.text += part.Text
			}
		}
	}
	switch {
	case c.FinishReason == genai.FinishReasonMaxTokens:
		r.reason, r.detail = AnswerTruncated, fmt.Sprintf("finishReason MAX_TOKENS after %d bytes", len(r.text))
	case slices.Contains(refusals, c.FinishReason):
		r.reason, r.detail = AnswerRefused, "finishReason "+string(c.FinishReason)
	}
	return r
}

// retryInfo is the wait that Google's APIs ask for in the body of an error
// (google.rpc.RetryInfo) where others have a header.
func retryInfo(body []byte) (time.Duration, bool) {
	var e struct {
		Error struct {
			Details []struct {
				Type  string `json:"@type"`
				Delay string `json:"retryDelay"`
			} `json:"details"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &e) != nil {
		return 0, false
	}
	for _, d := range e.Error.Details {
		if strings.HasSuffix(d.Type, "google.rpc.RetryInfo") {
			if wait, err := time.ParseDuration(d.Delay); err == nil && wait >= 0 {
				return wait, true
			}
		}
	}
	return 0, false
}
