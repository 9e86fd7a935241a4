package screen

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/google/licensecheck"
)

// What a licence file holds beside the text of a licence is a restriction until it is
// known to be none. The words of a paragraph that are lines of copyright, titles,
// addresses, or phrases of knownNotices are taken away; it is harmless if what is left
// is short and has no word that could restrict.
const (
	maxRest     = 30 // words of a paragraph that are left
	maxHarmless = 8  // words of a line that is a heading
)

// free are the names of permissive licences in prose.
const free = `(?:["'“”‘’(]{0,2}(?:(?:new|revised|modified|simplified|standard|[23]|two` +
	`|three)[- ](?:clause[- ])?["'“”]? ?BSD|(?:free)?BSD(?:[- ]?(?:[23]|two|three))?(?:[- ]clause)?|MIT(?:/X11` +
	`|/Expat)?|Expat|X11|ISC|zlib(?:/libpng)?|(?:the )?unlicense|0BSD|Boost Software|BSL-1\.0|Apache(?: Software)?)` +
	`["'“”‘’]?(?:,? (?:software |open source )?(?:[(]?["'“”]?(?:new|revised|modified` +
	`|simplified)["'“”]?(?: or ["'“”]?revised["'“”]?)?[)]? )?(?:licen[cs]es?` +
	`|licen[cs]ed))?(?:[,-]? ?\(?(?:version |v\.?)?(?:2\.0|2|1\.0)\b\)?)?(?: licen[cs]es?)?(?:[- ](?:style|like` +
	`|type)\)?(?: (?:licen[cs]ed?|terms))?)?["'“”‘’)]{0,2})`

