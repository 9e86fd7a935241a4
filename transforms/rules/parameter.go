package rules

import (
	"slices"
	"strings"
	"unicode/utf8"

	"decoy/transforms/syntax"
)

// parameters changes the argument list of one call: an argument too many, one too
// few, or a keyword that the callee does not know.
func (s *scene) parameters() []Candidate {
	calls := s.calls()
	signatures := map[*syntax.Call]signature{}
	calls = slices.DeleteFunc(calls, func(c *syntax.Call) bool {
		g := s.signature(c, s.receiver(c))
		signatures[c] = g
		return c.Macro || s.spreads(c) || g.known && g.max < 0 && g.min == 0 && g.rest || !g.sure && s.takesAny(c.Name)
	})
	rank := func(c *syntax.Call) int {
		if s.reserved(c.Name) || s.h.macros && style(c.Name) == "UPPER" {
			return -1
		}
		return signatureRank(signatures[c], len(c.Args), s.longer)
	}
	s.byRank(calls, rank)
	var out []Candidate
	for _, c := range calls {
		s.rank = rank(c)
		out = append(out, s.argumentsOf(c, signatures[c])...)
		if s.sight != nil && !s.invent {
			out = append(s.borrowed(c, signatures[c]), out...)
		}
	}
	return append(out, s.keywordOf()...)
}

// keywordOf renames the keyword of a golden that is one argument of a call.
func (s *scene) keywordOf() []Candidate {
	if s.h.assign == "" {
		return nil
	}
	for i := range s.f.Calls {
		c := &s.f.Calls[i]
		if !c.Decorator && slices.ContainsFunc(c.Args, func(a syntax.Arg) bool {
			return a.Keyword != "" &&
				a.Start == s.start && a.End == s.end
		}) {
			if g := s.signature(c, s.receiver(c)); !g.rest && (g.sure || !s.takesAny(c.Name)) {
				return s.otherKeyword(c, g)
			}
		}
	}
	return nil
}

// signatureRank prefers callees whose parameters the repository declares, and those
// that allow the change that the hash has picked.
func signatureRank(g signature, given int, longer bool) int {
	rank := 0
	switch {
	case g.known && g.sure && g.closed:
		rank = 6
	case g.known && g.closed:
		rank = 4
	case g.known:
		rank = 1
	}
	if g.known && (longer && given == g.max || !longer && given == g.min && given > 0) {
		rank += 3
	}
	return rank
}

// argumentsOf mutates one call.
func (s *scene) argumentsOf(c *syntax.Call, g signature) []Candidate {
	given := len(c.Args)
	named := given > 0 && c.Args[given-1].Keyword != ""
	more := !named && (!g.known || g.max >= 0 && given >= g.max)
	less := given > 0 && !s.h.fewer && (!g.known || given <= g.min)
	var add, drop, split, keyword []Candidate
	if more {
		add, split = s.oneMore(c), s.splitOne(c)
	}
	if less {
		drop = s.oneLess(c)
	}
	if s.h.assign != "" && !g.rest && (g.known || named) {
		keyword = s.otherKeyword(c, g)
	}
	first := [][]Candidate{drop, split, keyword, add}
	if s.longer {
		first = [][]Candidate{add, keyword, split, drop}
	}
	if len(keyword) > 0 && (s.longer || named) && s.hash("keyword", c.Name)%2 == 0 {
		first = append([][]Candidate{keyword}, first...)
	}
	var out []Candidate
	for _, list := range first {
		out = append(out, list...)
	}
	return out
}

// maxValues are the variables that are tried as an argument, maxAimedValues where an aim
// chooses among them.
const maxValues, maxAimedValues = 4, 10

