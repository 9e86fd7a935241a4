package screen

import (
	"regexp"
	"slices"
	"strings"

	"decoy/schemas/spdx"
)

// maxName bounds the name of a licence in words; what is longer is a text.
const maxName = 200

// statement is what somebody wrote in the field for a licence: an SPDX expression
// to its end, the usual name of a licence, a choice of those, or the address of a
// licence's text. What is not understood is a verdict that is not found: it neither
// permits nor forbids.
func statement(text string) verdict {
	text = strings.Join(strings.Fields(text), " ")
	v := meaning(text)
	if v.reason != "" {
		v.detail = clip(text, maxName)
	}
	return v
}

var (
	// elsewhere matches statements that name the place of a licence, not the licence.
	elsewhere = regexp.MustCompile(`(?i)\b(see|refer|file)\b`)

	commaVersion = regexp.MustCompile(`(?i), *(v(?:er(?:sion)?)?\b)`)
	orBetween    = regexp.MustCompile(`(?i) or |/|\|\|`)
	andBetween   = regexp.MustCompile(`(?i) and |&&?| \+ |[,;]`)
)

func meaning(text string) verdict {
	switch {
	case text == "":
		return verdict{}
	case strings.Contains(text, "://"):
		if v := linked(text); v.found || !restrictedName.MatchString(text) {
			return v
		}
		return refuses()
	case elsewhere.MatchString(text) && refers(text) == "" && restrictedName.MatchString(text):
		return refuses()
	case elsewhere.MatchString(text):
		return verdict{}
	}
	if e, err := spdx.Parse(text); err == nil {
		return permitsOrRefuses(e)
	}
	if len(text) > maxName {
		return verdict{}
	}
	if v := named(text); v.found {
		return v
	}
	text = commaVersion.ReplaceAllString(text, " $1")
	var sides []verdict
	for _, side := range orBetween.Split(text, -1) {
		v := oneName(side)
		if parts := andBetween.Split(side, -1); !v.found && len(parts) > 1 {
			var all []verdict
			for _, part := range parts {
				all = append(all, oneName(part))
			}
			v = allOf(all)
		}
		sides = append(sides, v)
	}
	if v := anyOf(sides); v.found {
		return v
	}
	if restrictedName.MatchString(text) {
		return refuses()
	}
	return verdict{}
}

// restrictedName matches what takes back a permission in a name that is not understood
// as a whole, as in "MIT (non-commercial use)".
var restrictedName = regexp.MustCompile(`(?i)\bnon-?commercial|\bcommons[- ]clause|\b(research|academic|educational` +
	`|evaluation|personal|internal)\b.*\b(use|only|purpose)` +
	`|\b(not for|no) |^none$|\bFSL-1|\bprohibit|\brestrict|\bproprietary|\bconfidential|\bcopyleft|\bcommercial` +
	`|\beula\b|\bend[- ]user|\bsubscription|\bshareware|\bfreeware|\btrial\b|\bagreement\b|\bterms\b`)

// oneName is the verdict on the id or the usual name of one licence.
func oneName(name string) verdict {
	if e, err := spdx.Parse(strings.Trim(name, " ()")); err == nil {
		return permitsOrRefuses(e)
	}
	return named(name)
}

// permits is the verdict on what may be used; an expression that is too long to be
// read back is none.
func permits(e expression) verdict {
	if _, err := spdx.Parse(e.String()); err != nil {
		return verdict{}
	}
	return verdict{found: true, expr: e}
}

func permitsOrRefuses(e expression) verdict {
	if kept, ok := permissive(e); ok {
		v := permits(kept)
		v.chose = kept.String() != e.String()
		return v
	}
	return verdict{found: true, expr: e, reason: LicenseNotPermissive}
}

func refuses() verdict { return verdict{found: true, reason: LicenseNotPermissive} }

// anyOf is the verdict on an offered choice.
func anyOf(sides []verdict) verdict {
	var kept []expression
	chose := false
	for _, v := range sides {
		if v.found && v.reason == "" {
			kept = append(kept, v.expr)
			chose = chose || v.chose
		}
	}
	switch {
	case len(kept) > 0:
		v := permits(join("OR", kept...))
		v.chose = chose || len(kept) < len(sides)
		return v
	case len(sides) == 0 || slices.ContainsFunc(sides, func(v verdict) bool { return !v.found }):
		return verdict{}
	}
	return sides[0]
}

// allOf is the verdict on parts that all hold.
func allOf(parts []verdict) verdict {
	var kept []expression
	found, chose := len(parts) > 0, false
	for _, v := range parts {
		if v.reason != "" {
			return v
		}
		found, chose = found && v.found, chose || v.chose
		kept = append(kept, v.expr)
	}
	if !found {
		return verdict{}
	}
	v := permits(join("AND", kept...))
	v.chose = chose
	return v
}

// firstOf is the first of several statements about one thing that is understood,
// unless a later one refuses.
func firstOf(all ...verdict) verdict {
	var first verdict
	for _, v := range all {
		if v.reason != "" {
			return v
		}
		if !first.found {
			first = v
		}
	}
	return first
}

// address matches where the texts of licences are, by the name of the licence.
// licensecheck's own list has few of the spellings.
var address = regexp.MustCompile(`(?i)^https?://(?:www\.)?(?:(?:(apache)|opensource|spdx|gnu)\.org/licen[cs]es?` +
	`|licenses\.nuget\.org)/([a-z0-9.+-]+?)(?:\.txt|\.html?|\.php)?/?$`)

// linked is the verdict on the address of a licence's text.
func linked(text string) verdict {
	m := address.FindStringSubmatch(text)
	if m == nil {
		return verdict{}
	}
	name := strings.ToLower(m[2])
	if m[1] != "" {
		name = strings.Replace(name, "license", "apache", 1)
	}
	return meaning(name)
}

