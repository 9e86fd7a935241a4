package verify

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// state is what is known of a module.
type state uint8

const (
	external state = iota // not of this repository, and no list has it
	present               // files of this repository
	standard              // in a list of the standard library
	absent                // its place is known and it is not there
)

// module is a resolved module path: the files that make it up, or its list.
type module struct {
	state state
	name  string
	files []*file
	owner string // the namespace inside of the files, "" for file level
	flat  bool   // names of any owner in the files count
	tail  bool   // owner is the end of a longer path
	loose bool   // open because of how it is written, not because of what is not read
	lib   map[string]arity
	sure  bool   // absent: nothing unread could be it
	why   string // absent: what was looked at
	open  string // present: why not all of its names are known
}

func missing(sure bool, name, format string, args ...any) module {
	return module{state: absent, name: name, sure: sure, why: fmt.Sprintf(format, args...)}
}

// found is what a look-up of a name says: declarations or another place that binds
// it, and if there is none, why there could be one after all.
type found struct {
	decls []*decl
	where string // how the name is bound, "" for not at all
	open  string
	loose bool
}

// export looks a name up among those that a module gives.
func (q *query) export(m module, name string) found { return q.exportOf(m, name, map[*file]bool{}) }

func (q *query) exportOf(m module, name string, seen map[*file]bool) found {
	switch m.state {
	case standard:
		if _, ok := m.lib[name]; ok {
			return found{where: "the standard library's " + m.name}
		}
		if slices.Contains(q.w.later, name) {
			return found{where: "a later version of the standard library's " + m.name}
		}
		return found{}
	case present:
	default:
		return found{open: fmt.Sprintf("%s is not read", m.name)}
	}
	out := found{open: m.open, loose: m.loose}
	for _, f := range m.files {
		if f.unread {
			out.open = fmt.Sprintf("%s is not read", f.path)
		}
		if q.w.executed && generatedName(path.Base(f.path)) {
			out.open = fmt.Sprintf("%s looks generated and may make its names when it is imported", f.path)
		}
		for _, d := range f.decls {
			if !m.holds(d) {
				continue
			}
			if q.macroLike(d) {
				out.open = fmt.Sprintf("a macro hides declarations: %s (%s)", d.name, d.at())
			}
			if d.name == name {
				out.decls = append(out.decls, d)
				out.where = d.at()
			}
			if d.name == "__getattr__" && d.owner == "" {
				out.open = fmt.Sprintf("%s has a module __getattr__", f.path)
			}
		}
		if o, ok := q.madeIn(f, name); ok {
			if o.named() {
				out.where = o.at()
			} else {
				out.open, out.loose = fmt.Sprintf("%s may make names", o.at()), false
			}
		}
		for _, o := range f.opens {
			if o.reach == syntax.OpenMembers && o.owner == syntax.Exports && o.gives(name) {
				out.open, out.loose = fmt.Sprintf("%s may export names", o.at()), false
			}
		}
		for _, im := range f.imports {
			if im.local == "__getattr__" && q.w.executed {
				out.open = fmt.Sprintf("%s has a module __getattr__", f.path)
			}
			if im.local == name || im.local == "" && im.name == name {
				out.where = fmt.Sprintf("%s:%d imports it", f.path, im.line)
			}
		}
	}
	if out.where != "" {
		return out
	}
	for _, o := range q.repo.modules {
		if q.family(o.file) && o.name == m.name {
			out.open = o.at()
		}
	}
	for _, f := range m.files {
		if seen[f] {
			continue // imports of everything can go in a circle
		}
		seen[f] = true
		for _, im := range f.imports {
			if im.local != "*" {
				continue
			}
			if q.w.reopens != nil {
				if why := q.w.reopens(q, im, f); why != "" {
					out.open = why
				}
				continue
			}
			sub := q.exportOf(q.w.module(q, im.module, f), name, seen)
			if sub.where != "" {
				return sub
			}
			if sub.open != "" {
				out.open, out.loose = fmt.Sprintf("%s imports everything from %s", f.path, im.module), false
			}
		}
	}
	return out
}

// macroLike reports whether a declaration's name looks like a macro's: the parser
// took a macro for the name, and what it declares in truth is not seen.
func (q *query) macroLike(d *decl) bool {
	if q.w.macro == nil || len(d.name) < 4 || !q.w.macro(d.name) {
		return false
	}
	switch d.role {
	case syntax.Function, syntax.Method, syntax.Variable, syntax.Field, syntax.Class, syntax.Constructor:
		return true
	}
	return false
}

// holds reports whether a declaration of one of the module's files is a name of the
// module's. Members of enums count: some languages put them around the enum.
func (m module) holds(d *decl) bool {
	switch {
	case m.flat || d.owner == m.owner:
		return true
	case m.tail:
		return strings.HasSuffix(d.owner, "."+m.owner) || d.role == syntax.EnumMember
	}
	return m.owner == "" && d.role == syntax.EnumMember
}

var generatedParts = list("generated parts")

// generatedName matches names that builds usually make.
func generatedName(base string) bool {
	base = strings.ToLower(base)
	return slices.ContainsFunc(generatedParts, func(s string) bool { return strings.Contains(base, s) })
}
