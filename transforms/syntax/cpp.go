package syntax

import (
	"slices"
	"strings"
)

// cppRules: C++ as https://eel.is/c++draft has it, without the preprocessor: both
// branches of an #if are read, a #define declares a macro in the whole file, and
// what a macro expands to is not seen. Names are declared in cpp_decl.go, types and
// namespaces in cpp_types.go.
//
// A qualified name a::b::c is a chain of nodes from the left, so that no node
// covers a::b: the member's object is the node of b, with the range of a::b, and a
// call's receiver is the node of b.
var cppRules = &Rules{
	Openings: cppOpenings, Preprocessed: true,
	Idents:     []string{"identifier", "namespace_identifier"},
	TypeIdents: []string{"type_identifier"},
	Comments:   []string{"comment"},
	Strings:    []string{"string_literal", "raw_string_literal", "char_literal", "system_lib_string"},
	Literals:   []string{"number_literal", "true", "false", "null", "user_defined_literal"},
	Calls: []CallRule{
		{Node: "call_expression", Callee: "function", Args: "arguments"},
		{Node: "new_expression", Callee: "type", Args: "arguments", Ctor: true},
		{Node: "compound_literal_expression", Callee: "type", Args: "value", Ctor: true},
	},
	Members: []MemberRule{
		{Node: "field_expression", Object: "argument", Name: "field"},
		{Node: "qualified_identifier", Object: "scope", Name: "name"},
	},
	Decls: []DeclRule{
		{Node: "preproc_def", Name: "name", Role: Macro, NoScope: true},
		{Node: "preproc_function_def", Name: "name", Role: Macro, NoScope: true},
	},
	Scopes: []ScopeRule{
		{"template_declaration", BlockScope}, {"compound_statement", BlockScope}, {"lambda_expression", FunctionScope},
		{"if_statement", BlockScope}, {"while_statement", BlockScope}, {"switch_statement", BlockScope},
		{"for_statement", BlockScope}, {"for_range_loop", BlockScope}, {"catch_clause", BlockScope},
		{"requires_expression", BlockScope}, {"case_statement", BlockScope},
	},
	Hooks: map[string]func(b *Builder, n int){
		"preproc_include":                     cppInclude,
		"using_declaration":                   cppUsing,
		"namespace_definition":                cppNamespace,
		"namespace_alias_definition":          cppNamespaceAlias,
		"preproc_def":                         cppMacro,
		"preproc_function_def":                cppMacro,
		"preproc_if":                          cppCondition,
		"preproc_elif":                        cppCondition,
		"preproc_ifdef":                       cppCondition,
		"preproc_elifdef":                     cppCondition,
		"preproc_call":                        cppDirective,
		"attribute_declaration":               func(b *Builder, n int) { b.SkipInside(n) },
		"attribute_specifier":                 func(b *Builder, n int) { b.SkipInside(n) },
		"ms_declspec_modifier":                func(b *Builder, n int) { b.SkipInside(n) },
		"call_expression":                     cppCall,
		"new_expression":                      cppCall,
		"compound_literal_expression":         cppCall,
		"qualified_identifier":                cppQualified,
		"destructor_name":                     func(b *Builder, n int) { b.MarkAll(n) },
		"class_specifier":                     cppClass,
		"struct_specifier":                    cppClass,
		"union_specifier":                     cppClass,
		"enum_specifier":                      cppEnum,
		"enumerator":                          cppEnumerator,
		"function_definition":                 cppFunction,
		"declaration":                         cppDeclaration,
		"field_declaration":                   cppDeclaration,
		"type_definition":                     cppTypedef,
		"alias_declaration":                   cppAlias,
		"concept_definition":                  cppAlias,
		"friend_declaration":                  cppFriend,
		"function_declarator":                 cppPrototype,
		"abstract_function_declarator":        cppPrototype,
		"parameter_declaration":               cppParameter,
		"optional_parameter_declaration":      cppParameter,
		"variadic_parameter_declaration":      cppParameter,
		"type_parameter_declaration":          cppTypeParameter,
		"optional_type_parameter_declaration": cppTypeParameter,
		"variadic_type_parameter_declaration": cppTypeParameter,
		"for_range_loop": func(b *Builder, n int) {
			cppBind(b, n, b.Child(n, "declarator"), Decl{Role: Variable,
				Type: cppType(b.Tree, n, b.Child(n, "declarator"))})
		},
		"lambda_capture_specifier": cppCaptures,
		"labeled_statement": func(b *Builder, n int) {
			if label := b.Child(n, "label"); label >= 0 && !slices.Contains(cppAccess, b.Text(label)) {
				b.Declare(n, label, Decl{Role: Label})
			}
		},
		"assignment_expression": cppArrayReference,
	},
	Spread:   []string{"parameter_pack_expansion"},
	Bodies:   []string{"compound_statement"},
	NoBodies: []string{"switch_statement"},
	NoStatements: []string{"preproc_include", "preproc_def", "preproc_function_def", "preproc_call",
		"preproc_if", "preproc_ifdef"},
	Unwrap: []string{"parenthesized_expression", "template_function.name", "template_method.name",
		"template_type.name", "dependent_name", "dependent_type"},
	Constructed: cppConstructed,
	Finish:      cppFinish,
	Predeclared: cppPredeclared,
	Separator:   "::",
	SelfNames:   []string{"this"},
}

