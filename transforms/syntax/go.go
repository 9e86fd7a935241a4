package syntax

import "strings"

// goRules: the Go specification, https://go.dev/ref/spec.
var goRules = &Rules{
	Openings:   goOpenings,
	Idents:     []string{"identifier", "blank_identifier"},
	TypeIdents: []string{"type_identifier"},
	Comments:   []string{"comment"},
	Strings:    []string{"interpreted_string_literal", "raw_string_literal"},
	Literals:   []string{"int_literal", "float_literal", "imaginary_literal", "rune_literal", "true", "false", "nil"},
	Calls: []CallRule{
		{Node: "call_expression", Callee: "function", Args: "arguments"},
	},
	Members: []MemberRule{
		{Node: "selector_expression", Object: "operand", Name: "field"},
		{Node: "qualified_type", Object: "package", Name: "name"},
	},
	Decls: []DeclRule{
		{Node: "function_declaration", Name: "name", Params: "parameters", Result: "result",
			Role: Function, Opens: FunctionScope},
		{Node: "method_declaration", Name: "name", Role: Method, NoScope: true},
		{Node: "type_alias", Name: "name", Type: "type", Role: TypeAlias, NoScope: true},
		{Node: "method_elem", Name: "name", Params: "parameters", Result: "result", Role: Method, Opens: FunctionScope},
	},
	Binds: []BindRule{
		{Node: "const_spec", Pattern: "name", Type: "type", Value: "value", Role: Constant},
		{Node: "range_clause", Pattern: "left", Role: Variable},
		{Node: "receive_statement", Pattern: "left", Role: Variable},
	},
	Scopes: []ScopeRule{
		{"block", BlockScope}, {"if_statement", BlockScope}, {"for_statement", BlockScope},
		{"expression_switch_statement", BlockScope}, {"type_switch_statement", BlockScope},
		{"select_statement", BlockScope},
		{"expression_case", BlockScope}, {"type_case", BlockScope}, {"default_case", BlockScope},
		{"communication_case", BlockScope},
	},
	Params: goParams,
	Skip:   []string{"label_name", "package_clause"},
	Hooks: map[string]func(b *Builder, n int){
		"package_clause": func(b *Builder, n int) {
			b.Declare(n, b.ChildOf(n, "package_identifier"), Decl{Role: Module})
		},
		"import_spec":           goImport,
		"method_declaration":    goMethod,
		"func_literal":          goFuncLiteral,
		"type_spec":             goType,
		"field_declaration":     goField,
		"short_var_declaration": goShortVar,
		"var_spec":              goVarSpec,
		"type_switch_statement": func(b *Builder, n int) {
			if alias := b.Child(n, "alias"); alias >= 0 {
				b.BindPattern(n, alias, Decl{Role: Variable})
			}
		},
		"keyed_element": func(b *Builder, n int) {
			// The key of a struct literal is a field's name; whether a key is one is
			// not in the syntax, so bare identifiers are left out.
			for key := range b.Children(n) {
				b.Mark(key)
				if !b.Leaf(key) && b.After(key) == key+2 {
					b.Mark(key + 1)
				}
				break
			}
		},
		"call_expression": func(b *Builder, n int) {
			// f(xs...) spreads its last argument.
			if c := b.LastCall(n); c != nil && len(c.Args) > 0 {
				last := &c.Args[len(c.Args)-1]
				rest := strings.TrimSpace(string(b.Src[last.End:c.ArgsEnd]))
				last.Spread = strings.HasPrefix(rest, "...")
			}
		},
	},
	Bodies: []string{"block"},
	Unwrap: []string{"parenthesized_expression", "generic_type.type", "type_instantiation_expression.type",
		"index_expression.operand"},
	Constructed: goConstructed,
	Optional:    []string{"type_instantiation_expression"},
	Predeclared: strings.Fields(`any bool byte comparable complex64 complex128 error float32 float64 int int8 int16 int32 int64 rune string uint uint8 uint16 uint32 uint64 uintptr
true false iota nil append cap clear close complex copy delete imag len make max min new panic print println real recover _`),
	Separator: ".",
}

