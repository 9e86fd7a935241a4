// Package valid decides whether a completion is a valid negative: a minimal pair
// with its golden that shows exactly one type of error.
//
//	(schemas.Context, type, text) → repaired text, introduced tokens | reason
//
// # Rules
//
//  1. No prose, no code fence, no special token of a model, valid UTF-8.
//  2. It differs from the golden after white space is taken out.
//  3. Minimal pair: differences of white space alone are repaired from the golden.
//     What then differs is one run of tokens. Two runs are collateral, unless the
//     type is parameter and both lie in the argument list of one call. Without
//     this rule preference training learns formatting (arXiv 2606.03130, the
//     referees' remark on collateral edits).
//  4. The change is where its type has its error: for import in an import
//     statement, for method in the name of a called function at any depth, for
//     parameter in the argument list of a call or its keywords, for
//     undefinedvariable where a bare identifier that the golden lacks is read.
//     Else wrong_type.
//  5. The window parses with it without an ERROR or MISSING node that the window
//     with the golden lacks.
//  6. Its length and its edit similarity to the golden are within Bounds.
//
// The type is the error that a completion causes, as in the Delulu benchmark, so an
// undeclared identifier that arrives as a new argument is an undefinedvariable
// even though the argument list changed. Whether the name is really undeclared is
// not asked here; verify asks it.
package valid

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// Reasons for which a completion is no valid negative.
const (
	RejectEmpty       = "empty"
	RejectEncoding    = "not_utf8"
	RejectFence       = "fence"
	RejectProse       = "prose"
	RejectToken       = "special_token"
	RejectSame        = "same_as_golden"
	RejectCollateral  = "collateral"
	RejectWrongType   = "wrong_type"
	RejectSyntax      = "syntax_error"
	RejectLength      = "length_bounds"
	RejectSimilarity  = "similarity_bounds"
	RejectUnparseable = "unparseable"
)

// Bounds of a negative against its golden.
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
	errors int
}

// New returns a checker.
func New() *Checker {
	return &Checker{golden: syntax.NewParser(), changed: syntax.NewParser()}
}

// Close frees the parsers.
func (c *Checker) Close() {
	c.golden.Close()
	c.changed.Close()
}

// Check repairs and checks text as a negative of type typ for ctx. An empty reason
// means that it is valid.
func (c *Checker) Check(ctx *schemas.Context, typ, text string) (r Result, reason, detail string) {
	if reason, detail = surface(text); reason != "" {
		return r, reason, detail
	}
	if squeeze(text) == squeeze(ctx.Golden) {
		return r, RejectSame, "differs from the golden in white space at most"
	}
	d := compare(ctx.Golden, text)
	r.Text = d.text
	if n := utf8.RuneCountInString(r.Text); n > MaxChars {
		return r, RejectLength, fmt.Sprintf("%d characters, at most %d", n, MaxChars)
	}
	r.EditSimilarity = Similarity(ctx.Golden, r.Text)
	if r.EditSimilarity < MinSimilarity {
		return r, RejectSimilarity, fmt.Sprintf("edit similarity %.3f, at least %v", r.EditSimilarity, MinSimilarity)
	}
	l := syntax.ByName(ctx.Language)
	if l == nil {
		return r, RejectUnparseable, "unknown language " + ctx.Language
	}
	if c.last != ctx.ID || c.facts == nil {
		f, err := c.golden.ParseFacts(l, ctx.Path, []byte(ctx.Prefix+ctx.Golden+ctx.Suffix))
		if err != nil {
			return r, RejectUnparseable, "golden: " + err.Error()
		}
		c.last, c.facts, c.errors = ctx.ID, f, f.Tree.Errors()
	}
	f, err := c.changed.ParseFacts(l, ctx.Path, []byte(ctx.Prefix+r.Text+ctx.Suffix))
	if err != nil {
		return r, RejectUnparseable, err.Error()
	}
	if n := f.Tree.Errors(); n > c.errors {
		return r, RejectSyntax, fmt.Sprintf("%d syntax errors more than with the golden", n-c.errors)
	}
	at := len(ctx.Prefix)
	for i := range d.runs {
		d.runs[i] = d.runs[i].shift(at)
	}
	if reason, detail = serves(typ, c.facts, f, d.runs); reason != "" {
		return r, reason, detail
	}
	r.Introduced = d.introduced()
	return r, "", ""
}

// surface checks what needs no golden.
func surface(text string) (reason, detail string) {
	switch {
	case strings.TrimSpace(text) == "":
		return RejectEmpty, "no text"
	case !utf8.ValidString(text) || strings.ContainsRune(text, 0):
		return RejectEncoding, "not UTF-8 text"
	case strings.Contains(text, "```") || strings.Contains(text, "~~~"):
		return RejectFence, "holds a code fence"
	}
	for _, t := range schemas.SpecialTokens {
		if strings.Contains(text, t) {
			return RejectToken, "holds " + t
		}
	}
	lower := strings.ToLower(strings.TrimSpace(text))
	for _, p := range []string{"here is", "here's", "sure,", "sure!", "the completion", "completion:", "as an ai", "i cannot", "i can't", "note:"} {
		if strings.HasPrefix(lower, p) {
			return RejectProse, fmt.Sprintf("begins with %q", p)
		}
	}
	return "", ""
}

// squeeze takes white space out.
func squeeze(s string) string {
	return strings.Map(func(r rune) rune {
		if r == ' ' || r == '\t' || r == '\n' || r == '\r' {
			return -1
		}
		return r
	}, s)
}

// Similarity is the edit similarity of two texts: 1 − Levenshtein distance ÷ the
// longer length, in characters; 1 for two empty texts.
func Similarity(a, b string) float64 {
	n := max(utf8.RuneCountInString(a), utf8.RuneCountInString(b))
	if n == 0 {
		return 1
	}
	return 1 - float64(Distance(a, b))/float64(n)
}

// Distance is the Levenshtein distance of two texts in characters.
func Distance(a, b string) int {
	x, y := []rune(a), []rune(b)
	for len(x) > 0 && len(y) > 0 && x[0] == y[0] {
		x, y = x[1:], y[1:]
	}
	for len(x) > 0 && len(y) > 0 && x[len(x)-1] == y[len(y)-1] {
		x, y = x[:len(x)-1], y[:len(y)-1]
	}
	row := make([]int, len(y)+1)
	for j := range row {
		row[j] = j
	}
	for i, c := range x {
		diagonal := row[0]
		row[0] = i + 1
		for j, d := range y {
			cost := 1
			if c == d {
				cost = 0
			}
			next := min(row[j+1]+1, row[j]+1, diagonal+cost)
			diagonal, row[j+1] = row[j+1], next
		}
	}
	return row[len(y)]
}
