// Package rules is the built-in generator of negatives: it needs no model, no key
// and no network, and gives the same negative for the same context every time.
//
//	(schemas.Context, type, repository, names) → []Candidate, best first
//
// # Hard by construction
//
// A completion with an invented name is too easy: a 30 M model that could fill in
// the middle preferred the golden in 99.7 % of such pairs, in 96 % with real names
// from elsewhere and in 94 % with names of the same file. So a mutation takes a
// real name, best one that stands in the window in another role (a method of
// another receiver, a variable of another scope, a keyword of a sibling call),
// near the replaced one in its sub-tokens, written in the same style, and one that
// is not valid here. A share of requests, picked by hash, is answered with
// invented names instead, because benchmarks hold that kind too; those are marked.
//
// # Mutations
//
//   - method: the name of one call becomes a real name that its receiver lacks.
//     With an aim also a method of another type with the same result, what the corpus
//     calls most often and says about the same, what is called nearby.
//   - parameter: an argument more or less than any declaration of the callee takes,
//     one argument split into two, or a keyword that is another call's. What is
//     added is a variable that is visible here, or a literal. With an aim also what
//     a sibling call nearby is given, all of it, the next one, or a keyword with its
//     value, and what the function around was given itself.
//   - undefinedvariable: an identifier or a literal in an argument becomes a
//     variable of another scope, or a keyword argument arrives that holds one. With
//     an aim also a variable of a block or function above that has ended, or below,
//     the name of the keyword or parameter that is filled, the word that a string says,
//     the corpus's most usual name for the same, opts.limit for limit where opts is
//     another function's.
//   - import: the path becomes that of another module that lacks the name (a
//     sibling file, a package beside it), or one part of the path, or the imported
//     name, becomes that of another import. With an aim also a module beside, above
//     or below it, or of another import of the window, that lacks the name.
//
// Left out, because no rule of verify could say that it is wrong: arguments in another
// order, where count and keywords fit (types are not compared), a member without
// its object (it reads no name that the golden has not, which is no valid undefined
// variable), and the names of other versions of a package (no index holds any).
//
// # Where
//
// Of all places in the golden, at any depth, those come first whose wrongness the
// repository can show: calls on self or this, on a variable whose type is written
// or constructed and declared in the repository, calls of what the repository
// declares. Names come in the order of: nearness in sub-tokens and letters, where
// they were seen (window, repository, corpus), fit of arity, and length.
//
// # Aim
//
// With Config.Aim every place gives twice as many names, and as many that stand in the
// window, whatever they are like, beside those that a small model would have written there
// (usual.go, related.go, borrowed.go, values.go); then all candidates are sorted by what
// makes a model take one for right (weights): whether and how near its name stands in the
// window, whether the replaced one does, how often the corpus has either, how alike they
// are, what was done. On 7,993 contexts of 137 groups of repositories that no weight was fitted to, a
// model of 30 M parameters that tuning never saw prefers 16.4 % of the accepted negatives to the
// golden, 11.8 % without an aim (13.8 with that of rules-2), at the same mix of type, length and the
// golden's own likelihood; 30.3 and 22.7 % come within 5 nats. Choosing alone goes little further: of
// up to some thirty candidates a context and type the best of a length by the fitting model's own
// word fools it in 24 %, the choice of the weights in 18.
//
// What a golden's cut or form takes in beside that (a call's receiver, path and ";", an
// import's indentation and newline) is never changed.
//
// # Length tells nothing
//
// A reader must not see from a pair's outline which side is rejected. So a hash of
// the context decides whether the negative should be the longer or the shorter
// side, or as long: candidates of that length come first, and for parameter it decides
// between an argument more and one less. The last character of the golden stays. With an
// aim a third each is to come of it (lengths), and what is much shorter is worth as little
// as what is much longer: of the negatives of the aim's contexts the outline probe of
// package curate finds 58 % instead of 65.
//
// # Easy ones
//
// An invented name, a made path of a module and a keyword that the callee has nowhere
// come where nothing else is to be had, and in a share of requests. An import without a
// name (import os, #include) has nothing but a made path: these alone are 8 % of all.
//
// # What is not valid here
//
// is judged crudely and on the safe side, by names alone: a name that anything near
// could supply is left out. Callees that are known to take any number of arguments
// are never given one more. The proof is verify's, which shares no code with this
// package. Nothing depends on an order: a context gets the same candidates whatever
// was asked before.
//
// # Limits
//
// Names of a function's own declarations are known only inside the window. Types
// are followed through written and constructed types, fields and results, without
// generics, overloads or inference. Extension methods and macros are not followed
// at all.
//
// # In a Beam program
//
// [Generate] is this package as a PTransform over single records, see package transforms.
package rules

