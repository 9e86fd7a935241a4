package syntax

import (
	"strings"
)

// rustRules: the Rust reference, https://doc.rust-lang.org/reference/. Every
// pattern binds in the scope of the construct that tests it, so the branches of an
// if-let see more than the language lets them see; blocks, arms and closures are
// scopes of their own. What a macro makes of its tokens is read in rust_macro.go.
var rustRules = &Rules{
	Openings:   rustOpenings,
	Idents:     []string{"identifier", "shorthand_field_identifier"},
	TypeIdents: []string{"type_identifier"},
	Comments:   []string{"line_comment", "block_comment"},
	Strings:    []string{"string_literal", "raw_string_literal"},
	Literals:   []string{"integer_literal", "float_literal", "char_literal", "boolean_literal"},
	Calls: []CallRule{
		{Node: "call_expression", Callee: "function", Args: "arguments"},
		{Node: "macro_invocation", Callee: "macro", Args: "token_tree", Macro: true},
	},
	Members: []MemberRule{
		{Node: "field_expression", Object: "value", Name: "field"},
		{Node: "scoped_identifier", Object: "path", Name: "name"},
		{Node: "scoped_type_identifier", Object: "path", Name: "name"},
	},
	Decls: []DeclRule{
		{Node: "mod_item", Name: "name", Role: Module, Opens: NamespaceScope},
		{Node: "function_item", Name: "name", Params: "parameters", Result: "return_type",
			Role: Function, Opens: FunctionScope},
		{Node: "function_signature_item", Name: "name", Params: "parameters", Result: "return_type",
			Role: Function, Opens: FunctionScope},
		{Node: "struct_item", Name: "name", Role: Class, Opens: TypeScope},
		{Node: "union_item", Name: "name", Role: Class, Opens: TypeScope},
		{Node: "enum_item", Name: "name", Role: Enum, Opens: TypeScope},
		{Node: "enum_variant", Name: "name", Role: EnumMember, Opens: TypeScope},
		{Node: "trait_item", Name: "name", Role: Trait, Opens: TypeScope},
		{Node: "type_item", Name: "name", Type: "type", Role: TypeAlias, Opens: BlockScope},
		{Node: "associated_type", Name: "name", Role: TypeAlias, Opens: BlockScope},
		{Node: "const_item", Name: "name", Type: "type", Role: Constant, NoScope: true},
		{Node: "static_item", Name: "name", Type: "type", Role: Variable, NoScope: true},
		{Node: "field_declaration", Name: "name", Type: "type", Role: Field, NoScope: true},
		{Node: "const_parameter", Name: "name", Type: "type", Role: TypeParam, NoScope: true},
	},
	Scopes: []ScopeRule{
		{"block", BlockScope}, {"if_expression", BlockScope}, {"while_expression", BlockScope},
		{"for_expression", BlockScope},
		{"match_arm", BlockScope}, {"closure_expression", FunctionScope},
	},
	Params: rustParams,
	Skip:   []string{"lifetime", "visibility_modifier", "type_binding.name"},
	Hooks: map[string]func(b *Builder, n int){
		"use_declaration":          rustUse,
		"extern_crate_declaration": rustExternCrate,
		"impl_item":                rustImpl,
		"function_item":            rustFunction,
		"function_signature_item":  rustFunction,
		"struct_item":              rustType,
		"union_item":               rustType,
		"enum_item":                rustType,
		"enum_variant":             rustTuple,
		"trait_item":               rustTrait,
		"const_item":               rustValue,
		"static_item":              rustValue,
		"type_parameters":          rustTypeParams,
		"function_type":            rustFunctionType,
		"let_declaration":          rustLet,
		"let_condition": func(b *Builder, n int) {
			rustBind(b, n, b.Child(n, "pattern"), Decl{Role: Variable}, true)
		},
		"match_arm": func(b *Builder, n int) {
			rustBind(b, n, b.Child(n, "pattern"), Decl{Role: Variable}, true)
		},
		"for_expression": func(b *Builder, n int) {
			rustBind(b, n, b.Child(n, "pattern"), Decl{Role: Variable}, false)
		},
		"closure_expression": func(b *Builder, n int) {
			if list := b.Child(n, "parameters"); list >= 0 {
				rustParams(b, list)
			}
		},
		"label":                rustLabel,
		"field_expression":     rustTupleField,
		"attribute_item":       func(b *Builder, n int) { b.SkipInside(n) },
		"inner_attribute_item": func(b *Builder, n int) { b.SkipInside(n) },
		"macro_definition": func(b *Builder, n int) {
			b.Declare(n, b.Child(n, "name"), Decl{Role: Macro})
			b.SkipInside(n)
		},
		"macro_invocation": rustMacro,
	},
	Bodies:       []string{"block"},
	NoStatements: []string{"attribute_item", "inner_attribute_item", "empty_statement"},
	Unwrap:       []string{"parenthesized_expression", "generic_function.function", "generic_type.type"},
	Constructed:  rustConstructed,
	Finish:       rustFinish,
	Predeclared:  rustPredeclared,
	Separator:    "::",
	SelfNames:    []string{"self", "Self"},
}

