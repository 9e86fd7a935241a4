package rules

import (
	"path"
	"slices"
	"sort"
	"strings"
	"unicode/utf8"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// scene is one context, parsed, and the request for it.
type scene struct {
	c          *schemas.Context
	f          *syntax.Facts
	h          *habits
	repo       *Repo
	index      *index
	pool       *Pool
	cache      map[siblingKey]map[string]bool // the generator's
	start, end int                            // the golden in the window
	from       int                            // what the golden has before is not changed

	byName   map[string][]int // declarations
	locals   map[string]bool  // local names of imports and imported names
	wildcard bool             // an import brings names that are not written
	words    map[string]bool  // every identifier of the window
	own      []string
	ownAt    int

	typ    schemas.Type
	invent bool
	longer bool   // the negative should be the longer side
	sight  *sight // where candidates are to be chosen by an aim
	rank   int    // of the place that candidates are made for, higher where its wrongness can be shown
}

func newScene(c *schemas.Context, f *syntax.Facts, h *habits, repo *Repo, pool *Pool) *scene {
	s := &scene{
		c: c, f: f, h: h, repo: repo, index: repo.of(h.family), pool: pool, start: len(c.Prefix), end: len(c.Prefix) +
			len(c.Golden),
		byName: map[string][]int{}, locals: map[string]bool{}, words: map[string]bool{},
	}
	for i := range f.Decls {
		s.byName[f.Decls[i].Name] = append(s.byName[f.Decls[i].Name], i)
		s.words[f.Decls[i].Name] = true
	}
	for i := range f.Imports {
		for _, it := range f.Imports[i].Items {
			s.locals[it.Local], s.locals[it.Name] = true, true
			s.wildcard = s.wildcard || it.Wildcard
		}
	}
	for i := range f.Refs {
		s.words[f.Refs[i].Name] = true
	}
	for i := range f.Members {
		s.words[f.Members[i].Name] = true
	}
	s.from = s.start
	if begin := c.CallForm.Begin(); begin != "" && begin != schemas.BeginName {
		s.from = s.end // nothing is changed where the call is not found
		if k := s.whole(); k != nil {
			s.from = k.NameStart
		}
	}
	return s
}

// whole is the call that the golden is, nil where it is none.
func (s *scene) whole() *syntax.Call {
	for i := range s.f.Calls {
		if k := &s.f.Calls[i]; s.start <= k.NameStart && k.NameStart < s.end && s.endsWith(k) {
			return k
		}
	}
	return nil
}

// endsWith reports whether the golden ends with a call, or with the ";" behind it.
func (s *scene) endsWith(k *syntax.Call) bool {
	return k.End == s.end || k.End == s.end-1 && s.f.Src[k.End] == ';'
}

// hash is a stable number for a decision about this context.
func (s *scene) hash(parts ...string) uint64 {
	return schemas.Key64(append([]string{"rules", s.c.ID, string(s.typ)}, parts...)...)
}

// replaced is the golden with [start, end) of the window replaced.
func (s *scene) replaced(start, end int, text string) string {
	g := s.c.Golden
	return g[:start-s.start] + text + g[end-s.start:]
}

// real is a candidate whose names all stand in the window already.
func (s *scene) real(trick Trick, start, end int, text string) Candidate {
	return Candidate{Text: s.replaced(start, end, text), Trick: trick, start: start, end: end, rank: s.rank}
}

// candidate is a candidate with a name that is invented where that was asked for.
func (s *scene) candidate(trick Trick, start, end int, text string) Candidate {
	k := s.real(trick, start, end, text)
	k.Invented = s.invent
	return k
}

// inGolden reports whether a range of the window lies in what of the golden may change: of a
// call not in its receiver or path.
func (s *scene) inGolden(start, end int) bool { return s.from <= start && end <= s.end && start < end }

// text is a range of the window.
func (s *scene) text(start, end int) string { return string(s.f.Src[start:end]) }

// calls are the calls of the golden, the outermost first.
func (s *scene) calls() []*syntax.Call {
	return slices.DeleteFunc(s.named(), func(c *syntax.Call) bool { return c.End > s.end })
}

// named are the calls whose names lie in the golden, which may be no more than that.
func (s *scene) named() []*syntax.Call {
	var out []*syntax.Call
	for i := range s.f.Calls {
		c := &s.f.Calls[i]
		if s.inGolden(c.NameStart, c.NameEnd) && !c.TokenTree && !c.Decorator && c.ArgsEnd > c.ArgsStart &&
			identifier(c.Name) && s.text(c.NameStart, c.NameEnd) == c.Name {
			out = append(out, c)
		}
	}
	return out
}

// byRank sorts calls by rank, the highest first; the hash decides among equals.
func (s *scene) byRank(calls []*syntax.Call, rank func(*syntax.Call) int) {
	type ranked struct {
		rank int
		key  uint64
	}
	keys := map[*syntax.Call]ranked{}
	for _, c := range calls {
		keys[c] = ranked{rank(c), s.hash("place", string(rune(c.NameStart-s.start)))}
	}
	slices.SortStableFunc(calls, func(a, b *syntax.Call) int {
		x, y := keys[a], keys[b]
		switch {
		case x.rank != y.rank:
			return y.rank - x.rank
		case x.key < y.key:
			return -1
		case x.key > y.key:
			return 1
		}
		return 0
	})
}

// visible reports whether a bare name may be seen from a place: a declaration in a
// scope around it, an import, what the language declares, a member of the types
// around it where members are visible, what other files supply.
func (s *scene) visible(name string, at int) bool {
	if s.reserved(name) || s.locals[name] || s.index.macros[name] {
		return true
	}
	for _, i := range s.byName[name] {
		d := &s.f.Decls[i]
		if sc := s.f.Scopes[d.Scope]; d.Role == syntax.Macro || sc.Start <= at && at <= sc.End &&
			(sc.Kind != syntax.TypeScope || s.h.bareMembers || !s.inFunction(d.Scope, at)) {
			return true
		}
	}
	if s.h.bareMembers && (s.ownMember(name, at) || s.cut() && s.declaredHere(name)) {
		return true
	}
	if s.h.everywhere || s.wildcard {
		return len(s.index.top[name]) > 0 || s.h.everywhere && s.namespaced(name)
	}
	if s.h.folder {
		return s.index.inFolder[path.Dir(s.c.Path)][name]
	}
	return s.cut() && slices.Contains(s.index.top[name], place(s.c.Path))
}

// cut reports whether the window is less than the file: what declares a name, and
// the type around a place, may lie outside.
func (s *scene) cut() bool { return s.c.PrefixCut || s.c.SuffixCut }

// declaredHere reports whether the context's file declares a name at any level.
func (s *scene) declaredHere(name string) bool {
	return slices.Contains(s.index.declared[name], s.c.Path)
}

// namespaced reports whether something that is no member of a type has that name:
// namespaces are owners too.
func (s *scene) namespaced(name string) bool {
	for _, c := range s.index.callables[name] {
		if !s.index.types[c.owner] {
			return true
		}
	}
	return s.index.types[name]
}

// inFunction reports whether a function of the type scope lies around the place.
func (s *scene) inFunction(scope, at int) bool {
	for i := range s.f.Scopes {
		if sc := &s.f.Scopes[i]; sc.Kind == syntax.FunctionScope && sc.Start <= at && at <= sc.End &&
			sc.Start > s.f.Scopes[scope].Start {
			return true
		}
	}
	return false
}

// reserved reports whether the language itself gives a name a meaning.
func (s *scene) reserved(name string) bool {
	return namesOf[s.f.Lang.Name][name] || keywordsOf[s.h.family][name]
}

// namesOf are the names that a language itself declares, by the language.
var namesOf = func() map[schemas.Language]map[string]bool {
	all := map[schemas.Language]map[string]bool{}
	for _, l := range syntax.All() {
		all[l.Name] = map[string]bool{}
		for _, name := range slices.Concat(l.Rules.SelfNames, l.Rules.Predeclared) {
			all[l.Name][name] = true
		}
	}
	return all
}()

// ownMember reports whether a type around a place, or a supertype, has a member.
func (s *scene) ownMember(name string, at int) bool {
	for _, own := range s.ownTypes(at) {
		types, _ := s.index.closure(own)
		if s.index.has(types, name) || slices.Contains(s.f.Lang.Rules.ObjectMembers, name) {
			return true
		}
		for _, i := range s.byName[name] {
			if d := &s.f.Decls[i]; isMember(d) && slices.Contains(types, lastPart(d.Owner)) {
				return true
			}
		}
	}
	return false
}

// isMember reports whether a declaration is a member of its owner, and not a local
// name of one of its functions.
func isMember(d *syntax.Decl) bool {
	switch d.Role {
	case syntax.Variable, syntax.Parameter, syntax.TypeParam, syntax.Label:
		return false
	}
	return true
}

// known reports whether anybody wrote a name.
func (s *scene) known(name string) bool {
	return s.words[name] || s.pool.all[name] || len(s.index.declared[name]) > 0 || s.reserved(name)
}

// best sorts candidate names by their worth: what add gave them, nearness to near,
// and length. The hash breaks ties and keeps equal places from always giving the
// same name. Where an aim is to choose, twice n come, and n of each length that stand in the
// window, whatever they are like.
func (s *scene) best(near string, names map[string]float64, n int) []string {
	list, rest := s.nearest(near, names, n)
	if s.sight == nil {
		return list
	}
	rest = slices.DeleteFunc(rest, func(name string) bool { return s.sight.worth(name) == 0 })
	sort.SliceStable(rest, func(i, j int) bool { return s.sight.worth(rest[i]) > s.sight.worth(rest[j]) })
	return append(list, bySign(near, rest, n)...)
}

// nearest is best without what only stands in the window: a part of a module's path that is
// about something else gives itself away. rest are the names after those.
func (s *scene) nearest(near string, names map[string]float64, n int) (list, rest []string) {
	type scored struct {
		name  string
		score float64
	}
	out := make([]scored, 0, len(names))
	tokens := subTokens(near)
	for name, base := range names {
		alike := nearness(near, tokens, name)
		if alike < 0.15 { // in the window, but about something else
			base *= 0.3
		}
		worth := base + 1.2*alike + s.lengthWorth(len(name)-len(near)) + float64(s.hash("tie", name)%1000)*1e-4
		if name != "" && near != "" && name[len(name)-1] == near[len(near)-1] { // the golden may end here
			worth += 0.08
		}
		if forTests(name) && !forTests(near) {
			worth -= 0.4
		}
		out = append(out, scored{name, worth})
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].score != out[j].score {
			return out[i].score > out[j].score
		}
		return out[i].name < out[j].name
	})
	if s.sight != nil {
		n *= 2
	}
	for _, o := range out {
		list = append(list, o.name)
	}
	n = min(n, len(list))
	return list[:n:n], list[n:]
}

