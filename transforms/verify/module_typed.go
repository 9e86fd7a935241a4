package verify

import (
	"path"
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// javaModule resolves a package, or a type's full name for static imports.
func javaModule(q *query, p string, from *file) module {
	if lib := q.lib.modules[p]; lib != nil {
		return module{state: standard, name: p, lib: lib}
	}
	m := module{state: present, name: p}
	for _, d := range q.repo.byName[p] {
		if d.role == syntax.Module && d.file.language == "java" {
			m.files = append(m.files, d.file)
		}
	}
	if len(m.files) > 0 {
		return m
	}
	if strings.HasPrefix(p, "java.") {
		return missing(true, p, "JDK 17 to 25 exports no package %s, and java. is the JDK's own", p)
	}
	return module{name: p}
}

// javaFullType is the type that a name means whose first parts are a package.
func javaFullType(q *query, parts []string, from *file) (typ, bool) {
	for i := len(parts) - 1; i > 0; i-- {
		m := q.w.module(q, strings.Join(parts[:i], "."), from)
		if t, ok := q.typeOf(m, parts[i], nil); ok {
			return q.nested(t, parts[i+1:])
		}
	}
	return typ{}, false
}

// csharpModule resolves a namespace.
func csharpModule(q *query, p string, from *file) module {
	if q.lib.modules["namespaces"][p] != (arity{}) {
		return module{name: p}
	}
	m := module{state: present, name: p, owner: p}
	m.files = append(m.files, q.namespaces()[p]...)
	if len(m.files) > 0 {
		return m
	}
	if first, _, _ := strings.Cut(p, "."); first == "System" && len(q.lib.modules["namespaces"]) > 0 {
		return missing(false, p, "neither .NET 8's list of namespaces nor the archive has %s", p)
	}
	outer := p
	for strings.Contains(outer, ".") {
		outer = strings.TrimSuffix(outer, "."+last(outer))
		if fs := q.namespaces()[outer]; len(fs) > 0 {
			return missing(false, p, "the archive declares the namespace %s (%s), and none %s", outer, fs[0].path, p)
		}
	}
	return module{name: p}
}

// namespaces lists the C# namespaces of the repository with their files.
func (q *query) namespaces() map[string][]*file {
	if q.spaces != nil {
		return q.spaces
	}
	q.spaces = map[string][]*file{}
	add := func(p string, f *file) {
		for ; p != ""; p = strings.TrimSuffix(strings.TrimSuffix(p, last(p)), ".") {
			if fs := q.spaces[p]; len(fs) == 0 || fs[len(fs)-1] != f {
				q.spaces[p] = append(q.spaces[p], f)
			}
		}
	}
	for _, name := range sortedKeys(q.repo.files) {
		f := q.repo.files[name]
		if !q.family(f) {
			continue
		}
		for _, d := range f.decls {
			if d.role == syntax.Module {
				add(strings.ReplaceAll(d.full(), "::", "."), f)
			}
		}
	}
	return q.spaces
}

// cppModule resolves an include: any file whose path ends with it.
func cppModule(q *query, p string, from *file) module {
	if from == nil {
		return module{name: p} // beside nothing
	}
	m := module{state: present, name: p}
	clean := path.Clean(p)
	for _, c := range []string{path.Join(from.folder, clean), clean} {
		for strings.HasPrefix(c, "../") {
			c = c[3:]
		}
		for _, f := range q.repo.ending(c) {
			if !slices.Contains(m.files, f) && !f.dir {
				m.files = append(m.files, f)
			}
		}
	}
	if len(m.files) > 0 {
		return m
	}
	if _, ok := q.lib.modules["headers"][p]; ok {
		return module{state: standard, name: p}
	}
	if _, ok := q.lib.modules["posix"][p]; ok {
		return module{state: standard, name: p}
	}
	if fs := q.repo.stemEnding(stem(clean)); len(fs) > 0 || generatedName(path.Base(p)) {
		return module{name: p}
	}
	if !strings.ContainsAny(p, "./") && strings.ToLower(p) == p {
		return missing(false, p, "<%s> is not a header of the C++ standard library up to C++26, and the "+
			"archive has no such file", p)
	}
	dir := folder(clean)
	if dir != "" {
		for _, f := range q.repo.ending(dir) {
			for _, x := range q.repo.dirs[f.path] {
				if f.dir && q.family(x) {
					return missing(true, p, "the archive has the folder %s/ with %s and others, and no file whose "+
						"path ends in %s", f.path, path.Base(x.path), clean)
				}
			}
		}
	}
	if dir == "" && path.Ext(clean) != "" && len(q.repo.dirs[from.folder]) > 1 {
		return missing(false, p, "no file of the archive is named %s", clean)
	}
	return module{name: p}
}

// javaLiteral names the class of a literal: only strings have members.
func javaLiteral(_, _ string, isString bool) string {
	if isString {
		return "java.lang.String"
	}
	return ""
}

// javaReopens: a wildcard import is for its own file.
func javaReopens(*query, imported, *file) string { return "" }

// csharpExtends: an extension method is a static one.
func csharpExtends(d *decl) bool { return d.static }
