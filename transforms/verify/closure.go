package verify

import (
	"fmt"
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// closure is a type with all of its supertypes: which members it has, and what
// keeps that from being the whole truth.
type closure struct {
	types    []typ
	members  map[string][]*decl
	lib      map[string]string // members from library types: which type
	unread   []string          // supertypes that are not read
	made     map[string]string // members that something else than a declaration makes
	patterns []opening         // and those that may be made
	dynamic  string            // why members of any name may exist
}

// maxTypes bounds the walk over supertypes.
const maxTypes = 200

// closureOf collects a type's members. The result is kept for the repository.
func (q *query) closureOf(t typ) *closure {
	if len(t.decls) > 0 {
		if c := q.closures[t.decls[0]]; c != nil && len(c.types) > 0 && len(c.types[0].decls) == len(t.decls) {
			return c
		}
	}
	c := &closure{members: map[string][]*decl{}, lib: map[string]string{}, made: map[string]string{}}
	todo := []typ{t}
	for len(todo) > 0 && len(c.types) < maxTypes {
		t, todo = todo[0], todo[1:]
		if slices.ContainsFunc(c.types, t.same) {
			continue
		}
		c.types = append(c.types, t)
		todo = append(todo, q.supers(c, t)...)
	}
	if len(todo) > 0 {
		c.unread = append(c.unread, "too many supertypes")
	}
	if first := c.types[0]; len(first.decls) > 0 {
		q.closures[first.decls[0]] = c
	}
	return c
}

// supers adds the members that a type declares itself to the closure and returns
// its supertypes.
func (q *query) supers(c *closure, t typ) []typ {
	var out []typ
	if t.lib != nil {
		for m := range t.lib.members {
			c.lib[m] = t.lib.name
		}
		for _, s := range t.lib.supers {
			if lib := q.lib.types[s]; lib != nil {
				out = append(out, typ{lib: lib})
			} else {
				c.unread = append(c.unread, s)
			}
		}
		if implicit := q.lib.types[q.w.implicitSuper]; implicit != nil && implicit != t.lib {
			out = append(out, typ{lib: implicit})
		}
		return out
	}
	for _, d := range t.decls {
		q.openMembers(c, d)
		if f := q.unreadBeside(d.file); f != nil && q.w.spread {
			c.dynamic = fmt.Sprintf("%s is not read", f.path)
		}
		if q.macroLike(d) {
			c.dynamic = fmt.Sprintf("a macro stands for the name of %s", d.at())
		}
		for _, m := range q.own(d) {
			if q.macroLike(m) && m.role != syntax.Field {
				c.dynamic = fmt.Sprintf("a macro hides members: %s (%s)", m.name, m.at())
			}
			if !slices.Contains(c.members[m.name], m) {
				c.members[m.name] = append(c.members[m.name], m)
			}
			if m.file.unread {
				c.dynamic = fmt.Sprintf("%s is not read", m.file.path)
			}
		}
		if d.open && !q.w.whole {
			c.dynamic = fmt.Sprintf("%s may have members that are not written (%s)", d.name, d.at())
		}
		if d.decorated {
			c.dynamic = fmt.Sprintf("%s is decorated (%s)", d.name, d.at())
		}
		for _, s := range supersOf(d) {
			if q.w.unnamed != nil && q.w.unnamed(s) {
				continue
			}
			outer := d.owner
			sup, ok := q.typeNamed(s, d.file, outer, d.file.imports)
			switch {
			case ok:
				out = append(out, sup)
			case slices.Contains(q.w.plain, q.bare(s)):
			case d.role == syntax.TypeAlias:
				c.dynamic = fmt.Sprintf("%s is another name of %s, which is not read (%s)", d.name, s, d.at())
			default:
				if f := q.unreadNamed(s); f != nil {
					c.dynamic = fmt.Sprintf("%s may declare %s and is not read", f.path, s)
				}
				c.unread = append(c.unread, fmt.Sprintf("%s (%s)", s, d.at()))
				out = append(out, q.candidates(s)...)
			}
		}
	}
	if implicit := q.lib.types[q.w.implicitSuper]; implicit != nil {
		out = append(out, typ{lib: implicit})
	}
	return out
}

// candidates are the types of the repository that a supertype's name may mean where
// it is not clear which: their members count as inherited, so that a name which any
// of them has is not refused.
func (q *query) candidates(written string) []typ {
	bare := q.bare(written)
	if bare == "" {
		return nil
	}
	parts := q.parts(bare)
	var out []typ
	for _, d := range q.repo.byName[parts[len(parts)-1]] {
		if d.isType() && q.family(d.file) && len(out) < 8 {
			out = append(out, typ{decls: []*decl{d}})
		}
	}
	return out
}

// goUnnamed reports whether an underlying type has no members: a basic type, or a
// literal of one that is no struct or interface.
func goUnnamed(s string) bool {
	for _, p := range []string{"[", "map[", "func(", "chan ", "<-chan ", "*["} {
		if strings.HasPrefix(s, p) {
			return true
		}
	}
	return slices.Contains(words("bool string int int8 int16 int32 int64 uint uint8 uint16 uint32 uint64 uintptr "+
		"byte rune float32 float64 complex64 complex128"), s)
}

// own are the members that the repository declares for a type.
func (q *query) own(d *decl) []*decl {
	var out []*decl
	switch q.w.members {
	case byFile, byHeader:
		full := d.full()
		for _, m := range d.file.decls {
			if m.owner == full {
				out = append(out, m)
			}
		}
	case byFolder:
		for _, m := range q.repo.byOwner[d.name] {
			if m.file.folder == d.file.folder && q.family(m.file) {
				out = append(out, m)
			}
		}
	default:
		for _, m := range q.repo.byOwner[d.name] {
			if q.family(m.file) {
				out = append(out, m)
			}
		}
	}
	return out
}

// has reports how a closure has a member of that name, "" for not at all.
func (q *query) has(c *closure, name string) string {
	if ds := c.members[name]; len(ds) > 0 {
		return fmt.Sprintf("%s (%s)", ds[0].full(), ds[0].at())
	}
	if t := c.lib[name]; t != "" {
		return t
	}
	if at := c.made[name]; at != "" {
		return at
	}
	if ds := c.members["operator->"]; len(ds) > 0 {
		return fmt.Sprintf("%s (%s)", ds[0].full(), ds[0].at())
	}
	if slices.Contains(q.w.universal, name) || slices.Contains(q.rules().ObjectMembers, name) {
		return "every type"
	}
	return ""
}

// mayMake is the opening that may make a member of that name. What is set on an object
// of no known type may be a member of any type that the repository declares.
func (q *query) mayMake(c *closure, name string) (opening, bool) {
	for _, o := range c.patterns {
		if o.gives(name) {
			return o, true
		}
	}
	if !slices.ContainsFunc(c.types, func(t typ) bool { return t.lib == nil }) {
		return opening{}, false
	}
	return q.fromFamily(q.repo.ofAny, name)
}

// below lists the types of the repository that have t among their direct
// supertypes, and so on down: in a dynamic language the receiver may be one.
func (q *query) below(t typ) []typ {
	if len(t.decls) == 0 || q.w.typed {
		return nil
	}
	if q.subtypes == nil {
		q.subtypes = map[string][]*decl{}
		for _, name := range sortedKeys(q.repo.files) {
			f := q.repo.files[name]
			if !q.family(f) {
				continue
			}
			for _, d := range f.decls {
				if !d.isType() {
					continue
				}
				for _, s := range supersOf(d) {
					if bare := q.bare(s); bare != "" {
						parts := q.parts(bare)
						q.subtypes[parts[len(parts)-1]] = append(q.subtypes[parts[len(parts)-1]], d)
					}
				}
			}
		}
	}
	var out []typ
	seen := map[*decl]bool{}
	todo := []string{t.decls[0].name}
	for len(todo) > 0 && len(out) < maxTypes {
		name := todo[0]
		todo = todo[1:]
		for _, d := range q.subtypes[name] {
			if !seen[d] {
				seen[d] = true
				out = append(out, typ{decls: []*decl{d}})
				todo = append(todo, d.name)
			}
		}
	}
	return out
}

// inventory says in words which members a closure has: the evidence that a name is
// none of them.
func (c *closure) inventory(q *query) string {
	t := c.types[0]
	var names []string
	for _, n := range sortedKeys(c.members) {
		for _, d := range c.members[n] {
			if d.role != syntax.TypeParam && !slices.Contains(names, n) {
				names = append(names, n)
			}
		}
	}
	for _, n := range sortedKeys(c.lib) {
		if t.lib != nil && c.lib[n] == t.lib.name {
			names = append(names, n)
		}
	}
	const show = 12
	list := strings.Join(names[:min(show, len(names))], ", ")
	if len(names) > show {
		list += fmt.Sprintf(" and %d more", len(names)-show)
	}
	if list == "" {
		list = "nothing"
	}
	s := fmt.Sprintf("%s declares %s", t, list)
	var supers []string
	for _, u := range c.types[1:] {
		if u.lib != nil && u.lib.name == q.w.implicitSuper {
			continue
		}
		supers = append(supers, u.String())
	}
	switch {
	case len(supers) > 0 && len(supers) <= 4:
		s += "; supertypes " + strings.Join(supers, ", ") + " included"
	case len(supers) > 0:
		s += fmt.Sprintf("; its %d supertypes included", len(supers))
	default:
		s += "; no supertypes"
	}
	return s
}
