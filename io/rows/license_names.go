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
// every name has and without ".0"; here each id has its names. They are the names of GitHub's licences, as its
// interface and BigQuery's github_repos give them, of PyPI's classifiers, and what
// people write in manifests. Names that leave a licence open, as BSD and Apache
// without a number do, are not here.
var licenseNames = byName(map[string]string{
	"MIT":        "mit|expat|mit expat",
	"MIT-0":      "mit no attribution",
	"Apache-2.0": "apache 2|apache2|apache2.0|apachev2|asl 2",
	"BSD-3-Clause": "bsd 3 clause|bsd 3|bsd3|3 clause bsd|new bsd|modified bsd|revised bsd" +
		"|bsd 3 clause new or revised",
	"BSD-3-Clause-Clear": "bsd 3 clause clear",
	"BSD-2-Clause":       "bsd 2 clause|bsd 2|bsd2|2 clause bsd|simplified bsd|freebsd|bsd 2 clause simplified",
	"BSD-4-Clause":       "bsd 4 clause original or old|bsd 4 clause",
	"0BSD":               "bsd zero clause|zero clause bsd",
	"ISC":                "isc|isc iscl",
	"Zlib":               "zlib|zlib libpng",
	"Unlicense":          "unlicense|unlicense unlicense",
	"BSL-1.0":            "boost 1|boost|boost 1.0 bsl 1",
	"CC0-1.0": "creative commons zero 1.0 universal|creative commons zero 1 universal|cc0|cc0 1" +
		"|cc0 1 universal",
	"CC-BY-4.0":    "creative commons attribution 4 international",
	"CC-BY-SA-4.0": "creative commons attribution share alike 4 international",
	"NCSA":         "university of illinois ncsa open source",
	"UPL-1.0":      "universal permissive 1",
	"PostgreSQL":   "postgresql",
	"AFL-3.0":      "academic free 3",
	"Artistic-2.0": "artistic 2",
	"ECL-2.0":      "educational community 2",
	"MS-PL":        "microsoft public",
	"WTFPL":        "do what f*ck you want to public|wtfpl",
	"OSL-3.0":      "open 3",
	"OFL-1.1":      "sil open font 1.1",
	"GPL-2.0":      "gpl 2|gplv2|gpl2|gnu gpl 2|gnu general public 2|gnu gplv2|gnu general public 2 gplv2",
	"GPL-3.0":      "gpl 3|gplv3|gpl3|gnu gpl 3|gnu general public 3|gnu gplv3|gnu general public 3 gplv3",
	"LGPL-2.1":     "gnu lesser general public 2.1|lgpl 2.1|lgplv2.1",
	"LGPL-3.0":     "gnu lesser general public 3|lgpl 3|lgplv3|gnu lesser general public 3 lgplv3",
	"AGPL-3.0":     "gnu affero general public 3|agpl 3|agplv3|gnu affero general public 3 agplv3",
	"MPL-2.0":      "mozilla public 2|mpl 2|mozilla public 2 mpl 2|mpl2",
	"EPL-1.0":      "eclipse public 1|epl 1",
	"EPL-2.0":      "eclipse public 2|epl 2",
	"EUPL-1.2":     "european union public 1.2",
})

// byName turns names, which stand between bars, into keys.
func byName(names map[string]string) map[string]string {
	ids := map[string]string{}
	for id, all := range names {
		for name := range strings.SplitSeq(all, "|") {
			ids[name] = id
		}
	}
	return ids
}
