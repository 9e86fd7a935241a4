package screen

import (
	"bytes"
	"path"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Attributes are the .gitattributes files of one archive, read as git reads them
// (gitattributes(5)): deeper files win over those above, later lines over earlier ones.
// Of the attributes only those of Linguist and Git LFS are looked at. The package of
// go-git is not used: it panics on "docs/", and the first of two lines wins there.
type Attributes struct {
	rules  map[string][]attributeRule // by folder
	macros map[string][]attributeState
}

type attributeRule struct {
	pattern *regexp.Regexp
	states  []attributeState
}

// attributeState is what a line says of one attribute: "true", "false", a value, or ""
// for one that is taken back.
type attributeState struct{ name, value string }

// FileAttributes is what .gitattributes say of one file; nil is nothing.
type FileAttributes struct {
	Generated, Vendored *bool // linguist-generated, linguist-vendored
	LFS                 bool  // filter=lfs
}

const attributesName = ".gitattributes"

const (
	maxAttributeLines = 10_000
	maxPatternBytes   = 1000
)

// Add takes in a .gitattributes file. Files must be added before the first question.
func (a *Attributes) Add(filePath string, data []byte) {
	if path.Base(filePath) != attributesName {
		return
	}
	if a.rules == nil {
		a.rules, a.macros = map[string][]attributeRule{}, map[string][]attributeState{}
	}
	folder := folderOf(filePath)
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	n := 0
	for line := range strings.Lines(string(data)) {
		if n++; n > maxAttributeLines {
			return
		}
		pattern, states := attributeLine(strings.TrimSpace(line))
		switch name, macro := strings.CutPrefix(pattern, "[attr]"); {
		case pattern == "" || len(states) == 0 || len(pattern) > maxPatternBytes:
		case macro:
			if folder == "" { // git takes macros from the top alone
				a.macros[name] = states
			}
		default:
			if re := gitPattern(pattern); re != nil {
				a.rules[folder] = append(a.rules[folder], attributeRule{re, states})
			}
		}
	}
}

// attributeLine splits a line into its pattern and the attributes that matter.
func attributeLine(line string) (pattern string, states []attributeState) {
	if line == "" || line[0] == '#' || line[0] == '!' { // negative patterns are forbidden
		return "", nil
	}
	rest := ""
	if line[0] == '"' {
		quoted, behind, ok := unquote(line[1:])
		if !ok {
			return "", nil
		}
		pattern, rest = quoted, behind
	} else if at := strings.IndexAny(line, " \t"); at < 0 {
		return "", nil
	} else {
		pattern, rest = line[:at], line[at:]
	}
	for _, word := range strings.Fields(rest) {
		s := attributeState{word, "true"}
		switch name, value, has := strings.Cut(word, "="); {
		case word[0] == '-':
			s = attributeState{word[1:], "false"}
		case word[0] == '!':
			s = attributeState{word[1:], ""}
		case has:
			s = attributeState{name, value}
		}
		states = append(states, s)
	}
	return pattern, states
}

// unquote reads to the closing quote of a pattern in C's style.
func unquote(text string) (pattern, rest string, ok bool) {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		switch text[i] {
		case '"':
			return b.String(), text[i+1:], true
		case '\\':
			if i++; i < len(text) {
				b.WriteByte(text[i])
			}
		default:
			b.WriteByte(text[i])
		}
	}
	return "", "", false
}

// gitPattern compiles a pattern to match paths below the folder of its file, or is nil
// for one that matches no file. One without a slash matches the name at any depth.
func gitPattern(pattern string) *regexp.Regexp {
	if strings.HasSuffix(pattern, "/") {
		return nil // a folder: attributes are of files
	}
	anywhere := !strings.Contains(pattern, "/")
	pattern = strings.TrimPrefix(pattern, "/")
	var b strings.Builder
	b.WriteString(`^`)
	if anywhere {
		b.WriteString(`(?:.*/)?`)
	}
	for i := 0; i < len(pattern); {
		rest := pattern[i:]
		switch {
		case strings.HasPrefix(rest, "**/") && (i == 0 || pattern[i-1] == '/'):
			b.WriteString(`(?:.*/)?`)
			i += 3
		case rest == "**" && (i == 0 || pattern[i-1] == '/'):
			b.WriteString(`.*`)
			i += 2
		case rest[0] == '*':
			b.WriteString(`[^/]*`)
			for i < len(pattern) && pattern[i] == '*' {
				i++
			}
		case rest[0] == '?':
			b.WriteString(`[^/]`)
			i++
		case rest[0] == '[':
			class, n := bracket(rest)
			b.WriteString(class)
			i += n
		case rest[0] == '\\' && len(rest) > 1:
			i++
			rest = rest[1:]
			fallthrough
		default:
			_, size := utf8.DecodeRuneInString(rest)
			b.WriteString(regexp.QuoteMeta(rest[:size]))
			i += size
		}
	}
	b.WriteString(`$`)
	re, err := regexp.Compile("(?s)" + b.String())
	if err != nil {
		return nil
	}
	return re
}

// bracket turns a class of a glob into one of a regular expression. One that is not
// closed is a bracket.
func bracket(rest string) (class string, n int) {
	at := 1
	negate := at < len(rest) && (rest[at] == '!' || rest[at] == '^')
	if negate {
		at++
	}
	end := strings.IndexByte(rest[min(at+1, len(rest)):], ']')
	if end < 0 {
		return `\[`, 1
	}
	end += min(at+1, len(rest))
	inner := strings.NewReplacer(`[`, `\[`, `^`, `\^`).Replace(rest[at:end])
	if negate {
		return `[^/` + inner + `]`, end + 1
	}
	return `[` + inner + `]`, end + 1
}

// Of is what the files say of a path.
func (a *Attributes) Of(filePath string) FileAttributes {
	var f FileAttributes
	if a == nil || len(a.rules) == 0 {
		return f
	}
	known := map[string]string{}
	var folders []string
	for folder := folderOf(filePath); ; folder = folderOf(folder) {
		folders = append(folders, folder)
		if folder == "" {
			break
		}
	}
	for _, folder := range slices.Backward(folders) {
		below := strings.TrimPrefix(strings.TrimPrefix(filePath, folder), "/")
		for _, r := range a.rules[folder] {
			if r.pattern.MatchString(below) {
				a.apply(known, r.states, 0)
			}
		}
	}
	f.Generated, f.Vendored = truth(known["linguist-generated"]), truth(known["linguist-vendored"])
	f.LFS = known["filter"] == "lfs"
	return f
}

// apply sets attributes; one that is a macro sets those it stands for.
func (a *Attributes) apply(known map[string]string, states []attributeState, depth int) {
	for _, s := range states {
		known[s.name] = s.value
		if macro := a.macros[s.name]; s.value == "true" && macro != nil && depth < 8 {
			a.apply(known, macro, depth+1)
		}
	}
}

// truth reads a value as Linguist does: what is set and not "false" is true.
func truth(value string) *bool {
	if value == "" {
		return nil
	}
	t := value != "false"
	return &t
}