var (
	ofCopyright = regexp.MustCompile(`(?i)^(?:(?:portions?|parts?|some|all|original|code|this|these|contents?` +
		`|modifications?|and|is|are|of|by|the|additions?|changes|software|source|spdx-file(?:copyrighttext` +
		`|contributor):?)[ :,]+)*(?:copyright|copyleft-free|copr\.?|©|\(c\)|\(©\)|&copy;|ⓒ)`)

	// notOfCopyright are words that a line of copyright does not have.
	notOfCopyright = regexp.MustCompile(`(?i)\b(?:not|no|never|may|must|shall|only|without|unless|except` +
		`|prohibit\w*|forbid\w*|restrict\w*|non-?commercial\w*|commercial use|commercially|permission|consent` +
		`|confidential|proprietary|[al]?gpl\w*|mpl|eupl|eula|noai|evaluation (?:copy|purposes?|use|only)` +
		`|(?:internal|research|academic|personal|educational) use|trial version|pay \d+|(?:ask|contact) (?:me|us)` +
		`|hobby|students|companies|secret|training|licen[cs]ed? (?:under|to)|distribut\w+)\b`)

	bareAddress = regexp.MustCompile(`(?i)^(?:[\w /-]{0,30}[:=]\s*)?<?(?:https?://|www\.)\S+>?[.,;]?$`)
	titleWords  = regexp.MustCompile(`(?i)^(?:(?:the|an?|of|and|or|for|full|software|project|source|code|open|text` +
		`|texts|copyright|permission|notice|notices|disclaimer|licen[cs]e|licen[cs]es|licensing|copying|information` +
		`|info|agreement|terms|main|own|version|v|original|third|party|below|type|name|title|upstream|file|files` +
		`|package|library|appendix|end|begin|start|osi|approved|spdx|identifier|identifiers|` +
		`mit|x11|expat|bsd|apache|isc|zlib|libpng|unlicense|0bsd|boost|bsl|clause|new|revised|modified|simplified` +
		`|freebsd|two|three|asl|[0-9.]+)(?:[\s:;,./()"'“”‘’!&+|-]+|$))+$`)

	// riskWords are words with which a text could restrict.
	riskWords = regexp.MustCompile(`(?i)\b(?:not?|never|nor|none|cannot|can't|don't|may|must|shall|should|only` +
		`|sole(?:ly)?|except\w*|without|unless|however|provided|subject|restrict\w*|prohib\w*|forbid\w*|ban(?:s` +
		`|ned)?|den(?:y|ied)|commerc\w*|non-?commerc\w*|consent\w*|permi(?:t|ts|tted|ssion|ssions)|fees?|paid` +
		`|pay\w*|purchas\w*|royalt\w*|sell\w*|sale|resell\w*|resale|host\w*|services?|saas|train\w*|ai|llms?|ml` +
		`|machine|learn\w*|academic\w*|research\w*|education\w*|teach\w*|evaluat\w*|trial|subscri\w*|enterprise` +
		`|proprietary|confidential|secret\w*|(?:[al]?gpl|mpl|epl|cddl|eupl|sspl|busl|osl|bsl)[\w.+-]*|gnu|cc` +
		`|creative|commons|copyleft|addition(?:s|al|ally)?|condition\w*|terms?|clauses?|limit\w*|agree\w*|ethic\w*` +
		`|harm\w*|militar\w*|weapon\w*|good|evil|requir\w*|oblig\w*|allow\w*|us(?:e|ed|es|ing|age|ers?)|grant\w*` +
		`|rights?|you|yours?|exclu\w*|govern\w*|authori\w*|patent\w*|trademark\w*|compet\w*|compan(?:y|ies)` +
		`|organi[sz]ation\w*|revenue|employ\w*|business\w*|private\w*|personal\w*|student\w*|individual\w*` +
		`|redistribut\w*|distribut\w*|exempt\w*|licen\w*|sub-?licen\w*|free|ee|eula|modif\w*|deploy\w*|product\w*` +
		`|production|publish\w*|disclos\w*|approv\w*|written|contract\w*|invalid\w*|void|revok\w*|terminat\w*` +
		`|surviv\w*|notwithstanding|attribut\w*|acknowledg\w*|credit\w*|link(?:back)?|badge|donat\w*|owner\w*` +
		`|property|reserv\w*|want|wish|please|ask|buy\w*|eula|shareware|freeware|postcard\w*|beerware|donationware` +
		`|expir\w*|until|delet\w*|demo|seats?|internal\w*|nc|noai|apart|contact|former\w*|previous\w*|old` +
		`|superseded|example|dependency|five|fsl[\w.-]*|rsal\w*|rail|openrail[\w-]*|ofl|parity|hippocratic` +
		`|prosperity|coopcycle|acsl|noharm|anti-?996|996[\w.]*|non-?profits?|schools?|change date|big tech|lie|stop` +
		`|version [0-9.]+ and later|` +
		`nicht|kein\w*|nur|verboten|untersagt|nutzung|kommerzi\w*|sans|ne|pas|interdit\w*|utilisation|usage|sin` +
		`|solo|prohibid\w*|uso|comercial\w*|não|proibid\w*|vietat\w*|senza|niet|geen|alleen|verboden|gebruik)\b`)

	words = regexp.MustCompile(`[\p{L}\p{N}][\p{L}\p{N}'’.+-]*`)

	// decoration is what a line has around its text: marks of comments and of Markdown.
	decoration = " \t\r\f\v#*>=-_~|/\\`;+<!•·─═—–\ufeff"

	// riskyAddress matches where terms are that a licence does not have.
	riskyAddress = regexp.MustCompile(`(?i)\beula|commercial|\bterms\b|commons-?clause|\b[al]?gpl|\bsspl|\bbusl` +
		`|firstdonoharm|996|enterprise|polyform|proprietary|pricing|subscri`)

	anAddress = regexp.MustCompile(`(?i)(?:https?://|www\.)\S+`)

	markdownLink = regexp.MustCompile(`\[([^\]]*)\]\([^)]*\)|<[^<>]{1,80}>`)
)

