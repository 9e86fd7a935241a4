package syntax

import (
	"slices"
	"strings"
)

// rustType reads what may give a struct, enum or union members that are not
// written in it: derives and attribute macros. Derived traits are supertypes.
func rustType(b *Builder, n int) {
	k := b.LastDecl(n)
	if k < 0 {
		return
	}
	a := rustAttributes(b, n)
	d := b.Decl(k)
	d.Decorated = a.decorated
	d.Open = a.decorated || len(a.derives) > 0
	d.Supers = append(d.Supers, a.derives...)
	rustTuple(b, n)
}

// rustTuple makes a tuple struct or variant callable: Point(1, 2).
func rustTuple(b *Builder, n int) {
	k := b.LastDecl(n)
	list := b.Child(n, "body")
	if k < 0 || b.Kind(n) == "struct_item" && list < 0 {
		list = b.ChildOf(n, "ordered_field_declaration_list")
	}
	if k < 0 || list < 0 || b.Kind(list) != "ordered_field_declaration_list" {
		return
	}
	d := b.Decl(k)
	d.HasParams = true
	for c := range b.Children(list) {
		if b.Field(c) == "type" {
			d.Params = append(d.Params, Param{Type: b.Text(c)})
		}
	}
}

func rustTrait(b *Builder, n int) {
	k := b.LastDecl(n)
	if k < 0 {
		return
	}
	d := b.Decl(k)
	d.Decorated = rustAttributes(b, n).decorated
	d.Open = d.Decorated
	if bounds := b.Child(n, "bounds"); bounds >= 0 {
		for c := range b.Children(bounds) {
			if k := b.Kind(c); strings.Contains(k, "type") {
				d.Supers = append(d.Supers, rustBare(b.Text(c)))
			}
		}
	}
}

// rustImpl opens the scope of an impl block. Its functions belong to its type.
func rustImpl(b *Builder, n int) {
	owner := rustImplOwner(b.Tree, n)
	b.Own(b.OpenScope(n, TypeScope, -1), owner)
}

// rustImplOwner is the path of an impl block's type: where this file declares it
// in a module that the block sees, with those modules' names; else the bare name.
func rustImplOwner(t *Tree, n int) string {
	typ := t.Child(n, "type")
	for typ >= 0 {
		inner := -1
		switch t.Kind(typ) {
		case "reference_type", "pointer_type", "generic_type":
			inner = t.Child(typ, "type")
		case "dynamic_type":
			inner = t.Child(typ, "trait")
		}
		if inner < 0 {
			break
		}
		typ = inner
	}
	if typ < 0 {
		return ""
	}
	if k := t.Kind(typ); k != "type_identifier" && k != "scoped_type_identifier" {
		return t.Text(typ)
	}
	path := strings.Split(rustBare(t.Text(typ)), "::")
	bare := path[len(path)-1]
	for len(path) > 1 && (path[0] == "super" || path[0] == "self" || path[0] == "crate") {
		path = path[1:]
	}
	for c := t.Parent(n); c >= 0; c = t.Parent(c) {
		if k := t.Kind(c); k != "source_file" && k != "block" && k != "declaration_list" {
			continue
		}
		if rustDeclares(t, c, path) {
			return strings.Join(append(rustModules(t, c), path...), ".")
		}
	}
	return bare
}

// rustDeclares reports whether a list of items declares the type at that path.
func rustDeclares(t *Tree, list int, path []string) bool {
	for c := range t.Children(list) {
		switch t.Kind(c) {
		case "struct_item", "enum_item", "union_item", "trait_item", "type_item":
			if name := t.Child(c, "name"); len(path) == 1 && name >= 0 && t.Text(name) == path[0] {
				return true
			}
		case "mod_item":
			name, body := t.Child(c, "name"), t.Child(c, "body")
			if len(path) > 1 && name >= 0 && body >= 0 && t.Text(name) == path[0] && rustDeclares(t, body, path[1:]) {
				return true
			}
		}
	}
	return false
}

// rustModules are the names of the modules of this file around node n.
func rustModules(t *Tree, n int) []string {
	var names []string
	for c := n; c >= 0; c = t.Parent(c) {
		if name := t.Child(c, "name"); t.Kind(c) == "mod_item" && name >= 0 {
			names = append(names, t.Text(name))
		}
	}
	slices.Reverse(names)
	return names
}

// rustFinish joins the types with their impl blocks, which may stand before them:
// implemented traits are supertypes, and a macro in a block may add members.
func rustFinish(b *Builder) {
	types := map[string]int{}
	for i := range b.f.Decls {
		d := &b.f.Decls[i]
		if d.Role == Class || d.Role == Enum || d.Role == Trait || d.Role == TypeAlias {
			types[strings.TrimPrefix(d.Owner+"."+d.Name, ".")] = i
		}
	}
	for n := range b.Len() {
		if b.Kind(n) != "impl_item" {
			continue
		}
		k, ok := types[rustImplOwner(b.Tree, n)]
		if !ok {
			continue
		}
		d := &b.f.Decls[k]
		if trait := b.Child(n, "trait"); trait >= 0 {
			if name := rustBare(b.Text(trait)); !slices.Contains(d.Supers, name) {
				d.Supers = append(d.Supers, name)
			}
		}
		if body := b.Child(n, "body"); rustAttributes(b, n).decorated || body >= 0 &&
			b.ChildOf(body, "macro_invocation", "expression_statement") >= 0 {
			d.Open = true
		}
	}
}

// rustAttrs is what the attributes before an item say.
type rustAttrs struct {
	names     []string
	derives   []string
	decorated bool // one of them is not of the language itself
}

// rustBuiltin are the attributes that change neither a signature nor a membership.
var rustBuiltin = strings.Fields(`allow automatically_derived bench cfg cold default deny deprecated derive doc ` +
	`expect export_name feature forbid global_allocator ignore inline link link_name macro_export macro_use must_use ` +
	`no_mangle no_std non_exhaustive path repr should_panic stable target_feature test track_caller ` +
	`type_length_limit unstable used warn`)

func rustAttributes(b *Builder, n int) rustAttrs {
	var out rustAttrs
	for p := previous(b.Tree, n); p >= 0; p = previous(b.Tree, p) {
		switch b.Kind(p) {
		case "line_comment", "block_comment":
			continue
		case "attribute_item":
		default:
			return out
		}
		attr := b.ChildOf(p, "attribute")
		if attr < 0 || b.Leaf(attr) {
			continue
		}
		name := b.Text(attr + 1)
		out.names = append(out.names, name)
		args := b.Child(attr, "arguments")
		switch {
		case name == "derive" && args >= 0:
			out.derives = append(out.derives, rustDerived(b.Text(args))...)
		case name == "cfg_attr":
			// It may hold any attribute: derive(…) or a macro.
			out.decorated = true
		case !slices.Contains(rustBuiltin, name) && !strings.HasPrefix(name, "rustfmt::") &&
			!strings.HasPrefix(name, "clippy::"):
			out.decorated = true
		}
	}
	return out
}

// rustDerived are the traits of "(Debug, serde::Serialize)".
func rustDerived(list string) []string {
	var out []string
	for _, t := range strings.Split(strings.Trim(list, "()"), ",") {
		if t = strings.TrimSpace(t); t != "" {
			out = append(out, t)
		}
	}
	return out
}

// previous is the sibling before node n, -1 for none.
func previous(t *Tree, n int) int {
	parent := t.Parent(n)
	if parent < 0 || n-1 == parent {
		return -1
	}
	p := n - 1
	for t.Parent(p) != parent {
		p = t.Parent(p)
	}
	return p
}
