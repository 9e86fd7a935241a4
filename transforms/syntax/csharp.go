package syntax

import (
	"slices"
	"strings"
)

// csharpRules: the C# language specification,
// https://learn.microsoft.com/dotnet/csharp/language-reference/.
// Pattern and out variables are bound in the block around their statement, as an
// if statement binds them; if and while open no scope.
var csharpRules = &Rules{
	Idents:   []string{"identifier"},
	Comments: []string{"comment"},
	Strings: []string{"string_literal", "verbatim_string_literal", "raw_string_literal",
		"interpolated_string_expression"},
	Literals: []string{"integer_literal", "real_literal", "character_literal", "boolean_literal", "null_literal"},
	Tokens:   []string{"this", "base"},
	Calls: []CallRule{
		{Node: "invocation_expression", Callee: "function", Args: "arguments"},
		{Node: "object_creation_expression", Callee: "type", Args: "arguments", Ctor: true},
		{Node: "primary_constructor_base_type", Callee: "type", Args: "argument_list", Ctor: true},
		{Node: "attribute", Callee: "name", Args: "attribute_argument_list", Decorator: true},
	},
	Members: []MemberRule{
		{Node: "member_access_expression", Object: "expression", Name: "name"},
		{Node: "conditional_access_expression", Object: "condition"},
		{Node: "qualified_name", Object: "qualifier", Name: "name"},
		{Node: "alias_qualified_name", Object: "alias", Name: "name"},
	},
	Decls: []DeclRule{
		{Node: "class_declaration", Name: "name", Role: Class, Opens: TypeScope},
		{Node: "struct_declaration", Name: "name", Role: Class, Opens: TypeScope},
		{Node: "record_declaration", Name: "name", Role: Class, Opens: TypeScope},
		{Node: "interface_declaration", Name: "name", Role: Interface, Opens: TypeScope},
		{Node: "enum_declaration", Name: "name", Role: Enum, Opens: TypeScope},
		{Node: "enum_member_declaration", Name: "name", Role: EnumMember, NoScope: true},
		{Node: "delegate_declaration", Name: "name", Role: TypeAlias, Opens: FunctionScope},
		{Node: "type_parameter", Name: "name", Role: TypeParam, NoScope: true},
		{Node: "method_declaration", Name: "name", Params: "parameters", Result: "returns",
			Role: Method, Opens: FunctionScope},
		{Node: "local_function_statement", Name: "name", Params: "parameters", Result: "type",
			Role: Function, Opens: FunctionScope},
		{Node: "constructor_declaration", Name: "name", Params: "parameters", Role: Constructor, Opens: FunctionScope},
		{Node: "property_declaration", Name: "name", Type: "type", Value: "value", Role: Field, NoScope: true},
		{Node: "event_declaration", Name: "name", Type: "type", Role: Field, NoScope: true},
	},
	Scopes: []ScopeRule{
		{"block", BlockScope}, {"for_statement", BlockScope}, {"foreach_statement", BlockScope},
		{"using_statement", BlockScope},
		{"fixed_statement", BlockScope}, {"catch_clause", BlockScope}, {"switch_body", BlockScope},
		{"switch_expression_arm", BlockScope},
		{"query_expression", BlockScope}, {"accessor_declaration", FunctionScope},
		{"arrow_expression_clause", FunctionScope},
		{"operator_declaration", FunctionScope}, {"conversion_operator_declaration", FunctionScope},
		{"indexer_declaration", FunctionScope},
		{"destructor_declaration", FunctionScope}, {"lambda_expression", FunctionScope},
		{"anonymous_method_expression", FunctionScope},
	},
	Params: csharpParams,
	Skip: []string{"argument.name", "tuple_element.name", "destructor_declaration.name", "alias_qualified_name.alias",
		"preproc_pragma", "preproc_line", "preproc_nullable", "preproc_define", "preproc_undef", "preproc_error"},
	Hooks: map[string]func(b *Builder, n int){
		"using_directive": csharpUsing,
		"extern_alias_directive": func(b *Builder, n int) {
			b.Declare(n, b.Child(n, "name"),
				Decl{Role: Module})
		},
		"namespace_declaration":             csharpNamespace,
		"file_scoped_namespace_declaration": csharpNamespace,
		"class_declaration":                 csharpType,
		"struct_declaration":                csharpType,
		"record_declaration":                csharpType,
		"interface_declaration":             csharpType,
		"enum_declaration":                  csharpType,
		"enum_member_declaration":           csharpEnumMember,
		"delegate_declaration":              csharpTypedParams,
		"method_declaration":                csharpMember,
		"constructor_declaration":           csharpMember,
		"local_function_statement":          csharpMember,
		"property_declaration":              csharpMember,
		"event_declaration":                 csharpMember,
		"operator_declaration":              csharpTypedParams,
		"conversion_operator_declaration":   csharpTypedParams,
		"indexer_declaration":               csharpTypedParams,
		"anonymous_method_expression":       csharpTypedParams,
		"lambda_expression":                 csharpLambda,
		"variable_declaration":              csharpTyped,
		"variable_declarator":               csharpVariable,
		"foreach_statement":                 csharpForeach,
		"catch_declaration": func(b *Builder, n int) {
			csharpBindTyped(b, n, b.Child(n, "name"),
				Parameter)
		},
		"declaration_expression": csharpDesignation,
		"declaration_pattern":    csharpDesignation,
		"recursive_pattern":      csharpDesignation,
		"var_pattern":            csharpDesignation,
		"list_pattern":           csharpDesignation,
		"from_clause": func(b *Builder, n int) {
			csharpBindTyped(b, n, b.Child(n, "name"),
				Variable)
		},
		"join_clause":      csharpFirstName,
		"join_into_clause": csharpFirstName,
		"let_clause":       csharpFirstName,
		"query_expression": csharpContinuation,
		"labeled_statement": func(b *Builder, n int) {
			b.Declare(n, b.ChildOf(n, "identifier"), Decl{Role: Label})
		},
		"goto_statement":                       csharpMarkNames,
		"subpattern":                           csharpSubpattern,
		"initializer_expression":               csharpInitializer,
		"with_initializer":                     func(b *Builder, n int) { b.Mark(b.ChildOf(n, "identifier")) },
		"anonymous_object_creation_expression": csharpAnonymousObject,
		"invocation_expression":                csharpInvocation,
		"object_creation_expression":           csharpCreation,
		"primary_constructor_base_type":        csharpCreation,
		"constructor_initializer":              csharpConstructorCall,
		"attribute":                            csharpAttribute,
		"conditional_access_expression":        csharpConditional,
		"preproc_if":                           csharpCondition,
		"preproc_elif":                         csharpCondition,
		"base_list":                            csharpInTypes,
		"type_argument_list":                   csharpInTypes,
		"explicit_interface_specifier":         csharpInTypes,
		"type_parameter_constraints_clause":    csharpInTypes,
		"cast_expression":                      csharpTyped,
		"typeof_expression":                    csharpTyped,
		"sizeof_expression":                    csharpTyped,
		"default_expression":                   csharpTyped,
		"array_type":                           csharpTyped,
		"type_pattern":                         csharpTyped,
		"as_expression":                        func(b *Builder, n int) { b.InType(b.Child(n, "right")) },
		"is_expression":                        func(b *Builder, n int) { b.InType(b.Child(n, "right")) },
		"assignment_expression":                func(b *Builder, n int) { b.Assign(b.Child(n, "left")) },
	},
	Keyword: KeywordRule{Node: "argument", Name: "name"},
	Bodies:  []string{"block"},
	NoStatements: []string{"empty_statement", "preproc_if", "preproc_pragma", "preproc_line", "preproc_nullable",
		"preproc_define", "preproc_undef", "preproc_error", "preproc_region", "preproc_endregion"},
	Unwrap: []string{"parenthesized_expression", "generic_name", "member_binding_expression.name",
		"postfix_unary_expression"},
	Constructed: csharpConstructed,
	Predeclared: strings.Fields(`_ add alias args ascending async await by descending dynamic equals field file ` +
		`from get global group init into join let managed nameof nint not notnull nuint on or and orderby partial ` +
		`record remove required scoped select set unmanaged value var when where with yield`),
	// System.Object's, then those of enums, delegates and records.
	ObjectMembers: strings.Fields(`Equals Finalize GetHashCode GetType MemberwiseClone ReferenceEquals ToString
CompareTo Format GetName GetNames GetTypeCode GetUnderlyingType GetValues HasFlag IsDefined Parse ToObject TryParse
BeginInvoke DynamicInvoke EndInvoke GetInvocationList Invoke Method Target Deconstruct`),
	Separator: ".",
	SelfNames: []string{"this", "base"},
}

