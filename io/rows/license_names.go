package rows

import (
	"regexp"
	"slices"
	"strings"
)

// maxUnclear bounds the texts of a list that is not understood, maxLicenseText each.
const (
	maxUnclear     = 20
	maxLicenseText = 200
)

var (
	printedList = regexp.MustCompile(`^\[(.*)\]$`)
	listed      = regexp.MustCompile(`'([^']*)'|"([^"]*)"|([^,\s'"][^,'"]*)`)
	between     = regexp.MustCompile(`\s*[,;]\s*`)
	nameWord    = regexp.MustCompile(`[a-z0-9.+*]+`)
	vNumber     = regexp.MustCompile(`^v[0-9]`)
)

// statements are the licences that one text of a data set names: a list may have been
// printed into it. What stands for nothing, as None does, is none.
func statements(text string) []string {
	text = strings.Join(strings.Fields(strings.ToValidUTF8(text, "\ufffd")), " ")
	if m := printedList.FindStringSubmatch(text); m != nil {
		var out []string
		for _, item := range listed.FindAllStringSubmatch(m[1], -1) {
			out = append(out, statements(item[1]+item[2]+item[3])...)
		}
		return out
	}
	switch strings.ToLower(text) {
	case "", "none", "null", "nan", "n/a", "no_license", "no license", "no-license":
		return nil
	}
	if at := strings.LastIndex(text, "::"); at >= 0 && strings.HasPrefix(text, "License ::") {
		text = strings.TrimSpace(text[at+2:]) // a classifier of PyPI
	}
	if known(text) == "" {
		parts := between.Split(text, -1)
		if len(parts) > 1 && !slices.ContainsFunc(parts, func(p string) bool { return known(p) == "" }) {
			return parts
		}
	}
	if len(text) > maxLicenseText {
		text = strings.ToValidUTF8(text[:maxLicenseText], "") + "…"
	}
	return []string{text}
}

// known is the SPDX expression of a text that is one, or a usual name, else "".
func known(text string) string {
	if e := parseLicense(text); e != "" {
		return e
	}
	if len(text) > maxLicenseText || strings.Count(text, "(") != strings.Count(text, ")") {
		return ""
	}
	var words []string
	for _, w := range nameWord.FindAllString(strings.ToLower(text), -1) {
		switch w {
		case "the", "a", "license", "licence", "licensed", "under", "software", "version", "ver", "v", ".":
			continue
		}
		if vNumber.MatchString(w) {
			w = w[1:]
		}
		words = append(words, strings.TrimSuffix(w, ".0"))
	}
	if half := len(words) / 2; len(words)%2 == 0 && slices.Equal(words[:half], words[half:]) { // MIT License (MIT)
		words = words[:half]
	}
	return licenseNames[strings.Join(words, " ")]
}

// licenseNames are SPDX ids by the words of a name in lower case, without those that
// every name has and without ".0". They are the names of GitHub's licences, as its
// interface and BigQuery's github_repos give them, of PyPI's classifiers, and what
// people write in manifests. Names that leave a licence open, as BSD and Apache
// without a number do, are not here.
var licenseNames = map[string]string{
	"mit": "MIT", "expat": "MIT", "mit expat": "MIT", "mit no attribution": "MIT-0",
	"apache 2": "Apache-2.0", "apache2": "Apache-2.0", "apache2.0": "Apache-2.0", "apachev2": "Apache-2.0", "asl 2": "Apache-2.0",
	"bsd 3 clause": "BSD-3-Clause", "bsd 3": "BSD-3-Clause", "bsd3": "BSD-3-Clause", "3 clause bsd": "BSD-3-Clause",
	"new bsd": "BSD-3-Clause", "modified bsd": "BSD-3-Clause", "revised bsd": "BSD-3-Clause",
	"bsd 3 clause new or revised": "BSD-3-Clause", "bsd 3 clause clear": "BSD-3-Clause-Clear",
	"bsd 2 clause": "BSD-2-Clause", "bsd 2": "BSD-2-Clause", "bsd2": "BSD-2-Clause", "2 clause bsd": "BSD-2-Clause",
	"simplified bsd": "BSD-2-Clause", "freebsd": "BSD-2-Clause", "bsd 2 clause simplified": "BSD-2-Clause",
	"bsd 4 clause original or old": "BSD-4-Clause", "bsd 4 clause": "BSD-4-Clause", "bsd zero clause": "0BSD", "zero clause bsd": "0BSD",
	"isc": "ISC", "isc iscl": "ISC", "zlib": "Zlib", "zlib libpng": "Zlib", "unlicense": "Unlicense", "unlicense unlicense": "Unlicense",
	"boost 1": "BSL-1.0", "boost": "BSL-1.0", "boost 1.0 bsl 1": "BSL-1.0",
	"creative commons zero 1.0 universal": "CC0-1.0", "creative commons zero 1 universal": "CC0-1.0", "cc0": "CC0-1.0", "cc0 1": "CC0-1.0", "cc0 1 universal": "CC0-1.0",
	"creative commons attribution 4 international":             "CC-BY-4.0",
	"creative commons attribution share alike 4 international": "CC-BY-SA-4.0",
	"university of illinois ncsa open source":                  "NCSA", "universal permissive 1": "UPL-1.0", "postgresql": "PostgreSQL",
	"academic free 3": "AFL-3.0", "artistic 2": "Artistic-2.0", "educational community 2": "ECL-2.0", "microsoft public": "MS-PL",
	"do what f*ck you want to public": "WTFPL", "wtfpl": "WTFPL", "open 3": "OSL-3.0", "sil open font 1.1": "OFL-1.1",
	"gpl 2": "GPL-2.0", "gplv2": "GPL-2.0", "gpl2": "GPL-2.0", "gnu gpl 2": "GPL-2.0", "gnu general public 2": "GPL-2.0", "gnu gplv2": "GPL-2.0",
	"gpl 3": "GPL-3.0", "gplv3": "GPL-3.0", "gpl3": "GPL-3.0", "gnu gpl 3": "GPL-3.0", "gnu general public 3": "GPL-3.0", "gnu gplv3": "GPL-3.0",
	"gnu general public 2 gplv2": "GPL-2.0", "gnu general public 3 gplv3": "GPL-3.0",
	"gnu lesser general public 2.1": "LGPL-2.1", "lgpl 2.1": "LGPL-2.1", "lgplv2.1": "LGPL-2.1",
	"gnu lesser general public 3": "LGPL-3.0", "lgpl 3": "LGPL-3.0", "lgplv3": "LGPL-3.0", "gnu lesser general public 3 lgplv3": "LGPL-3.0",
	"gnu affero general public 3": "AGPL-3.0", "agpl 3": "AGPL-3.0", "agplv3": "AGPL-3.0", "gnu affero general public 3 agplv3": "AGPL-3.0",
	"mozilla public 2": "MPL-2.0", "mpl 2": "MPL-2.0", "mozilla public 2 mpl 2": "MPL-2.0", "mpl2": "MPL-2.0",
	"eclipse public 1": "EPL-1.0", "eclipse public 2": "EPL-2.0", "epl 1": "EPL-1.0", "epl 2": "EPL-2.0", "european union public 1.2": "EUPL-1.2",
}
