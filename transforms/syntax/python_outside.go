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

var (
	pythonHeld       = regexp.MustCompile(`(?m)^[ \t]*(\w+)\s*=\s*(?:\w+\.)?(?:(?:import_module|__import__)\(|modules\[)\s*(?:['"]([\w.]+)['"]|([^'"\]\)\n]+))\s*[\])]`)
	pythonBuilt      = regexp.MustCompile(`(?m)^[ \t]*(\w+)\s*=\s*([A-Za-z_][\w.]*)\(`)
	pythonEach       = regexp.MustCompile(`\bfor\s+(\w+)\s+in\s*[(\[]([\w.,\s]+)[)\]]\s*:`)
	pythonDictOf     = regexp.MustCompile(`(?:\bvars\(([A-Za-z_][\w.]*)\)|\b([A-Za-z_][\w.]*)\.__dict__)\s*(?:\[([^\]\n]*)\]\s*=[^=]|\.(?:update|setdefault|__setitem__)\()`)
	pythonExecIn     = regexp.MustCompile(`\bexec(?:file)?\(.*,\s*(?:vars\(([A-Za-z_][\w.]*)\)|([A-Za-z_][\w.]*)\.__dict__)`)
	pythonOfModules  = regexp.MustCompile(`\bmodules\[((?:[^\[\]\n]|\[[^\]\n]*\])+)\]\.(?:__dict__\[([^\]\n]*)\]|(\w+))\s*=[^=]`)
	pythonItself     = regexp.MustCompile(`\bmodules\.(?:get|setdefault)\(\s*__name__|\bmodules\.update\([^)\n]*__name__|\b(?:import_module|__import__)\(\s*__name__\s*\)|['"]modules['"]\)\[__name__\]|\.f_globals(?:\[[^\]\n]*\]\s*=[^=]|\.(?:update|setdefault)\()|\bglobal_enum\b|\._convert_?\(\s*['"]|\b__path__\s*(?:\.(?:append|insert|extend)\(|\[[^\]\n]*\]\s*=[^=])`)
	pythonFinders    = regexp.MustCompile(`\b(?:meta_path|path_hooks)\s*(?:\.(?:append|insert|extend)\(|\[[^\]\n]*\]\s*=[^=]|\+?=[^=])|\bmodules\.update\(`)
	pythonModuleName = regexp.MustCompile(`\bmodules\.setdefault\(\s*['"]([\w.]+)['"]|\bExtension\(\s*(?:name\s*=\s*)?['"]([\w.]+)['"]`)
	pythonDeferred   = regexp.MustCompile(`^['"][A-Za-z_][\w.]*[:.][A-Za-z_]\w*['"]$`)
	pythonSetter     = regexp.MustCompile(`(?m)^[ \t]*def\s+(\w+)\s*\(([^)]*)\)`)
)

// pythonOutside: members and names that a file puts into the modules and classes of
// others, by whatever name it knows them.
func pythonOutside(p pythonNames, add func(Opening)) {
	src := string(p.f.Src)
	for _, m := range pythonItself.FindAllStringIndex(src, -1) {
		add(Opening{At: m[0], Reach: OpenFile, Name: Any, What: src[m[0]:m[1]]})
	}
	for _, m := range pythonFinders.FindAllStringIndex(src, -1) {
		add(Opening{At: m[0], Reach: OpenModules, Name: Any, What: src[m[0]:m[1]]})
	}
	for _, m := range pythonModuleName.FindAllStringSubmatchIndex(src, -1) {
		add(Opening{At: m[0], Reach: OpenModules, Name: group(src, m, 1) + group(src, m, 2), What: src[m[0]:m[1]]})
	}
	for _, m := range pythonDictOf.FindAllStringSubmatchIndex(src, -1) {
		name := Any
		if key := group(src, m, 3); key != "" {
			name = oneOr(quoted(key))
		}
		p.put(m[0], group(src, m, 1)+group(src, m, 2), name, src[m[0]:m[1]], add)
	}
	for _, m := range pythonExecIn.FindAllStringSubmatchIndex(src, -1) {
		p.put(m[0], group(src, m, 1)+group(src, m, 2), Any, src[m[0]:m[1]], add)
	}
	for _, m := range pythonOfModules.FindAllStringSubmatchIndex(src, -1) {
		name := group(src, m, 3)
		if name == "" {
			name = oneOr(quoted(group(src, m, 2)))
		}
		p.put(m[0], "modules["+group(src, m, 1)+"]", name, src[m[0]:m[1]], add)
	}
	p.setters(src, add)
}