// oneMore adds an argument: a variable that is visible here and near in its words
// to the others, or a literal. It is right in itself; only the callee has no place
// for it.
func (s *scene) oneMore(c *syntax.Call) []Candidate {
	n := maxValues
	if s.sight != nil {
		n = maxAimedValues
	}
	values := s.visibleValues(c, n)
	literals := s.h.literals
	k := int(s.hash("literal") % uint64(len(literals)))
	if len(values) == 0 || s.hash("literal first", c.Name)%5 == 0 {
		values = append([]string{literals[k]}, values...)
	} else {
		values = append(values, literals[k])
	}
	var out []Candidate
	for _, v := range values {
		switch n := len(c.Args); {
		case n == 0 && s.h.fewer: // ignored, as is what stands behind the last
		case n == 0:
			out = append(out, s.real(TrickArgumentAdded, c.ArgsStart, c.ArgsEnd, "("+v+")"))
		case v == "ctx" || s.h.fewer || n > 1 && s.hash("first", v)%4 == 0:
			at := c.Args[0].Start
			out = append(out, s.real(TrickArgumentAdded, at, at, v+s.separator(c)))
		default:
			at := c.Args[n-1].End
			out = append(out, s.real(TrickArgumentAdded, at, at, s.separator(c)+v))
		}
	}
	return out
}

// visibleValues are variables that are visible at a call, declared before it, and
// near to what it is about.
func (s *scene) visibleValues(c *syntax.Call, n int) []string {
	names := map[string]float64{}
	around := c.Name
	for _, a := range c.Args {
		if a.ValueEnd-a.ValueStart < 40 {
			around += "_" + s.text(a.ValueStart, a.ValueEnd)
		}
	}
	for i := range s.f.Decls {
		d := &s.f.Decls[i]
		if d.Role != syntax.Variable && d.Role != syntax.Parameter || !identifier(d.Name) || s.reserved(d.Name) ||
			slices.Contains(dull, d.Name) {
			continue
		}
		if style(d.Name) == "Pascal" || d.NameStart > c.Start || d.Role == syntax.Variable && d.End > c.Start {
			continue
		}
		sc := s.f.Scopes[d.Scope]
		local := sc.Kind == syntax.FunctionScope || sc.Kind == syntax.BlockScope
		if !local || s.called(d.Name) || sc.Start > c.Start || c.End > sc.End || slices.ContainsFunc(c.Args,
			func(a syntax.Arg) bool { return s.mentions(a, d.Name) }) || s.text(max(c.Start, s.from),
			c.NameStart) == d.Name+"." {
			continue
		}
		worth := 0.0
		if d.Role == syntax.Parameter {
			worth = 0.1
		}
		names[d.Name] = worth + float64(d.NameStart)/float64(max(c.Start, 1))*0.2
	}
	delete(names, s.receiverRoot(c))
	near := around
	if len(near) > 80 {
		near = c.Name
	}
	type scored struct {
		name  string
		score float64
	}
	var out []scored
	tokens := subTokens(near)
	for _, name := range sortedKeys(names) {
		out = append(out, scored{name, names[name] + nearness(near, tokens, name) +
			float64(s.hash("value", name)%1000)*2e-4})
	}
	slices.SortStableFunc(out, func(a, b scored) int {
		switch {
		case a.score > b.score:
			return -1
		case a.score < b.score:
			return 1
		}
		return strings.Compare(a.name, b.name)
	})
	var list []string
	for _, o := range out[:min(n, len(out))] {
		list = append(list, o.name)
	}
	return list
}

// dull are variables that nobody would pass on.
var dull = fields("err ok e ex exc exception t tt tc _ ignored unused i j k args kwargs")

// called reports whether the golden calls a name: it is a function then.
func (s *scene) called(name string) bool {
	return slices.ContainsFunc(s.f.Calls, func(c syntax.Call) bool {
		return c.Name == name &&
			s.inGolden(c.NameStart, c.NameEnd)
	})
}

// mentions reports whether an argument is a variable or begins with it.
func (s *scene) mentions(a syntax.Arg, name string) bool {
	text := s.text(a.ValueStart, a.ValueEnd)
	rest, ok := strings.CutPrefix(strings.TrimLeft(text, "*&"), name)
	return ok && (rest == "" || rest[0] == '.' || rest[0] == '-' || rest[0] == '[' || rest[0] == ')')
}