// permissiveNames are names in the words that nameWords leaves. A name without the
// version that decides (Apache, BSD) is not among them.
var permissiveNames = map[string]string{
	"mit": "MIT", "expat": "MIT", "mit expat": "MIT", "mit x11": "MIT",

	"apache 2.0": "Apache-2.0", "apache 2": "Apache-2.0", "apache2": "Apache-2.0", "apache2.0": "Apache-2.0",
	"apache foundation 2.0": "Apache-2.0", "asl 2.0": "Apache-2.0", "asl 2": "Apache-2.0", "asl2": "Apache-2.0",
	"apache 2.0 asl 2.0": "Apache-2.0", "asl 2.0 apache 2.0": "Apache-2.0",

	"bsd 2 clause": "BSD-2-Clause", "2 clause bsd": "BSD-2-Clause", "bsd 2": "BSD-2-Clause", "bsd2": "BSD-2-Clause",
	"simplified bsd": "BSD-2-Clause", "bsd simplified": "BSD-2-Clause", "freebsd": "BSD-2-Clause",
	"bsd 2 clause simplified": "BSD-2-Clause", "bsd 2 clause freebsd": "BSD-2-Clause",

	"bsd 3 clause": "BSD-3-Clause", "3 clause bsd": "BSD-3-Clause", "bsd 3": "BSD-3-Clause", "bsd3": "BSD-3-Clause",
	"new bsd": "BSD-3-Clause", "bsd new": "BSD-3-Clause", "revised bsd": "BSD-3-Clause", "bsd revised": "BSD-3-Clause",
	"modified bsd": "BSD-3-Clause", "bsd 3 clause new or revised": "BSD-3-Clause", "new or revised bsd": "BSD-3-Clause",
	"bsd 3 clause bsd3": "BSD-3-Clause", "eclipse distribution 1.0": "BSD-3-Clause", "edl 1.0": "BSD-3-Clause",
	"eclipse distribution 1.0 edl 1.0": "BSD-3-Clause",

	"isc": "ISC", "isc iscl": "ISC", "zlib": "Zlib", "zlib libpng": "Zlib", "unlicense": "Unlicense",
	"0bsd": "0BSD", "zero clause bsd": "0BSD", "zero clause bsd 0bsd": "0BSD", "bsd zero clause": "0BSD",
	"boost": "BSL-1.0", "boost 1.0": "BSL-1.0", "bsl 1.0": "BSL-1.0", "boost 1.0 bsl 1.0": "BSL-1.0",
}

var (
	nameWord = regexp.MustCompile(`[a-z0-9][a-z0-9.+]*`)
	vNumber  = regexp.MustCompile(`^v[0-9]`)

	// forbiddenName matches the names of licences that forbid, at any version, and
	// forbiddenWord the words they are made of: a text that has others too, such as
	// "GPL-compatible" or a second licence, is not one name.
	forbiddenName = regexp.MustCompile(`\b(` + gplWord + `|general public|(mozilla|eclipse|european union` +
		`|server side|common|ibm|reciprocal) public` +
		`|mpl|epl|cddl|eupl|sspl|cpl|bsl 1.1|fsl-?1|common development|creative commons|cc0|cc (by|zero)|busl` +
		`|business source|elastic|polyform|commons clause` +
		`|proprietary|commercial|noncommercial|unlicensed|all rights reserved)`)
	forbiddenWord = regexp.MustCompile(`^(` + gplWord + `|gnu|general|public|lesser|library|affero|mozilla|eclipse` +
		`|european|union|server|side|ibm|microsoft|reciprocal` +
		`|(mpl|epl|cddl|eupl|sspl|cpl)([0-9][0-9.]*)?\+?|common|development|distribution|creative|commons|clause` +
		`|attribution|sharealike|noderivatives|noderivs|international|share|alike` +
		`|cc0?|by|nc|sa|nd|bsl|zero|universal|domain|dedication|busl|business|source|elastic|polyform|small` +
		`|internal|use` +
		`|proprietary|commercial|noncommercial|non|other|unlicensed|all|rights|reserved|private` +
		`|[0-9][0-9.]*\+?|and|or|later|newer|higher|above|greater|any|only|with|w|classpath|exception|exceptions|ce` +
		`|cpe|linking|runtime)$`)
)

const gplWord = `[al]?gpl(v?[0-9][0-9.]*)?\+?`

// named is the verdict on the usual name of one licence.
func named(name string) verdict {
	words := nameWords(name)
	joined := strings.Join(words, " ")
	if spdx := permissiveNames[joined]; spdx != "" {
		return permits(id(spdx))
	}
	stranger := func(w string) bool { return !forbiddenWord.MatchString(w) }
	if forbiddenName.MatchString(joined) && !slices.ContainsFunc(words, stranger) {
		return refuses()
	}
	return verdict{}
}

// nameWords are the words of a licence's name in lower case without those that any
// name may have; what the name says twice, as in "MIT License (MIT)", is there once.
func nameWords(name string) []string {
	var words []string
	for _, w := range nameWord.FindAllString(strings.ToLower(name), -1) {
		w = strings.TrimRight(w, ".")
		switch w {
		case "the", "license", "licence", "licenses", "licences", "software", "version", "ver", "v":
			continue
		}
		if vNumber.MatchString(w) {
			w = strings.TrimPrefix(w, "v")
		}
		words = append(words, w)
	}
	if half := len(words) / 2; len(words)%2 == 0 && slices.Equal(words[:half], words[half:]) {
		return words[:half]
	}
	return words
}