func goImport(b *Builder, n int) {
	path := b.Child(n, "path")
	if path < 0 || b.End(path)-b.Start(path) < 2 { // a quote that is missing
		return
	}
	s, e := b.Start(path)+1, b.End(path)-1
	it := ImportItem{Module: string(b.Src[s:e]), ModStart: s, ModEnd: e}
	it.Relative = strings.HasPrefix(it.Module, "./") || strings.HasPrefix(it.Module, "../")
	it.Local = goPackageName(it.Module)
	if name := b.Child(n, "name"); name >= 0 {
		it.Local = b.Text(name)
		switch it.Local {
		case ".":
			it.Local, it.Wildcard = "", true
		case "_":
			it.Local = ""
		}
	}
	b.Import(n, []ImportItem{it})
}

// goPackageName guesses a package's name from its path: the last element, or the
// one before a major version, without "go-" and ".go" decorations. The package
// clause decides in truth.
func goPackageName(path string) string {
	parts := strings.Split(path, "/")
	last := parts[len(parts)-1]
	if len(parts) > 1 && len(last) > 1 && last[0] == 'v' && strings.Trim(last[1:], "0123456789") == "" {
		last = parts[len(parts)-2]
	}
	if i := strings.LastIndex(last, ".v"); i > 0 && strings.Trim(last[i+2:], "0123456789") == "" {
		last = last[:i]
	}
	last = strings.TrimPrefix(last, "go-")
	last = strings.TrimSuffix(last, "-go")
	last = strings.TrimSuffix(last, ".go")
	return strings.ReplaceAll(last, "-", "_")
}

func goMethod(b *Builder, n int) {
	k := b.LastDecl(n)
	if k < 0 {
		return
	}
	recv := b.Child(n, "receiver")
	recvType := ""
	if recv >= 0 {
		if p := b.ChildOf(recv, "parameter_declaration"); p >= 0 {
			if t := b.Child(p, "type"); t >= 0 {
				recvType = goBareType(b.Text(t))
			}
		}
	}
	b.Decl(k).Owner = recvType
	b.OpenScope(n, FunctionScope, k)
	if recv >= 0 {
		goParams(b, recv) // binds the receiver
	}
	if list := b.Child(n, "parameters"); list >= 0 {
		b.ParamsOf(k, list)
	}
	if r := b.Child(n, "result"); r >= 0 {
		b.Decl(k).Type = b.Text(r)
		if b.Kind(r) == "parameter_list" {
			goParams(b, r)
		}
	}
}

// goBareType is a receiver's type name without pointer and type parameters.
func goBareType(t string) string {
	t = strings.TrimLeft(strings.Trim(t, "() "), "*")
	if i := strings.IndexByte(t, '['); i >= 0 {
		t = t[:i]
	}
	return strings.TrimSpace(t)
}

func goFuncLiteral(b *Builder, n int) {
	b.OpenScope(n, FunctionScope, -1)
	if list := b.Child(n, "parameters"); list >= 0 {
		goParams(b, list)
	}
	if r := b.Child(n, "result"); r >= 0 && b.Kind(r) == "parameter_list" {
		goParams(b, r)
	}
}

func goParams(b *Builder, list int) []Param {
	var out []Param
	for p := range b.Children(list) {
		kind := b.Kind(p)
		if kind != "parameter_declaration" && kind != "variadic_parameter_declaration" {
			continue
		}
		typ := b.Child(p, "type")
		base := Param{Variadic: kind == "variadic_parameter_declaration"}
		if typ >= 0 {
			base.Type = b.Text(typ)
		}
		named := false
		for c := range b.Children(p) {
			if c != typ && b.Field(c) == "name" {
				named = true
				base.Name = b.Text(c)
				written := base.Type
				if base.Variadic {
					written = "[]" + written
				}
				b.Declare(p, c, Decl{Role: Parameter, Type: written})
				out = append(out, base)
			}
		}
		if !named {
			base.Name = ""
			out = append(out, base)
		}
	}
	return out
}

