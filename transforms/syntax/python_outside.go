package syntax

import (
	"regexp"
	"slices"
	"strings"
)

// Packages is the owner of an opening that adds to some package around the file, which
// its text does not name: sys.modules[__package__].
const Packages = "__package__"

// AnyType is the owner of an opening that adds to an object whose type is not known.
const AnyType = "**"

// What a file puts into the modules and classes of others.
var (
	pythonHeld = signOf(`import_module( __import__( modules[`,
		`(?m)^[ \t]*(\w+)\s*=\s*(?:\w+\.)?(?:(?:import_module|__import__)\(|modules\[)`+
			`\s*(?:['"]([\w.]+)['"]|([^'"\]\)\n]+))\s*[\])]`)
	pythonDictOf = signOf(`vars( .__dict__`,
		`(?:\bvars\(([A-Za-z_][\w.]*)\)|\b([A-Za-z_][\w.]*)\.__dict__)`+
			`\s*(?:\[([^\]\n]*)\]\s*=[^=]|\.(?:update|setdefault|__setitem__)\()`)
	pythonExecIn = signOf(`exec( execfile(`,
		`\bexec(?:file)?\(.*,\s*(?:vars\(([A-Za-z_][\w.]*)\)|([A-Za-z_][\w.]*)\.__dict__)`)
	pythonOfModules = signOf(`modules[`,
		`\bmodules\[((?:[^\[\]\n]|\[[^\]\n]*\])+)\]\.(?:__dict__\[([^\]\n]*)\]|(\w+))\s*=[^=]`)
	pythonBuilt    = regexp.MustCompile(`^([A-Za-z_][\w.]*)\(`)
	pythonNamed    = regexp.MustCompile(`^[(\[]?[\w.,\s]+[)\]]?$`)
	pythonPath     = regexp.MustCompile(`^['"][A-Za-z_][\w.]*\.[A-Za-z_]\w*['"]$`)
	pythonPair     = regexp.MustCompile(`['"]([A-Za-z_][\w.]*)['"]\s*:\s*['"]([^'"]*)['"]`)
	pythonDeferred = regexp.MustCompile(`^['"][A-Za-z_][\w.]*[:.][A-Za-z_]\w*['"]$`)
)

// pythonWritten: a file that sets its own module's names, finders that make modules,
// and modules that are named where they are made.
var pythonWritten = []written{
	{signOf(`modules.get( modules.setdefault( modules.update( modules') modules") import_module( __import__( .f_globals
global_enum ._convert __path__`,
		`\bmodules\.(?:get|setdefault)\(\s*__name__|\bmodules\.update\([^)\n]*__name__`+
			`|\b(?:import_module|__import__)\(\s*__name__\s*\)|['"]modules['"]\)\[__name__\]`+
			`|\.f_globals(?:\[[^\]\n]*\]\s*=[^=]|\.(?:update|setdefault)\()`+
			`|\bglobal_enum\b|\._convert_?\(\s*['"]`+
			`|\b__path__\s*(?:\.(?:append|insert|extend)\(|\[[^\]\n]*\]\s*=[^=])`), OpenFile, ""},
	{signOf(`meta_path path_hooks modules.update(`,
		`\b(?:meta_path|path_hooks)\s*(?:\.(?:append|insert|extend)\(|\[[^\]\n]*\]\s*=[^=]|\+?=[^=])`+
			`|\bmodules\.update\(`), OpenModules, ""},
	{signOf(`modules.setdefault( Extension(`,
		`\bmodules\.setdefault\(\s*['"]([\w.]+)['"]`+
			`|\bExtension\(\s*(?:name\s*=\s*)?['"]([\w.]+)['"]`), OpenModules, ""},
}

// pythonOutside: members and names that a file puts into the modules and classes of
// others, by whatever name it knows them.
func pythonOutside(p pythonNames, add func(Opening)) {
	src := string(p.f.Src)
	p.f.writtenIn(pythonWritten, add)
	for _, m := range pythonDictOf.near(src) {
		name := Any
		if key := group(src, m, 3); key != "" {
			name = oneOr(quoted(key))
		}
		p.put(m[0], group(src, m, 1)+group(src, m, 2), name, src[m[0]:m[1]], add)
	}
	for _, m := range pythonExecIn.near(src) {
		p.put(m[0], groups(src, m), Any, src[m[0]:m[1]], add)
	}
	for _, m := range pythonOfModules.near(src) {
		name := group(src, m, 3)
		if name == "" {
			name = oneOr(quoted(group(src, m, 2)))
		}
		p.put(m[0], "modules["+group(src, m, 1)+"]", name, src[m[0]:m[1]], add)
	}
	p.setters(add)
}

