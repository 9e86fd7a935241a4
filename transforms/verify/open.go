package verify

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// opening is a symbol of what makes names that no declaration writes.
type opening struct {
	file        *file
	line        int64
	reach       syntax.Reach
	owner, name string
	what        string
}

// at says what and where it is, for evidence.
func (o opening) at() string { return fmt.Sprintf("%s (%s:%d)", o.what, o.file.path, o.line) }

// gives reports whether the opening may make a name.
func (o opening) gives(name string) bool {
	before, after, ok := strings.Cut(o.name, "*")
	if !ok {
		return o.name == name
	}
	if o.name == syntax.Any {
		return true
	}
	return len(name) > len(before)+len(after) && strings.HasPrefix(name, before) && strings.HasSuffix(name, after)
}

// named reports whether it makes that one name and no others: then the name is there.
func (o opening) named() bool { return !strings.Contains(o.name, "*") }

// finding says what an opening that gives a name means for it.
func (o opening) finding(name string) finding {
	if o.named() {
		return exists("%s is made by %s", name, o.at())
	}
	return abstain("%s may make %s", o.at(), name)
}

// open sorts a file's openings by what they reach. With the file stay those that are
// asked for by their file.
func (r *Repo) open(f *file) {
	var own []opening
	for _, o := range f.opens {
		switch o.reach {
		case syntax.OpenMembers:
			switch o.owner {
			case syntax.Any, syntax.Exports:
				own = append(own, o)
			case syntax.AnyType:
				setOf(r.ofAny, f.language).add(o)
			default:
				r.openers[o.owner] = append(r.openers[o.owner], o)
			}
		case syntax.OpenGlobal:
			setOf(r.globals, f.language).add(o)
		case syntax.OpenMacro:
			if o.owner != syntax.Any {
				r.macros[o.owner] = append(r.macros[o.owner], o)
			}
			if o.owner == syntax.Any || o.named() { // what a macro of a known name may make beside, its calls say
				setOf(r.made, f.language).add(o)
			}
		case syntax.OpenPackage:
			r.packaged[f.folder] = append(r.packaged[f.folder], o)
		case syntax.OpenFile:
			own = append(own, o)
		case syntax.OpenModules:
			r.modules = append(r.modules, o)
		case syntax.OpenPath:
			own, r.places = append(own, o), append(r.places, o)
		}
	}
	f.opens = own
}

// madeIn is the opening of a file, or of a file of its folder, that may make a name
// of the module that the file is; a named one first.
func (q *query) madeIn(f *file, name string) (opening, bool) {
	var any opening
	found := false
	take := func(os []opening, reach syntax.Reach) bool {
		for _, o := range os {
			if o.reach != reach || !o.gives(name) || q.w.closes != nil && q.w.closes(q, o, name) {
				continue
			}
			if !found || o.named() {
				any, found = o, true
			}
			if o.named() {
				return true
			}
		}
		return false
	}
	if take(f.opens, syntax.OpenFile) {
		return any, true
	}
	if take(q.repo.packaged[f.folder], syntax.OpenPackage) {
		return any, true
	}
	for _, x := range q.repo.openers[moduleName(f)] {
		if q.family(x.file) && x.gives(name) {
			return x, true
		}
	}
	for _, x := range q.repo.openers[syntax.Packages] {
		inside := strings.HasPrefix(x.file.path, f.folder+"/") && stem(f.path) == f.folder+"/__init__"
		if inside && q.family(x.file) && x.gives(name) {
			return x, true
		}
	}
	return any, found
}

// opensAny reports whether a file may add any name to its module.
func (f *file) opensAny() bool {
	return slices.ContainsFunc(f.opens, func(o opening) bool {
		return o.reach == syntax.OpenFile && o.name == syntax.Any
	})
}

// moduleName is the last name of a file's module.
func moduleName(f *file) string {
	p := stem(f.path)
	if last := p[strings.LastIndexByte(p, '/')+1:]; last != "__init__" && last != "mod" && last != "index" {
		return last
	}
	p = folder(p)
	return p[strings.LastIndexByte(p, '/')+1:]
}

// madeGlobal is the opening that may make a name that every file sees.
func (q *query) madeGlobal(name string) (opening, bool) {
	if o, ok := q.fromFamily(q.repo.globals, name); ok || !q.w.configured {
		return o, ok
	}
	return q.repo.globals[""].gives(name) // of the settings
}

// openMembers adds to a closure what openings add to a type.
func (q *query) openMembers(c *closure, d *decl) {
	for _, o := range q.repo.openers[d.name] {
		q.openMember(c, o)
	}
	for _, o := range q.repo.openers[syntax.InModule+moduleName(d.file)] {
		q.openMember(c, o)
	}
	for _, o := range d.file.opens {
		if o.reach == syntax.OpenMembers && o.owner == syntax.Any {
			q.openMember(c, o)
		}
	}
	if q.w.members != byFolder {
		return
	}
	if why := q.goMadeOf(d.file.folder); why != "" {
		c.dynamic = why
	}
	for _, o := range q.repo.packaged[d.file.folder] {
		if !(q.w.closes != nil && q.w.closes(q, o, "")) {
			q.openMember(c, o)
		}
	}
}

func (q *query) openMember(c *closure, o opening) {
	switch {
	case !q.family(o.file) && o.file.language != "": // of the settings
	case o.named():
		c.made[o.name] = o.at()
	default:
		c.patterns = append(c.patterns, o)
	}
}

// unreadNamed is a file of the archive that is named like a type and was not read, or
// is in another language, nil for none.
func (q *query) unreadNamed(written string) *file {
	bare := q.bare(written)
	if bare == "" {
		return nil
	}
	parts := q.parts(bare)
	for _, f := range q.repo.stems[parts[len(parts)-1]] {
		if f.unread || slices.Contains(jvmSources, path.Ext(f.path)) {
			return f
		}
	}
	return nil
}

// unreadBeside is a file that was not read and whose declarations would be in the
// same package, namespace or crate as a file's, nil for none.
func (q *query) unreadBeside(f *file) *file {
	for _, x := range q.unreadFiles() {
		if q.w.members == byRepo || x.folder == f.folder {
			return x
		}
	}
	return nil
}
