package fim

import (
	"fmt"
	"slices"
	"sort"
	"unicode/utf8"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// Config says what to take from a file. The zero value of a limit is its default.
type Config struct {
	Kinds       map[string]int `json:"kinds"`        // spans a file of "import", "call", "general"
	MaxPerFile  int            `json:"max_per_file"` // spans a file in all, default 16
	PrefixBytes int            `json:"prefix_bytes"` // default 12288
	SuffixBytes int            `json:"suffix_bytes"` // default 4096
}

// DefaultKinds are the spans a file that Config.Kinds means when it is empty.
var DefaultKinds = map[string]int{"import": 4, "call": 8, "general": 3}

// Filled is c with its defaults, or an error that names the field.
func (c Config) Filled() (Config, error) {
	if len(c.Kinds) == 0 {
		c.Kinds = DefaultKinds
	}
	for k, n := range c.Kinds {
		if _, ok := DefaultKinds[k]; !ok {
			return c, fmt.Errorf("extract.kinds.%s: unknown kind; use import, call, general", k)
		}
		if n < 0 || n > 1000 {
			return c, fmt.Errorf("extract.kinds.%s: %d is not between 0 and 1000", k, n)
		}
	}
	for _, f := range []struct {
		name          string
		v             *int
		def, min, max int
	}{
		{"max_per_file", &c.MaxPerFile, 16, 1, 10000},
		{"prefix_bytes", &c.PrefixBytes, 12288, 256, 1 << 20},
		{"suffix_bytes", &c.SuffixBytes, 4096, 256, 1 << 20},
	} {
		if *f.v == 0 {
			*f.v = f.def
		}
		if *f.v < f.min || *f.v > f.max {
			return c, fmt.Errorf("extract.%s: %d is not between %d and %d", f.name, *f.v, f.min, f.max)
		}
	}
	return c, nil
}

// Reasons for which a file or a span is rejected here.
const (
	RejectWallLimit  = "wall_limit"
	RejectTooDeep    = "too_deep"
	RejectNoSpan     = "no_span"
	RejectDeclBroken = "declaration_broken"
	RejectDeclCut    = "declaration_not_in_window"
	RejectHeadCut    = "head_not_in_window"
)

// Result is what a file gives.
type Result struct {
	Contexts []schemas.Context
	Symbols  []schemas.Symbol
	Names    []schemas.Name
	Rejects  []schemas.Reject
}

// Extractor extracts from files, one at a time. It is not safe for concurrent use.
type Extractor struct {
	cfg    Config
	parser *syntax.Parser
}

// New returns an extractor. cfg must come from Filled.
func New(cfg Config) *Extractor { return &Extractor{cfg: cfg, parser: syntax.NewParser()} }

// Close frees the extractor's parser.
func (x *Extractor) Close() { x.parser.Close() }

// File extracts from a file. With spans false it reads only symbols and names: for
// files that yield no training text but declare what others use (generated and
// vendored code).
func (x *Extractor) File(b *schemas.Blob, spans bool) (Result, error) {
	var r Result
	l := syntax.ByName(b.Language)
	if l == nil {
		return r, fmt.Errorf("extract %s: unknown language %q", b.Path, b.Language)
	}
	f, err := x.parser.ParseFacts(l, b.Path, b.Content)
	switch err {
	case nil:
	case syntax.ErrWallLimit:
		r.Rejects = append(r.Rejects, reject(b, RejectWallLimit, err.Error()))
		return r, nil
	case syntax.ErrTooDeep:
		r.Rejects = append(r.Rejects, reject(b, RejectTooDeep, err.Error()))
		return r, nil
	default:
		return r, err
	}
	r.Symbols = symbols(b.Repo, b.Path, f)
	r.Names = names(f)
	if spans {
		x.spans(b, f, &r)
	}
	return r, nil
}

func reject(b *schemas.Blob, reason, detail string) schemas.Reject {
	return schemas.Reject{Stage: schemas.StageExtract, ID: b.Repo + "@" + b.Commit + "/" + b.Path, Reason: reason, Detail: detail, Language: b.Language}
}

// spans chooses the file's spans and makes their contexts.
func (x *Extractor) spans(b *schemas.Blob, f *syntax.Facts, r *Result) {
	decls := declarations(f)
	lost := map[[2]string]int{}
	type quota struct {
		want int
		from []span
	}
	seed := b.SHA256
	var taken []span
	for _, q := range []quota{
		{x.cfg.Kinds["import"], imports(f)},
		{x.cfg.Kinds["call"], calls(f)},
		{x.cfg.Kinds["general"], generals(b.Content, seed)},
	} {
		order(q.from, seed)
		var got []span
		for _, s := range q.from {
			if len(got) == q.want || len(taken)+len(got) == x.cfg.MaxPerFile {
				break
			}
			if slices.ContainsFunc(got, s.overlaps) {
				continue
			}
			d := enclosing(decls, f, s)
			w := window(b.Content, s, x.cfg.PrefixBytes, x.cfg.SuffixBytes)
			reason := ""
			switch {
			case d.broken:
				reason = RejectDeclBroken
			case s.kind == schemas.KindImport && w.start > 0:
				reason = RejectHeadCut
			case d.start < w.start || d.end > w.end:
				reason = RejectDeclCut
			}
			if reason != "" {
				lost[[2]string{reason, s.kind}]++
				continue
			}
			got = append(got, s)
			r.Contexts = append(r.Contexts, context(b, s, d, w))
		}
		taken = append(taken, got...)
	}
	if len(taken) == 0 && len(lost) == 0 {
		r.Rejects = append(r.Rejects, reject(b, RejectNoSpan, "no span of a wanted kind and length"))
	}
	for k, n := range lost {
		r.Rejects = append(r.Rejects, reject(b, k[0], fmt.Sprintf("%d %s spans", n, k[1])))
	}
	sort.Slice(r.Rejects, func(i, j int) bool {
		a, b := r.Rejects[i], r.Rejects[j]
		return a.Reason+a.Detail < b.Reason+b.Detail
	})
}

func context(b *schemas.Blob, s span, d declaration, w extent) schemas.Context {
	c := schemas.Context{
		Repo: b.Repo, Commit: b.Commit, Path: b.Path, License: b.License, Language: b.Language,
		Kind: s.kind, Types: s.types,
		Prefix: string(b.Content[w.start:s.start]), Golden: string(b.Content[s.start:s.end]), Suffix: string(b.Content[s.end:w.end]),
		StartByte: int64(s.start), EndByte: int64(s.end), Line: int64(1 + countLines(b.Content[:s.start])),
		DeclStart: int64(d.start), DeclEnd: int64(d.end),
		PrefixCut: w.start > 0, SuffixCut: w.end < len(b.Content),
		Origin: schemas.OriginSnapshot, SHA256: b.SHA256,
	}
	if c.Types == nil {
		c.Types = []string{}
	}
	c.ID = schemas.ContextID(c.Repo, c.Commit, c.Path, c.StartByte, c.EndByte, c.Kind, c.Origin)
	return c
}

func countLines(b []byte) int {
	n := 0
	for _, c := range b {
		if c == '\n' {
			n++
		}
	}
	return n
}

type extent struct{ start, end int }

// window is the part of the file that a context shows around a span.
func window(src []byte, s span, prefix, suffix int) extent {
	before, after := s.start, len(src)-s.end
	if before+after <= prefix+suffix {
		return extent{0, len(src)}
	}
	p, q := min(before, prefix), min(after, suffix)
	p = min(before, prefix+suffix-q)
	q = min(after, prefix+suffix-p)
	w := extent{s.start - p, s.end + q}
	for w.start > 0 && w.start < s.start && src[w.start-1] != '\n' {
		w.start++
	}
	for w.end < len(src) && w.end > s.end && src[w.end-1] != '\n' {
		w.end--
	}
	return w
}

type declaration struct {
	start, end int
	broken     bool
}

// declarations are the file's declarations that no function encloses, outermost
// first.
func declarations(f *syntax.Facts) []int {
	var out []int
	for i, d := range f.Decls {
		if d.Role == syntax.TypeParam || d.Role == syntax.Label || inFunction(f, d.Scope) {
			continue
		}
		out = append(out, i)
	}
	return out
}

func inFunction(f *syntax.Facts, scope int) bool {
	for s := scope; s >= 0; s = f.Scopes[s].Parent {
		if f.Scopes[s].Kind == syntax.FunctionScope {
			return true
		}
	}
	return false
}

// enclosing is the smallest declaration around a span, or the top-level node.
func enclosing(decls []int, f *syntax.Facts, s span) declaration {
	best := -1
	for _, i := range decls {
		d := &f.Decls[i]
		if d.Start <= s.start && s.end <= d.End && (best < 0 || d.End-d.Start <= f.Decls[best].End-f.Decls[best].Start) {
			best = i
		}
	}
	t := f.Tree
	if best >= 0 {
		d := &f.Decls[best]
		return declaration{d.Start, d.End, t.Broken(d.Node)}
	}
	out := declaration{s.start, s.end, t.IsError(0)}
	for c := range t.Children(0) {
		if t.Start(c) < s.end && s.start < t.End(c) {
			out.start, out.end = min(out.start, t.Start(c)), max(out.end, t.End(c))
			out.broken = out.broken || t.Broken(c)
		}
	}
	return out
}

func runes(b []byte) int { return utf8.RuneCount(b) }
