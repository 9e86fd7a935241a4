package syntax

import "strings"

// ecmaModule fills an item with the module that a string literal names.
func ecmaModule(b *Builder, str int) ImportItem {
	// A string that is missing has no quotes to leave out.
	s := min(b.Start(str)+1, b.End(str))
	e := max(s, b.End(str)-1)
	it := ImportItem{Module: string(b.Src[s:e]), ModStart: s, ModEnd: e}
	it.Relative = it.Module == "." || it.Module == ".." || strings.HasPrefix(it.Module, "./") ||
		strings.HasPrefix(it.Module, "../")
	return it
}

// ecmaImport reads an import statement. The default import is the name "default",
// which has no token.
func ecmaImport(b *Builder, n int) {
	source := b.Child(n, "source")
	clause := b.ChildOf(n, "import_clause", "import_require_clause")
	if source < 0 && clause >= 0 {
		source = b.Child(clause, "source")
	}
	if source < 0 {
		return
	}
	base := ecmaModule(b, source)
	base.TypeOnly = b.ChildOf(n, "type", "typeof") >= 0
	if clause < 0 {
		b.Import(n, []ImportItem{base})
		return
	}
	var items []ImportItem
	for c := range b.Children(clause) {
		it := base
		switch b.Kind(c) {
		case "identifier":
			it.Local = b.Text(c)
			if b.Kind(clause) == "import_clause" {
				it.Name = "default"
			}
		case "namespace_import":
			if id := b.ChildOf(c, "identifier"); id >= 0 {
				it.Local = b.Text(id)
			}
		case "named_imports":
			for s := range b.Children(c) {
				if b.Kind(s) == "import_specifier" {
					items = append(items, ecmaSpecifier(b, s, base, true))
				}
			}
			continue
		default:
			continue
		}
		items = append(items, it)
	}
	if len(items) == 0 {
		items = []ImportItem{base}
	}
	b.Import(n, items)
}

// ecmaSpecifier reads one name of an import's or a re-export's braces.
func ecmaSpecifier(b *Builder, n int, it ImportItem, binds bool) ImportItem {
	name := b.Child(n, "name")
	if name < 0 {
		return it
	}
	it.Name, it.NameStart, it.NameEnd = b.Text(name), b.Start(name), b.End(name)
	it.TypeOnly = it.TypeOnly || b.ChildOf(n, "type", "typeof") >= 0
	if !binds {
		return it
	}
	it.Local = it.Name
	if alias := b.Child(n, "alias"); alias >= 0 {
		it.Local = b.Text(alias)
	}
	return it
}

// ecmaExport reads a re-export as an import that binds nothing, and declares the
// names that export statements give: they are what other files see.
func ecmaExport(b *Builder, n int) {
	if id := b.ChildOf(n, "identifier"); id >= 0 && strings.Contains(string(b.Src[b.Start(n):b.Start(id)]),
		"namespace") {
		ecmaDeclare(b, n, id, Decl{Role: Module}, 0) // export as namespace N
	}
	source := b.Child(n, "source")
	if source < 0 {
		return
	}
	base := ecmaModule(b, source)
	base.TypeOnly = b.ChildOf(n, "type") >= 0
	if ns := b.ChildOf(n, "namespace_export"); ns >= 0 {
		ecmaDeclare(b, n, b.ChildOf(ns, "identifier"), Decl{Role: Module}, 0)
		b.Import(n, []ImportItem{base})
		return
	}
	clause := b.ChildOf(n, "export_clause")
	if clause < 0 {
		base.Wildcard = true
		b.Import(n, []ImportItem{base})
		return
	}
	var items []ImportItem
	for s := range b.Children(clause) {
		if b.Kind(s) == "export_specifier" {
			items = append(items, ecmaSpecifier(b, s, base, false))
			ecmaExportSpecifier(b, s)
		}
	}
	b.Import(n, items)
}

func ecmaExportSpecifier(b *Builder, n int) {
	alias := b.Child(n, "alias")
	if alias >= 0 && b.Kind(alias) == "identifier" && b.Text(alias) != "default" {
		ecmaDeclare(b, n, alias, Decl{Role: Variable}, 0)
		return
	}
	b.Mark(alias)
}

// ecmaRequire reads a declaration as an import statement if each of its variables
// is bound to require("m") or a property of it.
func ecmaRequire(b *Builder, n int) {
	switch p := b.Parent(n); b.Kind(p) {
	case "export_statement", "for_statement":
		return
	}
	var items []ImportItem
	for c := range b.Children(n) {
		if b.Kind(c) != "variable_declarator" {
			continue
		}
		its, ok := ecmaRequired(b, c)
		if !ok {
			return
		}
		items = append(items, its...)
	}
	if len(items) == 0 {
		return
	}
	scope := b.Scope()
	if ecmaKeyword(b, n) == "var" {
		scope = b.FunctionScope()
	}
	b.Import(n, items)
	b.f.Imports[len(b.f.Imports)-1].Scope = scope
}

// ecmaRequired reads x = require("m"), x = require("m").y and
// {a, b: c} = require("m").
func ecmaRequired(b *Builder, n int) ([]ImportItem, bool) {
	name, value := b.Child(n, "name"), b.Child(n, "value")
	if name < 0 || value < 0 || b.Child(n, "type") >= 0 {
		return nil, false
	}
	property := -1
	if b.Kind(value) == "member_expression" {
		value, property = b.Child(value, "object"), b.Child(value, "property")
	}
	if value < 0 || b.Kind(value) != "call_expression" {
		return nil, false
	}
	fn, args := b.Child(value, "function"), b.Child(value, "arguments")
	if fn < 0 || args < 0 || b.Text(fn) != "require" || b.Kind(args) != "arguments" || b.Leaf(args) ||
		b.Kind(args+1) != "string" || b.After(args+1) != b.After(args) {
		return nil, false
	}
	base := ecmaModule(b, args+1)
	item := func(name, local int) ImportItem {
		it := base
		it.Local = b.Text(local)
		if name >= 0 {
			it.Name, it.NameStart, it.NameEnd = b.Text(name), b.Start(name), b.End(name)
		}
		return it
	}
	if b.Kind(name) == "identifier" {
		return []ImportItem{item(property, name)}, true
	}
	if b.Kind(name) != "object_pattern" || property >= 0 {
		return nil, false
	}
	var items []ImportItem
	for c := range b.Children(name) {
		switch b.Kind(c) {
		case "comment":
		case "shorthand_property_identifier_pattern":
			items = append(items, item(c, c))
		case "pair_pattern":
			key, local := b.Child(c, "key"), b.Child(c, "value")
			if key < 0 || local < 0 || b.Kind(key) != "property_identifier" || b.Kind(local) != "identifier" {
				return nil, false
			}
			items = append(items, item(key, local))
		default:
			return nil, false
		}
	}
	return items, len(items) > 0
}
