package verify

import (
	"cmp"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// whole is a pair of which all of the negative's text is asked about, not what it changes.
type whole struct{ pair }

// spot is one place of a sample at which something has to exist.
type spot struct {
	verdict
	typ        schemas.Type // of the error where it does not; "" where that is none of the types
	name       string
	start, end int // what a repair changes
	on, onEnd  int // what stands here decides the place too: its receiver, its callee
	call       *syntax.Call
	item       *syntax.ImportItem
	ref        *syntax.Ref
}

// follows reports whether a place cannot be known because another one is wrong.
func (s *spot) follows(e spot) bool { return s.on < s.onEnd && s.on <= e.start && e.end <= s.onEnd }

// spots are all places of the sample at which something has to exist, in their order, each
// with what is known of it.
func (p *whole) spots() []spot {
	var out []spot
	seen := map[int]bool{} // starts of names that are spoken for
	overlaps := func(start, end int) bool { return start < p.n.end && end > p.n.start }
	for i := range p.n.f.Imports {
		if im := &p.n.f.Imports[i]; overlaps(im.Start, im.End) {
			out = append(out, p.importSpots(im)...)
		}
	}
	for i := range p.n.f.Calls {
		c := &p.n.f.Calls[i]
		if overlaps(c.NameStart, c.NameEnd) || c.NameStart >= p.n.end && overlaps(c.Start, c.NameStart) {
			seen[c.NameStart] = true
			out = append(out, p.calleeSpot(c))
		}
		if c.ArgsEnd > 0 && overlaps(c.NameStart, c.ArgsEnd) {
			out = append(out, p.argumentsSpot(c))
		}
	}
	for i := range p.n.f.Members {
		m := &p.n.f.Members[i]
		if !seen[m.NameStart] && (overlaps(m.NameStart, m.NameEnd) ||
			m.NameStart >= p.n.end && overlaps(m.ObjStart, m.ObjEnd)) {
			seen[m.NameStart] = true
			out = append(out, p.memberSpot(m))
		}
	}
	for i := range p.n.f.Refs {
		if r := &p.n.f.Refs[i]; !seen[r.Start] && overlaps(r.Start, r.End) {
			seen[r.Start] = true
			out = append(out, p.refSpot(r))
		}
	}
	out = append(out, p.unexplained(seen)...)
	slices.SortStableFunc(out, func(a, b spot) int { return cmp.Compare(a.start, b.start) })
	return out
}

// refSpot is a bare name.
func (p *whole) refSpot(r *syntax.Ref) spot {
	s := spot{typ: schemas.TypeUndefinedVariable, name: r.Name, start: r.Start, end: r.End, ref: r}
	if r.Called {
		s.typ = schemas.TypeMethod
	}
	if p.goldenReads(r.Name) {
		s.verdict = verdict{ruleUnbound, exists("the golden reads %s too", r.Name)}
		return s
	}
	f := p.n.ref(r)
	if f.status == schemas.StatusAbstain && p.n.unboundElsewhere(r.Name) != "" {
		f = exists("%s is read at %s too", r.Name, p.n.unboundElsewhere(r.Name))
	}
	switch at := ""; f.status {
	case schemas.StatusExists:
		if at = p.n.later(r); at != "" {
			f = abstain("%s is declared further down, at %s", r.Name, at)
		}
	case schemas.StatusCertified:
		if r.Assigned && !p.n.w.typed {
			f = abstain("%s is assigned to, which may declare it", r.Name)
		}
	}
	s.verdict = p.controlled(verdict{ruleUnbound, f})
	return s
}

// goldenReads reports whether the golden reads a bare name that it does not declare.
func (p *whole) goldenReads(name string) bool {
	for k := range p.g.decls(name) {
		if d := &p.g.f.Decls[k]; d.NameStart < p.g.end && d.NameEnd > p.g.start {
			return false
		}
	}
	for i := range p.g.f.Refs {
		if r := &p.g.f.Refs[i]; r.Name == name && r.Start < p.g.end && r.End > p.g.start {
			return true
		}
	}
	return false
}

// controlled makes an abstention of a refusal that the golden's own names would get.
func (p *whole) controlled(v verdict) verdict {
	if v.status != schemas.StatusCertified {
		return v
	}
	if c := p.g.refused(); c.status != "" {
		return verdict{ruleControl, c}
	}
	return v
}

// binding is the declaration of the window that a bare name means in a scope, -1 for none.
func (s *site) binding(name string, scope int) int {
	for sc := scope; sc >= 0; sc = s.f.Scopes[sc].Parent {
		for k := range s.decls(name) {
			if d := &s.f.Decls[k]; d.Scope == sc && d.Role != syntax.Label && s.seen(d, scope) {
				return k
			}
		}
	}
	return -1
}

// ordered reports whether a declaration is of a local that can be read behind it alone. What a
// comprehension yields stands before what it binds.
func (s *site) ordered(d *syntax.Decl) bool {
	sc := s.f.Scopes[d.Scope]
	kind := s.f.Tree.Kind(s.f.Tree.At(sc.Start, sc.End))
	return (d.Role == syntax.Variable || d.Role == syntax.Constant) && s.inFunction(d.Scope) &&
		!strings.Contains(kind, "comprehension") && !strings.Contains(kind, "generator")
}

// later is where a local variable that a name means is declared, where that is not before
// the place: the look-up of names does not ask for the order.
func (s *site) later(r *syntax.Ref) string {
	k := s.binding(r.Name, r.Scope)
	if k < 0 {
		return ""
	}
	d := &s.f.Decls[k]
	if s.ordered(d) && !r.Assigned && r.Start != d.NameStart && r.Start < d.End {
		for k := range s.decls(r.Name) { // bound again: the first one counts
			if o := &s.f.Decls[k]; o.Scope == d.Scope && o.End <= r.Start {
				return ""
			}
		}
		return s.at(d.NameStart)
	}
	return ""
}