func group(src string, m []int, i int) string {
	if m[2*i] < 0 {
		return ""
	}
	return src[m[2*i]:m[2*i+1]]
}

// pythonOrigins says for what the names of a file stand that are no declarations of
// their own: import pkg as p, m = import_module("pkg"), a = A(), for c in (A, B).
func (f *Facts) pythonOrigins(src string) map[string][]string {
	out := map[string][]string{}
	for _, im := range f.Imports {
		for _, it := range im.Items {
			if it.Name != "" && it.Name != it.Local && it.Local != "*" {
				out[it.Local] = append(out[it.Local], it.Name)
			} else if first, _, _ := strings.Cut(it.Module, "."); it.Name == "" && it.Local != first {
				out[it.Local] = append(out[it.Local], lastPart(it.Module))
			}
		}
	}
	for _, m := range pythonHeld.FindAllStringSubmatch(src, -1) {
		switch {
		case m[2] != "":
			out[m[1]] = append(out[m[1]], lastPart(m[2]))
		case strings.TrimSpace(m[3]) != "__name__":
			out[m[1]] = append(out[m[1]], Packages)
		}
	}
	for _, m := range pythonBuilt.FindAllStringSubmatch(src, -1) {
		if first, _, _ := strings.Cut(m[2], "."); f.known(first) && m[1] != first {
			out[m[1]] = append(out[m[1]], lastPart(m[2]))
		}
	}
	for _, m := range pythonEach.FindAllStringSubmatch(src, -1) {
		for _, name := range strings.FieldsFunc(m[2], func(r rune) bool { return strings.ContainsRune(", \t\n", r) }) {
			if first, _, _ := strings.Cut(name, "."); f.known(first) {
				out[m[1]] = append(out[m[1]], lastPart(name))
			}
		}
	}
	return out
}

// pythonNames resolves the names of a file's objects.
type pythonNames struct {
	f       *Facts
	origins map[string][]string
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

// setters: a function of the file that sets attributes of a parameter opens what it is
// called with, and a decorator that is given a class may put the function into it.
func (p pythonNames) setters(src string, add func(Opening)) {
	f := p.f
	sets := map[string]bool{}
	for _, m := range pythonSetter.FindAllStringSubmatchIndex(src, -1) {
		sc := f.ScopeAt(m[1])
		body := src[m[1]:max(m[1], min(len(src), f.Scopes[sc].End))]
		if sc == 0 || !f.scopeInFunction(sc) {
			body = src[m[1]:min(len(src), m[1]+2000)]
		}
		for _, param := range identifier.FindAllString(group(src, m, 2), -1) {
			if param == "self" {
				continue
			}
			set := regexp.MustCompile(`\bsetattr\(\s*` + regexp.QuoteMeta(param) + `\s*,|(?m)^\s*` + regexp.QuoteMeta(param) + `\.\w+\s*=[^=]`)
			if set.MatchString(body) {
				sets[group(src, m, 1)] = true
			}
		}
	}
	for i := range f.Calls {
		c := &f.Calls[i]
		text := func(a Arg) string { return strings.TrimSpace(string(f.Src[a.ValueStart:a.ValueEnd])) }
		parent := f.Tree.Kind(f.Tree.Parent(c.Node))
		alone := parent == "expression_statement"
		for _, a := range c.Args { // deferredimport.define(name='package.module:name')
			if alone && !f.scopeInFunction(c.Scope) && a.Keyword != "" && pythonDeferred.MatchString(text(a)) {
				add(Opening{At: c.Start, Reach: OpenFile, Name: a.Keyword, What: c.Name + "(" + a.Keyword + "=" + text(a) + ")"})
			}
		}
		for j, a := range c.Args {
			if !f.known(strings.SplitN(text(a), ".", 2)[0]) && len(p.origins[text(a)]) == 0 {
				continue
			}
			switch {
			case alone && a.Keyword == "" && sets[c.Name]:
				p.put(c.Start, text(a), Any, c.Name+"("+text(a)+")", add)
			case alone && j == 0 && len(c.Args) > 1 && quoted(text(c.Args[1])) != "" && c.Name != "setattr" && c.Name != "delattr":
				p.put(c.Start, text(a), quoted(text(c.Args[1])), c.Name+"("+text(a)+", "+text(c.Args[1])+")", add)
			case parent == "decorator" && j == 0:
				d := f.Tree.Parent(f.Tree.Parent(c.Node))
				if def := f.Tree.Child(d, "definition"); f.Tree.Kind(def) == "function_definition" {
					p.put(c.Start, text(a), f.Tree.Text(f.Tree.Child(def, "name")), "@"+c.Name+"("+text(a)+")", add)
				}
			}
		}
	}
}