import (
	"slices"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// Version is recorded as the prompt version of rule negatives.
//
//	rules-1: the nearest names first.
//	rules-2: an aim chooses, see Config.Aim.
//	rules-3: it chooses among what a small model would have written, of sizes that balance.
const Version = "rules-3"

// maxCandidates bounds the candidates of one request, perPlace those of one place.
const (
	maxCandidates = 24
	perPlace      = 5
)

// longerShare is the share of requests in percent for which the longer side is
// sought. Where only longer names or more arguments are to be had it is the longer
// side anyway, so that less than half gives about half.
var longerShare = map[schemas.Type]uint64{
	schemas.TypeImport: 40, schemas.TypeMethod: 42, schemas.TypeParameter: 36, schemas.TypeUndefinedVariable: 30,
}

// Config says how to generate.
type Config struct {
	InventedShare float64 // share of requests answered with an invented name; with an aim not of imports
	Aim           bool    // candidates are many, and sorted by what makes a model prefer them, see weights
}

// Candidate is one mutated golden.
type Candidate struct {
	Text     string
	Trick    Trick
	Invented bool

	start, end int // what is replaced, in the window
	rank       int // of its place
}

// Generator makes candidates. It holds a parser, so it is not safe for concurrent
// use.
type Generator struct {
	cfg    Config
	parser *syntax.Parser
	scene  *scene // of the last context
	cache  map[siblingKey]map[string]bool
}

// New returns a generator.
func New(cfg Config) *Generator {
	return &Generator{cfg: cfg, parser: syntax.NewParser(), cache: map[siblingKey]map[string]bool{}}
}

// Parser is what parses the windows with the golden, for valid.NewWith.
func (g *Generator) Parser() *syntax.Parser { return g.parser }

// Close frees the parser.
func (g *Generator) Close() { g.parser.Close() }

// mutations has the mutation of each type.
var mutations = map[schemas.Type]func(*scene) []Candidate{
	schemas.TypeImport: (*scene).imports, schemas.TypeMethod: (*scene).methods,
	schemas.TypeParameter: (*scene).parameters, schemas.TypeUndefinedVariable: (*scene).variables,
}

// Generate lists candidates of type typ for a context, best first. None means that
// no rule applies.
func (g *Generator) Generate(c *schemas.Context, typ schemas.Type, repo *Repo, pool *Pool) []Candidate {
	mutate := mutations[typ]
	if mutate == nil {
		return nil
	}
	if s := g.scene; s == nil || c.ID == "" || s.c.ID != c.ID || s.repo != repo || s.pool != pool {
		g.scene = nil
		l, h := syntax.ByName(c.Language), habitsOf[c.Language]
		if l == nil || h == nil {
			return nil
		}
		f, err := g.parser.ParseFacts(l, c.Path, syntax.Window(c.Prefix, c.Golden, c.Suffix))
		if err != nil {
			return nil
		}
		g.scene = newScene(c, f, h, repo, pool)
		g.scene.cache = g.cache
		if g.cfg.Aim {
			g.scene.sight = newSight(c, f)
		}
	}
	s := g.scene
	s.typ, s.rank = typ, 0
	s.longer = s.hash("longer")%100 < longerShare[typ]
	s.invent = float64(s.hash("invented")%10000) < g.cfg.InventedShare*10000
	if g.cfg.Aim && typ == schemas.TypeImport { // more than the share has nothing but a made path
		s.invent = false
	}
	out := mutate(s)
	if s.invent && !slices.ContainsFunc(out, func(c Candidate) bool { return c.Invented }) || !s.invent &&
		len(out) == 0 {
		s.invent = !s.invent
		out = mutate(s)
	}
	seen := map[string]bool{c.Golden: true}
	out = slices.DeleteFunc(out, func(k Candidate) bool {
		twice := seen[k.Text]
		seen[k.Text] = true
		return twice
	})
	if !g.cfg.Aim {
		return out[:min(len(out), maxCandidates)]
	}
	return s.aimed(out)
}
