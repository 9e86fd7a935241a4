package rules

import (
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// borrowed are argument lists that stand nearby with another callee, or that the function around
// would hand on, and that this callee does not take.
func (s *scene) borrowed(c *syntax.Call, g signature) []Candidate {
	var out []Candidate
	n := len(c.Args)
	named := n > 0 && c.Args[n-1].Keyword != ""
	tokens := subTokens(c.Name)
	// wrong reports whether a number of arguments is wrong here, as far as is known.
	wrong := func(k int) bool {
		switch {
		case k == n:
			return false
		case g.known:
			return k < g.min && !s.h.fewer || g.max >= 0 && k > g.max
		}
		return k > n || !s.h.fewer
	}
	list := func(trick Trick, text string) {
		out = append(out, s.real(trick, c.ArgsStart, c.ArgsEnd, text))
	}
	for _, o := range s.callsNearby(c) {
		k := len(o.Args)
		whole := s.text(o.ArgsStart, o.ArgsEnd)
		usable := k > 0 && len(whole) <= maxValue && s.seen(o.ArgsStart, o.ArgsEnd, c.Start) &&
			!slices.ContainsFunc(o.Args, func(a syntax.Arg) bool {
				return a.Spread || a.Keyword != "" || !simple(s.text(a.Start, a.End))
			})
		if usable && o.Name == c.Name && k > n && wrong(k) && !named {
			s.add(&out, TrickOverload, c, s.text(o.Args[n].Start, o.Args[k-1].End))
		}
		if usable && wrong(k) && !named && (related(tokens, o.Name) || s.shares(c, o)) {
			list(TrickSiblingList, whole)
		}
		if n > 0 && !named && wrong(n+1) {
			last := s.text(c.Args[n-1].Start, c.Args[n-1].End)
			for i := 0; i+1 < k; i++ {
				a, b := &o.Args[i], &o.Args[i+1]
				if !b.Spread && simple(s.text(b.ValueStart, b.ValueEnd)) && s.text(a.Start, a.End) == last &&
					s.seen(b.Start, b.End, c.Start) {
					trick := TrickNextArgument
					if b.Keyword != "" {
						trick = TrickBorrowedKeyword
					}
					if trick == TrickNextArgument || s.lacks(c, g, b.Keyword) {
						s.add(&out, trick, c, s.text(b.Start, b.End))
					}
				}
			}
		}
		for i := range o.Args {
			if a := &o.Args[i]; a.Keyword != "" && s.h.assign != "" && o.Name != c.Name && s.lacks(c, g, a.Keyword) &&
				simple(s.text(a.ValueStart, a.ValueEnd)) && s.seen(a.Start, a.End, c.Start) {
				s.add(&out, TrickBorrowedKeyword, c, s.text(a.Start, a.End))
			}
		}
	}
	if names := s.parametersAround(c); len(names) > 0 && wrong(len(names)) && !named && (n == 0 && c.NameStart == s.from ||
		slices.ContainsFunc(c.Args, func(a syntax.Arg) bool { return slices.Contains(names, s.text(a.Start, a.End)) })) {
		list(TrickForwarded, "("+strings.Join(names, ", ")+")")
	}
	return out[:min(len(out), 4*perPlace)]
}

// add adds text behind the last argument of a call.
func (s *scene) add(out *[]Candidate, trick Trick, c *syntax.Call, text string) {
	if len(c.Args) == 0 {
		*out = append(*out, s.real(trick, c.ArgsStart, c.ArgsEnd, "("+text+")"))
		return
	}
	end := c.Args[len(c.Args)-1].End
	*out = append(*out, s.real(trick, end, end, s.separator(c)+text))
}

// maxNearby bounds the calls that are borrowed from.
const maxNearby = 24

// callsNearby are the other calls of the window, the nearest first.
func (s *scene) callsNearby(c *syntax.Call) []*syntax.Call {
	far := func(o *syntax.Call) int { return max(o.Start-s.end, s.start-o.End, 0) }
	var out []*syntax.Call
	for i := range s.f.Calls {
		if o := &s.f.Calls[i]; !o.Macro && !o.TokenTree && !o.Decorator && o.ArgsEnd > o.ArgsStart &&
			(o.End <= s.start || o.Start >= s.end) && s.f.Src[o.ArgsStart] == '(' {
			out = append(out, o)
		}
	}
	slices.SortStableFunc(out, func(a, b *syntax.Call) int { return far(a) - far(b) })
	return out[:min(len(out), maxNearby)]
}

// seen reports whether all that a text reads or calls by its bare name is visible at a place too.
func (s *scene) seen(start, end, at int) bool {
	for i := range s.f.Refs {
		r := &s.f.Refs[i]
		if start <= r.Start && r.End <= end && !s.visible(r.Name, at) {
			return false
		}
	}
	// a lambda or block may bind names of its own
	return !slices.ContainsFunc(s.f.Decls, func(d syntax.Decl) bool { return start <= d.NameStart && d.NameEnd <= end })
}

// lacks reports whether a callee is not known to take a keyword, nor any that comes.
func (s *scene) lacks(c *syntax.Call, g signature, keyword string) bool {
	if !g.known || g.rest || g.keywords[keyword] || slices.ContainsFunc(c.Args, func(a syntax.Arg) bool {
		return a.Keyword == keyword || a.Spread
	}) {
		return false
	}
	for i := range s.f.Calls {
		if o := &s.f.Calls[i]; o.Name == c.Name && slices.ContainsFunc(o.Args, func(a syntax.Arg) bool {
			return a.Keyword == keyword
		}) {
			return false
		}
	}
	return true
}

// parametersAround are the parameters of the innermost function around a call, without those
// that take any number.
func (s *scene) parametersAround(c *syntax.Call) (out []string) {
	var in *syntax.Decl
	for i := range s.f.Decls {
		d := &s.f.Decls[i]
		if d.HasParams && d.Inner >= 0 && s.f.Scopes[d.Inner].Start <= c.Start && c.End <= s.f.Scopes[d.Inner].End &&
			(in == nil || s.f.Scopes[in.Inner].Start <= s.f.Scopes[d.Inner].Start) {
			in = d
		}
	}
	if in == nil || len(in.Params) > 4 {
		return nil
	}
	for _, p := range in.Params {
		if p.Variadic || p.KeywordRest || p.KeywordOnly || !identifier(p.Name) || s.binding(p.Name, c.Start) == nil {
			return nil
		}
		out = append(out, p.Name)
	}
	return out
}

// simple reports whether a value is one that a reader takes in at a glance: a name, a member, a
// literal.
func simple(text string) bool {
	return len(text) <= 24 && !strings.ContainsAny(text, "(){}[]\n?") && !strings.Contains(text, " ") || len(text) <= 16 &&
		len(text) > 1 && strings.Trim(text, "\"'`") == text[1:len(text)-1]
}

// shares reports whether two calls have an argument in common.
func (s *scene) shares(c, o *syntax.Call) bool {
	return slices.ContainsFunc(c.Args, func(a syntax.Arg) bool {
		return slices.ContainsFunc(o.Args, func(b syntax.Arg) bool {
			return s.text(a.Start, a.End) == s.text(b.Start, b.End)
		})
	})
}
