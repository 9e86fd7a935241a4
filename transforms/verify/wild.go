package verify

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// wild asks the wildcard imports for a name. weak lists those that are not read
// and would rarely supply such a name.
func (s *site) wild(name string, imports []imported, u use) (weak []string, f finding) {
	if s.w.packageGuess && u == asReceiver {
		for _, im := range imports {
			if w := s.guessed(im, name); w != "" {
				return nil, abstain("%s", w)
			}
		}
	}
	if u == asRoot {
		return nil, abstain("%s may be a crate", name)
	}
	if s.w.includes {
		return s.fromHeaders(name, u)
	}
	for _, im := range imports {
		if im.local != "*" {
			continue
		}
		if s.w.namespaces && !im.static {
			if u == asValue {
				continue // namespaces hold types
			}
			if s.w.siblings == repoTypes && u == asCallee {
				continue
			}
		}
		target := im.module
		if s.w.paths {
			for _, d := range s.repo.byOwner[target[strings.LastIndexByte(target, ':')+1:]] { // use Kind::*
				if d.role == syntax.EnumMember && d.name == name && s.family(d.file) {
					return nil, exists("%s is of the enum %s: %s", name, target, d.at())
				}
			}
		}
		if s.w.namespaces && im.static {
			if st := s.staticSupply(im, name); st.status != "" {
				return nil, st
			}
			continue
		}
		x := s.export(s.w.module(s.query, target, s.file), name)
		switch {
		case x.where != "":
			return nil, exists("%s comes from %s: %s", name, target, x.where)
		case x.open == "":
		case s.w.paths && u == asValue && !startsUpper(name):
			weak = append(weak, "not read: "+target+"::*")
		default:
			return nil, abstain("everything is imported from %s: %s", target, x.open)
		}
	}
	if s.w.ambient && startsUpper(name) {
		weak = append(weak, "not read: the classes of the host")
	}
	if s.w.pageScripts && !s.isModule() {
		if u == asCallee {
			return nil, abstain("a page may load scripts beside it that declare %s", name)
		}
		weak = append(weak, "not read: scripts that a page loads beside it")
	}
	return weak, finding{}
}

// guessed says that an import may have the given name, where its own is a guess.
func (s *site) guessed(im imported, name string) string {
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

// staticSupply asks a static wildcard import, whose module is a type.
func (s *site) staticSupply(im imported, name string) finding {
	t, ok := s.typeByFullName(im.module)
	if !ok {
		return abstain("the members of %s are imported, and it is not read", im.module)
	}
	c := s.closureOf(t)
	if h := s.has(c, name); h != "" {
		return exists("%s is a static member: %s", name, h)
	}
	if len(c.unread) > 0 || c.dynamic != "" {
		return abstain("the members of %s are imported, and it is not read whole", im.module)
	}
	return finding{}
}

// typeByFullName is the type that a dotted path from the root names.
func (q *query) typeByFullName(full string) (typ, bool) {
	if t := q.lib.types[full]; t != nil {
		return typ{lib: t}, true
	}
	parts := strings.Split(full, ".")
	if q.w.siblings == repoTypes {
		return q.typeAnywhere(parts[len(parts)-1], parts[:len(parts)-1])
	}
	for i := len(parts) - 1; i > 0; i-- {
		m := q.w.module(q, strings.Join(parts[:i], "."), nil)
		if m.state == present {
			if t, ok := q.typeOf(m, parts[i], nil); ok {
				return q.nested(t, parts[i+1:])
			}
		}
	}
	return typ{}, false
}

// fromHeaders: C++'s includes bring all kinds of names. The repository's own headers
// have been asked, whichever are included; the standard's are in a list; any other
// header leaves a name unseen at best.
func (s *site) fromHeaders(name string, u use) (weak []string, f finding) {
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
	if len(in.unread) > 0 {
		weak = []string{notRead(in.unread)}
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

// includers are the files that include one of that name which is no header of its own:
// a template's bodies, a table, a part of a unity build.
func (q *query) includers(base string) []*file {
	if strings.HasPrefix(path.Ext(base), ".h") {
		return nil
	}
	if q.includedBy == nil {
		q.includedBy = map[string][]*file{}
		for _, name := range sortedKeys(q.repo.files) {
			f := q.repo.files[name]
			for _, im := range f.imports {
				b := path.Base(im.module)
				if ext := path.Ext(b); q.family(f) && im.local == "*" && ext != "" && !strings.HasPrefix(ext, ".h") {
					q.includedBy[b] = append(q.includedBy[b], f)
				}
			}
		}
	}
	return q.includedBy[base]
}

// included headers of a file, directly and through others.
type included struct {
	unread []string // neither in the archive nor of the standard library
	blind  []string // in the archive, and not read
	own    string   // one of them that is named like a file of the project: in quotes
	using  bool     // a namespace that is not the repository's is opened somewhere
}

// includes walks the include graph from the file, once a window.
func (s *site) includes() included {
	if s.graph != nil {
		return *s.graph
	}
	out := &included{}
	s.graph = out
	seen := map[*file]bool{s.file: true}
	todo := []*file{s.file}
	add := func(f *file, mods []imported) {
		for _, im := range mods {
			if im.local != "*" {
				continue
			}
			header := im.relative || strings.ContainsAny(im.module, "./") ||
				s.lib.modules["headers"][im.module] != (arity{})
			if !header {
				if !s.namespace(strings.ReplaceAll(im.module, "::", ".")) {
					out.using = true
				}
				continue
			}
			m := s.w.module(s.query, im.module, f)
			switch m.state {
			case standard:
			case present:
				for _, x := range m.files {
					if !seen[x] {
						seen[x] = true
						todo = append(todo, x)
					}
				}
			default:
				if !slices.Contains(out.unread, im.module) {
					out.unread = append(out.unread, im.module)
				}
				if im.relative && out.own == "" {
					out.own = im.module
				}
			}
		}
	}
	add(s.file, s.imports(0))
	for _, f := range s.includers(path.Base(s.file.path)) { // what they include before this file, it sees
		add(f, f.imports)
	}
	for _, im := range s.repo.usings { // headers that a build puts before every file
		ext := path.Ext(im.module)
		if strings.HasPrefix(ext, ".h") || ext == ".pch" || s.lib.modules["headers"][im.module] != (arity{}) {
			add(s.file, []imported{im})
		}
	}
	add(s.file, s.file.imports) // also those inside of a declaration, which write its members
	for len(todo) > 0 {
		f := todo[0]
		todo = todo[1:]
		if f.unread || !s.family(f) || f.opensAny() {
			out.unread, out.blind = append(out.unread, f.path), append(out.blind, f.path)
		}
		if f != s.file {
			add(f, f.imports)
		}
	}
	return *out
}
