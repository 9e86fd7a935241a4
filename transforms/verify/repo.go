package verify

import (
	"cmp"
	"fmt"
	"iter"
	"path"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// Repo is the index of one repository: what the archive holds and what its files
// declare and import. It is safe for concurrent reading after NewRepo.
type Repo struct {
	files     map[string]*file
	dirs      map[string][]*file // by folder, the files directly in it, sorted
	folders   map[string]bool    // every folder of the archive
	stems     map[string][]*file // by the last element of the path up to its first dot
	suffixes  map[string][]*file // files and folders by the last element of the path
	manifests []manifest         // longest folder first
	byName    map[string][]*decl
	byOwner   map[string][]*decl            // by the last element of the owner
	imported  map[string]bool               // modules that some file imports
	languages map[schemas.Language]bool     // languages that some file is in
	openers   map[string][]opening          // what else makes members, by the type or module
	ofAny     map[schemas.Language]*openSet // members of a type that is not known, by the language
	globals   map[schemas.Language]*openSet // what else makes names that every file sees, by the language
	macros    map[string][]opening          // what macros make, by the macro
	made      map[schemas.Language]*openSet // and of all of them, by the language
	packaged  map[string][]opening          // what else makes names of a folder's files
	modules   []opening                     // what else makes modules
	places    []opening                     // modules whose files are named
	usings    []imported                    // imports that every file has
	cut       bool                          // an archive broke off: any file may be missing
}

type manifest struct{ file, folder, name string }

// file is one path of the archive with its symbols.
type file struct {
	path, folder string
	language     schemas.Language
	unread       bool
	dir          bool // a folder, in look-ups by the end of a path
	decls        []*decl
	imports      []imported
	opens        []opening
}

// imported is one import symbol: local is "*" for a wildcard.
type imported struct {
	local, name, module string
	line                int64
	relative, static    bool
}

// decl is one declaration symbol.
type decl struct {
	file      *file
	line      int64
	name      string
	role      syntax.Role
	owner     string
	callable  bool
	params    []param
	target    string
	static    bool
	decorated bool
	open      bool
}

// param is a parameter read back from the form that syntax.Param.String writes.
type param struct {
	name                                              string
	optional, variadic, keywordOnly, keywordRest, pos bool
}

func readParam(s string) param {
	p := param{name: s}
	switch {
	case strings.HasPrefix(s, "**"):
		return param{name: s[2:], keywordRest: true}
	case strings.HasPrefix(s, "*"):
		return param{name: s[1:], variadic: true}
	}
	if strings.HasSuffix(p.name, "?") {
		p.name, p.optional = p.name[:len(p.name)-1], true
	}
	if strings.HasSuffix(p.name, "=") {
		p.name, p.keywordOnly = p.name[:len(p.name)-1], true
	}
	if strings.HasSuffix(p.name, "/") {
		p.name, p.pos = p.name[:len(p.name)-1], true
	}
	return p
}

// at is where a declaration stands, for evidence.
func (d *decl) at() string { return fmt.Sprintf("%s:%d", d.file.path, d.line) }

// full is the path of the declaration's name inside its file.
func (d *decl) full() string {
	if d.owner == "" {
		return d.name
	}
	return d.owner + "." + d.name
}

// isType reports whether the declaration is of something that has members.
func (d *decl) isType() bool {
	switch d.role {
	case syntax.Class, syntax.Interface, syntax.Enum, syntax.Trait, syntax.TypeAlias:
		return true
	}
	return false
}

// unknownLanguage is the language of files that were there and could not be read.
const unknownLanguage = "unknown"

// NewRepo indexes the symbols of one repository.
func NewRepo(symbols iter.Seq[schemas.Symbol]) *Repo {
	r := &Repo{
		files: map[string]*file{}, dirs: map[string][]*file{}, folders: map[string]bool{"": true},
		stems: map[string][]*file{}, suffixes: map[string][]*file{},
		openers: map[string][]opening{}, macros: map[string][]opening{}, packaged: map[string][]opening{},
		ofAny: map[schemas.Language]*openSet{}, globals: map[schemas.Language]*openSet{},
		made:   map[schemas.Language]*openSet{},
		byName: map[string][]*decl{}, byOwner: map[string][]*decl{}, imported: map[string]bool{},
		languages: map[schemas.Language]bool{},
	}
	for s := range symbols {
		switch s.Record {
		case schemas.SymbolFile:
			said := s.SourceFile()
			if said.Path == "" {
				r.cut = true
				continue
			}
			f := r.file(said.Path)
			f.language, f.unread = said.Language, said.Unread
			if said.Package != "" {
				r.manifests = append(r.manifests, manifest{path.Base(said.Path), f.folder, said.Package})
			}
		case schemas.SymbolImport:
			said := s.Import()
			f := r.file(said.Path)
			im := imported{
				local: said.Local, name: said.Name, module: said.Module, line: said.Line,
				relative: slices.Contains(said.Flags, "relative"), static: slices.Contains(said.Flags, "static"),
			}
			f.imports = append(f.imports, im)
			if slices.Contains(said.Flags, "global") {
				r.usings = append(r.usings, im)
			}
			r.imported[said.Module] = true
		case schemas.SymbolOpen:
			said := s.Opening()
			f := r.file(said.Path)
			f.opens = append(f.opens, opening{
				file: f, line: said.Line, reach: syntax.Reach(said.Reach), owner: said.Owner, name: said.Name,
				what: said.What,
			})
		case schemas.SymbolDecl:
			said := s.Declaration()
			f := r.file(said.Path)
			if slices.Contains(said.Flags, "local") {
				continue
			}
			d := &decl{
				file: f, line: said.Line, name: said.Name, role: syntax.Role(said.Role),
				owner: strings.ReplaceAll(said.Owner, "::", "."), callable: said.Arity >= 0, target: said.Target,
				static: slices.Contains(said.Flags, "static"), decorated: slices.Contains(said.Flags, "decorated"),
				open: slices.Contains(said.Flags, "open"),
			}
			for _, p := range said.Params {
				if p != "this" { // a written receiver
					d.params = append(d.params, readParam(p))
				}
			}
			f.decls = append(f.decls, d)
			if bare, raw := strings.CutPrefix(d.name, "r#"); raw { // Rust's r#name is name as well
				twin := *d
				twin.name = bare
				f.decls = append(f.decls, &twin)
			}
		}
	}
	r.index()
	return r
}

func (r *Repo) file(p string) *file {
	f := r.files[p]
	if f == nil {
		f = &file{path: p, folder: folder(p)}
		r.files[p] = f
	}
	return f
}

// folder is the folder of a path, "" for the archive's root.
func folder(p string) string {
	if i := strings.LastIndexByte(p, '/'); i >= 0 {
		return p[:i]
	}
	return ""
}

// index fills the look-up tables, in the order of paths.
func (r *Repo) index() {
	paths := make([]string, 0, len(r.files))
	for p := range r.files {
		paths = append(paths, p)
	}
	slices.Sort(paths)
	for _, p := range paths {
		f := r.files[p]
		r.dirs[f.folder] = append(r.dirs[f.folder], f)
		for d := f.folder; d != "" && !r.folders[d]; d = folder(d) {
			r.folders[d] = true
			r.suffixes[path.Base(d)] = append(r.suffixes[path.Base(d)], &file{path: d, dir: true})
		}
		base := path.Base(stem(p))
		r.stems[base] = append(r.stems[base], f)
		r.suffixes[path.Base(p)] = append(r.suffixes[path.Base(p)], f)
		if f.language == "" || f.language == unknownLanguage {
			f.language = languageOf(p) // what its declarations would be, had it been read
		}
		r.open(f)
		r.languages[f.language] = true
		slices.SortStableFunc(f.decls, func(a, b *decl) int {
			return cmp.Or(cmp.Compare(a.line, b.line),
				cmp.Compare(a.name, b.name))
		})
		for _, d := range f.decls {
			r.byName[d.name] = append(r.byName[d.name], d)
			r.byOwner[last(d.owner)] = append(r.byOwner[last(d.owner)], d)
		}
	}
	slices.SortFunc(r.manifests, func(a, b manifest) int {
		return cmp.Or(cmp.Compare(len(b.folder), len(a.folder)), cmp.Compare(a.folder, b.folder),
			cmp.Compare(a.file, b.file))
	})
}

// stem is a path without what follows the first dot of its last element.
func stem(p string) string {
	base := path.Base(p)
	if i := strings.IndexByte(base, '.'); i > 0 {
		return p[:len(p)-len(base)+i]
	}
	return p
}

// last is the last element of a path of names joined by dots.
func last(p string) string {
	if i := strings.LastIndexByte(p, '.'); i >= 0 {
		return p[i+1:]
	}
	return p
}

// ending lists the files and folders of the archive whose path is p or ends in
// "/p". The result is nil where there is none.
func (r *Repo) ending(p string) []*file {
	var out []*file
	for _, f := range r.suffixes[path.Base(p)] {
		if f.path == p || strings.HasSuffix(f.path, "/"+p) {
			out = append(out, f)
		}
	}
	return out
}

// stemEnding lists the files whose path without extensions is p or ends in "/p".
func (r *Repo) stemEnding(p string) []*file {
	var out []*file
	for _, f := range r.stems[path.Base(p)] {
		if s := stem(f.path); s == p || strings.HasSuffix(s, "/"+p) {
			out = append(out, f)
		}
	}
	return out
}

// stemIn lists the files of exactly that path without extensions.
func (r *Repo) stemIn(p string) []*file {
	var out []*file
	for _, f := range r.stems[path.Base(p)] {
		if stem(f.path) == p {
			out = append(out, f)
		}
	}
	return out
}

// languageOf is the language that a path's extension says, "" for none.
func languageOf(p string) schemas.Language {
	ext := strings.ToLower(path.Ext(p))
	for _, l := range syntax.All() {
		if slices.Contains(l.Extensions, ext) {
			return l.Name
		}
	}
	return ""
}

func sortedKeys[V any](m map[string]V) []string {
	keys := make([]string, 0, len(m))
	for k := range m {
		keys = append(keys, k)
	}
	slices.Sort(keys)
	return keys
}
