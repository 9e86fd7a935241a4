package syntax

import (
	"maps"
	"strings"
	"unicode"
)

// javascriptRules: ECMA-262, and the ways to write types and modules that came
// before classes: prototypes, constructor functions, exports.
var javascriptRules = func() *Rules {
	r := ecmaRules()
	maps.Copy(r.Hooks, map[string]func(b *Builder, n int){
		"field_definition":      ecmaField,
		"assignment_expression": javascriptAssignment,
		"this":                  javascriptThis,
	})
	r.Finish = javascriptFinish
	r.Predeclared = strings.Fields(ecmaGlobals)
	return r
}()

// javascriptAssignment declares what an assignment to a property adds: to the
// object under construction, to a prototype, to a function or class, to exports.
func javascriptAssignment(b *Builder, n int) {
	ecmaAssignment(b, n)
	left, right := b.Child(n, "left"), b.Child(n, "right")
	if left < 0 || right < 0 || b.Kind(left) != "member_expression" {
		return
	}
	object, name := b.Child(left, "object"), b.Child(left, "property")
	if object < 0 || name < 0 {
		return
	}
	if b.Kind(object) == "this" {
		javascriptThisField(b, n, name, right)
		return
	}
	if !ecmaPath(b.Tree, object) {
		return
	}
	path := b.Text(object)
	if path == "module" && b.Text(name) == "exports" {
		if b.Kind(right) == "object" {
			javascriptExports(b, right)
		}
		return
	}
	d := Decl{Role: Field, Owner: path}
	if owner, ok := strings.CutSuffix(path, ".prototype"); ok {
		d.Owner = owner
	} else {
		d.Static = true
	}
	ecmaValue(b, &d, right)
	if path == "exports" || path == "module.exports" {
		if b.Text(right) == b.Text(name) {
			return // exports.x = x: declared where x is
		}
		switch d.Role {
		case Method:
			d.Role = Function
		case Field:
			d.Role = Variable
		}
		d.Static = false
		k := b.Declare(n, name, d)
		b.Decl(k).Owner, b.Decl(k).Scope = "", 0
		return
	}
	last := path[strings.LastIndexByte(path, '.')+1:]
	if d.Role != Field || !d.Static || last != "" && unicode.IsUpper(rune(last[0])) {
		// a broken text has places without a name
		if b.Text(name) != "prototype" {
			ecmaDeclare(b, n, name, d, 0)
		}
	}
}

// javascriptExports declares the keys of module.exports = {…}.
func javascriptExports(b *Builder, object int) {
	for c := range b.Children(object) {
		if b.Kind(c) != "pair" || ecmaFunctionPair(b, c) {
			continue
		}
		value := b.Child(c, "value")
		if text, ok := ecmaMemberName(b, b.Child(c, "key")); ok && (value < 0 || b.Text(value) != text) {
			k := ecmaDeclare(b, c, b.Child(c, "key"), Decl{Name: text, Role: Variable}, 0)
			b.Decl(k).Owner = ""
		}
	}
}

// javascriptThisField declares the field that this.name = value makes, of the
// class around or of the constructor function around.
func javascriptThisField(b *Builder, n, name, right int) {
	d := Decl{Role: Field}
	scope, owner := -1, ""
	switch r := ecmaReceiver(b, n); {
	case r < 0:
		return
	case b.Kind(r) == "class_body" || b.Kind(r) == "method_definition" && b.Kind(b.Parent(r)) == "class_body":
		scope = b.enclosingType()
		if scope < 0 || b.f.Scopes[scope].Decl < 0 {
			return
		}
		owner = b.ownerOf(scope)
	default:
		for s := b.Scope(); s > 0; s = b.f.Scopes[s].Parent {
			if sc := b.f.Scopes[s]; sc.Kind == FunctionScope && sc.Start == b.Start(r) && sc.End == b.End(r) {
				scope = s
			}
		}
		if scope < 0 || b.f.Scopes[scope].Decl < 0 || b.f.Decls[b.f.Scopes[scope].Decl].Role != Function {
			return
		}
		owner = b.f.Decls[b.f.Scopes[scope].Decl].Name
	}
	d.Owner = owner
	ecmaValue(b, &d, right)
	// A second value may be of another type. The look back is bounded, for the
	// sake of generated classes with very many fields.
	const back = 4096
	for k := max(b.f.Scopes[scope].Decl, len(b.f.Decls)-back, 0); k < len(b.f.Decls); k++ {
		if have := &b.f.Decls[k]; have.Owner == owner && have.Scope == scope && have.Name == b.Text(name) {
			if have.Constructed != d.Constructed || have.InitCall != d.InitCall {
				have.Constructed, have.InitCall = "", ""
			}
			if have.HasParams || d.HasParams {
				have.Decorated = true
			}
			return
		}
	}
	ecmaDeclare(b, n, name, d, scope)
}

