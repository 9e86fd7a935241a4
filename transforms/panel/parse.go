package panel

import (
	"encoding/json"
	"strings"

	"decoy/transforms/panel/ledger"
)

// Reasons for rejects of the paid panel.
const (
	AnswerNotJSON    = "answer_not_json"    // no JSON object with the fields that were asked for
	AnswerRefused    = "answer_refused"     // the model or a filter refused
	AnswerTruncated  = "answer_truncated"   // the answer ended at max_tokens
	AnswerNoLogProbs = "answer_no_logprobs" // a FIM endpoint scored nothing
	HTTPError        = "http_error"         // the provider did not answer, or answered with an error
	Timeout          = "timeout"            // the provider did not answer in time
	Secret           = "secret"             // the text holds a secret and was not sent
	Budget           = ledger.Unfinished    // the budget is used up and it was not sent
)

// Reasons lists them.
var Reasons = []string{AnswerNotJSON, AnswerRefused, AnswerTruncated, AnswerNoLogProbs, HTTPError, Timeout, Secret, Budget}

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
func ParseGenerate(content string) (g GeneratedCompletion, reason, detail string) {
	var a struct {
		Completion *string  `json:"completion"`
		Introduced []string `json:"introduced"`
		WhyWrong   string   `json:"why_wrong"`
	}
	ok := lastObject(content, func(object []byte) bool {
		b := a
		b.Completion, b.Introduced, b.WhyWrong = nil, nil, ""
		if json.Unmarshal(object, &b) != nil || b.Completion == nil {
			return false
		}
		a = b
		return true
	})
	if !ok {
		return GeneratedCompletion{}, AnswerNotJSON, "no JSON object with a string completion in: " + excerpt(content)
	}
	if a.Introduced == nil {
		a.Introduced = []string{}
	}
	return GeneratedCompletion{Completion: *a.Completion, Introduced: a.Introduced, WhyWrong: a.WhyWrong}, "", ""
}

// ParseJudge reads a judge's answer from a model's text. reason is "" for a good
// answer.
func ParseJudge(content string) (a JudgeAnswer, reason string) {
	ok := lastObject(content, func(object []byte) bool {
		var b struct {
			Correct    *bool    `json:"correct"`
			Confidence *float64 `json:"confidence"`
		}
		if json.Unmarshal(object, &b) != nil || b.Correct == nil || b.Confidence == nil || !(*b.Confidence >= 0 && *b.Confidence <= 1) {
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

// maxStarts bounds how many "{" of an answer are tried as the start of an object.
const maxStarts = 256

// lastObject offers the JSON objects that stand in text, from left to right, none
// inside another, and reports whether take took one.
func lastObject(text string, take func(object []byte) bool) bool {
	taken := false
	for range maxStarts {
		i := strings.IndexByte(text, '{')
		if i < 0 {
			break
		}
		text = text[i:]
		d := json.NewDecoder(strings.NewReader(text))
		var object json.RawMessage
		if d.Decode(&object) != nil {
			text = text[1:]
			continue
		}
		taken = take(object) || taken
		text = text[d.InputOffset():]
	}
	return taken
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
