package syntax

import (
	"regexp"
	"sort"
	"strings"
)

// Opening is a construct through which names come that no declaration writes: what
// a macro, an exec or an assignment to somebody else's member may add.
//
// Name is what it adds: one name, "get_*" or "*_get" for all that begin or end so,
// "*" for any. Owner is whose members they are where Reach is OpenMembers, the
// macro's name where a macro makes or is made. What is the construct as written.
type Opening struct {
	At          int
	Reach       Reach
	Owner, Name string
	What        string
}

// Reach says where the names of an opening can be.
type Reach string

// Reaches.
const (
	OpenFile    Reach = "file"    // the names of the file's own module, namespace or page
	OpenPackage Reach = "package" // those of all files of its folder (Go)
	OpenMembers Reach = "members" // the members of the type or module Owner; "*" for any type of the file
	OpenGlobal  Reach = "global"  // names that every file sees
	OpenModules Reach = "modules" // the modules that can be imported
	OpenMacro   Reach = "macro"   // what the macro Owner makes wherever it is used
	OpenPath    Reach = "path"    // Name is the path of a file that is a module of this one
)

// Any is the name of an opening that may add any name.
const Any = "*"

// maxOpenings bounds those of one file; beyond it the file may add any name.
const maxOpenings = 2000

// Openings are the constructs of a file through which names come that are not among
// its declarations, each name once for a reach and owner.
func (f *Facts) Openings() []Opening {
	var out []Opening
	seen := map[Opening]bool{}
	add := func(o Opening) {
		o.What = shortened(o.What)
		k := Opening{Reach: o.Reach, Owner: o.Owner, Name: o.Name}
		if o.Name == "" || seen[k] || len(out) > maxOpenings {
			return
		}
		seen[k] = true
		if len(out) == maxOpenings {
			o = Opening{At: o.At, Reach: OpenFile, Name: Any, What: "too many constructs that make names"}
		}
		out = append(out, o)
	}
	if f.Lang.Rules.Openings != nil {
		f.Lang.Rules.Openings(f, add)
	}
	f.brokenNames(add)
	return out
}

func shortened(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	const most = 60
	if len(s) > most {
		s = strings.ToValidUTF8(s[:most], "") + "…"
	}
	return s
}

var identifier = regexp.MustCompile(`[\p{L}_$][\p{L}\p{N}_$]*`)

// brokenNames: what stands in text that does not parse, outside of functions, may be
// the name of a declaration. Languages whose files a preprocessor breaks everywhere
// say so, and read such names otherwise.
func (f *Facts) brokenNames(add func(Opening)) {
	if f.Lang.Rules.Preprocessed || !f.Tree.Broken(0) {
		return
	}
	for n := 0; n < f.Tree.Len(); {
		switch {
		case !f.Tree.Broken(n):
			n = f.Tree.After(n)
		case f.Tree.IsError(n) && f.Tree.Start(n) < f.Tree.End(n):
			if !f.inFunction(f.Tree.Start(n)) {
				for _, name := range identifier.FindAllString(string(f.Src[f.Tree.Start(n):f.Tree.End(n)]), -1) {
					add(Opening{At: f.Tree.Start(n), Reach: OpenFile, Name: name, What: "text that does not parse"})
				}
			}
			n = f.Tree.After(n)
		default:
			n++
		}
	}
}

// ScopeAt is the innermost scope around a place. Scopes stand in the order of their
// starts and enclose each other as their parents say.
func (f *Facts) ScopeAt(at int) int {
	s := sort.Search(len(f.Scopes), func(i int) bool { return f.Scopes[i].Start > at }) - 1
	for s > 0 && at >= f.Scopes[s].End {
		s = f.Scopes[s].Parent
	}
	return max(s, 0)
}

// inFunction reports whether a place is in a function's body, where what is declared
// stays.
func (f *Facts) inFunction(at int) bool { return f.scopeInFunction(f.ScopeAt(at)) }

func (f *Facts) scopeInFunction(s int) bool {
	for ; s > 0; s = f.Scopes[s].Parent {
		if f.Scopes[s].Kind == FunctionScope {
			return true
		}
	}
	return false
}

// typeAround is the name of the innermost type around a scope, "" for none.
func (f *Facts) typeAround(s int) string {
	for ; s > 0; s = f.Scopes[s].Parent {
		k := f.Scopes[s].Decl
		if k < 0 {
			continue
		}
		if f.Scopes[s].Kind == TypeScope {
			return f.Decls[k].Name
		}
		if o := f.Decls[k].Owner; o != "" && f.Scopes[s].Kind == FunctionScope {
			return lastPart(o)
		}
	}
	return ""
}

// lastPart is the last name of a path.
func lastPart(s string) string {
	return strings.TrimSpace(s[strings.LastIndexAny(s, ".:>")+1:])
}

// quoted is the text of a plain string literal that is a name, "" for anything else.
func quoted(s string) string {
	s = strings.TrimSpace(s)
	if len(s) < 3 || s[0] != s[len(s)-1] || !strings.ContainsRune("'\"`", rune(s[0])) {
		return ""
	}
	if in := s[1 : len(s)-1]; identifier.FindString(in) == in {
		return in
	}
	return ""
}

// oneOr is the name, or Any where it is not known.
func oneOr(name string) string {
	if name == "" {
		return Any
	}
	return name
}

// known reports whether a name is a type, function, variable or import of the file
// itself.
func (f *Facts) known(name string) bool {
	if f.top == nil {
		f.top = map[string]bool{}
		for i := range f.Decls {
			if d := &f.Decls[i]; d.Role != Parameter && (d.Scope == 0 || d.Role == Class || d.Role == Interface) {
				f.top[d.Name] = true
			}
		}
		for _, im := range f.Imports {
			for _, it := range im.Items {
				f.top[it.Local] = true
			}
		}
	}
	return f.top[name]
}
