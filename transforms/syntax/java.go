package syntax

import (
	"slices"
	"strings"
)

// javaRules: the Java Language Specification, https://docs.oracle.com/javase/specs/.
// Pattern variables are bound in the block around their statement, since a
// negated instanceof binds after it (JLS 6.3.2), so if and while open no scope.
var javaRules = &Rules{
	Idents:     []string{"identifier"},
	TypeIdents: []string{"type_identifier"},
	Comments:   []string{"line_comment", "block_comment"},
	Strings:    []string{"string_literal"},
	Literals: []string{"decimal_integer_literal", "hex_integer_literal", "octal_integer_literal",
		"binary_integer_literal",
		"decimal_floating_point_literal", "hex_floating_point_literal", "character_literal", "true", "false",
		"null_literal"},
	Tokens: []string{"static"},
	Calls: []CallRule{
		{Node: "method_invocation", Object: "object", Name: "name", Args: "arguments"},
		{Node: "object_creation_expression", Callee: "type", Args: "arguments", Ctor: true},
		{Node: "explicit_constructor_invocation", Object: "object", Name: "constructor", Args: "arguments", Ctor: true},
		{Node: "annotation", Callee: "name", Args: "arguments", Decorator: true},
	},
	Members: []MemberRule{
		{Node: "field_access", Object: "object", Name: "field"},
		{Node: "scoped_identifier", Object: "scope", Name: "name"},
		{Node: "scoped_type_identifier"},
	},
	Decls: []DeclRule{
		{Node: "class_declaration", Name: "name", Role: Class, Opens: TypeScope},
		{Node: "record_declaration", Name: "name", Role: Class, Opens: TypeScope},
		{Node: "enum_declaration", Name: "name", Role: Enum, Opens: TypeScope},
		{Node: "interface_declaration", Name: "name", Role: Interface, Opens: TypeScope},
		{Node: "annotation_type_declaration", Name: "name", Role: Interface, Opens: TypeScope},
		{Node: "method_declaration", Name: "name", Params: "parameters", Result: "type",
			Role: Method, Opens: FunctionScope},
		{Node: "constructor_declaration", Name: "name", Params: "parameters", Role: Constructor, Opens: FunctionScope},
		{Node: "annotation_type_element_declaration", Name: "name", Result: "type", Role: Method, NoScope: true},
	},
	Binds: []BindRule{
		{Node: "enhanced_for_statement", Pattern: "name", Type: "type", Role: Variable},
		{Node: "resource", Pattern: "name", Type: "type", Value: "value", Role: Variable},
		{Node: "instanceof_expression", Pattern: "name", Type: "right", Role: Variable},
	},
	Scopes: []ScopeRule{
		{"block", BlockScope}, {"constructor_body", BlockScope}, {"for_statement", BlockScope},
		{"enhanced_for_statement", BlockScope},
		{"try_with_resources_statement", BlockScope}, {"catch_clause", BlockScope}, {"switch_block", BlockScope},
		{"switch_rule", BlockScope},
	},
	Params: javaParams,
	Skip:   []string{"element_value_pair.key", "module_declaration"},
	Hooks: map[string]func(b *Builder, n int){
		"package_declaration":                 javaPackage,
		"import_declaration":                  javaImport,
		"class_declaration":                   javaType,
		"record_declaration":                  javaRecord,
		"enum_declaration":                    javaEnum,
		"interface_declaration":               javaType,
		"annotation_type_declaration":         javaType,
		"enum_constant":                       javaEnumConstant,
		"class_body":                          javaAnonymousBody,
		"method_declaration":                  javaMethod,
		"constructor_declaration":             javaMethod,
		"compact_constructor_declaration":     javaCompactConstructor,
		"annotation_type_element_declaration": javaElement,
		"variable_declarator":                 javaVariable,
		"type_parameter": func(b *Builder, n int) {
			b.Declare(n, b.ChildOf(n, "type_identifier"), Decl{Role: TypeParam})
		},
		"catch_formal_parameter": func(b *Builder, n int) {
			d := Decl{Role: Parameter}
			if t := b.ChildOf(n, "catch_type"); t >= 0 {
				d.Type = b.Text(t)
			}
			b.Declare(n, b.Child(n, "name"), d)
		},
		"lambda_expression":          javaLambda,
		"type_pattern":               javaPattern,
		"record_pattern_component":   javaPattern,
		"record_pattern":             func(b *Builder, n int) { b.InType(b.ChildOf(n, "identifier")) },
		"switch_label":               javaSwitchLabel,
		"object_creation_expression": javaCreation,
		"enhanced_for_statement":     javaBinding,
		"resource":                   javaBinding,
		"method_invocation": func(b *Builder, n int) {
			name, object := b.Child(n, "name"), b.Child(n, "object")
			if name >= 0 && object >= 0 {
				javaMember(b, n, object, name)
			} else if name >= 0 {
				b.mark[name] = false // a bare call looks its name up in scopes
			}
		},
		"assignment_expression":  func(b *Builder, n int) { b.Assign(b.Child(n, "left")) },
		"method_reference":       javaMethodReference,
		"field_access":           javaFieldAccess,
		"scoped_type_identifier": javaPackageRoot,
		"scoped_identifier":      javaPackageRoot,
		"type_identifier":        javaVar,
		"annotation":             func(b *Builder, n int) { b.InType(b.Child(n, "name")) },
		"marker_annotation":      func(b *Builder, n int) { b.InType(b.Child(n, "name")) },
		"labeled_statement": func(b *Builder, n int) {
			b.Declare(n, b.ChildOf(n, "identifier"), Decl{Role: Label})
		},
		"break_statement":    javaMarkNames,
		"continue_statement": javaMarkNames,
		"receiver_parameter": javaMarkNames,
	},
	Keyword:     KeywordRule{Node: "element_value_pair", Name: "key", Value: "value"},
	Bodies:      []string{"block", "constructor_body"},
	Unwrap:      []string{"parenthesized_expression", "generic_type", "annotated_type"},
	Constructed: javaConstructed,
	Predeclared: strings.Fields(`AbstractMethodError Appendable ArithmeticException ArrayIndexOutOfBoundsException ArrayStoreException AssertionError AutoCloseable Boolean BootstrapMethodError Byte CharSequence Character Class ClassCastException ClassCircularityError ClassFormatError ClassLoader ClassNotFoundException ClassValue CloneNotSupportedException Cloneable Comparable Compiler Deprecated Double Enum EnumConstantNotPresentException Error Exception ExceptionInInitializerError Float FunctionalInterface IO IdentityException IllegalAccessError IllegalAccessException IllegalArgumentException IllegalCallerException IllegalMonitorStateException IllegalStateException IllegalThreadStateException IncompatibleClassChangeError IndexOutOfBoundsException InheritableThreadLocal InstantiationError InstantiationException Integer InternalError InterruptedException Iterable LayerInstantiationException LinkageError Long MatchException Math Module ModuleLayer NegativeArraySizeException NoClassDefFoundError NoSuchFieldError NoSuchFieldException NoSuchMethodError NoSuchMethodException NullPointerException Number NumberFormatException Object OutOfMemoryError Override Package Process ProcessBuilder ProcessHandle Readable Record ReflectiveOperationException Runnable Runtime RuntimeException RuntimePermission SafeVarargs ScopedValue SecurityException SecurityManager Short StableValue StackOverflowError StackTraceElement StackWalker StrictMath String StringBuffer StringBuilder StringIndexOutOfBoundsException StringTemplate SuppressWarnings System Thread ThreadDeath ThreadGroup ThreadLocal Throwable TypeNotPresentException UnknownError UnsatisfiedLinkError UnsupportedClassVersionError UnsupportedOperationException VerifyError VirtualMachineError Void WrongThreadException STR
clone equals finalize getClass hashCode notify notifyAll toString wait
var yield record sealed permits when open module default _ java javax jakarta jdk sun com org net io edu gov dev`),
	ObjectMembers: strings.Fields("annotationType class clone equals finalize getClass hashCode length " +
		"notify notifyAll toString wait"),
	Separator: ".",
	SelfNames: []string{"this", "super"},
}

