package verify

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// rustPlace is a module while a path is walked: its file and the folder of its
// file modules.
type rustPlace struct {
	file *file
	dir  string
}

// rustModule resolves a path of modules: std's by list, those of the archive's
// crates from their roots. What self and super mean inside of an inline module is
// not told apart from the file's own, so both count.
func rustModule(q *query, p string, from *file) module {
	parts := strings.Split(p, "::")
	switch first := parts[0]; first {
	case "std", "core", "alloc":
		if lib := q.lib.modules[p]; lib != nil {
			return module{state: standard, name: p, lib: lib}
		}
		for _, open := range []string{"arch", "simd", "os", "prelude"} {
			if slices.Contains(parts, open) {
				return module{name: p}
			}
		}
		outer := strings.TrimSuffix(p, "::"+parts[len(parts)-1])
		if lib := q.lib.modules[outer]; lib != nil {
			if _, ok := lib[parts[len(parts)-1]]; ok {
				return module{name: p} // a type: its associated items
			}
		}
		return missing(true, p, "%s up to Rust 1.97 has no module %s", first, p)
	}
	places := q.rustStart(parts[0], from)
	if places == nil {
		return module{name: p}
	}
	walked := parts[0]
	for _, seg := range parts[1:] {
		if seg == "self" {
			continue
		}
		if seg == "super" {
			var up []rustPlace
			for _, pl := range places {
				up = append(up, q.rustParent(pl)...)
			}
			places, walked = up, walked+"::super"
			continue
		}
		next, open := q.rustStep(places, seg)
		if open != "" {
			return module{name: p, open: open}
		}
		if len(next) == 0 {
			return missing(q.rustClosed(places), p, "%s has no module or item %s (%s)", walked, seg, rustFiles(places))
		}
		places, walked = next, walked+"::"+seg
	}
	m := module{state: present, name: p, flat: true}
	for _, pl := range places {
		if pl.file != nil && !slices.Contains(m.files, pl.file) {
			m.files = append(m.files, pl.file)
		}
	}
	if len(m.files) == 0 {
		return module{name: p}
	}
	if !q.rustClosed(places) {
		m.open = fmt.Sprintf("macros may add items to %s", rustFiles(places))
	}
	return m
}

// holdsOwner reports whether a file declares something inside of that path: so an
// inline module is told from one whose file an attribute names.
func holdsOwner(f *file, owner string) bool {
	return slices.ContainsFunc(f.decls, func(d *decl) bool {
		return d.owner == owner ||
			strings.HasPrefix(d.owner, owner+".")
	})
}

func rustFiles(places []rustPlace) string {
	var out []string
	for _, p := range places {
		if p.file != nil {
			out = append(out, p.file.path)
		}
	}
	return strings.Join(out, ", ")
}

// rustClosed reports whether the items of the places are all among the symbols.
func (q *query) rustClosed(places []rustPlace) bool {
	for _, p := range places {
		if p.file == nil || p.file.unread {
			return false
		}
		for _, d := range p.file.decls {
			if d.role == syntax.Variable && d.decorated {
				return false // an item-level macro with names in it
			}
		}
	}
	return true
}

// rustCrate is the folder of the crate that a file belongs to.
func (q *query) rustCrate(f *file) (string, bool) {
	for _, m := range q.repo.manifests {
		if m.file == "Cargo.toml" && (m.folder == "" || f.folder == m.folder ||
			strings.HasPrefix(f.folder, m.folder+"/")) {
			return m.folder, true
		}
	}
	return "", false
}

// rustStart are the places that a path's first segment names.
func (q *query) rustStart(first string, from *file) []rustPlace {
	if from == nil {
		return nil // of no crate
	}
	self := rustPlace{from, rustDir(from.path)}
	if first == "super" || first == "self" {
		if q.placed(from) {
			return nil // an attribute names it, so it is not where its path says
		}
	}
	switch first {
	case "self":
		return []rustPlace{self}
	case "super":
		return q.rustParent(self)
	case "crate":
		crate, ok := q.rustCrate(from)
		if !ok {
			return nil
		}
		roots := q.rustRoots(crate)
		rel := strings.TrimPrefix(strings.TrimPrefix(from.path, crate), "/")
		if !strings.HasPrefix(rel, "src/") || strings.HasPrefix(rel, "src/bin/") || len(roots) == 0 {
			return nil // a test, example or binary: its root is not known
		}
		return roots
	}
	for _, m := range q.repo.manifests {
		if m.file == "Cargo.toml" && strings.ReplaceAll(m.name, "-", "_") == first {
			return q.rustRoots(m.folder)
		}
	}
	return nil
}

