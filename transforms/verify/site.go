package verify

import (
	"fmt"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// query is what every look-up needs: the repository, the language's world, and the
// caches of one checker.
type query struct {
	*Checker
	repo *Repo
	w    *world
	lib  *library
	lang schemas.Language
}

// family reports whether a file's declarations can be visible in this language.
func (q *query) family(f *file) bool { return slices.Contains(q.w.family, f.language) }

// site is one window with its facts and the place in it that a completion fills.
type site struct {
	*query
	ctx        *schemas.Context
	file       *file
	f          *syntax.Facts
	start, end int // the completion in the window
	first      int64
	*tables
	outer []string  // types and namespaces around the window's outermost declaration
	graph *included // C++: what the includes reach
	lost  string    // why what encloses the place is not known, "" where it is
}

func (q *query) newSite(ctx *schemas.Context, f *syntax.Facts, t *tables, text string) *site {
	s := &site{
		query: q, ctx: ctx, f: f, tables: t, file: q.repo.files[ctx.Path],
		start: len(ctx.Prefix), end: len(ctx.Prefix) + len(text),
	}
	if s.file == nil {
		s.file = &file{path: ctx.Path, folder: folder(ctx.Path), language: ctx.Language, unread: true}
	}
	s.first = ctx.Line - int64(strings.Count(ctx.Prefix, "\n"))
	s.locate()
	return s
}

// line is the file's line of a place in the window.
func (s *site) line(at int) int64 {
	return s.first + int64(strings.Count(string(s.f.Src[:at]), "\n"))
}

// at names a place in the window, for evidence.
func (s *site) at(place int) string { return fmt.Sprintf("%s:%d", s.ctx.Path, s.line(place)) }

// locate finds what encloses the window's part of the file. A whole file that
// parses shows it; otherwise the symbol of the outermost declaration around the
// place says what it is in.
func (s *site) locate() {
	broken := false
	for n := s.f.Tree.At(s.start, s.end); n >= 0; n = s.f.Tree.Parent(n) {
		broken = broken || s.f.Tree.IsError(n)
	}
	if !s.ctx.PrefixCut && !s.ctx.SuffixCut && !broken {
		return
	}
	outermost := -1
	for sc := s.f.ScopeAt(s.start); sc > 0; sc = s.f.Scopes[sc].Parent {
		if d := s.f.Scopes[sc].Decl; d >= 0 && s.f.Decls[d].Role != syntax.TypeParam {
			outermost = d
		}
	}
	if outermost < 0 {
		if broken {
			s.lost = "the place is not in a declaration, and what is around it does not parse"
		}
		if !s.ctx.PrefixCut {
			return
		}
		s.lost = "the file's head is not in the window, and no declaration in it encloses the place"
		return
	}
	d := &s.f.Decls[outermost]
	line := s.line(d.NameStart)
	for _, sym := range s.file.decls {
		if sym.line == line && sym.name == d.Name {
			if sym.owner != "" {
				s.outer = strings.Split(sym.owner, ".")
			}
			return
		}
	}
	s.lost = fmt.Sprintf("the window is a part of the file, and %s is not among the file's symbols at line %d", d.Name,
		line)
}

// enclosing lists the paths of the types and namespaces around a scope, innermost
// first; out-of-line definitions count as inside of what their qualifier names.
func (s *site) enclosing(scope int) []string {
	var out []string
	add := func(p string) {
		p = strings.ReplaceAll(p, "::", ".")
		for ; p != ""; p = strings.TrimSuffix(strings.TrimSuffix(p, last(p)), ".") {
			if !slices.Contains(out, p) {
				out = append(out, p)
			}
		}
	}
	prefix := strings.Join(s.outer, ".")
	join := func(a, b string) string {
		if a == "" || b == "" {
			return a + b
		}
		if b == a || strings.HasPrefix(b, a+".") {
			return b
		}
		return a + "." + b
	}
	for sc := scope; sc > 0; sc = s.f.Scopes[sc].Parent {
		k := s.f.Scopes[sc].Decl
		if k < 0 {
			continue
		}
		d := &s.f.Decls[k]
		switch s.f.Scopes[sc].Kind {
		case syntax.TypeScope, syntax.NamespaceScope:
			add(join(prefix, join(strings.ReplaceAll(d.Owner, "::", "."), d.Name)))
		default:
			if d.Owner != "" {
				add(join(prefix, strings.ReplaceAll(d.Owner, "::", ".")))
			}
		}
	}
	add(prefix)
	return out
}

// imports are the import items that are visible in a scope: those of the window,
// and where its head is cut all of the file's.
func (s *site) imports(scope int) []imported {
	if s.ctx.PrefixCut {
		return append(s.globalImports(), s.file.imports...)
	}
	out := s.globalImports()
	for i := range s.f.Imports {
		im := &s.f.Imports[i]
		if !s.within(scope, im.Scope) {
			continue
		}
		for _, it := range im.Items {
			x := imported{local: it.Local, name: it.Name, module: it.Module, line: s.line(im.Start),
				relative: it.Relative, static: it.Static}
			if it.Wildcard {
				x.local = "*"
			}
			out = append(out, x)
		}
	}
	return out
}

// globalImports are those that other files make for all.
func (q *query) globalImports() []imported {
	if q.w.siblings != repoTypes {
		return nil
	}
	return slices.Clone(q.repo.usings)
}

// within reports whether a scope is another one or inside of it.
func (s *site) within(inner, outer int) bool {
	for ; inner >= 0; inner = s.f.Scopes[inner].Parent {
		if inner == outer {
			return true
		}
	}
	return false
}
