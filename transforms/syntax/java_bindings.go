package syntax

import "strings"

// javaVariable declares one name of a field or local variable declaration, whose
// type stands in the parent.
func javaVariable(b *Builder, n int) {
	parent := b.Parent(n)
	kind := b.Kind(parent)
	if kind == "spread_parameter" {
		return // with its parameter list
	}
	d := Decl{Role: Variable}
	if t := b.Child(parent, "type"); t >= 0 && b.Text(t) != "var" {
		d.Type = b.Text(t)
		if dims := b.Child(n, "dimensions"); dims >= 0 {
			d.Type += b.Text(dims)
		}
	}
	if v := b.Child(n, "value"); v >= 0 {
		b.fillValue(&d, v)
		if b.Kind(v) == "object_creation_expression" {
			d.InitCall = ""
		}
	}
	switch kind {
	case "field_declaration", "constant_declaration":
		d.Role = Field
		d.Static = kind == "constant_declaration" || javaStatic(b, parent)
	}
	b.Declare(n, b.Child(n, "name"), d)
}

// javaBinding mends what a table has read of a binding: "var" is no type, and a
// construction is no call of a function.
func javaBinding(b *Builder, n int) {
	if k := len(b.f.Decls) - 1; k >= 0 && b.f.Decls[k].Node == n {
		d := b.Decl(k)
		if d.Type == "var" {
			d.Type = ""
		}
		if d.Constructed != "" {
			d.InitCall = ""
		}
	}
}

func javaParams(b *Builder, list int) []Param {
	var out []Param
	for c := range b.Children(list) {
		name, p := javaParam(b, c)
		if name < 0 {
			continue
		}
		out = append(out, p)
		b.Declare(c, name, Decl{Role: Parameter, Type: javaVariadicType(p)})
	}
	return out
}

// javaParam reads one parameter; name is its name's node, -1 for what is none (a
// receiver, a comment).
func javaParam(b *Builder, n int) (name int, p Param) {
	var typ, dims int
	switch b.Kind(n) {
	case "formal_parameter":
		name, typ, dims = b.Child(n, "name"), b.Child(n, "type"), b.Child(n, "dimensions")
	case "spread_parameter":
		v := b.ChildOf(n, "variable_declarator")
		if v < 0 {
			return -1, p
		}
		name, typ, dims = b.Child(v, "name"), n+1, b.Child(v, "dimensions")
		if b.Kind(typ) == "modifiers" {
			typ = b.After(typ)
		}
		p.Variadic = true
	default:
		return -1, p
	}
	if name < 0 {
		return -1, p
	}
	p.Name = b.Text(name)
	if typ >= 0 && b.Text(typ) != "var" {
		p.Type = b.Text(typ)
	}
	if dims >= 0 {
		p.Type += b.Text(dims)
	}
	return name, p
}

// javaVariadicType is the type of a parameter inside its method.
func javaVariadicType(p Param) string {
	if p.Variadic {
		return p.Type + "[]"
	}
	return p.Type
}

func javaLambda(b *Builder, n int) {
	b.OpenScope(n, FunctionScope, -1)
	list := b.Child(n, "parameters")
	if list < 0 {
		return
	}
	switch b.Kind(list) {
	case "identifier":
		b.Declare(n, list, Decl{Role: Parameter})
	case "inferred_parameters":
		for c := range b.Children(list) {
			if b.Kind(c) == "identifier" {
				b.Declare(n, c, Decl{Role: Parameter})
			}
		}
	default:
		javaParams(b, list)
	}
}

// javaPattern binds the variable of a type pattern, its last child.
func javaPattern(b *Builder, n int) {
	typ, name := -1, -1
	for c := range b.Children(n) {
		if k := b.Kind(c); k == "modifiers" || k == "line_comment" || k == "block_comment" {
			continue
		}
		if typ < 0 {
			typ = c
		} else {
			name = c
		}
	}
	if name < 0 || b.Kind(name) != "identifier" {
		return
	}
	d := Decl{Role: Variable}
	if b.Text(typ) != "var" {
		d.Type = b.Text(typ)
	}
	b.Declare(n, name, d)
}

// javaSwitchLabel marks bare names: case RED is a constant of the enum that is
// switched over, not a name of a scope.
func javaSwitchLabel(b *Builder, n int) {
	for c := range b.Children(n) {
		b.Mark(c)
	}
}

