package verify

import (
	"fmt"
	"path"
	"slices"
	"strings"
)

// What could supply a bare name though no file that was read declares it: files that
// were not read, and those of other languages from which builds make sources. One
// function a language, in its world; each says why, or "" where nothing could.

// unreadIn is a file of the language in a folder that was not read.
func (q *query) unreadIn(dir string) *file {
	for _, f := range q.repo.dirs[dir] {
		if f.unread && q.family(f) {
			return f
		}
	}
	return nil
}

// isMade reports whether the file that a build makes of another lies in the archive.
func (q *query) isMade(f *file, suffixes ...string) bool {
	base := strings.TrimSuffix(path.Base(f.path), path.Ext(f.path))
	return slices.ContainsFunc(q.repo.dirs[f.folder], func(x *file) bool {
		made := func(suffix string) bool { return path.Base(x.path) == base+suffix }
		return x != f && q.family(x) && slices.ContainsFunc(suffixes, made)
	})
}

// unreadFiles are the files of the language that were not read, in the order of paths.
func (q *query) unreadFiles() []*file {
	if q.blindFiles == nil {
		q.blindFiles = []*file{}
		for _, name := range sortedKeys(q.repo.files) {
			if f := q.repo.files[name]; f.unread && q.family(f) {
				q.blindFiles = append(q.blindFiles, f)
			}
		}
	}
	return q.blindFiles
}

// goSources end the names of files of which Go files are made.
var goSources = list("go sources")

// goSupplies: files of the package that were not read, and sources of generators
// whose Go file is not in the archive.
func goSupplies(s *site, name string, u use) string {
	if f := s.unreadIn(s.file.folder); f != nil {
		return fmt.Sprintf("%s is of the package and not read", f.path)
	}
	return s.goMadeOf(s.file.folder)
}

// goMadeOf says of which file of a folder Go is made that the archive does not hold.
func (q *query) goMadeOf(dir string) string {
	for _, f := range q.repo.dirs[dir] {
		ext := path.Ext(f.path)
		if slices.Contains(goSources, ext) && !q.isMade(f, ".go", "_templ.go", ext+".go", ".pb.go") {
			return fmt.Sprintf("Go is made of %s", f.path)
		}
	}
	return ""
}

// goClosed: the file that a directive writes is in the archive.
func goClosed(q *query, o opening, name string) bool {
	args := words(o.owner)
	for i, a := range args {
		out := ""
		for _, flag := range words("-destination --destination -output --output -o -out --out >") {
			switch {
			case a == flag && i+1 < len(args):
				out = args[i+1]
			case strings.HasPrefix(a, flag+"="):
				out = a[len(flag)+1:]
			}
		}
		out = strings.Trim(out, `"'`)
		if strings.HasSuffix(out, ".go") && q.repo.files[path.Join(o.file.folder, out)] != nil {
			return true
		}
		for _, flag := range []string{"-type=", "--type="} {
			if names, ok := strings.CutPrefix(a, flag); ok {
				first, _, _ := strings.Cut(names, ",")
				for _, tool := range args {
					if q.repo.files[path.Join(o.file.folder, strings.ToLower(first)+"_"+path.Base(tool)+".go")] != nil {
						return true
					}
				}
				return q.repo.files[path.Join(o.file.folder, strings.ToLower(first)+"_string.go")] != nil
			}
		}
	}
	return false
}

// javaSupplies: types of the package in files that were not read, in other languages
// of the virtual machine, made from interface definitions or by annotation processors.
func javaSupplies(s *site, name string, u use) string {
	if u != asType && u != asReceiver || !startsUpper(name) {
		return ""
	}
	pkg := packageOf(s.file)
	if why := s.javaUnread(pkg); why != "" {
		return why
	}
	if why := s.otherJVM(pkg); why != "" {
		return why
	}
	if generatedName(name) || slices.Contains(androidNames, name) {
		return fmt.Sprintf("%s is a name that builds make", name)
	}
	if s.generators() {
		return "classes are made from other sources of the archive"
	}
	return s.processed(name, s.file.folder)
}

