package rules

import (
	"cmp"
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// maxGiving bounds the callables that are kept of one result type, perSign the names of a length
// that one trick gives.
const (
	maxGiving = 256
	perSign   = 3
)

// resultsOf are the result types that declarations of one name write. What every language
// calls nothing says nothing.
func resultsOf(list []callable) (out []string) {
	for _, f := range list {
		switch t := f.result; {
		case t == "", t == "void", t == "None", t == "Self", t == "any", t == "Any", slices.Contains(out, t):
		default:
			out = append(out, t)
		}
	}
	return out
}

// relatedMethods are names that a model would have written for a call's: of methods of another
// type with the same result, which take as many arguments, and those that the corpus calls most
// often and that say about the same.
func (s *scene) relatedMethods(c *syntax.Call, r receiver) []Candidate {
	if c.Macro || s.reserved(c.Name) {
		return nil
	}
	tokens := subTokens(c.Name)
	give := func(trick Trick, from []string) (out []Candidate) {
		names := map[string]float64{}
		for i, n := range from {
			if s.fitsCall(c, n) {
				names[n] = max(names[n], 1-float64(i)/float64(len(from)))
			}
		}
		s.dropSupplied(c, r, names)
		for _, n := range bySign(c.Name, byWorth(names), perSign) {
			out = append(out, s.real(trick, c.NameStart, c.NameEnd, n))
		}
		return out
	}
	var out []Candidate
	g := callables
	if c.Ctor || s.index.types[c.Name] {
		g = types
	}
	if len(r.types) > 0 || r.module != "" || r.bare {
		out = give(TrickUsualMethod, s.pool.usual[g].related(tokens))
	}
	out = append(out, give(TrickNearMethod, s.calledNear(c, tokens))...)
	if len(r.types) > 0 && !s.index.has(r.types, c.Name) || r.module != "" {
		return out
	}
	for _, t := range resultsOf(s.index.callables[c.Name]) {
		var names []string
		for _, n := range s.index.giving[t] {
			if alike(c.Name, tokens, n) && s.gives(n, t, len(c.Args)) {
				names = append(names, n)
			}
		}
		out = append(out, give(TrickSameResult, names)...)
	}
	return out
}

// alike reports whether two names are about the same, or look it.
func alike(name string, tokens []string, other string) bool {
	return related(tokens, other) || nearness(name, tokens, other) > .25
}

// gives reports whether a declaration of a name writes a result type and takes so many arguments.
func (s *scene) gives(name, result string, args int) bool {
	return slices.ContainsFunc(s.index.callables[name], func(f callable) bool {
		return f.result == result && f.min <= args && (f.max < 0 || args <= f.max)
	})
}

// calledNear are the names of the calls around one that are called like it, with as many arguments,
// and that are alike, the nearest first.
func (s *scene) calledNear(c *syntax.Call, tokens []string) (out []string) {
	for _, o := range s.callsNearby(c) {
		if len(o.Args) == len(c.Args) && o.Ctor == c.Ctor && (o.Recv < 0) == (c.Recv < 0) &&
			alike(c.Name, tokens, o.Name) {
			out = append(out, o.Name)
		}
	}
	return out
}

// byWorth are names, the one that is worth most first.
func byWorth(names map[string]float64) []string {
	out := sortedKeys(names)
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Compare(names[b], names[a]) })
	return out
}

// wrongModules gives an imported name to the module of another import of the window, the nearest
// first, to the one above its own, below it or beside it, or to another of the same root that the
// corpus imports often, where none is seen to have it.
func (s *scene) wrongModules(it syntax.ImportItem) []Candidate {
	if it.Name == "" || it.Wildcard || !s.plainModule(it) {
		return nil
	}
	dotted := strings.ContainsAny(it.Module, "./:")
	names := map[string]float64{}
	add := func(module string, worth float64) {
		if module != it.Module && !s.ownPath(module) && !s.supplies(module, it.Name) &&
			!s.exists(module+"."+it.Name) && !s.exists(module+"::"+it.Name) && len(segments(module, 0)) > 0 {
			names[module] = max(names[module], worth)
		}
	}
	for i := range s.f.Imports {
		for _, o := range s.f.Imports[i].Items {
			if o.Name != "" && !o.Wildcard && o.Relative == it.Relative && o.Static == it.Static {
				far := max(o.ModStart-s.end, s.start-o.ModEnd, 1)
				add(o.Module, 2+1/float64(far))
			}
		}
	}
	if !it.Relative {
		up := above(it.Module)
		if up != "" && (s.pool.modules[up] || s.exists(up)) {
			add(up, 1.5)
		}
		for i, m := range s.pool.below[it.Module] {
			add(m, 1.4-float64(i)/maxBelow/10)
		}
		for i, m := range s.pool.below[up] {
			add(m, 1.2-float64(i)/maxBelow/10)
		}
		list := s.pool.usual[modules].names
		root := segments(it.Module, 0)[0].text
		for i, m := range list[:min(len(list), 256)] {
			if strings.HasPrefix(m, ".") || dotted != strings.ContainsAny(m, "./:") || s.pool.exports[m] == nil {
				continue
			}
			if segs := segments(m, 0); len(segs) > 0 && segs[0].text == root {
				add(m, 1-float64(i)/256)
			}
		}
	}
	var out []Candidate
	for _, m := range bySign(it.Module, byWorth(names), perSign) {
		out = append(out, s.real(TrickWrongModule, it.ModStart, it.ModEnd, m))
	}
	return out
}
