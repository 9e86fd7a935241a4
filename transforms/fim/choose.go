package fim

import (
	"bytes"
	"fmt"
	"slices"
	"sort"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// source is a file whose spans are looked for. What only some kinds need is made
// when it is first asked for.
type source struct {
	*syntax.Facts
	blob  *schemas.Blob
	added []Range // where spans may lie, sorted; nil is anywhere
	decls declarations
	names *carriers
	text  string // of the whole file, where windows share it
}

func newSource(b *schemas.Blob, f *syntax.Facts, added []Range) *source {
	return &source{Facts: f, blob: b, added: added, decls: newDeclarations(f)}
}

// maxShared is the longest file whose windows share one copy of its text. A window of
// a longer one has its own, so that what a record keeps in memory is at most some
// times what it says.
const maxShared = 32 << 10

// part is a part of the text as a string that stays when the text is gone.
func (s *source) part(start, end int) string {
	if len(s.Src) > maxShared {
		return string(s.Src[start:end])
	}
	if s.text == "" {
		s.text = string(s.Src)
	}
	return s.text[start:end]
}

// allows reports whether spans may lie there.
func (s *source) allows(start, end int) bool {
	if s.added == nil {
		return true
	}
	i := sort.Search(len(s.added), func(i int) bool { return s.added[i].Start > start }) - 1
	return i >= 0 && end <= s.added[i].End
}

// choose takes the file's spans, a round over the kinds at a time, and makes their
// contexts.
func (x *Extractor) choose(s *source, spans bool, r *Result) {
	r.Declarations, r.Broken = s.decls.count()
	r.Errors = s.Tree.Broken(0)
	if !spans {
		return
	}
	type kind struct {
		want int
		from queue
		got  []span
	}
	var kinds []*kind
	for _, f := range finders {
		if n := x.cfg.Kinds[f.key]; n > 0 {
			found := f.find(s)
			if s.added != nil {
				found = slices.DeleteFunc(found, func(c span) bool { return !s.allows(c.start, c.end) })
			}
			kinds = append(kinds, &kind{want: n, from: newQueue(found, s.blob.SHA256)})
		}
	}
	type loss struct {
		reason schemas.Reason
		kind   schemas.Kind
	}
	lost, taken := map[loss]int{}, map[[2]int]bool{}
	next := func(k *kind) bool {
		for len(k.got) < k.want && len(k.from) > 0 {
			found := k.from.next()
			c, cut, form := s.cut(found, &x.cfg)
			// A statement can be a whole block, a call a whole argument: one is enough.
			if taken[[2]int{c.start, c.end}] || slices.ContainsFunc(k.got, c.overlaps) {
				continue
			}
			types := s.types(found) // of what the cut and the form add, nothing is ever changed
			if len(types) == 0 && !schemas.IsGeneral(c.kind) {
				continue
			}
			d, w := s.decls.enclosing(found).with(c), window(s.Src, c, x.cfg.PrefixBytes, x.cfg.SuffixBytes)
			if reason := unfit(c, d, w); reason != "" {
				lost[loss{reason, c.kind}]++
				continue
			}
			k.got = append(k.got, c)
			taken[[2]int{c.start, c.end}] = true
			made := context(s, c, types, d, w)
			made.Cut, made.CallForm = cut, form
			r.Contexts = append(r.Contexts, made)
			return true
		}
		return false
	}
	for more := true; more; {
		more = false
		for _, k := range kinds {
			if len(r.Contexts) < x.cfg.MaxPerFile && next(k) {
				more = true
			}
		}
	}
	if len(r.Contexts) == 0 && len(lost) == 0 {
		r.Rejects = append(r.Rejects, reject(s.blob, RejectNoSpan, "no span of a wanted kind and length"))
	}
	for k, n := range lost {
		r.Rejects = append(r.Rejects, reject(s.blob, k.reason, fmt.Sprintf("%d %s spans", n, k.kind)))
	}
	sort.Slice(r.Rejects, func(i, j int) bool {
		a, b := r.Rejects[i], r.Rejects[j]
		return string(a.Reason)+a.Detail < string(b.Reason)+b.Detail
	})
}

// unfit says why a span with its declaration and window is none, "" where it is.
func unfit(s span, d declaration, w extent) schemas.Reason {
	switch {
	case d.broken:
		return RejectDeclBroken
	case s.kind == schemas.KindImport && w.start > 0:
		return RejectHeadCut
	case d.start < w.start || d.end > w.end:
		return RejectDeclCut
	}
	return ""
}

func context(s *source, c span, types []schemas.Type, d declaration, w extent) schemas.Context {
	b, src := s.blob, s.Src
	out := schemas.Context{
		Repo: b.Repo, Commit: b.Commit, Path: b.Path, License: b.License, Language: b.Language,
		Kind: c.kind, Types: types,
		Prefix: s.part(w.start, c.start), Golden: s.part(c.start, c.end), Suffix: s.part(c.end, w.end),
		StartByte: int64(c.start), EndByte: int64(c.end), Line: int64(1 + bytes.Count(src[:c.start], []byte{'\n'})),
		DeclStart: int64(d.start), DeclEnd: int64(d.end),
		PrefixCut: w.start > 0, SuffixCut: w.end < len(src),
		Origin: schemas.OriginSnapshot, SHA256: b.SHA256,
	}
	if s.added != nil {
		out.Origin, out.OriginCommit = schemas.OriginEdit, b.Commit
	}
	out.ID = schemas.ContextID(out.Repo, out.Commit, out.Path, out.StartByte, out.EndByte, out.Kind, out.Origin,
		out.WindowCut())
	return out
}
