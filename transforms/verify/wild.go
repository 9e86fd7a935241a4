package verify

import (
	"strings"

	"decoy/transforms/syntax"
)

// wild asks the wildcard imports for a name. weak lists those that are not read
// and would rarely supply such a name.
func (s *site) wild(name string, imports []imported, u use) (weak []string, f finding) {
	if s.w.guessed != nil && u == asReceiver {
		for _, im := range imports {
			if w := s.w.guessed(s, im, name); w != "" {
				return nil, abstain("%s", w)
			}
		}
	}
	if u == asRoot {
		return nil, abstain("%s may be a crate", name)
	}
	if s.w.wild != nil {
		return s.w.wild(s, name, u)
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
		if s.w.crates {
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
		case s.w.crates && u == asValue && !startsUpper(name):
			weak = append(weak, "not read: "+target+"::*")
		default:
			return nil, abstain("everything is imported from %s: %s", target, x.open)
		}
	}
	if s.w.host != nil {
		if unread := s.w.host(name); unread != "" {
			weak = append(weak, unread)
		}
	}
	if s.w.pageScripts && !s.isModule() {
		if u == asCallee {
			return nil, abstain("a page may load scripts beside it that declare %s", name)
		}
		weak = append(weak, "not read: scripts that a page loads beside it")
	}
	return weak, finding{}
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
