package verify

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// isPackage reports whether a Python module is a folder, which can hold modules.
func (m module) isPackage() bool {
	return m.state == present && (len(m.files) == 0 || slices.ContainsFunc(m.files,
		func(f *file) bool { return path.Base(stem(f.path)) == "__init__" }))
}

// pythonPlatform are modules whose names depend on the platform or the build.
var pythonPlatform = list("python platform")

// pythonModule resolves a dotted path: from the importing file where it begins
// with dots, else by any folder of the archive that can be a root.
func pythonModule(q *query, p string, from *file) module {
	bare := strings.TrimLeft(p, ".")
	if dots := len(p) - len(bare); dots > 0 {
		if from == nil {
			return module{name: p} // relative to nothing
		}
		dir := from.folder
		for range dots - 1 {
			if dir == "" {
				return missing(true, p, "%s goes above the archive's root", p)
			}
			dir = folder(dir)
		}
		target := path.Join(dir, strings.ReplaceAll(bare, ".", "/"))
		if m, ok := pythonFiles(q, p, target); ok {
			return m
		}
		base := path.Base(target)
		if fs := q.repo.stemIn(strings.TrimSuffix(strings.TrimSuffix(target, "_pb2"), "_pb2_grpc")); len(fs) > 0 ||
			generatedName(base) || !q.repo.folders[folder(target)] {
			return module{name: p}
		}
		if o, ok := q.pythonMade(strings.ReplaceAll(target, "/", ".")); ok {
			return module{name: p, open: o.at()}
		}
		for _, f := range q.repo.stemIn(strings.TrimPrefix(folder(target)+"/__init__", "/")) {
			if f.unread || f.opensAny() {
				return module{name: p, open: f.path + " may make modules"}
			}
		}
		return missing(true, p, "the archive has neither %s.py nor a folder %s/", target, target)
	}
	top, _, _ := strings.Cut(p, ".")
	slashed := strings.ReplaceAll(p, ".", "/")
	if lib := q.lib.modules[top]; lib != nil {
		return q.pythonStandard(p, top, from)
	}
	var all module
	for _, root := range q.pythonRoots(top, from) {
		if m, ok := pythonFiles(q, p, strings.TrimPrefix(root+"/"+slashed, "/")); ok {
			all.state, all.name, all.open = present, p, m.open
			all.files = append(all.files, m.files...)
		}
	}
	if all.state == present {
		return all
	}
	if len(q.repo.ending(slashed)) > 0 || len(q.repo.stemEnding(slashed)) > 0 {
		return module{name: p} // somewhere, but not where a path surely begins
	}
	return pythonAbsent(q, p, slashed, from)
}

// pythonRoots are the folders in which a top-level name surely is: a package that
// lies in no other package, or a module beside the importing script.
func (q *query) pythonRoots(top string, from *file) []string {
	var out []string
	for _, f := range q.repo.ending(top + "/__init__.py") {
		if root := folder(folder(f.path)); len(q.repo.stemIn(strings.TrimPrefix(root+"/__init__", "/"))) == 0 {
			out = append(out, root)
		}
	}
	if from != nil && len(out) == 0 {
		for _, f := range q.repo.stemIn(strings.TrimPrefix(from.folder+"/"+top, "/")) {
			if f.language == "python" {
				return []string{from.folder}
			}
		}
	}
	return out
}

// pythonStandard resolves a path of the standard library, unless a script beside
// the importing one or a package of the archive has the name: the lists of many
// versions hold modules that Python has dropped, and others took their names.
func (q *query) pythonStandard(p, top string, from *file) module {
	beside := from != nil && len(q.repo.stemIn(strings.TrimPrefix(from.folder+"/"+top, "/"))) > 0
	if beside || len(q.pythonRoots(top, nil)) > 0 {
		return module{name: p}
	}
	for _, root := range []string{"", "src/", "lib/"} {
		if q.repo.folders[root+top] || len(q.repo.stemIn(root+top)) > 0 {
			return module{name: p}
		}
	}
	if m := q.lib.modules[p]; m != nil {
		return module{state: standard, name: p, lib: m}
	}
	outer := q.lib.modules[strings.TrimSuffix(p, "."+last(p))]
	if outer[last(p)] != (arity{}) || last(p) == "__main__" {
		return module{name: p}
	}
	sure := !slices.Contains(pythonPlatform, top)
	return missing(sure, p, "the standard library of Python 2.7 to 3.15 has no module %s", p)
}

