package fim

import (
	"bytes"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// A candidate is found as a cursor cuts it: visible text, a call from its name to its end.
// What of the text around it the golden takes in is chosen when the candidate is taken out
// of its queue, by a hash of the file's content and the span, so that most candidates cost
// nothing. A cut or form that a candidate does not have, or in which it is too long, is not
// taken: it stays as it was found.

// cut is the span as its golden is cut, with its cut and form.
func (s *source) cut(c span, cfg *Config) (span, schemas.Cut, schemas.CallForm) {
	switch {
	case c.kind == schemas.KindRandom:
		return c, schemas.CutCharacter, ""
	case c.kind == schemas.KindCall:
		begin, end := s.wanted(c, &cfg.CallForms)
		out, form := s.formed(c, begin, end)
		return out, schemas.CutCursor, form
	case cfg.Cuts[c.kind][schemas.CutLine] > 0 && s.lot("cut", c) < cfg.Cuts[c.kind][schemas.CutLine]:
		if whole, ok := s.wholeLines(c); ok {
			return whole, schemas.CutLine, ""
		}
	}
	return c, schemas.CutCursor, ""
}

// lot is a number in [0, 1) for a decision about a span.
func (s *source) lot(what string, c span) float64 {
	key := schemas.Key64(what, s.blob.SHA256, string(c.kind), string(int64Bytes(c.start)), string(int64Bytes(c.end)))
	return float64(key>>11) / (1 << 53)
}

// takes reports whether a golden may be the bytes from start to end instead of the span.
func (s *source) takes(c span, start, end int) bool {
	return fits(s.Src[start:end], c.kind) && s.allows(start, end)
}

// wholeLines are the lines of a span that begins and ends with the text of its lines, with
// their indentation and the last one's newline; false where the file ends without one.
func (s *source) wholeLines(c span) (span, bool) {
	start, end := lineStart(s.Src, c.start), lineEnd(s.Src, c.end)
	next := bytes.IndexByte(s.Src[end:], '\n')
	if next < 0 || !s.takes(c, start, end+next+1) {
		return c, false
	}
	c.start, c.end = start, end+next+1
	return c, true
}

// wanted is the form that the hash picks for a call. What the call plainly does not have is not
// asked for.
func (s *source) wanted(c span, f *CallForms) (schemas.CallBegin, schemas.CallEnd) {
	begin, end := schemas.BeginName, schemas.EndCall
	if k := s.callOf(c); k != nil && k.Start < k.NameStart {
		switch lot := s.lot("call begin", c); {
		case lot < f.Path:
			begin = schemas.BeginPath
		case lot < f.Path+f.Expression:
			begin = schemas.BeginExpression
		}
	}
	if c.end < len(s.Src) && s.Src[c.end] == ';' && s.lot("call end", c) < f.Statement[s.Lang.Name] {
		end = schemas.EndStatement
	}
	return begin, end
}

// formed is a call in a form, as far as the call has that.
func (s *source) formed(c span, begin schemas.CallBegin, end schemas.CallEnd) (span, schemas.CallForm) {
	k := s.callOf(c)
	if k == nil || k.Decorator {
		return c, schemas.FormOf(schemas.BeginName, schemas.EndCall)
	}
	switch {
	case s.Src[c.end-1] == ';': // Java's super(x); is a statement by itself
		end = schemas.EndStatement
	case end == schemas.EndStatement && s.endsStatement(k) && s.takes(c, c.start, c.end+1):
		c.end++
	default:
		end = schemas.EndCall
	}
	start, ok := 0, false
	switch begin {
	case schemas.BeginPath:
		start, ok = s.pathHead(k)
	case schemas.BeginExpression:
		start, ok = s.expression(k)
	}
	if ok && s.takes(c, start, c.end) {
		c.start = start
	} else {
		begin = schemas.BeginName
	}
	return c, schemas.FormOf(begin, end)
}

// callOf is the call that a span is of, nil where it is an element's tag.
func (s *source) callOf(c span) *syntax.Call {
	if c.call == 0 {
		return nil
	}
	return &s.Calls[c.call-1]
}

// endsStatement reports whether a ";" stands at the call's end and ends the statement that
// the call is the last expression of. That of a for loop's head ends none.
func (s *source) endsStatement(k *syntax.Call) bool {
	if k.End >= len(s.Src) || s.Src[k.End] != ';' {
		return false
	}
	t, n := s.Tree, k.Node
	for n >= 0 && t.End(n) <= k.End {
		n = t.Parent(n)
	}
	if n <= 0 || t.End(n) != k.End+1 || t.IsError(n) {
		return false
	}
	outer := t.Parent(n)
	return outer == 0 || t.Body(outer) || t.End(outer) == t.End(n) // the last is a branch without braces
}

// pathHead is the start of the path through which a call names what it calls: of a::b::f(x)
// and new a::b::T(x) the place of the first a.
func (s *source) pathHead(k *syntax.Call) (int, bool) {
	const separator = "::"
	if s.Lang.Rules.Separator != separator {
		return 0, false
	}
	start := k.Start
	if k.Ctor {
		if head, ok := bytes.CutPrefix(s.Src[start:k.NameStart], []byte("new")); ok {
			start = k.NameStart - len(bytes.TrimLeft(head, " \t\r\n"))
		}
	}
	path := string(s.Src[start:k.NameStart])
	if !strings.HasSuffix(path, separator) {
		return 0, false
	}
	depth := 0 // of type arguments, in which anything may stand
	for i := range len(path) {
		switch c := path[i]; {
		case c == '<':
			depth++
		case c == '>':
			depth--
		case depth == 0 && c != ':' && wordClass(c) != 1:
			return 0, false
		}
	}
	return start, depth == 0
}

// expression is the start of the expression that a call is, where that is not its name or
// the path of its name: its receiver, or "new".
func (s *source) expression(k *syntax.Call) (int, bool) {
	if k.Start >= k.NameStart || s.Src[k.Start] == '.' { // what follows a?. has no receiver of its own
		return 0, false
	}
	if head, ok := s.pathHead(k); ok && head == k.Start {
		return 0, false
	}
	return k.Start, true
}
