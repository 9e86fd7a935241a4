package jobs

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"

	"golang.org/x/oauth2"
	"google.golang.org/api/googleapi"
)

// persistent makes clients of Google's interfaces that are made with the context try
// again where a server is in trouble, and give up when ctx ends. Beam gives its own
// calls no context, no time limit and no second try.
func (p Policy) persistent(ctx context.Context) context.Context {
	return context.WithValue(ctx, oauth2.HTTPClient, &http.Client{Transport: retrying{ctx, p}})
}

// retrying is a transport for small requests.
type retrying struct {
	ctx    context.Context
	policy Policy
}

// RoundTrip makes a request until it is answered otherwise than with 429 or 5xx.
func (t retrying) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithCancel(r.Context())
	defer cancel()
	defer context.AfterFunc(t.ctx, cancel)()
	r = r.WithContext(ctx)
	var body []byte
	if r.Body != nil {
		var err error
		if body, err = io.ReadAll(r.Body); err != nil {
			return nil, err
		}
		r.Body.Close()
	}
	for i := 0; ; i++ {
		resp, err := t.policy.once(r, body)
		if err == nil && resp.StatusCode != http.StatusTooManyRequests && resp.StatusCode < 500 {
			return resp, nil
		}
		if i == len(t.policy.DataflowRetries) || pause(ctx, t.policy.DataflowRetries[i]) != nil {
			return resp, err
		}
	}
}

// once makes a request and reads its answer.
func (p Policy) once(r *http.Request, body []byte) (*http.Response, error) {
	ctx, cancel := context.WithTimeoutCause(r.Context(), p.DataflowPatience,
		fmt.Errorf("no answer within %v", p.DataflowPatience))
	defer cancel()
	r = r.Clone(ctx)
	r.Body = io.NopCloser(bytes.NewReader(body))
	resp, err := http.DefaultTransport.RoundTrip(r)
	if err != nil {
		return nil, errors.Join(err, context.Cause(ctx))
	}
	defer resp.Body.Close()
	raw, err := io.ReadAll(resp.Body)
	if err != nil {
		return nil, err
	}
	resp.Body = io.NopCloser(bytes.NewReader(raw))
	return resp, nil
}

// inOneLine is an error of Google's interfaces in one line, with the remedy.
func inOneLine(what string, err error) error {
	var e *googleapi.Error
	if !errors.As(err, &e) {
		lines := strings.Split(strings.TrimSpace(err.Error()), "\n")
		return fmt.Errorf("dataflow: %s: %s", what, strings.TrimSpace(lines[len(lines)-1]))
	}
	line, _, _ := strings.Cut(e.Message, "\n")
	remedy := ""
	switch {
	case e.Code == http.StatusUnauthorized || e.Code == http.StatusForbidden:
		remedy = "; decoy doctor shows whose credentials are used, and --dry-run what they lack"
	case e.Code == http.StatusTooManyRequests || e.Code >= 500:
		remedy = "; nothing is lost: run the same command again"
	}
	return fmt.Errorf("dataflow: %s: status %d: %s%s", what, e.Code, line, remedy)
}