// cppCasts are keywords that the grammar reads as function templates.
var cppCasts = strings.Fields(`static_cast dynamic_cast const_cast reinterpret_cast`)

var cppPredeclared = append(strings.Fields(`std this nullptr true false void bool char char8_t char16_t char32_t wchar_t short int long signed unsigned float double auto alignas alignof asm break case catch class concept const consteval constexpr constinit continue co_await co_return co_yield decltype default delete do else enum explicit export extern final for friend goto if import inline module mutable namespace new noexcept operator override private protected public register requires return sizeof static static_assert struct switch template thread_local throw try typedef typeid typename union using virtual volatile while and and_eq bitand bitor compl not not_eq or or_eq xor xor_eq
__func__ __FUNCTION__ __PRETTY_FUNCTION__ __FUNCSIG__ __FILE__ __FILE_NAME__ __LINE__ __DATE__ __TIME__ __TIMESTAMP__ __COUNTER__ __VA_ARGS__ __VA_OPT__ __cplusplus __STDC__ __has_include __has_cpp_attribute __has_builtin __has_feature _Pragma __typeof__ typeof __alignof __int128 __restrict __restrict__ __inline __inline__ __forceinline __cdecl __stdcall __extension__ __attribute__ __declspec __asm__ __builtin_expect __builtin_unreachable __builtin_trap __builtin_va_list
NULL EOF assert errno offsetof va_list va_start va_end va_arg va_copy setjmp EXIT_SUCCESS EXIT_FAILURE RAND_MAX BUFSIZ FILE stdin stdout stderr SEEK_SET SEEK_CUR SEEK_END CLOCKS_PER_SEC
size_t ssize_t ptrdiff_t nullptr_t max_align_t intptr_t uintptr_t intmax_t uintmax_t int8_t int16_t int32_t int64_t uint8_t uint16_t uint32_t uint64_t int_fast8_t int_fast16_t int_fast32_t int_fast64_t uint_fast8_t uint_fast16_t uint_fast32_t uint_fast64_t int_least8_t int_least16_t int_least32_t int_least64_t uint_least8_t uint_least16_t uint_least32_t uint_least64_t time_t clock_t off_t wint_t
CHAR_BIT CHAR_MIN CHAR_MAX SCHAR_MIN SCHAR_MAX UCHAR_MAX SHRT_MIN SHRT_MAX USHRT_MAX INT_MIN INT_MAX UINT_MAX LONG_MIN LONG_MAX ULONG_MAX LLONG_MIN LLONG_MAX ULLONG_MAX SIZE_MAX SSIZE_MAX PTRDIFF_MIN PTRDIFF_MAX INTPTR_MIN INTPTR_MAX UINTPTR_MAX INTMAX_MIN INTMAX_MAX UINTMAX_MAX INT8_MIN INT8_MAX UINT8_MAX INT16_MIN INT16_MAX UINT16_MAX INT32_MIN INT32_MAX UINT32_MAX INT64_MIN INT64_MAX UINT64_MAX INT8_C INT16_C INT32_C INT64_C UINT8_C UINT16_C UINT32_C UINT64_C WCHAR_MIN WCHAR_MAX
FLT_MIN FLT_MAX FLT_EPSILON FLT_DIG DBL_MIN DBL_MAX DBL_EPSILON DBL_DIG LDBL_MIN LDBL_MAX LDBL_EPSILON HUGE_VAL INFINITY NAN M_PI M_E
PRId8 PRId16 PRId32 PRId64 PRIu8 PRIu16 PRIu32 PRIu64 PRIx8 PRIx16 PRIx32 PRIx64 PRIX32 PRIX64 PRIo32 PRIo64 PRIi32 PRIi64 PRIdPTR PRIuPTR PRIxPTR SCNd32 SCNd64 SCNu32 SCNu64 SCNx32 SCNx64
SIGABRT SIGFPE SIGILL SIGINT SIGSEGV SIGTERM SIG_DFL SIG_IGN SIG_ERR EDOM ERANGE EINVAL ENOENT EEXIST EACCES EAGAIN EINTR ENOMEM EIO EPERM EBUSY ENOSYS ENOTDIR EISDIR`), cppCasts...)

