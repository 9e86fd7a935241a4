package verify

import (
	"fmt"
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// member is what e.name denotes.
func (q *query) member(e entity, name string) entity {
	switch e.kind {
	case aModule:
		x := q.export(e.mod, name)
		if len(x.decls) > 0 {
			out := q.declared(x.decls, name)
			if out.weak == "" {
				out.weak = e.weak
			}
			if q.w.overloads {
				out.open = x.open
			}
			return out
		}
		if q.w.submodules && e.mod.state == standard {
			if m := q.w.module(q, e.mod.name+"."+name, nil); m.state == standard {
				return entity{kind: aModule, mod: m}
			}
		}
		if t := q.lib.types[e.mod.name+q.w.separator+name]; e.mod.state == standard && t != nil {
			return entity{kind: aType, typ: typ{lib: t}}
		}
		return unclear("what %s of %s is, is not known", name, e.mod.name)
	case aValue, aType, aSupertype:
		// A list that keeps the statics of types apart has only their values' members here.
		if e.typ.lib != nil && e.kind == aType && len(q.lib.statics) > 0 {
			return unclear("%s of %s is not followed", name, e.typ)
		}
		c := q.closureOf(e.typ)
		if q.w.overloads && e.weak == "" {
			e.weak = c.dynamic
			if len(c.unread) > 0 {
				e.open = fmt.Sprintf("%s has a supertype that is not read, which may overload it: %s", e.typ,
					c.unread[0])
			}
		}
		ds := notConstructors(c.members[name])
		if len(ds) == 0 {
			return unclear("what %s of %s is, is not known", name, e.typ)
		}
		for _, sub := range q.below(e.typ) {
			for _, d := range sub.decls {
				for _, m := range q.own(d) {
					if m.name == name {
						ds = append(ds[:len(ds):len(ds)], m)
					}
				}
			}
		}
		out := q.declared(ds, name)
		if out.weak == "" {
			out.weak = e.weak
		}
		out.open = e.open
		out.through = e.kind
		return out
	}
	return unclear("what %s is a member of, is not clear", name)
}

func notConstructors(ds []*decl) []*decl {
	var out []*decl
	for _, d := range ds {
		if d.role != syntax.Constructor {
			out = append(out, d)
		}
	}
	return out
}

// callee is what a call calls.
func (s *site) callee(c *syntax.Call, depth int) entity {
	if c.Recv < 0 {
		return s.named(c.Name, c.Scope, depth+1)
	}
	e := s.receiver(c, depth+1)
	if e.kind == unknown {
		return e
	}
	return s.member(e, c.Name)
}

// result is the value of a call: what a constructor constructs, or the one type
// that all the functions that it can call write as their result.
func (s *site) result(c *syntax.Call, depth int) entity {
	if depth > maxDepth || c.Macro || s.rooted(c) {
		return unclear("the receiver is not simple")
	}
	if c.Ctor {
		owner := ""
		if ps := s.enclosing(c.Scope); len(ps) > 0 {
			owner = ps[0]
		}
		if c.Recv < 0 {
			if e := s.named(c.Name, c.Scope, depth+1); e.kind == aType {
				return entity{kind: aValue, typ: e.typ}
			}
			return unclear("the type %s is not resolved", c.Name)
		}
		if t, ok := s.typeNamed(string(s.f.Src[s.f.Tree.Start(c.Recv):c.NameEnd]),
			s.file, owner, s.imports(c.Scope)); ok {
			return entity{kind: aValue, typ: t}
		}
		return unclear("the type %s is not resolved", c.Name)
	}
	e := s.callee(c, depth+1)
	switch e.kind {
	case aType:
		if s.w.callable {
			return entity{kind: aValue, typ: e.typ}
		}
		return unclear("%s is a type", c.Name)
	case aFunction:
	case unknown:
		return e
	default:
		return unclear("what calling %s gives, is not known", c.Name)
	}
	if !s.w.results {
		return unclear("results have no written types")
	}
	var out entity
	for i, d := range e.decls {
		text := firstResult(d.target)
		if s.w.awaited != nil && s.w.awaited(s.query.bare(text)) {
			return unclear("%s has a promise, which may be awaited", d.name)
		}
		if text == "" || d.decorated {
			return unclear("%s has no written result", d.name)
		}
		t, ok := typ{}, false
		if slices.Contains(words("Self self.Self typing.Self"), text) {
			t, ok = s.typeNamed(last(d.owner), d.file, "", d.file.imports)
		} else {
			t, ok = s.typeNamed(text, d.file, d.owner, d.file.imports)
		}
		if !ok || s.typeParameter(s.bareType(text), c.Scope) || len(text) <= 2 && !t.known() {
			return unclear("the result type %q of %s is not resolved", text, d.name)
		}
		if i > 0 && !t.same(out.typ) {
			return unclear("%s has results of several types", d.name)
		}
		out = entity{kind: aValue, typ: t}
	}
	return out
}

// firstResult is the first of several results: "(*Store, error)".
func firstResult(target string) string {
	if !strings.HasPrefix(target, "(") || !strings.HasSuffix(target, ")") {
		return target
	}
	first := splitTop(target[1 : len(target)-1])[0]
	if i := strings.LastIndexByte(first, ' '); i >= 0 && isName(first[:i]) {
		first = first[i+1:] // a named result
	}
	return first
}
