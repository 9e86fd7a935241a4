package panel

import (
	"context"
	"encoding/json"
	"fmt"
	"io"

	"github.com/sashabaranov/go-openai"
)

// OpenAI's batches (https://platform.openai.com/docs/api-reference/batch): a file of
// requests, a batch that names it, a file of answers and one of errors.

func (p *openAI) line(id string, r Request) ([]byte, error) {
	return json.Marshal(openai.BatchChatCompletionRequest{CustomID: id, Body: p.request(r, p.member.Parameters),
		Method: "POST", URL: openai.BatchEndpointChatCompletions})
}

// batchName is the metadata in which a batch carries its name.
const batchName = "decoy"

func (p *openAI) submit(ctx context.Context, name string, lines []byte) (string, error) {
	file, err := p.api.CreateFileBytes(ctx, openai.FileBytesRequest{Name: name + ".jsonl", Bytes: lines,
		Purpose: openai.PurposeBatch})
	if err != nil {
		return "", err
	}
	b, err := p.api.CreateBatch(ctx, openai.CreateBatchRequest{
		InputFileID: file.ID, Endpoint: openai.BatchEndpointChatCompletions, CompletionWindow: "24h",
		Metadata: map[string]any{batchName: name},
	})
	return b.ID, err
}

func (p *openAI) find(ctx context.Context, name string) (string, error) {
	limit := 100
	for after := (*string)(nil); ; {
		page, err := p.api.ListBatch(ctx, after, &limit)
		if err != nil {
			return "", err
		}
		for _, b := range page.Data {
			if b.Metadata[batchName] == name {
				return b.ID, nil
			}
		}
		if !page.HasMore || len(page.Data) == 0 {
			return "", nil
		}
		after = &page.Data[len(page.Data)-1].ID
	}
}

func (p *openAI) status(ctx context.Context, id string) (BatchStatus, error) {
	b, err := p.api.RetrieveBatch(ctx, id)
	s := BatchStatus{State: b.Status}
	switch b.Status {
	case "completed", "expired", "cancelled", "failed":
		s.Ended = true
	}
	if b.Errors != nil && len(b.Errors.Data) > 0 {
		s.State += ": " + excerpt(b.Errors.Data[0].Message)
	}
	return s, err
}

func (p *openAI) results(ctx context.Context, id string) ([]byte, error) {
	b, err := p.api.RetrieveBatch(ctx, id)
	if err != nil {
		return nil, err
	}
	var out []byte
	for _, file := range []*string{b.OutputFileID, b.ErrorFileID} {
		if file == nil || *file == "" {
			continue
		}
		body, err := p.api.GetFileContent(ctx, *file)
		if err != nil {
			return nil, err
		}
		raw, err := io.ReadAll(body)
		body.Close()
		if err != nil {
			return nil, err
		}
		out = append(append(out, raw...), '\n')
	}
	return out, nil
}

func (p *openAI) result(line []byte) (id string, status int, body []byte, err error) {
	var l struct {
		ID       string `json:"custom_id"`
		Response *struct {
			Status int             `json:"status_code"`
			Body   json.RawMessage `json:"body"`
		} `json:"response"`
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return "", 0, nil, fmt.Errorf("not a line of batch results: %w", err)
	}
	if l.Response == nil {
		return l.ID, 0, nil, nil
	}
	return l.ID, l.Response.Status, l.Response.Body, nil
}
