package rules

import (
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// parameters changes the argument list of one call: an argument too many, one too
// few, or a keyword that the callee does not know.
func parameters(s *scene) []Candidate {
	calls := s.calls()
	slices.SortStableFunc(calls, func(a, b *syntax.Call) int { return s.signatureRank(b) - s.signatureRank(a) })
	var out []Candidate
	for _, c := range calls {
		params, known := s.repo.signature(c.Name)
		if s.signatureOpen(c) {
			continue
		}
		required, total := counts(params)
		given := len(c.Args)
		more := !known || given >= total
		less := given > 0 && (!known || given <= required)
		var ways []func(*syntax.Call) []Candidate
		if more {
			ways = append(ways, s.oneMore)
		}
		if less {
			ways = append(ways, s.oneLess)
		}
		if s.hash("way", c.Name)%2 == 1 {
			slices.Reverse(ways)
		}
		if keyword := s.f.Lang.Rules.Keyword; keyword.Node != "" {
			ways = append([]func(*syntax.Call) []Candidate{s.otherKeyword}, ways...)
			if s.hash("keyword first", c.Name)%3 == 0 {
				ways = append(ways[1:], ways[0])
			}
		}
		for _, w := range ways {
			out = append(out, w(c)...)
		}
	}
	return out
}

// counts are the required and the total number of positional parameters, from
// their written forms.
func counts(params []string) (required, total int) {
	for _, p := range params {
		if strings.HasPrefix(p, "**") || strings.Contains(p, "=") {
			continue
		}
		total++
		if !strings.HasSuffix(p, "?") {
			required++
		}
	}
	return required, total
}

// signatureRank prefers callees whose parameters the repository declares.
func (s *scene) signatureRank(c *syntax.Call) int {
	if _, ok := s.repo.signature(c.Name); ok {
		return 1
	}
	return 0
}

// signatureOpen reports whether a count can say nothing: the call spreads a list,
// or a declaration of that name takes any number.
func (s *scene) signatureOpen(c *syntax.Call) bool {
	if slices.ContainsFunc(c.Args, func(a syntax.Arg) bool { return a.Spread }) {
		return true
	}
	return slices.ContainsFunc(s.repo.functions[c.Name], func(f schemas.Symbol) bool { return f.Variadic })
}

// oneMore appends an argument: a variable that is visible here and near in its
// words to the others, or a literal. It is right in itself; only the callee has no
// place for it.
func (s *scene) oneMore(c *syntax.Call) []Candidate {
	if len(c.Args) > 0 && c.Args[len(c.Args)-1].Keyword != "" {
		return nil
	}
	names := map[string]float64{}
	around := c.Name
	for _, a := range c.Args {
		around += "_" + string(s.f.Src[a.ValueStart:a.ValueEnd])
	}
	if len(around) > 120 {
		around = c.Name
	}
	for i := range s.f.Decls {
		d := &s.f.Decls[i]
		if d.Role != syntax.Variable && d.Role != syntax.Parameter || !identifier(d.Name) || d.NameStart > c.Start {
			continue
		}
		sc := s.f.Scopes[d.Scope]
		local := sc.Kind == syntax.FunctionScope || sc.Kind == syntax.BlockScope
		used := slices.ContainsFunc(c.Args, func(a syntax.Arg) bool { return string(s.f.Src[a.ValueStart:a.ValueEnd]) == d.Name })
		if local && sc.Start <= c.Start && c.End <= sc.End && !used && !slices.Contains(s.f.Lang.Rules.SelfNames, d.Name) {
			names[d.Name] = nearness(around, d.Name)
		}
	}
	var values []string
	for _, n := range s.best(names, 4) {
		values = append(values, n.name)
	}
	literals := literalsOf[s.c.Language]
	k := int(s.hash("literal") % uint64(len(literals)))
	values = append(values, literals[k], literals[(k+1)%len(literals)])
	if s.hash("literal first", c.Name)%4 == 0 && len(values) > 2 {
		values = append(values[len(values)-2:], values[:len(values)-2]...)
	}
	var out []Candidate
	for _, v := range values {
		if len(c.Args) == 0 {
			out = append(out, Candidate{Text: s.replaced(c.ArgsStart, c.ArgsEnd, "("+v+")")})
			continue
		}
		end := c.Args[len(c.Args)-1].End
		out = append(out, Candidate{Text: s.replaced(end, end, s.separator(c)+v)})
	}
	return out
}

// separator is what stands between the last two arguments.
func (s *scene) separator(c *syntax.Call) string {
	if n := len(c.Args); n > 1 {
		if sep := string(s.f.Src[c.Args[n-2].End:c.Args[n-1].Start]); strings.TrimSpace(sep) == "," {
			return sep
		}
	}
	return ", "
}

// oneLess takes an argument away: the last, or one that the hash picks.
func (s *scene) oneLess(c *syntax.Call) []Candidate {
	n := len(c.Args)
	drop := func(i int) Candidate {
		start, end := c.Args[i].Start, c.Args[i].End
		switch {
		case i > 0:
			start = c.Args[i-1].End
		case n > 1:
			end = c.Args[1].Start
		}
		return Candidate{Text: s.replaced(start, end, "")}
	}
	out := []Candidate{drop(n - 1)}
	if k := int(s.hash("drop") % uint64(n)); k != n-1 {
		out = append(out, drop(k))
	}
	return out
}

// otherKeyword adds or renames a keyword argument, with a keyword that other calls
// take.
func (s *scene) otherKeyword(c *syntax.Call) []Candidate {
	params, _ := s.repo.signature(c.Name)
	taken := map[string]bool{}
	for _, p := range params {
		taken[strings.Trim(p, "*?=/")] = true
	}
	for _, f := range s.repo.functions[c.Name] {
		for _, p := range f.Params {
			taken[strings.Trim(p, "*?=/")] = true
		}
	}
	for i := range s.f.Calls {
		if o := &s.f.Calls[i]; o.Name == c.Name {
			for _, a := range o.Args {
				taken[a.Keyword] = true
			}
		}
	}
	names := map[string]float64{}
	near := c.Name
	var rename *syntax.Arg
	for i := range c.Args {
		if a := &c.Args[i]; a.Keyword != "" {
			rename, near = a, a.Keyword
		}
	}
	add := func(name string, base float64) {
		if identifier(name) && !taken[name] {
			names[name] = max(names[name], base+nearness(near, name))
		}
	}
	for i := range s.f.Calls {
		for _, a := range s.f.Calls[i].Args {
			add(a.Keyword, 0.6)
		}
	}
	for i := range s.f.Decls {
		if d := &s.f.Decls[i]; d.HasParams && d.Name != c.Name {
			for _, p := range d.Params {
				add(p.Name, 0.4)
			}
		}
	}
	for _, n := range s.pool.similar("keyword", near) {
		add(n, 0)
	}
	if len(names) < 4 {
		for _, n := range s.pool.byRole["keyword"] {
			if len(names) >= 40 {
				break
			}
			add(n.Name, 0)
		}
	}
	var out []Candidate
	if s.invent {
		for _, n := range invented(near, false, s.known) {
			names = map[string]float64{n: 1}
			break
		}
	}
	literals := literalsOf[s.c.Language]
	for i, n := range s.best(names, 4) {
		if rename != nil && s.hash("rename")%2 == 0 {
			end := rename.Start + len(rename.Keyword)
			if s.inGolden(rename.Start, end) {
				out = append(out, Candidate{s.replaced(rename.Start, end, n.name), s.invent})
				continue
			}
		}
		value := literals[int(s.hash("keyword value")+uint64(i))%len(literals)]
		form := n.name + s.assign(c) + value
		if len(c.Args) == 0 {
			out = append(out, Candidate{s.replaced(c.ArgsStart, c.ArgsEnd, "("+form+")"), s.invent})
			continue
		}
		end := c.Args[len(c.Args)-1].End
		out = append(out, Candidate{s.replaced(end, end, s.separator(c)+form), s.invent})
	}
	return out
}

// assign is what stands between a keyword and its value in this language.
func (s *scene) assign(*syntax.Call) string {
	if a, ok := keywordAssign[s.c.Language]; ok {
		return a
	}
	return "="
}

// keywordAssign is what joins a keyword to its value where that is not "=".
var keywordAssign = map[string]string{schemas.CSharp: ": "}

// literalsOf are literals that fit in many places.
var literalsOf = map[string][]string{
	schemas.Cpp:        {"true", "0", "nullptr", "false", "1"},
	schemas.CSharp:     {"true", "null", "false", "0", "1"},
	schemas.Go:         {"true", "nil", "0", "false", "1"},
	schemas.Java:       {"true", "null", "false", "0", "1"},
	schemas.JavaScript: {"true", "null", "{}", "false", "0"},
	schemas.Python:     {"True", "None", "False", "0", "1"},
	schemas.Rust:       {"true", "None", "false", "0", "1"},
	schemas.TypeScript: {"true", "null", "{}", "false", "0"},
}
