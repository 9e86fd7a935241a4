package rules

import (
	"path"
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// imports changes the imported name or one part of the module's path.
func imports(s *scene) []Candidate {
	var out []Candidate
	for i := range s.f.Imports {
		im := &s.f.Imports[i]
		if !s.inGolden(im.Start, im.End) {
			continue
		}
		for _, k := range s.itemOrder(im.Items) {
			it := im.Items[k]
			byName, byPath := s.otherNames(it), s.otherPaths(it)
			if s.hash("path first")%2 == 0 {
				byName, byPath = byPath, byName
			}
			for j := range max(len(byName), len(byPath)) {
				for _, c := range [][]Candidate{byName, byPath} {
					if j < len(c) {
						out = append(out, c[j])
					}
				}
			}
		}
	}
	return out
}

// itemOrder visits the items of a statement in hash order.
func (s *scene) itemOrder(items []syntax.ImportItem) []int {
	order := make([]int, len(items))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		x, y := s.hash("item", items[a].Module, items[a].Name), s.hash("item", items[b].Module, items[b].Name)
		if x < y {
			return -1
		}
		return 1
	})
	return order
}

// otherNames replaces an imported name by a real one of another module.
func (s *scene) otherNames(it syntax.ImportItem) []Candidate {
	if it.NameEnd <= it.NameStart || !s.inGolden(it.NameStart, it.NameEnd) || !identifier(it.Name) {
		return nil
	}
	if s.invent {
		var out []Candidate
		for _, n := range invented(it.Name, style(it.Name) != "Pascal", s.known) {
			out = append(out, Candidate{s.replaced(it.NameStart, it.NameEnd, n), true})
		}
		return out
	}
	names := map[string]float64{}
	add := func(name string, base float64) {
		if name != it.Name && identifier(name) && fitsStyle(it.Name, name) && !s.pool.exports[it.Module][name] {
			names[name] = max(names[name], base+nearness(it.Name, name))
		}
	}
	for i := range s.f.Imports {
		for _, o := range s.f.Imports[i].Items {
			if o.Module != it.Module {
				add(o.Name, 0.4)
			}
		}
	}
	for i := range s.f.Refs {
		if r := &s.f.Refs[i]; r.InType || r.Called {
			add(r.Name, 0.5)
		}
	}
	for _, role := range []string{"import", "class", "interface", "function", "type", "enum", "trait"} {
		for _, n := range s.pool.similar(role, it.Name) {
			add(n, 0)
		}
	}
	for name := range names {
		if s.repo.below(it.Module, name) || s.repo.names[name] {
			delete(names, name)
		}
	}
	var out []Candidate
	for _, n := range s.best(names, 6) {
		out = append(out, Candidate{Text: s.replaced(it.NameStart, it.NameEnd, n.name)})
	}
	return out
}

// separators of path segments in module names of any language.
const separators = "./:\\"

func lastSegment(module string) string {
	if ext := path.Ext(module); isExtension(ext) {
		module = strings.TrimSuffix(module, ext)
	}
	return module[strings.LastIndexAny(module, separators)+1:]
}

// segment is one part of a module's path, in the window.
type segment struct {
	text       string
	start, end int
}

func segments(module string, at int) []segment {
	var out []segment
	start := 0
	for i := 0; i <= len(module); i++ {
		if i == len(module) || strings.IndexByte(separators, module[i]) >= 0 {
			if i > start {
				out = append(out, segment{module[start:i], at + start, at + i})
			}
			start = i + 1
		}
	}
	return out
}

// otherPaths replaces one segment of the module's path, the last for choice, by a
// segment of another real module, such that no module of the whole has that path.
func (s *scene) otherPaths(it syntax.ImportItem) []Candidate {
	if it.ModEnd <= it.ModStart || !s.inGolden(it.ModStart, it.ModEnd) {
		return nil
	}
	parts := segments(it.Module, it.ModStart)
	if len(parts) == 0 {
		return nil
	}
	extension := path.Ext(it.Module)
	if len(parts) > 1 && extension == "."+parts[len(parts)-1].text && isExtension(extension) {
		parts = parts[:len(parts)-1]
	}
	var out []Candidate
	for back := range min(2, len(parts)) {
		p := parts[len(parts)-1-back]
		if strings.Contains(p.text, "-") && s.invent || !plainSegment(p.text) || (back > 0 && len(parts) < 3) {
			continue
		}
		make := func(name string) string {
			return it.Module[:p.start-it.ModStart] + name + it.Module[p.end-it.ModStart:]
		}
		if s.invent {
			for _, n := range invented(p.text, false, s.known) {
				out = append(out, Candidate{s.replaced(p.start, p.end, n), true})
			}
			continue
		}
		names := map[string]float64{}
		add := func(name string, base float64) {
			if name != p.text && plainSegment(name) && len(name) >= 2 && style(name) == style(p.text) && !s.moduleExists(make(name)) {
				names[name] = max(names[name], base+nearness(p.text, name))
			}
		}
		for i := range s.f.Imports {
			for _, o := range s.f.Imports[i].Items {
				for _, q := range segments(o.Module, 0) {
					add(q.text, 0.4)
				}
			}
		}
		for _, n := range s.pool.similar("module", p.text) {
			for _, q := range segments(n, 0) {
				add(q.text, 0.1)
			}
		}
		for _, stem := range s.repo.stems {
			add(stem, 0)
		}
		for _, n := range s.best(names, 4) {
			out = append(out, Candidate{Text: s.replaced(p.start, p.end, n.name)})
		}
	}
	return out
}

func isExtension(ext string) bool {
	for _, l := range syntax.All() {
		if slices.Contains(l.Extensions, ext) {
			return true
		}
	}
	return ext == ".json" || ext == ".css"
}

func plainSegment(name string) bool {
	if name == "" || name == "crate" || name == "self" || name == "super" || name == "std" {
		return false
	}
	for _, r := range name {
		if r != '_' && r != '-' && (r < '0' || r > '9') && (r < 'a' || r > 'z') && (r < 'A' || r > 'Z') {
			return false
		}
	}
	return true
}

// moduleExists reports whether a module of that path is known from any import of
// the build, or a file or folder of the repository may be meant by it.
func (s *scene) moduleExists(module string) bool {
	if s.pool.modules[module] || s.pool.exports[module] != nil {
		return true
	}
	return s.repo.names[lastSegment(module)]
}
