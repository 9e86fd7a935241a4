package syntax

import "strings"

// csharpBindTyped binds the name at node name (-1 for none) with the type that is
// written in node n.
func csharpBindTyped(b *Builder, n, name int, role Role) {
	csharpTyped(b, n)
	b.Declare(n, name, Decl{Role: role, Type: csharpWrittenType(b, b.Child(n, "type"))})
}

// csharpWrittenType is the text of a type, "" for var.
func csharpWrittenType(b *Builder, typ int) string {
	if typ < 0 || b.Kind(typ) == "implicit_type" || !b.Leaf(typ) && b.Kind(typ+1) == "implicit_type" {
		return ""
	}
	return b.Text(typ)
}

// csharpVariable declares one name of a field, event or local variable; the type
// stands in the declaration around it.
func csharpVariable(b *Builder, n int) {
	declaration := b.Parent(n)
	statement := b.Parent(declaration)
	d := Decl{Role: Variable, Type: csharpWrittenType(b, b.Child(declaration, "type"))}
	switch b.Kind(statement) {
	case "field_declaration", "event_field_declaration":
		d.Role = Field
		d.Static = csharpModifier(b, statement, "static") || csharpModifier(b, statement, "const")
	case "local_declaration_statement":
		if csharpModifier(b, statement, "const") {
			d.Role = Constant
		}
	}
	if pattern := b.ChildOf(n, "tuple_pattern"); pattern >= 0 {
		b.BindPattern(n, pattern, d)
		return
	}
	name, value := b.Child(n, "name"), -1
	for c := range b.Children(n) {
		if c > name && b.Kind(c) != "bracketed_argument_list" && b.Kind(c) != "comment" {
			value = c
		}
	}
	if value >= 0 {
		switch b.fillValue(&d, value); b.Kind(value) {
		case "object_creation_expression":
			d.InitCall = ""
		case "implicit_object_creation_expression":
			d.Constructed = csharpBareType(d.Type)
		}
	}
	b.Declare(n, name, d)
}

func csharpForeach(b *Builder, n int) {
	csharpTyped(b, n)
	left := b.Child(n, "left")
	if left < 0 {
		return
	}
	// else declaration expressions, which bind themselves
	if k := b.Kind(left); k == "identifier" || k == "tuple_pattern" {
		b.BindPattern(n, left, Decl{Role: Variable, Type: csharpWrittenType(b, b.Child(n, "type"))})
	}
}

// csharpDesignation binds what a pattern or an out argument designates.
func csharpDesignation(b *Builder, n int) {
	csharpTyped(b, n)
	d := Decl{Role: Variable, Type: csharpWrittenType(b, b.Child(n, "type"))}
	for c := range b.Children(n) {
		if b.Field(c) == "name" || b.Kind(c) == "parenthesized_variable_designation" {
			b.BindPattern(n, c, d)
		}
	}
}

// csharpFirstName binds the range variable of a query clause: its first
// identifier that is no type.
func csharpFirstName(b *Builder, n int) {
	csharpTyped(b, n)
	for c := range b.Children(n) {
		if b.Kind(c) == "identifier" && b.Field(c) != "type" {
			b.Declare(n, c, Decl{Role: Variable, Type: csharpWrittenType(b, b.Child(n, "type"))})
			return
		}
	}
}

// csharpContinuation binds the name of "into x" after a group or select clause,
// which stands in the query itself.
func csharpContinuation(b *Builder, n int) {
	for c := range b.Children(n) {
		if b.Kind(c) == "identifier" {
			b.Declare(n, c, Decl{Role: Variable})
		}
	}
}

func csharpMarkNames(b *Builder, n int) {
	for c := range b.Children(n) {
		if b.Kind(c) == "identifier" {
			b.Mark(c)
		}
	}
}

// csharpSubpattern marks the property before the colon ({ Name: …, Owner.Name: … }).
func csharpSubpattern(b *Builder, n int) {
	first := n + 1
	if b.Leaf(n) || csharpNext(b, first) != ':' {
		return
	}
	for b.Kind(first) == "member_access_expression" && !b.Leaf(first) {
		first++
	}
	b.Mark(first)
}

// csharpInitializer marks the members that an object initializer sets.
func csharpInitializer(b *Builder, n int) {
	for c := range b.Children(n) {
		if b.Kind(c) == "assignment_expression" {
			b.Mark(b.Child(c, "left"))
		}
	}
}

// csharpAnonymousObject marks the members that new { A = x } names.
func csharpAnonymousObject(b *Builder, n int) {
	for c := range b.Children(n) {
		if b.Kind(c) == "identifier" && csharpNext(b, c) == '=' {
			b.Mark(c)
		}
	}
}

