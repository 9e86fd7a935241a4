package screen

import (
	"bytes"
	"path"
	"regexp"
	"strings"

	"github.com/pelletier/go-toml/v2/unstable"

	"decoy/schemas/spdx"
)

// Files of the REUSE specification 3.3.
const (
	reuseTOML     = "REUSE.toml"
	reuseDep5     = ".reuse/dep5"
	sidecarSuffix = ".license"
	textsFolder   = "LICENSES"
)

// Precedences of an annotation.
const (
	closest   = "closest"
	aggregate = "aggregate"
	override  = "override"
)

// annotation is what a REUSE.toml or a dep5 says of the files that a pattern matches,
// by paths relative to its folder.
type annotation struct {
	from       string // the path of its file
	paths      []*regexp.Regexp
	precedence string
	said       verdict // not found where it tells copyright alone
}

// isReuse reports whether a path is a file that tells the licence of others by the REUSE
// specification.
func isReuse(filePath string) bool {
	if covered, ok := strings.CutSuffix(filePath, sidecarSuffix); ok {
		return MaybeSource(covered)
	}
	return path.Base(filePath) == reuseTOML || filePath == reuseDep5
}

// addReuse takes in such a file.
func (l *Licenses) addReuse(filePath string, data []byte) {
	data = bytes.TrimPrefix(data, []byte("\ufeff"))
	switch covered, sidecar := strings.CutSuffix(filePath, sidecarSuffix); {
	case sidecar:
		l.sidecars[covered] = readSidecar(filePath, data)
	case filePath == reuseDep5:
		l.annotations[""] = append(readDep5(data), l.annotations[""]...)
	default:
		folder := folderOf(filePath)
		l.annotations[folder] = append(l.annotations[folder], readReuse(filePath, data)...)
	}
}

// readSidecar reads FILE.license: SPDX tags, or else the text of a licence.
func readSidecar(filePath string, data []byte) verdict {
	var marks []verdict
	for line := range strings.Lines(string(data)) {
		if m := spdxMark.FindStringSubmatch(strings.TrimRight(line, "\r\n")); m != nil {
			marks = append(marks, mark(m[1]))
		}
	}
	v := conjunction(marks)
	if len(marks) == 0 && len(bytes.TrimSpace(data)) > 0 && !onlyCopyright(string(data)) {
		v = licenseFile{path: filePath, text: scan(data)}.verdict()
	}
	if v.reason != "" {
		v.detail = clip(filePath, maxName) + ": " + v.detail
	}
	return v
}

// onlyCopyright reports whether a text has lines of copyright and no others.
func onlyCopyright(text string) bool {
	for line := range strings.Lines(text) {
		if line = strings.Trim(line, decoration+"\n"); line != "" && !ofCopyright.MatchString(line) {
			return false
		}
	}
	return true
}

// readReuse reads the annotations of a REUSE.toml. One that is broken makes all below it
// unclear.
func readReuse(filePath string, data []byte) []annotation {
	broken := func(why string) []annotation {
		return []annotation{{from: filePath, paths: []*regexp.Regexp{regexp.MustCompile(`^`)}, precedence: aggregate,
			said: verdict{found: true, reason: LicenseUnclear, detail: clip(filePath, maxName) + " " + why}}}
	}
	if len(data) > maxManifest || bytes.Count(data, []byte("["))+bytes.Count(data, []byte("{")) > maxBrackets {
		return broken("is too large to be read")
	}
	var tables []tomlStrings
	var p unstable.Parser
	p.Reset(data)
	inside := false
	for p.NextExpression() {
		switch e := p.Expression(); e.Kind {
		case unstable.Table:
			inside = false
		case unstable.ArrayTable:
			key, _ := keyOf(nil, e)
			if inside = strings.Join(key, ".") == "annotations"; inside {
				tables = append(tables, tomlStrings{})
			}
		case unstable.KeyValue:
			key, _ := keyOf(nil, e)
			switch value := e.Value(); {
			case inside:
				tables[len(tables)-1].add(nil, e)
			case len(tables) == 0 && strings.Join(key, ".") == "annotations" && value.Kind == unstable.Array:
				for it := value.Children(); it.Next(); {
					fields := tomlStrings{}
					for in := it.Node().Children(); in.Next(); {
						fields.add(nil, in.Node())
					}
					tables = append(tables, fields)
				}
			}
		}
	}
	if err := p.Error(); err != nil {
		return broken("is no TOML: " + clip(err.Error(), 80))
	}
	var all []annotation
	for _, fields := range tables {
		a := annotation{from: filePath, precedence: closest}
		if given := fields.text("precedence"); given != "" {
			a.precedence = given
		}
		for _, glob := range fields["path"] {
			if len(glob) <= maxPatternBytes {
				a.paths = append(a.paths, reuseGlob(glob))
			}
		}
		a.said = saidBy(filePath, fields["SPDX-License-Identifier"])
		all = append(all, a)
	}
	return all
}

// saidBy is the verdict of several expressions that all hold.
func saidBy(filePath string, expressions []string) verdict {
	var marks []verdict
	for _, e := range expressions {
		marks = append(marks, mark(e))
	}
	v := conjunction(marks)
	if v.reason != "" {
		v.detail = clip(filePath, maxName) + ": " + strings.TrimPrefix(v.detail, "SPDX-License-Identifier: ")
	}
	return v
}

