package panel

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"net/http"

	"google.golang.org/genai"
)

// Gemini's batches (https://ai.google.dev/gemini-api/docs/batch-api): a file of
// requests as the REST interface has them, a job that names it, a file of answers.

// geminiRequest is a GenerateContentRequest as a line of a batch has it.
type geminiRequest struct {
	Contents   []*genai.Content `json:"contents"`
	System     *genai.Content   `json:"systemInstruction,omitempty"`
	Generation struct {
		Temperature *float32 `json:"temperature,omitempty"`
		MaxTokens   int32    `json:"maxOutputTokens,omitempty"`
		Candidates  int32    `json:"candidateCount,omitempty"`
		MIMEType    string   `json:"responseMimeType,omitempty"`
		Schema      any      `json:"responseJsonSchema,omitempty"`
	} `json:"generationConfig"`
}

func (p *gemini) line(id string, r Request) ([]byte, error) {
	form := p.member.Parameters
	c := p.config(r, form)
	req := geminiRequest{Contents: p.contents(r, form), System: c.SystemInstruction}
	req.Generation.Temperature, req.Generation.MaxTokens, req.Generation.Candidates = c.Temperature, c.MaxOutputTokens,
		c.CandidateCount
	req.Generation.MIMEType, req.Generation.Schema = c.ResponseMIMEType, c.ResponseJsonSchema
	return json.Marshal(struct {
		Key     string        `json:"key"`
		Request geminiRequest `json:"request"`
	}{id, req})
}

func (p *gemini) submit(ctx context.Context, name string, lines []byte) (string, error) {
	file, err := p.api.Files.Upload(ctx, bytes.NewReader(lines), &genai.UploadFileConfig{DisplayName: name,
		MIMEType: "application/jsonl"})
	if err != nil {
		return "", err
	}
	job, err := p.api.Batches.Create(ctx, p.member.Model, &genai.BatchJobSource{FileName: file.Name},
		&genai.CreateBatchJobConfig{DisplayName: name})
	if err != nil {
		return "", err
	}
	return job.Name, nil
}

func (p *gemini) find(ctx context.Context, name string) (string, error) {
	for job, err := range p.api.Batches.All(ctx) {
		if err != nil {
			return "", err
		}
		if job.DisplayName == name {
			return job.Name, nil
		}
	}
	return "", nil
}

func (p *gemini) status(ctx context.Context, id string) (BatchStatus, error) {
	job, err := p.api.Batches.Get(ctx, id, nil)
	if err != nil {
		return BatchStatus{}, err
	}
	s := BatchStatus{State: string(job.State)}
	switch job.State {
	case genai.JobStateSucceeded, genai.JobStatePartiallySucceeded, genai.JobStateFailed, genai.JobStateCancelled,
		genai.JobStateExpired:
		s.Ended = true
	}
	if job.Error != nil {
		s.State += ": " + excerpt(job.Error.Message)
	}
	return s, nil
}

func (p *gemini) results(ctx context.Context, id string) ([]byte, error) {
	job, err := p.api.Batches.Get(ctx, id, nil)
	if err != nil || job.Dest == nil || job.Dest.FileName == "" {
		return nil, err // expired or failed before its first answer
	}
	return p.api.Files.Download(ctx, genai.NewDownloadURIFromFile(&genai.File{DownloadURI: job.Dest.FileName}), nil)
}

func (p *gemini) result(line []byte) (id string, status int, body []byte, err error) {
	var l struct {
		Key      string          `json:"key"`
		Response json.RawMessage `json:"response"`
		Error    *struct {
			Code int `json:"code"` // of google.rpc: 3 is INVALID_ARGUMENT
		} `json:"error"`
	}
	if err := json.Unmarshal(line, &l); err != nil {
		return "", 0, nil, fmt.Errorf("not a line of batch results: %w", err)
	}
	const invalidArgument = 3
	switch {
	case len(l.Response) > 0:
		return l.Key, http.StatusOK, l.Response, nil
	case l.Error != nil && (l.Error.Code == invalidArgument || l.Error.Code == http.StatusBadRequest):
		return l.Key, http.StatusBadRequest, bytes.TrimSpace(line), nil
	}
	return l.Key, 0, nil, nil
}
