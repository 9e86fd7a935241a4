package screen

import (
	"bytes"
	"regexp"
	"strings"
)

const (
	// headLines is where a file speaks of its own licence in prose: the longest common
	// header, that of the MPL 1.1 tri-licence, has 36 lines.
	headLines = 60

	// leadLines is how far the comment that begins a file is read where it goes on: a
	// docstring may tell much before it comes to the licence.
	leadLines = 400
)

var (
	spdxMark = regexp.MustCompile(`(?i)SPDX[- ]Licen[cs]e[- ]Identifier\s*:\s*(.*)$`)

	// ownMark is a mark that stands for itself, behind signs of comments alone: it
	// counts below the head too.
	ownMark = regexp.MustCompile(`(?i)^\W*SPDX[- ]Licen[cs]e[- ]Identifier\s*:\s*(.*)$`)

	// markBehind is a mark in a comment behind code.
	markBehind = regexp.MustCompile(`(?i)(?:#|//|/\*)\W*SPDX[- ]Licen[cs]e[- ]Identifier\s*:\s*(.*)$`)

	// dunder matches the assignments that tell a program the licence of its file.
	dunder = regexp.MustCompile(`^(?:__licen[cs]es?__|__copyright__|LICEN[CS]E)\s*` +
		`(?::\s*[\w.\[\]]+\s*)?=\s*[(\[]?\s*[rRuUbBfF]*["']+([^"']+)|^\s*MODULE_LICENSE\s*\(\s*"([^"]+)"`)

	// dunderOpen is one whose value follows in the next line.
	dunderOpen  = regexp.MustCompile(`^(?:__licen[cs]es?__|__copyright__)\s*(?::\s*[\w.\[\]]+\s*)?=\s*[(\[\\]\s*$`)
	quotedValue = regexp.MustCompile(`^\s*[rRuUbBfF]*["']+([^"']+)`)

	// licenseField matches a comment line that is a field for the licence: ":license:",
	// "@license", "License: ".
	licenseField = regexp.MustCompile(`(?i)^[^\w(]*(?:the )?(?:licen[cs]ed?|licensing|copying|lizenz|licencia` +
		`|licenza)\b(?: (?:type|name|identifier|info|is|under))*[\s:=-]*(.*)$`)

	// fieldName matches the value of a field that begins with the name of a licence.
	fieldName = regexp.MustCompile(`(?i)^\W*(?:(?:is|under|the|an?|terms|of|with|to|by|as) )*(?:` + short + `\b` +
		`|proprietary|commercial|private|closed|custom|dual (?:MPL|commercial)|see (?:the )?EULA|EULA|contact` +
		`|(?:Commons|PolyForm|Elastic|Business Source)\b|all rights reserved|non-?commercial|unlicensed|none\b)`)

	// strong matches the notices that count below the head too: grants under the GNU
	// licences as the FSF words them, and MPL's.
	strong = phrasesOf(
		`\b(?:under|of) the terms of the GNU (?:(?:Lesser|Library|Affero) )?(?:General|Affero|Lesser|Library)`,
		`\bsubject to the terms of the Mozilla Public`,
	)

	// strongEnds are the words that such a notice ends with.
	strongEnds = []string{"general", "affero", "lesser", "library", "public"}
)

// head is what a file says of its licence.
type head struct {
	marks  []verdict // SPDX tags, those of snippets too
	notice verdict   // prose and fields that forbid
	said   heard     // the prose, in single blanks
	lead   int       // where that of the comment that begins the file ends in it
	header int       // where the first comment does: the lead goes on over empty lines
}

// headReader reads a head, line by line.
type headReader struct {
	head
	prose   strings.Builder
	leading bool            // all so far is comment
	field   bool            // the value of a field for the licence is in the next comment line
	open    bool            // that of an assignment is in the next line
	below   strings.Builder // the comment below the head that is being read
}

// readHead reads what a file says: its SPDX tags to the end, its prose in the first
// lines and the comment that begins it. What stands between REUSE-IgnoreStart and
// REUSE-IgnoreEnd says nothing (REUSE 3.3).
func readHead(content []byte) head {
	h := headReader{leading: true}
	r := commentReader{rest: bytes.TrimPrefix(content, []byte("\ufeff"))}
	deep := bytes.Contains(content, []byte("SPDX-")) || bytes.Contains(content, []byte("terms of the ")) ||
		bytes.Contains(content, []byte("GNU "))
	ignored := false
	for n := 0; len(r.rest) > 0 && (deep || n < headLines || h.leading && n < leadLines); n++ {
		line, text, comment := r.next()
		h.leading = h.leading && (comment || strings.TrimSpace(line) == "" || n == 0 && strings.HasPrefix(line, "#!"))
		switch {
		case strings.Contains(line, "REUSE-IgnoreStart"):
			ignored = true
		case strings.Contains(line, "REUSE-IgnoreEnd"):
			ignored = false
			continue
		}
		if !ignored {
			h.read(n, line, text, comment)
		}
	}
	h.said = hear(h.prose.String())
	if h.notice.found {
		return h.head
	}
	if found, reason := h.said.restriction(); reason != "" {
		h.notice = verdict{found: true, reason: reason, detail: "its head says: " + clip(found, maxName)}
	} else if name := unlisted(h.said); name != "" {
		h.notice = verdict{found: true, reason: LicenseUnclear, detail: "its head names " + clip(name, maxName)}
	}
	return h.head
}

