package fim

import (
	"slices"
	"sort"
	"unicode"
	"unicode/utf8"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// calls are the calls, macro invocations, annotations with arguments and tags of
// components, each from its name on.
func calls(s *source) []span {
	var out []span
	for i := range s.Calls {
		c := &s.Calls[i]
		if c.TokenTree && !c.Macro || c.ArgsEnd == 0 || c.ArgsEnd > c.End ||
			!fits(s.Src[c.NameStart:c.End], schemas.KindCall) {
			continue
		}
		out = append(out, span{start: c.NameStart, end: c.End, kind: schemas.KindCall, call: int32(i + 1)})
	}
	for i := range s.Elements {
		if e := &s.Elements[i]; fits(s.Src[e.NameStart:e.End], schemas.KindCall) {
			out = append(out, span{start: e.NameStart, end: e.End, kind: schemas.KindCall})
		}
	}
	return out
}

// arguments are the arguments of calls, each with its keyword.
func arguments(s *source) []span {
	var out []span
	for i := range s.Calls {
		c := &s.Calls[i]
		for _, a := range c.Args {
			if fits(s.Src[a.Start:a.End], schemas.KindArgument) {
				out = append(out, span{start: a.Start, end: a.End, kind: schemas.KindArgument,
					keyword: a.Keyword != "" && !c.Decorator})
			}
		}
	}
	return out
}

// identifiers are called names and bare names that are read.
func identifiers(s *source) []span {
	out := make([]span, 0, len(s.Calls)+len(s.Refs))
	add := func(start, end int) {
		if fits(s.Src[start:end], schemas.KindIdentifier) {
			out = append(out, span{start: start, end: end, kind: schemas.KindIdentifier})
		}
	}
	for i := range s.Calls {
		if c := &s.Calls[i]; callable(s.Facts, c) {
			add(c.NameStart, c.NameEnd)
		}
	}
	for i := range s.Refs {
		if r := &s.Refs[i]; readable(r) {
			add(r.Start, r.End)
		}
	}
	return out
}

// statements are the statements of bodies.
func statements(s *source) []span {
	var out []span
	t := s.Tree
	for n := range t.Len() {
		if !t.Body(n) {
			continue
		}
		for c := range t.Children(n) {
			if t.Statement(c) && fits(s.Src[t.Start(c):t.End(c)], schemas.KindStatement) {
				out = append(out, span{start: t.Start(c), end: t.End(c), kind: schemas.KindStatement})
			}
		}
	}
	return out
}

// blocks are the insides of bodies, from the first statement to the last one.
func blocks(s *source) []span {
	var out []span
	t := s.Tree
	for n := range t.Len() {
		if !t.Body(n) {
			continue
		}
		b := span{start: -1, kind: schemas.KindBlock}
		for c := range t.Children(n) {
			if t.Statement(c) {
				if b.start < 0 {
					b.start = t.Start(c)
				}
				b.end = t.End(c)
			}
		}
		if b.start >= 0 && fits(s.Src[b.start:b.end], schemas.KindBlock) {
			out = append(out, b)
		}
	}
	return out
}

// carriers are what of a file a negative can change, in the order of their starts.
type carriers struct {
	names  []int           // called names
	lists  []int           // argument lists
	given  map[int]bool    // starts of the calls' names that have arguments
	local  map[string]bool // names that imports bring
	values map[string]bool // declared variables
}

func (s *source) carriers() *carriers {
	if s.names != nil {
		return s.names
	}
	c := &carriers{given: map[int]bool{}, local: map[string]bool{}, values: map[string]bool{}}
	for i := range s.Calls {
		k := &s.Calls[i]
		if callable(s.Facts, k) {
			c.names = append(c.names, k.NameStart)
		}
		if checkable(k) && k.ArgsEnd > k.ArgsStart {
			c.lists = append(c.lists, k.ArgsStart)
			if len(k.Args) > 0 {
				c.given[k.NameStart] = true
			}
		}
	}
	sort.Ints(c.names)
	sort.Ints(c.lists)
	for i := range s.Imports {
		for _, it := range s.Imports[i].Items {
			c.local[it.Local] = true
		}
	}
	for i := range s.Decls {
		switch d := &s.Decls[i]; d.Role {
		case syntax.Variable, syntax.Parameter, syntax.Constant, syntax.Field:
			c.values[d.Name] = true
		}
	}
	s.names = c
	return c
}

// types are those of the four that a span can carry, by what stands in it: method
// where a name is called, parameter where an argument list is whole or a parameter
// is named, undefinedvariable where a variable is read; in a call, any argument can
// become one.
func (s *source) types(p span) []schemas.Type {
	out := []schemas.Type{}
	if p.kind == schemas.KindImport {
		return append(out, schemas.TypeImport)
	}
	if schemas.IsGeneral(p.kind) {
		return out
	}
	c := s.carriers()
	if within(c.names, p) {
		out = append(out, schemas.TypeMethod)
	}
	if p.keyword || within(c.lists, p) {
		out = append(out, schemas.TypeParameter)
	}
	if p.kind == schemas.KindCall && c.given[p.start] || s.reads(p) {
		out = append(out, schemas.TypeUndefinedVariable)
	}
	return out
}

func within(starts []int, p span) bool {
	i := sort.SearchInts(starts, p.start)
	return i < len(starts) && starts[i] < p.end
}

// reads reports whether a variable is read in a span: a bare name that neither the
// language nor an import supplies, and no type's by its capital.
func (s *source) reads(p span) bool {
	c := s.carriers()
	for i := sort.Search(len(s.Refs), func(i int) bool { return s.Refs[i].Start >= p.start }); i < len(s.Refs) &&
		s.Refs[i].Start < p.end; i++ {
		r := &s.Refs[i]
		if !readable(r) || c.local[r.Name] || slices.Contains(s.Lang.Rules.SelfNames, r.Name) ||
			slices.Contains(s.Lang.Rules.Predeclared, r.Name) {
			continue
		}
		if first, _ := utf8.DecodeRuneInString(r.Name); !unicode.IsUpper(first) || c.values[r.Name] {
			return true
		}
	}
	return false
}

func readable(r *syntax.Ref) bool { return !r.InType && !r.Called && !r.Assigned }

// checkable reports whether a reader can tell what a call accepts: not of a macro
// or an annotation.
func checkable(c *syntax.Call) bool { return !c.Decorator && !c.Macro && !c.TokenTree }

// callable reports whether a call has a name that another can replace.
func callable(f *syntax.Facts, c *syntax.Call) bool {
	return checkable(c) && c.NameStart < c.NameEnd && !slices.Contains(f.Lang.Rules.SelfNames, c.Name)
}
