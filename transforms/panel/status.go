package panel

import (
	"fmt"
	"net/http"
	"regexp"
	"strings"
)

// fault is an error that came in the place of an answer, with status 200.
type fault struct {
	code     int // the status that it should have had, 0 where it does not say
	words    string
	terms    string
	ofChoice bool // it stands in the choice: the model had begun
}

// faultOf is the error of an object, if it has one: the field error with whatever it
// holds, or the forms of gateways that have no such field.
func faultOf(doc loose) (fault, bool) {
	e := doc.get("error", "errors").first()
	switch s, _ := e.v.(string); strings.ToLower(strings.TrimSpace(s)) {
	case "none", "null", "false", "ok":
		e = loose{}
	}
	if !e.meaningful() {
		switch detail := doc.get("detail"); {
		case doc.has("choices"), doc.has("candidates"), doc.has("finish_reason"),
			doc.has("message") && !doc.has("code"):
			return fault{}, false
		case detail.meaningful():
			e = detail
		case doc.get("code").v != nil && doc.get("message", "msg").meaningful():
			e = doc
		default:
			return fault{}, false
		}
	}
	f := fault{words: excerpt(e.json()), terms: termsOf(e), ofChoice: doc.has("finish_reason") || doc.has("index")}
	if m := wordsOf(e); m != "" {
		f.words = m
	}
	for _, v := range []loose{
		e.get("code"), e.get("status"), e.get("status_code"), doc.get("code"), doc.get("status"), e.get("type"),
	} {
		if n, ok := v.number(); ok && n >= 400 && n <= 599 {
			f.code = int(n)
			return f, true
		}
		word := strings.ToLower(v.word())
		for _, known := range statusWords {
			if strings.Contains(word, known.word) {
				f.code = known.status
				return f, true
			}
		}
	}
	return f, true
}

// statusWords are the names of errors that stand for a status.
var statusWords = []struct {
	word   string
	status int
}{
	{"rate_limit", http.StatusTooManyRequests}, {"resource_exhausted", http.StatusTooManyRequests},
	{"insufficient_quota", http.StatusTooManyRequests},
	{"overloaded", http.StatusServiceUnavailable}, {"unavailable", http.StatusServiceUnavailable},
	{"authentication", http.StatusUnauthorized}, {"invalid_api_key", http.StatusUnauthorized},
	{"content_filter", http.StatusBadRequest}, {"moderation", http.StatusForbidden},
	{"context_length", http.StatusBadRequest}, {"json_validate", http.StatusBadRequest},
	{"invalid_request", http.StatusBadRequest}, {"invalid_argument", http.StatusBadRequest},
	{"server_error", http.StatusInternalServerError}, {"timeout", http.StatusGatewayTimeout},
}

// wordsOf is what an error says for a person: its message, and what a gateway passes on
// from behind it.
func wordsOf(e loose) string {
	message := ""
	for _, name := range []string{"message", "msg", "detail", "error"} {
		if v := e.get(name); v.meaningful() {
			message = strings.TrimSpace(v.json())
			break
		}
	}
	if message == "" {
		return ""
	}
	message = excerpt(message)
	meta := e.get("metadata", "details", "innererror", "failed_generation")
	if meta.meaningful() {
		message += " " + excerpt(meta.json())
	}
	return message
}

// saidBy is what the body of an error says: words for a person, and the terms that the
// rules below look at. Those are the message and its codes, and not the request that some
// servers repeat.
func saidBy(body []byte) (words, terms string) {
	docs, err := documents(body)
	if err != nil {
		return excerpt(string(body)), excerpt(string(body))
	}
	e := docs[0].get("error", "errors", "detail").first()
	if !e.meaningful() {
		e = docs[0]
	}
	if words = wordsOf(e); words == "" {
		words = excerpt(string(body))
	}
	for _, name := range []string{"code", "type", "status", "param"} {
		if w, _ := e.get(name).v.(string); w != "" && !strings.Contains(words, w) {
			words += fmt.Sprintf(" (%s %s)", name, w)
		}
	}
	return words, termsOf(e) + "\n" + docs[0].get("message").json()
}

// termsOf are the parts of an error that have a meaning of their own.
func termsOf(e loose) string {
	if s, ok := e.v.(string); ok {
		return s
	}
	terms := []string{
		e.get("message", "msg", "error", "detail").json(), e.get("metadata").get("raw").json(),
		e.get("innererror").get("code").word(), e.get("loc").json(),
	}
	for _, name := range []string{"code", "type", "status", "param"} {
		w, _ := e.get(name).v.(string)
		terms = append(terms, w)
	}
	for _, d := range e.get("details").list() {
		terms = append(terms, d.get("reason").word())
		for _, v := range d.get("violations").list() {
			terms = append(terms, v.get("quotaId").word())
		}
	}
	return strings.Join(terms, "\n")
}

