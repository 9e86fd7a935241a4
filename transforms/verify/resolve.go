package verify

import (
	"strings"

	"decoy/transforms/syntax"
)

// typeNamed resolves a written type as a file sees it; owner is the path of what
// encloses the place. It fails unless exactly one type can be meant.
func (q *query) typeNamed(text string, f *file, owner string, imports []imported) (typ, bool) {
	name := q.bare(text)
	if name == "" {
		return typ{}, false
	}
	parts := q.parts(name)
	if len(parts) > 1 {
		return q.typeQualified(name, parts, f, imports)
	}
	if t, ok := q.typeInFile(name, f, owner); ok || len(t.decls) > 1 {
		return t, ok
	}
	for _, im := range imports {
		if im.local == name {
			return q.typeImported(im, f)
		}
	}
	switch q.w.siblings {
	case folderNames, folderTypes:
		var all []*decl
		for _, x := range q.repo.dirs[f.folder] {
			if q.family(x) {
				all = append(all, typesNamed(x.decls, name, "")...)
			}
		}
		if len(all) > 0 {
			return q.one(all)
		}
	case repoTypes, repoNames:
		return q.typeNear(name, owner)
	}
	if q.w.wildType != nil {
		return q.w.wildType(q, name, imports)
	}
	return q.typeWild(name, f, imports)
}

// typeWild resolves a name through wildcard imports and the library's implicit
// ones. A wildcard that is not read leaves it open.
func (q *query) typeWild(name string, f *file, imports []imported) (typ, bool) {
	var all []*decl
	var libs []*libType
	for _, im := range imports {
		if im.local != "*" {
			continue
		}
		m := q.w.module(q, im.module, f)
		x := q.export(m, name)
		for _, d := range x.decls {
			if d.isType() {
				all = append(all, d)
			}
		}
		if x.where != "" && m.state == standard {
			if t := q.lib.types[im.module+q.w.separator+name]; t != nil {
				libs = append(libs, t)
				continue
			}
			return typ{}, false
		}
		if x.where == "" && x.open != "" {
			return typ{}, false
		}
	}
	if len(all) > 0 {
		return q.one(all)
	}
	if len(libs) == 1 {
		return typ{lib: libs[0]}, true
	}
	for _, full := range []string{name, "java.lang." + name} {
		if t := q.lib.types[full]; t != nil && len(libs) == 0 {
			return typ{lib: t}, true
		}
	}
	return typ{}, false
}

// typeInFile finds a type in the file itself, the one nearest to owner. With more
// than one result the name is ambiguous.
func (q *query) typeInFile(name string, f *file, owner string) (typ, bool) {
	all := typesNamed(f.decls, name, "*")
	for o := owner; ; o = strings.TrimSuffix(strings.TrimSuffix(o, last(o)), ".") {
		var here []*decl
		for _, d := range all {
			if d.owner == o {
				here = append(here, d)
			}
		}
		if len(here) > 0 {
			return q.one(here)
		}
		if o == "" {
			break
		}
	}
	if len(all) == 0 {
		return typ{}, false
	}
	t, ok := q.one(all)
	return t, ok && q.w.siblings != folderNames
}

func typesNamed(decls []*decl, name, owner string) []*decl {
	var out []*decl
	for _, d := range decls {
		if d.name == name && d.isType() && (owner == "*" || d.owner == owner) {
			out = append(out, d)
		}
	}
	return out
}

// one is the type that all the declarations are of, if they are of one.
func (q *query) one(all []*decl) (typ, bool) {
	all = q.defining(all)
	for _, d := range all[1:] {
		// C++ has one definition; classes of the same name in two files are two.
		if d.full() != all[0].full() || q.w.members != byRepo && d.file != all[0].file {
			return typ{decls: all}, false
		}
	}
	return typ{decls: all}, true
}

// defining leaves out forward declarations where one with members is there.
func (q *query) defining(all []*decl) []*decl {
	if q.w.forward == nil || len(all) < 2 {
		return all
	}
	var out []*decl
	for _, d := range all {
		if !q.w.forward(d) {
			out = append(out, d)
		}
	}
	if len(out) == 0 {
		return all
	}
	return out
}

// typeAnywhere finds the one type of that name in the repository, inside of the
// given qualifiers.
func (q *query) typeAnywhere(name string, qualifiers []string) (typ, bool) {
	var all []*decl
	suffix := strings.Join(qualifiers, ".")
	for _, d := range q.repo.byName[name] {
		if !d.isType() || !q.family(d.file) {
			continue
		}
		if suffix == "" || d.owner == suffix || strings.HasSuffix(d.owner, "."+suffix) {
			all = append(all, d)
		}
	}
	if len(all) == 0 {
		return typ{}, false
	}
	return q.one(all)
}

