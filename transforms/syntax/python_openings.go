package syntax

import (
	"regexp"
	"slices"
	"strings"
)

// pythonOpenings: what binds names of the module, or members of a class or of
// another module, by other means than a declaration.
func pythonOpenings(f *Facts, add func(Opening)) {
	names := pythonNamesOf(f)
	for i := range f.Calls {
		pythonCall(names, &f.Calls[i], add)
	}
	pythonOutside(names, add)
	for n := range f.Tree.Len() {
		bound := func(c int) {
			name := identifier.FindString(f.Tree.Text(c))
			add(Opening{At: f.Tree.Start(n), Reach: OpenFile, Name: name, What: f.Tree.Text(n)})
		}
		switch f.Tree.Kind(n) {
		case "global_statement":
			for c := range f.Tree.Children(n) {
				if f.inFunction(f.Tree.Start(n)) || f.typeAround(f.ScopeAt(f.Tree.Start(n))) != "" {
					bound(c)
				}
			}
		case "exec_statement":
			if !f.inFunction(f.Tree.Start(n)) || strings.Contains(f.Tree.Text(n), "globals()") {
				add(Opening{At: f.Tree.Start(n), Reach: OpenFile, Name: Any, What: f.Tree.Text(n)})
			}
		case "splat_pattern", "list_splat_pattern": // case [a, *rest]: the name is bound in the scope around
			if strings.Contains(f.Tree.Kind(f.Tree.Parent(n)), "pattern") && !f.inFunction(f.Tree.Start(n)) {
				bound(n)
			}
		case "splat_type": // match [x]: as older grammars read it, an annotation
			if !f.inFunction(f.Tree.Start(n)) {
				bound(n)
			}
		case "assignment", "augmented_assignment":
			pythonAssigned(names, n, add)
		}
	}
	src := string(f.Src)
	for _, m := range pythonModules.near(src) {
		before := strings.TrimRight(src[max(0, m[0]-24):m[0]], " \n\t")
		if pythonAsks.MatchString(before) {
			continue
		}
		add(Opening{At: m[0], Reach: OpenFile, Name: Any, What: src[m[0]:m[1]]})
	}
	for _, m := range pythonModuleSet.near(src) {
		key := strings.TrimSpace(src[m[2]:m[3]])
		if key == "__name__" {
			continue
		}
		name := Any
		if in := strings.Trim(key, `"'`); len(in) == len(key)-2 {
			name = in
		}
		add(Opening{At: m[0], Reach: OpenModules, Name: name, What: src[m[0]:m[1]]})
	}
	for _, m := range pythonTypeAlias.near(src) {
		add(Opening{At: m[0], Reach: OpenFile, Name: src[m[2]:m[3]], What: "type " + src[m[2]:m[3]]})
	}
	for _, m := range pythonDictUse.near(src) {
		if t := f.typeAround(f.ScopeAt(m[0])); t != "" {
			add(Opening{At: m[0], Reach: OpenMembers, Owner: t, Name: Any, What: src[m[0]:m[1]]})
		}
	}
}

var (
	pythonModules   = signOf(`modules[`, `\bmodules\[__name__\]`)
	pythonModuleSet = signOf(`modules[`, `\bmodules\[([^\]\n]+)\]\s*=[^=]`)
	pythonDictUse   = signOf(`.__dict__ vars( __setattr__(`,
		`\b(self|cls)\.__dict__\b|\bvars\((self|cls)\)|\bsuper\(\)\.__setattr__\(|\bobject\.__setattr__\(`)
	pythonAsks      = regexp.MustCompile(`\b(getmembers|getattr|hasattr)\($`)
	pythonTypeAlias = signOf(`type`, `(?m)^[ \t]*type\s+([A-Za-z_]\w*)\s*[\[=]`) // PEP 695: the grammar is older
	pythonStrings   = regexp.MustCompile(`['"]([^'"]*)['"]`)
	pythonReads     = regexp.MustCompile(`^\s*(\)|\.(get|items|keys|values|copy|__contains__)\b|$|:|\band\b|\bor\b)`)
)

