package verify

import (
	"fmt"
	"strings"

	"decoy/transforms/syntax"
)

// parameter checks every call of an unchanged name whose arguments have changed.
func (p *pair) parameter() verdict {
	var vs []verdict
	for _, cp := range p.callPairs() {
		if cp.g == nil || cp.g.Name != cp.n.Name || cp.n.Macro || cp.n.ArgsEnd == 0 || cp.g.ArgsEnd == 0 ||
			!p.argumentsDiffer(cp) {
			continue
		}
		vs = append(vs, p.arguments(cp))
	}
	return pick(vs)
}

// argumentsDiffer reports whether count, keywords or spreads of two calls differ,
// or the arguments are the same ones in another order.
func (p *pair) argumentsDiffer(cp callPair) bool {
	n, g := cp.n.Args, cp.g.Args
	if len(n) != len(g) {
		return true
	}
	for i := range n {
		if n[i].Keyword != g[i].Keyword || n[i].Spread != g[i].Spread ||
			string(p.n.f.Src[n[i].Start:n[i].End]) != string(p.g.f.Src[g[i].Start:g[i].End]) {
			return true
		}
	}
	return false
}

// begins reports whether a call's arguments begin with all of the golden's.
func (p *pair) begins(cp callPair) bool {
	n, g := cp.n.Args, cp.g.Args
	for i := range g {
		if i >= len(n) || n[i].Spread || string(p.n.f.Src[n[i].Start:n[i].End]) !=
			string(p.g.f.Src[g[i].Start:g[i].End]) {
			return false
		}
	}
	return true
}

func (p *pair) arguments(cp callPair) verdict {
	t := p.n.target(cp.n)
	if t.why != "" {
		return verdict{ruleCount, abstain("%s", t.why)}
	}
	var refusals []string
	rule := ruleKeyword
	for _, sig := range t.sigs {
		why, keyword := p.n.refuses(sig, cp.n)
		if why == "" {
			if len(cp.n.Args) == len(cp.g.Args) {
				return verdict{ruleCount, abstain("%s takes that many arguments; their types are not compared",
					sig.words())}
			}
			return verdict{ruleCount, exists("%s takes these arguments", sig.words())}
		}
		if !keyword {
			rule = ruleCount
		}
		refusals = append(refusals, why)
	}
	controlled := false
	for _, sig := range p.g.target(cp.g).sigs {
		if why, _ := p.g.refuses(sig, cp.g); why == "" {
			controlled = true
		}
	}
	if !controlled {
		return verdict{ruleControl, abstain("no declaration that %s is taken for takes the golden's arguments",
			cp.g.Name)}
	}
	weak := t.weak
	if p.n.w.anyCount && p.begins(cp) {
		return verdict{ruleCount, abstain("the language ignores what comes behind the arguments that it had")}
	}
	if p.n.w.anyCount {
		weak = "the language ignores arguments that have no parameter; a type checker does not"
	}
	if len(refusals) > 3 {
		refusals = append(refusals[:3:3], fmt.Sprintf("and %d more declarations refuse it too", len(refusals)-3))
	}
	return verdict{rule, certain(weak, "%s", strings.Join(refusals, "; "))}
}

// signature is one way to call: a declaration's parameters or a list's count.
type signature struct {
	decl *decl
	name string
	lib  arity
}

func (g signature) words() string {
	if g.decl == nil {
		plus := ""
		if g.lib.variadic {
			plus = " or more"
		}
		return fmt.Sprintf("%s takes %d%s arguments (standard library)", g.name, g.lib.n, plus)
	}
	var names []string
	for _, p := range g.decl.params {
		n := p.name
		switch {
		case p.variadic:
			n = "..." + n
		case p.keywordRest:
			n = "**" + n
		case p.optional:
			n += "?"
		}
		names = append(names, n)
	}
	return fmt.Sprintf("%s(%s) at %s", g.decl.full(), strings.Join(names, ", "), g.decl.at())
}

