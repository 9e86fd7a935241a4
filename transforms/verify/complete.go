package verify

import (
	"path"
	"strings"
)

// importedAt reports whether some file of the repository imports a module by that
// name or below it: then it exists when the code runs, though the archive does not
// hold it (a build makes it).
func (q *query) importedAt(module string) bool {
	if q.prefixes == nil {
		q.prefixes = map[string]bool{}
		for _, f := range q.repo.files {
			if !q.family(f) {
				continue
			}
			for _, im := range f.imports {
				full := im.module
				if im.relative && (strings.HasPrefix(full, "./") || strings.HasPrefix(full, "../")) {
					q.prefixes["/"+path.Join(f.folder, full)] = true
					continue
				}
				if im.name != "" {
					full += q.w.separator + im.name
				}
				for full != "" {
					q.prefixes[full] = true
					i := strings.LastIndex(full, q.w.separator)
					if i < 0 || q.w.siblings == repoNames { // a header is in no other
						break
					}
					full = full[:i]
				}
			}
		}
	}
	return q.prefixes[module]
}

// incomplete reports whether a package of the archive has classes elsewhere too:
// some file imports one that the archive does not declare.
func (q *query) incomplete(pkg string) bool {
	if q.partial == nil {
		q.partial = map[string]bool{}
		asked := map[string]bool{}
		for _, name := range sortedKeys(q.repo.files) {
			f := q.repo.files[name]
			if !q.family(f) {
				continue
			}
			for _, im := range f.imports {
				if im.name == "" || im.local == "*" || asked[im.module+" "+im.name] {
					continue
				}
				asked[im.module+" "+im.name] = true
				q.checkPackage(im, f)
			}
		}
	}
	return q.partial[pkg]
}

// checkPackage marks the package that an import names if the import's class, or for
// a static import its type, is not in it.
func (q *query) checkPackage(im imported, f *file) {
	parts := strings.Split(im.module, ".")
	if q.w.namespaces {
		if !im.static {
			parts = append(parts, im.name)
		}
		for i := len(parts); i > 0; i-- {
			pkg := strings.Join(parts[:i], ".")
			m := q.w.module(q, pkg, f)
			if m.state != present {
				continue
			}
			if i < len(parts) && q.export(m, parts[i]).where == "" {
				q.partial[pkg] = true
			}
			return
		}
		return
	}
	if m := q.w.module(q, im.module, f); m.state == present && !im.relative {
		if x := q.export(m, im.name); x.where == "" {
			if sub := q.w.module(q, im.module+q.w.separator+im.name, f); sub.state != present {
				q.partial[im.module] = true
			}
		}
	}
}
