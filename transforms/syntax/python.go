package syntax

import (
	"slices"
	"strings"
)

// pythonRules: the Python language reference, https://docs.python.org/3/reference/.
// A name bound anywhere in a function is the function's; blocks are no scopes.
var pythonRules = &Rules{
	Idents:   []string{"identifier"},
	Comments: []string{"comment"},
	Strings:  []string{"string", "concatenated_string"},
	Literals: []string{"integer", "float", "true", "false", "none", "ellipsis"},
	Calls: []CallRule{
		{Node: "call", Callee: "function", Args: "arguments"},
	},
	Members: []MemberRule{
		{Node: "attribute", Object: "object", Name: "attribute"},
	},
	Decls: []DeclRule{
		{Node: "function_definition", Name: "name", Params: "parameters", Result: "return_type",
			Role: Function, Opens: FunctionScope},
		{Node: "class_definition", Name: "name", Role: Class, Opens: TypeScope},
	},
	Binds: []BindRule{
		{Node: "for_statement", Pattern: "left", Role: Variable, Hoist: true},
		{Node: "for_in_clause", Pattern: "left", Role: Variable},
		{Node: "named_expression", Pattern: "name", Value: "value", Role: Variable, Hoist: true},
		{Node: "augmented_assignment", Pattern: "left", Role: Variable, Hoist: true},
	},
	Scopes: []ScopeRule{
		{"lambda", FunctionScope},
		{"list_comprehension", BlockScope}, {"set_comprehension", BlockScope}, {"dictionary_comprehension", BlockScope},
		{"generator_expression", BlockScope},
	},
	Params: pythonParams,
	Hooks: map[string]func(b *Builder, n int){
		"import_statement":        pythonImport,
		"import_from_statement":   pythonImportFrom,
		"future_import_statement": func(b *Builder, n int) { b.Import(n, []ImportItem{{Module: "__future__"}}) },
		"class_definition":        pythonClass,
		"function_definition":     pythonFunction,
		"lambda": func(b *Builder, n int) {
			if list := b.Child(n, "parameters"); list >= 0 {
				pythonParams(b, list)
			}
		},
		"assignment":  pythonAssignment,
		"type":        func(b *Builder, n int) { b.InType(n) },
		"as_pattern":  pythonAs,
		"case_clause": pythonCase,
		"global_statement": func(b *Builder, n int) {
			for c := range b.Children(n) {
				b.Declare(n, c, Decl{Role: Variable})
			}
		},
		"nonlocal_statement": func(b *Builder, n int) {
			for c := range b.Children(n) {
				b.Declare(n, c, Decl{Role: Variable})
			}
		},
	},
	Keyword:     KeywordRule{Node: "keyword_argument", Name: "name", Value: "value"},
	Spread:      []string{"list_splat", "dictionary_splat"},
	Bodies:      []string{"block"},
	NoBodies:    []string{"class_definition", "match_statement"},
	Unwrap:      []string{"parenthesized_expression", "await"},
	Constructed: pythonConstructed,
	Predeclared: strings.Fields(`abs aiter all anext any ascii bin bool breakpoint bytearray bytes callable chr classmethod compile complex copyright credits delattr dict dir divmod enumerate eval exec exit filter float format frozenset getattr globals hasattr hash help hex id input int isinstance issubclass iter len license list locals map max memoryview min next object oct open ord pow print property quit range repr reversed round set setattr slice sorted staticmethod str sum super tuple type vars zip
ArithmeticError AssertionError AttributeError BaseException BaseExceptionGroup BlockingIOError BrokenPipeError BufferError BytesWarning ChildProcessError ConnectionAbortedError ConnectionError ConnectionRefusedError ConnectionResetError DeprecationWarning EOFError Ellipsis EncodingWarning EnvironmentError Exception ExceptionGroup False FileExistsError FileNotFoundError FloatingPointError FutureWarning GeneratorExit IOError ImportError ImportWarning IndentationError IndexError InterruptedError IsADirectoryError KeyError KeyboardInterrupt LookupError MemoryError ModuleNotFoundError NameError None NotADirectoryError NotImplemented NotImplementedError OSError OverflowError PendingDeprecationWarning PermissionError ProcessLookupError PythonFinalizationError RecursionError ReferenceError ResourceWarning RuntimeError RuntimeWarning StopAsyncIteration StopIteration SyntaxError SyntaxWarning SystemError SystemExit TabError TimeoutError True TypeError UnboundLocalError UnicodeDecodeError UnicodeEncodeError UnicodeError UnicodeTranslateError UnicodeWarning UserWarning ValueError Warning ZeroDivisionError
__build_class__ __builtins__ __class__ __debug__ __doc__ __file__ __import__ __loader__ __name__ __package__ __path__ __spec__ __annotations__ __dict__ __module__ __qualname__ reveal_type
unicode long xrange raw_input basestring unichr reduce file cmp execfile reload buffer apply intern coerce print exec match case type _`),
	Separator: ".",
	Openings:  pythonOpenings,
	SelfNames: []string{"self", "cls"},
}

