package verify

import (
	"path"
	"slices"
	"strings"
)

// includers are the files that include one of that name which is no header of its own:
// a template's bodies, a table, a part of a unity build.
func (q *query) includers(base string) []*file {
	if strings.HasPrefix(path.Ext(base), ".h") {
		return nil
	}
	if q.includedBy == nil {
		q.includedBy = map[string][]*file{}
		for _, name := range sortedKeys(q.repo.files) {
			f := q.repo.files[name]
			for _, im := range f.imports {
				b := path.Base(im.module)
				if ext := path.Ext(b); q.family(f) && im.local == "*" && ext != "" && !strings.HasPrefix(ext, ".h") {
					q.includedBy[b] = append(q.includedBy[b], f)
				}
			}
		}
	}
	return q.includedBy[base]
}

// included headers of a file, directly and through others.
type included struct {
	unread []string // neither in the archive nor of the standard library
	blind  []string // in the archive, and not read
	own    string   // one of them that is named like a file of the project: in quotes
	using  bool     // a namespace that is not the repository's is opened somewhere
}

// includes walks the include graph from the file, once a window.
func (s *site) includes() included {
	if s.graph != nil {
		return *s.graph
	}
	out := &included{}
	s.graph = out
	seen := map[*file]bool{s.file: true}
	todo := []*file{s.file}
	add := func(f *file, mods []imported) {
		for _, im := range mods {
			if im.local != "*" {
				continue
			}
			header := im.relative || strings.ContainsAny(im.module, "./") ||
				s.lib.modules["headers"][im.module] != (arity{})
			if !header {
				if !s.namespace(strings.ReplaceAll(im.module, "::", ".")) {
					out.using = true
				}
				continue
			}
			m := s.w.module(s.query, im.module, f)
			switch m.state {
			case standard:
			case present:
				for _, x := range m.files {
					if !seen[x] {
						seen[x] = true
						todo = append(todo, x)
					}
				}
			default:
				if !slices.Contains(out.unread, im.module) {
					out.unread = append(out.unread, im.module)
				}
				if im.relative && out.own == "" {
					out.own = im.module
				}
			}
		}
	}
	add(s.file, s.imports(0))
	for _, f := range s.includers(path.Base(s.file.path)) { // what they include before this file, it sees
		add(f, f.imports)
	}
	for _, im := range s.repo.usings { // headers that a build puts before every file
		ext := path.Ext(im.module)
		if strings.HasPrefix(ext, ".h") || ext == ".pch" || s.lib.modules["headers"][im.module] != (arity{}) {
			add(s.file, []imported{im})
		}
	}
	add(s.file, s.file.imports) // also those inside of a declaration, which write its members
	for len(todo) > 0 {
		f := todo[0]
		todo = todo[1:]
		if f.unread || !s.family(f) || f.opensAny() {
			out.unread, out.blind = append(out.unread, f.path), append(out.blind, f.path)
		}
		if f != s.file {
			add(f, f.imports)
		}
	}
	return *out
}
