package screen

import (
	"path"
	"regexp"
	"slices"
	"strings"
)

// ownPrefixes may stand before the word in the name of a licence of the source
// itself; check-license is a script.
var ownPrefixes = []string{"code", "project", "software", "source"}

var (
	// licenseName splits the name of a licence file, without a text extension, into
	// what stands before and behind the word: MIT-LICENSE, LICENSE-MIT, COPYING.LESSER.
	licenseName = regexp.MustCompile(`^(?:([a-z0-9.+]+)[-_. ])?((?:un)?licen[cs]es?|copying)(?:[-_. ](.+))?$`)

	// namedLicense matches a variant that is the name of a licence, so that two such
	// files in a folder are a choice.
	namedLicense = regexp.MustCompile(`^(mit|x11|expat|apache|asl|bsd|isc|zlib|boost|bsl|unlicense|0bsd|cc0|ncsa` +
		`|[al]?gpl|mpl|epl|cddl|eupl|artistic|wtfpl|mulan|upl)([-_. v0-9]|$)`)

	// namedForbidding matches the lower name of a file for a licence that asks for more than
	// permissive ones do, or may: the Business Source License is called as Boost's is.
	namedForbidding = regexp.MustCompile(`(?:^|[-_. ])(?:bsl|[al]?gpl|mpl|epl|cddl|eupl|artistic)(?:[-_. v0-9]|$)`)

	// textOfForbidding matches the name of a file that is named for a licence alone, one
	// that asks for more than permissive ones do.
	textOfForbidding = regexp.MustCompile(`^(?:gnu[-_. ])?(?:[al]?gpl|eupl|cddl|sspl|busl|eula` +
		`|commons[-_]clause)(?:[-_. v]*[0-9][0-9.]*)?(?:-only|-or-later)?$`)

	// aboutOthers are variants that speak of documentation or of dependencies, not
	// of the source beside them.
	aboutOthers = regexp.MustCompile(`(^|[-_. ])(docs?|documentation|fonts?|images?|artwork|third|3rd|thirdparty` +
		`|dependencies|deps|vendor|list|header|template)([-_. ]|$)`)
)

// textExtensions are those of prose.
var textExtensions = []string{".txt", ".md", ".markdown", ".rst", ".adoc", ".html", ".htm"}

// otherExtensions end names that only look like a licence's: code about licences,
// data, and REUSE's sidecars of single files.
var otherExtensions = []string{
	".c", ".cc", ".cpp", ".cs", ".css", ".csv", ".go", ".h", ".hpp", ".in", ".java", ".js", ".json", ".jsx",
	".kt", ".license", ".lre", ".lua", ".pdf", ".php", ".pl", ".png", ".proto", ".py", ".rb", ".rs", ".rtf", ".scala",
	".sh", ".spdx", ".svg", ".swift", ".tmpl", ".toml", ".ts", ".tsx", ".vue", ".xml", ".yaml", ".yml",
}

// licenseFolders at the root of an archive hold one text a file. Deeper ones are as
// often code and test inputs.
var licenseFolders = []string{"license", "licenses", "licence", "licences"}

// IsLicenseFile reports whether a path names the text of a licence of the source.
// NOTICE files, lists of third-party licences and licences of documentation are
// none.
func IsLicenseFile(filePath string) bool {
	_, _, ok := splitLicenseFile(filePath)
	return ok
}

// splitLicenseFile returns the file, the folder it speaks for, and whether it is a
// licence file at all.
func splitLicenseFile(filePath string) (f licenseFile, folder string, ok bool) {
	folder, base := path.Split(filePath)
	folder = strings.TrimSuffix(folder, "/")
	stem := strings.ToLower(base)
	if ext := path.Ext(stem); slices.Contains(textExtensions, ext) {
		stem = strings.TrimSuffix(stem, ext)
	} else if slices.Contains(otherExtensions, ext) {
		return f, "", false
	}
	f.path = filePath
	if f.listed = slices.Contains(licenseFolders, strings.ToLower(folder)); f.listed {
		return f, "", !aboutOthers.MatchString(stem) && stem != "readme" && stem != "notice"
	}
	if textOfForbidding.MatchString(stem) {
		return f, folder, true
	}
	m := licenseName.FindStringSubmatch(stem)
	if m == nil || aboutOthers.MatchString(m[3]) {
		return f, "", false
	}
	before, word, behind := m[1], m[2], m[3]
	f.named = strings.HasPrefix(word, "un") || namedLicense.MatchString(before) || namedLicense.MatchString(behind)
	return f, folder, before == "" || f.named || slices.Contains(ownPrefixes, before)
}