var rustPredeclared = strings.Fields(`bool char str u8 u16 u32 u64 u128 usize i8 i16 i32 i64 i128 isize f32 f64 f16 f128 never true false self Self super crate _
std core alloc proc_macro test
Option Some None Result Ok Err Vec String Box ToString ToOwned Clone Copy Send Sync Sized Drop Fn FnMut FnOnce AsyncFn AsyncFnMut AsyncFnOnce AsRef AsMut Into From TryFrom TryInto Default Iterator Extend IntoIterator FromIterator DoubleEndedIterator ExactSizeIterator Eq PartialEq Ord PartialOrd Unpin Future IntoFuture Debug Hash drop size_of size_of_val align_of align_of_val
` + strings.Join(rustExpressionMacros, " ") + ` addr_of addr_of_mut asm assert_matches cfg column compile_error concat concat_idents env file global_asm include include_bytes include_str is_x86_feature_detected line macro_rules matches module_path option_env pin ready select stringify thread_local try
derive cfg_attr global_allocator bench`)

// rustParams reads a parameter list. The receiver is none of the parameters.
func rustParams(b *Builder, list int) []Param {
	var out []Param
	for c := range b.Children(list) {
		switch b.Kind(c) {
		case "self_parameter", "attribute_item", "line_comment", "block_comment":
			continue
		case "variadic_parameter":
			out = append(out, Param{Variadic: true})
			continue
		}
		p, pat := Param{Name: "_"}, c
		if b.Kind(c) == "parameter" {
			pat = b.Child(c, "pattern")
			if t := b.Child(c, "type"); t >= 0 {
				p.Type = b.Text(t)
			}
		} else if k := b.Kind(c); b.Kind(list) == "parameters" && strings.Contains(k, "type") {
			out = append(out, Param{Type: b.Text(c)}) // fn f(u8) in a trait, an edition 2015 form
			continue
		}
		if pat >= 0 && b.Kind(pat) == "self" {
			continue
		}
		d := Decl{Role: Parameter}
		if pat >= 0 {
			p.Name = ""
			if b.Kind(pat) == "identifier" {
				p.Name, d.Type = b.Text(pat), p.Type
			}
			rustBind(b, c, pat, d, false)
		}
		out = append(out, p)
	}
	return out
}

// rustBind binds the names of a pattern. In a refutable pattern a capitalised name
// is a constant or a variant by convention, and stays a reference.
func rustBind(b *Builder, n, pat int, d Decl, refutable bool) {
	for c := pat; c >= 0 && c < b.After(pat); {
		kind := b.Kind(c)
		switch {
		case c != pat && (b.Field(c) == "type" || b.Field(c) == "condition"),
			kind == "scoped_identifier", kind == "macro_invocation", kind == "range_pattern", kind == "const_block":
			c = b.After(c)
			continue
		case kind == "identifier" || kind == "shorthand_field_identifier":
			text := strings.TrimPrefix(b.Text(c), "r#")
			if !refutable || text == "" || text[0] < 'A' || text[0] > 'Z' {
				b.Declare(n, c, d)
			}
		}
		c++
	}
}

