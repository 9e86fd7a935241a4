package syntax

// Facts are what the syntax of one file says, in terms that are the same for
// every language. They are facts of the text only: whether a name is visible at a
// place, or an argument fits a parameter, is for their readers to conclude.
//
// All positions are byte offsets into Src, half-open. Slices are sorted by start;
// outer elements come before inner ones. Facts are valid until the parser's next
// call.
type Facts struct {
	Lang    *Language
	Src     []byte
	Tree    *Tree
	Imports []Import
	Decls   []Decl
	Scopes  []Scope // Scopes[0] is the file
	Calls   []Call
	Members []Member
	Refs    []Ref

	Elements []Element

	top map[string]bool // names at file level, for Openings
}

// Element is the tag that uses a JSX component, up to and with its ">". Tags of the
// host's elements (div) are none: their names mean nothing in the file.
type Element struct {
	End                int
	NameStart, NameEnd int
	Node               int
}

// Import is one import statement (for Go one line of an import block).
type Import struct {
	Start, End int
	Node       int
	Scope      int // scope in which its names are bound
	Items      []ImportItem
}

// ImportItem is one thing that an import statement brings in.
//
//	import a.b as c        Module "a.b", Name "",  Local "c"
//	from .x import y as z  Module ".x",  Name "y", Local "z"
//	use a::b::{C, D}       Module "a::b", Name "C", Local "C"; …
//	import java.util.*     Module "java.util", Wildcard
//	#include "x.h"         Module "x.h", Relative, Wildcard
//	import "x/y"           Module "x/y", Local "y"
//	export {a} from "./m"  Module "./m", Name "a", Local "" (a re-export binds nothing)
//
// Relative: the module is named from the file's own place (./m, .x, "x.h",
// self::, super::, crate::). Local is the name bound in the file, "" for none.
// ModStart..ModEnd is the module text without quotes, NameStart..NameEnd the
// imported name's token (zero where there is none).
type ImportItem struct {
	Module, Name, Local string
	Wildcard, Relative  bool
	Static              bool // Java's and C#'s static import: Module is a type
	TypeOnly            bool // TypeScript's import type
	Global              bool // C#'s global using: every file of the project has it
	ModStart, ModEnd    int
	NameStart, NameEnd  int
}

// Role is what a declaration declares.
type Role string

// Roles. A binding that the language gives no closer role is a Variable.
const (
	Function    Role = "function" // free function
	Method      Role = "method"   // function owned by a type
	Constructor Role = "constructor"
	Class       Role = "class" // class, struct, record, object type: has members
	Interface   Role = "interface"
	Enum        Role = "enum"
	EnumMember  Role = "enum_member"
	Trait       Role = "trait"
	TypeAlias   Role = "type" // alias or other named type
	TypeParam   Role = "type_parameter"
	Module      Role = "module" // namespace, module, package clause
	Field       Role = "field"  // field or property of a type
	Constant    Role = "constant"
	Variable    Role = "variable"
	Parameter   Role = "parameter"
	Macro       Role = "macro"
	Label       Role = "label"
)

// Decl is one declaration, binding a name in Scope.
//
// Owner is the path of enclosing types and namespaces, joined by "." ("" at file
// level); for a Go method or a Rust impl it is the receiver's type, for a C++
// out-of-line definition the qualifier. Type is the written type of a variable,
// parameter or field, the written result type of a function, the target of an
// alias, without the binding's own syntax (no ": "). Constructed is the type that
// the initializer constructs where that is written (x = Foo(…) in Python, new
// Foo(…), Foo{…}, &Foo{…}): the type's name as written. InitCall is what an
// initializer calls, as written ("NewFoo", "pkg.NewFoo", "Foo::new"). Supers are
// the written supertypes, embedded types and implemented traits.
type Decl struct {
	Name               string
	NameStart, NameEnd int
	Start, End         int
	Node               int
	Role               Role
	Owner              string
	Scope              int // where the name is visible
	Inner              int // scope that this declaration opens, -1 for none
	Params             []Param
	HasParams          bool // callable with a written parameter list
	Type               string
	Constructed        string
	InitCall           string
	Supers             []string
	Static             bool // no receiver: static, classmethod, associated function
	Decorated          bool // a decorator, attribute or macro may change it
	// may have members that are not written here (partial, macro in body, __getattr__, index
	// signature, dynamic base)
	Open bool
}

// Param is one parameter. The receiver (self, this, Go's receiver) is not one.
type Param struct {
	Name        string
	Type        string
	Optional    bool // has a default
	Variadic    bool // takes any number (*args, ...xs, params, ...)
	KeywordOnly bool
	KeywordRest bool // **kwargs
	PosOnly     bool
}

// ScopeKind says what opens a scope.
type ScopeKind uint8

// Kinds of scope.
const (
	FileScope ScopeKind = iota
	TypeScope
	FunctionScope
	BlockScope
	NamespaceScope
)

// Scope is a region in which names are bound.
type Scope struct {
	Start, End int
	Parent     int // -1 for the file
	Kind       ScopeKind
	Decl       int // index of the declaration that opens it, -1 for none
}

// Call is one call, construction or macro invocation.
//
// NameStart..NameEnd is the called name (the method's name after the dot, the
// type's name after new). Recv is the tree node of the receiver, -1 for none:
// for f.g.h(x) the node of f.g; for a::b(x) and pkg.F(x) the qualifier.
type Call struct {
	Start, End         int
	Node               int
	Name               string
	NameStart, NameEnd int
	Recv               int
	Ctor               bool // new T(…), T{…}
	Macro              bool
	// an annotation or attribute, whose arguments name elements; a decorator that calls is a call
	// like any other
	Decorator          bool
	ArgsStart, ArgsEnd int // with the parentheses
	Args               []Arg
	TokenTree          bool // arguments are raw tokens (a Rust macro): Args is empty
	Scope              int
}

// Arg is one argument of a call.
type Arg struct {
	Start, End           int // the whole argument, keyword included
	Keyword              string
	ValueStart, ValueEnd int
	Spread               bool // *xs, **kw, ...xs, xs...
	Node                 int  // tree node of the value
}

// Member is one access to a member: object.name, object->name, path::name.
type Member struct {
	Start, End         int
	Node               int
	Object             int // tree node
	ObjStart, ObjEnd   int
	Name               string
	NameStart, NameEnd int
	Called             bool // it is what a call calls
	Scope              int
}

// Ref is one bare identifier that is used, not declared: not a member's name, a
// keyword's, a label's or a part of an import.
type Ref struct {
	Name       string
	Start, End int
	Node       int
	Scope      int
	InType     bool // stands where a type is written
	Called     bool
	Assigned   bool // is assigned to (and, in languages without declarations, may bind)
}
