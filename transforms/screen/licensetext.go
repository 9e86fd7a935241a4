package screen

import (
	"cmp"
	"fmt"
	"path"
	"regexp"
	"strings"

	"decoy/schemas/spdx"
)

// verdict is what one licence file says.
func (f licenseFile) verdict() verdict {
	name := path.Base(f.path)
	if f.lost != "" {
		return verdict{found: true, reason: LicenseUnclear, detail: fmt.Sprintf(
			"%s: a link to %s, which the archive does not hold", name, clip(f.lost, 80))}
	}
	if f.text.percent < MinCoverage && f.text.beside != "" || len(f.text.ids) == 0 {
		return verdict{found: true, reason: LicenseUnclear, detail: fmt.Sprintf(
			"%s: %.0f %% of the text are a known licence (%s), %d %% are needed",
			name, f.text.percent, cmp.Or(strings.Join(f.text.ids, ", "), "none"), MinCoverage)}
	}
	var parts []expression
	for _, name := range f.text.ids {
		parts = append(parts, id(name))
	}
	e := join("AND", parts...)
	kept, ok := permissive(e)
	switch {
	case !ok:
		return verdict{found: true, expr: listed(e), reason: LicenseNotPermissive,
			detail: name + ": " + clip(e.String(), 200)}
	case f.text.beside != "":
		return verdict{found: true, reason: LicenseRestricted,
			detail: name + " says beside " + clip(e.String(), 100) + ": " + clip(f.text.beside, maxName)}
	}
	return verdict{found: true, expr: kept}
}

// listed is an expression of licensecheck's ids with those that SPDX does not have as
// references.
func listed(e expression) expression {
	if e.Op == "" {
		if written, ok := spdx.Known(e.ID); ok {
			return id(written)
		}
		return id("LicenseRef-" + notOfReference.ReplaceAllString(e.ID, "-"))
	}
	var parts []expression
	for _, p := range e.Parts {
		parts = append(parts, listed(p))
	}
	return join(e.Op, parts...)
}

var notOfReference = regexp.MustCompile(`[^A-Za-z0-9.-]+`)
