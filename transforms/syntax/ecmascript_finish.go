package syntax

// ecmaFinish marks the functions whose parameters do not tell what they take:
// those that read arguments, and those that are assigned to. It returns the names
// that something in the file assigns to.
func ecmaFinish(b *Builder) map[string]bool {
	for _, r := range b.f.Refs {
		if r.Name != "arguments" {
			continue
		}
		for s := r.Scope; s > 0; s = b.f.Scopes[s].Parent {
			if sc := b.f.Scopes[s]; sc.Kind == FunctionScope && sc.Decl >= 0 {
				b.f.Decls[sc.Decl].Decorated = true
			}
		}
	}
	assigned := map[string]bool{}
	for _, r := range b.f.Refs {
		if r.Assigned {
			assigned[r.Name] = true
		}
	}
	for k := range b.f.Decls {
		if d := &b.f.Decls[k]; d.Role == Function && assigned[d.Name] {
			d.Decorated = true
		}
	}
	return assigned
}

// ecmaBinding is a name bound in a scope.
type ecmaBinding struct {
	name  string
	scope int
}

// ecmaBindings are the bindings of the file.
func ecmaBindings(f *Facts) map[ecmaBinding]bool {
	out := map[ecmaBinding]bool{}
	for _, d := range f.Decls {
		out[ecmaBinding{d.Name, d.Scope}] = true
	}
	for _, im := range f.Imports {
		for _, it := range im.Items {
			out[ecmaBinding{it.Local, im.Scope}] = true
		}
	}
	return out
}

// ecmaBound reports whether a name is bound in scope s or around it.
func ecmaBound(f *Facts, bound map[ecmaBinding]bool, name string, s int) bool {
	for ; s >= 0; s = f.Scopes[s].Parent {
		if bound[ecmaBinding{name, s}] {
			return true
		}
	}
	return false
}