// javaLombok are annotations whose processors add members to the class that they
// are in, or to the class around the member that they are on (projectlombok.org).
// No other common annotation can change a class that is written.
var javaLombok = strings.Fields(`AllArgsConstructor Builder CommonsLog CustomLog Data Delegate ExtensionMethod ` +
	`FieldNameConstants Flogger Getter JBossLog Log Log4j Log4j2 Locked NoArgsConstructor RequiredArgsConstructor ` +
	`Setter Singular Slf4j StandardException SuperBuilder UtilityClass Value With WithBy Wither XSlf4j`)

// javaAnonymous stands in owners' paths for a class without a name.
const javaAnonymous = "{}"

func javaPackage(b *Builder, n int) {
	if name := b.ChildOf(n, "scoped_identifier", "identifier"); name >= 0 {
		b.Declare(n, name, Decl{Role: Module})
		b.SkipInside(n)
	}
}

func javaImport(b *Builder, n int) {
	path := b.ChildOf(n, "scoped_identifier", "identifier")
	if path < 0 {
		return
	}
	it := ImportItem{Static: b.ChildOf(n, "static") >= 0, Wildcard: b.ChildOf(n, "asterisk") >= 0}
	mod, name := path, -1
	if !it.Wildcard && b.Kind(path) == "scoped_identifier" {
		mod, name = b.Child(path, "scope"), b.Child(path, "name")
	}
	it.Module, it.ModStart, it.ModEnd = b.Text(mod), b.Start(mod), b.End(mod)
	if name >= 0 {
		it.Name, it.NameStart, it.NameEnd = b.Text(name), b.Start(name), b.End(name)
		it.Local = it.Name
	}
	b.Import(n, []ImportItem{it})
}

