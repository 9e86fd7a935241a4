package screen

import (
	"bytes"
	"iter"
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

// comments yields the text of the comment lines among the first lines of a file,
// without comment signs. Comments behind code are not found.
func comments(content []byte, lines int) iter.Seq[string] {
	return func(yield func(string) bool) {
		content = bytes.TrimPrefix(content, []byte("\ufeff"))
		end := "" // what closes the open block
		for n := 0; n < lines && len(content) > 0; n++ {
			raw, rest, _ := bytes.Cut(content, []byte("\n"))
			content = rest
			text, comment := commentText(string(raw[:min(len(raw), maxMarkLine)]), &end)
			if comment && text != "" && !yield(text) {
				return
			}
		}
	}
}

// maxMarkLine is how much of a line is looked at.
const maxMarkLine = 1000

func commentText(line string, end *string) (text string, comment bool) {
	line = strings.TrimSpace(line)
	if *end == "" {
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
			return "", false
		}
	}
	if before, _, closed := strings.Cut(line, *end); closed {
		line, *end = before, ""
	}
	return strings.TrimSpace(strings.TrimLeft(strings.TrimSpace(line), "*!#-= ")), true
}
