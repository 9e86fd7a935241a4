package gitrepo

import (
	"bytes"
	"slices"
	"unicode/utf8"

	"github.com/sergi/go-diff/diffmatchpatch"
)

// Hunk is one place where two versions of a file differ: the lines
// [OldStart, OldEnd) of the old one were replaced by [NewStart, NewEnd) of the new
// one. Lines count from 0; either side may be empty, not both.
type Hunk struct{ OldStart, OldEnd, NewStart, NewEnd int }

// maxGapLines bounds, in lines of both sides, what Myers' algorithm compares: its
// time grows with the square. Between two anchors more than that is one hunk.
const maxGapLines = 4096

// diffLines compares two files by line. Lines that occur once on both sides and in
// one order are anchors (patience diff); between them the library's algorithm of
// Myers finds the rest. The result depends on nothing but the bytes.
func diffLines(before, after []byte) []Hunk {
	head, tail := commonEnds(before, after)
	all := splitLines(after)
	skip := bytes.Count(before[:head], []byte{'\n'})
	a, b := splitLines(before[head:len(before)-tail]), all[skip:len(all)-len(splitLines(after[len(after)-tail:]))]
	ids := make(map[string]int32, len(a)+len(b))
	d := differ{a: number(a, ids), b: number(b, ids)}
	d.compare(0, len(d.a), 0, len(d.b), true)
	for i := range d.hunks {
		h := &d.hunks[i]
		h.OldStart, h.OldEnd, h.NewStart, h.NewEnd = h.OldStart+skip, h.OldEnd+skip, h.NewStart+skip, h.NewEnd+skip
	}
	for i := range d.hunks {
		slide(d.hunks, i, all)
	}
	return d.hunks
}

// commonEnds counts the bytes of whole lines in which two texts begin and end
// alike. Most commits touch little of a file, and numbering lines costs most.
func commonEnds(a, b []byte) (head, tail int) {
	n := min(len(a), len(b))
	for head < n && a[head] == b[head] {
		head++
	}
	head = bytes.LastIndexByte(a[:head], '\n') + 1
	n -= head
	for tail < n && a[len(a)-1-tail] == b[len(b)-1-tail] {
		tail++
	}
	// The byte before the tail decides whether it begins a line on both sides.
	begins := func(text []byte, tail int) bool {
		i := len(text) - tail
		return i == head || text[i-1] == '\n'
	}
	for tail > 0 && !(begins(a, tail) && begins(b, tail)) {
		i := bytes.IndexByte(a[len(a)-tail:], '\n')
		if i < 0 {
			return head, 0
		}
		tail -= i + 1
	}
	return head, tail
}

// splitLines cuts after each line feed; the last line may lack it.
func splitLines(text []byte) [][]byte {
	lines := make([][]byte, 0, bytes.Count(text, []byte{'\n'})+1)
	for len(text) > 0 {
		i := bytes.IndexByte(text, '\n') + 1
		if i == 0 {
			i = len(text)
		}
		lines = append(lines, text[:i])
		text = text[i:]
	}
	return lines
}

// number gives each distinct line a number.
func number(lines [][]byte, ids map[string]int32) []int32 {
	out := make([]int32, len(lines))
	for i, line := range lines {
		id, ok := ids[string(line)]
		if !ok {
			id = int32(len(ids))
			ids[string(line)] = id
		}
		out[i] = id
	}
	return out
}

type differ struct {
	a, b  []int32
	hunks []Hunk
}

// compare adds the hunks of a[a0:a1] and b[b0:b1].
func (d *differ) compare(a0, a1, b0, b1 int, anchored bool) {
	for a0 < a1 && b0 < b1 && d.a[a0] == d.b[b0] {
		a0, b0 = a0+1, b0+1
	}
	for a0 < a1 && b0 < b1 && d.a[a1-1] == d.b[b1-1] {
		a1, b1 = a1-1, b1-1
	}
	if a0 == a1 || b0 == b1 {
		d.add(a0, a1, b0, b1)
		return
	}
	if anchored {
		if anchors := uniqueCommon(d.a[a0:a1], d.b[b0:b1]); len(anchors) > 0 {
			i, j := a0, b0
			for _, p := range anchors {
				d.compare(i, a0+p.a, j, b0+p.b, false)
				i, j = a0+p.a, b0+p.b
			}
			d.compare(i, a1, j, b1, false)
			return
		}
	}
	if a1-a0+b1-b0 > maxGapLines {
		d.add(a0, a1, b0, b1)
		return
	}
	d.myers(a0, a1, b0, b1)
}

