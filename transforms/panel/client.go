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
	forms    *forms                // in which the server takes requests, shared in the process
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

func (c *client) send(ctx context.Context, r Request, form Parameters) *exchange {
	ctx, cancel := context.WithTimeout(ctx, c.member.Timeout)
	defer cancel()
	x := &exchange{sent: time.Now()}
	err := c.protocol.send(context.WithValue(ctx, exchangeKey{}, x), r, form)
	if !x.tried {
		x.err = err
	}
	return x
}

// outcome of a call.
type verdict struct {
	class  class
	reason schemas.Reason // of the reject, if it comes to that
	detail string
	billed bool // the call may have cost something although no answer came
	status int  // of the response, or the one that an error with status 200 stands for
	final  bool // no other form of the request would do
	reply  reply
}

type class int

const (
	answered  class = iota
	failed          // may work the next time
	useless         // the server works, and the model made nothing that can be used
	throttled       // 429
	refused         // would fail again
	denied          // 403: would fail again, and perhaps for every request
	stopping        // the member cannot be asked at all
)

// read says what an exchange means.
func (c *client) read(x *exchange) verdict {
	if x.err != nil {
		return c.broken(x)
	}
	if x.status < 200 || x.status > 299 {
		return byStatus(x.status, x.body)
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
	case r.ok && (r.reason == AnswerEmpty || r.reason == AnswerMalformed):
		return verdict{class: useless, reason: r.reason, detail: r.detail, billed: true, reply: r}
	case r.ok:
		return verdict{class: answered, reply: r}
	case r.fault != nil:
		v := verdict{class: failed, reason: HTTPError, detail: "status 200 with an error: " + r.fault.words}
		if r.fault.code > 0 {
			v = byTerms(r.fault.code, r.fault.words, r.fault.terms)
			v.detail = "status 200 with an error: " + v.detail
		}
		v.reply, v.billed = r, r.fault.ofChoice || r.in != nil
		return v
	}
	return verdict{
		class: failed, reason: HTTPError, billed: true, reply: r,
		detail: "status 200, not a completion (" + r.cause + "): " + excerpt(string(x.body)),
	}
}

func (c *client) broken(x *exchange) verdict {
	detail := excerpt(string(c.redact([]byte(x.err.Error()))))
	if !x.tried {
		return verdict{class: stopping, reason: HTTPError, detail: "the client library refuses the request: " + detail}
	}
	var n net.Error
	if errors.As(x.err, &n) && n.Timeout() {
		return verdict{class: failed, reason: Timeout, billed: true, detail: fmt.Sprintf("no answer within %v",
			c.member.Timeout)}
	}
	var op *net.OpError
	dial := errors.As(x.err, &op) && op.Op == "dial"
	return verdict{class: failed, reason: HTTPError, billed: !dial, detail: detail}
}

// remedyOfStop is what a person can do about a member that is asked no more, by the
// provider's words.
func remedyOfStop(detail string) string {
	said := strings.ToLower(detail)
	for _, r := range []struct{ word, remedy string }{
		{"location", "run where the provider serves, or name another base_url"},
		{"status 402", "pay the provider's account"},
		{"insufficient_quota", "pay the provider's account, or raise its quota"},
		{"quota", "wait until the provider's quota is renewed, or raise it"},
		{"asks to wait", "wait as long"},
	} {
		if strings.Contains(said, r.word) {
			return r.remedy
		}
	}
	return "check the key, the model and base_url"
}

// stop remembers why the member is asked no more. The first reason stays.
func (c *client) stop(detail string) error {
	if c.member.Offline {
		err := fmt.Errorf("panel member %s: %w; %s, and run again", c.member.Name, ErrOffline, offlineRemedy)
		c.stopped.CompareAndSwap(nil, &err)
		return *c.stopped.Load()
	}
	key := c.member.Key().String()
	if c.member.Key().Empty() {
		key = "(api_key_env is empty)"
	}
	err := fmt.Errorf("panel member %s is stopped: %s; %s (key in %s, model %s, base_url %s), then run "+
		"again: what is paid is kept",
		c.member.Name, detail, remedyOfStop(detail), key, c.member.Model, c.member.BaseURL)
	c.stopped.CompareAndSwap(nil, &err)
	return *c.stopped.Load()
}
