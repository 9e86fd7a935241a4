package rules

import (
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// methods replaces the name of one call of the golden.
func (s *scene) methods() []Candidate {
	calls := s.named()
	recvs := map[*syntax.Call]receiver{}
	for _, c := range calls {
		recvs[c] = s.receiver(c)
	}
	s.byRank(calls, func(c *syntax.Call) int { return s.calleeRank(c, recvs[c]) })
	var out []Candidate
	for _, c := range calls {
		s.rank = s.calleeRank(c, recvs[c])
		if s.sight != nil && !s.invent {
			out = append(out, s.relatedMethods(c, recvs[c])...)
		}
		var names []string
		if s.invent {
			names = s.inventions(c.Name, ofFunction)
		} else {
			names = s.best(c.Name, s.methodNames(c, recvs[c]), perPlace)
		}
		for _, n := range names {
			out = append(out, s.candidate(TrickMethod, c.NameStart, c.NameEnd, n))
		}
	}
	return out
}

// calleeRank prefers calls whose receiver a reader can look up.
func (s *scene) calleeRank(c *syntax.Call, r receiver) int {
	switch {
	case c.Macro || s.reserved(c.Name) || s.h.macros && style(c.Name) == "UPPER":
		return -1
	case len(r.types) > 0 && !r.open && s.index.has(r.types, c.Name):
		return 4
	case len(r.types) > 0 && s.index.has(r.types, c.Name):
		return 3
	case r.bare && len(s.index.callables[c.Name]) > 0, r.bare && c.Ctor && s.index.types[c.Name], r.module != "":
		return 2
	case r.bare:
		return 1
	}
	return 0
}

// methodNames scores names that could stand for a call's name and that its receiver
// lacks as far as names can tell.
func (s *scene) methodNames(c *syntax.Call, r receiver) map[string]float64 {
	names := map[string]float64{}
	add := func(name string, base float64) {
		if s.fitsCall(c, name) {
			names[name] = max(names[name], base+s.arityFit(name, len(c.Args)))
		}
	}
	tokens := subTokens(c.Name)
	ofTypes := c.Ctor || s.index.types[c.Name] && len(s.index.callables[c.Name]) == 0
	if ofTypes {
		for i := range s.f.Refs {
			if o := &s.f.Refs[i]; o.InType && !s.typeParam(o.Name) {
				add(o.Name, 0.2)
			}
		}
		s.index.typeNames.each(tokens, func(n string) { add(n, 0.1) })
		s.pool.near[types].each(tokens, func(n string) { add(n, 0) })
	} else {
		for i := range s.f.Calls {
			if o := &s.f.Calls[i]; !o.Ctor && o.Macro == c.Macro && !s.index.types[o.Name] {
				add(o.Name, s.windowWorth(o.Recv < 0 == r.bare))
			}
		}
		for i := range s.f.Decls {
			if d := &s.f.Decls[i]; d.HasParams && (d.Role == syntax.Function || d.Role == syntax.Method) {
				add(d.Name, s.windowWorth(d.Role == syntax.Function == r.bare))
			}
		}
		if c.Macro {
			s.dropSupplied(c, r, names)
			return names
		}
		s.index.methods.each(tokens, func(n string) { add(n, 0.15) })
		s.pool.near[callables].each(tokens, func(n string) { add(n, 0) })
	}
	s.dropSupplied(c, r, names)
	return names
}

// fitsCall reports whether a name can stand for a call's and looks like it.
func (s *scene) fitsCall(c *syntax.Call, name string) bool {
	return name != c.Name && len(name) > 1 && identifier(name) && s.h.fitsStyle(c.Name, name) &&
		dunder(name) == dunder(c.Name) && !s.reserved(name) && (!forTests(name) || forTests(c.Name))
}

// windowWorth is what a name is worth for standing in the window.
func (s *scene) windowWorth(sameRole bool) float64 {
	if sameRole {
		return 0.25
	}
	return 0.15
}

func dunder(name string) bool { return strings.HasPrefix(name, "__") }

// arityFit rewards a name that somewhere takes as many arguments.
func (s *scene) arityFit(name string, args int) float64 {
	for _, f := range s.index.callables[name] {
		if f.min <= args && (f.max < 0 || args <= f.max) {
			return 0.15
		}
	}
	return 0
}

// dropSupplied drops names that the receiver may have.
func (s *scene) dropSupplied(c *syntax.Call, r receiver, names map[string]float64) {
	drop := func(name string) { delete(names, name) }
	if r.bare {
		for name := range names {
			if s.visible(name, c.NameStart) {
				drop(name)
			}
		}
		return
	}
	for i := range s.f.Members {
		m := &s.f.Members[i]
		if _, ok := names[m.Name]; ok && s.text(m.ObjStart, m.ObjEnd) == r.text {
			drop(m.Name)
		}
	}
	for _, n := range s.f.Lang.Rules.ObjectMembers {
		drop(n)
	}
	if !s.h.closed || len(r.types) == 0 || r.open {
		for _, n := range s.h.universal {
			drop(n)
		}
	}
	if len(r.types) == 0 {
		siblings := s.siblings(c.Name)
		for name := range names {
			if siblings[name] {
				drop(name)
			}
		}
	}
	last := lastSegment(strings.ReplaceAll(r.text, "->", "."))
	for name := range names {
		switch {
		case s.index.has(r.types, name) || s.declaredIn(r.types, name):
			drop(name)
		case r.own && (s.ownMember(name, c.NameStart) || s.cut() && s.declaredHere(name)):
			drop(name)
		case r.module != "" && s.supplies(r.module, name):
			drop(name)
		case s.h.everywhere && s.namespaced(name) && len(r.types) == 0:
			drop(name)
		case r.module == "" && len(r.types) == 0 && s.supplies(last, name):
			drop(name)
		}
	}
}

// declaredIn reports whether the window declares a member of one of the types.
func (s *scene) declaredIn(types []string, name string) bool {
	return slices.ContainsFunc(s.byName[name], func(i int) bool {
		d := &s.f.Decls[i]
		return isMember(d) && slices.Contains(types, lastPart(d.Owner))
	})
}

// typeParam reports whether the window declares a type parameter of that name.
func (s *scene) typeParam(name string) bool {
	return slices.ContainsFunc(s.byName[name], func(i int) bool { return s.f.Decls[i].Role == syntax.TypeParam })
}

// maxSiblings bounds the cache of siblings.
const maxSiblings = 4096

// siblings are the members of all types that have a method of that name, or whose
// supertypes have: a receiver that is not known may be of any of them.
func (s *scene) siblings(method string) map[string]bool {
	key := siblingKey{s.index, method}
	if m := s.cache[key]; m != nil {
		return m
	}
	m := map[string]bool{}
	seen := map[string]bool{}
	for _, owner := range s.index.owners[method] {
		types, _ := s.index.closure(owner)
		for _, t := range types {
			if seen[t] {
				continue
			}
			seen[t] = true
			for name := range s.index.members[t] {
				m[name] = true
			}
		}
	}
	if len(s.cache) >= maxSiblings {
		clear(s.cache)
	}
	s.cache[key] = m
	return m
}

type siblingKey struct {
	index  *index
	method string
}