// javaCreation ends a construction before its class body, and reads outer.new
// Inner(…), whose type is a member of outer's.
func javaCreation(b *Builder, n int) {
	c := b.LastCall(n)
	if c == nil {
		return
	}
	if b.ChildOf(n, "class_body") >= 0 && c.ArgsEnd > 0 {
		c.End = c.ArgsEnd
	}
	first := n + 1
	switch k := b.Kind(first); {
	case b.Field(first) == "type" || k == "type_arguments" || k == "annotation" || k == "marker_annotation" ||
		strings.HasSuffix(k, "comment"):
	default:
		c.Recv = first
		if t := b.Unwrap(b.Child(n, "type")); t >= 0 {
			b.Mark(t)
		}
	}
}

// javaMethodReference reads T::name as a member; T::new has none.
func javaMethodReference(b *Builder, n int) {
	object, name := n+1, -1
	for c := range b.Children(n) {
		name = c
	}
	if name == object || name < 0 || b.Kind(name) != "identifier" {
		return
	}
	javaMember(b, n, object, name)
}

// javaMember adds a member access whose parts are parts of node n.
func javaMember(b *Builder, n, object, name int) {
	b.Mark(name)
	b.f.Members = append(b.f.Members, Member{Start: b.Start(n), End: b.End(name), Node: n, Object: object,
		ObjStart: b.Start(object), ObjEnd: b.End(object),
		Name: b.Text(name), NameStart: b.Start(name), NameEnd: b.End(name), Called: b.called[name], Scope: b.Scope()})
}

// javaFieldAccess takes back Outer.this and Outer.super, which are no members.
func javaFieldAccess(b *Builder, n int) {
	if f := b.Child(n, "field"); f >= 0 && b.Kind(f) != "identifier" {
		if k := len(b.f.Members) - 1; k >= 0 && b.f.Members[k].Node == n {
			b.f.Members = b.f.Members[:k]
		}
	}
	javaPackageRoot(b, n)
}

// javaPackageRoot marks the first word of a qualified name that begins with a
// package (java.util.List, com.acme.Tool.run()): packages are in no scope. By the
// naming conventions (JLS 6.1) these are small letters up to a type's capital.
func javaPackageRoot(b *Builder, n int) {
	root := n + 1
	if b.Leaf(n) || !b.plan(root).ident || !javaLower(b.Text(root)) {
		return
	}
	if b.Kind(n) == "scoped_type_identifier" {
		b.Mark(root)
		return
	}
	for at := n; ; at = b.Parent(at) {
		name := b.Child(at, "field")
		if name < 0 {
			name = b.Child(at, "name")
		}
		if name < 0 {
			return
		}
		if text := b.Text(name); !javaLower(text) {
			if strings.ToUpper(text[:1]) == text[:1] && strings.ToUpper(text) != text {
				b.Mark(root)
			}
			return
		}
		if up := b.Parent(at); up < 0 || b.Kind(up) != b.Kind(n) || up+1 != at {
			return
		}
	}
}

func javaLower(s string) bool { return s == strings.ToLower(s) }

// javaVar marks "var" where a type is written.
func javaVar(b *Builder, n int) {
	if b.Text(n) == "var" {
		b.Mark(n)
	}
}

func javaMarkNames(b *Builder, n int) {
	for c := range b.Children(n) {
		if b.Kind(c) == "identifier" {
			b.Mark(c)
		}
	}
}

// javaConstructed: new T(…), not new T(…) {…}, which is a subclass.
func javaConstructed(t *Tree, v int) string {
	for t.Kind(v) == "parenthesized_expression" && !t.Leaf(v) {
		v++
	}
	if t.Kind(v) != "object_creation_expression" || t.ChildOf(v, "class_body") >= 0 {
		return ""
	}
	if typ := t.Child(v, "type"); typ >= 0 {
		return javaBareType(t.Text(typ))
	}
	return ""
}

// javaBareType is a type as written without type arguments and annotations before
// it.
func javaBareType(s string) string {
	if i := strings.IndexByte(s, '<'); i >= 0 {
		s = s[:i]
	}
	if i := strings.LastIndexAny(s, " \t\n"); i >= 0 && strings.HasPrefix(s, "@") {
		s = s[i+1:]
	}
	return strings.TrimSpace(s)
}

// splitLast cuts a dotted name before its last part.
func splitLast(s string) (before, last string) {
	if i := strings.LastIndexByte(s, '.'); i >= 0 {
		return s[:i], s[i+1:]
	}
	return "", s
}
