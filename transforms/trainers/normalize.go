package trainers

import (
	"slices"
	"strings"

	"decoy/schemas"
)

const bom = "\ufeff"

var lineFeeds = strings.NewReplacer("\r\n", "\n", "\r", "\n")

// Normalize gives a row LF line ends and drops a byte order mark. Records of the
// stages hold a file's own bytes; a model should not learn one project's line ends.
//
// It changes a file's text to the same one whichever side of a pair stands in it.
// A CRLF that a span cuts in two goes to the middle at its start and to the suffix
// at its end, where it was the end of the line and not of the span.
func Normalize(r schemas.Row) schemas.Row {
	middles := []*string{&r.Chosen}
	if r.Rejected != nil {
		rejected := *r.Rejected
		r.Rejected = &rejected
		middles = append(middles, r.Rejected)
	}
	r.Prefix = dropBOM(r.Prefix, middles)
	if strings.HasSuffix(r.Prefix, "\r") && has(middles, func(m string) bool { return strings.HasPrefix(m, "\n") }) {
		r.Prefix = strings.TrimSuffix(r.Prefix, "\r")
		for _, m := range middles {
			*m = "\r" + *m
		}
	}
	if strings.HasPrefix(r.Suffix, "\n") {
		if has(middles, func(m string) bool { return m == "\r" }) { // it must not become empty
			r.Suffix = r.Suffix[1:]
			for _, m := range middles {
				*m += "\n"
			}
		}
		for _, m := range middles {
			*m = strings.TrimSuffix(*m, "\r")
		}
	}
	r.Prefix, r.Suffix = lineFeeds.Replace(r.Prefix), lineFeeds.Replace(r.Suffix)
	for _, m := range middles {
		*m = lineFeeds.Replace(*m)
	}
	return r
}

// dropBOM drops the mark from the start of the window, which is in the middles if
// the prefix is empty. A middle that is nothing else keeps it: it must not become
// empty.
func dropBOM(prefix string, middles []*string) string {
	if prefix != "" {
		return strings.TrimPrefix(prefix, bom)
	}
	if has(middles, func(m string) bool { return m == bom }) {
		return prefix
	}
	for _, m := range middles {
		*m = strings.TrimPrefix(*m, bom)
	}
	return prefix
}

func has(middles []*string, what func(string) bool) bool {
	return slices.ContainsFunc(middles, func(m *string) bool { return what(*m) })
}
