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
// near the replaced one in its sub-tokens, and one that is not valid here. A share
// of candidates, picked by hash, is invented instead, because benchmarks hold that
// kind too; those are marked.
//
// # Mutations
//
//   - method: the name of one call becomes a real name that its receiver lacks.
//   - parameter: an argument too many or too few, or a keyword of another call.
//   - undefinedvariable: an argument becomes, or gets beside it, a name that another
//     scope declares.
//   - import: the imported name or a part of the module's path becomes that of
//     another import.
//
// What is "not valid here" is judged crudely and on the safe side, by names alone:
// a name that anything near could supply is left out. The proof is verify's, which
// shares no code with this package. Which mutation of a context is taken depends
// on hashes of the context's id, never on order.
package rules

import (
	"iter"
	"slices"
	"sort"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// Version is recorded as the prompt version of rule negatives.
//
//	rules-1: first.
const Version = "rules-1"

// maxCandidates bounds the candidates of one request.
const maxCandidates = 24

// Config says how to generate.
type Config struct {
	InventedShare float64 // share of requests answered with an invented name
}

// Candidate is one mutated golden.
type Candidate struct {
	Text     string
	Invented bool
}

// Generator makes candidates. It holds a parser, so it is not safe for concurrent
// use.
type Generator struct {
	cfg    Config
	parser *syntax.Parser
	last   string
	scene  *scene
}

// New returns a generator.
func New(cfg Config) *Generator { return &Generator{cfg: cfg, parser: syntax.NewParser()} }

// Close frees the parser.
func (g *Generator) Close() { g.parser.Close() }

// Generate lists candidates of type typ for a context, best first. None means that
// no rule applies.
func (g *Generator) Generate(c *schemas.Context, typ string, repo *Repo, pool *Pool) []Candidate {
	if g.last != c.ID || g.scene == nil {
		g.last, g.scene = c.ID, nil
		l := syntax.ByName(c.Language)
		if l == nil {
			return nil
		}
		f, err := g.parser.ParseFacts(l, c.Path, []byte(c.Prefix+c.Golden+c.Suffix))
		if err != nil {
			return nil
		}
		g.scene = newScene(c, f, repo, pool)
	}
	s := g.scene
	s.typ = typ
	s.invent = float64(s.hash("invented")%10000) < g.cfg.InventedShare*10000
	mutate := map[string]func(*scene) []Candidate{
		schemas.TypeImport: imports, schemas.TypeMethod: methods,
		schemas.TypeParameter: parameters, schemas.TypeUndefinedVariable: variables,
	}[typ]
	if mutate == nil {
		return nil
	}
	out := mutate(s)
	if s.invent && !slices.ContainsFunc(out, func(c Candidate) bool { return c.Invented }) {
		s.invent = false
		out = mutate(s)
	}
	return out[:min(len(out), maxCandidates)]
}

// scene is one context, parsed.
type scene struct {
	c          *schemas.Context
	f          *syntax.Facts
	repo       *Repo
	pool       *Pool
	start, end int // the golden in the window
	typ        string
	invent     bool
	words      map[string]bool // every word of the window
}

func newScene(c *schemas.Context, f *syntax.Facts, repo *Repo, pool *Pool) *scene {
	s := &scene{c: c, f: f, repo: repo, pool: pool, start: len(c.Prefix), end: len(c.Prefix) + len(c.Golden), words: map[string]bool{}}
	for _, w := range wordsOf(string(f.Src)) {
		s.words[w] = true
	}
	return s
}

// hash is a stable number for a decision about this context.
func (s *scene) hash(parts ...string) uint64 {
	return schemas.Key64(append([]string{"rules", s.c.ID, s.typ}, parts...)...)
}

// replaced is the golden with [start, end) of the window replaced.
func (s *scene) replaced(start, end int, text string) string {
	g := s.c.Golden
	return g[:start-s.start] + text + g[end-s.start:]
}

// inGolden reports whether a range of the window lies in the golden.
func (s *scene) inGolden(start, end int) bool { return s.start <= start && end <= s.end }

// calls are the calls of the golden, the outermost first.
func (s *scene) calls() []*syntax.Call {
	var out []*syntax.Call
	for i := range s.f.Calls {
		if c := &s.f.Calls[i]; s.inGolden(c.NameStart, c.End) && !c.TokenTree && c.ArgsEnd > c.ArgsStart {
			out = append(out, c)
		}
	}
	return out
}

// scored is a name with its rank: the higher, the harder it is to tell.
type scored struct {
	name  string
	score float64
}

// best sorts names by score and takes the first n; the hash breaks ties and keeps
// equal places from always giving the same name.
func (s *scene) best(names map[string]float64, n int) []scored {
	out := make([]scored, 0, len(names))
	for name, score := range names {
		out = append(out, scored{name, score + float64(s.hash("tie", name)%1000)*1e-4})
	}
	sort.Slice(out, func(i, j int) bool {
		if out[i].score != out[j].score {
			return out[i].score > out[j].score
		}
		return out[i].name < out[j].name
	})
	return out[:min(n, len(out))]
}

// Pool is the real names of one language over the whole build.
type Pool struct {
	byRole  map[string][]schemas.Name
	modules map[string]bool
	exports map[string]map[string]bool // module → names imported from it
	all     map[string]bool
	near    map[string]map[string][]int // role → sub-token → indices of byRole
}

// NewPool reads a language's names.
func NewPool(names iter.Seq2[schemas.Name, error]) (*Pool, error) {
	p := &Pool{byRole: map[string][]schemas.Name{}, modules: map[string]bool{}, exports: map[string]map[string]bool{}, all: map[string]bool{}, near: map[string]map[string][]int{}}
	for n, err := range names {
		if err != nil {
			return nil, err
		}
		p.all[n.Name] = true
		switch n.Role {
		case "module":
			p.modules[n.Name] = true
		case "import":
			if p.exports[n.Owner] == nil {
				p.exports[n.Owner] = map[string]bool{}
			}
			p.exports[n.Owner][n.Name] = true
		}
		if p.near[n.Role] == nil {
			p.near[n.Role] = map[string][]int{}
		}
		i := len(p.byRole[n.Role])
		p.byRole[n.Role] = append(p.byRole[n.Role], n)
		for _, t := range subTokens(n.Name) {
			if list := p.near[n.Role][t]; len(list) < maxNear {
				p.near[n.Role][t] = append(list, i)
			}
		}
	}
	return p, nil
}

// maxNear bounds the names that one sub-token leads to.
const maxNear = 400

// similar lists names of a role that share a sub-token with name.
func (p *Pool) similar(role, name string) []string {
	var out []string
	for _, t := range subTokens(name) {
		for _, i := range p.near[role][t] {
			out = append(out, p.byRole[role][i].Name)
		}
	}
	return out
}