// receiverRoot is the first name of a call's receiver.
func (s *scene) receiverRoot(c *syntax.Call) string {
	if c.Recv < 0 {
		return ""
	}
	root := s.f.Tree.Text(c.Recv)
	if i := strings.IndexAny(root, ".-:[("); i >= 0 {
		root = root[:i]
	}
	return root
}

// separator is what stands between the last two arguments.
func (s *scene) separator(c *syntax.Call) string {
	if n := len(c.Args); n > 1 {
		if sep := s.text(c.Args[n-2].End, c.Args[n-1].Start); strings.TrimSpace(sep) == "," {
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
		case n == 1: // with a trailing comma
			start, end = c.ArgsStart+1, c.ArgsEnd-1
		case i > 0:
			start = c.Args[i-1].End
		case n > 1:
			end = c.Args[1].Start
		}
		return s.real(TrickArgumentDropped, start, end, "")
	}
	if n == 2 && s.h.short { // the one that stays may have two results
		k := 1 - int(s.hash("drop")%2)
		for range 2 {
			if !strings.HasSuffix(s.text(c.Args[1-k].Start, c.Args[1-k].End), ")") {
				return []Candidate{drop(k)}
			}
			k = 1 - k
		}
		return nil
	}
	size := func(i int) int { return utf8.RuneCount(s.f.Src[c.Args[i].Start:c.Args[i].End]) }
	k := int(s.hash("drop") % uint64(n))
	if size(k) > 20 { // as long as what is usually added
		for i := range n {
			if size(i) < size(k) {
				k = i
			}
		}
	}
	out := []Candidate{drop(k)}
	if k != n-1 {
		out = append(out, drop(n-1))
	}
	return out
}

// splitOne puts two visible variables in the place of one argument that is longer
// than both: an argument too many, and yet no longer text.
func (s *scene) splitOne(c *syntax.Call) []Candidate {
	var out []Candidate
	for _, a := range c.Args {
		size := a.ValueEnd - a.ValueStart
		if a.Keyword != "" || size < 8 || strings.Contains(s.text(a.ValueStart, a.ValueEnd), "\n") ||
			identifier(s.text(a.ValueStart, a.ValueEnd)) {
			continue
		}
		for _, v := range s.visibleValues(c, maxValues) {
			for _, w := range s.parts(a) {
				if w != v && len(v)+len(w)+2 <= size && s.mentionedFirst(a, w) {
					out = append(out, s.real(TrickArgumentSplit, a.ValueStart, a.ValueEnd, w+", "+v))
				}
			}
		}
	}
	if len(out) == 0 && s.h.fewer { // the only change that is wrong here and not longer
		values := append(s.visibleValues(c, maxValues), s.h.literals[0])
		for _, a := range c.Args {
			for i, v := range values[:len(values)-1] {
				w := values[i+1]
				if a.Keyword == "" && len(v)+len(w)+2 <= a.ValueEnd-a.ValueStart {
					out = append(out, s.real(TrickArgumentSplit, a.ValueStart, a.ValueEnd, v+", "+w))
				}
			}
		}
	}
	return out[:min(len(out), 3)]
}

// parts are the bare identifiers that an argument reads.
func (s *scene) parts(a syntax.Arg) []string {
	var out []string
	for i := range s.f.Refs {
		r := &s.f.Refs[i]
		if a.ValueStart <= r.Start && r.End <= a.ValueEnd && !r.Called && !r.InType && !s.reserved(r.Name) &&
			!s.locals[r.Name] && style(r.Name) != "Pascal" && s.binding(r.Name, r.Start) != nil {
			out = append(out, r.Name)
		}
	}
	return out
}

// mentionedFirst reports whether a name is a variable bound outside of the argument:
// not the parameter of a lambda in it.
func (s *scene) mentionedFirst(a syntax.Arg, name string) bool {
	d := s.binding(name, a.ValueStart)
	return d != nil && d.NameEnd <= a.ValueStart
}
