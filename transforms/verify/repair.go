package verify

import (
	"cmp"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
	"decoy/transforms/text"
)

// candidates are what may stand at a wrong place instead, the likeliest first: what the golden
// has there, then what exists. They are looked up by the same closures and scopes that refuse
// the wrong name, and each text is checked as a whole before it counts as a repair. That says that
// its names exist, and nothing of types: so a name has to be about the same as the wrong one
// (alikeEnough), which was meant as one, or the whole text the golden's, and arguments are the golden's for
// the same callee or the sample's under other keywords. Without such a one there is no repair: of 281
// that were taken for being the nearest, a Go type checker refused 221.
func (p *whole) candidates(e *spot) []string {
	var out []string
	add := func(all ...string) {
		for _, s := range all {
			if s != "" && s != e.name && !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	switch {
	case e.item != nil:
		add(p.importCandidates(e)...)
	case e.call != nil && e.typ == schemas.TypeParameter:
		return p.argumentCandidates(e)
	case e.call != nil:
		add(p.goldenCallees(e)...)
		add(likest(e.name, p.callable(e.call))...)
	case e.ref != nil:
		add(likest(e.name, p.goldenNames(e.ref))...)
		add(p.visible(e)...)
	}
	head, tail := string(p.n.f.Src[p.n.start:max(e.start, p.n.start)]), string(p.n.f.Src[min(e.end, p.n.end):p.n.end])
	golden := string(p.g.f.Src[p.g.start:p.g.end])
	return slices.DeleteFunc(out, func(s string) bool {
		return e.item == nil && text.Similarity(strings.ToLower(e.name), strings.ToLower(s)) < alikeEnough &&
			strings.TrimSpace(head+s+tail) != strings.TrimSpace(golden)
	})
}

// likest orders names by their likeness to one.
func likest(to string, names []string) []string {
	names = slices.Clone(names)
	slices.Sort(names)
	names = slices.Compact(names)
	like := make(map[string]float64, len(names))
	for _, n := range names {
		like[n] = text.Similarity(strings.ToLower(to), strings.ToLower(n))
	}
	slices.SortStableFunc(names, func(a, b string) int { return cmp.Compare(like[b], like[a]) })
	return names
}

// goldenCallees are the names that the golden calls, first those of the same receiver, each
// part by their likeness.
func (p *whole) goldenCallees(e *spot) []string {
	recv := p.n.receiverText(e.call)
	var same, others []string
	for _, c := range p.g.touched() {
		switch {
		case c.NameEnd <= p.g.start || !isName(c.Name) || c.Ctor != e.call.Ctor:
		case p.g.receiverText(c) == recv:
			same = append(same, c.Name)
		default:
			others = append(others, c.Name)
		}
	}
	return append(likest(e.name, same), likest(e.name, others)...)
}

// goldenNames are the bare names that the golden uses as a name is used.
func (p *whole) goldenNames(r *syntax.Ref) (out []string) {
	for i := range p.g.f.Refs {
		g := &p.g.f.Refs[i]
		if g.Start < p.g.end && g.End > p.g.start && p.g.useOf(g) == p.n.useOf(r) {
			out = append(out, g.Name)
		}
	}
	return out
}

// callable are the names that can be called in the place of a call's.
func (p *whole) callable(c *syntax.Call) (out []string) {
	s := p.n
	if c.Recv < 0 {
		for i := range s.f.Decls {
			d := &s.f.Decls[i]
			if (d.HasParams || d.Inner >= 0 && c.Ctor) && s.within(c.Scope, d.Scope) && s.seen(d, c.Scope) {
				out = append(out, d.Name)
			}
		}
		for _, f := range s.repo.dirs[s.file.folder] {
			for _, d := range f.decls {
				if s.w.siblings == folderNames && d.owner == "" && d.callable && s.family(f) {
					out = append(out, d.name)
				}
			}
		}
		for _, im := range s.imports(c.Scope) {
			if im.name != "" {
				out = append(out, im.local)
			}
		}
		return out
	}
	switch e := s.receiver(c, 0); e.kind {
	case aModule:
		return s.exports(e.mod)
	case aValue, aType, aSupertype:
		cl := s.closureOf(e.typ)
		for name, ds := range cl.members {
			if slices.ContainsFunc(ds, func(d *decl) bool { return d.callable && d.role != syntax.Constructor }) {
				out = append(out, name)
			}
		}
		for name, of := range cl.lib {
			if of != s.w.implicitSuper { // what every object has is meant by nobody
				out = append(out, name)
			}
		}
	}
	return out
}

// exports are the names that a module of the archive or the library declares.
func (s *site) exports(m module) (out []string) {
	for name := range m.lib {
		out = append(out, name)
	}
	for _, f := range m.files {
		for _, d := range f.decls {
			if m.holds(d) && d.role != syntax.Module {
				out = append(out, d.name)
			}
		}
	}
	return out
}

// alikeEnough is the likeness from which a name is taken before a nearer one.
const alikeEnough = 0.5

// visible are the names that may be read in the place of a bare one: first those that are much
// like it, then by how near they are declared, the innermost scope first.
func (p *whole) visible(e *spot) []string {
	s, r := p.n, e.ref
	type near struct {
		name            string
		like            float64
		depth, distance int
	}
	var all []near
	for i := range s.f.Decls {
		d := &s.f.Decls[i]
		fits := d.Role == syntax.Variable || d.Role == syntax.Parameter || d.Role == syntax.Constant ||
			d.Role == syntax.Field && s.w.bareMembers
		switch {
		case r.InType:
			fits = d.Inner >= 0 && !d.HasParams || d.Role == syntax.TypeAlias
		case r.Called:
			fits = d.HasParams
		}
		if !fits || d.Name == "_" || !s.within(r.Scope, d.Scope) || !s.seen(d, r.Scope) ||
			s.ordered(d) && d.End > r.Start || s.isReceiver(d) && s.useOf(r) != asReceiver {
			continue
		}
		depth := 0
		for sc := r.Scope; sc != d.Scope && sc >= 0; sc = s.f.Scopes[sc].Parent {
			depth++
		}
		all = append(all, near{d.Name, text.Similarity(strings.ToLower(e.name), strings.ToLower(d.Name)), depth,
			max(d.NameStart-r.Start, r.Start-d.NameStart)})
	}
	slices.SortStableFunc(all, func(a, b near) int {
		if a.like >= alikeEnough || b.like >= alikeEnough {
			return cmp.Or(cmp.Compare(b.like, a.like), cmp.Compare(a.distance, b.distance))
		}
		return cmp.Or(cmp.Compare(a.depth, b.depth), cmp.Compare(a.distance, b.distance))
	})
	var out []string
	for _, n := range all {
		out = append(out, n.name)
	}
	if s.useOf(r) == asReceiver || s.useOf(r) == asRoot {
		var locals []string
		for _, im := range s.imports(r.Scope) {
			if isName(im.local) {
				locals = append(locals, im.local)
			}
		}
		out = append(out, likest(e.name, locals)...)
	}
	return out
}

// isReceiver reports whether a parameter is the receiver of its method: it is none of the
// parameters that the declaration lists.
func (s *site) isReceiver(d *syntax.Decl) bool {
	if d.Role != syntax.Parameter {
		return false
	}
	k := s.f.Scopes[d.Scope].Decl
	return k >= 0 && s.f.Decls[k].HasParams && !slices.ContainsFunc(s.f.Decls[k].Params,
		func(p syntax.Param) bool { return p.Name == d.Name })
}

// importCandidates are names of the module, or modules, that an item may bring in.
func (p *whole) importCandidates(e *spot) (out []string) {
	written := func(s *site, start, end int) string { return string(s.f.Src[start:end]) }
	name := e.rule == ruleImportName && e.start == e.item.NameStart && e.item.NameEnd > e.item.NameStart
	for _, g := range p.g.importItems() {
		if name && g.NameEnd > g.NameStart {
			out = append(out, written(p.g, g.NameStart, g.NameEnd))
		} else if !name && g.ModEnd > g.ModStart {
			out = append(out, written(p.g, g.ModStart, g.ModEnd))
		}
	}
	if name {
		return append(out, likest(e.name, p.n.exports(p.n.w.module(p.n.query, e.item.Module, p.n.file)))...)
	}
	if written(p.n, e.start, e.end) != e.item.Module { // modules are not written as they are named
		return out
	}
	var modules []string
	for _, m := range sortedKeys(p.n.repo.imported) {
		if text.Similarity(m, e.item.Module) >= alikeEnough {
			modules = append(modules, m)
		}
	}
	return append(out, likest(e.item.Module, modules)...)
}

// argumentCandidates are argument lists, or what of them is the sample's: the sample's with a
// keyword renamed or left out, without the last ones that are too many, with what the golden
// passes beyond them; then the golden's.
func (p *whole) argumentCandidates(e *spot) []string {
	s, c := p.n, e.call
	written := string(s.f.Src[e.start:e.end])
	recv := s.receiverText(c)
	var out []string
	var golden *syntax.Call
	for _, g := range p.g.touched() {
		if g.Name == c.Name && p.g.receiverText(g) == recv && g.ArgsEnd > 0 {
			golden = g
			break
		}
	}
	replaced := func(from, to int, with string) string {
		return written[:from-e.start] + with + written[to-e.start:]
	}
	own := func(a syntax.Arg) bool { return a.Start >= e.start && a.End <= e.end }
	without := func(from, to int) string { // arguments from … to-1
		switch {
		case to < len(c.Args) && own(c.Args[to]):
			return replaced(c.Args[from].Start, c.Args[to].Start, "")
		case from > 0 && own(c.Args[from-1]):
			return replaced(c.Args[from-1].End, c.Args[to-1].End, "")
		}
		return replaced(c.Args[from].Start, c.Args[to-1].End, "")
	}
	for _, sig := range s.target(c).sigs {
		names, most := parametersOf(sig)
		given := map[string]bool{}
		positional := 0
		for _, a := range c.Args {
			if a.Keyword == "" {
				positional++
			}
			given[a.Keyword] = true
		}
		for i, a := range c.Args {
			if a.Keyword == "" || !own(a) || slices.Contains(names, a.Keyword) {
				continue
			}
			for _, n := range likest(a.Keyword, names) {
				if !given[n] && text.Similarity(a.Keyword, n) >= alikeEnough {
					out = append(out, replaced(a.Start, a.Start+len(a.Keyword), n))
				}
			}
			out = append(out, without(i, i+1))
		}
		if over := positional - most; over > 0 && over <= positional && own(c.Args[most]) && own(c.Args[positional-1]) {
			out = append(out, without(most, positional))
		}
		if positional < len(names) && positional == len(c.Args) && c.ArgsEnd <= e.end {
			out = append(out, p.longer(e, names, golden)...)
		}
	}
	if golden != nil { // it changes most
		if from, to := max(golden.ArgsStart, p.g.start), min(golden.ArgsEnd, p.g.end); from < to {
			out = append(out, string(p.g.f.Src[from:to]))
		}
	}
	return out
}

// longer are argument lists with what a declaration asks for beyond them, which the golden passes.
func (p *whole) longer(e *spot, names []string, golden *syntax.Call) (out []string) {
	c, src := e.call, p.n.f.Src
	head := strings.TrimRight(string(src[e.start:e.end-1]), " \t\r\n")
	for i := len(c.Args); i < len(names); i++ {
		with := ""
		switch {
		case golden != nil && i < len(golden.Args) && golden.Args[i].Keyword == "":
			with = string(p.g.f.Src[golden.Args[i].Start:golden.Args[i].End])
		default:
			return out
		}
		if strings.HasSuffix(head, ",") {
			head += " " + with
		} else if i > 0 {
			head += ", " + with
		} else {
			head += with
		}
		out = append(out, head+string(src[e.end-1:e.end]))
	}
	return out
}

// parametersOf are the names that a signature's positional parameters have, in their order,
// and how many arguments it takes at most.
func parametersOf(g signature) (names []string, most int) {
	if g.decl == nil {
		return nil, g.lib.n
	}
	for _, p := range g.decl.params {
		if !p.variadic && !p.keywordRest {
			names = append(names, p.name)
			if !p.keywordOnly {
				most++
			}
		}
	}
	return names, most
}
