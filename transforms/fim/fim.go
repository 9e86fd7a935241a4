package fim

import (
	"fmt"
	"slices"

	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/syntax"
)

// Config says what to take from a file. The zero value of a limit is its default.
type Config struct {
	Kinds       map[string]int `json:"kinds"`        // spans a file of each kind; absent is none
	MaxPerFile  int            `json:"max_per_file"` // spans a file in all, default 16
	PrefixBytes int            `json:"prefix_bytes"` // default 12288
	SuffixBytes int            `json:"suffix_bytes"` // default 4096
	Cuts        Cuts           `json:"cuts"`         // default DefaultCuts
	CallForms   CallForms      `json:"call_forms"`   // default DefaultCallForms
}

// DefaultKinds are the spans a file that Config.Kinds means when it is empty.
var DefaultKinds = map[string]int{"import": 4, "call": 8, "general": 3}

// Filled is c with its defaults, or an error that names the field.
func (c Config) Filled() (Config, error) {
	if len(c.Kinds) == 0 {
		c.Kinds = DefaultKinds
	}
	for k, n := range c.Kinds {
		if !slices.ContainsFunc(finders, func(f finder) bool { return f.key == k }) {
			return c, fmt.Errorf("extract.kinds.%s: unknown kind; use %s", k, kindKeys())
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
	var err error
	if c.Cuts, err = c.Cuts.filled(); err != nil {
		return c, err
	}
	c.CallForms, err = c.CallForms.filled()
	return c, err
}

// Reasons for which a file or a span is rejected here.
const (
	RejectWallLimit  schemas.Reason = "wall_limit"
	RejectWorkLimit  schemas.Reason = "work_limit"
	RejectTooDeep    schemas.Reason = "too_deep"
	RejectNoSpan     schemas.Reason = "no_span"
	RejectDeclBroken schemas.Reason = "declaration_broken"
	RejectDeclCut    schemas.Reason = "declaration_not_in_window"
	RejectHeadCut    schemas.Reason = "head_not_in_window"
)

// Result is what a file gives. Read says that it was parsed: a file that was read and
// declares nothing hides nothing. Declarations are the innermost ones that no function
// encloses, Broken those of them that do not parse: no span is taken there. Errors
// says that the file does not parse as a whole.
type Result struct {
	Contexts []schemas.Context
	Symbols  []schemas.Symbol
	Names    []schemas.Name
	Rejects  []schemas.Reject

	Read                 bool
	Declarations, Broken int
	Errors               bool
}

// Extractor extracts from files, one at a time. It is not safe for concurrent use.
type Extractor struct {
	cfg    Config
	parser *syntax.Parser
	names  map[nameKey]int // empty between files
}

// New returns an extractor. cfg must come from Filled.
func New(cfg Config) *Extractor {
	return &Extractor{cfg: cfg, parser: syntax.NewParser(), names: map[nameKey]int{}}
}

// Close frees the extractor's parser.
func (x *Extractor) Close() { x.parser.Close() }

// File extracts from a file. With spans false it reads only symbols and names: for
// files that yield no training text but declare what others use (generated and
// vendored code).
func (x *Extractor) File(b *schemas.Blob, spans bool) (Result, error) {
	var r Result
	f, err := x.parse(b, &r)
	if f == nil {
		return r, err
	}
	contain.At("symbols", fileID(b))
	r.Read = true
	r.Symbols = symbols(b.Repo, b.Path, f)
	r.Names = names(f, x.names)
	contain.At("spans", fileID(b))
	x.choose(newSource(b, f, nil), spans, &r)
	return r, nil
}

// Range is a part of a file in bytes: whole lines.
type Range struct{ Start, End int }

// Edited takes spans of what a commit added: b is the file after the commit and has
// its id, added the lines that it wrote. Only spans that lie inside one of these are
// taken. The caller knows the commit's date and kind. The result has no symbols and
// no names: asked of File before, they cost no second parse.
func (x *Extractor) Edited(b *schemas.Blob, added []Range) (Result, error) {
	var r Result
	f, err := x.parse(b, &r)
	if f == nil {
		return r, err
	}
	s := newSource(b, f, append([]Range{}, added...))
	slices.SortFunc(s.added, func(a, b Range) int { return a.Start - b.Start })
	x.choose(s, true, &r)
	return r, nil
}

// parse reads a file's facts. None and no error is a reject.
func (x *Extractor) parse(b *schemas.Blob, r *Result) (*syntax.Facts, error) {
	l := syntax.ByName(b.Language)
	if l == nil {
		return nil, fmt.Errorf("extract %s: unknown language %q", b.Path, b.Language)
	}
	contain.At("parse", fileID(b))
	f, err := x.parser.ParseFacts(l, b.Path, b.Content)
	switch err {
	case nil:
		return f, nil
	case syntax.ErrWallLimit:
		r.Rejects = append(r.Rejects, reject(b, RejectWallLimit, err.Error()))
	case syntax.ErrWorkLimit:
		r.Rejects = append(r.Rejects, reject(b, RejectWorkLimit, err.Error()))
	case syntax.ErrTooDeep:
		r.Rejects = append(r.Rejects, reject(b, RejectTooDeep, err.Error()))
	default:
		return nil, fmt.Errorf("extract %s: %w", b.Path, err)
	}
	return nil, nil
}

func fileID(b *schemas.Blob) string { return b.Repo + "@" + b.Commit + "/" + b.Path }

func reject(b *schemas.Blob, reason schemas.Reason, detail string) schemas.Reject {
	return schemas.Reject{
		Stage: schemas.StageExtract, ID: fileID(b), Reason: reason, Detail: detail, Language: b.Language,
	}
}
