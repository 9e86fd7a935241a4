package card

import (
	"slices"
	"strings"
)

// hubIDs are the Hub's identifiers of the licences that rows can have.
var hubIDs = map[string]string{
	"MIT": "mit", "Apache-2.0": "apache-2.0", "BSD-2-Clause": "bsd-2-clause", "BSD-3-Clause": "bsd-3-clause",
	"ISC": "isc", "Zlib": "zlib", "Unlicense": "unlicense", "BSL-1.0": "bsl-1.0",
}

// hubLicenses lists the Hub's identifiers of all licences in SPDX expressions,
// sorted, "other" last. Where files were taken on somebody's word it is "other" alone.
func hubLicenses(d Data) []string {
	if d.OwnTerms {
		return []string{"other"}
	}
	out := []string{}
	other := false
	for _, l := range d.Licenses {
		words := strings.FieldsFunc(l.Name, func(r rune) bool { return r == '(' || r == ')' || r == ' ' })
		for i := 0; i < len(words); i++ {
			switch w := words[i]; strings.ToUpper(w) {
			case "AND", "OR":
			case "WITH": // an exception only adds permissions
				i++
			default:
				if id, ok := hubIDs[w]; ok {
					out = append(out, id)
				} else {
					other = true
				}
			}
		}
	}
	slices.Sort(out)
	out = slices.Compact(out)
	if other || len(out) == 0 {
		out = append(out, "other")
	}
	return out
}
