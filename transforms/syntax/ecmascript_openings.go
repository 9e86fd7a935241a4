package syntax

import (
	"regexp"
	"slices"
	"strings"
)

var (
	ecmaGlobalComment = signOf(`global exported`, `(?s)/\*\s*(globals?|exported)\s+(.*?)\*/`)
	ecmaExportEquals  = signOf(`export`, `export\s*=`)
	ecmaAugmented     = signOf(`declare`, `\bdeclare\s+module\s+['"](\.[^'"]*)['"]`)
	ecmaCopiers       = regexp.MustCompile(`^(assign|defineProperties|extend)$|[mM]ix`)
	ecmaPrototype     = regexp.MustCompile(`\b([A-Za-z_$][\w$]*)\.prototype\b`)
)

// ecmaHosts are the names of the global object.
var ecmaHosts = strings.Fields(`window globalThis global self root GLOBAL frames top parent unsafeWindow
window.window window.top window.parent global.global document.defaultView`)

// ecmaDefines are the keys of configurations whose keys are names that a bundler or
// a test runner supplies.
var ecmaDefines = strings.Fields("define defines globals global_defs replace values provide inject")

// ecmaOpenings: names put into the global object, named to a linter or defined by a
// bundler, and members that are copied into a class.
func ecmaOpenings(f *Facts, add func(Opening)) {
	src := string(f.Src)
	for _, m := range ecmaGlobalComment.all(src) {
		reach := OpenFile
		if group(src, m, 1) == "exported" { // by a script, to those beside it
			reach = OpenGlobal
		}
		for _, name := range identifier.FindAllString(group(src, m, 2), -1) {
			add(Opening{At: m[0], Reach: reach, Name: name, What: "a comment for linters"})
		}
	}
	for _, m := range ecmaExportEquals.all(src) {
		before := strings.TrimRight(src[:m[0]], " \t")
		if before == "" || strings.HasSuffix(before, ";") || strings.HasSuffix(before, "\n") {
			add(Opening{At: m[0], Reach: OpenFile, Name: Any, What: src[m[0]:m[1]]})
		}
	}
	for _, m := range ecmaAugmented.all(src) {
		owner := lastPathPart(group(src, m, 1))
		add(Opening{At: m[0], Reach: OpenMembers, Owner: owner, Name: Any, What: src[m[0]:m[1]]})
	}
	f.writtenIn(ecmaWritten, add)
	hosts := ecmaAliases(f)
	for n := range f.Tree.Len() {
		switch f.Tree.Kind(n) {
		case "assignment_expression", "augmented_assignment_expression":
			ecmaAssigned(f, n, hosts, add)
		case "pair":
			key := strings.Trim(f.Tree.Text(f.Tree.Child(n, "key")), "'\"")
			if slices.Contains(ecmaDefines, key) {
				ecmaKeys(f, f.Tree.Child(n, "value"), OpenGlobal, "", key, add)
			}
		}
	}
	for i := range f.Calls {
		ecmaCopies(f, &f.Calls[i], add)
	}
}

// lastPathPart is the last name of a path without its extension: the module's.
func lastPathPart(p string) string {
	p = strings.TrimSuffix(p, "/")
	p = p[strings.LastIndexByte(p, '/')+1:]
	p, _, _ = strings.Cut(p, ".")
	return p
}

// ecmaKeys adds the keys of an object literal; of anything else, any name.
func ecmaKeys(f *Facts, n int, reach Reach, owner, what string, add func(Opening)) {
	if n < 0 {
		return
	}
	o := Opening{At: f.Tree.Start(n), Reach: reach, Owner: owner, What: what}
	if f.Tree.Kind(n) != "object" {
		if reach != OpenGlobal || what == "Object.assign" {
			o.Name = Any
			add(o)
		}
		return
	}
	for c := range f.Tree.Children(n) {
		switch f.Tree.Kind(c) {
		case "pair":
			o.Name = strings.Trim(f.Tree.Text(f.Tree.Child(c, "key")), "'\"")
		case "method_definition":
			o.Name = f.Tree.Text(f.Tree.Child(c, "name"))
		case "shorthand_property_identifier":
			o.Name = f.Tree.Text(c)
		case "spread_element":
			if o.Name = Any; reach == OpenGlobal && what != "Object.assign" {
				continue
			}
		default:
			continue
		}
		o.Name, _, _ = strings.Cut(o.Name, ".") // process.env.X is defined within process
		add(o)
	}
}

