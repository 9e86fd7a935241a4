package panel

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"decoy/schemas"
)

// protocol is how one provider is asked. Its methods are called from several
// goroutines.
type protocol interface {
	// wire is the request as JSON, for its key and its size. What is sent has these
	// fields, but for those that the form changes.
	wire(r Request) ([]byte, error)
	// send makes one call, through the http.Client that the protocol was made with.
	// That keeps the response; the error tells only why no request was made.
	send(ctx context.Context, r Request, form Parameters) error
	// takes reports whether the library sends requests in a form.
	takes(form Parameters) bool
	// read reads the body of a response with status 2xx.
	read(raw []byte) reply
}

// reply is what a response says. Without ok it is no answer, and fault is the error
// that came in its place, if one did, or cause says why nothing can be read. reason is
// why an answer cannot be used (refused, truncated), "" for none; detail is for a person.
type reply struct {
	ok      bool
	fault   *fault
	cause   string
	text    string
	tool    string // text is what this tool was called with
	tokens  []Token
	reason  schemas.Reason
	detail  string
	in, out *int64 // tokens as billed, nil where the response does not say
}

// newProtocol makes the protocol of a member over a http.Client.
func newProtocol(m Member, key string, over *http.Client) (protocol, error) {
	switch m.Provider {
	case ProviderGemini:
		return newGemini(m, key, over)
	case ProviderFIM:
		return newFIM(m, key, over)
	}
	return newOpenAI(m, key, over)
}

// exchange is one call as it went.
type exchange struct {
	sent   time.Time
	tried  bool // the library handed the request to the transport
	status int
	header http.Header
	body   []byte
	err    error // no whole response came
}

type exchangeKey struct{}

// maxBody bounds a response.
const maxBody = 8 << 20

// recording is the transport that the libraries see. It keeps the response's bytes,
// which they would throw away.
type recording struct {
	over   *http.Transport
	redact func([]byte) []byte
}

// CloseIdleConnections is what http.Client calls for its own.
func (r recording) CloseIdleConnections() { r.over.CloseIdleConnections() }

// RoundTrip makes the call and keeps it in the exchange of the request's context.
func (r recording) RoundTrip(req *http.Request) (*http.Response, error) {
	x, ok := req.Context().Value(exchangeKey{}).(*exchange)
	if !ok {
		return nil, errors.New("panel: call outside of an exchange")
	}
	x.tried = true
	res, err := r.over.RoundTrip(req)
	if err != nil {
		x.err = err
		return nil, err
	}
	defer res.Body.Close()
	body, err := io.ReadAll(io.LimitReader(res.Body, maxBody+1))
	if err == nil && len(body) > maxBody {
		err = fmt.Errorf("response is larger than %d bytes", maxBody)
	}
	x.status, x.header, x.body, x.err = res.StatusCode, res.Header, r.redact(plain(body)), err
	if err != nil {
		return nil, err
	}
	res.Body = io.NopCloser(bytes.NewReader(x.body))
	return res, nil
}
