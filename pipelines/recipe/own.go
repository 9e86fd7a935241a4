package recipe

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"decoy/io/archives"
	"decoy/schemas/spdx"
)

// Words of extract.licenses.
const (
	licensesPermissive = "permissive" // files under permissive licences alone
	LicensesAny        = "any"        // all files; what is found is recorded
)

// OwnTerms reports whether the recipe takes files on the word of the user and not of
// their licences: such an export claims no permissive terms.
func (r *Recipe) OwnTerms() bool {
	return r.Extract.Licenses == LicensesAny || slices.ContainsFunc(slices.Collect(maps.Values(r.Identities)),
		func(i archives.Identity) bool { return i.License != "" })
}

// checkIdentities checks the licences that a recipe states for archives.
func (r *Recipe) checkIdentities(bad func(string, ...any)) {
	for _, name := range slices.SortedFunc(maps.Keys(r.Identities), cmp.Compare) {
		license := r.Identities[name].License
		if license == "" {
			continue
		}
		if _, err := spdx.Parse(license); err != nil {
			bad("identities[%s].license: %w; write an SPDX expression such as Apache-2.0, or a name of your own such "+
				"as LicenseRef-own", name, fmt.Errorf("%q: %w", license, err))
		}
	}
}