// cppInclude: #include "x.h" is named from the file's own place, <x> is not. What
// a header declares is not seen: every include is a wildcard. The node has the line
// end in it, the statement has not.
func cppInclude(b *Builder, n int) {
	path := b.Child(n, "path")
	if path < 0 {
		return
	}
	s, e := b.Start(path), b.End(path)
	it := ImportItem{Wildcard: true, Relative: b.Kind(path) == "string_literal"}
	if b.Kind(path) != "identifier" && e-s >= 2 {
		s, e = s+1, e-1
	}
	it.Module, it.ModStart, it.ModEnd = string(b.Src[s:e]), s, e
	b.ImportAt(n, b.Start(n), b.End(path), []ImportItem{it})
}

// cppUsing: using a::b; using namespace a; using enum E. In a class it declares a
// member of a base class: its parameters are not known here.
func cppUsing(b *Builder, n int) {
	wildcard := false
	if !b.Leaf(n) {
		head := strings.Fields(string(b.Src[b.Start(n):b.Start(n+1)]))
		wildcard = slices.Contains(head, "namespace") || slices.Contains(head, "enum")
	}
	inType := b.f.Scopes[cppOuter(b, n)].Kind == TypeScope
	var items []ImportItem
	for c := range b.Children(n) {
		if k := b.Kind(c); k != "qualified_identifier" && k != "identifier" && k != "type_identifier" {
			continue
		}
		parts := cppParts(b.Tree, c)
		name := parts[len(parts)-1]
		if inType && !wildcard {
			role := Method
			if len(parts) > 1 && cppBare(b.Text(parts[len(parts)-2])) == b.Text(name) {
				role = Constructor
			}
			b.Declare(n, name, Decl{Role: role, Name: b.Text(name)})
			continue
		}
		it := ImportItem{Wildcard: wildcard}
		last := len(parts)
		if !wildcard {
			it.Name, it.NameStart, it.NameEnd = b.Text(name), b.Start(name), b.End(name)
			it.Local = it.Name
			last--
		}
		if last > 0 {
			it.ModStart, it.ModEnd = b.Start(parts[0]), b.End(parts[last-1])
			it.Module = string(b.Src[it.ModStart:it.ModEnd])
		}
		items = append(items, it)
	}
	if len(items) > 0 {
		b.Import(n, items)
	}
	b.SkipInside(n)
}

// cppMacro declares a macro in the whole file. Its body is raw text.
func cppMacro(b *Builder, n int) {
	k := b.LastDecl(n)
	if k < 0 {
		return
	}
	d := b.Decl(k)
	d.Scope, d.Owner = 0, ""
	if list := b.Child(n, "parameters"); list >= 0 {
		d.HasParams = true
		for c := range b.Children(list) {
			d.Params = append(d.Params, Param{Name: b.Text(c)})
		}
		if strings.Contains(b.Text(list), "...") {
			d.Params = append(d.Params, Param{Variadic: true})
		}
	}
	b.SkipInside(n)
}

// cppCondition leaves out the condition of an #if: an undefined name is 0 there.
func cppCondition(b *Builder, n int) {
	c := b.Child(n, "condition")
	if c < 0 {
		c = b.Child(n, "name")
	}
	if c >= 0 {
		b.SkipInside(c)
	}
}

// cppParts are the nodes of the parts of a qualified name, from the left.
func cppParts(t *Tree, n int) []int {
	var parts []int
	for t.Kind(n) == "qualified_identifier" {
		if s := t.Child(n, "scope"); s >= 0 {
			parts = append(parts, s)
		}
		name := t.Child(n, "name")
		if name < 0 {
			return append(parts, n)
		}
		n = name
	}
	return append(parts, n)
}

