package fim

import (
	"cmp"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// symbols are a file's declarations that other files can use, its imports, and what
// else can make names.
func symbols(repo, path string, f *syntax.Facts) []schemas.Symbol {
	var out []schemas.Symbol
	lines, local := newLineIndex(f.Src), inFunctions(f)
	for i := range f.Decls {
		d := &f.Decls[i]
		if d.Role == syntax.TypeParam || d.Role == syntax.Label || d.Role == syntax.Parameter || local[d.Scope] {
			continue
		}
		s := schemas.Declaration{
			Repo: repo, Path: path, Line: lines.line(d.NameStart),
			Name: d.Name, Role: string(d.Role), Owner: d.Owner, Arity: -1, Params: []string{}, Target: d.Type,
			Flags: []string{},
		}
		if s.Target == "" {
			s.Target = cmp.Or(strings.Join(d.Supers, ","), d.Constructed)
		}
		if d.HasParams {
			s.Arity = int64(len(d.Params))
			for _, p := range d.Params {
				s.Params = append(s.Params, p.String())
				s.Variadic = s.Variadic || p.Variadic || p.KeywordRest
			}
		}
		for _, fl := range []struct {
			name string
			set  bool
		}{{"static", d.Static}, {"decorated", d.Decorated}, {"open", d.Open}} {
			if fl.set {
				s.Flags = append(s.Flags, fl.name)
			}
		}
		out = append(out, s.Symbol())
	}
	for _, im := range f.Imports {
		for _, it := range im.Items {
			s := schemas.Import{
				Repo: repo, Path: path, Line: lines.line(im.Start), Local: it.Local, Module: it.Module,
				Name: it.Name, Flags: []string{},
			}
			if it.Wildcard {
				s.Local = "*"
			}
			for _, fl := range []struct {
				name string
				set  bool
			}{{"relative", it.Relative}, {"static", it.Static}, {"type", it.TypeOnly}, {"global", it.Global}} {
				if fl.set {
					s.Flags = append(s.Flags, fl.name)
				}
			}
			out = append(out, s.Symbol())
		}
	}
	for _, o := range f.Openings() {
		out = append(out, schemas.Opening{
			Repo: repo, Path: path, Line: lines.line(o.At), Reach: string(o.Reach), Owner: o.Owner, Name: o.Name,
			What: o.What,
		}.Symbol())
	}
	return out
}

// CompareSymbols orders symbols as their files are ordered: by repository, path,
// record and line, then the rest, so that nothing depends on the order of arrival
// (two versions of a repository share paths).
func CompareSymbols(a, b schemas.Symbol) int {
	for _, c := range [...]int{strings.Compare(a.Repo, b.Repo), strings.Compare(a.Path, b.Path),
		strings.Compare(a.Record, b.Record), cmp.Compare(a.Line, b.Line), strings.Compare(a.Name, b.Name)} {
		if c != 0 {
			return c
		}
	}
	return cmp.Or(
		cmp.Compare(a.Role, b.Role), cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Arity, b.Arity),
		slices.Compare(a.Params, b.Params),
		cmp.Compare(a.Target, b.Target), slices.Compare(a.Flags, b.Flags))
}

// Roles of names beside those of declarations.
const (
	NameImport  = "import"  // a name that a module was asked for; Owner is the module
	NameModule  = "module"  // a module as imported
	NameKeyword = "keyword" // a keyword of a call
	NameCalled  = "called"  // a member that is called
)

// nameKey is a name without its count.
type nameKey struct{ name, role, owner string }

// names are the real names of a file with their roles and counts, in the order of
// their first mention. at is an empty map, which is empty again afterwards.
func names(f *syntax.Facts, at map[nameKey]int) []schemas.Name {
	var out []schemas.Name
	add := func(name, role, owner string) {
		if len(name) < 2 || len(name) > 64 || strings.ContainsAny(name, " \t\r\n") {
			return
		}
		k := nameKey{name, role, owner}
		i, seen := at[k]
		if !seen {
			i = len(out)
			at[k] = i
			out = append(out, schemas.Name{Name: name, Role: role, Owner: owner})
		}
		out[i].Count++
	}
	for i := range f.Decls {
		switch d := &f.Decls[i]; d.Role {
		case syntax.Label, syntax.TypeParam, syntax.Module:
		default:
			add(d.Name, string(d.Role), "")
		}
	}
	for _, im := range f.Imports {
		for _, it := range im.Items {
			if len(it.Module) <= 200 && !it.Relative {
				add(it.Name, NameImport, it.Module)
			}
			if !it.Relative {
				add(it.Module, NameModule, "")
			}
		}
	}
	for i := range f.Calls {
		for _, a := range f.Calls[i].Args {
			add(a.Keyword, NameKeyword, "")
		}
	}
	for i := range f.Members {
		if m := &f.Members[i]; m.Called {
			add(m.Name, NameCalled, "")
		}
	}
	clear(at)
	return out
}

// CompareNames orders names by role, owner and name: the order of names files.
func CompareNames(a, b schemas.Name) int {
	return cmp.Or(cmp.Compare(a.Role, b.Role), cmp.Compare(a.Owner, b.Owner), cmp.Compare(a.Name, b.Name))
}

// SortNames sorts by CompareNames.
func SortNames(n []schemas.Name) { slices.SortFunc(n, CompareNames) }

// lineIndex finds line numbers.
type lineIndex struct{ starts []int }

func newLineIndex(src []byte) lineIndex {
	starts := []int{0}
	for i, c := range src {
		if c == '\n' {
			starts = append(starts, i+1)
		}
	}
	return lineIndex{starts}
}

func (l lineIndex) line(at int) int64 {
	i, found := slices.BinarySearch(l.starts, at)
	if found {
		i++
	}
	return int64(i)
}