// placed reports whether an attribute of another file names a file as a module's.
func (q *query) placed(f *file) bool {
	return slices.ContainsFunc(q.repo.places, func(o opening) bool { return path.Base(o.name) == path.Base(f.path) })
}

func (q *query) rustRoots(crate string) []rustPlace {
	var out []rustPlace
	for _, name := range []string{"src/lib.rs", "src/main.rs"} {
		if f := q.repo.files[path.Join(crate, name)]; f != nil {
			out = append(out, rustPlace{f, path.Join(crate, "src")})
		}
	}
	return out
}

// rustDir is the folder of a file's child modules.
func rustDir(p string) string {
	switch path.Base(p) {
	case "mod.rs", "lib.rs", "main.rs":
		return folder(p)
	}
	return strings.TrimSuffix(p, ".rs")
}

// rustParent: the module around a place, and the place itself, for the super of an
// inline module.
func (q *query) rustParent(p rustPlace) []rustPlace {
	out := []rustPlace{p}
	dir := folder(p.dir)
	for _, c := range []string{dir + ".rs", dir + "/mod.rs", dir + "/lib.rs", dir + "/main.rs"} {
		if f := q.repo.files[strings.TrimPrefix(c, "/")]; f != nil && f != p.file {
			out = append(out, rustPlace{f, dir})
		}
	}
	if len(out) == 1 && !strings.HasSuffix(p.dir, "src") {
		out = append(out, rustPlace{nil, dir}) // not seen
	}
	return out
}

// rustStep goes from modules to their member seg: a file module, an inline module,
// an enum or type. A re-export is not followed.
func (q *query) rustStep(places []rustPlace, seg string) (next []rustPlace, open string) {
	for _, p := range places {
		for _, c := range []string{p.dir + "/" + seg + ".rs", p.dir + "/" + seg + "/mod.rs"} {
			if f := q.repo.files[strings.TrimPrefix(c, "/")]; f != nil {
				next = append(next, rustPlace{f, path.Join(p.dir, seg)})
			}
		}
		if p.file == nil {
			return nil, "a parent module is not seen"
		}
		for _, o := range p.file.opens {
			if o.reach == syntax.OpenPath && o.owner == seg {
				return nil, fmt.Sprintf("%s names the file of mod %s (%s:%d)", o.what, seg, p.file.path, o.line)
			}
		}
		for _, d := range p.file.decls {
			if d.name == seg && len(next) == 0 {
				if d.role == syntax.Module && !holdsOwner(p.file, d.full()) {
					open = fmt.Sprintf("the file of mod %s (%s) is not where it is looked for", seg, d.at())
				} else if d.role == syntax.Module || d.isType() {
					next = append(next, rustPlace{p.file, path.Join(p.dir, seg)})
				} else {
					open = fmt.Sprintf("%s is %s", d.at(), d.role)
				}
			}
		}
		if o, ok := q.madeIn(p.file, seg); ok {
			open = fmt.Sprintf("%s may make %s", o.at(), seg)
		}
		for _, im := range p.file.imports {
			if im.local == seg || im.local == "*" {
				open = fmt.Sprintf("%s:%d may bring in %s", p.file.path, im.line, seg)
			}
		}
	}
	if len(next) > 0 {
		open = ""
	}
	return next, open
}

// rustExtends: any method may be of a trait that is implemented for any type.
func rustExtends(*decl) bool { return true }

// rustWildType: what "use super::*" or another path into the crate brings may be any type of the
// repository; a wildcard of another crate brings none that is read.
func rustWildType(q *query, name string, imports []imported) (typ, bool) {
	for _, im := range imports {
		if im.local == "*" && im.relative {
			return q.typeAnywhere(name, nil)
		}
	}
	return typ{}, false
}

// rustImportedType is the type that a path names: re-exports are many, so any type of that name
// in the repository is taken for it, if the path begins in the repository at all.
func rustImportedType(q *query, module, name string, from *file) (typ, bool) {
	if m := q.w.module(q, module, from); m.state == present || m.state == external &&
		q.rustStart(q.parts(module)[0], from) != nil {
		return q.typeAnywhere(name, nil)
	}
	return typ{}, false
}

// rustLifetime takes a lifetime off the front of a written type.
func rustLifetime(text string) (string, bool) {
	if !strings.HasPrefix(text, "'") {
		return text, false
	}
	_, rest, _ := strings.Cut(text, " ")
	return rest, true
}
