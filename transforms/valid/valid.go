// Package valid decides whether a completion is a valid negative: a minimal pair
// with its golden that shows exactly one type of error.
//
//	(schemas.Context, type, text) → repaired text, introduced tokens | reason
//
// # Rules
//
//  1. It is code: no prose, no code fence, no special token of a model, UTF-8.
//  2. A token differs from the golden's. White space alone is no difference.
//  3. Minimal pair: white space is the golden's. Where tokens agree the golden's
//     bytes are copied, also between them; line ends inside a change are the
//     window's. Without this rule preference training learns formatting (arXiv
//     2606.03130, the referees' remark on collateral edits).
//  4. All that then differs serves one error of the type:
//     - import: one module path or one imported name of one import statement,
//     such that it brings in something that the golden does not. An alias, or a
//     path and a name at once, is collateral.
//     - method: one run of tokens inside the name of one call, at any depth.
//     - parameter: the argument list of one call, such that the number, the
//     keywords or the order of the arguments is another. What is added uses no
//     bare name that the window lacks: that would be an undeclared variable.
//     - undefinedvariable: one run, or several inside one argument, in which a
//     bare identifier is read that the golden's run does not have, and no other
//     name is called or reached than before, but through it.
//     Several runs where one is allowed are collateral; a change elsewhere is
//     wrong_type.
//  5. The window parses with it without an ERROR or MISSING node that the window
//     with the golden lacks, by kind and place. Windows are cut out of files, so
//     that the golden's may have some of its own.
//  6. Its length and its edit similarity to the golden are within the bounds.
//
// The type is the error that a completion causes, as in the Delulu benchmark, so an
// undeclared identifier that arrives as a new argument is an undefinedvariable
// even though the argument list changed. Whether a name is really undeclared, or a
// count really wrong, is not asked here; verify asks it.
//
// # Samples that are no minimal pairs
//
// A sample of a model that meant to be right may differ from its golden in anything:
// [Checker.CheckFree] asks for rules 1 and 5 and the length, not for rules 3 and 4 nor for
// similarity. Whether it has exactly one error is for verify to show.
//
// # Limits
//
// Tokens are words and single characters, without regard to the language, so a
// text inside a string is compared like code. Where an inserted token could stand
// at two places (f(a, a)), the first that keeps the change in one run is taken.
//
// # In a Beam program
//
// [Check] is this package as a PTransform over single proposals, see package transforms.
package valid

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"decoy/schemas"
	"decoy/transforms/syntax"
	"decoy/transforms/text"
)

// Reasons for which a completion is no valid negative.
const (
	RejectEmpty       schemas.Reason = "empty"
	RejectEncoding    schemas.Reason = "not_utf8"
	RejectFence       schemas.Reason = "fence"
	RejectProse       schemas.Reason = "prose"
	RejectToken       schemas.Reason = "special_token"
	RejectSame        schemas.Reason = "same_as_golden"
	RejectCollateral  schemas.Reason = "collateral"
	RejectWrongType   schemas.Reason = "wrong_type"
	RejectSyntax      schemas.Reason = "syntax_error"
	RejectLength      schemas.Reason = "length_bounds"
	RejectSimilarity  schemas.Reason = "similarity_bounds"
	RejectUnparseable schemas.Reason = "unparseable"
)

// Bounds of a negative against its golden. Goldens have at most 817 characters.
const (
	MaxChars      = 1200
	MinSimilarity = 0.3
)

// Result is a valid negative's text and what it brings in.
type Result struct {
	Text           string
	Introduced     []string
	EditSimilarity float64
}

// Checker checks completions. It holds parsers, so it is not safe for concurrent
// use.
type Checker struct {
	golden, changed *syntax.Parser

	last   string // id of the context whose golden window is parsed
	facts  *syntax.Facts
	source []byte // the window that errors and words are of
	errors []syntaxError
	words  map[string]bool
}

// New returns a checker.
func New() *Checker { return NewWith(syntax.NewParser()) }

// NewWith returns a checker that parses the windows with the golden by a parser that
// others use too, of the same goroutine: a window that both ask for is parsed once.
func NewWith(golden *syntax.Parser) *Checker {
	return &Checker{golden: golden, changed: syntax.NewParser()}
}

// Close frees the parsers.
func (c *Checker) Close() {
	c.golden.Close()
	c.changed.Close()
}

