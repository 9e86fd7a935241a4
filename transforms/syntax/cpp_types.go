package syntax

import (
	"slices"
	"strings"
)

// cppOuter is the scope in which a declaration at node n binds its name: the
// present one, but outside of the scopes of the templates around it, which hold
// their parameters.
func cppOuter(b *Builder, n int) int {
	s := b.Scope()
	for p := b.Parent(n); p >= 0 && s > 0; p = b.Parent(p) {
		k := b.Kind(p)
		if k == "template_declaration" {
			s = b.f.Scopes[s].Parent
		} else if k != "friend_declaration" {
			break
		}
	}
	if sc := b.f.Scopes[s]; sc.Kind == BlockScope && sc.Parent >= 0 {
		// The body of a class or namespace that reads as a function's (cppMisread).
		if k := b.f.Scopes[sc.Parent].Kind; k == TypeScope || k == NamespaceScope {
			return sc.Parent
		}
	}
	return s
}

// cppDeclare is Declare with the scope given.
func cppDeclare(b *Builder, n, name int, d Decl, scope int) int {
	k := b.Declare(n, name, d)
	if k >= 0 {
		b.f.Decls[k].Scope = scope
	}
	return k
}

// cppNamespace: the names of an anonymous or inline namespace are those of the
// namespace around it. namespace a::b declares both.
func cppNamespace(b *Builder, n int) {
	name := b.Child(n, "name")
	if name < 0 {
		return
	}
	parts := []int{name}
	if b.Kind(name) == "nested_namespace_specifier" {
		parts = parts[:0]
		for c := name + 1; c < b.After(name); c++ {
			if b.Kind(c) == "namespace_identifier" {
				parts = append(parts, c)
			}
		}
	}
	owner, k := b.Owner(), -1
	for _, p := range parts {
		k = b.Declare(n, p, Decl{Role: Module, Owner: owner})
		owner = join(owner, b.Text(p))
	}
	if k < 0 || strings.HasPrefix(b.Text(n), "inline") {
		return
	}
	b.OpenScope(n, NamespaceScope, k)
}

func cppNamespaceAlias(b *Builder, n int) {
	d := Decl{Role: Module}
	for c := range b.Children(n) {
		if b.Field(c) != "name" {
			d.Type = b.Text(c)
		}
	}
	b.Declare(n, b.Child(n, "name"), d)
	b.SkipInside(n)
}

// cppClass declares a class where it is one: with a body, or alone as a forward
// declaration (whose members are not here). Elsewhere "struct x" only names it.
func cppClass(b *Builder, n int) {
	name, body := b.Child(n, "name"), b.Child(n, "body")
	parent := b.Parent(n)
	if body < 0 {
		if b.Field(n) == "type" && !(b.Kind(parent) == "field_declaration" && b.Child(parent, "declarator") < 0) {
			return
		}
		if name >= 0 && b.Kind(name) == "type_identifier" {
			cppDeclare(b, n, name, Decl{Role: Class, Open: true}, cppOuter(b, n))
		}
		return
	}
	if name < 0 {
		cppAnonymous(b, n)
		return
	}
	d := Decl{Role: Class, Open: b.Broken(n)}
	special := b.Kind(name) != "type_identifier" // X<int>, A::X
	if special {
		parts := cppParts(b.Tree, name)
		if len(parts) > 1 {
			d.Owner = cppOwner(b, parts[:len(parts)-1])
		}
		b.Mark(name)
		last := parts[len(parts)-1]
		d.Open = d.Open || b.Kind(last) == "template_type"
		name = b.Unwrap(last)
	}
	if bases := b.ChildOf(n, "base_class_clause"); bases >= 0 {
		for c := range b.Children(bases) {
			switch b.Kind(c) {
			case "type_identifier", "qualified_identifier", "template_type":
				super := cppBare(b.Text(c))
				d.Supers = append(d.Supers, super)
				d.Open = d.Open || cppIsParameter(b, super)
			case "access_specifier", "virtual", "comment":
			default: // a pack, decltype or macro
				d.Open = true
			}
		}
	}
	d.Open = d.Open || cppOpenBody(b.Tree, body, b.Text(name))
	k := cppDeclare(b, n, name, d, cppOuter(b, n))
	b.OpenScope(n, TypeScope, k)
}

