package syntax

import (
	"maps"
	"strings"
)

// typescriptRules: the TypeScript handbook, https://www.typescriptlang.org/docs/,
// for .ts and .tsx. Type and value names share one table of scopes here: a name
// that is bound as either counts as bound, which is the wider reading.
//
// Interfaces, classes of the same name, namespaces and enums merge, within a file
// and, for what is global, across files: such declarations are open. An alias of
// an object type is an interface, which it can stand in for.
var typescriptRules = func() *Rules {
	r := ecmaRules()
	r.TypeIdents = []string{"type_identifier"}
	r.Tokens = append(r.Tokens, "type", "typeof", "readonly")
	r.Members = append(r.Members,
		MemberRule{Node: "nested_type_identifier", Object: "module", Name: "name"},
		MemberRule{Node: "nested_identifier", Object: "object", Name: "property"},
	)
	r.NoBodies = []string{"ambient_declaration", "internal_module", "module"}
	r.Unwrap = append(r.Unwrap, "non_null_expression", "instantiation_expression", "satisfies_expression")
	r.Scopes = append(r.Scopes, ScopeRule{"conditional_type", BlockScope})
	r.Optional = []string{"jsx_opening_element", "jsx_closing_element", "jsx_self_closing_element",
		"jsx_namespace_name"}
	maps.Copy(r.Hooks, map[string]func(b *Builder, n int){
		"abstract_class_declaration": ecmaClass,
		"public_field_definition":    ecmaField,
		"function_signature":         ecmaFunction,
		"method_signature":           typescriptMethodSignature,
		"abstract_method_signature":  typescriptMethodSignature,
		"property_signature":         typescriptProperty,
		"call_signature":             typescriptFunctionType,
		"construct_signature":        typescriptFunctionType,
		"function_type":              typescriptFunctionType,
		"constructor_type":           typescriptFunctionType,
		"index_signature":            typescriptIndex,
		"interface_declaration":      typescriptInterface,
		"type_alias_declaration":     typescriptAlias,
		"type_parameter": func(b *Builder, n int) {
			b.Declare(n, b.Child(n, "name"), Decl{Role: TypeParam})
		},
		"mapped_type_clause": func(b *Builder, n int) {
			b.Declare(n, b.Child(n, "name"), Decl{Role: TypeParam})
		},
		"infer_type":             typescriptInfer,
		"tuple_type":             typescriptTuple,
		"nested_type_identifier": func(b *Builder, n int) { b.InType(n) },
		"enum_declaration":       typescriptEnum,
		"enum_body":              typescriptEnumBody,
		"internal_module":        typescriptNamespace,
		"module":                 typescriptNamespace,
		"import_alias": func(b *Builder, n int) {
			b.Declare(n, b.ChildOf(n, "identifier"), Decl{Role: Variable})
		},
	})
	r.Finish = typescriptFinish
	r.Predeclared = strings.Fields(ecmaGlobals + typescriptGlobals)
	return r
}()

// typescriptMember says whether node n is a member of a declared type: of a class
// or an interface, or of an object type that an alias names.
func typescriptMember(b *Builder, n int) bool {
	p := b.Parent(n)
	if p < 0 {
		return false
	}
	switch b.Kind(p) {
	case "class_body", "interface_body":
		return true
	case "object_type":
		q := b.Parent(p)
		return q >= 0 && (b.Kind(q) == "type_alias_declaration" || b.Kind(q) == "interface_declaration")
	}
	return false
}

func typescriptMethodSignature(b *Builder, n int) {
	k, name := -1, b.Child(n, "name")
	if text, ok := ecmaMemberName(b, name); ok && typescriptMember(b, n) {
		d := Decl{Name: text, Role: Method, Static: b.ChildOf(n, "static") >= 0, Decorated: ecmaDecorated(b, n),
			Type: ecmaType(b.Tree, b.Child(n, "return_type"))}
		if b.ChildOf(n, "get", "set") >= 0 {
			d.Role = Field
		} else {
			d.Params, d.HasParams = ecmaParams(b.Tree, n), true
			if text == "constructor" && b.Kind(b.Parent(n)) == "class_body" {
				d.Role = Constructor
			}
		}
		k = b.Declare(n, name, d)
	}
	ecmaOpenFunction(b, n, k)
}

func typescriptProperty(b *Builder, n int) {
	if text, ok := ecmaMemberName(b, b.Child(n, "name")); ok && typescriptMember(b, n) {
		d := Decl{Name: text, Role: Field}
		ecmaTyped(b, &d, n)
		b.Declare(n, b.Child(n, "name"), d)
	}
}

// typescriptFunctionType: the names of a function type's parameters are bound in
// it (x is T, typeof x).
func typescriptFunctionType(b *Builder, n int) { ecmaOpenFunction(b, n, -1) }