// Check repairs and checks a candidate as a negative of type typ for ctx. An empty reason
// means that it is valid.
func (c *Checker) Check(ctx *schemas.Context, typ schemas.Type, candidate string) (r Result, reason schemas.Reason,
	detail string) {
	if reason, detail = surface(ctx.Golden, candidate); reason != "" {
		return r, reason, detail
	}
	if n := utf8.RuneCountInString(candidate); n > 4*MaxChars { // white space may go
		return r, RejectLength, fmt.Sprintf("%d characters, at most %d", n, MaxChars)
	}
	if equal(lex(ctx.Golden), lex(candidate)) {
		return r, RejectSame, "differs from the golden in white space at most"
	}
	d := compare(ctx.Golden, lineEnds(ctx, candidate))
	r.Text = d.text
	if n := utf8.RuneCountInString(r.Text); n > MaxChars {
		return r, RejectLength, fmt.Sprintf("%d characters, at most %d", n, MaxChars)
	}
	r.EditSimilarity = text.Similarity(ctx.Golden, r.Text)
	if r.EditSimilarity < MinSimilarity {
		return r, RejectSimilarity, fmt.Sprintf("edit similarity %.3f, at least %v", r.EditSimilarity, MinSimilarity)
	}
	l := syntax.ByName(ctx.Language)
	if l == nil {
		return r, RejectUnparseable, "unknown language " + string(ctx.Language)
	}
	if err := c.window(l, ctx); err != nil {
		return r, RejectUnparseable, "golden: " + err.Error()
	}
	f, err := c.changed.ParseFactsAfter(c.golden, l, ctx.Path, syntax.Window(ctx.Prefix, r.Text, ctx.Suffix))
	if err != nil {
		return r, RejectUnparseable, err.Error()
	}
	for i := range d.runs {
		d.runs[i] = d.runs[i].shift(len(ctx.Prefix))
	}
	if e, ok := newError(c.errors, errorsOf(f), d.runs); ok {
		return r, RejectSyntax, fmt.Sprintf("%s at byte %d of the window", e.kind, e.start)
	}
	s := service{golden: c.facts, text: f, runs: d.runs, known: c.known}
	if reason, detail = s.check(typ); reason != "" {
		return r, reason, detail
	}
	r.Introduced = d.introduced()
	return r, "", ""
}

// window parses the window with the golden, once for all completions of a context and
// for neighbours with the same window.
func (c *Checker) window(l *syntax.Language, ctx *schemas.Context) error {
	if c.facts != nil && ctx.ID != "" && c.last == ctx.ID {
		return nil
	}
	c.facts = nil
	f, err := c.golden.ParseFacts(l, ctx.Path, syntax.Window(ctx.Prefix, ctx.Golden, ctx.Suffix))
	if err != nil {
		c.source = nil
		return err
	}
	if len(c.source) == 0 || len(f.Src) == 0 || &c.source[0] != &f.Src[0] { // else it is the last context's window
		c.source, c.errors, c.words = f.Src, errorsOf(f), nil
	}
	c.last, c.facts = ctx.ID, f
	return nil
}

// known reports whether the window with the golden has a word.
func (c *Checker) known(word string) bool {
	if c.words == nil {
		c.words = map[string]bool{}
		for _, t := range lex(string(c.facts.Src)) {
			c.words[t.Text] = true
		}
		for _, w := range c.facts.Lang.Rules.Predeclared {
			c.words[w] = true
		}
		for _, w := range c.facts.Lang.Rules.SelfNames {
			c.words[w] = true
		}
	}
	return c.words[word]
}

// lineEnds writes the line ends of text as those of the context's window are.
func lineEnds(ctx *schemas.Context, text string) string {
	text = strings.ReplaceAll(text, "\r\n", "\n")
	for _, part := range []string{ctx.Golden, ctx.Prefix, ctx.Suffix} {
		if i := strings.IndexByte(part, '\n'); i >= 0 {
			if i > 0 && part[i-1] == '\r' {
				text = strings.ReplaceAll(text, "\n", "\r\n")
			}
			break
		}
	}
	return text
}

// surface checks what needs no parse. What the golden itself has is no fault.
func surface(golden, text string) (reason schemas.Reason, detail string) {
	switch {
	case strings.TrimSpace(text) == "":
		return RejectEmpty, "no text"
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return RejectEncoding, "not UTF-8 text"
	}
	for _, fence := range []string{"```", "~~~"} {
		if strings.Count(text, fence) > strings.Count(golden, fence) {
			return RejectFence, "holds a code fence"
		}
	}
	for _, t := range schemas.SpecialTokens {
		if strings.Contains(text, t) {
			return RejectToken, "holds " + t
		}
	}
	lower := strings.ToLower(strings.TrimSpace(text))
	for _, p := range proseStarts {
		if strings.HasPrefix(lower, p) && !strings.HasPrefix(strings.ToLower(strings.TrimSpace(golden)), p) {
			return RejectProse, fmt.Sprintf("begins with %q", p)
		}
	}
	return "", ""
}

// proseStarts are how models begin when they talk instead of completing.
var proseStarts = []string{
	"here is", "here's", "here are", "sure,", "sure!", "certainly", "the completion", "the code", "completion:", "answer:", "output:",
	"as an ai", "i cannot", "i can't", "i'm sorry", "i am sorry", "sorry,", "note:", "to complete", "this is",
}
