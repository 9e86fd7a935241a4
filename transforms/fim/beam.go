package fim

import (
	std "context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"reflect"
	"slices"

	"github.com/apache/beam/sdks/v2/go/pkg/beam"

	"decoy/schemas"
	"decoy/schemas/contain"
	"decoy/transforms/screen"
	"decoy/transforms/syntax"
)

func init() {
	for _, t := range []reflect.Type{
		reflect.TypeFor[schemas.Blob](), reflect.TypeFor[schemas.Context](), reflect.TypeFor[schemas.Symbol](),
		reflect.TypeFor[schemas.Reject](), reflect.TypeFor[LanguageName](),
	} {
		beam.RegisterType(t)
	}
	beam.RegisterDoFn(&extractFn{})
}

// Reasons of the PTransform beside those of [Extractor].
const (
	RejectLanguage schemas.Reason = "unknown_language"
	RejectFailed                  = schemas.ReasonInternal // a fault of ours or of a grammar
)

// LanguageName is a [schemas.Name] with its language.
type LanguageName struct {
	Language schemas.Language
	Name     string
	Role     string
	Owner    string
	Count    int64
}

// Extracted is what [Extract] gives.
type Extracted struct {
	Contexts beam.PCollection // of schemas.Context
	Symbols  beam.PCollection // of schemas.Symbol
	Names    beam.PCollection // of LanguageName
	Rejects  beam.PCollection // of schemas.Reject
}

// Extract takes places to complete out of source files, and what the files declare.
//
//	PCollection<schemas.Blob> → PCollection<schemas.Context>, PCollection<schemas.Symbol>,
//	                            PCollection<LanguageName>, PCollection<schemas.Reject>
//
// Each file by itself: nothing is grouped, and one file with its tree is in memory at a
// time. A blob needs Repo, Commit, Path and Content; an empty Language follows from path
// and content, an empty SHA256 and Size from the content. The license is carried along
// and not looked at.
//
// What is no source gives symbols alone: that it is there, a package's name (go.mod,
// package.json, Cargo.toml), what a project's settings give its files. So hand in all files of
// a repository: verify takes a world for closed where a file that is not there would have
// opened it, or given its modules their names.
//
// Contexts, symbols and names are those of the shard host for the same files and Config. What
// that does with a whole archive is not here: screening (licences, generated and vendored
// files, secrets), duplicates, and caps of a repository.
func Extract(s beam.Scope, c Config, files beam.PCollection) Extracted {
	s = s.Scope("fim.Extract")
	filled, err := c.Filled()
	if err != nil {
		panic(fmt.Sprintf("fim.Extract: %v", err))
	}
	var out Extracted
	out.Contexts, out.Symbols, out.Names, out.Rejects = beam.ParDo4(s, &extractFn{Config: filled}, files)
	return out
}

type extractFn struct {
	Config Config

	x *Extractor
}

func (f *extractFn) Setup() { f.x = New(f.Config) }

func (f *extractFn) Teardown() { f.x.Close() }

func (f *extractFn) ProcessElement(ctx std.Context, b schemas.Blob, contexts func(schemas.Context),
	symbols func(schemas.Symbol), names func(LanguageName), rejects func(schemas.Reject)) {
	drop := func(r schemas.Reject) {
		beam.NewCounter("fim.Extract", string(r.Reason)).Inc(ctx, 1)
		rejects(r)
	}
	if b.Language == "" && (!screen.MaybeSource(b.Path) || IsSettings(b.Path)) {
		for _, x := range Project(b.Repo, b.Path, b.Content) {
			symbols(x)
		}
		return
	}
	fill(&b)
	if b.Language == "" { // a source of another language, which hides what it declares
		symbols(fileSymbol(&b, false))
		return
	}
	if syntax.ByName(b.Language) == nil {
		drop(reject(&b, RejectLanguage, fmt.Sprintf("%q is none that decoy reads", b.Language)))
		return
	}
	var r Result
	if err := contain.Do(func() (err error) { r, err = f.x.File(&b, true); return err }); err != nil {
		_ = contain.Do(func() error { f.x.Close(); return nil }) // what failed half-way may be broken
		f.x = New(f.Config)
		drop(reject(&b, RejectFailed, err.Error()))
		return
	}
	symbols(fileSymbol(&b, r.Read))
	for _, x := range r.Symbols {
		symbols(x)
	}
	for _, x := range r.Names {
		names(LanguageName{b.Language, x.Name, x.Role, x.Owner, x.Count})
	}
	for _, x := range r.Contexts {
		contexts(x)
	}
	for _, x := range r.Rejects {
		drop(x)
	}
}

// fill derives what a blob leaves out.
func fill(b *schemas.Blob) {
	if b.Language == "" {
		b.Language = screen.Language(b.Path, b.Content)
	}
	if b.SHA256 == "" {
		sum := sha256.Sum256(b.Content)
		b.SHA256 = hex.EncodeToString(sum[:])
	}
	b.Size = int64(len(b.Content))
}

// fileSymbol lists a source file.
func fileSymbol(b *schemas.Blob, read bool) schemas.Symbol {
	return schemas.SourceFile{Repo: b.Repo, Path: b.Path, Language: b.Language, SHA256: b.SHA256, Size: b.Size,
		Unread: !read}.Symbol()
}

// MaxSymbols bounds the symbols of a repository that the PTransforms over repositories hold
// at a time: a few hundred bytes each, some 50 MB. The shard host reads larger repositories
// from sorted files.
const MaxSymbols = 100_000

// RejectManySymbols is the reason for records of a repository with more than MaxSymbols.
const RejectManySymbols schemas.Reason = "too_many_symbols"

// ReadSymbols reads the symbols that a CoGroupByKey gives a repository, each once and in the
// order of [CompareSymbols]. ok is false where there are more than MaxSymbols.
func ReadSymbols(next func(*schemas.Symbol) bool) (symbols []schemas.Symbol, ok bool) {
	for s := (schemas.Symbol{}); next(&s); s = (schemas.Symbol{}) {
		if len(symbols) == MaxSymbols {
			return nil, false
		}
		symbols = append(symbols, s)
	}
	slices.SortFunc(symbols, CompareSymbols)
	return symbols, true
}
