package verify

import (
	"fmt"
	"path"
	"slices"
	"strings"

	"decoy/transforms/syntax"
)

// state is what is known of a module.
type state uint8

const (
	external state = iota // not of this repository, and no list has it
	present               // files of this repository
	standard              // in a list of the standard library
	absent                // its place is known and it is not there
)

// module is a resolved module path: the files that make it up, or its list.
type module struct {
	state state
	name  string
	files []*file
	owner string // the namespace inside of the files, "" for file level
	flat  bool   // names of any owner in the files count
	tail  bool   // owner is the end of a longer path
	loose bool   // open because of how it is written, not because of what is not read
	lib   map[string]arity
	sure  bool   // absent: nothing unread could be it
	why   string // absent: what was looked at
	open  string // present: why not all of its names are known
}

func missing(sure bool, name, format string, args ...any) module {
	return module{state: absent, name: name, sure: sure, why: fmt.Sprintf(format, args...)}
}

// found is what a look-up of a name says: declarations or another place that binds
// it, and if there is none, why there could be one after all.
type found struct {
	decls []*decl
	where string // how the name is bound, "" for not at all
	open  string
	loose bool
}

// export looks a name up among those that a module gives.
func (q *query) export(m module, name string) found { return q.exportOf(m, name, map[*file]bool{}) }

func (q *query) exportOf(m module, name string, seen map[*file]bool) found {
	switch m.state {
	case standard:
		if _, ok := m.lib[name]; ok {
			return found{where: "the standard library's " + m.name}
		}
		if slices.Contains(q.w.later, name) {
			return found{where: "a later version of the standard library's " + m.name}
		}
		return found{}
	case present:
	default:
		return found{open: fmt.Sprintf("%s is not read", m.name)}
	}
	out := found{open: m.open, loose: m.loose}
	for _, f := range m.files {
		if f.unread {
			out.open = fmt.Sprintf("%s is not read", f.path)
		}
		for _, d := range f.decls {
			if !m.holds(d) {
				continue
			}
			if d.name == name {
				out.decls = append(out.decls, d)
				out.where = d.at()
			}
			if d.name == "__getattr__" && d.owner == "" {
				out.open = fmt.Sprintf("%s has a module __getattr__", f.path)
			}
		}
		for _, im := range f.imports {
			if im.local == name || im.local == "" && im.name == name {
				out.where = fmt.Sprintf("%s:%d imports it", f.path, im.line)
			}
		}
	}
	if out.where != "" {
		return out
	}
	for _, f := range m.files {
		if seen[f] {
			continue // imports of everything can go in a circle
		}
		seen[f] = true
		for _, im := range f.imports {
			if im.local != "*" || q.w.library == "java" {
				continue
			}
			if q.w.includes {
				if !strings.ContainsAny(im.module, "./") && q.lib.modules["headers"][im.module] == (arity{}) {
					out.open = fmt.Sprintf("%s opens the namespace %s", f.path, im.module)
				}
				continue
			}
			sub := q.exportOf(q.w.module(q, im.module, f), name, seen)
			if sub.where != "" {
				return sub
			}
			if sub.open != "" {
				out.open = fmt.Sprintf("%s imports everything from %s", f.path, im.module)
			}
		}
	}
	return out
}

// holds reports whether a declaration of one of the module's files is a name of the
// module's. Members of enums count: some languages put them around the enum.
func (m module) holds(d *decl) bool {
	switch {
	case m.flat || d.owner == m.owner:
		return true
	case m.tail:
		return strings.HasSuffix(d.owner, "."+m.owner) || d.role == syntax.EnumMember
	}
	return m.owner == "" && d.role == syntax.EnumMember
}

