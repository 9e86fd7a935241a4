// Package spdx reads SPDX licence expressions (SPDX 3.0.1, annex B) for all of decoy:
// the heads of files, package manifests, REUSE files, data sets and recipes.
//
// Which ids, exceptions and operators there are is decided by github.com/github/go-spdx
// (SPDX licence list 3.29). That library answers questions about an expression, but
// keeps its tree to itself, and a choice must be cut down to the sides that may be
// used: the tree here is for that, and is given only for what the library accepts.
//
// Beside the specification, operators and ids are read in any case, and the slash that
// Cargo once wrote ("MIT/Apache-2.0") is a choice, as "||" is; "&&" is AND. Nothing else
// is guessed: "MIT & GPL-3.0-only", "MIT, ISC" and an id that no list has are errors.
package spdx

import (
	"errors"
	"fmt"
	"regexp"
	"strings"

	"github.com/github/go-spdx/v2/spdxexp"
	"github.com/github/go-spdx/v2/spdxexp/spdxlicenses"
)

// Expression is an id (with its exception in With), or Op over Parts.
type Expression struct {
	Op    string // "AND", "OR" or "" for an id
	Parts []Expression
	ID    string
	With  string
}

// ID is the expression of one id.
func ID(name string) Expression { return Expression{ID: name} }

// Join combines parts, flattened and each once. One part is itself.
func Join(op string, parts ...Expression) Expression {
	var flat []Expression
	seen := map[string]bool{}
	add := func(e Expression) {
		if s := e.String(); !seen[s] {
			seen[s] = true
			flat = append(flat, e)
		}
	}
	for _, p := range parts {
		if p.Op == op {
			for _, q := range p.Parts {
				add(q)
			}
		} else {
			add(p)
		}
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return Expression{Op: op, Parts: flat}
}

// String writes the expression with the brackets that it needs.
func (e Expression) String() string {
	if e.Op == "" {
		if e.With != "" {
			return e.ID + " WITH " + e.With
		}
		return e.ID
	}
	var parts []string
	for _, p := range e.Parts {
		if s := p.String(); e.Op == "AND" && p.Op == "OR" {
			parts = append(parts, "("+s+")")
		} else {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " "+e.Op+" ")
}

// IDs lists the ids of an expression in the order in which they are written, without their
// exceptions.
func (e Expression) IDs() []string {
	if e.Op == "" {
		return []string{e.ID}
	}
	var out []string
	for _, p := range e.Parts {
		out = append(out, p.IDs()...)
	}
	return out
}

// Known reports whether the SPDX list has an id, deprecated ones too, and how it is
// written there.
func Known(id string) (written string, ok bool) {
	if ok, written = spdxlicenses.IsActiveLicense(id); ok {
		return written, true
	}
	ok, written = spdxlicenses.IsDeprecatedLicense(id)
	return written, ok
}

// Exceptions lists the ids that may stand behind WITH. Each grants more than its
// licence does.
func Exceptions() []string { return spdxlicenses.GetExceptions() }

const (
	maxDepth = 32 // of brackets

	// MaxTokens is the length of an expression in ids, operators and brackets above
	// which it is an error.
	MaxTokens = 200
)

var (
	token     = regexp.MustCompile(`[()/]|[^\s()/]+`)
	reference = regexp.MustCompile(`^(DocumentRef-[A-Za-z0-9.-]+:)?LicenseRef-[A-Za-z0-9.-]+$`)
)

// Parse reads a whole text as an expression. The error says what is wrong with it.
func Parse(text string) (Expression, error) {
	p := parser{tokens: token.FindAllString(text, MaxTokens+1)}
	if len(p.tokens) > MaxTokens {
		return Expression{}, fmt.Errorf("an expression of more than %d words", MaxTokens)
	}
	e, err := p.choice(0)
	if err != nil {
		return Expression{}, err
	}
	if len(p.tokens) > 0 {
		return Expression{}, fmt.Errorf("%q behind %q is neither AND, OR nor WITH", p.tokens[0], e)
	}
	written := e.String()
	if ok, _ := spdxexp.ValidateLicenses([]string{written}); !ok {
		return Expression{}, fmt.Errorf("%q is no SPDX expression", written)
	}
	return e, nil
}

type parser struct{ tokens []string }

func (p *parser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *parser) accept(words ...string) bool {
	for _, w := range words {
		if strings.EqualFold(p.peek(), w) && len(p.tokens) > 0 {
			p.tokens = p.tokens[1:]
			return true
		}
	}
	return false
}

func (p *parser) choice(depth int) (Expression, error) {
	return p.list(depth, "OR", []string{"OR", "/", "||"}, func() (Expression, error) {
		return p.list(depth, "AND", []string{"AND", "&&"}, func() (Expression, error) { return p.operand(depth) })
	})
}

func (p *parser) list(depth int, op string, words []string, next func() (Expression, error)) (Expression, error) {
	if depth > maxDepth {
		return Expression{}, errors.New("too many brackets")
	}
	var parts []Expression
	for {
		e, err := next()
		if err != nil {
			return e, err
		}
		parts = append(parts, e)
		if !p.accept(words...) {
			return Join(op, parts...), nil
		}
	}
}

func (p *parser) operand(depth int) (Expression, error) {
	if p.accept("(") {
		e, err := p.choice(depth + 1)
		if err == nil && !p.accept(")") {
			err = errors.New("a bracket is not closed")
		}
		return e, err
	}
	name := p.peek()
	e := Expression{ID: name}
	if !reference.MatchString(name) {
		bare, later := strings.CutSuffix(name, "+")
		written, ok := Known(bare)
		if !ok {
			return e, fmt.Errorf("%q is no id of the SPDX licence list, nor LicenseRef-NAME", name)
		}
		e.ID = written
		if later {
			e.ID += "+"
		}
	}
	p.tokens = p.tokens[1:]
	if p.accept("WITH") {
		ok, written := spdxlicenses.IsException(p.peek())
		if !ok {
			return e, fmt.Errorf("%q is no exception of the SPDX licence list", p.peek())
		}
		e.With = written
		p.tokens = p.tokens[1:]
	}
	return e, nil
}
