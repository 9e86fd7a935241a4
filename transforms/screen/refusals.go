package screen

import (
	"crypto/sha256"
	"fmt"
	"regexp"
	"strings"

	"decoy/schemas"

	"github.com/google/licensecheck"
)

// What heads say in few words, and in the words of licences that nobody listed.
var (
	// refusedLine matches a comment line that is nothing but the name of a licence that
	// asks for more than permissive ones do.
	refusedLine = regexp.MustCompile(`(?i)^\W*(?:(?:version|licen[cs]ed?|under|the|GNU|an?|is|code)[: ]+)*(?:` + short +
		`|CeCILL-[BC]|LiLiQ-R\+?)(?:[/,&| +]+(?:and |or )?` + short + `)*(?: (?:licen[cs]ed?|only|or later|code))?\W*$`)

	// refusedHolder matches a line of copyright that ends with such a name or a condition.
	refusedHolder = regexp.MustCompile(`(?i)\b(?:copyright|copr|\(c\)|©)\W.{0,80}\b(?:[AL]?GPL(?:v?[0-9.]+)?\+?` +
		`|EUPL|confidential|proprietary|(?:internal|evaluation|research|academic|educational|personal|private` +
		`|non-?commercial)(?: use| purposes?| only))\b`)

	// reservedLine matches a line in the comment that begins a file which is such a notice
	// alone: elsewhere "for internal use only" is about an interface.
	reservedLine = regexp.MustCompile(`(?i)^\W*(?:` + strings.Join([]string{
		`(?:[\w&.-]+ ){0,2}(?:strictly |highly )?confidential(?: information)?`,
		`(?:[\w&.-]+ )?(?:for )?(?:\w+ )?internal use(?: only)?`,
		`for evaluation(?: purposes)?(?: only)?`,
		`(?:for )?(?:academic |scientific )?(?:research|evaluation|academic use|personal use|educational use)` +
			`(?: purposes?)? only`,
		`(?:for )?non-?[ ]?commercial(?: use)?(?: only)?`,
		`restricted|proprietary|trade secret|no-?ai`,
		`do not (?:copy|share|redistribute|distribute)`,
		`please do not (?:share|copy|distribute)`,
		`not for (?:resale|production use|commercial use)`,
		`not to be ` + handedOn + `(?:(?:,|,? or|,? and) ` + handedOn + `)*`,
		`(?:please )?(?:(?:do not|not to be|(?:may|must|can) ?not be|no|only) )?` + handedOn + `(?: [\w,/]+){0,4}? ` +
			withPermission,
	}, `|`) + `)\W*$`)

	// spdxLine matches a line that is nothing but "SPDX" and what stands for an expression.
	spdxLine = regexp.MustCompile(`(?i)^\W*SPDX(?:[- ](?:licen[cs]e|expression|id` +
		`|identifier))*\s*[:= ]\s*(.*?)[^\w)+]*$`)

	// appliedLicense matches a named licence under which a file is put.
	appliedLicense = phrasesOf(`\b(?:licen[cs]ed|released|distributed|available|governed|covered|published|subject)` +
		` (?:to you )?(?:under|by|to)(?: the terms(?: and conditions)? of)? (?:(?:the|an?|this) )?` + namedInCapitals)

	// permissiveWord is in the name of every permissive licence.
	permissiveWord = regexp.MustCompile(`(?i)\b(?:MIT|Expat|X11|BSD|Apache|ASF|ASL|ISC|zlib|Boost|Unlicense|0BSD` +
		`|CC0|Python|PSF|Unicode|curl|PostgreSQL|UPL|Universal Permissive|NCSA|Illinois|HPND|libpng|FreeType|NTP` +
		`|WTFPL|Do What|ICU|Free|Open Source|Clause|W3C|Eclipse Distribution|Same|Following|Berkeley|Blue Oak|Mulan` +
		`|permissive|dual|project|public domain|our|its|their)\b`)

	// grantWords are in every text that licensecheck knows a head by.
	grantWords = phrasesOf(`\bpermission (?:is|to)\b`, `\bredistribut`, `\bpermitted\b`, `\bpublic domain\b`,
		`\blicensed under the apache licen[cs]e`, `\blicen[cs]e\b.{0,400}\b(?:warrant|liab)`)

	// partly matches a head that may speak of a part of its file.
	partly = regexp.MustCompile(`(?i)\b(?:portions?|parts?|derived|based|adapted|ported|copied|contains?|includes?` +
		`|following (?:code|function|class|section)|third[- ]party|except for|unless otherwise noted)\b`)
)

// handedOn is what somebody else could do with a file, withPermission whom to ask first.
const (
	handedOn = `(?:re-?)?(?:used?|shared?|sold|sell|copied|copy(?:ing)?|distribut(?:ed?|ion)|publish(?:ed)?` +
		`|disclosed?|reproduc(?:ed?|tion))`
	withPermission = `(?:without|with|by)(?: [\w']+){0,3}? (?:permission|consent|authori[sz]ation|approval|asking)` +
		`(?: (?:of|from|by)(?: [\w.&']+){1,5}| only)?`
)

