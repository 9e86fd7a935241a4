package syntax

/*
#include "walk.h"
*/
import "C"

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"unsafe"

	sitter "github.com/smacker/go-tree-sitter"
	"github.com/smacker/go-tree-sitter/cpp"
	"github.com/smacker/go-tree-sitter/csharp"
	"github.com/smacker/go-tree-sitter/golang"
	"github.com/smacker/go-tree-sitter/java"
	"github.com/smacker/go-tree-sitter/javascript"
	"github.com/smacker/go-tree-sitter/python"
	"github.com/smacker/go-tree-sitter/rust"
	"github.com/smacker/go-tree-sitter/typescript/tsx"
	"github.com/smacker/go-tree-sitter/typescript/typescript"

	"decoy/schemas"
)

// Language is one row of the language table: everything that decoy knows of a
// language is here or in its rules.
type Language struct {
	Name       schemas.Language
	Linguist   []string // GitHub Linguist's names of it
	Extensions []string // with the dot; the first is the usual one
	Rules      *Rules

	grammars []grammarSource
	once     sync.Once
	compiled []*grammar
}

type grammarSource struct {
	ext string // file extension that picks it, "" for all others
	get func() *sitter.Language
}

// table has one row a language. To add one to extraction: a row, its rules file, its
// testdata folders here and in package fim, and its word in schemas.Languages.
// Negatives need rows in packages rules and verify and a list of the standard library
// too.
var table = []*Language{
	{Name: schemas.Cpp, Linguist: []string{"C++"}, Extensions: []string{".cc", ".cpp", ".cxx", ".h", ".hh",
		".hpp", ".hxx", ".inl", ".ipp"}, Rules: cppRules, grammars: []grammarSource{{"", cpp.GetLanguage}}},
	{Name: schemas.CSharp, Linguist: []string{"C#"}, Extensions: []string{".cs"}, Rules: csharpRules,
		grammars: []grammarSource{{"", csharp.GetLanguage}}},
	{Name: schemas.Go, Linguist: []string{"Go"}, Extensions: []string{".go"}, Rules: goRules,
		grammars: []grammarSource{{"", golang.GetLanguage}}},
	{Name: schemas.Java, Linguist: []string{"Java"}, Extensions: []string{".java"}, Rules: javaRules,
		grammars: []grammarSource{{"", java.GetLanguage}}},
	{Name: schemas.JavaScript, Linguist: []string{"JavaScript"}, Extensions: []string{".js", ".jsx", ".mjs", ".cjs"},
		Rules: javascriptRules, grammars: []grammarSource{{"", javascript.GetLanguage}}},
	{Name: schemas.Python, Linguist: []string{"Python"}, Extensions: []string{".py", ".pyi"}, Rules: pythonRules,
		grammars: []grammarSource{{"", python.GetLanguage}}},
	{Name: schemas.Rust, Linguist: []string{"Rust"}, Extensions: []string{".rs"}, Rules: rustRules,
		grammars: []grammarSource{{"", rust.GetLanguage}}},
	{Name: schemas.TypeScript, Linguist: []string{"TypeScript", "TSX"}, Extensions: []string{".ts", ".tsx", ".mts",
		".cts"}, Rules: typescriptRules, grammars: []grammarSource{{".tsx", tsx.GetLanguage},
		{"", typescript.GetLanguage}}},
}

// ByName is the language of that name, nil for none.
func ByName(name schemas.Language) *Language {
	i := slices.IndexFunc(table, func(l *Language) bool { return l.Name == name })
	if i < 0 {
		return nil
	}
	return table[i]
}

// All lists the languages in the order of schemas.Languages.
func All() []*Language { return table }

// grammar is one tree-sitter grammar with its names resolved to ids.
type grammar struct {
	ptr     unsafe.Pointer
	names   []string // by symbol
	fields  []string // by field id; 0 is ""
	fieldID map[string]uint16
	keep    []uint8
	plans   []plan     // by symbol: what the builder does with such a node
	unwraps [][]string // by symbol: the fields to look through, "" for the first child
}

func (g *grammar) kindName(sym uint16) string {
	if int(sym) < len(g.names) {
		return g.names[sym]
	}
	return "ERROR"
}

func (l *Language) grammar(path string) *grammar {
	l.once.Do(func() {
		for _, s := range l.grammars {
			l.compiled = append(l.compiled, compile(l, s.get()))
		}
	})
	ext := strings.ToLower(filepath.Ext(path))
	for i, s := range l.grammars {
		if s.ext == ext || s.ext == "" {
			return l.compiled[i]
		}
	}
	return l.compiled[0]
}

// compile resolves a language's rules against a grammar. It panics on a rule that
// names what the grammar lacks: a mistake in a rules file, found by every test.
func compile(l *Language, sl *sitter.Language) *grammar {
	// sitter.Language is a struct of one unexported pointer.
	ptr := *(*unsafe.Pointer)(unsafe.Pointer(sl))
	g := &grammar{ptr: ptr, fieldID: map[string]uint16{}}
	n := int(C.decoy_symbol_count(ptr))
	g.names, g.keep, g.plans = make([]string, n), make([]uint8, n), make([]plan, n)
	const regular = 0 // TSSymbolTypeRegular
	named := map[string][]int{}
	for i := range n {
		g.names[i] = C.GoString(C.decoy_symbol_name(ptr, C.uint32_t(i)))
		if C.decoy_symbol_type(ptr, C.uint32_t(i)) == regular {
			g.keep[i] = 1
			named[g.names[i]] = append(named[g.names[i]], i)
		}
	}
	g.unwraps = make([][]string, n)
	for _, u := range l.Rules.Unwrap {
		kind, field := cut(u)
		for i := range n {
			if g.names[i] == kind {
				g.unwraps[i] = append(g.unwraps[i], field)
			}
		}
	}
	g.fields = []string{""}
	for i := 1; i <= int(C.decoy_field_count(ptr)); i++ {
		name := C.GoString(C.decoy_field_name(ptr, C.uint32_t(i)))
		g.fields = append(g.fields, name)
		g.fieldID[name] = uint16(i)
	}
	for _, tok := range l.Rules.Tokens {
		for i := range n {
			if g.names[i] == tok {
				g.keep[i] = 1
			}
		}
	}
	for kind, p := range l.Rules.plans() {
		ids := named[kind]
		if ids == nil {
			if l.Rules.optional(kind) {
				continue
			}
			panic(fmt.Sprintf("syntax: rules of %s: the grammar has no node kind %q", l.Name, kind))
		}
		for _, f := range p.fieldNames() {
			if _, ok := g.fieldID[f]; !ok {
				panic(fmt.Sprintf("syntax: rules of %s: %s: the grammar has no field %q", l.Name, kind, f))
			}
		}
		for _, i := range ids {
			g.plans[i] = p
		}
	}
	return g
}