func rustLet(b *Builder, n int) {
	pat, value := b.Child(n, "pattern"), b.Child(n, "value")
	if pat < 0 {
		return
	}
	d := Decl{Role: Variable}
	if b.Kind(pat) == "identifier" {
		if t := b.Child(n, "type"); t >= 0 {
			d.Type = b.Text(t)
		}
		rustFill(b, &d, value)
	}
	rustBind(b, n, pat, d, b.Child(n, "alternative") >= 0)
}

// rustFill reads what an initializer constructs or calls. A macro's name is of
// another name space than a function's and says nothing of the value's type.
func rustFill(b *Builder, d *Decl, value int) {
	if value >= 0 && b.Kind(b.Unwrap(value)) != "macro_invocation" {
		b.fillValue(d, value)
	}
}

func rustValue(b *Builder, n int) {
	k := b.LastDecl(n)
	if k < 0 {
		return
	}
	d := b.Decl(k)
	rustFill(b, d, b.Child(n, "value"))
	d.Static = b.f.Scopes[b.Scope()].Kind == TypeScope
	d.Decorated = rustAttributes(b, n).decorated
}

// rustConstructed: T { … }, &T { … }.
func rustConstructed(t *Tree, v int) string {
	switch t.Kind(v) {
	case "reference_expression", "parenthesized_expression":
		if inner := t.Child(v, "value"); inner >= 0 {
			return rustConstructed(t, inner)
		}
	case "struct_expression":
		if name := t.Child(v, "name"); name >= 0 {
			return rustBare(t.Text(name))
		}
	}
	return ""
}

func rustFunction(b *Builder, n int) {
	k := b.LastDecl(n)
	if k < 0 {
		return
	}
	d := b.Decl(k)
	d.Decorated = rustAttributes(b, n).decorated
	if d.Role != Method {
		return
	}
	d.Static = true
	list := b.Child(n, "parameters")
	if list < 0 || b.Leaf(list) {
		return
	}
	first := list + 1
	for b.Kind(first) == "attribute_item" && b.After(first) < b.After(list) {
		first = b.After(first)
	}
	if b.Kind(first) == "parameter" {
		first = max(first, b.Child(first, "pattern"))
	}
	d.Static = b.Kind(first) != "self_parameter" && b.Kind(first) != "self"
}

// rustFunctionType leaves out the parameters' names of fn(name: T).
func rustFunctionType(b *Builder, n int) {
	list := b.Child(n, "parameters")
	if list < 0 {
		return
	}
	for p := range b.Children(list) {
		if b.Kind(p) == "parameter" {
			b.Mark(b.Child(p, "pattern"))
		}
	}
}

func rustTypeParams(b *Builder, n int) {
	for c := range b.Children(n) {
		name := c
		switch b.Kind(c) {
		case "optional_type_parameter":
			if name = b.Child(c, "name"); name >= 0 && b.Kind(name) == "constrained_type_parameter" {
				name = b.Child(name, "left")
			}
		case "constrained_type_parameter":
			name = b.Child(c, "left")
		}
		if name >= 0 && b.Kind(name) == "type_identifier" {
			b.Declare(c, name, Decl{Role: TypeParam})
		}
	}
}

// rustLabel binds a loop's label; break and continue only name it.
func rustLabel(b *Builder, n int) {
	if k := b.Kind(b.Parent(n)); k != "break_expression" && k != "continue_expression" && !b.Leaf(n) {
		b.Declare(n, n+1, Decl{Role: Label})
	}
	b.MarkAll(n)
}

// rustTupleField leaves out pair.0, whose member has no name.
func rustTupleField(b *Builder, n int) {
	if k := len(b.f.Members) - 1; k >= 0 && b.f.Members[k].Node == n &&
		b.Kind(b.Child(n, "field")) == "integer_literal" {
		b.f.Members = b.f.Members[:k]
	}
}

// rustBare is a type's last name without references, path and type arguments.
func rustBare(typ string) string {
	typ = strings.TrimLeft(typ, "& ")
	if i := strings.IndexAny(typ, "<("); i > 0 {
		typ = typ[:i]
	}
	typ = strings.TrimSuffix(strings.TrimSpace(typ), "::")
	return strings.TrimSpace(typ)
}