func pythonImport(b *Builder, n int) {
	var items []ImportItem
	for c := range b.Children(n) {
		name, local := c, ""
		if b.Kind(c) == "aliased_import" {
			name = b.Child(c, "name")
			local = b.Text(b.Child(c, "alias"))
		}
		it := ImportItem{Module: b.Text(name), ModStart: b.Start(name), ModEnd: b.End(name), Local: local}
		if local == "" {
			it.Local, _ = cut(it.Module) // import a.b binds a
		}
		items = append(items, it)
	}
	b.Import(n, items)
}

func pythonImportFrom(b *Builder, n int) {
	mod := b.Child(n, "module_name")
	if mod < 0 {
		return
	}
	base := ImportItem{Module: b.Text(mod), ModStart: b.Start(mod), ModEnd: b.End(mod)}
	base.Relative = strings.HasPrefix(base.Module, ".")
	var items []ImportItem
	for c := range b.Children(n) {
		it := base
		switch {
		case b.Kind(c) == "wildcard_import":
			it.Wildcard = true
		case b.Field(c) != "name":
			continue
		case b.Kind(c) == "aliased_import":
			name := b.Child(c, "name")
			it.Name, it.NameStart, it.NameEnd = b.Text(name), b.Start(name), b.End(name)
			it.Local = b.Text(b.Child(c, "alias"))
		default:
			it.Name, it.NameStart, it.NameEnd = b.Text(c), b.Start(c), b.End(c)
			it.Local = it.Name
		}
		items = append(items, it)
	}
	b.Import(n, items)
}

// pythonClass reads bases, and whether a metaclass or __getattr__ can add members.
func pythonClass(b *Builder, n int) {
	k := b.LastDecl(n)
	if k < 0 {
		return
	}
	d := b.Decl(k)
	d.Decorated = b.Parent(n) >= 0 && b.Kind(b.Parent(n)) == "decorated_definition"
	if list := b.Child(n, "superclasses"); list >= 0 {
		for c := range b.Children(list) {
			switch b.Kind(c) {
			case "identifier", "attribute":
				d.Supers = append(d.Supers, b.Text(c))
			case "subscript": // Generic[T], Base[int]
				d.Supers = append(d.Supers, b.Text(b.Child(c, "value")))
			case "keyword_argument":
				d.Open = true
				b.Mark(b.Child(c, "name"))
			case "comment":
			default:
				d.Open = true
			}
		}
	}
	body := b.Child(n, "body")
	for c := body; body >= 0 && c < b.After(body); c++ {
		if b.Kind(c) == "function_definition" {
			if name := b.Child(c, "name"); name >= 0 && slices.Contains([]string{"__getattr__", "__getattribute__"},
				b.Text(name)) {
				d.Open = true
			}
		}
	}
}

func pythonFunction(b *Builder, n int) {
	k := b.LastDecl(n)
	if k < 0 {
		return
	}
	d := b.Decl(k)
	if d.Role == Method && d.Name == "__init__" {
		d.Role = Constructor
	}
	parent := b.Parent(n)
	if parent < 0 || b.Kind(parent) != "decorated_definition" {
		if d.Name == "__new__" {
			d.Static = true
		}
		return
	}
	for c := range b.Children(parent) {
		if b.Kind(c) != "decorator" {
			continue
		}
		switch strings.TrimSpace(strings.TrimPrefix(b.Text(c), "@")) {
		case "staticmethod", "classmethod":
			d.Static = true
		case "property", "cached_property", "functools.cached_property":
			d.Role = Field
		case "abstractmethod", "abc.abstractmethod", "override", "typing.override":
		default:
			d.Decorated = true
		}
	}
}

