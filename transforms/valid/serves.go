package valid

import (
	"fmt"
	"slices"
	"unicode"
	"unicode/utf8"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// service is what is asked whether all that changed serves one error: the windows
// with the golden and with the text, and the runs in their coordinates.
type service struct {
	golden, text *syntax.Facts
	runs         []run
	known        func(word string) bool // whether the golden's window has a word
}

// check says why the change is no error of type typ alone, "" where it is.
func (s service) check(typ schemas.Type) (reason schemas.Reason, detail string) {
	if len(s.runs) == 0 {
		return RejectSame, "no token differs"
	}
	switch typ {
	case schemas.TypeImport:
		return s.imports()
	case schemas.TypeMethod:
		return s.method()
	case schemas.TypeParameter:
		return s.parameter()
	case schemas.TypeUndefinedVariable:
		return s.undefined()
	}
	return RejectWrongType, "unknown type " + string(typ)
}

// cover is the range from the first to the last change.
func (s service) cover() run {
	first, last := s.runs[0], s.runs[len(s.runs)-1]
	return run{goldStart: first.goldStart, goldEnd: last.goldEnd, start: first.start, end: last.end}
}

// method: one run inside the name of one call.
func (s service) method() (reason schemas.Reason, detail string) {
	if len(s.runs) > 1 {
		return RejectCollateral, fmt.Sprintf("%d separate changes", len(s.runs))
	}
	r := s.runs[0]
	for i := range s.text.Calls {
		c := &s.text.Calls[i]
		if c.NameStart > r.start || r.end > c.NameEnd {
			continue
		}
		for j := range s.golden.Calls {
			if g := &s.golden.Calls[j]; g.NameStart == c.NameStart && g.NameStart <= r.goldStart &&
				r.goldEnd <= g.NameEnd && g.Name != c.Name {
				return "", ""
			}
		}
	}
	return RejectWrongType, "the change is not in the name of what is called"
}

// undefined: a bare identifier is read in the change that the golden's run lacks.
func (s service) undefined() (reason schemas.Reason, detail string) {
	c := s.cover()
	if len(s.runs) > 1 && (oneArgument(s.golden, c.goldStart, c.goldEnd) < 0 ||
		oneArgument(s.text, c.start, c.end) < 0) {
		return RejectCollateral, fmt.Sprintf("%d separate changes", len(s.runs))
	}
	old, bound := map[string]bool{}, map[string]bool{}
	for i := range s.golden.Refs {
		if r := &s.golden.Refs[i]; c.goldStart <= r.Start && r.End <= c.goldEnd {
			old[r.Name] = true
		}
	}
	called := map[string]bool{}
	for i := range s.golden.Calls {
		if k := &s.golden.Calls[i]; c.goldStart <= k.NameStart && k.NameEnd <= c.goldEnd {
			called[k.Name] = true
		}
	}
	for i := range s.text.Decls {
		if d := &s.text.Decls[i]; c.start <= d.NameStart && d.NameEnd <= c.end {
			bound[d.Name] = true // a lambda's own parameter
		}
	}
	fresh := map[int]bool{} // starts of new bare identifiers
	for i := range s.text.Refs {
		r := &s.text.Refs[i]
		if c.start <= r.Start && r.End <= c.end && !old[r.Name] && !bound[r.Name] && !r.Called {
			fresh[r.Start] = true
		}
	}
	if len(fresh) == 0 {
		return RejectWrongType, "no bare identifier that the golden lacks is read in the change"
	}
	for i := range s.text.Calls {
		if k := &s.text.Calls[i]; !k.Decorator && c.start <= k.NameStart && k.NameEnd <= c.end && !called[k.Name] &&
			!fresh[k.Start] {
			return RejectWrongType, fmt.Sprintf("%s is called, which the golden does not call here", k.Name)
		}
	}
	return "", ""
}

// oneArgument is the start of the argument that holds [start, end), -1 for none.
func oneArgument(f *syntax.Facts, start, end int) int {
	for i := range f.Calls {
		for _, a := range f.Calls[i].Args {
			if a.Start <= start && end <= a.End {
				return a.Start
			}
		}
	}
	return -1
}

// parameter: the arguments of one call differ in number, keywords or order.
func (s service) parameter() (reason schemas.Reason, detail string) {
	c := s.cover()
	var g, t *syntax.Call
	for i := range s.text.Calls {
		k := &s.text.Calls[i]
		if !inside(k, c.start, c.end) || t != nil && k.End-k.Start >= t.End-t.Start {
			continue
		}
		for j := range s.golden.Calls {
			if o := &s.golden.Calls[j]; o.NameStart == k.NameStart && o.Name == k.Name &&
				inside(o, c.goldStart, c.goldEnd) {
				g, t = o, k
			}
		}
	}
	if t == nil {
		return RejectWrongType, "the change is not inside the argument list of one call"
	}
	was, is := arguments(s.golden, g), arguments(s.text, t)
	removed, added := without(was, is), without(is, was)
	sameKeywords := slices.Equal(keywords(was), keywords(is))
	switch {
	case len(was) != len(is), !sameKeywords:
	case len(removed) == 0 && len(added) == 0: // the order is another
	default:
		return RejectWrongType, "number, keywords and order of the arguments are the golden's"
	}
	if len(s.runs) > 1 && len(removed) > 0 && len(added) > 0 && len(without(values(was), values(is))) > 0 {
		return RejectCollateral, fmt.Sprintf("%d separate changes, one of which changes an argument's value",
			len(s.runs))
	}
	return s.namesKnown(c)
}

func inside(c *syntax.Call, start, end int) bool {
	return c.ArgsStart < c.ArgsEnd && c.ArgsStart < start && end < c.ArgsEnd
}

// argument is one argument as it is written, white space apart.
type argument struct{ keyword, value string }

func arguments(f *syntax.Facts, c *syntax.Call) []argument {
	var out []argument
	for _, a := range c.Args {
		text := ""
		for _, t := range lex(string(f.Src[a.ValueStart:a.ValueEnd])) {
			text += t.Text + " "
		}
		if a.Spread {
			text = "... " + text
		}
		out = append(out, argument{a.Keyword, text})
	}
	return out
}

func values(args []argument) []argument {
	out := slices.Clone(args)
	for i := range out {
		out[i].keyword = ""
	}
	return out
}

func keywords(args []argument) []string {
	var out []string
	for _, a := range args {
		if a.keyword != "" {
			out = append(out, a.keyword)
		}
	}
	slices.Sort(out)
	return out
}

// without are the elements of a that b lacks, repetitions counted.
func without(a, b []argument) []argument {
	left := map[argument]int{}
	for _, x := range b {
		left[x]++
	}
	var out []argument
	for _, x := range a {
		if left[x]--; left[x] < 0 {
			out = append(out, x)
		}
	}
	return out
}

// namesKnown: what a changed argument list adds uses no bare name that the window
// lacks. A capitalised name before a dot is spared: types and packages come from
// imports that the window may not show.
func (s service) namesKnown(c run) (reason schemas.Reason, detail string) {
	objects := map[int]bool{}
	for i := range s.text.Members {
		objects[s.text.Members[i].ObjStart] = true
	}
	bound := map[string]bool{}
	for i := range s.text.Decls {
		if d := &s.text.Decls[i]; c.start <= d.NameStart && d.NameEnd <= c.end {
			bound[d.Name] = true
		}
	}
	for i := range s.text.Refs {
		r := &s.text.Refs[i]
		if r.Start < c.start || r.End > c.end || bound[r.Name] || s.known(r.Name) {
			continue
		}
		if first, _ := utf8.DecodeRuneInString(r.Name); unicode.IsUpper(first) && (objects[r.Start] || r.InType) {
			continue
		}
		return RejectWrongType, fmt.Sprintf("%s is nowhere else in the window: it would be undeclared", r.Name)
	}
	return "", ""
}
