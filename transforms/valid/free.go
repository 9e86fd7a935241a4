package valid

import (
	"fmt"
	"strings"
	"unicode/utf8"

	"decoy/schemas"
	"decoy/transforms/syntax"
	"decoy/transforms/text"
)

// CheckFree checks a completion that may differ from the golden in anything: the rules of a
// text and of a parse hold, that of a minimal pair and the bounds of similarity do not. An
// empty reason means that it is code which fits its place; whether it is wrong, and in what,
// is for verify to find.
//
// The text is as it was given, but for its line ends, which are the window's: there is
// nothing of the golden's that white space could be taken from.
func (c *Checker) CheckFree(ctx *schemas.Context, candidate string) (r Result, reason schemas.Reason, detail string) {
	if reason, detail = surface(ctx.Golden, candidate); reason != "" {
		return r, reason, detail
	}
	if equal(lex(ctx.Golden), lex(candidate)) {
		return r, RejectSame, "differs from the golden in white space at most"
	}
	r.Text = lineEnds(ctx, candidate)
	if n := utf8.RuneCountInString(r.Text); n > MaxChars {
		return r, RejectLength, fmt.Sprintf("%d characters, at most %d", n, MaxChars)
	}
	if line := strings.HasSuffix(ctx.Golden, "\n"); line && !strings.HasSuffix(r.Text, "\n") {
		return r, RejectSyntax, "its last line runs into what follows: the golden ends in a line end"
	}
	if indent(ctx.Golden) != indent(r.Text) && (ctx.Prefix == "" || strings.HasSuffix(ctx.Prefix, "\n")) {
		return r, RejectSyntax, "its first line is indented otherwise than the golden's"
	}
	r.EditSimilarity = text.Similarity(ctx.Golden, r.Text)
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
	at := len(ctx.Prefix)
	whole := run{goldStart: at, goldEnd: at + len(ctx.Golden), start: at, end: at + len(r.Text)}
	if e, ok := newError(c.errors, errorsOf(f), []run{whole}); ok {
		return r, RejectSyntax, fmt.Sprintf("%s at byte %d of the window", e.kind, e.start)
	}
	return r, "", ""
}

// indent is the white space with which a text begins.
func indent(s string) string { return s[:len(s)-len(strings.TrimLeft(s, " \t"))] }

// Differs reports whether a reason says no more of a text than that it is no minimal pair:
// what it is then decided by, as a sample, is CheckFree.
func Differs(reason schemas.Reason) bool {
	switch reason {
	case RejectCollateral, RejectWrongType, RejectSimilarity, RejectSyntax:
		return true
	}
	return false
}
