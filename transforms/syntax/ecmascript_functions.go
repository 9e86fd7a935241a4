package syntax

import "strings"

// ecmaFunction: a function declaration is visible in the whole function around
// it (ECMA-262, annex B.3.2), where strict mode says the block.
func ecmaFunction(b *Builder, n int) {
	d := Decl{Role: Function, Type: ecmaType(b.Tree, b.Child(n, "return_type")), Params: ecmaParams(b.Tree, n),
		HasParams: true}
	k := ecmaDeclare(b, n, b.Child(n, "name"), d, b.FunctionScope())
	ecmaOpenFunction(b, n, k)
}

// ecmaFunctionValue: a function expression's own name is visible inside only.
func ecmaFunctionValue(b *Builder, n int) {
	held := ecmaHeld(b, n)
	ecmaOpenFunction(b, n, held)
	name := b.Child(n, "name")
	if name < 0 {
		return
	}
	k := b.Declare(n, name, Decl{Role: Function, Type: ecmaType(b.Tree, b.Child(n, "return_type")),
		Params: ecmaParams(b.Tree, n), HasParams: true})
	if s := b.Scope(); held < 0 {
		b.f.Scopes[s].Decl, b.Decl(k).Inner = k, s
	}
}

// ecmaOpenFunction opens the scope of a function and binds its parameters.
func ecmaOpenFunction(b *Builder, n, k int) {
	b.OpenScope(n, FunctionScope, k)
	if p := b.Child(n, "parameter"); p >= 0 {
		b.Declare(p, p, Decl{Role: Parameter})
	}
	list := b.Child(n, "parameters")
	if list < 0 {
		return
	}
	for c := range b.Children(list) {
		pat, d := c, Decl{Role: Parameter}
		switch b.Kind(c) {
		case "decorator":
			continue
		case "required_parameter", "optional_parameter":
			pat = b.Child(c, "pattern")
			annotation := b.Child(c, "type")
			d.Type = ecmaType(b.Tree, annotation)
			if f := ecmaFunctionType(b.Tree, annotation); f >= 0 {
				d.Params, d.HasParams = ecmaParams(b.Tree, f), true
			}
			if b.ChildOf(c, "accessibility_modifier", "override_modifier", "readonly") >= 0 {
				ecmaParameterProperty(b, c, pat, d)
			}
		}
		ecmaBind(b, c, pat, d, b.Scope())
	}
}

// ecmaParameterProperty: a constructor's parameter with a modifier is a field of
// the class as well.
func ecmaParameterProperty(b *Builder, n, pat int, d Decl) {
	if cls := b.enclosingType(); cls > 0 && b.Kind(pat) == "identifier" {
		d.Role, d.Owner = Field, b.ownerOf(cls)
		ecmaDeclare(b, n, pat, d, cls)
	}
}

// ecmaParams reads the parameters of the function at node fn.
func ecmaParams(t *Tree, fn int) []Param {
	if p := t.Child(fn, "parameter"); p >= 0 {
		return []Param{{Name: t.Text(p)}}
	}
	list := t.Child(fn, "parameters")
	if list < 0 {
		return nil
	}
	var out []Param
	for c := range t.Children(list) {
		p, pat := Param{}, c
		switch t.Kind(c) {
		case "identifier", "object_pattern", "array_pattern", "rest_pattern":
		case "assignment_pattern":
			pat, p.Optional = t.Child(c, "left"), true
		case "required_parameter", "optional_parameter":
			pat = t.Child(c, "pattern")
			p.Optional = t.Kind(c) == "optional_parameter" || t.Child(c, "value") >= 0
			p.Type = ecmaType(t, t.Child(c, "type"))
		default:
			continue
		}
		if pat >= 0 && t.Kind(pat) == "this" {
			continue // TypeScript's written receiver
		}
		if pat >= 0 && t.Kind(pat) == "rest_pattern" {
			p.Variadic = true
			if !t.Leaf(pat) {
				pat++
			}
		}
		if pat >= 0 && t.Kind(pat) == "identifier" {
			p.Name = t.Text(pat)
		}
		out = append(out, p)
	}
	for i := len(out) - 1; i >= 0 && (out[i].Optional || out[i].Variadic || ecmaVoid(t, fn, out[i].Type)); i-- {
		out[i].Optional = out[i].Optional || !out[i].Variadic
	}
	return out
}

// ecmaVoid reports whether the last argument may be left out though no "?" says so: it
// is of void, or of a type parameter of the class around for which void may stand.
func ecmaVoid(t *Tree, fn int, typ string) bool {
	for _, part := range strings.Split(typ, "|") {
		if strings.TrimSpace(part) == "void" {
			return true
		}
	}
	if typ == "" || identifier.FindString(typ) != typ {
		return false
	}
	for n := t.Parent(fn); n >= 0; n = t.Parent(n) {
		switch t.Kind(n) {
		case "class_declaration", "class", "abstract_class_declaration", "interface_declaration":
		default:
			continue
		}
		list := t.Child(n, "type_parameters")
		for c := list; list >= 0 && c < t.After(list); c++ {
			if t.Kind(c) == "type_parameter" && t.Text(t.Child(c, "name")) == typ && t.Child(c, "constraint") < 0 {
				return true
			}
		}
	}
	return false
}