// pythonNames resolves the names of a file's objects that are no declarations of their
// own: import pkg as p, m = import_module("pkg"), a = A(), for c in (A, B).
type pythonNames struct {
	f       *Facts
	origins map[string][]string
	objects map[string]bool // names that may hold, somewhere in the file, an object of another type
}

func pythonNamesOf(f *Facts) pythonNames {
	src, out, objects := string(f.Src), map[string][]string{}, map[string]bool{}
	for _, im := range f.Imports {
		for _, it := range im.Items {
			if it.Name != "" && it.Name != it.Local && it.Local != "*" {
				out[it.Local] = append(out[it.Local], it.Name)
			} else if first, _, _ := strings.Cut(it.Module, "."); it.Name == "" && it.Local != first {
				out[it.Local] = append(out[it.Local], lastPart(it.Module))
			}
		}
	}
	for _, m := range pythonHeld.all(src) {
		local := group(src, m, 1)
		switch module, computed := group(src, m, 2), group(src, m, 3); {
		case module != "":
			out[local] = append(out[local], lastPart(module))
		case strings.TrimSpace(computed) != "__name__":
			out[local] = append(out[local], Packages)
		}
	}
	for n := range f.Tree.Len() {
		left := f.Tree.Child(n, "left")
		if left < 0 || f.Tree.Kind(left) != "identifier" {
			continue
		}
		local, right := f.Tree.Text(left), f.Tree.Text(f.Tree.Child(n, "right"))
		switch f.Tree.Kind(n) {
		case "assignment":
			if m := pythonBuilt.FindStringSubmatch(right); m != nil {
				if first, _, _ := strings.Cut(m[1], "."); f.known(first) && local != first {
					made := lastPart(m[1])
					out[local] = append(out[local], made)
					if made == "" || made[0] < 'A' || made[0] > 'Z' { // no class, by custom
						objects[local] = true
					}
				}
			}
		case "for_statement":
			if !strings.HasPrefix(right, "(") && !strings.HasPrefix(right, "[") || !pythonNamed.MatchString(right) {
				continue
			}
			between := func(r rune) bool { return strings.ContainsRune("()[], \t\n", r) }
			for _, name := range strings.FieldsFunc(right, between) {
				if first, _, _ := strings.Cut(name, "."); f.known(first) {
					out[local] = append(out[local], lastPart(name))
				}
			}
		}
	}
	for i := range f.Decls {
		if d := &f.Decls[i]; d.Role == Parameter {
			objects[d.Name] = true
		}
	}
	return pythonNames{f, out, objects}
}

// owners are the types and modules that an expression may mean, none where that is
// not known.
func (p pythonNames) owners(on string) []string {
	on = strings.TrimSpace(on)
	if i := strings.Index(on, "modules["); i >= 0 {
		key := strings.TrimSuffix(on[i+len("modules["):], "]")
		if in := strings.Trim(key, `'"`); len(in) == len(key)-2 {
			return []string{lastPart(in)}
		}
		return []string{Packages}
	}
	first, _, dotted := strings.Cut(on, ".")
	if name := lastPart(on); identifier.FindString(name) != name {
		return nil
	}
	switch {
	case first == "self" || first == "cls":
		return nil
	case dotted && p.f.known(first):
		return []string{lastPart(on)}
	case dotted:
		return nil
	case len(p.origins[on]) > 0:
		return append(slices.Clone(p.origins[on]), on)
	case p.f.known(on):
		return []string{on}
	}
	return nil
}

// put adds a name to what an expression means.
func (p pythonNames) put(at int, on, name, what string, add func(Opening)) {
	for _, owner := range p.owners(on) {
		o := Opening{At: at, Reach: OpenMembers, Owner: owner, Name: name, What: what}
		if owner == "builtins" || owner == "__builtin__" {
			o.Reach, o.Owner = OpenGlobal, ""
		}
		add(o)
	}
}