// lengthWorth prefers replacements of about the same length, on the side that the
// hash has picked.
func (s *scene) lengthWorth(by int) float64 {
	worth := -0.02 * float64(min(max(by, -by), 15))
	if by != 0 && (by > 0) != s.longer {
		worth -= 0.33
	}
	return worth
}

// forTests reports whether a name says that it belongs to tests.
func forTests(name string) bool {
	if !mayBeForTests(name) {
		return false
	}
	for _, t := range subTokens(name) {
		switch t {
		case "test", "tests", "mock", "fake", "stub", "bench", "benchmark", "dummy", "example":
			return true
		}
	}
	return false
}

// mayBeForTests is false for most names, at no cost: those without the letters of such a
// word.
func mayBeForTests(name string) bool {
	for i := range len(name) {
		var word string
		switch name[i] | 0x20 {
		case 't':
			word = "test"
		case 'm':
			word = "mock"
		case 'f':
			word = "fake"
		case 's':
			word = "stub"
		case 'b':
			word = "bench"
		case 'd':
			word = "dummy"
		case 'e':
			word = "example"
		}
		end := i + len(word)
		if name[i] >= utf8.RuneSelf || word != "" && end <= len(name) && strings.EqualFold(name[i:end], word) {
			return true
		}
	}
	return false
}
