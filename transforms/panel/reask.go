package panel

import (
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/schemas/contain"
)

// A model that did not answer with the JSON object that it was asked for is shown its
// answer and asked once more. That is a request of its own, with a key of its own, so
// both answers stand in the ledger. Servers that take a JSON schema hardly need it.

// askAgain is what is said to the model.
const askAgain = "That is not the JSON object that was asked for. Answer again with that one object and nothing " +
	"else: no explanation, no Markdown."

// maxSaid bounds how much of an answer the model is shown again.
const maxSaid = 4 << 10

// said is the answer before, with what it cost.
type said struct {
	text    string
	in, out int64
	usd     *float64
	fresh   bool // it was sent in this run
}

// AsksAgain reports whether a request whose answer is not what was asked for is asked
// once more.
func (r Request) AsksAgain() bool { return r.shape != nil && r.said == nil }

// again is the request that asks once more, ok = false where there is no need, or it
// was done.
func (p *Panel) again(a Answer) (_ Request, ok bool) {
	if a.Reject != "" || a.Request.shape == nil || a.Request.said != nil {
		return Request{}, false
	}
	var text string
	var reason schemas.Reason
	if contain.Do(func() error { text, reason, _ = a.Text(); return nil }) != nil {
		return Request{}, false // who takes the answer meets it again
	}
	if reason != "" || a.Request.shape.reads(text) || !showable(text) {
		return Request{}, false
	}
	r := a.Request
	r.said = &said{text: head(text, maxSaid), in: a.InputTokens, out: a.OutputTokens, usd: a.CostUSD}
	r, err := p.request(r)
	return r, err == nil
}

// showable reports whether an answer can be a turn of a conversation: providers refuse
// an empty one, and a server of open weights may read control tokens as the end of the
// turn, after which whatever the answer says next stands as another's words.
func showable(text string) bool {
	return strings.TrimSpace(text) != "" && !slices.ContainsFunc(schemas.SpecialTokens,
		func(token string) bool { return strings.Contains(text, token) })
}

// whole is an answer with what both requests took.
func (a Answer) whole() Answer {
	before := a.Request.said
	if before == nil {
		return a
	}
	a.InputTokens += before.in
	a.OutputTokens += before.out
	switch {
	case before.usd == nil:
		a.CostUSD = nil
	case a.CostUSD != nil:
		usd := *a.CostUSD + *before.usd
		a.CostUSD = &usd
	case a.Reject != "":
		a.CostUSD = before.usd
	}
	return a
}
