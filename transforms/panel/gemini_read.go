package panel

import (
	"encoding/json"
	"strings"
	"time"
)

// read reads a GenerateContentResponse, or the list of them that a stream is.
func (p *gemini) read(raw []byte) reply {
	docs, err := answers(raw)
	if err != nil {
		return reply{cause: err.Error()}
	}
	var r reply
	var wrong fault
	var used counts
	said := &spoken{}
	why := finish{field: "finishReason"}
	blocked, candidates := "", false
	for _, doc := range docs {
		if f, ok := faultOf(doc); ok && wrong.words == "" {
			wrong = f
		}
		if f := doc.get("promptFeedback", "prompt_feedback"); f.get("blockReason", "block_reason").word() != "" {
			blocked = f.get("blockReason", "block_reason").word()
			if more, _ := f.get("blockReasonMessage").v.(string); more != "" {
				blocked += ": " + excerpt(more)
			}
		}
		c := doc.get("candidates").first()
		if doc.has("candidates") || doc.has("usageMetadata") || doc.has("promptFeedback") {
			r.ok = true
		}
		if c.v != nil {
			candidates = true
			for _, part := range c.get("content").get("parts").list() {
				said.take(part, 0)
			}
		}
		if word := c.get("finishReason", "finish_reason").word(); word != "" {
			more, _ := c.get("finishMessage", "finish_message").v.(string)
			why = finishedBy("finishReason", word, more)
		}
		used.take(countsOf(doc.get("usageMetadata", "usage_metadata")))
	}
	r.in, r.out = used.tokens(said.text.Len() > 0)
	switch {
	case wrong.words != "" && !candidates:
		return reply{fault: &wrong, in: r.in, out: r.out}
	case !r.ok:
		return reply{cause: "it has no candidates"}
	case why.kind == finishedFailed:
		return r.brokenOff(why, said.text.String(), raw)
	case blocked != "" && said.text.Len() == 0:
		r.reason, r.detail = AnswerRefused, "the prompt is blocked: "+blocked
	case !candidates:
		r.reason, r.detail = AnswerEmpty, "no candidates: "+excerpt(string(raw))
	default:
		said.reply(&r, why, raw)
	}
	return r
}

// retryInfo is the wait that Google's APIs ask for in the body of an error
// (google.rpc.RetryInfo) where others have a header.
func retryInfo(body []byte) (time.Duration, bool) {
	var e struct {
		Error struct {
			Details []struct {
				Type  string `json:"@type"`
				Delay string `json:"retryDelay"`
			} `json:"details"`
		} `json:"error"`
	}
	if json.Unmarshal(body, &e) != nil {
		return 0, false
	}
	for _, d := range e.Error.Details {
		if strings.HasSuffix(d.Type, "google.rpc.RetryInfo") {
			if wait, err := time.ParseDuration(d.Delay); err == nil && wait >= 0 {
				return wait, true
			}
		}
	}
	return 0, false
}
