package rows

import (
	"slices"
	"strings"

	"decoy/schemas/spdx"
)

// expression joins what was found in a repository: all of it holds.
func expression(found []string) string {
	var parts []string
	for _, f := range found {
		e := parseLicense(f)
		if e == "" {
			return ""
		}
		if strings.Contains(e, " ") && len(found) > 1 {
			e = "(" + e + ")"
		}
		parts = append(parts, e)
	}
	slices.Sort(parts)
	return strings.Join(slices.Compact(parts), " AND ")
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
