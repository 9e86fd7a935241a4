package fim

import (
	"bytes"
	"slices"
	"sort"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// span is a candidate middle.
type span struct {
	start, end int
	kind       string
	types      []string
	key        uint64
}

func (s span) overlaps(o span) bool { return s.start < o.end && o.start < s.end }

// Lengths in characters, by kind.
var lengths = map[string][2]int{
	schemas.KindCall:   {13, 817},
	schemas.KindImport: {4, 817},
	schemas.KindLine:   {1, 817},
	schemas.KindLines:  {1, 817},
	schemas.KindRandom: {1, 817},
}

func fits(src []byte, kind string) bool {
	n := runes(src)
	return n >= lengths[kind][0] && n <= lengths[kind][1]
}

// order sorts spans by a hash of the file and the span.
func order(s []span, seed string) {
	for i := range s {
		s[i].key = schemas.Key64("span", seed, s[i].kind, string(int64Bytes(s[i].start)), string(int64Bytes(s[i].end)))
	}
	sort.Slice(s, func(i, j int) bool {
		if s[i].key != s[j].key {
			return s[i].key < s[j].key
		}
		return s[i].start < s[j].start || s[i].start == s[j].start && s[i].end < s[j].end
	})
}

func int64Bytes(v int) []byte {
	return []byte{byte(v), byte(v >> 8), byte(v >> 16), byte(v >> 24)}
}

// imports are the lines on which nothing but imports stands.
func imports(f *syntax.Facts) []span {
	var out []span
	for i, im := range f.Imports {
		start, end := lineStart(f.Src, im.Start), lineEnd(f.Src, im.End)
		if k := len(out); k > 0 && start < out[k-1].end {
			continue // a second statement on the line
		}
		if !fits(f.Src[start:end], schemas.KindImport) || !onlyImports(f, i, start, end) {
			continue
		}
		out = append(out, span{start: start, end: end, kind: schemas.KindImport, types: []string{schemas.TypeImport}})
	}
	return out
}

// onlyImports reports whether the lines from start to end hold whole imports, from
// the first'th on, and at most a comment behind each.
func onlyImports(f *syntax.Facts, first, start, end int) bool {
	at, known := start, []string{"", "import"} // Go's keyword stands before its specs
	for _, im := range f.Imports[first:] {
		if im.Start >= end {
			break
		}
		if im.Start >= at && !slices.Contains(known, between(f.Src[at:im.Start])) || lineEnd(f.Src, im.End) > end || f.Tree.Broken(im.Node) {
			return false
		}
		at, known = min(im.End, end), []string{""}
	}
	return between(f.Src[at:end]) == ""
}

// between is what stands before, between or behind imports, without separators and
// a comment.
func between(src []byte) string {
	s := strings.Trim(string(src), " \t\r\n;()")
	for _, sign := range []string{"//", "/*", "#"} {
		if strings.HasPrefix(s, sign) {
			return ""
		}
	}
	return s
}

// lineStart is the start of the line's text, behind a BOM.
func lineStart(src []byte, at int) int {
	start := bytes.LastIndexByte(src[:at], '\n') + 1
	if start == 0 && bytes.HasPrefix(src[:at], bom) {
		start = len(bom)
	}
	return start
}

var bom = []byte("\xef\xbb\xbf")

// lineEnd is the end of the line's text, before its line end.
func lineEnd(src []byte, at int) int {
	if at > 0 && src[at-1] == '\n' { // some grammars take the newline in
		at--
	}
	end := bytes.IndexByte(src[at:], '\n')
	if end < 0 {
		end = len(src)
	} else {
		end += at
	}
	if end > 0 && src[end-1] == '\r' {
		end--
	}
	return end
}

// calls are the calls whose arguments are written in the usual form. What a golden
// can carry follows from its structure: every call has a name and an argument
// list, and an undeclared variable needs an argument to stand in.
func calls(f *syntax.Facts) []span {
	var out []span
	for i := range f.Calls {
		c := &f.Calls[i]
		if c.Decorator || c.TokenTree || c.ArgsEnd == 0 || c.ArgsEnd > c.End || !fits(f.Src[c.NameStart:c.End], schemas.KindCall) {
			continue
		}
		types := []string{schemas.TypeMethod, schemas.TypeParameter}
		if len(c.Args) > 0 {
			types = append(types, schemas.TypeUndefinedVariable)
		}
		out = append(out, span{start: c.NameStart, end: c.End, kind: schemas.KindCall, types: types})
	}
	return out
}

// generals are candidates for general rows: for each kind a handful at places that
// the file's hash picks.
func generals(src []byte, seed string) []span {
	lines := textLines(src)
	if len(lines) == 0 {
		return nil
	}
	pick := func(kind string, i, n int) int {
		return int(schemas.Key64("general", seed, kind, string(int64Bytes(i))) % uint64(n))
	}
	var out []span
	add := func(kind string, start, end int) {
		if start < end && fits(src[start:end], kind) {
			out = append(out, span{start: start, end: end, kind: kind})
		}
	}
	const tries = 4
	for i := range tries {
		l := lines[pick(schemas.KindLine, i, len(lines))]
		add(schemas.KindLine, l.text, l.end)

		first := pick(schemas.KindLines, i, len(lines))
		last := min(len(lines)-1, first+1+pick("lines length", i, 6))
		if last > first {
			add(schemas.KindLines, lines[first].text, lines[last].end)
		}

		l = lines[pick(schemas.KindRandom, i, len(lines))]
		cuts := wordCuts(src, l.text, l.end)
		if len(cuts) < 3 {
			continue
		}
		a := 1 + pick("random start", i, len(cuts)-2)
		b := a + 1 + pick("random length", i, min(len(cuts)-a-1, 12))
		start := cuts[a]
		if start > l.text && src[start-1] == ' ' && pick("random space", i, 2) == 0 {
			start--
		}
		add(schemas.KindRandom, start, cuts[b])
	}
	return out
}

type textLine struct{ text, end int } // from the first character that is no space

func textLines(src []byte) []textLine {
	var out []textLine
	for at := 0; at < len(src); {
		end := bytes.IndexByte(src[at:], '\n')
		next := len(src)
		if end < 0 {
			end = len(src)
		} else {
			end += at
			next = end + 1
		}
		if end > at && src[end-1] == '\r' {
			end--
		}
		text := at
		for text < end && (src[text] == ' ' || src[text] == '\t') {
			text++
		}
		if text == 0 && bytes.HasPrefix(src, bom) {
			text = len(bom)
		}
		if end-text > 1 {
			out = append(out, textLine{text, end})
		}
		at = next
	}
	return out
}

// wordCuts are the places of a line where a word or an operator begins, and its
// end.
func wordCuts(src []byte, start, end int) []int {
	var out []int
	class := func(c byte) int {
		switch {
		case c == ' ' || c == '\t':
			return 0
		case c == '_' || c >= 0x80 || c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z':
			return 1
		}
		return 2
	}
	prev := 0
	for i := start; i < end; i++ {
		c := class(src[i])
		if c != 0 && (c != prev || i == start) {
			out = append(out, i)
		}
		prev = c
	}
	return append(out, end)
}
