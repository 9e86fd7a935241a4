package rules

import (
	"iter"
	"path"
	"slices"
	"strings"

	"decoy/schemas"
)

// Repo is what the rules know of one repository: by names, without resolving
// anything.
type Repo struct {
	members   map[string][]string         // owner → its methods and fields
	owners    map[string][]string         // method name → owners that declare it
	methods   map[string][]string         // sub-token → method names
	functions map[string][]schemas.Symbol // callable declarations by name
	topLevel  map[string]map[string]bool  // folder → names declared at the top level of its files
	part      map[string]map[string]bool  // part of a path (a folder's or a file's name) → names declared at the top level below it
	top       map[string]bool             // names declared at the top level of any file
	declared  map[string]bool             // names declared at any level
	stems     []string                    // file names without extension
	names     map[string]bool             // names of files and folders, with and without extension
}

// NewRepo indexes a repository's symbols.
func NewRepo(symbols iter.Seq[schemas.Symbol]) *Repo {
	r := &Repo{
		members: map[string][]string{}, owners: map[string][]string{}, methods: map[string][]string{}, functions: map[string][]schemas.Symbol{},
		topLevel: map[string]map[string]bool{}, part: map[string]map[string]bool{}, top: map[string]bool{}, declared: map[string]bool{}, names: map[string]bool{},
	}
	for s := range symbols {
		switch s.Record {
		case schemas.SymbolFile:
			r.file(s.Path)
		case schemas.SymbolDecl:
			r.decl(s)
		}
	}
	for t, list := range r.methods {
		slices.Sort(list)
		r.methods[t] = slices.Compact(list)
	}
	slices.Sort(r.stems)
	r.stems = slices.Compact(r.stems)
	return r
}

func (r *Repo) file(p string) {
	base := path.Base(p)
	stem := strings.TrimSuffix(base, path.Ext(base))
	r.names[base], r.names[stem] = true, true
	r.stems = append(r.stems, stem)
	for d := path.Dir(p); d != "." && d != "/"; d = path.Dir(d) {
		r.names[path.Base(d)] = true
	}
}

func (r *Repo) decl(s schemas.Symbol) {
	r.declared[s.Name] = true
	if s.Arity >= 0 {
		r.functions[s.Name] = append(r.functions[s.Name], s)
	}
	if s.Owner != "" {
		owner := lastPart(s.Owner)
		r.members[owner] = append(r.members[owner], s.Name)
		if s.Role == "method" {
			r.owners[s.Name] = append(r.owners[s.Name], owner)
			for _, t := range subTokens(s.Name) {
				r.methods[t] = append(r.methods[t], s.Name)
			}
		}
		return
	}
	r.top[s.Name] = true
	set(r.topLevel, path.Dir(s.Path), s.Name)
	for _, p := range strings.Split(strings.TrimSuffix(s.Path, path.Ext(s.Path)), "/") {
		set(r.part, p, s.Name)
	}
}

func set(m map[string]map[string]bool, key, name string) {
	if m[key] == nil {
		m[key] = map[string]bool{}
	}
	m[key][name] = true
}

func lastPart(owner string) string {
	return owner[strings.LastIndexByte(owner, '.')+1:]
}

// lackedBy drops from names those that any type has which also has method: the
// receiver may be of one of these types.
func (r *Repo) lackedBy(method string, names map[string]float64) {
	for _, owner := range r.owners[method] {
		for _, m := range r.members[owner] {
			delete(names, m)
		}
	}
}

// signature is the parameter list that every declaration of a name agrees on;
// ok = false where there is none, where they differ, or where one takes any number.
func (r *Repo) signature(name string) (params []string, ok bool) {
	for i, s := range r.functions[name] {
		if s.Variadic || slices.Contains(s.Flags, "decorated") || (i > 0 && !slices.Equal(s.Params, params)) {
			return nil, false
		}
		params, ok = s.Params, true
	}
	return params, ok
}

// below reports whether what a qualifier or module path may name declares name: a
// file or folder with its last part's name, or a type.
func (r *Repo) below(qualifier, name string) bool {
	last := lastSegment(strings.ReplaceAll(qualifier, "->", "."))
	return r.part[last][name] || slices.Contains(r.members[last], name)
}