// typescriptIndex: a type with an index signature has members that are not
// written.
func typescriptIndex(b *Builder, n int) {
	if s := b.enclosingType(); s > 0 && b.f.Scopes[s].Decl >= 0 {
		b.Decl(b.f.Scopes[s].Decl).Open = true
	}
	b.OpenScope(n, BlockScope, -1)
	if name := b.Child(n, "name"); name >= 0 {
		b.Declare(n, name, Decl{Role: Parameter})
	}
}

func typescriptInterface(b *Builder, n int) {
	d := Decl{Role: Interface}
	if ext := b.ChildOf(n, "extends_type_clause"); ext >= 0 {
		for c := range b.Children(ext) {
			if names := ecmaTypeName(b.Tree, c); names != nil {
				d.Supers = append(d.Supers, names...)
			} else if b.Kind(c) != "comment" {
				d.Open = true
			}
		}
	}
	for p := b.Parent(n); p >= 0; p = b.Parent(p) {
		switch b.Kind(p) {
		case "ambient_declaration", "module", "internal_module":
			d.Open = true
		}
	}
	k := b.Declare(n, b.Child(n, "name"), d)
	b.OpenScope(n, TypeScope, k)
}

func typescriptAlias(b *Builder, n int) {
	d := Decl{Role: TypeAlias}
	if v := b.Child(n, "value"); v >= 0 {
		if d.Type = b.Text(v); b.Kind(v) == "object_type" {
			d.Role, d.Type = Interface, ""
		}
	}
	k := b.Declare(n, b.Child(n, "name"), d)
	b.OpenScope(n, TypeScope, k)
}

// typescriptInfer binds infer U in the conditional type that it is a part of.
func typescriptInfer(b *Builder, n int) {
	name := b.ChildOf(n, "type_identifier")
	if name < 0 {
		return
	}
	c, p := n, b.Parent(n)
	for p >= 0 && (b.Kind(p) != "conditional_type" || b.Field(c) != "right") {
		c, p = p, b.Parent(p)
	}
	scope := b.Scope()
	for p >= 0 && scope > 0 && (b.f.Scopes[scope].Start > b.Start(p) || b.f.Scopes[scope].End < b.End(p)) {
		scope = b.f.Scopes[scope].Parent
	}
	ecmaDeclare(b, n, name, Decl{Role: TypeParam}, scope)
}

// typescriptTuple: the labels of a tuple's elements bind nothing.
func typescriptTuple(b *Builder, n int) {
	for c := range b.Children(n) {
		if k := b.Kind(c); k == "required_parameter" || k == "optional_parameter" {
			if name := b.Child(c, "name"); name >= 0 {
				b.MarkAll(name)
			}
		}
	}
}

func typescriptEnum(b *Builder, n int) {
	k := b.Declare(n, b.Child(n, "name"), Decl{Role: Enum})
	b.OpenScope(n, TypeScope, k)
}

func typescriptEnumBody(b *Builder, n int) {
	for c := range b.Children(n) {
		name := c
		if b.Kind(c) == "enum_assignment" {
			name = b.Child(c, "name")
		}
		if text, ok := ecmaMemberName(b, name); ok {
			b.Declare(c, name, Decl{Name: text, Role: EnumMember})
		}
	}
}

// typescriptNamespace declares a namespace, or each part of namespace A.B. It is
// open: what other files export into it is visible inside. The module of a string
// name has no declaration.
func typescriptNamespace(b *Builder, n int) {
	name := b.Child(n, "name")
	if name < 0 || b.Kind(name) == "string" {
		b.OpenScope(n, NamespaceScope, -1)
		return
	}
	for c := name; c < b.After(name); c++ {
		switch b.Kind(c) {
		case "identifier", "property_identifier":
			k := b.Declare(n, c, Decl{Role: Module, Open: true})
			b.OpenScope(n, NamespaceScope, k)
		}
	}
	b.SkipInside(name)
}

// typescriptFinish opens the types that merge: two of one name in the file, and
// all interfaces of a file that is no module, since those are global.
func typescriptFinish(b *Builder) {
	ecmaFinish(b)
	module := len(b.f.Imports) > 0 || b.ChildOf(0, "export_statement") >= 0
	last := map[string]int{}
	for k := range b.f.Decls {
		d := &b.f.Decls[k]
		switch d.Role {
		case Interface:
			d.Open = d.Open || !module
		case Class, Enum, Module:
		default:
			continue
		}
		key := d.Owner + "." + d.Name
		if have, ok := last[key]; ok && b.f.Decls[have].Scope == d.Scope {
			b.f.Decls[have].Open, d.Open = true, true
		}
		last[key] = k
	}
}
