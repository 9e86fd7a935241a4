package rules

import (
	"path"
	"slices"
	"strings"
)

// extensions are endings of module names that are files.
var extensions = map[string]bool{".json": true, ".css": true, ".vue": true, ".svg": true, ".hxx": true, ".d": true}

func isExtension(ext string) bool {
	_, ok := familyOf[ext]
	return ok || extensions[ext]
}

func withoutExtension(module string) string {
	if ext := path.Ext(module); isExtension(ext) {
		return strings.TrimSuffix(module, ext)
	}
	return module
}

var toSlashes = strings.NewReplacer("::", "/", ".", "/", "\\", "/")

// slashed writes a module's name as a path: what a file or folder of it ends with.
func slashed(module string) string {
	module = withoutExtension(module)
	if strings.Contains(module, "/") {
		return strings.Trim(module, "./")
	}
	module = toSlashes.Replace(module)
	for _, root := range []string{"crate/", "self/", "super/"} {
		for strings.HasPrefix(module, root) {
			module = module[len(root):]
		}
	}
	return strings.Trim(module, "/")
}

// relativePath is the path that a module named from a file's own place has, "" for
// none: "./x" and ".x" (Python's dots count folders).
func relativePath(file, module string) string {
	dir := path.Dir(file)
	switch {
	case strings.HasPrefix(module, "./"), strings.HasPrefix(module, "../"), module == ".", module == "..":
		return path.Join(dir, withoutExtension(module))
	case strings.HasPrefix(module, "."):
		rest := strings.TrimLeft(module, ".")
		for range len(module) - len(rest) - 1 {
			dir = path.Dir(dir)
		}
		return path.Join(dir, strings.ReplaceAll(rest, ".", "/"))
	}
	return ""
}

// exists reports whether a file or folder of the repository may be what a module's
// name means, seen from a file.
func (s *scene) exists(module string) bool {
	if s.pool.modules[module] {
		return true
	}
	if p := relativePath(s.c.Path, module); p != "" {
		return s.index.paths[p] || s.index.paths[path.Join(p, "index")] || s.index.paths[path.Join(p, "__init__")]
	}
	for _, m := range s.repo.modules {
		if rest, ok := strings.CutPrefix(module, m.name+"/"); ok &&
			s.index.paths[path.Join(m.dir, withoutExtension(rest))] {
			return true
		}
	}
	p := slashed(module)
	for _, f := range s.index.files[path.Base(p)] {
		if f == p || strings.HasSuffix(f, "/"+p) {
			return true
		}
	}
	return false
}

// supplies reports whether a module may give a name: an import of the build took it
// from there, or a file that the module's name may mean declares it.
func (s *scene) supplies(module, name string) bool {
	if s.pool.exports[module][name] {
		return true
	}
	p := relativePath(s.c.Path, module)
	if p == "" {
		p = slashed(module)
		for _, m := range s.repo.modules {
			if rest, ok := strings.CutPrefix(module, m.name+"/"); ok {
				p = path.Join(m.dir, rest)
			}
		}
	}
	part := "/" + p + "/"
	for _, f := range s.index.top[name] {
		if strings.Contains(f, part) {
			return true
		}
	}
	for _, f := range s.index.imports[name] { // what a module imports, others can import from it
		if strings.HasSuffix(f, part) {
			return true
		}
		if dir, file := path.Split(strings.TrimSuffix(f, "/")); slices.Contains(packageFiles, file) &&
			strings.HasSuffix(dir, part) {
			return true
		}
	}
	return false
}

// place is a file's path as the index holds it: /a/b/stem/.
func place(file string) string { return "/" + strings.TrimSuffix(file, path.Ext(file)) + "/" }

// packageFiles are the files that speak for their folder.
var packageFiles = []string{"__init__", "index", "mod", "lib"}

// ownPath reports whether a module's name means the context's own file.
func (s *scene) ownPath(module string) bool {
	own := "/" + strings.TrimSuffix(s.c.Path, path.Ext(s.c.Path))
	p := relativePath(s.c.Path, module)
	if p == "" {
		p = slashed(module)
	}
	return strings.HasSuffix(own, "/"+p)
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
	if n := len(out); n > 1 && isExtension("."+out[n-1].text) && strings.HasSuffix(module, "."+out[n-1].text) {
		out = out[:n-1]
	}
	return out
}

// plainSegment reports whether a part of a path is a name that can be another.
func plainSegment(name string) bool {
	switch name {
	case "", "crate", "self", "super", "std", "core", "alloc", "github", "com", "org", "net", "io", "www":
		return false
	}
	for i, r := range name {
		letter := r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r != '_' && r != '-' && (r < '0' || r > '9')) {
			return false
		}
	}
	return len(name) >= 2 && !version(name)
}

// version reports whether a part is v2 or the like: no name.
func version(s string) bool {
	return len(s) > 1 && s[0] == 'v' && strings.Trim(s[1:], "0123456789") == ""
}
