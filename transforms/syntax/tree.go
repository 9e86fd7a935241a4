package syntax

/*
#cgo noescape decoy_parse
#cgo nocallback decoy_parse
#cgo noescape decoy_parse_after
#cgo nocallback decoy_parse_after
#include <stdlib.h>
#include "walk.h"
*/
import "C"

import (
	"bytes"
	"errors"
	"fmt"
	"runtime"
	"time"
	"unsafe"
)

// wallLimit stops a parse as the last resort. What it stops depends on the
// machine's load, so size, line length and depth decide first.
const wallLimit = 60 * time.Second

// maxDepth bounds the depth of a tree. The deepest hand-written file seen is
// below 300.
const maxDepth = 2000

// The work of a parse is counted in bytes that it allocates, with 64 for each
// allocation, so that the text alone decides. Of 30,000 files that people or
// generators wrote none took more than 142 a byte (of its length and 2,000 more), but
// one with thousands of brackets, which takes 8.8 M in all; the languages' means are
// 33 to 71. Random bytes take 240 to 2,400 a byte, endless ambiguities far more. A
// unit takes 1 to 9 ns, 2 in most texts. The nodes that such files have are at most
// one in two bytes.
const (
	workBase, workPerByte   = 8 << 20, 256
	nodesBase, nodesPerByte = 1 << 16, 4
)

func limitsOf(src []byte) C.decoy_limits {
	n := C.uint64_t(len(src))
	return C.decoy_limits{depth: maxDepth, work: workBase + workPerByte*n, nodes: nodesBase + nodesPerByte*n}
}

// Errors of Parse: all are properties of the text, but for ErrWallLimit, to be
// counted as rejects.
var (
	ErrWallLimit = errors.New("parse exceeded the wall clock limit of 60 s")
	ErrWorkLimit = errors.New("parse exceeded its work limit: the text is no source of this language")
	ErrTooDeep   = errors.New("syntax tree is too deep")
)

// node mirrors decoy_node.
type node struct {
	start, end uint32
	parent     int32
	next       uint32
	sym, field uint16
	flags      uint8
	_          [3]uint8
}

var _ [unsafe.Sizeof(C.decoy_node{})]byte = [unsafe.Sizeof(node{})]byte{}

const (
	flagNamed    = C.DECOY_NAMED
	flagError    = C.DECOY_ERROR
	flagMissing  = C.DECOY_MISSING
	flagHasError = C.DECOY_HAS_ERROR
)

// Tree is a parsed file as a flat preorder array of its named nodes (and the
// anonymous ones that the language's rules ask for). Nodes are indices; 0 is the
// root. It is valid until its parser's next call.
type Tree struct {
	Src   []byte
	g     *grammar
	nodes []node
	words words // texts of its parser's files
	brief bool  // the facts are as short-lived as the text: their strings share its bytes
	Depth int
}

// words keeps one string of each short text, so that the many mentions of a name in a
// file, and in the files after it, share it.
type words map[string]string

// Bounds of words: longer texts seldom come twice, and a table of names that no
// present file has is of no use.
const (
	maxWordBytes = 40
	maxWords     = 1 << 14
)

func (w words) of(text []byte) string {
	if len(text) > maxWordBytes || w == nil {
		return string(text)
	}
	if s, ok := w[string(text)]; ok {
		return s
	}
	if len(w) >= maxWords {
		clear(w)
	}
	s := string(text)
	w[s] = s
	return s
}

// Len is the number of nodes.
func (t *Tree) Len() int { return len(t.nodes) }

// Kind is the grammar's name of node n, "" for no node (-1): what a broken text
// lacks has no kind.
func (t *Tree) Kind(n int) string {
	if n < 0 {
		return ""
	}
	return t.g.kindName(t.nodes[n].sym)
}

// Field is the name of the field of its parent that node n fills, "" for none.
// Where the parent in the grammar is not a kept node, it is that parent's field.
func (t *Tree) Field(n int) string { return t.g.fields[t.nodes[n].field] }

// Start is the byte offset of the first byte of node n.
func (t *Tree) Start(n int) int { return int(t.nodes[n].start) }

// End is the byte offset after the last byte of node n.
func (t *Tree) End(n int) int { return int(t.nodes[n].end) }

// Parent is the parent of node n, -1 for the root.
func (t *Tree) Parent(n int) int { return int(t.nodes[n].parent) }

// After is the index after the last descendant of node n: its descendants are
// n+1 … After(n)-1.
func (t *Tree) After(n int) int { return int(t.nodes[n].next) }