// cppAnonymous: the members of an anonymous struct or union are those of the type
// around it, those of a typedef's have its name, those of a variable's its name.
func cppAnonymous(b *Builder, n int) {
	parent := b.Parent(n)
	decl := b.Child(parent, "declarator")
	if decl < 0 {
		return
	}
	for k := len(b.f.Decls) - 1; k >= 0 && b.f.Decls[k].Start >= b.Start(parent); k-- {
		if b.f.Decls[k].Node == parent && b.f.Decls[k].Role == Class {
			b.OpenScope(n, TypeScope, k)
			return
		}
	}
	owner := b.Owner()
	b.Own(b.OpenScope(n, TypeScope, -1), join(owner, cppBare(b.Text(decl))))
}

// cppIsParameter reports whether a name is a template parameter here.
func cppIsParameter(b *Builder, name string) bool {
	for k := len(b.f.Decls) - 1; k >= 0; k-- {
		if d := &b.f.Decls[k]; d.Name == name && d.Role == TypeParam && d.End > b.f.Scopes[d.Scope].Start &&
			b.f.Scopes[d.Scope].End > b.f.Scopes[b.Scope()].Start {
			return true
		}
	}
	return false
}

// cppOpenBody reports whether a class body holds what may declare more members: a
// macro, which reads as a constructor of another name or as a type before an
// access specifier.
func cppOpenBody(t *Tree, body int, class string) bool {
	for c := range t.Children(body) {
		switch t.Kind(c) {
		case "declaration", "function_definition", "field_declaration":
			typ, decl := t.Child(c, "type"), t.Child(c, "declarator")
			if decl < 0 {
				continue
			}
			name, fn := cppName(t, decl)
			if name >= 0 && typ < 0 && fn >= 0 && (t.Kind(name) == "identifier" ||
				t.Kind(name) == "field_identifier") && t.Text(name) != class {
				return true
			}
			if name >= 0 && slices.Contains([]string{"public", "private", "protected"}, t.Text(name)) {
				return true
			}
		case "expression_statement", "preproc_include", "ERROR":
			return true
		}
	}
	return false
}

// cppEnum: the members of a plain enum are visible around it too.
func cppEnum(b *Builder, n int) {
	name, body := b.Child(n, "name"), b.Child(n, "body")
	if name < 0 || (body < 0 && b.Field(n) == "type") {
		return
	}
	d := Decl{Role: Enum, Open: body < 0}
	if b.Kind(name) == "qualified_identifier" {
		parts := cppParts(b.Tree, name)
		b.Mark(name)
		d.Owner = cppOwner(b, parts[:len(parts)-1])
		name = parts[len(parts)-1]
	}
	k := cppDeclare(b, n, name, d, cppOuter(b, n))
	if body >= 0 {
		b.OpenScope(n, TypeScope, k)
	}
}

func cppEnumerator(b *Builder, n int) {
	enum := b.Parent(b.Parent(n))
	scope := b.Scope()
	if enum >= 0 && b.f.Scopes[scope].Kind == TypeScope && b.Child(enum, "name") >= 0 &&
		b.f.Scopes[scope].Start == b.Start(enum) {
		head := strings.Fields(string(b.Src[b.Start(enum):b.Start(b.Child(enum, "name"))]))
		if !slices.Contains(head, "class") && !slices.Contains(head, "struct") {
			scope = b.f.Scopes[scope].Parent
		}
	}
	cppDeclare(b, n, b.Child(n, "name"), Decl{Role: EnumMember}, scope)
}

// cppAlias: using X = T; concept X = …
func cppAlias(b *Builder, n int) {
	d := Decl{Role: TypeAlias}
	if t := b.Child(n, "type"); t >= 0 {
		d.Type = b.Text(t)
	}
	cppDeclare(b, n, b.Child(n, "name"), d, cppOuter(b, n))
}

