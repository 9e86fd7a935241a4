package rules

import (
	"strings"

	"decoy/transforms/syntax"
)

// otherKeyword adds a keyword argument, or renames one, with a keyword that other
// calls take.
func (s *scene) otherKeyword(c *syntax.Call, g signature) []Candidate {
	taken := map[string]bool{}
	for k := range g.keywords {
		taken[k] = true
	}
	for i := range s.f.Calls {
		if o := &s.f.Calls[i]; o.Name == c.Name {
			for _, a := range o.Args {
				taken[a.Keyword] = true
			}
		}
	}
	var rename *syntax.Arg
	near := c.Name
	if len(g.names) > 0 {
		near = g.names[s.hash("near")%uint64(len(g.names))]
	}
	for i := range c.Args {
		if a := &c.Args[i]; a.Keyword != "" && s.inGolden(a.Start, a.Start+len(a.Keyword)) &&
			s.text(a.Start, a.Start+len(a.Keyword)) == a.Keyword {
			if rename == nil || s.hash("rename", a.Keyword)%2 == 0 {
				rename, near = a, a.Keyword
			}
		}
	}
	if rename == nil && !g.known {
		return nil
	}
	names := map[string]float64{}
	add := func(name string, worth float64) {
		if len(name) > 1 && identifier(name) && !taken[name] && !s.reserved(name) && style(name) != "UPPER" &&
			style(name) != "Pascal" && !strings.HasPrefix(name, "_") && (s.h.words == "" || style(name) == "lower" ||
			style(name) == s.h.words) {
			names[name] = max(names[name], worth)
		}
	}
	tokens := subTokens(near)
	if s.invent {
		for _, n := range s.inventions(near, ofValue) {
			add(n, 0)
		}
	} else {
		for i := range s.f.Calls {
			for _, a := range s.f.Calls[i].Args {
				add(a.Keyword, 0.3)
			}
		}
		for i := range s.f.Decls {
			for _, p := range s.f.Decls[i].Params {
				add(p.Name, 0.15)
			}
		}
		s.pool.near[keywords].each(tokens, func(n string) { add(n, 0) })
		s.pool.near[values].each(tokens, func(n string) { add(n, 0) })
	}
	var out []Candidate
	for _, n := range s.best(near, names, perPlace) {
		if rename != nil {
			out = append(out, s.candidate(TrickKeywordRenamed, rename.Start, rename.Start+len(rename.Keyword), n))
			continue
		}
		form := n + s.h.assign + s.valueFor(n, c)
		if len(c.Args) == 0 {
			out = append(out, s.candidate(TrickKeywordAdded, c.ArgsStart, c.ArgsEnd, "("+form+")"))
			continue
		}
		end := c.Args[len(c.Args)-1].End
		out = append(out, s.candidate(TrickKeywordAdded, end, end, s.separator(c)+form))
	}
	return out
}

// valueFor is a value that a reader would expect after a keyword: the variable of
// that name where there is one, what such keywords usually take otherwise.
func (s *scene) valueFor(keyword string, c *syntax.Call) string {
	if d := s.binding(keyword, c.Start); d != nil && d.NameEnd <= c.Start {
		return keyword
	}
	for _, t := range subTokens(keyword) {
		switch t {
		case "is", "use", "has", "enable", "enabled", "allow", "with", "no", "skip", "include", "verbose", "strict",
			"should", "force":
			return s.h.literals[0]
		case "num", "count", "size", "index", "offset", "length", "max", "min", "limit", "timeout", "retries", "line",
			"depth":
			return s.h.literals[3+s.hash("number", keyword)%2][:1]
		}
	}
	return s.h.literals[int(s.hash("keyword value", keyword)%2)]
}
