package screen

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// Permissive lists the SPDX ids whose text may be trained on, in the order in
// which an offered choice is written.
var Permissive = []string{
	"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "Unlicense", "0BSD", "BSL-1.0",
}

// expression is an SPDX license expression: an id (with its exception in with), or
// op over parts.
type expression struct {
	op    string // "AND", "OR" or "" for an id
	parts []expression
	id    string
	with  string
}

func id(name string) expression { return expression{id: name} }

// join combines parts, flattened and each once. One part is itself.
func join(op string, parts ...expression) expression {
	var flat []expression
	seen := map[string]bool{}
	add := func(e expression) {
		if s := e.String(); !seen[s] {
			seen[s] = true
			flat = append(flat, e)
		}
	}
	for _, p := range parts {
		if p.op == op {
			for _, q := range p.parts {
				add(q)
			}
		} else {
			add(p)
		}
	}
	if len(flat) == 1 {
		return flat[0]
	}
	return expression{op: op, parts: flat}
}

func (e expression) String() string {
	if e.op == "" {
		if e.with != "" {
			return e.id + " WITH " + e.with
		}
		return e.id
	}
	var parts []string
	for _, p := range e.parts {
		if s := p.String(); e.op == "AND" && p.op == "OR" {
			parts = append(parts, "("+s+")")
		} else {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, " "+e.op+" ")
}

// permissive returns the part of e that may be relied on: of a choice the
// permissive sides, of a conjunction all or nothing.
func (e expression) permissive() (expression, bool) {
	switch e.op {
	case "":
		i := slices.IndexFunc(Permissive, func(p string) bool { return strings.EqualFold(p, strings.TrimSuffix(e.id, "+")) })
		// An exception grants more than its licence. What is no SPDX exception, such
		// as a commons clause, does not.
		if i < 0 || e.with != "" && !strings.Contains(strings.ToLower(e.with), "exception") {
			return expression{}, false
		}
		return expression{id: Permissive[i], with: e.with}, true
	case "AND":
		var kept []expression
		for _, p := range e.parts {
			k, ok := p.permissive()
			if !ok {
				return expression{}, false
			}
			kept = append(kept, k)
		}
		return join("AND", kept...), true
	}
	var kept []expression
	for _, p := range e.parts {
		if k, ok := p.permissive(); ok {
			kept = append(kept, k)
		}
	}
	if len(kept) == 0 {
		return expression{}, false
	}
	return join("OR", kept...), true
}

var (
	spdxToken = regexp.MustCompile(`[()/]|[^\s()/]+`)
	spdxID    = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9.:+-]*$`)
)

// maxDepth bounds nested parentheses, maxTokens the length.
const (
	maxDepth  = 32
	maxTokens = 200
)

// parseSPDX reads an expression from the start of text; what follows a complete
// one, such as the end of a comment, is ignored. "MIT/Apache-2.0", which Cargo
// once used, is a choice.
func parseSPDX(text string) (expression, error) {
	p := spdxParser{tokens: spdxToken.FindAllString(text, maxTokens)}
	return p.choice(0)
}

type spdxParser struct{ tokens []string }

func (p *spdxParser) peek() string {
	if len(p.tokens) == 0 {
		return ""
	}
	return p.tokens[0]
}

func (p *spdxParser) accept(words ...string) bool {
	for _, w := range words {
		if strings.EqualFold(p.peek(), w) && len(p.tokens) > 0 {
			p.tokens = p.tokens[1:]
			return true
		}
	}
	return false
}

func (p *spdxParser) choice(depth int) (expression, error) {
	return p.list(depth, "OR", []string{"OR", "/", "||"}, func() (expression, error) {
		return p.list(depth, "AND", []string{"AND", "&&"}, func() (expression, error) { return p.operand(depth) })
	})
}

func (p *spdxParser) list(depth int, op string, words []string, next func() (expression, error)) (expression, error) {
	if depth > maxDepth {
		return expression{}, errors.New("too many parentheses")
	}
	var parts []expression
	for {
		e, err := next()
		if err != nil {
			return e, err
		}
		parts = append(parts, e)
		if !p.accept(words...) {
			return join(op, parts...), nil
		}
	}
}

func (p *spdxParser) operand(depth int) (expression, error) {
	if p.accept("(") {
		e, err := p.choice(depth + 1)
		if err == nil && !p.accept(")") {
			err = errors.New("a parenthesis is not closed")
		}
		return e, err
	}
	name := p.peek()
	if !spdxID.MatchString(name) || p.accept("AND", "OR", "WITH") {
		return expression{}, fmt.Errorf("%q is no license id", name)
	}
	p.tokens = p.tokens[1:]
	e := expression{id: name}
	if p.accept("WITH") {
		if e.with = p.peek(); !spdxID.MatchString(e.with) {
			return e, fmt.Errorf("%q is no license exception", e.with)
		}
		p.tokens = p.tokens[1:]
	}
	return e, nil
}
