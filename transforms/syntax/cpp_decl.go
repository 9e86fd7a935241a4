package syntax

import (
	"slices"
	"strings"
)

// A C++ declarator wraps the name that it declares: int (*f[3])(int) is a function
// declarator of a pointer declarator of an array declarator of f. The wrapper next
// to the name says what the name is.

// cppName is the node of the name in a declarator (an identifier, an operator, a
// destructor, a qualified name, a structured binding), and the function declarator
// next to it, -1 where the name is no function's.
func cppName(t *Tree, decl int) (name, fn int) {
	fn = -1
	for n := decl; n >= 0; {
		switch t.Kind(n) {
		case "qualified_identifier": // A::f, or the pointer to a member A::*f
			parts := cppParts(t, n)
			last := parts[len(parts)-1]
			if t.Kind(last) != "pointer_type_declarator" {
				return n, fn
			}
			n, fn = last, -1
		case "identifier", "field_identifier", "type_identifier", "operator_name", "operator_cast", "destructor_name",
			"template_function", "template_method", "structured_binding_declarator":
			return n, fn
		case "function_declarator":
			fn = n
		case "pointer_declarator", "reference_declarator", "array_declarator", "pointer_type_declarator":
			fn = -1
		}
		n = cppInner(t, n)
	}
	return -1, -1
}

// cppInner is the declarator or name that a declarator wraps, -1 for none.
func cppInner(t *Tree, n int) int {
	if c := t.Child(n, "declarator"); c >= 0 {
		return c
	}
	for c := range t.Children(n) {
		k := t.Kind(c)
		if strings.HasSuffix(k, "declarator") && k != "abstract_function_declarator" {
			return c
		}
		switch k {
		case "identifier", "field_identifier", "type_identifier", "operator_name", "operator_cast", "destructor_name",
			"qualified_identifier", "template_function", "template_method":
			return c
		}
	}
	return -1
}

// cppType is the written type of a declared name: const and volatile, the type, and
// the pointers, references and arrays of its declarator. A deduced type is "".
func cppType(t *Tree, n, decl int) string {
	typ := t.Child(n, "type")
	if typ < 0 {
		typ = t.ChildOf(n, "placeholder_type_specifier")
	}
	if typ < 0 || t.Kind(typ) == "placeholder_type_specifier" {
		return ""
	}
	text := t.Text(typ)
	switch t.Kind(typ) {
	case "struct_specifier", "class_specifier", "union_specifier", "enum_specifier":
		name := t.Child(typ, "name")
		if name < 0 {
			return ""
		}
		text = t.Text(name)
	}
	for c := range t.Children(n) {
		if c == typ {
			break
		}
		if q := t.Text(c); t.Kind(c) == "type_qualifier" && (q == "const" || q == "volatile") {
			text = q + " " + text
		}
	}
	if name, fn := cppName(t, decl); fn < 0 {
		if name >= 0 && t.Kind(t.Parent(name)) == "pointer_type_declarator" && t.Field(t.Parent(name)) == "name" {
			return "" // a pointer to a member
		}
		for d := decl; d >= 0; d = cppInner(t, d) {
			if t.Kind(d) == "function_declarator" {
				return "" // a pointer to a function
			}
		}
	}
	return text + cppSuffix(t, decl)
}

// cppSuffix are the pointers, references and arrays of a declarator.
func cppSuffix(t *Tree, decl int) string {
	suffix, arrays := "", ""
	for n := decl; n >= 0; n = cppInner(t, n) {
		switch t.Kind(n) {
		case "pointer_declarator", "pointer_type_declarator", "abstract_pointer_declarator":
			suffix += "*"
		case "reference_declarator", "abstract_reference_declarator":
			if strings.HasPrefix(t.Text(n), "&&") {
				suffix += "&"
			}
			suffix += "&"
		case "array_declarator", "abstract_array_declarator":
			arrays += "[]"
		case "qualified_identifier", "function_declarator":
			if name, fn := cppName(t, decl); name >= 0 && fn == n {
				return suffix
			}
		}
	}
	return suffix + arrays
}

// cppBind binds the name, or the structured binding, of a declarator.
func cppBind(b *Builder, n, decl int, d Decl) {
	if decl < 0 {
		return
	}
	name, _ := cppName(b.Tree, decl)
	if name < 0 {
		return
	}
	if b.Kind(name) != "structured_binding_declarator" {
		b.Declare(n, name, d)
		return
	}
	d.Type, d.Constructed, d.InitCall = "", "", ""
	for c := range b.Children(name) {
		if b.Kind(c) == "identifier" {
			b.Declare(n, c, d)
		}
	}
}

