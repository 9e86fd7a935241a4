package rules

import (
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// borrower makes the candidates of one call.
type borrower struct {
	*scene
	c     *syntax.Call
	g     signature
	named bool // the last argument has a keyword: nothing without one can come behind it
	out   []Candidate
}

// borrowed are argument lists that stand nearby with another callee, or that the function around
// would hand on, and that this callee does not take.
func (s *scene) borrowed(c *syntax.Call, g signature) []Candidate {
	n := len(c.Args)
	b := &borrower{scene: s, c: c, g: g, named: n > 0 && c.Args[n-1].Keyword != ""}
	tokens := subTokens(c.Name)
	for _, o := range s.callsNearby(c) {
		if !b.named {
			b.list(o, tokens)
			b.next(o)
		}
		b.keyword(o)
	}
	names := s.parametersAround(c)
	shared := n == 0 && c.NameStart == s.from || slices.ContainsFunc(c.Args, func(a syntax.Arg) bool {
		return slices.Contains(names, s.text(a.Start, a.End))
	})
	if len(names) > 0 && shared && !b.named && b.wrong(len(names)) {
		b.out = append(b.out, s.real(TrickForwarded, c.ArgsStart, c.ArgsEnd, "("+strings.Join(names, ", ")+")"))
	}
	return b.out[:min(len(b.out), 4*perPlace)]
}

// wrong reports whether a number of arguments is wrong here, as far as is known.
func (b *borrower) wrong(k int) bool {
	n := len(b.c.Args)
	switch {
	case k == n:
		return false
	case b.g.known:
		return k < b.g.min && !b.h.fewer || b.g.max >= 0 && k > b.g.max
	}
	return k > n || !b.h.fewer
}

// add adds text behind the last argument.
func (b *borrower) add(trick Trick, text string) {
	c := b.c
	if len(c.Args) == 0 {
		b.out = append(b.out, b.real(trick, c.ArgsStart, c.ArgsEnd, "("+text+")"))
		return
	}
	end := c.Args[len(c.Args)-1].End
	b.out = append(b.out, b.real(trick, end, end, b.separator(c)+text))
}

// list borrows all arguments of a call, or of one of the same name those that are more.
func (b *borrower) list(o *syntax.Call, tokens []string) {
	k, n := len(o.Args), len(b.c.Args)
	if k == 0 || !b.wrong(k) || o.ArgsEnd-o.ArgsStart > maxValue || !b.seen(o.ArgsStart, o.ArgsEnd, b.c.Start) ||
		slices.ContainsFunc(o.Args, func(a syntax.Arg) bool {
			return a.Spread || a.Keyword != "" || !simple(b.text(a.Start, a.End))
		}) {
		return
	}
	if o.Name == b.c.Name && k > n {
		b.add(TrickOverload, b.text(o.Args[n].Start, o.Args[k-1].End))
	}
	if related(tokens, o.Name) || b.shares(b.c, o) {
		whole := b.text(o.ArgsStart, o.ArgsEnd)
		b.out = append(b.out, b.real(TrickSiblingList, b.c.ArgsStart, b.c.ArgsEnd, whole))
	}
}

// next borrows what a call has behind the same argument as is the last one here.
func (b *borrower) next(o *syntax.Call) {
	n := len(b.c.Args)
	if n == 0 || !b.wrong(n+1) {
		return
	}
	last := b.text(b.c.Args[n-1].Start, b.c.Args[n-1].End)
	for i := 0; i+1 < len(o.Args); i++ {
		x, y := &o.Args[i], &o.Args[i+1]
		if b.text(x.Start, x.End) == last && y.Keyword == "" && !y.Spread && simple(b.text(y.Start, y.End)) &&
			b.seen(y.Start, y.End, b.c.Start) {
			b.add(TrickNextArgument, b.text(y.Start, y.End))
		}
	}
}

// keyword borrows a call's keywords with their values.
func (b *borrower) keyword(o *syntax.Call) {
	if b.h.assign == "" || o.Name == b.c.Name {
		return
	}
	for i := range o.Args {
		a := &o.Args[i]
		if a.Keyword != "" && simple(b.text(a.ValueStart, a.ValueEnd)) && b.lacks(b.c, b.g, a.Keyword) &&
			b.seen(a.Start, a.End, b.c.Start) {
			b.add(TrickBorrowedKeyword, b.text(a.Start, a.End))
		}
	}
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
	if n := len(text); n > 1 && n <= 16 && strings.Trim(text, "\"'`") == text[1:n-1] {
		return true
	}
	return len(text) <= 24 && !strings.ContainsAny(text, "(){}[]\n? ")
}

// shares reports whether two calls have an argument in common.
func (s *scene) shares(c, o *syntax.Call) bool {
	return slices.ContainsFunc(c.Args, func(a syntax.Arg) bool {
		return slices.ContainsFunc(o.Args, func(b syntax.Arg) bool {
			return s.text(a.Start, a.End) == s.text(b.Start, b.End)
		})
	})
}
