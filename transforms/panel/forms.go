package panel

import (
	"net/http"
	"slices"
	"sync"
)

// leastPlain is how many requests must have needed it until no more are sent with a
// response format.
const leastPlain = 3

// forms is what was learnt of the form that a member takes.
type forms struct {
	mu        sync.Mutex
	learnt    Parameters
	formatted int // requests that were answered with the response format
	plain     int // and those that were answered, or made sense, only without it
}

func (f *forms) now(base Parameters) Parameters {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.learnt.over(base)
}

// learn notes that a request was answered in a form.
func (f *forms) learn(form Parameters) (news bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	before := f.learnt
	f.learnt = form.over(f.learnt)
	return f.learnt != before
}

// answered counts a request that was answered with the response format or without.
func (f *forms) answered(plain bool) (news bool) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if !plain {
		f.formatted++
		return false
	}
	f.plain++
	if f.plain < leastPlain || f.plain <= f.formatted || f.learnt.ResponseFormat == omit {
		return false
	}
	f.learnt.ResponseFormat = omit
	return true
}

// own is the form of one task: what it was refused with, and what nobody is to learn
// from it.
type own struct {
	form  Parameters // with what the server's words said
	plain bool       // and without a response format, for a reason of its own
	tried []Parameters
}

// mostForms bounds in how many forms a request is sent.
const mostForms = 8

// form is how a task is sent next.
func (c *client) form(t *task) Parameters {
	form := t.own.form.over(c.forms.now(c.member.Parameters))
	if t.own.plain {
		form.ResponseFormat = omit
	}
	return form
}

// another reports whether a task that was refused is to be sent in another form.
func (c *client) another(t *task, form Parameters, x *exchange, v verdict) bool {
	if v.class == useless && v.status == http.StatusBadRequest {
		t.own.plain = t.request.shape != nil // for its next attempt
		return false
	}
	if v.class != refused || v.final ||
		v.status != http.StatusBadRequest && v.status != http.StatusUnprocessableEntity {
		return false
	}
	t.own.tried = append(t.own.tried, form)
	if len(t.own.tried) >= mostForms {
		return false
	}
	q, found := c.member.refusedParameter(t.request, form, x.body)
	next := form
	switch {
	case found:
		next = c.member.without(q, form)
	case t.request.shape != nil && form.ResponseFormat != omit:
		next.ResponseFormat = omit
	}
	if slices.Contains(t.own.tried, next) || !c.protocol.takes(next) {
		return false
	}
	if found {
		*q.of(&t.own.form) = *q.of(&next)
	} else {
		t.own.plain = true
	}
	return true
}

// took learns from an answer in which form the member takes requests.
func (c *client) took(t *task, form Parameters, v verdict) (news bool) {
	if v.class != answered {
		return false
	}
	if t.request.shape != nil && (form.ResponseFormat != omit || t.own.plain) {
		news = c.forms.answered(t.own.plain)
	}
	return c.forms.learn(t.own.form) || news
}
