package verify

import (
	"fmt"
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// entity is what an expression before a dot denotes.
type entity struct {
	kind    entityKind
	typ     typ
	mod     module
	decls   []*decl    // the functions
	weak    string     // why the type may not be the whole truth
	why     string     // kind unknown: why
	open    string     // aFunction: why there may be other signatures
	self    bool       // the receiver of the method that encloses it
	through entityKind // aFunction: what it is a member of
}

type entityKind uint8

const (
	unknown    entityKind = iota
	aValue                // a value of typ
	aType                 // typ itself
	aModule               // a module or namespace
	aSupertype            // the receiver seen as its supertypes
	aFunction             // functions or methods: decls
)

// maxDepth bounds how many declarations and calls are followed from one receiver.
const maxDepth = 12

func unclear(format string, args ...any) entity { return entity{why: fmt.Sprintf(format, args...)} }

// receiver is what a call's receiver denotes.
func (s *site) receiver(c *syntax.Call, depth int) entity {
	if depth > maxDepth {
		return unclear("the receiver is not simple")
	}
	if s.w.path != nil {
		// The node of a path's last part does not cover the path: take its text.
		for i := range s.f.Members {
			if m := &s.f.Members[i]; m.NameStart == c.NameStart && m.Object >= 0 {
				if text := string(s.f.Src[m.ObjStart:m.ObjEnd]); strings.Contains(string(s.f.Src[m.ObjEnd:m.NameStart]),
					"::") {
					return s.path(text, c.Scope, depth+1)
				}
			}
		}
	}
	return s.denotes(c.Recv, c.Scope, depth)
}

// denotes is what the expression at a node denotes.
func (s *site) denotes(n, scope, depth int) entity {
	if n < 0 || depth > maxDepth {
		return unclear("the receiver is not simple")
	}
	text := strings.TrimSpace(s.f.Tree.Text(n))
	switch {
	case slices.Contains(s.w.self, text):
		return s.selfEntity(scope)
	case slices.Contains(s.w.super, text):
		e := s.selfEntity(scope)
		if e.kind == aValue {
			e.kind = aSupertype
		}
		return e
	}
	for strings.HasPrefix(s.f.Tree.Kind(n), "parenthesized") && !s.f.Tree.Leaf(n) {
		n++
		text = s.f.Tree.Text(n)
	}
	if i, ok := at(s.refs, n); ok {
		return s.named(s.f.Refs[i].Name, s.f.Refs[i].Scope, depth+1)
	}
	if i, ok := at(s.members, n); ok {
		m := &s.f.Members[i]
		if s.w.path != nil && strings.Contains(string(s.f.Src[m.ObjEnd:m.NameStart]), "::") {
			return s.path(string(s.f.Src[m.Start:m.NameEnd]), scope, depth+1)
		}
		if j, ok := at(s.calls, n); ok {
			return s.result(&s.f.Calls[j], depth+1)
		}
		return s.member(s.denotes(m.Object, m.Scope, depth+1), m.Name)
	}
	if i, ok := at(s.calls, n); ok {
		return s.result(&s.f.Calls[i], depth+1)
	}
	kind := s.f.Tree.Kind(n)
	if t, ok := s.literal(kind, text); ok {
		return entity{kind: aValue, typ: t}
	}
	if isName(text) {
		return s.named(text, scope, depth+1)
	}
	return unclear("what %.60q is, is not followed", text)
}

// literal is the type of a literal, where the library lists its members.
func (s *site) literal(kind, text string) (typ, bool) {
	if s.w.literal == nil {
		return typ{}, false
	}
	t := s.lib.types[s.w.literal(kind, text, slices.Contains(s.rules().Strings, kind))]
	return typ{lib: t}, t != nil
}

// selfEntity is the receiver at a scope.
func (s *site) selfEntity(scope int) entity {
	if s.lost != "" {
		return unclear("%s", s.lost)
	}
	for sc := scope; sc > 0; sc = s.f.Scopes[sc].Parent {
		k := s.f.Scopes[sc].Decl
		if s.f.Scopes[sc].Kind == syntax.TypeScope && k < 0 && !s.w.members.outOfLine() {
			return unclear("the receiver is of a class without a name")
		}
		if s.w.rebinds != nil && s.f.Scopes[sc].Kind == syntax.FunctionScope && s.w.rebinds(s, sc) {
			return unclear("this in a plain function is not the method's")
		}
		if k < 0 {
			continue
		}
		d := &s.f.Decls[k]
		if s.f.Scopes[sc].Kind == syntax.TypeScope || d.Owner != "" && d.Role != syntax.Module &&
			s.f.Scopes[sc].Kind == syntax.FunctionScope {
			break
		}
	}
	paths := s.enclosing(scope)
	if len(paths) == 0 {
		return unclear("no type encloses the place")
	}
	t, ok := s.enclosingType(paths[0])
	if !ok {
		return unclear("the declaration of %s is not clear", paths[0])
	}
	return entity{kind: aValue, typ: t, self: true}
}

// named is what a bare name denotes: the variable that the innermost scope binds,
// a type, an imported module.
func (s *site) named(name string, scope, depth int) entity {
	if depth > maxDepth {
		return unclear("%s is declared by way of too much else", name)
	}
	if slices.Contains(s.w.self, name) && (s.w.namedSelf || !s.declares(name)) {
		return s.selfEntity(scope)
	}
	for sc := scope; sc >= 0; sc = s.f.Scopes[sc].Parent {
		var here []*syntax.Decl
		for k := range s.decls(name) {
			if d := &s.f.Decls[k]; d.Scope == sc && d.Role != syntax.Label && d.Role != syntax.Constructor &&
				s.seen(d, scope) && (d.Role != syntax.Field || s.f.Scopes[sc].Kind == syntax.TypeScope) {
				here = append(here, d)
			}
		}
		if s.w.bareMembers && (s.f.Scopes[sc].Kind == syntax.FileScope ||
			s.f.Scopes[sc].Kind == syntax.NamespaceScope || ofType(here)) {
			if e, ok := s.inherited(name, scope); ok {
				return e
			}
		}
		if len(here) > 0 {
			if s.w.anywhere != nil && here[0].Role == syntax.Function && !s.inFunction(sc) {
				return s.w.anywhere(s, name) // a header may declare it with other defaults
			}
			return s.variable(name, here, depth)
		}
		for i := range s.f.Imports {
			if s.f.Imports[i].Scope != sc || s.ctx.PrefixCut {
				continue
			}
			for _, it := range s.f.Imports[i].Items {
				if it.Local == name {
					return s.importedName(imported{local: name, name: it.Name, module: it.Module, relative: it.Relative,
						static: it.Static}, name)
				}
			}
		}
	}
	if s.lost != "" {
		return unclear("%s", s.lost)
	}
	imports := s.imports(scope)
	for _, im := range imports {
		if im.local == name {
			return s.importedName(im, name)
		}
	}
	if s.ctx.PrefixCut {
		var here []*decl
		for _, d := range s.file.decls {
			if d.name == name && (d.owner == "" || s.inOuter(d.owner)) {
				here = append(here, d)
			}
		}
		if len(here) > 0 {
			return s.declared(here, name)
		}
	}
	if s.w.siblings == folderNames {
		var here []*decl
		for _, f := range s.repo.dirs[s.file.folder] {
			for _, d := range f.decls {
				if d.name == name && d.owner == "" && s.family(f) {
					here = append(here, d)
				}
			}
		}
		if len(here) > 0 {
			return s.declared(here, name)
		}
	}
	outer := ""
	if ps := s.enclosing(scope); len(ps) > 0 {
		outer = ps[0]
	}
	if statics := s.lib.statics[name]; statics != nil && s.beside(name) == "" {
		return entity{kind: aModule, mod: module{state: standard, name: name, lib: statics}}
	}
	if t, ok := s.typeNamed(name, s.file, outer, imports); ok {
		return entity{kind: aType, typ: t}
	}
	if s.w.anywhere != nil {
		if e := s.w.anywhere(s, name); e.kind != unknown {
			return e
		}
	}
	if s.w.renamed != nil {
		if m := s.w.renamed(s, imports, name); m.state == present {
			return entity{kind: aModule, mod: m}
		}
	}
	return unclear("what %s is, is not known", name)
}

// ofType reports whether declarations are members: then all overloads count, also
// those that the window does not show.
func ofType(ds []*syntax.Decl) bool {
	for _, d := range ds {
		if d.Role == syntax.Method {
			return true
		}
	}
	return false
}

// inherited is what a bare name denotes as a member of the types around a scope.
func (s *site) inherited(name string, scope int) (entity, bool) {
	for _, p := range s.enclosing(scope) {
		t, ok := s.enclosingType(p)
		if !ok {
			if !t.known() && s.namespace(p) {
				continue
			}
			return unclear("%s may be a member of %s, which is not clear", name, p), true
		}
		c := s.closureOf(t)
		if len(notConstructors(c.members[name])) > 0 {
			return s.member(entity{kind: aValue, typ: t, self: true}, name), true
		}
		if len(c.unread) > 0 || c.lib[name] != "" {
			return unclear("%s may be inherited by %s", name, t), true
		}
	}
	return entity{}, false
}

// importedName is what an imported name denotes.
func (s *site) importedName(im imported, name string) entity {
	if s.w.typesApart && im.name != "" && im.name != "default" {
		if x := s.export(s.w.module(s.query, im.module, s.file), im.name); len(x.decls) > 0 {
			return s.declared(x.decls, name) // a type and a value may share the name
		}
	}
	if t, ok := s.typeImported(im, s.file); ok {
		return entity{kind: aType, typ: t}
	}
	if s.w.imported != nil {
		if e, ok := s.w.imported(s, im, name); ok {
			return e
		}
	}
	if im.name != "" {
		m := s.w.module(s.query, im.module, s.file)
		if s.w.path != nil {
			if sub := s.w.module(s.query, im.module+"::"+im.name, s.file); sub.state == present ||
				sub.state == standard {
				return entity{kind: aModule, mod: sub}
			}
		}
		if x := s.export(m, im.name); len(x.decls) > 0 {
			return s.declared(x.decls, name)
		}
		return unclear("%s of %s is not known", im.name, im.module)
	}
	m := s.w.module(s.query, im.module, s.file)
	if m.state == present || m.state == standard {
		return entity{kind: aModule, mod: m}
	}
	return unclear("%s is external", im.module)
}
