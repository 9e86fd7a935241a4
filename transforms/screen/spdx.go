package screen

import (
	"regexp"
	"slices"
	"strings"

	"decoy/schemas/spdx"
)

// Permissive lists the SPDX ids whose text may be trained on, in the order in
// which an offered choice is written: of those that the OSI or the Blue Oak Council
// list as permissive, the ones that ask for no more than their own text and notice.
var Permissive = []string{
	"MIT", "Apache-2.0", "BSD-2-Clause", "BSD-3-Clause", "ISC", "Zlib", "Unlicense", "0BSD", "BSL-1.0",
	"MIT-0", "MIT-CMU", "X11", "BSD-1-Clause", "BSD-2-Clause-Patent", "BSD-2-Clause-Views", "BlueOak-1.0.0",
	"CC0-1.0", "curl", "FTL", "HPND", "ICU", "Libpng", "libpng-2.0", "NCSA", "NTP", "PostgreSQL", "PSF-2.0",
	"Python-2.0", "TCL", "Unicode-3.0", "Unicode-DFS-2015", "Unicode-DFS-2016", "UPL-1.0", "WTFPL",
	"bzip2-1.0.6",
}

// Unknown is the licence of a file, where any is taken, of which nothing is known.
const Unknown = "LicenseRef-unknown"

// expression is an SPDX licence expression.
type expression = spdx.Expression

func id(name string) expression { return spdx.ID(name) }

func join(op string, parts ...expression) expression { return spdx.Join(op, parts...) }

// sameAs are deprecated ids of the text of another one.
var sameAs = map[string]string{"bsd-2-clause-freebsd": "BSD-2-Clause", "bsd-2-clause-netbsd": "BSD-2-Clause"}

// permissive returns the part of an expression that may be relied on: of a choice the
// permissive sides, of a conjunction all or nothing. An exception grants more than its
// licence.
func permissive(e expression) (expression, bool) {
	var kept []expression
	switch e.Op {
	case "":
		bare := strings.ToLower(strings.TrimSuffix(e.ID, "+"))
		if same := sameAs[bare]; same != "" {
			return expression{ID: same, With: e.With}, true
		}
		i := slices.IndexFunc(Permissive, func(p string) bool { return strings.EqualFold(p, bare) })
		if i < 0 {
			return expression{}, false
		}
		return expression{ID: Permissive[i], With: e.With}, true
	case "AND":
		for _, p := range e.Parts {
			k, ok := permissive(p)
			if !ok {
				return expression{}, false
			}
			kept = append(kept, k)
		}
		return join("AND", kept...), true
	}
	for _, p := range e.Parts {
		if k, ok := permissive(p); ok {
			kept = append(kept, k)
		}
	}
	if len(kept) == 0 {
		return expression{}, false
	}
	return join("OR", kept...), true
}

// IsPermissive reports whether an SPDX expression asks for nothing that permissive
// licences do not.
func IsPermissive(expression string) bool {
	e, err := spdx.Parse(expression)
	if err != nil {
		return false
	}
	kept, ok := permissive(e)
	return ok && kept.String() == e.String()
}

var (
	// markEnd matches what closes the comment around a mark.
	markEnd = regexp.MustCompile(`\*+/|-->|"""|'''|\*\)|#\}|%>`)

	// markTail matches what people write behind an expression in its line.
	markTail = regexp.MustCompile(`(?i),?\s+(copyright\b|©|\(c\)|spdx-|https?://|\(?see\b|//|#).*$`)
)

// mark is the verdict on the text behind "SPDX-License-Identifier:". What is neither an
// expression nor the names of licences is unclear.
func mark(text string) verdict {
	if at := markEnd.FindStringIndex(text); at != nil {
		text = text[:at[0]]
	}
	text = strings.Trim(text, " \t\r.,;\"'`*")
	for _, t := range []string{text, strings.Trim(markTail.ReplaceAllString(text, ""), " \t.,;\"'`")} {
		if e, err := spdx.Parse(t); err == nil {
			return judge(e, "SPDX-License-Identifier: "+clip(e.String(), maxName))
		}
	}
	if v := statement(text); v.found && strings.Count(text, "(") == strings.Count(text, ")") {
		v.detail = "SPDX-License-Identifier: " + clip(text, maxName)
		v.chose = false // words are not trusted so far that prose would not count
		return v.trimmed()
	}
	_, err := spdx.Parse(text)
	return verdict{found: true, reason: LicenseUnclear,
		detail: "SPDX-License-Identifier " + clip(text, 80) + ": " + err.Error()}
}

// judge is the verdict on an expression; detail is what a refusal says.
func judge(e expression, detail string) verdict {
	if kept, ok := permissive(e); ok {
		return verdict{found: true, expr: kept, chose: kept.String() != e.String()}
	}
	return verdict{found: true, expr: e, reason: LicenseNotPermissive, detail: detail}
}

// trimmed is a verdict without the detail that only a refusal has.
func (v verdict) trimmed() verdict {
	if v.reason == "" {
		v.detail = ""
	}
	return v
}
