package verify

import (
	"fmt"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
	"decoy/transforms/text"
)

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
	out := p.n.unread()
	p.n.bareLeaves(known, func(n int) {
		if name := p.n.f.Tree.Text(n); !had[name] {
			out = append(out, spot{name: name, start: p.n.f.Tree.Start(n), end: p.n.f.Tree.End(n),
				verdict: verdict{ruleWhole, abstain("a %s is not looked up", p.n.f.Tree.Kind(n))}})
		}
	})
	return out
}

// unread are words of the completion that stand in what the window takes for a text or a
// comment that begins before it, or in what does not parse: a window that is cut out of its
// file may begin inside of a text, and then all of it is the other way round.
func (s *site) unread() (out []spot) {
	r, t := s.rules(), s.f.Tree
	for _, w := range text.Tokens(string(s.f.Src[s.start:s.end])) {
		if !isName(w.Text) {
			continue
		}
		at := s.start + w.Start
		n := t.At(at, s.start+w.End)
		kind := t.Kind(n)
		literal := slices.Contains(r.Strings, kind) || slices.Contains(r.Comments, kind) ||
			strings.Contains(kind, "string") || strings.Contains(kind, "comment")
		if t.IsError(n) || literal && t.Start(n) < s.start {
			out = append(out, spot{name: w.Text, start: at, end: s.start + w.End,
				verdict: verdict{ruleSyntax, abstain("it stands in a %s", kind)}})
		}
	}
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
// where it does not: it ends a function and begins another one, names that the golden binds
// for others and the sample does not, names that it binds a second time, variables that nothing
// reads. e is the error that is known of.
func (p *whole) unlike(e *spot) string {
	if !slices.Equal(p.g.open(), p.n.open()) {
		return "what follows it stands in other scopes than behind the golden"
	}
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
		switch d.Role {
		case syntax.Method, syntax.Constructor, syntax.Class, syntax.Interface, syntax.Trait, syntax.Enum:
			return fmt.Sprintf("it declares %s, and what a type or its method must be is not checked", d.Name)
		}
		for k := range p.n.decls(d.Name) {
			o := &p.n.f.Decls[k]
			if o.Scope == d.Scope && (o.NameEnd <= p.n.start || o.NameStart >= p.n.end) {
				return fmt.Sprintf("it declares %s, which %s declares too", d.Name, p.n.at(o.NameStart))
			}
		}
		// What is wrong may be the name that should read it: the repair shows.
		misread := e != nil && e.typ == schemas.TypeUndefinedVariable
		if (d.Role == syntax.Variable || d.Role == syntax.Constant) && p.n.inFunction(d.Scope) && !misread &&
			!p.n.readAt(d) {
			return fmt.Sprintf("it declares %s, which nothing reads", d.Name)
		}
	}
	return ""
}

// open are the scopes in which stands what follows a completion: where each begins, -1 for in
// the completion, with its kind.
func (s *site) open() (out [][2]int) {
	for i := range s.f.Scopes {
		sc := &s.f.Scopes[i]
		if sc.Start >= s.end || sc.End <= s.end || i == 0 {
			continue
		}
		at := sc.Start
		if at >= s.start {
			at = -1
		}
		out = append(out, [2]int{at, int(sc.Kind)})
	}
	return out
}

// readAt reports whether a name is read where a declaration of it is visible.
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