// csharpUsing reads the forms of using directives. A plain one opens a namespace,
// so that its names are a wildcard import.
func csharpUsing(b *Builder, n int) {
	alias, target := b.Child(n, "name"), -1
	for c := range b.Children(n) {
		if c != alias && b.Named(c) {
			target = c
		}
	}
	if target < 0 {
		return
	}
	it := ImportItem{ModStart: b.Start(target), ModEnd: b.End(target)}
	if strings.HasPrefix(b.Text(target), "global::") {
		it.ModStart += len("global::")
	}
	it.Module = string(b.Src[it.ModStart:it.ModEnd])
	if alias >= 0 {
		it.Local = b.Text(alias)
	} else {
		it.Wildcard = true
		words := strings.Fields(string(b.Src[b.Start(n):b.Start(target)]))
		it.Static = slices.Contains(words, "static")
	}
	it.Global = strings.HasPrefix(strings.TrimSpace(b.Text(n)), "global ")
	b.Import(n, []ImportItem{it})
}

// csharpNamespace opens a namespace's scope; one without braces holds the rest of
// the file.
func csharpNamespace(b *Builder, n int) {
	name := b.Child(n, "name")
	if name < 0 {
		return
	}
	k := b.Declare(n, name, Decl{Role: Module})
	s := b.OpenScope(n, NamespaceScope, k)
	if b.Kind(n) == "file_scoped_namespace_declaration" {
		b.f.Scopes[s].End = len(b.Src)
	}
	b.SkipInside(name)
}

