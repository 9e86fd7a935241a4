package verify

import (
	"path"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// imported checks every import item that the golden lacks.
func (p *pair) imported() verdict {
	gs, ns := p.g.importItems(), p.n.importItems()
	same := func(a, b syntax.ImportItem) bool {
		return a.Module == b.Module && a.Name == b.Name && a.Wildcard == b.Wildcard && a.Static == b.Static
	}
	var vs []verdict
	for _, it := range ns {
		if slices.ContainsFunc(gs, func(g syntax.ImportItem) bool { return same(g, it) }) {
			continue
		}
		vs = append(vs, p.n.item(it))
	}
	v := pick(vs)
	if v.status == schemas.StatusCertified && p.n.w.doubts != nil {
		v = p.n.w.doubts(p, v, gs, ns)
	}
	if v.status != schemas.StatusCertified && v.status != schemas.StatusUnseen {
		return v
	}
	if at := p.n.guarded(); at != "" {
		return verdict{v.rule, abstain("the import may fail and its failure is caught (%s)", at)}
	}
	for _, g := range gs {
		if slices.ContainsFunc(ns, func(n syntax.ImportItem) bool { return same(n, g) }) {
			continue
		}
		if c := p.g.item(g); c.status == schemas.StatusCertified || c.status == schemas.StatusUnseen {
			return verdict{ruleControl, abstain("the golden's own import is not found either: %s", c.why)}
		}
	}
	return v
}

// guarded is where a statement begins that catches the failure of an import that the
// completion touches, "" for none: what is not there is then asked for on purpose.
func (s *site) guarded() string {
	for _, im := range s.f.Imports {
		if im.Start >= s.end || im.End <= s.start {
			continue
		}
		for n := im.Node; n >= 0; n = s.f.Tree.Parent(n) {
			if slices.Contains(s.w.guards, s.f.Tree.Kind(n)) {
				return s.at(s.f.Tree.Start(n))
			}
		}
	}
	return ""
}

// importItems are the items of the import statements that the completion touches.
func (s *site) importItems() []syntax.ImportItem {
	var out []syntax.ImportItem
	for _, im := range s.f.Imports {
		if im.Start < s.end && im.End > s.start {
			out = append(out, im.Items...)
		}
	}
	return out
}

// item resolves one import item.
func (s *site) item(it syntax.ImportItem) verdict {
	m := s.w.module(s.query, it.Module, s.file)
	if s.w.item != nil {
		if v, ok := s.w.item(s, it, m); ok {
			return v
		}
	}
	switch m.state {
	case absent:
		at := it.Module
		if it.Relative && s.w.byPlace {
			at = "/" + path.Join(s.file.folder, it.Module)
		}
		if s.importedElsewhere(at) {
			return verdict{ruleModule, abstain("%s is imported by other files too: a build makes it", it.Module)}
		}
		if s.w.foreign != nil {
			if why := s.w.foreign(it); why != "" {
				return verdict{ruleModule, abstain("%s", why)}
			}
		}
		if m.sure && s.w.namespaces && s.generators() {
			m.sure = false
		}
		weak := ""
		if !m.sure {
			weak = "something that is not read could still be it"
		}
		return verdict{ruleModule, certain(weak, "%s: %s", it.Module, m.why)}
	case external:
		return verdict{ruleModule, abstain("%s is not of this repository%s", it.Module, reason(m.open))}
	}
	if it.Name == "" || it.Wildcard {
		return verdict{ruleModule, exists("%s is there", it.Module)}
	}
	return verdict{ruleImportName, s.importName(it, m)}
}

// importedElsewhere reports whether another statement than the completion's imports
// a module.
func (s *site) importedElsewhere(at string) bool {
	if !s.importedAt(at) {
		return false
	}
	// The symbols hold the golden's own statement: it does not count.
	place := strings.HasPrefix(at, "/")
	in, ok := s.importersOf(place)[at]
	if !ok || in.more || in.file != s.file {
		return ok
	}
	first, last := s.line(s.start), s.line(max(s.start, s.end-1))
	for _, im := range s.file.imports {
		full := fullModule(s.file, im, place)
		if (im.line < first || im.line > last) && (full == at || strings.HasPrefix(full, at+s.w.separator)) {
			return true
		}
	}
	return false
}

// importer is a file that imports a module or something in it, and whether others do.
type importer struct {
	file *file
	more bool
}

// fullModule is what an import names: a module, or its place in the archive.
func fullModule(f *file, im imported, place bool) string {
	if place {
		return "/" + path.Join(f.folder, im.module)
	}
	return im.module
}

// importersOf are the importers of every module, or place, that files import, and of
// all above it.
func (q *query) importersOf(place bool) map[string]importer {
	all := &q.importers[0]
	if place {
		all = &q.importers[1]
	}
	if *all != nil {
		return *all
	}
	*all = map[string]importer{}
	for _, f := range q.repo.files {
		if !q.family(f) {
			continue
		}
		for _, im := range f.imports {
			for full := fullModule(f, im, place); ; {
				in, ok := (*all)[full]
				(*all)[full] = importer{f, in.more || ok && in.file != f}
				i := strings.LastIndex(full, q.w.separator)
				if i < 0 || q.w.separator == "" {
					break
				}
				full = full[:i]
			}
		}
	}
	return *all
}

func reason(open string) string {
	if open == "" {
		return ""
	}
	return ": " + open
}

// importName looks for the name that an item takes from a module of the archive or
// of the standard library.
func (s *site) importName(it syntax.ImportItem, m module) finding {
	if it.Name == "default" {
		return abstain("what %s exports by default is not declared by name", it.Module)
	}
	x := s.export(m, it.Name)
	if x.where != "" {
		return exists("%s has %s: %s", it.Module, it.Name, x.where)
	}
	if !s.w.namesOnly {
		full := it.Module + s.w.separator + it.Name
		if strings.HasSuffix(it.Module, s.w.separator) {
			full = it.Module + it.Name
		}
		sub := s.w.module(s.query, full, s.file)
		if sub.state == present || sub.state == standard {
			return exists("%s is a module", full)
		}
		if s.w.built != nil {
			if why := s.w.built(full, it, m, sub); why != "" {
				return abstain("%s", why)
			}
		}
	}
	if generatedName(it.Name) && !s.w.fileModules && m.state == present {
		return abstain("%s is a name that builds make", it.Name)
	}
	if m.state == standard && s.w.unlisted != nil {
		if why := s.w.unlisted(it); why != "" {
			return abstain("%s", why)
		}
	}
	if m.state == standard {
		weak := ""
		top, _, _ := strings.Cut(it.Module, ".")
		if s.w.varies != nil && s.w.varies(top) {
			weak = "the list is of one version and platform"
		}
		return certain(weak, "the standard library's %s has %d names in its list, none is %s", it.Module, len(m.lib),
			it.Name)
	}
	if x.open != "" && !x.loose {
		return abstain("%s", x.open)
	}
	if !it.Relative && s.incomplete(it.Module) {
		return abstain("other files import names from %s that the archive does not hold", it.Module)
	}
	return certain(x.open, "%s declares %s; no %s", it.Module, s.listing(m), it.Name)
}
