package verify

import (
	"fmt"
	"slices"
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
		if s.w.includes && s.inFunction(d.Scope) {
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
	if d.Constructed != "" && s.localType(s.bareType(d.Constructed)) == "" && !s.typeParameter(s.bareType(d.Constructed), d.Scope) {
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
	for _, k := range s.byName[name] {
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
		file: s.file, line: s.line(d.NameStart), name: d.Name, role: d.Role, owner: strings.ReplaceAll(d.Owner, "::", "."),
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
	for _, k := range s.byName[name] {
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
	case d.role == syntax.Variable || d.role == syntax.Constant || d.role == syntax.Field || d.role == syntax.EnumMember:
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
			return out
		}
		if q.w.library == "python" {
			if m := q.w.module(q, e.mod.name+"."+name, nil); e.mod.state == standard && m.state == standard {
				return entity{kind: aModule, mod: m}
			}
		}
		if t := q.lib.types[e.mod.name+q.w.separator+name]; e.mod.state == standard && t != nil {
			return entity{kind: aType, typ: typ{lib: t}}
		}
		return unclear("what %s of %s is, is not known", name, e.mod.name)
	case aValue, aType, aSupertype:
		if e.typ.lib != nil && e.kind == aType && q.w.ambient {
			return unclear("%s of %s is not followed", name, e.typ)
		}
		c := q.closureOf(e.typ)
		if q.w.overloads && e.weak == "" {
			e.weak = c.dynamic
			if len(c.unread) > 0 {
				e.open = fmt.Sprintf("%s has a supertype that is not read, which may overload it: %s", e.typ, c.unread[0])
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
	if depth > maxDepth || c.Macro {
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
		if t, ok := s.typeNamed(string(s.f.Src[s.f.Tree.Start(c.Recv):c.NameEnd]), s.file, owner, s.imports(c.Scope)); ok {
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
	default:
		return e
	}
	if !s.w.typed && !s.w.callable {
		return unclear("results have no written types")
	}
	var out entity
	for i, d := range e.decls {
		text := firstResult(d.target)
		if s.w.ambient && s.query.bare(text) == "Promise" {
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

// path is what a path a::b::c denotes: a type or a module.
func (s *site) path(text string, scope, depth int) entity {
	text, rooted := strings.CutPrefix(strings.Join(strings.Fields(text), ""), "::")
	parts := s.parts(stripGenerics(text))
	if len(parts) == 0 || parts[0] == "" {
		return unclear("the path %s is not followed", text)
	}
	if len(parts) == 1 && !rooted {
		if parts[0] == "Self" {
			return s.selfEntity(scope)
		}
		if e := s.named(parts[0], scope, depth+1); e.kind != unknown {
			return e
		}
	}
	if s.typeParameter(parts[0], scope) {
		return unclear("%s is a type parameter", parts[0])
	}
	if s.ctx.Language == "rust" {
		full := strings.Join(parts, "::")
		if !rooted {
			full = s.rustFull(parts, scope)
		}
		if m := s.w.module(s.query, full, s.file); m.state == present || m.state == standard {
			if m.state == present {
				if t, ok := s.typeAnywhere(parts[len(parts)-1], nil); ok && !s.isModuleName(parts[len(parts)-1]) {
					return entity{kind: aType, typ: t}
				}
			}
			return entity{kind: aModule, mod: m}
		}
		return unclear("what %s is, is not known", text)
	}
	if t, ok := s.typeAnywhere(parts[len(parts)-1], parts[:len(parts)-1]); ok {
		return entity{kind: aType, typ: t}
	}
	return s.cppNamespace(strings.Join(parts, "."))
}

func (s *site) isModuleName(name string) bool {
	return slices.ContainsFunc(s.repo.byName[name], func(d *decl) bool { return d.role == syntax.Module && s.family(d.file) })
}

// rustFull is a path with its first part replaced by what an import says it is.
func (s *site) rustFull(parts []string, scope int) string {
	for _, im := range s.imports(scope) {
		if im.local == parts[0] {
			head := im.module
			if im.name != "" {
				head += "::" + im.name
			}
			return strings.Join(append([]string{head}, parts[1:]...), "::")
		}
	}
	switch parts[0] {
	case "crate", "self", "super", "std", "core", "alloc":
		return strings.Join(parts, "::")
	}
	for _, d := range s.file.decls {
		if d.name == parts[0] && d.owner == "" {
			return "self::" + strings.Join(parts, "::")
		}
	}
	return strings.Join(parts, "::")
}

// cppNamespace is a namespace of the repository: all of its names, wherever they
// are declared. Other headers can add to it.
func (s *site) cppNamespace(path string) entity {
	m := module{state: present, name: strings.ReplaceAll(path, ".", "::"), owner: path, tail: true}
	for _, d := range s.repo.byName[last(path)] {
		if d.role != syntax.Module || !s.family(d.file) || d.full() != path && !strings.HasSuffix(d.full(), "."+path) {
			continue
		}
		if d.target != "" {
			return unclear("%s is an alias", path)
		}
		if !slices.Contains(m.files, d.file) {
			m.files = append(m.files, d.file)
		}
	}
	if len(m.files) == 0 {
		return unclear("what %s is, is not known", path)
	}
	e := entity{kind: aModule, mod: m}
	if unread := s.includes().unread; len(unread) > 0 {
		top, _, _ := strings.Cut(path, ".")
		for _, h := range unread {
			if strings.Contains(strings.ToLower(h), strings.ToLower(top)) {
				return unclear("%s may add to the namespace %s", h, top)
			}
		}
		e.weak = notRead(unread)
	}
	return e
}

func stripGenerics(s string) string {
	var b strings.Builder
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '<':
			depth++
		case '>':
			depth--
		default:
			if depth == 0 {
				b.WriteByte(s[i])
			}
		}
	}
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "::"), "::::", "::")
}
