package verify

import (
	"fmt"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// What the row of C++ answers: includes are textual, macros hide what they stand for, and a
// name's declarations lie anywhere.

// cppMacro: a name in capitals is a macro by convention, and macros come from anywhere.
func cppMacro(name string) bool {
	return strings.ToUpper(name) == name && strings.ToLower(name) != name
}

// cppForward: a type without members that is declared open only says that there is one.
func cppForward(d *decl) bool {
	return d.open && !slices.ContainsFunc(d.file.decls, func(m *decl) bool { return m.owner == d.full() })
}

// cppUnread: headers that are not read.
func cppUnread(s *site) string {
	if unread := s.includes().unread; len(unread) > 0 {
		return notRead(unread)
	}
	return ""
}

// cppSupplies: what macros make, and included files of the archive that were not read.
func cppSupplies(s *site, name string, u use) string {
	if o, ok := s.fromFamily(s.repo.made, name); ok {
		return fmt.Sprintf("%s may make %s", o.at(), name)
	}
	if in := s.includes(); len(in.blind) > 0 {
		return fmt.Sprintf("%s is included and not read", in.blind[0])
	}
	return ""
}

// cppBrings: what macros make, and included files of the archive that were not read.
func cppBrings(s *site, e entity, name string) finding {
	if o, ok := s.fromFamily(s.repo.made, name); ok {
		return o.finding(name)
	}
	if in := s.includes(); len(in.blind) > 0 {
		return abstain("%s is included and not read", in.blind[0])
	}
	if e.kind == aModule && cppElsewhere(s, name) {
		return abstain("%s is declared elsewhere in the repository", name)
	}
	return finding{}
}

// cppElsewhere reports a declaration of that name that could be reached in ways
// the module path does not show: a call finds names of enclosing namespaces.
func cppElsewhere(s *site, name string) bool {
	return slices.ContainsFunc(s.repo.byName[name], func(d *decl) bool {
		return s.family(d.file) && (d.role == syntax.Function || d.role == syntax.Macro || d.isType())
	})
}

// cppReopens: a using directive opens another namespace; an include gives a namespace nothing.
func cppReopens(q *query, im imported, f *file) string {
	if !strings.ContainsAny(im.module, "./") && q.lib.modules["headers"][im.module] == (arity{}) {
		return fmt.Sprintf("%s opens the namespace %s", f.path, im.module)
	}
	return ""
}

// cppForeign: a header in angle brackets.
func cppForeign(it syntax.ImportItem) string {
	if !it.Relative && strings.Contains(it.Module, ".") {
		return fmt.Sprintf("<%s> may be a header of the platform or another library", it.Module)
	}
	return ""
}

// cppItem resolves using declarations.
func cppItem(s *site, it syntax.ImportItem, _ module) (verdict, bool) {
	if it.ModStart > 0 && !s.isInclude(it) {
		return verdict{ruleImportName, s.using(it)}, true
	}
	return verdict{}, false
}

// isInclude reports whether an item is of an #include, not of a using declaration.
func (s *site) isInclude(it syntax.ImportItem) bool {
	line := strings.LastIndexByte(string(s.f.Src[:it.ModStart]), '\n') + 1
	return strings.HasPrefix(strings.TrimSpace(string(s.f.Src[line:it.ModStart])), "#")
}

// using resolves using declarations: a::b of a namespace of the repository.
func (s *site) using(it syntax.ImportItem) finding {
	if it.Name == "" {
		if e := s.cppNamespace(strings.ReplaceAll(it.Module, "::", ".")); e.kind == aModule {
			return exists("the namespace %s is declared", it.Module)
		}
		if it.Module == "std" || strings.HasPrefix(it.Module, "std::") {
			return abstain("the standard library's namespaces are not listed")
		}
		if s.isTypePath(it.Module) {
			return exists("%s is a type", it.Module)
		}
		return abstain("%s is not of this repository", it.Module)
	}
	e := s.cppNamespace(strings.ReplaceAll(it.Module, "::", "."))
	if it.Module == "std" {
		if _, ok := s.lib.modules["std"][it.Name]; ok {
			return exists("std has %s", it.Name)
		}
		return certain("", "no standard header up to C++26 writes the name %s", it.Name)
	}
	if e.kind != aModule {
		return abstain("%s is not of this repository", it.Module)
	}
	return s.exported(e, it.Name)
}

// cppSameFolder makes an include that is not found unseen, unless the golden's is found
// in a folder of that name: only then is the folder known to be an include folder.
func cppSameFolder(p *pair, v verdict, gs, ns []syntax.ImportItem) verdict {
	for _, n := range ns {
		for _, g := range gs {
			if g.Module != n.Module && folder(g.Module) == folder(n.Module) &&
				p.g.w.module(p.g.query, g.Module, p.g.file).state == present {
				return v
			}
		}
	}
	v.status = schemas.StatusUnseen
	return v
}

// cppWild: includes bring all kinds of names. The repository's own headers
// have been asked, whichever are included; the standard's are in a list; any other
// header leaves a name unseen at best.
func cppWild(s *site, name string, u use) (weak []string, f finding) {
	if _, ok := s.lib.modules["global"][name]; ok {
		return nil, abstain("%s is a name of the C, C++ or POSIX headers", name)
	}
	if strings.HasPrefix(name, "_") {
		return nil, abstain("%s is of the names that compilers keep for themselves", name)
	}
	in := s.includes()
	if in.using || u == asCallee { // a call finds functions in its arguments' namespaces
		if _, ok := s.lib.modules["std"][name]; ok {
			return nil, abstain("%s may be a name of namespace std", name)
		}
	}
	if u == asType {
		return nil, abstain("a header that is not read may declare the type %s", name)
	}
	if u == asCallee && in.own != "" {
		return nil, abstain("%s is not in the archive and may declare %s", in.own, name)
	}
	if u == asCallee && len(in.unread) > 0 && startsUpper(name) && len(s.repo.byName[name]) == 0 {
		return nil, abstain("%s may be a function of the platform's headers", name)
	}
	if unread := cppUnread(s); unread != "" {
		weak = []string{unread}
	}
	return weak, finding{}
}

// notRead lists headers, the first three by name.
func notRead(headers []string) string {
	if len(headers) > 3 {
		headers = append(headers[:3:3], fmt.Sprintf("and %d more", len(headers)-3))
	}
	return "not read: " + strings.Join(headers, ", ")
}

// cppAnywhere is what a name that is no member denotes: all the declarations
// of the repository together, and what the headers that are not read may add.
func cppAnywhere(s *site, name string) entity {
	for _, list := range []string{"std", "global"} {
		if _, ok := s.lib.modules[list][name]; ok {
			return unclear("%s may be a name of the standard headers", name)
		}
	}
	var ds []*decl
	for _, d := range s.repo.byName[name] {
		if !s.family(d.file) || (d.role == syntax.Method || d.role == syntax.Field) && s.isTypePath(d.owner) {
			continue
		}
		if d.role == syntax.Macro || d.role == syntax.Constructor {
			return unclear("%s is also a %s (%s)", name, d.role, d.at())
		}
		ds = append(ds, d)
	}
	if len(ds) == 0 {
		return unclear("%s is not declared in the repository", name)
	}
	e := s.declared(ds, name)
	if unread := cppUnread(s); unread != "" {
		e.weak = unread
	}
	return e
}
