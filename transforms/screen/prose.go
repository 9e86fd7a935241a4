package screen

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// prose returns the reader of a file in which a project may tell its licence in a
// sentence: it can refuse, and never permits, but for the choice that licence files beside
// it offer.
func prose(base string) func([]byte) manifest {
	stem := strings.ToLower(base)
	if ext := path.Ext(stem); slices.Contains(textExtensions, ext) {
		stem = strings.TrimSuffix(stem, ext)
	}
	switch stem {
	case "readme":
		return alone(readReadme)
	case "copyright", "licensing":
		return alone(func(data []byte) verdict { return refusedBy(string(data)) })
	}
	return nil
}

var (
	// licenseHeading matches the heading of a section about the licence, in Markdown, in
	// reStructuredText (with its line below), or as a field.
	licenseHeading = regexp.MustCompile(`(?i)^(?:#+ *)?(?:\d+\. *)?(?:licen[cs]e|licensing|licen[cs]e and copyright` +
		`|copyright and licen[cs]e)\W*$`)
	licenseLine  = regexp.MustCompile(`(?i)^[*\s]*licen[cs]e\s*:\s*(.+)$`)
	licenseBadge = regexp.MustCompile(`(?i)!\[licen[cs]e[: -]*([^\]]*)\]`)
	underline    = regexp.MustCompile(`^(?:={3,}|-{3,}|~{3,}|\^{3,})$`)
	anyHeading   = regexp.MustCompile(`^#+ `)
)

// maxSection is how much of a section about the licence is read: its first paragraph tells
// the project's own, later ones those of others.
const maxSection = 6

// readReadme reads the section about the licence, and what a badge says of it.
func readReadme(data []byte) verdict {
	left, begun := 0, false
	var said []string
	for line := range strings.Lines(string(data)) {
		line = strings.TrimSpace(line)
		if m := licenseBadge.FindStringSubmatch(line); m != nil {
			if v := statement(m[1]); v.reason != "" {
				return v
			}
		}
		switch m := licenseLine.FindStringSubmatch(line); {
		case m != nil:
			if v := statement(m[1]); v.reason != "" {
				return v
			}
		case licenseHeading.MatchString(line):
			left, begun = maxSection, false
		case left == 0 || underline.MatchString(line):
		case anyHeading.MatchString(line), line == "" && begun:
			left = 0
		case line != "":
			said, begun = append(said, line), true
			left--
		}
	}
	return refusedBy(strings.Join(said, " "))
}

func refusedBy(text string) verdict {
	said := hear(strings.Join(strings.Fields(text), " "))
	if found, reason := said.restriction(); reason != "" {
		return verdict{found: true, reason: reason, detail: "says " + clip(found, maxName)}
	}
	return verdict{chose: offersChoice.match(said)}
}