func (d *differ) myers(a0, a1, b0, b1 int) {
	// The zero value has no time limit, and makes nothing depend on the clock.
	var lib diffmatchpatch.DiffMatchPatch
	names := map[int32]rune{} // maxGapLines of them stay below the surrogates
	i, j := a0, b0
	for _, part := range lib.DiffMainRunes(runes(d.a[a0:a1], names), runes(d.b[b0:b1], names), false) {
		n := utf8.RuneCountInString(part.Text)
		switch part.Type {
		case diffmatchpatch.DiffEqual:
			i, j = i+n, j+n
		case diffmatchpatch.DiffDelete:
			d.add(i, i+n, j, j)
			i += n
		case diffmatchpatch.DiffInsert:
			d.add(i, i, j, j+n)
			j += n
		}
	}
}

// runes spells lines as a text of one rune a line, which is what the library
// compares.
func runes(lines []int32, names map[int32]rune) []rune {
	out := make([]rune, len(lines))
	for i, line := range lines {
		r, ok := names[line]
		if !ok {
			r = rune(len(names) + 1)
			names[line] = r
		}
		out[i] = r
	}
	return out
}

// add appends a hunk, or joins it with the last where they touch.
func (d *differ) add(a0, a1, b0, b1 int) {
	if a0 == a1 && b0 == b1 {
		return
	}
	if n := len(d.hunks); n > 0 && d.hunks[n-1].OldEnd == a0 && d.hunks[n-1].NewEnd == b0 {
		d.hunks[n-1].OldEnd, d.hunks[n-1].NewEnd = a1, b1
		return
	}
	d.hunks = append(d.hunks, Hunk{a0, a1, b0, b1})
}

type pair struct{ a, b int }

// uniqueCommon finds the longest common subsequence of the lines that occur once
// on both sides, by patience sorting.
func uniqueCommon(a, b []int32) []pair {
	const twice = -1
	at := func(lines []int32) map[int32]int {
		m := make(map[int32]int, len(lines))
		for i, r := range lines {
			if _, seen := m[r]; seen {
				i = twice
			}
			m[r] = i
		}
		return m
	}
	inB := at(b)
	inA := at(a)
	var pairs []pair
	for i, r := range a {
		if j, ok := inB[r]; ok && j != twice && inA[r] != twice {
			pairs = append(pairs, pair{i, j})
		}
	}
	var piles []int // the pair on top of each
	before := make([]int, len(pairs))
	for i, p := range pairs {
		k, _ := slices.BinarySearchFunc(piles, p.b, func(top, b int) int { return pairs[top].b - b })
		before[i] = -1
		if k > 0 {
			before[i] = piles[k-1]
		}
		if k == len(piles) {
			piles = append(piles, i)
		} else {
			piles[k] = i
		}
	}
	out := make([]pair, len(piles))
	if len(piles) > 0 {
		for i, at := len(piles)-1, piles[len(piles)-1]; i >= 0; i, at = i-1, before[at] {
			out[i] = pairs[at]
		}
	}
	return out
}

// slide moves an insertion along equal lines to where a person would put it: the
// place whose first line is indented least, the last of several. A function that
// was inserted then begins at its head, not at the brace of the one above it.
func slide(hunks []Hunk, i int, lines [][]byte) {
	h := &hunks[i]
	if h.OldStart != h.OldEnd {
		return
	}
	low, high := 0, len(lines)
	if i > 0 {
		low = hunks[i-1].NewEnd + 1 // one equal line stays between two hunks
	}
	if i+1 < len(hunks) {
		high = hunks[i+1].NewStart - 1
	}
	n := h.NewEnd - h.NewStart
	first := h.NewStart
	for first > low && bytes.Equal(lines[first-1], lines[first-1+n]) {
		first--
	}
	best := first
	for at := first; ; at++ {
		if indent(lines[at]) <= indent(lines[best]) {
			best = at
		}
		if at+n >= high || !bytes.Equal(lines[at], lines[at+n]) {
			break
		}
	}
	shift := best - h.NewStart
	h.OldStart, h.OldEnd = h.OldStart+shift, h.OldEnd+shift
	h.NewStart, h.NewEnd = h.NewStart+shift, h.NewEnd+shift
}

// indent is the width of a line's leading space; a blank line counts as deep, since
// nothing begins with it.
func indent(line []byte) int {
	for i, c := range line {
		switch c {
		case ' ', '\t':
		case '\r', '\n':
			return 1 << 30
		default:
			return i
		}
	}
	return 1 << 30
}