// csharpType completes a type. The other parts of a partial type can have any
// member; a source generator needs one that is partial.
func csharpType(b *Builder, n int) {
	k := b.LastDecl(n)
	if k < 0 {
		return
	}
	d := b.Decl(k)
	d.Static = csharpModifier(b, n, "static")
	d.Open = csharpModifier(b, n, "partial")
	if bases := b.ChildOf(n, "base_list"); bases >= 0 && d.Role != Enum {
		for c := range b.Children(bases) {
			switch b.Kind(c) {
			case "identifier", "qualified_name", "generic_name", "alias_qualified_name":
				d.Supers = append(d.Supers, csharpBareType(b.Text(c)))
			case "primary_constructor_base_type":
				d.Supers = append(d.Supers, csharpBareType(b.Text(b.Child(c, "type"))))
			}
		}
	}
	isStruct := b.Kind(n) == "struct_declaration"
	if b.Kind(n) == "record_declaration" {
		isStruct = strings.Contains(string(b.Src[b.Start(n):d.NameStart]), "struct")
	}
	name := b.Child(n, "name")
	if isStruct { // every struct has a constructor without parameters
		b.Declare(n, name, Decl{Role: Constructor, HasParams: true})
	}
	if list := b.ChildOf(n, "parameter_list"); list >= 0 {
		role := Parameter
		if b.Kind(n) == "record_declaration" {
			role = Field
		}
		params := csharpParameters(b, list, role)
		b.Declare(n, name, Decl{Role: Constructor, Params: params, HasParams: true})
	}
}

func csharpEnumMember(b *Builder, n int) {
	if k := b.LastDecl(n); k >= 0 {
		d := b.Decl(k)
		d.Static = true
		if s := b.enclosingType(); s > 0 && b.f.Scopes[s].Decl >= 0 {
			d.Type = b.f.Decls[b.f.Scopes[s].Decl].Name
		}
	}
}

