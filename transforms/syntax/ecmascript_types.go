package syntax

import (
	"strings"
	"unicode"
)

// ecmaClass declares a class. A class expression is its variable's class, and its
// own name is visible inside only.
func ecmaClass(b *Builder, n int) {
	d := Decl{Role: Class, Decorated: ecmaDecorated(b, n) || ecmaDecorated(b, b.Parent(n))}
	ecmaHeritage(b, n, &d)
	if body := b.Child(n, "body"); body >= 0 {
		for m := range b.Children(body) {
			name := b.Child(m, "name")
			if name < 0 {
				name = b.Child(m, "property")
			}
			if name >= 0 && b.Kind(name) == "computed_property_name" && !strings.HasPrefix(b.Text(name), "[Symbol.") {
				d.Open = true
			}
		}
	}
	name := b.Child(n, "name")
	if b.Kind(n) != "class" {
		k := b.Declare(n, name, d)
		b.OpenScope(n, TypeScope, k)
		return
	}
	k := ecmaHeld(b, n)
	if k >= 0 {
		held := b.Decl(k)
		held.Supers, held.Open = d.Supers, d.Open
	}
	b.OpenScope(n, TypeScope, k)
	b.Declare(n, name, d)
}

// ecmaDecorated reports whether a decorator stands in node n or just before it.
func ecmaDecorated(b *Builder, n int) bool {
	if n < 0 {
		return false
	}
	switch b.Kind(n) {
	case "program", "statement_block", "class_body":
		return false
	}
	if b.ChildOf(n, "decorator") >= 0 {
		return true
	}
	p, before := b.Parent(n), false
	if p < 0 || b.Kind(p) != "class_body" {
		return false
	}
	for c := range b.Children(p) {
		switch {
		case c == n:
			return before
		case b.Kind(c) != "comment":
			before = b.Kind(c) == "decorator"
		}
	}
	return false
}

// ecmaHeritage reads what a class extends and implements. What it extends is an
// expression: if it is no path, anything can be inherited.
func ecmaHeritage(b *Builder, n int, d *Decl) {
	h := b.ChildOf(n, "class_heritage")
	if h < 0 {
		return
	}
	extends := func(v int) {
		if ecmaPath(b.Tree, v) {
			d.Supers = append(d.Supers, b.Text(v))
		} else {
			d.Open = true
		}
	}
	for c := range b.Children(h) {
		switch b.Kind(c) {
		case "comment":
		case "extends_clause":
			for v := range b.Children(c) {
				if b.Field(v) == "value" {
					extends(v)
				}
			}
		case "implements_clause":
			for v := range b.Children(c) {
				d.Supers = append(d.Supers, ecmaTypeName(b.Tree, v)...)
			}
		default:
			extends(c)
		}
	}
}

// ecmaTypeName is the name of the type at node n without type arguments, none
// where the type has no name.
func ecmaTypeName(t *Tree, n int) []string {
	if t.Kind(n) == "generic_type" {
		if n = t.Child(n, "name"); n < 0 {
			return nil
		}
	}
	switch t.Kind(n) {
	case "type_identifier", "nested_type_identifier", "identifier", "member_expression":
		return []string{t.Text(n)}
	}
	return nil
}

// ecmaMemberName is the name of a member: an identifier, a private name or a
// string that could be one; the second result is false for all else, since no
// access with a dot can mean it.
func ecmaMemberName(b *Builder, name int) (string, bool) {
	if name < 0 {
		return "", false
	}
	switch b.Kind(name) {
	case "property_identifier", "private_property_identifier", "identifier":
		return b.Text(name), true
	case "string":
		text := strings.Trim(b.Text(name), `"'`)
		return text, text != "" && !strings.ContainsFunc(text, func(r rune) bool {
			return r != '_' && r != '$' && !unicode.IsLetter(r) && !unicode.IsDigit(r)
		}) && !unicode.IsDigit(rune(text[0]))
	}
	return "", false
}

