package verify

import (
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// calleeSpot is the name that a call calls.
func (p *whole) calleeSpot(c *syntax.Call) spot {
	s := spot{typ: schemas.TypeMethod, name: c.Name, start: c.NameStart, end: c.NameEnd, call: c}
	if c.Recv >= 0 {
		s.on, s.onEnd = c.Start, c.NameStart
	}
	if c.NameStart >= p.n.end { // it stands behind the sample, which is its receiver
		s.typ = ""
	}
	recv := p.n.receiverText(c)
	if p.goldenUses(recv, c.Name, true) {
		s.verdict = verdict{ruleMember, exists("the golden calls %s too", c.Name)}
		return s
	}
	v := p.n.called(c)
	switch {
	case c.Macro || c.Decorator || c.TokenTree:
		if c.Macro && p.n.macroElsewhere(c) {
			v.finding = exists("%s is called elsewhere in the window", c.Name)
		} else if v.status != schemas.StatusExists {
			v.finding = abstain("%s is a macro or an annotation", c.Name)
		}
	case v.status == schemas.StatusExists && c.Recv < 0:
		if at := p.n.later(&syntax.Ref{Name: c.Name, Start: c.NameStart, End: c.NameEnd, Scope: c.Scope}); at != "" {
			v.finding = abstain("%s is declared further down, at %s", c.Name, at)
		}
	case v.status == schemas.StatusExists || v.status == schemas.StatusUnseen:
	case p.n.witnessed(c, recv) != "":
		v.finding = exists("%s is used at %s too", c.Name, p.n.witnessed(c, recv))
	case v.status == schemas.StatusCertified && c.Recv < 0:
		v = p.controlled(v)
		if v.status == schemas.StatusCertified {
			if why := p.g.calleesRefused(); why != "" {
				v = verdict{ruleControl, abstain("%s", why)}
			}
		}
	case v.status == schemas.StatusCertified:
		if why := p.unconfirmed(recv); why != "" {
			v = verdict{ruleControl, abstain("%s", why)}
		}
	}
	s.verdict = v
	return s
}

// memberSpot is the name of a member that is read, not called: where there is none, that is
// an error of none of the types.
func (p *whole) memberSpot(m *syntax.Member) spot {
	s := spot{name: m.Name, start: m.NameStart, end: m.NameEnd, on: m.ObjStart, onEnd: m.ObjEnd}
	recv := string(p.n.f.Src[m.ObjStart:m.ObjEnd])
	if p.goldenUses(recv, m.Name, false) {
		s.verdict = verdict{ruleMember, exists("the golden has %s too", m.Name)}
		return s
	}
	c := asCall(m)
	v := p.n.called(&c)
	if at := p.n.witnessed(&c, recv); v.status != schemas.StatusExists && at != "" {
		v.finding = exists("%s is used at %s too", m.Name, at)
	}
	s.verdict = v
	return s
}

// asCall is a member as what a call calls: the same is looked up.
func asCall(m *syntax.Member) syntax.Call {
	return syntax.Call{Start: m.Start, End: m.End, Node: m.Node, Name: m.Name, NameStart: m.NameStart,
		NameEnd: m.NameEnd, Recv: m.Object, Scope: m.Scope}
}

// receiverText is what stands before a called name, as it is written.
func (s *site) receiverText(c *syntax.Call) string {
	for i := range s.f.Members {
		if m := &s.f.Members[i]; m.NameStart == c.NameStart {
			return string(s.f.Src[m.ObjStart:m.ObjEnd])
		}
	}
	if c.Recv >= 0 {
		return s.f.Tree.Text(c.Recv)
	}
	return ""
}

// rootOf is the name with which an expression begins.
func rootOf(text string) string {
	n := 0
	for n < len(text) && isWordByte(text[n]) {
		n++
	}
	if !isName(text[:n]) {
		return ""
	}
	return text[:n]
}

// goldenUses reports whether the golden calls, or reads, a name on the same receiver, which
// the golden and the sample do not each declare for themselves.
func (p *whole) goldenUses(recv, name string, called bool) bool {
	root := rootOf(recv)
	if recv == "" {
		root = name
	}
	for _, s := range []*site{p.g, p.n} {
		for k := range s.decls(root) {
			if d := &s.f.Decls[k]; d.NameStart < s.end && d.NameEnd > s.start {
				return false
			}
		}
	}
	if called {
		for _, c := range p.g.touched() {
			if c.Name == name && c.NameEnd > p.g.start && p.g.receiverText(c) == recv {
				return true
			}
		}
	}
	if recv == "" {
		return false
	}
	for i := range p.g.f.Members {
		m := &p.g.f.Members[i]
		if m.Name == name && (called || !m.Called) && m.ObjStart < p.g.end && m.NameEnd > p.g.start &&
			string(p.g.f.Src[m.ObjStart:m.ObjEnd]) == recv {
			return true
		}
	}
	return false
}

// witnessed is where the window uses the same name of the same receiver outside of the
// sample, "" for nowhere: the receiver must begin with the same variable.
func (s *site) witnessed(c *syntax.Call, recv string) string {
	root := rootOf(recv)
	if root == "" {
		return ""
	}
	for i := range s.f.Members {
		m := &s.f.Members[i]
		if m.Name != c.Name || m.NameStart < s.end && m.NameEnd > s.start ||
			string(s.f.Src[m.ObjStart:m.ObjEnd]) != recv || !s.sameRoot(root, c.Scope, m.Scope) {
			continue
		}
		return s.at(m.NameStart)
	}
	return ""
}

// sameRoot reports whether a name means the same in two scopes.
func (s *site) sameRoot(root string, a, b int) bool {
	if slices.Contains(s.w.self, root) || slices.Contains(s.rules().SelfNames, root) {
		x, y := s.enclosing(a), s.enclosing(b)
		return len(x) > 0 && slices.Equal(x, y)
	}
	return s.binding(root, a) == s.binding(root, b)
}

// macroElsewhere reports whether the window calls the same macro outside of the sample.
func (s *site) macroElsewhere(c *syntax.Call) bool {
	for i := range s.f.Calls {
		o := &s.f.Calls[i]
		if o.Macro && o.Name == c.Name && (o.NameEnd <= s.start || o.NameStart >= s.end) {
			return true
		}
	}
	return false
}

// calleesRefused is the control for called names without a receiver: one of the golden's
// declaration that the same rule would refuse, "" for none.
func (s *site) calleesRefused() string {
	from, to := s.declaredRange()
	for i := range s.f.Calls {
		c := &s.f.Calls[i]
		if c.Recv >= 0 || c.Macro || c.Decorator || c.TokenTree || c.NameStart < from || c.NameEnd > to ||
			s.f.Tree.Broken(c.Node) {
			continue
		}
		if v := s.called(c); v.status == schemas.StatusCertified || v.status == schemas.StatusUnseen {
			return "the golden window's own " + c.Name + " (" + s.at(c.NameStart) + ") is not found either"
		}
	}
	return ""
}

// unconfirmed says why nothing in the golden's window confirms what a receiver is taken for,
// "" where something does: the same receiver must have a member there that is found, and none
// that is refused.
func (p *whole) unconfirmed(recv string) string {
	confirmed := false
	for i := range p.g.f.Members {
		m := &p.g.f.Members[i]
		if string(p.g.f.Src[m.ObjStart:m.ObjEnd]) != recv {
			continue
		}
		c := asCall(m)
		switch p.g.called(&c).status {
		case schemas.StatusExists:
			confirmed = true
		case schemas.StatusCertified, schemas.StatusUnseen:
			return "the golden window's own " + recv + "." + m.Name + " is not found either"
		}
	}
	if !confirmed {
		return "no member of " + strings.TrimSpace(recv) + " in the golden's window confirms what it is"
	}
	return ""
}