// target is all that a call can call; why says that it is not known.
type target struct {
	sigs []signature
	weak string
	why  string
}

func noTarget(format string, args ...any) target { return target{why: fmt.Sprintf(format, args...)} }

// target resolves what a call calls to signatures.
func (s *site) target(c *syntax.Call) target {
	if s.rooted(c) {
		return noTarget("::%s is looked up at the root", c.Name)
	}
	if c.Recv >= 0 && !c.Ctor {
		e := s.receiver(c, 0)
		if t, ok := s.listed(e, c.Name); ok {
			return t
		}
	}
	var e entity
	switch {
	case c.Ctor && c.Recv < 0:
		e = s.named(c.Name, c.Scope, 0)
		if e.kind != aType {
			return noTarget("the type %s is not resolved: %s", c.Name, e.why)
		}
	case c.Ctor:
		v := s.result(c, 0)
		if v.kind != aValue {
			return noTarget("%s", v.why)
		}
		e = entity{kind: aType, typ: v.typ}
	default:
		e = s.callee(c, 0)
	}
	switch e.kind {
	case aFunction:
		if e.open != "" {
			return noTarget("%s", e.open)
		}
		t := target{weak: e.weak}
		if e.through == aSupertype && s.w.linear {
			t.weak = "super() may mean another base"
		}
		for _, d := range e.decls {
			switch {
			case !d.callable:
				return noTarget("the parameters of %s (%s) are not written", d.full(), d.at())
			case d.decorated:
				return noTarget("%s (%s) is decorated", d.full(), d.at())
			case d.open:
				return noTarget("%s (%s) is not written in full", d.full(), d.at())
			case e.through == aType && !d.static && !s.w.staticOnly && d.owner != "":
				return noTarget("%s (%s) is called through its type", d.full(), d.at())
			}
			t.sigs = append(t.sigs, signature{decl: d})
		}
		return t
	case aType:
		return s.constructors(e.typ, c)
	}
	if e.why == "" {
		e.why = "the callee is not a function"
	}
	return noTarget("%s", e.why)
}

// listed takes a count of parameters from the library's list.
func (s *site) listed(e entity, name string) (target, bool) {
	var a arity
	ok := false
	switch {
	case e.kind == aModule && e.mod.state == standard:
		a, ok = e.mod.lib[name]
		name = e.mod.name + "." + name
	case e.kind == aValue && e.typ.lib != nil:
		a, ok = e.typ.lib.members[name]
		name = e.typ.lib.name + "." + name
	}
	if !ok || a.n < 0 {
		return target{}, false
	}
	return target{sigs: []signature{{name: name, lib: a}}}, true
}

// constructors are the signatures with which a type is constructed: those of the
// nearest type that declares any. Where a compiler or library writes them, there
// is no target.
func (s *site) constructors(t typ, c *syntax.Call) target {
	if t.lib != nil || len(t.decls) == 0 {
		return noTarget("the constructors of %s are not listed", t)
	}
	cl := s.closureOf(t)
	if s.w.allocator != "" && (cl.dynamic != "" || len(cl.members[s.w.allocator]) > 0) {
		return noTarget("how %s is constructed can be changed: %s", t, cl.dynamic)
	}
	var out target
	for _, u := range cl.types {
		if u.lib != nil {
			break
		}
		for _, d := range u.decls {
			if d.decorated || d.open && s.w.extends == nil {
				return noTarget("%s (%s) may have constructors that are not written", d.full(), d.at())
			}
			for _, m := range s.own(d) {
				if m.role != syntax.Constructor || s.w.initializer != "" && m.name != s.w.initializer {
					continue
				}
				if !m.callable || m.decorated || m.open {
					return noTarget("a constructor of %s (%s) is not written in full", d.full(), m.at())
				}
				out.sigs = append(out.sigs, signature{decl: m})
			}
		}
		if len(out.sigs) > 0 || !s.w.inheritsInit {
			break
		}
		if s.w.linear && len(cl.types) > 1 && strings.Count(strings.Join(supersOf(u.decls[0]), ","), ",") > 0 {
			return noTarget("%s has several bases", u)
		}
		if len(supersOf(u.decls[0])) == 0 {
			break
		}
	}
	if len(out.sigs) == 0 {
		return noTarget("%s writes no constructor", t)
	}
	if len(c.Args) < s.w.implicit {
		return noTarget("%s may be copied or converted from one value", t)
	}
	if s.w.unread != nil {
		out.weak = s.w.unread(s)
	}
	return out
}