// goModule: a path of the standard library, or below a module of the archive.
func goModule(q *query, p string, from *file) module {
	if lib := q.lib.modules[p]; lib != nil {
		return module{state: standard, name: p, lib: lib}
	}
	if p == "C" {
		return module{name: p}
	}
	for _, m := range q.repo.manifests {
		if m.file != "go.mod" || p != m.name && !strings.HasPrefix(p, m.name+"/") {
			continue
		}
		dir := strings.TrimPrefix(path.Join(m.folder, strings.TrimPrefix(p, m.name)), "/")
		if mod, ok := goPackage(q, p, dir); ok {
			return mod
		}
		return missing(q.wholeTree(), p, "the archive has no Go file in %s/ (module %s, %s)", dir, m.name, path.Join(m.folder, m.file))
	}
	first, _, nested := strings.Cut(p, "/")
	if strings.HasPrefix(p, "./") || strings.HasPrefix(p, "../") {
		dir := path.Join(from.folder, p)
		if mod, ok := goPackage(q, p, dir); ok {
			return mod
		}
		return missing(true, p, "the archive has no Go file in %s/", dir)
	}
	if strings.Contains(first, ".") {
		if fs := q.repo.ending(p); len(fs) > 0 {
			return module{name: p}
		}
		return module{name: p}
	}
	// The go command keeps paths without a dot in the first element for the
	// standard library; a module of such a name is one of the archive's.
	sure, modules := false, false
	for _, m := range q.repo.manifests {
		modules = modules || m.file == "go.mod"
	}
	if nested {
		for std := range q.lib.modules {
			if strings.HasPrefix(std, first+"/") {
				sure = true
			}
		}
	}
	if len(q.repo.ending(p)) > 0 || strings.Contains("/"+p+"/", "/internal/") || strings.HasPrefix(p, "vendor/") || strings.HasPrefix(p, "cmd/") || !sure && !modules {
		return module{name: p}
	}
	return missing(sure, p, "package %s is not in the standard library (go1.26), and no module of the archive begins with %s", p, first)
}

func goPackage(q *query, name, dir string) (module, bool) {
	m := module{state: present, name: name}
	if dir == "." {
		dir = ""
	}
	for _, f := range q.repo.dirs[dir] {
		if f.language == "go" {
			m.files = append(m.files, f)
		}
	}
	return m, len(m.files) > 0
}

// wholeTree reports whether the archive is a whole source tree: a Go module's
// archive leaves nested modules out, so it never holds two manifests.
func (q *query) wholeTree() bool {
	n := 0
	for _, m := range q.repo.manifests {
		if m.file == "go.mod" {
			n++
		}
	}
	return n > 1
}

// packageName is the name that a Go package's files give it, "" where unknown.
func (m module) packageName() string {
	for _, f := range m.files {
		if strings.HasSuffix(f.path, "_test.go") {
			continue
		}
		for _, d := range f.decls {
			if d.role == syntax.Module {
				return d.name
			}
		}
	}
	return ""
}

// generatedName matches names that builds usually make.
func generatedName(base string) bool {
	base = strings.ToLower(base)
	for _, s := range []string{"_pb2", "_pb", ".pb", "_grpc", "generated", "autogen", "version", "config", "_export", "export_", "moc_", "ui_", ".g", "_gen", "bindings", "parser", "lexer", "autovalue_", "autooneof_", "immutable", "buildinfo", "buildconfig", "package"} {
		if strings.Contains(base, s) {
			return true
		}
	}
	return false
}

// pythonPlatform are modules whose names depend on the platform or the build.
var pythonPlatform = words("os signal socket select asyncio ctypes time subprocess mmap errno resource fcntl msvcrt winreg winsound nt posix ssl sys locale curses readline tkinter multiprocessing shutil typing types collections string inspect itertools importlib")

// pythonModule resolves a dotted path: from the importing file where it begins
// with dots, else by any folder of the archive that can be a root.
func pythonModule(q *query, p string, from *file) module {
	bare := strings.TrimLeft(p, ".")
	if dots := len(p) - len(bare); dots > 0 {
		dir := from.folder
		for range dots - 1 {
			if dir == "" {
				return missing(true, p, "%s goes above the archive's root", p)
			}
			dir = folder(dir)
		}
		target := path.Join(dir, strings.ReplaceAll(bare, ".", "/"))
		if m, ok := pythonFiles(q, p, target); ok {
			return m
		}
		base := path.Base(target)
		if fs := q.repo.stemIn(strings.TrimSuffix(strings.TrimSuffix(target, "_pb2"), "_pb2_grpc")); len(fs) > 0 || generatedName(base) || !q.repo.folders[folder(target)] {
			return module{name: p}
		}
		return missing(true, p, "the archive has neither %s.py nor a folder %s/", target, target)
	}
	top, _, _ := strings.Cut(p, ".")
	slashed := strings.ReplaceAll(p, ".", "/")
	if lib := q.lib.modules[top]; lib != nil {
		return q.pythonStandard(p, top, from)
	}
	var all module
	for _, root := range q.pythonRoots(top, from) {
		if m, ok := pythonFiles(q, p, strings.TrimPrefix(root+"/"+slashed, "/")); ok {
			all.state, all.name, all.open = present, p, m.open
			all.files = append(all.files, m.files...)
		}
	}
	if all.state == present {
		return all
	}
	if len(q.repo.ending(slashed)) > 0 || len(q.repo.stemEnding(slashed)) > 0 {
		return module{name: p} // somewhere, but not where a path surely begins
	}
	return pythonAbsent(q, p, slashed, from)
}