// cppQualified reads a chain a::b::c as one member.
func cppQualified(b *Builder, n int) {
	pop := func() {
		if k := len(b.f.Members) - 1; k >= 0 && b.f.Members[k].Node == n {
			b.f.Members = b.f.Members[:k]
		}
	}
	if b.Kind(b.Parent(n)) == "qualified_identifier" && b.Field(n) == "name" {
		// A part of a chain that has been read. Its first part has a qualifier
		// itself, unless the chain begins with "::".
		pop()
		if parent := b.Parent(n); b.Child(parent, "scope") >= 0 {
			b.Mark(b.Child(n, "scope"))
			if s := b.Child(n, "scope"); s >= 0 && !b.Leaf(s) {
				b.Mark(b.Unwrap(s))
			}
		}
		return
	}
	parts := cppParts(b.Tree, n)
	name := b.Unwrap(parts[len(parts)-1])
	if b.Kind(name) == "pointer_type_declarator" { // A::*f declares f
		pop()
		return
	}
	b.Mark(name)
	if b.mark[n] { // the name of a definition
		pop()
		return
	}
	if k := len(b.f.Members) - 1; k >= 0 && b.f.Members[k].Node == n {
		m := &b.f.Members[k]
		m.Object, m.ObjStart, m.ObjEnd = -1, 0, 0
		if len(parts) > 1 {
			m.Object, m.ObjStart, m.ObjEnd = parts[len(parts)-2], b.Start(parts[0]), b.End(parts[len(parts)-2])
		}
		m.Name, m.NameStart, m.NameEnd, m.Called = b.Text(name), b.Start(name), b.End(name), b.called[name]
	}
}

// cppCall gives a call through a chain its last name, and takes out the casts.
func cppCall(b *Builder, n int) {
	c := b.LastCall(n)
	if c == nil {
		return
	}
	if slices.Contains(cppCasts, c.Name) && c.Recv < 0 {
		b.Mark(b.Unwrap(b.Child(n, "function")))
		b.f.Calls = b.f.Calls[:len(b.f.Calls)-1]
		return
	}
	callee := b.Child(n, "function")
	if callee < 0 {
		callee = b.Child(n, "type")
	}
	callee = b.Unwrap(callee)
	if callee < 0 || b.Kind(callee) != "qualified_identifier" {
		return
	}
	parts := cppParts(b.Tree, callee)
	name := b.Unwrap(parts[len(parts)-1])
	b.called[name] = true
	c.Name, c.NameStart, c.NameEnd = b.Text(name), b.Start(name), b.End(name)
	c.Recv = -1
	if len(parts) > 1 {
		c.Recv = parts[len(parts)-2]
	}
}

// cppCaptures binds init captures: [copy = x, &ref = y]. Others are references.
func cppCaptures(b *Builder, n int) {
	for c := range b.Children(n) {
		if b.Kind(c) != "assignment_expression" {
			continue
		}
		left := b.Child(c, "left")
		if left >= 0 && b.Kind(left) == "pointer_expression" {
			left = b.Child(left, "argument")
		}
		if left >= 0 && b.Kind(left) == "identifier" {
			b.Declare(c, left, Decl{Role: Variable})
		}
	}
}

// cppConstructed: new T(…), T{…}.
func cppConstructed(t *Tree, v int) string {
	if k := t.Kind(v); k == "new_expression" || k == "compound_literal_expression" {
		if typ := t.Child(v, "type"); typ >= 0 && t.Kind(typ) != "type_descriptor" && t.Kind(typ) != "primitive_type" {
			return cppBare(t.Text(typ))
		}
	}
	return ""
}

// cppBare is a type's name as written, without template arguments.
func cppBare(s string) string {
	out, depth := strings.Builder{}, 0
	for i := range len(s) {
		switch s[i] {
		case '<':
			depth++
		case '>':
			depth--
		default:
			if depth == 0 {
				out.WriteByte(s[i])
			}
		}
	}
	return strings.TrimSpace(out.String())
}

// cppDirective reads an #include inside of a class or an enum, where the grammar
// knows no statement for it. Other directives say nothing.
func cppDirective(b *Builder, n int) {
	b.SkipInside(n)
	arg := b.Child(n, "argument")
	directive := strings.TrimSpace(strings.TrimPrefix(b.Text(b.Child(n, "directive")), "#"))
	if arg < 0 || directive != "include" {
		return
	}
	text := strings.TrimSpace(b.Text(arg))
	if len(text) < 3 || text[0] != '"' && text[0] != '<' {
		return // a macro's
	}
	end := strings.IndexAny(text[1:], "\">")
	if end < 0 {
		return
	}
	at := b.Start(arg) + strings.Index(b.Text(arg), text) + 1
	b.Import(n, []ImportItem{{
		Module: text[1 : 1+end], Wildcard: true, Relative: text[0] == '"', ModStart: at, ModEnd: at + end,
	}})
}
