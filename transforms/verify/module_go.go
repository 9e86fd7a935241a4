package verify

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// goModule: a path of the standard library, or below a module of the archive.
func goModule(q *query, p string, from *file) module {
	if lib := q.lib.modules[p]; lib != nil {
		return module{state: standard, name: p, lib: lib}
	}
	if p == "C" {
		return module{name: p}
	}
	for _, m := range q.repo.manifests {
		if m.file != "go.mod" || p != m.name && !strings.HasPrefix(p, m.name+"/") {
			continue
		}
		dir := strings.TrimPrefix(path.Join(m.folder, strings.TrimPrefix(p, m.name)), "/")
		if mod, ok := goPackage(q, p, dir); ok {
			return mod
		}
		for _, f := range q.repo.dirs[dir] {
			if slices.Contains(goSources, path.Ext(f.path)) {
				return module{name: p, open: "Go is made of " + f.path}
			}
		}
		return missing(q.wholeTree(), p, "the archive has no Go file in %s/ (module %s, %s)", dir, m.name,
			path.Join(m.folder, m.file))
	}
	first, _, nested := strings.Cut(p, "/")
	if strings.HasPrefix(p, "./") || strings.HasPrefix(p, "../") {
		if from == nil {
			return module{name: p} // relative to nothing
		}
		dir := path.Join(from.folder, p)
		if mod, ok := goPackage(q, p, dir); ok {
			return mod
		}
		return missing(true, p, "the archive has no Go file in %s/", dir)
	}
	if strings.Contains(first, ".") {
		if fs := q.repo.ending(p); len(fs) > 0 {
			return module{name: p}
		}
		return module{name: p}
	}
	// The go command keeps paths without a dot in the first element for the
	// standard library; a module of such a name is one of the archive's.
	sure, modules := false, false
	for _, m := range q.repo.manifests {
		modules = modules || m.file == "go.mod"
	}
	if nested {
		for std := range q.lib.modules {
			if strings.HasPrefix(std, first+"/") {
				sure = true
			}
		}
	}
	if len(q.repo.ending(p)) > 0 || strings.Contains("/"+p+"/", "/internal/") || strings.HasPrefix(p, "vendor/") ||
		strings.HasPrefix(p, "cmd/") || !sure && !modules {
		return module{name: p}
	}
	if slices.Contains(goExperiments, p) {
		return module{name: p}
	}
	return missing(sure, p, "package %s is not in the standard library (up to Go 1.27), "+
		"and no module of the archive begins with %s", p, first)
}

func goPackage(q *query, name, dir string) (module, bool) {
	m := module{state: present, name: name}
	if dir == "." {
		dir = ""
	}
	for _, f := range q.repo.dirs[dir] {
		if f.language == "go" {
			m.files = append(m.files, f)
		}
	}
	return m, len(m.files) > 0
}

// wholeTree reports whether the archive is a whole source tree: a Go module's
// archive leaves nested modules out, so it never holds two manifests.
func (q *query) wholeTree() bool {
	n := 0
	for _, m := range q.repo.manifests {
		if m.file == "go.mod" {
			n++
		}
	}
	return n > 1
}

// packageName is the name that a Go package's files give it, "" where unknown.
func (m module) packageName() string {
	for _, f := range m.files {
		if strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		for _, d := range f.decls {
			if d.role == syntax.Module {
				return d.name
			}
		}
	}
	return ""
}

// goExperiments are packages of the standard library that GOEXPERIMENT brings.
var goExperiments = list("go experiments")

// goImported: the local name of an import is a guess from its path, until the package is read.
func goImported(s *site, im imported, _ string) (entity, bool) {
	m := s.w.module(s.query, im.module, s.file)
	if im.name == "" && m.state == present && m.packageName() != "" && im.local != m.packageName() &&
		!strings.Contains(string(s.f.Src), im.local+" \"") {
		return unclear("the package at %s is named %s", im.module, m.packageName()), true
	}
	return entity{}, false
}

// goRenamed is the imported package of that name, whatever its path.
func goRenamed(s *site, imports []imported, name string) module {
	for _, im := range imports {
		if m := s.w.module(s.query, im.module, s.file); m.state == present && m.packageName() == name {
			return m
		}
	}
	return module{}
}

// goGuessed says that an import may have the given name, where its own is a guess.
func goGuessed(s *site, im imported, name string) string {
	m := s.w.module(s.query, im.module, s.file)
	switch m.state {
	case standard:
		return ""
	case present:
		if n := m.packageName(); n != "" {
			if n == name {
				return fmt.Sprintf("%s is the package at %s", name, im.module)
			}
			return ""
		}
	}
	for i := range s.f.Members {
		if o := &s.f.Members[i]; im.local != "" && string(s.f.Src[o.ObjStart:o.ObjEnd]) == im.local {
			return "" // the guessed name is used, so it is the name
		}
	}
	return fmt.Sprintf("the package at %s may be named %s", im.module, name)
}
