package verify

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// ecmaFile reports whether a script's path is what a specifier's target means: the
// path itself, with an extension added, or with .js replaced by TypeScript's.
func ecmaFile(p, target string) bool {
	if p == target {
		return true
	}
	for _, ext := range words(".js .jsx .mjs .cjs .ts .tsx .mts .cts .d.ts") {
		if p == target+ext {
			return true
		}
		for _, js := range words(".js .jsx .mjs .cjs") {
			if bare, ok := strings.CutSuffix(target, js); ok && p == bare+ext {
				return true
			}
		}
	}
	return false
}

// ecmaModule resolves a specifier: relative ones from the importing file, with any
// extension or as a folder; bare ones as Node's core modules.
func ecmaModule(q *query, p string, from *file) module {
	if !strings.HasPrefix(p, "./") && !strings.HasPrefix(p, "../") && p != "." && p != ".." {
		core, forced := strings.CutPrefix(p, "node:")
		if lib := q.lib.modules[core]; lib != nil && core != "globals" && len(q.repo.ending(p)) == 0 {
			return module{state: standard, name: p, lib: lib}
		}
		if forced && !slices.Contains(q.w.later, core) {
			return missing(true, p, "Node v20 has no core module %s, and only core modules have the scheme node:", core)
		}
		if forced {
			return module{name: p}
		}
		if first, rest, ok := strings.Cut(core, "/"); ok && q.lib.modules[first] != nil && rest != "" &&
			!strings.Contains(rest, "/") && strings.Trim(rest, "abcdefghijklmnopqrstuvwxyz_") == "" {
			return missing(false, p, "Node v20 has a core module %s and none %s", first, core)
		}
		return module{name: p}
	}
	if from == nil {
		return module{name: p} // relative to nothing
	}
	target := path.Join(from.folder, p)
	if strings.HasPrefix(target, "..") {
		return module{name: p}
	}
	if target == "." {
		target = ""
	}
	m := module{state: present, name: p}
	// "./a.b" may be a.b.ts as well as a file of that very name; "./a.js" a.ts.
	for _, f := range q.repo.stems[path.Base(stem(target))] {
		if f.path != target && !strings.HasPrefix(f.path, target+".") && stem(f.path) != stem(target) {
			continue
		}
		if slices.Contains(q.w.family, f.language) && ecmaFile(f.path, target) {
			m.files = append(m.files, f)
		} else {
			m.open = fmt.Sprintf("it may mean %s", f.path)
		}
	}
	if q.repo.folders[target] {
		if f := q.repo.files[strings.TrimPrefix(target+"/package.json", "/")]; f != nil {
			m.open = fmt.Sprintf("%s says which file the folder stands for", f.path)
		}
		for _, f := range q.repo.stemIn(strings.TrimPrefix(target+"/index", "/")) {
			if slices.Contains(q.w.family, f.language) {
				m.files = append(m.files, f)
			} else {
				m.open = fmt.Sprintf("it may mean %s", f.path)
			}
		}
		if len(m.files) == 0 {
			m.open = fmt.Sprintf("%s/ is a folder", target)
		}
	}
	if len(m.files) > 0 || m.open != "" {
		for _, f := range m.files {
			if m.open == "" && !ecmaExports(f) {
				m.open, m.loose = fmt.Sprintf("%s may export names in ways that are not written as exports", f.path),
					true
			}
		}
		return m
	}
	if generatedName(target) || path.Ext(target) == ".node" {
		return module{name: p}
	}
	for _, o := range q.repo.modules {
		settings := o.file.language == "" && o.name == syntax.Any
		if settings || q.family(o.file) && o.name != syntax.Any && o.gives(p) {
			return module{name: p, open: o.at()}
		}
	}
	if !q.repo.folders[folder(target)] {
		return missing(false, p, "the archive has no folder %s/", folder(target))
	}
	return missing(true, p, "the archive has no file %s with any extension, and no folder of that name", target)
}

// ecmaExports reports whether a file's exports are all among its symbols: it is
// not a CommonJS module that may build its exports.
func ecmaExports(f *file) bool {
	for _, ext := range []string{".ts", ".tsx", ".mts", ".cts", ".mjs"} {
		if strings.HasSuffix(f.path, ext) {
			return true
		}
	}
	return false
}

// ecmaLiteral names the built-in class of a literal.
func ecmaLiteral(kind, _ string, isString bool) string {
	if isString {
		return "String"
	}
	return map[string]string{"array": "Array", "regex": "RegExp"}[kind]
}

// ecmaType takes undefined and null off a written type.
func ecmaType(text string) string {
	for _, end := range []string{"| undefined", "| null"} {
		for strings.HasSuffix(text, end) {
			text = strings.TrimSpace(strings.TrimSuffix(text, end))
		}
	}
	return text
}

// ecmaVaries: the list is of one version of one host.
func ecmaVaries(string) bool { return true }

// ecmaRebinds: a function that is neither an arrow nor a method of a class has its own this.
func ecmaRebinds(s *site, sc int) bool {
	k := s.f.Scopes[sc].Decl
	if k >= 0 {
		switch s.f.Decls[k].Role {
		case syntax.Method, syntax.Constructor, syntax.Field:
			return false
		}
	}
	text := string(s.f.Src[s.f.Scopes[sc].Start:min(s.f.Scopes[sc].Start+40, s.f.Scopes[sc].End)])
	return strings.HasPrefix(text, "function") || strings.HasPrefix(text, "async function")
}

func ecmaAwaited(result string) bool { return result == "Promise" }

// ecmaUnlisted: the list of a core module has what is there when it runs, and its declarations
// have types beside.
func ecmaUnlisted(it syntax.ImportItem) string {
	if startsUpper(it.Name) {
		return fmt.Sprintf("%s may be a type of the declarations of %s", it.Name, it.Module)
	}
	return ""
}

// ecmaHost: a name that begins like a class's may be one of the browser's or of another host.
func ecmaHost(name string) string {
	if startsUpper(name) {
		return "not read: the classes of the host"
	}
	return ""
}
