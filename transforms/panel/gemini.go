package panel

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"

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

func (p *gemini) contents(r Request, form Parameters) []*genai.Content {
	user := r.prompt.User
	if form.System == roleUser {
		user = r.prompt.System + "\n\n" + user
	}
	c := []*genai.Content{genai.NewContentFromText(user, genai.RoleUser)}
	if r.said != nil {
		c = append(c, genai.NewContentFromText(r.said.text, genai.RoleModel),
			genai.NewContentFromText(askAgain, genai.RoleUser))
	}
	return c
}

func (p *gemini) config(r Request, form Parameters) *genai.GenerateContentConfig {
	c := &genai.GenerateContentConfig{MaxOutputTokens: int32(p.member.MaxTokens)}
	if form.System != roleUser {
		c.SystemInstruction = genai.NewContentFromText(r.prompt.System, genai.RoleUser)
	}
	if form.CandidateCount != omit {
		c.CandidateCount = 1
	}
	if t := p.member.Temperature; t != nil && form.Temperature != omit {
		f := float32(*t)
		c.Temperature = &f
	}
	if form.ResponseFormat != omit && r.shape != nil {
		c.ResponseMIMEType, c.ResponseJsonSchema = "application/json", r.shape.schema
	}
	return c
}

func (p *gemini) wire(r Request) ([]byte, error) {
	return json.Marshal(struct {
		Model    string                       `json:"model"`
		Contents []*genai.Content             `json:"contents"`
		Config   *genai.GenerateContentConfig `json:"config"`
	}{p.member.Model, p.contents(r, Parameters{}), p.config(r, Parameters{})})
}

func (p *gemini) send(ctx context.Context, r Request, form Parameters) error {
	_, err := p.api.Models.GenerateContent(ctx, p.member.Model, p.contents(r, form), p.config(r, form))
	return err
}

func (p *gemini) takes(Parameters) bool { return true }
