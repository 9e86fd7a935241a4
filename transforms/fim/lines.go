package fim

import (
	"bytes"
	"slices"
	"strings"

	"decoy/schemas"
	"decoy/transforms/syntax"
)

// imports are the lines on which nothing but imports stands, from the first visible
// character on.
func imports(s *source) []span {
	f := s.Facts
	var out []span
	for i, im := range f.Imports {
		start, end := lineStart(f.Src, im.Start), lineEnd(f.Src, im.End)
		if k := len(out); k > 0 && start < out[k-1].end {
			continue // a second statement on the line
		}
		if !onlyImports(f, i, start, end) {
			continue
		}
		start += len(f.Src[start:end]) - len(bytes.TrimLeft(f.Src[start:end], " \t"))
		if fits(f.Src[start:end], schemas.KindImport) {
			out = append(out, span{start: start, end: end, kind: schemas.KindImport})
		}
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
		if im.Start >= at && !slices.Contains(known, between(f.Src[at:im.Start])) || lineEnd(f.Src, im.End) > end ||
			f.Tree.Broken(im.Node) {
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
