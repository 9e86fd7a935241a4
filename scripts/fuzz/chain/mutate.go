package main

import (
	"math/rand/v2"

	"decoy/transforms/syntax"
)

// mutator breaks source files as files are broken: in the middle of a node, of a
// line or of a byte sequence. The same random numbers make the same mutations.
type mutator struct {
	r      *rand.Rand
	parser *syntax.Parser
}

// mutate applies a few mutations to a file of a language. donor is another file of it,
// whose nodes are put in the place of the file's.
func (m *mutator) mutate(l *syntax.Language, path string, src, donor []byte) []byte {
	for range 1 + m.r.IntN(4) {
		src = m.once(l, path, src, donor)
	}
	return src
}

func (m *mutator) once(l *syntax.Language, path string, src, donor []byte) []byte {
	if len(src) == 0 {
		return src
	}
	switch m.r.IntN(10) {
	case 0:
		return src[:m.r.IntN(len(src))]
	case 1:
		return src[m.r.IntN(len(src)):]
	case 2: // flipped bytes
		out := append([]byte{}, src...)
		for range 1 + m.r.IntN(4) {
			out[m.r.IntN(len(out))] ^= byte(1 << m.r.IntN(8))
		}
		return out
	case 3: // a piece of punctuation too many or too few
		const signs = "(){}[]<>;:,.\"'`\\/*#@=&|!?$ \n\t"
		at := m.r.IntN(len(src))
		if m.r.IntN(2) == 0 {
			return splice(src, at, at, []byte{signs[m.r.IntN(len(signs))]})
		}
		return splice(src, at, at+1, nil)
	}
	nodes := m.nodes(l, path, src)
	if len(nodes) == 0 {
		return src
	}
	a := nodes[m.r.IntN(len(nodes))]
	switch m.r.IntN(5) {
	case 0: // a node deleted
		return splice(src, a.start, a.end, nil)
	case 1: // or doubled, at times very often
		n := 1
		if m.r.IntN(20) == 0 && a.end-a.start < 40 {
			n = 400
		}
		for range n {
			src = splice(src, a.end, a.end, src[a.start:a.end])
		}
		return src
	case 2: // a node moved into another, or into itself
		b := nodes[m.r.IntN(len(nodes))]
		return splice(src, b.start, b.end, append([]byte{}, src[a.start:a.end]...))
	case 3: // two nodes exchanged
		b := nodes[m.r.IntN(len(nodes))]
		if a.start > b.start {
			a, b = b, a
		}
		if a.end > b.start {
			return src
		}
		first, second := append([]byte{}, src[a.start:a.end]...), append([]byte{}, src[b.start:b.end]...)
		return splice(splice(src, b.start, b.end, first), a.start, a.end, second)
	}
	others := m.nodes(l, path, donor)
	if len(others) == 0 {
		return src
	}
	b := others[m.r.IntN(len(others))]
	return splice(src, a.start, a.end, donor[b.start:b.end])
}

type extent struct{ start, end int }

// nodes are the extents of a file's syntax nodes, none where it cannot be parsed.
func (m *mutator) nodes(l *syntax.Language, path string, src []byte) []extent {
	t, err := m.parser.Parse(l, path, src)
	if err != nil {
		return nil
	}
	var out []extent
	for n := 1; n < t.Len(); n++ {
		if t.End(n) > t.Start(n) && t.End(n)-t.Start(n) < 4096 {
			out = append(out, extent{t.Start(n), t.End(n)})
		}
	}
	return out
}

// splice replaces [start, end) of src; src itself stays as it is.
func splice(src []byte, start, end int, by []byte) []byte {
	out := make([]byte, 0, len(src)-(end-start)+len(by))
	return append(append(append(out, src[:start]...), by...), src[end:]...)
}
