package verify

import (
	_ "embed"
	"fmt"
	"strings"
)

//go:embed words.txt
var wordsFile string

// handWritten are the lists of words.txt by name.
var handWritten = readWords(wordsFile)

// list is a list of words.txt. One that is not there is a slip of a row: it panics when the
// program starts.
func list(name string) []string {
	l, ok := handWritten[name]
	if !ok {
		panic(fmt.Sprintf("verify: words.txt has no list [%s]", name))
	}
	return l
}

// readWords reads the format that words.txt describes.
func readWords(text string) map[string][]string {
	out := map[string][]string{}
	name := ""
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		switch {
		case strings.HasPrefix(line, "#"):
		case strings.HasPrefix(line, "[") && strings.HasSuffix(line, "]"):
			name = line[1 : len(line)-1]
			out[name] = nil
		default:
			out[name] = append(out[name], strings.Fields(line)...)
		}
	}
	delete(out, "")
	return out
}