// typeNear finds the type of that name in the namespaces around a place, from the
// inside, else the one type of the repository that has the name.
func (q *query) typeNear(name, owner string) (typ, bool) {
	var all []*decl
	for _, d := range q.repo.byName[name] {
		if d.isType() && q.family(d.file) {
			all = append(all, d)
		}
	}
	for o := owner; o != ""; o = strings.TrimSuffix(strings.TrimSuffix(o, last(o)), ".") {
		var here []*decl
		for _, d := range all {
			if d.owner == o {
				here = append(here, d)
			}
		}
		if len(here) > 0 {
			return q.one(here)
		}
	}
	if len(all) == 0 {
		return typ{}, false
	}
	return q.one(all)
}

// typeImported is the type that an import binds.
func (q *query) typeImported(im imported, f *file) (typ, bool) {
	modName, name := im.module, im.name
	if name == "" || name == "default" {
		if q.w.importsTypes && strings.Contains(modName, ".") {
			name = last(modName)
			modName = strings.TrimSuffix(modName, "."+name)
		} else if name == "default" {
			name = im.local
		} else {
			return typ{}, false
		}
	}
	if q.w.importedType != nil {
		return q.w.importedType(q, modName, name, f)
	}
	return q.typeOf(q.w.module(q, modName, f), name, nil)
}

// typeOf is the type of that name among a module's names, through re-exports.
func (q *query) typeOf(m module, name string, seen map[*file]bool) (typ, bool) {
	if seen == nil {
		seen = map[*file]bool{}
	}
	if m.state == standard {
		if t := q.lib.types[m.name+q.w.separator+name]; t != nil {
			return typ{lib: t}, true
		}
		return typ{}, false
	}
	if m.state != present {
		return typ{}, false
	}
	var all []*decl
	for _, f := range m.files {
		all = append(all, typesNamed(f.decls, name, m.owner)...)
	}
	if len(all) > 0 {
		return q.one(all)
	}
	var fresh []*file // a re-export can go in a circle
	for _, f := range m.files {
		if !seen[f] {
			seen[f] = true
			fresh = append(fresh, f)
		}
	}
	for _, f := range fresh {
		for _, im := range f.imports {
			if im.local == name || im.local == "" && im.name == name {
				if im.name == "" {
					return typ{}, false
				}
				return q.typeOf(q.w.module(q, im.module, f), im.name, seen)
			}
		}
	}
	for _, f := range fresh {
		for _, im := range f.imports {
			if im.local == "*" {
				if t, ok := q.typeOf(q.w.module(q, im.module, f), name, seen); ok {
					return t, true
				}
			}
		}
	}
	return typ{}, false
}

// typeQualified resolves a.b.T: a is an imported module, a package's full name, or
// a type around T.
func (q *query) typeQualified(name string, parts []string, f *file, imports []imported) (typ, bool) {
	n := len(parts) - 1
	if q.w.path != nil || q.w.siblings == repoTypes {
		return q.typeAnywhere(parts[n], parts[:n])
	}
	for _, im := range imports {
		if im.local != parts[0] {
			continue
		}
		if im.name != "" || q.w.importsTypes {
			outer, ok := q.typeImported(im, f)
			if !ok {
				if im.name != "" && n == 1 { // from package import module
					return q.typeOf(q.w.module(q, im.module+"."+im.name, f), parts[n], nil)
				}
				return typ{}, false
			}
			return q.nested(outer, parts[1:])
		}
		if n == 1 {
			return q.typeOf(q.w.module(q, im.module, f), parts[1], nil)
		}
		if strings.HasPrefix(name, im.module+".") && strings.Count(name, ".") == strings.Count(im.module, ".")+1 {
			return q.typeOf(q.w.module(q, im.module, f), parts[n], nil)
		}
		return typ{}, false
	}
	if outer, ok := q.typeNamed(parts[0], f, "", imports); ok {
		return q.nested(outer, parts[1:])
	}
	if q.w.fullType != nil {
		return q.w.fullType(q, parts, f)
	}
	return typ{}, false
}

// nested walks from a type to the types inside of it.
func (q *query) nested(t typ, names []string) (typ, bool) {
	for _, name := range names {
		if t.lib != nil {
			if t.lib = q.lib.types[t.lib.name+q.w.separator+name]; t.lib == nil {
				return typ{}, false
			}
			continue
		}
		var all []*decl
		for _, d := range t.decls {
			all = append(all, typesNamed(d.file.decls, name, d.full())...)
		}
		if len(all) == 0 {
			return typ{}, false
		}
		var ok bool
		if t, ok = q.one(all); !ok {
			return typ{}, false
		}
	}
	return t, true
}

// supersOf are the written supertypes of a declaration.
func supersOf(d *decl) []string {
	if d.target == "" || d.role == syntax.Variable {
		return nil
	}
	return splitTop(d.target)
}