// csharpNext is the first byte after node n that is no white space, 0 at the end.
func csharpNext(b *Builder, n int) byte {
	rest := strings.TrimLeft(string(b.Src[b.End(n):min(len(b.Src), b.End(n)+80)]), " \t\r\n")
	if rest == "" {
		return 0
	}
	return rest[0]
}

// csharpInvocation completes a call. Two things only look like one: nameof(x), and
// a positional pattern with a type, T(var x). The grammar reads x is var (a, b) as
// a call, too.
func csharpInvocation(b *Builder, n int) {
	fn := b.Child(n, "function")
	if fn >= 0 && b.Kind(fn) == "is_expression" {
		if list := b.Child(n, "arguments"); list >= 0 {
			for a := range b.Children(list) {
				b.BindPattern(n, a, Decl{Role: Variable})
			}
		}
		return
	}
	c := b.LastCall(n)
	if c == nil {
		return
	}
	pattern := b.Kind(b.Parent(n)) == "constant_pattern"
	if pattern {
		b.InType(fn)
	}
	if pattern || c.Name == "nameof" && c.Recv < 0 {
		b.f.Calls = b.f.Calls[:len(b.f.Calls)-1]
		return
	}
	csharpArgs(b, c)
}

// csharpCreation ends a construction before its initializer.
func csharpCreation(b *Builder, n int) {
	csharpTyped(b, n)
	c := b.LastCall(n)
	if c == nil {
		return
	}
	if c.ArgsEnd > 0 {
		c.End = c.ArgsEnd
	}
	csharpArgs(b, c)
}

// csharpConstructorCall reads ": this(…)" and ": base(…)".
func csharpConstructorCall(b *Builder, n int) {
	name, list := b.ChildOf(n, "this", "base"), b.ChildOf(n, "argument_list")
	if name < 0 || list < 0 {
		return
	}
	c := Call{Start: b.Start(name), End: b.End(list), Node: n, Name: b.Text(name), NameStart: b.Start(name),
		NameEnd: b.End(name), Recv: -1, Ctor: true,
		ArgsStart: b.Start(list), ArgsEnd: b.End(list), Args: b.args(list), Scope: b.Scope()}
	csharpArgs(b, &c)
	b.f.Calls = append(b.f.Calls, c)
}

// csharpArgs finds the values: the grammar has no field for them. The value of
// "x: ref y" begins after the colon, with its ref.
func csharpArgs(b *Builder, c *Call) {
	for i := range c.Args {
		a := &c.Args[i]
		n := a.Node
		for v := range b.Children(n) {
			if b.Field(v) != "name" && b.Kind(v) != "comment" {
				a.Node = v
			}
		}
		if a.Keyword == "" {
			continue
		}
		name := b.Child(n, "name")
		text := string(b.Src[b.End(name):a.End])
		if colon := strings.IndexByte(text, ':'); colon >= 0 {
			text = strings.TrimLeft(text[colon+1:], " \t\r\n")
			a.ValueStart = a.End - len(text)
		}
	}
}

// csharpAttribute reads an attribute's arguments. Its name stands for a class that
// may be called NameAttribute, so it is no reference; without arguments it is no
// call.
func csharpAttribute(b *Builder, n int) {
	if name := b.Child(n, "name"); name >= 0 {
		b.MarkAll(name)
	}
	c := b.LastCall(n)
	if c == nil {
		return
	}
	if c.ArgsEnd == 0 {
		b.f.Calls = b.f.Calls[:len(b.f.Calls)-1]
		return
	}
	for i := range c.Args {
		a := &c.Args[i]
		name, value := a.Node+1, -1
		if b.Kind(name) == "assignment_expression" { // [A(Prop = x)]
			name, value = b.Child(name, "left"), b.Child(name, "right")
		} else if b.Kind(name) == "identifier" && csharpNext(b, name) == ':' { // [A(param: x)]
			value = b.After(name)
		}
		if value < 0 {
			a.Node = a.Node + 1
			continue
		}
		b.Mark(name)
		a.Keyword, a.Node = b.Text(name), value
		a.ValueStart, a.ValueEnd = b.Start(value), b.End(value)
	}
}

// csharpConditional takes back the member that a?[x] is not.
func csharpConditional(b *Builder, n int) {
	last := -1
	for c := range b.Children(n) {
		last = c
	}
	if k := len(b.f.Members) - 1; last >= 0 && b.Kind(last) != "member_binding_expression" && k >= 0 &&
		b.f.Members[k].Node == n {
		b.f.Members = b.f.Members[:k]
	}
}

// csharpConstructed: new T(…) and new T {…}.
func csharpConstructed(t *Tree, v int) string {
	for t.Kind(v) == "parenthesized_expression" && !t.Leaf(v) {
		v++
	}
	if t.Kind(v) != "object_creation_expression" {
		return ""
	}
	if typ := t.Child(v, "type"); typ >= 0 {
		return csharpBareType(t.Text(typ))
	}
	return ""
}
