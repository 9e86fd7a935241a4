package panel

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"time"

	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/panel/limit"
)

// client asks one member.
type client struct {
	member   Member
	account  *limit.Account
	http     *http.Client
	protocol protocol
	key      string
	redact   func([]byte) []byte
	noSchema atomic.Bool           // the server refuses response_format
	stopped  atomic.Pointer[error] // why the member is asked no more
}

func newClient(m Member, account *limit.Account) (*client, error) {
	key, err := m.Key().Read(context.Background())
	if err != nil {
		return nil, fmt.Errorf("panel member %s: its API key: %w", m.Name, err)
	}
	c := &client{member: m, account: account, key: key, redact: redactor(key)}
	c.http = &http.Client{
		Transport: recording{redact: c.redact, over: &http.Transport{
			Proxy:               http.ProxyFromEnvironment,
			DialContext:         (&net.Dialer{Timeout: 10 * time.Second, KeepAlive: 30 * time.Second}).DialContext,
			ForceAttemptHTTP2:   true,
			MaxIdleConnsPerHost: m.Concurrency,
			IdleConnTimeout:     90 * time.Second,
			TLSHandshakeTimeout: 10 * time.Second,
		}},
		// A redirect would take the text somewhere that nobody named.
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}
	if c.protocol, err = newProtocol(m, key, c.http); err != nil {
		return nil, err
	}
	return c, nil
}

// shortestKey is the length from which a key is taken for one. Local servers are given
// words like EMPTY, which stand in source code as well; no provider's key has less than 20.
const shortestKey = 12

// redactor takes the key out of what a server or a library echoes, also as JSON
// writes it.
func redactor(key string) func([]byte) []byte {
	if len(key) < shortestKey {
		return func(b []byte) []byte { return b }
	}
	quoted, _ := json.Marshal(key) // a string always marshals
	forms := []string{key, strings.ReplaceAll(key, "/", `\/`), string(quoted[1 : len(quoted)-1])}
	return func(b []byte) []byte {
		for _, f := range forms {
			b = bytes.ReplaceAll(b, []byte(f), []byte("[redacted]"))
		}
		return b
	}
}

func (c *client) send(ctx context.Context, r Request, schema bool) *exchange {
	ctx, cancel := context.WithTimeout(ctx, c.member.Timeout)
	defer cancel()
	x := &exchange{sent: time.Now()}
	err := c.protocol.send(context.WithValue(ctx, exchangeKey{}, x), r, schema)
	if !x.tried {
		x.err = err
	}
	return x
}

// outcome of a call.
type verdict struct {
	class  class
	reason string // of the reject, if it comes to that
	detail string
	billed bool // the call may have cost something although no answer came
	reply  reply
}

type class int

const (
	answered  class = iota
	failed          // may work the next time
	throttled       // 429
	refused         // would fail again
	stopping        // the member cannot be asked at all
)

// read says what an exchange means.
func (c *client) read(x *exchange) verdict {
	if x.err != nil {
		return c.broken(x)
	}
	if x.status < 200 || x.status > 299 {
		return c.byStatus(x.status, string(x.body))
	}
	var r reply
	err := contain.Do(func() error { // in the goroutine of one call: a strange answer ends no other
		contain.At("read answer", c.member.Name)
		r = c.protocol.read(x.body)
		return nil
	})
	switch {
	case err != nil: // to ask again would cost again
		return verdict{class: refused, reason: schemas.ReasonInternal, billed: true, detail: err.Error()}
	case r.ok:
		return verdict{class: answered, reply: r}
	case len(r.fault) > 0:
		var e struct {
			Code int `json:"code"`
		}
		if json.Unmarshal(r.fault, &e) == nil && e.Code >= 400 && e.Code <= 599 {
			return c.byStatus(e.Code, string(x.body))
		}
		return verdict{class: failed, reason: HTTPError, detail: "status 200 with an error: " + excerpt(string(x.body))}
	}
	return verdict{class: failed, reason: HTTPError, billed: true, detail: "status 200, not a completion: " + excerpt(string(x.body))}
}

func (c *client) broken(x *exchange) verdict {
	detail := excerpt(string(c.redact([]byte(x.err.Error()))))
	if !x.tried {
		return verdict{class: stopping, reason: HTTPError, detail: "the client library refuses the request: " + detail}
	}
	var n net.Error
	if errors.As(x.err, &n) && n.Timeout() {
		return verdict{class: failed, reason: Timeout, billed: true, detail: fmt.Sprintf("no answer within %v", c.member.Timeout)}
	}
	var op *net.OpError
	dial := errors.As(x.err, &op) && op.Op == "dial"
	return verdict{class: failed, reason: HTTPError, billed: !dial, detail: detail}
}

func (c *client) byStatus(status int, body string) verdict {
	v := verdict{class: refused, reason: HTTPError, detail: fmt.Sprintf("status %d: %s", status, excerpt(body))}
	switch {
	case status == http.StatusTooManyRequests:
		v.class = throttled
		if strings.Contains(body, "insufficient_quota") {
			v.class = stopping
		}
	case status == http.StatusBadRequest && strings.Contains(body, "API_KEY_INVALID"): // Gemini's 401
		v.class = stopping
	case status == http.StatusUnauthorized, status == http.StatusForbidden, status == http.StatusPaymentRequired, status == http.StatusNotFound:
		v.class = stopping
	case status == http.StatusRequestTimeout, status == http.StatusGatewayTimeout:
		v.class, v.reason, v.billed = failed, Timeout, true
	case status == http.StatusTooEarly, status >= 500:
		v.class = failed
	}
	return v
}

// stop remembers why the member is asked no more. The first reason stays.
func (c *client) stop(detail string) error {
	key := c.member.Key().String()
	if c.member.Key().Empty() {
		key = "(api_key_env is empty)"
	}
	err := fmt.Errorf("panel member %s is stopped: %s; check the key in %s, model %s and base_url %s, then run again: what is paid is kept",
		c.member.Name, detail, key, c.member.Model, c.member.BaseURL)
	c.stopped.CompareAndSwap(nil, &err)
	return *c.stopped.Load()
}
