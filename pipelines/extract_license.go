package pipelines

import (
	"cmp"
	"slices"
	"strings"

	"decoy/transforms/screen"
)

// statedLicense answers for a file of rows, whose data set states a licence: an SPDX
// expression, or texts that package rows did not understand, one a line. All of them
// hold, so one that forbids decides, and else one that is unclear.
func statedLicense(stated string) func(path string, data []byte) (license, reason, detail string) {
	var all []*screen.Licenses
	for line := range strings.SplitSeq(stated, "\n") {
		all = append(all, screen.Stated(line))
	}
	if len(all) == 1 {
		return all[0].For
	}
	return func(path string, data []byte) (license, reason, detail string) {
		var kept []string
		for _, l := range all {
			one, why, text := l.For(path, data)
			switch {
			case why == screen.LicenseNotPermissive:
				return "", why, text
			case why != "":
				reason, detail = cmp.Or(reason, why), cmp.Or(detail, text)
			default:
				if strings.Contains(one, " ") {
					one = "(" + one + ")"
				}
				kept = append(kept, one)
			}
		}
		if reason != "" {
			return "", reason, detail
		}
		slices.Sort(kept)
		return strings.Join(slices.Compact(kept), " AND "), "", ""
	}
}
