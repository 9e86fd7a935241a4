package screen

import (
	"bufio"
	"bytes"
	"net/textproto"
	"regexp"
	"strings"
)

// Manifests that are programs are read for the places where a licence is written out;
// what they compute is not known.
var (
	setupField = regexp.MustCompile(`(?m)(?:^|[(,{\s])["']?licen[cs]e(?:_expression)?["']?\s*[=:]\s*\(?\s*` +
		`(?:[rRuUbBfF]{0,2}(?:"""([^"]*)"""|'''([^']*)'''|"([^"\n]*)"|'([^'\n]*)')|([A-Za-z_]\w*)\s*(?:[,)\n]|$))`)
	setupTrove = regexp.MustCompile(`(?m)(?:["']|^\s*)(License\s*::[^"'\n]+)`)

	gradleField = regexp.MustCompile(`(?s)\blicen[cs]es?\s*(?:\(\s*)?\{(.{0,1000}?)(?:\n\s*)?\}\s*(?:\}|\n)`)
	gradleName  = regexp.MustCompile(`\b(?:name|url)\s*(?:\.set\s*\(|=|\()?\s*["']([^"']+)["']`)

	gradleLine = regexp.MustCompile(`(?m)^[^/\n]{0,80}?\blicen[cs]es?\s*=\s*\[?\s*["']([^"'\n]+)["']`)

	mesonField = regexp.MustCompile(`(?s)\bproject\s*\(.{0,1000}?\blicense\s*:\s*(\[[^\]]*\]|'[^']*')`)
	mesonName  = regexp.MustCompile(`'([^']*)'`)
)

// readSetupPy reads what a call of setup, or a class of Conan, gives as its licence: a
// string, or a name to which the file gives a string.
func readSetupPy(data []byte) verdict {
	text := withoutComments(string(data))
	var fields []verdict
	for _, m := range setupField.FindAllStringSubmatch(text, maxListed) {
		value := m[1] + m[2] + m[3] + m[4]
		if name := m[5]; name != "" {
			assigned := regexp.MustCompile(`(?m)^\s*` + name + `\s*=\s*[rRuU]?(?:"([^"\n]*)"|'([^'\n]*)')`)
			given := assigned.FindStringSubmatch(text)
			if given == nil {
				continue
			}
			value = given[1] + given[2]
		}
		if v := longhand(value); v.found {
			fields = append(fields, v)
		}
	}
	var trove []string
	for _, m := range setupTrove.FindAllStringSubmatch(text, maxListed) {
		trove = append(trove, m[1])
	}
	return python(firstOf(fields...), trove)
}

// withoutComments leaves the lines out that are comments of Python.
func withoutComments(text string) string {
	var b strings.Builder
	for line := range strings.Lines(text) {
		if !strings.HasPrefix(strings.TrimSpace(line), "#") {
			b.WriteString(line)
		}
	}
	return b.String()
}

// readMetadata reads the headers of a Python distribution (core metadata 2.4).
func readMetadata(data []byte) verdict {
	// A header that breaks off gives those before it.
	closed := append(data[:len(data):len(data)], "\n\n"...)
	h, _ := textproto.NewReader(bufio.NewReader(bytes.NewReader(closed))).ReadMIMEHeader()
	field := firstOf(statement(h.Get("License-Expression")), longhand(h.Get("License")))
	return python(field, h["Classifier"])
}

// readGradle reads the licences that a build publishes in its pom: a choice, as there.
func readGradle(data []byte) verdict {
	var names []verdict
	for _, block := range gradleField.FindAllStringSubmatch(string(data)+"\n", maxListed) {
		var known verdict
		for _, m := range gradleName.FindAllStringSubmatch(block[1], maxListed) {
			if v := statement(m[1]); v.found && !known.found {
				known = v
			}
		}
		if known.found {
			names = append(names, known)
		}
	}
	for _, m := range gradleLine.FindAllStringSubmatch(string(data), maxListed) {
		if v := statement(m[1]); v.found {
			names = append(names, v)
		}
	}
	return anyOf(names)
}

// readMeson reads the licence of project(): a name, or a list of which all hold.
func readMeson(data []byte) verdict {
	m := mesonField.FindSubmatch(data)
	if m == nil {
		return verdict{}
	}
	var names []string
	for _, n := range mesonName.FindAllStringSubmatch(string(m[1]), maxListed) {
		names = append(names, n[1])
	}
	return allOf(each(names, statement))
}
