package syntax

import "slices"

// Builder reads the facts of one tree in one preorder pass. Rules' hooks use its
// methods; parents are visited before children, so a parent can say what its
// descendants are (Mark) before they are reached.
type Builder struct {
	*Tree
	rules  *Rules
	f      Facts
	mark   []bool         // by node: explained, so not a reference
	inTyp  []bool         // by node: stands where a type is written
	called []bool         // by node: the name that a call calls
	target []bool         // by node: what an assignment assigns to
	open   []int          // stack of scopes
	last   int            // declaration that the tables read last
	skip   int            // nodes below this index are inside an import or literal
	owners map[int]string // paths of scopes that no declaration names (Own)
}

type builder = Builder

func (b *Builder) build(l *Language, t *Tree) *Facts {
	b.Tree, b.rules = t, l.Rules
	n := t.Len()
	b.mark, b.inTyp, b.called, b.target = reset(b.mark, n), reset(b.inTyp, n), reset(b.called, n), reset(b.target, n)
	f := &b.f
	*f = Facts{Lang: l, Src: t.Src, Tree: t, Imports: f.Imports[:0], Decls: f.Decls[:0], Scopes: f.Scopes[:0],
		Calls: f.Calls[:0], Members: f.Members[:0], Refs: f.Refs[:0], Elements: f.Elements[:0]}
	f.Scopes = append(f.Scopes, Scope{Start: 0, End: len(t.Src), Parent: -1, Kind: FileScope, Decl: -1})
	b.open = append(b.open[:0], 0)
	b.skip, b.last = 0, -1
	clear(b.owners)
	for i := range n {
		b.visit(i)
	}
	if b.rules.Finish != nil {
		b.rules.Finish(b)
	}
	sortFacts(f)
	return f
}

func reset(s []bool, n int) []bool {
	if cap(s) < n {
		return make([]bool, n)
	}
	s = s[:n]
	clear(s)
	return s
}

func (b *Builder) visit(i int) {
	for b.Start(i) >= b.f.Scopes[b.Scope()].End && len(b.open) > 1 {
		b.open = b.open[:len(b.open)-1]
	}
	if i < b.skip {
		return
	}
	p := b.plan(i)
	if !p.any {
		return
	}
	if p.literal && !b.Leaf(i) && p.hook == nil && !b.interpolated(i) {
		b.skip = b.After(i)
		return
	}
	for _, field := range p.skipFields {
		for c := range b.Children(i) {
			if b.Field(c) == field {
				b.Mark(c)
			}
		}
	}
	if p.skip {
		b.MarkAll(i)
	}
	if p.call != nil {
		b.call(i, p.call)
	}
	if p.member != nil {
		b.member(i, p.member)
	}
	if p.bind != nil {
		b.bind(i, p.bind)
	}
	if p.decl != nil {
		b.declare(i, p.decl)
	}
	if p.scope != nil {
		b.OpenScope(i, p.scope.Kind, -1)
	}
	if p.hook != nil {
		p.hook(b, i)
	}
	if p.ident && !b.mark[i] && b.Start(i) < b.End(i) { // a grammar can have an empty identifier: C#'s []
		b.f.Refs = append(b.f.Refs, Ref{Name: b.Text(i), Start: b.Start(i), End: b.End(i), Node: i, Scope: b.Scope(),
			InType: p.typeIdent || b.inTyp[i], Called: b.called[i], Assigned: b.target[i]})
	}
}

// interpolated reports whether a literal has identifiers or calls inside (f-strings
// and templates).
func (b *Builder) interpolated(n int) bool {
	for c := n + 1; c < b.After(n); c++ {
		if p := b.plan(c); p.ident || p.call != nil {
			return true
		}
	}
	return false
}

// Scope is the index of the innermost open scope.
func (b *Builder) Scope() int { return b.open[len(b.open)-1] }

// FunctionScope is the innermost open scope that is a function's, a type's or the
// file's: where hoisted names are bound.
func (b *Builder) FunctionScope() int {
	s := b.Scope()
	for b.f.Scopes[s].Kind == BlockScope {
		s = b.f.Scopes[s].Parent
	}
	return s
}

// OpenScope opens a scope over node n for declaration decl (-1 for none) and
// returns its index.
func (b *Builder) OpenScope(n int, kind ScopeKind, decl int) int {
	b.f.Scopes = append(b.f.Scopes, Scope{Start: b.Start(n), End: b.End(n), Parent: b.Scope(), Kind: kind, Decl: decl})
	s := len(b.f.Scopes) - 1
	b.open = append(b.open, s)
	if decl >= 0 {
		b.f.Decls[decl].Inner = s
	}
	return s
}

// Owner is the path of the types and namespaces that enclose the present place.
func (b *Builder) Owner() string {
	path := ""
	for s := b.Scope(); s > 0; s = b.f.Scopes[s].Parent {
		if own, ok := b.owners[s]; ok {
			return join(own, path)
		}
		sc := b.f.Scopes[s]
		if sc.Decl < 0 || (sc.Kind != TypeScope && sc.Kind != NamespaceScope) {
			continue
		}
		name := b.f.Decls[sc.Decl].Name
		if owner := b.f.Decls[sc.Decl].Owner; owner != "" {
			name = owner + "." + name
		}
		if path == "" {
			return name
		}
		path = name + "." + path
	}
	return path
}