// pythonParams reads a parameter list. The first parameter of a method is its
// receiver unless a staticmethod decorator is there.
func pythonParams(b *Builder, list int) []Param {
	receiver := pythonHasReceiver(b, list)
	var out []Param
	keywordOnly := false
	for c := range b.Children(list) {
		p := Param{KeywordOnly: keywordOnly}
		name := c
		switch b.Kind(c) {
		case "identifier":
		case "default_parameter":
			name, p.Optional = b.Child(c, "name"), true
		case "typed_default_parameter":
			name, p.Optional = b.Child(c, "name"), true
			p.Type = b.Text(b.Child(c, "type"))
		case "typed_parameter":
			name = c + 1
			p.Type = b.Text(b.Child(c, "type"))
		case "keyword_separator":
			keywordOnly = true
			continue
		case "positional_separator":
			for i := range out {
				out[i].PosOnly = true
			}
			continue
		case "list_splat_pattern", "dictionary_splat_pattern":
		default:
			continue
		}
		switch b.Kind(name) {
		case "list_splat_pattern":
			keywordOnly = true
			p.Variadic, p.KeywordOnly = true, false
			name++
		case "dictionary_splat_pattern":
			p.KeywordRest, p.KeywordOnly = true, false
			name++
		}
		if b.Kind(name) != "identifier" {
			b.BindPattern(c, name, Decl{Role: Parameter})
			out = append(out, p)
			continue
		}
		p.Name = b.Text(name)
		b.Declare(c, name, Decl{Role: Parameter, Type: p.Type})
		if receiver {
			receiver = false
			continue
		}
		out = append(out, p)
	}
	return out
}

func pythonHasReceiver(b *Builder, list int) bool {
	fn := b.Parent(list)
	s := b.f.Scopes[b.Scope()]
	if b.Kind(fn) != "function_definition" || s.Parent < 0 || b.f.Scopes[s.Parent].Kind != TypeScope {
		return false
	}
	if p := b.Parent(fn); b.Kind(p) == "decorated_definition" {
		for c := range b.Children(p) {
			if b.Kind(c) == "decorator" && strings.TrimSpace(strings.TrimPrefix(b.Text(c), "@")) == "staticmethod" {
				return false
			}
		}
	}
	return true
}

// pythonAssignment binds names; an assignment to self.x declares a field of the
// enclosing class.
func pythonAssignment(b *Builder, n int) {
	left := b.Child(n, "left")
	if left < 0 {
		return
	}
	d := Decl{Role: Variable}
	if t := b.Child(n, "type"); t >= 0 {
		d.Type = b.Text(t)
	}
	if right := b.Child(n, "right"); right >= 0 && (b.Kind(left) == "identifier" || b.Kind(left) == "attribute") {
		b.fillValue(&d, right)
	}
	scope := b.f.Scopes[b.Scope()]
	if scope.Kind == TypeScope {
		d.Role = Field
	}
	for c := left; c < b.After(left); c++ {
		if b.Kind(c) != "attribute" {
			continue
		}
		object, name := b.Child(c, "object"), b.Child(c, "attribute")
		cls := b.enclosingType()
		if object >= 0 && name >= 0 && cls > 0 && (b.Text(object) == "self" || b.Text(object) == "cls") {
			field := d
			field.Role, field.Scope, field.Owner = Field, cls, b.ownerOf(cls)
			b.Declare(n, name, field)
		}
	}
	d.Scope = b.FunctionScope()
	b.BindPattern(n, left, d)
}

// pythonAs binds the target of "with x as y" and "except E as e".
func pythonAs(b *Builder, n int) {
	target := b.ChildOf(n, "as_pattern_target")
	if target < 0 {
		return
	}
	d := Decl{Role: Variable, Scope: b.FunctionScope()}
	if !b.Leaf(n) && b.Kind(b.Parent(n)) == "with_item" && b.Leaf(target+1) {
		b.fillValue(&d, n+1)
	}
	b.BindPattern(n, target, d)
}

// pythonCase binds the captures of a pattern: bare names, "as" names, rests.
func pythonCase(b *Builder, n int) {
	for p := range b.Children(n) {
		if b.Kind(p) != "case_pattern" {
			continue
		}
		for c := p; c < b.After(p); c++ {
			if b.Kind(c) != "identifier" {
				continue
			}
			switch b.Kind(b.Parent(c)) {
			case "dotted_name":
				dotted := b.Parent(c)
				if k := b.Kind(b.Parent(dotted)); k != "class_pattern" && b.After(dotted) == dotted+2 {
					b.Declare(n, c, Decl{Role: Variable, Scope: b.FunctionScope()})
				} else if c > dotted+1 {
					b.Mark(c)
				}
			case "keyword_pattern":
				b.Mark(c)
			default:
				b.Declare(n, c, Decl{Role: Variable, Scope: b.FunctionScope()})
			}
		}
	}
}

// pythonConstructed: any call of a bare or dotted name may construct; whether the
// name is a class is for the reader to find out.
func pythonConstructed(t *Tree, v int) string {
	if t.Kind(v) != "call" {
		return ""
	}
	fn := t.Child(v, "function")
	if fn >= 0 && (t.Kind(fn) == "identifier" || t.Kind(fn) == "attribute") {
		return t.Text(fn)
	}
	return ""
}