// namedInCapitals matches the name of a licence.
const namedInCapitals = `(?-i:["“]?((?:[A-Z][\w.'&-]*[ /]+(?:(?:of|the|and|for` +
	`|v?[0-9.]+) ){0,2}){1,6})(?:Licen[cs]e|LICEN[CS]E)\b)`

// minGrant is the length in bytes of the shortest text by which a head grants a whole
// licence: the short header of Apache, and the two sentences of ISC.
const minGrant = 250

// maxHeadTexts bounds what is remembered: the files of an archive have few headers.
const maxHeadTexts = 2000

// headText is what the texts of licences in a head say against its file.
type headText struct {
	refused verdict
	whole   bool // it is all of a licence
}

// textOf looks for the texts of licences in a head. Most files begin with the same header:
// one that is all of a licence is read once, and what follows only if it has words of one.
func (l *Licenses) textOf(h head) verdict {
	if !grantWords.match(h.said) {
		return verdict{}
	}
	choice := offersChoice.match(h.said)
	if header := l.readOnce(h.said.text[:h.header], choice); header.whole &&
		!grantWords.match(hear(h.said.text[h.header:])) {
		return header.refused
	}
	return readHeadText(h.said.text, choice).refused
}

func (l *Licenses) readOnce(header string, choice bool) headText {
	sum := sha256.Sum256(fmt.Appendf(nil, "%t %s", choice, header))
	l.mu.Lock()
	t, ok := l.heads[sum]
	l.mu.Unlock()
	if ok {
		return t
	}
	t = readHeadText(header, choice)
	l.mu.Lock()
	if len(l.heads) < maxHeadTexts {
		l.heads[sum] = t
	}
	l.mu.Unlock()
	return t
}

func readHeadText(text string, choice bool) headText {
	cover := licensecheck.Scan([]byte(text))
	t := headText{whole: cover.Percent >= MinCoverage}
	for _, m := range cover.Match {
		_, ok := permissive(id(m.ID))
		switch {
		case m.IsURL || m.End-m.Start < minGrant:
		case !ok && !choice && !notTheFile[m.ID]:
			t.refused = verdict{found: true, reason: LicenseNotPermissive, detail: "its head has the text of " + m.ID}
			return t
		case ok:
			if what := altered(m.ID, text[m.Start:m.End]); what != "" {
				t.refused = verdict{found: true, reason: LicenseRestricted,
					detail: "its head changes the text of " + m.ID + ": " + clip(what, maxName)}
				return t
			}
		}
	}
	return t
}

// grant is the permissive licence whose whole text stands in the comment that begins a
// file, or an empty expression.
func (h head) grant() expression {
	lead := h.said.text[:h.lead]
	if !grantWords.match(h.said) || partly.MatchString(grantFree(lead)) || offersChoice.match(h.said) {
		return expression{}
	}
	var parts []expression
	for _, m := range licensecheck.Scan([]byte(lead)).Match {
		kept, ok := permissive(id(m.ID))
		if ok && !m.IsURL && m.End-m.Start >= minGrant && !byReference.MatchString(lead[m.Start:m.End]) {
			parts = append(parts, kept)
		}
	}
	if len(parts) == 0 {
		return expression{}
	}
	return join("AND", parts...)
}

// notTheFile are texts about patents and marks that stand beside a licence.
var notTheFile = map[string]bool{"GooglePatentClause": true, "GooglePatentsFile": true}

// byReference matches grants whose text is in another file.
var byReference = regexp.MustCompile(`(?i)\b(?:found|contained|described|included) in (?:the|a` +
	`|an)?\b.{0,30}\b(?:file|root|LICEN[CS]E)`)

// grantFree takes the sentences of licences out that hold the words of partly.
func grantFree(text string) string { return ownPortions.ReplaceAllString(text, " ") }

var ownPortions = regexp.MustCompile(`(?i)\b(?:copies or substantial portions of the software` +
	`|all copies or substantial portions|products derived from this software|in whole or in part` +
	`|including but not limited)\b|\bbased on\b.{0,20}\btheory\b`)

// inFewWords is what one comment line says against its file.
func inFewWords(text string, leading bool) (reason schemas.Reason) {
	switch {
	case len(text) > maxName || text == "":
	case refusedLine.MatchString(text), ofForbidding(text),
		ofCopyright.MatchString(text) && refusedHolder.MatchString(text) && !permissiveWord.MatchString(text):
		return LicenseNotPermissive
	case leading && reservedLine.MatchString(text):
		return LicenseRestricted
	}
	return ""
}

// ofForbidding reports whether a line gives the SPDX expression of a licence that is not
// permissive without the words of a tag.
func ofForbidding(line string) bool {
	m := spdxLine.FindStringSubmatch(line)
	return m != nil && oneName(m[1]).reason != ""
}

// unlisted is the name of a licence under which a head puts its file and that is none
// of the permissive ones, or "".
func unlisted(said heard) string {
	at := appliedLicense.findUnless(said, func(at []int) bool {
		return permissiveWord.MatchString(said.text[at[0]:at[1]])
	})
	if at == nil {
		return ""
	}
	m := appliedLicense.parts[0].begun().FindStringSubmatch(said.text[at[0]:])
	return strings.TrimSpace(m[1]) + " License"
}
