package panel

import (
	"encoding/json"
	"strings"

	"decoy/schemas"
	"decoy/transforms/panel/ledger"
)

// Reasons for rejects of the paid panel.
const (
	AnswerNotJSON    schemas.Reason = "answer_not_json"    // no JSON object with the fields that were asked for
	AnswerRefused    schemas.Reason = "answer_refused"     // the model or a filter refused
	AnswerTruncated  schemas.Reason = "answer_truncated"   // the answer ended at max_tokens
	AnswerEmpty      schemas.Reason = "answer_empty"       // the provider answered, and the model said nothing
	AnswerMalformed  schemas.Reason = "answer_malformed"   // the provider says that what came is none (OTHER, …)
	AnswerToolCall   schemas.Reason = "answer_tool_call"   // a call of a tool that nobody offered
	AnswerNoLogProbs schemas.Reason = "answer_no_logprobs" // a FIM endpoint scored nothing
	PromptTooLong    schemas.Reason = "prompt_too_long"    // the model takes no text of this length, and none is cut
	HTTPError        schemas.Reason = "http_error"         // the provider did not answer, or answered with an error
	Timeout          schemas.Reason = "timeout"            // the provider did not answer in time
	Secret           schemas.Reason = "secret"             // the text holds a secret and was not sent
	Budget                          = ledger.Unfinished    // the budget is used up and it was not sent
)

// Reasons lists them.
var Reasons = []schemas.Reason{
	AnswerNotJSON, AnswerRefused, AnswerTruncated, AnswerEmpty, AnswerMalformed, AnswerToolCall, AnswerNoLogProbs,
	PromptTooLong, HTTPError, Timeout, Secret, Budget,
}

// GeneratedCompletion is a generator's answer.
type GeneratedCompletion struct {
	Completion string
	Introduced []string
	WhyWrong   string
}

// JudgeAnswer is a judge's answer. Confidence is that this answer is right.
type JudgeAnswer struct {
	Correct    bool
	Confidence float64
}

// ParseGenerate reads a generator's answer from a model's text. reason is "" for a
// good answer.
func ParseGenerate(content string) (g GeneratedCompletion, reason schemas.Reason, detail string) {
	ok := lastObject(content, func(object []byte) bool {
		var b struct {
			Completion *string `json:"completion"`
			Introduced any     `json:"introduced"`
			WhyWrong   any     `json:"why_wrong"`
		}
		if json.Unmarshal(object, &b) != nil || b.Completion == nil {
			return false
		}
		g = GeneratedCompletion{Completion: *b.Completion, Introduced: []string{}}
		g.WhyWrong, _ = b.WhyWrong.(string)
		for _, name := range (loose{b.Introduced}).list() { // a name alone stands for a list of it
			if s, ok := name.v.(string); ok {
				g.Introduced = append(g.Introduced, s)
			}
		}
		return true
	})
	if !ok {
		return GeneratedCompletion{}, AnswerNotJSON, "no JSON object with a string completion in: " + excerpt(content)
	}
	return g, "", ""
}

// ParseJudge reads a judge's answer from a model's text. reason is "" for a good
// answer.
func ParseJudge(content string) (a JudgeAnswer, reason schemas.Reason) {
	ok := lastObject(content, func(object []byte) bool {
		var b struct {
			Correct    *bool    `json:"correct"`
			Confidence *float64 `json:"confidence"`
		}
		if json.Unmarshal(object, &b) != nil || b.Correct == nil || b.Confidence == nil ||
			!(*b.Confidence >= 0 && *b.Confidence <= 1) {
			return false
		}
		a = JudgeAnswer{*b.Correct, *b.Confidence}
		return true
	})
	if !ok {
		return JudgeAnswer{}, AnswerNotJSON
	}
	return a, ""
}

// excerpt is the head of a text, for a person.
func excerpt(s string) string {
	const most = 200
	if h := head(s, most); len(h) < len(s) {
		return h + "…"
	}
	return head(s, most)
}

// head is the first bytes of a text, as UTF-8.
func head(s string, most int) string {
	s = strings.ToValidUTF8(s, "\ufffd")
	if len(s) <= most {
		return s
	}
	return strings.ToValidUTF8(s[:most], "")
}
