package syntax

import (
	"bytes"
	"slices"
	"strings"
	"unicode"
)

// ecmaRules are the rules that JavaScript and TypeScript share: ECMA-262
// (https://tc39.es/ecma262/), JSX, decorators and CommonJS's require.
//
// Object literals with functions open a scope of a type, so that their methods
// are not taken for bare names; that scope has no declaration. A binding whose
// written value is a function or a class is that function or class. Names under
// which a file exports a binding (export {a as b}) are declared too: they are
// what other files import.
func ecmaRules() *Rules {
	return &Rules{
		Openings: ecmaOpenings,
		Idents:   []string{"identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern"},
		Comments: []string{"comment", "html_comment", "hash_bang_line"},
		Strings:  []string{"string", "template_string"},
		Literals: []string{"number", "true", "false", "null", "undefined", "regex"},
		Tokens:   []string{"const", "let", "var", "static", "get", "set"},
		Calls: []CallRule{
			{Node: "call_expression", Callee: "function", Args: "arguments"},
			{Node: "new_expression", Callee: "constructor", Args: "arguments", Ctor: true},
		},
		Members: []MemberRule{
			{Node: "member_expression", Object: "object", Name: "property"},
		},
		Scopes: []ScopeRule{
			{"for_statement", BlockScope}, {"for_in_statement", BlockScope}, {"switch_body", BlockScope},
			{"catch_clause", BlockScope}, {"class_static_block", FunctionScope},
		},
		Skip: []string{"jsx_namespace_name"},
		Hooks: map[string]func(b *Builder, n int){
			"import_statement":               ecmaImport,
			"export_statement":               ecmaExport,
			"export_specifier":               ecmaExportSpecifier,
			"lexical_declaration":            ecmaRequire,
			"variable_declaration":           ecmaRequire,
			"variable_declarator":            ecmaVariable,
			"function_declaration":           ecmaFunction,
			"generator_function_declaration": ecmaFunction,
			"function_expression":            ecmaFunctionValue,
			"generator_function":             ecmaFunctionValue,
			"arrow_function":                 ecmaFunctionValue,
			"method_definition":              ecmaMethod,
			"class_declaration":              ecmaClass,
			"class":                          ecmaClass,
			"object":                         ecmaObject,
			"pair":                           ecmaPair,
			"statement_block":                ecmaBlock,
			"expression_statement":           ecmaUsing,
			"for_in_statement":               ecmaForIn,
			"catch_clause": func(b *Builder, n int) {
				ecmaBind(b, n, b.Child(n, "parameter"), Decl{Role: Variable,
					Type: ecmaType(b.Tree, b.Child(n, "type"))}, b.Scope())
			},
			"labeled_statement": func(b *Builder, n int) {
				ecmaDeclare(b, n, b.Child(n, "label"), Decl{Role: Label}, b.FunctionScope())
			},
			"assignment_expression":           ecmaAssignment,
			"augmented_assignment_expression": ecmaAssignment,
			"update_expression": func(b *Builder, n int) {
				ecmaTargets(b, b.Child(n, "argument"), b.Assign)
			},
			"call_expression":          ecmaCall,
			"this":                     ecmaThis,
			"jsx_opening_element":      ecmaElement,
			"jsx_closing_element":      ecmaElement,
			"jsx_self_closing_element": ecmaElement,
		},
		Spread:       []string{"spread_element"},
		Bodies:       []string{"statement_block"},
		NoStatements: []string{"empty_statement"},
		Unwrap:       []string{"parenthesized_expression", "await_expression"},
		Constructed:  ecmaConstructed,
		Separator:    ".",
		SelfNames:    []string{"this", "super"},
	}
}

// ecmaDeclare declares a name in the given scope.
func ecmaDeclare(b *Builder, n, name int, d Decl, scope int) int {
	k := b.Declare(n, name, d)
	if k >= 0 {
		b.Decl(k).Scope = scope
	}
	return k
}

// ecmaTargets calls f for every identifier that the pattern at node pat binds or
// assigns to. Keys and default values in the pattern are left to be references.
func ecmaTargets(b *Builder, pat int, f func(name int)) {
	for c := pat; pat >= 0 && c < b.After(pat); {
		field := b.Field(c)
		if c != pat && (field == "right" || field == "key" || field == "type") {
			c = b.After(c)
			continue
		}
		switch b.Kind(c) {
		case "member_expression", "subscript_expression", "call_expression", "decorator":
			c = b.After(c)
			continue
		case "identifier", "shorthand_property_identifier_pattern":
			f(c)
		}
		c++
	}
}