// Own says that scope s belongs to the type of that whole path, where the scope
// is not that type's declaration (a Rust impl block, a C++ definition outside of
// its class).
func (b *Builder) Own(s int, path string) {
	if b.owners == nil {
		b.owners = map[int]string{}
	}
	b.owners[s] = path
}

func join(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "." + b
}

// Mark says that node n is explained: if it is an identifier it is no reference.
func (b *Builder) Mark(n int) {
	if n >= 0 {
		b.mark[n] = true
	}
}

// MarkAll marks node n and all its descendants.
func (b *Builder) MarkAll(n int) {
	for c := n; c >= 0 && c < b.After(n); c++ {
		b.mark[c] = true
	}
}

// InType says that node n and its descendants stand where a type is written.
func (b *Builder) InType(n int) {
	for c := n; c >= 0 && c < b.After(n); c++ {
		b.inTyp[c] = true
	}
}

// Assign says that an assignment assigns to node n.
func (b *Builder) Assign(n int) {
	if n >= 0 {
		b.target[n] = true
	}
}

// SkipInside leaves out the descendants of node n.
func (b *Builder) SkipInside(n int) { b.skip = max(b.skip, b.After(n)) }

// Import adds an import statement at node n, and leaves out its inside.
func (b *Builder) Import(n int, items []ImportItem) {
	b.ImportAt(n, b.Start(n), b.End(n), items)
}

// ImportAt is Import with the statement's range where that is not the node's.
func (b *Builder) ImportAt(n, start, end int, items []ImportItem) {
	b.f.Imports = append(b.f.Imports, Import{Start: start, End: end, Node: n, Scope: b.Scope(), Items: items})
	b.SkipInside(n)
}

// Declare adds a declaration of the name at node name and marks that node. It
// fills what d leaves empty: Name, Start, End, Owner, Scope (0 means the present
// scope), Inner. It returns the declaration's index.
func (b *Builder) Declare(n, name int, d Decl) int {
	if name < 0 {
		return -1
	}
	b.Mark(name)
	d.Node = n
	if d.Name == "" {
		d.Name = b.Text(name)
	}
	d.NameStart, d.NameEnd = b.Start(name), b.End(name)
	d.Start, d.End = b.Start(n), b.End(n)
	if d.Owner == "" {
		d.Owner = b.Owner()
	}
	if d.Scope == 0 {
		d.Scope = b.Scope()
	}
	d.Inner = -1
	b.f.Decls = append(b.f.Decls, d)
	return len(b.f.Decls) - 1
}

// Decl is the declaration of that index, to be completed by a hook. The pointer
// is valid until the next Declare.
func (b *Builder) Decl(i int) *Decl { return &b.f.Decls[i] }

// LastCall is the call that the tables have just read at node n, nil for none.
func (b *Builder) LastCall(n int) *Call {
	if k := len(b.f.Calls); k > 0 && b.f.Calls[k-1].Node == n {
		return &b.f.Calls[k-1]
	}
	return nil
}

// LastDecl is the index of the declaration that the tables have just read at node
// n, -1 for none.
func (b *Builder) LastDecl(n int) int {
	if b.last >= 0 && b.f.Decls[b.last].Node == n {
		return b.last
	}
	return -1
}

// BindPattern binds every identifier in the pattern at node pat with the given
// role and type. Members, subscripts and default values inside a pattern are left
// to be references. It returns the indices of the declarations.
func (b *Builder) BindPattern(n, pat int, d Decl) []int {
	var out []int
	for c := pat; c >= 0 && c < b.After(pat); {
		if b.plan(c).member != nil || b.plan(c).call != nil {
			c = b.After(c)
			continue
		}
		if c != pat && (b.Field(c) == "value" || b.Field(c) == "right" || b.Field(c) == "type" || b.Field(c) == "key") {
			c = b.After(c)
			continue
		}
		if p := b.plan(c); p.ident && !p.typeIdent && b.Leaf(c) && !b.mark[c] {
			out = append(out, b.Declare(n, c, d))
		}
		c++
	}
	return out
}

func sortFacts(f *Facts) {
	byStart := func(aStart, aEnd, bStart, bEnd int) int {
		if aStart != bStart {
			return aStart - bStart
		}
		return bEnd - aEnd
	}
	slices.SortStableFunc(f.Imports, func(a, b Import) int { return byStart(a.Start, a.End, b.Start, b.End) })
	slices.SortStableFunc(f.Calls, func(a, b Call) int { return byStart(a.Start, a.End, b.Start, b.End) })
	slices.SortStableFunc(f.Members, func(a, b Member) int { return byStart(a.Start, a.End, b.Start, b.End) })
	slices.SortStableFunc(f.Refs, func(a, b Ref) int { return byStart(a.Start, a.End, b.Start, b.End) })
	// Scopes refer to declarations by index, so declarations stay in the order of
	// the pass, which is the order of their nodes.
}

// enclosingType is the innermost open scope of a type, -1 for none.
func (b *Builder) enclosingType() int {
	for s := b.Scope(); s > 0; s = b.f.Scopes[s].Parent {
		if b.f.Scopes[s].Kind == TypeScope {
			return s
		}
	}
	return -1
}

// ownerOf is the path of the type or namespace that scope s belongs to.
func (b *Builder) ownerOf(s int) string {
	if own, ok := b.owners[s]; ok {
		return own
	}
	k := b.f.Scopes[s].Decl
	if k < 0 {
		return ""
	}
	if o := b.f.Decls[k].Owner; o != "" {
		return o + "." + b.f.Decls[k].Name
	}
	return b.f.Decls[k].Name
}
