package rules

import (
	"path"
	"slices"

	"decoy/transforms/syntax"
)

// methods replaces the name of one call of the golden.
func methods(s *scene) []Candidate {
	var out []Candidate
	calls := s.calls()
	slices.SortStableFunc(calls, func(a, b *syntax.Call) int { return s.callRank(b) - s.callRank(a) })
	for _, c := range calls {
		if s.invent {
			for _, n := range invented(c.Name, true, s.known) {
				out = append(out, Candidate{s.replaced(c.NameStart, c.NameEnd, n), true})
			}
			continue
		}
		for _, n := range s.best(s.methodNames(c), 6) {
			out = append(out, Candidate{Text: s.replaced(c.NameStart, c.NameEnd, n.name)})
		}
	}
	return out
}

// callRank prefers calls whose receiver a reader can look up: the own type, then
// names that the repository declares, then the outermost.
func (s *scene) callRank(c *syntax.Call) int {
	rank := 0
	if c.Recv >= 0 && slices.Contains(s.f.Lang.Rules.SelfNames, s.f.Tree.Text(c.Recv)) {
		rank += 2
	}
	if len(s.repo.functions[c.Name]) > 0 {
		rank++
	}
	return rank
}

func (s *scene) known(name string) bool {
	return s.words[name] || s.pool.all[name] || s.repo.declared[name]
}

// methodNames scores names that could stand for a call's name and that its receiver
// lacks as far as names can tell.
func (s *scene) methodNames(c *syntax.Call) map[string]float64 {
	names := map[string]float64{}
	add := func(name string, base float64) {
		if name == c.Name || !identifier(name) || !fitsStyle(c.Name, name) {
			return
		}
		score := base + nearness(c.Name, name) + s.arityFit(name, len(c.Args))
		if score > names[name] {
			names[name] = score
		}
	}
	for i := range s.f.Calls {
		if o := &s.f.Calls[i]; !o.Ctor && !o.Macro || c.Ctor == o.Ctor {
			add(o.Name, 0.6)
		}
	}
	for i := range s.f.Decls {
		if d := &s.f.Decls[i]; d.HasParams {
			add(d.Name, 0.6)
		}
	}
	for _, t := range subTokens(c.Name) {
		for _, m := range s.repo.methods[t] {
			add(m, 0.3)
		}
	}
	for _, role := range []string{"called", "method", "function"} {
		for _, n := range s.pool.similar(role, c.Name) {
			add(n, 0)
		}
	}
	s.dropSupplied(c, names)
	return names
}

// arityFit rewards a name that somewhere takes as many arguments.
func (s *scene) arityFit(name string, args int) float64 {
	for _, f := range s.repo.functions[name] {
		if int(f.Arity) == args {
			return 0.2
		}
	}
	return 0
}

// dropSupplied drops names that the receiver may have.
func (s *scene) dropSupplied(c *syntax.Call, names map[string]float64) {
	s.repo.lackedBy(c.Name, names)
	recv := ""
	if c.Recv >= 0 {
		recv = s.f.Tree.Text(c.Recv)
	}
	for i := range s.f.Calls {
		o := &s.f.Calls[i]
		other := ""
		if o.Recv >= 0 {
			other = s.f.Tree.Text(o.Recv)
		}
		if other == recv {
			delete(names, o.Name)
		}
	}
	for i := range s.f.Members {
		m := &s.f.Members[i]
		if string(s.f.Src[m.ObjStart:m.ObjEnd]) == recv {
			delete(names, m.Name)
		}
	}
	own := slices.Contains(s.f.Lang.Rules.SelfNames, recv)
	for name := range names {
		switch {
		case recv == "" && (s.visible(name, c.NameStart) || s.inFolder(name)):
			delete(names, name)
		case own && s.ownMember(name, c.NameStart):
			delete(names, name)
		case c.Recv >= 0 && s.repo.below(recv, name):
			delete(names, name)
		}
	}
}

// ownMember reports whether a type around a place declares name.
func (s *scene) ownMember(name string, at int) bool {
	for i := range s.f.Decls {
		d := &s.f.Decls[i]
		if d.Name != name {
			continue
		}
		if sc := s.f.Scopes[d.Scope]; sc.Start <= at && at <= sc.End {
			return true
		}
		for j := range s.f.Decls {
			if t := &s.f.Decls[j]; t.Inner >= 0 && s.f.Scopes[t.Inner].Kind == syntax.TypeScope && t.Start <= at && at <= t.End && lastPart(d.Owner) == t.Name {
				return true
			}
		}
	}
	return false
}

// visible reports whether any declaration, import or predeclared name of that name
// may be seen from a place.
func (s *scene) visible(name string, at int) bool {
	if slices.Contains(s.f.Lang.Rules.Predeclared, name) {
		return true
	}
	for i := range s.f.Decls {
		d := &s.f.Decls[i]
		if sc := s.f.Scopes[d.Scope]; d.Name == name && sc.Start <= at && at <= sc.End {
			return true
		}
	}
	for i := range s.f.Imports {
		for _, it := range s.f.Imports[i].Items {
			if it.Local == name || it.Name == name {
				return true
			}
		}
	}
	return false
}

// inFolder reports whether a file of the same folder declares name at its top
// level: in several languages that makes it visible.
func (s *scene) inFolder(name string) bool {
	return s.repo.topLevel[path.Dir(s.c.Path)][name]
}
