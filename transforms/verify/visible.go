package verify

import (
	"fmt"
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// fromTypes looks for a member that is visible by its bare name.
func (s *site) fromTypes(name string, scope int) finding {
	if !s.w.bareMembers {
		return finding{}
	}
	open := ""
	for sc := scope; sc > 0; sc = s.f.Scopes[sc].Parent {
		if s.f.Scopes[sc].Kind == syntax.TypeScope && s.f.Scopes[sc].Decl < 0 {
			open = "the place is in a class without a name, whose supertypes are not followed"
		}
	}
	for _, p := range s.enclosing(scope) {
		if strings.Contains(p, "{}") {
			open = "the place is in a class without a name, whose supertypes are not followed"
			continue
		}
		t, ok := s.enclosingType(p)
		if !ok {
			if !t.known() && s.namespace(p) {
				continue
			}
			open = fmt.Sprintf("the declaration of %s is not among the repository's symbols", p)
			continue
		}
		c := s.closureOf(t)
		if h := s.has(c, name); h != "" {
			return exists("%s is a member: %s", name, h)
		}
		if o, ok := s.mayMake(c, name); ok {
			return o.finding(name)
		}
		if len(c.unread) > 0 {
			open = fmt.Sprintf("%s has a supertype that is not read: %s", t, c.unread[0])
		} else if c.dynamic != "" {
			open = c.dynamic
		}
	}
	if open != "" {
		return abstain("%s", open)
	}
	return finding{}
}

// enclosingType is the type of that path in this file, or for an out-of-line
// definition anywhere.
func (s *site) enclosingType(p string) (typ, bool) {
	name := last(p)
	var all []*decl
	for _, d := range s.file.decls {
		if d.name == name && d.isType() && d.full() == p {
			all = append(all, d)
		}
	}
	if len(all) > 0 {
		if s.w.members == byRepo {
			for _, d := range s.repo.byName[name] {
				if d.isType() && s.family(d.file) && d.full() == p && d.file != s.file {
					all = append(all, d)
				}
			}
		}
		return typ{decls: s.defining(all)}, true
	}
	if s.w.members.outOfLine() { // an out-of-line definition
		var qualifiers []string
		if o := strings.TrimSuffix(strings.TrimSuffix(p, name), "."); o != "" {
			qualifiers = strings.Split(o, ".")
		}
		if t, ok := s.typeAnywhere(name, qualifiers); ok {
			return t, true
		}
		return s.typeAnywhere(name, nil)
	}
	if s.w.members == byFolder {
		return s.typeNamed(name, s.file, "", nil)
	}
	return typ{}, false
}

// namespace reports whether a path is one of a namespace, not of a type.
func (s *site) namespace(p string) bool {
	for _, d := range s.repo.byName[last(p)] {
		if d.role == syntax.Module {
			return true
		}
	}
	for _, d := range s.f.Decls {
		if d.Role == syntax.Module && (d.Name == p || last(d.Name) == last(p)) {
			return true
		}
	}
	for _, d := range s.file.decls {
		if d.role == syntax.Module && (d.name == p || d.full() == p || strings.HasPrefix(d.full(), p+".")) {
			return true
		}
	}
	return false
}

// beside is where another file binds the name so that no import is needed.
func (s *site) beside(name string) string {
	switch s.w.siblings {
	case folderNames, folderTypes:
		for _, f := range s.repo.dirs[s.file.folder] {
			if f.language != s.ctx.Language {
				continue
			}
			if f.unread {
				return f.path + " (not read)"
			}
			for _, d := range f.decls {
				if d.name == name && d.owner == "" {
					return d.at()
				}
			}
		}
		if s.w.siblings == folderTypes { // a package's files may lie in several folders
			for _, d := range s.repo.byName[name] {
				if d.owner == "" && d.isType() && s.family(d.file) && s.samePackage(d.file) {
					return d.at()
				}
			}
		}
	case repoTypes:
		for _, d := range s.repo.byName[name] {
			if s.family(d.file) && (d.isType() || d.role == syntax.Module) {
				return d.at()
			}
		}
	case repoNames:
		for _, d := range s.repo.byName[name] {
			if !s.family(d.file) {
				continue
			}
			switch d.role {
			case syntax.Method, syntax.Field, syntax.Constructor:
				if s.isTypePath(d.owner) {
					continue
				}
			}
			return d.at()
		}
	case scriptNames:
		module := s.isModule()
		for _, d := range s.repo.byName[name] {
			if s.family(d.file) && d.owner == "" && (!module || strings.HasSuffix(d.file.path, ".d.ts")) {
				return d.at()
			}
		}
	}
	for _, d := range s.repo.byName[name] {
		if d.role == syntax.Macro && s.family(d.file) {
			return d.at()
		}
	}
	return ""
}

func (s *site) besideWords() string {
	switch s.w.siblings {
	case folderNames:
		return fmt.Sprintf("no file of the package in %s/", s.file.folder)
	case folderTypes:
		return "no member of the types around it, and no type of the package"
	case repoTypes:
		return "no member of the types around it, and no type of the repository"
	case repoNames:
		return "no declaration or macro of the repository"
	case scriptNames:
		return "no declaration file"
	}
	return "nothing else that the file sees"
}

func (s *site) isTypePath(owner string) bool {
	return slices.ContainsFunc(s.repo.byName[last(owner)], (*decl).isType)
}

func (s *site) samePackage(f *file) bool {
	return packageOf(f) != "" && packageOf(f) == packageOf(s.file)
}

func packageOf(f *file) string {
	for _, d := range f.decls {
		if d.role == syntax.Module && d.owner == "" {
			return d.name
		}
	}
	return ""
}

// isModule reports whether the file has scope of its own: it imports or exports.
func (s *site) isModule() bool {
	if len(s.file.imports) > 0 || len(s.f.Imports) > 0 {
		return true
	}
	src := string(s.f.Src)
	return strings.Contains(src, "\nexport ") || strings.HasPrefix(src, "export ") ||
		strings.Contains(src, "module.exports")
}

// packageRoots are the first parts of the names of packages and namespaces.
func (q *query) packageRoots() map[string]bool {
	if q.roots == nil {
		q.roots = map[string]bool{}
		add := func(p string) {
			first, _, _ := strings.Cut(p, ".")
			q.roots[first] = true
		}
		for _, f := range q.repo.files {
			if !q.family(f) {
				continue
			}
			for _, d := range f.decls {
				if d.role == syntax.Module {
					add(d.full())
				}
			}
			for _, im := range f.imports {
				add(im.module)
			}
		}
	}
	return q.roots
}
