package rules

import (
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// variables puts an undeclared identifier into an argument of the golden.
func variables(s *scene) []Candidate {
	type spot struct {
		start, end int
		near       string // what the name should be like
		literal    bool
	}
	var spots []spot
	for _, c := range s.calls() {
		params, _ := s.repo.signature(c.Name)
		for i, a := range c.Args {
			text := string(s.f.Src[a.ValueStart:a.ValueEnd])
			near := text
			switch {
			case identifier(text) && !s.selfName(text):
			case s.isLiteral(a.Node) && len(text) <= 80:
				near = s.paramName(params, a, i, c.Name)
				spots = append(spots, spot{a.ValueStart, a.ValueEnd, near, true})
				continue
			default:
				continue
			}
			spots = append(spots, spot{a.ValueStart, a.ValueEnd, near, false})
		}
	}
	// Bare identifiers deeper in the arguments: a.b(x + y), operands and receivers.
	for i := range s.f.Refs {
		r := &s.f.Refs[i]
		if s.inGolden(r.Start, r.End) && r.Start > s.start && !r.InType && !r.Called && identifier(r.Name) && !s.selfName(r.Name) &&
			!slices.ContainsFunc(spots, func(p spot) bool { return p.start == r.Start }) && s.insideArgs(r.Start) {
			spots = append(spots, spot{r.Start, r.End, r.Name, false})
		}
	}
	slices.SortStableFunc(spots, func(a, b spot) int {
		if a.literal != b.literal {
			if a.literal {
				return 1
			}
			return -1
		}
		return int(s.hash("spot", a.near)%1024) - int(s.hash("spot", b.near)%1024)
	})
	var out []Candidate
	for _, p := range spots {
		if s.invent {
			for _, n := range invented(p.near, false, s.known) {
				out = append(out, Candidate{s.replaced(p.start, p.end, n), true})
			}
			continue
		}
		for _, n := range s.best(s.variableNames(p.near, p.start), 5) {
			out = append(out, Candidate{Text: s.replaced(p.start, p.end, n.name)})
		}
	}
	return out
}

func (s *scene) selfName(name string) bool {
	return slices.Contains(s.f.Lang.Rules.SelfNames, name) || slices.Contains(s.f.Lang.Rules.Predeclared, name)
}

func (s *scene) isLiteral(node int) bool {
	kind := s.f.Tree.Kind(node)
	return slices.Contains(s.f.Lang.Rules.Strings, kind) || slices.Contains(s.f.Lang.Rules.Literals, kind)
}

func (s *scene) insideArgs(at int) bool {
	return slices.ContainsFunc(s.calls(), func(c *syntax.Call) bool { return c.ArgsStart < at && at < c.ArgsEnd })
}

// paramName is the name of the parameter that an argument fills, or the last word
// of the callee.
func (s *scene) paramName(params []string, a syntax.Arg, i int, callee string) string {
	if a.Keyword != "" {
		return a.Keyword
	}
	if i < len(params) {
		if p := strings.Trim(params[i], "*?=/"); identifier(p) {
			return p
		}
	}
	t := subTokens(callee)
	return t[len(t)-1]
}

// variableNames scores names that are variables somewhere else and that nothing
// supplies here.
func (s *scene) variableNames(near string, at int) map[string]float64 {
	names := map[string]float64{}
	add := func(name string, base float64) {
		if name != near && identifier(name) && !s.selfName(name) && style(name) != "Pascal" && (style(near) == style(name) || style(name) != "UPPER") {
			names[name] = max(names[name], base+nearness(near, name))
		}
	}
	for i := range s.f.Decls {
		switch d := &s.f.Decls[i]; d.Role {
		case syntax.Variable, syntax.Parameter:
			add(d.Name, 0.6)
		case syntax.Field:
			add(d.Name, 0.5)
		}
		for _, p := range s.f.Decls[i].Params {
			add(p.Name, 0.5)
		}
	}
	for _, role := range []string{"parameter", "variable"} {
		for _, n := range s.pool.similar(role, near) {
			add(n, 0)
		}
	}
	for name := range names {
		if s.visible(name, at) || s.inFolder(name) || s.ownMember(name, at) || s.declaredOutside(name) {
			delete(names, name)
		}
	}
	return names
}

// declaredOutside reports whether the repository declares name at the top level of
// any file: includes, wildcard imports and namespaces may bring it here.
func (s *scene) declaredOutside(name string) bool {
	return s.repo.top[name]
}