// refuses says why a signature does not take a call's arguments, "" where it may.
// keyword: because of a keyword.
func (s *site) refuses(g signature, c *syntax.Call) (why string, keyword bool) {
	positional, spread := 0, false
	var keywords []string
	for _, a := range c.Args {
		switch {
		case a.Spread:
			spread = true
		case a.Keyword != "" && s.w.keywords:
			keywords = append(keywords, a.Keyword)
		default:
			positional++
		}
	}
	if k := s.f.Tree.Kind(s.f.Tree.At(c.ArgsStart, c.ArgsEnd)); k == "generator_expression" {
		return "", false // f(x for x in xs) has one argument
	}
	if s.w.several && len(c.Args) == 1 {
		if _, ok := at(s.calls, c.Args[0].Node); ok {
			return "", false // f(g()) passes all of g's results
		}
	}
	if g.decl == nil {
		if !spread && (positional < g.lib.n || positional > g.lib.n && !g.lib.variadic) {
			return fmt.Sprintf("%s; %d are given", g.words(), positional), false
		}
		return "", false
	}
	places, required, rest, keywordRest := 0, 0, false, false
	byName := map[string]int{}
	for _, p := range g.decl.params {
		switch {
		case p.keywordRest:
			keywordRest = true
			continue
		case p.variadic:
			rest = true
			byName[p.name] = places
			continue
		case p.keywordOnly:
			byName[p.name] = -1
		default:
			if !p.pos {
				byName[p.name] = places
			}
			if !p.optional {
				required++
			}
			places++
		}
	}
	for _, k := range keywords {
		at, ok := byName[strings.TrimPrefix(k, "@")]
		if !ok && !keywordRest {
			return fmt.Sprintf("%s has no parameter %s", g.words(), k), true
		}
		if ok && at >= 0 && at < positional && s.w.onceEach && !spread {
			return fmt.Sprintf("%s is given %s twice", g.words(), k), true
		}
	}
	if spread {
		return "", false
	}
	if positional > places && !rest {
		return fmt.Sprintf("%s takes at most %d positional arguments; %d are given", g.words(), places, positional),
			false
	}
	if s.w.fewer {
		return "", false
	}
	if len(keywords) == 0 {
		if positional < required {
			return fmt.Sprintf("%s takes at least %d arguments; %d are given", g.words(), required, positional), false
		}
		for _, p := range g.decl.params {
			if p.keywordOnly && !p.optional {
				return fmt.Sprintf("%s needs the keyword %s", g.words(), p.name), true
			}
		}
		return "", false
	}
	given := map[string]bool{}
	for _, k := range keywords {
		given[strings.TrimPrefix(k, "@")] = true
	}
	// Which of the rest a positional argument fills is left open: an extension
	// method's first parameter stands before the dot or in the list.
	missing := 0
	for _, p := range g.decl.params {
		switch {
		case p.variadic || p.keywordRest || p.optional || given[p.name]:
		case p.keywordOnly:
			return fmt.Sprintf("%s needs the keyword %s", g.words(), p.name), true
		default:
			missing++
		}
	}
	if missing > positional {
		return fmt.Sprintf("%s needs %d more arguments", g.words(), missing-positional), false
	}
	return "", false
}