// knownNotices matches phrases that restrict nothing. It is large, and compiled when it is
// first needed.
var knownNotices = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?i)` + strings.Join([]string{
		// The file that it names lies in the same folder: it is read as this one is, and what it says holds too.
		`see the adjacent licen[cs]e[.-]\w+ file, if present, for additional licen[cs]es that apply to parts of ` +
			`[\w -]{1,60}`,
		`https?://\S+`, `\bSPDX-[\w-]+:`,
		`\byou may not use this \w+ except in compliance with the licen[cs]e\b`,
		`\byou may obtain a copy of the licen[cs]e(?: below,? or)?(?: at)?\b`,
		`\bunless required by applicable law or agreed to in writing\b`,
		`\b(?:software )?distributed under the licen[cs]e is distributed on an "as is" basis\b`,
		`\bwithout warranties or conditions of any kind\b`,
		`\bsee the licen[cs]e for the specific language governing permissions and limitations` +
			`(?: under the licen[cs]e)?`,
		`\badditional copyrights?\b`, `\b(?:binary|source|convenience) distributions?\b`, `\bavailable for use under\b`,
		`\bas a whole\b`, `\b(?:except|unless) (?:as |where )?otherwise (?:noted|stated|indicated|specified|marked)\b`,
		`\blicen[cs]ed as follows\b`, `\bas defined below\b`, `\bterms compatible with\b`,
		`\bcode generated by the protocol buffer compiler is owned by the owner of the input file used when ` +
			`generating it\. this code is not standalone and requires a support library to be linked with it\. ` +
			`this support library is itself covered by the above licen[cs]e`,
		`\bdepends? on\b`, `\b(?:users|you) must comply (?:to|with) (?:its|their|the|this|that) licen[cs]es?\b`,
		`\bit is (?:explicitly )?stated in the (?:file )?headers?\b`,
		`\bthis licen[cs]e only applies to the relevant code\b`,
		`\ball third[- ]party components incorporated into the ` +
			`(?:\w+ ){1,4}are licen[cs]ed under the original licen[cs]e provided by the owner of the applicable ` +
			`component\b`,
		`\bcontents? outside of (?:the above[- ]mentioned (?:directories|folders)(?: or restrictions above)?|it` +
			`|this|that|these|those|them)(?: (?:director(?:y|ies)|folders?))?\b`,
		`\b(?:dual|double|multi|triple)[- ]?licen[cs]ed?\b`, `\ball rights reserved\b`,
		`\b(?:is|are|was|were|be)? ?(?:also |now |still |both |thus |therefore |re-?)*(?:licen[cs]ed|released` +
			`|distributed|redistributed|available|made available|covered|published|provided|offered` +
			`|usable)(?: to you)? (?:under|by|with|per|according to|in accordance with)(?: (?:the|an?|both|either` +
			`|one|any|of|each|all|their|its|terms(?: and conditions)?|conditions|following|original|open[- ]source` +
			`|same|respective|two|three|licen[cs]es?|below|above|permissive)\b)*`,
		`\b(?:under )?(?:the )?(?:terms(?: and conditions)? of )?(?:the |an? |either |both )*` + free + `(?:(?:,|/` +
			`|\||&| and| or| and/or)+ (?:the |an? )*` + free + `)*`,
		`\b(?:the|this|its|their|following|original|above|below|same|full|complete|a copy of(?: the)?|own|our|each` +
			`|respective|individual|applicable|open source|main|actual|and|two|both|these|different|which|another` +
			`|additional|third[- ]party|package|project) (?:licen[cs]es?|licensing)(?: (?:texts?|notices?|files?` +
			`|information|terms|statements?|headers?|agreements?|details))?(?: (?:applies|apply) to| follows?` +
			`| is as follows| are as follows| as follows| is:| for| in)?`,
		`\blicen[cs]e(?: (?:text|notice|file|information|details|type))?:`,
		`\b(?:see|refer to|consult|read)(?: also)?(?: the| accompanying| file| included| associated` +
			`| attached)* ["'\x60(\[]*(?:licen[cs]es?|copying|notice|authors|contributors|readme|patents` +
			`|third[-_ ]party)[\w.\[\]()/\x60-]*(?: files?)?(?: (?:below|above))?(?: for (?:more |further |the ` +
			`|full |complete |additional )*(?:details|information|texts?|licen[cs]e text` +
			`|licen[cs]e(?: information)?|terms))?`,
		`\b(?:portions?|parts?|some|bits|pieces|sections?|files?|code|contents?|copies|copyrights?|aspects) (?:of` +
			`|in|from)(?: (?:this|the|these|it))?\b`,
		`\b(?:derived|ported|copied|adapted|taken|borrowed|translated|inspired|forked|based|imported|modified` +
			`|extracted|vendored|reused|backported|originat(?:es?|ed)|com(?:es?|ing)|obtained|originally written` +
			`|written|developed|created|contributed|maintained)(?: (?:in part|partly|directly|code|work|up` +
			`|off))? ?(?:from|on|by|at|for|of)\b`,
		`\b(?:contains?|includes?|incorporates?|bundles?|uses|using|used (?:by|in|with))(?: (?:code|work|source` +
			`|software|files?|material|portions?|parts?|some|the|source code|third[- ]party(?: (?:code|software` +
			`|components?|libraries))?))*\b`,
		`\bthird[- ]part(?:y|ies)(?: (?:software|components?|code|libraries|library|notices?|dependenc(?:y|ies)` +
			`|packages?|modules?|projects?|files?))*`,
		`\b(?:this|these|the|that|all|following|any|such) (?:following |other |remaining |source |software ` +
			`|project )*(?:projects?|products?|software|librar(?:y|ies)|packages?|modules?|programs?|repositor(?:y` +
			`|ies)|distributions?|code|files?|director(?:y|ies)|folders?|works?|components?|sources?)\b`,
		`\byou may use this (?:code|software|project|crate|library|work) under the terms of (?:either` +
			`|any)(?: of (?:the|these))? licen[cs]es?\b`,
		`\bat your (?:option|choice)\b`, `\byour choice of\b`, `\byou may choose either\b`,
		`\bopen[- ]source(?: software| initiative)?\b`, `\bfree software\b`,
		`\b(?:are|is) (?:still )?(?:subject to|governed by)(?: the)? (?:following|above|same)`,
		`\bwithout (?:any )?(?:express or implied |implied )?warrant(?:y|ies)(?: of any kind)?`, `\bas[- ]is\b`,
		`\b(?:no|any) warrant(?:y|ies)\b`, `\bexpress or implied\b`,
		`\bthis (?:licen[cs]e|notice|text) (?:is|applies|covers)(?: to)?\b`,
		`\b(?:licen[cs]ed?|copyright) (?:holders?|owners?|by)\b`,
		`\bredistributions? (?:of|in)\b`, `\bre-?licen[cs]ed\b`, `\bpermissive(?:ly)?\b`,
		`\b(?:apache|bsd|mit|isc|zlib|boost)[- ](?:style|like|type)\)?(?: (?:licen[cs]ed?|terms))?`,
		`\bthe same terms as\b`,
	}, "|"))
})

