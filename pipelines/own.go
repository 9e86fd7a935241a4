package pipelines

import (
	"cmp"
	"fmt"
	"maps"
	"slices"

	"decoy/io/archives"
	"decoy/schemas/spdx"
	"decoy/transforms/report"
	"decoy/transforms/screen"
)

// Words of extract.licenses.
const (
	licensesPermissive = "permissive" // files under permissive licences alone
	licensesAny        = "any"        // all files; what is found is recorded
)

// ownLicenses are the sources with a licence that the recipe states, for the fingerprint.
func ownLicenses(all []archives.Source) []string {
	var out []string
	for _, s := range all {
		if s.License != "" {
			out = append(out, s.ID()+" "+s.SHA256+" "+s.License)
		}
	}
	slices.Sort(out)
	return out
}

// ownTerms reports whether the export claims no permissive terms: the recipe takes files
// on the user's word, or a row came in under another licence (the stages before may have
// been built so).
func (sum *summary) ownTerms() bool {
	return sum.b.Recipe.ownTerms() || slices.ContainsFunc(sum.licenseCounts(),
		func(c report.Count) bool { return !screen.IsPermissive(c.Name) })
}

// ownTerms reports whether the recipe takes files on the word of the user and not of
// their licences: such an export claims no permissive terms.
func (r *Recipe) ownTerms() bool {
	return r.Extract.Licenses == licensesAny || slices.ContainsFunc(slices.Collect(maps.Values(r.Identities)),
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