// ecmaAssigned: window.name = value, globalThis[name] = value, X.prototype[name] = value.
func ecmaAssigned(f *Facts, n int, hosts map[string]bool, add func(Opening)) {
	left := f.Tree.Child(n, "left")
	if left < 0 {
		return
	}
	object := f.Tree.Text(f.Tree.Child(left, "object"))
	name := f.Tree.Text(f.Tree.Child(left, "property"))
	switch f.Tree.Kind(left) {
	case "subscript_expression":
		name = oneOr(quoted(f.Tree.Text(f.Tree.Child(left, "index"))))
	case "member_expression":
	default:
		return
	}
	object = ecmaCast.ReplaceAllString(object, "$1")
	object = strings.Trim(object, "()")
	object, _, _ = strings.Cut(object, " as ")
	object = strings.TrimPrefix(strings.TrimSpace(object), "<any>")
	o := Opening{At: f.Tree.Start(n), Name: name, What: f.Tree.Text(left)}
	if m := ecmaPrototype.FindStringSubmatch(object); m != nil {
		o.Reach, o.Owner = OpenMembers, m[1]
		add(o)
		if o.Owner = AnyType; name != Any && !ecmaDeclares(f, m[1]) { // imported, by what name is not known
			add(o)
		}
		return
	}
	right := f.Tree.Kind(f.Tree.Child(n, "right"))
	if name != Any && identifier.FindString(object) == object && object != "this" && object != "exports" &&
		strings.Contains(right, "function") {
		add(Opening{At: o.At, Reach: OpenMembers, Owner: AnyType, Name: name, What: o.What})
	}
	alone := !f.inFunction(f.Tree.Start(n)) && f.typeAround(f.ScopeAt(f.Tree.Start(n))) == ""
	if object == "this" && (hosts["this"] || alone) {
		o.Reach = OpenGlobal
		add(o)
	}
	if slices.Contains(ecmaHosts, strings.TrimSpace(object)) || hosts[object] {
		own := func(d Decl) bool { return d.Name == object }
		if name == Any && slices.ContainsFunc(f.Decls, own) {
			return // a bundle's wrapper, whose root is a parameter and whose key is the library's name
		}
		o.Reach = OpenGlobal
		add(o)
	}
	if object == "exports" || object == "module.exports" {
		o.Reach = OpenFile
		add(o)
	}
}

// ecmaCopies: what copies members into a class, its prototype or the global object.
func ecmaCopies(f *Facts, c *Call, add func(Opening)) {
	text := func(a Arg) string { return strings.TrimSpace(string(f.Src[a.ValueStart:a.ValueEnd])) }
	if c.Ctor && (c.Name == "DefinePlugin" || c.Name == "ProvidePlugin") && len(c.Args) > 0 {
		ecmaKeys(f, c.Args[0].Node, OpenGlobal, "", c.Name, add)
		return
	}
	if (c.Name == "inject" || c.Name == "replace") && c.Recv < 0 && len(c.Args) == 1 &&
		f.Tree.Kind(c.Args[0].Node) == "object" {
		ecmaKeys(f, c.Args[0].Node, OpenGlobal, "", c.Name, add)
	}
	if c.Name == "AutoImport" || c.Name == "defineNuxtConfig" { // of Nuxt, which imports for all files
		add(Opening{At: c.Start, Reach: OpenGlobal, Name: Any, What: c.Name})
	}
	if len(c.Args) == 1 && text(c.Args[0]) == "this" && ecmaEmitter.MatchString(c.Name) {
		if t := f.typeAround(c.Scope); t != "" {
			add(Opening{At: c.Start, Reach: OpenMembers, Owner: t, Name: Any, What: c.Name + "(this)"})
		}
	}
	if c.Ctor || len(c.Args) < 2 {
		return
	}
	on := text(c.Args[0])
	p := f.Tree.Parent(c.Node)
	alone := p >= 0 && f.Tree.Kind(p) == "expression_statement"
	owner := ""
	if m := ecmaPrototype.FindStringSubmatch(on); m != nil && m[0] == on {
		owner = m[1]
	} else if alone && identifier.FindString(on) == on && f.known(on) && !f.scopeInFunction(c.Scope) &&
		on[0] >= 'A' && on[0] <= 'Z' {
		owner = on
	}
	host := slices.Contains(ecmaHosts, on)
	what := c.Name
	if c.Name == "assign" {
		what = "Object.assign"
	}
	switch {
	case (host || owner != "") && (c.Name == "defineProperty" || c.Name == "__defineGetter__"):
		o := Opening{At: c.Start, Reach: OpenMembers, Owner: owner, What: c.Name + "(" + on}
		o.Name = oneOr(quoted(text(c.Args[1])))
		if host {
			o.Reach = OpenGlobal
		}
		add(o)
	case host && c.Name == "set":
		add(Opening{At: c.Start, Reach: OpenGlobal, Name: oneOr(quoted(text(c.Args[1]))), What: "Reflect.set(" + on})
	case host && (c.Name == "assign" || c.Name == "extend" || c.Name == "defineProperties"):
		for _, a := range c.Args[1:] {
			ecmaKeys(f, a.Node, OpenGlobal, "", "Object.assign", add)
		}
	case owner != "" && ecmaCopiers.MatchString(c.Name):
		for _, a := range c.Args[1:] {
			ecmaKeys(f, a.Node, OpenMembers, owner, what, add)
			if from := ecmaFrom(f, owner); from != "" {
				ecmaKeys(f, a.Node, OpenMembers, InModule+from, what, add)
			}
		}
	}
}
