package panel

import (
	"encoding/json"

	"decoy/schemas"
	"decoy/transforms/panel/prompts"
)

var pairShape = &shape{"choice", json.RawMessage(`{"type":"object","properties":{"choice":{"type":"string","enum":["A","B"]},"confidence":{"type":"number"}},"required":["choice","confidence"],"additionalProperties":false}`),
	func(s string) bool { _, reason := ParseChoice(s); return reason == "" }}

// JudgePairRequest asks a member which of two passages stands in the place of c's
// golden. A judge leans to one place in the order, so ask both orders.
func (p *Panel) JudgePairRequest(member string, c schemas.Context, a, b string) (Request, error) {
	prompt, err := prompts.JudgePair(c, a, b)
	if err != nil {
		return Request{}, err
	}
	return p.request(Request{Member: member, ContextID: c.ID, prompt: prompt, shape: pairShape,
		sources: []string{window(c), joined(c, a), joined(c, b)}})
}

// Choice is the answer of a judge of two passages. Confidence is that this answer is
// right.
type Choice struct {
	First      bool // A
	Confidence float64
}

// Chosen reads the answer of a judge of two passages.
func (a Answer) Chosen() (c Choice, reason schemas.Reason) {
	text, reason, _ := a.Text()
	if reason != "" {
		return Choice{}, reason
	}
	return ParseChoice(text)
}

// ParseChoice reads the answer of a judge of two passages from a model's text. reason
// is "" for a good answer.
func ParseChoice(content string) (c Choice, reason schemas.Reason) {
	ok := lastObject(content, func(object []byte) bool {
		var b struct {
			Choice     *string  `json:"choice"`
			Confidence *float64 `json:"confidence"`
		}
		if json.Unmarshal(object, &b) != nil || b.Choice == nil || b.Confidence == nil ||
			!(*b.Confidence >= 0 && *b.Confidence <= 1) {
			return false
		}
		if *b.Choice != "A" && *b.Choice != "B" {
			return false
		}
		c = Choice{*b.Choice == "A", *b.Confidence}
		return true
	})
	if !ok {
		return Choice{}, AnswerNotJSON
	}
	return c, ""
}