// ecmaBind declares every identifier that the pattern at node pat binds. What d
// says of the type is of the whole pattern, so of use for a single name only.
func ecmaBind(b *Builder, n, pat int, d Decl, scope int) {
	if pat >= 0 && b.Kind(pat) != "identifier" && b.Kind(pat) != "rest_pattern" {
		d = Decl{Role: d.Role}
	}
	ecmaTargets(b, pat, func(name int) { ecmaDeclare(b, n, name, d, scope) })
}

// ecmaType is the type in an annotation, "" for none.
func ecmaType(t *Tree, annotation int) string {
	if annotation < 0 {
		return ""
	}
	return strings.TrimSpace(strings.TrimPrefix(t.Text(annotation), ":"))
}

// ecmaKeyword is the keyword of a declaration: const, let or var.
func ecmaKeyword(b *Builder, declaration int) string {
	if k := b.ChildOf(declaration, "const", "let", "var"); k >= 0 {
		return b.Kind(k)
	}
	return "var"
}

// ecmaVariable declares a variable. A const is called a constant only where its
// name says so: most local variables are const.
func ecmaVariable(b *Builder, n int) {
	name := b.Child(n, "name")
	if name < 0 {
		return
	}
	keyword, scope := ecmaKeyword(b, b.Parent(n)), b.Scope()
	if keyword == "var" {
		scope = b.FunctionScope()
	}
	d := Decl{Role: Variable}
	if text := b.Text(name); keyword == "const" && strings.ToUpper(text) == text &&
		strings.ContainsFunc(text, unicode.IsUpper) {
		d.Role = Constant
	}
	ecmaTyped(b, &d, n)
	ecmaBind(b, n, name, d, scope)
}

// ecmaTyped fills what the annotation and the value at node n's fields say.
func ecmaTyped(b *Builder, d *Decl, n int) {
	annotation := b.Child(n, "type")
	d.Type = ecmaType(b.Tree, annotation)
	if f := ecmaFunctionType(b.Tree, annotation); f >= 0 {
		d.Params, d.HasParams = ecmaParams(b.Tree, f), true
	}
	if v := b.Child(n, "value"); v >= 0 {
		ecmaValue(b, d, v)
	}
}

// ecmaFunctionType is the function type in an annotation, -1 for none.
func ecmaFunctionType(t *Tree, annotation int) int {
	if annotation < 0 || t.Leaf(annotation) {
		return -1
	}
	n := annotation + 1
	for t.Kind(n) == "parenthesized_type" && !t.Leaf(n) {
		n++
	}
	if t.Kind(n) == "function_type" {
		return n
	}
	return -1
}

var ecmaFunctionValues = []string{"function_expression", "generator_function", "arrow_function"}

// ecmaValue fills what the value says of a declaration. A written type wins over
// a function's own parameters: const f: Handler = () => {} takes what Handler says.
func ecmaValue(b *Builder, d *Decl, value int) {
	v := b.Unwrap(value)
	switch k := b.Kind(v); {
	case slices.Contains(ecmaFunctionValues, k):
		if d.Type == "" {
			if d.Role = Function; d.Owner != "" || b.f.Scopes[b.Scope()].Kind == TypeScope {
				d.Role = Method
			}
			d.Params, d.HasParams = ecmaParams(b.Tree, v), true
			d.Type = ecmaType(b.Tree, b.Child(v, "return_type"))
		}
	case k == "class":
		d.Role = Class
	case k == "as_expression":
		last := v + 1
		for c := range b.Children(v) {
			if b.Named(c) {
				last = c
			}
		}
		if d.Type == "" && last > v+1 {
			d.Type = b.Text(last)
		}
	default:
		b.fillValue(d, value)
	}
}

// ecmaHeld is the declaration that the value at node n fills, -1 for none.
func ecmaHeld(b *Builder, n int) int {
	p := b.Parent(n)
	for p >= 0 && b.Kind(p) == "parenthesized_expression" {
		p = b.Parent(p)
	}
	for k := len(b.f.Decls) - 1; k >= 0 && b.f.Decls[k].Node >= p; k-- {
		d := &b.f.Decls[k]
		if d.Node == p && d.Inner < 0 && (d.HasParams || d.Role == Class) {
			return k
		}
	}
	return -1
}