// read takes in the line with the number n, of which text is what a comment says.
func (h *headReader) read(n int, line, text string, comment bool) {
	if h.header == 0 && !comment {
		h.header = h.prose.Len()
	}
	if h.mark(n, line, text, comment) {
		return
	}
	if n >= headLines && !(h.leading && n < leadLines) {
		h.deeper(text, comment)
		if n >= leadLines {
			return
		}
	}
	if h.assigned(line) || !comment || n >= headLines && !h.leading {
		return
	}
	if h.field && strings.TrimSpace(text) != "" {
		h.license(text)
		h.field = false
	}
	if m := licenseField.FindStringSubmatch(text); m != nil {
		if h.field = strings.TrimSpace(m[1]) == ""; !h.field {
			h.license(m[1])
		}
	}
	text = strings.Join(strings.Fields(text), " ")
	if reason := inFewWords(text, h.leading); reason != "" && !h.notice.found {
		h.notice = verdict{found: true, reason: reason, detail: "its head says: " + clip(text, maxName)}
	}
	h.prose.WriteString(text)
	h.prose.WriteByte(' ')
	if h.leading {
		h.lead = h.prose.Len()
	}
}

// mark takes in the SPDX tag of a line, and reports whether the line is one.
func (h *headReader) mark(n int, line, text string, comment bool) bool {
	if !strings.Contains(strings.ToLower(line), "spdx") {
		return false
	}
	if !comment {
		// It may stand in a string: what permits is not believed.
		if m := markBehind.FindStringSubmatch(line); m != nil {
			if v := mark(m[1]); v.reason == LicenseNotPermissive {
				h.marks = append(h.marks, v)
			}
		}
		return false
	}
	m := ownMark.FindStringSubmatch(text)
	if m == nil && n < headLines {
		m = spdxMark.FindStringSubmatch(text)
	}
	if m != nil {
		h.marks = append(h.marks, mark(m[1]))
	}
	return m != nil
}

// assigned takes in an assignment that tells a program the licence, and reports whether
// the line is one.
func (h *headReader) assigned(line string) bool {
	if h.open {
		if m := quotedValue.FindStringSubmatch(line); m != nil {
			h.license(m[1])
		}
		h.open = false
	}
	if !strings.Contains(line, "__") && !strings.Contains(line, "LICEN") {
		return false
	}
	h.open = dunderOpen.MatchString(line)
	m := dunder.FindStringSubmatch(line)
	if m != nil {
		h.license(m[1] + m[2])
	}
	return m != nil
}

// deeper looks for a strong notice in a comment below the head.
func (h *headReader) deeper(text string, comment bool) {
	if !comment || h.below.Len() >= 4096 {
		h.below.Reset()
		return
	}
	h.below.WriteString(strings.Join(strings.Fields(text), " "))
	h.below.WriteByte(' ')
	if h.notice.found || !hasAny(strings.ToLower(text), strongEnds) {
		return
	}
	said := hear(h.below.String())
	if at := strong.find(said); at != nil && !offersChoice.match(said) {
		h.notice = verdict{found: true, reason: LicenseNotPermissive,
			detail: "a comment in it says: " + said.text[at[0]:at[1]]}
	}
}

// license takes in the value of a field for the licence. Only what forbids is kept: a
// permissive name says no more than the licence of the archive does.
func (h *headReader) license(value string) {
	value = strings.Join(strings.Fields(value), " ")
	v := statement(value)
	if !v.found && fieldName.MatchString(value) && !offersChoice.match(hear(value)) {
		v = refuses()
	}
	if v.reason != "" && !h.notice.found {
		v.detail = "its head says: license " + clip(value, maxName)
		h.notice = v
	}
}

// conjunction joins verdicts that all hold; the first refusal stands, with all that is
// known of the expression.
func conjunction(all []verdict) verdict {
	var kept []expression
	var refused verdict
	chose := false
	for _, v := range all {
		chose = chose || v.chose
		if !v.found {
			continue
		}
		if v.reason != "" && refused.reason == "" {
			refused = v
		}
		if v.expr.String() != "" {
			kept = append(kept, v.expr)
		}
	}
	e := expression{}
	if len(kept) > 0 {
		e = join("AND", kept...)
	}
	if refused.found {
		refused.expr = e
		return refused
	}
	return verdict{found: len(kept) > 0, expr: e, chose: chose}
}