// cppDeclaration reads declarations of variables, fields and functions without a
// body.
func cppDeclaration(b *Builder, n int) {
	outer := cppOuter(b, n)
	inType := b.f.Scopes[outer].Kind == TypeScope
	friend := b.Kind(b.Parent(n)) == "friend_declaration"
	head := cppSpecifiers(b.Tree, n)
	last := -1
	for c := range b.Children(n) {
		if f := b.Field(c); f == "default_value" || f == "value" {
			if last >= 0 {
				cppFill(b, b.Decl(last), c)
			}
			continue
		} else if f != "declarator" {
			continue
		}
		name, fn := cppName(b.Tree, c)
		if name < 0 || slices.Contains(cppAccess, b.Text(name)) {
			continue
		}
		if fn >= 0 && !(cppConstructs(b, n, fn)) {
			cppDeclareFunction(b, n, c, name, fn, outer, friend, head)
			continue
		}
		d := Decl{Role: Variable, Type: cppType(b.Tree, n, c), Static: inType && slices.Contains(head, "static")}
		switch {
		case inType:
			d.Role = Field
		case slices.Contains(head, "constexpr"), slices.Contains(head, "const") &&
			b.f.Scopes[outer].Kind != FunctionScope && b.f.Scopes[outer].Kind != BlockScope:
			d.Role = Constant
		}
		if fn >= 0 { // T x(y), read as a function
			d.Type, d.Constructed = strings.TrimSpace(b.Text(b.Child(n, "type"))), cppBare(b.Text(b.Child(n, "type")))
			cppArguments(b, fn)
		}
		if value := b.Child(c, "value"); value >= 0 && b.Kind(c) == "init_declarator" {
			cppFill(b, &d, value)
		}
		if b.Kind(name) == "qualified_identifier" { // int A::x = 1;
			parts := cppParts(b.Tree, name)
			d.Owner, d.Role = cppOwner(b, parts[:len(parts)-1]), Field
			b.Mark(name)
			name = b.Unwrap(parts[len(parts)-1])
		}
		if b.Kind(name) == "structured_binding_declarator" {
			cppBind(b, n, c, d)
			continue
		}
		last = cppDeclare(b, n, name, d, outer)
	}
}

// cppSpecifiers are the words before a declaration's type.
func cppSpecifiers(t *Tree, n int) []string {
	var out []string
	for c := range t.Children(n) {
		switch t.Kind(c) {
		case "storage_class_specifier", "type_qualifier", "virtual":
			out = append(out, t.Text(c))
		}
	}
	return out
}

// cppConstructs reports whether a function declarator in a function's body is a
// variable with constructor arguments: T x(y), where y reads as a type.
func cppConstructs(b *Builder, n, fn int) bool {
	s := b.f.Scopes[b.Scope()].Kind
	list := b.Child(fn, "parameters")
	if s != BlockScope && s != FunctionScope || list < 0 || b.Leaf(list) ||
		b.Kind(b.Parent(n)) == "template_declaration" || b.Child(n, "type") < 0 {
		return false
	}
	for p := range b.Children(list) {
		if b.Child(p, "declarator") >= 0 || b.Kind(p) != "parameter_declaration" {
			return false
		}
		typ := b.Child(p, "type")
		if typ < 0 || (b.Kind(typ) != "type_identifier" && b.Kind(typ) != "qualified_identifier") {
			return false
		}
	}
	return true
}

// cppArguments makes references of the "types" of a parameter list that is a list
// of arguments.
func cppArguments(b *Builder, fn int) {
	for p := range b.Children(b.Child(fn, "parameters")) {
		if typ := b.Child(p, "type"); typ >= 0 && b.Kind(typ) == "type_identifier" {
			b.Mark(typ)
			b.f.Refs = append(b.f.Refs, Ref{Name: b.Text(typ), Start: b.Start(typ), End: b.End(typ),
				Node: typ, Scope: b.Scope()})
		}
	}
}

// cppParameter binds a parameter of a function, a lambda, a catch or a template.
func cppParameter(b *Builder, n int) {
	decl := b.Child(n, "declarator")
	if decl < 0 || b.mark[n] {
		return
	}
	d := Decl{Role: Parameter, Type: cppType(b.Tree, n, decl)}
	parent := b.Parent(n)
	if b.Kind(parent) == "template_parameter_list" {
		d.Role = TypeParam
	} else if g := b.Parent(parent); g >= 0 && b.Kind(g) == "catch_clause" {
		d.Role = Variable
	}
	cppBind(b, n, decl, d)
}

// cppArrayReference: int (&a)[3] = b; reads as an assignment to int(&a)[3].
func cppArrayReference(b *Builder, n int) {
	left := b.Child(n, "left")
	if left < 0 || b.Kind(left) != "subscript_expression" {
		return
	}
	call := b.Child(left, "argument")
	if call < 0 || b.Kind(call) != "call_expression" {
		return
	}
	args := b.Child(call, "arguments")
	if args < 0 || b.Leaf(args) || b.After(args+1) != b.After(args) || b.Kind(args+1) != "pointer_expression" {
		return
	}
	if name := b.Child(args+1, "argument"); name >= 0 && b.Kind(name) == "identifier" {
		b.Declare(n, name, Decl{Role: Variable})
	}
}