// javascriptThis opens the class around an alias of this (const self = this) and
// an assignment to a computed member (this[name] = …): both add members that are
// not written as such.
func javascriptThis(b *Builder, n int) {
	ecmaThis(b, n)
	p := b.Parent(n)
	switch {
	case b.Kind(p) == "variable_declarator":
	case b.Kind(p) == "assignment_expression" && b.Field(n) == "right":
	case b.Kind(p) == "subscript_expression" && b.Field(p) == "left":
	default:
		return
	}
	javascriptOpenAround(b, b.Scope())
}

// javascriptFinish concludes from the whole file: which assignments make a global
// variable, which functions and variables are replaced, and which classes get
// members in other ways than by being written.
func javascriptFinish(b *Builder) {
	assigned := ecmaFinish(b)
	javascriptGlobals(b)
	for k := range b.f.Decls {
		if d := &b.f.Decls[k]; d.Role == Variable && assigned[d.Name] {
			d.Constructed, d.InitCall = "", ""
		}
	}
	open := map[string]bool{}
	for _, m := range b.f.Members {
		if m.Name != "prototype" || m.Object < 0 {
			continue
		}
		// Foo.prototype.bar = … declares bar; any other use may add what is not seen.
		p := b.Parent(m.Node)
		if p >= 0 && b.Kind(p) == "member_expression" && b.Kind(b.Parent(p)) == "assignment_expression" &&
			b.Field(p) == "left" {
			continue
		}
		open[b.Text(m.Object)] = true
	}
	for _, c := range b.f.Calls {
		switch c.Name {
		case "assign", "defineProperty", "defineProperties", "setPrototypeOf", "mixin", "extend", "inherits":
			if len(c.Args) == 0 {
				continue
			}
			if first := string(b.Src[c.Args[0].Start:c.Args[0].End]); first != "this" {
				open[strings.TrimSuffix(first, ".prototype")] = true
				continue
			}
			javascriptOpenAround(b, c.Scope)
		}
	}
	for k := range b.f.Decls {
		if d := &b.f.Decls[k]; open[d.Name] && (d.Role == Class || d.Role == Function) {
			d.Open = true
		}
	}
}

// javascriptOpenAround opens the type around a scope.
func javascriptOpenAround(b *Builder, s int) {
	for ; s > 0; s = b.f.Scopes[s].Parent {
		if sc := b.f.Scopes[s]; sc.Decl >= 0 && (sc.Kind == TypeScope || b.f.Decls[sc.Decl].Role == Function) {
			b.f.Decls[sc.Decl].Open = true
		}
	}
}

// javascriptGlobals declares the globals that sloppy mode makes of assignments to
// undeclared names, at their first assignment.
func javascriptGlobals(b *Builder) {
	var bound map[ecmaBinding]bool
	refs := b.f.Refs[:0]
	for _, r := range b.f.Refs {
		if r.Assigned && bound == nil {
			bound = ecmaBindings(&b.f)
		}
		if !r.Assigned || ecmaBound(&b.f, bound, r.Name, r.Scope) {
			refs = append(refs, r)
			continue
		}
		k := ecmaDeclare(b, r.Node, r.Node, Decl{Role: Variable}, 0)
		b.Decl(k).Owner = ""
		bound[ecmaBinding{r.Name, 0}] = true
	}
	b.f.Refs = refs
}
