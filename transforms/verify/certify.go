package verify

import (
	"errors"
	"fmt"
	"sort"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// Checker certifies negatives. It holds two parsers and what it has concluded about
// the present repository; it is not safe for concurrent use.
type Checker struct {
	golden, negative *syntax.Parser

	repo   *Repo
	lang   schemas.Language
	byLang map[schemas.Language]*concluded // of the present repository
	*concluded

	ctx     string // the context whose golden window is parsed
	window  *site
	tables  [2]tables       // of the golden's window and the negative's
	source  []byte          // the golden's window, as the first of the tables has it
	errors  int             // in it
	control map[int]finding // by use: a name of the golden that would be refused
}

// concluded is what a checker has concluded about a repository in one language.
type concluded struct {
	closures   map[*decl]*closure
	spaces     map[string][]*file
	subtypes   map[string][]*decl
	roots      map[string]bool
	prefixes   map[string]bool
	importers  [2]map[string]importer // by module, and by place
	partial    map[string]bool
	blindFiles []*file // of the language, not read
	jvm        []*file // sources of other languages of the Java virtual machine
	includedBy map[string][]*file
	made       *bool // whether the archive has sources of generated code
}

// New returns a checker.
func New() *Checker {
	return &Checker{golden: syntax.NewParser(), negative: syntax.NewParser()}
}

// Close frees the checker's parsers.
func (c *Checker) Close() {
	c.golden.Close()
	c.negative.Close()
}

// Rule is one rule that can decide a certificate.
type Rule struct{ ID, Description string }

// Rules lists the rules in the order of reports.
var Rules = []Rule{
	{ruleUnbound, "An identifier that no scope, import, wildcard import, enclosing type or sibling file binds."},
	{ruleCallee, "A called name or constructed type that nothing binds."},
	{ruleMember, "A called member that the receiver's resolved type and all of its supertypes lack."},
	{ruleExport, "A called name that the resolved module, package or namespace does not declare."},
	{ruleCount, "More or fewer arguments than every declaration of the resolved callee takes."},
	{ruleKeyword, "A keyword argument that no declaration of the resolved callee takes."},
	{ruleModule, "An imported module whose place is known and where it is not."},
	{ruleImportName, "A name imported from a resolved module that does not have it."},
	{ruleControl, "The same rule would refuse the golden too, so the world is not closed here: abstain."},
	{ruleSyntax, "The window with the negative does not parse as well as the golden's: abstain."},
	{ruleUnchanged, "No node of the kind that the type is about has changed: abstain."},
	{ruleWhole, "A sample that is no minimal pair: all that it brings in is known, or something is not decided."},
	{ruleSeveral, "A sample with two errors: abstain."},
	{ruleNoType, "A sample whose error is of none of the types: abstain."},
}

// Ids of the rules.
const (
	ruleUnbound    = "unbound-name"
	ruleCallee     = "unbound-callee"
	ruleMember     = "missing-member"
	ruleExport     = "missing-export"
	ruleCount      = "argument-count"
	ruleKeyword    = "unknown-keyword"
	ruleModule     = "missing-module"
	ruleImportName = "missing-import-name"
	ruleControl    = "control"
	ruleSyntax     = "syntax"
	ruleUnchanged  = "unchanged"
)

// verdict is a finding with the rule that made it.
type verdict struct {
	rule string
	finding
}

// strength orders statuses: among several changed nodes one that is refused
// decides, since the code is wrong if any of it is.
var strength = map[schemas.Status]int{schemas.StatusExists: 0, schemas.StatusAbstain: 1, schemas.StatusUnseen: 2,
	schemas.StatusCertified: 3}

func (v verdict) stronger(u verdict) bool {
	return v.rule == "" || strength[u.status] > strength[v.status]
}

// pick is the strongest of the verdicts, the first among equals.
func pick(vs []verdict) verdict {
	var best verdict
	for _, v := range vs {
		if best.stronger(v) {
			best = v
		}
	}
	if best.rule == "" {
		return verdict{ruleUnchanged, abstain("no node of the type's kind has changed")}
	}
	return best
}

// Certify says what can be shown about a negative of a context without running
// anything. repo must be the index of the context's repository.
func (c *Checker) Certify(repo *Repo, ctx *schemas.Context, neg *schemas.Negative) (schemas.Certificate, error) {
	cert := schemas.Certificate{NegativeID: neg.ID, ContextID: ctx.ID}
	v, err := c.verdict(repo, ctx, neg)
	if errors.Is(err, syntax.ErrWallLimit) || errors.Is(err, syntax.ErrWorkLimit) || errors.Is(err, syntax.ErrTooDeep) {
		v, err = verdict{ruleSyntax, abstain("the window cannot be parsed: %v", err)}, nil
	}
	if err != nil {
		return cert, fmt.Errorf("certify negative %s of %s: %w", neg.ID, ctx.Path, err)
	}
	if repo.cut && v.status != schemas.StatusExists {
		v.finding = abstain("an archive of the repository broke off, so any file may be missing")
	}
	if ctx.Origin == schemas.OriginEdit && v.status == schemas.StatusCertified {
		v.status, v.why = schemas.StatusUnseen, "known at the archive's commit, not at the edit's: "+v.why
	}
	cert.Status, cert.Rule, cert.Evidence = v.status, v.rule, v.why
	return cert, nil
}

func (c *Checker) verdict(repo *Repo, ctx *schemas.Context, neg *schemas.Negative) (verdict, error) {
	if neg.Free() {
		return c.free(repo, ctx, neg)
	}
	q, l := c.query(repo, ctx)
	if q == nil {
		return verdict{ruleUnchanged, abstain("no rules for the language %q", ctx.Language)}, nil
	}
	g, err := c.goldenSite(q, l, ctx)
	if err != nil {
		return verdict{}, err
	}
	f, err := c.negative.ParseFactsAfter(c.golden, l, ctx.Path, syntax.Window(ctx.Prefix, neg.Text, ctx.Suffix))
	if err != nil {
		return verdict{}, err
	}
	if n := f.Tree.Errors(); n > c.errors {
		return verdict{ruleSyntax, abstain("the window has %d syntax errors with the negative and %d with the golden",
			n, c.errors)}, nil
	}
	p := pair{g: g, n: q.newSite(ctx, f, c.tables[1].of(f), neg.Text)}
	p.align(ctx.Golden, neg.Text)
	check := checks[neg.Type]
	if check == nil {
		return verdict{}, fmt.Errorf("unknown type %q; use one of %v", neg.Type, schemas.Types)
	}
	return check(&p), nil
}

// checks has the check of each type.
var checks = map[schemas.Type]func(p *pair) verdict{
	schemas.TypeUndefinedVariable: (*pair).undefined,
	schemas.TypeMethod:            (*pair).method,
	schemas.TypeParameter:         (*pair).parameter,
	schemas.TypeImport:            (*pair).imported,
}

// query prepares the look-ups of a context; the caches live as long as the repository
// stays the same.
func (c *Checker) query(repo *Repo, ctx *schemas.Context) (*query, *syntax.Language) {
	l, w := syntax.ByName(ctx.Language), worlds[ctx.Language]
	if l == nil || w == nil {
		return nil, nil
	}
	if c.repo != repo || c.lang != ctx.Language {
		if c.repo != repo {
			c.byLang = map[schemas.Language]*concluded{}
		}
		if c.byLang[ctx.Language] == nil {
			c.byLang[ctx.Language] = &concluded{closures: map[*decl]*closure{}}
		}
		c.repo, c.lang, c.ctx, c.concluded = repo, ctx.Language, "", c.byLang[ctx.Language]
	}
	return &query{Checker: c, repo: repo, w: w, lib: libraryOf(w.library), lang: ctx.Language}, l
}

func (q *query) rules() *syntax.Rules { return syntax.ByName(q.lang).Rules }

// goldenSite parses the window with the golden, once for all of its negatives.
func (c *Checker) goldenSite(q *query, l *syntax.Language, ctx *schemas.Context) (*site, error) {
	if ctx.ID != "" && c.ctx == ctx.ID {
		return c.window, nil
	}
	f, err := c.golden.ParseFacts(l, ctx.Path, syntax.Window(ctx.Prefix, ctx.Golden, ctx.Suffix))
	if err != nil {
		c.ctx, c.source = "", nil
		return nil, err
	}
	if len(c.source) == 0 || len(f.Src) == 0 || &c.source[0] != &f.Src[0] { // else it is the last context's window
		c.tables[0].of(f)
		c.source, c.errors = f.Src, f.Tree.Errors()
	}
	c.ctx, c.window, c.control = ctx.ID, q.newSite(ctx, f, &c.tables[0], ctx.Golden), map[int]finding{}
	return c.window, nil
}

// pair is the window with the golden and with the negative, and where they differ.
type pair struct {
	g, n        *site
	start       int // first byte that differs, in both windows
	gEnd, nEnd  int // after the last byte that differs, in each
	startInWord int // start, moved to the beginning of its word
	nEndOfWord  int
	gEndOfWord  int
}

func (p *pair) align(golden, text string) {
	a, b := 0, 0
	for a < len(golden) && a < len(text) && golden[a] == text[a] {
		a++
	}
	for b < len(golden)-a && b < len(text)-a && golden[len(golden)-1-b] == text[len(text)-1-b] {
		b++
	}
	p.start, p.gEnd, p.nEnd = p.g.start+a, p.g.end-b, p.n.end-b
	p.startInWord = p.start
	for p.startInWord > 0 && isWordByte(p.n.f.Src[p.startInWord-1]) {
		p.startInWord--
	}
	p.gEndOfWord, p.nEndOfWord = endOfWord(p.g.f.Src, p.gEnd), endOfWord(p.n.f.Src, p.nEnd)
}

func endOfWord(src []byte, at int) int {
	for at < len(src) && isWordByte(src[at]) {
		at++
	}
	return at
}

// changed reports whether a range of the negative's window has changed bytes.
func (p *pair) changed(start, end int) bool { return start < p.nEndOfWord && end > p.startInWord }

// callPair is a call of the negative with the golden's call at the same place.
type callPair struct{ n, g *syntax.Call }

// callPairs lists the negative's calls that the completion touches, each with the
// golden's: the one whose name starts, or whose arguments start, at the same place
// in the bytes that both share; else the one of the same rank if there are equally
// many.
func (p *pair) callPairs() []callPair {
	ns, gs := p.n.touched(), p.g.touched()
	shift := p.nEnd - p.gEnd
	taken := make([]bool, len(gs))
	out := make([]callPair, 0, len(ns))
	for _, n := range ns {
		cp := callPair{n: n}
		for i, g := range gs {
			before := n.NameStart == g.NameStart && n.NameStart <= p.start
			after := n.ArgsStart >= p.nEnd && n.ArgsStart-g.ArgsStart == shift && n.ArgsEnd > 0 &&
				n.NameEnd-g.NameEnd == shift
			if !taken[i] && (before || after) {
				cp.g, taken[i] = g, true
				break
			}
		}
		out = append(out, cp)
	}
	if len(ns) == len(gs) {
		for i := range out {
			if out[i].g == nil && !taken[i] {
				out[i].g, taken[i] = gs[i], true
			}
		}
	}
	return out
}

// touched lists the calls whose name or arguments the completion overlaps.
func (s *site) touched() []*syntax.Call {
	var out []*syntax.Call
	for i := range s.f.Calls {
		c := &s.f.Calls[i]
		if c.Decorator || c.TokenTree {
			continue
		}
		end := max(c.NameEnd, c.ArgsEnd)
		if c.NameStart < s.end && end > s.start {
			out = append(out, c)
		}
	}
	sort.SliceStable(out, func(i, j int) bool {
		if out[i].NameStart != out[j].NameStart {
			return out[i].NameStart < out[j].NameStart
		}
		return out[i].End > out[j].End
	})
	return out
}
