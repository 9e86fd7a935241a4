package faultserver

import (
	"encoding/json"
	"fmt"
	"net/http"
	"strconv"
	"strings"
)

// Protocols of an arrival.
const (
	Chat        = "chat"
	Completions = "completions"
	Gemini      = "gemini"
)

func readChat(r *http.Request, body []byte) (Arrival, error) {
	var req struct {
		Model               string `json:"model"`
		MaxTokens           int    `json:"max_tokens"`
		MaxCompletionTokens int    `json:"max_completion_tokens"`
		Messages            []struct {
			Role    string `json:"role"`
			Content string `json:"content"`
		} `json:"messages"`
		ResponseFormat *struct {
			Type string `json:"type"`
		} `json:"response_format"`
	}
	if err := json.Unmarshal(body, &req); err != nil {
		return Arrival{}, err
	}
	a := Arrival{
		Protocol: Chat, Model: req.Model, MaxTokens: max(req.MaxTokens, req.MaxCompletionTokens),
		Auth:   r.Header.Get("Authorization"),
		Schema: req.ResponseFormat != nil && req.ResponseFormat.Type == "json_schema", fields: fieldsOf(body),
	}
	for _, m := range req.Messages {
		switch {
		case m.Role == "system":
			a.System += m.Content
			a.fields["system"] = true
		case m.Role == "assistant":
			a.Again = true
		case !a.Again:
			a.User += m.Content
		}
		a.Reserved += len(m.Content) / 3
	}
	a.Reserved += a.MaxTokens
	return a, nil
}

func readCompletion(r *http.Request, body []byte) (Arrival, error) {
	var req struct {
		Model     string `json:"model"`
		Prompt    string `json:"prompt"`
		MaxTokens int    `json:"max_tokens"`
		Echo      bool   `json:"echo"`
	}
	if err := json.Unmarshal(body, &req); err != nil {
		return Arrival{}, err
	}
	return Arrival{
		Protocol: Completions, Model: req.Model, User: req.Prompt, MaxTokens: req.MaxTokens, Echo: req.Echo,
		Auth: r.Header.Get("Authorization"), Reserved: len(req.Prompt)/3 + req.MaxTokens, fields: fieldsOf(body),
	}, nil
}

func readGemini(r *http.Request, body []byte) (Arrival, error) {
	type content struct {
		Parts []struct {
			Text string `json:"text"`
		} `json:"parts"`
	}
	var req struct {
		System   content         `json:"systemInstruction"`
		Contents []content       `json:"contents"`
		Config   json.RawMessage `json:"generationConfig"`
	}
	var config struct {
		MaxOutputTokens int             `json:"maxOutputTokens"`
		Schema          json.RawMessage `json:"responseJsonSchema"`
	}
	model, ok := strings.CutSuffix(r.PathValue("call"), ":generateContent")
	if !ok {
		return Arrival{}, fmt.Errorf("unknown method %q", r.PathValue("call"))
	}
	if err := json.Unmarshal(body, &req); err != nil {
		return Arrival{}, err
	}
	if len(req.Config) > 0 {
		if err := json.Unmarshal(req.Config, &config); err != nil {
			return Arrival{}, err
		}
	}
	a := Arrival{
		Protocol: Gemini, Model: model, MaxTokens: config.MaxOutputTokens,
		Auth: r.Header.Get("X-Goog-Api-Key"), Schema: len(config.Schema) > 0, fields: fieldsOf(req.Config),
	}
	a.fields["system"] = len(req.System.Parts) > 0
	for _, p := range req.System.Parts {
		a.System += p.Text
	}
	a.Again = len(req.Contents) > 1
	for _, c := range req.Contents[:min(1, len(req.Contents))] {
		for _, p := range c.Parts {
			a.User += p.Text
		}
	}
	a.Reserved = len(a.System)/3 + len(a.User)/3 + a.MaxTokens
	return a, nil
}

// envelope is a response with the given content, in the arrival's protocol.
func envelope(a Arrival, content, refusal, finish string) []byte {
	in, out := a.Reserved-a.MaxTokens, len(content)/3+1
	usage := map[string]any{"prompt_tokens": in, "completion_tokens": out, "total_tokens": in + out}
	head := map[string]any{"id": fmt.Sprintf("cmpl-%d", a.N), "created": a.At.Unix(), "model": a.Model, "usage": usage}
	switch a.Protocol {
	case Gemini:
		return encode(geminiEnvelope(content, refusal, finish, in, out))
	case Completions:
		c := map[string]any{"index": 0, "text": content, "finish_reason": finish}
		if a.Echo {
			c["text"], c["logprobs"], c["finish_reason"] = a.User, echoed(a.User, content), "length"
		}
		head["object"], head["choices"] = "text_completion", []any{c}
	default:
		message := map[string]any{"role": "assistant", "content": content}
		if refusal != "" {
			message["content"], message["refusal"] = nil, refusal
		}
		head["object"], head["choices"] = "chat.completion",
			[]any{map[string]any{"index": 0, "message": message, "finish_reason": finish}}
	}
	return encode(head)
}

var geminiFinish = map[string]string{"stop": "STOP", "length": "MAX_TOKENS", "content_filter": "SAFETY"}

func geminiEnvelope(content, refusal, finish string, in, out int) map[string]any {
	usage := map[string]any{"promptTokenCount": in, "candidatesTokenCount": out, "totalTokenCount": in + out}
	if refusal != "" {
		return map[string]any{"promptFeedback": map[string]any{"blockReason": "PROHIBITED_CONTENT"},
			"usageMetadata": usage}
	}
	return map[string]any{
		"candidates": []any{map[string]any{
			"content":      map[string]any{"role": "model", "parts": []any{map[string]any{"text": content}}},
			"finishReason": geminiFinish[finish],
		}},
		"usageMetadata": usage,
	}
}

// echoed are the tokens of an echoed prompt: its special tokens, and each byte of the
// rest. All have the log-probability that the step's content states, but for the
// first, which has none, as servers have it.
func echoed(prompt, content string) map[string]any {
	p, err := strconv.ParseFloat(content, 64)
	if err != nil {
		p = -1
	}
	var tokens []string
	var logProbs []any
	for len(prompt) > 0 {
		n := 1
		if strings.HasPrefix(prompt, "<|") {
			if i := strings.Index(prompt, "|>"); i > 0 {
				n = i + 2
			}
		}
		tokens, logProbs = append(tokens, prompt[:n]), append(logProbs, any(p))
		prompt = prompt[n:]
	}
	if len(logProbs) > 0 {
		logProbs[0] = nil
	}
	return map[string]any{"tokens": append(tokens, "x"), "token_logprobs": append(logProbs, p)}
}

func encode(v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		panic(err) // maps of strings and numbers
	}
	return b
}
