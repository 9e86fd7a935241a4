package card

import (
	"slices"

	"decoy/schemas/spdx"
)

// hubIDs are the Hub's identifiers of the licences that rows can have.
var hubIDs = map[string]string{
	"MIT": "mit", "Apache-2.0": "apache-2.0", "BSD-2-Clause": "bsd-2-clause", "BSD-3-Clause": "bsd-3-clause",
	"ISC": "isc", "Zlib": "zlib", "Unlicense": "unlicense", "BSL-1.0": "bsl-1.0",
}

// hubLicenses lists the Hub's identifiers of all licences in SPDX expressions,
// sorted, "other" last. An exception (WITH) only adds permissions, and is left out.
// Where files were taken on somebody's word it is "other" alone.
func hubLicenses(d Data) []string {
	if d.OwnTerms {
		return []string{"other"}
	}
	out := []string{}
	other := false
	for _, l := range d.Licenses {
		e, err := spdx.Parse(l.Name)
		if err != nil {
			other = true
			continue
		}
		for _, id := range e.IDs() {
			if hub, ok := hubIDs[id]; ok {
				out = append(out, hub)
			} else {
				other = true
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