// beside returns the first paragraph of a licence file that is neither of a licence nor
// known to be harmless, or "", and the folders that the file sets apart.
func beside(data []byte, found []licensecheck.Match) (unknown string, apart []string) {
	at := 0
	for _, m := range append(found[:len(found):len(found)], licensecheck.Match{Start: len(data), End: len(data)}) {
		if m.IsURL || m.Start < at {
			continue
		}
		p, folders := unknownParagraph(string(data[at:m.Start]))
		if p != "" {
			return p, nil
		}
		apart = append(apart, folders...)
		if m.End > m.Start {
			// A match takes in the lines of copyright before it.
			names, text := leadingNames(string(data[m.Start:m.End]))
			if begins := grantBegins.FindStringIndex(text); begins != nil && begins[0] < 1000 && grantFirst[m.ID] {
				names += text[:begins[0]] // and what stands between them and the grant
			}
			p, _ := unknownParagraph(names)
			if p = cmp.Or(p, altered(m.ID, text)); p != "" {
				return p, nil
			}
		}
		at = max(at, m.End)
	}
	return "", apart
}

// setApart matches the sentence with which a licence file takes a folder out: "All
// content under the "ee/" directory is licensed under …".
var setApart = regexp.MustCompile(`(?i)(?:\b(?:all|any|the) )?\b(?:contents?|code|files?|source(?: code)?|software` +
	`|everything|anything)(?: that)?(?: (?:is|are))?(?: (?:resid\w+|located|contained|found|stored|placed|living` +
	`|lives?))? (?:in|under|within|inside(?: of)?|below) (?:the ` +
	`|any )?["'“‘\x60]*([\w.-]+(?:/[\w.-]+)*/?)["'”’\x60]* (?:sub)?(?:director(?:y|ies)` +
	`|folders?)\b[^.]{0,100}?\b(?:is|are) [^.]{0,120}\blicen[cs]ed?\b(?:[^.]|\.\w){0,80}\.?`)

// leadingNames parts the lines of copyright at the start of a licence from the rest.
func leadingNames(text string) (names, rest string) {
	at := 0
	for line := range strings.Lines(text) {
		if l := strings.Trim(line, decoration+"\n"); l != "" && !ofCopyright.MatchString(l) {
			break
		}
		if grant := grantBegins.FindStringIndex(line); grant != nil { // all in one line
			at += grant[0]
			break
		}
		at += len(line)
	}
	return text[:at], text[at:]
}

// grantBegins matches where the text of a licence begins behind a line of copyright.
var grantBegins = regexp.MustCompile(`(?i)\b(?:permission is hereby|permission to use|redistribution and use` +
	`|licensed under the|this software is provided|boost software license)\b`)

// grantFirst are the licences whose text begins with the grant.
var grantFirst = map[string]bool{"MIT": true, "ISC": true, "0BSD": true, "BSD-2-Clause": true, "BSD-3-Clause": true}

