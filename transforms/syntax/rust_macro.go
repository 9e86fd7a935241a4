package syntax

import (
	"slices"
	"strings"
)

// A macro's arguments are raw tokens. Those of rustExpressionMacros are known to be
// expressions, so their identifiers are references, unless the tokens hold a
// construct that binds (a closure, a match, a let): then, and for any other macro,
// which may declare what it is given, every identifier that can be a name is
// declared around the call. That loses references, but never makes a declared name
// look undeclared.

// rustExpressionMacros are the macros of the standard library, and the usual ones
// of log, tracing and anyhow, whose arguments are expressions.
var rustExpressionMacros = strings.Fields(`assert assert_eq assert_ne dbg debug_assert debug_assert_eq debug_assert_ne eprint eprintln format format_args panic print println todo unimplemented unreachable vec write writeln
anyhow bail debug ensure error info trace warn`)

// rustKeywords are keywords that are identifiers to the grammar inside of tokens.
var rustKeywords = strings.Fields(`as async await box break const continue crate do dyn else enum extern false final ` +
	`fn for if impl in let loop macro match mod move mut override pub ref return self Self static struct super trait ` +
	`true try type union unsafe unsized use virtual where while yield`)

func rustMacro(b *Builder, n int) {
	tokens := b.ChildOf(n, "token_tree")
	if c := b.LastCall(n); c != nil {
		c.Args, c.TokenTree = nil, true
	}
	if tokens < 0 {
		return
	}
	name := ""
	if callee := b.Child(n, "macro"); callee >= 0 {
		name = b.Text(callee)
		name = name[strings.LastIndexByte(name, ':')+1:]
	}
	reads := rustReads(b, name, tokens)
	declared := map[string]bool{}
	for c := tokens; c < b.After(tokens); c++ {
		if k := b.Kind(c); k != "identifier" && k != "type_identifier" {
			continue
		}
		before, after := rustAround(b.Src, b.Start(c), b.End(c))
		ident := b.Text(c)
		switch {
		case b.Kind(b.Parent(c)) == "lifetime" || b.Kind(b.Parent(c)) == "label":
		case slices.Contains(rustKeywords, ident):
		case before == "." || before == "::" || after == "!":
		case reads:
			// name = value is a format argument, name: value a field.
			if after != "=" && after != ":" {
				b.f.Refs = append(b.f.Refs, Ref{Name: ident, Start: b.Start(c), End: b.End(c), Node: c,
					Scope: b.Scope(), Called: after == "("})
			}
		case !declared[ident] && after != "::" && !slices.Contains(rustPredeclared, ident):
			declared[ident] = true
			b.Declare(n, c, Decl{Role: Variable, Decorated: true})
		}
		b.Mark(c)
	}
	b.MarkAll(tokens)
	b.SkipInside(tokens)
}

// rustReads reports whether all identifiers in a macro's tokens are parts of
// expressions.
func rustReads(b *Builder, name string, tokens int) bool {
	if text := b.Text(tokens); !slices.Contains(rustExpressionMacros, name) || strings.Contains(text, "|") ||
		strings.Contains(text, "=>") || strings.Contains(text, "let ") {
		return false
	}
	for c := tokens; c < b.After(tokens); c++ {
		if b.Kind(c) == "identifier" {
			if _, after := rustAround(b.Src, b.Start(c), b.End(c)); after == "!" &&
				!slices.Contains(rustExpressionMacros, b.Text(c)) {
				return false
			}
		}
	}
	return true
}

// rustAround are the punctuation before and after an identifier in raw tokens:
// ".", "::" or "" before; "!", "::", ":", "=", "(" or "" after.
func rustAround(src []byte, start, end int) (before, after string) {
	space := func(c byte) bool { return c == ' ' || c == '\n' || c == '\t' || c == '\r' }
	i := start - 1
	for i >= 0 && space(src[i]) {
		i--
	}
	switch {
	case i > 0 && src[i] == '.' && src[i-1] == '.': // a range
	case i >= 0 && src[i] == '.':
		before = "."
	case i > 0 && src[i] == ':' && src[i-1] == ':':
		before = "::"
	}
	j := end
	for j < len(src) && space(src[j]) {
		j++
	}
	rest := string(src[j:min(j+2, len(src))])
	switch {
	case rest == "::":
		after = "::"
	case rest == "==" || rest == "=>" || rest == "!=":
	case rest != "" && strings.IndexByte("!:=(", rest[0]) >= 0:
		after = rest[:1]
	}
	return before, after
}
