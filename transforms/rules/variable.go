package rules

import (
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// spot is a place in the golden where a variable can stand.
type spot struct {
	start, end int
	near       string // what the name should be like
	typ        string // of what stands there, as written
	worth      float64
	before     string // text that goes in front: a separator and a keyword
	trick      Trick
}

// variables puts an undeclared identifier into an argument of the golden.
func (s *scene) variables() []Candidate {
	spots := s.spots()
	slices.SortStableFunc(spots, func(a, b spot) int {
		x := a.worth + float64(s.hash("spot", a.near, string(rune(a.start-s.start)))%1000)*1e-3
		y := b.worth + float64(s.hash("spot", b.near, string(rune(b.start-s.start)))%1000)*1e-3
		switch {
		case x > y:
			return -1
		case x < y:
			return 1
		}
		return a.start - b.start
	})
	var out []Candidate
	for _, p := range spots[:min(len(spots), 6)] {
		var names []string
		if s.invent {
			names = s.inventions(p.near, ofValue)
		} else {
			names = s.best(p.near, s.variableNames(p), perPlace)
		}
		for _, n := range names {
			if !s.visible(n, p.start) {
				out = append(out, s.candidate(p.trick, p.start, p.end, p.before+n))
			}
		}
	}
	if s.sight != nil && !s.invent {
		out = append(s.otherValues(spots), out...)
	}
	return out
}

// spots are the identifiers and literals in the arguments of the golden's calls, at
// any depth.
func (s *scene) spots() []spot {
	var spots []spot
	calls := s.calls()
	literal := map[int]bool{}
	for _, c := range calls {
		if c.Macro && len(c.Args) == 0 {
			continue
		}
		var params []string
		g := s.signature(c, s.receiver(c))
		if g.known {
			params = g.names
		}
		for i, a := range c.Args {
			if s.isLiteral(a.Node) && a.ValueEnd-a.ValueStart <= 48 {
				literal[a.ValueStart] = true
				near := s.literalName(params, a, i, c.Name)
				worth := s.literalWorth(a, near)
				spots = append(spots, spot{a.ValueStart, a.ValueEnd, near, "", worth, "", TrickForLiteral})
			}
		}
		if k := len(c.Args); s.h.assign == "=" && s.longer && k > 0 && !g.rest {
			spots = append(spots, s.siblingKeyword(c, g)...)
		}
	}
	// Bare identifiers at any depth: operands, receivers, elements of lists. Of a call
	// only those in its arguments: its type arguments and name are no variables.
	call := slices.ContainsFunc(calls, func(c *syntax.Call) bool { return c.NameStart == s.from && s.endsWith(c) })
	for i := range s.f.Refs {
		r := &s.f.Refs[i]
		if !s.inGolden(r.Start, r.End) || r.InType || r.Called || r.Assigned || literal[r.Start] ||
			!identifier(r.Name) || s.reserved(r.Name) || s.locals[r.Name] ||
			call && !slices.ContainsFunc(calls, func(c *syntax.Call) bool {
				return c.ArgsStart < r.Start &&
					r.End < c.ArgsEnd
			}) {
			continue
		}
		d := s.binding(r.Name, r.Start)
		worth, typ := 0.2, ""
		if d != nil {
			if d.NameStart >= s.start && d.NameStart < s.end { // a lambda's own parameter
				continue
			}
			worth, typ = 0.8, d.Type
		} else if st := style(r.Name); st == "Pascal" && !s.h.short {
			continue // a type or a constant of a type
		}
		if (len(r.Name) > 5) != s.longer { // a short name can hardly become shorter
			worth += 0.3
		}
		spots = append(spots, spot{r.Start, r.End, r.Name, typ, worth, "", TrickVariable})
	}
	return spots
}

// literalWorth: a name in the place of a literal is longer than a number and
// shorter than a long string.
func (s *scene) literalWorth(a syntax.Arg, near string) float64 {
	if (len(near) > a.ValueEnd-a.ValueStart) == s.longer {
		return 0.5
	}
	return 0.1
}

func (s *scene) isLiteral(node int) bool {
	kind := s.f.Tree.Kind(node)
	return slices.Contains(s.f.Lang.Rules.Strings, kind) || slices.Contains(s.f.Lang.Rules.Literals, kind)
}

// siblingKeyword is the place for a keyword argument that another call of the same
// callee in the window has and this one lacks: find_all("p", attrs=…).
func (s *scene) siblingKeyword(c *syntax.Call, g signature) []spot {
	given := map[string]bool{}
	for i, a := range c.Args {
		given[a.Keyword] = true
		if i < len(g.names) {
			given[g.names[i]] = true
		}
	}
	end := c.Args[len(c.Args)-1].End
	var out []spot
	for i := range s.f.Calls {
		if o := &s.f.Calls[i]; o.Name == c.Name && o.NameStart != c.NameStart {
			for _, a := range o.Args {
				if a.Keyword != "" && !given[a.Keyword] {
					given[a.Keyword] = true
					out = append(out, spot{end, end, a.Keyword, "", 0.4, s.separator(c) + a.Keyword + s.h.assign,
						TrickSiblingKeyword})
				}
			}
		}
	}
	return out
}

// literalName is what a variable in a literal's place would be called: like the
// parameter that it fills, like the string that it replaces, or like the last words
// of the callee.
func (s *scene) literalName(params []string, a syntax.Arg, i int, callee string) string {
	if a.Keyword != "" {
		return a.Keyword
	}
	if i < len(params) && identifier(params[i]) && len(params[i]) > 2 {
		return params[i]
	}
	if content := strings.Trim(s.text(a.ValueStart, a.ValueEnd), "\"'`"); len(content) > 2 && len(content) < 24 && identifier(strings.NewReplacer("-", "_", " ", "_", ".", "_").Replace(content)) {
		return s.h.joinLike("x", subTokens(content))
	}
	t := subTokens(callee)
	return s.h.joinLike("x", t[max(0, len(t)-2):])
}

// variableNames scores names that are variables somewhere else and that nothing
// supplies here.
func (s *scene) variableNames(p spot) map[string]float64 {
	names := map[string]float64{}
	upper := style(p.near) == "UPPER" && len(p.near) > 1
	add := func(name string, worth float64, typ string) {
		if name == p.near || !identifier(name) || s.reserved(name) || slices.Contains(dull[:7], name) || !s.h.fitsStyle(p.near, name) && !(s.h.short && style(name) != "UPPER" && style(name) != "Pascal") {
			return
		}
		if (len(name) == 1 && len(p.near) > 4) || upper != (style(name) == "UPPER" && len(name) > 1) {
			return
		}
		if typ != "" && p.typ != "" {
			if typeName(typ) == typeName(p.typ) {
				worth += 0.25
			} else {
				worth -= 0.1
			}
		}
		names[name] = max(names[name], worth)
	}
	for i := range s.f.Decls {
		d := &s.f.Decls[i]
		switch d.Role {
		case syntax.Variable, syntax.Parameter:
			add(d.Name, 0.3, d.Type)
		case syntax.Field, syntax.Constant:
			add(d.Name, 0.25, d.Type)
		}
		for _, q := range d.Params {
			add(q.Name, 0.2, q.Type)
		}
	}
	if s.sight != nil { // a member, or a keyword, by its bare name
		for i := range s.f.Members {
			add(s.f.Members[i].Name, 0.2, "")
		}
		for i := range s.f.Calls {
			for _, a := range s.f.Calls[i].Args {
				add(a.Keyword, 0.2, "")
			}
		}
	}
	tokens := subTokens(p.near)
	s.pool.near[values].each(tokens, func(n string) { add(n, 0, "") })
	for name := range names {
		if s.visible(name, p.start) || s.packageLike(name) {
			delete(names, name)
		}
	}
	return names
}

// packageLike reports whether a name may be that of a package that is imported under
// another last part, or a module's.
func (s *scene) packageLike(name string) bool {
	if !s.h.short {
		return false
	}
	for i := range s.f.Imports {
		for _, it := range s.f.Imports[i].Items {
			if strings.HasSuffix(it.Module, name) || strings.HasSuffix(it.Module, "/go-"+name) {
				return true
			}
		}
	}
	return false
}
