package rules

import (
	"strings"

	"decoy/transforms/syntax"
)

// otherDepths leaves a part of a module's path out, or puts one in that another
// import of the window has: net/http becomes http, java.util.List becomes
// java.util.concurrent.List.
func (s *scene) otherDepths(it syntax.ImportItem) []Candidate {
	if !s.plainModule(it) || s.invent {
		return nil
	}
	parts := segments(it.Module, 0)
	names := map[string]float64{}
	add := func(module string, worth float64) {
		if module != it.Module && !twice(module) && !s.exists(module) && !s.ownPath(module) &&
			(it.Name == "" || !s.supplies(module, it.Name)) {
			names[module] = worth
		}
	}
	for k := range parts { // without part k and the separator beside it
		if !plainSegment(parts[k].text) || len(parts) < 2 || len(parts[len(parts)-1].text) < 3 || k == 0 &&
			strings.HasPrefix(it.Module, ".") {
			continue
		}
		if k+1 < len(parts) && (k > 0 || len(parts) == 2) {
			add(it.Module[:parts[k].start]+it.Module[parts[k+1].start:], 0.2)
		} else if k > 1 && it.Name != "" {
			add(it.Module[:parts[k-1].end]+it.Module[parts[k].end:], 0.2)
		}
	}
	last := parts[len(parts)-1]
	sep := s.pathSeparator(it.Module)
	if sep == "" || sep == "." && len(parts) == 1 { // import unittest has no path to be wrong in
		return s.modules(TrickModulePath, it, names)
	}
	for i := range s.f.Imports {
		for _, o := range s.f.Imports[i].Items {
			if o.Relative != it.Relative || o.Module == it.Module {
				continue
			}
			q := segments(withoutHost(o.Module), 0)
			for k := range q {
				inner := k > 0 && k < len(q)-1
				if !plainSegment(q[k].text) || strings.Contains(q[k].text, "-") ||
					style(q[k].text) != style(last.text) || !inner && !(k == 0 && len(q) == 2 && len(parts) == 1) {
					continue
				}
				add(it.Module[:last.start]+q[k].text+sep+it.Module[last.start:], 0)
			}
		}
	}
	return s.modules(TrickModulePath, it, names)
}

// modules are candidates with the best of the modules in an item's place.
func (s *scene) modules(trick Trick, it syntax.ImportItem, names map[string]float64) []Candidate {
	var out []Candidate
	for _, m := range s.best(it.Module, names, perPlace) {
		out = append(out, s.candidate(trick, it.ModStart, it.ModEnd, m))
	}
	return out
}

// pathSeparator is what stands between the parts of module paths: in this one, or in
// another import of the window.
func (s *scene) pathSeparator(module string) string {
	for _, sep := range []string{"::", "/", "."} {
		if strings.Contains(withoutExtension(module), sep) {
			return sep
		}
	}
	for i := range s.f.Imports {
		for _, o := range s.f.Imports[i].Items {
			for _, sep := range []string{"::", "/", "."} {
				if !o.Relative && strings.Contains(withoutExtension(o.Module), sep) {
					return sep
				}
			}
		}
	}
	return ""
}

// otherRoots puts the namespace that the file itself declares, or one that another
// import names, in front of a namespace's last part.
func (s *scene) otherRoots(it syntax.ImportItem) []Candidate {
	if !s.plainModule(it) || s.invent || it.Static {
		return nil
	}
	roots := map[string]bool{}
	for i := range s.f.Decls {
		if d := &s.f.Decls[i]; d.Role == syntax.Module {
			roots[d.Name] = true
			if k := strings.LastIndexByte(d.Name, '.'); k > 0 {
				roots[d.Name[:k]] = true
			}
		}
	}
	parts := segments(it.Module, 0)
	names := map[string]float64{}
	for root := range roots {
		for k := max(0, len(parts)-2); k < len(parts); k++ {
			if k == 0 && len(parts) > 1 {
				continue
			}
			module := root + "." + it.Module[parts[k].start:]
			if module != it.Module && !twice(module) && !s.exists(module) && !strings.HasPrefix(it.Module, root+".") {
				names[module] = 0
			}
		}
	}
	return s.modules(TrickModulePath, it, names)
}
