package verify

import (
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// undefined checks every changed bare identifier. Names that are called are of the
// type method.
func (p *pair) undefined() verdict {
	var vs []verdict
	for i := range p.n.f.Refs {
		r := &p.n.f.Refs[i]
		if r.Called || !p.changed(r.Start, r.End) {
			continue
		}
		vs = append(vs, verdict{ruleUnbound, p.n.ref(r)})
	}
	v := pick(vs)
	if v.status == schemas.StatusCertified || v.status == schemas.StatusUnseen {
		if c := p.g.refused(); c.status != "" {
			return verdict{ruleControl, abstain("%s", c.why)}
		}
	}
	return v
}

// ref looks up one bare identifier.
func (s *site) ref(r *syntax.Ref) finding { return s.bare(r.Name, r.Scope, r.Start, s.useOf(r)) }

func (s *site) useOf(r *syntax.Ref) use {
	if s.w.crates && strings.HasPrefix(strings.TrimSpace(string(s.f.Src[r.End:min(r.End+8, len(s.f.Src))])), "::") {
		return asRoot
	}
	switch {
	case r.InType:
		return asType
	case r.Called:
		return asCallee
	}
	for i := range s.f.Members {
		m := &s.f.Members[i]
		if m.ObjStart != r.Start || m.ObjEnd < r.End || m.Object < 0 {
			continue
		}
		return asReceiver
	}
	return asValue
}

// refused is the control: a name in the golden's declaration that the same rule
// would refuse. The golden is known to be right, so then the rule sees less than
// the compiler does.
func (s *site) refused() finding {
	if f, ok := s.control[0]; ok {
		return f
	}
	var out finding
	from, to := s.declaredRange()
	for i := range s.f.Refs {
		r := &s.f.Refs[i]
		if r.Called || r.Start < from || r.End > to || s.f.Tree.Broken(r.Node) {
			continue
		}
		if f := s.ref(r); f.status == schemas.StatusCertified || f.status == schemas.StatusUnseen {
			out = finding{schemas.StatusAbstain, "the golden window's own " + r.Name + " (" + s.at(r.Start) +
				") is not found either"}
			break
		}
	}
	s.control[0] = out
	return out
}

// declaredRange is the enclosing declaration in the window.
func (s *site) declaredRange() (from, to int) {
	base := int(s.ctx.StartByte) - len(s.ctx.Prefix)
	from, to = int(s.ctx.DeclStart)-base, int(s.ctx.DeclEnd)-base
	if from < 0 || to <= from || to > len(s.f.Src) {
		return s.start, s.end
	}
	return from, to
}