// processed says which annotated type of a package an annotation processor may have
// named a class after: AutoValue_Shop, ShopComponent_Factory, ImmutableShop.
func (q *query) processed(name, dir string) string {
	for _, f := range q.repo.dirs[dir] {
		if !q.family(f) {
			continue
		}
		for _, d := range f.decls {
			if d.isType() && len(d.name) > 2 && d.name != name && strings.Contains(name, d.name) && q.annotated(f) {
				return fmt.Sprintf("an annotation processor may name a class after %s (%s)", d.name, d.at())
			}
		}
	}
	return ""
}

// annotated reports whether a file imports what is neither the language's nor of the
// repository: annotations that are processed come from elsewhere.
func (q *query) annotated(f *file) bool {
	return slices.ContainsFunc(f.imports, func(im imported) bool {
		return !im.static && !strings.HasPrefix(im.module, "java.") && q.w.module(q, im.module, f).state == external
	})
}

// javaUnread says which file of a package was not read.
func (q *query) javaUnread(pkg string) string {
	for _, f := range q.unreadFiles() {
		if inPackage(f.folder, pkg) {
			return fmt.Sprintf("%s is of the package and not read", f.path)
		}
	}
	return ""
}

// inPackage reports whether a folder may be a package's: its path ends as the
// package's name does, or it is a root of sources, below which Kotlin may leave the
// common part of its packages out.
func inPackage(dir, pkg string) bool {
	p := strings.ReplaceAll(pkg, ".", "/")
	base := path.Base(dir)
	if p == "" || dir == "" || base == last(pkg) {
		return true
	}
	return dir == p || strings.HasSuffix(dir, "/"+p) || slices.Contains(words("kotlin java groovy scala src"), base)
}

// jvmSources end the names of sources whose types Java sees.
var jvmSources = list("java beside")

// androidNames are classes that Android's tools make.
var androidNames = list("java made")

// otherJVM says which source of another language of the Java virtual machine may be
// of a package.
func (q *query) otherJVM(pkg string) string {
	if q.jvm == nil {
		q.jvm = []*file{}
		for _, name := range sortedKeys(q.repo.files) {
			if slices.Contains(jvmSources, path.Ext(name)) {
				q.jvm = append(q.jvm, q.repo.files[name])
			}
		}
	}
	for _, f := range q.jvm {
		if inPackage(f.folder, pkg) {
			return fmt.Sprintf("%s may be of the package", f.path)
		}
	}
	return ""
}

// csharpSupplies: types of files that were not read, or that builds make.
func csharpSupplies(s *site, name string, u use) string {
	if u == asType || u == asReceiver {
		if fs := s.unreadFiles(); len(fs) > 0 {
			return fmt.Sprintf("%s is not read", fs[0].path)
		}
		if startsUpper(name) && s.generators() {
			return "classes are made from other sources of the archive"
		}
	}
	return ""
}

// rustSupplies: items of a macro of the archive, wherever it is called.
func rustSupplies(s *site, name string, u use) string {
	if o, ok := s.fromFamily(s.repo.made, name); ok {
		return fmt.Sprintf("%s may make %s", o.at(), name)
	}
	return ""
}

// rustClosedMacro: a macro of the archive, all of whose names are known, does not
// make that one.
func rustClosedMacro(q *query, o opening, name string) bool {
	defs := q.repo.macros[o.owner]
	if o.owner == "" || len(defs) == 0 {
		return false
	}
	return !slices.ContainsFunc(defs, func(d opening) bool { return d.gives(name) })
}

// ecmaSupplies: a declaration file that was not read, a member of the global object.
func ecmaSupplies(s *site, name string, u use) string {
	for _, d := range s.repo.byOwner["Window"] {
		if d.name == name && s.family(d.file) {
			return fmt.Sprintf("Window has %s (%s)", name, d.at())
		}
	}
	for _, f := range s.unreadFiles() {
		if strings.HasSuffix(f.path, ".d.ts") {
			return fmt.Sprintf("%s is not read", f.path)
		}
	}
	return ""
}
