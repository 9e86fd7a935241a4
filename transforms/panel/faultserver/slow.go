package faultserver

import (
	"net/http"
	"time"
)

// Drip sends the headers at once and then one byte of the answer after another, each
// after a wait, as a server does that is stuck but not dead. It ends when the client
// gives up.
func Drip(every time.Duration, content func(Arrival) string) Step {
	return Step{"drip", func(s *Server, w http.ResponseWriter, r *http.Request, a Arrival) {
		body := envelope(a, content(a), "", "stop")
		w.Header().Set("Content-Type", "application/json")
		w.WriteHeader(http.StatusOK)
		control := http.NewResponseController(w)
		_ = control.Flush()
		for i := range body {
			select {
			case <-time.After(every):
			case <-r.Context().Done():
				panic(http.ErrAbortHandler)
			case <-s.stop:
				panic(http.ErrAbortHandler)
			}
			_, _ = w.Write(body[i : i+1])
			_ = control.Flush()
		}
	}}
}
