package verify

import (
	"fmt"
	"regexp"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// method checks every call whose name has changed.
func (p *pair) method() verdict {
	var vs []verdict
	for _, cp := range p.callPairs() {
		if !p.changed(cp.n.NameStart, cp.n.NameEnd) || cp.g != nil && cp.g.Name == cp.n.Name {
			continue
		}
		if cp.n.Macro {
			vs = append(vs, verdict{ruleCallee, abstain("%s is a macro", cp.n.Name)})
			continue
		}
		v := p.n.called(cp.n)
		if v.status == schemas.StatusCertified || v.status == schemas.StatusUnseen {
			if why := p.uncontrolled(cp); why != "" {
				v = verdict{ruleControl, abstain("%s", why)}
			}
		}
		vs = append(vs, v)
	}
	return pick(vs)
}

// uncontrolled says why the golden does not confirm what the callee's owner is
// taken for, "" where it does: the same owner must have the golden's name.
func (p *pair) uncontrolled(cp callPair) string {
	if cp.g == nil || cp.g.Recv < 0 != (cp.n.Recv < 0) {
		return "the golden has no call at this place"
	}
	if g := p.g.called(cp.g); g.status != schemas.StatusExists {
		return fmt.Sprintf("the golden's own %s is not found either: %s", cp.g.Name, g.why)
	}
	return ""
}

// called looks up what a call calls.
func (s *site) called(c *syntax.Call) verdict {
	if !isName(strings.TrimPrefix(c.Name, "#")) {
		return verdict{ruleMember, abstain("what is called has no name")}
	}
	if s.rooted(c) {
		return verdict{ruleCallee, abstain("::%s is looked up at the root", c.Name)}
	}
	if c.Recv < 0 {
		u := asCallee
		if c.Ctor {
			u = asType
		}
		return verdict{ruleCallee, s.bare(c.Name, c.Scope, c.NameStart, u)}
	}
	e := s.receiver(c, 0)
	switch e.kind {
	case aModule:
		return verdict{ruleExport, s.exported(e, c.Name)}
	case aValue, aType, aSupertype:
		if e.kind == aType && s.w.typesApart && len(e.typ.decls) > 0 && e.typ.decls[0].role != syntax.Class &&
			e.typ.decls[0].role != syntax.Enum {
			return verdict{ruleMember, abstain("%s is a type, and the receiver is a value of the same name", e.typ)}
		}
		return verdict{ruleMember, s.memberOf(e, c)}
	case aFunction:
		return verdict{ruleMember, abstain("the receiver is a function")}
	}
	return verdict{ruleMember, abstain("%s", e.why)}
}

// rooted reports whether a called name stands after a "::" that nothing precedes.
func (s *site) rooted(c *syntax.Call) bool {
	return c.Recv < 0 && s.w.path != nil &&
		strings.HasSuffix(strings.TrimSpace(string(s.f.Src[max(0, c.NameStart-8):c.NameStart])), "::")
}

// exported looks a called name up in a module.
func (s *site) exported(e entity, name string) finding {
	x := s.export(e.mod, name)
	if x.where != "" {
		return exists("%s has %s: %s", e.mod.name, name, x.where)
	}
	if s.w.submodules {
		if sub := s.w.module(s.query, e.mod.name+"."+name, s.file); sub.state == present || sub.state == standard {
			return exists("%s is a module of %s", name, e.mod.name)
		}
	}
	if x.open != "" && !x.loose {
		return abstain("%s", x.open)
	}
	weak := e.weak
	if weak == "" {
		weak = x.open
	}
	if e.mod.state == standard {
		if s.w.varies != nil && s.w.varies(e.mod.name) {
			weak = "the list is of one version and platform"
		}
		return certain(weak, "the standard library's %s has %d names in its list, none is %s",
			e.mod.name, len(e.mod.lib), name)
	}
	if s.w.brings != nil {
		if f := s.w.brings(s, e, name); f.status != "" {
			return f
		}
	}
	return certain(weak, "%s declares %s; no %s", e.mod.name, s.listing(e.mod), name)
}

// certain is certified, or unseen where something is weak.
func certain(weak, format string, args ...any) finding {
	why := fmt.Sprintf(format, args...)
	if weak != "" {
		return finding{schemas.StatusUnseen, why + "; " + weak}
	}
	return finding{schemas.StatusCertified, why}
}

// listing says what a module's files declare.
func (s *site) listing(m module) string {
	var names, files []string
	for _, f := range m.files {
		files = append(files, f.path)
		for _, d := range f.decls {
			if m.holds(d) && d.role != syntax.Module && !slices.Contains(names, d.name) {
				names = append(names, d.name)
			}
		}
	}
	slices.Sort(names)
	const show = 10
	list := strings.Join(names[:min(show, len(names))], ", ")
	if len(names) > show {
		list += fmt.Sprintf(" and %d more", len(names)-show)
	}
	if len(files) > 3 {
		files = append(files[:3:3], fmt.Sprintf("%d more files", len(files)-3))
	}
	return fmt.Sprintf("(%s) %s", strings.Join(files, ", "), list)
}

// memberOf looks a called name up among the members of the receiver's type.
func (s *site) memberOf(e entity, c *syntax.Call) finding {
	cl := s.closureOf(e.typ)
	if h := s.has(cl, c.Name); h != "" {
		return exists("%s has the member: %s", e.typ, h)
	}
	if s.w.ownName != nil && s.w.ownName(c.Name) {
		return abstain("%s is a name of the language's own", c.Name)
	}
	for _, sub := range s.below(e.typ) {
		if h := s.closureOf(sub).members[c.Name]; len(h) > 0 {
			return exists("a subtype has the member: %s (%s)", h[0].full(), h[0].at())
		}
	}
	if len(cl.members) == 0 && (e.typ.lib == nil || len(e.typ.lib.members) == 0) {
		return abstain("no member of %s is seen at all", e.typ)
	}
	if at := s.usedElsewhere(c); at != "" {
		return abstain("%s is called on the same receiver at %s", c.Name, at)
	}
	if s.w.extends != nil {
		for _, d := range s.repo.byName[c.Name] {
			if s.family(d.file) && (d.role == syntax.Method || d.role == syntax.Function) &&
				s.w.extends(d) {
				return abstain("%s (%s) may extend any type", d.full(), d.at())
			}
		}
	}
	if at := s.narrowed(c); at != "" {
		return abstain("the receiver may be of a closer type there: %s", at)
	}
	if slices.Contains(s.w.later, c.Name) {
		return abstain("later versions of the library have %s", c.Name)
	}
	if s.w.dynamic != nil && e.self {
		if m := s.w.dynamic.find(string(s.f.Src)); m != "" {
			return abstain("the window has %q, which can add members that are not written", m)
		}
	}
	if o, ok := s.mayMake(cl, c.Name); ok {
		return o.finding(c.Name)
	}
	if s.w.brings != nil {
		if f := s.w.brings(s, e, c.Name); f.status != "" {
			return f
		}
	}
	if f := s.unreadIn(s.file.folder); f != nil && e.self && !s.w.typed {
		return abstain("%s may hold a subtype and is not read", f.path)
	}
	if cl.dynamic != "" && !(s.w.extends != nil && !cl.unreadFile()) {
		return abstain("%s", cl.dynamic)
	}
	if s.w.macro != nil && len(cl.unread) > 0 {
		return abstain("a base is not read, or stands behind a macro: %s", cl.unread[0])
	}
	weak := e.weak
	switch {
	case len(cl.unread) > 0:
		weak = "not read: " + strings.Join(cl.unread[:min(3, len(cl.unread))], ", ")
	case cl.dynamic != "":
		weak = cl.dynamic
	case s.w.extends != nil:
		weak = "code that is not read can extend the type"
	case e.typ.lib != nil && s.w.versions != "":
		weak = "the list is of " + s.w.versions
	case s.w.unread != nil:
		if unread := s.w.unread(s); unread != "" {
			weak = unread
		}
	}
	return certain(weak, "%s; no %s", cl.inventory(s.query), c.Name)
}

// narrowed is where the window tests what the receiver is: flow decides its type
// then, where types are structural or checked at run time.
func (s *site) narrowed(c *syntax.Call) string {
	if !s.w.narrows {
		return ""
	}
	for i := range s.f.Members {
		m := &s.f.Members[i]
		if m.NameStart != c.NameStart {
			continue
		}
		recv := string(s.f.Src[m.ObjStart:m.ObjEnd])
		if len(recv) > 80 || slices.Contains(s.w.self, recv) {
			return ""
		}
		name := regexp.QuoteMeta(recv)
		test := regexp.MustCompile(`(^|[^\w.])` + name +
			`\s+instanceof\b|\b(isinstance|issubclass|hasattr|is[A-Z_]\w*|assert\w*)\(\s*` + name +
			`\b|['"\x60]\s+in\s+` + name + `\b|\btypeof\s+` + name + `\b|\btype\(` + name + `\)`)
		return test.FindString(string(s.f.Src))
	}
	return ""
}

// unreadFile reports whether a file of the closure was not read at all.
func (c *closure) unreadFile() bool { return strings.HasSuffix(c.dynamic, "is not read") }

// usedElsewhere is where the same receiver's text is used with that name outside of
// the completion: whatever the types say, somebody wrote it.
func (s *site) usedElsewhere(c *syntax.Call) string {
	recv := ""
	for i := range s.f.Members {
		if m := &s.f.Members[i]; m.NameStart == c.NameStart {
			recv = string(s.f.Src[m.ObjStart:m.ObjEnd])
		}
	}
	for i := range s.f.Members {
		m := &s.f.Members[i]
		if m.Name == c.Name && (m.NameStart < s.start || m.NameStart >= s.end) && recv != "" &&
			string(s.f.Src[m.ObjStart:m.ObjEnd]) == recv {
			return s.at(m.NameStart)
		}
	}
	return ""
}