// ecmaBlock opens a block's scope; the block of "declare global" is no scope.
func ecmaBlock(b *Builder, n int) {
	if p := b.Parent(n); p < 0 || b.Kind(p) != "ambient_declaration" {
		b.OpenScope(n, BlockScope, -1)
	}
}

// ecmaForIn binds for (const x of xs), and assigns in for (x of xs).
func ecmaForIn(b *Builder, n int) {
	left := b.Child(n, "left")
	if b.ChildOf(n, "const", "let", "var") < 0 {
		ecmaTargets(b, left, b.Assign)
		return
	}
	scope := b.Scope()
	if ecmaKeyword(b, n) == "var" {
		scope = b.FunctionScope()
	}
	ecmaBind(b, n, left, Decl{Role: Variable}, scope)
}

// ecmaUsing declares using x = …, which the grammars, older than the statement,
// read as an assignment to x or to using.
func ecmaUsing(b *Builder, n int) {
	text := bytes.TrimPrefix(b.Src[b.Start(n):b.End(n)], []byte("await "))
	if !bytes.HasPrefix(text, []byte("using ")) {
		return
	}
	for c := n; c < b.After(n); {
		switch b.Kind(c) {
		case "expression_statement", "await_expression", "sequence_expression":
			c++
			continue
		case "assignment_expression":
			left := b.Child(c, "left")
			if e := b.ChildOf(c, "ERROR"); e >= 0 && left >= 0 && b.Text(left) == "using" && !b.Leaf(e) {
				b.Mark(left)
				left = e + 1
			}
			if left >= 0 && b.Kind(left) == "identifier" && b.Text(left) != "using" {
				d := Decl{Role: Variable}
				if v := b.Child(c, "right"); v >= 0 {
					ecmaValue(b, &d, v)
				}
				b.Declare(c, left, d)
			}
		}
		c = b.After(c)
	}
}

func ecmaAssignment(b *Builder, n int) { ecmaTargets(b, b.Child(n, "left"), b.Assign) }

// ecmaCall marks tagged templates, and reads super(…).
func ecmaCall(b *Builder, n int) {
	args := b.Child(n, "arguments")
	if fn := b.Child(n, "function"); fn >= 0 && b.Kind(fn) == "super" && args >= 0 {
		b.f.Calls = append(b.f.Calls, Call{Start: b.Start(n), End: b.End(n), Node: n, Name: "super",
			NameStart: b.Start(fn), NameEnd: b.End(fn), Recv: -1,
			ArgsStart: b.Start(args), ArgsEnd: b.End(args), Args: b.args(args), Scope: b.Scope()})
		return
	}
	c := b.LastCall(n)
	if c == nil {
		return
	}
	if args >= 0 && b.Kind(args) == "template_string" {
		c.TokenTree, c.Args = true, nil
	}
}

// ecmaElement: a JSX element whose name starts in lower case is the host's, not a
// component that the file names.
func ecmaElement(b *Builder, n int) {
	name := b.Child(n, "name")
	if name < 0 || b.Start(name) == b.End(name) {
		return
	}
	if c := b.Src[b.Start(name)]; b.Kind(name) == "identifier" && c >= 'a' && c <= 'z' {
		b.Mark(name)
		return
	}
	if b.Kind(n) != "jsx_closing_element" {
		b.f.Elements = append(b.f.Elements, Element{End: b.End(n), NameStart: b.Start(name), NameEnd: b.End(name),
			Node: n})
	}
}

// ecmaConstructed: new T(…).
func ecmaConstructed(t *Tree, v int) string {
	for t.Kind(v) == "parenthesized_expression" && !t.Leaf(v) {
		v++
	}
	if t.Kind(v) != "new_expression" {
		return ""
	}
	if c := t.Child(v, "constructor"); c >= 0 && ecmaPath(t, c) {
		return t.Text(c)
	}
	return ""
}

// ecmaPath reports whether node n is a name or a dotted path of names.
func ecmaPath(t *Tree, n int) bool {
	for t.Kind(n) == "member_expression" {
		if n = t.Child(n, "object"); n < 0 {
			return false
		}
	}
	return t.Kind(n) == "identifier"
}
