package screen

import (
	"bytes"
	"iter"
	"regexp"
	"strings"
)

// blocks are the signs that open and close a comment of several lines, or the
// string that serves as one in Python.
var blocks = []struct{ open, close string }{
	{"/*", "*/"}, {`"""`, `"""`}, {"'''", "'''"}, {"<!--", "-->"},
}

// lineSigns open a comment to the end of the line. '#' opens directives of C++, C#
// and attributes of Rust too, which is harmless here.
var lineSigns = []string{"//", "#", ";", "--"}

var (
	// docPrefix matches the letters that a docstring of Python may have in front.
	docPrefix = regexp.MustCompile(`^[rRuUbBfF]{1,2}("""|''')`)

	// lineString matches a line that is a string and nothing else: a docstring.
	lineString = regexp.MustCompile(`^[rRuU]?(?:"([^"]+)"|'([^']+)');?$`)
)

// comments yields the text of the comment lines among the first lines of a file,
// without comment signs. Comments behind code are not found.
func comments(content []byte, lines int) iter.Seq[string] {
	return func(yield func(string) bool) {
		r := commentReader{rest: bytes.TrimPrefix(content, []byte("\ufeff"))}
		for n := 0; n < lines && len(r.rest) > 0; n++ {
			if _, text, comment := r.next(); comment && text != "" && !yield(text) {
				return
			}
		}
	}
}

// maxMarkLine is how much of a line is looked at.
const maxMarkLine = 1000

// commentReader goes through the lines of a file.
type commentReader struct {
	rest []byte
	end  string // what closes the open block
}

// next is a line, and the text of the comment that it is.
func (r *commentReader) next() (line, text string, comment bool) {
	raw, rest, _ := bytes.Cut(r.rest, []byte("\n"))
	r.rest = rest
	line = string(raw[:min(len(raw), maxMarkLine)])
	text, comment = commentText(line, &r.end)
	return line, text, comment
}

func commentText(line string, end *string) (text string, comment bool) {
	line = strings.TrimSpace(line)
	if *end == "" {
		if m := docPrefix.FindStringIndex(line); m != nil {
			line = line[m[1]-3:]
		}
		for _, b := range blocks {
			if rest, ok := strings.CutPrefix(line, b.open); ok {
				*end, line = b.close, rest
				break
			}
		}
		if *end == "" {
			for _, sign := range lineSigns {
				if rest, ok := strings.CutPrefix(line, sign); ok {
					return strings.TrimSpace(strings.TrimLeft(rest, sign+"!*")), true
				}
			}
			if m := lineString.FindStringSubmatch(line); m != nil {
				return m[1] + m[2], true
			}
			return "", false
		}
	}
	before, behind, closed := strings.Cut(line, *end)
	text = strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(before), "*!#-= "))
	if closed {
		*end = ""
		if more, ok := commentText(behind, end); ok { // another comment in the same line
			text = strings.TrimSpace(text + " " + more)
		}
	}
	return text, true
}
