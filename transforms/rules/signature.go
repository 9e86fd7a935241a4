package rules

import (
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// signature is what all declarations that a call may call take together.
type signature struct {
	known    bool // the repository declares the callee
	sure     bool // and its type is known, or nothing else has the name
	min, max int  // max is -1 for any number
	keywords map[string]bool
	rest     bool // takes any keyword
	closed   bool // no decorator or macro may change it
	names    []string
}

// signature collects the declarations that a call may call: those of the receiver's
// type where it is known, else all of that name.
func (s *scene) signature(c *syntax.Call, r receiver) signature {
	g := signature{keywords: map[string]bool{}, closed: true}
	list := s.index.callables[c.Name]
	switch {
	case c.Macro || s.h.macros && style(c.Name) == "UPPER":
		return g
	case c.Ctor || r.bare && len(list) == 0 && s.index.types[c.Name]:
		list = s.index.ctors[c.Name]
		g.sure = len(list) > 0
	case len(r.types) > 0:
		of := slices.DeleteFunc(slices.Clone(list), func(f callable) bool { return !slices.Contains(r.types, f.owner) })
		if len(of) > 0 {
			list, g.sure = of, true
		}
	case r.bare:
		if f := slices.DeleteFunc(slices.Clone(list), func(f callable) bool {
			return s.index.types[f.owner] &&
				!s.h.bareMembers
		}); len(f) > 0 {
			list, g.sure = f, len(f) == 1 || s.h.bareMembers
		}
	}
	for i, f := range list {
		if !s.index.types[f.owner] && r.static && !c.Ctor {
			continue
		}
		lo, hi := f.min, f.max
		if r.static && !f.static && !c.Ctor && f.owner != "" { // the receiver may be an argument
			hi = grow(hi, 1)
		}
		// an extension method's first parameter stands before the dot
		if s.h.assign == ": " && f.static && !r.bare && !r.static {
			lo = max(lo-1, 0)
		}
		if i == 0 || !g.known {
			g.min, g.max, g.names = lo, hi, f.keywords
		}
		g.known = true
		g.min = min(g.min, lo)
		if g.max >= 0 && (hi < 0 || hi > g.max) {
			g.max = hi
		}
		for _, k := range f.keywords {
			g.keywords[k] = true
		}
		g.rest = g.rest || f.rest
		g.closed = g.closed && !f.loose
	}
	return g
}

func grow(n, by int) int {
	if n < 0 {
		return n
	}
	return n + by
}

// spreads reports whether a call passes an unknown number of arguments.
func (s *scene) spreads(c *syntax.Call) bool {
	for _, a := range c.Args {
		if a.Spread {
			return true
		}
	}
	// In Go f(g()) passes all results of g.
	return len(c.Args) == 1 && s.h.short && strings.HasSuffix(s.text(c.Args[0].Start, c.Args[0].End), ")")
}

// takesAny reports whether a callee that the repository does not declare is known to
// take several numbers of arguments.
func (s *scene) takesAny(name string) bool { return slices.Contains(s.h.open, name) }
