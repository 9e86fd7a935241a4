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
	dunder = regexp.MustCompile(`^(?:__licen[cs]es?__|__copyright__|LICEN[CS]E)\s*(?::\s*[\w.\[\]]+\s*)?=\s*[(\[]?\s*[rRuUbBfF]*["']+([^"']+)|^\s*MODULE_LICENSE\s*\(\s*"([^"]+)"`)

	// dunderOpen is one whose value follows in the next line.
	dunderOpen  = regexp.MustCompile(`^(?:__licen[cs]es?__|__copyright__)\s*(?::\s*[\w.\[\]]+\s*)?=\s*[(\[\\]\s*$`)
	quotedValue = regexp.MustCompile(`^\s*[rRuUbBfF]*["']+([^"']+)`)

	// licenseField matches a comment line that is a field for the licence: ":license:",
	// "@license", "License: ".
	licenseField = regexp.MustCompile(`(?i)^[^\w(]*(?:the )?(?:licen[cs]ed?|licensing|copying|lizenz|licencia|licenza)\b(?: (?:type|name|identifier|info|is|under))*[\s:=-]*(.*)$`)

	// fieldName matches the value of a field that begins with the name of a licence.
	fieldName = regexp.MustCompile(`(?i)^\W*(?:(?:is|under|the|an?|terms|of|with|to|by|as) )*(?:` + short + `\b|proprietary|commercial|private|closed|custom|dual (?:MPL|commercial)|see (?:the )?EULA|EULA|contact|(?:Commons|PolyForm|Elastic|Business Source)\b|all rights reserved|non-?commercial|unlicensed|none\b)`)

	// strong matches the notices that count below the head too: grants under the GNU
	// licences as the FSF words them, and MPL's.
	strong = regexp.MustCompile(`(?i)\b(?:under|of) the terms of the GNU (?:(?:Lesser|Library|Affero) )?(?:General|Affero|Lesser|Library)|\bsubject to the terms of the Mozilla Public`)
)

// head is what a file says of its licence.
type head struct {
	marks  []verdict // SPDX tags, those of snippets too
	notice verdict   // prose and fields that forbid
	said   string    // the prose, in single blanks
	lead   string    // that of the comment that begins the file
}

// readHead reads what a file says: its SPDX tags to the end, its prose in the first
// lines and the comment that begins it. What stands between REUSE-IgnoreStart and
// REUSE-IgnoreEnd says nothing (REUSE 3.3).
func readHead(content []byte) head {
	var h head
	var said, lead strings.Builder
	r := commentReader{rest: bytes.TrimPrefix(content, []byte("\ufeff"))}
	leading, ignored, field, open := true, false, false, false
	deep := bytes.Contains(content, []byte("SPDX-")) || bytes.Contains(content, []byte("terms of the ")) || bytes.Contains(content, []byte("GNU "))
	var below strings.Builder // the comment below the head that is being read
	for n := 0; len(r.rest) > 0 && (deep || n < headLines || leading && n < leadLines); n++ {
		line, text, comment := r.next()
		leading = leading && (comment || strings.TrimSpace(line) == "" || n == 0 && strings.HasPrefix(line, "#!"))
		switch {
		case strings.Contains(line, "REUSE-IgnoreStart"):
			ignored = true
		case strings.Contains(line, "REUSE-IgnoreEnd"):
			ignored = false
			continue
		}
		if ignored {
			continue
		}
		if comment && strings.Contains(strings.ToLower(text), "spdx") {
			m := ownMark.FindStringSubmatch(text)
			if m == nil && n < headLines {
				m = spdxMark.FindStringSubmatch(text)
			}
			if m != nil {
				h.marks = append(h.marks, mark(m[1]))
				continue
			}
		}
		if m := markBehind.FindStringSubmatch(line); !comment && m != nil {
			// It may stand in a string: what permits is not believed.
			if v := mark(m[1]); v.reason == LicenseNotPermissive {
				h.marks = append(h.marks, v)
			}
		}
		if n >= headLines && !(leading && n < leadLines) {
			h.deeper(&below, text, comment)
			if n >= leadLines {
				continue
			}
		}
		if m := quotedValue.FindStringSubmatch(line); open && m != nil {
			h.field(m[1])
		}
		open = dunderOpen.MatchString(line)
		if m := dunder.FindStringSubmatch(line); m != nil {
			h.field(m[1] + m[2])
			continue
		}
		if !comment || n >= headLines && !leading {
			continue
		}
		if field && strings.TrimSpace(text) != "" {
			h.field(text)
			field = false
		}
		if m := licenseField.FindStringSubmatch(text); m != nil {
			if field = strings.TrimSpace(m[1]) == ""; !field {
				h.field(m[1])
			}
		}
		text = strings.Join(strings.Fields(text), " ")
		if reason := inFewWords(text, leading); reason != "" && !h.notice.found {
			h.notice = verdict{found: true, reason: reason, detail: "its head says: " + clip(text, maxName)}
		}
		said.WriteString(text)
		said.WriteByte(' ')
		if leading {
			lead.WriteString(text)
			lead.WriteByte(' ')
		}
	}
	h.said, h.lead = said.String(), lead.String()
	if !h.notice.found {
		if found, reason := restriction(h.said); reason != "" {
			h.notice = verdict{found: true, reason: reason, detail: "its head says: " + clip(found, maxName)}
		} else if name := unlisted(h.said); name != "" {
			h.notice = verdict{found: true, reason: LicenseUnclear, detail: "its head names " + clip(name, maxName)}
		}
	}
	return h
}

// deeper looks for a strong notice in a comment below the head.
func (h *head) deeper(below *strings.Builder, text string, comment bool) {
	if comment && below.Len() < 4096 {
		below.WriteString(strings.Join(strings.Fields(text), " "))
		below.WriteByte(' ')
		if h.notice.found || !strong.MatchString(below.String()) || offersChoice.MatchString(below.String()) {
			return
		}
		h.notice = verdict{found: true, reason: LicenseNotPermissive, detail: "a comment in it says: " + strong.FindString(below.String())}
		return
	}
	below.Reset()
}

// field takes in the value of a field for the licence. Only what forbids is kept: a
// permissive name says no more than the licence of the archive does.
func (h *head) field(value string) {
	value = strings.Join(strings.Fields(value), " ")
	v := statement(value)
	if !v.found && fieldName.MatchString(value) && !offersChoice.MatchString(value) {
		v = refuses()
	}
	if v.reason != "" && !h.notice.found {
		v.detail = "its head says: license " + clip(value, maxName)
		h.notice = v
	}
}

// mark joins the SPDX tags: all of them hold.
func (h *head) mark() verdict { return conjunction(h.marks) }

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
