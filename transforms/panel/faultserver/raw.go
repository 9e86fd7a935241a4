package faultserver

import (
	"encoding/json"
	"net/http"
	"strconv"
)

// Reply answers with a status, the header's names and values in turn, and bytes as
// they are.
func Reply(status int, body string, header ...string) Step {
	return Step{"reply " + strconv.Itoa(status), func(_ *Server, w http.ResponseWriter, _ *http.Request, _ Arrival) {
		w.Header().Set("Content-Type", "application/json")
		for i := 0; i+1 < len(header); i += 2 {
			w.Header().Set(header[i], header[i+1])
		}
		w.WriteHeader(status)
		_, _ = w.Write([]byte(body)) // the client may have gone away
	}}
}

// Refusing serves requests that have a field with a refusal, and the rest with next.
func Refusing(field string, refusal, next Step) Step {
	return Step{"refusing " + field + ", " + next.Name, func(s *Server, w http.ResponseWriter, r *http.Request,
		a Arrival) {
		step := next
		if a.Has(field) {
			step = refusal
		}
		step.serve(s, w, r, a)
	}}
}

// Has reports whether a request has a field: of a completion, or of Gemini's
// generationConfig, or a turn of the role "system".
func (a Arrival) Has(field string) bool { return a.fields[field] }

// fieldsOf are the names of a JSON object's fields.
func fieldsOf(body []byte) map[string]bool {
	var object map[string]json.RawMessage
	_ = json.Unmarshal(body, &object) // who asks has read it already
	fields := make(map[string]bool, len(object))
	for name := range object {
		fields[name] = true
	}
	return fields
}
