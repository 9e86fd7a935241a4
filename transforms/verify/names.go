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
	asRoot                // the first part of a path, which may be a crate
)

// finding is what a rule concludes, with its evidence in words.
type finding struct {
	status schemas.Status
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
	if slices.Contains(s.rules().Predeclared, name) || slices.Contains(s.rules().SelfNames, name) ||
		slices.Contains(s.w.extra, name) {
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
	if o, ok := s.madeIn(s.file, name); ok {
		return o.finding(name)
	}
	if o, ok := s.madeGlobal(name); ok {
		return o.finding(name)
	}
	if s.w.supplies != nil {
		if why := s.w.supplies(s, name, u); why != "" {
			return abstain("%s", why)
		}
	}
	if s.w.namespaces && u != asValue && s.packageRoots()[name] {
		return exists("%s begins the name of a package", name)
	}
	if s.w.dynamic != nil {
		if m := s.w.dynamic.find(string(s.f.Src)); m != "" {
			return abstain("the window has %q, which can bind names that are not written", m)
		}
	}
	if u == asType && generatedName(name) {
		return abstain("%s is a name that builds make", name)
	}
	if s.w.macro != nil && s.w.macro(name) {
		return abstain("%s looks like a macro", name)
	}
	weak, f := s.wild(name, imports, u)
	if f.status != "" {
		return f
	}
	if at := s.unboundElsewhere(name); at != "" {
		return abstain("%s is used at %s too, where nothing seen binds it either", name, at)
	}
	if len(weak) > 0 {
		return finding{schemas.StatusUnseen, fmt.Sprintf("no scope around %s, import or file beside %s binds %s; %s",
			s.at(s.start), s.ctx.Path, name, strings.Join(weak, ", "))}
	}
	return finding{schemas.StatusCertified, fmt.Sprintf("nothing binds %s: no scope around %s, none of the file's %d "+
		"imports, %s", name, s.at(s.start), len(imports), s.besideWords())}
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
	for k := range s.decls(name) {
		d := &s.f.Decls[k]
		if d.Role == syntax.Label {
			continue
		}
		if s.within(scope, d.Scope) && s.seen(d, scope) || slices.Contains(s.w.binders, s.f.Tree.Kind(d.Node)) ||
			d.Role == syntax.Macro {
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
	if s.f.Scopes[d.Scope].Kind != syntax.TypeScope || s.w.bareMembers || d.Role == syntax.TypeParam ||
		d.Role == syntax.Class && s.f.Scopes[d.Scope].Decl < 0 {
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