// commercialWord finds in a licence what the licence itself does not say.
var commercialWord = regexp.MustCompile(`(?i)[^.]{0,60}\b(?:(?:non-?)?commercial\w*|academic|educational|research` +
	`|training|evaluation|military)\b[^.]{0,40}`)

// altered returns what was put into the gaps that the pattern of a licence has, or what
// its grant lacks. Zlib, the Unlicense and Apache speak of commerce themselves.
func altered(id, text string) string {
	switch id {
	case "MIT", "ISC", "0BSD", "BSD-2-Clause", "BSD-3-Clause", "BSL-1.0", "MIT-0", "MIT-CMU", "X11",
		"BSD-1-Clause", "BSD-2-Clause-Views", "HPND", "NCSA", "NTP", "PostgreSQL", "curl":
		if found := commercialWord.FindString(text); found != "" {
			return found
		}
	}
	if lower := strings.ToLower(strings.Join(strings.Fields(text), " ")); id == "MIT" {
		for _, needed := range []string{"sell", "without restriction"} {
			if !strings.Contains(lower, needed) {
				return needed + " is missing in the MIT text"
			}
		}
	}
	return ""
}

// unknownParagraph returns the first paragraph of text that is not harmless, and the
// folders that harmless ones set apart.
func unknownParagraph(text string) (unknown string, apart []string) {
	var lines []string
	flush := func() string {
		p := strings.Join(lines, " ")
		all := lines
		lines = nil
		if !slices.ContainsFunc(all, func(l string) bool { return !harmlessLine(l) }) || harmless(p) {
			return ""
		}
		folders := setApart.FindAllStringSubmatch(p, 10)
		if len(folders) == 0 || !harmless(setApart.ReplaceAllString(p, " , ")) {
			return p
		}
		for _, f := range folders {
			apart = append(apart, strings.Trim(f[1], "/"))
		}
		return ""
	}
	for line := range strings.Lines(text + "\n\n") {
		line = strings.Trim(strings.Join(strings.Fields(linkText(line)), " "), decoration)
		if line != "" {
			lines = append(lines, line)
			continue
		}
		if p := flush(); p != "" {
			return p, nil
		}
	}
	return "", apart
}

// linkText leaves of Markdown's links and of tags what a reader sees, and an address that
// may lead to other terms.
func linkText(line string) string {
	return markdownLink.ReplaceAllStringFunc(line, func(link string) string {
		if riskyAddress.MatchString(link) {
			return strings.NewReplacer(
				"[", " ", "]", " ", "(", " ", ")", " ", "<", " ", ">", " ", "!--", " ").Replace(link)
		}
		return markdownLink.ReplaceAllString(link, "$1")
	})
}

// modifiedTitle matches the name of a licence that somebody changed; "modified" is part of
// the name of a BSD licence alone.
var modifiedTitle = regexp.MustCompile(`(?i)\bmodified\b`)

// harmlessLine reports whether a line restricts nothing, whatever stands around it.
func harmlessLine(line string) bool {
	if found, _ := restriction(line); found != "" {
		return false
	}
	switch {
	case !words.MatchString(line):
		return true
	case bareAddress.MatchString(line):
		return !riskyAddress.MatchString(line)
	case titleWords.MatchString(line):
		return !modifiedTitle.MatchString(line) || strings.Contains(strings.ToUpper(line), "BSD")
	case ofCopyright.MatchString(line):
		return !notOfCopyright.MatchString(line)
	}
	return len(words.FindAllString(line, maxHarmless+1)) <= maxHarmless && !riskWords.MatchString(line) && latin(line)
}

// harmless reports whether a paragraph is of known notices.
func harmless(p string) bool {
	if found, _ := restriction(p); found != "" {
		return false
	}
	for _, to := range anAddress.FindAllString(p, 100) {
		if riskyAddress.MatchString(to) {
			return false
		}
	}
	rest := knownNotices().ReplaceAllString(p, " , ")
	if ofCopyright.MatchString(rest) && !notOfCopyright.MatchString(rest) {
		return true
	}
	return !riskWords.MatchString(rest) && len(words.FindAllString(rest, maxRest+1)) <= maxRest && latin(rest)
}

// latin reports whether a text can be English: a restriction in another language has
// none of the words that are looked for.
func latin(text string) bool {
	other := 0
	for _, r := range text {
		if r >= 0x80 && r != '©' && r != '’' && r != '“' && r != '”' && r != '–' && r != '—' && r != '®' && r != '™' {
			other++
		}
	}
	return other*20 <= len(text)
}
