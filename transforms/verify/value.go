package verify

import (
	"fmt"
	"strings"

	"decoy/transforms/syntax"
)

// variable is what the declarations of a name in one scope denote together.
func (s *site) variable(name string, here []*syntax.Decl, depth int) entity {
	var out entity
	for i, d := range here {
		e := s.declaration(d, depth)
		switch {
		case e.kind == unknown:
			return e
		case i == 0:
			out = e
		case e.kind == aFunction && out.kind == aFunction:
			out.decls = append(out.decls, e.decls...)
		case e.kind != out.kind || !e.typ.same(out.typ):
			return unclear("%s is declared in more than one way", name)
		}
	}
	if !s.w.typed && out.kind != aType {
		for i := range s.f.Refs {
			if r := &s.f.Refs[i]; r.Name == name && r.Assigned {
				return unclear("%s is assigned to more than once", name)
			}
		}
	}
	return out
}

// declaration is what one declaration's name denotes.
func (s *site) declaration(d *syntax.Decl, depth int) entity {
	owner := ""
	if ps := s.enclosing(d.Scope); len(ps) > 0 {
		owner = ps[0]
	}
	switch d.Role {
	case syntax.Class, syntax.Interface, syntax.Enum, syntax.Trait, syntax.TypeAlias:
		line := s.line(d.NameStart)
		for _, sym := range s.file.decls {
			if sym.name == d.Name && sym.isType() && sym.line == line {
				t, _ := s.enclosingType(sym.full())
				return entity{kind: aType, typ: t}
			}
		}
		return unclear("%s is declared inside of a function", d.Name)
	case syntax.Function, syntax.Method, syntax.Constructor:
		if s.w.anywhere != nil && s.inFunction(d.Scope) {
			return unclear("%s reads as a function, and may be a variable", d.Name)
		}
		return entity{kind: aFunction, decls: []*decl{s.read(d)}}
	case syntax.Variable, syntax.Constant, syntax.Parameter, syntax.Field:
	default:
		return unclear("%s is a %s", d.Name, d.Role)
	}
	imports := s.imports(d.Scope)
	if d.Type != "" {
		if at := s.localType(s.bareType(d.Type)); at != "" {
			return unclear("%s is of a type that is declared inside of a function (%s)", d.Name, at)
		}
		if s.typeParameter(s.bareType(d.Type), d.Scope) {
			return unclear("%s is of a type parameter", d.Name)
		}
		if t, ok := s.typeNamed(d.Type, s.file, owner, imports); ok {
			return entity{kind: aValue, typ: t}
		}
		return unclear("the type %q of %s is not resolved", d.Type, d.Name)
	}
	if d.Role == syntax.Parameter {
		return unclear("%s has no written type", d.Name)
	}
	if d.Constructed != "" && s.localType(s.bareType(d.Constructed)) == "" &&
		!s.typeParameter(s.bareType(d.Constructed), d.Scope) {
		if t, ok := s.constructs(d.Constructed, d.Scope, imports, owner, depth); ok {
			e := entity{kind: aValue, typ: t}
			if d.Role == syntax.Field && !s.w.typed {
				e.weak = fmt.Sprintf("the field %s can be set from elsewhere", d.Name)
			}
			return e
		}
	}
	if d.InitCall != "" && s.w.typed {
		for i := range s.f.Calls {
			c := &s.f.Calls[i]
			if c.Start >= d.NameEnd && c.NameEnd <= d.End && string(s.f.Src[c.Start:c.NameEnd]) == d.InitCall {
				return s.result(c, depth+1)
			}
		}
	}
	return unclear("the type of %s is not written", d.Name)
}

// localType is where a function in the window declares a type of that name.
func (s *site) localType(name string) string {
	for k := range s.decls(name) {
		switch d := &s.f.Decls[k]; d.Role {
		case syntax.Class, syntax.Interface, syntax.Enum, syntax.Trait, syntax.TypeAlias:
			if s.inFunction(d.Scope) {
				return s.at(d.NameStart)
			}
		}
	}
	return ""
}

func (s *site) inFunction(scope int) bool {
	for ; scope > 0; scope = s.f.Scopes[scope].Parent {
		if s.f.Scopes[scope].Kind == syntax.FunctionScope {
			return true
		}
	}
	return false
}

// read makes a declaration of the window one like those of the symbols.
func (s *site) read(d *syntax.Decl) *decl {
	out := &decl{
		file: s.file, line: s.line(d.NameStart), name: d.Name, role: d.Role, owner: strings.ReplaceAll(d.Owner, "::",
			"."),
		callable: d.HasParams, target: d.Type, static: d.Static, decorated: d.Decorated, open: d.Open,
	}
	for _, p := range d.Params {
		if p.Name != "this" {
			out.params = append(out.params, readParam(p.String()))
		}
	}
	return out
}

// bareType is a written type's bare name.
func (s *site) bareType(text string) string { return s.query.bare(text) }

// typeParameter reports whether a name is a type parameter at a scope.
func (s *site) typeParameter(name string, scope int) bool {
	for k := range s.decls(name) {
		if d := &s.f.Decls[k]; d.Role == syntax.TypeParam {
			return true
		}
	}
	return false
}

// constructs is the type that a written constructor's name names. A name that a
// scope binds to something else (a factory) is none.
func (s *site) constructs(name string, scope int, imports []imported, owner string, depth int) (typ, bool) {
	if isName(name) && depth < 8 {
		e := s.named(name, scope, depth+1)
		return e.typ, e.kind == aType
	}
	return s.typeNamed(name, s.file, owner, imports)
}

// declared is what a name denotes that declarations of the repository give.
func (q *query) declared(ds []*decl, name string) entity {
	var out entity
	for i, d := range ds {
		e := q.declaredBy(d)
		switch {
		case e.kind == unknown:
			return e
		case i == 0:
			out = e
		case e.kind == aFunction && out.kind == aFunction:
			out.decls = append(out.decls, e.decls...)
		case e.kind == aType && out.kind == aType && e.typ.decls[0].full() == out.typ.decls[0].full():
			out.typ.decls = append(out.typ.decls, e.typ.decls...)
		case e.kind != out.kind || !e.typ.same(out.typ):
			return unclear("%s is declared in more than one way", name)
		}
	}
	if out.kind == aType {
		out.typ.decls = q.defining(out.typ.decls)
		if t, ok := q.one(out.typ.decls); !ok {
			return unclear("%s is declared in more than one way (%s)", name, t)
		}
	}
	return out
}

func (q *query) declaredBy(d *decl) entity {
	switch {
	case d.isType():
		return entity{kind: aType, typ: typ{decls: []*decl{d}}}
	case d.role == syntax.Function || d.role == syntax.Method || d.role == syntax.Constructor:
		return entity{kind: aFunction, decls: []*decl{d}}
	case d.role == syntax.Variable || d.role == syntax.Constant || d.role == syntax.Field ||
		d.role == syntax.EnumMember:
		if d.target == "" {
			return unclear("the type of %s is not written", d.name)
		}
		t, ok := q.typeNamed(d.target, d.file, d.owner, d.file.imports)
		if !ok {
			return unclear("the type %q of %s is not resolved", d.target, d.name)
		}
		e := entity{kind: aValue, typ: t}
		if !q.w.typed {
			e.weak = fmt.Sprintf("%s can be set from elsewhere", d.name)
		}
		return e
	}
	return unclear("%s is a %s", d.name, d.role)
}
