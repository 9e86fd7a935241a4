package screen

import (
	"bytes"
	"path"
	"regexp"
	"strings"

	"github.com/go-enry/go-enry/v2/data"
)

// Linguist's tables are read directly. Package enry above them carries the token
// frequencies of a naive Bayes guess, 9 MB in every worker's binary, for a last step
// that is not taken here: see Language.

// linguistByExtension lists the languages of the longest extension of a path that
// Linguist knows.
func linguistByExtension(filePath string) []string {
	name := strings.ToLower(path.Base(filePath))
	for {
		dot := strings.IndexByte(name, '.')
		if dot < 0 {
			return nil
		}
		if found, ok := data.LanguagesByExtension[name[dot:]]; ok {
			return found
		}
		name = name[dot+1:]
	}
}

// linguistByContent applies Linguist's heuristics of the path's extension. It is ""
// where they decide for none or for several.
func linguistByContent(filePath string, content []byte) string {
	h, ok := data.ContentHeuristics[strings.ToLower(path.Ext(filePath))]
	if !ok {
		return ""
	}
	if found := h.Match(content); len(found) == 1 {
		return found[0]
	}
	return ""
}

// notProgram is what may stand between env and the program: options, and variables
// that it sets.
var notProgram = regexp.MustCompile(`^(-.*|\w+=.*)$`)

// minorVersion is what Linguist's interpreters of Python are named without.
var minorVersion = regexp.MustCompile(`^(python[23])\.\d+$`)

// linguistByShebang names the language of a script's first line.
func linguistByShebang(content []byte) string {
	line, _, _ := bytes.Cut(content, []byte{'\n'})
	rest, ok := bytes.CutPrefix(line, []byte("#!"))
	if !ok {
		return ""
	}
	words := strings.Fields(string(rest))
	if len(words) > 0 && path.Base(words[0]) == "env" {
		words = words[1:]
		for len(words) > 0 && notProgram.MatchString(words[0]) {
			words = words[1:]
		}
	}
	if len(words) == 0 {
		return ""
	}
	found := data.LanguagesByInterpreter[minorVersion.ReplaceAllString(path.Base(words[0]), "$1")]
	if len(found) != 1 {
		return ""
	}
	return found[0]
}

// linguistVendored reports whether Linguist keeps a path out of its statistics.
func linguistVendored(filePath string) bool { return data.FastVendorMatcher.MatchString(filePath) }

// linguistGenerated reports whether Linguist takes a file for a program's output.
func linguistGenerated(filePath string, content []byte) bool {
	ext := strings.ToLower(path.Ext(filePath))
	if _, ok := data.GeneratedCodeExtensions[ext]; ok {
		return true
	}
	for _, match := range data.GeneratedCodeNameMatchers {
		if match(filePath) {
			return true
		}
	}
	lower := strings.ToLower(filePath)
	for _, match := range data.GeneratedCodeMatchers {
		if match(lower, ext, content) {
			return true
		}
	}
	return false
}
