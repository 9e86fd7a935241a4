package syntax

import (
	"slices"
	"strings"
)

// cppFunction declares a function with a body.
func cppFunction(b *Builder, n int) {
	decl := b.Child(n, "declarator")
	if decl < 0 {
		b.OpenScope(n, FunctionScope, -1)
		return
	}
	name, fn := cppName(b.Tree, decl)
	friend := b.Kind(b.Parent(n)) == "friend_declaration"
	outer := cppOuter(b, n)
	if name >= 0 && fn < 0 && b.Kind(name) != "operator_cast" {
		cppMisread(b, n, name, outer)
		return
	}
	k := -1
	if name >= 0 {
		k = cppDeclareFunction(b, n, decl, name, fn, outer, friend, cppSpecifiers(b.Tree, n))
	}
	s := b.OpenScope(n, FunctionScope, k)
	if k >= 0 && b.Decl(k).Role != Function && b.f.Scopes[outer].Kind != TypeScope {
		b.Own(s, b.Decl(k).Owner)
	}
}

// cppMisread is what reads as a function without parameters: a class or namespace
// with a macro before it or before its name (class EXPORT Name : Base {…}, EXPORT
// namespace x {…}), whose members are not all to be seen, or a member of a class
// with the initializer 0.
func cppMisread(b *Builder, n, name, outer int) {
	keyword := ""
	super, body := -1, b.Child(n, "body")
	names := []int{name}
	if typ := b.Child(n, "type"); typ >= 0 && b.Child(typ, "body") < 0 && strings.HasSuffix(b.Kind(typ), "_specifier") {
		keyword, _, _ = strings.Cut(b.Kind(typ), "_")
		if macro := b.Child(typ, "name"); macro >= 0 {
			if b.Text(name) == strings.ToUpper(b.Text(name)) && b.Text(macro) != strings.ToUpper(b.Text(macro)) {
				names[0] = macro // class Name MACRO {…}
			}
			b.Mark(macro)
		}
	}
	for c := range b.Children(n) {
		for i := c + 1; b.IsError(c) && i < b.After(c); i++ {
			if b.Kind(i) == "identifier" || b.Kind(i) == "type_identifier" {
				names, super = append(names, i), name
			}
		}
	}
	class := -1
	for _, i := range names {
		switch text := b.Text(i); {
		case slices.Contains(cppTypeKeywords, text):
			b.Mark(i)
			keyword = text
			if i == super {
				super = -1
			}
		case class < 0 || class == name:
			class = i
		}
	}
	switch {
	case body >= 0 && keyword == "namespace" && class >= 0:
		b.OpenScope(n, NamespaceScope, cppDeclare(b, n, class, Decl{Role: Module, Decorated: true}, outer))
	case body >= 0 && slices.Contains(cppTypeKeywords, keyword) && class >= 0:
		d := Decl{Role: Class, Open: true, Decorated: true}
		if super >= 0 {
			d.Supers = []string{cppBare(b.Text(super))}
		}
		b.OpenScope(n, TypeScope, cppDeclare(b, n, class, d, outer))
	default:
		d := Decl{Role: Variable, Type: cppType(b.Tree, n, b.Child(n, "declarator"))}
		if b.f.Scopes[outer].Kind == TypeScope {
			d.Role = Field
		}
		cppDeclare(b, n, name, d, outer)
	}
}

// cppTypeKeywords begin a type or namespace, also where a macro before them makes
// them read as names.
var cppTypeKeywords = strings.Fields(`class struct union enum namespace`)

// cppAccess are access specifiers, which read as labels or fields beside a macro.
var cppAccess = strings.Fields(`public protected private signals slots`)

// cppFill reads an initializer. A cast's type is the variable's where none is
// written.
func cppFill(b *Builder, d *Decl, value int) {
	b.fillValue(d, value)
	for _, cast := range cppCasts {
		if typ, ok := strings.CutPrefix(d.InitCall, cast+"<"); ok {
			d.InitCall = ""
			if d.Type == "" {
				d.Type = strings.TrimSuffix(typ, ">")
			}
		}
	}
}

