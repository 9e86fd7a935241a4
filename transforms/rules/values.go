package rules

import (
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// scopeBytes is how far away a variable of another scope may be declared.
const scopeBytes = 1000

// maxValue bounds the text that a name replaces.
const maxValue = 48

// otherValues are undeclared variables that a model would have written: those of a block or
// function above, one that is called as the parameter that it fills, a member of an object of
// another function. A member without its object (timeout for self.timeout) is no negative: it
// reads no name that the golden has not.
func (s *scene) otherValues(spots []spot) []Candidate {
	var out []Candidate
	free := func(name string) bool {
		return len(name) > 1 && identifier(name) && !s.visible(name, s.start) && !s.packageLike(name) &&
			!slices.Contains(dull[:7], name)
	}
	for _, c := range s.calls() {
		out = append(out, s.byParameter(c, free)...)
	}
	for _, p := range append(spots[:min(len(spots), 6):min(len(spots), 6)], s.members()...) {
		if p.before != "" {
			continue
		}
		tokens := subTokens(p.near)
		for _, trick := range []Trick{TrickLeftScope, TrickLaterScope} {
			for _, n := range s.otherScope(p, trick == TrickLaterScope) {
				if p.trick == TrickVariable || related(tokens, n) {
					out = append(out, s.real(trick, p.start, p.end, n))
				}
			}
		}
		for _, n := range s.usualValues(p, tokens, free) {
			out = append(out, s.real(TrickUsualVariable, p.start, p.end, n))
		}
		if p.trick == TrickVariable {
			for _, m := range s.foreign(p) {
				out = append(out, s.real(TrickForeignObject, p.start, p.end, m))
			}
		}
	}
	return out
}

// members are the arguments of the golden's calls that are members of something.
func (s *scene) members() (out []spot) {
	for _, c := range s.calls() {
		for _, a := range c.Args {
			text := s.text(a.ValueStart, a.ValueEnd)
			if dot := strings.LastIndexAny(text, ".:>"); dot >= 0 && simple(text) && !s.isLiteral(a.Node) {
				out = append(out, spot{start: a.ValueStart, end: a.ValueEnd, near: text[dot+1:], trick: TrickVariable})
			}
		}
	}
	return out
}

// byParameter names a call's values as the keywords or parameters that they fill, or a string
// as what it says.
func (s *scene) byParameter(c *syntax.Call, free func(string) bool) []Candidate {
	var out []Candidate
	g := s.signature(c, s.receiver(c))
	for i, a := range c.Args {
		text := s.text(a.ValueStart, a.ValueEnd)
		if a.Spread || len(text) > maxValue || strings.Contains(text, "\n") || !s.inGolden(a.ValueStart, a.ValueEnd) {
			continue
		}
		name := a.Keyword
		if name == "" && g.known && i < len(g.names) {
			name = g.names[i]
		}
		if free(name) && !slices.Contains(onlyIn(text, ""), name) {
			out = append(out, s.real(TrickByParameter, a.ValueStart, a.ValueEnd, name))
		}
		if said := strings.Trim(text, "\"'`"); len(said) == len(text)-2 && len(said) > 2 && s.isLiteral(a.Node) &&
			identifier(said) && style(said) != "Pascal" && (s.h.words == "" || style(said) == "lower" ||
			style(said) == s.h.words || style(said) == "UPPER") && free(said) {
			out = append(out, s.real(TrickByContent, a.ValueStart, a.ValueEnd, said))
		}
	}
	return out
}

// otherScope are variables of blocks and functions that have ended above a place, or that begin
// below it, the nearest first.
func (s *scene) otherScope(p spot, below bool) []string {
	far := map[string]float64{}
	for i := range s.f.Decls {
		d := &s.f.Decls[i]
		by, scope := p.start-d.NameStart, &s.f.Scopes[d.Scope]
		if below {
			by = -by
		}
		if d.Role != syntax.Variable && d.Role != syntax.Parameter || by <= 0 || by > scopeBytes ||
			scope.Start <= p.start && p.start <= scope.End || d.Name == p.near || !identifier(d.Name) ||
			!s.h.fitsStyle(p.near, d.Name) || len(d.Name) == 1 && len(p.near) > 2 || slices.Contains(dull, d.Name) ||
			s.visible(d.Name, p.start) || s.packageLike(d.Name) {
			continue
		}
		if old, ok := far[d.Name]; !ok || -float64(by) > old {
			far[d.Name] = -float64(by)
		}
	}
	return bySign(s.text(p.start, p.end), byWorth(far), perSign)
}

// usualValues are the names that the corpus gives most often to what is about the same.
func (s *scene) usualValues(p spot, tokens []string, free func(string) bool) []string {
	var names []string
	for _, n := range s.pool.usual[values].related(tokens) {
		if n != p.near && s.h.fitsStyle(p.near, n) && free(n) {
			names = append(names, n)
		}
	}
	return bySign(s.text(p.start, p.end), names, perSign)
}

// foreign are members that the window reads of an object that is not visible at a place and
// that are called like the variable there: opts.limit for limit.
func (s *scene) foreign(p spot) []string {
	far := map[string]float64{}
	for i := range s.f.Members {
		m := &s.f.Members[i]
		object := s.text(m.ObjStart, m.ObjEnd)
		if m.Called || m.Start >= s.start && m.End <= s.end || !identifier(object) || style(object) == "Pascal" ||
			m.NameEnd != m.End || s.visible(object, p.start) || s.packageLike(object) ||
			m.Name != p.near && nearness(p.near, subTokens(p.near), m.Name) < .5 || slices.Contains(dull[:7], object) {
			continue
		}
		text := s.text(m.Start, m.End)
		at := float64(max(m.Start-s.end, s.start-m.End))
		if old, ok := far[text]; !ok || -at > old {
			far[text] = -at
		}
	}
	list := byWorth(far)
	return list[:min(len(list), perSign)]
}
