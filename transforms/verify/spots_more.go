package verify

import (
	"fmt"
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

// importSpots are the items of an import statement.
func (p *whole) importSpots(im *syntax.Import) []spot {
	gs := p.g.importItems()
	same := func(a, b syntax.ImportItem) bool {
		return a.Module == b.Module && a.Name == b.Name && a.Wildcard == b.Wildcard && a.Static == b.Static
	}
	var out []spot
	for i := range im.Items {
		it := &im.Items[i]
		s := spot{typ: schemas.TypeImport, name: it.Module, start: it.ModStart, end: it.ModEnd, item: it}
		if it.Name != "" && it.NameEnd > it.NameStart {
			s.name = it.Name
		}
		if slices.ContainsFunc(gs, func(g syntax.ImportItem) bool { return same(g, *it) }) {
			s.verdict = verdict{ruleModule, exists("the golden imports %s too", s.name)}
			out = append(out, s)
			continue
		}
		v := p.n.item(*it)
		if v.status == schemas.StatusCertified && p.n.w.doubts != nil {
			v = p.n.w.doubts(&p.pair, v, gs, im.Items)
		}
		switch {
		case v.rule == ruleModule:
			s.name = it.Module
		case it.NameEnd > it.NameStart:
			s.start, s.end = it.NameStart, it.NameEnd
		}
		if v.status == schemas.StatusCertified {
			if at := p.n.guarded(); at != "" {
				v = verdict{v.rule, abstain("the import may fail and its failure is caught (%s)", at)}
			}
			for _, g := range gs {
				if o := p.g.item(g); o.status == schemas.StatusCertified || o.status == schemas.StatusUnseen {
					v = verdict{ruleControl, abstain("the golden's own import is not found either: %s", o.why)}
				}
			}
		}
		s.verdict = v
		out = append(out, s)
	}
	if len(im.Items) == 0 {
		out = append(out, spot{name: "an import", start: im.Start, end: im.End,
			verdict: verdict{ruleModule, abstain("what the import brings is not read")}})
	}
	return out
}

// unexplained are names of the sample that no fact explains (a key of a literal, a part of a
// path, an attribute) and that the golden does not have: nothing says that they are there.
func (p *whole) unexplained(known map[int]bool) []spot {
	had := map[string]bool{}
	p.g.bareLeaves(nil, func(n int) { had[p.g.f.Tree.Text(n)] = true })
	var out []spot
	p.n.bareLeaves(known, func(n int) {
		if name := p.n.f.Tree.Text(n); !had[name] {
			out = append(out, spot{name: name, start: p.n.f.Tree.Start(n), end: p.n.f.Tree.End(n),
				verdict: verdict{ruleWhole, abstain("a %s is not looked up", p.n.f.Tree.Kind(n))}})
		}
	})
	return out
}

// bareLeaves calls f for the names in a completion that no fact explains.
func (s *site) bareLeaves(known map[int]bool, f func(n int)) {
	r := s.rules()
	explained := map[int]bool{}
	for i := range s.f.Refs {
		explained[s.f.Refs[i].Start] = true
	}
	for i := range s.f.Members {
		explained[s.f.Members[i].NameStart] = true
	}
	for i := range s.f.Decls {
		explained[s.f.Decls[i].NameStart] = true
	}
	for i := range s.f.Calls {
		explained[s.f.Calls[i].NameStart] = true
		for _, a := range s.f.Calls[i].Args {
			if a.Keyword != "" {
				explained[a.Start] = true
			}
		}
	}
	t := s.f.Tree
	for n := range t.Len() {
		if !t.Leaf(n) || !t.Named(n) || t.Start(n) >= s.end || t.End(n) <= s.start || known[t.Start(n)] ||
			explained[t.Start(n)] || s.inImport(t.Start(n)) {
			continue
		}
		kind := t.Kind(n)
		named := slices.Contains(r.Idents, kind) || slices.Contains(r.TypeIdents, kind) ||
			strings.Contains(kind, "identifier")
		if !named || !s.w.typed && kind == "property_identifier" { // a key of an object that is made here
			continue
		}
		if name := t.Text(n); isName(name) && !slices.Contains(r.Predeclared, name) &&
			!slices.Contains(r.SelfNames, name) && !slices.Contains(s.w.extra, name) && name != "_" {
			f(n)
		}
	}
}

func (s *site) inImport(place int) bool {
	for i := range s.f.Imports {
		if im := &s.f.Imports[i]; im.Start <= place && place < im.End {
			return true
		}
	}
	return false
}

// unlike says how a sample that may be right by its names changes what stands around it, ""
// where it does not: names that the golden binds for others and the sample does not, names
// that it binds a second time, variables that nothing reads. e is the error that is known of.
func (p *whole) unlike(e *spot) string {
	gs, ns := p.g.bindsIn(), p.n.bindsIn()
	lost := 0
	for _, name := range sortedKeys(gs) {
		if _, ok := ns[name]; ok || !p.g.readOutside(name, gs[name]) {
			continue
		}
		if lost++; e == nil || e.item == nil || lost > 1 {
			return fmt.Sprintf("what follows reads %s, which it does not bind", name)
		}
	}
	for i := range p.n.f.Decls {
		d := &p.n.f.Decls[i]
		if d.NameStart >= p.n.end || d.NameEnd <= p.n.start || d.Name == "_" || d.Role == syntax.Label {
			continue
		}
		if _, ok := gs[d.Name]; ok {
			continue
		}
		for k := range p.n.decls(d.Name) {
			o := &p.n.f.Decls[k]
			if o.Scope == d.Scope && (o.NameEnd <= p.n.start || o.NameStart >= p.n.end) {
				return fmt.Sprintf("it declares %s, which %s declares too", d.Name, p.n.at(o.NameStart))
			}
		}
		if (d.Role == syntax.Variable || d.Role == syntax.Constant) && p.n.inFunction(d.Scope) && !p.n.readAt(d) {
			return fmt.Sprintf("it declares %s, which nothing reads", d.Name)
		}
	}
	return ""
}

// read1 reports whether a name is read where a declaration of it is visible.
func (s *site) readAt(d *syntax.Decl) bool {
	for i := range s.f.Refs {
		if r := &s.f.Refs[i]; r.Name == d.Name && r.Start != d.NameStart && s.within(r.Scope, d.Scope) {
			return true
		}
	}
	return false
}

// bindsIn are the names that a completion binds, each with the scope.
func (s *site) bindsIn() map[string]int {
	out := map[string]int{}
	for i := range s.f.Decls {
		if d := &s.f.Decls[i]; d.NameStart < s.end && d.NameEnd > s.start && d.Role != syntax.Label {
			out[d.Name] = d.Scope
		}
	}
	for i := range s.f.Imports {
		im := &s.f.Imports[i]
		if im.Start >= s.end || im.End <= s.start {
			continue
		}
		for _, it := range im.Items {
			if it.Local != "" {
				out[it.Local] = im.Scope
			}
		}
	}
	return out
}

// readOutside reports whether a name that the completion binds is read outside of it.
func (s *site) readOutside(name string, scope int) bool {
	for i := range s.f.Refs {
		if r := &s.f.Refs[i]; r.Name == name && (r.End <= s.start || r.Start >= s.end) && s.within(r.Scope, scope) {
			return true
		}
	}
	return false
}
