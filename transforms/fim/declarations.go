package fim

import (
	"cmp"
	"slices"
	"sort"

	"decoy/transforms/syntax"
)

type declaration struct {
	start, end int
	broken     bool
}

// with is the declaration with a span that begins or ends outside of it: in its
// indentation or behind its last line.
func (d declaration) with(s span) declaration {
	d.start, d.end = min(d.start, s.start), max(d.end, s.end)
	return d
}

// declarations are the file's declarations that no function encloses. They nest, as
// their nodes do: in the order of their starts, outer ones first, the smallest one
// around a place is the last one before it or one of those that this lies in.
type declarations struct {
	f     *syntax.Facts
	order []int // declarations
	outer []int // by place in order: the place of the one around it, -1 for none
	top   []int // the file's outermost nodes, once they are asked for
}

func newDeclarations(f *syntax.Facts) declarations {
	d := declarations{f: f}
	inside := inFunctions(f)
	for i := range f.Decls {
		// What is no more than a name (of a macro's argument, of an error's) stands in
		// something else.
		if k := &f.Decls[i]; k.Role != syntax.TypeParam && k.Role != syntax.Label && !inside[k.Scope] &&
			(k.Start < k.NameStart || k.NameEnd < k.End) {
			d.order = append(d.order, i)
		}
	}
	byPlace := func(i, j int) int {
		a, b := &f.Decls[i], &f.Decls[j]
		return cmp.Or(a.Start-b.Start, b.End-a.End, i-j)
	}
	if !slices.IsSortedFunc(d.order, byPlace) {
		slices.SortFunc(d.order, byPlace)
	}
	d.outer = make([]int, len(d.order))
	last := -1
	for p, i := range d.order {
		for last >= 0 && f.Decls[d.order[last]].End < f.Decls[i].End {
			last = d.outer[last]
		}
		d.outer[p], last = last, p
	}
	return d
}

// inFunctions says of every scope whether it is a function's or inside of one.
func inFunctions(f *syntax.Facts) []bool {
	in := make([]bool, len(f.Scopes))
	for i, s := range f.Scopes {
		in[i] = s.Kind == syntax.FunctionScope || s.Parent >= 0 && in[s.Parent]
	}
	return in
}

// count counts the innermost declarations, and those of them that do not parse.
func (d *declarations) count() (all, broken int) {
	for p, i := range d.order {
		k := &d.f.Decls[i]
		if p+1 < len(d.order) && d.f.Decls[d.order[p+1]].Start < k.End {
			continue // another is inside, or of the same node
		}
		all++
		if d.f.Tree.Broken(k.Node) {
			broken++
		}
	}
	return all, broken
}

// enclosing is the smallest declaration around a span, or the top-level nodes that
// it touches.
func (d *declarations) enclosing(s span) declaration {
	p := sort.Search(len(d.order), func(p int) bool { return d.f.Decls[d.order[p]].Start > s.start }) - 1
	for p >= 0 && d.f.Decls[d.order[p]].End < s.end {
		p = d.outer[p]
	}
	t := d.f.Tree
	if p >= 0 {
		k := &d.f.Decls[d.order[p]]
		return declaration{k.Start, k.End, d.f.Tree.Broken(k.Node)}
	}
	if d.top == nil {
		d.top = slices.Collect(t.Children(0))
	}
	out := declaration{s.start, s.end, t.IsError(0)}
	first := sort.Search(len(d.top), func(i int) bool { return t.End(d.top[i]) > s.start })
	for _, c := range d.top[first:] {
		if t.Start(c) >= s.end {
			break
		}
		out.start, out.end = min(out.start, t.Start(c)), max(out.end, t.End(c))
		out.broken = out.broken || t.Broken(c)
	}
	return out
}