// reuseGlob compiles a path of REUSE.toml: an asterisk matches all but the slash, two
// match the slash too, a backslash takes the meaning from what follows.
func reuseGlob(glob string) *regexp.Regexp {
	var b strings.Builder
	runes := []rune(strings.TrimPrefix(glob, "./"))
	for i := 0; i < len(runes); i++ {
		switch {
		case runes[i] == '*' && i+1 < len(runes) && runes[i+1] == '*':
			b.WriteString(`.*`)
			i++
		case runes[i] == '*':
			b.WriteString(`[^/]*`)
		case runes[i] == '\\' && i+1 < len(runes):
			i++
			fallthrough
		default:
			b.WriteString(regexp.QuoteMeta(string(runes[i])))
		}
	}
	return regexp.MustCompile(`(?s)^` + b.String() + `$`)
}

// readDep5 reads Debian's machine-readable copyright file: for each stanza of Files its
// licence. The last stanza that matches counts.
func readDep5(data []byte) []annotation {
	var all []annotation
	var field string
	fields := map[string]string{}
	flush := func() {
		files, license := strings.Fields(fields["files"]), strings.TrimSpace(fields["license"])
		if len(files) > 0 {
			a := annotation{from: reuseDep5, precedence: aggregate}
			for _, f := range files {
				if len(f) <= maxPatternBytes {
					a.paths = append(a.paths, dep5Glob(f))
				}
			}
			if first, _, _ := strings.Cut(license, "\n"); first != "" {
				a.said = saidBy(reuseDep5, []string{first})
			} else {
				a.said = verdict{found: true, reason: LicenseUnclear, detail: reuseDep5 + " names no licence for it"}
			}
			all = append(all, a)
		}
		clear(fields)
	}
	for line := range strings.Lines(string(data[:min(len(data), maxManifest)]) + "\n\n") {
		line = strings.TrimRight(line, "\r\n")
		switch {
		case strings.TrimSpace(line) == "":
			flush()
			field = ""
		case line[0] == '#':
		case line[0] == ' ' || line[0] == '\t':
			fields[field] += "\n" + strings.TrimSpace(line)
		default:
			name, value, _ := strings.Cut(line, ":")
			field = strings.ToLower(strings.TrimSpace(name))
			fields[field] = strings.TrimSpace(value)
		}
	}
	return all
}

// dep5Glob compiles a pattern of dep5: the asterisk matches the slash too.
func dep5Glob(glob string) *regexp.Regexp {
	var b strings.Builder
	runes := []rune(strings.TrimPrefix(glob, "./"))
	for i := 0; i < len(runes); i++ {
		switch {
		case runes[i] == '*':
			b.WriteString(`.*`)
		case runes[i] == '?':
			b.WriteString(`.`)
		case runes[i] == '\\' && i+1 < len(runes):
			i++
			fallthrough
		default:
			b.WriteString(regexp.QuoteMeta(string(runes[i])))
		}
	}
	return regexp.MustCompile(`(?s)^` + b.String() + `$`)
}

// tagged joins what a file's own tags, its sidecar, and the annotations of REUSE.toml and
// dep5 say, in the order of REUSE 3.3: the override nearest to the root stands alone; else
// the file speaks first, then the sidecar, then the annotations from the nearest folder
// up, of which those of precedence closest are asked only where nothing was said yet.
// Unlike there, a sidecar does not silence the tags in its file: both hold.
func (l *Licenses) tagged(filePath string, own verdict) verdict {
	said := []verdict{own}
	if v, ok := l.sidecars[filePath]; ok {
		said = append(said, v)
	}
	if len(l.annotations) > 0 {
		var nearest []annotation
		for folder := folderOf(filePath); ; folder = folderOf(folder) {
			nearest = append(nearest, l.matching(folder, filePath)...)
			if folder == "" {
				break
			}
		}
		for i := len(nearest) - 1; i >= 0; i-- {
			if a := nearest[i]; a.precedence == override && a.said.found {
				return a.said
			}
		}
		for _, a := range nearest {
			if a.precedence == aggregate || !conjunction(said).found {
				said = append(said, a.said)
			}
		}
	}
	return conjunction(said)
}

// matching is the last annotation of each file in a folder that matches a path.
func (l *Licenses) matching(folder, filePath string) []annotation {
	below := strings.TrimPrefix(strings.TrimPrefix(filePath, folder), "/")
	var found []annotation
	seen := map[string]bool{}
	all := l.annotations[folder]
	for i := len(all) - 1; i >= 0; i-- {
		a := all[i]
		if seen[a.from] {
			continue
		}
		for _, p := range a.paths {
			if p.MatchString(below) {
				found, seen[a.from] = append(found, a), true
				break
			}
		}
	}
	return found
}

// textID is the SPDX id that a file in LICENSES/ is named for, "" for others.
func textID(filePath string) string {
	folder, base := path.Split(filePath)
	if strings.TrimSuffix(folder, "/") != textsFolder {
		return ""
	}
	stem := strings.TrimSuffix(base, path.Ext(base))
	for _, name := range []string{stem, base} {
		if e, err := spdx.Parse(name); err == nil && e.Op == "" && e.With == "" {
			return e.ID
		}
	}
	return ""
}
