package panel

import (
	"errors"
	"fmt"
	"net/http"

	"github.com/zeebo/xxh3"

	"decoy/schemas"
)

// Drafts builds the requests of paid members and sends none, for estimates and to
// show a prompt. It needs no key, knows none, and has no way to make a call.
type Drafts struct{ panel Panel }

// errDraft is what a call would meet.
var errDraft = errors.New("panel: a draft is not sent")

type noTransport struct{}

func (noTransport) RoundTrip(*http.Request) (*http.Response, error) { return nil, errDraft }

// OpenDrafts checks the paid members of a panel.
func OpenDrafts(members []Member) (*Drafts, error) {
	if err := ValidateAll(members); err != nil {
		return nil, err
	}
	d := &Drafts{Panel{clients: map[string]*client{}}}
	for _, m := range members {
		if !m.Paid() {
			continue
		}
		m = m.Defaults()
		p, err := newProtocol(m, "draft", &http.Client{Transport: noTransport{}})
		if err != nil {
			return nil, fmt.Errorf("panel member %s: %w", m.Name, err)
		}
		d.panel.clients[m.Name] = &client{member: m, protocol: p, forms: &forms{}}
	}
	return d, nil
}

// Check looks for secrets as Config.Check does, for Unsendable.
func (d *Drafts) Check(check func(text string) error) {
	d.panel.checks.check, d.panel.checks.seen = check, map[xxh3.Uint128]func() error{}
}

// Unsendable is why a request may not leave this machine, by Check: its text holds a secret.
func (d *Drafts) Unsendable(r Request) error { return d.panel.checks.request(r) }

// GenerateRequest is Panel.GenerateRequest.
func (d *Drafts) GenerateRequest(member string, c schemas.Context, typ schemas.Type, sample int64) (Request, error) {
	return d.panel.GenerateRequest(member, c, typ, sample)
}

// JudgeRequest is Panel.JudgeRequest.
func (d *Drafts) JudgeRequest(member string, c schemas.Context, candidate string) (Request, error) {
	return d.panel.JudgeRequest(member, c, candidate)
}

// SampleRequest is Panel.SampleRequest.
func (d *Drafts) SampleRequest(member string, c schemas.Context, sample int64) (Request, error) {
	return d.panel.SampleRequest(member, c, sample)
}

// ScoreRequest is Panel.ScoreRequest.
func (d *Drafts) ScoreRequest(member string, c schemas.Context, text string) (Request, error) {
	return d.panel.ScoreRequest(member, c, text)
}

// Again is the request that asks once more after an answer that is not what was asked
// for, ok = false where it is.
func (d *Drafts) Again(r Request, answer []byte) (_ Request, ok bool) {
	return d.panel.again(Answer{Request: r, Raw: answer})
}

// Reservation is Panel.Reservation.
func (d *Drafts) Reservation(r Request) (tokens int64, usd *float64) { return d.panel.Reservation(r) }

// Size is the bytes of a request's JSON.
func (r Request) Size() int { return r.size }

// Panel makes requests of any kind and reads answers to them. It sends nothing: it was
// not opened.
func (d *Drafts) Panel() *Panel { return &d.panel }