// pythonAbsent: a path below a top-level package of the archive that is not there.
func pythonAbsent(q *query, p, slashed string, from *file) module {
	top, _, nested := strings.Cut(slashed, "/")
	roots := q.pythonRoots(top, from)
	if !nested || len(roots) != 1 || generatedName(path.Base(p)) || q.importedAt(p) {
		return module{name: p}
	}
	pkg := strings.TrimPrefix(roots[0]+"/"+top, "/")
	if o, ok := q.pythonMade(p); ok {
		return module{name: p, open: o.at()}
	}
	for _, o := range q.repo.modules {
		if q.family(o.file) && o.name == syntax.Any && strings.HasPrefix(o.file.path, pkg+"/") {
			return module{name: p, open: o.at()}
		}
	}
	for dir := folder(strings.TrimPrefix(roots[0]+"/"+slashed, "/")); dir != "" && dir != roots[0]; dir = folder(dir) {
		for _, f := range q.repo.stemIn(dir + "/__init__") {
			if f.unread || f.opensAny() {
				return module{name: p, open: f.path + " may make modules"}
			}
		}
	}
	for _, f := range q.repo.stemIn(pkg + "/__init__") {
		for _, d := range f.decls {
			if d.name == "__path__" || d.name == "__getattr__" {
				return module{name: p}
			}
		}
		for _, im := range f.imports {
			if im.module == "pkgutil" || im.module == "pkg_resources" {
				return module{name: p}
			}
		}
	}
	target := strings.TrimPrefix(roots[0]+"/"+slashed, "/")
	for dir := folder(target); ; dir = folder(dir) {
		if q.repo.folders[dir] {
			if len(q.repo.stemIn(dir+"/__init__")) == 0 {
				return module{name: p}
			}
			break
		}
		if len(q.repo.stemIn(dir)) > 0 {
			break
		}
	}
	if stemless := strings.TrimSuffix(strings.TrimSuffix(target, "_grpc"), "_pb2"); len(q.repo.stemIn(stemless)) > 0 {
		return module{name: p}
	}
	return missing(true, p, "the archive holds the package %s, and neither %s.py nor a folder %s/", pkg, target, target)
}

// pythonMade is what makes a module: a source in Rust or C++, which says the last name
// only, the settings of a build, or a file that puts it among the modules.
func (q *query) pythonMade(p string) (opening, bool) {
	i := slices.IndexFunc(q.repo.modules, func(o opening) bool {
		return o.name != syntax.Any && (o.gives(p) || strings.HasSuffix(p, "."+o.name))
	})
	if i < 0 {
		return opening{}, false
	}
	return q.repo.modules[i], true
}

func pythonFiles(q *query, name, target string) (module, bool) {
	m := module{state: present, name: name}
	for _, f := range append(q.repo.stemIn(target), q.repo.stemIn(target+"/__init__")...) {
		if f.language == "python" {
			m.files = append(m.files, f)
		} else {
			m.open = fmt.Sprintf("%s is no Python source", f.path)
		}
	}
	if q.repo.folders[target] {
		m.state = present
		if len(m.files) == 0 {
			m.open = fmt.Sprintf("%s/ has no __init__.py, and other distributions can add to it", target)
		}
		return m, true
	}
	return m, len(m.files) > 0 || m.open != ""
}

// pythonImported is what an import binds: from a import b gives a module before a name, and
// import a.b binds a, whose attributes depend on all imports.
func pythonImported(s *site, im imported, name string) (entity, bool) {
	if im.name == "" {
		first, _, dotted := strings.Cut(im.module, ".")
		if dotted && first != "" && im.local == first {
			return unclear("import %s binds %s", im.module, first), true
		}
		return entity{}, false
	}
	if m := s.w.module(s.query, strings.TrimSuffix(im.module, ".")+"."+im.name, s.file); m.state == present ||
		m.state == standard {
		if strings.Trim(im.module, ".") == "" {
			m = s.w.module(s.query, im.module+im.name, s.file)
		}
		if x := s.export(s.w.module(s.query, im.module, s.file), im.name); len(x.decls) > 0 {
			return unclear("%s is a module and a name of %s", im.name, im.module), true
		}
		return entity{kind: aModule, mod: m}, true
	}
	if strings.Trim(im.module, ".") == "" {
		if m := s.w.module(s.query, im.module+im.name, s.file); m.state == present {
			return entity{kind: aModule, mod: m}, true
		}
	}
	m := s.w.module(s.query, im.module, s.file)
	if x := s.export(m, im.name); len(x.decls) > 0 {
		return s.declared(x.decls, name), true
	}
	return unclear("%s of %s is not known", im.name, im.module), true
}

// pythonLiteral names the built-in type of a literal.
func pythonLiteral(kind, text string, isString bool) string {
	if isString {
		if strings.ContainsAny(strings.ToLower(text[:min(2, len(text))]), "b") && !strings.HasPrefix(text, `"`) &&
			!strings.HasPrefix(text, "'") {
			return "bytes"
		}
		return "str"
	}
	return map[string]string{"list": "list", "list_comprehension": "list", "dictionary": "dict",
		"dictionary_comprehension": "dict", "set": "set", "set_comprehension": "set", "tuple": "tuple"}[kind]
}

// pythonBuilt says of a module that is not there, and that an import names, how a build or an
// installation could make it.
func pythonBuilt(full string, it syntax.ImportItem, in, sub module) string {
	switch {
	case sub.open != "":
		return fmt.Sprintf("%s: %s", full, sub.open)
	case sub.state == external && strings.HasPrefix(it.Module, ".") && in.isPackage():
		return fmt.Sprintf("%s could be a module that is made when the package is built", full)
	}
	return ""
}

// pythonOwn reports whether a name is one that the interpreter gives and asks for.
func pythonOwn(name string) bool {
	return strings.HasPrefix(name, "__") && strings.HasSuffix(name, "__")
}

// pythonType takes the quotes of a forward reference and an optional None off a written type.
func pythonType(text string) string {
	text = strings.Trim(text, `"'`)
	if t, ok := strings.CutSuffix(text, "| None"); ok {
		text = strings.TrimSpace(t)
	}
	if t, ok := strings.CutPrefix(text, "None |"); ok {
		text = strings.TrimSpace(t)
	}
	return text
}

func pythonVaries(module string) bool { return slices.Contains(pythonPlatform, module) }