// pythonRoots are the folders in which a top-level name surely is: a package that
// lies in no other package, or a module beside the importing script.
func (q *query) pythonRoots(top string, from *file) []string {
	var out []string
	for _, f := range q.repo.ending(top + "/__init__.py") {
		if root := folder(folder(f.path)); len(q.repo.stemIn(strings.TrimPrefix(root+"/__init__", "/"))) == 0 {
			out = append(out, root)
		}
	}
	if from != nil && len(out) == 0 {
		for _, f := range q.repo.stemIn(strings.TrimPrefix(from.folder+"/"+top, "/")) {
			if f.language == "python" {
				return []string{from.folder}
			}
		}
	}
	return out
}

// pythonStandard resolves a path of the standard library, unless a script beside
// the importing one has the name.
func (q *query) pythonStandard(p, top string, from *file) module {
	if from != nil && len(q.repo.stemIn(strings.TrimPrefix(from.folder+"/"+top, "/"))) > 0 {
		return module{name: p}
	}
	if m := q.lib.modules[p]; m != nil {
		return module{state: standard, name: p, lib: m}
	}
	if outer := q.lib.modules[strings.TrimSuffix(p, "."+last(p))]; outer[last(p)] != (arity{}) {
		return module{name: p}
	}
	return missing(!slices.Contains(pythonPlatform, top), p, "the standard library of Python 3.11 has no module %s", p)
}

// pythonAbsent: a path below a top-level package of the archive that is not there.
func pythonAbsent(q *query, p, slashed string, from *file) module {
	top, _, nested := strings.Cut(slashed, "/")
	roots := q.pythonRoots(top, from)
	if !nested || len(roots) != 1 || generatedName(path.Base(p)) || q.importedAt(p) {
		return module{name: p}
	}
	pkg := strings.TrimPrefix(roots[0]+"/"+top, "/")
	for _, f := range q.repo.stemIn(pkg + "/__init__") {
		for _, d := range f.decls {
			if d.name == "__path__" || d.name == "__getattr__" {
				return module{name: p}
			}
		}
		for _, im := range f.imports {
			if im.module == "pkgutil" || im.module == "pkg_resources" {
				return module{name: p}
			}
		}
	}
	target := strings.TrimPrefix(roots[0]+"/"+slashed, "/")
	for dir := folder(target); ; dir = folder(dir) {
		if q.repo.folders[dir] {
			if len(q.repo.stemIn(dir+"/__init__")) == 0 {
				return module{name: p}
			}
			break
		}
		if len(q.repo.stemIn(dir)) > 0 {
			break
		}
	}
	if stemless := strings.TrimSuffix(strings.TrimSuffix(target, "_grpc"), "_pb2"); len(q.repo.stemIn(stemless)) > 0 {
		return module{name: p}
	}
	return missing(true, p, "the archive holds the package %s, and neither %s.py nor a folder %s/", pkg, target, target)
}

