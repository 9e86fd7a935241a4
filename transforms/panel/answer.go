package panel

import (
	"fmt"
	"time"

	"decoy/schemas"
	"decoy/transforms/panel/ledger"
)

// Answer is what became of a request. Either Raw holds the response's bytes or
// Reject says why there are none; a Raw beside a Reject is the last response of a
// dead letter. CostUSD is null if unknown.
type Answer struct {
	Request      Request
	Raw          []byte
	Reject       schemas.Reason
	Detail       string
	InputTokens  int64
	OutputTokens int64
	CostUSD      *float64
	FromLedger   bool
}

// Generated reads a generator's answer.
func (a Answer) Generated() (g GeneratedCompletion, reason schemas.Reason, detail string) {
	r, reason, detail := a.read()
	if reason != "" {
		return GeneratedCompletion{}, reason, detail
	}
	g, reason, detail = ParseGenerate(r.text)
	if reason == AnswerNotJSON && r.tool != "" {
		reason = AnswerToolCall
		detail = fmt.Sprintf("a call of %s, which nobody offered, in the place of an answer: %s", r.tool,
			excerpt(r.text))
	}
	return g, reason, detail
}

// Judged reads a judge's answer.
func (a Answer) Judged() (j JudgeAnswer, reason schemas.Reason) {
	text, reason, _ := a.Text()
	if reason != "" {
		return JudgeAnswer{}, reason
	}
	return ParseJudge(text)
}

// Text is what the model said, or why there is nothing to read.
func (a Answer) Text() (text string, reason schemas.Reason, detail string) {
	r, reason, detail := a.read()
	return r.text, reason, detail
}

// Tokens are those of a scored text, its end included, or why there are none.
func (a Answer) Tokens() (tokens []Token, reason schemas.Reason, detail string) {
	r, reason, detail := a.read()
	if reason == "" && r.tokens == nil {
		return nil, AnswerNoLogProbs, "the server does not echo the prompt's tokens with their log-probabilities: " +
			excerpt(string(a.Raw))
	}
	return r.tokens, reason, detail
}

func (a Answer) read() (r reply, reason schemas.Reason, detail string) {
	if a.Reject != "" {
		return reply{}, a.Reject, a.Detail
	}
	r = a.Request.protocol.read(a.Raw)
	if !r.ok {
		why := r.cause
		if r.fault != nil {
			why = r.fault.words
		}
		return reply{}, HTTPError, "not a completion (" + why + "): " + excerpt(string(a.Raw))
	}
	return r, r.reason, r.detail
}

// reread is a record of this request as its response is read today: an answer that was
// taken for none is one now, and is not paid again.
func (r Request) reread(rec ledger.Record) ledger.Record {
	if rec.Reject != HTTPError || rec.Status < 200 || rec.Status > 299 || len(rec.Raw) == 0 {
		return rec
	}
	read := r.protocol.read(rec.Raw)
	if !read.ok || read.reason == AnswerEmpty || read.reason == AnswerMalformed {
		return rec
	}
	rec.Reject, rec.Detail = "", ""
	if rec.InputTokens == nil && rec.OutputTokens == nil {
		rec.InputTokens, rec.OutputTokens = read.in, read.out // its cost stands in AssumedUSD
	}
	return rec
}

// problem is why an answer cannot be used, "" if it can.
func (a Answer) problem() string {
	if a.Request.shape == nil && a.Reject == "" {
		return ""
	}
	r, reason, detail := a.read()
	if reason == "" && a.Request.shape != nil && !a.Request.shape.reads(r.text) {
		reason, detail = AnswerNotJSON, excerpt(r.text)
	}
	if reason == "" {
		return ""
	}
	return string(reason) + ": " + detail
}

// give emits the answer of a request, or asks once more.
func (r *run) give(req Request, rec ledger.Record, fromLedger bool) (again bool) {
	if r.err != nil {
		return false
	}
	a := Answer{
		Request: req, Raw: rec.Raw, Reject: rec.Reject, Detail: rec.Detail,
		CostUSD: rec.CostUSD, FromLedger: fromLedger,
	}
	if rec.InputTokens != nil && rec.OutputTokens != nil {
		a.InputTokens, a.OutputTokens = *rec.InputTokens, *rec.OutputTokens
	}
	if second, ok := r.panel.again(a); ok {
		second.said.fresh = !fromLedger
		r.again = append(r.again, second)
		r.second.drained = false
		return true
	}
	gauge := r.panel.watches[req.Member].gauge
	if why := a.problem(); why != "" && !fromLedger {
		gauge.count(func(u *Usage) { u.Problem = why })
	}
	gauge.done(time.Now(), fromLedger)
	if err := r.emit(a.whole()); err != nil {
		r.fail(err)
	}
	return false
}