func goType(b *Builder, n int) {
	typ := b.Child(n, "type")
	d := Decl{Role: TypeAlias}
	if typ >= 0 {
		switch b.Kind(typ) {
		case "struct_type":
			d.Role = Class
			if list := b.ChildOf(typ, "field_declaration_list"); list >= 0 {
				for f := range b.Children(list) {
					if b.Kind(f) == "field_declaration" && b.Child(f, "name") < 0 {
						if t := b.Child(f, "type"); t >= 0 {
							d.Supers = append(d.Supers, goBareType(b.Text(t)))
						}
					}
				}
			}
		case "interface_type":
			d.Role = Interface
			for c := range b.Children(typ) {
				if k := b.Kind(c); k == "constraint_elem" || k == "type_elem" || k == "interface_type_name" ||
					k == "type_identifier" || k == "qualified_type" {
					d.Supers = append(d.Supers, goBareType(b.Text(c)))
				}
			}
		default:
			d.Type = b.Text(typ)
		}
	}
	k := b.Declare(n, b.Child(n, "name"), d)
	if k >= 0 {
		b.OpenScope(n, TypeScope, k)
		if tp := b.Child(n, "type_parameters"); tp >= 0 {
			for p := range b.Children(tp) {
				for c := range b.Children(p) {
					if b.Field(c) == "name" {
						b.Declare(p, c, Decl{Role: TypeParam})
					}
				}
			}
		}
	}
}

func goField(b *Builder, n int) {
	typ := b.Child(n, "type")
	d := Decl{Role: Field}
	if typ >= 0 {
		d.Type = b.Text(typ)
	}
	named := false
	for c := range b.Children(n) {
		if b.Field(c) == "name" {
			named = true
			b.Declare(n, c, d)
		}
	}
	if named || typ < 0 {
		return
	}
	// An embedded type is a field with the type's name.
	d.Name = goBareType(d.Type)
	if i := strings.LastIndexByte(d.Name, '.'); i >= 0 {
		d.Name = d.Name[i+1:]
	}
	b.Declare(n, typ, d)
	b.mark[typ] = false // it is a reference to the type too
}

func goShortVar(b *Builder, n int) {
	left, right := b.Child(n, "left"), b.Child(n, "right")
	if left < 0 {
		return
	}
	goBindValues(b, n, left, right, "")
}

func goVarSpec(b *Builder, n int) {
	typ := ""
	if t := b.Child(n, "type"); t >= 0 {
		typ = b.Text(t)
	}
	value := b.Child(n, "value")
	var names []int
	for c := range b.Children(n) {
		if b.Field(c) == "name" {
			names = append(names, c)
		}
	}
	for i, c := range names {
		d := Decl{Role: Variable, Type: typ}
		if v := goValueAt(b, value, i, len(names)); v >= 0 {
			b.fillValue(&d, v)
		}
		b.Declare(n, c, d)
	}
}

// goBindValues binds the identifiers of an expression list to the values beside
// them. One value for several names is a call with several results: its InitCall
// is of use for the first name only.
func goBindValues(b *Builder, n, left, right int, typ string) {
	var names []int
	for c := range b.Children(left) {
		names = append(names, c)
	}
	for i, c := range names {
		if b.Kind(c) != "identifier" {
			continue
		}
		d := Decl{Role: Variable, Type: typ}
		if v := goValueAt(b, right, i, len(names)); v >= 0 {
			b.fillValue(&d, v)
		}
		b.Declare(n, c, d)
	}
}

func goValueAt(b *Builder, list, i, names int) int {
	if list < 0 {
		return -1
	}
	var values []int
	for c := range b.Children(list) {
		values = append(values, c)
	}
	switch {
	case len(values) == names:
		return values[i]
	case len(values) == 1 && i == 0:
		return values[0]
	}
	return -1
}

// goConstructed: T{…}, &T{…}, new(T).
func goConstructed(t *Tree, v int) string {
	switch t.Kind(v) {
	case "unary_expression":
		if op := t.Child(v, "operand"); op >= 0 && strings.HasPrefix(t.Text(v), "&") {
			return goConstructed(t, op)
		}
	case "composite_literal":
		typ := t.Child(v, "type")
		if typ < 0 {
			return ""
		}
		switch t.Kind(typ) {
		case "type_identifier", "qualified_type", "generic_type":
			return goBareType(t.Text(typ))
		}
	case "call_expression":
		fn, args := t.Child(v, "function"), t.Child(v, "arguments")
		if fn >= 0 && args >= 0 && t.Text(fn) == "new" && !t.Leaf(args) {
			return goBareType(t.Text(args + 1))
		}
	}
	return ""
}
