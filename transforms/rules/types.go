package rules

import (
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// typeName is the last part of a written type without what surrounds it: pointers,
// qualifiers, generics, wrappers that pass members on. "" for lists, functions and
// unions, whose members are others.
func typeName(written string) string {
	t := strings.TrimSpace(written)
	if strings.HasPrefix(t, "(") { // Go's results: the first
		t, _, _ = strings.Cut(strings.Trim(t, "()"), ",")
		if i := strings.LastIndexByte(strings.TrimSpace(t), ' '); i >= 0 {
			t = strings.TrimSpace(t)[i+1:]
		}
	}
	for again := true; again; {
		again = false
		for _, p := range typePrefixes {
			if rest, ok := strings.CutPrefix(t, p); ok {
				t, again = strings.TrimSpace(rest), true
			}
		}
		for _, w := range typeWrappers {
			if rest, ok := strings.CutPrefix(t, w); ok && (strings.HasSuffix(rest, ">") ||
				strings.HasSuffix(rest, "]")) {
				t, again = strings.TrimSpace(rest[:len(rest)-1]), true
			}
		}
		for _, p := range typeSuffixes {
			if rest, ok := strings.CutSuffix(t, p); ok {
				t, again = strings.TrimSpace(rest), true
			}
		}
	}
	if strings.ContainsAny(t, "|(){}\"' ") || strings.HasPrefix(t, "[") || strings.HasSuffix(t, "[]") {
		return ""
	}
	if i := strings.IndexAny(t, "<["); i > 0 {
		t = t[:i]
	}
	t = t[strings.LastIndexAny(t, ".:")+1:]
	if !identifier(t) {
		return ""
	}
	return t
}

var (
	typePrefixes = []string{"*", "&", "'", "const ", "final ", "mut ", "dyn ", "impl ", "readonly ", "static ",
		"struct ", "ref ", "out ", "in "}
	typeSuffixes = []string{"*", "&", "?", " const", " | null", " | None", " | undefined"}
	typeWrappers = []string{"Optional[", "Box<", "Rc<", "Arc<", "std::unique_ptr<", "std::shared_ptr<",
		"unique_ptr<", "shared_ptr<"}
)

// receiver is what a call is called on, as far as names tell.
type receiver struct {
	text   string
	bare   bool     // there is none
	own    bool     // self, this
	module string   // the module of an imported name
	types  []string // the type and its supertypes, where it is known
	open   bool     // one of them is not declared in the repository
	static bool     // the receiver is the type itself
}

// receiver finds out what a call is called on.
func (s *scene) receiver(c *syntax.Call) receiver {
	if c.Recv < 0 {
		return receiver{bare: true}
	}
	r := receiver{text: s.f.Tree.Text(c.Recv)}
	r.own = slices.Contains(s.f.Lang.Rules.SelfNames, r.text)
	at := s.f.Tree.Start(c.Recv)
	t := s.typeOf(r.text, at, 0)
	if t == "" && !s.bound(r.text, at) {
		if last := typeName(r.text); s.index.types[last] {
			t, r.static = last, true
		} else if m := s.importOf(r.text); m != "" {
			r.module = m
		}
	}
	if t != "" && (s.index.types[t] || s.index.members[t] != nil) {
		r.types, r.open = s.index.closure(t)
	}
	return r
}

// typeOf is the name of the type of an expression made of names and dots.
func (s *scene) typeOf(text string, at, depth int) string {
	text = strings.TrimSuffix(strings.TrimPrefix(strings.TrimPrefix(text, "(*"), "*"), ")")
	if depth > 4 || text == "" {
		return ""
	}
	for _, sep := range []string{"->", "?.", "!.", "."} {
		if i := strings.LastIndex(text, sep); i > 0 && identifier(text[i+len(sep):]) {
			object, field := text[:i], text[i+len(sep):]
			types, _ := s.index.closure(s.typeOf(object, at, depth+1))
			for _, t := range types {
				if w := s.index.members[t][field]; w != "" && len(s.index.callables[field]) == 0 {
					return w
				}
			}
			return ""
		}
	}
	if strings.HasSuffix(text, "()") || !identifier(text) {
		return ""
	}
	if slices.Contains(s.f.Lang.Rules.SelfNames, text) {
		if text == "super" || text == "base" || len(s.ownTypes(at)) == 0 {
			return ""
		}
		return s.ownTypes(at)[0]
	}
	d := s.binding(text, at)
	switch {
	case d == nil:
		if s.h.bareMembers {
			for _, own := range s.ownTypes(at) {
				types, _ := s.index.closure(own)
				for _, t := range types {
					if w := s.index.members[t][text]; w != "" {
						return w
					}
				}
			}
		}
		return ""
	case d.Type != "":
		if t := typeName(d.Type); t != "var" && t != "auto" {
			return t
		}
		fallthrough
	default:
		if t := typeName(d.Constructed); t != "" {
			return t
		}
	}
	if d.InitCall == "" {
		return ""
	}
	i := strings.LastIndexAny(d.InitCall, ".:")
	if i > 0 && d.InitCall[i] == ':' {
		if t := typeName(strings.TrimRight(d.InitCall[:i], ":")); s.index.types[t] &&
			s.index.results[d.InitCall[i+1:]] == "Self" {
			return t
		}
	}
	return s.index.results[d.InitCall[i+1:]]
}

// binding is the innermost declaration of a variable that is visible at a place.
func (s *scene) binding(name string, at int) *syntax.Decl {
	var best *syntax.Decl
	for _, i := range s.byName[name] {
		d := &s.f.Decls[i]
		sc := s.f.Scopes[d.Scope]
		switch d.Role {
		case syntax.Variable, syntax.Parameter, syntax.Constant, syntax.Field:
		default:
			continue
		}
		if sc.Start <= at && at <= sc.End && d.NameStart <= at &&
			(best == nil || s.f.Scopes[best.Scope].Start <= sc.Start) {
			best = d
		}
	}
	return best
}

// bound reports whether a plain name is a variable at a place.
func (s *scene) bound(name string, at int) bool {
	return identifier(name) && s.binding(name, at) != nil
}

// ownTypes are the types around a place, the innermost first: those that enclose
// it and those that own the functions that enclose it.
func (s *scene) ownTypes(at int) []string {
	if s.ownAt == at && s.own != nil {
		return s.own
	}
	own := []string{}
	for i := range s.f.Decls { // outer before inner
		d := &s.f.Decls[i]
		if d.Start > at || at > d.End || d.Inner < 0 {
			continue
		}
		if s.f.Scopes[d.Inner].Kind == syntax.TypeScope {
			own = append(own, d.Name)
		} else if d.Owner != "" {
			for _, p := range strings.Split(d.Owner, ".") {
				if n := typeName(p); n != "" && !slices.Contains(own, n) {
					own = append(own, n)
				}
			}
		}
	}
	slices.Reverse(own)
	s.own, s.ownAt = own, at
	return own
}

// importOf is the module that an imported local name stands for, "" for none.
func (s *scene) importOf(local string) string {
	for i := range s.f.Imports {
		for _, it := range s.f.Imports[i].Items {
			if it.Local == local && local != "" {
				if it.Name != "" && !s.h.everywhere {
					return it.Module + "." + it.Name
				}
				return it.Module
			}
		}
	}
	return ""
}
