package rules

import (
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// imports changes the module's path or the imported name of an import.
func (s *scene) imports() []Candidate {
	var out []Candidate
	for i := range s.f.Imports {
		im := &s.f.Imports[i]
		if im.Start >= s.end || im.End <= s.start {
			continue
		}
		for _, it := range s.itemOrder(im.Items) {
			if s.sight != nil && !s.invent {
				out = append(out, s.wrongModules(it)...)
			}
			lists := [][]Candidate{s.otherModules(it), s.otherPaths(it), s.otherDepths(it), s.otherNames(it)}
			// A name that is used below stays for choice: its absence would tell.
			if s.hash("name first")%3 == 0 || !s.usedBelow(it) {
				lists = [][]Candidate{lists[3], lists[0], lists[1], lists[2]}
			}
			if k := s.hash("path first") % 4; k > 0 {
				lists[0], lists[k-1] = lists[k-1], lists[0]
			}
			if s.h.namespaces {
				lists = append([][]Candidate{s.otherRoots(it)}, lists...)
			}
			for j := range perPlace {
				for _, l := range lists {
					if j < len(l) {
						out = append(out, l[j])
					}
				}
			}
		}
	}
	return out
}

// itemOrder visits the items of a statement in hash order.
func (s *scene) itemOrder(items []syntax.ImportItem) []syntax.ImportItem {
	out := slices.Clone(items)
	slices.SortStableFunc(out, func(a, b syntax.ImportItem) int {
		x, y := s.hash("item", a.Module, a.Name), s.hash("item", b.Module, b.Name)
		switch {
		case x < y:
			return -1
		case x > y:
			return 1
		}
		return a.NameStart - b.NameStart
	})
	return out
}

// usedBelow reports whether the window uses what an item binds by its own name.
func (s *scene) usedBelow(it syntax.ImportItem) bool {
	if it.Local == "" || it.Name != "" && it.Local != it.Name {
		return false
	}
	return slices.ContainsFunc(s.f.Refs, func(r syntax.Ref) bool { return r.Name == it.Local })
}

// otherNames replaces an imported name by a real one of another module.
func (s *scene) otherNames(it syntax.ImportItem) []Candidate {
	if !s.inGolden(it.NameStart, it.NameEnd) || !identifier(it.Name) || s.text(it.NameStart, it.NameEnd) != it.Name {
		return nil
	}
	if s.invent {
		var out []Candidate
		for _, n := range s.inventions(it.Name, nameRole(it.Name)) {
			out = append(out, s.candidate(TrickImportedName, it.NameStart, it.NameEnd, n))
		}
		return out
	}
	names := map[string]float64{}
	add := func(name string, worth float64) {
		if name != it.Name && len(name) > 1 && identifier(name) && s.h.fitsStyle(it.Name, name) && !s.reserved(name) {
			names[name] = max(names[name], worth)
		}
	}
	for i := range s.f.Imports {
		for _, o := range s.f.Imports[i].Items {
			if o.Module != it.Module {
				add(o.Name, 0.2)
			}
		}
	}
	for i := range s.f.Refs {
		if r := &s.f.Refs[i]; r.InType || r.Called {
			add(r.Name, 0.25)
		}
	}
	tokens := subTokens(it.Name)
	s.index.typeNames.each(tokens, func(n string) { add(n, 0.15) })
	s.pool.near[imported].each(tokens, func(n string) { add(n, 0.05) })
	if style(it.Name) == "Pascal" {
		s.pool.near[types].each(tokens, func(n string) { add(n, 0) })
	} else {
		s.index.methods.each(tokens, func(n string) { add(n, 0.1) })
		s.pool.near[callables].each(tokens, func(n string) { add(n, 0) })
	}
	for name := range names {
		if s.supplies(it.Module, name) || s.exists(it.Module+"."+name) || s.exists(it.Module+"::"+name) ||
			it.Local == it.Name && s.atTop(name) {
			delete(names, name)
		}
	}
	var out []Candidate
	for _, n := range s.best(it.Name, names, perPlace) {
		out = append(out, s.candidate(TrickImportedName, it.NameStart, it.NameEnd, n))
	}
	return out
}

// atTop reports whether the file binds a name beside the golden: an import that binds it again has
// another error than that it names nothing, or none.
func (s *scene) atTop(name string) bool {
	return slices.ContainsFunc(s.f.Decls, func(d syntax.Decl) bool { return d.Scope == 0 && d.Name == name }) ||
		slices.ContainsFunc(s.f.Imports, func(i syntax.Import) bool {
			return slices.ContainsFunc(i.Items, func(o syntax.ImportItem) bool {
				return o.Local == name && !s.inGolden(o.NameStart, o.NameEnd)
			})
		})
}

// otherModules replaces the whole path by that of another real module near it, which
// lacks the name: a sibling file, a package of the same root.
func (s *scene) otherModules(it syntax.ImportItem) []Candidate {
	if it.Name == "" || it.Wildcard || s.invent || !s.plainModule(it) {
		return nil
	}
	parts := segments(it.Module, 0)
	last := parts[len(parts)-1]
	names := map[string]float64{}
	add := func(module string, worth float64) {
		if module != it.Module && !twice(module) && !s.ownPath(module) && !s.supplies(module, it.Name) &&
			strings.ContainsAny(module, "./:") == strings.ContainsAny(it.Module, "./:") {
			names[module] = max(names[module], worth)
		}
	}
	with := func(stem string) string { return it.Module[:last.start] + stem + it.Module[last.end:] }
	tokens := subTokens(last.text)
	if it.Relative {
		s.index.stems.each(tokens, func(stem string) {
			if plainSegment(stem) && stem != last.text && style(stem) == style(last.text) && s.exists(with(stem)) {
				add(with(stem), 0.2)
			}
		})
		for i := range s.f.Imports {
			for _, o := range s.f.Imports[i].Items {
				if o.Relative {
					add(o.Module, 0.1)
				}
			}
		}
	} else {
		for i := range s.f.Imports {
			for _, o := range s.f.Imports[i].Items {
				if !o.Relative && o.Name != "" {
					add(o.Module, 0.2)
				}
			}
		}
		for _, p := range parts[max(0, len(parts)-3):] {
			for _, m := range s.pool.home[p.text] {
				add(m, 0)
				if len(names) > 200 {
					break
				}
			}
		}
		s.pool.last.each(tokens, func(l string) {
			for k, m := range s.pool.home[l] {
				if k < 8 {
					add(m, 0)
				}
			}
		})
	}
	return s.modules(TrickModule, it, names)
}

// plainModule reports whether an item's module stands in the golden as written.
func (s *scene) plainModule(it syntax.ImportItem) bool {
	return s.inGolden(it.ModStart, it.ModEnd) && s.text(it.ModStart, it.ModEnd) == it.Module &&
		len(segments(it.Module, 0)) > 0
}

// otherPaths replaces one part of the module's path by a part of another real
// module, such that nothing known has that path.
func (s *scene) otherPaths(it syntax.ImportItem) []Candidate {
	if !s.plainModule(it) {
		return nil
	}
	parts := segments(it.Module, it.ModStart)
	var out []Candidate
	for back := range min(3, len(parts)) {
		k := len(parts) - 1 - back
		// The second part from the end first where the last one is also the local name.
		if len(parts) > 2 && it.Name == "" && back < 2 && s.hash("inner")%2 == 0 {
			k = len(parts) - 2 + back
		}
		p := parts[k]
		if !plainSegment(p.text) || k == 0 && len(parts) > 1 && !it.Relative || strings.Contains(p.text, "-") &&
			s.invent {
			continue
		}
		made := func(name string) string {
			return it.Module[:p.start-it.ModStart] + name + it.Module[p.end-it.ModStart:]
		}
		var names []string
		if s.invent {
			for _, n := range s.inventions(p.text, ofPath) {
				if !s.exists(made(n)) {
					names = append(names, n)
				}
			}
		} else {
			names, _ = s.nearest(p.text, s.partNames(p, len(parts) == 1, k == len(parts)-1, made), perPlace)
		}
		for _, n := range names {
			out = append(out, s.candidate(TrickModulePart, p.start, p.end, n))
		}
	}
	return out
}

// partNames scores parts of other modules' paths that can stand for one.
// A path of one part has nothing but that part to be near to.
func (s *scene) partNames(p segment, alone, last bool, made func(string) string) map[string]float64 {
	names := map[string]float64{}
	add := func(name string, worth float64) {
		if name != p.text && plainSegment(name) && s.h.fitsPart(p.text, name) {
			names[name] = max(names[name], worth)
		}
	}
	for i := range s.f.Imports {
		for _, o := range s.f.Imports[i].Items {
			q := segments(withoutHost(o.Module), 0)
			for j := range q {
				if last == (j == len(q)-1) {
					add(q[j].text, 0.15)
				}
			}
		}
	}
	tokens := subTokens(p.text)
	s.pool.last.each(tokens, func(n string) { add(n, 0.05) })
	s.index.stems.each(tokens, func(n string) { add(n, 0.1) })
	for _, n := range pluralOrSingular(p.text) {
		if s.known(n) || s.pool.home[n] != nil {
			add(n, 0.1)
		}
	}
	for name := range names {
		if twice(made(name)) || s.exists(made(name)) || alone && nearness(p.text, tokens, name) < 0.3 {
			delete(names, name)
		}
	}
	return names
}

// withoutHost is a module's path without the host and its owner's name.
func withoutHost(module string) string {
	if host, rest, ok := strings.Cut(module, "/"); ok && strings.Contains(host, ".") && strings.Trim(host, ".") != "" {
		_, rest, _ = strings.Cut(rest, "/")
		return rest
	}
	return module
}

// twice reports whether a path has two equal parts.
func twice(module string) bool {
	seen := map[string]bool{}
	for _, p := range segments(module, 0) {
		if seen[p.text] {
			return true
		}
		seen[p.text] = true
	}
	return false
}

// nameRole is what an imported name is, by its case.
func nameRole(name string) role {
	if style(name) == "Pascal" || style(name) == "UPPER" {
		return ofValue
	}
	return ofFunction
}

// fitsPart is fitsStyle for parts of paths, which may hold hyphens.
func (h *habits) fitsPart(a, b string) bool {
	if strings.Contains(a, "-") != strings.Contains(b, "-") {
		return false
	}
	x, y := style(strings.ReplaceAll(a, "-", "")), style(strings.ReplaceAll(b, "-", ""))
	low := func(s string) bool { return s == "lower" || s == "snake" }
	return x == y || low(x) && low(y)
}
