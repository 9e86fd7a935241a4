package syntax

// Rules describe a language's syntax in the names of its grammar: which node
// kinds are calls, declarations, scopes and so on, and in which fields their parts
// are. What a table cannot say, a hook does: a function that handles one kind of
// node with the builder's methods.
//
// A kind appears in as many tables as it has meanings (a function declaration is
// a declaration; its parameter list is read with it). A hook runs after the
// tables of its kind.
type Rules struct {
	Idents     []string // leaves that are references where nothing else explains them
	TypeIdents []string // the same, where a type is written
	Comments   []string
	Strings    []string // string literals
	Literals   []string // other literals
	Tokens     []string // anonymous tokens that the hooks need as nodes

	Calls   []CallRule
	Members []MemberRule
	Decls   []DeclRule
	Binds   []BindRule
	Scopes  []ScopeRule
	Params  func(b *Builder, list int) []Param // reads a parameter list; also binds the parameters
	// "kind.field" or "kind": identifiers there are no references (labels, keywords' names,
	// attribute names)
	Skip   []string
	Hooks  map[string]func(b *Builder, n int)
	Finish func(b *Builder) // runs after the pass, for what only the whole file tells

	Openings     func(f *Facts, add func(Opening)) // what else can make names
	Preprocessed bool                              // text that does not parse is usual, and says little

	// Bodies hold the statements of a function, a branch or a loop, unless their
	// parent is one of NoBodies (a Python class, a C++ switch). All that stands in
	// them is a statement but comments and NoStatements.
	Bodies, NoBodies, NoStatements []string

	Keyword KeywordRule // keyword arguments, if the language has them
	Spread  []string    // argument kinds that spread
	Unwrap  []string    // "kind.field": look through such a node at a callee or object (generic calls, parentheses)

	// Constructed is the name of the type that an initializer constructs, as
	// written, "" where it does not.
	Constructed func(t *Tree, value int) string

	// names that the language itself declares (builtins, predeclared identifiers, keywords parsed
	// as identifiers)
	Predeclared []string

	// ObjectMembers are the members that every object has though no type in the
	// sources declares them (toString, GetType).
	ObjectMembers []string

	Optional  []string // node kinds that only some of the language's grammars have
	Separator string   // between a path's parts in source: "." or "::"
	SelfNames []string // names of the receiver in a method: self, this, Self, cls, super, base
}

// CallRule is a kind of node that calls. Callee is the field of what is called
// (an identifier or a member node); where the grammar has the parts as fields of
// the call itself, Name and Object name those. Args is the field, or the kind of
// the child, that lists the arguments.
type CallRule struct {
	Node, Callee, Name, Object, Args string
	Ctor, Macro, Decorator           bool
}

// MemberRule is a kind of node that accesses a member. An empty Object means that
// the object has no field and is the first child; an empty Name, the last child.
type MemberRule struct {
	Node, Object, Name string
}

// DeclRule is a kind of node that declares one name. Scope is the kind of scope
// that it opens (NoScope for none). A Function in a type
// scope becomes a Method.
type DeclRule struct {
	Node, Name, Params, Result, Type, Value string
	Role                                    Role
	Opens                                   ScopeKind
	NoScope                                 bool
	Supers                                  []string // fields or kinds of children that list supertypes
}

// BindRule is a kind of node that binds every identifier of a pattern. Pattern is
// the field with the pattern; Type and Value as in DeclRule. Hoist: the names
// belong to the enclosing function (Python, JavaScript's var).
type BindRule struct {
	Node, Pattern, Type, Value string
	Role                       Role
	Hoist                      bool
}

// ScopeRule is a kind of node that opens a scope without declaring a name.
type ScopeRule struct {
	Node string
	Kind ScopeKind
}

// KeywordRule is a kind of node for a keyword argument. Where Node wraps every
// argument (C#), Name may be absent in a node.
type KeywordRule struct{ Node, Name, Value string }

// plan is all that the rules say about one kind of node.
type plan struct {
	ident, typeIdent, skip bool
	literal, comment       bool
	body, noBody           bool // holds statements; what it holds does not
	noStatement            bool
	call                   *CallRule
	member                 *MemberRule
	decl                   *DeclRule
	bind                   *BindRule
	scope                  *ScopeRule
	skipFields             []string
	hook                   func(b *Builder, n int)
	any                    bool
}

func (p plan) fieldNames() []string {
	var f []string
	add := func(names ...string) {
		for _, n := range names {
			if n != "" {
				f = append(f, n)
			}
		}
	}
	if p.call != nil {
		add(p.call.Callee, p.call.Name, p.call.Object)
	}
	if p.member != nil {
		add(p.member.Object, p.member.Name)
	}
	if p.decl != nil {
		add(p.decl.Name, p.decl.Params, p.decl.Result, p.decl.Type, p.decl.Value)
	}
	if p.bind != nil {
		add(p.bind.Pattern, p.bind.Type, p.bind.Value)
	}
	add(p.skipFields...)
	return f
}

func (r *Rules) plans() map[string]plan {
	m := map[string]plan{}
	set := func(kind string, f func(p *plan)) {
		p := m[kind]
		p.any = true
		f(&p)
		m[kind] = p
	}
	for _, k := range r.Idents {
		set(k, func(p *plan) { p.ident = true })
	}
	for _, k := range r.TypeIdents {
		set(k, func(p *plan) { p.ident, p.typeIdent = true, true })
	}
	for _, k := range append(append([]string{}, r.Comments...), append(r.Strings, r.Literals...)...) {
		set(k, func(p *plan) { p.literal = true })
	}
	for _, k := range r.Comments {
		set(k, func(p *plan) { p.comment = true })
	}
	for _, k := range r.Bodies {
		set(k, func(p *plan) { p.body = true })
	}
	for _, k := range r.NoBodies {
		set(k, func(p *plan) { p.noBody = true })
	}
	for _, k := range r.NoStatements {
		set(k, func(p *plan) { p.noStatement = true })
	}
	for i := range r.Calls {
		set(r.Calls[i].Node, func(p *plan) { p.call = &r.Calls[i] })
	}
	for i := range r.Members {
		set(r.Members[i].Node, func(p *plan) { p.member = &r.Members[i] })
	}
	for i := range r.Decls {
		set(r.Decls[i].Node, func(p *plan) { p.decl = &r.Decls[i] })
	}
	for i := range r.Binds {
		set(r.Binds[i].Node, func(p *plan) { p.bind = &r.Binds[i] })
	}
	for i := range r.Scopes {
		set(r.Scopes[i].Node, func(p *plan) { p.scope = &r.Scopes[i] })
	}
	for _, s := range r.Skip {
		kind, field := cut(s)
		set(kind, func(p *plan) {
			if field == "" {
				p.skip = true
			} else {
				p.skipFields = append(p.skipFields, field)
			}
		})
	}
	for kind, h := range r.Hooks {
		set(kind, func(p *plan) { p.hook = h })
	}
	return m
}

func (r *Rules) optional(kind string) bool {
	for _, k := range r.Optional {
		if k == kind {
			return true
		}
	}
	return false
}

func cut(s string) (kind, field string) {
	for i := range s {
		if s[i] == '.' {
			return s[:i], s[i+1:]
		}
	}
	return s, ""
}