// cppDeclareFunction declares a function, or nothing where a macro's use reads as
// a function without a result: TEST(Store, Opens) {…}, Q_DECLARE(x); then its
// arguments are not looked at, and the use is a macro call.
func cppDeclareFunction(b *Builder, n, decl, name, fn, outer int, friend bool, head []string) int {
	inType := b.f.Scopes[outer].Kind == TypeScope
	if b.Child(n, "type") < 0 && (b.Kind(name) == "identifier" || b.Kind(name) == "field_identifier") &&
		b.Text(name) != "main" {
		list := b.Child(fn, "parameters")
		if (!inType || b.Text(name) != cppClassName(b, outer)) && !cppNamesParameters(b.Tree, list) {
			if !inType && b.ChildOf(fn, "trailing_return_type") < 0 {
				b.f.Calls = append(b.f.Calls, Call{
					Start: b.Start(fn), End: b.End(fn), Node: fn, Name: b.Text(name), NameStart: b.Start(name),
					NameEnd: b.End(name), Recv: -1,
					Macro: true, TokenTree: true, ArgsStart: b.Start(list), ArgsEnd: b.End(list), Scope: b.Scope(),
				})
			}
			b.MarkAll(list)
			return -1
		}
	}
	d := Decl{Role: Function, Type: cppType(b.Tree, n, decl)}
	if fn >= 0 {
		if r := b.ChildOf(fn, "trailing_return_type"); r >= 0 && !b.Leaf(r) {
			d.Type = b.Text(r + 1)
		}
		d.HasParams, d.Params = true, cppParams(b.Tree, b.Child(fn, "parameters"))
	}
	if friend && inType {
		class := b.f.Scopes[outer].Decl
		for outer > 0 && b.f.Scopes[outer].Kind != NamespaceScope {
			outer = b.f.Scopes[outer].Parent
		}
		inType = false
		if class >= 0 {
			d.Owner = b.f.Decls[class].Owner
		}
	}
	class := ""
	if inType {
		class = cppClassName(b, outer)
		d.Role, d.Static = Method, slices.Contains(head, "static")
	}
	if b.Kind(name) == "qualified_identifier" {
		parts := cppParts(b.Tree, name)
		d.Owner = cppOwner(b, parts[:len(parts)-1])
		b.Mark(name)
		if len(parts) > 1 {
			class = cppBare(b.Text(parts[len(parts)-2]))
			if !cppIsNamespace(b, class) {
				d.Role = Method
			}
		}
		name = parts[len(parts)-1]
	}
	switch b.Kind(name) {
	case "template_function", "template_method":
		d.Decorated = true // a specialization
		name = b.Unwrap(name)
	case "operator_cast":
		d.Name = "operator " + b.Text(b.Child(name, "type"))
		d.HasParams = true
	case "operator_name":
		d.Name = strings.Join(strings.Fields(b.Text(name)), " ")
		b.MarkAll(name)
	}
	if d.Role == Method && b.Child(n, "type") < 0 && b.Text(name) == class {
		d.Role = Constructor
	}
	k := cppDeclare(b, n, name, d, outer)
	if b.Kind(name) == "operator_cast" {
		b.f.Decls[k].NameEnd = b.End(b.Child(name, "type"))
	}
	return k
}

// cppNamesParameters reports whether a parameter list has a name in it, which the
// arguments of a macro cannot have.
func cppNamesParameters(t *Tree, list int) bool {
	if list < 0 {
		return true
	}
	for p := range t.Children(list) {
		if t.Child(p, "declarator") >= 0 {
			return true
		}
	}
	return false
}

// cppClassName is the name of the class whose scope s is, "" for none.
func cppClassName(b *Builder, s int) string {
	if k := b.f.Scopes[s].Decl; k >= 0 {
		return b.f.Decls[k].Name
	}
	return ""
}

func cppIsNamespace(b *Builder, name string) bool {
	return slices.ContainsFunc(b.f.Decls, func(d Decl) bool { return d.Role == Module && d.Name == name })
}

// cppParams reads a parameter list. Its names are bound by cppParameter.
func cppParams(t *Tree, list int) []Param {
	if list < 0 {
		return nil
	}
	var out []Param
	for c := range t.Children(list) {
		decl := t.Child(c, "declarator")
		p := Param{Type: cppType(t, c, decl)}
		switch t.Kind(c) {
		case "parameter_declaration":
		case "optional_parameter_declaration":
			p.Optional = true
		case "variadic_parameter_declaration":
			p.Variadic = true
		default:
			continue
		}
		if p.Type == "" {
			p.Type = "auto"
		}
		if p.Type == "void" && decl < 0 {
			continue
		}
		if decl >= 0 {
			if name, _ := cppName(t, decl); name >= 0 {
				p.Name = t.Text(name)
			}
		}
		out = append(out, p)
	}
	if text := strings.TrimRight(t.Text(list), ") \t\r\n"); strings.HasSuffix(text, "...") {
		out = append(out, Param{Variadic: true})
	}
	return out
}

// cppPrototype opens the scope of the parameters of a declarator that has no body:
// a prototype, a pointer to a function, a function type. Those of a definition and
// a lambda are in their scope; in broken code they are bound where they stand.
func cppPrototype(b *Builder, n int) {
	p := b.Parent(n)
	for p >= 0 && strings.HasSuffix(b.Kind(p), "declarator") && b.Kind(p) != "function_declarator" {
		p = b.Parent(p)
	}
	switch {
	case p < 0 || b.Kind(p) == "ERROR" || b.Kind(p) == "lambda_expression":
		return
	case b.Kind(p) == "function_definition":
		if _, fn := cppName(b.Tree, b.Child(p, "declarator")); fn == n || b.Kind(b.Parent(n)) == "operator_cast" {
			return
		}
	}
	decl := -1
	for k := len(b.f.Decls) - 1; k >= 0 && b.f.Decls[k].Start >= b.Start(p); k-- {
		if d := &b.f.Decls[k]; d.HasParams && d.Inner < 0 && b.Start(n) <= d.NameStart && d.NameEnd <= b.End(n) {
			decl = k
			break
		}
	}
	b.OpenScope(n, FunctionScope, decl)
}