func pythonFiles(q *query, name, target string) (module, bool) {
	m := module{state: present, name: name}
	for _, f := range append(q.repo.stemIn(target), q.repo.stemIn(target+"/__init__")...) {
		if f.language == "python" {
			m.files = append(m.files, f)
		} else {
			m.open = fmt.Sprintf("%s is no Python source", f.path)
		}
	}
	if q.repo.folders[target] {
		m.state = present
		return m, true
	}
	return m, len(m.files) > 0 || m.open != ""
}

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
		if first, rest, ok := strings.Cut(core, "/"); ok && q.lib.modules[first] != nil && rest != "" && !strings.Contains(rest, "/") && strings.Trim(rest, "abcdefghijklmnopqrstuvwxyz_") == "" {
			return missing(false, p, "Node v20 has a core module %s and none %s", first, core)
		}
		return module{name: p}
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
		for _, f := range q.repo.stemIn(strings.TrimPrefix(target+"/index", "/")) {
			if slices.Contains(q.w.family, f.language) {
				m.files = append(m.files, f)
			}
		}
		if len(m.files) == 0 {
			m.open = fmt.Sprintf("%s/ is a folder", target)
		}
	}
	if len(m.files) > 0 || m.open != "" {
		for _, f := range m.files {
			if !ecmaExports(f) {
				m.open, m.loose = fmt.Sprintf("%s may export names in ways that are not written as exports", f.path), true
			}
		}
		return m
	}
	if generatedName(path.Base(target)) {
		return module{name: p}
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

// javaModule resolves a package, or a type's full name for static imports.
func javaModule(q *query, p string, from *file) module {
	if lib := q.lib.modules[p]; lib != nil {
		return module{state: standard, name: p, lib: lib}
	}
	m := module{state: present, name: p}
	for _, d := range q.repo.byName[p] {
		if d.role == syntax.Module && d.file.language == "java" {
			m.files = append(m.files, d.file)
		}
	}
	if len(m.files) > 0 {
		return m
	}
	if strings.HasPrefix(p, "java.") {
		return missing(true, p, "JDK 17 exports no package %s, and java. is the JDK's own", p)
	}
	return module{name: p}
}

// csharpModule resolves a namespace.
func csharpModule(q *query, p string, from *file) module {
	if q.lib.modules["namespaces"][p] != (arity{}) {
		return module{name: p}
	}
	m := module{state: present, name: p, owner: p}
	for _, f := range q.namespaces()[p] {
		m.files = append(m.files, f)
	}
	if len(m.files) > 0 {
		return m
	}
	if first, _, _ := strings.Cut(p, "."); first == "System" && len(q.lib.modules["namespaces"]) > 0 {
		return missing(false, p, "neither .NET 8's list of namespaces nor the archive has %s", p)
	}
	outer := p
	for strings.Contains(outer, ".") {
		outer = strings.TrimSuffix(outer, "."+last(outer))
		if fs := q.namespaces()[outer]; len(fs) > 0 {
			return missing(false, p, "the archive declares the namespace %s (%s), and none %s", outer, fs[0].path, p)
		}
	}
	return module{name: p}
}

// namespaces lists the C# namespaces of the repository with their files.
func (q *query) namespaces() map[string][]*file {
	if q.spaces != nil {
		return q.spaces
	}
	q.spaces = map[string][]*file{}
	add := func(p string, f *file) {
		for ; p != ""; p = strings.TrimSuffix(strings.TrimSuffix(p, last(p)), ".") {
			if fs := q.spaces[p]; len(fs) == 0 || fs[len(fs)-1] != f {
				q.spaces[p] = append(q.spaces[p], f)
			}
		}
	}
	for _, name := range sortedKeys(q.repo.files) {
		f := q.repo.files[name]
		if !q.family(f) {
			continue
		}
		for _, d := range f.decls {
			if d.role == syntax.Module {
				add(strings.ReplaceAll(d.full(), "::", "."), f)
			}
		}
	}
	return q.spaces
}

// cppModule resolves an include: any file whose path ends with it.
func cppModule(q *query, p string, from *file) module {
	m := module{state: present, name: p}
	clean := path.Clean(p)
	for _, c := range []string{path.Join(from.folder, clean), clean} {
		for strings.HasPrefix(c, "../") {
			c = c[3:]
		}
		for _, f := range q.repo.ending(c) {
			if !slices.Contains(m.files, f) && !f.dir {
				m.files = append(m.files, f)
			}
		}
	}
	if len(m.files) > 0 {
		return m
	}
	if _, ok := q.lib.modules["headers"][p]; ok {
		return module{state: standard, name: p}
	}
	if _, ok := q.lib.modules["posix"][p]; ok {
		return module{state: standard, name: p}
	}
	if fs := q.repo.stemEnding(stem(clean)); len(fs) > 0 || generatedName(path.Base(p)) {
		return module{name: p}
	}
	if !strings.ContainsAny(p, "./") && strings.ToLower(p) == p {
		return missing(false, p, "<%s> is not a header of the C++ standard library up to C++26, and the archive has no such file", p)
	}
	dir := folder(clean)
	if dir != "" {
		for _, f := range q.repo.ending(dir) {
			for _, x := range q.repo.dirs[f.path] {
				if f.dir && q.family(x) {
					return missing(true, p, "the archive has the folder %s/ with %s and others, and no file whose path ends in %s", f.path, path.Base(x.path), clean)
				}
			}
		}
	}
	if dir == "" && path.Ext(clean) != "" && len(q.repo.dirs[from.folder]) > 1 {
		return missing(false, p, "no file of the archive is named %s", clean)
	}
	return module{name: p}
}
