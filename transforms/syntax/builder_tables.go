package syntax

import "slices"

// What the tables of the rules say about a node: declarations, bindings, members,
// calls and their arguments.

func (b *Builder) bind(i int, r *BindRule) {
	d := Decl{Role: r.Role}
	if r.Hoist {
		d.Scope = b.FunctionScope()
	}
	if r.Type != "" {
		if t := b.Child(i, r.Type); t >= 0 {
			d.Type = b.Text(t)
			b.InType(t)
		}
	}
	value := -1
	if r.Value != "" {
		value = b.Child(i, r.Value)
	}
	pat := b.Child(i, r.Pattern)
	if pat < 0 {
		return
	}
	if value >= 0 && b.plan(pat).ident {
		b.fillValue(&d, value)
	}
	b.BindPattern(i, pat, d)
}

func (b *Builder) fillValue(d *Decl, value int) {
	if b.rules.Constructed != nil {
		d.Constructed = b.rules.Constructed(b.Tree, value)
	}
	if c := b.Unwrap(value); b.plan(c).call != nil {
		r := b.plan(c).call
		if callee := b.Child(c, r.Callee); r.Callee != "" && callee >= 0 {
			d.InitCall = b.Text(callee)
		} else if r.Name != "" {
			if name := b.Child(c, r.Name); name >= 0 {
				d.InitCall = string(b.Src[b.Start(c):b.End(name)])
			}
		}
	}
}

func (b *Builder) declare(i int, r *DeclRule) {
	name := b.Child(i, r.Name)
	if name < 0 {
		if !r.NoScope {
			b.OpenScope(i, r.Opens, -1)
		}
		return
	}
	d := Decl{Role: r.Role}
	if r.Role == Function && b.f.Scopes[b.Scope()].Kind == TypeScope {
		d.Role = Method
	}
	if r.Type != "" {
		if t := b.Child(i, r.Type); t >= 0 {
			d.Type = b.Text(t)
			b.InType(t)
		}
	}
	if r.Result != "" {
		if t := b.Child(i, r.Result); t >= 0 {
			d.Type = b.Text(t)
			b.InType(t)
		}
	}
	if r.Value != "" {
		if v := b.Child(i, r.Value); v >= 0 {
			b.fillValue(&d, v)
		}
	}
	for _, s := range r.Supers {
		for c := range b.Children(i) {
			if b.Field(c) == s || b.Kind(c) == s {
				b.InType(c)
				for t := range b.Children(c) {
					if b.Named(t) {
						d.Supers = append(d.Supers, b.Text(t))
					}
				}
				if b.Leaf(c) {
					d.Supers = append(d.Supers, b.Text(c))
				}
			}
		}
	}
	k := b.Declare(i, name, d)
	b.last = k
	if !r.NoScope {
		b.OpenScope(i, r.Opens, k)
	}
	if r.Params != "" {
		if list := b.Child(i, r.Params); list >= 0 {
			b.ParamsOf(k, list)
		}
	}
}

// ParamsOf reads the parameter list at node list into declaration k.
func (b *Builder) ParamsOf(k, list int) {
	ps := b.rules.Params(b, list)
	b.f.Decls[k].Params, b.f.Decls[k].HasParams = ps, true
}

// Unwrap looks through the wrappers that the rules name.
func (b *Builder) Unwrap(n int) int {
	for n >= 0 {
		next := -1
		if sym := b.nodes[n].sym; int(sym) < len(b.g.unwraps) {
			for _, field := range b.g.unwraps[sym] {
				switch {
				case field != "":
					next = b.Child(n, field)
				case !b.Leaf(n):
					next = n + 1
				}
			}
		}
		if next < 0 {
			return n
		}
		n = next
	}
	return n
}

// memberParts are the object and the name of a member node.
func (b *Builder) memberParts(n int, r *MemberRule) (object, name int) {
	object, name = -1, -1
	if r.Object != "" {
		object = b.Child(n, r.Object)
	} else if !b.Leaf(n) {
		object = n + 1
	}
	if r.Name != "" {
		name = b.Child(n, r.Name)
	} else {
		for c := range b.Children(n) {
			name = c
		}
	}
	if object == name {
		object = -1
	}
	if name >= 0 {
		name = b.Unwrap(name)
	}
	return object, name
}

func (b *Builder) member(i int, r *MemberRule) {
	object, name := b.memberParts(i, r)
	if name < 0 {
		return
	}
	b.Mark(name)
	m := Member{Start: b.Start(i), End: b.End(i), Node: i, Object: object, Name: b.Text(name), NameStart: b.Start(name),
		NameEnd: b.End(name), Scope: b.Scope()}
	if object >= 0 {
		m.ObjStart, m.ObjEnd = b.Start(object), b.End(object)
	}
	m.Called = b.called[name]
	b.f.Members = append(b.f.Members, m)
}

func (b *Builder) call(i int, r *CallRule) {
	c := Call{Start: b.Start(i), End: b.End(i), Node: i, Recv: -1, Ctor: r.Ctor, Macro: r.Macro, Decorator: r.Decorator,
		Scope: b.Scope()}
	name := -1
	if r.Callee != "" {
		callee := b.Unwrap(b.Child(i, r.Callee))
		if callee < 0 {
			return
		}
		if m := b.plan(callee).member; m != nil {
			c.Recv, name = b.memberParts(callee, m)
		} else if b.plan(callee).ident {
			name = callee
		}
	} else {
		name = b.Child(i, r.Name)
		if r.Object != "" {
			c.Recv = b.Child(i, r.Object)
		}
		b.Mark(name)
	}
	if name < 0 {
		return
	}
	b.called[name] = true
	c.Name, c.NameStart, c.NameEnd = b.Text(name), b.Start(name), b.End(name)
	args := -1
	if r.Args != "" {
		if args = b.Child(i, r.Args); args < 0 {
			args = b.ChildOf(i, r.Args)
		}
	}
	if args >= 0 {
		c.ArgsStart, c.ArgsEnd = b.Start(args), b.End(args)
		c.Args = b.args(args)
	}
	b.f.Calls = append(b.f.Calls, c)
}

func (b *Builder) args(list int) []Arg {
	var out []Arg
	for n := range b.Children(list) {
		if !b.Named(n) || slices.Contains(b.rules.Comments, b.Kind(n)) {
			continue
		}
		out = append(out, b.arg(n))
	}
	return out
}

func (b *Builder) arg(n int) Arg {
	a := Arg{Start: b.Start(n), End: b.End(n), ValueStart: b.Start(n), ValueEnd: b.End(n), Node: n}
	if slices.Contains(b.rules.Spread, b.Kind(n)) {
		a.Spread = true
	}
	k := b.rules.Keyword
	if k.Node != "" && b.Kind(n) == k.Node {
		if name := b.Child(n, k.Name); name >= 0 {
			a.Keyword = b.Text(name)
			b.Mark(name)
		}
		if v := b.Child(n, k.Value); v >= 0 {
			a.Node, a.ValueStart, a.ValueEnd = v, b.Start(v), b.End(v)
		}
	}
	return a
}
