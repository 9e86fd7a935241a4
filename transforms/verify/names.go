package verify

import (
	"fmt"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// use is how a bare name is used: it decides what can supply it.
type use uint8

const (
	asValue    use = iota // an operand or argument
	asCallee              // what a call calls
	asReceiver            // the object of a member access
	asType                // where a type is written
)

// finding is what a rule concludes, with its evidence in words.
type finding struct {
	status string
	why    string
}

func exists(format string, args ...any) finding {
	return finding{schemas.StatusExists, fmt.Sprintf(format, args...)}
}

func abstain(format string, args ...any) finding {
	return finding{schemas.StatusAbstain, fmt.Sprintf(format, args...)}
}

// bare looks a bare name up at a place: in the scopes around it, among the file's
// imports, the members of the types around it, the files beside it. What is not
// bound but could be supplied by something unread is unseen or abstain.
func (s *site) bare(name string, scope, at int, u use) finding {
	if slices.Contains(s.rules().Predeclared, name) || slices.Contains(s.rules().SelfNames, name) || slices.Contains(s.w.extra, name) {
		return exists("%s is predeclared", name)
	}
	for sc := scope; sc >= 0; sc = s.header(sc, at) {
		if where := s.bound(name, sc); where != "" {
			return exists("%s is declared at %s", name, where)
		}
	}
	if s.lost != "" {
		return abstain("%s", s.lost)
	}
	imports := s.imports(scope)
	for _, im := range imports {
		if im.local == name {
			return exists("%s is imported at %s:%d", name, s.ctx.Path, im.line)
		}
	}
	if f := s.fromTypes(name, scope); f.status != "" {
		return f
	}
	if where := s.beside(name); where != "" {
		return exists("%s is declared at %s", name, where)
	}
	if s.w.namespaces && u != asValue && s.packageRoots()[name] {
		return exists("%s begins the name of a package", name)
	}
	if s.w.dynamic != nil {
		if m := s.w.dynamic.FindString(string(s.f.Src)); m != "" {
			return abstain("the window has %q, which can bind names that are not written", m)
		}
	}
	if u == asType && generatedName(name) {
		return abstain("%s is a name that builds make", name)
	}
	if s.macroName(name) {
		return abstain("%s looks like a macro", name)
	}
	weak, f := s.wild(name, imports, u)
	if f.status != "" {
		return f
	}
	if u == asType && s.w.namespaces && s.generators() {
		weak = append(weak, "not read: classes that are generated from other sources of the archive")
	}
	if at := s.unboundElsewhere(name); at != "" {
		return abstain("%s is used at %s too, where nothing seen binds it either", name, at)
	}
	if len(weak) > 0 {
		return finding{schemas.StatusUnseen, fmt.Sprintf("no scope around %s, import or file beside %s binds %s; %s", s.at(s.start), s.ctx.Path, name, strings.Join(weak, ", "))}
	}
	return finding{schemas.StatusCertified, fmt.Sprintf("nothing binds %s: no scope around %s, none of the file's %d imports, %s", name, s.at(s.start), len(imports), s.besideWords())}
}

// header is the scope around a function's for a place in the function's head, where
// default values and annotations stand; -1 for a place in its body.
func (s *site) header(scope, at int) int {
	sc := s.f.Scopes[scope]
	if sc.Kind != syntax.FunctionScope {
		return -1
	}
	if body := s.f.Tree.Child(s.f.Tree.At(sc.Start, sc.End), "body"); body >= 0 && at < s.f.Tree.Start(body) {
		return sc.Parent
	}
	return -1
}

// unboundElsewhere is where the window uses the name outside of the completion and
// no scope binds it there: whatever binds it is not seen.
func (s *site) unboundElsewhere(name string) string {
	for i := range s.f.Refs {
		r := &s.f.Refs[i]
		if r.Name == name && (r.Start < s.start || r.Start >= s.end) && s.bound(name, r.Scope) == "" {
			return s.at(r.Start)
		}
	}
	return ""
}

// bound is where a scope around the place binds the name. Order does not count: a
// name that is bound further down counts as bound.
func (s *site) bound(name string, scope int) string {
	for _, k := range s.byName[name] {
		d := &s.f.Decls[k]
		if d.Role == syntax.Label {
			continue
		}
		if s.within(scope, d.Scope) && s.seen(d, scope) || slices.Contains(s.w.binders, s.f.Tree.Kind(d.Node)) || d.Role == syntax.Macro {
			return s.at(d.NameStart)
		}
	}
	if s.ctx.PrefixCut || s.ctx.SuffixCut || s.file.unread {
		for _, d := range s.file.decls {
			if d.name == name && (d.owner == "" || s.inOuter(d.owner)) {
				return d.at()
			}
		}
	}
	return ""
}

// seen reports whether a declaration's bare name is visible from a scope inside
// of its own: a member is, in languages with bare members; elsewhere only directly
// in the type's body, not in its functions.
func (s *site) seen(d *syntax.Decl, scope int) bool {
	if !s.w.bareMembers && s.f.Scopes[d.Scope].Kind != syntax.TypeScope && d.Owner != "" {
		switch d.Role {
		case syntax.Method, syntax.Constructor, syntax.Field:
			return false // declared outside of its type's body: Go's methods, prototypes
		}
	}
	if s.f.Scopes[d.Scope].Kind != syntax.TypeScope || s.w.bareMembers || d.Role == syntax.TypeParam || d.Role == syntax.Class && s.f.Scopes[d.Scope].Decl < 0 {
		return true
	}
	for sc := scope; sc != d.Scope; sc = s.f.Scopes[sc].Parent {
		if s.f.Scopes[sc].Kind == syntax.FunctionScope {
			return false
		}
	}
	return true
}

func (s *site) inOuter(owner string) bool {
	outer := strings.Join(s.outer, ".")
	return outer == owner || strings.HasPrefix(outer, owner+".")
}

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
	if s.w.members == byRepo {
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
	return strings.Contains(src, "\nexport ") || strings.HasPrefix(src, "export ") || strings.Contains(src, "module.exports")
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

// macroName: in C++ a name in capitals is a macro by convention, and macros come
// from anywhere.
func (s *site) macroName(name string) bool {
	return s.w.includes && strings.ToUpper(name) == name && strings.ToLower(name) != name
}

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
		case s.w.separator == "::" && u == asValue:
			weak = append(weak, "not read: "+target+"::*")
		default:
			return nil, abstain("everything is imported from %s: %s", target, x.open)
		}
	}
	if s.ctx.Language == schemas.JavaScript && !s.isModule() {
		weak = append(weak, "not read: scripts that a page loads beside it")
	}
	if s.w.separator == "::" && u == asCallee && name == strings.ToLower(name) {
		return weak, finding{}
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

// included headers of a file, directly and through others.
type included struct {
	unread []string // neither in the archive nor of the standard library
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
			header := im.relative || strings.ContainsAny(im.module, "./") || s.lib.modules["headers"][im.module] != (arity{})
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
	for len(todo) > 0 {
		f := todo[0]
		todo = todo[1:]
		if f.unread {
			out.unread = append(out.unread, f.path)
		}
		if f != s.file || s.ctx.PrefixCut {
			add(f, f.imports)
		}
	}
	return *out
}