func csharpMember(b *Builder, n int) {
	if k := b.LastDecl(n); k >= 0 {
		d := b.Decl(k)
		d.Static = csharpModifier(b, n, "static")
		if d.Static && d.Role == Constructor {
			d.Role = Method // a type initializer, which nothing can call
		}
		if d.Constructed != "" {
			d.InitCall = ""
		}
		if v := b.Child(n, "value"); v >= 0 && b.Kind(v) == "implicit_object_creation_expression" {
			d.Constructed = csharpBareType(d.Type)
		}
	}
}

// csharpModifier reports whether the declaration at node n has a modifier.
func csharpModifier(b *Builder, n int, modifier string) bool {
	for c := range b.Children(n) {
		if b.Kind(c) == "modifier" && b.Text(c) == modifier {
			return true
		}
	}
	return false
}

func csharpParams(b *Builder, list int) []Param { return csharpParameters(b, list, Parameter) }

// csharpParameters reads a parameter list and binds its names in the given role.
// The type of an extension method's first parameter keeps its "this", and that
// parameter is optional: a call has it before the dot or in the list.
func csharpParameters(b *Builder, list int, role Role) []Param {
	var out []Param
	add := func(n, typ, name int, p Param) {
		if name < 0 {
			return
		}
		written := ""
		if typ >= 0 {
			written = b.Text(typ)
			b.InType(typ)
		}
		p.Name = b.Text(name)
		if p.Type += written; p.Type == "var" {
			p.Type, written = "", ""
		}
		b.Declare(n, name, Decl{Role: role, Type: written})
		out = append(out, p)
	}
	array := -1 // "params T[] xs" is not a node: its type and name stand in the list
	for c := range b.Children(list) {
		switch {
		case b.Field(c) == "type":
			array = c
		case b.Field(c) == "name":
			add(c, array, c, Param{Variadic: true})
		case b.Kind(c) == "parameter":
			name := b.Child(c, "name")
			p := Param{Variadic: csharpModifier(b, c, "params")}
			if csharpModifier(b, c, "this") {
				p.Type, p.Optional = "this ", true
			}
			for v := range b.Children(c) {
				if name >= 0 && v > name {
					p.Optional = true
				}
				if b.Kind(v) == "attribute_list" && strings.Contains(b.Text(v), "Optional") {
					p.Optional = true
				}
			}
			add(c, b.Child(c, "type"), name, p)
		}
	}
	return out
}

// csharpTypedParams binds the parameters of what is not called by a name.
func csharpTypedParams(b *Builder, n int) {
	csharpTyped(b, n)
	list := b.Child(n, "parameters")
	if list < 0 {
		list = b.ChildOf(n, "parameter_list")
	}
	if list >= 0 {
		csharpParams(b, list)
	}
}

func csharpLambda(b *Builder, n int) {
	csharpTyped(b, n)
	switch list := b.Child(n, "parameters"); {
	case list < 0:
	case b.Kind(list) == "parameter_list":
		csharpParams(b, list)
	default:
		b.Declare(n, list, Decl{Role: Parameter})
	}
}

// csharpTyped says that the written type of node n is one.
func csharpTyped(b *Builder, n int) {
	for c := range b.Children(n) {
		if f := b.Field(c); f == "type" || f == "returns" {
			b.InType(c)
		}
	}
}

// csharpInTypes says that the children of node n are types, but not the arguments
// that a base class list can have.
func csharpInTypes(b *Builder, n int) {
	for c := range b.Children(n) {
		if b.Kind(c) != "argument_list" && b.Kind(c) != "primary_constructor_base_type" {
			b.InType(c)
		}
	}
}

func csharpCondition(b *Builder, n int) { b.MarkAll(b.Child(n, "condition")) }

// csharpBareType is a type as written without type arguments and nullability.
func csharpBareType(s string) string {
	if i := strings.IndexByte(s, '<'); i >= 0 {
		s = s[:i]
	}
	return strings.TrimRight(strings.TrimPrefix(s, "global::"), "? ")
}
