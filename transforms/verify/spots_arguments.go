package verify

import (
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// argumentsSpot is the argument list of a call. It is known to fit where the golden or the
// window passes as many to the same callee, by the same keywords, or where a declaration
// takes them.
func (p *whole) argumentsSpot(c *syntax.Call) spot {
	s := spot{typ: schemas.TypeParameter, name: c.Name, start: c.ArgsStart, end: c.ArgsEnd,
		on: c.Start, onEnd: c.NameEnd, call: c}
	if c.ArgsStart < p.n.start || c.ArgsEnd > p.n.end { // a part of the list is not the sample's
		s.start, s.end = max(c.ArgsStart, p.n.start), min(c.ArgsEnd, p.n.end)
	}
	recv := p.n.receiverText(c)
	switch {
	case c.Macro || c.Decorator || c.TokenTree:
		s.verdict = verdict{ruleCount, exists("the arguments are the macro's")}
		if !c.Macro && !p.sameText(c) || c.TokenTree && !p.sameText(c) {
			s.verdict = verdict{ruleCount, abstain("the arguments of %s are not read", c.Name)}
		}
		return s
	case p.passedAlike(c, recv):
		s.verdict = verdict{ruleCount, exists("%s is called so elsewhere", c.Name)}
		return s
	case p.n.w.anyCount && p.n.w.fewer:
		s.verdict = verdict{ruleCount, exists("the language takes any count")}
		return s
	}
	t := p.n.target(c)
	if t.why != "" {
		s.verdict = verdict{ruleCount, abstain("%s", t.why)}
		return s
	}
	if p.n.oneForSeveral(c) && !slices.ContainsFunc(t.sigs, takesOne) {
		s.verdict = verdict{ruleCount, abstain("how many arguments the one stands for is not known")}
		return s
	}
	rule := ruleKeyword
	var refusals []string
	for _, sig := range t.sigs {
		why, keyword := p.n.refuses(sig, c)
		if why == "" {
			s.verdict = verdict{ruleCount, exists("%s takes these arguments", sig.words())}
			return s
		}
		if !keyword {
			rule = ruleCount
		}
		refusals = append(refusals, why)
	}
	if len(refusals) == 0 {
		s.verdict = verdict{ruleCount, abstain("no declaration of %s is seen", c.Name)}
		return s
	}
	s.verdict = verdict{rule, certain(t.weak, "%s", strings.Join(refusals[:min(len(refusals), 3)], "; "))}
	if s.status == schemas.StatusCertified && !p.confirmedCall(c, recv) {
		s.verdict = verdict{ruleControl, abstain("no call of %s in the golden's window confirms what it takes", c.Name)}
	}
	return s
}

// oneForSeveral reports whether a call's only argument may stand for any number of them: the
// rule of counts takes it for right then.
func (s *site) oneForSeveral(c *syntax.Call) bool {
	if len(c.Args) != 1 {
		return false
	}
	_, called := at(s.calls, c.Args[0].Node)
	return s.w.several && called
}

// takesOne reports whether a signature takes one positional argument.
func takesOne(g signature) bool {
	if g.decl == nil {
		return g.lib.n == 1 || g.lib.n <= 1 && g.lib.variadic
	}
	places, required := 0, 0
	for _, p := range g.decl.params {
		switch {
		case p.variadic:
			places++
		case !p.keywordRest:
			places++
			if !p.optional {
				required++
			}
		}
	}
	return places >= 1 && required <= 1
}

// sameText reports whether the golden has a call of the same text.
func (p *whole) sameText(c *syntax.Call) bool {
	text := string(p.n.f.Src[c.Start:c.End])
	return slices.ContainsFunc(p.g.touched(), func(g *syntax.Call) bool {
		return string(p.g.f.Src[g.Start:g.End]) == text
	}) || strings.Contains(p.g.ctx.Golden, text)
}

// passedAlike reports whether the golden's window calls the same callee with as many
// arguments, by the same keywords.
func (p *whole) passedAlike(c *syntax.Call, recv string) bool {
	shape := shapeOfArguments(c)
	for i := range p.g.f.Calls {
		g := &p.g.f.Calls[i]
		if g.Name != c.Name || g.Ctor != c.Ctor || g.ArgsEnd == 0 || !slices.Equal(shapeOfArguments(g), shape) {
			continue
		}
		// The call around the sample, whose name stands before it in both windows.
		if g.NameStart == c.NameStart && c.NameEnd <= p.n.start {
			return true
		}
		if p.g.receiverText(g) != recv {
			continue
		}
		root := rootOf(recv)
		if recv == "" {
			root = c.Name
		}
		inGolden := g.NameStart < p.g.end && g.NameEnd > p.g.start
		if inGolden && p.goldenUses(recv, c.Name, true) || !inGolden && root != "" && p.alike(root, c, g) {
			return true
		}
	}
	return false
}

// alike reports whether a name means the same at a call of the sample and at one elsewhere in
// the golden's window: the same declaration, by its place before the sample, or none in either.
func (p *whole) alike(root string, c, g *syntax.Call) bool {
	if slices.Contains(p.n.w.self, root) || slices.Contains(p.n.rules().SelfNames, root) {
		x, y := p.n.enclosing(c.Scope), p.g.enclosing(g.Scope)
		return len(x) > 0 && slices.Equal(x, y)
	}
	a, b := p.n.binding(root, c.Scope), p.g.binding(root, g.Scope)
	if a < 0 || b < 0 {
		return a < 0 && b < 0
	}
	return p.n.sameAs(p.g, p.n.f.Decls[a].NameStart) == p.g.f.Decls[b].NameStart
}

// sameAs is where a place outside of the sample stands in the golden's window, -1 for one in it.
func (s *site) sameAs(g *site, place int) int {
	switch {
	case place < s.start:
		return place
	case place >= s.end:
		return place - s.end + g.end
	}
	return -1
}

func shapeOfArguments(c *syntax.Call) []string {
	var out []string
	for _, a := range c.Args {
		switch {
		case a.Spread:
			out = append(out, "*")
		default:
			out = append(out, a.Keyword)
		}
	}
	slices.Sort(out)
	return out
}

// confirmedCall reports whether a call of the same callee in the golden's window is taken by a
// declaration that it is resolved to: the control of a refusal.
func (p *whole) confirmedCall(c *syntax.Call, recv string) bool {
	for i := range p.g.f.Calls {
		g := &p.g.f.Calls[i]
		if g.Name != c.Name || g.ArgsEnd == 0 || p.g.receiverText(g) != recv {
			continue
		}
		for _, sig := range p.g.target(g).sigs {
			if why, _ := p.g.refuses(sig, g); why == "" {
				return true
			}
		}
	}
	return false
}
