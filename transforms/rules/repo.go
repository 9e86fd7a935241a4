package rules

import (
	"iter"
	"path"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// Repo is what the rules know of one repository: by names, without resolving
// anything. Languages that cannot see each other's declarations are kept apart.
type Repo struct {
	families map[schemas.Language]*index
	modules  []manifest
}

// manifest is the name that a package manifest gives its folder.
type manifest struct{ name, dir string }

// index is one family of languages in a repository.
type index struct {
	members   map[string]map[string]string // type → member → its written type
	supers    map[string][]string          // type → its supertypes
	types     map[string]bool
	owners    map[string][]string   // method → types that declare it
	callables map[string][]callable // by name
	ctors     map[string][]callable // by type
	results   map[string]string     // function → its result type, "" where declarations differ
	top       map[string][]string   // name declared at the top level → places of files
	imports   map[string][]string   // name bound by an import → places of files
	inFolder  map[string]map[string]bool
	declared  map[string][]string // name declared at any level → files
	macros    map[string]bool
	files     map[string][]string // last part of a path without extension → such paths
	paths     map[string]bool     // files without extension, and folders
	methods   *nearIndex
	typeNames *nearIndex
	stems     *nearIndex
	giving    map[string][]string // result type → callables that write it, see maxGiving

	last, lastPlace string // the last file and its place: symbols come file by file
}

// callable is one declaration with a parameter list.
type callable struct {
	owner    string // last part
	keywords []string
	min, max int // number of arguments; max is -1 where it takes any number
	static   bool
	loose    bool // a decorator or macro may change it
	rest     bool // takes any keyword
	result   string
}

func newIndex() *index {
	return &index{
		members: map[string]map[string]string{}, supers: map[string][]string{}, types: map[string]bool{},
		owners: map[string][]string{}, callables: map[string][]callable{}, ctors: map[string][]callable{},
		results: map[string]string{}, giving: map[string][]string{},
		top: map[string][]string{}, imports: map[string][]string{}, inFolder: map[string]map[string]bool{},
		declared: map[string][]string{}, macros: map[string]bool{},
		files: map[string][]string{}, paths: map[string]bool{},
		methods: newNearIndex(), typeNames: newNearIndex(), stems: newNearIndex(),
	}
}

// familyOf maps file extensions to families.
var familyOf = func() map[string]schemas.Language {
	m := map[string]schemas.Language{}
	for _, l := range syntax.All() {
		if h := habitsOf[l.Name]; h != nil {
			for _, e := range l.Extensions {
				m[e] = h.family
			}
		}
	}
	return m
}()

// NewRepo indexes a repository's symbols.
func NewRepo(symbols iter.Seq[schemas.Symbol]) *Repo {
	r := &Repo{families: map[schemas.Language]*index{}}
	for s := range symbols {
		if s.Record == schemas.SymbolFile {
			if f := s.SourceFile(); f.Package != "" {
				r.modules = append(r.modules, manifest{f.Package, path.Dir(f.Path)})
			}
		}
		family, ok := familyOf[path.Ext(s.Path)]
		if !ok {
			continue
		}
		x := r.families[family]
		if x == nil {
			x = newIndex()
			r.families[family] = x
		}
		switch s.Record {
		case schemas.SymbolFile:
			x.file(s.Path)
		case schemas.SymbolDecl:
			x.decl(s.Declaration())
		case schemas.SymbolImport:
			im := s.Import()
			x.imports[im.Local] = append(x.imports[im.Local], x.place(im.Path))
		}
	}
	for _, x := range r.families {
		x.finish()
	}
	slices.SortFunc(r.modules, func(a, b manifest) int {
		return strings.Compare(a.dir+"\x00"+a.name,
			b.dir+"\x00"+b.name)
	})
	return r
}

// of is the index of a family, empty where the repository has none of it.
func (r *Repo) of(family schemas.Language) *index {
	if x := r.families[family]; x != nil {
		return x
	}
	return newIndex()
}

func (x *index) file(p string) {
	p = strings.TrimSuffix(p, path.Ext(p))
	for ; p != "." && p != "/" && !x.paths[p]; p = path.Dir(p) {
		x.paths[p] = true
		base := path.Base(p)
		x.files[base] = append(x.files[base], p)
	}
}

func (x *index) place(file string) string {
	if x.last != file {
		x.last, x.lastPlace = file, place(file)
	}
	return x.lastPlace
}

func (x *index) decl(d schemas.Declaration) {
	if l := x.declared[d.Name]; len(l) == 0 || l[len(l)-1] != d.Path {
		x.declared[d.Name] = append(l, d.Path)
	}
	owner := lastPart(d.Owner)
	switch role := syntax.Role(d.Role); role {
	case syntax.Class, syntax.Interface, syntax.Enum, syntax.Trait, syntax.TypeAlias:
		x.types[d.Name] = true
		for _, super := range strings.Split(d.Target, ",") {
			if t := typeName(super); t != "" && t != d.Name && !slices.Contains(x.supers[d.Name], t) {
				x.supers[d.Name] = append(x.supers[d.Name], t)
			}
		}
		if d.Arity >= 0 { // a record's or a primary constructor's parameters
			x.ctors[d.Name] = append(x.ctors[d.Name], newCallable(d))
		}
	case syntax.Constructor:
		x.ctors[owner] = append(x.ctors[owner], newCallable(d))
	case syntax.Macro:
		x.macros[d.Name] = true
	case syntax.Function, syntax.Method:
		if d.Name == "__init__" {
			x.ctors[owner] = append(x.ctors[owner], newCallable(d))
		}
		if d.Arity >= 0 {
			x.callables[d.Name] = append(x.callables[d.Name], newCallable(d))
		}
		t := typeName(d.Target)
		if old, ok := x.results[d.Name]; ok && old != t {
			t = ""
		}
		x.results[d.Name] = t
	}
	if d.Owner == "" {
		x.top[d.Name] = append(x.top[d.Name], x.place(d.Path))
		set(x.inFolder, path.Dir(d.Path), d.Name)
		return
	}
	if x.members[owner] == nil {
		x.members[owner] = map[string]string{}
	}
	x.members[owner][d.Name] = typeName(d.Target)
	if d.Role == string(syntax.Method) {
		x.owners[d.Name] = append(x.owners[d.Name], owner)
	}
}

func newCallable(d schemas.Declaration) callable {
	c := callable{owner: lastPart(d.Owner), result: typeName(d.Target), static: slices.Contains(d.Flags, "static"),
		loose: slices.Contains(d.Flags, "decorated") || slices.Contains(d.Flags, "open")}
	for _, p := range d.Params {
		name := strings.Trim(p, "*?=/")
		switch {
		case strings.HasPrefix(p, "**"):
			c.rest = true
			continue
		case strings.HasPrefix(p, "*"):
			c.max = -1
			continue
		}
		c.keywords = append(c.keywords, name)
		if strings.Contains(p, "=") { // by keyword only
			continue
		}
		if c.max >= 0 {
			c.max++
		}
		if !strings.HasSuffix(p, "?") {
			c.min++
		}
	}
	return c
}

// finish builds what needs all symbols.
func (x *index) finish() {
	for _, name := range sortedKeys(x.callables) {
		x.methods.add(name, int64(len(x.callables[name])))
		for _, t := range resultsOf(x.callables[name]) {
			if len(x.giving[t]) < maxGiving {
				x.giving[t] = append(x.giving[t], name)
			}
		}
	}
	x.methods.finish()
	for _, name := range sortedKeys(x.types) {
		x.typeNames.add(name, 1)
	}
	x.typeNames.finish()
	for _, stem := range sortedKeys(x.files) {
		x.stems.add(stem, int64(len(x.files[stem])))
	}
	x.stems.finish()
}

func sortedKeys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}

func lastPart(owner string) string {
	return owner[strings.LastIndexByte(owner, '.')+1:]
}

// closure is a type and its supertypes by name. open: one of them is not declared
// in the repository, so that it may have members that are not known.
func (x *index) closure(t string) (all []string, open bool) {
	all = []string{t}
	for i := 0; i < len(all) && i < 64; i++ {
		if !x.types[all[i]] {
			open = open || !plainSupers[all[i]]
			continue
		}
		for _, s := range x.supers[all[i]] {
			if !slices.Contains(all, s) {
				all = append(all, s)
			}
		}
	}
	return all, open
}

// plainSupers are supertypes of libraries that bring no member by which a wrong
// name could become right.
var plainSupers = map[string]bool{"object": true, "Object": true, "Serializable": true, "Cloneable": true, "ABC": true,
	"Generic": true, "Protocol": true, "Debug": true, "Clone": true, "Copy": true}

// has reports whether one of the types declares a member.
func (x *index) has(types []string, member string) bool {
	for _, t := range types {
		if _, ok := x.members[t][member]; ok {
			return true
		}
	}
	return false
}