func pythonCall(names pythonNames, c *Call, add func(Opening)) {
	f := names.f
	file := func(name string) {
		add(Opening{At: c.Start, Reach: OpenFile, Name: name, What: string(f.Src[c.Start:min(c.End, c.Start+80)])})
	}
	inside := f.scopeInFunction(c.Scope)
	switch {
	case (c.Recv < 0 || f.Tree.Text(c.Recv) == "builtins") && len(c.Args) == 0 &&
		(c.Name == "globals" || !inside && (c.Name == "vars" || c.Name == "locals")):
		name, binds := pythonNamespace(f, c)
		if !binds {
			return
		}
		if t := f.typeAround(c.Scope); t != "" && c.Name != "globals" {
			add(Opening{At: c.Start, Reach: OpenMembers, Owner: t, Name: name, What: c.Name + "()"})
			return
		}
		file(name)
	case !inside && pythonExecutes(f, c):
		if t := f.typeAround(c.Scope); t != "" {
			add(Opening{At: c.Start, Reach: OpenMembers, Owner: t, Name: Any, What: c.Name})
			return
		}
		file(Any)
	case (c.Name == "setattr" || c.Name == "__setattr__") && len(c.Args) >= 2:
		pythonSetattr(names, c, add)
	case c.Name == "install" || c.Name == "Import": // gettext's names, SCons's exports
		reach := OpenGlobal
		if c.Name == "Import" {
			reach = OpenFile
		}
		for _, a := range c.Args {
			if c.Name == "Import" || a.Keyword == "names" {
				for _, s := range pythonStrings.FindAllStringSubmatch(string(f.Src[a.ValueStart:a.ValueEnd]), -1) {
					for _, name := range identifier.FindAllString(s[1], -1) {
						add(Opening{At: c.Start, Reach: reach, Name: name, What: c.Name})
					}
				}
			}
		}
	case !inside && pythonPassesItself(f, c):
		file(Any)
	}
}

// pythonExecutes reports whether a call runs text as code of the module.
func pythonExecutes(f *Facts, c *Call) bool {
	switch c.Name {
	case "exec", "execfile", "exec_":
		on := f.Tree.Text(c.Recv)
		return on == "" || on == "builtins" || on == "six" || on == "__builtin__"
	}
	return false
}

// pythonTargets are the kinds of nodes that hold several targets of an assignment.
var pythonTargets = strings.Fields("pattern_list tuple_pattern list_pattern expression_list tuple")

// pythonNamespace says which name the dictionary that globals() gives is set to hold;
// binds is false where it is only read.
func pythonNamespace(f *Facts, c *Call) (name string, binds bool) {
	rest := string(f.Src[c.End:min(len(f.Src), c.End+200)])
	before := strings.TrimRight(string(f.Src[max(0, c.Start-12):c.Start]), " ")
	if strings.HasSuffix(before, " in") || strings.HasSuffix(before, "**") {
		return "", false
	}
	if p := f.Tree.Parent(c.Node); p >= 0 && f.Tree.Kind(p) == "subscript" && f.Tree.Start(p) == c.Start {
		key, target := f.Tree.Text(f.Tree.Child(p, "subscript")), p
		for slices.Contains(pythonTargets, f.Tree.Kind(f.Tree.Parent(target))) {
			target = f.Tree.Parent(target)
		}
		binds = f.Tree.Field(target) == "left" || f.Tree.Kind(f.Tree.Parent(target)) == "as_pattern_target"
		return oneOr(quoted(key)), binds
	}
	passed := strings.HasPrefix(strings.TrimSpace(rest), ")")
	if strings.HasPrefix(rest, ".get(") || pythonReads.MatchString(rest) && !passed {
		// n = globals() keeps the dictionary, and what is done with it is not followed.
		return Any, strings.HasSuffix(before, "=") && !strings.HasPrefix(rest, ".")
	}
	return Any, true
}

