package faultserver

import (
	"fmt"
	"net/http"
	"strconv"
)

// Step is one way to serve an arrival.
type Step struct {
	Name  string
	serve func(*Server, http.ResponseWriter, *http.Request, Arrival)
}

// Each serves the first try of every request with the first step, the second try
// with the second, and so on; the last step serves the rest.
func Each(steps ...Step) func(Arrival) Step {
	return func(a Arrival) Step { return steps[min(a.Try, len(steps)-1)] }
}

// InOrder serves the first arrival with the first step, the second with the
// second, and so on; the last step serves the rest.
func InOrder(steps ...Step) func(Arrival) Step {
	return func(a Arrival) Step { return steps[min(a.N, len(steps)-1)] }
}

func writeJSON(w http.ResponseWriter, status int, body []byte) {
	w.Header().Set("Content-Type", "application/json")
	w.WriteHeader(status)
	_, _ = w.Write(body) // the client may have gone away, as it may from any server
}

func answer(name, finish string, content func(Arrival) string) Step {
	return Step{name, func(_ *Server, w http.ResponseWriter, _ *http.Request, a Arrival) {
		writeJSON(w, http.StatusOK, envelope(a, content(a), "", finish))
	}}
}

// OK answers with the given content.
func OK(content func(Arrival) string) Step { return answer("ok", "stop", content) }

// Text answers with a fixed content.
func Text(content string) Step { return OK(func(Arrival) string { return content }) }

// Prose puts prose round the content.
func Prose(content func(Arrival) string) Step {
	return answer("prose", "stop", func(a Arrival) string {
		return "Sure! Here it is: " +
			content(a) + "\nI hope {this} helps."
	})
}

// Fence puts the content into a Markdown fence.
func Fence(content func(Arrival) string) Step {
	return answer("fence", "stop", func(a Arrival) string { return "```json\n" + content(a) + "\n```" })
}

// WrongJSON answers with a content that is no JSON.
func WrongJSON() Step {
	return answer("wrong json", "stop", func(Arrival) string { return `{"completion": "x(` })
}

// Truncated answers with half of the content and finish_reason length.
func Truncated(content func(Arrival) string) Step {
	return answer("truncated", "length", func(a Arrival) string { c := content(a); return c[:len(c)/2] })
}

// Filtered answers with an empty content and finish_reason content_filter.
func Filtered() Step {
	return answer("filtered", "content_filter", func(Arrival) string { return "" })
}

// Refusal answers with the refusal field.
func Refusal() Step {
	return Step{"refusal", func(_ *Server, w http.ResponseWriter, _ *http.Request, a Arrival) {
		writeJSON(w, http.StatusOK, envelope(a, "", "I cannot help with that.", "stop"))
	}}
}

// Status answers with an error status and a message.
func Status(status int, message string) Step {
	return Step{strconv.Itoa(status), func(_ *Server, w http.ResponseWriter, _ *http.Request, _ Arrival) {
		writeJSON(w, status, fmt.Appendf(nil, `{"error": {"message": %q, "type": "error", "code": %d}}`, message,
			status))
	}}
}

// Throttle answers 429 with a Retry-After header, none if it is empty. A value
// that ends in "ms" is sent as retry-after-ms.
func Throttle(retryAfter string) Step {
	return Step{"429", func(_ *Server, w http.ResponseWriter, _ *http.Request, _ Arrival) {
		if n := len(retryAfter); n > 2 && retryAfter[n-2:] == "ms" {
			w.Header().Set("Retry-After-Ms", retryAfter[:n-2])
		} else if n > 0 {
			w.Header().Set("Retry-After", retryAfter)
		}
		writeJSON(w, http.StatusTooManyRequests, []byte(`{"error": {"message": "rate limit", "type": "requests", `+
			`"code": "rate_limit_exceeded"}}`))
	}}
}

// OutOfQuota answers 429 as a provider whose account is out of money.
func OutOfQuota() Step {
	return Step{"quota", func(_ *Server, w http.ResponseWriter, _ *http.Request, _ Arrival) {
		writeJSON(w, http.StatusTooManyRequests, []byte(`{"error": {"message": "You exceeded your current quota", `+
			`"type": "insufficient_quota", "code": "insufficient_quota"}}`))
	}}
}

// Hang answers nothing until the client gives up.
func Hang() Step {
	return Step{"hang", func(s *Server, _ http.ResponseWriter, r *http.Request, _ Arrival) {
		select {
		case <-r.Context().Done():
		case <-s.stop:
		}
		panic(http.ErrAbortHandler)
	}}
}

// Cut breaks the connection in the middle of the body.
func Cut() Step {
	return Step{"cut", func(_ *Server, w http.ResponseWriter, _ *http.Request, a Arrival) {
		body := envelope(a, `{"completion": "x()"}`, "", "stop")
		w.Header().Set("Content-Type", "application/json")
		w.Header().Set("Content-Length", strconv.Itoa(len(body)))
		_, _ = w.Write(body[:len(body)/2])
		_ = http.NewResponseController(w).Flush()
		if rec, ok := w.(*recorder); ok {
			rec.cut = true
		}
		panic(http.ErrAbortHandler)
	}}
}

// Body answers with status 200 and bytes as they are.
func Body(body string) Step {
	return Step{"body", func(_ *Server, w http.ResponseWriter, _ *http.Request, _ Arrival) {
		writeJSON(w, http.StatusOK, []byte(body))
	}}
}

// ErrorBody answers 200 with an error inside, as gateways do.
func ErrorBody() Step {
	return Body(`{"error": {"message": "upstream failed", "code": 502}}`)
}

// NoSchema refuses response_format with 400 and serves the rest with next.
func NoSchema(next Step) Step {
	return Step{"no schema, " + next.Name, func(s *Server, w http.ResponseWriter, r *http.Request, a Arrival) {
		if !a.Schema {
			next.serve(s, w, r, a)
			return
		}
		writeJSON(w, http.StatusBadRequest, []byte(`{"error": {"message": "response_format json_schema is not `+
			`supported", "type": "invalid_request_error"}}`))
	}}
}

// EchoAuth answers a status with the caller's Authorization header in the
// message, as careless servers do.
func EchoAuth(status int) Step {
	return Step{"echo auth", func(_ *Server, w http.ResponseWriter, _ *http.Request, a Arrival) {
		writeJSON(w, status, fmt.Appendf(nil, `{"error": {"message": "bad header %s"}}`, a.Auth))
	}}
}