// javaType completes a type: supertypes, and whether Lombok adds members.
func javaType(b *Builder, n int) {
	k := b.LastDecl(n)
	if k < 0 {
		return
	}
	d := b.Decl(k)
	d.Static = javaStatic(b, n)
	for c := range b.Children(n) {
		switch b.Kind(c) {
		case "superclass":
			d.Supers = append(d.Supers, javaBareType(b.Text(c+1)))
		case "super_interfaces", "extends_interfaces":
			for list := range b.Children(c) {
				for t := range b.Children(list) {
					d.Supers = append(d.Supers, javaBareType(b.Text(t)))
				}
			}
		}
	}
	d.Open = javaLombokOn(b, n)
	if body := b.Child(n, "body"); body >= 0 {
		for c := range b.Children(body) {
			d.Open = d.Open || javaLombokOn(b, c)
			if b.Kind(c) == "enum_body_declarations" {
				for c := range b.Children(c) {
					d.Open = d.Open || javaLombokOn(b, c)
				}
			}
		}
	}
	d.Decorated = d.Open
}

// javaEnum declares what the compiler adds to every enum (JLS 8.9.3, Enum).
func javaEnum(b *Builder, n int) {
	javaType(b, n)
	name := b.Child(n, "name")
	if name < 0 {
		return
	}
	enum := b.Text(name)
	for _, d := range []Decl{
		{Name: "values", Type: enum + "[]", Static: true},
		{Name: "valueOf", Type: enum, Static: true, Params: []Param{{Name: "name", Type: "String"}}},
		{Name: "name", Type: "String"},
		{Name: "ordinal", Type: "int"},
		{Name: "compareTo", Type: "int", Params: []Param{{Name: "o", Type: enum}}},
		{Name: "getDeclaringClass", Type: "Class<" + enum + ">"},
		{Name: "describeConstable", Type: "Optional<EnumDesc<" + enum + ">>"},
	} {
		d.Role, d.HasParams = Method, true
		b.Declare(n, name, d)
	}
}

// javaRecord declares a record's components as what they are: private fields,
// accessor methods and the canonical constructor.
func javaRecord(b *Builder, n int) {
	javaType(b, n)
	k, list := b.LastDecl(n), b.Child(n, "parameters")
	if k < 0 || list < 0 {
		return
	}
	name := b.Child(n, "name")
	var params []Param
	for c := range b.Children(list) {
		id, p := javaParam(b, c)
		if id < 0 {
			continue
		}
		params = append(params, p)
		typ := javaVariadicType(p)
		b.Declare(c, id, Decl{Role: Field, Type: typ})
		b.Declare(c, id, Decl{Role: Method, Type: typ, HasParams: true})
	}
	b.Declare(n, name, Decl{Role: Constructor, Params: params, HasParams: true})
}

func javaEnumConstant(b *Builder, n int) {
	d := Decl{Role: EnumMember, Static: true}
	if s := b.enclosingType(); s > 0 && b.f.Scopes[s].Decl >= 0 {
		d.Type = b.f.Decls[b.f.Scopes[s].Decl].Name
	}
	b.Declare(n, b.Child(n, "name"), d)
}

// javaAnonymousBody opens the scope of a class without a name: new T() {…}, or an
// enum constant's body. Its members are not members of the class around it.
func javaAnonymousBody(b *Builder, n int) {
	switch b.Kind(b.Parent(n)) {
	case "object_creation_expression", "enum_constant":
		owner := join(b.Owner(), javaAnonymous)
		b.Own(b.OpenScope(n, TypeScope, -1), owner)
	}
}

func javaMethod(b *Builder, n int) {
	k := b.LastDecl(n)
	if k < 0 {
		return
	}
	d := b.Decl(k)
	d.Static = javaStatic(b, n)
	if dims := b.Child(n, "dimensions"); dims >= 0 {
		d.Type += b.Text(dims)
	}
}

// javaCompactConstructor: the constructor is declared with the record; its
// parameters are named like the fields.
func javaCompactConstructor(b *Builder, n int) {
	b.Mark(b.Child(n, "name"))
	b.OpenScope(n, FunctionScope, -1)
}

func javaElement(b *Builder, n int) {
	if k := b.LastDecl(n); k >= 0 {
		b.Decl(k).HasParams = true
	}
}

// javaStatic reports whether the declaration at node n has the modifier static.
func javaStatic(b *Builder, n int) bool {
	m := b.ChildOf(n, "modifiers")
	return m >= 0 && b.ChildOf(m, "static") >= 0
}

func javaLombokOn(b *Builder, n int) bool {
	m := b.ChildOf(n, "modifiers")
	if m < 0 {
		return false
	}
	for c := range b.Children(m) {
		if name := b.Child(c, "name"); name >= 0 {
			_, last := splitLast(b.Text(name))
			if slices.Contains(javaLombok, last) {
				return true
			}
		}
	}
	return false
}
