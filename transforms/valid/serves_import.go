package valid

import (
	"fmt"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// part is the range of one module path or one imported name.
type part struct{ start, end int }

// imports: one module path or one imported name of one statement is another, and
// with it what is imported.
func (s service) imports() (reason schemas.Reason, detail string) {
	c := s.cover()
	g, t := importAround(s.golden, c.goldStart, c.goldEnd), importAround(s.text, c.start, c.end)
	if g == nil || t == nil {
		return RejectWrongType, "the change is not inside one import statement"
	}
	if !bringsNew(g.Items, t.Items) {
		return RejectWrongType, "no module or name is imported that the golden does not import"
	}
	touched := map[part]bool{}
	for _, r := range s.runs {
		for _, side := range []struct {
			f          *syntax.Facts
			im         *syntax.Import
			start, end int
		}{{s.golden, g, r.goldStart, r.goldEnd}, {s.text, t, r.start, r.end}} {
			for _, w := range lex(string(side.f.Src[side.start:side.end])) {
				if !isWord(w.Text) {
					continue
				}
				p, ok := partAround(side.im, side.start+w.Start, side.start+w.End)
				if !ok {
					return RejectCollateral, fmt.Sprintf("%s is neither a module's path nor an imported name", w.Text)
				}
				if side.f == s.text {
					touched[p] = true
				}
			}
		}
	}
	if len(touched) > 1 {
		return RejectCollateral, fmt.Sprintf("%d module paths and names are changed", len(touched))
	}
	return "", ""
}

func importAround(f *syntax.Facts, start, end int) *syntax.Import {
	for i := range f.Imports {
		if im := &f.Imports[i]; im.Start <= start && end <= im.End {
			return im
		}
	}
	return nil
}

// partAround is the smallest path or name of a statement that holds a range.
func partAround(im *syntax.Import, start, end int) (part, bool) {
	var best part
	for _, it := range im.Items {
		for _, p := range []part{{it.ModStart, it.ModEnd}, {it.NameStart, it.NameEnd}} {
			if p.start <= start && end <= p.end && (best.end == 0 || p.end-p.start < best.end-best.start) {
				best = p
			}
		}
	}
	return best, best.end > 0
}

// bringsNew reports whether an item is imported now that was not.
func bringsNew(was, is []syntax.ImportItem) bool {
	type key struct {
		module, name     string
		wildcard, static bool
	}
	old := map[key]bool{}
	for _, it := range was {
		old[key{it.Module, it.Name, it.Wildcard, it.Static}] = true
	}
	for _, it := range is {
		if !old[key{it.Module, it.Name, it.Wildcard, it.Static}] {
			return true
		}
	}
	return false
}