// ecmaMethod declares a method or, for get and set, a field, of a class or an
// object literal.
func ecmaMethod(b *Builder, n int) {
	name := b.Child(n, "name")
	k := -1
	if text, ok := ecmaMemberName(b, name); ok {
		d := Decl{Name: text, Role: Method, Static: b.ChildOf(n, "static") >= 0, Decorated: ecmaDecorated(b, n),
			Type: ecmaType(b.Tree, b.Child(n, "return_type"))}
		inObject := b.Parent(n) >= 0 && b.Kind(b.Parent(n)) == "object"
		params := ecmaParams(b.Tree, n)
		switch {
		case b.ChildOf(n, "get") >= 0:
			d.Role = Field
		case b.ChildOf(n, "set") >= 0:
			d.Role = Field
			if len(params) == 1 {
				d.Type = params[0].Type
			}
		default:
			d.Params, d.HasParams = params, true
			if text == "constructor" && !inObject && !d.Static {
				d.Role = Constructor
			}
		}
		k = b.Declare(n, name, d)
		if inObject {
			ecmaOwnedByObject(b, k, b.Parent(n))
		}
	}
	ecmaOpenFunction(b, n, k)
}

// ecmaField declares a field of a class; one that holds a function is a method.
func ecmaField(b *Builder, n int) {
	name := b.Child(n, "name")
	if name < 0 {
		name = b.Child(n, "property")
	}
	if text, ok := ecmaMemberName(b, name); ok {
		d := Decl{Name: text, Role: Field, Static: b.ChildOf(n, "static") >= 0, Decorated: ecmaDecorated(b, n)}
		ecmaTyped(b, &d, n)
		b.Declare(n, name, d)
	}
}

// ecmaObject opens the scope of an object literal that holds functions.
func ecmaObject(b *Builder, n int) {
	for c := range b.Children(n) {
		if b.Kind(c) == "method_definition" || ecmaFunctionPair(b, c) {
			b.OpenScope(n, TypeScope, -1)
			return
		}
	}
}

func ecmaFunctionPair(b *Builder, n int) bool {
	if b.Kind(n) != "pair" {
		return false
	}
	switch v := b.Child(n, "value"); {
	case v < 0:
		return false
	default:
		k := b.Kind(v)
		return k == "function_expression" || k == "generator_function" || k == "arrow_function"
	}
}

// ecmaPair declares the method that a key with a function is.
func ecmaPair(b *Builder, n int) {
	key := b.Child(n, "key")
	if text, ok := ecmaMemberName(b, key); ok && ecmaFunctionPair(b, n) {
		d := Decl{Name: text, Role: Method}
		ecmaValue(b, &d, b.Child(n, "value"))
		ecmaOwnedByObject(b, b.Declare(n, key, d), b.Parent(n))
	}
}

// ecmaOwnedByObject says who owns method k of the object literal at node n: the
// variable or property that holds the object; module.exports is the file itself.
func ecmaOwnedByObject(b *Builder, k, n int) {
	if k < 0 {
		return
	}
	d := b.Decl(k)
	d.Owner = ""
	p := b.Parent(n)
	if p < 0 {
		return
	}
	switch b.Kind(p) {
	case "variable_declarator":
		if name := b.Child(p, "name"); name >= 0 && b.Kind(name) == "identifier" {
			d.Owner = b.Text(name)
		}
	case "assignment_expression":
		left := b.Child(p, "left")
		if left < 0 || !ecmaPath(b.Tree, left) {
			return
		}
		d.Owner = strings.TrimSuffix(b.Text(left), ".prototype")
		if d.Owner == "module.exports" || d.Owner == "exports" {
			d.Owner, d.Scope = "", 0
			if d.Role == Method {
				d.Role = Function
			}
		}
	}
}

// ecmaReceiver is the node that decides what this means at node n: the class body
// for a field's initializer, otherwise the nearest function that is no arrow; -1
// at file level.
func ecmaReceiver(b *Builder, n int) int {
	for p := b.Parent(n); p >= 0; p = b.Parent(p) {
		switch b.Kind(p) {
		case "class_body", "method_definition", "function_expression", "function_declaration", "generator_function",
			"generator_function_declaration":
			return p
		}
	}
	return -1
}

// ecmaThis: in a plain function inside a class, this need not be the class's
// object, and an alias of this hides what is done with it: then the class is
// open, since accesses by that name tell nothing of its members.
func ecmaThis(b *Builder, n int) {
	cls := b.enclosingType()
	if cls < 0 || b.f.Scopes[cls].Decl < 0 {
		return
	}
	r := ecmaReceiver(b, n)
	if r < 0 {
		return
	}
	switch b.Kind(r) {
	case "class_body", "method_definition":
		return
	}
	switch p := b.Parent(r); b.Kind(p) {
	case "pair", "public_field_definition", "field_definition":
		return
	}
	b.Decl(b.f.Scopes[cls].Decl).Open = true
}
