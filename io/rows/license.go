package rows

import (
	"slices"
	"strings"

	"decoy/schemas/spdx"
)

// expression joins what was found in a repository: all of it holds. It is an SPDX
// expression, or "" where nothing was found. Where a text is not understood it is the
// texts themselves, one a line, what is not understood first: somebody else may know
// them, and a person can read them.
func expression(found []string) string {
	var parts, unclear []string
	for _, f := range found {
		for _, text := range statements(f) {
			if e := known(text); e != "" {
				parts = append(parts, e)
			} else {
				unclear = append(unclear, text)
			}
		}
	}
	slices.Sort(parts)
	parts = slices.Compact(parts)
	if len(unclear) > 0 {
		slices.Sort(unclear)
		all := append(slices.Compact(unclear), parts...)
		if len(all) > maxUnclear {
			all = append(all[:maxUnclear], "…") // which nobody understands
		}
		return strings.Join(all, "\n")
	}
	if len(parts) > 1 {
		for i, e := range parts {
			if strings.Contains(e, " ") {
				parts[i] = "(" + e + ")"
			}
		}
		slices.Sort(parts)
	}
	return strings.Join(parts, " AND ")
}

// parseLicense returns an SPDX expression with its ids in their proper case, or "" where
// a word is not known.
func parseLicense(s string) string {
	e, err := spdx.Parse(s)
	if err != nil {
		return ""
	}
	return e.String()
}
