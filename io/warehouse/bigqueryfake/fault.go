package bigqueryfake

import (
	"context"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
)

// Fault serves a request in place of the server, or says that it does not.
type Fault func(w http.ResponseWriter, r *http.Request, server http.Handler) bool

// Refuse is a fault: an error answer.
func Refuse(code int, reason, message string) Fault {
	return func(w http.ResponseWriter, _ *http.Request, _ http.Handler) bool {
		refuse(w, code, reason, message)
		return true
	}
}

// Once limits a fault to the first request with this method whose path ends so.
func Once(method, suffix string, f Fault) Fault {
	var done sync.Once
	return func(w http.ResponseWriter, r *http.Request, server http.Handler) (served bool) {
		if r.Method == method && strings.HasSuffix(r.URL.Path, suffix) {
			done.Do(func() { served = f(w, r, server) })
		}
		return served
	}
}

// Lost does what is asked and loses the answer.
func Lost(_ http.ResponseWriter, r *http.Request, server http.Handler) bool {
	server.ServeHTTP(httptest.NewRecorder(), r.WithContext(context.WithoutCancel(r.Context())))
	panic(http.ErrAbortHandler)
}
