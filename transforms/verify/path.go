package verify

import (
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// path is what a path a::b::c denotes: a type or a module.
func (s *site) path(text string, scope, depth int) entity {
	text, rooted := strings.CutPrefix(strings.Join(strings.Fields(text), ""), "::")
	parts := s.parts(stripGenerics(text))
	if len(parts) == 0 || parts[0] == "" {
		return unclear("the path %s is not followed", text)
	}
	if len(parts) == 1 && !rooted {
		if parts[0] == "Self" {
			return s.selfEntity(scope)
		}
		if e := s.named(parts[0], scope, depth+1); e.kind != unknown {
			return e
		}
	}
	if s.typeParameter(parts[0], scope) {
		return unclear("%s is a type parameter", parts[0])
	}
	return s.w.path(s, text, parts, rooted, scope)
}

// rustPath is what a path of Rust denotes: a module, or a type of the repository.
func rustPath(s *site, text string, parts []string, rooted bool, scope int) entity {
	full := strings.Join(parts, "::")
	if !rooted {
		full = s.rustFull(parts, scope)
	}
	m := s.w.module(s.query, full, s.file)
	switch m.state {
	case present:
		if t, ok := s.typeAnywhere(parts[len(parts)-1], nil); ok && !s.isModuleName(parts[len(parts)-1]) {
			return entity{kind: aType, typ: t}
		}
		return entity{kind: aModule, mod: m}
	case standard:
		return entity{kind: aModule, mod: m}
	}
	return unclear("what %s is, is not known", text)
}

// cppPath is what a path of C++ denotes: a type anywhere, or a namespace.
func cppPath(s *site, _ string, parts []string, _ bool, _ int) entity {
	if t, ok := s.typeAnywhere(parts[len(parts)-1], parts[:len(parts)-1]); ok {
		return entity{kind: aType, typ: t}
	}
	return s.cppNamespace(strings.Join(parts, "."))
}

func (s *site) isModuleName(name string) bool {
	return slices.ContainsFunc(s.repo.byName[name], func(d *decl) bool {
		return d.role == syntax.Module &&
			s.family(d.file)
	})
}

// rustFull is a path with its first part replaced by what an import says it is.
func (s *site) rustFull(parts []string, scope int) string {
	for _, im := range s.imports(scope) {
		if im.local == parts[0] {
			head := im.module
			if im.name != "" {
				head += "::" + im.name
			}
			return strings.Join(append([]string{head}, parts[1:]...), "::")
		}
	}
	switch parts[0] {
	case "crate", "self", "super", "std", "core", "alloc":
		return strings.Join(parts, "::")
	}
	for _, d := range s.file.decls {
		if d.name == parts[0] && d.owner == "" {
			return "self::" + strings.Join(parts, "::")
		}
	}
	return strings.Join(parts, "::")
}

// cppNamespace is a namespace of the repository: all of its names, wherever they
// are declared. Other headers can add to it.
func (s *site) cppNamespace(path string) entity {
	m := module{state: present, name: strings.ReplaceAll(path, ".", "::"), owner: path, tail: true}
	for _, d := range s.repo.byName[last(path)] {
		if d.role != syntax.Module || !s.family(d.file) || d.full() != path && !strings.HasSuffix(d.full(), "."+path) {
			continue
		}
		if d.target != "" {
			return unclear("%s is an alias", path)
		}
		if !slices.Contains(m.files, d.file) {
			m.files = append(m.files, d.file)
		}
	}
	if len(m.files) == 0 {
		return unclear("what %s is, is not known", path)
	}
	e := entity{kind: aModule, mod: m}
	if unread := s.includes().unread; len(unread) > 0 {
		top, _, _ := strings.Cut(path, ".")
		for _, h := range unread {
			if strings.Contains(strings.ToLower(h), strings.ToLower(top)) {
				return unclear("%s may add to the namespace %s", h, top)
			}
		}
		e.weak = notRead(unread)
	}
	return e
}

func stripGenerics(s string) string {
	var b strings.Builder
	depth := 0
	for i := range len(s) {
		switch s[i] {
		case '<':
			depth++
		case '>':
			depth--
		default:
			if depth == 0 {
				b.WriteByte(s[i])
			}
		}
	}
	return strings.ReplaceAll(strings.TrimSuffix(b.String(), "::"), "::::", "::")
}