// Text is the source of node n, "" for no node (-1).
func (t *Tree) Text(n int) string {
	if n < 0 {
		return ""
	}
	text := t.Src[t.nodes[n].start:t.nodes[n].end]
	if t.brief {
		return unsafe.String(unsafe.SliceData(text), len(text))
	}
	return t.words.of(text)
}

// Named reports whether node n is named in the grammar.
func (t *Tree) Named(n int) bool { return t.nodes[n].flags&flagNamed != 0 }

// Broken reports whether node n or a descendant is an error or missing.
func (t *Tree) Broken(n int) bool {
	return t.nodes[n].flags&(flagHasError|flagError|flagMissing) != 0
}

// IsError reports whether node n is an ERROR or MISSING node itself.
func (t *Tree) IsError(n int) bool { return t.nodes[n].flags&(flagError|flagMissing) != 0 }

// Errors counts the ERROR and MISSING nodes of the tree.
func (t *Tree) Errors() int {
	if !t.Broken(0) {
		return 0
	}
	c := 0
	for i := range t.nodes {
		if t.IsError(i) {
			c++
		}
	}
	return c
}

// Children yields the children of node n in order.
func (t *Tree) Children(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for c, end := n+1, int(t.nodes[n].next); c < end; c = int(t.nodes[c].next) {
			if !yield(c) {
				return
			}
		}
	}
}

// Child is the first child of node n in the named field, -1 for none.
func (t *Tree) Child(n int, field string) int {
	if field == "" {
		return -1
	}
	for c, end := n+1, int(t.nodes[n].next); c < end; c = int(t.nodes[c].next) {
		if t.g.fields[t.nodes[c].field] == field {
			return c
		}
	}
	return -1
}

// ChildOf is the first child of node n of one of the kinds, -1 for none.
func (t *Tree) ChildOf(n int, kinds ...string) int {
	for c := range t.Children(n) {
		k := t.Kind(c)
		for _, want := range kinds {
			if k == want {
				return c
			}
		}
	}
	return -1
}

// Leaf reports whether node n has no kept children.
func (t *Tree) Leaf(n int) bool { return int(t.nodes[n].next) == n+1 }

// Body reports whether node n holds the statements of a function, a branch or a
// loop.
func (t *Tree) Body(n int) bool {
	return t.plan(n).body && (n == 0 || !t.plan(t.Parent(n)).noBody)
}

// Statement reports whether node n is a statement where its parent is a body.
func (t *Tree) Statement(n int) bool {
	p := t.plan(n)
	return !p.comment && !p.noStatement && t.Named(n) && !t.IsError(n) && t.Start(n) < t.End(n)
}

// plan is what the rules say of node n's kind: nothing of an ERROR node's.
func (t *Tree) plan(n int) *plan {
	if sym := t.nodes[n].sym; int(sym) < len(t.g.plans) {
		return &t.g.plans[sym]
	}
	return &unplanned
}

var unplanned plan

// At is the smallest node that covers [start, end).
func (t *Tree) At(start, end int) int {
	best := 0
	for {
		found := -1
		for c := range t.Children(best) {
			if t.Start(c) <= start && end <= t.End(c) {
				found = c
				break
			}
		}
		if found < 0 {
			return best
		}
		best = found
	}
}

// Parser parses files of all languages. It is not safe for concurrent use: give
// every goroutine its own. Close frees its C memory.
type Parser struct {
	byGrammar map[*grammar]*C.decoy_parser
	builder   builder
	tree      Tree
	words     words
	facts     *Facts // of tree, nil where they were not asked for
	work      uint64 // that the last text took
	whole     bool   // walk all of a changed text, for tests
	taken     int    // nodes of the last text that were not walked, as base's walk had them
}

// NewParser returns a parser.
func NewParser() *Parser {
	p := &Parser{byGrammar: map[*grammar]*C.decoy_parser{}, words: words{}}
	runtime.SetFinalizer(p, (*Parser).Close)
	return p
}

// Close frees the parser's C memory.
func (p *Parser) Close() {
	for _, c := range p.byGrammar {
		C.decoy_parser_delete(c)
	}
	clear(p.byGrammar)
	p.tree, p.facts = Tree{}, nil
}

// Parse parses src as language l; path picks between grammars of one language
// (.tsx). The tree is valid until the parser's next call.
func (p *Parser) Parse(l *Language, path string, src []byte) (*Tree, error) {
	return p.parse(nil, l, path, src)
}