// cppTypedef: an anonymous struct has the typedef's first name.
func cppTypedef(b *Builder, n int) {
	typ := b.Child(n, "type")
	anonymous := typ >= 0 && b.Child(typ, "body") >= 0 && b.Child(typ, "name") < 0 && b.Kind(typ) != "enum_specifier"
	for c := range b.Children(n) {
		if b.Field(c) != "declarator" {
			continue
		}
		d := Decl{Role: TypeAlias, Type: cppType(b.Tree, n, c)}
		if anonymous {
			d, anonymous = Decl{Role: Class, Open: b.Broken(typ)}, false
		}
		if name, _ := cppName(b.Tree, c); name >= 0 {
			cppDeclare(b, n, name, d, cppOuter(b, n))
		}
	}
}

// cppFriend: friend class X may declare X around the class.
func cppFriend(b *Builder, n int) {
	for c := range b.Children(n) {
		if b.Kind(c) != "type_identifier" {
			continue
		}
		k := b.Declare(n, c, Decl{Role: Class, Open: true})
		b.f.Decls[k].Scope, b.f.Decls[k].Owner = 0, ""
	}
}

func cppTypeParameter(b *Builder, n int) {
	name := b.Child(n, "name")
	if name < 0 {
		name = b.ChildOf(n, "type_identifier")
	}
	if name >= 0 {
		b.Declare(n, name, Decl{Role: TypeParam})
	}
}

// cppOwner is the path of the type or namespace that the parts of a qualifier name.
func cppOwner(b *Builder, parts []int) string {
	owner := b.Owner()
	for _, p := range parts {
		owner = join(owner, cppBare(b.Text(p)))
	}
	return owner
}

// cppFinish makes the names of a namespace that is opened more than once visible
// around it, so that each of its blocks sees the names of the others; closes the
// forward declarations of types that the file defines; and declares in the whole
// file what stands in a syntax error.
func cppFinish(b *Builder) {
	blocks := map[string][]int{}
	for i := range b.f.Decls {
		if d := &b.f.Decls[i]; d.Role == Module && d.Inner >= 0 {
			path := join(d.Owner, d.Name)
			blocks[path] = append(blocks[path], d.Inner)
		}
	}
	defined := map[string]bool{}
	for i := range b.f.Decls {
		if d := &b.f.Decls[i]; d.Inner >= 0 && (d.Role == Class || d.Role == Enum) {
			defined[join(d.Owner, d.Name)] = true
		}
	}
	for _, r := range b.f.Refs {
		if cppSuspect(b.Tree, r.Node) && !slices.Contains(cppPredeclared, r.Name) {
			b.f.Decls = append(b.f.Decls, Decl{
				Name: r.Name, NameStart: r.Start, NameEnd: r.End, Start: r.Start, End: r.End, Node: r.Node,
				Role: Variable, Inner: -1, Decorated: true,
			})
		}
	}
	shared := map[int]bool{}
	for _, scopes := range blocks {
		for _, s := range scopes {
			shared[s] = len(scopes) > 1
		}
	}
	for i := range b.f.Decls {
		d := &b.f.Decls[i]
		if d.Inner < 0 && (d.Role == Class || d.Role == Enum) && defined[join(d.Owner, d.Name)] {
			d.Open = false
		}
		for shared[d.Scope] {
			d.Scope = b.f.Scopes[d.Scope].Parent
		}
	}
}

// cppSuspect reports whether a name may have been a declaration: it stands in a
// syntax error, or after the access specifier of a class that reads as a function
// (cppMisread), where the first member reads as a labelled statement.
func cppSuspect(t *Tree, n int) bool {
	for p := t.Parent(n); p >= 0 && t.Kind(p) != "compound_statement"; p = t.Parent(p) {
		if t.IsError(p) {
			return true
		}
		if t.Kind(p) == "labeled_statement" {
			label := t.Child(p, "label")
			return label >= 0 && slices.Contains(cppAccess, t.Text(label))
		}
	}
	return false
}