// pythonSetattr reads setattr(X, name, value).
func pythonSetattr(names pythonNames, c *Call, add func(Opening)) {
	f := names.f
	text := func(a Arg) string { return strings.TrimSpace(string(f.Src[a.ValueStart:a.ValueEnd])) }
	on, name := text(c.Args[0]), oneOr(quoted(text(c.Args[1])))
	o := Opening{At: c.Start, Reach: OpenMembers, Name: name, What: "setattr(" + on + ", " + text(c.Args[1]) + ")"}
	switch {
	case strings.Contains(on, "modules[__name__]"):
		o.Reach = OpenFile
	case on == "builtins" || on == "__builtins__" || on == "__builtin__":
		o.Reach = OpenGlobal
	case on == "self" || on == "cls":
		if o.Owner = f.typeAround(c.Scope); o.Owner == "" {
			return
		}
	case len(names.owners(on)) > 0:
		names.put(c.Start, on, name, o.What, add)
		if f.scopeInFunction(c.Scope) || !strings.Contains(on, "modules[") && len(names.origins[on]) == 0 {
			return
		}
		o.Reach = OpenFile // what holds a module may hold this one
	case !f.scopeInFunction(c.Scope):
		o.Owner = Any
	default:
		return
	}
	add(o)
}

// pythonPassesItself reports whether a statement that stands alone hands the module,
// or the package's path, to a function: it is called for what it does to the module
// (apipkg.initpkg(__name__, …), pkg_resources.declare_namespace(__name__)).
func pythonPassesItself(f *Facts, c *Call) bool {
	for _, a := range c.Args {
		switch strings.TrimSpace(string(f.Src[a.ValueStart:a.ValueEnd])) {
		case "__name__", "__path__", "sys.modules":
			p := f.Tree.Parent(c.Node)
			return p >= 0 && f.Tree.Kind(p) == "expression_statement" &&
				!slices.Contains([]string{"print", "getLogger", "main"}, c.Name)
		}
	}
	return false
}

// pythonAssigned: X.name = value, where X is a class or module that the file names, or
// an object of a type that it does not.
func pythonAssigned(names pythonNames, n int, add func(Opening)) {
	f := names.f
	left := f.Tree.Child(n, "left")
	if left < 0 {
		return
	}
	what := f.Tree.Text(left)
	switch f.Tree.Kind(left) {
	case "identifier":
		if what == "__path__" {
			add(Opening{At: f.Tree.Start(n), Reach: OpenFile, Name: Any, What: f.Tree.Text(n)})
		}
		if what != "__all__" || f.inFunction(f.Tree.Start(n)) {
			return
		}
		declared := map[string]bool{}
		for i := range f.Decls {
			declared[f.Decls[i].Name] = true
		}
		for _, im := range f.Imports {
			for _, it := range im.Items {
				declared[it.Local] = true
			}
		}
		for c := left; c < f.Tree.After(n); c++ {
			if f.Tree.Kind(c) == "string" {
				if name := quoted(f.Tree.Text(c)); name != "" && !declared[name] {
					add(Opening{At: f.Tree.Start(c), Reach: OpenFile, Name: name, What: "__all__"})
				}
			}
		}
	case "attribute":
		object, name := f.Tree.Text(f.Tree.Child(left, "object")), f.Tree.Text(f.Tree.Child(left, "attribute"))
		first, _, _ := strings.Cut(object, ".")
		switch {
		case object == "builtins" || object == "__builtins__" || object == "__builtin__":
			add(Opening{At: f.Tree.Start(n), Reach: OpenGlobal, Name: name, What: what})
		case first == "self" || first == "cls" || identifier.FindString(lastPart(object)) != lastPart(object):
		case len(names.owners(object)) > 0 && (name == "__getattr__" || name == "__dict__" || name == "__class__"):
			names.put(f.Tree.Start(n), object, Any, what, add)
		case len(names.owners(object)) > 0:
			names.put(f.Tree.Start(n), object, name, what, add)
			if len(names.origins[object]) == 0 || !names.objects[object] {
				return
			}
			fallthrough
		case !strings.HasPrefix(name, "_"):
			add(Opening{At: f.Tree.Start(n), Reach: OpenMembers, Owner: AnyType, Name: name, What: what})
		}
	case "subscript":
		object := f.Tree.Text(f.Tree.Child(left, "value"))
		if object == "__builtins__" || object == "builtins.__dict__" || object == "__builtin__.__dict__" {
			key := f.Tree.Text(f.Tree.Child(left, "subscript"))
			add(Opening{At: f.Tree.Start(n), Reach: OpenGlobal, Name: oneOr(quoted(key)), What: what})
		}
	}
}