// parse parses src; with base, as a change of what base parsed last.
func (p *Parser) parse(base *Parser, l *Language, path string, src []byte) (*Tree, error) {
	g := l.grammar(path)
	c, err := p.forGrammar(l, g)
	if err != nil {
		return nil, err
	}
	var out C.decoy_result
	var n C.int64_t
	limits := limitsOf(src)
	text := (*C.char)(unsafe.Pointer(unsafe.SliceData(src)))
	if base != nil && base.tree.g == g && base.byGrammar[g] != nil {
		e := editOf(base.tree.Src, src)
		n = C.decoy_parse_after(c, base.byGrammar[g], &e, text, C.uint32_t(len(src)), C.bool(p.whole), limits, &out)
	} else {
		n = C.decoy_parse(c, text, C.uint32_t(len(src)), limits, &out)
	}
	p.tree, p.facts, p.work, p.taken = Tree{}, nil, uint64(out.work), int(out.taken)
	switch {
	case n == C.DECOY_WALL:
		return nil, ErrWallLimit
	case n == C.DECOY_WORK:
		return nil, ErrWorkLimit
	case n < 0:
		return nil, ErrTooDeep
	}
	p.tree = Tree{Src: src, g: g, nodes: unsafe.Slice((*node)(unsafe.Pointer(out.nodes)), int(n)),
		words: p.words, Depth: int(out.depth)}
	return &p.tree, nil
}

func (p *Parser) forGrammar(l *Language, g *grammar) (*C.decoy_parser, error) {
	if c := p.byGrammar[g]; c != nil {
		return c, nil
	}
	c := C.decoy_parser_new(g.ptr, C.uint64_t(wallLimit.Microseconds()))
	if c == nil || !bool(C.decoy_parser_keep(c, (*C.uint8_t)(&g.keep[0]), C.uint32_t(len(g.keep)))) {
		return nil, fmt.Errorf("parser for %s: the grammar does not fit the tree-sitter library", l.Name)
	}
	p.byGrammar[g] = c
	return c, nil
}

// editOf is the one change that makes one text of another: what lies between their
// common beginning and end.
func editOf(old, changed []byte) C.decoy_edit {
	const step = 64 // compared at once
	start, most := 0, min(len(old), len(changed))
	for start+step <= most && bytes.Equal(old[start:start+step], changed[start:start+step]) {
		start += step
	}
	for start < most && old[start] == changed[start] {
		start++
	}
	oldEnd, newEnd := len(old), len(changed)
	for oldEnd-step >= start && newEnd-step >= start &&
		bytes.Equal(old[oldEnd-step:oldEnd], changed[newEnd-step:newEnd]) {
		oldEnd, newEnd = oldEnd-step, newEnd-step
	}
	for oldEnd > start && newEnd > start && old[oldEnd-1] == changed[newEnd-1] {
		oldEnd--
		newEnd--
	}
	point := func(text []byte, at int) C.decoy_point {
		line := bytes.LastIndexByte(text[:at], '\n') + 1
		return C.decoy_point{row: C.uint32_t(bytes.Count(text[:at], []byte{'\n'})), column: C.uint32_t(at - line)}
	}
	return C.decoy_edit{
		start: C.uint32_t(start), old_end: C.uint32_t(oldEnd), new_end: C.uint32_t(newEnd),
		start_point: point(old, start), old_end_point: point(old, oldEnd), new_end_point: point(changed, newEnd),
	}
}

// Window is the text of a window with a completion in it.
func Window(prefix, completion, suffix string) []byte {
	text := make([]byte, 0, len(prefix)+len(completion)+len(suffix))
	return append(append(append(text, prefix...), completion...), suffix...)
}

// ParseFactsAfter is ParseFacts for a text that differs in one place from what base
// parsed last, of the same language: a golden's window and that of its negatives.
// It parses and walks only near the change: subtrees that the two trees share are taken from
// base's nodes (walk.c). The strings of its facts share the bytes of src, which nobody may
// change while they are in use.
func (p *Parser) ParseFactsAfter(base *Parser, l *Language, path string, src []byte) (*Facts, error) {
	t, err := p.parse(base, l, path, src)
	if err != nil {
		return nil, err
	}
	t.brief = true
	p.facts = p.builder.build(l, t)
	return p.facts, nil
}

// ParseFacts parses src and reads its facts. Asked again for the text that it parsed
// last, it answers without parsing: so whoever looks at the same windows may share
// one parser.
func (p *Parser) ParseFacts(l *Language, path string, src []byte) (*Facts, error) {
	if p.facts != nil && p.tree.g == l.grammar(path) && bytes.Equal(p.tree.Src, src) {
		return p.facts, nil
	}
	t, err := p.Parse(l, path, src)
	if err != nil {
		return nil, err
	}
	p.facts = p.builder.build(l, t)
	return p.facts, nil
}