// setting are the functions of the file that set attributes of a parameter.
func (f *Facts) setting() map[string]bool {
	sets := map[string]bool{}
	set := func(at int, on string) {
		for sc := f.ScopeAt(at); sc > 0 && on != "self"; sc = f.Scopes[sc].Parent {
			k := f.Scopes[sc].Decl
			if f.Scopes[sc].Kind != FunctionScope || k < 0 {
				continue
			}
			if slices.ContainsFunc(f.Decls[k].Params, func(p Param) bool { return p.Name == on }) {
				sets[f.Decls[k].Name] = true
			}
		}
	}
	for i := range f.Calls {
		if c := &f.Calls[i]; c.Name == "setattr" && len(c.Args) > 1 {
			set(c.Start, strings.TrimSpace(string(f.Src[c.Args[0].ValueStart:c.Args[0].ValueEnd])))
		}
	}
	for n := range f.Tree.Len() {
		if f.Tree.Kind(n) != "assignment" {
			continue
		}
		if left := f.Tree.Child(n, "left"); left >= 0 && f.Tree.Kind(left) == "attribute" {
			set(f.Tree.Start(n), f.Tree.Text(f.Tree.Child(left, "object")))
		}
	}
	return sets
}

// setters: a function of the file that sets attributes of a parameter opens what it is
// called with, and a decorator that is given a class may put the function into it.
func (p pythonNames) setters(add func(Opening)) {
	f, sets := p.f, p.f.setting()
	for i := range f.Calls {
		c := &f.Calls[i]
		parent := f.Tree.Kind(f.Tree.Parent(c.Node))
		alone := parent == "expression_statement"
		pythonQuoted(f, c, parent, add)
		for j, a := range c.Args {
			on := f.argument(a)
			if !f.known(strings.SplitN(on, ".", 2)[0]) && len(p.origins[on]) == 0 {
				continue
			}
			second := ""
			if len(c.Args) > 1 && c.Name != "setattr" && c.Name != "delattr" {
				second = f.argument(c.Args[1])
			}
			switch {
			case alone && a.Keyword == "" && sets[c.Name]:
				p.put(c.Start, on, Any, c.Name+"("+on+")", add)
			case alone && j == 0 && quoted(second) != "":
				p.put(c.Start, on, quoted(second), c.Name+"("+on+", "+second+")", add)
			case parent == "decorator" && j == 0:
				d := f.Tree.Parent(f.Tree.Parent(c.Node))
				if def := f.Tree.Child(d, "definition"); f.Tree.Kind(def) == "function_definition" {
					p.put(c.Start, on, f.Tree.Text(f.Tree.Child(def, "name")), "@"+c.Name+"("+on+")", add)
				}
			}
		}
	}
}

func (f *Facts) argument(a Arg) string {
	return strings.TrimSpace(string(f.Src[a.ValueStart:a.ValueEnd]))
}

// pythonQuoted: calls that name what they make in strings.
func pythonQuoted(f *Facts, c *Call, parent string, add func(Opening)) {
	if len(c.Args) == 0 {
		return
	}
	inside, first := f.scopeInFunction(c.Scope), f.argument(c.Args[0])
	o := Opening{At: c.Start, Reach: OpenFile, What: c.Name + "(" + first + ")"}
	switch {
	case parent == "decorator" && !inside && quoted(first) != "": // @export("name")
		o.Name = quoted(first)
		add(o)
	case len(c.Args) > 1 && pythonPath.MatchString(first) && (c.Name == "setattr" || c.Name == "patch"):
		path := strings.Trim(first, `"'`) // monkeypatch.setattr("pkg.name", x)
		on := path[:strings.LastIndexByte(path, '.')]
		o.Reach, o.Owner, o.Name = OpenMembers, lastPart(on), lastPart(path)
		add(o)
	}
	for _, a := range c.Args {
		value := f.argument(a)
		o := Opening{At: c.Start, Reach: OpenFile, Name: a.Keyword, What: c.Name + "(" + a.Keyword + "=" + value + ")"}
		switch {
		case c.Name == "setup" && a.Keyword == "package_dir": // {"pkg": "lib"}
			for _, m := range pythonPair.FindAllStringSubmatch(value, -1) {
				if pkg := lastPart(m[1]); pkg != m[2][strings.LastIndexByte(m[2], '/')+1:] {
					o.Reach, o.Owner, o.Name = OpenMembers, pkg, Any
					add(o)
					o.Reach, o.Owner, o.Name = OpenModules, "", m[1]+".*"
					add(o)
				}
			}
		case parent == "expression_statement" && !inside && a.Keyword != "" && pythonDeferred.MatchString(value):
			add(o) // deferredimport.define(name='package.module:name')
		}
	}
}
