package syntax

import (
	"slices"
	"strings"
)

// rustExternCrate: extern crate alloc as heap. With #[macro_use] it also brings in
// macros of any name.
func rustExternCrate(b *Builder, n int) {
	name := b.Child(n, "name")
	if name < 0 {
		return
	}
	it := ImportItem{Module: b.Text(name), Local: b.Text(name), ModStart: b.Start(name), ModEnd: b.End(name)}
	if alias := b.Child(n, "alias"); alias >= 0 {
		if it.Local = b.Text(alias); it.Local == "_" {
			it.Local = ""
		}
	}
	it.Wildcard = slices.Contains(rustAttributes(b, n).names, "macro_use")
	b.Import(n, []ImportItem{it})
}

func rustUse(b *Builder, n int) {
	var items []ImportItem
	if tree := b.Child(n, "argument"); tree >= 0 {
		rustUseTree(b, tree, usePrefix{}, &items)
	}
	b.Import(n, items)
}

// usePrefix is what stands before a brace in a use declaration. Nested braces have
// no range of the source that is their module's path: start and end are 0.
type usePrefix struct {
	path       string
	start, end int
}

func (p usePrefix) item() ImportItem {
	first, _, _ := strings.Cut(p.path, "::")
	return ImportItem{Module: p.path, ModStart: p.start, ModEnd: p.end, Relative: first == "crate" || first == "self" ||
		first == "super"}
}

func (p usePrefix) join(b *Builder, path int) usePrefix {
	if path < 0 {
		return p
	}
	text := strings.Join(strings.Fields(b.Text(path)), "")
	bare := strings.TrimPrefix(text, "::")
	if p.path != "" {
		return usePrefix{path: p.path + "::" + bare}
	}
	if text != b.Text(path) {
		return usePrefix{path: bare}
	}
	return usePrefix{path: bare, start: b.End(path) - len(bare), end: b.End(path)}
}

func rustUseTree(b *Builder, n int, prefix usePrefix, items *[]ImportItem) {
	add := func(it ImportItem) { *items = append(*items, it) }
	switch b.Kind(n) {
	case "use_list":
		for c := range b.Children(n) {
			rustUseTree(b, c, prefix, items)
		}
	case "scoped_use_list":
		if list := b.Child(n, "list"); list >= 0 {
			rustUseTree(b, list, prefix.join(b, b.Child(n, "path")), items)
		}
	case "use_wildcard":
		path := -1
		if !b.Leaf(n) {
			path = n + 1
		}
		it := prefix.join(b, path).item()
		it.Wildcard = true
		add(it)
	case "use_as_clause":
		path, alias := b.Child(n, "path"), b.Child(n, "alias")
		if path < 0 || alias < 0 {
			return
		}
		it := rustUsed(b, path, prefix)
		if it.Local = b.Text(alias); it.Local == "_" {
			it.Local = ""
		}
		add(it)
	case "identifier", "scoped_identifier", "self", "crate", "super":
		add(rustUsed(b, n, prefix))
	}
}

// rustUsed is the item of one path: use a::b::C, the C of use a::b::{C}, self.
func rustUsed(b *Builder, n int, prefix usePrefix) ImportItem {
	name := n
	if b.Kind(n) == "scoped_identifier" {
		if name = b.Child(n, "name"); name < 0 {
			name = n
		} else {
			prefix = prefix.join(b, b.Child(n, "path"))
		}
	}
	if b.Kind(name) == "self" && prefix.path != "" { // use std::io::{self}
		it := prefix.item()
		it.Local = it.Module
		if i := strings.LastIndex(it.Module, "::"); i >= 0 {
			it.Local = it.Module[i+2:]
		}
		return it
	}
	if prefix.path == "" { // use log; use ::log
		it := usePrefix{path: b.Text(name), start: b.Start(name), end: b.End(name)}.item()
		it.Local = it.Module
		return it
	}
	it := prefix.item()
	it.Name, it.NameStart, it.NameEnd = b.Text(name), b.Start(name), b.End(name)
	it.Local = it.Name
	return it
}
