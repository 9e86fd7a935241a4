package panel

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"

	"decoy/schemas"
	"decoy/transforms/panel/prompts"
)

// Request is one question to one member. Build it with Panel.GenerateRequest or
// Panel.JudgeRequest. Tag is the caller's own; ContextID, Type and Tag are
// neither sent nor part of the key.
type Request struct {
	Key       string // identifies the request in the ledger
	Member    string
	Sample    int64
	ContextID string
	Type      schemas.Type // of the negative that is asked for, "" for judges
	Tag       string

	prompt   prompts.Prompt
	shape    *shape
	fill     fill
	said     *said    // asks once more
	sources  []string // what of it comes from files and models
	protocol protocol
	hash     string // of the request bytes
	size     int    // of the request bytes
}

// Prompt is exactly what is sent as the system and the user message, both empty where
// a FIM endpoint is asked.
func (r Request) Prompt() (system, user string) { return r.prompt.System, r.prompt.User }

// Wire is the whole request as JSON.
func (r Request) Wire() ([]byte, error) { return r.protocol.wire(r) }

// shape is the JSON object that a request asks for.
type shape struct {
	name   string
	schema json.RawMessage
	reads  func(content string) bool // is this object in an answer?
}

var (
	generateShape = &shape{"hard_negative", json.RawMessage(`{"type":"object","properties":{"completion":{"type":"string"},"introduced":{"type":"array","items":{"type":"string"}},"why_wrong":{"type":"string"}},"required":["completion","introduced","why_wrong"],"additionalProperties":false}`),
		func(s string) bool { _, reason, _ := ParseGenerate(s); return reason == "" }}
	judgeShape = &shape{"verdict", json.RawMessage(`{"type":"object","properties":{"correct":{"type":"boolean"},"confidence":{"type":"number"}},"required":["correct","confidence"],"additionalProperties":false}`),
		func(s string) bool { _, reason := ParseJudge(s); return reason == "" }}
)

// GenerateRequest asks a member for a negative of c of the given type. Samples of
// one context and type differ in nothing but their number.
func (p *Panel) GenerateRequest(member string, c schemas.Context, typ schemas.Type, sample int64) (Request, error) {
	prompt, err := prompts.Generate(c, typ)
	if err != nil {
		return Request{}, err
	}
	return p.request(Request{Member: member, Sample: sample, ContextID: c.ID, Type: typ, prompt: prompt,
		shape: generateShape, sources: []string{window(c)}})
}

// JudgeRequest asks a member whether candidate is right in the place of c's
// golden. For a golden control, candidate is the golden.
func (p *Panel) JudgeRequest(member string, c schemas.Context, candidate string) (Request, error) {
	prompt, err := prompts.Judge(c, candidate)
	if err != nil {
		return Request{}, err
	}
	return p.request(Request{Member: member, ContextID: c.ID, prompt: prompt, shape: judgeShape,
		sources: []string{window(c), joined(c, candidate)}})
}

// SampleRequest asks a FIM endpoint for a middle of c. Samples of one context differ
// in their number, and in the seed if the member has one.
func (p *Panel) SampleRequest(member string, c schemas.Context, sample int64) (Request, error) {
	return p.fimRequest(Request{Member: member, Sample: sample, ContextID: c.ID,
		fill: fill{prefix: c.Prefix, suffix: c.Suffix}, sources: []string{window(c)}})
}

// ScoreRequest asks a FIM endpoint how likely text and then the end is as the middle
// of c. Answer.Tokens reads the answer.
func (p *Panel) ScoreRequest(member string, c schemas.Context, text string) (Request, error) {
	return p.fimRequest(Request{Member: member, ContextID: c.ID, fill: fill{c.Prefix, c.Suffix, &text},
		sources: []string{window(c), joined(c, text)}})
}

func (p *Panel) fimRequest(r Request) (Request, error) {
	if c := p.clients[r.Member]; c != nil && c.member.Provider != ProviderFIM {
		return Request{}, fmt.Errorf("panel member %s: provider %s completes no middle, only %s does", r.Member,
			c.member.Provider, ProviderFIM)
	}
	return p.request(r)
}

func (p *Panel) request(r Request) (Request, error) {
	c, ok := p.clients[r.Member]
	if !ok {
		return Request{}, fmt.Errorf("panel has no paid member %q", r.Member)
	}
	if (c.member.Provider == ProviderFIM) == (r.shape != nil) {
		return Request{}, fmt.Errorf("panel member %s: provider %s is asked for samples and log-probabilities alone, "+
			"and no other is", r.Member, ProviderFIM)
	}
	r.protocol = c.protocol
	body, err := c.protocol.wire(r)
	if err != nil {
		return Request{}, fmt.Errorf("request of context %s to %s: %w", r.ContextID, r.Member, err)
	}
	sum := sha256.Sum256(body)
	r.hash, r.size = hex.EncodeToString(sum[:]), len(body)
	h := sha256.New()
	for _, part := range []string{c.member.Provider, c.member.BaseURL, string(body)} {
		h.Write(binary.LittleEndian.AppendUint64(nil, uint64(len(part))))
		h.Write([]byte(part))
	}
	h.Write(binary.LittleEndian.AppendUint64(nil, uint64(r.Sample)))
	r.Key = hex.EncodeToString(h.Sum(nil))
	return r, nil
}

// Reservation is what a request can need at most: tokens as the account's limit
// counts them, and dollars, null if the price is unknown.
func (p *Panel) Reservation(r Request) (tokens int64, usd *float64) {
	c, ok := p.clients[r.Member]
	if !ok {
		return 0, nil
	}
	return c.reservation(r)
}

// bytesPerToken estimates prompt tokens. Code has some 3.2 bytes a token.
const bytesPerToken = 3

func (c *client) reservation(r Request) (tokens int64, usd *float64) {
	in, out := c.bound(r)
	return in/bytesPerToken + out, c.cost(in, out)
}

// bound is how many tokens a call can take: no tokenizer makes more of them than bytes.
func (c *client) bound(r Request) (in, out int64) {
	if r.fill.scored != nil {
		return int64(r.size), 1
	}
	return int64(r.size), int64(c.member.MaxTokens)
}

// cost of tokens, null if the price is unknown.
func (c *client) cost(in, out int64) *float64 {
	p := c.member.USDPerMTok
	if p == nil {
		return nil
	}
	usd := p.of(in, out)
	return &usd
}