var (
	// ofMember is what a 400, 403 or 429 says that every request of the member would get.
	ofMember = regexp.MustCompile(`(?i)` +
		`API_KEY_INVALID|invalid[_ ]api[_ ]key|API key (?:not valid|expired)|location is not supported|` +
		`unsupported_country|country, region, or territory not supported|model_not_found|` +
		`model_decommissioned|model .{0,80}(?:does not exist|has been decommissioned|not found)|` +
		`invalid[_ ]model|unknown model|account_deactivated|insufficient_quota|insufficient (?:balance|` +
		`credit|funds)|credit balance is too low|billing|key limit exceeded`)
	// ofRouting is what a router says that has the model, and nowhere with all parameters.
	ofRouting = regexp.MustCompile(`(?i)` +
		`no endpoints found that (?:can handle|support) (?:the requested parameters|structured|` +
		`response_format|json)`)
	// quotaOfDay is Google's name of a quota that no wait of ours outlasts.
	quotaOfDay = regexp.MustCompile(`\S*PerDay\S*`)
	// ofFilter is what a filter says that refuses one prompt or answer.
	ofFilter = regexp.MustCompile(`(?i)` +
		`content[_ ]?filter|content management policy|content[_ ]policy|ResponsibleAIPolicy|moderation|` +
		`flagged|data_inspection_failed|inappropriate content|sensitive (?:content|words?|information)|` +
		`safety (?:system|filter|check|policy|setting)|usage polic(?:y|ies)|policy[_ ]violation|` +
		`PROHIBITED_CONTENT|guardrail|risk_control|new_sensitive`)
	// ofRequest is what a 400 says that a request would get in any form.
	ofRequest = regexp.MustCompile(`(?i)` +
		`context[_ ]length|context window|context size|maximum context|too many tokens|(?:input|prompt|` +
		`request|messages?) (?:is|are) too (?:long|large)|reduce the length|input token count|` +
		`exceeds? the (?:maximum|limit|available)|string_above_max_length`)
	// ofJSON is what a server says whose model was to write JSON and did not.
	ofJSON = regexp.MustCompile(`(?i)` +
		`json_validate_failed|failed_generation|failed to generate (?:valid )?json|(?:generated|` +
		`output) json does not match|output_parse_failed|json_generation`)
)

// byStatus says what a response means that is no answer.
func byStatus(status int, body []byte) verdict {
	words, terms := saidBy(body)
	return byTerms(status, words, terms)
}

// byTerms says what a status means with what is said beside it.
func byTerms(status int, words, terms string) verdict {
	v := verdict{class: refused, status: status, reason: HTTPError, detail: fmt.Sprintf("status %d: %s", status, words)}
	switch {
	case status == http.StatusTooManyRequests:
		v.class = throttled
		if strings.Contains(terms, "insufficient_quota") {
			v.class = stopping
		} else if m := quotaOfDay.FindString(terms); m != "" {
			v.class, v.detail = stopping, fmt.Sprintf("status %d: the quota %s is used up: %s", status, m, words)
		}
	case status == http.StatusNotFound && ofRouting.MatchString(terms):
		v.status = http.StatusBadRequest // by another name
	case status == http.StatusUnauthorized, status == http.StatusPaymentRequired, status == http.StatusNotFound:
		v.class = stopping
	case status == http.StatusForbidden:
		v.class = denied
		if ofFilter.MatchString(terms) {
			v.class, v.reason = refused, AnswerRefused
		} else if ofMember.MatchString(terms) {
			v.class = stopping
		}
	case status == http.StatusUnavailableForLegalReasons:
		v.reason = AnswerRefused
	case status == http.StatusBadRequest || status == http.StatusUnprocessableEntity:
		switch {
		case ofJSON.MatchString(terms):
			v.class, v.reason, v.billed = useless, AnswerMalformed, true
		case ofFilter.MatchString(terms):
			v.reason, v.final = AnswerRefused, true
		case ofRequest.MatchString(terms):
			v.final = true
		case ofMember.MatchString(terms):
			v.class = stopping
		}
	case status == http.StatusRequestTimeout, status == http.StatusGatewayTimeout:
		v.class, v.reason, v.billed = failed, Timeout, true
	case status == http.StatusTooEarly, status == http.StatusConflict,
		status == 498, status == 499, status >= 500: // 498 and 499: no room, gone away
		// A gateway that lost its server does not know what that has billed.
		v.class, v.billed = failed, status == http.StatusBadGateway || status >= 520
	}
	return v
}
